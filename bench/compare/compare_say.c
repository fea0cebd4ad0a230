// SPDX-License-Identifier: GPL-2.0
/*
 * The sentences of a comparison: verdict, warnings, and how to read it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compare/compare_view.h"
#include "result/result.h"
#include "compare/runs.h"
#include "compare/stats.h"

static const char *const outcome_names[NR_OUTCOMES] = {
	[OUTCOME_UNTRUSTED] = "untrusted", [OUTCOME_REGRESSION] = "regression",
	[OUTCOME_NOTHING] = "nothing", [OUTCOME_IMPROVED] = "improved",
	[OUTCOME_CHANGED] = "changed", [OUTCOME_IDENTICAL] = "identical",
	[OUTCOME_NO_DIFFERENCE] = "no_difference", [OUTCOME_TOO_FEW] = "too_few",
};

static const char *const verdict_names[NR_VERDICTS] = {
	[VERDICT_REGRESSED] = "regressed", [VERDICT_MISSING] = "missing",
	[VERDICT_ALLOWED] = "allowed", [VERDICT_IMPROVED] = "improved",
	[VERDICT_CHANGED] = "changed", [VERDICT_ADDED] = "added",
	[VERDICT_NOT_JUDGED] = "not_judged", [VERDICT_TOO_FEW] = "too_few",
	[VERDICT_NO_DIFFERENCE] = "no_difference",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- Text that grows ---- */

struct line {
	char *text;
	size_t size, used;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
	va_list args;
	int length;

	if (line->used >= line->size)
		return;
	va_start(args, format);
	length = vsnprintf(line->text + line->used, line->size - line->used, format, args);
	va_end(args);
	line->used += length > 0 ? (size_t)length : 0;
}

static struct line line_in(char *text, size_t size)
{
	text[0] = '\0';
	return (struct line){ text, size, 0 };
}

/* ---- Head ---- */

bool compare_warning(const struct comparison *c, char *text, size_t size)
{
	struct line line = line_in(text, size);
	json_t *item;
	size_t i;

	if (json_array_size(c->distrust))
		put(&line, "NOT TO BE TRUSTED: ");
	json_array_foreach(c->distrust, i, item)
		put(&line, "%s%.300s", i ? " " : "", json_string_value(item));
	json_array_foreach(c->unlike, i, item)
		put(&line, "%s%s (%.60s, %.60s)", i ? ", " : line.used ? " UNLIKE in " : "UNLIKE in ",
		    json_get_text(item, "field"), json_get_text(item, "base"),
		    json_get_text(item, "other"));
	if (json_array_size(c->unlike))
		put(&line, ": a difference may be theirs.");
	return line.used;
}

static const struct difference *heaviest(const struct comparison *c, enum verdict verdict)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->difference[i].verdict == verdict)
			return &c->difference[i];
	return NULL;
}

/* Histograms that are sampled count twice, for p50 and p99. */
static const char *noun_of(const struct comparison *c, enum verdict verdict)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->difference[i].verdict == verdict && !c->difference[i].exact)
			return "figure";
	return "metric";
}

/* "3 metrics worse, most of all quote.total mean of posted/guests=4: +1.87 %" */
static void put_group(struct line *line, const struct comparison *c, enum verdict verdict,
		      const char *how)
{
	const struct difference *d = heaviest(c, verdict);
	bool value = !strcmp(d->stat, "value");
	char change[NUMBER_TEXT];

	put(line, "%zu %s%s %s, %s%.100s%s%s of %.200s: %s", c->nr[verdict], noun_of(c, verdict),
	    plural(c->nr[verdict]), how, c->nr[verdict] > 1 ? "most of all " : "", d->metric,
	    value ? "" : " ", value ? "" : d->stat, d->point, change_text(d->change, change));
}

static void put_missing(struct line *line, const struct comparison *c)
{
	const struct difference *d = heaviest(c, VERDICT_MISSING);

	put(line, "%zu missing in NEW, as %.100s%s%.200s", c->nr[VERDICT_MISSING],
	    d->metric ? d->metric : "all", " of ", d->point);
}

