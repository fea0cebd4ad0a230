// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a history: runs in order, series and their samples, whole results.
 */
#include "history/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history/history_db.h"
#include "result/result.h"
#include "result/view.h"

static int damaged(const struct history *history, const char *what)
{
	return history_fail(history, "is damaged: %s", what);
}

/* ---- Environments ---- */

static int take_environment(struct history *history, sqlite3_stmt *row)
{
	const char *key = history_text(history, row, 0), *text = history_text(history, row, 1);
	json_t *environment = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (key && json_is_object(environment) &&
	    !json_object_set_new(history->environments, key, environment))
		return 0;
	json_decref(environment);
	return damaged(history, "an environment cannot be read");
}

static int load_environments(struct history *history)
{
	sqlite3_stmt *rows = history_prepare(history, "SELECT key, json FROM environments");
	int ret = rows ? SQLITE_ROW : -1;

	while (ret == SQLITE_ROW && (ret = history_step(history, rows)) == SQLITE_ROW)
		if (take_environment(history, rows))
			ret = -1;
	sqlite3_finalize(rows);
	return ret == SQLITE_DONE ? 0 : -1;
}

const json_t *history_environment(struct history *history, const char *key)
{
	return json_object_get(history->environments, key);
}

static void add_difference(const char *name, const json_t *from, const json_t *to, char *text,
			   size_t size)
{
	char a[96] = "unknown", b[96] = "unknown";
	size_t used = strlen(text);

	if (from == to || (from && to && json_equal(from, to)))
		return;
	if (from)
		human_scalar(from, a, sizeof(a));
	if (to)
		human_scalar(to, b, sizeof(b));
	snprintf(text + used, size - used, "%s%s %s -> %s", used ? ", " : "", name, a, b);
}

void history_environment_change(struct history *history, const char *from, const char *to,
				char *text, size_t size)
{
	json_t *a = json_object_get(history->environments, from);
	json_t *b = json_object_get(history->environments, to), *value;
	const char *name;

	text[0] = '\0';
	json_object_foreach(a, name, value)
		add_difference(name, value, json_object_get(b, name), text, size);
	json_object_foreach(b, name, value)
		if (!json_object_get(a, name))
			add_difference(name, NULL, value, text, size);
}

/* ---- Runs ---- */

/* Texts in the order of the columns that select_runs asks for. */
static int take_run(struct history *history, sqlite3_stmt *row, struct history_run *run)
{
	const char **const texts[] = {
		&run->id, &run->machine, &run->commit, &run->commit_time, &run->version,
		&run->started, &run->suite, &run->suite_sha256, &run->environment, &run->build,
	};
	const int nr = sizeof(texts) / sizeof(*texts);

	for (int i = 0; i < nr; i++) {
		*texts[i] = history_text(history, row, i);
		if (!*texts[i])
			return damaged(history, "a run cannot be read");
	}
	if (!history_environment(history, run->environment))
		return damaged(history, "a run has no environment");
	run->complete = sqlite3_column_int(row, nr);
	run->closed = sqlite3_column_int(row, nr + 1);
	run->lost_events = (uint64_t)sqlite3_column_int64(row, nr + 2);
	run->row = sqlite3_column_int64(row, nr + 3);
	return 0;
}

/* The build: a commit with changes that were not committed is another one. */
static const char select_runs[] =
	"SELECT id, machine, \"commit\", commit_time, version, started, suite, suite_sha256, key, "
	"CASE WHEN \"commit\" = '' THEN version WHEN version GLOB '*-dirty' THEN \"commit\" || '-dirty' "
	"ELSE \"commit\" END, complete, closed, lost_events, runs.row "
	"FROM runs JOIN environments ON environments.row = runs.environment";

static int load_runs(struct history *history)
{
	ssize_t count = history_count(history, "runs", HISTORY_RUNS_MAX);
	sqlite3_stmt *rows = count < 0 ? NULL : history_prepare(history, select_runs);
	int ret = rows ? SQLITE_ROW : -1;

	free(history->runs);
	history->nr_runs = 0;
	history->runs = must_calloc((size_t)count + 1, sizeof(*history->runs));
	while (ret == SQLITE_ROW && (ret = history_step(history, rows)) == SQLITE_ROW)
		if (history->nr_runs == (size_t)count ||
		    take_run(history, rows, &history->runs[history->nr_runs++]))
			ret = -1;
	sqlite3_finalize(rows);
	return ret == SQLITE_DONE ? 0 : -1;
}

