// SPDX-License-Identifier: GPL-2.0
/*
 * Several results side by side: what is matched with what, and the grids of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/alike.h"
#include "result/result.h"
#include "report/side.h"

typedef void teller(const char *line, void *arg);

int side_load(struct side *side, char *const *paths, size_t count, side_loader *load)
{
	char error[RESULT_ERROR];

	*side = (struct side){ };
	for (size_t i = 0; i < count; i++) {
		side->path[i] = paths[i];
		side->result[i] = load(paths[i], error);
		if (!side->result[i]) {
			fprintf(stderr, "tdxbench: %s\n", error);
			side_free(side);
			return -1;
		}
		side->count++;
	}
	return 0;
}

void side_free(struct side *side)
{
	for (size_t i = 0; i < side->count; i++)
		json_decref(side->result[i]);
	side->count = 0;
}

static char letter(size_t result)
{
	return (char)('A' + result);
}

static const json_t *environment(const struct side *side, size_t result)
{
	return json_object_get(side->result[result], "environment");
}

/* ---- Matching ---- */

/* The keys of all, in order of first appearance. */
static void add_keys(json_t *keys, const json_t *list, const char *member)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		json_object_set_new(keys, json_get_text(item, member), json_true());
}

static json_t *point_ids(const struct side *side)
{
	json_t *ids = json_object();

	for (size_t i = 0; i < side->count; i++)
		add_keys(ids, json_object_get(side->result[i], "points"), "id");
	return ids;
}

/**
 * struct match - one point in every result
 * @point: NULL where a result has no such point
 */
struct match {
	const char *id;
	const json_t *point[SIDE_MAX];
};

static struct match match_point(const struct side *side, const char *id)
{
	struct match match = { .id = id };

	for (size_t i = 0; i < side->count; i++)
		match.point[i] = result_point(side->result[i], id);
	return match;
}

static json_t *metric_names(const struct side *side, const struct match *match)
{
	json_t *names = json_object();

	for (size_t i = 0; i < side->count; i++)
		add_keys(names, json_object_get(match->point[i], "metrics"), "name");
	return names;
}

/* ---- Columns ---- */

/* Name, unit, a column per result; of two also how the second is to the first. */
static struct grid *new_grid(const struct side *side, const char *title, const char *first,
			     bool numbers)
{
	size_t before = numbers ? 2 : 1, ratio = numbers && side->count == 2;
	struct grid *grid = grid_new(title, before + side->count + ratio, 0);
	struct grid_column *column = grid->column + before;

	snprintf(grid->column[0].head, sizeof(grid->column[0].head), "%s", first);
	if (numbers)
		snprintf(grid->column[1].head, sizeof(grid->column[1].head), "unit");
	for (size_t i = 0; i < side->count; i++, column++) {
		const json_t *env = environment(side, i);

		column->numeric = numbers;
		snprintf(column->group, sizeof(column->group), "%.46s", json_get_text(env, "kernel"));
		snprintf(column->head, sizeof(column->head), "%c %.10s%s%.10s", letter(i),
			 json_get_text(env, "target"), *json_get_text(env, "target") ? "/" : "",
			 json_get_text(env, "clock"));
	}
	if (ratio) {
		column->numeric = true;
		snprintf(column->head, sizeof(column->head), "B/A");
	}
	return grid;
}

static struct cell *new_row(struct grid *grid, const char *name)
{
	struct cell *row = grid_add_row(grid);

	snprintf(row->text, sizeof(row->text), "%s", name);
	return row;
}

/* Where a number would stand. */
static void put_mark(struct cell *cell, char mark)
{
	cell->text[0] = mark;
	cell->text[1] = '\0';
}

static void put_value(struct cell *cell, const json_t *value)
{
	if (value)
		human_scalar(value, cell->text, sizeof(cell->text));
	else
		put_mark(cell, '-');
}

/* ---- Legend ---- */

/**
 * struct fact_row - a row of the legend
 * @always:  shown even where it is the same for all
 * @matters: figures of results that differ in it are not comparable as such
 */
struct fact_row {
	const char *key, *name;
	bool always, matters;
};

