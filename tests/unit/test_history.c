// SPDX-License-Identifier: GPL-2.0
/*
 * A history: the order of runs, samples and steps over commits, merging; and files that
 * were broken or made to do harm.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "history/history.h"
#include "measure/random.h"
#include "result/result.h"

#define MUTANTS	1500

static char dir[64], db[96], other[96], file[96];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tdxbench-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(db, sizeof(db), "%s/h.db", dir);
	snprintf(other, sizeof(other), "%s/other.db", dir);
	snprintf(file, sizeof(file), "%s/result.json", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(db);
	unlink(other);
	unlink(file);
	return rmdir(dir);
}

/* What is wrong on purpose is not worth a line each. */
static int silence(void)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	fflush(stderr);
	dup2(null, 2);
	close(null);
	return saved;
}

static void speak(int saved)
{
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
}

/* ---- Making runs ---- */

struct fake {
	char commit;		/* its digit; 0: not known */
	const char *commit_time, *started, *version, *kernel;
	double value;
};

static json_t *metric(const char *name, bool steady, double value)
{
	json_t *metric = json_pack("{s:s, s:s, s:s, s:s, s:f}", "name", name, "unit", "instructions",
				   "better", "lower", "class", steady ? "exact" : "sampled", "value", value);

	if (steady)
		json_object_set_new(metric, "steady", json_true());
	return metric;
}

static json_t *fake_environment(const struct fake *fake)
{
	json_t *environment = json_pack("{s:s, s:s, s:i, s:{s:s}}", "clock", "virtual", "kernel",
					fake->kernel ? fake->kernel : "6.12.1", "cpus", 4,
					"module", "kind", "software");
	char commit[41] = "";

	if (fake->commit) {
		memset(commit, fake->commit, 40);
		json_object_set_new(environment, "commit", json_string(commit));
		json_object_set_new(environment, "commit_time", json_string(fake->commit_time));
	}
	if (fake->version)
		json_object_set_new(environment, "tdxbench", json_string(fake->version));
	return environment;
}

static void write_result(const struct fake *fake)
{
	json_t *result = json_pack(
		"{s:s, s:b, s:s, s:f, s:o, s:{s:s, s:s, s:s}, s:i, s:[{s:s, s:s, s:s, s:{}, s:{s:s}, s:{}, "
		"s:{s:b, s:[]}, s:i, s:[o, o]}]}",
		"schema", RESULT_SCHEMA, "complete", 1, "started", fake->started, "wall_s", 1.0,
		"environment", fake_environment(fake),
		"suite", "name", "gate", "text", "[path]", "sha256", "00", "lost_events", 0,
		"points", "id", "path", "section", "path", "measurement", "path", "params",
		"policy", "preset", "default", "profile", "books", "closed", 1, "checks",
		"lost_events", 0, "metrics", metric("path.instructions", true, fake->value),
		metric("path.ns", false, fake->value * 2));

	assert_non_null(result);
	assert_int_equal(json_dump_file(result, file, 0), 0);
	json_decref(result);
}

static void add(const char *to, const char *machine, const char *what, size_t new_runs)
{
	char *paths[] = { (char *)what };
	struct history_added added;

	assert_int_equal(history_add(to, machine, paths, 1, &added), 0);
	assert_int_equal(added.runs, new_runs);
}

static void add_fake(const char *to, const char *machine, const struct fake *fake)
{
	write_result(fake);
	add(to, machine, file, 1);
}

/* A history of three commits, the last of them in another environment. */
static void make_small(const char *to)
{
	static const struct fake fakes[] = {
		{ 'a', "2026-01-01T10:00:00Z", "2026-02-01T10:00:00Z", "aaaa", NULL, 100 },
		{ 'b', "2026-01-02T10:00:00Z", "2026-02-01T11:00:00Z", "bbbb", NULL, 120 },
		{ 'c', "2026-01-03T10:00:00Z", "2026-02-01T12:00:00Z", "cccc", "6.12.2", 130 },
	};

	for (size_t i = 0; i < 3; i++)
		add_fake(to, "one", &fakes[i]);
}

/* ---- Order ---- */

