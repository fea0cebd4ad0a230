// SPDX-License-Identifier: GPL-2.0
/*
 * A comparison as JSON, schema tdxbench-compare/1: results/README.md is the reference,
 * results/compare.schema.json the schema. Everything is in it, judged or not.
 */
#include <math.h>

#include "compare/compare_view.h"
#include "result/result.h"
#include "compare/runs.h"

#define COMPARE_SCHEMA	"tdxbench-compare/1"

/* JSON has neither NAN nor infinity: null says that there is no such number. */
static json_t *number(double value)
{
	if (!isfinite(value))
		return json_null();
	return value == floor(value) && fabs(value) < 9e15 ? json_integer((json_int_t)value) :
							     json_real(value);
}

static json_t *side_json(const struct runs *side)
{
	const json_t *environment = json_object_get(side->run[0].result, "environment");
	static const char *const keys[] = { "tdxbench", "commit", "commit_time", "fingerprint" };
	json_t *json = json_pack("{s:o, s:i}", "path", json_text(side->path), "runs", (int)side->count);

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (*json_get_text(environment, keys[i]))
			json_object_set(json, keys[i], json_object_get(environment, keys[i]));
	return json;
}

/* Flat, so that it is one line. */
static json_t *difference_json(const struct difference *d)
{
	json_t *json = json_pack("{s:s, s:s}", "verdict", verdict_name(d->verdict), "point", d->point);

	if (!d->metric) {
		json_object_set_new(json, "why", json_string(d->why));
		return json;
	}
	json_object_set_new(json, "metric", json_string(d->metric));
	json_object_set_new(json, "unit", json_string(d->unit));
	json_object_set_new(json, "better", json_string(d->better));
	json_object_set_new(json, "class", json_string(d->exact ? "exact" : "sampled"));
	if (d->steady)
		json_object_set_new(json, "steady", json_true());
	if (d->why)
		json_object_set_new(json, "why", json_string(d->why));
	json_object_set_new(json, "stat", json_string(d->stat));
	json_object_set_new(json, "base", number(d->base));
	json_object_set_new(json, "new", number(d->new));
	json_object_set_new(json, "change_percent", number(100 * d->change));
	if (d->moved) {
		json_object_set_new(json, "moved", json_string(d->moved));
		json_object_set_new(json, "moved_base", number(d->moved_base));
		json_object_set_new(json, "moved_new", number(d->moved_new));
	}
	if (!d->exact && !d->why) {
		json_object_set_new(json, "n_base", json_integer((json_int_t)d->nr_base));
		json_object_set_new(json, "n_new", json_integer((json_int_t)d->nr_new));
		json_object_set_new(json, "p", number(d->p));
	}
	return json;
}

static json_t *differences_json(const struct comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(list, difference_json(&c->difference[i]));
	return list;
}

/* ---- Points ---- */

static json_t *line_json(const struct blame_line *line)
{
	return json_pack("{s:s, s:I, s:o, s:o}", "file", line->file, "line", line->line, "base",
			 number(line->base), "new", number(line->new));
}

static json_t *function_json(const struct blame_function *f)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < f->lines; i++)
		json_array_append_new(lines, line_json(&f->line[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", f->name, "file", f->file, "base",
			 number(f->base), "new", number(f->new), "lines", lines);
}

static void add_blame(json_t *json, const struct telling *t, const char *point)
{
	struct blame *blame = t->profile[0] && t->profile[1] ?
			      blame_point(t->profile[0], t->profile[1], point) : NULL;
	json_t *functions;

	if (!blame)
		return;
	functions = json_array();
	for (size_t i = 0; i < blame->functions; i++)
		json_array_append_new(functions, function_json(&blame->function[i]));
	json_object_set_new(json, "path_base", number(blame->base));
	json_object_set_new(json, "path_new", number(blame->new));
	json_object_set_new(json, "functions", functions);
	blame_free(blame);
}

static json_t *points_json(const struct telling *t)
{
	json_t *points = compare_differing(t->c, false), *steady = compare_differing(t->c, true);
	json_t *list = json_array(), *value;
	const char *point;
	char why[512];

	json_object_foreach(points, point, value) {
		json_t *json = json_pack("{s:s}", "id", point);

		if (compare_why(t->c, point, why, sizeof(why)))
			json_object_set_new(json, "why", json_text(why));
		if (json_object_get(steady, point))
			add_blame(json, t, point);
		json_array_append_new(list, json);
	}
	json_decref(points);
	json_decref(steady);
	return list;
}

/* ---- The whole ---- */

static void add_note(const char *sentence, void *notes)
{
	json_array_append_new(notes, json_text(sentence));
}

static json_t *options_json(const struct compare_options *options)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b}", "budget_percent", number(options->budget),
			 "alpha", number(options->alpha), "min_effect_percent",
			 number(options->min_effect), "unlike", options->unlike, "untrusted",
			 options->untrusted, "allow_missing", options->allow_missing);
}

static json_t *counts_json(const struct comparison *c)
{
	const char *judged = !c->exact ? "none" : c->steady ? "steady" : "exact";
	json_t *counts = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "exact_judged", judged,
				   "points", (json_int_t)c->points, "exact", (json_int_t)c->exact,
				   "exact_equal", (json_int_t)c->exact_equal, "not_judged",
				   (json_int_t)c->other, "not_judged_equal", (json_int_t)c->other_equal,
				   "sampled", (json_int_t)c->sampled);

	for (enum verdict verdict = 0; verdict < NR_VERDICTS; verdict++)
		if (verdict != VERDICT_NOT_JUDGED)
			json_object_set_new(counts, verdict_name(verdict),
					    json_integer((json_int_t)c->nr[verdict]));
	return counts;
}

void compare_json(const struct telling *t, FILE *out)
{
	const struct comparison *c = t->c;
	json_t *notes = json_array(), *json;
	char headline[1024];

	compare_headline(c, headline, sizeof(headline));
	compare_notes(t, add_note, notes);
	json = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:O, s:O, s:O, s:o, s:o, s:o, s:o}",
			 "schema", COMPARE_SCHEMA, "outcome", outcome_name(compare_outcome(c)), "exit",
			 compare_exit(c), "headline", json_text(headline), "base", side_json(c->base),
			 "new", side_json(c->new), "options", options_json(&c->options), "unlike",
			 c->unlike, "distrust", c->distrust, "settings", c->settings, "counts",
			 counts_json(c), "differences", differences_json(c), "points", points_json(t),
			 "notes", notes);
	result_print(json, out);
	json_decref(json);
}
