/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A history as a static site: pages that draw (bench/dashboard/) and data that they
 * load, piece by piece, as scripts, since a file:// page may load nothing else.
 * Data are literals handed to tdx.got(); nothing in them but numbers, arrays, texts
 * and keys of our own, for a key from a result could be "__proto__". dashboard.js has
 * the other half.
 */
#ifndef BENCH_DASHBOARD_H
#define BENCH_DASHBOARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "history/history.h"
#include "dashboard/site.h"
#include "result/text.h"

/* 0, -1 after one line on stderr. */
int dashboard_write(struct history *history, const char *commit_url, const char *dir);

/* ---- For the files that write it ---- */

struct texts {
	const char **text;
	size_t count;
	json_t *index;		/* of each text */
};

/**
 * struct mark - a step of a series
 * @series, @machine: indexes
 * @at, @from: indexes of runs
 * @text:      what changed in the environment, index into texts
 */
struct mark {
	size_t series, machine, at, from, text;
	enum step_kind kind;
	double before, after, p;
};

/* A suite's runs on one machine in one environment. */
struct line {
	size_t machine, environment, runs, latest;
	const char *nature;	/* of its latest run */
};

/**
 * struct dash_suite - what a suite has of everything
 * @run:          its runs, in the order of history
 * @first_series: and those behind it, @nr_series
 * @first_mark:   likewise
 */
struct dash_suite {
	const char *name;
	size_t *run, nr_runs;
	struct line *line;
	size_t nr_lines;
	size_t first_series, nr_series;
	size_t first_mark, nr_marks;
};

/**
 * struct dash - the history, in the order that the site needs
 * @suite_of, @local, @line_of: of each run: its suite, place and line in it
 * @id_digits: so many of a run's id tell it from all others
 * @first, @last: of each series
 */
struct dash {
	struct history *history;
	struct site *site;
	const char *commit_url;
	const struct history_run *run;
	size_t nr_runs;
	const struct history_series *series;
	size_t nr_series;
	struct texts machines, environments, suites, texts;
	struct dash_suite *suite;
	size_t *suite_of, *local, *line_of;
	int id_digits;
	double *last;
	unsigned int *nr_steps;
	struct mark *mark;
	size_t nr_marks, room_marks;
};

/* In data/: opens NAME.js for tdx.got("NAME", …); NULL after one line. */
FILE *data_open(struct dash *dash, const char *name);
bool data_close(struct dash *dash, FILE *out);
void put_text(FILE *out, const char *text);
/* ["a","b"] */
void put_texts(FILE *out, const struct texts *texts);
/* [["key","value"],…] of an object, nested ones as "outer.key". */
void put_pairs(FILE *out, const json_t *object);
/* "0123456789ab", "0123456789ab-dirty", or the version where no commit is known. */
void build_label(const struct history_run *run, char text[96]);
/* Why not to trust a run: 1 incomplete, 2 books open, 4 events lost, added up. */
int run_flags(const struct history_run *run);
/* Index of the machine of a run. */
size_t machine_of(const struct dash *dash, size_t run);
/* Index of @text, new or known. */
size_t texts_add(struct texts *texts, const char *text);
void texts_free(struct texts *texts);

/* Runs are read one after the other and written, with the shapes that they share. */
bool dashboard_runs(struct dash *dash);
/* What the first page shows: suites, key metrics, what changed lately. */
bool dashboard_index(struct dash *dash);

#endif /* BENCH_DASHBOARD_H */
