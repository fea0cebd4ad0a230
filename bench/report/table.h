/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A result as tables on a terminal: 100 columns wide, or more where policies are
 * told by many knobs.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct grid;
struct side;
struct grid;

/*
 * Colours only where @out is a terminal and NO_COLOR is not set. @metrics: behind the
 * tables, every metric of every point.
 */
void table_print(const json_t *result, bool metrics, FILE *out);
/* The same of several results: a row of the tables each, and a column of the metrics. */
void table_print_side(const struct side *side, bool metrics, FILE *out);
/* One grid, as the tables above have them. */
void table_print_grid(const struct grid *grid, FILE *out);

/* Parts of such a page, for others that print one. */
enum table_line { TABLE_PLAIN, TABLE_BOLD, TABLE_DIM, TABLE_BAD, TABLE_GOOD };
void table_line(FILE *out, enum table_line how, const char *text);
void table_grid(FILE *out, const struct grid *grid);
/* "- " and the sentence, broken between words. */
void table_sentence(FILE *out, const char *sentence);

#endif /* BENCH_TABLE_H */