/* What one measures on. Kernel, commit and where the path is are what one compares. */
static const struct fact_row fact_rows[] = {
	{ "kernel", "kernel", true, false },
	{ "path", "quoting path in", false, false },
	{ "target", "target", false, true },
	{ "clock", "clock", true, true },
	{ "module.kind", "TDX module", true, true },
	{ "accel", "accelerator", false, true },
	{ "cpus", "CPUs", true, true },
	{ "memory_mib", "memory, MiB", false, true },
	{ "cpu_model", "CPU model", false, true },
	{ "clocksource", "clocksource", false, true },
	{ "preemption", "preemption", false, true },
	{ "heap_init", "memory zeroed when allocated", false, true },
	{ "qemu", "QEMU", false, true },
	{ "compiler", "compiler", false, false },
	{ "tdxbench", "commit", true, false },
	{ }
};

static bool same_fact(const struct fact_row *row, const json_t *a, const json_t *b)
{
	if (!strcmp(row->key, "memory_mib") && a && b)
		return memory_alike(a, b);
	return a == b || (a && b && json_equal(a, b));
}

static bool all_same(const struct side *side, const struct fact_row *row)
{
	for (size_t i = 1; i < side->count; i++)
		if (!same_fact(row, json_get_fact(environment(side, 0), row->key),
			       json_get_fact(environment(side, i), row->key)))
			return false;
	return true;
}

static void legend_facts(struct grid *grid, const struct side *side)
{
	for (const struct fact_row *row = fact_rows; row->key; row++) {
		bool differs = !all_same(side, row);
		struct cell *cells;

		if (!row->always && !differs)
			continue;
		cells = new_row(grid, row->name) + 1;
		for (size_t i = 0; i < side->count; i++) {
			put_value(&cells[i], json_get_fact(environment(side, i), row->key));
			if (differs && row->matters)
				cells[i].style = CELL_BAD;
		}
	}
}

static size_t closed_books(const json_t *result)
{
	size_t closed = 0, i;
	json_t *point;

	json_array_foreach(json_object_get(result, "points"), i, point)
		closed += json_is_true(json_object_get(json_object_get(point, "books"), "closed"));
	return closed;
}

static void legend_books(struct grid *grid, const struct side *side)
{
	struct cell *cells = new_row(grid, "books closed") + 1;

	for (size_t i = 0; i < side->count; i++) {
		size_t points = json_array_size(json_object_get(side->result[i], "points"));
		size_t closed = closed_books(side->result[i]);

		cells[i].style = closed == points ? CELL_GOOD : CELL_BAD;
		snprintf(cells[i].text, sizeof(cells[i].text), "%zu of %zu points", closed, points);
	}
}

struct grid *side_legend(const struct side *side)
{
	struct grid *grid = new_grid(side, "Results", "", false);
	struct cell *paths = new_row(grid, "result") + 1, *suites;

	for (size_t i = 0; i < side->count; i++)
		snprintf(paths[i].text, sizeof(paths[i].text), "%s", side->path[i]);
	legend_facts(grid, side);
	suites = new_row(grid, "suite") + 1;
	for (size_t i = 0; i < side->count; i++)
		put_value(&suites[i], json_get_fact(side->result[i], "suite.name"));
	legend_books(grid, side);
	return grid;
}

/* ---- Points ---- */

static const json_t *setting(const struct match *match, size_t result, const char *which,
			     const char *name)
{
	return json_object_get(json_object_get(match->point[result], which), name);
}

/* Results that have the point at all. */
static bool same_setting(const struct side *side, const struct match *match, const char *which,
			 const char *name, const json_t *value)
{
	for (size_t i = 0; i < side->count; i++)
		if (match->point[i] && !json_equal(setting(match, i, which, name), value))
			return false;
	return true;
}

static void add_setting(struct grid *grid, const struct side *side, const struct match *match,
			const char *which, const char *name)
{
	struct cell *cells;
	char label[96];

	snprintf(label, sizeof(label), "(%s) %.80s", which, name);
	cells = new_row(grid, label) + 2;
	for (size_t i = 0; i < side->count; i++) {
		put_value(&cells[i], setting(match, i, which, name));
		cells[i].style = CELL_BAD;
	}
}

