/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugin counted: from addresses to functions, lines and metrics.
 */
#ifndef BENCH_COUNT_READ_H
#define BENCH_COUNT_READ_H

#include <jansson.h>
#include <stdbool.h>

struct symbol;
struct symbols;

/*
 * Is this function the quoting path itself, kernel/tdx_*.c? Files are known only of a
 * module with debug information, not where the path is in the kernel.
 */
bool count_own(const struct symbol *symbol);
bool count_knows_own(const struct symbols *symbols);

/*
 * Reads @path, as tcg/count.c describes it; adds metrics to the points of @result
 * that measure the path, and a check that fails where not all quotes were counted.
 * Stretches without an end are left out. The profile, or NULL after one line on stderr.
 */
json_t *count_read(const char *path, struct symbols *symbols, json_t *result);

#endif /* BENCH_COUNT_READ_H */
