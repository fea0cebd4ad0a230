/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted of the module's memory pool. */
#ifndef _TDXBENCH_BPF_POOL_H
#define _TDXBENCH_BPF_POOL_H

#include "hist.h"

/**
 * struct pool_cpu - one CPU
 * @alloc:  ns to allocate one chunk
 * @add:    ns to add one batch
 * @alloc_pages: pages in all chunks
 * @chunk_min, @chunk_max: pages in the smallest and in the largest
 * @add_pages:   pages that the module took of all batches
 * @add_iterations: entries of the module for all batches
 * @totals: pools completed, or given up
 * @total_errors: of these, given up
 * @required, @added: pages, as pool_total has them, summed
 * @alloc_ns, @flush_ns, @add_ns: likewise
 * @nodes: NUMA nodes of the chunks, a bit for each of the first 64
 */
struct pool_cpu {
	struct hist alloc;
	struct hist add;
	__u64 alloc_pages;
	__u64 chunk_min;
	__u64 chunk_max;
	__u64 add_pages;
	__u64 add_iterations;
	__u64 totals;
	__u64 total_errors;
	__u64 required;
	__u64 added;
	__u64 alloc_ns;
	__u64 flush_ns;
	__u64 add_ns;
	__u64 nodes;
};

_Static_assert(sizeof(struct pool_cpu) == 2 * sizeof(struct hist) + 13 * 8,
	       "struct pool_cpu has padding");

#endif /* _TDXBENCH_BPF_POOL_H */
