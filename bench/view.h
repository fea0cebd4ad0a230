/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views: which numbers of a result stand side by side, and how a human reads
 * them. One table of columns per measurement serves the terminal and the HTML
 * report; a measurement without a view of its own gets the general one.
 */
#ifndef BENCH_VIEW_H
#define BENCH_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum cell_style { CELL_TEXT, CELL_NUMBER, CELL_GOOD, CELL_BAD };

struct cell {
	char text[64];
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

/* All points of one measurement side by side; caller frees. */
struct grid *grid_measurement(const json_t *result, const char *measurement);

/* Every metric of one point with all its percentiles. */
struct grid *grid_point(const json_t *point);

void grid_free(struct grid *grid);

static inline const struct cell *grid_cell(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cell[row * grid->columns + column];
}

/* Calls @visit once for each measurement in the result, in order of appearance. */
void each_measurement(const json_t *result,
		      void (*visit)(const json_t *result, const char *measurement, void *arg),
		      void *arg);

/* "1.28 s", "20.1 ms", "0.35 µs": one number with its unit, for sentences. */
const char *human_time(double ns, char *text, size_t size);
/* "20.1", "1280", "0.35": about four significant digits. */
const char *human_number(double value, char *text, size_t size);

#endif /* BENCH_VIEW_H */
