// SPDX-License-Identifier: GPL-2.0
/*
 * The grids of a comparison: differences by verdict, and where instructions went.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/compare_view.h"

static const char *const titles[NR_VERDICTS] = {
	[VERDICT_REGRESSED] = "Worse", [VERDICT_MISSING] = "Missing in NEW",
	[VERDICT_ALLOWED] = "Worse, within the budget", [VERDICT_IMPROVED] = "Improved",
	[VERDICT_CHANGED] = "Changed, which is neither better nor worse",
	[VERDICT_ADDED] = "Only in NEW",
	[VERDICT_NOT_JUDGED] = "Moved with the phases of timers, or with the change: not judged",
	[VERDICT_TOO_FEW] = "n too small to tell: not judged",
	[VERDICT_NO_DIFFERENCE] = "No difference that can be told from luck, or too small",
};

struct head {
	const char *group, *text;
	bool numeric;
};

/* Names in the first two columns. */
static const struct head exact_heads[] = {
	{ "", "metric", false }, { "", "point", false }, { "", "unit", false }, { "", "base", true },
	{ "", "new", true }, { "", "difference", true }, { "", "change", true },
	{ "", "moved most", false },
};
static const struct head sampled_heads[] = {
	{ "", "metric", false }, { "", "point", false }, { "", "unit", false },
	{ "median of the runs", "base", true }, { "median of the runs", "new", true },
	{ "", "change", true }, { "", "n", true }, { "", "p", true },
};
static const struct head one_sided_heads[] = {
	{ "", "metric", false }, { "", "point", false }, { "", "why", false },
};
static const struct head blame_heads[] = {
	{ "", "function", false }, { "", "where", false }, { "instructions per quote", "base", true },
	{ "instructions per quote", "new", true }, { "instructions per quote", "difference", true },
};

#define COLUMNS(heads)	(sizeof(heads) / sizeof(*(heads)))

static struct grid *new_grid(const char *title, const struct head *heads, size_t columns)
{
	struct grid *grid = grid_new(title, columns, 0);

	for (size_t i = 0; i < columns; i++) {
		snprintf(grid->column[i].group, sizeof(grid->column[i].group), "%s", heads[i].group);
		snprintf(grid->column[i].head, sizeof(grid->column[i].head), "%s", heads[i].text);
		grid->column[i].numeric = heads[i].numeric;
	}
	return grid;
}

static void put(struct cell *cell, const char *text)
{
	snprintf(cell->text, sizeof(cell->text), "%s", text);
}

static void put_figure(struct cell *cell, double value, double delta)
{
	char text[NUMBER_TEXT];

	put(cell, figure_text(value, delta, text));
}

static void put_change(struct cell *cell, const struct difference *d)
{
	char text[NUMBER_TEXT];

	put(cell, change_text(d->change, text));
	if (d->verdict == VERDICT_REGRESSED)
		cell->style = CELL_BAD;
	else if (d->verdict == VERDICT_IMPROVED)
		cell->style = CELL_GOOD;
}

/* "seamcall.gap mean": of values, the name says it all. */
static void put_names(struct cell *cells, const struct difference *d)
{
	bool plain = !d->metric || !strcmp(d->stat, "value");

	snprintf(cells[0].text, sizeof(cells[0].text), "%.200s%s%s", d->metric ? d->metric : "(all)",
		 plain ? "" : " ", plain ? "" : d->stat);
	put(&cells[1], d->point);
}

/* "max 7521 -> 8990 (+19.5 %)" */
static void put_moved(struct cell *cell, const struct difference *d)
{
	double delta = d->moved_new - d->moved_base, base = d->moved_base;
	char from[NUMBER_TEXT], to[NUMBER_TEXT], change[NUMBER_TEXT] = "from 0";

	if (!strcmp(d->moved, "buckets")) {
		put(cell, "buckets only");
		return;
	}
	if (base)
		change_text(delta / base, change);
	snprintf(cell->text, sizeof(cell->text), "%s %s -> %s (%s)", d->moved,
		 figure_text(base, delta, from), figure_text(d->moved_new, delta, to), change);
}

static void exact_row(struct cell *cells, const struct difference *d)
{
	double delta = d->new - d->base;
	char text[NUMBER_TEXT];

	put_names(cells, d);
	put(&cells[2], d->unit);
	put_figure(&cells[3], d->base, delta);
	put_figure(&cells[4], d->new, delta);
	put(&cells[5], delta_text(d->unit, delta, text));
	put_change(&cells[6], d);
	if (d->why)	/* not judged, and only on one side */
		put(&cells[7], d->why);
	else if (d->moved)
		put_moved(&cells[7], d);
}

static void sampled_row(struct cell *cells, const struct difference *d)
{
	double delta = d->new - d->base;

	put_names(cells, d);
	put(&cells[2], d->unit);
	put_figure(&cells[3], d->base, delta);
	put_figure(&cells[4], d->new, delta);
	put_change(&cells[5], d);
	snprintf(cells[6].text, sizeof(cells[6].text), "%zu+%zu", d->nr_base, d->nr_new);
	snprintf(cells[7].text, sizeof(cells[7].text), d->p < 0.001 ? "%.1e" : "%.3f", d->p);
}

