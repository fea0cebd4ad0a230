// SPDX-License-Identifier: GPL-2.0
/*
 * Views: points of a result as grids of readable cells.
 *
 * A grid is filled in two passes, first numbers, then text, because columns of
 * one group share one unit, chosen to suit all of them.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/param.h"
#include "result/result.h"
#include "result/view.h"

enum kind {
	PARAM,		/* @name of params, policy or profile as it stands */
	MIB,		/* the same, a number of 4 KiB pages */
	POLICY,		/* preset, and what differs from it */
	STATE,		/* preempt: idle, slice, never */
	PACE,		/* @name of params, a rate; 0 is as fast as it goes */
	NUMBER,		/* @stat of @name */
	HARM,		/* the same, and anything but 0 is bad */
	TIME,		/* the same, ns */
	SPAN,		/* the same, each in a unit of its own: they are decades apart */
	BYTES,		/* the same, bytes */
	ERRNO,		/* the same, by its name; 0 is nothing */
	SHARE,		/* sum of @name as a share of quote.total, % */
	SECTION,	/* of the suite, where nothing else tells points apart */
	VARIED,		/* what else a point's id says to tell it from its neighbours */
	VERDICT,	/* ok, or what is wrong with the point */
};

struct column {
	const char *group, *head;
	enum kind kind;
	const char *name, *stat;
	const char *dull;	/* also hidden when all say this; empty columns always are */
	bool open_loop;		/* means nothing in a closed loop: left empty there */
};

/*
 * @shows: which points of the measurement, NULL: all.
 * @order: metric whose least value comes first, NULL: as measured.
 */
struct view {
	const char *measurement, *title;
	const struct column *columns;
	bool (*shows)(const struct point_list *all, const json_t *point);
	const char *order;
};

/**
 * struct rows - the rows of a grid and what their columns could be
 * @letters: of the result that each is from, as in struct point_list
 */
struct rows {
	const json_t **points;
	char *letters;
	size_t count;
	const struct column *columns;
	bool look_alike;	/* two of them, if nobody says what section they are from */
};

#define COLUMN(group_, head_, kind_, name_, stat_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = stat_ }
#define SETTING(name)		COLUMN("", name, PARAM, name, NULL)
#define UNLESS(usual, head_, name_) \
	{ .group = "", .head = head_, .kind = PARAM, .name = name_, .dull = usual }
#define VALUE(group, head, kind, name)	COLUMN(group, head, kind, name, "value")
#define SPANS(group, stat, name)	COLUMN(group, stat, SPAN, name, stat)
#define POLICY_TOO		COLUMN("", "policy", POLICY, NULL, NULL)
#define LATENCY(stat)		COLUMN("latency", stat, TIME, "latency.actual", stat)
#define PART(head, name)	COLUMN("share of quote, %", head, SHARE, name, NULL)
#define IN_SEAM(stat)		COLUMN("their lateness", stat, TIME, "timer.lateness_seam", stat)
#define SECTION_TOO		COLUMN("", "section", SECTION, NULL, NULL)
#define VARIED_TOO		COLUMN("", "varied", VARIED, NULL, NULL)
#define BOOKS			COLUMN("", "books", VERDICT, NULL, NULL)
#define HIDDEN_ZERO(group_, head_, kind_, name_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = "value", \
	  .dull = "0" }
#define ERRORS			HIDDEN_ZERO("", "errs", HARM, "quote.errors")
#define OPEN_LOOP(group_, head_, kind_, name_, stat_) \
	{ .group = group_, .head = head_, .kind = kind_, .name = name_, .stat = stat_, \
	  .open_loop = true }
#define END			{ .head = NULL }

static const struct column throughput_columns[] = {
	POLICY_TOO,
	SETTING("guests"),
	UNLESS("1", "hog", "hog"),
	SECTION_TOO, VARIED_TOO,
	OPEN_LOOP("", "offered/s", PARAM, "rate", NULL),
	VALUE("", "quotes/s", NUMBER, "quote.rate"),
	LATENCY("p50"), LATENCY("p90"), LATENCY("p99"), LATENCY("p99.9"), LATENCY("max"),
	OPEN_LOOP("as intended", "p99", TIME, "latency.intended", "p99"),
	PART("wait", "quote.wait"), PART("SEAM", "quote.seam"),
	PART("gap", "quote.gap"), PART("other", "quote.other"),
	ERRORS,
	BOOKS, END
};

