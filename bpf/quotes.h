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

/* How GetQuote requests ended, in the order of the lab module's own counters. */
enum quotes_answer {
	QUOTES_OK,		/* with a quote */
	QUOTES_REFUSED,
	QUOTES_KILLED,		/* the caller was, while it waited */
	QUOTES_RETRY,		/* TDVMCALL_RETRY: ask again */
	QUOTES_USER,		/* left to user space */
	QUOTES_NR_ANSWERS,
};

/**
 * struct quotes_count - one CPU
 * @count:   quotes that ended
 * @errors:  of these, without a quote; their times are not in the histograms
 * @untimed: of these, begun before anybody watched, so without times
 * @lost:    ended for a TD that found no place in the table of TDs
 * @answers: requests, by enum quotes_answer; some never became a quote
 */
struct quotes_count {
	__u64 count;
	__u64 errors;
	__u64 untimed;
	__u64 lost;
	__u64 answers[QUOTES_NR_ANSWERS];
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

_Static_assert(sizeof(struct quotes_count) == (4 + QUOTES_NR_ANSWERS) * 8,
	       "struct quotes_count has padding");
_Static_assert(sizeof(struct quotes_td) == (4 + QUOTES_NR_PARTS) * 8,
	       "struct quotes_td has padding");

#endif /* _TDXBENCH_BPF_QUOTES_H */
