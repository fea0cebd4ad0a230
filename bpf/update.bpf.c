// SPDX-License-Identifier: GPL-2.0
/* Runtime updates of the TDX module: how long they took, and interrupts disabled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "update.h"

char LICENSE[] SEC("license") = "GPL";

static const __u32 zero = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct update_cpu);
} cpus SEC(".maps");

SEC("raw_tp/update_begin")
int BPF_PROG(update_begin, __u32 in_flight)
{
	struct update_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	cpu->begun++;
	cpu->in_flight += in_flight;
	return 0;
}

SEC("raw_tp/update_cpu")
int BPF_PROG(update_cpu, __u32 which, __u64 irqs_off_ns)
{
	struct update_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (cpu)
		hist_record(&cpu->irqs_off, irqs_off_ns);
	return 0;
}

SEC("raw_tp/update_end")
int BPF_PROG(update_end, int error, __u64 drain_ns, __u64 stall_ns, __u64 total_ns)
{
	struct update_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	cpu->ended++;
	if (error)
		cpu->errors++;
	cpu->drain_ns += drain_ns;
	cpu->stall_ns += stall_ns;
	cpu->total_ns += total_ns;
	return 0;
}