/* Points of one id should have been measured alike. Without a grid: only counts. */
static size_t add_settings(struct grid *grid, const struct side *side, const struct match *match,
			   const char *which)
{
	json_t *names = json_object(), *value;
	const char *name;
	size_t differ = 0;

	for (size_t i = 0; i < side->count; i++)
		json_object_update_missing(names, json_object_get(match->point[i], which));
	json_object_foreach(names, name, value) {
		if (same_setting(side, match, which, name, value))
			continue;
		differ++;
		if (grid)
			add_setting(grid, side, match, which, name);
	}
	json_decref(names);
	return differ;
}

static size_t differing_settings(struct grid *grid, const struct side *side,
				 const struct match *match)
{
	return add_settings(grid, side, match, "params") +
	       add_settings(grid, side, match, "policy") +
	       add_settings(grid, side, match, "profile");
}

static void put_ratio(struct cell *cell, double a, double b)
{
	cell->style = CELL_NUMBER;
	if (a == b)
		put_mark(cell, '=');
	else if (isnan(a) || isnan(b) || !a)
		put_mark(cell, '-');
	else if (b && fabs(b / a) < 0.001)
		snprintf(cell->text, sizeof(cell->text), "<0.001");
	else
		snprintf(cell->text, sizeof(cell->text), fabs(b / a) < 100 ? "%.3f" : "%.0f", b / a);
}

#define TOO_SMALL	0.1	/* in the larger number's unit: hardly a digit would be left */

/* The unit is the larger number's; what would be next to nothing in it brings its own. */
static void put_number(struct cell *cell, const char *unit, double number, double largest)
{
	double factor, own;
	const char *own_unit = human_unit(unit, number, &own);
	char digits[32];

	cell->style = CELL_NUMBER;
	human_unit(unit, largest, &factor);
	if (isnan(number))
		put_mark(cell, '-');
	else if (number && fabs(number) / factor < TOO_SMALL && own < factor)
		snprintf(cell->text, sizeof(cell->text), "%s %s",
			 human_number(number / own, digits, sizeof(digits)), own_unit);
	else
		human_number(number / factor, cell->text, sizeof(cell->text));
}

static void add_numbers(struct grid *grid, const struct side *side, const char *name,
			const char *unit, const double *numbers)
{
	struct cell *cells = new_row(grid, name) + 2;
	double largest = 0, factor;

	for (size_t i = 0; i < side->count; i++)
		largest = fmax(largest, fabs(numbers[i]));
	snprintf(cells[-1].text, sizeof(cells->text), "%s", human_unit(unit, largest, &factor));
	for (size_t i = 0; i < side->count; i++)
		put_number(&cells[i], unit, numbers[i], largest);
	if (side->count == 2)
		put_ratio(&cells[2], numbers[0], numbers[1]);
}

/* False where no result has such a number. */
static bool add_stat(struct grid *grid, const struct side *side, const struct match *match,
		     const char *name, const char *stat)
{
	bool any = false, plain = !strcmp(stat, "value");
	double numbers[SIDE_MAX];
	const char *unit = "";
	char label[128];

	for (size_t i = 0; i < side->count; i++) {
		const json_t *metric = point_metric(match->point[i], name);

		numbers[i] = NAN;
		any |= metric_stat(metric, stat, &numbers[i]);
		if (metric && !*unit)
			unit = json_get_text(metric, "unit");
	}
	snprintf(label, sizeof(label), "%.100s%s%s", name, plain ? "" : " ", plain ? "" : stat);
	if (any)
		add_numbers(grid, side, label, unit, numbers);
	return any;
}

/* A metric without a number, a histogram of nothing, is there all the same. */
static void add_metric(struct grid *grid, const struct side *side, const struct match *match,
		       const char *name)
{
	static const char *const stats[] = { "value", "p50", "p99", "max" };
	bool any = false;

	for (size_t i = 0; i < sizeof(stats) / sizeof(*stats); i++)
		any |= add_stat(grid, side, match, name, stats[i]);
	if (!any) {
		struct cell *row = new_row(grid, name);

		for (size_t c = 2; c < grid->columns; c++)
			put_mark(&row[c], '-');
	}
}

