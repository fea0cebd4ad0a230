/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other forms of a result: the digest of what must not change from run to run,
 * and a table of formats that other programs read. results/README.md is the
 * reference of what each of them says.
 */
#ifndef BENCH_EXPORT_H
#define BENCH_EXPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct side;

/* ---- Digest ---- */

#define DIGEST_HEX	65

/*
 * SHA-256 over the canonical form of every metric of class "exact". Returns
 * the number of metrics behind it; 0 means that nothing in the result is exact.
 */
size_t export_digest(const json_t *result, char hex[DIGEST_HEX]);

/* The canonical form itself, one line per metric: what to diff when digests differ. */
void export_canonical(const json_t *result, FILE *out);

/* ---- Formats ---- */

/**
 * struct export_options - what no result knows
 * @origin: kcidb: the CI system that tells
 * @build:  kcidb: the build that was measured, NULL: told of along with the tests
 */
struct export_options {
	const char *origin;
	const char *build;
};

/**
 * struct export_format - one form
 * @print:      0, or -1 after one line on stderr
 * @print_side: of several results, NULL where they do not fit into one file
 */
struct export_format {
	const char *name;
	int (*print)(const json_t *result, const struct export_options *options, FILE *out);
	void (*print_side)(const struct side *side, FILE *out);
};

extern const struct export_format export_formats[];
/* Their names in the same order, for the help; ends with NULL. */
extern const char *const export_names[];

typedef int export_printer(const json_t *result, const struct export_options *options, FILE *out);

export_printer export_csv, export_json, export_ktap, export_kcidb, export_bmf,
	export_gha_smaller, export_gha_bigger, export_openmetrics, export_junit;

/* One row per metric, with a head; of several results, the first column says which. */
void export_csv_side(const struct side *side, FILE *out);
/* An array of results. */
void export_json_side(const struct side *side, FILE *out);

/* One CSV field, quoted where it must be. */
void csv_field(FILE *out, const char *text);
/* May these be used: "ci_of_mine", "ci_of_mine:build/1"? */
bool kcidb_origin_valid(const char *origin);
bool kcidb_id_valid(const char *id);

#endif /* BENCH_EXPORT_H */
