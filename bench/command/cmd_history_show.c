// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench history show: one run as report has it, or one metric over all commits.
 */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "history/history.h"
#include "command/options.h"
#include "result/result.h"
#include "report/table.h"
#include "result/view.h"

static struct {
	const char *db, *metric, *point, *stat, *suite, *machine;
	uint64_t most;
	bool steps, all_metrics, json;
} options = { .most = 25 };

static const struct option_row rows[] = {
	{ .long_name = "db", .value = "FILE", .type = OPTION_TEXT, .target = &options.db,
	  .help = "the history; default: " HISTORY_FILE },
	{ .long_name = "metric", .value = "NAME", .type = OPTION_TEXT, .target = &options.metric,
	  .help = "show this metric over all commits; may have * and ? in it" },
	{ .long_name = "point", .value = "PATTERN", .type = OPTION_TEXT, .target = &options.point,
	  .help = "only of points whose id fits, as 'default/*'" },
	{ .long_name = "stat", .value = "STAT", .type = OPTION_TEXT, .target = &options.stat,
	  .help = "only p50, p99, max or mean of histograms" },
	{ .long_name = "suite", .value = "NAME", .type = OPTION_TEXT, .target = &options.suite,
	  .help = "only of this suite" },
	{ .long_name = "machine", .value = "NAME", .type = OPTION_TEXT, .target = &options.machine,
	  .help = "only of this machine" },
	{ .letter = 's', .long_name = "steps", .type = OPTION_FLAG, .target = &options.steps,
	  .help = "only where the metric changed" },
	{ .letter = 'n', .long_name = "number", .value = "N", .type = OPTION_NUMBER,
	  .target = &options.most, .min = 0, .max = UINT32_MAX,
	  .help = "how many of the last commits, 0 for all; default: 25" },
	{ .letter = 'm', .long_name = "metrics", .type = OPTION_FLAG, .target = &options.all_metrics,
	  .help = "of a run: behind the tables, every metric of every point" },
	{ .letter = 'j', .long_name = "json", .type = OPTION_FLAG, .target = &options.json,
	  .help = "print JSON" },
	{ .long_name = NULL }
};

/* ---- A run ---- */

static bool begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool is_named(const struct history_run *run, const char *name)
{
	return begins(run->id, name) || begins(run->build, name);
}

static int tell_many(const struct history_run *runs, size_t count, const char *name)
{
	size_t told = 0;

	fprintf(stderr, "tdxbench history show: '%s' is more than one run:", name);
	for (size_t i = count; i--;) {
		if (!is_named(&runs[i], name))
			continue;
		if (told++ == 5) {
			fprintf(stderr, ", …");
			break;
		}
		fprintf(stderr, "%s %.12s (%s)", told > 1 ? "," : "", runs[i].id, runs[i].machine);
	}
	fputc('\n', stderr);
	return -1;
}

static const struct history_run *find_run(struct history *history, const char *name)
{
	const struct history_run *found = NULL, *runs;
	size_t count;

	runs = history_runs(history, &count);
	for (size_t i = 0; runs && i < count; i++) {
		if (!is_named(&runs[i], name))
			continue;
		if (found) {
			tell_many(runs, count, name);
			return NULL;
		}
		found = &runs[i];
	}
	if (runs && !found)
		fprintf(stderr, "tdxbench history show: no run or commit begins with '%s'; "
			"tdxbench history list has them\n", name);
	return found;
}

static int show_run(struct history *history, const char *name)
{
	const struct history_run *run = find_run(history, name);
	json_t *result = run ? history_result(history, run) : NULL;

	if (!result)
		return -1;
	if (options.json)
		result_print(result, stdout);
	else
		table_print(result, options.all_metrics, stdout);
	json_decref(result);
	return 0;
}

/* ---- A series on one machine ---- */

/**
 * struct track - what one table shows
 * @step_at: of each sample, the step that it begins, or NULL
 */
struct track {
	struct history *history;
	const struct history_series *series;
	const struct history_run *runs;
	const char *machine;
	struct history_sample *samples;
	size_t count;
	struct step *steps;
	size_t nr_steps;
	const struct step **step_at;
};

static const struct history_run *run_of(const struct track *track, size_t sample)
{
	return &track->runs[track->samples[sample].run];
}

/* Runs of one commit in one place share a row. */
static size_t row_end(const struct track *track, size_t begin)
{
	const struct history_run *first = run_of(track, begin);
	size_t end = begin + 1;

	while (end < track->count && !track->step_at[end] && *first->build &&
	       !strcmp(run_of(track, end)->build, first->build) &&
	       !strcmp(run_of(track, end)->environment, first->environment))
		end++;
	return end;
}

static int by_value(const void *a, const void *b)
{
	double x = ((const struct history_sample *)a)->value;
	double y = ((const struct history_sample *)b)->value;

	return x < y ? -1 : x > y;
}

static const char *figure(const struct track *track, double value, char text[40])
{
	snprintf(text, 40, "%.*g", track->series->exact ? 15 : 6, value);
	return text;
}

