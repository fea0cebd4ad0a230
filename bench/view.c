// SPDX-License-Identifier: GPL-2.0
/*
 * Views: points of a result as grids of readable cells.
 *
 * A grid is filled in two passes, first numbers, then text, because columns of
 * one group share one unit, chosen to suit all of them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "param.h"
#include "result.h"
#include "view.h"

enum kind {
	PARAM,		/* @name of params, policy or profile as it stands */
	POLICY,		/* preset, and what differs from it */
	STATE,		/* preempt: idle, slice, never */
	NUMBER,		/* @stat of @name */
	TIME,		/* the same, ns */
	BYTES,		/* the same, bytes */
	ERRNO,		/* the same, by its name; 0 is nothing */
	SHARE,		/* sum of @name as a share of quote.total, % */
	VARIED,		/* what else a point's id says to tell it from its neighbours */
	VERDICT,	/* ok, or what is wrong with the point */
};

struct column {
	const char *group, *head;
	enum kind kind;
	const char *name, *stat;
	bool hide_zero;		/* also hidden when all are 0; empty columns always are */
	bool open_loop;		/* means nothing in a closed loop: left empty there */
};

struct view {
	const char *measurement, *title;
	const struct column *columns;
};

#define COLUMN(group_, head_, kind_, name_, stat_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = stat_ }
#define SETTING(name)		COLUMN("", name, PARAM, name, NULL)
#define VALUE(group, head, kind, name)	COLUMN(group, head, kind, name, "value")
#define LATENCY(stat)		COLUMN("latency", stat, TIME, "latency.actual", stat)
#define PART(head, name)	COLUMN("share of quote, %", head, SHARE, name, NULL)
#define IN_SEAM(stat)		COLUMN("their lateness", stat, TIME, "timer.lateness_seam", stat)
#define VARIED_TOO		COLUMN("", "varied", VARIED, NULL, NULL)
#define BOOKS			COLUMN("", "books", VERDICT, NULL, NULL)
#define HIDDEN_ZERO(group_, head_, kind_, name_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = "value", \
	  .hide_zero = true }
#define ERRORS			HIDDEN_ZERO("", "errs", NUMBER, "quote.errors")
#define OPEN_LOOP(group_, head_, kind_, name_, stat_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = stat_, \
	  .open_loop = true }
#define END			{ .head = NULL }

static const struct column throughput_columns[] = {
	COLUMN("", "policy", POLICY, NULL, NULL),
	SETTING("guests"),
	OPEN_LOOP("", "offered/s", PARAM, "rate", NULL),
	VALUE("", "quotes/s", NUMBER, "quote.rate"),
	LATENCY("p50"), LATENCY("p90"), LATENCY("p99"), LATENCY("p99.9"), LATENCY("max"),
	OPEN_LOOP("as intended", "p99", TIME, "latency.intended", "p99"),
	PART("wait", "quote.wait"), PART("SEAM", "quote.seam"),
	PART("gap", "quote.gap"), PART("other", "quote.other"),
	ERRORS,
	VARIED_TOO, BOOKS, END
};

static const struct column preempt_columns[] = {
	COLUMN("", "yields", STATE, NULL, NULL),
	COLUMN("stay in SEAM", "p50", TIME, "seamcall.duration", "p50"),
	COLUMN("stay in SEAM", "max", TIME, "seamcall.duration", "max"),
	COLUMN("timers", "in SEAM", NUMBER, "timer.lateness_seam", "count"),
	IN_SEAM("p50"), IN_SEAM("p99"), IN_SEAM("p99.9"), IN_SEAM("max"),
	COLUMN("all timers", "p99", TIME, "timer.lateness", "p99"),
	COLUMN("victim p99.9", "wake-up", TIME, "victim.wakeup", "p99.9"),
	COLUMN("victim p99.9", "latency", TIME, "victim.latency", "p99.9"),
	VARIED_TOO, BOOKS, END
};

