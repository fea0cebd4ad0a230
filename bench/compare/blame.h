/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the instructions of a difference went: two profile.json, function by function
 * and line by line. Only what belongs to the path counts; interrupts, the module and
 * rescheduling are accounted apart by whoever made the profiles.
 */
#ifndef BENCH_BLAME_H
#define BENCH_BLAME_H

#include <jansson.h>
#include <stddef.h>

#include "result/result.h"

/* Instructions per quote; the line is that of NEW, or of BASE where NEW has none. */
struct blame_line {
	const char *file;
	json_int_t line;
	double base, new;
};

/* @lines: that differ, not because they only moved; the largest difference first */
struct blame_function {
	const char *name, *file;
	double base, new;
	struct blame_line *line;
	size_t lines;
};

/**
 * struct blame - one point
 * @base, @new:  instructions of the path per quote
 * @function:    those that differ, the largest difference first
 * @functions:   how many of them are there
 */
struct blame {
	double base, new;
	struct blame_function *function;
	size_t functions;
};

#define BLAME_LINES_OF	10	/* functions whose lines are looked at */

/* A checked profile, or NULL and one line in @error. */
json_t *blame_load(const char *file, char error[RESULT_ERROR]);
/* NULL where a profile has no such point. Text is the profiles' own: they must stay. */
struct blame *blame_point(const json_t *base, const json_t *new, const char *id);
void blame_free(struct blame *blame);

#endif /* BENCH_BLAME_H */
