// SPDX-License-Identifier: GPL-2.0
/*
 * Where the instructions of a difference went.
 *
 * Functions are matched by name, so that a file may be renamed. Lines move whenever
 * something is added above them: those of a function are matched in their order, and
 * by how often they run, as diff matches text.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/blame.h"
#include "count/profile_json.h"
#include "result/view.h"

/* ---- Loading ---- */

static bool is_count(const json_t *object, const char *key, json_int_t least)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= least;
}

/* Without what would do something to a terminal. */
static bool is_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	while (text && *text && (unsigned char)*text >= ' ' && *text != 0x7f)
		text++;
	return text && !*text;
}

static bool function_valid(const json_t *f)
{
	return is_text(f, "name") && is_text(f, "file") && is_text(f, "part") &&
	       is_count(f, "self", 0);
}

static bool line_valid(const json_t *l)
{
	return is_text(l, "file") && is_text(l, "function") && is_text(l, "part") &&
	       is_count(l, "line", 0) && is_count(l, "count", 0);
}

static bool list_valid(const json_t *point, const char *key, bool (*valid)(const json_t *),
		       const char *has, char error[RESULT_ERROR])
{
	const json_t *list = json_object_get(point, key);
	json_t *item;
	size_t i;

	if (!json_is_array(list)) {
		snprintf(error, RESULT_ERROR, "point %.60s: \"%s\" must be an array",
			 json_get_text(point, "id"), key);
		return false;
	}
	json_array_foreach(list, i, item) {
		if (valid(item))
			continue;
		snprintf(error, RESULT_ERROR, "point %.60s: \"%s\" %zu must have %s",
			 json_get_text(point, "id"), key, i, has);
		return false;
	}
	return true;
}

static bool point_is_profile(const json_t *point, char error[RESULT_ERROR])
{
	if (!is_text(point, "id") || !is_count(point, "quotes", 0) ||
	    !is_count(json_object_get(point, "parts"), "path", 0)) {
		snprintf(error, RESULT_ERROR,
			 "a point must have \"id\", \"quotes\" and \"parts\" with \"path\"");
		return false;
	}
	return list_valid(point, "functions", function_valid, "name, file, part and self", error) &&
	       list_valid(point, "lines", line_valid, "file, line, function, part and count", error);
}

static bool profile_valid(const json_t *profile, char error[RESULT_ERROR])
{
	const json_t *points = json_object_get(profile, "points");
	json_t *point;
	size_t i;

	if (strcmp(json_get_text(profile, "schema"), PROFILE_SCHEMA)) {
		snprintf(error, RESULT_ERROR, "schema is \"%.60s\", this tdxbench reads " PROFILE_SCHEMA,
			 json_get_text(profile, "schema"));
		return false;
	}
	if (!json_is_array(points)) {
		snprintf(error, RESULT_ERROR, "\"points\" must be an array");
		return false;
	}
	json_array_foreach(points, i, point)
		if (!point_is_profile(point, error))
			return false;
	return true;
}

json_t *blame_load(const char *file, char error[RESULT_ERROR])
{
	json_t *profile = json_load_limited(file, PROFILE_LIMIT, error);
	char why[RESULT_ERROR];

	if (profile && !profile_valid(profile, why)) {
		snprintf(error, RESULT_ERROR, "cannot read %.200s: %.250s", file, why);
		json_decref(profile);
		profile = NULL;
	}
	return profile;
}

/* ---- Functions ---- */

/* Where there were no quotes, instructions are those of all. */
static double quotes_of(const json_t *point)
{
	return fmax(1, json_number_value(json_object_get(point, "quotes")));
}

static bool is_path(const json_t *item)
{
	return !strcmp(json_get_text(item, "part"), part_words[PART_PATH]);
}

static double per_quote(const json_t *point, const json_t *item, const char *key)
{
	return json_number_value(json_object_get(item, key)) / quotes_of(point);
}

