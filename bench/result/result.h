/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results: from measured points to result.json and back.
 *
 * A measurement builds a point. `--target local` sends each finished point as
 * one JSON line down a stream; the host assembles result.json from whatever
 * lines arrived. results/README.md is the reference of the format.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hist;

#define RESULT_SCHEMA	"tdxbench-result/1"
#define RESULT_FILE	"result.json"
#define RESULT_ERROR	512	/* bytes that an error text of result_load() needs */

enum metric_better { BETTER_LOWER, BETTER_HIGHER, BETTER_NONE };

/* ---- Building a point ---- */

/* Metrics built from now on are "exact" (virtual clock) or "sampled". */
void result_set_clock(bool virtual_clock);

json_t *point_new(const char *section, const char *id, const char *measurement);
/* @which: "params", "policy" or "profile"; the point keeps it. */
json_t *point_settings(json_t *point, const char *which);
void settings_u64(json_t *settings, const char *name, uint64_t value);
void settings_text(json_t *settings, const char *name, const char *value);
void point_lost_events(json_t *point, uint64_t lost);

void metric_u64(json_t *point, const char *name, const char *unit,
		enum metric_better better, uint64_t value);
/* A value that is not a number (0 / 0) is left out: no metric is honest, 0 is not. */
void metric_double(json_t *point, const char *name, const char *unit,
		   enum metric_better better, double value);
void metric_hist(json_t *point, const char *name, const char *unit,
		 enum metric_better better, const struct hist *hist);
/* The metric added last is not exact, whatever the clock. */
void metric_is_sampled(json_t *point);
/*
 * The metric added last is exact and moves only when the path's code does: not
 * with the phases of timers, which any other byte in the VM shifts.
 */
void metric_is_steady(json_t *point);

void books_check_equal(json_t *point, const char *name, uint64_t expected, uint64_t seen);
/* The limit itself is still allowed. */
void books_check_below(json_t *point, const char *name, double limit, double seen);

/* A JSON string of any bytes: what is not UTF-8 becomes '?'. */
json_t *json_text(const char *text);

/* ---- The stream: one JSON line per thing that is done ---- */

/* One stream per process. 0, or a negative errno after one line on stderr. */
int stream_open(const char *path);
int stream_environment(json_t *environment);	/* these three take over the reference */
int stream_point(json_t *point);
int stream_end(uint64_t lost_events, const char *reason /* NULL: all went well */);
void stream_close(void);

/* ---- The result as a whole ---- */

/**
 * struct run_facts - what only the host knows about a run
 * @started:     UTC, ISO 8601
 * @wall_s:      seconds on the host's clock
 * @environment: laid over the environment of the stream, may be NULL
 * @suite_name, @suite_text: as run
 * @reason:      why the run was cut short, NULL when it was not
 */
struct run_facts {
	const char *started;
	double wall_s;
	json_t *environment;
	const char *suite_name;
	const char *suite_text;
	const char *reason;
};

/* Never fails: what cannot be read marks the result incomplete. */
json_t *result_assemble(FILE *stream, const struct run_facts *facts);

/* Is there a place to write to? Makes @dir; ask before a long run, not after. */
int result_dir_check(const char *dir);

/* For eyes and diffs: one line per metric. */
void result_print(const json_t *result, FILE *out);

/* Writes @dir/@file, whole or not at all. 0 or negative errno, one line. */
int json_write(const json_t *value, const char *dir, const char *file);
/* The same of @dir/result.json. */
int result_write(const json_t *result, const char *dir);

/*
 * @path is a result.json or the directory that holds one. What comes back has
 * every field that readers rely on, else NULL and one line in @error.
 */
json_t *result_load(const char *path, char error[RESULT_ERROR]);
/* The same of text that is there. */
json_t *result_parse(const char *text, size_t length, char error[RESULT_ERROR]);

/*
 * JSON of anybody's: no key twice, and no more of it than @limit. NULL and one line in
 * @error where it cannot be read. JSON_LIMIT is that of a result.
 */
#define JSON_LIMIT	(16 << 20)
json_t *json_load_limited(const char *file, size_t limit, char error[RESULT_ERROR]);

/* Does the directory hold a result? */
bool result_in(const char *dir);
/*
 * Directories in @dir that do, in the order of their names: how many, or a negative errno.
 * Links are not followed, so that results/latest does not count twice. @dirs and each of
 * them is to be freed.
 */
int result_dirs(const char *dir, char ***dirs);

/* The same check for one point, as used on a stream. */
bool point_valid(const json_t *point, char error[RESULT_ERROR]);

/* ---- Reading ---- */

/* Text of obj[key], or "" . */
const char *json_get_text(const json_t *object, const char *key);

bool result_is_virtual(const json_t *result);
const char *result_module(const json_t *result);	/* "software", "tdx" */
/* "virtual clock: …; software TDX module: …": goes above every figure. */
const char *result_nature(const json_t *result);
/* Everything to know before trusting a number; false when there is nothing. */
bool result_warning(const json_t *result, char *text, size_t size);

/* Of a result, or of a profile: the point of that id, or NULL. */
const json_t *result_point(const json_t *result, const char *id);
bool point_measures(const json_t *point, const char *measurement);
/*
 * A parameter of the point, a knob of its policy ("policy" is the preset) or a
 * parameter of its profile; NULL, 0 or false when it has none.
 */
const json_t *point_setting(const json_t *point, const char *name);
double point_setting_number(const json_t *point, const char *name);
bool point_setting_is(const json_t *point, const char *name, const char *word);
/* The preset and what differs from it: "default", "posted buffers=per-call". */
const char *point_policy(const json_t *point, char *text, size_t size);
/* The same, compared: is the point's policy nothing but this preset? */
bool point_policy_is(const json_t *point, const char *preset);

const json_t *point_metric(const json_t *point, const char *name);
/*
 * @stat: "value", "count", "sum", "min", "max", "mean", "p50", "p90", "p99",
 * "p99.9". False when the point has no such number, or no sample behind it.
 */
bool metric_stat(const json_t *metric, const char *stat, double *value);
bool point_stat(const json_t *point, const char *name, const char *stat, double *value);

#endif /* BENCH_RESULT_H */
