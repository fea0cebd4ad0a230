/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slowest quotes of a stream, each with why it was slow: every part of its time is
 * put down to who or what it went to, against what quotes usually take.
 */
#ifndef BENCH_SLOW_H
#define BENCH_SLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../../bpf/events.h"

struct trace_quote;

#define SLOW_MAX	1000	/* quotes that can be kept */
#define SLOW_CAUSES	10	/* of a part: the longest holders, and so many others */
#define SLOW_LEFT	6	/* interrupts that the module was left for, likewise */
#define SLOW_UNBOUND	5	/* the rest of either, and what is not known, in three ways */

enum slow_part {
	SLOW_COPY_IN,
	SLOW_WAIT,
	SLOW_SEAM,
	SLOW_GAP,
	SLOW_COPY_OUT,
	SLOW_OTHER,
	SLOW_TOTAL,
	SLOW_PARTS = SLOW_TOTAL,
};

/* Words for --by, in the order of the above; ends with NULL. */
extern const char *const slow_part_words[];

/* What time went to. The last three are what could not be told. */
enum slow_what {
	SLOW_OWN,	/* the path's own code */
	SLOW_MODULE,	/* the TDX module */
	SLOW_HOLDER,	/* quotes of another thread had the buffer */
	SLOW_HOLDERS,	/* those beyond SLOW_CAUSES */
	SLOW_THREAD,	/* another thread ran on its CPU */
	SLOW_IRQ,	/* a hard interrupt */
	SLOW_SOFTIRQ,
	SLOW_IDLE,	/* it could have run, and the CPU was idle */
	SLOW_ASLEEP,	/* for another reason than the buffer */
	SLOW_MORE,	/* what else is beyond as many */
	SLOW_BEFORE,	/* before the stream began, or not kept as long */
	SLOW_LOST,	/* what ran had to make room in memory */
	SLOW_UNEXPLAINED,
};

/**
 * struct slow_cause - what a part's time went to
 * @what:   enum slow_what
 * @ns:     how much of it
 * @count:  times: interrupts, holds, turns of a thread
 * @tid:    of a holder or thread
 * @tdr, @buffer: of a holder: its TD, and what it had
 * @quote, @seam_ns: likewise: its last quote, and its quotes' time in SEAM
 * @class, @number: of an interrupt or softirq
 * @name:   of thread or device, may be empty
 */
struct slow_cause {
	enum slow_what what;
	uint64_t ns;
	uint64_t count;
	uint64_t quote;
	uint64_t tdr;
	uint64_t seam_ns;
	uint32_t tid;
	uint32_t buffer;
	uint32_t class;
	uint32_t number;
	char name[EVENTS_COMM];
};

/* The causes' @ns add up to @ns. Longest first; what could not be told is behind. */
struct slow_account {
	uint64_t ns;
	struct slow_cause causes[2 * SLOW_CAUSES + SLOW_UNBOUND];
	unsigned int nr;
};

/**
 * struct slow_stays - a quote's stays in SEAM
 * @longest_ns, @longest, @longest_cpu: the longest, which iteration, where
 * @resumable:  stays that the module left half-way
 * @left:       interrupts that were served first after those; @left[].count of them
 * @no_irq:     for these none is known to have come
 */
struct slow_stays {
	uint64_t longest_ns;
	uint32_t longest;
	uint32_t longest_cpu;
	uint64_t resumable;
	uint64_t no_irq;
	struct slow_cause left[SLOW_LEFT + SLOW_UNBOUND];
	unsigned int nr_left;
};

/**
 * struct slow_quote - a slow quote, explained
 * @key:        what it was kept for
 * @end:        its decomposition
 * @begin_ns:   as in struct trace_quote
 * @buffer:     which, if @has_buffer
 * @migrations: changes of CPU that were seen
 * @dropped:    iterations that were not kept, so that their time has no place
 * @whole:      all its events were seen
 */
struct slow_quote {
	uint64_t key;
	struct events_quote end;
	uint64_t begin_ns;
	uint32_t buffer;
	bool has_buffer;
	bool whole;
	unsigned int migrations;
	uint64_t dropped;
	struct slow_account parts[SLOW_PARTS];
	struct slow_stays stays;
};

/**
 * struct slow_verdict - the one reason that counts most
 * @part:  of the quote's time
 * @cause: its longest cause; NULL when no time passed
 * @ns:    of that part put down to it, and to all other holders or threads if it is one
 * @usual: no part took much longer than it usually does
 */
struct slow_verdict {
	enum slow_part part;
	const struct slow_cause *cause;
	uint64_t ns;
	bool usual;
};

struct slow;

/* @context: the stream will say what else ran; it is noticed, too, when it does. */
struct slow *slow_new(unsigned int keep, enum slow_part by, bool context);
void slow_free(struct slow *slow);

/* Every record of the stream, in the order of their times. */
void slow_event(struct slow *slow, const struct events_head *event);
/*
 * Every complete quote, right after its last event: says what is usual, and may be kept
 * if it is a @candidate. One without times is left out.
 */
void slow_quote(struct slow *slow, const struct trace_quote *quote, bool candidate);
/* Records that are known to be missing. */
void slow_set_lost(struct slow *slow, uint64_t lost);
uint64_t slow_lost(const struct slow *slow);

uint64_t slow_seen(const struct slow *slow);	/* quotes with times */
unsigned int slow_kept(const struct slow *slow);
enum slow_part slow_by(const struct slow *slow);
bool slow_has_context(const struct slow *slow);
const struct slow_quote *slow_at(const struct slow *slow, unsigned int i);	/* slowest first */

/* The median of all quotes seen, of a part or the total. */
uint64_t slow_typical(const struct slow *slow, enum slow_part part);
struct slow_verdict slow_verdict(const struct slow *slow, const struct slow_quote *quote);

uint64_t slow_part_ns(const struct events_quote *quote, enum slow_part part);
bool slow_known(enum slow_what what);	/* is it a cause, and no want of one? */
bool slow_held(enum slow_what what);	/* the buffer was another's */

/* 80 columns. Colours only where @out is a terminal and NO_COLOR is not set. */
void slow_print(const struct slow *slow, FILE *out);
/* One line of JSON for each, slowest first; that of its quote_end with why. */
void slow_print_json(const struct slow *slow, FILE *out);

#endif /* BENCH_SLOW_H */