static const struct column fairness_columns[] = {
	POLICY_TOO,
	SETTING("guests"),
	SETTING("hog"),
	SECTION_TOO, VARIED_TOO,
	VALUE("p99", "worst guest", TIME, "td.p99_worst"),
	VALUE("p99", "median guest", TIME, "td.p99_median"),
	VALUE("", "worst/median", NUMBER, "td.p99_ratio"),
	VALUE("p99 of", "hog", TIME, "hog.p99"),
	VALUE("p99 of", "worst other", TIME, "others.p99_worst"),
	VALUE("", "quotes/s", NUMBER, "quote.rate"),
	HIDDEN_ZERO("", "retries", NUMBER, "quote.retries"),
	ERRORS,
	BOOKS, END
};

static const struct column update_columns[] = {
	POLICY_TOO,
	SETTING("yield_if"),
	SECTION_TOO, VARIED_TOO,
	HIDDEN_ZERO("updates", "failed", NUMBER, "update.failed"),
	VALUE("longest", "stall", SPAN, "update.stall_ns"),
	VALUE("longest", "drain", SPAN, "update.drain_ns"),
	VALUE("longest", "total", SPAN, "update.total_ns"),
	VALUE("quotes", "good", NUMBER, "quote.count"),
	VALUE("quotes", "retries", NUMBER, "quote.retries"),
	HIDDEN_ZERO("quotes", "fell back", NUMBER, "quote.fell_back"),
	VALUE("quotes", "lost", HARM, "quote.lost"),
	VALUE("quotes", "wrong", HARM, "quote.wrong"),
	VALUE("quotes", "stale", HARM, "quote.stale"),
	BOOKS, END
};

static const struct column kill_columns[] = {
	POLICY_TOO,
	SETTING("waiting"),
	SECTION_TOO, VARIED_TOO,
	SPANS("killed while waiting", "p50", "kill.waiting"),
	SPANS("killed while waiting", "p99", "kill.waiting"),
	SPANS("killed while waiting", "max", "kill.waiting"),
	COLUMN("p50 while", "calling", SPAN, "kill.calling", "p50"),
	COLUMN("p50 while", "asleep", SPAN, "kill.asleep", "p50"),
	VALUE("", "in vain", NUMBER, "kill.in_vain"),
	BOOKS, END
};

static const struct column preempt_columns[] = {
	COLUMN("", "yields", STATE, NULL, NULL),
	SECTION_TOO, VARIED_TOO,
	COLUMN("stay in SEAM", "p50", TIME, "seamcall.duration", "p50"),
	COLUMN("stay in SEAM", "max", TIME, "seamcall.duration", "max"),
	COLUMN("timers", "in SEAM", NUMBER, "timer.lateness_seam", "count"),
	IN_SEAM("p50"), IN_SEAM("p99"), IN_SEAM("p99.9"), IN_SEAM("max"),
	COLUMN("all timers", "p99", TIME, "timer.lateness", "p99"),
	COLUMN("victim p99.9", "wake-up", TIME, "victim.wakeup", "p99.9"),
	COLUMN("victim p99.9", "latency", TIME, "victim.latency", "p99.9"),
	BOOKS, END
};

static const struct column pool_columns[] = {
	SETTING("memory"),
	COLUMN("", "alloc", PARAM, "pool_alloc", NULL),
	UNLESS("none", "flush", "pool_flush"),
	COLUMN("pool", "MiB", MIB, "pool_pages", NULL),
	SECTION_TOO, VARIED_TOO,
	VALUE("chunks", "count", NUMBER, "pool.chunks"),
	VALUE("chunks", "min", NUMBER, "pool.chunk_min"),
	VALUE("chunks", "max", NUMBER, "pool.chunk_max"),
	VALUE("cost", "alloc", TIME, "pool.alloc_ns"),
	HIDDEN_ZERO("cost", "flush", TIME, "pool.flush_ns"),
	VALUE("cost", "add", TIME, "pool.add_ns"),
	HIDDEN_ZERO("pages", "moved", NUMBER, "vm.pages_migrated"),
	VALUE("bring-up", "all", TIME, "bring_up_ns"),
	COLUMN("failed", "pool", ERRNO, "pool.errno", "value"),
	COLUMN("failed", "bring-up", ERRNO, "bring_up.errno", "value"),
	HIDDEN_ZERO("pages", "lost", HARM, "pool.lost"),
	BOOKS, END
};

