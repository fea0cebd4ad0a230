// SPDX-License-Identifier: GPL-2.0
/*
 * Two sides of a comparison, judged metric by metric.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/alike.h"
#include "compare/compare.h"
#include "command/options.h"
#include "result/result.h"
#include "compare/runs.h"
#include "compare/stats.h"
#include "result/view.h"

/* ---- May they be compared? ---- */

/* @who: "NEW", and which run where there are several */
struct unlike {
	json_t *list;
	char who[400];
};

static void add_unlike(const char *field, const char *base, const char *other, void *arg)
{
	const struct unlike *unlike = arg;
	json_t *known;
	size_t i;

	json_array_foreach(unlike->list, i, known)
		if (!strcmp(json_get_text(known, "field"), field))
			return;	/* the first run that differs in it will do */
	json_array_append_new(unlike->list, json_pack("{s:s, s:o, s:o, s:o}", "field", field,
						      "base", json_text(base), "other",
						      json_text(other), "run", json_text(unlike->who)));
}

static void name_run(const struct runs *side, size_t run, const char *name, char who[400])
{
	bool several = side->count > 1;

	snprintf(who, 400, "%s%s%.380s", name, several ? " " : "", several ? side->run[run].path : "");
}

/* Every run has to be like the first of BASE. */
static void find_unlike(struct comparison *c, const struct runs *side, const char *name)
{
	for (size_t i = 0; i < side->count; i++) {
		struct unlike unlike = { .list = c->unlike };

		name_run(side, i, name, unlike.who);
		results_unlike(c->base->run[0].result, side->run[i].result, add_unlike, &unlike);
	}
}

static void find_distrust(struct comparison *c, const struct runs *side, const char *name)
{
	char warning[512], who[400], line[1024];

	for (size_t i = 0; i < side->count; i++) {
		const struct run *run = &side->run[i];

		if (!result_warning(run->result, warning, sizeof(warning)))
			continue;
		name_run(side, i, name, who);
		snprintf(line, sizeof(line), "%s: %s", who, warning);
		line[strlen(line) - 1] = '\0';	/* the blank behind the last sentence */
		json_array_append_new(c->distrust, json_text(line));
	}
}

struct settings {
	json_t *list;
	const char *point;
};

static void add_setting(const char *setting, const char *base, const char *new, void *arg)
{
	const struct settings *settings = arg;

	json_array_append_new(settings->list, json_pack("{s:s, s:o, s:o, s:o}", "point",
							settings->point, "setting", json_text(setting),
							"base", json_text(base), "new", json_text(new)));
}

static bool metric_is_exact(const json_t *metric)
{
	return !strcmp(json_get_text(metric, "class"), "exact");
}

static bool is_steady(const json_t *metric)
{
	return json_is_true(json_object_get(metric, "steady"));
}

static bool has_steady(const struct runs *side)
{
	json_t *point, *metric;
	size_t i, k;

	json_array_foreach(json_object_get(side->run[0].result, "points"), i, point)
		json_array_foreach(json_object_get(point, "metrics"), k, metric)
			if (is_steady(metric))
				return true;
	return false;
}

/* ---- The list of differences ---- */

static struct difference *add(struct comparison *c, const struct difference *d)
{
	if (c->count == c->room) {
		struct difference *more;

		c->room = c->room ? 2 * c->room : 64;
		more = realloc(c->difference, c->room * sizeof(*more));
		if (!more) {
			fprintf(stderr, "tdxbench: no memory for a comparison\n");
			exit(1);
		}
		c->difference = more;
	}
	c->nr[d->verdict]++;
	c->difference[c->count] = *d;
	return &c->difference[c->count++];
}

static void add_one_sided(struct comparison *c, struct difference *d, enum verdict verdict,
			  const char *why)
{
	d->verdict = verdict;
	d->why = why;
	add(c, d);
}

/* Infinite from 0; NAN where either is none. */
static double relative(double base, double new)
{
	if (isnan(base) || isnan(new))
		return NAN;
	if (base == new)
		return 0;
	return base ? (new - base) / fabs(base) : copysign(INFINITY, new - base);
}

/* A limit itself is still within it, whatever binary fractions make of it. */
static bool exceeds(double change, double percent)
{
	return 100 * fabs(change) > percent * (1 + 1e-9);
}

static enum verdict verdict_of(const struct comparison *c, const struct difference *d)
{
	bool lower = !strcmp(d->better, "lower"), higher = !strcmp(d->better, "higher");

	if (!d->change || isnan(d->change) || (!lower && !higher))
		return VERDICT_CHANGED;
	if (lower == (d->change < 0))
		return VERDICT_IMPROVED;
	return exceeds(d->change, c->options.budget) ? VERDICT_REGRESSED : VERDICT_ALLOWED;
}

