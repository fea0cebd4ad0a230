// SPDX-License-Identifier: GPL-2.0
/*
 * Events of this kernel, or of a capture.
 */
#include "trace/source.h"

#include <stdio.h>
#include <string.h>

#include "command/options.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "trace/capture.h"

/* Events of a capture between two pauses. */
#define BATCH	4096

static bool enough(const struct source_listener *listener)
{
	return interrupted() || (listener->enough && listener->enough(listener->arg));
}

static void pause_at(const struct source_listener *listener)
{
	if (listener->pause)
		listener->pause(listener->arg);
}

/* --- this kernel --- */

static int watch(struct live *live, const struct source_options *options,
		 const struct source_listener *listener, struct source_end *end)
{
	int ret = 0, stopped;

	end->begin_ns = clock_now();
	if (live_start(live))
		return -1;
	fprintf(stderr, "tdxbench %s: watching the quotes of this kernel; Ctrl-C ends it\n",
		options->command);
	while (!ret && !enough(listener) &&
	       (!options->duration_ns || clock_now() - end->begin_ns < options->duration_ns)) {
		ret = live_poll(live);
		pause_at(listener);
	}
	end->end_ns = clock_now();
	stopped = live_stop(live);
	pause_at(listener);
	return ret ? ret : stopped;
}

static int run_live(const struct source_options *options, const struct source_listener *listener,
		    struct source_end *end)
{
	struct live *live;
	int ret = live_open(&live, &options->live, listener->visit, listener->arg);

	if (ret)
		return ret;
	ret = watch(live, options, listener, end) ? EXIT_ERROR : EXIT_DONE;
	end->known = true;
	end->lost = live_lost(live);
	live_lost_text(live, end->lost_text, sizeof(end->lost_text));
	live_close(live);
	return ret;
}

/* --- a capture --- */

/* What bpf/events.bpf.c would have let pass, and live.c attached a program for. */
static bool wanted_iteration(const struct live_options *options,
			     const struct events_iteration *event)
{
	if (options->tdr && event->tdr != options->tdr)
		return false;
	if (options->leaf && event->leaf != options->leaf)
		return false;
	if (options->failed && (!event->status || event->status >> 32 == STATUS_RESUMABLE >> 32))
		return false;
	return options->iterations && event->duration_ns >= options->longer_ns;
}

static bool wanted_quote(const struct live_options *options, const struct events_quote *event)
{
	if (!options->quotes || (options->tdr && event->tdr != options->tdr))
		return false;
	if (options->iterations)
		return true;
	return event->total_ns >= options->longer_ns && (!options->failed || event->error);
}

static bool wanted_answer(const struct live_options *options, const struct events_answer *event)
{
	if (options->tdr && event->tdr != options->tdr)
		return false;
	return options->answers ||
	       (options->refusals && (event->ret || event->status || event->error));
}

static bool wanted(const struct live_options *options, const union event *event)
{
	switch (event->head.kind) {
	case EVENTS_ITERATION:
		return wanted_iteration(options, &event->iteration);
	case EVENTS_QUOTE_BEGIN:
		return options->parts && (!options->tdr || event->begin.tdr == options->tdr);
	case EVENTS_QUOTE_BUFFER:
		return options->parts && (!options->tdr || event->buffer.tdr == options->tdr);
	case EVENTS_QUOTE_END:
		return wanted_quote(options, &event->quote);
	case EVENTS_ANSWER:
		return wanted_answer(options, &event->answer);
	default:
		return event->head.kind < EVENTS_SWITCH || options->context;
	}
}

/* The time that is asked for counts from the first event on. */
static void read_events(struct capture *capture, const struct source_options *options,
			const struct source_listener *listener)
{
	const struct events_head *event;
	uint64_t count, first = 0;

	for (count = 1; !enough(listener) && (event = capture_next(capture)); count++) {
		if (!first)
			first = event->ns;
		if (options->duration_ns && event->ns > first &&
		    event->ns - first > options->duration_ns)
			break;
		if (wanted(&options->live, (const union event *)event))
			listener->visit(event, listener->arg);
		if (!(count % BATCH))
			pause_at(listener);
	}
	pause_at(listener);
}

/* Only who has read all of it knows. */
static void take_end(struct capture *capture, struct source_end *end)
{
	bool more = capture_next(capture);
	const struct capture_end *last = capture_end(capture);

	end->cut_short = !more && !last;
	end->known = last;
	if (!last)
		return;
	end->lost = last->lost;
	end->begin_ns = last->begin_ns;
	end->end_ns = last->end_ns;
}

static int run_capture(const struct source_options *options,
		       const struct source_listener *listener, struct source_end *end)
{
	char error[CAPTURE_ERROR];
	struct capture *capture = capture_open(options->from, error);
	int ret = EXIT_DONE;

	if (!capture && interrupted())
		return 128 + interrupt_signal();
	if (!capture) {
		fprintf(stderr, "tdxbench %s: %s\n", options->command, error);
		return EXIT_ERROR;
	}
	read_events(capture, options, listener);
	take_end(capture, end);
	if (capture_error(capture)) {
		fprintf(stderr, "tdxbench %s: %s\n", options->command, capture_error(capture));
		ret = EXIT_ERROR;
	}
	capture_close(capture);
	return ret;
}

int source_run(const struct source_options *options, const struct source_listener *listener,
	       struct source_end *end)
{
	memset(end, 0, sizeof(*end));
	interrupt_catch();
	return options->from ? run_capture(options, listener, end) :
	       run_live(options, listener, end);
}
