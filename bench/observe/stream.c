// SPDX-License-Identifier: GPL-2.0
/*
 * Our stream of events, as trace and record have it with --iterations: each one in a
 * ring buffer, and a thread that reads them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/kinds.h"
#include "trace/live.h"

/**
 * struct stream - one at work
 * @over:   the reader shall end
 * @failed: it could not read, and has said so
 */
struct stream {
	struct live *live;
	pthread_t reader;
	atomic_bool over;
	bool failed;
	uint64_t seen;
};

static void count(const struct events_head *event, void *arg)
{
	struct stream *stream = arg;

	stream->seen += event->kind == EVENTS_ITERATION;
}

static void *read_events(void *arg)
{
	struct stream *stream = arg;

	while (!stream->over && !stream->failed)
		stream->failed = live_poll(stream->live);
	return NULL;
}

static int start(struct observe *observe)
{
	static const struct live_options options = {
		.quotes = true, .parts = true, .iterations = true, .answers = true,
	};
	struct stream *stream = calloc(1, sizeof(*stream));
	int error;

	if (!stream || live_open(&stream->live, &options, count, stream)) {
		free(stream);
		return -1;
	}
	observe->state = stream;
	if (live_start(stream->live))
		return -1;
	error = pthread_create(&stream->reader, NULL, read_events, stream);
	if (error)
		fprintf(stderr, "tdxbench: no thread to read events: %s\n", strerror(error));
	return error ? -1 : 0;
}

static int stop(struct observe *observe)
{
	struct stream *stream = observe->state;
	int ret = 0;

	if (!stream)
		return 0;
	if (observe->started) {
		stream->over = true;
		pthread_join(stream->reader, NULL);
		ret = live_stop(stream->live) || stream->failed ? -1 : 0;
		observe->seen = stream->seen;
		observe->lost = live_lost(stream->live);
	}
	live_close(stream->live);
	free(stream);
	observe->state = NULL;
	return ret;
}

const struct observer_kind kind_stream = {
	.counts = true,
	.start = start,
	.stop = stop,
};
