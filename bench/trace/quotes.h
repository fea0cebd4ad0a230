/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From events to quotes: puts together the records that belong to one quote, whether
 * they come from the kernel right now or from a capture.
 */
#ifndef BENCH_TRACE_QUOTES_H
#define BENCH_TRACE_QUOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/events.h"

/* More iterations than this, of one quote and of all under way, are counted but not kept. */
#define TRACE_ITERATIONS_MAX	4096
#define TRACE_ITERATIONS_ALL	(256 << 10)

/**
 * struct trace_quote - one quote, complete
 * @end:       its quote_end, with the decomposition
 * @begin_ns:  when it began, CLOCK_MONOTONIC
 * @buffer_ns: when it got its buffer; 0: never
 * @buffer:    which
 * @whole:     its quote_begin and all its iterations were seen
 * @iterations, @nr_iterations: in order
 * @dropped:   iterations that were seen, but not kept
 */
struct trace_quote {
	struct events_quote end;
	uint64_t begin_ns;
	uint64_t buffer_ns;
	uint32_t buffer;
	bool whole;
	struct events_iteration *iterations;
	size_t nr_iterations;
	uint64_t dropped;
};

struct trace_quotes;

/* Called for every quote that ended; @quote is good during the call. */
typedef void trace_quote_visitor(const struct trace_quote *quote, void *arg);

/* @max_open: quotes under way at most; the oldest is given up for one more. */
struct trace_quotes *trace_quotes_new(size_t max_open, trace_quote_visitor *visit, void *arg);
void trace_quotes_add(struct trace_quotes *quotes, const struct events_head *event);
/* Quotes that were given up, or are not whole. */
uint64_t trace_quotes_broken(const struct trace_quotes *quotes);
void trace_quotes_free(struct trace_quotes *quotes);

#endif /* BENCH_TRACE_QUOTES_H */
