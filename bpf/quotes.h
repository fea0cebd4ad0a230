/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted of quotes. */
#ifndef _TDXBENCH_BPF_QUOTES_H
#define _TDXBENCH_BPF_QUOTES_H

#include "hist.h"

#define QUOTES_MAX_TDS		8192

/* Where a quote's time goes: the total, and the parts that make it up, ns. */
enum quotes_part {
	QUOTES_TOTAL,
	QUOTES_COPY_IN,
	QUOTES_WAIT,
	QUOTES_SEAM,
	QUOTES_GAP,
	QUOTES_COPY_OUT,
	QUOTES_OTHER,
	QUOTES_NR_PARTS,
};

/**
 * struct quotes_count - one CPU
 * @count:   quotes that ended
 * @errors:  of these, without a quote; their times are not in the histograms
 * @untimed: of these, begun before anybody watched, so without times
 * @lost:    ended for a TD that found no place in the table of TDs
 */
struct quotes_count {
	__u64 count;
	__u64 errors;
	__u64 untimed;
	__u64 lost;
};

/**
 * struct quotes_td - one TD, all CPUs
 * @count:     quotes that ended
 * @errors:    of these, without a quote
 * @bytes:     of quotes
 * @total_max: ns, the slowest
 * @ns:        by enum quotes_part, summed
 */
struct quotes_td {
	__u64 count;
	__u64 errors;
	__u64 bytes;
	__u64 total_max;
	__u64 ns[QUOTES_NR_PARTS];
};

_Static_assert(sizeof(struct quotes_count) == 4 * 8, "struct quotes_count has padding");
_Static_assert(sizeof(struct quotes_td) == (4 + QUOTES_NR_PARTS) * 8,
	       "struct quotes_td has padding");

#endif /* _TDXBENCH_BPF_QUOTES_H */
