/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where events come from, whoever wants them: this kernel, now, or a capture. Either
 * way the same ones, in the order of time.
 */
#ifndef BENCH_SOURCE_H
#define BENCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/live.h"

/**
 * struct source_options - which events
 * @command:     whose name stands in messages: "trace"
 * @from:        a capture; NULL: this kernel
 * @live:        which events, of a capture too
 * @duration_ns: for how long; 0: until a signal comes, or the capture ends
 */
struct source_options {
	const char *command;
	const char *from;
	struct live_options live;
	uint64_t duration_ns;
};

/**
 * struct source_end - how it ended
 * @known:     the rest, of a capture after all of it was read
 * @cut_short: it was, and has no end: so the rest is not known
 * @lost:      events that were missed
 * @lost_text: which, for people; "" when that is not known
 * @begin_ns, @end_ns: what was watched, CLOCK_MONOTONIC
 */
struct source_end {
	bool known;
	bool cut_short;
	uint64_t lost;
	char lost_text[512];
	uint64_t begin_ns, end_ns;
};

/*
 * Who listens: @visit gets every event that was asked for. @pause, optional, is called
 * ten times a second and at the end, and is the place to write out. @enough: optional.
 */
struct source_listener {
	event_visitor *visit;
	void (*pause)(void *arg);
	bool (*enough)(void *arg);
	void *arg;
};

/* EXIT_DONE, also when a signal ended it; else an exit code, after one line on stderr. */
int source_run(const struct source_options *options, const struct source_listener *listener,
	       struct source_end *end);

#endif /* BENCH_SOURCE_H */