static void one_sided_row(struct cell *cells, const struct difference *d)
{
	put_names(cells, d);
	put(&cells[2], d->why);
	if (d->verdict == VERDICT_MISSING)
		cells[2].style = CELL_BAD;
}

static void add_row(struct grid *grid, const struct difference *d, bool one_sided)
{
	struct cell *cells = grid_add_row(grid);

	if (one_sided)
		one_sided_row(cells, d);
	else if (d->exact)
		exact_row(cells, d);
	else
		sampled_row(cells, d);
}

/* One table has all that stand on one side only. */
static bool is_one_sided(enum verdict verdict)
{
	return verdict == VERDICT_MISSING || verdict == VERDICT_ADDED;
}

static bool belongs(const struct difference *d, enum verdict verdict, bool exact)
{
	return d->verdict == verdict && (is_one_sided(verdict) ? exact : d->exact == exact);
}

/* The last column of exact metrics is about histograms: not where there are none. */
static struct grid *exact_grid(const struct comparison *c, enum verdict verdict)
{
	size_t columns = COLUMNS(exact_heads) - 1;

	for (size_t i = 0; i < c->count && columns < COLUMNS(exact_heads); i++)
		columns += belongs(&c->difference[i], verdict, true) &&
			   (c->difference[i].moved || c->difference[i].why);
	return new_grid(titles[verdict], exact_heads, columns);
}

static struct grid *empty_grid(const struct comparison *c, enum verdict verdict, bool exact)
{
	if (is_one_sided(verdict))
		return new_grid(titles[verdict], one_sided_heads, COLUMNS(one_sided_heads));
	if (exact)
		return exact_grid(c, verdict);
	return new_grid(titles[verdict], sampled_heads, COLUMNS(sampled_heads));
}

struct grid *compare_grid(const struct telling *t, enum verdict verdict, bool exact, size_t rows)
{
	struct grid *grid = NULL;
	size_t left = 0;
	char more[64];

	for (size_t i = 0; i < t->c->count; i++) {
		const struct difference *d = &t->c->difference[i];

		if (!belongs(d, verdict, exact))
			continue;
		if (!grid)
			grid = empty_grid(t->c, verdict, exact);
		if (grid->rows < rows)
			add_row(grid, d, is_one_sided(verdict));
		else
			left++;
	}
	if (left) {
		snprintf(more, sizeof(more), "… and %zu more, --json has all", left);
		put(grid_add_row(grid), more);
	}
	return grid;
}

/* ---- Where it went ---- */

#define FUNCTIONS_SHOWN	10
#define LINES_SHOWN	5
#define SHOWN		0.01	/* of the difference of the whole: what is less is a quote in a hundred */

static void put_counts(struct cell *cells, double base, double new)
{
	double delta = new - base;
	char text[NUMBER_TEXT];

	put_figure(&cells[0], base, delta);
	put_figure(&cells[1], new, delta);
	put(&cells[2], delta_text("", delta, text));
	cells[2].style = delta > 0 ? CELL_BAD : delta < 0 ? CELL_GOOD : CELL_NUMBER;
}

static void add_function(struct grid *grid, const struct blame_function *f)
{
	struct cell *cells = grid_add_row(grid);

	put(&cells[0], f->name);
	put(&cells[1], *f->file ? f->file : "(kernel)");
	put_counts(&cells[2], f->base, f->new);
	for (size_t i = 0; i < f->lines && i < LINES_SHOWN; i++) {
		if (fabs(f->line[i].new - f->line[i].base) < SHOWN * fabs(f->new - f->base))
			break;	/* the rest is less still */
		cells = grid_add_row(grid);
		snprintf(cells[1].text, sizeof(cells[1].text), "%.500s:%lld", f->line[i].file,
			 (long long)f->line[i].line);
		put_counts(&cells[2], f->line[i].base, f->line[i].new);
	}
}

struct grid *blame_grid(const struct telling *t, const char *point)
{
	struct blame *blame = t->profile[0] && t->profile[1] ?
			      blame_point(t->profile[0], t->profile[1], point) : NULL;
	struct grid *grid;
	struct cell *cells;
	char title[128];

	if (!blame)
		return NULL;
	snprintf(title, sizeof(title), "Where it went: %.80s", point);
	grid = new_grid(title, blame_heads, COLUMNS(blame_heads));
	for (size_t i = 0; i < blame->functions && i < FUNCTIONS_SHOWN; i++) {
		const struct blame_function *f = &blame->function[i];

		if (fabs(f->new - f->base) < SHOWN * fabs(blame->new - blame->base))
			break;
		add_function(grid, f);
	}
	cells = grid_add_row(grid);
	put(&cells[0], "all of the path");
	put_counts(&cells[2], blame->base, blame->new);
	blame_free(blame);
	return grid;
}