static void put_regression(struct line *line, const struct comparison *c)
{
	bool worse = c->nr[VERDICT_REGRESSED];

	put(line, "REGRESSION: ");
	if (worse)
		put_group(line, c, VERDICT_REGRESSED, "worse");
	if (worse && c->options.budget)
		put(line, " (allowed is %g %%)", c->options.budget);
	if (c->nr[VERDICT_MISSING] && !c->options.allow_missing) {
		put(line, "%s", worse ? "; " : "");
		put_missing(line, c);
	}
}

static void put_changed(struct line *line, const struct comparison *c)
{
	const char *separator = "";

	put(line, "no regression: ");
	if (c->nr[VERDICT_ALLOWED]) {
		put_group(line, c, VERDICT_ALLOWED, "worse");
		put(line, " (allowed is %g %%)", c->options.budget);
		separator = "; ";
	}
	if (c->nr[VERDICT_CHANGED]) {
		put(line, "%s%zu metric%s changed", separator, c->nr[VERDICT_CHANGED],
		    plural(c->nr[VERDICT_CHANGED]));
		separator = ", ";
	}
	if (c->nr[VERDICT_ADDED]) {
		put(line, "%s%zu only in NEW", separator, c->nr[VERDICT_ADDED]);
		separator = ", ";
	}
	if (c->nr[VERDICT_MISSING]) {
		put(line, "%s", separator);
		put_missing(line, c);
	}
}

/* "632 metrics of 29 points" */
static void put_compared(struct line *line, const struct comparison *c)
{
	if (c->exact)
		put(line, "%zu %s metric%s of %zu point%s", c->exact, c->steady ? "steady" : "exact",
		    plural(c->exact), c->points, plural(c->points));
	if (c->sampled)
		put(line, "%s%zu sampled figure%s", c->exact ? ", " : "", c->sampled, plural(c->sampled));
}

void compare_headline(const struct comparison *c, char *text, size_t size)
{
	struct line line = line_in(text, size);

	switch (compare_outcome(c)) {
	case OUTCOME_UNTRUSTED:
		put(&line, "no verdict: results that are not to be trusted (--untrusted judges them)");
		break;
	case OUTCOME_REGRESSION:
		put_regression(&line, c);
		break;
	case OUTCOME_NOTHING:
		put(&line, "nothing to compare: BASE and NEW have no metric in common");
		break;
	case OUTCOME_IMPROVED:
		put(&line, "improved: ");
		put_group(&line, c, VERDICT_IMPROVED, "better");
		put(&line, ". Well done!");
		break;
	case OUTCOME_CHANGED:
		put_changed(&line, c);
		break;
	case OUTCOME_IDENTICAL:
		put(&line, "identical: %zu %smetric%s of %zu point%s", c->exact,
		    c->steady ? "steady " : "", plural(c->exact), c->points, plural(c->points));
		break;
	case OUTCOME_NO_DIFFERENCE:
		put(&line, "no difference found: ");
		put_compared(&line, c);
		break;
	case OUTCOME_TOO_FEW:
	case NR_OUTCOMES:
		put(&line, "n too small to tell: ");
		put_compared(&line, c);
		put(&line, ", %zu run%s against %zu", c->base->count, plural(c->base->count),
		    c->new->count);
	}
}

bool compare_praise(const struct comparison *c, char *text, size_t size)
{
	struct line line = line_in(text, size);

	if (compare_outcome(c) != OUTCOME_REGRESSION || !c->nr[VERDICT_IMPROVED])
		return false;
	put(&line, "improved: ");
	put_group(&line, c, VERDICT_IMPROVED, "better");
	return true;
}

void compare_side(const struct runs *side, const char *name, char *text, size_t size)
{
	struct line line = line_in(text, size);
	const json_t *result = side->run[0].result;
	const json_t *environment = json_object_get(result, "environment");
	const char *commit = json_get_text(environment, "tdxbench");

	put(&line, "%s: %.300s, ", name, side->path);
	put(&line, "tdxbench %.60s of %.24s", *commit ? commit : "unknown",
	    *json_get_text(environment, "commit_time") ? json_get_text(environment, "commit_time") :
							  json_get_text(result, "started"));
	if (side->count > 1)
		put(&line, ", %zu runs", side->count);
}

