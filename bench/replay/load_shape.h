/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who asked, as far as a capture tells: a load for the VM that is alike.
 */
#ifndef BENCH_LOAD_SHAPE_H
#define BENCH_LOAD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "replay/observe.h"

enum shape_buffers { SHAPE_UNKNOWN, SHAPE_SHARED, SHAPE_PER_CALL };

/**
 * struct load_shape - a load
 * @guests:  TDs
 * @hog:     requests under way in the first of them; in the others it is one
 * @quotes:  in all
 * @open:    requests come whether others are answered or not, @rate a second; else
 *           whoever has his answer asks again
 * @fixed:   at equal intervals; else at random
 * @busy:    of 100, how much of its time a TD has a request under way: what says whether
 *           it is open
 * @buffers: of the path's policy
 * @cpus:    of the VM
 */
struct load_shape {
	uint64_t guests, hog, quotes;
	bool open, fixed;
	uint64_t rate;
	double busy;
	enum shape_buffers buffers;
	uint64_t cpus;
};

/* @cpus of the machine that was recorded, 0 if unknown. */
struct load_shape load_shape_of(struct observed *seen, uint64_t cpus);
/* One line for people. */
void load_shape_say(const struct load_shape *shape, char *text, size_t size);

/**
 * struct replay_suite - a suite file of one point
 * @profile: file beside it
 * @policy:  preset, NULL for what the capture tells
 */
struct replay_suite {
	const struct load_shape *shape;
	const char *profile;
	const char *policy;
	const char *capture;
	uint64_t memory_mib;
};

/* A whole_printer. */
void load_shape_print_suite(FILE *out, const void *replay_suite);

#endif /* BENCH_LOAD_SHAPE_H */