/* "1.25e+06 (1.2e+06 to 1.31e+06)": the median of several runs, and how far they are apart. */
static void value_cell(const struct track *track, size_t begin, size_t end, struct cell *cell)
{
	size_t count = end - begin;
	struct history_sample *sorted = must_calloc(count, sizeof(*sorted));
	char middle[40], least[40], most[40];

	memcpy(sorted, track->samples + begin, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_value);
	figure(track, sorted[(count - 1) / 2].value / 2 + sorted[count / 2].value / 2, middle);
	if (sorted[0].value == sorted[count - 1].value)
		snprintf(cell->text, CELL_SIZE, "%s", middle);
	else
		snprintf(cell->text, CELL_SIZE, "%s (%s to %s)", middle,
			 figure(track, sorted[0].value, least),
			 figure(track, sorted[count - 1].value, most));
	free(sorted);
}

/* "+20 (+0.05 %)" */
static void change_cell(const struct track *track, const struct step *step, struct cell *cell)
{
	double change = step->after - step->before;
	bool better = (change < 0) == !strcmp(track->series->better, "lower");
	char text[40];

	figure(track, change, text);
	snprintf(cell->text, CELL_SIZE, "%s%s", change > 0 ? "+" : "", text);
	if (step->before) {
		size_t used = strlen(cell->text);

		snprintf(cell->text + used, CELL_SIZE - used, " (%+.3g %%)",
			 100 * change / fabs(step->before));
	}
	if (strcmp(track->series->better, "none"))
		cell->style = better ? CELL_GOOD : CELL_BAD;
}

static void add_row(const struct track *track, size_t begin, size_t end, struct grid *grid)
{
	const struct step *step = track->step_at[begin];
	const struct history_run *run = run_of(track, begin);
	struct cell *cell = grid_add_row(grid);

	history_build_text(run, cell[0].text, CELL_SIZE);
	snprintf(cell[1].text, CELL_SIZE, "%s", *run->commit_time ? run->commit_time : run->started);
	snprintf(cell[2].text, CELL_SIZE, "%zu", end - begin);
	value_cell(track, begin, end, &cell[3]);
	if (step) {
		change_cell(track, step, &cell[4]);
		history_explain(track->history, track->samples, step, cell[5].text, CELL_SIZE);
	}
}

static struct grid *track_grid(const struct track *track)
{
	static const char *const heads[] = { "commit", "of", "runs", "", "step", "why" };
	const struct history_series *s = track->series;
	struct grid *grid;
	char title[96];

	snprintf(title, sizeof(title), "%s %s %s%s%s on %s", s->suite, s->point, s->metric,
		 strcmp(s->stat, "value") ? " " : "", strcmp(s->stat, "value") ? s->stat : "",
		 track->machine);
	grid = grid_new(title, sizeof(heads) / sizeof(*heads), 0);
	for (size_t c = 0; c < grid->columns; c++) {
		snprintf(grid->column[c].head, sizeof(grid->column[c].head), "%s", heads[c]);
		grid->column[c].numeric = c >= 2 && c <= 4;
	}
	snprintf(grid->column[3].head, sizeof(grid->column[3].head), "%s", *s->unit ? s->unit : "value");
	return grid;
}

/* The first sample of the last rows that are asked for. */
static size_t first_shown(const struct track *track)
{
	size_t *begins = must_calloc(track->count, sizeof(*begins)), rows = 0, first;

	for (size_t i = 0; i < track->count; i = row_end(track, i))
		begins[rows++] = i;
	first = options.most && options.most < rows ? begins[rows - options.most] : 0;
	free(begins);
	return first;
}

/* As above a grid. */
static void print_title(const char *title)
{
	putchar('\n');
	table_line(stdout, TABLE_BOLD, title);
}

static void print_track(const struct track *track)
{
	struct grid *grid = track_grid(track);
	size_t begin = options.steps ? 0 : first_shown(track), end;

	for (; begin < track->count; begin = end) {
		end = row_end(track, begin);
		if (!options.steps || track->step_at[begin])
			add_row(track, begin, end, grid);
	}
	if (grid->rows)
		table_print_grid(grid, stdout);
	else
		print_title(grid->title);
	printf("%zu %s in %zu %s\n", track->nr_steps, track->nr_steps == 1 ? "step" : "steps",
	       track->count, track->count == 1 ? "run" : "runs");
	grid_free(grid);
}

static json_t *step_json(const struct track *track, const struct step *step)
{
	char why[CELL_SIZE];

	history_explain(track->history, track->samples, step, why, sizeof(why));
	return json_pack("{s:I, s:I, s:s, s:f, s:f, s:f, s:o}", "at", (json_int_t)step->at,
			 "from", (json_int_t)step->from,
			 "kind", step->kind == STEP_CODE ? "code" : "environment",
			 "before", step->before, "after", step->after, "p", step->p, "why",
			 json_text(why));
}

