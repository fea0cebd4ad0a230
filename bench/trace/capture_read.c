// SPDX-License-Identifier: GPL-2.0
/*
 * Captures, the reading half. Nothing in a file is believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "result/must.h"
#include "run/interrupt.h"
#include "trace/capture.h"
#include "trace/capture_file.h"
#include "trace/event.h"

#define CHUNK		(64 << 10)
/* The largest window that is unpacked: 8 MiB. */
#define WINDOW_LOG	23

struct capture {
	int fd;
	char *path;
	json_t *about;
	ZSTD_DCtx *zstd;
	bool frame_over;	/* zstd has seen its end, and its checksum was right */
	bool over;		/* nothing more is to be had */
	bool ended;
	bool failed;
	char error[CAPTURE_ERROR];
	uint64_t records;
	struct capture_end end;
	union event event;
	ZSTD_inBuffer in;
	size_t out_at, out_size;
	uint8_t packed[CHUNK];
	uint8_t unpacked[CHUNK];
};

__attribute__((format(printf, 2, 3)))
static void fail(struct capture *capture, const char *format, ...)
{
	va_list args;
	size_t at;

	capture->over = true;
	if (capture->failed)
		return;
	capture->failed = true;
	snprintf(capture->error, CAPTURE_ERROR, "%.300s: ", capture->path);
	at = strlen(capture->error);
	va_start(args, format);
	vsnprintf(capture->error + at, CAPTURE_ERROR - at, format, args);
	va_end(args);
}

/* --- bytes --- */

/* What read() gives is all there is; 0 at the end of the file, or when a signal ends it. */
static size_t read_some(struct capture *capture, void *into, size_t size)
{
	ssize_t got;

	do {
		got = read(capture->fd, into, size);
	} while (got < 0 && errno == EINTR && !interrupted());
	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		fail(capture, "%s", strerror(errno));
	return got > 0 ? (size_t)got : 0;
}

static bool refill(struct capture *capture)
{
	if (capture->in.pos < capture->in.size)
		return true;
	capture->in = (ZSTD_inBuffer){
		capture->packed, read_some(capture, capture->packed, CHUNK), 0
	};
	return capture->in.size;
}

/* False when there is no more: the frame is over, the file is, or it is damaged. */
static bool unpack(struct capture *capture)
{
	ZSTD_outBuffer out = { capture->unpacked, CHUNK, 0 };
	size_t left;

	while (!out.pos && !capture->frame_over && refill(capture)) {
		left = ZSTD_decompressStream(capture->zstd, &out, &capture->in);
		if (ZSTD_isError(left)) {
			fail(capture, "the file is damaged (%s)", ZSTD_getErrorName(left));
			return false;
		}
		capture->frame_over = !left;
	}
	capture->out_at = 0;
	capture->out_size = out.pos;
	return out.pos;
}

/* Bytes that were to be had, at most @size. */
static size_t take(struct capture *capture, void *into, size_t size)
{
	size_t taken = 0, piece;

	while (taken < size) {
		if (capture->out_at == capture->out_size && !unpack(capture))
			break;
		piece = capture->out_size - capture->out_at;
		piece = piece < size - taken ? piece : size - taken;
		memcpy((uint8_t *)into + taken, capture->unpacked + capture->out_at, piece);
		capture->out_at += piece;
		taken += piece;
	}
	return taken;
}

/* --- the beginning --- */

static bool read_magic(struct capture *capture)
{
	char magic[sizeof(CAPTURE_MAGIC)] = "";
	size_t want = strlen(CAPTURE_MAGIC), got = 0, more;
	unsigned int version;

	while (got < want && (more = read_some(capture, magic + got, want - got)))
		got += more;
	if (!strcmp(magic, CAPTURE_MAGIC))
		return true;
	if (sscanf(magic, "TDXCAP %u", &version) == 1)
		fail(capture, "a capture of version %u, this tdxbench reads version 1", version);
	else
		fail(capture, "this is no capture of tdxbench record");
	return false;
}

