/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics of few values: is one sample larger than another, or was it luck?
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

/* Of values in any order; NAN of none. */
double stats_median(const double *values, size_t count);

/*
 * Two-sided p of the Mann–Whitney test: how often chance alone would tell the two
 * samples apart so clearly, if they were of one kind. Up to STATS_EXACT values
 * together all ways to share them out are counted, ties included; above that the
 * normal approximation, corrected for ties and continuity. 1 without a value.
 */
#define STATS_EXACT	40
double stats_mann_whitney(const double *a, size_t nr_a, const double *b, size_t nr_b);

/* The smallest p that samples of so many values can have, however far apart. */
double stats_least_p(size_t nr_a, size_t nr_b);

#endif /* BENCH_STATS_H */
