/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Suites: INI files that say what to measure. A section names a measurement
 * and its parameters; a parameter with several values, separated by commas,
 * makes one point for each. [global] holds what all sections share.
 */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include <stdint.h>

#include "run/param.h"

struct measurement;

#define SUITE_PARAMS_MAX	16	/* of a measurement */
#define SUITE_PROFILES_MAX	16	/* profiles that a suite may name */

/**
 * struct point - one thing to measure, everything resolved
 * @section:      of the suite
 * @id:           section plus the values that vary, unique in a suite
 * @measurement:  how
 * @values:       of the measurement's parameters, in the order of its table
 * @preset:       that @policy was made from
 * @policy:       of the quoting path: the preset, and what the suite changed of it
 * @profile_name: that @profile was made from
 * @profile:      of the software TDX module: the file, and what the suite changed of it
 */
struct point {
	char *section;
	char *id;
	const struct measurement *measurement;
	uint64_t values[SUITE_PARAMS_MAX];
	enum policy_preset preset;
	struct tdx_quote_policy policy;
	const char *profile_name;
	struct tdx_emu_profile profile;
};

/* The machine that a suite wants when it runs in a VM. */
struct suite_vm {
	uint64_t cpus;
	uint64_t memory_mib;
};

/* A profile that the suite names. */
struct suite_profile {
	char *name;
	char *path;
	struct tdx_emu_profile values;
};

struct suite {
	char *name;	/* file name without .ini */
	char *text;	/* the file as read */
	struct suite_vm vm;
	struct suite_profile profiles[SUITE_PROFILES_MAX];
	unsigned int nr_profiles;
	struct point *points;
	unsigned int nr_points;
};

extern const struct param suite_vm_params[];

/*
 * The file of a suite: @text itself or, where that is a name such as "pool" and no such
 * file is there, the suite of that name that comes with tdxbench. A place().
 */
const char *suite_file(const char *text);

/*
 * @profiles: directory to take all profiles from, NULL for each where it belongs.
 * NULL after one line on stderr that names file, line and what is wrong.
 */
struct suite *suite_read(const char *path, const char *profiles);
void suite_free(struct suite *suite);

/* Value of one of the point's measurement parameters; the name must exist. */
uint64_t point_value(const struct point *point, const char *name);

#endif /* BENCH_SUITE_H */
