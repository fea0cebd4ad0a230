// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench history list: which runs there are, the newest first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "history/history.h"
#include "command/options.h"
#include "report/table.h"
#include "result/view.h"

static struct {
	const char *db, *suite, *machine, *metric;
	uint64_t most;
	bool json;
} options = { .most = 25 };

static const struct option_row rows[] = {
	{ .long_name = "db", .value = "FILE", .type = OPTION_TEXT, .target = &options.db,
	  .help = "the history; default: " HISTORY_FILE },
	{ .long_name = "suite", .value = "NAME", .type = OPTION_TEXT, .target = &options.suite,
	  .help = "only runs of this suite" },
	{ .long_name = "machine", .value = "NAME", .type = OPTION_TEXT, .target = &options.machine,
	  .help = "only runs of this machine" },
	{ .long_name = "metric", .value = "NAME", .type = OPTION_TEXT, .target = &options.metric,
	  .help = "only runs that have this metric" },
	{ .letter = 'n', .long_name = "number", .value = "N", .type = OPTION_NUMBER,
	  .target = &options.most, .min = 0, .max = UINT32_MAX,
	  .help = "how many, 0 for all; default: 25" },
	{ .letter = 'j', .long_name = "json", .type = OPTION_FLAG, .target = &options.json,
	  .help = "print them as JSON" },
	{ .long_name = NULL }
};

/* The runs to list, the newest first. */
struct list {
	const struct history_run **run;
	size_t count, all;
};

/* Marks in @has the runs that have the metric. */
static int mark_runs(struct history *history, const char *metric, bool *has)
{
	size_t nr_series;
	const struct history_series *series = history_series(history, &nr_series);

	if (!series)
		return -1;
	for (size_t i = 0; i < nr_series; i++) {
		struct history_sample *samples;
		ssize_t count = 0;

		if (!strcmp(series[i].metric, metric))
			count = history_samples(history, &series[i], NULL, &samples);
		if (count < 0)
			return -1;
		for (ssize_t k = 0; k < count; k++)
			has[samples[k].run] = true;
		if (count)
			free(samples);
	}
	return 0;
}

static bool is_wanted(const struct history_run *run)
{
	return (!options.suite || !strcmp(run->suite, options.suite)) &&
	       (!options.machine || !strcmp(run->machine, options.machine));
}

static int choose(struct history *history, struct list *list)
{
	const struct history_run *runs = history_runs(history, &list->all);
	bool *has;
	int ret = 0;

	if (!runs)
		return -1;
	list->run = must_calloc(list->all, sizeof(*list->run));
	has = must_calloc(list->all, sizeof(*has));
	if (options.metric)
		ret = mark_runs(history, options.metric, has);
	for (size_t i = list->all; !ret && i--;)
		if (is_wanted(&runs[i]) && (!options.metric || has[i]))
			list->run[list->count++] = &runs[i];
	free(has);
	return ret;
}

/* ---- Forms ---- */

static void state_cell(const struct history_run *run, struct cell *cell)
{
	char lost[32] = "";

	if (run->lost_events)
		snprintf(lost, sizeof(lost), "lost %llu", (unsigned long long)run->lost_events);
	cell->style = run->complete && run->closed && !*lost ? CELL_GOOD : CELL_BAD;
	if (cell->style == CELL_GOOD)
		strcpy(cell->text, "ok");
	else
		snprintf(cell->text, sizeof(cell->text), "%s%s%s", run->complete ? "" : "INCOMPLETE ",
			 run->closed ? "" : "OPEN ", lost);
}

static void print_table(const struct list *list, size_t count)
{
	static const char *const heads[] = {
		"run", "started", "machine", "commit", "suite", "environment", "state",
	};
	const size_t columns = sizeof(heads) / sizeof(*heads);
	struct grid *grid = grid_new("Runs", columns, count);
	char build[96];

	for (size_t c = 0; c < columns; c++)
		snprintf(grid->column[c].head, sizeof(grid->column[c].head), "%s", heads[c]);
	for (size_t i = 0; i < count; i++) {
		const struct history_run *run = list->run[i];
		struct cell *cell = &grid->cell[i * columns];

		snprintf(cell[0].text, CELL_SIZE, "%.12s", run->id);
		snprintf(cell[1].text, CELL_SIZE, "%s", run->started);
		snprintf(cell[2].text, CELL_SIZE, "%s", run->machine);
		snprintf(cell[3].text, CELL_SIZE, "%s", history_build_text(run, build, sizeof(build)));
		snprintf(cell[4].text, CELL_SIZE, "%s", run->suite);
		snprintf(cell[5].text, CELL_SIZE, "%.8s", run->environment);
		state_cell(run, &cell[6]);
	}
	if (count)
		table_print_grid(grid, stdout);
	grid_free(grid);
	printf("%s%zu of %zu runs%s\n", count ? "\n" : "", count, list->all,
	       count < list->count ? "; -n 0 lists all" : "");
}

static void print_json(const struct list *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct history_run *run = list->run[i];

		json_array_append_new(array, json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I}",
			"id", run->id, "machine", run->machine, "commit", run->commit,
			"commit_time", run->commit_time, "tdxbench", run->version,
			"started", run->started, "suite", run->suite, "suite_sha256", run->suite_sha256,
			"environment", run->environment, "complete", run->complete,
			"books_closed", run->closed, "lost_events", (json_int_t)run->lost_events));
	}
	json_dumpf(array, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(array);
}

static int run(int argc, char **argv)
{
	struct history *history;
	struct list list = { };
	size_t count;
	int ret;

	if (argc)
		return usage_error("history list", "'%s' is one word too many", argv[0]);
	history = history_open(options.db ? options.db : HISTORY_FILE);
	if (!history)
		return EXIT_ERROR;
	ret = choose(history, &list);
	count = options.most && options.most < list.count ? options.most : list.count;
	if (!ret && options.json)
		print_json(&list, count);
	else if (!ret)
		print_table(&list, count);
	free(list.run);
	history_close(history);
	return ret ? EXIT_ERROR : EXIT_DONE;
}

const struct command cmd_history_list = {
	.name = "history list",
	.summary = "List runs, the newest commit first.",
	.synopsis = "[OPTION...]",
	.text = "examples:\n"
		"  tdxbench history list\n"
		"  tdxbench history list --suite gate --machine ci-3 -n 100\n"
		"  tdxbench history list -n 0 --json | jq -r '.[].commit'\n",
	.options = rows,
	.run = run,
};