/* Adds a side's functions to the list; @known: name to index in it. */
static void take_functions(struct blame *blame, json_t *known, const json_t *point, bool new)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(point, "functions"), i, item) {
		const char *name = json_get_text(item, "name");
		const json_t *at = json_object_get(known, name);
		struct blame_function *f;

		if (!is_path(item))
			continue;
		f = &blame->function[at ? (size_t)json_integer_value(at) : blame->functions];
		if (!at)
			json_object_set_new(known, name,
					    json_integer((json_int_t)blame->functions++));
		f->name = name;
		f->file = json_get_text(item, "file");
		*(new ? &f->new : &f->base) += per_quote(point, item, "self");
	}
}

static int by_weight(double base_x, double new_x, double base_y, double new_y)
{
	double x = fabs(new_x - base_x), y = fabs(new_y - base_y);

	return (x < y) - (x > y);
}

static int function_by_weight(const void *a, const void *b)
{
	const struct blame_function *x = a, *y = b;
	int order = by_weight(x->base, x->new, y->base, y->new);

	return order ? order : strcmp(x->name, y->name);
}

static void drop_equal_functions(struct blame *blame)
{
	size_t kept = 0;

	for (size_t i = 0; i < blame->functions; i++)
		if (blame->function[i].base != blame->function[i].new)
			blame->function[kept++] = blame->function[i];
	blame->functions = kept;
	if (kept)
		qsort(blame->function, kept, sizeof(*blame->function), function_by_weight);
}

/* ---- Lines ---- */

/* The lines of one function on one side, in order. */
struct lines {
	const json_t **item;
	size_t count;
	double quotes;
};

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(json_get_text(x, "file"), json_get_text(y, "file"));
	json_int_t line_x = json_integer_value(json_object_get(x, "line"));
	json_int_t line_y = json_integer_value(json_object_get(y, "line"));

	return order ? order : (line_x > line_y) - (line_x < line_y);
}

static struct lines lines_of(const json_t *point, const char *function)
{
	const json_t *list = json_object_get(point, "lines");
	struct lines lines = { .quotes = quotes_of(point) };
	json_t *item;
	size_t i;

	lines.item = must_calloc(json_array_size(list), sizeof(*lines.item));
	json_array_foreach(list, i, item)
		if (is_path(item) && !strcmp(json_get_text(item, "function"), function))
			lines.item[lines.count++] = item;
	if (lines.count)
		qsort(lines.item, lines.count, sizeof(*lines.item), by_place);
	return lines;
}

static const char *file_of(const struct lines *lines, size_t i)
{
	return json_get_text(lines->item[i], "file");
}

static json_int_t line_number(const struct lines *lines, size_t i)
{
	return json_integer_value(json_object_get(lines->item[i], "line"));
}

static double line_count(const struct lines *lines, size_t i)
{
	return json_number_value(json_object_get(lines->item[i], "count")) / lines->quotes;
}

/* To the line before, when that is of the same file; 0 when not. */
static json_int_t step(const struct lines *lines, size_t i)
{
	if (!i || strcmp(file_of(lines, i), file_of(lines, i - 1)))
		return 0;
	return line_number(lines, i) - line_number(lines, i - 1);
}

#define ALIKE	1000	/* two lines that run equally often */
#define LIKELY	500	/* below this, they are not the same line */

/*
 * How much one line looks like the other: mostly by how often they run, a little by
 * the distance to their neighbours. 0 when they cannot be the same.
 */
static unsigned int likeness(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
	double x = line_count(a, i), y = line_count(b, k);
	unsigned int like = x == y ? ALIKE : (unsigned int)(ALIKE * fmin(x, y) / fmax(x, y));

	if (like < LIKELY || strcmp(file_of(a, i), file_of(b, k)))
		return 0;
	like += step(a, i) == step(b, k);
	return like + (i + 1 < a->count && k + 1 < b->count && step(a, i + 1) == step(b, k + 1));
}

/* What is written down of a function: every line, those that are equal not. */
static void add_line(struct blame_function *f, const struct lines *a, const json_t *base,
		     const struct lines *b, const json_t *new)
{
	const json_t *shown = new ? new : base;
	struct blame_line line = {
		.file = json_get_text(shown, "file"),
		.line = json_integer_value(json_object_get(shown, "line")),
		.base = json_number_value(json_object_get(base, "count")) / a->quotes,
		.new = json_number_value(json_object_get(new, "count")) / b->quotes,
	};

	if (line.base != line.new)
		f->line[f->lines++] = line;
}