static const struct column price_columns[] = {
	SETTING("observer"),
	SETTING("attached"),
	SETTING("events"),
	UNLESS("1", "cpu", "cpu"),
	SECTION_TOO, VARIED_TOO,
	VALUE("", "cost", NUMBER, "price.cost"),
	VALUE("", "x ours", NUMBER, "price.times_ours"),
	BOOKS, END
};

static const struct column loss_columns[] = {
	SETTING("observer"),
	UNLESS("exit", "events", "events"),
	COLUMN("iterations/s", "offered", PACE, "rate", NULL),
	SECTION_TOO, VARIED_TOO,
	VALUE("iterations/s", "made", NUMBER, "loss.rate"),
	VALUE("events", "fired", NUMBER, "loss.events"),
	VALUE("events", "seen", NUMBER, "loss.seen"),
	VALUE("events", "lost", NUMBER, "loss.missing"),
	VALUE("events", "%", NUMBER, "loss.share"),
	HIDDEN_ZERO("events", "not said", NUMBER, "loss.unsaid"),
	BOOKS, END
};

static const struct column memory_columns[] = {
	VALUE("", "TDs", NUMBER, "td.count"),
	SECTION_TOO, VARIED_TOO,
	VALUE("per TD", "kernel", BYTES, "memory.per_td"),
	VALUE("all TDs", "kernel", BYTES, "memory.kernel"),
	VALUE("stays", "bring-up", BYTES, "memory.bring_up"),
	VALUE("stays", "pool", BYTES, "pool.bytes"),
	VALUE("stays", "of TDs", BYTES, "memory.left"),
	VALUE("grows by", "generation", BYTES, "memory.growth"),
	VALUE("pool per", "TD", BYTES, "pool.per_td"),
	VALUE("available", "memory", BYTES, "memory.available"),
	VALUE("tdxbench", "max RSS", BYTES, "tdxbench.max_rss"),
	BOOKS, END
};

static const struct column host_columns[] = {
	VALUE("", "TDs", NUMBER, "td.count"),
	VALUE("", "quotes", NUMBER, "quote.count"),
	VALUE("", "quotes/s", NUMBER, "quote.rate"),
	HIDDEN_ZERO("", "failed", HARM, "quote.failed"),
	COLUMN("quote", "p50", TIME, "quote.total", "p50"),
	COLUMN("quote", "p99", TIME, "quote.total", "p99"),
	COLUMN("quote", "max", TIME, "quote.total", "max"),
	PART("wait", "quote.wait"), PART("SEAM", "quote.seam"),
	PART("gap", "quote.gap"), PART("other", "quote.other"),
	COLUMN("stay in SEAM", "p50", TIME, "seamcall.duration", "p50"),
	COLUMN("stay in SEAM", "max", TIME, "seamcall.duration", "max"),
	COLUMN("timers late", "p99", TIME, "timer.lateness_seam", "p99"),
	HIDDEN_ZERO("", "updates", NUMBER, "update.count"),
	BOOKS, END
};

/* ---- Which points stand side by side ---- */

bool point_has_hog(const json_t *point)
{
	return point_measures(point, "throughput") && point_setting_number(point, "hog") > 1;
}

/* How long one looked may differ, what one looked at must not. */
static bool may_differ(const char *param, const char *but)
{
	return !strcmp(param, "quotes") || (but && !strcmp(param, but));
}

bool points_alike(const json_t *a, const json_t *b, const char *but)
{
	const char *name;
	json_t *value;

	if (!point_measures(a, json_get_text(b, "measurement")) ||
	    !json_equal(json_object_get(a, "profile"), json_object_get(b, "profile")))
		return false;
	json_object_foreach(json_object_get(a, "params"), name, value)
		if (!may_differ(name, but) &&
		    !json_equal(value, json_object_get(json_object_get(b, "params"), name)))
			return false;
	return true;
}

static bool has_no_hog(const struct point_list *all, const json_t *point)
{
	(void)all;
	return !point_has_hog(point);
}

/* A hog, or what it is without one. */
static bool is_about_fairness(const struct point_list *all, const json_t *point)
{
	const json_t *policy = json_object_get(point, "policy");

	for (size_t i = 0; i < all->count; i++) {
		const json_t *hog = all->point[i];

		if (point_has_hog(hog) && points_alike(hog, point, "hog") &&
		    json_equal(json_object_get(hog, "policy"), policy))
			return true;
	}
	return false;
}

