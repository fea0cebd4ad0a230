/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting one iteration, for whichever program watches seamcall_exit.
 *
 * It runs once per iteration, so every instruction counts: one map lookup that
 * the JIT inlines, with a key that lies ready in a table; no helper; arguments
 * loaded where they are used, not saved over the lookup; and nothing counted
 * that can be derived from the histograms.
 */
#ifndef _TDXBENCH_BPF_ITERATIONS_BPF_H
#define _TDXBENCH_BPF_ITERATIONS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "iterations.h"

#define TDX_SUCCESS			0ULL
#define TDX_INTERRUPTED_RESUMABLE	0x8000000300000000ULL

/* The arguments of the event, as a raw tracepoint hands them over. */
struct seamcall_exit {
	__u64 fn;
	__u64 call;
	__u64 tdr;
	__u64 iteration;
	__u64 rcx;
	__u64 status;
	__u64 duration;
	__u64 gap;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ITERATIONS_NR_LEAVES);
	__type(key, __u32);
	__type(value, struct iterations_leaf);
} leaves SEC(".maps");

/* By the low byte of the leaf: no leaf number above 255 is known. */
static const __u32 leaf_index[256] = {
	[0 ... 59] = ITERATIONS_OTHER,
	[60] = ITERATIONS_EXT_INIT,
	[61] = ITERATIONS_EXT_MEM_ADD,
	[62 ... 97] = ITERATIONS_OTHER,
	[98] = ITERATIONS_QUOTE_GET,
	[99] = ITERATIONS_OTHER,
	[100] = ITERATIONS_QUOTE_INIT,
	[101 ... 255] = ITERATIONS_OTHER,
};

static __always_inline void count_iteration(const struct seamcall_exit *event)
{
	struct iterations_leaf *leaf;

	leaf = bpf_map_lookup_elem(&leaves, &leaf_index[(__u8)event->fn]);
	if (!leaf)
		return;

	hist_record(&leaf->duration, event->duration);
	/* None before a first iteration, nor when the one before was not timed. */
	if (event->gap)
		hist_record(&leaf->gap, event->gap);
	if (event->status != TDX_INTERRUPTED_RESUMABLE) {
		hist_record(&leaf->iterations, event->iteration + 1);
		leaf->success += event->status == TDX_SUCCESS;
	}
}

#endif /* _TDXBENCH_BPF_ITERATIONS_BPF_H */