static bool read_about(struct capture *capture)
{
	uint32_t length = 0;
	json_error_t why;
	char *text;

	if (take(capture, &length, sizeof(length)) < sizeof(length)) {
		fail(capture, "the file ends before it has begun");
		return false;
	}
	if (length > CAPTURE_ABOUT_MAX) {
		fail(capture, "it says %u bytes about itself, %u are allowed", length, CAPTURE_ABOUT_MAX);
		return false;
	}
	text = must_calloc(length, 1);
	if (take(capture, text, length) < length)
		fail(capture, "the file ends before it has begun");
	else
		capture->about = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
	free(text);
	if (!json_is_object(capture->about))
		fail(capture, "what it says about itself is no JSON object");
	return !capture->failed;
}

struct capture *capture_open(const char *path, char error[CAPTURE_ERROR])
{
	struct capture *capture = must_calloc(1, sizeof(*capture));

	capture->path = must_copy(path);
	capture->zstd = must(ZSTD_createDCtx());
	ZSTD_DCtx_setParameter(capture->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	capture->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (capture->fd < 0)
		fail(capture, "%s", strerror(errno));
	else if (read_magic(capture) && read_about(capture))
		return capture;
	memcpy(error, capture->error, CAPTURE_ERROR);
	capture_close(capture);
	return NULL;
}

bool capture_recognise(const char *path)
{
	char first[7] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is = fd >= 0 && pread(fd, first, sizeof(first), 0) == sizeof(first) &&
		  !memcmp(first, CAPTURE_MAGIC, sizeof(first));

	if (fd >= 0)
		close(fd);
	return is;
}

/* --- records --- */

/* The end must be right, and the last. */
static void read_end(struct capture *capture)
{
	struct capture_end *end = &capture->end;
	size_t body = sizeof(*end) - sizeof(end->head);
	uint8_t more;

	end->head = capture->event.head;
	if (end->head.size != sizeof(*end)) {
		fail(capture, "an end of another size than it has");
		return;
	}
	if (take(capture, &end->records, body) < body)
		return;
	if (take(capture, &more, 1) || (capture->frame_over && refill(capture)))
		fail(capture, "there is something behind the end");
	else if (end->records != capture->records)
		fail(capture, "%llu records, but its end says %llu",
		     (unsigned long long)capture->records, (unsigned long long)end->records);
	else if (end->begin_ns > end->end_ns)
		fail(capture, "it ended before it began");
	/* Without its checksum it was cut short, if only by a few bytes. */
	capture->ended = !capture->failed && capture->frame_over;
}

/* What follows the head; false where the file was cut short. */
static bool read_body(struct capture *capture)
{
	struct events_head *head = &capture->event.head;
	size_t size = event_size(head->kind), body = size ? size - sizeof(*head) : 0;
	const char *fault;

	if (size == head->size && take(capture, head + 1, body) < body)
		return false;
	capture->records++;
	fault = event_fault(&capture->event);
	if (fault)
		fail(capture, "record %llu: %s", (unsigned long long)capture->records, fault);
	return !fault;
}

const struct events_head *capture_next(struct capture *capture)
{
	if (capture->over)
		return NULL;
	memset(&capture->event, 0, sizeof(capture->event));
	if (take(capture, &capture->event.head, sizeof(capture->event.head)) ==
	    sizeof(capture->event.head)) {
		if (!capture->event.head.kind)
			read_end(capture);
		else if (read_body(capture))
			return &capture->event.head;
	}
	capture->over = true;
	return NULL;
}

const json_t *capture_about(const struct capture *capture)
{
	return capture->about;
}

const struct capture_end *capture_end(const struct capture *capture)
{
	return capture->ended ? &capture->end : NULL;
}

const char *capture_error(const struct capture *capture)
{
	return capture->failed ? capture->error : NULL;
}

void capture_close(struct capture *capture)
{
	if (capture->fd >= 0)
		close(capture->fd);
	json_decref(capture->about);
	ZSTD_freeDCtx(capture->zstd);
	free(capture->path);
	free(capture);
}