static const struct view views[] = {
	{ "throughput", "Quote throughput", throughput_columns, has_no_hog, NULL },
	{ "throughput", "Fairness: one guest with many requests under way", fairness_columns,
	  is_about_fairness, NULL },
	{ "update", "Updates of the module under a storm of guests", update_columns, NULL, NULL },
	{ "kill", "From SIGKILL to the end of the process", kill_columns, NULL, NULL },
	{ "preempt", "Preemption latency", preempt_columns, NULL, NULL },
	{ "pool", "Memory pool", pool_columns, NULL, NULL },
	{ "price", "Price of looking, per iteration: ns; under the virtual clock, instructions",
	  price_columns, NULL, "price.cost" },
	{ "loss", "Events lost at rising rates", loss_columns, NULL, NULL },
	{ "memory", "Memory of TDs and tools", memory_columns, NULL, NULL },
	{ "host", "Quotes that the guests of this host asked for", host_columns, NULL, NULL },
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

/* Of a metric's unit: those that are neither times nor sizes stay as they are. */
static const struct scale *unit_scale(const char *unit, double value)
{
	static const struct scale none[] = { { "", 1 }, { } };

	if (!strcmp(unit, "ns"))
		return scale_for(times, value);
	return strcmp(unit, "bytes") ? none : scale_for(sizes, value);
}

const char *human_unit(const char *unit, double value, double *factor)
{
	const struct scale *scale = unit_scale(unit, value);

	*factor = scale->factor;
	return *scale->unit ? scale->unit : unit;
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

void human_scalar(const json_t *value, char *text, size_t size)
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
	case MIB:
	case PACE:
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

static bool any_shows(const void *columns, const char *name)
{
	for (const struct column *column = columns; column->head; column++)
		if (shows(column, name))
			return true;
	return false;
}

void point_varied(const json_t *point, bool (*told)(const void *arg, const char *name),
		  const void *arg, char *text, size_t size)
{
	const char *part = strchr(json_get_text(point, "id"), '/');
	size_t used = 0, len;
	char name[64];

	text[0] = '\0';
	for (; part && used < size; part = strchr(part, '/')) {
		part++;
		len = strcspn(part, "/");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(part, "=/"), part);
		if (!told(arg, name))
			used += (size_t)snprintf(text + used, size - used, "%s%.*s",
						 used ? " " : "", (int)len, part);
	}
}

void point_verdict(const json_t *point, struct cell *cell)
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
	case HARM:
	case TIME:
	case SPAN:
	case BYTES:
	case ERRNO:
		return point_stat(point, column->name, column->stat, &value) ? value : NAN;
	case SHARE:
		return share(point, column->name, &value) ? value : NAN;
	case PARAM:
	case MIB:
		return json_is_number(point_setting(point, column->name)) ?
			point_setting_number(point, column->name) : NAN;
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
static const struct scale *group_scale(const struct rows *rows, const struct column *column)
{
	double min = INFINITY, max = 0, value;

	for (const struct column *other = rows->columns; other->head; other++) {
		if (strcmp(other->group, column->group) || other->kind != column->kind)
			continue;
		for (size_t i = 0; i < rows->count; i++) {
			value = cell_number(rows->points[i], other);
			if (value > 0) {
				min = fmin(min, value);
				max = fmax(max, value);
			}
		}
	}
	return scale_for(column->kind == TIME ? times : sizes, max ? sqrt(min * max) : 1);
}

static void number_cell(struct cell *cell, double number, const struct column *column,
			double factor)
{
	cell->style = column->kind == HARM && number > 0 ? CELL_BAD : CELL_NUMBER;
	if (isnan(number))
		return;
	if (column->kind == SPAN && number)
		human_time(number, cell->text, sizeof(cell->text));
	else
		human_number(number / factor, cell->text, sizeof(cell->text));
}

static void fill_cell(struct cell *cell, const struct rows *rows, const json_t *point,
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
		human_scalar(point_setting(point, column->name), cell->text, sizeof(cell->text));
		if (!json_is_number(point_setting(point, column->name)))
			cell->style = CELL_TEXT;
		break;
	case PACE:
		human_scalar(point_setting(point, column->name), cell->text, sizeof(cell->text));
		if (!strcmp(cell->text, "0"))
			snprintf(cell->text, sizeof(cell->text), "all it can");
		break;
	case MIB:
		number_cell(cell, number, column, 256);
		break;
	case VARIED:
		cell->style = CELL_TEXT;
		point_varied(point, any_shows, rows->columns, cell->text, sizeof(cell->text));
		break;
	case SECTION:
		cell->style = CELL_TEXT;
		if (rows->look_alike)
			snprintf(cell->text, sizeof(cell->text), "%.60s",
				 json_get_text(point, "section"));
		break;
	case POLICY:
		cell->style = CELL_TEXT;
		point_policy(point, cell->text, sizeof(cell->text));
		break;
	case ERRNO:
		if (number > 0) {
			cell->style = CELL_BAD;
			snprintf(cell->text, sizeof(cell->text), "%s",
				 errno_text((int)fmin(number, INT_MAX)));
		}
		break;
	case VERDICT:
		point_verdict(point, cell);
		break;
	case SHARE:
		if (!isnan(number))
			snprintf(cell->text, sizeof(cell->text), "%.*f", number < 99.95, number);
		break;
	default:
		number_cell(cell, number, column, factor);
	}
}

