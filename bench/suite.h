/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Suites: INI files that say what to measure. A section names a measurement
 * and its parameters; a parameter with several values, separated by commas,
 * makes one point for each. [global] holds what all sections share.
 */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include <stdint.h>

#include "param.h"

struct measurement;

#define SUITE_PROFILE_MAX	32
#define SUITE_PARAMS_MAX	16

/**
 * struct point - one thing to measure, everything resolved
 * @section:     of the suite
 * @id:          section plus the values that vary, unique in a suite
 * @measurement: how
 * @values:      of the measurement's parameters, in the order of its table
 * @profile:     of the software TDX module
 */
struct point {
	char *section;
	char *id;
	const struct measurement *measurement;
	uint64_t values[SUITE_PARAMS_MAX];
	struct tdx_emu_profile profile;
};

/* The machine that a suite wants when it runs in a VM. */
struct suite_vm {
	uint64_t cpus;
	uint64_t memory_mib;
};

struct suite {
	char *name;	/* file name without .ini */
	char *text;	/* the file as read */
	struct suite_vm vm;
	struct point *points;
	unsigned int nr_points;
};

extern const struct param suite_vm_params[];

/* NULL after one line on stderr that names file, line and what is wrong. */
struct suite *suite_read(const char *path);
void suite_free(struct suite *suite);

/* Value of one of the point's measurement parameters; the name must exist. */
uint64_t point_value(const struct point *point, const char *name);

#endif /* BENCH_SUITE_H */
