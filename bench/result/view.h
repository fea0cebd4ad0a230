/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views: which numbers of a result stand side by side, and how a human reads
 * them. One table of columns per question serves the terminal and the HTML
 * report; a measurement without a view of its own gets the general one.
 */
#ifndef BENCH_VIEW_H
#define BENCH_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "result/must.h"

enum cell_style { CELL_TEXT, CELL_NUMBER, CELL_GOOD, CELL_BAD };

/* Room for a policy that has every knob turned: cut short, two would look the same. */
#define CELL_SIZE	640

struct cell {
	char text[CELL_SIZE];
	enum cell_style style;
};

struct grid_column {
	char group[48];		/* stands once above neighbours that share it, names the unit */
	char head[24];
	bool numeric;		/* aligned to the right */
};

struct grid {
	char title[96];
	size_t columns, rows;
	struct grid_column *column;
	struct cell *cell;	/* [row * columns + column] */
};

typedef void grid_visitor(const struct grid *grid, void *arg);

/**
 * struct point_list - points to look at, in the order of rows
 * @letter: of the result that each is from; NULL: all are from the same
 */
struct point_list {
	const json_t **point;
	char *letter;
	size_t count;
};

/* Calls @visit with the grids of each measurement, in order of appearance. */
void each_grid(const json_t *result, grid_visitor *visit, void *arg);
/*
 * The same of points from several results, the letter in front of each row. Measurements
 * without a view of their own are left out: side.c has a better one for them.
 */
void each_grid_of(const struct point_list *all, grid_visitor *visit, void *arg);
bool point_has_view(const json_t *point);

/* Every metric of one point with all its percentiles; caller frees. */
struct grid *grid_point(const json_t *point);

/* For views of other files. */
struct grid *grid_new(const char *title, size_t columns, size_t rows);
/* The cells of a new last row, empty; cells handed out before move. */
struct cell *grid_add_row(struct grid *grid);
void grid_free(struct grid *grid);

static inline const struct cell *grid_cell(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cell[row * grid->columns + column];
}

/* Throughput with one guest that asks many times at once: that is about fairness. */
bool point_has_hog(const json_t *point);
/*
 * May one be set against the other? The same was measured, with the same profile
 * and parameters; policy, @but (NULL: nothing else) and number of quotes may differ.
 */
bool points_alike(const json_t *a, const json_t *b, const char *but);

/* "ok", "OPEN", "lost 3", or nothing where nothing was checked. */
void point_verdict(const json_t *point, struct cell *cell);

/* "section/guests=4/hog=16": what lists of the suite said and is not @told elsewhere: "hog=16". */
void point_varied(const json_t *point, bool (*told)(const void *arg, const char *name),
		  const void *arg, char *text, size_t size);

/* "1.28 s", "20.1 ms", "0.35 µs": one number with its unit, for sentences. */
const char *human_time(double ns, char *text, size_t size);
/* "20.1", "1280", "0.35": about four significant digits. */
const char *human_number(double value, char *text, size_t size);
/* The unit that suits @value, given in @unit of a metric: "ms" for ns; divide by @factor. */
const char *human_unit(const char *unit, double value, double *factor);
/* A setting as people write it. */
void human_scalar(const json_t *value, char *text, size_t size);

#endif /* BENCH_VIEW_H */