static bool is_setting(const struct column *column)
{
	return column->kind == PARAM || column->kind == MIB || column->kind == POLICY ||
	       column->kind == STATE || column->kind == PACE || column->kind == VARIED;
}

/* All cells that say what was measured, and in which result, in one text. */
static void settings_of(const struct rows *rows, size_t row, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%c", rows->letters ? rows->letters[row] : '|');

	for (const struct column *column = rows->columns; column->head && used < size; column++) {
		struct cell cell = { };

		if (!is_setting(column))
			continue;
		fill_cell(&cell, rows, rows->points[row], column, 1);
		used += (size_t)snprintf(text + used, size - used, "%s|", cell.text);
	}
}

/* What a section sets for all of its points is in no id: rows may seem the same. */
static bool any_look_alike(const struct rows *rows)
{
	json_t *seen = json_object();
	char settings[4 * CELL_SIZE];
	bool found = false;

	for (size_t i = 0; i < rows->count && !found; i++) {
		settings_of(rows, i, settings, sizeof(settings));
		found = json_object_get(seen, settings);
		json_object_set_new(seen, settings, json_true());
	}
	json_decref(seen);
	return found;
}

static bool column_visible(const struct rows *rows, const struct column *column)
{
	struct cell cell;

	for (size_t i = 0; i < rows->count; i++) {
		cell = (struct cell){ };
		fill_cell(&cell, rows, rows->points[i], column, 1);
		if (cell.text[0] && !(column->dull && !strcmp(cell.text, column->dull)))
			return true;
	}
	return false;
}

struct grid *grid_new(const char *title, size_t columns, size_t rows)
{
	struct grid *grid = must_calloc(1, sizeof(*grid));

	snprintf(grid->title, sizeof(grid->title), "%s", title);
	grid->columns = columns;
	grid->rows = rows;
	grid->column = must_calloc(columns, sizeof(*grid->column));
	grid->cell = must_calloc(columns * rows, sizeof(*grid->cell));
	return grid;
}

struct cell *grid_add_row(struct grid *grid)
{
	size_t used = grid->rows++ * grid->columns;

	grid->cell = must(realloc(grid->cell, (used + grid->columns) * sizeof(*grid->cell)));
	return memset(&grid->cell[used], 0, grid->columns * sizeof(*grid->cell));
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

static void fill_column(struct grid *grid, size_t at, const struct rows *rows,
			const struct column *column)
{
	const struct scale *scale = NULL;

	if (has_scale(column))
		scale = group_scale(rows, column);
	name_column(&grid->column[at], column, scale ? scale->unit : NULL);
	for (size_t row = 0; row < grid->rows; row++) {
		struct cell *cell = &grid->cell[row * grid->columns + at];

		fill_cell(cell, rows, rows->points[row], column, scale ? scale->factor : 1);
		grid->column[at].numeric |= cell->style == CELL_NUMBER;
	}
}

/* In front of all others, where rows are of several results. */
static size_t letter_column(struct grid *grid, const struct rows *rows)
{
	if (!rows->letters)
		return 0;
	for (size_t row = 0; row < grid->rows; row++)
		grid->cell[row * grid->columns].text[0] = rows->letters[row];
	return 1;
}

static struct grid *view_grid(const char *title, const struct rows *rows)
{
	const struct column *visible[32], *column;
	size_t columns = 0, first;
	struct grid *grid;

