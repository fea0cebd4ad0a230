/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two captures side by side: what was recorded, and what the replay made of it.
 */
#ifndef BENCH_COMPARE_CAPTURES_H
#define BENCH_COMPARE_CAPTURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "replay/observe.h"

#define COMPARED	6

/**
 * struct compared - one number of both
 * @judged: its medians must be near each other
 * @count, @p50, @p99: of the recording and of the replay
 * @fine:   of counts, medians finer than a step
 * @low, @high: where 95 % of recordings of so many values would have their median
 * @diff50, @diff99: of 100, replay over recording; NAN where the recording has 0 and the
 *          replay has not
 */
struct compared {
	const char *name, *unit, *what;
	bool judged;
	uint64_t count[2], p50[2], p99[2];
	double fine[2];
	uint64_t low, high;
	double diff50, diff99;
};

struct comparison {
	double tolerance;
	bool within;
	struct compared rows[COMPARED];
};

/* @tolerance in percent. */
void compare_captures(struct comparison *comparison, struct observed *recorded,
		      struct observed *replayed, double tolerance);
void comparison_print(FILE *out, const struct comparison *comparison);
/* "metrics", a new reference. */
json_t *comparison_json(const struct comparison *comparison);

#endif /* BENCH_COMPARE_CAPTURES_H */
