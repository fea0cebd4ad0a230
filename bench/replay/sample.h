/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Samples: values of one kind, kept as they are, for quantiles that no bucket blurs.
 * Of very many, every second, fourth, ... is kept, so that memory stays bounded.
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_MAX	(1U << 20)	/* values kept */

/**
 * struct sample - zeroed, it is empty
 * @values: those that are kept, in order of value once a quantile was asked for
 * @seen:   how many there were
 * @every:  of how many one is kept; 0 counts as 1
 */
struct sample {
	uint64_t *values;
	size_t nr, room;
	uint64_t seen;
	uint64_t every;
	bool sorted;
};

void sample_add(struct sample *sample, uint64_t value);
/* The value that @percent of all do not exceed, between two of them in a straight line; 0: none. */
uint64_t sample_quantile(struct sample *sample, double percent);
/*
 * The median of counts, each of which stands for all from half a step below it to half a
 * step above: of 30, 30, 31, 31 it is 30.5, of 30, 31, 31, 31 it is 30.83. 0: none.
 */
double sample_count_median(struct sample *sample);
void sample_free(struct sample *sample);

#endif /* BENCH_SAMPLE_H */
