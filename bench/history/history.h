/* SPDX-License-Identifier: GPL-2.0 */
/*
 * History: many results in one SQLite file, with what is needed to follow a number
 * over commits. results/README.md (History) is the reference.
 *
 *	h = history_open("results/history.db");
 *	runs = history_runs(h, &nr_runs);
 *	series = history_series(h, &nr_series);
 *	for each series, for each machine:
 *		n = history_samples(h, &series[i], machine, &samples);
 *		nr_steps = history_steps(h, &series[i], samples, n, &steps);
 *	history_close(h);
 *
 * What goes wrong gets one line on stderr. Texts belong to the history and live until
 * it is closed; none is NULL, what is not known is "".
 */
#ifndef BENCH_HISTORY_H
#define BENCH_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "history/steps.h"

#define HISTORY_FILE	"results/history.db"
#define HISTORY_MACHINE_MAX	64	/* signs of a machine's name */

struct history;

/* To read, also where nothing may be written. NULL after one line. */
struct history *history_open(const char *path);
void history_close(struct history *history);	/* NULL: nothing to do */

/* ---- Reading ---- */

/**
 * struct history_run - one run
 * @id:           SHA-256 of its result, in canonical form
 * @machine:      where it was added, or as the user said; printable ASCII without blanks
 * @commit:       40 hex digits
 * @commit_time:  UTC, ISO 8601
 * @version:      of tdxbench, "abc1234-dirty"
 * @build:        what was measured, as far as that is known: @commit, with "-dirty" behind
 *                it if it was; else @version
 * @started:      UTC, ISO 8601
 * @suite:        its name
 * @suite_sha256: of its text
 * @environment:  key of all that decides whether two runs can be compared
 * @complete:     all points were measured
 * @closed:       the books of all points are closed
 * @lost_events:  of the whole run
 * @row:          in the database
 */
struct history_run {
	const char *id;
	const char *machine;
	const char *commit, *commit_time;
	const char *version;
	const char *build;
	const char *started;
	const char *suite, *suite_sha256;
	const char *environment;
	bool complete, closed;
	uint64_t lost_events;
	int64_t row;
};

/*
 * All runs, in the order of history: by time of the commit (where it is not known, by
 * when the run started), all runs of a commit together, then by when the run started.
 * NULL after one line; an empty history has a pointer and *@count 0.
 */
const struct history_run *history_runs(struct history *history, size_t *count);

/* The whole result of a run, checked, for the caller to decref; NULL after one line. */
json_t *history_result(struct history *history, const struct history_run *run);

/* The fields of environment @key that decide: clock, kernel, cpus…; NULL: no such key. */
const json_t *history_environment(struct history *history, const char *key);
/* What differs: "kernel 6.12.1 -> 6.12.2, cpus 4 -> 8". */
void history_environment_change(struct history *history, const char *from, const char *to,
				char *text, size_t size);

/**
 * struct history_series - one number of one point, over all runs
 * @suite, @point, @metric: where it is in a result
 * @stat:   "value", or of a histogram "p50", "p99", "max" or "mean"
 * @unit:   as in results
 * @better: "lower", "higher" or "none"
 * @exact:  else sampled
 * @steady: exact, and moves only when the code of the path does
 * @row:    in the database
 */
struct history_series {
	const char *suite, *point, *metric, *stat;
	const char *unit, *better;
	bool exact, steady;
	int64_t row;
};

/* All series, by suite, point, metric, stat. NULL after one line. */
const struct history_series *history_series(struct history *history, size_t *count);

/**
 * struct history_sample - the value of a series in one run
 * @run:   index into history_runs()
 */
struct history_sample {
	size_t run;
	double value;
};

/*
 * In the order of history; of one machine, or of all if @machine is NULL. How many, with
 * *@samples for the caller to free (NULL if 0); -1 after one line.
 */
ssize_t history_samples(struct history *history, const struct history_series *series,
			const char *machine, struct history_sample **samples);

/*
 * Steps of one machine's samples; at and from index @samples. For the caller to free.
 * Machines are not compared with each other, and runs with open books or lost events
 * with none.
 */
size_t history_steps(struct history *history, const struct history_series *series,
		     const struct history_sample *samples, size_t count, struct step **steps);
/* "code change 0123abc..4567def", "environment change: kernel 6.12.1 -> 6.12.2". */
void history_explain(struct history *history, const struct history_sample *samples,
		     const struct step *step, char *text, size_t size);

/* What was measured, for eyes: "0123456789-dirty", or "unknown". */
const char *history_build_text(const struct history_run *run, char *text, size_t size);

/* ---- Adding ---- */

/**
 * struct history_added - what became of what was added
 * @runs:  new in the history
 * @known: were there already
 */
struct history_added {
	size_t runs, known;
};

/*
 * Adds all of @paths or nothing: each a result.json, a directory with one or with
 * directories of runs, or another history, whose runs keep their machines; the others
 * are of @machine. The file is made if it is not there. 0, or -1 after one line.
 */
int history_add(const char *file, const char *machine, char *const *paths, size_t count,
		struct history_added *added);

#endif /* BENCH_HISTORY_H */