static const struct column pool_columns[] = {
	COLUMN("", "memory", PARAM, "memory", NULL),
	COLUMN("", "pages", PARAM, "pool_pages", NULL),
	COLUMN("", "alloc", PARAM, "pool_alloc", NULL),
	VALUE("chunks", "count", NUMBER, "pool.chunks"),
	VALUE("chunks", "min", NUMBER, "pool.chunk_min"),
	VALUE("chunks", "max", NUMBER, "pool.chunk_max"),
	VALUE("cost", "alloc", TIME, "pool.alloc_ns"),
	HIDDEN_ZERO("cost", "flush", TIME, "pool.flush_ns"),
	VALUE("cost", "add", TIME, "pool.add_ns"),
	HIDDEN_ZERO("pages", "moved", NUMBER, "vm.pages_migrated"),
	VALUE("bring-up", "all", TIME, "bring_up_ns"),
	COLUMN("", "failed", ERRNO, "pool.errno", "value"),
	HIDDEN_ZERO("pages", "lost", NUMBER, "pool.lost"),
	VARIED_TOO, BOOKS, END
};

static const struct column memory_columns[] = {
	VALUE("", "TDs", NUMBER, "td.count"),
	VALUE("per TD", "kernel", BYTES, "memory.per_td"),
	VALUE("all TDs", "kernel", BYTES, "memory.kernel"),
	VALUE("stays", "bring-up", BYTES, "memory.bring_up"),
	VALUE("stays", "pool", BYTES, "pool.bytes"),
	VALUE("stays", "of TDs", BYTES, "memory.left"),
	VALUE("grows by", "generation", BYTES, "memory.growth"),
	VALUE("pool per", "TD", BYTES, "pool.per_td"),
	VALUE("available", "memory", BYTES, "memory.available"),
	VALUE("tdxbench", "max RSS", BYTES, "tdxbench.max_rss"),
	VARIED_TOO, BOOKS, END
};

static const struct view views[] = {
	{ "throughput", "Quote throughput", throughput_columns },
	{ "preempt", "Preemption latency", preempt_columns },
	{ "pool", "Memory pool", pool_columns },
	{ "memory", "Memory of TDs and tools", memory_columns },
};

/* ---- Numbers for humans ---- */

const char *human_number(double value, char *text, size_t size)
{
	double magnitude = fabs(value);
	int decimals = magnitude >= 999.5 ? 0 : magnitude >= 99.95 ? 1 : 2;

	if (value == floor(value))
		decimals = 0;
	snprintf(text, size, "%.*f", decimals, value);
	return text;
}

struct scale {
	const char *unit;
	double factor;
};

static const struct scale times[] = { { "s", 1e9 }, { "ms", 1e6 }, { "µs", 1e3 }, { "ns", 1 }, { } };
static const struct scale sizes[] = {
	{ "GiB", 1ULL << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "bytes", 1 }, { }
};

static const struct scale *scale_for(const struct scale *scales, double value)
{
	while (scales->factor > 1 && fabs(value) < scales->factor)
		scales++;
	return scales;
}

const char *human_time(double ns, char *text, size_t size)
{
	const struct scale *scale = scale_for(times, ns);
	char number[32];

	snprintf(text, size, "%s %s", human_number(ns / scale->factor, number, sizeof(number)),
		 scale->unit);
	return text;
}

/* ---- Cells of a measurement ---- */

static void scalar_text(const json_t *value, char *text, size_t size)
{
	text[0] = '\0';
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		human_number(json_real_value(value), text, size);
	else if (value)
		snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
}

static void state_text(const json_t *point, char *text, size_t size)
{
	char slice[32];

	if (point_setting_is(point, "state", "idle"))
		snprintf(text, size, "no quotes");
	else if (point_setting_is(point, "yield", "never"))
		snprintf(text, size, "never");
	else
		snprintf(text, size, "each %s",
			 human_time(point_setting_number(point, "slice_ns"), slice,
				    sizeof(slice)));
}