/* ---- One metric of both sides ---- */

/**
 * struct pair - a metric in all runs
 * @of: per side (BASE, NEW) and run, NULL where it has no such metric
 * @nr: per side, of those that have it
 */
struct pair {
	const char *point, *metric;
	const json_t *of[2][RUNS_MAX];
	size_t nr[2];
};

static void gather(struct pair *pair, const struct runs *runs, size_t side)
{
	pair->nr[side] = 0;
	for (size_t i = 0; i < runs->count; i++) {
		pair->of[side][i] = run_metric(&runs->run[i], pair->point, pair->metric);
		pair->nr[side] += pair->of[side][i] != NULL;
	}
}

static const json_t *first(const struct pair *pair, const struct runs *runs, size_t side)
{
	for (size_t i = 0; i < runs->count; i++)
		if (pair->of[side][i])
			return pair->of[side][i];
	return NULL;
}

static bool same_value(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	return json_number_value(a) == json_number_value(b);
}

static bool same_metric(const json_t *a, const json_t *b)
{
	const json_t *histogram = json_object_get(a, "histogram");

	if (histogram)
		return json_equal(histogram, json_object_get(b, "histogram"));
	return same_value(json_object_get(a, "value"), json_object_get(b, "value"));
}

static const char *incomparable(const json_t *a, const json_t *b)
{
	if (strcmp(json_get_text(a, "unit"), json_get_text(b, "unit")))
		return "in another unit";
	if (!json_object_get(a, "value") != !json_object_get(b, "value"))
		return "a histogram on one side, a value on the other";
	if (metric_is_exact(a) != metric_is_exact(b))
		return "exact on one side, sampled on the other";
	return NULL;
}

/* ---- Exact metrics ---- */

/* What is exact has one value per build: runs of a side that disagree are of several. */
static bool runs_agree(const struct pair *pair, const struct runs *runs, size_t side)
{
	const json_t *one = first(pair, runs, side);

	for (size_t i = 0; i < runs->count; i++)
		if (!pair->of[side][i] || !same_metric(one, pair->of[side][i]))
			return false;
	return true;
}

static void check_agreement(struct comparison *c, const struct pair *pair)
{
	for (size_t side = 0; side < 2; side++) {
		struct disagreement *disagree = &c->disagree[side];

		if (runs_agree(pair, side ? c->new : c->base, side))
			continue;
		if (!disagree->nr++)
			snprintf(disagree->first, sizeof(disagree->first), "%.100s of %.150s",
				 pair->metric, pair->point);
	}
}

static void tell_disagreement(struct comparison *c)
{
	char line[512];

	for (size_t side = 0; side < 2; side++) {
		const struct disagreement *disagree = &c->disagree[side];

		if (!disagree->nr)
			continue;
		snprintf(line, sizeof(line),
			 "%s: RUNS DISAGREE in %zu exact metric%s, as in %s: they are not of one build.",
			 side ? "NEW" : "BASE", disagree->nr, disagree->nr == 1 ? "" : "s",
			 disagree->first);
		json_array_append_new(c->distrust, json_text(line));
	}
}

static void find_moved(struct difference *d, const json_t *a, const json_t *b)
{
	static const char *const shown[] = { "p50", "p99", "max" };
	static const char *const others[] = { "p90", "p99.9", "min", "count" };
	double most = 0, x, y;

	d->moved = "buckets";
	for (size_t i = 0; i < 7; i++) {
		const char *stat = i < 3 ? shown[i] : others[i - 3];

		if (i == 3 && most)
			return;	/* the others only where none of those did */
		if (!metric_stat(a, stat, &x) || !metric_stat(b, stat, &y) ||
		    fabs(relative(x, y)) <= most)
			continue;
		most = fabs(relative(x, y));
		d->moved = stat;
		d->moved_base = x;
		d->moved_new = y;
	}
}

static double figure(const json_t *metric, const char *stat)
{
	double value;

	return metric_stat(metric, stat, &value) ? value : NAN;
}

static void count_exact(struct comparison *c, bool judged, bool equal)
{
	if (judged) {
		c->exact++;
		c->exact_equal += equal;
	} else {
		c->other++;
		c->other_equal += equal;
	}
}

static void exact_pair(struct comparison *c, const struct pair *pair, struct difference *d,
		       const json_t *a, const json_t *b)
{
	bool judged = !c->steady || d->steady, equal = same_metric(a, b);
	bool histogram = json_object_get(a, "histogram");

	if (judged)
		check_agreement(c, pair);
	count_exact(c, judged, equal);
	if (equal)
		return;
	d->stat = histogram ? "mean" : "value";
	d->base = figure(a, d->stat);
	d->new = figure(b, d->stat);
	d->change = relative(d->base, d->new);
	if (histogram)
		find_moved(d, a, b);
	d->verdict = VERDICT_NOT_JUDGED;
	if (judged && isnan(d->new) && !isnan(d->base))
		add_one_sided(c, d, VERDICT_MISSING, "without a sample");
	else if (judged && isnan(d->base) && !isnan(d->new))
		add_one_sided(c, d, VERDICT_ADDED, "without a sample in BASE");
	else {
		if (judged)
			d->verdict = verdict_of(c, d);
		add(c, d);
	}
}

