/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of this kernel's quoting path as they happen: bpf/events.bpf.c and its reader.
 *
 *	live_open()	load; nothing is watched yet
 *	live_start()	attach
 *	live_poll()	until enough was seen
 *	live_stop()	detach, and hand over the rest
 *	live_close()
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "run/param.h"
#include "trace/order.h"

/* An event is handed over this long after it happened, ns, at most and if there is no hurry. */
#define LIVE_DELAY	120000000

/**
 * struct live_options - what to watch; states, pool and updates always are
 * @quotes:     quote_end
 * @parts:      quote_begin and quote_buffer
 * @iterations: seamcall_exit
 * @answers:    getquote_exit, all of them
 * @refusals:   getquote_exit that tells of no quote
 * @context:    what else ran on all CPUs while quotes were under way
 * @tdr:        only of this TD; 0: of any
 * @leaf:       only iterations of this leaf; 0: of any
 * @longer_ns:  only iterations that took as long; without @iterations, only quotes
 * @failed:     only iterations neither successful nor left half-way; without
 *              @iterations, only failed quotes
 * @buffer:     bytes between kernel and reader, rounded up to a power of two; 0: the default
 */
struct live_options {
	bool quotes, parts, iterations, answers, refusals, context;
	uint64_t tdr;
	uint32_t leaf;
	uint64_t longer_ns;
	bool failed;
	uint64_t buffer;
};

struct live;

/* For an option --buffer, whose value is @buffer of the above. */
extern const struct param live_buffer_param;

/*
 * Everything is visited in the order of time. EXIT_DONE; EXIT_CANNOT_RUN or EXIT_ERROR
 * after one line on stderr.
 */
int live_open(struct live **live, const struct live_options *options, event_visitor *visit,
	      void *arg);
int live_start(struct live *live);
/* Sleeps until there is much to read, 100 ms have passed or a signal came. 0 or -1, one line. */
int live_poll(struct live *live);
int live_stop(struct live *live);
/* Events that were missed so far: found no room, or their program at work. */
uint64_t live_lost(const struct live *live);
/* The same in words: "3 seamcall_exit, 1 sched_switch"; "" for none. */
const char *live_lost_text(const struct live *live, char *text, size_t size);
void live_close(struct live *live);

#endif /* BENCH_LIVE_H */