/* Does the column show this parameter, be it in words of its own? */
static bool shows(const struct column *column, const char *name)
{
	switch (column->kind) {
	case PARAM:
		return !strcmp(name, column->name);
	case POLICY:
		return !strcmp(name, policy_preset_param.name) || param_find(policy_params, name);
	case STATE:
		return !strcmp(name, "state") || !strcmp(name, "slice_ns") || !strcmp(name, "yield");
	case NUMBER:
		return !strcmp(name, "tds") && !strcmp(column->name, "td.count");
	default:
		return false;
	}
}

static bool is_shown(const struct column *columns, const char *name, size_t len)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%.*s", (int)len, name);
	for (; columns->head; columns++)
		if (shows(columns, copy))
			return true;
	return false;
}

/* "section/guests=4/quote_size=1024": all that no column shows, "quote_size=1024". */
static void varied_text(const struct column *columns, const json_t *point, char *text, size_t size)
{
	const char *part = strchr(json_get_text(point, "id"), '/');
	size_t used = 0, len;

	for (; part && used < size; part = strchr(part, '/')) {
		part++;
		len = strcspn(part, "/");
		if (!is_shown(columns, part, strcspn(part, "=/")))
			used += (size_t)snprintf(text + used, size - used, "%s%.*s",
						 used ? " " : "", (int)len, part);
	}
}

static void verdict(const json_t *point, struct cell *cell)
{
	json_int_t lost = json_integer_value(json_object_get(point, "lost_events"));
	const json_t *books = json_object_get(point, "books");
	bool closed = json_is_true(json_object_get(books, "closed"));
	bool checked = json_array_size(json_object_get(books, "checks"));

	cell->style = closed && !lost ? CELL_GOOD : CELL_BAD;
	if (lost)
		snprintf(cell->text, sizeof(cell->text), "lost %lld", (long long)lost);
	else
		snprintf(cell->text, sizeof(cell->text), "%s", !closed ? "OPEN" : checked ? "ok" : "");
}

static bool share(const json_t *point, const char *part, double *value)
{
	double total;

	if (!point_stat(point, part, "sum", value) ||
	    !point_stat(point, "quote.total", "sum", &total) || !total)
		return false;
	*value *= 100 / total;
	return true;
}

static const char *errno_text(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown";
}

/* NAN where the point has no such number. */
static double cell_number(const json_t *point, const struct column *column)
{
	double value;

	if (column->open_loop && !point_setting_is(point, "load", "open"))
		return NAN;
	switch (column->kind) {
	case NUMBER:
	case TIME:
	case BYTES:
	case ERRNO:
		return point_stat(point, column->name, column->stat, &value) ? value : NAN;
	case SHARE:
		return share(point, column->name, &value) ? value : NAN;
	case PARAM:
		return json_is_number(point_setting(point, column->name)) ?
			json_number_value(point_setting(point, column->name)) : NAN;
	default:
		return NAN;
	}
}

static bool has_scale(const struct column *column)
{
	return column->kind == TIME || column->kind == BYTES;
}

/*
 * The unit for all columns of @column's group: the one that suits the middle,
 * on a logarithmic axis, between the smallest and the largest number.
 */
static const struct scale *group_scale(const json_t *const *points, size_t count,
				       const struct column *columns, const struct column *column)
{
	double min = INFINITY, max = 0, value;

	for (; columns->head; columns++) {
		if (strcmp(columns->group, column->group) || columns->kind != column->kind)
			continue;
		for (size_t i = 0; i < count; i++) {
			value = cell_number(points[i], columns);
			if (value > 0) {
				min = fmin(min, value);
				max = fmax(max, value);
			}
		}
	}
	return scale_for(column->kind == TIME ? times : sizes, max ? sqrt(min * max) : 1);
}