/* ---- Sampled metrics ---- */

static size_t sample(const struct pair *pair, const struct runs *runs, size_t side,
		     const char *stat, double *values)
{
	size_t nr = 0;

	for (size_t i = 0; i < runs->count; i++)
		nr += pair->of[side][i] && metric_stat(pair->of[side][i], stat, &values[nr]);
	return nr;
}

static enum verdict sampled_verdict(const struct comparison *c, const struct difference *d)
{
	if (stats_least_p(d->nr_base, d->nr_new) >= c->options.alpha)
		return VERDICT_TOO_FEW;
	if (d->p >= c->options.alpha || !d->change ||
	    !(100 * fabs(d->change) >= c->options.min_effect))
		return VERDICT_NO_DIFFERENCE;
	return verdict_of(c, d);
}

static void sampled_stat(struct comparison *c, const struct pair *pair, struct difference *d,
			 const char *stat)
{
	double base[RUNS_MAX], new[RUNS_MAX];

	d->stat = stat;
	d->nr_base = sample(pair, c->base, 0, stat, base);
	d->nr_new = sample(pair, c->new, 1, stat, new);
	d->base = stats_median(base, d->nr_base);
	d->new = stats_median(new, d->nr_new);
	d->change = relative(d->base, d->new);
	d->p = stats_mann_whitney(base, d->nr_base, new, d->nr_new);
	if (d->nr_base && d->nr_new) {
		c->sampled++;
		d->verdict = sampled_verdict(c, d);
		add(c, d);
	} else if (d->nr_base) {
		add_one_sided(c, d, VERDICT_MISSING, "without a sample");
	} else if (d->nr_new) {
		add_one_sided(c, d, VERDICT_ADDED, "without a sample in BASE");
	}
}

static void sampled_pair(struct comparison *c, const struct pair *pair, struct difference *d,
			 const json_t *metric)
{
	if (json_object_get(metric, "value")) {
		sampled_stat(c, pair, d, "value");
		return;
	}
	sampled_stat(c, pair, d, "p50");
	sampled_stat(c, pair, d, "p99");
}

/* ---- Metrics and points ---- */

/* Metrics that would not be judged do not count when they are missing either. */
static enum verdict one_sided(const struct comparison *c, const json_t *metric,
			      enum verdict verdict)
{
	return c->steady && metric_is_exact(metric) && !is_steady(metric) ? VERDICT_NOT_JUDGED :
									    verdict;
}

static void compare_metric(struct comparison *c, const char *point, const char *name)
{
	struct pair pair = { .point = point, .metric = name };
	const json_t *a, *b, *any;
	struct difference d;

	gather(&pair, c->base, 0);
	gather(&pair, c->new, 1);
	a = first(&pair, c->base, 0);
	b = first(&pair, c->new, 1);
	any = a ? a : b;
	d = (struct difference){
		.point = point, .metric = json_get_text(any, "name"), .stat = "value",
		.unit = json_get_text(any, "unit"), .better = json_get_text(any, "better"),
		.exact = metric_is_exact(any), .steady = is_steady(a) || is_steady(b),
		.base = NAN, .new = NAN, .change = NAN, .p = NAN,
	};
	if (!b)
		add_one_sided(c, &d, one_sided(c, a, VERDICT_MISSING), "not in NEW");
	else if (!a)
		add_one_sided(c, &d, one_sided(c, b, VERDICT_ADDED), "not in BASE");
	else if (incomparable(a, b))
		add_one_sided(c, &d, one_sided(c, a, VERDICT_MISSING), incomparable(a, b));
	else if (metric_is_exact(a))
		exact_pair(c, &pair, &d, a, b);
	else
		sampled_pair(c, &pair, &d, a);
}

static void collect_keys(json_t *keys, const struct runs *side, const char *point)
{
	const char *key;
	json_t *value;

	for (size_t i = 0; i < side->count; i++) {
		const struct run *run = &side->run[i];
		json_t *of = point ? json_object_get(run->metrics, point) : run->points;

		json_object_foreach(of, key, value)
			if (!json_object_get(keys, key))
				json_object_set(keys, key, value);
	}
}

static const json_t *point_of(const struct runs *side, const char *id)
{
	const json_t *point = NULL;

	for (size_t i = 0; i < side->count && !point; i++)
		point = run_point(&side->run[i], id);
	return point;
}

