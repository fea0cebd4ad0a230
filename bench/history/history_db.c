// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a history.
 *
 * It may come from anywhere. Its head and its schema must be ours to the letter, so that
 * no view, trigger or expression of somebody else's ever runs; sizes are limited; what is
 * not plain text or a number where one belongs is damage.
 */
#include "history/history_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID	0x74647862	/* "tdxb", at byte 68 of the file */
#define VERSION		1		/* at byte 60 */
#define PATIENCE_MS	5000		/* with somebody else who has it locked */
#define MEMORY_MAX	(512LL << 20)	/* bytes, for all of SQLite */
#define TEXT(value)	#value
#define NUMBER(value)	TEXT(value)

#define IS_UTC(column) \
	#column " GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
#define IS_SHA256(column) \
	"length(" #column ") = 64 AND " #column " NOT GLOB '*[^0-9a-f]*'"

/* results/README.md (History) explains them. */
static const char schema[] =
	"PRAGMA application_id = " NUMBER(APPLICATION_ID) ";"
	"PRAGMA user_version = " NUMBER(VERSION) ";"
	"CREATE TABLE environments (\n"
	"	row INTEGER PRIMARY KEY,\n"
	"	key TEXT NOT NULL UNIQUE CHECK (" IS_SHA256(key) "),\n"
	"	json TEXT NOT NULL\n"
	") STRICT;"
	"CREATE TABLE runs (\n"
	"	row INTEGER PRIMARY KEY,\n"
	"	id TEXT NOT NULL UNIQUE CHECK (" IS_SHA256(id) "),\n"
	"	machine TEXT NOT NULL CHECK (length(machine) BETWEEN 1 AND " NUMBER(HISTORY_MACHINE_MAX) "\n"
	"		AND machine NOT GLOB '*[^!-~]*'),\n"
	"	\"commit\" TEXT NOT NULL,\n"
	"	commit_time TEXT NOT NULL CHECK (commit_time = '' OR " IS_UTC(commit_time) "),\n"
	"	version TEXT NOT NULL,\n"
	"	started TEXT NOT NULL CHECK (" IS_UTC(started) "),\n"
	"	suite TEXT NOT NULL,\n"
	"	suite_sha256 TEXT NOT NULL,\n"
	"	environment INTEGER NOT NULL REFERENCES environments,\n"
	"	complete INTEGER NOT NULL CHECK (complete IN (0, 1)),\n"
	"	lost_events INTEGER NOT NULL CHECK (lost_events >= 0),\n"
	"	closed INTEGER NOT NULL CHECK (closed IN (0, 1))\n"
	") STRICT;"
	"CREATE TABLE results (\n"
	"	run INTEGER PRIMARY KEY REFERENCES runs,\n"
	"	base INTEGER REFERENCES results,\n"
	"	json BLOB NOT NULL\n"
	") STRICT;"
	"CREATE TABLE series (\n"
	"	row INTEGER PRIMARY KEY,\n"
	"	suite TEXT NOT NULL,\n"
	"	point TEXT NOT NULL,\n"
	"	metric TEXT NOT NULL,\n"
	"	stat TEXT NOT NULL CHECK (stat IN ('value', 'p50', 'p99', 'max', 'mean')),\n"
	"	unit TEXT NOT NULL,\n"
	"	better TEXT NOT NULL CHECK (better IN ('lower', 'higher', 'none')),\n"
	"	class TEXT NOT NULL CHECK (class IN ('exact', 'sampled')),\n"
	"	steady INTEGER NOT NULL CHECK (steady IN (0, 1)),\n"
	"	UNIQUE (suite, point, metric, stat, unit, better, class, steady)\n"
	") STRICT;"
	"CREATE TABLE metrics (\n"
	"	series INTEGER NOT NULL REFERENCES series,\n"
	"	run INTEGER NOT NULL REFERENCES runs,\n"
	"	value REAL NOT NULL,\n"
	"	PRIMARY KEY (series, run)\n"
	") WITHOUT ROWID, STRICT;";

/* ---- What went wrong ---- */

static int fail_name(const char *name, const char *what)
{
	fprintf(stderr, "tdxbench: %s: %s\n", name, what);
	return -1;
}

int history_fail(const struct history *history, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fail_name(history->name, what);
}

