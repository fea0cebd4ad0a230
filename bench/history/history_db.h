/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file of a history: what history.c reads from and history_add.c writes to. SQLite,
 * and nothing in the file is trusted: not its schema, not its sizes, not its texts.
 */
#ifndef BENCH_HISTORY_DB_H
#define BENCH_HISTORY_DB_H

#include <sqlite3.h>

#include "history/history.h"
#include "history/history_pack.h"
#include "result/result.h"
#include "result/text.h"

#define HISTORY_RUNS_MAX	100000
#define HISTORY_SERIES_MAX	1000000

struct row_index {
	int64_t row;
	size_t index;
};

/**
 * struct history - an open file
 * @name:         as the user named it, for messages
 * @texts:        the keys of this object are all texts handed out
 * @environments: by key
 * @runs, @series: NULL until asked for
 * @rows:         of @runs, sorted
 */
struct history {
	sqlite3 *db;
	char *name;
	json_t *texts, *environments;
	struct history_run *runs;
	struct row_index *rows;
	size_t nr_runs;
	struct history_series *series;
	size_t nr_series;
};

/* To create: the file is there and empty. */
enum history_access { HISTORY_READ, HISTORY_WRITE, HISTORY_CREATE };

/*
 * Opens @file, which messages call @name, and begins a transaction. NULL after one line.
 */
struct history *history_open_file(const char *file, const char *name, enum history_access access);

/* One line on stderr; -1. */
int history_fail(const struct history *history, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same about what SQLite said last. */
int history_fail_sqlite(const struct history *history);

/* 0, or -1 after one line. */
int history_run_sql(struct history *history, const char *sql);
/* NULL after one line. */
sqlite3_stmt *history_prepare(struct history *history, const char *sql);
/* SQLITE_ROW or SQLITE_DONE, or -1 after one line. */
int history_step(struct history *history, sqlite3_stmt *statement);

/* Rows of @table; -1 after one line, also if there are more than @most. */
ssize_t history_count(struct history *history, const char *table, size_t most);

/* Of a column: kept as long as the history; NULL if it is no text, without a word. */
const char *history_text(struct history *history, sqlite3_stmt *statement, int column);

/*
 * The JSON of a run, unpacked but not checked, for the caller to free; NULL without a word
 * where there is none. @full: only if it needs no base.
 */
struct text history_stored(struct history *history, int64_t run, bool full);
/* Of its canonical form: keys sorted, no white space. */
void history_result_id(const json_t *result, char id[SHA256_HEX]);
/* "2026-11-21T20:00:00Z" */
bool is_utc(const char *text);

#endif /* BENCH_HISTORY_DB_H */
