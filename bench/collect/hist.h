/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Histograms in user space. bpf/hist.h says what a slot is.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#include "../../bpf/hist.h"

void hist_init(struct hist *hist);
void hist_add(struct hist *hist, uint64_t value);

/* Adds @from, which may come from BPF: its count is taken from its slots. */
void hist_merge(struct hist *into, const struct hist *from);

/*
 * What came between two readings of one histogram, of which the earlier may be empty.
 * No reading tells the extremes of what came: @into->min and @into->max are those of the
 * slots, at most 1/32 off, unless the later reading's own are in these slots, too.
 */
void hist_since(struct hist *into, const struct hist *now, const struct hist *before);

/* First and last value of a slot; the last slot ends with the largest int64_t. */
uint64_t hist_slot_lower(unsigned int slot);
uint64_t hist_slot_upper(unsigned int slot);

/*
 * The value that @percent of all values do not exceed: the middle of its slot,
 * but no less than the smallest and no more than the largest value; 0 if there
 * are no values.
 */
uint64_t hist_percentile(const struct hist *hist, double percent);

#endif /* BENCH_HIST_H */
