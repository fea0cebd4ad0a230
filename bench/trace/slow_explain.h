/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One quote explained, right after its last event.
 */
#ifndef BENCH_TRACE_SLOW_EXPLAIN_H
#define BENCH_TRACE_SLOW_EXPLAIN_H

#include "trace/holders.h"
#include "trace/quotes.h"
#include "trace/slow.h"
#include "trace/timeline.h"

/* @context: does the timeline know anything? */
struct slow_sources {
	struct timeline *timeline;
	struct holders *holders;
	bool context;
};

void slow_explain(struct slow_quote *slow, const struct trace_quote *quote,
		  const struct slow_sources *sources);

#endif /* BENCH_TRACE_SLOW_EXPLAIN_H */