int history_fail_sqlite(const struct history *history)
{
	int error = sqlite3_system_errno(history->db);

	switch (sqlite3_errcode(history->db)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return history_fail(history, "another process is using it; try again when it is done");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return history_fail(history, "is damaged: %s", sqlite3_errmsg(history->db));
	case SQLITE_READONLY:
		return history_fail(history, "cannot be written to");
	case SQLITE_FULL:
		return history_fail(history, "cannot be written to: no space left");
	case SQLITE_CANTOPEN:
		return history_fail(history, "cannot be opened: %s", strerror(error ? error : EIO));
	default:
		return history_fail(history, "%s", sqlite3_errmsg(history->db));
	}
}

static int damaged(const struct history *history)
{
	return history_fail(history, "is damaged or was changed by another program: its tables are "
			    "not those of a history");
}

/* ---- Statements ---- */

int history_run_sql(struct history *history, const char *sql)
{
	return sqlite3_exec(history->db, sql, NULL, NULL, NULL) ? history_fail_sqlite(history) : 0;
}

sqlite3_stmt *history_prepare(struct history *history, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL))
		history_fail_sqlite(history);
	return statement;
}

int history_step(struct history *history, sqlite3_stmt *statement)
{
	int ret = sqlite3_step(statement);

	return ret == SQLITE_ROW || ret == SQLITE_DONE ? ret : history_fail_sqlite(history);
}

ssize_t history_count(struct history *history, const char *table, size_t most)
{
	sqlite3_stmt *statement;
	ssize_t count = -1;
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	statement = history_prepare(history, sql);
	if (statement && history_step(history, statement) == SQLITE_ROW)
		count = (ssize_t)sqlite3_column_int64(statement, 0);
	if (count >= 0 && (size_t)count > most)
		count = history_fail(history, "has %zd %s, allowed are %zu", count, table, most);
	sqlite3_finalize(statement);
	return count;
}

const char *history_text(struct history *history, sqlite3_stmt *statement, int column)
{
	const char *text;
	void *iter;

	if (sqlite3_column_type(statement, column) != SQLITE_TEXT)
		return NULL;
	text = (const char *)sqlite3_column_text(statement, column);
	if (!text || strlen(text) != (size_t)sqlite3_column_bytes(statement, column))
		return NULL;
	/* An object's keys stay where they are; what is not UTF-8 it does not take. */
	if (!json_object_get(history->texts, text) &&
	    json_object_set_new(history->texts, text, json_true()))
		return NULL;
	iter = json_object_iter_at(history->texts, text);
	return iter ? json_object_iter_key(iter) : NULL;
}

/* ---- Opening ---- */

static uint32_t big_endian(const unsigned char *byte)
{
	return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static int check_head(const char *name, const unsigned char *head, ssize_t size)
{
	char what[96];

	if (size < 0)
		return fail_name(name, strerror(errno));
	if (size < 100 || memcmp(head, "SQLite format 3", 16))
		return fail_name(name, "is no history of tdxbench");
	if (big_endian(head + 68) != APPLICATION_ID)
		return fail_name(name, "is no history of tdxbench, but a database of another program");
	if (big_endian(head + 60) == VERSION)
		return 0;
	snprintf(what, sizeof(what), "is a history of version %u, this tdxbench knows version %d",
		 big_endian(head + 60), VERSION);
	return fail_name(name, what);
}

/* Before SQLite sees it: a file that is not ours is not even locked. */
static int check_file(const char *file, const char *name)
{
	/* Not to wait for a writer of a FIFO. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	unsigned char head[100];
	struct stat st;

	if (fd < 0)
		return fail_name(name, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		ret = fail_name(name, "is not a regular file");
	else
		ret = check_head(name, head, read(fd, head, sizeof(head)));
	close(fd);
	return ret;
}

/* As SQLite's "Defense Against The Dark Arts" has it. */
static int defend(struct history *history)
{
	sqlite3 *db = history->db;

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, JSON_LIMIT + 4096);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 65536);
	sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 32);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(db, PATIENCE_MS);
	sqlite3_hard_heap_limit64(MEMORY_MAX);
	return history_run_sql(history, "PRAGMA cell_size_check = 1; PRAGMA mmap_size = 0; "
			       "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = 1; "
			       "PRAGMA cache_size = -65536");
}

/* ---- The schema ---- */

static const char list_schema[] =
	"SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema "
	"WHERE name NOT GLOB 'sqlite_stat*' ORDER BY 1";

