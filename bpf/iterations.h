/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted of the iterations of extension SEAMCALLs. */
#ifndef _TDXBENCH_BPF_ITERATIONS_H
#define _TDXBENCH_BPF_ITERATIONS_H

#include "hist.h"

/* In the order of the lab module's own counters, enum tdx_lab_leaf. */
enum iterations_index {
	ITERATIONS_EXT_INIT,
	ITERATIONS_EXT_MEM_ADD,
	ITERATIONS_QUOTE_INIT,
	ITERATIONS_QUOTE_GET,
	ITERATIONS_OTHER,
	ITERATIONS_NR_LEAVES,
};

/**
 * struct iterations_leaf - one leaf on one CPU
 * @duration:   ns inside the module; every entry of the module is in it once
 * @gap:        ns between leaving the module and entering it again
 * @iterations: entries per call, counted where and when the module ends the call
 * @success:    calls that ended with TDX_SUCCESS
 * @again:      entries turned away for now: busy, or no entropy
 *
 * Being turned away ends no call: the host may come again with the same one, and
 * nobody but the host knows whether it will. So a call that it gave up then is not
 * in @iterations, and one that it went on with is there once, with all its entries.
 *
 * Other entries that end no call were left with TDX_INTERRUPTED_RESUMABLE, calls
 * that do not succeed have failed: neither needs a counter of its own.
 */
struct iterations_leaf {
	struct hist duration;
	struct hist gap;
	struct hist iterations;
	__u64 success;
	__u64 again;
};

_Static_assert(sizeof(struct iterations_leaf) == 3 * sizeof(struct hist) + 16,
	       "struct iterations_leaf has padding");
/* The kernel's limit for a value in a per-CPU array. */
_Static_assert(sizeof(struct iterations_leaf) <= 32 << 10, "struct iterations_leaf is too large");

#endif /* _TDXBENCH_BPF_ITERATIONS_H */
