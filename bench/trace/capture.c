// SPDX-License-Identifier: GPL-2.0
/*
 * Captures, the writing half and what both halves share. The reading half is
 * capture_read.c.
 */
#include "trace/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "result/must.h"
#include "trace/capture_file.h"
#include "trace/event.h"

#define STAGE	(64 << 10)	/* bytes handed to zstd at a time */
/* Quick above all: who records should disturb little. */
#define LEVEL	1

struct capture_writer {
	int fd;
	int error;		/* the first one, negative */
	char *path;
	char *part;		/* NULL: written in place */
	ZSTD_CCtx *zstd;
	uint64_t bytes, records;
	size_t staged;
	uint8_t stage[STAGE];
	uint8_t packed[STAGE];
};

/* --- bytes --- */

static int write_all(struct capture_writer *writer, const void *data, size_t size)
{
	const uint8_t *at = data;
	ssize_t wrote;

	for (; size && !writer->error; at += wrote, size -= (size_t)wrote) {
		wrote = write(writer->fd, at, size);
		if (wrote >= 0) {
			writer->bytes += (uint64_t)wrote;
			continue;
		}
		wrote = 0;
		if (errno != EINTR)
			writer->error = -errno;
	}
	return writer->error;
}

/* Until zstd has taken all, and, beyond ZSTD_e_continue, has given all. */
static int pack(struct capture_writer *writer, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = { writer->stage, writer->staged, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { writer->packed, sizeof(writer->packed), 0 };

		left = ZSTD_compressStream2(writer->zstd, &out, &in, how);
		if (ZSTD_isError(left) && !writer->error)
			writer->error = -EIO;
		write_all(writer, writer->packed, out.pos);
	} while (!writer->error && (how == ZSTD_e_continue ? in.pos < in.size : left));
	writer->staged = 0;
	return writer->error;
}

static int put(struct capture_writer *writer, const void *data, size_t size)
{
	const uint8_t *at = data;
	size_t piece;

	for (; size && !writer->error; at += piece, size -= piece) {
		piece = size < STAGE - writer->staged ? size : STAGE - writer->staged;
		memcpy(writer->stage + writer->staged, at, piece);
		writer->staged += piece;
		if (writer->staged == STAGE)
			pack(writer, ZSTD_e_continue);
	}
	return writer->error;
}

/* --- the life of a writer --- */

static void free_writer(struct capture_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	ZSTD_freeCCtx(writer->zstd);
	free(writer->part);
	free(writer->path);
	free(writer);
}

static int put_about(struct capture_writer *writer, const json_t *about)
{
	char *text = must(json_dumps(about, JSON_COMPACT));
	uint32_t length = (uint32_t)strlen(text);

	if (length > CAPTURE_ABOUT_MAX)
		writer->error = -EFBIG;
	write_all(writer, CAPTURE_MAGIC, strlen(CAPTURE_MAGIC));
	put(writer, &length, sizeof(length));
	put(writer, text, length);
	free(text);
	return capture_flush(writer);
}

static bool in_place(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

struct capture_writer *capture_create(const char *path, const json_t *about,
				      char error[CAPTURE_ERROR])
{
	struct capture_writer *writer = must_calloc(1, sizeof(*writer));

	writer->path = must_copy(path);
	writer->part = in_place(path) ? NULL : must_print("%s.part", path);
	writer->zstd = must(ZSTD_createCCtx());
	ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
	writer->fd = open(writer->part ? writer->part : path,
			  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (writer->fd < 0)
		writer->error = -errno;
	if (!writer->error && !put_about(writer, about))
		return writer;

	snprintf(error, CAPTURE_ERROR, "cannot write %.400s: %s", path, strerror(-writer->error));
	if (writer->fd >= 0 && writer->part)
		unlink(writer->part);
	free_writer(writer);
	return NULL;
}

int capture_write(struct capture_writer *writer, const struct events_head *event)
{
	writer->records++;
	return put(writer, event, event->size);
}

int capture_flush(struct capture_writer *writer)
{
	return writer->error ? writer->error : pack(writer, ZSTD_e_flush);
}

uint64_t capture_bytes(const struct capture_writer *writer)
{
	return writer->bytes;
}

uint64_t capture_records(const struct capture_writer *writer)
{
	return writer->records;
}

/* As perf does: one earlier recording is kept. */
static int give_name(struct capture_writer *writer)
{
	char *old = must_print("%s.old", writer->path);
	int ret = 0;

	if (rename(writer->path, old) && errno != ENOENT)
		ret = -errno;
	if (!ret && rename(writer->part, writer->path))
		ret = -errno;
	free(old);
	return ret;
}

int capture_finish(struct capture_writer *writer, const struct capture_end *end)
{
	struct capture_end last = {};
	int ret;

	if (end) {
		last = *end;
		last.head = (struct events_head){ .ns = end->end_ns, .size = sizeof(last) };
		last.records = writer->records;
		put(writer, &last, sizeof(last));
	}
	if (!writer->error)
		pack(writer, ZSTD_e_end);
	if (!writer->error && fsync(writer->fd) && errno != EINVAL && errno != EROFS)
		writer->error = -errno;

	if (writer->part && !end && !writer->records)
		unlink(writer->part);
	else if (writer->part && !writer->error)
		writer->error = give_name(writer);
	ret = writer->error;
	free_writer(writer);
	return ret;
}