static void fill_cell(struct cell *cell, const json_t *point, const struct column *columns,
		      const struct column *column, double factor)
{
	double number = cell_number(point, column);

	cell->style = CELL_NUMBER;
	if (column->open_loop && isnan(number))
		return;
	switch (column->kind) {
	case STATE:
		cell->style = CELL_TEXT;
		state_text(point, cell->text, sizeof(cell->text));
		break;
	case PARAM:
		scalar_text(point_setting(point, column->name), cell->text, sizeof(cell->text));
		if (!json_is_number(point_setting(point, column->name)))
			cell->style = CELL_TEXT;
		break;
	case VARIED:
		cell->style = CELL_TEXT;
		varied_text(columns, point, cell->text, sizeof(cell->text));
		break;
	case POLICY:
		cell->style = CELL_TEXT;
		point_policy(point, cell->text, sizeof(cell->text));
		break;
	case ERRNO:
		if (number > 0) {
			cell->style = CELL_BAD;
			snprintf(cell->text, sizeof(cell->text), "%s", errno_text((int)number));
		}
		break;
	case VERDICT:
		verdict(point, cell);
		break;
	case SHARE:
		if (!isnan(number))
			snprintf(cell->text, sizeof(cell->text), "%.*f", number < 99.95, number);
		break;
	default:
		if (!isnan(number))
			human_number(number / factor, cell->text, sizeof(cell->text));
		if (!strcmp(column->head, "errs") && number > 0)
			cell->style = CELL_BAD;
	}
}

static bool column_visible(const json_t *const *points, size_t count,
			   const struct column *columns, const struct column *column)
{
	struct cell cell;

	for (size_t i = 0; i < count; i++) {
		cell = (struct cell){ };
		fill_cell(&cell, points[i], columns, column, 1);
		if (cell.text[0] && !(column->hide_zero && !strcmp(cell.text, "0")))
			return true;
	}
	return false;
}

static void *must_calloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory) {
		fprintf(stderr, "tdxbench: no memory for a table\n");
		exit(1);
	}
	return memory;
}

static struct grid *grid_new(const char *title, size_t columns, size_t rows)
{
	struct grid *grid = must_calloc(1, sizeof(*grid));

	snprintf(grid->title, sizeof(grid->title), "%s", title);
	grid->columns = columns;
	grid->rows = rows;
	grid->column = must_calloc(columns, sizeof(*grid->column));
	grid->cell = must_calloc(columns * rows, sizeof(*grid->cell));
	return grid;
}

void grid_free(struct grid *grid)
{
	free(grid->column);
	free(grid->cell);
	free(grid);
}

static void name_column(struct grid_column *to, const struct column *from, const char *unit)
{
	snprintf(to->group, sizeof(to->group), "%s%s%s", from->group, unit ? ", " : "",
		 unit ? unit : "");
	snprintf(to->head, sizeof(to->head), "%s", from->head);
}

static void fill_column(struct grid *grid, size_t at, const json_t *const *points,
			const struct column *columns, const struct column *column)
{
	const struct scale *scale = NULL;

	if (has_scale(column))
		scale = group_scale(points, grid->rows, columns, column);
	name_column(&grid->column[at], column, scale ? scale->unit : NULL);
	for (size_t row = 0; row < grid->rows; row++) {
		struct cell *cell = &grid->cell[row * grid->columns + at];

		fill_cell(cell, points[row], columns, column, scale ? scale->factor : 1);
		grid->column[at].numeric |= cell->style == CELL_NUMBER;
	}
}

static struct grid *view_grid(const struct view *view, const json_t *const *points, size_t count)
{
	const struct column *visible[32], *column;
	size_t columns = 0;
	struct grid *grid;

	for (column = view->columns; column->head; column++)
		if (column_visible(points, count, view->columns, column))
			visible[columns++] = column;
	grid = grid_new(view->title, columns, count);
	for (size_t i = 0; i < columns; i++)
		fill_column(grid, i, points, view->columns, visible[i]);
	return grid;
}

/* ---- The general grid: one row per metric ---- */

static const char *const general_heads[] = {
	"point", "metric", "unit", "value", "count", "mean", "p50", "p90", "p99", "p99.9", "max",
};
#define GENERAL_COLUMNS	(sizeof(general_heads) / sizeof(*general_heads))

static const struct scale *metric_scale(const json_t *metric)
{
	static const struct scale none[] = { { "", 1 }, { } };
	const char *unit = json_get_text(metric, "unit");
	double value = 1;

	if (!metric_stat(metric, "value", &value))
		metric_stat(metric, "p50", &value);
	if (!strcmp(unit, "ns"))
		return scale_for(times, value);
	return strcmp(unit, "bytes") ? none : scale_for(sizes, value);
}

