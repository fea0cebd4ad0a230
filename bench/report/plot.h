/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plots of a result: data files (CSV) that tdxbench writes, drawn by the
 * gnuplot scripts in scripts/plot.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

struct plot {
	const char *name;	/* NAME.csv, NAME.svg, NAME.gp */
	size_t (*data)(const json_t *points, FILE *out);	/* returns the rows it wrote */
	const char *caption;	/* one sentence on how to read it */
};

/* All plots there are; ends with a NULL name. */
extern const struct plot plot_table[];

/*
 * Writes NAME.csv and NAME.svg into @dir for each plot that @result has data
 * for; files of earlier plots are removed. A plot that cannot be drawn, for
 * want of gnuplot say, is one line on stderr; only data that cannot be written
 * is an error. 0 or negative errno.
 */
int plot_all(const json_t *result, const char *dir);

#endif /* BENCH_PLOT_H */