static void runs_are_in_order_of_commits(void **state)
{
	/* Added in any order; expected in order of value. */
	static const struct fake fakes[] = {
		/* b and c were committed in the same second; c was measured first, and both again. */
		{ 'c', "2026-01-02T10:00:00Z", "2026-03-01T10:00:00Z", "cccc", NULL, 2 },
		{ 'b', "2026-01-02T10:00:00Z", "2026-03-01T11:00:00Z", "bbbb", NULL, 5 },
		{ 'c', "2026-01-02T10:00:00Z", "2026-03-01T12:00:00Z", "cccc", NULL, 3 },
		{ 'b', "2026-01-02T10:00:00Z", "2026-03-01T13:00:00Z", "bbbb", NULL, 6 },
		/* Not yet committed: behind all runs of the commit. */
		{ 'c', "2026-01-02T10:00:00Z", "2026-03-01T09:59:00Z", "cccc-dirty", NULL, 4 },
		/* Committed first, measured last. */
		{ 'a', "2026-01-01T10:00:00Z", "2026-04-01T10:00:00Z", "aaaa", NULL, 1 },
		/* Of no known commit: by when it ran. */
		{ 0, NULL, "2026-02-01T10:00:00Z", "0123abc", NULL, 7 },
		{ 0, NULL, "2025-02-01T10:00:00Z", NULL, NULL, 0 },
	};
	const struct history_series *series;
	const struct history_run *runs;
	struct history_sample *samples;
	struct history *history;
	size_t count;
	char text[96];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		add_fake(db, "one", &fakes[i]);
	history = history_open(db);
	assert_non_null(history);
	runs = history_runs(history, &count);
	assert_int_equal(count, 8);
	series = history_series(history, &count);
	assert_int_equal(count, 2);
	assert_int_equal(history_samples(history, &series[0], NULL, &samples), 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(samples[i].run, i);
		assert_true(samples[i].value == (double)i);
	}
	assert_string_equal(history_build_text(&runs[0], text, sizeof(text)), "unknown");
	assert_string_equal(history_build_text(&runs[4], text, sizeof(text)), "cccccccccc-dirty");
	assert_string_equal(history_build_text(&runs[7], text, sizeof(text)), "0123abc");
	assert_string_equal(runs[7].commit, "");
	free(samples);
	history_close(history);
}

/* ---- Steps ---- */

static const struct history_series *find_series(struct history *history, const char *name)
{
	size_t count;
	const struct history_series *series = history_series(history, &count);

	while (count--)
		if (!strcmp(series[count].metric, name))
			return &series[count];
	return NULL;
}

static void steps_are_explained(void **state)
{
	const struct history_series *series;
	struct history_sample *samples;
	struct history *history;
	struct step *steps;
	char text[512];
	ssize_t count;

	(void)state;
	make_small(db);
	history = history_open(db);
	series = find_series(history, "path.instructions");
	assert_true(series->exact && series->steady);
	count = history_samples(history, series, "one", &samples);
	assert_int_equal(count, 3);
	assert_int_equal(history_steps(history, series, samples, (size_t)count, &steps), 2);
	history_explain(history, samples, &steps[0], text, sizeof(text));
	assert_string_equal(text, "code change aaaaaaaaaa..bbbbbbbbbb");
	history_explain(history, samples, &steps[1], text, sizeof(text));
	assert_string_equal(text, "environment change: kernel 6.12.1 -> 6.12.2");
	free(steps);
	free(samples);
	assert_int_equal(history_samples(history, series, "two", &samples), 0);
	assert_null(samples);
	series = find_series(history, "path.ns");
	assert_false(series->exact || series->steady);
	history_close(history);
}

/* ---- Merging ---- */

static void merged_runs_keep_all(void **state)
{
	const struct fake mine = { 'd', "2026-01-04T10:00:00Z", "2026-02-02T10:00:00Z", "dddd", NULL, 5 };
	const struct history_run *runs;
	json_t *before, *after;
	struct history *history;
	char error[RESULT_ERROR];
	size_t count;

	(void)state;
	make_small(other);
	add_fake(db, "two", &mine);
	before = result_load(file, error);
	add(db, "two", other, 3);
	add(db, "two", other, 0);
	add(other, "three", db, 1);

	history = history_open(other);
	runs = history_runs(history, &count);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(runs[i].machine, i < 3 ? "one" : "two");
	after = history_result(history, &runs[3]);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	history_close(history);
}

/* ---- Somebody else has it ---- */

