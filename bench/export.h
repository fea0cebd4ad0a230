/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other forms of a result: the digest of what must not change from run to run,
 * and CSV for people's own tables.
 */
#ifndef BENCH_EXPORT_H
#define BENCH_EXPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct side;

#define DIGEST_HEX	65

/*
 * SHA-256 over the canonical form of every metric of class "exact". Returns
 * the number of metrics behind it; 0 means that nothing in the result is exact.
 */
size_t export_digest(const json_t *result, char hex[DIGEST_HEX]);

/* The canonical form itself, one line per metric: what to diff when digests differ. */
void export_canonical(const json_t *result, FILE *out);

/* One row per metric, with a head. */
void export_csv(const json_t *result, FILE *out);
/* Of several, the first column says which. */
void export_csv_side(const struct side *side, FILE *out);
/* An array of results. */
void export_json_side(const struct side *side, FILE *out);

/* One CSV field, quoted where it must be. */
void csv_field(FILE *out, const char *text);

#endif /* BENCH_EXPORT_H */
