/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Levels of a series that scatters: the stretches between which its distribution
 * changed by more than chance does.
 */
#ifndef BENCH_LEVELS_H
#define BENCH_LEVELS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * @may_split[k]: a level may begin with value k. Where levels begin, after the first one
 * and in order, for the caller to free; NULL where there is but one. How many.
 */
size_t levels_find(const double *value, const bool *may_split, size_t count, size_t **begins);

/**
 * struct contrast - two levels
 * @before, @after: their medians
 * @large: the medians differ by more than the noise, and by a share worth telling
 */
struct contrast {
	double before, after;
	bool large;
};

struct contrast levels_contrast(const double *before, size_t m, const double *after, size_t n);

#endif /* BENCH_LEVELS_H */
