/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ran on which CPU, from the context in a stream of events: threads from switches,
 * hard interrupts, softirqs. The last stretches of each CPU are kept, in bounded memory.
 *
 * Context comes only while quotes are under way, so ask for times within one quote.
 */
#ifndef BENCH_SLOW_TIMELINE_H
#define BENCH_SLOW_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/events.h"

enum timeline_what {
	TIMELINE_UNKNOWN,	/* no event says, or events contradict each other */
	TIMELINE_LOST,		/* was known, and had to make room */
	TIMELINE_TASK,
	TIMELINE_IRQ,
	TIMELINE_SOFTIRQ,
};

/**
 * struct timeline_span - a stretch of time on one CPU
 * @from, @to: CLOCK_MONOTONIC
 * @cpu:    where
 * @tid:    the thread that ran, or was interrupted
 * @number: of the interrupt or softirq, as in struct events_irq
 * @class:  of the interrupt, enum events_irq_class
 * @what:   enum timeline_what
 * @begins: the interrupt begins here; false where another one has passed
 * @leaves: at its end another thread took over
 * @state:  then, of the thread that left: 0 wanted to go on
 * @name:   of a device's interrupt
 */
struct timeline_span {
	uint64_t from;
	uint64_t to;
	uint32_t cpu;
	uint32_t tid;
	uint32_t number;
	uint32_t state;
	uint8_t class;
	uint8_t what;
	bool begins;
	bool leaves;
	char name[EVENTS_COMM];
};

/**
 * enum timeline_where - where a thread was while something else or itself ran
 * @TIMELINE_ON:      on this CPU: it ran, or what ran had interrupted it
 * @TIMELINE_READY:   it wanted to run on this CPU, and another thread had it
 * @TIMELINE_BLOCKED: it had gone to sleep; the CPU is that where it went on
 * @TIMELINE_NOWHERE: not known
 */
enum timeline_where { TIMELINE_ON, TIMELINE_READY, TIMELINE_BLOCKED, TIMELINE_NOWHERE };

struct timeline;

typedef void timeline_visitor(const struct timeline_span *span, enum timeline_where where,
			      void *arg);

/* @max_spans: of all CPUs together. */
struct timeline *timeline_new(size_t max_spans);
void timeline_free(struct timeline *timeline);

/* Events in the order of their times. Takes what says something about a CPU or a thread. */
void timeline_add(struct timeline *timeline, const struct events_head *event);

/* Last known name of a thread; "" when there is none. */
const char *timeline_name(const struct timeline *timeline, uint32_t tid);

/*
 * What happened to a thread between @from and @to, without a hole: known to run on @cpu
 * at @to. Returns how often it went to another CPU meanwhile.
 */
unsigned int timeline_thread(const struct timeline *timeline, uint32_t tid, uint32_t cpu,
			     uint64_t from, uint64_t to, timeline_visitor *visit, void *arg);

/* The first hard interrupt that began on @cpu between @from and @to; NULL: none is known. */
const struct timeline_span *timeline_interrupt(const struct timeline *timeline, uint32_t cpu,
					       uint64_t from, uint64_t to);

/* Is all there that this CPU did since @from? */
bool timeline_complete(const struct timeline *timeline, uint32_t cpu, uint64_t from);

#endif /* BENCH_SLOW_TIMELINE_H */