static bool same_schema(sqlite3_stmt *ours, sqlite3_stmt *theirs)
{
	int a, b;

	do {
		a = sqlite3_step(ours);
		b = sqlite3_step(theirs);
		if (a == SQLITE_ROW && b == SQLITE_ROW &&
		    strcmp((const char *)sqlite3_column_text(ours, 0),
			   sqlite3_column_text(theirs, 0) ?
			   (const char *)sqlite3_column_text(theirs, 0) : ""))
			return false;
	} while (a == SQLITE_ROW && b == SQLITE_ROW);
	return a == SQLITE_DONE && b == SQLITE_DONE;
}

/* What SQLite makes of our schema is what must be in the file. */
static int check_schema(struct history *history)
{
	sqlite3_stmt *ours = NULL, *theirs = NULL;
	sqlite3 *model = NULL;
	int ret = -1;

	theirs = history_prepare(history, list_schema);
	if (!theirs)
		return -1;
	if (sqlite3_open(":memory:", &model) || sqlite3_exec(model, schema, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(model, list_schema, -1, &ours, NULL))
		history_fail(history, "%s", sqlite3_errmsg(model));
	else if (same_schema(ours, theirs))
		ret = 0;
	else if (sqlite3_errcode(history->db) == SQLITE_DONE ||
		 sqlite3_errcode(history->db) == SQLITE_ROW)
		damaged(history);
	else
		history_fail_sqlite(history);
	sqlite3_finalize(ours);
	sqlite3_finalize(theirs);
	sqlite3_close(model);
	return ret;
}

/* SQLite's verdict may have several lines. */
static int fail_check(const struct history *history, const char *verdict)
{
	char line[200];

	snprintf(line, sizeof(line), "%s", verdict ? verdict : "");
	for (char *at = line; (at = strchr(at, '\n')); )
		*at = ' ';
	return history_fail(history, "is damaged: %s", line);
}

/*
 * Once for the whole file, whoever made it: without it a tree of pages that leads back
 * into itself is endless to read. 100 MB take some 0.3 s.
 */
static int check_pages(struct history *history)
{
	sqlite3_stmt *statement = history_prepare(history, "PRAGMA integrity_check(1)");
	int ret = statement ? history_step(history, statement) : -1;

	if (ret == SQLITE_ROW) {
		const char *verdict = (const char *)sqlite3_column_text(statement, 0);

		ret = verdict && !strcmp(verdict, "ok") ? 0 : fail_check(history, verdict);
	}
	sqlite3_finalize(statement);
	return ret;
}

/* ---- The life of an open file ---- */

static int open_database(struct history *history, const char *file, enum history_access access)
{
	/*
	 * To read, too, it is opened for writing where that is possible: what a killed
	 * process left half written has to be taken back first.
	 */
	if (sqlite3_open_v2(file, &history->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
		return history_fail_sqlite(history);
	sqlite3_extended_result_codes(history->db, 0);
	if (defend(history))
		return -1;
	if (access == HISTORY_CREATE)
		return history_run_sql(history, "BEGIN IMMEDIATE") ||
		       history_run_sql(history, schema);
	/* What is read belongs together, whatever others add meanwhile. */
	if (history_run_sql(history, access == HISTORY_READ ? "PRAGMA query_only = 1; BEGIN" :
			    "BEGIN IMMEDIATE"))
		return -1;
	return check_schema(history) || check_pages(history);
}

struct history *history_open_file(const char *file, const char *name, enum history_access access)
{
	struct history *history;

	if (access != HISTORY_CREATE && check_file(file, name))
		return NULL;
	history = calloc(1, sizeof(*history));
	if (history)
		history->name = strdup(name);
	if (!history || !history->name) {
		free(history);
		fail_name(name, "no memory to open it");
		return NULL;
	}
	history->texts = json_object();
	history->environments = json_object();
	if (!open_database(history, file, access))
		return history;
	history_close(history);
	return NULL;
}

struct history *history_open(const char *path)
{
	return history_open_file(path, path, HISTORY_READ);
}

void history_close(struct history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	json_decref(history->texts);
	json_decref(history->environments);
	free(history->runs);
	free(history->rows);
	free(history->series);
	free(history->name);
	free(history);
}

/* ---- Small things ---- */

bool is_utc(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}
