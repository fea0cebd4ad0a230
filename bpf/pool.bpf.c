// SPDX-License-Identifier: GPL-2.0
/* The module's memory pool, chunk by chunk and batch by batch. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "pool.h"

char LICENSE[] SEC("license") = "GPL";

static const __u32 zero = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pool_cpu);
} cpus SEC(".maps");

SEC("raw_tp/pool_alloc")
int BPF_PROG(pool_alloc, __u32 pages, int node, __u64 ns)
{
	struct pool_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	hist_record(&cpu->alloc, ns);
	if (pages < cpu->chunk_min)
		cpu->chunk_min = pages;
	if (pages > cpu->chunk_max)
		cpu->chunk_max = pages;
	if (node >= 0 && node < 64)
		cpu->nodes |= 1ULL << node;
	cpu->alloc_pages += pages;
	return 0;
}

SEC("raw_tp/pool_add")
int BPF_PROG(pool_add, __u64 call, __u32 pages, __u32 iterations, __u64 status, __u64 ns)
{
	struct pool_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	hist_record(&cpu->add, ns);
	cpu->add_pages += pages;
	cpu->add_iterations += iterations;
	return 0;
}

SEC("raw_tp/pool_total")
int BPF_PROG(pool_total, __u32 required, __u32 added, int error, __u64 alloc_ns, __u64 flush_ns,
	     __u64 add_ns)
{
	struct pool_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	cpu->totals++;
	if (error)
		cpu->total_errors++;
	cpu->required += required;
	cpu->added += added;
	cpu->alloc_ns += alloc_ns;
	cpu->flush_ns += flush_ns;
	cpu->add_ns += add_ns;
	return 0;
}