static void general_cell(struct cell *cell, const json_t *point, const json_t *metric,
			 const char *head)
{
	const struct scale *scale = metric_scale(metric);
	double value;

	if (!strcmp(head, "point")) {
		snprintf(cell->text, sizeof(cell->text), "%s", json_get_text(point, "id"));
	} else if (!strcmp(head, "metric")) {
		snprintf(cell->text, sizeof(cell->text), "%s", json_get_text(metric, "name"));
	} else if (!strcmp(head, "unit")) {
		snprintf(cell->text, sizeof(cell->text), "%s",
			 *scale->unit ? scale->unit : json_get_text(metric, "unit"));
	} else {
		cell->style = CELL_NUMBER;
		if (metric_stat(metric, head, &value))
			human_number(strcmp(head, "count") ? value / scale->factor : value,
				     cell->text, sizeof(cell->text));
	}
}

static bool column_empty(const struct grid *grid, size_t column)
{
	for (size_t row = 0; row < grid->rows; row++)
		if (grid_cell(grid, row, column)->text[0])
			return false;
	return true;
}

static void drop_column(struct grid *grid, size_t drop)
{
	struct cell *to = grid->cell;

	for (size_t i = 0; i < grid->rows * grid->columns; i++)
		if (i % grid->columns != drop)
			*to++ = grid->cell[i];
	memmove(grid->column + drop, grid->column + drop + 1,
		(grid->columns - drop - 1) * sizeof(*grid->column));
	grid->columns--;
}

static struct grid *general_grid(const char *title, const json_t *const *points, size_t count)
{
	struct grid *grid;
	size_t rows = 0, row = 0, j;
	json_t *metric;

	for (size_t i = 0; i < count; i++)
		rows += json_array_size(json_object_get(points[i], "metrics"));
	grid = grid_new(title, GENERAL_COLUMNS, rows);
	for (size_t c = 0; c < GENERAL_COLUMNS; c++) {
		snprintf(grid->column[c].head, sizeof(grid->column[c].head), "%s", general_heads[c]);
		grid->column[c].numeric = c > 2;
	}
	for (size_t i = 0; i < count; i++) {
		json_array_foreach(json_object_get(points[i], "metrics"), j, metric) {
			for (size_t c = 0; c < GENERAL_COLUMNS; c++)
				general_cell(&grid->cell[row * GENERAL_COLUMNS + c], points[i],
					     metric, general_heads[c]);
			row++;
		}
	}
	for (size_t c = grid->columns; c-- > 0;)
		if (column_empty(grid, c) || (!c && count == 1))
			drop_column(grid, c);
	return grid;
}

struct grid *grid_point(const json_t *point)
{
	return general_grid(json_get_text(point, "id"), &point, 1);
}

/* ---- By measurement ---- */

struct grid *grid_measurement(const json_t *result, const char *measurement)
{
	const json_t *all = json_object_get(result, "points"), **points;
	struct grid *grid = NULL;
	size_t count = 0, i;
	json_t *point;

	points = must_calloc(json_array_size(all), sizeof(*points));
	json_array_foreach(all, i, point)
		if (!strcmp(json_get_text(point, "measurement"), measurement))
			points[count++] = point;
	for (i = 0; i < sizeof(views) / sizeof(*views) && !grid; i++)
		if (!strcmp(views[i].measurement, measurement))
			grid = view_grid(&views[i], points, count);
	if (!grid)
		grid = general_grid(!strcmp(measurement, "probe") ?
				    "Cost of observing, per iteration of the resume loop" :
				    measurement, points, count);
	free(points);
	return grid;
}

void each_measurement(const json_t *result,
		      void (*visit)(const json_t *result, const char *measurement, void *arg),
		      void *arg)
{
	json_t *seen = json_object(), *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point) {
		const char *measurement = json_get_text(point, "measurement");

		if (json_object_get(seen, measurement))
			continue;
		json_object_set_new(seen, measurement, json_true());
		visit(result, measurement, arg);
	}
	json_decref(seen);
}