static void compare_point(struct comparison *c, const char *id)
{
	const json_t *a = point_of(c->base, id), *b = point_of(c->new, id);
	struct difference whole = {
		.point = id, .unit = "", .better = "", .stat = "", .base = NAN, .new = NAN,
		.change = NAN, .p = NAN,
	};
	struct settings settings = { c->settings, id };
	json_t *names = json_object(), *value;
	size_t exact = c->exact;
	const char *name;

	if (!b)
		add_one_sided(c, &whole, VERDICT_MISSING, "the point is not in NEW");
	else if (!a)
		add_one_sided(c, &whole, VERDICT_ADDED, "the point is not in BASE");
	if (a && b) {
		points_unlike(a, b, add_setting, &settings);
		collect_keys(names, c->base, id);
		collect_keys(names, c->new, id);
	}
	json_object_foreach(names, name, value)
		compare_metric(c, id, name);
	c->points += c->exact > exact;
	json_decref(names);
}

/* By verdict; missing ones have no weight and stay in their order. */
static int by_weight(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;
	double weight_x = isnan(x->change) ? INFINITY : fabs(x->change);
	double weight_y = isnan(y->change) ? INFINITY : fabs(y->change);
	int names;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (weight_x != weight_y)
		return weight_x > weight_y ? -1 : 1;
	names = strcmp(x->point, y->point);
	if (!names && x->metric && y->metric)
		names = strcmp(x->metric, y->metric);
	return names ? names : strcmp(x->stat, y->stat);
}

static void compare_points(struct comparison *c)
{
	json_t *ids = json_object(), *value;
	const char *id;

	collect_keys(ids, c->base, NULL);
	collect_keys(ids, c->new, NULL);
	json_object_foreach(ids, id, value)
		compare_point(c, json_get_text(value, "id"));
	json_decref(ids);
	if (c->count)
		qsort(c->difference, c->count, sizeof(*c->difference), by_weight);
}

struct comparison *compare(const struct runs *base, const struct runs *new,
			   const struct compare_options *options)
{
	struct comparison *c = must_calloc(1, sizeof(*c));

	*c = (struct comparison){
		.options = *options, .base = base, .new = new, .unlike = json_array(),
		.settings = json_array(), .distrust = json_array(),
		.steady = has_steady(base) && has_steady(new),
	};
	find_unlike(c, base, "BASE");
	find_unlike(c, new, "NEW");
	find_distrust(c, base, "BASE");
	find_distrust(c, new, "NEW");
	if (!compare_refused(c))
		compare_points(c);
	tell_disagreement(c);
	return c;
}

void compare_free(struct comparison *c)
{
	json_decref(c->unlike);
	json_decref(c->settings);
	json_decref(c->distrust);
	free(c->difference);
	free(c);
}

/* ---- All of it in a word ---- */

bool compare_refused(const struct comparison *c)
{
	return json_array_size(c->unlike) && !c->options.unlike;
}

size_t compare_regressions(const struct comparison *c)
{
	return c->nr[VERDICT_REGRESSED] +
	       (c->options.allow_missing ? 0 : c->nr[VERDICT_MISSING]);
}

bool difference_is_exact(const struct difference *d)
{
	return d->exact && d->verdict <= VERDICT_CHANGED && d->verdict != VERDICT_MISSING;
}

enum outcome compare_outcome(const struct comparison *c)
{
	bool distrust = json_array_size(c->distrust);
	size_t changed = c->nr[VERDICT_ALLOWED] + c->nr[VERDICT_CHANGED] +
			 c->nr[VERDICT_ADDED] + c->nr[VERDICT_MISSING];

	if (distrust && !c->options.untrusted)
		return OUTCOME_UNTRUSTED;
	if (compare_regressions(c))
		return OUTCOME_REGRESSION;
	if (!c->exact && !c->sampled)
		return OUTCOME_NOTHING;
	if (c->nr[VERDICT_IMPROVED])
		return OUTCOME_IMPROVED;
	if (changed)
		return OUTCOME_CHANGED;
	if (c->exact)
		return distrust ? OUTCOME_NO_DIFFERENCE : OUTCOME_IDENTICAL;
	return c->nr[VERDICT_NO_DIFFERENCE] ? OUTCOME_NO_DIFFERENCE : OUTCOME_TOO_FEW;
}

int compare_exit(const struct comparison *c)
{
	static const int codes[NR_OUTCOMES] = {
		[OUTCOME_UNTRUSTED] = EXIT_ERROR,
		[OUTCOME_REGRESSION] = EXIT_REGRESSION,
		[OUTCOME_NOTHING] = EXIT_ERROR,
	};

	return compare_refused(c) ? EXIT_ERROR : codes[compare_outcome(c)];
}
