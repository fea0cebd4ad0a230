// SPDX-License-Identifier: GPL-2.0
/*
 * A history as a static site: the life of one, and the data of suites and series.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dashboard/dashboard.h"
#include "run/interrupt.h"
#include "result/result.h"
#include "result/view.h"

/* Files of bench/dashboard, linked in as they are. */
#define ASSET(symbol, file)						\
	asm(".pushsection .rodata\n"					\
	    "asset_" #symbol ": .incbin \"bench/dashboard/" file "\"\n"	\
	    "asset_" #symbol "_end: .byte 0\n.popsection\n");		\
	extern const char asset_##symbol[], asset_##symbol##_end[]

ASSET(page, "index.html");
ASSET(style, "dashboard.css");
ASSET(chart, "chart.js");
ASSET(script, "dashboard.js");

static const struct {
	const char *name, *begin, *end;
} assets[] = {
	{ "index.html", asset_page, asset_page_end },
	{ "dashboard.css", asset_style, asset_style_end },
	{ "chart.js", asset_chart, asset_chart_end },
	{ "dashboard.js", asset_script, asset_script_end },
};

/* ---- Writing data ---- */

FILE *data_open(struct dash *dash, const char *name)
{
	char path[96];
	FILE *out;

	snprintf(path, sizeof(path), "data/%s.js", name);
	out = site_open(dash->site, path);
	if (out)
		fprintf(out, "tdx.got(\"%s\",", name);
	return out;
}

bool data_close(struct dash *dash, FILE *out)
{
	fputs(");\n", out);
	return site_close(dash->site, out);
}

/* Only ASCII, and no "</", so that it is harmless wherever it lands. */
void put_text(FILE *out, const char *text)
{
	json_t *string = json_text(text);

	json_dumpf(string, out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
	json_decref(string);
}

void put_texts(FILE *out, const struct texts *texts)
{
	fputc('[', out);
	for (size_t i = 0; i < texts->count; i++) {
		fputs(i ? "," : "", out);
		put_text(out, texts->text[i]);
	}
	fputc(']', out);
}

static void put_members(FILE *out, const json_t *object, const char *prefix, bool *any)
{
	char name[256], text[CELL_SIZE];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_is_object(value)) {
			put_members(out, value, key, any);
			continue;
		}
		fputs(*any ? ",[" : "[", out);
		*any = true;
		put_text(out, name);
		fputc(',', out);
		human_scalar(value, text, sizeof(text));
		put_text(out, json_is_string(value) ? json_string_value(value) : text);
		fputc(']', out);
	}
}

void put_pairs(FILE *out, const json_t *object)
{
	bool any = false;

	fputc('[', out);
	put_members(out, object, "", &any);
	fputc(']', out);
}

void build_label(const struct history_run *run, char text[96])
{
	size_t length = strlen(run->build);

	if (*run->commit)
		snprintf(text, 96, "%.12s%s", run->commit,
			 length > 6 && !strcmp(run->build + length - 6, "-dirty") ? "-dirty" : "");
	else
		snprintf(text, 96, "%.80s", *run->version ? run->version : "unknown");
}

size_t texts_add(struct texts *texts, const char *text)
{
	const json_t *known = json_object_get(texts->index, text);

	if (known)
		return (size_t)json_integer_value(known);
	if (!texts->index)
		texts->index = json_object();
	if (!(texts->count & (texts->count - 1))) {
		texts->text = realloc(texts->text, (texts->count ? 2 * texts->count : 1) *
				      sizeof(*texts->text));
		if (!texts->text)
			abort();
	}
	texts->text[texts->count] = strdup(text);
	json_object_set_new_nocheck(texts->index, text, json_integer((json_int_t)texts->count));
	return texts->count++;
}

void texts_free(struct texts *texts)
{
	while (texts->count)
		free((char *)texts->text[--texts->count]);
	free(texts->text);
	json_decref(texts->index);
}

/* ---- The history, in the order that the site needs ---- */

static size_t find_line(struct dash_suite *suite, size_t machine, size_t environment)
{
	size_t i = 0;

	while (i < suite->nr_lines && (suite->line[i].machine != machine ||
				       suite->line[i].environment != environment))
		i++;
	if (i < suite->nr_lines)
		return i;
	suite->line = realloc(suite->line, (i + 1) * sizeof(*suite->line));
	if (!suite->line)
		abort();
	suite->line[i] = (struct line){ .machine = machine, .environment = environment,
					.nature = "" };
	return suite->nr_lines++;
}