static json_t *track_json(const struct track *track)
{
	const struct history_series *s = track->series;
	json_t *samples = json_array(), *steps = json_array();

	for (size_t i = 0; i < track->count; i++) {
		const struct history_run *run = run_of(track, i);

		json_array_append_new(samples, json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:f}", "run", run->id, "build", run->build,
			"commit_time", run->commit_time, "started", run->started,
			"environment", run->environment, "value", track->samples[i].value));
	}
	for (size_t i = 0; i < track->nr_steps; i++)
		json_array_append_new(steps, step_json(track, &track->steps[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:o}", "suite", s->suite,
			 "point", s->point, "metric", s->metric, "stat", s->stat, "unit", s->unit,
			 "better", s->better, "class", s->exact ? "exact" : "sampled", "steady", s->steady,
			 "machine", track->machine, "samples", samples, "steps", steps);
}

/* @json: an array to append to, or NULL to print. 1: there was something to show. */
static int show_track(struct track *track, json_t *json)
{
	ssize_t count = history_samples(track->history, track->series, track->machine,
					&track->samples);

	if (count <= 0)
		return (int)count;
	track->count = (size_t)count;
	track->nr_steps = history_steps(track->history, track->series, track->samples, track->count,
					&track->steps);
	track->step_at = must_calloc(track->count, sizeof(*track->step_at));
	for (size_t i = 0; i < track->nr_steps; i++)
		track->step_at[track->steps[i].at] = &track->steps[i];
	if (json)
		json_array_append_new(json, track_json(track));
	else
		print_track(track);
	free(track->step_at);
	free(track->steps);
	free(track->samples);
	return 1;
}

/* ---- All series that fit ---- */

static bool fits(const char *text, const char *pattern)
{
	return !pattern || !fnmatch(pattern, text, 0);
}

static bool is_wanted(const struct history_series *series)
{
	return fits(series->metric, options.metric) && fits(series->point, options.point) &&
	       (!options.suite || !strcmp(series->suite, options.suite)) &&
	       (!options.stat || !strcmp(series->stat, "value") ||
		!strcmp(series->stat, options.stat));
}

/* Names of machines, in alphabetical order. */
static json_t *machines_of(const struct history_run *runs, size_t count)
{
	json_t *machines = json_object();

	for (size_t i = 0; i < count; i++)
		if (!options.machine || !strcmp(runs[i].machine, options.machine))
			json_object_set_new(machines, runs[i].machine, json_true());
	return machines;
}

static int show_machines(struct history *history, const struct history_series *series,
			 const struct history_run *runs, json_t *machines, json_t *json)
{
	const char *machine;
	json_t *unused;
	int shown = 0;

	json_object_foreach(machines, machine, unused) {
		struct track track = {
			.history = history, .series = series, .runs = runs, .machine = machine,
		};
		int ret = show_track(&track, json);

		if (ret < 0)
			return ret;
		shown += ret;
	}
	return shown;
}

static int show_all(struct history *history, const struct history_run *runs, json_t *machines,
		    json_t *json)
{
	size_t count;
	const struct history_series *series = history_series(history, &count);
	int shown = 0;

	if (!series)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int ret = is_wanted(&series[i]) ?
			show_machines(history, &series[i], runs, machines, json) : 0;

		if (ret < 0)
			return ret;
		shown += ret;
	}
	return shown;
}

static int show_series(struct history *history)
{
	json_t *json = options.json ? json_array() : NULL, *machines = NULL;
	const struct history_run *runs;
	size_t count;
	int shown = -1;

	runs = history_runs(history, &count);
	if (runs) {
		machines = machines_of(runs, count);
		shown = show_all(history, runs, machines, json);
	}
	if (!shown)
		fprintf(stderr, "tdxbench history show: there is no such series; "
			"try --metric '*', or tdxbench history list\n");
	if (shown > 0 && json) {
		json_dumpf(json, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(json);
	json_decref(machines);
	return shown > 0 ? 0 : -1;
}

static int run(int argc, char **argv)
{
	struct history *history;
	int ret;

	if (options.metric ? argc : argc != 1)
		return usage_error("history show", "show either RUN, the beginning of a run's id or of a "
				   "commit, or --metric NAME");
	if (argc && strlen(argv[0]) < 4)
		return usage_error("history show", "'%s' is too short, give at least 4 digits", argv[0]);
	history = history_open(options.db ? options.db : HISTORY_FILE);
	if (!history)
		return EXIT_ERROR;
	ret = options.metric ? show_series(history) : show_run(history, argv[0]);
	history_close(history);
	return ret ? EXIT_ERROR : EXIT_DONE;
}

const struct command cmd_history_show = {
	.name = "history show",
	.summary = "Show one run as report does, or a metric over all commits.",
	.synopsis = "[OPTION...] RUN | --metric NAME",
	.text = "RUN is the beginning of a run's id or of a commit. A metric is shown for each point and\n"
		"machine; steps are marked, with the change of code or environment that made them.\n\n"
		"examples:\n"
		"  tdxbench history show 3f2a9c\n"
		"  tdxbench history show --metric path.instructions\n"
		"  tdxbench history show --metric quote.total --stat p99 --point 'default/*' --steps\n",
	.options = rows,
	.run = run,
};
