/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures: streams of events in a file, to be read later and elsewhere.
 *
 *	TDXCAP 1\n			what it is, and the version of what follows
 *	one zstd stream, with checksum:
 *	  u32 length, JSON		where and how it was recorded
 *	  records of bpf/events.h	in the order of their time stamps
 *	  a record of kind 0		the end: struct capture_end
 *
 * All numbers are little-endian. A file without an end was cut short; what it holds
 * up to there is good, and readers say so. Anybody may have written a file: a record
 * that contradicts itself ends the reading with an error. Reading takes 9 MiB at most,
 * whatever the file holds; order of time is what writers promise, readers do not check it.
 */
#ifndef BENCH_CAPTURE_H
#define BENCH_CAPTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/events.h"

#define CAPTURE_ERROR	512	/* bytes that an error text needs */

struct capture_writer;
struct capture;

/**
 * struct capture_end - the last record
 * @head:    of kind 0
 * @records: before this one
 * @lost:    events that were missed, and are not here
 * @begin_ns, @end_ns: how long events were recorded, CLOCK_MONOTONIC
 */
struct capture_end {
	struct events_head head;
	uint64_t records;
	uint64_t lost;
	uint64_t begin_ns;
	uint64_t end_ns;
};

_Static_assert(sizeof(struct capture_end) == 56, "struct capture_end has padding");

/*
 * @about: an environment as in result.json, "started" as there, and "context": true when
 * there is any. The file is PATH.part until it is finished. What is there and no regular file, as
 * /dev/stdout, is written to and stays what it is.
 */
struct capture_writer *capture_create(const char *path, const json_t *about,
				      char error[CAPTURE_ERROR]);
/* 0, or negative errno, then and from then on: the file is as long as it became. */
int capture_write(struct capture_writer *writer, const struct events_head *event);
/* What was written so far is in the file, and good, should nothing follow. */
int capture_flush(struct capture_writer *writer);
/* Bytes of the file, and records, so far. */
uint64_t capture_bytes(const struct capture_writer *writer);
uint64_t capture_records(const struct capture_writer *writer);
/*
 * Writes the end, if @end is not NULL: head and records are filled in here. Gives the
 * file its name, and one that had that name PATH.old; without a record there is no file,
 * when @end is NULL. Frees @writer in any case.
 */
int capture_finish(struct capture_writer *writer, const struct capture_end *end);

/* By its first bytes. */
bool capture_recognise(const char *path);

/* NULL and one line in @error that names the file. */
struct capture *capture_open(const char *path, char error[CAPTURE_ERROR]);
const json_t *capture_about(const struct capture *capture);
/*
 * The next record, checked: its size is that of its kind, names are terminated. NULL at
 * the end; then capture_end() has its record, or NULL when the file was cut short, and
 * capture_error() one line, or NULL when all was well.
 */
const struct events_head *capture_next(struct capture *capture);
const struct capture_end *capture_end(const struct capture *capture);
const char *capture_error(const struct capture *capture);
void capture_close(struct capture *capture);

#endif /* BENCH_CAPTURE_H */
