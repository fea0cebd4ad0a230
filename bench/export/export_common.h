/* SPDX-License-Identifier: GPL-2.0 */
/* What the formats share: which numbers a result has, and whether to trust them. */
#ifndef BENCH_EXPORT_COMMON_H
#define BENCH_EXPORT_COMMON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "result/text.h"

/* ---- Numbers ---- */

/*
 * A number of a metric as it stands there: "value", or of a histogram "count", "mean",
 * "min", "p99" and so on. A new reference; NULL when the metric has no such number.
 */
json_t *stat_value(const json_t *metric, const char *stat);

/**
 * struct number - one of those that a format of plain numbers has of a point
 * @name:  of the metric; of a histogram with what it is: "quote.total p99"
 * @stat:  "value", or of a histogram one of "mean", "p50", "p99", "max"
 * @value: a number
 */
struct number {
	const json_t *metric;
	const char *name;
	const char *stat;
	const json_t *value;
};

typedef void number_visitor(const struct number *number, void *arg);

void each_number(const json_t *point, number_visitor *visit, void *arg);

/* An integer stays one; anything else with as many digits as lead back to it. */
void print_number(FILE *out, const json_t *number);

/* ---- Trust ---- */

enum trust {
	TRUST_YES,	/* every check holds and no event was lost */
	TRUST_UNCHECKED, /* there is nothing to check it against */
	TRUST_NO,
};

enum trust point_trust(const json_t *point);

/*
 * The checks of a point, and one more for what makes it untrustworthy beside them.
 * @text: "seen 3, expected 4"
 */
typedef void check_visitor(const char *name, bool ok, const char *text, void *arg);

size_t each_check(const json_t *point, check_visitor *visit /* may be NULL */, void *arg);

/* Formats without room for a verdict leave such points out; this says so on stderr. */
void tell_left_out(const json_t *result);

/* ---- Words ---- */

/* "virtual clock, software TDX module" */
const char *short_nature(const json_t *result);

/* When the run began; false when the result does not say it the way we do. */
bool result_started(const json_t *result, time_t *when);

#define SHORT_HASH	17

/* The first 16 digits of its SHA-256. */
void short_hash(const char *text, char hex[SHORT_HASH]);

/* @text, where it has more than @limit bytes shortened and marked with its hash; to be freed. */
char *fit_text(const char *text, size_t limit);

/* printf() into memory, to be freed; no memory ends the program. */
char *must_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* @value on one line; takes over the reference. */
void print_json(FILE *out, json_t *value);
void print_json_text(FILE *out, const char *text);

#endif /* BENCH_EXPORT_COMMON_H */