/* ---- The order of history ---- */

/**
 * struct place - of a run in history
 * @group: the runs that stay together: its commit, or it alone
 * @time:  of the group: of the commit, or when its first run started
 * @first: when its first run started
 */
struct place {
	const char *time, *first, *group;
	bool dirty;
	struct history_run run;
};

static int by_group(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order ? order : strcmp(x->run.started, y->run.started);
}

static int by_history(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->time, y->time);

	order = order ? order : strcmp(x->first, y->first);
	order = order ? order : strcmp(x->group, y->group);
	order = order ? order : x->dirty - y->dirty;
	order = order ? order : strcmp(x->run.started, y->run.started);
	return order ? order : strcmp(x->run.id, y->run.id);
}

/* @place is sorted by group, and by start within it. */
static void place_groups(struct place *place, size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		const char *time = "";

		for (end = i; end < count && !strcmp(place[end].group, place[i].group); end++)
			if (!*time)
				time = place[end].run.commit_time;
		for (size_t k = i; k < end; k++) {
			place[k].first = place[i].run.started;
			place[k].time = *time ? time : place[i].run.started;
		}
	}
}

static void sort_runs(struct history *history)
{
	struct place *place = must_calloc(history->nr_runs + 1, sizeof(*place));

	for (size_t i = 0; i < history->nr_runs; i++) {
		const struct history_run *run = &history->runs[i];

		place[i] = (struct place){
			.group = *run->commit ? run->commit : run->id,
			.dirty = is_dirty(run->version), .run = *run,
		};
	}
	qsort(place, history->nr_runs, sizeof(*place), by_group);
	place_groups(place, history->nr_runs);
	qsort(place, history->nr_runs, sizeof(*place), by_history);
	for (size_t i = 0; i < history->nr_runs; i++)
		history->runs[i] = place[i].run;
	free(place);
}

static int by_row(const void *a, const void *b)
{
	int64_t x = ((const struct row_index *)a)->row, y = ((const struct row_index *)b)->row;

	return x < y ? -1 : x > y;
}

static void index_runs(struct history *history)
{
	history->rows = must_calloc(history->nr_runs + 1, sizeof(*history->rows));
	for (size_t i = 0; i < history->nr_runs; i++)
		history->rows[i] = (struct row_index){ history->runs[i].row, i };
	qsort(history->rows, history->nr_runs, sizeof(*history->rows), by_row);
}

const struct history_run *history_runs(struct history *history, size_t *count)
{
	*count = 0;
	if (!history->rows) {
		if (load_environments(history) || load_runs(history))
			return NULL;
		sort_runs(history);
		index_runs(history);
	}
	*count = history->nr_runs;
	return history->runs;
}

/* ---- Whole results ---- */

void history_result_id(const json_t *result, char id[SHA256_HEX])
{
	char *text = json_dumps(result, JSON_SORT_KEYS | JSON_COMPACT);

	sha256_hex(text ? text : "", text ? strlen(text) : 0, id);
	free(text);
}

struct text history_stored(struct history *history, int64_t run, bool full)
{
	sqlite3_stmt *row = history_prepare(history,
					    "SELECT json, base FROM results WHERE run = ?");
	struct text text = { }, base = { }, packed;
	bool has_base;

	if (!row)
		return text;
	sqlite3_bind_int64(row, 1, run);
	if (history_step(history, row) == SQLITE_ROW) {
		has_base = sqlite3_column_type(row, 1) != SQLITE_NULL;
		if (has_base && !full)	/* a base has none itself */
			base = history_stored(history, sqlite3_column_int64(row, 1), true);
		packed.bytes = (char *)sqlite3_column_blob(row, 0);
		packed.length = (size_t)sqlite3_column_bytes(row, 0);
		if (!has_base || base.bytes)
			text = text_unpack(packed, base, JSON_LIMIT);
	}
	sqlite3_finalize(row);
	free(base.bytes);
	return text;
}

static json_t *check_result(const struct history *history, const struct history_run *run,
			    struct text text)
{
	char error[RESULT_ERROR], id[SHA256_HEX];
	json_t *result = result_parse(text.bytes, text.length, error);

	if (!result) {
		history_fail(history, "is damaged: run %.12s: %s", run->id, error);
		return NULL;
	}
	history_result_id(result, id);
	if (!strcmp(id, run->id))
		return result;
	history_fail(history, "is damaged: run %.12s is not what was added", run->id);
	json_decref(result);
	return NULL;
}