/* Lines between two matches: the first with the first and so on, while they are of one file. */
static void add_unmatched(struct blame_function *f, const struct lines *a, size_t from_a,
			  size_t to_a, const struct lines *b, size_t from_b, size_t to_b)
{
	while (from_a < to_a && from_b < to_b && !strcmp(file_of(a, from_a), file_of(b, from_b)))
		add_line(f, a, a->item[from_a++], b, b->item[from_b++]);
	while (from_a < to_a)
		add_line(f, a, a->item[from_a++], b, NULL);
	while (from_b < to_b)
		add_line(f, a, NULL, b, b->item[from_b++]);
}

/* best[i][k]: likeness that can be had from line i of BASE and line k of NEW on. */
static void fill_table(unsigned int *best, const struct lines *a, const struct lines *b)
{
	size_t width = b->count + 1;

	for (size_t i = a->count; i-- > 0;) {
		for (size_t k = b->count; k-- > 0;) {
			unsigned int *cell = &best[i * width + k], like = likeness(a, i, b, k);
			unsigned int skip_a = cell[width], skip_b = cell[1];

			*cell = skip_a > skip_b ? skip_a : skip_b;
			if (like && like + cell[width + 1] >= *cell)
				*cell = like + cell[width + 1];
		}
	}
}

static void match_lines(struct blame_function *f, const struct lines *a, const struct lines *b)
{
	size_t width = b->count + 1, i = 0, k = 0, done_a = 0, done_b = 0;
	unsigned int *best = must_calloc((a->count + 1) * width, sizeof(*best));

	fill_table(best, a, b);
	while (i < a->count && k < b->count) {
		unsigned int *cell = &best[i * width + k], like = likeness(a, i, b, k);

		if (like && *cell == like + cell[width + 1]) {
			add_unmatched(f, a, done_a, i, b, done_b, k);
			add_line(f, a, a->item[i++], b, b->item[k++]);
			done_a = i;
			done_b = k;
		} else if (*cell == cell[width]) {
			i++;
		} else {
			k++;
		}
	}
	add_unmatched(f, a, done_a, a->count, b, done_b, b->count);
	free(best);
}

static int line_by_weight(const void *a, const void *b)
{
	const struct blame_line *x = a, *y = b;
	int order = by_weight(x->base, x->new, y->base, y->new);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

#define MAX_TABLE	(4 << 20)	/* cells: functions of 2000 lines */

static void blame_lines(struct blame_function *f, const json_t *base, const json_t *new)
{
	struct lines a = lines_of(base, f->name), b = lines_of(new, f->name);

	f->line = must_calloc(a.count + b.count, sizeof(*f->line));
	if ((a.count + 1) * (b.count + 1) <= MAX_TABLE)
		match_lines(f, &a, &b);
	if (f->lines)
		qsort(f->line, f->lines, sizeof(*f->line), line_by_weight);
	free(a.item);
	free(b.item);
}

/* ---- A point ---- */

struct blame *blame_point(const json_t *base_profile, const json_t *new_profile, const char *id)
{
	const json_t *base = result_point(base_profile, id), *new = result_point(new_profile, id);
	json_t *known;
	struct blame *blame;

	if (!base || !new)
		return NULL;
	known = json_object();
	blame = must_calloc(1, sizeof(*blame));
	blame->base = per_quote(base, json_object_get(base, "parts"), "path");
	blame->new = per_quote(new, json_object_get(new, "parts"), "path");
	blame->function = must_calloc(json_array_size(json_object_get(base, "functions")) +
				      json_array_size(json_object_get(new, "functions")),
				      sizeof(*blame->function));
	take_functions(blame, known, base, false);
	take_functions(blame, known, new, true);
	json_decref(known);
	drop_equal_functions(blame);
	for (size_t i = 0; i < blame->functions && i < BLAME_LINES_OF; i++)
		blame_lines(&blame->function[i], base, new);
	return blame;
}

void blame_free(struct blame *blame)
{
	for (size_t i = 0; blame && i < blame->functions; i++)
		free(blame->function[i].line);
	if (blame)
		free(blame->function);
	free(blame);
}