size_t machine_of(const struct dash *dash, size_t run)
{
	return dash->suite[dash->suite_of[run]].line[dash->line_of[run]].machine;
}

static void place_run(struct dash *dash, size_t i)
{
	const struct history_run *run = &dash->run[i];
	struct dash_suite *suite = &dash->suite[dash->suite_of[i]];
	size_t line = find_line(suite, texts_add(&dash->machines, run->machine),
				texts_add(&dash->environments, run->environment));

	suite->line[line].runs++;
	suite->line[line].latest = i;
	dash->line_of[i] = line;
	dash->local[i] = suite->nr_runs;
	suite->run[suite->nr_runs++] = i;
}

static void place_runs(struct dash *dash)
{
	for (size_t i = 0; i < dash->nr_series; i++)
		texts_add(&dash->suites, dash->series[i].suite);	/* these are in order */
	for (size_t i = 0; i < dash->nr_runs; i++)
		dash->suite_of[i] = texts_add(&dash->suites, dash->run[i].suite);
	dash->suite = must_calloc(dash->suites.count + 1, sizeof(*dash->suite));
	for (size_t i = 0; i < dash->nr_runs; i++)
		dash->suite[dash->suite_of[i]].nr_runs++;
	for (size_t i = 0; i < dash->suites.count; i++) {
		dash->suite[i].name = dash->suites.text[i];
		dash->suite[i].run = must_calloc(dash->suite[i].nr_runs, sizeof(size_t));
		dash->suite[i].nr_runs = 0;	/* place_run() counts again */
	}
	for (size_t i = 0; i < dash->nr_runs; i++)
		place_run(dash, i);
	for (size_t i = 0; i < dash->nr_series; i++) {
		struct dash_suite *suite = &dash->suite[texts_add(&dash->suites, dash->series[i].suite)];

		if (!suite->nr_series++)
			suite->first_series = i;
	}
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Enough of them that no two runs look the same; all runs get the same width. */
static int count_digits(const struct dash *dash)
{
	const char **id = must_calloc(dash->nr_runs + 1, sizeof(*id));
	int digits = 8;

	for (size_t i = 0; i < dash->nr_runs; i++)
		id[i] = dash->run[i].id;
	qsort(id, dash->nr_runs, sizeof(*id), compare_ids);
	for (size_t i = 1; i < dash->nr_runs; i++)
		while (digits < 64 && !strncmp(id[i - 1], id[i], (size_t)digits))
			digits++;
	free(id);
	return digits;
}

static bool dash_read(struct dash *dash)
{
	dash->run = history_runs(dash->history, &dash->nr_runs);
	if (!dash->run)
		return false;
	dash->series = history_series(dash->history, &dash->nr_series);
	if (!dash->series)
		return false;
	dash->suite_of = must_calloc(dash->nr_runs + 1, sizeof(size_t));
	dash->local = must_calloc(dash->nr_runs + 1, sizeof(size_t));
	dash->line_of = must_calloc(dash->nr_runs + 1, sizeof(size_t));
	dash->last = must_calloc(dash->nr_series + 1, sizeof(double));
	dash->nr_steps = must_calloc(dash->nr_series + 1, sizeof(unsigned int));
	place_runs(dash);
	dash->id_digits = count_digits(dash);
	return true;
}

static void dash_free(struct dash *dash)
{
	for (size_t i = 0; i < dash->suites.count; i++) {
		free(dash->suite[i].run);
		free(dash->suite[i].line);
	}
	free(dash->suite);
	texts_free(&dash->machines);
	texts_free(&dash->environments);
	texts_free(&dash->suites);
	texts_free(&dash->texts);
	free(dash->suite_of);
	free(dash->local);
	free(dash->line_of);
	free(dash->last);
	free(dash->nr_steps);
	free(dash->mark);
}

/* ---- A suite: its runs, in columns ---- */

static long long seconds(const char *iso)
{
	struct tm tm = {};

	return strptime(iso, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (long long)timegm(&tm) : 0;
}

static const struct history_run *suite_run(const struct dash *dash, const struct dash_suite *suite,
					   size_t i)
{
	return &dash->run[suite->run[i]];
}

static bool new_build(const struct dash *dash, const struct dash_suite *suite, size_t i)
{
	char before[96], now[96];

	if (!i)
		return true;
	build_label(suite_run(dash, suite, i - 1), before);
	build_label(suite_run(dash, suite, i), now);
	return strcmp(before, now) != 0;
}

/* Twelve digits each, run together; those that are no commit follow by number. */
static void put_builds(FILE *out, const struct dash *dash, const struct dash_suite *suite)
{
	char label[96], odd_text[96];
	struct texts odd = {};
	size_t build = 0;

	fputs("builds:\"", out);
	for (size_t i = 0; i < suite->nr_runs; i++) {
		if (!new_build(dash, suite, i))
			continue;
		build_label(suite_run(dash, suite, i), label);
		if (strlen(label) == 12 && strspn(label, "0123456789abcdef") == 12) {
			fputs(label, out);
		} else {
			fputs("            ", out);
			snprintf(odd_text, sizeof(odd_text), "%zu:%.80s", build, label);
			texts_add(&odd, odd_text);
		}
		build++;
	}
	fputs("\",odd:", out);
	put_texts(out, &odd);
	texts_free(&odd);
	fputs(",\n", out);
}

/* Differences are short, and mostly none. */
static void put_times(FILE *out, const struct dash *dash, const struct dash_suite *suite,
		      bool of_commits)
{
	long long before = 0, now;
	const char *comma = "";

	for (size_t i = 0; i < suite->nr_runs; i++) {
		const struct history_run *run = suite_run(dash, suite, i);

		if (of_commits && !new_build(dash, suite, i))
			continue;
		now = seconds(of_commits ? run->commit_time : run->started);
		fprintf(out, "%s%lld", comma, now - before);
		before = now;
		comma = ",";
	}
}

int run_flags(const struct history_run *run)
{
	return (run->complete ? 0 : 1) + (run->closed ? 0 : 2) + (run->lost_events ? 4 : 0);
}

static void put_runs(FILE *out, const struct dash *dash, const struct dash_suite *suite)
{
	size_t i;

	fputs("id:\"", out);
	for (i = 0; i < suite->nr_runs; i++)
		fprintf(out, "%.*s", dash->id_digits, suite_run(dash, suite, i)->id);
	fputs("\",\n", out);
	put_builds(out, dash, suite);
	fputs("build:\"", out);
	for (i = 0; i < suite->nr_runs; i++)
		fputc(new_build(dash, suite, i) ? '1' : '0', out);
	fputs("\",\nflags:\"", out);
	for (i = 0; i < suite->nr_runs; i++)
		fputc('0' + run_flags(suite_run(dash, suite, i)), out);
	fputs("\",\nline:[", out);
	for (i = 0; i < suite->nr_runs; i++)
		fprintf(out, "%s%zu", i ? "," : "", dash->line_of[suite->run[i]]);
	fputs("],\ncommitted:[", out);
	put_times(out, dash, suite, true);
	fputs("],\nstarted:[", out);
	put_times(out, dash, suite, false);
	fputs("]", out);
}

static bool write_suite(struct dash *dash, size_t nr)
{
	char name[32];
	FILE *out;

	snprintf(name, sizeof(name), "suite/%zu", nr);
	out = data_open(dash, name);
	if (!out)
		return false;
	fprintf(out, "{n:%zu,", dash->suite[nr].nr_runs);
	put_runs(out, dash, &dash->suite[nr]);
	fputc('}', out);
	return data_close(dash, out);
}

/* ---- A series: its values, and where they step ---- */

/* In the order of the suite's runs: nothing is "as before", null is "not measured". */
static void put_values(FILE *out, const struct dash *dash, const struct history_sample *samples,
		       size_t count, size_t nr_runs)
{
	double before = NAN;
	size_t next = 0;

	fputc('[', out);
	for (size_t i = 0; i < nr_runs; i++) {
		if (next == count || dash->local[samples[next].run] != i) {
			fputs("null", out);
			before = NAN;
		} else {
			if (samples[next].value != before)
				put_real(out, samples[next].value);
			before = samples[next++].value;
		}
		fputc(',', out);
	}
	fputc(']', out);
}

static void add_mark(struct dash *dash, const struct mark *mark)
{
	if (dash->nr_marks == dash->room_marks) {
		dash->room_marks = dash->room_marks ? 2 * dash->room_marks : 1024;
		dash->mark = realloc(dash->mark, dash->room_marks * sizeof(*mark));
		if (!dash->mark)
			abort();
	}
	dash->mark[dash->nr_marks++] = *mark;
}

static void add_marks(struct dash *dash, size_t series, size_t machine,
		      const struct history_sample *samples, size_t count)
{
	struct step *steps = NULL;
	char text[1024];
	size_t n = history_steps(dash->history, &dash->series[series], samples, count, &steps);

	for (size_t i = 0; i < n; i++) {
		history_explain(dash->history, samples, &steps[i], text, sizeof(text));
		add_mark(dash, &(struct mark){
			.series = series, .machine = machine, .kind = steps[i].kind,
			.at = samples[steps[i].at].run, .from = samples[steps[i].from].run,
			.before = steps[i].before, .after = steps[i].after, .p = steps[i].p,
			.text = texts_add(&dash->texts, steps[i].kind == STEP_CODE ? "" : text),
		});
	}
	dash->nr_steps[series] += n;
	free(steps);
}

/* Each machine by itself. */
static void find_marks(struct dash *dash, size_t series, const struct history_sample *samples,
		       size_t count)
{
	struct history_sample *own = must_calloc(count + 1, sizeof(*own));
	size_t n;

	for (size_t machine = 0; machine < dash->machines.count; machine++) {
		n = 0;
		for (size_t i = 0; i < count; i++)
			if (machine_of(dash, samples[i].run) == machine)
				own[n++] = samples[i];
		if (n)
			add_marks(dash, series, machine, own, n);
	}
	free(own);
}

static void put_mark(FILE *out, const struct dash *dash, const struct mark *mark)
{
	fprintf(out, "[%zu,%zu,%zu,%zu,%d,", mark->series, mark->machine, dash->local[mark->at],
		dash->local[mark->from], mark->kind == STEP_ENVIRONMENT);
	put_real(out, mark->before);
	fputc(',', out);
	put_real(out, mark->after);
	fprintf(out, ",%.2g,%zu]", isfinite(mark->p) ? mark->p : 0, mark->text);
}

static void put_marks(FILE *out, const struct dash *dash, size_t first, size_t count)
{
	fputs("[", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n" : "", out);
		put_mark(out, dash, &dash->mark[first + i]);
	}
	fputs("]", out);
}

static bool write_series(struct dash *dash, const struct dash_suite *suite, size_t series)
{
	struct history_sample *samples = NULL;
	ssize_t count = history_samples(dash->history, &dash->series[series], NULL, &samples);
	size_t first = dash->nr_marks;
	char name[32];
	FILE *out;

	if (count < 0)
		return false;
	snprintf(name, sizeof(name), "series/%zu", series);
	out = data_open(dash, name);
	if (!out) {
		free(samples);
		return false;
	}
	find_marks(dash, series, samples, (size_t)count);
	dash->last[series] = count ? samples[count - 1].value : NAN;
	fputs("{v:", out);
	put_values(out, dash, samples, (size_t)count, suite->nr_runs);
	fputs(",\nsteps:", out);
	put_marks(out, dash, first, dash->nr_marks - first);
	fputc('}', out);
	free(samples);
	return data_close(dash, out);
}

static bool write_steps(struct dash *dash, size_t nr)
{
	char name[32];
	FILE *out;

	snprintf(name, sizeof(name), "steps/%zu", nr);
	out = data_open(dash, name);
	if (!out)
		return false;
	put_marks(out, dash, dash->suite[nr].first_mark, dash->suite[nr].nr_marks);
	return data_close(dash, out);
}

static bool write_suites(struct dash *dash)
{
	for (size_t nr = 0; nr < dash->suites.count; nr++) {
		struct dash_suite *suite = &dash->suite[nr];

		suite->first_mark = dash->nr_marks;
		if (!write_suite(dash, nr))
			return false;
		for (size_t i = 0; i < suite->nr_series; i++)
			if (interrupted() || !write_series(dash, suite, suite->first_series + i))
				return false;
		suite->nr_marks = dash->nr_marks - suite->first_mark;
		if (!write_steps(dash, nr))
			return false;
	}
	return true;
}

/* ---- The site ---- */

static bool write_assets(struct dash *dash)
{
	for (size_t i = 0; i < sizeof(assets) / sizeof(*assets); i++) {
		FILE *out = site_open(dash->site, assets[i].name);

		if (!out)
			return false;
		fwrite(assets[i].begin, 1, (size_t)(assets[i].end - assets[i].begin), out);
		if (!site_close(dash->site, out))
			return false;
	}
	return true;
}

int dashboard_write(struct history *history, const char *commit_url, const char *dir)
{
	struct dash dash = { .history = history, .commit_url = commit_url };
	bool ok;

	if (!dash_read(&dash))
		return -1;
	dash.site = site_begin(dir);
	ok = dash.site && write_assets(&dash) && write_suites(&dash) && dashboard_runs(&dash) &&
	     dashboard_index(&dash);
	if (dash.site && site_end(dash.site, ok && !interrupted()))
		ok = false;
	dash_free(&dash);
	return ok ? 0 : -1;
}