static void wait_for_lock(void **state)
{
	const struct fake more = { 'd', "2026-01-04T10:00:00Z", "2026-02-02T10:00:00Z", "dddd", NULL, 5 };
	int ready[2], done[2], status, saved;
	char *paths[] = { file }, byte = 0;
	struct history_added added;
	sqlite3 *locked;
	pid_t child;

	(void)state;
	make_small(db);
	write_result(&more);
	assert_int_equal(pipe(ready) | pipe(done), 0);
	child = fork();
	if (!child) {
		if (sqlite3_open(db, &locked) || sqlite3_exec(locked, "BEGIN EXCLUSIVE", NULL, NULL, NULL))
			_exit(1);
		_exit(write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	saved = silence();
	assert_int_equal(history_add(db, "one", paths, 1, &added), -1);
	speak(saved);
	assert_int_equal(write(done[1], &byte, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	add(db, "one", file, 1);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(done[i]);
	}
}

/* ---- Made to do harm ---- */

static void do_sql(const char *path, const char *sql)
{
	sqlite3 *handle;
	char *error = NULL;

	assert_int_equal(sqlite3_open(path, &handle), 0);
	sqlite3_exec(handle, sql, NULL, NULL, &error);
	if (error)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(handle);
}

/* Everything that can be read; how much of it could be. */
static size_t read_all(const char *path)
{
	struct history *history = history_open(path);
	const struct history_series *series;
	const struct history_run *runs;
	size_t nr_runs = 0, nr_series = 0, read = 0;

	if (!history)
		return 0;
	runs = history_runs(history, &nr_runs);
	for (size_t i = 0; runs && i < nr_runs; i++) {
		json_t *result = history_result(history, &runs[i]);

		read += !!result;
		json_decref(result);
	}
	series = history_series(history, &nr_series);
	for (size_t i = 0; series && i < nr_series; i++) {
		struct history_sample *samples = NULL;
		struct step *steps = NULL;
		char text[512];
		ssize_t count = history_samples(history, &series[i], NULL, &samples);

		if (count > 0 && history_steps(history, &series[i], samples, (size_t)count, &steps))
			history_explain(history, samples, steps, text, sizeof(text));
		read += count > 0;
		free(steps);
		free(samples);
	}
	history_close(history);
	return read;
}

static void harm_is_refused(void **state)
{
	/* All pass for histories at first sight: same head, same tables or nearly. */
	static const char *const sql[] = {
		"CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM results; END",
		"CREATE VIEW v AS SELECT * FROM runs",
		"CREATE TABLE more (a)",
		"CREATE INDEX i ON runs (machine)",
		"DROP TABLE metrics",
		"DROP TABLE series; CREATE VIEW series AS SELECT * FROM runs",
		"PRAGMA ignore_check_constraints = 1; UPDATE runs SET machine = 'a' || char(27) || '[2J'",
		"PRAGMA ignore_check_constraints = 1; UPDATE runs SET started = 'now'",
	};
	/* These are noticed when they are read. */
	static const char *const lies[] = {
		"UPDATE environments SET json = '[1, 2'",
		"UPDATE environments SET json = '[]'",
		"UPDATE runs SET environment = 77",
		"UPDATE runs SET suite = CAST(x'41ff42' AS TEXT)",
		"UPDATE runs SET suite = 'a' || char(0) || 'b'",
		"UPDATE results SET json = zeroblob(100)",
		"UPDATE results SET base = run",
		"UPDATE results SET base = 3 - run WHERE run < 3",
		"UPDATE results SET json = (SELECT json FROM results WHERE run = 2)",
		/* A frame of zstd that says it has 1 TiB in it. */
		"UPDATE results SET json = x'28b52ffde0000000000001000001000000'",
		"DELETE FROM results",
		"UPDATE metrics SET value = 9e999",
		"UPDATE metrics SET run = run + 1000000",
	};
	size_t whole;
	int saved;

	(void)state;
	make_small(other);
	whole = read_all(other);
	assert_int_equal(whole, 5);
	saved = silence();
	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql); i++) {
		unlink(db);
		make_small(db);
		do_sql(db, sql[i]);
		if (read_all(db))
			fail_msg("was read: %s", sql[i]);
	}
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		unlink(db);
		make_small(db);
		do_sql(db, lies[i]);
		if (read_all(db) >= whole)
			fail_msg("was read: %s", lies[i]);
	}
	speak(saved);
}

/* ---- Broken by chance ---- */

static char *slurp(const char *path, size_t *size)
{
	FILE *in = fopen(path, "r");
	struct stat st;
	char *bytes;

	assert_non_null(in);
	assert_int_equal(fstat(fileno(in), &st), 0);
	*size = (size_t)st.st_size;
	bytes = malloc(*size);
	assert_int_equal(fread(bytes, 1, *size, in), *size);
	fclose(in);
	return bytes;
}

static void spill(const char *path, const char *bytes, size_t size)
{
	FILE *out = fopen(path, "w");

	assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(out);
}

/* One to sixteen bytes are others, or the end is missing. */
static void spill_mutant(const char *path, const char *bytes, size_t size, uint64_t *seed)
{
	char *copy = malloc(size);

	memcpy(copy, bytes, size);
	for (size_t n = 1 + random_next(seed) % 16; n--;) {
		/* Half of them where the tables begin, and what is in them. */
		size_t at = random_next(seed) % size;

		at = random_next(seed) % 2 ? at : at / 4096 * 4096 + random_next(seed) % 128;
		copy[at % size] = (char)random_next(seed);
	}
	spill(path, copy, random_next(seed) % 8 ? size : random_next(seed) % size);
	free(copy);
}

static void mutants_do_no_harm(void **state)
{
	char *bytes, *paths[] = { db };
	size_t size, whole = 0, refused = 0, merged = 0;
	struct history_added added;
	uint64_t seed = 5;
	int saved;

	(void)state;
	make_small(db);
	bytes = slurp(db, &size);
	saved = silence();
	for (int i = 0; i < MUTANTS; i++) {
		size_t read;

		spill_mutant(db, bytes, size, &seed);
		read = read_all(db);
		whole += read == 5;
		refused += !read;
		merged += !history_add(other, "one", paths, 1, &added);
	}
	speak(saved);
	free(bytes);
	printf("# %d mutants of a history: %zu refused, %zu read in part, %zu as if whole; %zu merged\n",
	       MUTANTS, refused, MUTANTS - refused - whole, whole, merged);
	assert_true(refused > MUTANTS / 4);
	/* Whatever was merged from them, it is sound. */
	assert_true(access(other, F_OK) || read_all(other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_are_in_order_of_commits, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(steps_are_explained, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(merged_runs_keep_all, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(wait_for_lock, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(harm_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(mutants_do_no_harm, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