static void add_books(struct grid *grid, const struct side *side, const struct match *match)
{
	struct cell *cells = new_row(grid, "books") + 2;

	for (size_t i = 0; i < side->count; i++) {
		if (match->point[i])
			point_verdict(match->point[i], &cells[i]);
		else
			put_mark(&cells[i], '-');
	}
}

static struct grid *point_grid(const struct side *side, const struct match *match)
{
	struct grid *grid = new_grid(side, match->id, "metric", true);
	json_t *names = metric_names(side, match), *value;
	const char *name;

	differing_settings(grid, side, match);
	json_object_foreach(names, name, value)
		add_metric(grid, side, match, name);
	add_books(grid, side, match);
	json_decref(names);
	return grid;
}

static bool has_view(const struct side *side, const struct match *match)
{
	for (size_t i = 0; i < side->count; i++)
		if (match->point[i])
			return point_has_view(match->point[i]);
	return false;
}

/* @all: also those that the overview has, and that all have measured alike. */
static void each_point(const struct side *side, bool all, grid_visitor *visit, void *arg)
{
	json_t *ids = point_ids(side), *value;
	const char *id;

	json_object_foreach(ids, id, value) {
		struct match match = match_point(side, id);
		struct grid *grid;

		if (!all && has_view(side, &match) && !differing_settings(NULL, side, &match))
			continue;
		grid = point_grid(side, &match);
		visit(grid, arg);
		grid_free(grid);
	}
	json_decref(ids);
}

void side_each_point(const struct side *side, grid_visitor *visit, void *arg)
{
	each_point(side, true, visit, arg);
}

/* ---- The overview ---- */

/* Point by point, and of each a row of every result that has it. */
static void list_points(const struct side *side, struct point_list *list)
{
	json_t *ids = point_ids(side), *value;
	const char *id;

	list->count = 0;
	list->point = must_calloc(json_object_size(ids) * side->count, sizeof(*list->point));
	list->letter = must_calloc(json_object_size(ids) * side->count, 1);
	json_object_foreach(ids, id, value) {
		struct match match = match_point(side, id);

		for (size_t i = 0; i < side->count; i++) {
			if (!match.point[i])
				continue;
			list->letter[list->count] = letter(i);
			list->point[list->count++] = match.point[i];
		}
	}
	json_decref(ids);
}

void side_overview(const struct side *side, grid_visitor *visit, void *arg)
{
	struct point_list list;

	list_points(side, &list);
	each_grid_of(&list, visit, arg);
	free(list.point);
	free(list.letter);
	each_point(side, false, visit, arg);
}

/* ---- What to know before and after ---- */

static void environments(const struct side *side, teller *tell, void *arg)
{
	char names[256] = "", line[400];
	size_t used = 0;

	for (const struct fact_row *row = fact_rows; row->key; row++)
		if (row->matters && !all_same(side, row) && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", row->name);
	if (!used)
		return;
	snprintf(line, sizeof(line), "ENVIRONMENTS DIFFER in %s: figures are not comparable as such.",
		 names);
	tell(line, arg);
}

static void settings(const struct side *side, teller *tell, void *arg)
{
	json_t *ids = point_ids(side), *value;
	size_t differ = 0;
	const char *id;
	char line[160];

	json_object_foreach(ids, id, value) {
		struct match match = match_point(side, id);

		differ += differing_settings(NULL, side, &match) > 0;
	}
	json_decref(ids);
	if (!differ)
		return;
	snprintf(line, sizeof(line), "SETTINGS DIFFER in %zu %s: their tables begin with which.", differ,
		 differ == 1 ? "point" : "points");
	tell(line, arg);
}

void side_warnings(const struct side *side, teller *tell, void *arg)
{
	char warning[256], line[300];

	environments(side, tell, arg);
	settings(side, tell, arg);
	for (size_t i = 0; i < side->count; i++) {
		if (!result_warning(side->result[i], warning, sizeof(warning)))
			continue;
		snprintf(line, sizeof(line), "%c: %.*s", letter(i), (int)strlen(warning) - 1, warning);
		tell(line, arg);	/* without the blank behind it */
	}
}

void side_natures(const struct side *side, teller *tell, void *arg)
{
	const char *first = result_nature(side->result[0]);
	bool same = true;
	char line[256];

	for (size_t i = 1; i < side->count; i++)
		same &= !strcmp(first, result_nature(side->result[i]));
	for (size_t i = 0; i < side->count; i++) {
		snprintf(line, sizeof(line), "%c: %s", letter(i), result_nature(side->result[i]));
		if (!same)
			tell(line, arg);
	}
	if (same)
		tell(first, arg);
}

/* ---- What only some have ---- */

/* The results that have the metric; without a @name: the point, as a mask. */
static uint32_t having(const struct side *side, const struct match *match, const char *name)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < side->count; i++)
		if (name ? point_metric(match->point[i], name) : match->point[i])
			mask |= 1u << i;
	return mask;
}

