// SPDX-License-Identifier: GPL-2.0
/*
 * Iterations of extension SEAMCALLs, by leaf: time inside the module, gap
 * between iterations, iterations per call, how calls ended.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "seamcall.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ITERATIONS_NR_LEAVES);
	__type(key, __u32);
	__type(value, struct iterations_leaf);
} leaves SEC(".maps");

SEC("raw_tp/seamcall_exit")
int seamcall_exit(const struct seamcall_exit *event)
{
	struct iterations_leaf *leaf;

	leaf = bpf_map_lookup_elem(&leaves, &leaf_index[event->leaf]);
	if (!leaf)
		return 0;

	hist_record(&leaf->duration, event->duration);
	/* None before a first iteration, nor when the one before was not timed. */
	if (event->gap)
		hist_record(&leaf->gap, event->gap);
	if (event->code == TDX_INTERRUPTED_RESUMABLE)
		return 0;
	if (event->code >> 8 == TDX_CLASS_BUSY) {
		leaf->again++;
		return 0;
	}
	hist_record(&leaf->iterations, event->iteration + 1);
	leaf->success += event->status == TDX_SUCCESS;
	return 0;
}
