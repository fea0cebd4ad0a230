/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be measured. Each measurement is a const struct in its own file and
 * a line in measurements.list; everything else goes by these.
 */
#ifndef BENCH_MEASUREMENT_H
#define BENCH_MEASUREMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "run/suite.h"

struct observer;

/**
 * struct measurement - one way to measure
 * @name:    as suites say it
 * @summary: one line
 * @params:  what a section may set beside the profile
 * @brings_up: @run does the bring-up itself; else it is done before
 * @counted: what it is about is counted by the plugin in QEMU
 * @observer: the way of looking that a point is about, which may take a tool of the
 *           host; NULL for a measurement that takes none
 * @run:     measures @point on a lab freshly set up for it and adds metrics and
 *           checks to @out. 0; 1 when it was interrupted; -1 after one line on
 *           stderr.
 */
struct measurement {
	const char *name;
	const char *summary;
	const struct param *params;
	bool brings_up;
	bool counted;
	const struct observer *(*observer)(const struct point *point);
	int (*run)(const struct point *point, json_t *out);
};

/* The one line that a person sees when the point is done. */
void point_headline(json_t *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* NULL-terminated. */
extern const struct measurement *const measurements[];

const struct measurement *measurement_find(const char *name);

#endif /* BENCH_MEASUREMENT_H */