	for (column = rows->columns; column->head; column++)
		if (column_visible(rows, column))
			visible[columns++] = column;
	grid = grid_new(title, columns + !!rows->letters, rows->count);
	first = letter_column(grid, rows);
	for (size_t i = 0; i < columns; i++)
		fill_column(grid, first + i, rows, visible[i]);
	return grid;
}

/* ---- The general grid: one row per metric ---- */

static const char *const general_heads[] = {
	"point", "metric", "unit", "value", "count", "mean", "p50", "p90", "p99", "p99.9", "max",
};
#define GENERAL_COLUMNS	(sizeof(general_heads) / sizeof(*general_heads))

static const struct scale *metric_scale(const json_t *metric)
{
	double value = 1;

	if (!metric_stat(metric, "value", &value))
		metric_stat(metric, "p50", &value);
	return unit_scale(json_get_text(metric, "unit"), value);
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

static struct grid *general_grid(const char *title, const json_t **points, size_t count)
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

/* ---- All grids ---- */

static const char *general_title(const char *measurement)
{
	return strcmp(measurement, "probe") ? measurement :
	       "Cost of observing, per iteration of the resume loop";
}

static const struct view *first_view(const char *measurement)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++)
		if (!strcmp(views[i].measurement, measurement))
			return &views[i];
	return NULL;
}

bool point_has_view(const json_t *point)
{
	return first_view(json_get_text(point, "measurement"));
}

static bool comes_before(const json_t *a, const json_t *b, const char *metric)
{
	double x, y;

	return point_stat(a, metric, "value", &x) && point_stat(b, metric, "value", &y) && x < y;
}

/* Those that tell no order stay where they are. */
static void sort_rows(struct rows *rows, const char *metric)
{
	for (size_t i = 1; i < rows->count; i++) {
		for (size_t j = i; j && comes_before(rows->points[j], rows->points[j - 1], metric); j--) {
			const json_t *point = rows->points[j];

			rows->points[j] = rows->points[j - 1];
			rows->points[j - 1] = point;
			if (rows->letters) {
				char letter = rows->letters[j];

				rows->letters[j] = rows->letters[j - 1];
				rows->letters[j - 1] = letter;
			}
		}
	}
}

static void take_rows(struct rows *rows, const struct point_list *all, const char *measurement,
		      const struct view *view)
{
	rows->count = 0;
	rows->columns = view ? view->columns : NULL;
	for (size_t i = 0; i < all->count; i++) {
		if (!point_measures(all->point[i], measurement) ||
		    (view && view->shows && !view->shows(all, all->point[i])))
			continue;
		if (rows->letters)
			rows->letters[rows->count] = all->letter[i];
		rows->points[rows->count++] = all->point[i];
	}
	if (view && view->order)
		sort_rows(rows, view->order);
	rows->look_alike = view && any_look_alike(rows);
}

static void visit_grid(struct grid *grid, grid_visitor *visit, void *arg)
{
	visit(grid, arg);
	grid_free(grid);
}

static void each_view(struct rows *rows, const struct point_list *all, const char *measurement,
		      grid_visitor *visit, void *arg)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		if (strcmp(views[i].measurement, measurement))
			continue;
		take_rows(rows, all, measurement, &views[i]);
		if (rows->count)
			visit_grid(view_grid(views[i].title, rows), visit, arg);
	}
	if (!first_view(measurement) && !all->letter) {
		take_rows(rows, all, measurement, NULL);
		visit_grid(general_grid(general_title(measurement), rows->points, rows->count),
			   visit, arg);
	}
}

void each_grid_of(const struct point_list *all, grid_visitor *visit, void *arg)
{
	struct rows rows = {
		.points = must_calloc(all->count, sizeof(*rows.points)),
		.letters = all->letter ? must_calloc(all->count, 1) : NULL,
	};
	json_t *seen = json_object();

	for (size_t i = 0; i < all->count; i++) {
		const char *measurement = json_get_text(all->point[i], "measurement");

		if (json_object_get(seen, measurement))
			continue;
		json_object_set_new(seen, measurement, json_true());
		each_view(&rows, all, measurement, visit, arg);
	}
	json_decref(seen);
	free(rows.letters);
	free(rows.points);
}

void each_grid(const json_t *result, grid_visitor *visit, void *arg)
{
	const json_t *points = json_object_get(result, "points");
	struct point_list all = { .count = json_array_size(points) };

	all.point = must_calloc(all.count, sizeof(*all.point));
	for (size_t i = 0; i < all.count; i++)
		all.point[i] = json_array_get(points, i);
	each_grid_of(&all, visit, arg);
	free(all.point);
}
