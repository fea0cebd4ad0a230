/* SPDX-License-Identifier: GPL-2.0 */
/* What is kept of each TD while somebody looks on: its quotes, and its place in the queue. */
#ifndef _TDXBENCH_BPF_TDS_H
#define _TDXBENCH_BPF_TDS_H

#include <linux/bpf.h>

#include "hist.h"
#include "quotes.h"

#define TDS_MAX		QUOTES_MAX_TDS
#define TDS_MAX_OPEN	16384	/* quotes under way, of all TDs */

/*
 * Slots of struct hist, two in one, so none is wider than 1/16 of its lower bound; but
 * for the first and the last, which have all below 8 us and all from 137 s.
 */
#define TDS_SLOT_SHIFT	1
#define TDS_SLOT_FIRST	144
#define TDS_SLOTS	385

HIST_INLINE __u64 tds_slot(__u64 ns)
{
	__u64 slot = hist_slot(ns) >> TDS_SLOT_SHIFT;

	if (slot < TDS_SLOT_FIRST)
		return 0;
	slot -= TDS_SLOT_FIRST;
	return slot < TDS_SLOTS ? slot : TDS_SLOTS - 1;
}

/**
 * struct tds_td - one TD, all CPUs
 * @lock:     of all that follows
 * @waiting:  quotes that have begun and have no buffer yet
 * @open:     quotes that have begun and not ended, the waiting ones too
 * @slots:    quotes by their total time, ns
 * @since:    when @waiting last changed, CLOCK_MONOTONIC
 * @waited:   until then: ns that quotes have waited, of all of them together
 * @count:    quotes that ended
 * @errors:   of these, without a quote; not in @slots
 * @untimed:  of these, begun before anybody watched; not in @slots
 * @max:      ns, the slowest
 */
struct tds_td {
	struct bpf_spin_lock lock;
	__u32 waiting;
	__u32 open;
	__u32 slots[TDS_SLOTS];
	__u64 since;
	__u64 waited;
	__u64 count;
	__u64 errors;
	__u64 untimed;
	__u64 max;
};

/**
 * struct tds_quote - a quote that has not ended
 * @waiting: it has no buffer yet
 */
struct tds_quote {
	__u64 waiting;
};

_Static_assert(sizeof(struct tds_td) == 12 + 4 * TDS_SLOTS + 6 * 8, "struct tds_td has padding");

#endif /* _TDXBENCH_BPF_TDS_H */
