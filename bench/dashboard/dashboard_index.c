// SPDX-License-Identifier: GPL-2.0
/*
 * What the dashboard's first page shows, and what search looks through: suites with
 * their key metrics, all series by name, and what changed lately. Kept small: it is
 * loaded whole, however long the history.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/dashboard.h"
#include "result/view.h"

#define MAX_KEYS	8	/* key metrics of a suite */
#define MIN_KEYS	4	/* if it has so many */
#define SPARK_RUNS	120	/* the latest, of one machine */
#define MAX_GROUPS	40	/* of what changed lately */
#define GROUP_MARKS	5	/* the heaviest of each */

/* ---- Key metrics ---- */

static const struct {
	const char *metric, *stat;
} key_metrics[] = {
	{ "path.instructions", "value" }, { "path.own", "value" }, { "path.per_iteration", "value" },
	{ "path.iterations", "value" }, { "quote.rate", "value" }, { "latency.actual", "p99" },
	{ "timer.lateness_seam", "p99" }, { "victim.latency", "p99" },
	{ "update.stall_ns", "value" }, { "kill.waiting", "p50" }, { "td.p99_ratio", "value" },
	{ "pool.total_ns", "value" }, { "memory.per_td", "value" }, { "loop.overhead", "value" },
};

/* How well a series stands for its metric: with the default policy, and exact. */
static int rank(const struct history_series *series)
{
	const char *word = strstr(series->point, "default");

	return (word == series->point ? 4 : word ? 2 : 0) + series->exact;
}

static bool find_key(const struct dash *dash, const struct dash_suite *suite, size_t key,
		     size_t *found)
{
	int best = -1;

	for (size_t i = suite->first_series; i < suite->first_series + suite->nr_series; i++) {
		const struct history_series *s = &dash->series[i];

		if (strcmp(s->metric, key_metrics[key].metric) ||
		    strcmp(s->stat, key_metrics[key].stat) || rank(s) < best)
			continue;
		best = rank(s);
		*found = i;
	}
	return best >= 0;
}

static bool has_key(const size_t keys[MAX_KEYS], size_t count, size_t series)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i] == series)
			return true;
	return false;
}

/* Where few are known by name, numbers that can get worse, the steady ones first. */
static size_t fill_keys(const struct dash *dash, const struct dash_suite *suite,
			size_t keys[MAX_KEYS], size_t count)
{
	for (int steady = 1; steady >= 0; steady--) {
		for (size_t i = 0; i < suite->nr_series && count < MIN_KEYS; i++) {
			const struct history_series *s = &dash->series[suite->first_series + i];

			if (s->steady == steady && strcmp(s->better, "none") &&
			    !has_key(keys, count, suite->first_series + i))
				keys[count++] = suite->first_series + i;
		}
	}
	return count;
}

static size_t find_keys(const struct dash *dash, const struct dash_suite *suite,
			size_t keys[MAX_KEYS])
{
	size_t count = 0;

	for (size_t key = 0; key < sizeof(key_metrics) / sizeof(*key_metrics); key++)
		if (count < MAX_KEYS && find_key(dash, suite, key, &keys[count]))
			count++;
	return fill_keys(dash, suite, keys, count);
}

/* ---- Suites ---- */

/* What is left of @samples: the latest of the machine that was the last to measure this. */
static size_t spark_samples(const struct dash *dash, struct history_sample *samples, size_t count)
{
	size_t machine, first = count;

	if (!count)
		return 0;
	machine = machine_of(dash, samples[count - 1].run);
	for (size_t i = count; i > 0 && count - first < SPARK_RUNS; i--)
		if (machine_of(dash, samples[i - 1].run) == machine)
			samples[--first] = samples[i - 1];
	memmove(samples, samples + first, (count - first) * sizeof(*samples));
	return count - first;
}

/* In columns: run of the suite, its line, value. */
static bool put_spark(FILE *out, struct dash *dash, size_t series)
{
	struct history_sample *samples = NULL;
	ssize_t all = history_samples(dash->history, &dash->series[series], NULL, &samples);
	size_t count;

	if (all < 0)
		return false;
	count = spark_samples(dash, samples, (size_t)all);
	fprintf(out, "{s:%zu,at:[", series);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%zu", i ? "," : "", dash->local[samples[i].run]);
	fputs("],line:[", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%zu", i ? "," : "", dash->line_of[samples[i].run]);
	fputs("],v:[", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "," : "", out);
		put_real(out, samples[i].value);
	}
	fputs("]}", out);
	free(samples);
	return true;
}

