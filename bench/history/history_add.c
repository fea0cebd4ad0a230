// SPDX-License-Identifier: GPL-2.0
/*
 * Adding to a history: results, directories of them, and other histories. All of it or
 * nothing: it is one transaction, and a new file gets its name when it is done.
 *
 * Of another history only whole results and the names of machines are taken; columns and
 * figures are made anew from the results, as if each had been added as a file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare/alike.h"
#include "history/history_db.h"
#include "run/interrupt.h"
#include "result/must.h"
#include "result/result.h"
#include "result/view.h"

#define PATH_SIZE	4096

static const char *const stats[] = { "p50", "p99", "max", "mean" };

/**
 * struct adding - an open transaction
 * @source:  the result at hand, for messages
 * @base_run, @base: the newest result that is kept in full, of @base_suite (SHA-256)
 * @machine: of results that do not come from another history
 */
struct adding {
	struct history *history;
	sqlite3_stmt *known_run, *find_base, *add_run, *add_result;
	sqlite3_stmt *find_environment, *add_environment;
	sqlite3_stmt *find_series, *add_series, *add_metric;
	const char *source, *machine;
	char base_suite[SHA256_HEX];
	int64_t base_run;
	struct text base;
	struct history_added *added;
};

static int fail(const struct adding *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(const struct adding *a, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fprintf(stderr, "tdxbench: cannot add %s: ", a->source);
	text_put(stderr, what);
	fputc('\n', stderr);
	return -1;
}

/* ---- Statements ---- */

static int prepare_all(struct adding *a)
{
	const struct { sqlite3_stmt **statement; const char *sql; } all[] = {
		{ &a->known_run, "SELECT 1 FROM runs WHERE id = ?" },
		{ &a->add_run, "INSERT INTO runs (id, machine, \"commit\", commit_time, version, started, "
		  "suite, suite_sha256, environment, complete, closed, lost_events) "
		  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
		{ &a->find_base, "SELECT max(run) FROM results JOIN runs ON runs.row = run "
		  "WHERE base IS NULL AND suite_sha256 = ?" },
		{ &a->add_result, "INSERT INTO results (run, base, json) VALUES (?, ?, ?)" },
		{ &a->find_environment, "SELECT row FROM environments WHERE key = ?" },
		{ &a->add_environment, "INSERT INTO environments (key, json) VALUES (?, ?)" },
		{ &a->find_series, "SELECT row FROM series WHERE suite = ? AND point = ? AND metric = ? "
		  "AND stat = ? AND unit = ? AND better = ? AND class = ? AND steady = ?" },
		{ &a->add_series, "INSERT INTO series (suite, point, metric, stat, unit, better, class, steady) "
		  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
		{ &a->add_metric, "INSERT INTO metrics (series, run, value) VALUES (?, ?, ?)" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		*all[i].statement = history_prepare(a->history, all[i].sql);
		if (!*all[i].statement)
			return -1;
	}
	return 0;
}

static void finalize_all(struct adding *a)
{
	sqlite3_finalize(a->known_run);
	sqlite3_finalize(a->find_base);
	sqlite3_finalize(a->add_run);
	sqlite3_finalize(a->add_result);
	sqlite3_finalize(a->find_environment);
	sqlite3_finalize(a->add_environment);
	sqlite3_finalize(a->find_series);
	sqlite3_finalize(a->add_series);
	sqlite3_finalize(a->add_metric);
}

static void bind_text(sqlite3_stmt *statement, int nr, const char *text)
{
	sqlite3_bind_text(statement, nr, text, -1, SQLITE_STATIC);
}

/* Runs a statement that finds at most one number: that, 0 without one, -1 after one line. */
static int64_t find(struct adding *a, sqlite3_stmt *statement)
{
	int ret = history_step(a->history, statement);
	int64_t row = ret == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : ret < 0 ? -1 : 0;

	sqlite3_reset(statement);
	return row;
}

/* The new row, -1 after one line. */
static int64_t insert(struct adding *a, sqlite3_stmt *statement)
{
	int ret = history_step(a->history, statement);

	sqlite3_reset(statement);
	return ret < 0 ? -1 : sqlite3_last_insert_rowid(a->history->db);
}

/* ---- Environments ---- */

static int64_t environment_row(struct adding *a, const json_t *result)
{
	json_t *fields = environment_facts(json_object_get(result, "environment"));
	char *text = json_dumps(fields, JSON_SORT_KEYS | JSON_COMPACT), key[SHA256_HEX];
	int64_t row = -1;

	if (text) {
		sha256_hex(text, strlen(text), key);
		bind_text(a->find_environment, 1, key);
		row = find(a, a->find_environment);
	}
	if (!row) {
		bind_text(a->add_environment, 1, key);
		bind_text(a->add_environment, 2, text);
		row = insert(a, a->add_environment);
	}
	free(text);
	json_decref(fields);
	return row;
}

/* ---- Series and their figures ---- */

static void bind_series(sqlite3_stmt *statement, const json_t *result, const json_t *point,
			const json_t *metric, const char *stat)
{
	bind_text(statement, 1, json_get_text(json_object_get(result, "suite"), "name"));
	bind_text(statement, 2, json_get_text(point, "id"));
	bind_text(statement, 3, json_get_text(metric, "name"));
	bind_text(statement, 4, stat);
	bind_text(statement, 5, json_get_text(metric, "unit"));
	bind_text(statement, 6, json_get_text(metric, "better"));
	bind_text(statement, 7, json_get_text(metric, "class"));
	sqlite3_bind_int(statement, 8, json_is_true(json_object_get(metric, "steady")));
}

static int64_t series_row(struct adding *a, const json_t *result, const json_t *point,
			  const json_t *metric, const char *stat)
{
	int64_t row;

	bind_series(a->find_series, result, point, metric, stat);
	row = find(a, a->find_series);
	if (row)
		return row;
	bind_series(a->add_series, result, point, metric, stat);
	return insert(a, a->add_series);
}

static int add_figure(struct adding *a, int64_t run, const json_t *result, const json_t *point,
		      const json_t *metric, const char *stat)
{
	int64_t series;
	double value;

	if (!metric_stat(metric, stat, &value))
		return 0;
	series = series_row(a, result, point, metric, stat);
	if (series < 0)
		return -1;
	sqlite3_bind_int64(a->add_metric, 1, series);
	sqlite3_bind_int64(a->add_metric, 2, run);
	sqlite3_bind_double(a->add_metric, 3, value);
	return insert(a, a->add_metric) < 0 ? -1 : 0;
}

static int add_figures(struct adding *a, int64_t run, const json_t *result)
{
	json_t *point, *metric;
	int ret = 0;
	size_t i, j;

	json_array_foreach(json_object_get(result, "points"), i, point) {
		json_array_foreach(json_object_get(point, "metrics"), j, metric) {
			ret = add_figure(a, run, result, point, metric, "value");
			for (size_t k = 0; !ret && k < sizeof(stats) / sizeof(*stats); k++)
				ret = add_figure(a, run, result, point, metric, stats[k]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* ---- Runs ---- */

/* What result_read() leaves to those who rely on it. */
static int check_result(const struct adding *a, const json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	const char *started = json_get_text(result, "started");
	const char *commit = json_get_text(environment, "commit");
	const char *commit_time = json_get_text(environment, "commit_time");

	if (!is_utc(started))
		return fail(a, "\"started\" is '%.40s', allowed is as 2026-11-21T20:00:00Z", started);
	if (*commit && !is_commit(commit))
		return fail(a, "\"commit\" is '%.60s', allowed are 40 hex digits", commit);
	if (*commit_time && !is_utc(commit_time))
		return fail(a, "\"commit_time\" is '%.40s', allowed is as 2026-11-21T20:00:00Z",
			    commit_time);
	return 0;
}

static bool all_books_closed(const json_t *result)
{
	json_t *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point)
		if (!json_is_true(json_object_get(json_object_get(point, "books"), "closed")))
			return false;
	return true;
}

static int64_t add_run_row(struct adding *a, const json_t *result, const char *id,
			   const char *machine)
{
	const json_t *environment = json_object_get(result, "environment");
	const json_t *suite = json_object_get(result, "suite");
	int64_t place = environment_row(a, result);

	if (place < 0)
		return -1;
	bind_text(a->add_run, 1, id);
	bind_text(a->add_run, 2, machine);
	bind_text(a->add_run, 3, json_get_text(environment, "commit"));
	bind_text(a->add_run, 4, json_get_text(environment, "commit_time"));
	bind_text(a->add_run, 5, json_get_text(environment, "tdxbench"));
	bind_text(a->add_run, 6, json_get_text(result, "started"));
	bind_text(a->add_run, 7, json_get_text(suite, "name"));
	bind_text(a->add_run, 8, json_get_text(suite, "sha256"));
	sqlite3_bind_int64(a->add_run, 9, place);
	sqlite3_bind_int(a->add_run, 10, json_is_true(json_object_get(result, "complete")));
	sqlite3_bind_int(a->add_run, 11, all_books_closed(result));
	sqlite3_bind_int64(a->add_run, 12,
			   json_integer_value(json_object_get(result, "lost_events")));
	return insert(a, a->add_run);
}

/* ---- The whole result ---- */

static void set_base(struct adding *a, const char *suite, int64_t run, struct text text)
{
	free(a->base.bytes);
	snprintf(a->base_suite, sizeof(a->base_suite), "%s", suite);
	a->base_run = run;
	a->base = text;
}

static int find_base(struct adding *a, const char *suite)
{
	int64_t run;

	if (!strcmp(a->base_suite, suite))
		return 0;
	bind_text(a->find_base, 1, suite);
	run = find(a, a->find_base);
	if (run < 0)
		return -1;
	set_base(a, suite, run, run ? history_stored(a->history, run, true) : (struct text){ });
	return 0;
}

static int add_packed(struct adding *a, int64_t run, int64_t base, struct text packed)
{
	sqlite3_bind_int64(a->add_result, 1, run);
	if (base)
		sqlite3_bind_int64(a->add_result, 2, base);
	else
		sqlite3_bind_null(a->add_result, 2);
	sqlite3_bind_blob64(a->add_result, 3, packed.bytes, packed.length, SQLITE_STATIC);
	return insert(a, a->add_result) < 0 ? -1 : 0;
}

/* What does not save half by its base is kept in full, and is the base from now on. */
static int add_text(struct adding *a, int64_t run, const char *suite, struct text text)
{
	struct text full = text_pack(text, (struct text){ }), part = { };
	int ret = find_base(a, suite);

	if (!ret && a->base.bytes)
		part = text_pack(text, a->base);
	if (!ret && !full.bytes)
		ret = fail(a, "it cannot be packed");
	if (!ret && part.bytes && part.length < full.length / 2) {
		ret = add_packed(a, run, a->base_run, part);
	} else if (!ret) {
		text.bytes = strndup(text.bytes, text.length);
		ret = add_packed(a, run, 0, full);
		set_base(a, suite, run, text);
	}
	free(full.bytes);
	free(part.bytes);
	return ret;
}

/* ---- One result ---- */

/* 1: it is there already. */
static int is_known(struct adding *a, const char *id)
{
	bind_text(a->known_run, 1, id);
	return (int)find(a, a->known_run);
}

static int add_new(struct adding *a, const json_t *result, const char *text, const char *id,
		   const char *machine)
{
	const char *suite = json_get_text(json_object_get(result, "suite"), "sha256");
	int64_t run = add_run_row(a, result, id, machine);

	if (run < 0 || add_text(a, run, suite, (struct text){ (char *)text, strlen(text) }) ||
	    add_figures(a, run, result))
		return -1;
	a->added->runs++;
	return 0;
}

/* The same result, however it is written, is the same run. */
static int add_result(struct adding *a, const json_t *result, const char *machine)
{
	char *text = json_dumps(result, JSON_COMPACT), id[SHA256_HEX];
	int ret = -1;

	if (interrupted()) {
		fail(a, "interrupted, nothing was added");
	} else if (!text || strlen(text) > JSON_LIMIT) {
		fail(a, "it is larger than %d MiB", JSON_LIMIT >> 20);
	} else if (!check_result(a, result)) {
		history_result_id(result, id);
		ret = is_known(a, id);
		if (ret > 0)
			a->added->known++;
		else if (!ret)
			ret = add_new(a, result, text, id, machine);
	}
	free(text);
	return ret < 0 ? -1 : 0;
}

/* ---- What users name ---- */

static int add_file(struct adding *a, const char *path)
{
	char error[RESULT_ERROR];
	struct stat st;
	json_t *result;
	int ret;

	a->source = path;
	if (stat(path, &st))
		return fail(a, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(a, "it is no regular file");
	result = result_load(path, error);
	if (!result) {
		fprintf(stderr, "tdxbench: %s\n", error);
		return -1;
	}
	ret = add_result(a, result, a->machine);
	json_decref(result);
	return ret;
}

static int add_history_run(struct adding *a, struct history *other, const struct history_run *run)
{
	int ret = is_known(a, run->id);
	json_t *result;

	if (ret) {
		a->added->known += ret > 0;
		return ret < 0 ? -1 : 0;
	}
	result = history_result(other, run);
	if (!result)
		return -1;
	ret = add_result(a, result, run->machine);
	json_decref(result);
	return ret;
}

static int add_history(struct adding *a, const char *path)
{
	struct history *other = history_open(path);
	const struct history_run *runs = NULL;
	size_t count = 0;
	int ret = -1;

	a->source = path;
	if (other)
		runs = history_runs(other, &count);
	if (runs)
		ret = 0;
	for (size_t i = 0; !ret && i < count; i++)
		ret = add_history_run(a, other, &runs[i]);
	history_close(other);
	return ret;
}

static int add_dir(struct adding *a, const char *dir)
{
	char *file = must_print("%s/" RESULT_FILE, dir);
	int ret = add_file(a, file);

	free(file);
	return ret;
}

static int add_dirs_of(struct adding *a, const char *dir)
{
	char **dirs = NULL;
	int count = result_dirs(dir, &dirs), ret = 0;

	a->source = dir;
	if (count < 0)
		ret = fail(a, "%s", strerror(-count));
	else if (!count)
		ret = fail(a, "there is no " RESULT_FILE " in it, nor in a directory of it");
	for (int i = 0; i < count; i++) {
		if (!ret)
			ret = add_dir(a, dirs[i]);
		free(dirs[i]);
	}
	free(dirs);
	return ret;
}

static bool is_database(const char *path)
{
	char head[16] = "";
	FILE *in = fopen(path, "re");
	size_t size = in ? fread(head, 1, sizeof(head), in) : 0;

	if (in)
		fclose(in);
	return size == sizeof(head) && !memcmp(head, "SQLite format 3", sizeof(head));
}

static int add_path(struct adding *a, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		st.st_mode = 0;		/* add_file() tells why */
	if (S_ISREG(st.st_mode) && is_database(path))
		return add_history(a, path);
	if (!S_ISDIR(st.st_mode))
		return add_file(a, path);
	return result_in(path) ? add_dir(a, path) : add_dirs_of(a, path);
}

/* ---- The file ---- */

static int add_all(struct history *history, const char *machine, char *const *paths, size_t count,
		   struct history_added *added)
{
	struct adding a = { .history = history, .machine = machine, .added = added };
	int ret = prepare_all(&a);

	for (size_t i = 0; !ret && i < count; i++)
		ret = add_path(&a, paths[i]);
	finalize_all(&a);
	free(a.base.bytes);
	return ret ? ret : history_run_sql(history, "COMMIT");
}

static int add_to(struct history *history, const char *machine, char *const *paths, size_t count,
		  struct history_added *added)
{
	int ret;

	if (!history)
		return -1;
	ret = add_all(history, machine, paths, count, added);
	history_close(history);		/* what is not committed is taken back */
	return ret;
}

static int file_error(const char *file)
{
	fprintf(stderr, "tdxbench: cannot write %s: %s\n", file, strerror(errno));
	return -1;
}

static int make_dir_of(const char *file)
{
	char dir[PATH_SIZE];
	const char *slash = strrchr(file, '/');

	if (!slash || slash == file || slash - file >= PATH_SIZE)
		return 0;
	memcpy(dir, file, (size_t)(slash - file));
	dir[slash - file] = '\0';
	return result_dir_check(dir) ? -1 : 0;
}

/* A new history gets its name when all is in it. */
static int create(const char *file, const char *machine, char *const *paths, size_t count,
		  struct history_added *added)
{
	char part[PATH_SIZE];
	mode_t mask = umask(0);
	int ret, fd;

	umask(mask);
	if (snprintf(part, sizeof(part), "%s.part-XXXXXX", file) >= PATH_SIZE) {
		errno = ENAMETOOLONG;
		return file_error(file);
	}
	if (make_dir_of(file))
		return -1;
	fd = mkstemp(part);
	if (fd < 0)
		return file_error(file);
	fchmod(fd, 0666 & ~mask);
	close(fd);
	ret = add_to(history_open_file(part, file, HISTORY_CREATE), machine, paths, count, added);
	/* Unlike rename() it does not replace what somebody else made meanwhile. */
	if (!ret && link(part, file))
		ret = file_error(file);
	unlink(part);
	return ret;
}

int history_add(const char *file, const char *machine, char *const *paths, size_t count,
		struct history_added *added)
{
	struct stat st;

	*added = (struct history_added){ };
	if (lstat(file, &st) && errno == ENOENT)
		return create(file, machine, paths, count, added);
	return add_to(history_open_file(file, file, HISTORY_WRITE), machine, paths, count, added);
}