json_t *history_result(struct history *history, const struct history_run *run)
{
	struct text text = history_stored(history, run->row, false);
	json_t *result = NULL;

	if (text.bytes)
		result = check_result(history, run, text);
	else
		history_fail(history, "is damaged: run %.12s has no result that can be read",
			     run->id);
	free(text.bytes);
	return result;
}

/* ---- Series ---- */

static int take_series(struct history *history, sqlite3_stmt *row, struct history_series *series)
{
	const char *class = history_text(history, row, 6);
	const char **const texts[] = {
		&series->suite, &series->point, &series->metric, &series->stat, &series->unit,
		&series->better,
	};

	for (int i = 0; i < 6; i++) {
		*texts[i] = history_text(history, row, i);
		if (!*texts[i] || !class)
			return damaged(history, "a series cannot be read");
	}
	series->exact = !strcmp(class, "exact");
	series->steady = sqlite3_column_int(row, 7);
	series->row = sqlite3_column_int64(row, 8);
	return 0;
}

static int load_series(struct history *history)
{
	ssize_t count = history_count(history, "series", HISTORY_SERIES_MAX);
	sqlite3_stmt *rows = count < 0 ? NULL : history_prepare(history,
		"SELECT suite, point, metric, stat, unit, better, class, steady, row FROM series "
		"ORDER BY 1, 2, 3, 4, 5, 6, 7, 8");
	int ret = rows ? SQLITE_ROW : -1;

	history->nr_series = 0;
	history->series = must_calloc((size_t)count + 1, sizeof(*history->series));
	while (ret == SQLITE_ROW && (ret = history_step(history, rows)) == SQLITE_ROW)
		if (history->nr_series == (size_t)count ||
		    take_series(history, rows, &history->series[history->nr_series++]))
			ret = -1;
	sqlite3_finalize(rows);
	return ret == SQLITE_DONE ? 0 : -1;
}

const struct history_series *history_series(struct history *history, size_t *count)
{
	*count = 0;
	if (!history->series && load_series(history)) {
		free(history->series);
		history->series = NULL;
		return NULL;
	}
	*count = history->nr_series;
	return history->series;
}

/* ---- Samples ---- */

static int by_run(const void *a, const void *b)
{
	size_t x = ((const struct history_sample *)a)->run;
	size_t y = ((const struct history_sample *)b)->run;

	return x < y ? -1 : x > y;
}

/* True: it is one of @machine. */
static int take_sample(struct history *history, sqlite3_stmt *row, const char *machine,
		       struct history_sample *sample)
{
	const struct row_index key = { .row = sqlite3_column_int64(row, 0) };
	const struct row_index *found = bsearch(&key, history->rows, history->nr_runs,
						sizeof(key), by_row);

	sample->value = sqlite3_column_double(row, 1);
	if (!found || !isfinite(sample->value))
		return damaged(history, "a figure cannot be read");
	sample->run = found->index;
	return !machine || !strcmp(history->runs[found->index].machine, machine);
}

/* Each run is there once at most. */
static ssize_t read_samples(struct history *history, sqlite3_stmt *rows, const char *machine,
			    struct history_sample *samples)
{
	size_t count = 0, seen = 0;
	int ret;

	while ((ret = history_step(history, rows)) == SQLITE_ROW) {
		if (seen++ == history->nr_runs)
			return damaged(history, "more figures than runs");
		ret = take_sample(history, rows, machine, &samples[count]);
		if (ret < 0)
			return -1;
		count += (size_t)ret;
	}
	return ret == SQLITE_DONE ? (ssize_t)count : -1;
}

ssize_t history_samples(struct history *history, const struct history_series *series,
			const char *machine, struct history_sample **samples)
{
	struct history_sample *list = NULL;
	sqlite3_stmt *rows = NULL;
	ssize_t count = -1;
	size_t nr_runs;

	*samples = NULL;
	if (history_runs(history, &nr_runs))
		rows = history_prepare(history, "SELECT run, value FROM metrics WHERE series = ?");
	if (rows) {
		sqlite3_bind_int64(rows, 1, series->row);
		list = must_calloc(nr_runs + 1, sizeof(*list));
		count = read_samples(history, rows, machine, list);
		sqlite3_finalize(rows);
	}
	if (count > 0) {
		qsort(list, (size_t)count, sizeof(*list), by_run);
		*samples = list;
	} else {
		free(list);
	}
	return count;
}