static bool put_sparks(FILE *out, struct dash *dash, const struct dash_suite *suite)
{
	size_t keys[MAX_KEYS], count = find_keys(dash, suite, keys);

	fputs(",keys:[", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n" : "", out);
		if (!put_spark(out, dash, keys[i]))
			return false;
	}
	fputs("]", out);
	return true;
}

static void put_line(FILE *out, const struct dash *dash, const struct line *line)
{
	const struct history_run *run = &dash->run[line->latest];
	char label[96];

	build_label(run, label);
	fprintf(out, "{machine:%zu,environment:%zu,runs:%zu,at:%zu,id:\"%.*s\",flags:%d,build:",
		line->machine, line->environment, line->runs, dash->local[line->latest],
		dash->id_digits, run->id, run_flags(run));
	put_text(out, label);
	fputs(",started:", out);
	put_text(out, run->started);
	fputs(",nature:", out);
	put_text(out, line->nature);
	fputc('}', out);
}

static size_t count_builds(const struct dash *dash, const struct dash_suite *suite)
{
	char before[96], now[96];
	size_t count = 0;

	for (size_t i = 0; i < suite->nr_runs; i++) {
		build_label(&dash->run[suite->run[i]], now);
		count += !i || strcmp(before, now);
		memcpy(before, now, sizeof(now));
	}
	return count;
}

static bool put_suite(FILE *out, struct dash *dash, const struct dash_suite *suite)
{
	fputs("{name:", out);
	put_text(out, suite->name);
	fprintf(out, ",runs:%zu,builds:%zu,first:%zu,series:%zu,steps:%zu,\nlines:[",
		suite->nr_runs, count_builds(dash, suite), suite->first_series, suite->nr_series,
		suite->nr_marks);
	for (size_t i = 0; i < suite->nr_lines; i++) {
		fputs(i ? ",\n" : "", out);
		put_line(out, dash, &suite->line[i]);
	}
	fputs("]", out);
	if (!put_sparks(out, dash, suite))
		return false;
	fputs("}", out);
	return true;
}

/* ---- All series ---- */

static void put_series(FILE *out, const struct dash *dash)
{
	struct texts points = {}, metrics = {}, stats = {}, units = {};

	fputs("series:[", out);
	for (size_t i = 0; i < dash->nr_series; i++) {
		const struct history_series *s = &dash->series[i];

		fprintf(out, "%s[%zu,%zu,%zu,%zu,%c,%d,%u,", i ? ",\n" : "",
			texts_add(&points, s->point), texts_add(&metrics, s->metric),
			texts_add(&stats, s->stat), texts_add(&units, s->unit),
			!strcmp(s->better, "lower") ? '0' : !strcmp(s->better, "higher") ? '1' : '2',
			s->steady ? 2 : s->exact, dash->nr_steps[i]);
		if (isfinite(dash->last[i]))
			put_real(out, dash->last[i]);
		fputs("]", out);
	}
	fputs("],\npoints:", out);
	put_texts(out, &points);
	fputs(",\nmetrics:", out);
	put_texts(out, &metrics);
	fputs(",\nstats:", out);
	put_texts(out, &stats);
	fputs(",\nunits:", out);
	put_texts(out, &units);
	texts_free(&points);
	texts_free(&metrics);
	texts_free(&stats);
	texts_free(&units);
}

/* ---- What changed lately: steps of one run, together ---- */

static const struct dash *sorted;	/* qsort's comparison has no other way to know */

static double weight(const struct mark *mark)
{
	const struct history_series *s = &sorted->series[mark->series];
	double base = fmax(fabs(mark->before), 1e-9);
	double change = fmin(fabs(mark->after - mark->before) / base, 1e6);

	return (s->steady ? 2e6 : s->exact ? 1e6 : 0) + change;
}

static bool same_group(const struct mark *a, const struct mark *b)
{
	return a->at == b->at && a->kind == b->kind;
}