/**
 * struct some - metrics that exactly the results of @mask have
 * @count: of metrics
 * @names: of the first of them; of points that others lack as a whole, those
 */
struct some {
	uint32_t mask;
	size_t count, named;
	char names[400];
};

#define NAMED	6	/* a list that goes on for ever tells nothing */

static void name_some(struct some *some, const char *point, const char *metric)
{
	size_t used = strlen(some->names);

	if (some->named++ < NAMED)
		snprintf(some->names + used, sizeof(some->names) - used, "%s%.50s%s%.40s",
			 used ? ", " : "", point, *metric ? " " : "", metric);
}

static void count_point(const struct side *side, const struct match *match, struct some *some)
{
	bool whole = having(side, match, NULL) == some->mask, any = false;
	json_t *names = metric_names(side, match), *value;
	const char *name;

	json_object_foreach(names, name, value) {
		if (having(side, match, name) != some->mask)
			continue;
		any = true;
		some->count++;
		if (!whole)
			name_some(some, match->id, name);
	}
	if (any && whole)
		name_some(some, match->id, "");
	json_decref(names);
}

static struct some count_some(const struct side *side, uint32_t mask)
{
	struct some some = { .mask = mask };
	json_t *ids = point_ids(side), *value;
	const char *id;

	json_object_foreach(ids, id, value) {
		struct match match = match_point(side, id);

		count_point(side, &match, &some);
	}
	json_decref(ids);
	return some;
}

static uint32_t all_of(const struct side *side)
{
	return (1u << side->count) - 1;
}

/* Every mask that some metric has but "all", lowest first. */
static uint32_t next_mask(const struct side *side, uint32_t after)
{
	uint32_t next = all_of(side), mask;
	json_t *ids = point_ids(side), *value, *names;
	const char *id, *name;

	json_object_foreach(ids, id, value) {
		struct match match = match_point(side, id);

		names = metric_names(side, &match);
		json_object_foreach(names, name, value) {
			mask = having(side, &match, name);
			if (mask > after && mask < next)
				next = mask;
		}
		json_decref(names);
	}
	json_decref(ids);
	return next;
}

static void tell_some(const struct side *side, const struct some *some, teller *tell, void *arg)
{
	char letters[3 * SIDE_MAX + 1] = "", line[600];
	size_t used = 0, more = some->named > NAMED ? some->named - NAMED : 0;

	for (size_t i = 0; i < side->count; i++)
		if (some->mask & 1u << i)
			used += (size_t)snprintf(letters + used, sizeof(letters) - used, "%s%c",
						 used ? ", " : "", letter(i));
	used = (size_t)snprintf(line, sizeof(line), "%zu %s only in %s: %s", some->count,
				some->count == 1 ? "metric" : "metrics", letters, some->names);
	if (more)
		snprintf(line + used, sizeof(line) - used, " and %zu more", more);
	tell(line, arg);
}

void side_coverage(const struct side *side, teller *tell, void *arg)
{
	uint32_t all = all_of(side), mask = next_mask(side, 0);
	struct some common = count_some(side, all);
	char line[128], where[16] = "both";

	if (side->count != 2)
		snprintf(where, sizeof(where), "all %zu", side->count);
	snprintf(line, sizeof(line), "%zu %s in %s%s", common.count,
		 common.count == 1 ? "metric" : "metrics", where,
		 mask == all ? ", none in only one" : "");
	tell(line, arg);
	for (; mask < all; mask = next_mask(side, mask)) {
		struct some some = count_some(side, mask);

		tell_some(side, &some, tell, arg);
	}
}
