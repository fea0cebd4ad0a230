/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several results side by side: a column each, called A, B, C and so on. Points are
 * matched by id and metrics by name; what one of them lacks stays visible. Nothing
 * is judged here.
 */
#ifndef BENCH_SIDE_H
#define BENCH_SIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "result/result.h"
#include "result/view.h"

#define SIDE_MAX	26	/* one letter each */

/**
 * struct side - the results of one report
 * @path: as the user named them
 */
struct side {
	size_t count;
	const char *path[SIDE_MAX];
	json_t *result[SIDE_MAX];
};

typedef json_t *side_loader(const char *path, char error[RESULT_ERROR]);

/* 0, or -1 after one line on stderr. */
int side_load(struct side *side, char *const *paths, size_t count, side_loader *load);
void side_free(struct side *side);

/* What to know before comparing, the worst first; nothing when all is well. */
void side_warnings(const struct side *side, void (*tell)(const char *line, void *arg), void *arg);
/* Which clock and module made the numbers: once, or per result where they differ. */
void side_natures(const struct side *side, void (*tell)(const char *line, void *arg), void *arg);
/* What is behind each letter, for the caller to free. */
struct grid *side_legend(const struct side *side);
/* What most want to see: the views of one result, with a row of each. */
void side_overview(const struct side *side, grid_visitor *visit, void *arg);
/* Everything: one grid for each point that any result has, a row for each number. */
void side_each_point(const struct side *side, grid_visitor *visit, void *arg);
/* Which metrics all have, and which only some. */
void side_coverage(const struct side *side, void (*tell)(const char *line, void *arg), void *arg);

#endif /* BENCH_SIDE_H */