/* ---- Notes ---- */

struct notes {
	const struct telling *t;
	sentence_teller *tell;
	void *arg;
};

static void note(const struct notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(const struct notes *n, const char *format, ...)
{
	char sentence[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	n->tell(sentence, n->arg);
}

#define SETTINGS_SHOWN	3

static void note_settings(const struct notes *n, const struct comparison *c)
{
	json_t *item;
	size_t i;

	json_array_foreach(c->settings, i, item) {
		if (i == SETTINGS_SHOWN) {
			note(n, "… and %zu more settings that differ.",
			     json_array_size(c->settings) - SETTINGS_SHOWN);
			break;
		}
		note(n, "SETTINGS DIFFER: %.100s of %.200s is %.100s in BASE, %.100s in NEW.",
		     json_get_text(item, "setting"), json_get_text(item, "point"),
		     json_get_text(item, "base"), json_get_text(item, "new"));
	}
}

static const char *fingerprint(const struct runs *side)
{
	return json_get_text(json_object_get(side->run[0].result, "environment"), "fingerprint");
}

/* Exact metrics, not steady, that differ: is that the change's doing? */
static void note_builds(const struct notes *n, const struct comparison *c)
{
	if (c->steady || c->exact == c->exact_equal)
		return;
	if (*fingerprint(c->base) && !strcmp(fingerprint(c->base), fingerprint(c->new)))
		note(n, "Both are of one build (same fingerprint), and yet exact metrics differ: "
			"this machine does not reproduce them.");
	else
		note(n, "The builds differ: exact metrics may have moved with the phases of timers "
			"only. Suites with steady metrics, as gate, tell that apart.");
}

static void note_others(const struct notes *n, const struct comparison *c)
{
	size_t moved = c->other - c->other_equal;

	if (moved)
		note(n, "%zu of %zu other exact metrics moved with the phases of timers, or with the "
			"change: not judged%s.", moved, c->other, n->t->all ? "" : " (--all lists them)");
}

static void note_sampled(const struct notes *n, const struct comparison *c)
{
	size_t tests = c->sampled - c->nr[VERDICT_TOO_FEW];

	if (c->nr[VERDICT_TOO_FEW])
		note(n, "%zu sampled figure%s: n too small to tell (%zu against %zu; no p below %g can come "
			"of so few), not judged%s.", c->nr[VERDICT_TOO_FEW], plural(c->nr[VERDICT_TOO_FEW]),
		     c->base->count, c->new->count, c->options.alpha,
		     n->t->all ? "" : " (--all lists them)");
	if (tests)
		note(n, "%zu sampled figure%s of %zu against %zu runs judged by Mann–Whitney (p below %g, "
			"medians at least %g %% apart); of so many, %.2g would pass for different by luck.",
		     tests, plural(tests), c->base->count, c->new->count, c->options.alpha,
		     c->options.min_effect, (double)tests * c->options.alpha);
}

void compare_notes(const struct telling *t, sentence_teller *tell, void *arg)
{
	const struct notes n = { t, tell, arg };
	json_t *points = compare_differing(t->c, false), *value;
	const char *point;
	char why[512];

	json_object_foreach(points, point, value)
		if (compare_why(t->c, point, why, sizeof(why)))
			note(&n, "%.200s: %s.", point, why);
	json_decref(points);
	note_settings(&n, t->c);
	note_builds(&n, t->c);
	note_others(&n, t->c);
	note_sampled(&n, t->c);
}

json_t *compare_differing(const struct comparison *c, bool steady)
{
	json_t *points = json_object();

	for (size_t i = 0; i < c->count; i++) {
		const struct difference *d = &c->difference[i];

		if (difference_is_exact(d) && d->metric && (d->steady || !steady))
			json_object_set_new(points, d->point, json_true());
	}
	return points;
}
