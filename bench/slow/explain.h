/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One quote explained, right after its last event.
 */
#ifndef BENCH_SLOW_EXPLAIN_H
#define BENCH_SLOW_EXPLAIN_H

#include "slow/holders.h"
#include "slow/slow.h"
#include "slow/timeline.h"
#include "trace/quotes.h"

/* @context: does the timeline know anything? */
struct slow_sources {
	struct timeline *timeline;
	struct holders *holders;
	bool context;
};

void slow_explain(struct slow_quote *slow, const struct trace_quote *quote,
		  const struct slow_sources *sources);

#endif /* BENCH_SLOW_EXPLAIN_H */