static int compare_marks(const void *one, const void *two)
{
	const struct mark *a = *(const struct mark *const *)one;
	const struct mark *b = *(const struct mark *const *)two;

	if (a->at != b->at)
		return a->at < b->at ? 1 : -1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return weight(a) < weight(b) ? 1 : weight(a) > weight(b) ? -1 : 0;
}

/* 0: worse, 1: better, 2: neither. */
static int verdict(const struct dash *dash, const struct mark *mark)
{
	const char *better = dash->series[mark->series].better;

	if (strcmp(better, "lower") && strcmp(better, "higher"))
		return 2;
	return (mark->after < mark->before) == !strcmp(better, "lower");
}

static void put_group(FILE *out, const struct dash *dash, const struct mark **mark, size_t count)
{
	const struct history_run *at = &dash->run[mark[0]->at], *from = &dash->run[mark[0]->from];
	size_t counts[3] = {};
	char label[96];

	for (size_t i = 0; i < count; i++)
		counts[verdict(dash, mark[i])]++;
	fprintf(out, "{suite:%zu,machine:%zu,kind:%d,text:%zu,counts:[%zu,%zu,%zu],id:\"%.*s\",to:",
		dash->suite_of[mark[0]->at], mark[0]->machine, mark[0]->kind == STEP_ENVIRONMENT,
		mark[0]->text, counts[0], counts[1], counts[2], dash->id_digits, at->id);
	build_label(at, label);
	put_text(out, label);
	build_label(from, label);
	fputs(",from:", out);
	put_text(out, label);
	fputs(",time:", out);
	put_text(out, *at->commit_time ? at->commit_time : at->started);
	fputs(",top:[", out);
	for (size_t i = 0; i < count && i < GROUP_MARKS; i++) {
		fprintf(out, "%s[%zu,", i ? "," : "", mark[i]->series);
		put_real(out, mark[i]->before);
		fputc(',', out);
		put_real(out, mark[i]->after);
		fputc(']', out);
	}
	fputs("]}", out);
}

static void put_lately(FILE *out, const struct dash *dash)
{
	const struct mark **mark = must_calloc(dash->nr_marks + 1, sizeof(*mark));
	size_t groups = 0;

	for (size_t i = 0; i < dash->nr_marks; i++)
		mark[i] = &dash->mark[i];
	sorted = dash;
	qsort(mark, dash->nr_marks, sizeof(*mark), compare_marks);
	fputs("lately:[", out);
	for (size_t i = 0, n; i < dash->nr_marks && groups < MAX_GROUPS; i += n, groups++) {
		for (n = 1; i + n < dash->nr_marks && same_group(mark[i], mark[i + n]);)
			n++;
		fputs(groups ? ",\n" : "", out);
		put_group(out, dash, mark + i, n);
	}
	fputs("]", out);
	free(mark);
}

/* ---- All of it ---- */

static void put_environments(FILE *out, const struct dash *dash)
{
	fputs("environments:[", out);
	for (size_t i = 0; i < dash->environments.count; i++) {
		fputs(i ? ",\n" : "", out);
		put_pairs(out, history_environment(dash->history, dash->environments.text[i]));
	}
	fputs("]", out);
}

static bool put_index(FILE *out, struct dash *dash)
{
	fprintf(out, "{runs:%zu,digits:%d,url:", dash->nr_runs, dash->id_digits);
	put_text(out, dash->commit_url);
	fputs(",\nmachines:", out);
	put_texts(out, &dash->machines);
	fputs(",\n", out);
	put_environments(out, dash);
	fputs(",\ntexts:", out);
	put_texts(out, &dash->texts);
	fputs(",\nsuites:[", out);
	for (size_t i = 0; i < dash->suites.count; i++) {
		fputs(i ? ",\n" : "", out);
		if (!put_suite(out, dash, &dash->suite[i]))
			return false;
	}
	fputs("],\n", out);
	put_series(out, dash);
	fputs(",\n", out);
	put_lately(out, dash);
	fputs("}", out);
	return true;
}

bool dashboard_index(struct dash *dash)
{
	FILE *out = data_open(dash, "index");
	bool ok = out && put_index(out, dash);

	return out && data_close(dash, out) && ok;
}
