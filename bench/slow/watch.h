/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slowest quotes of a source: all its events go in, for what one quote waits for
 * may be any other; filters say which quotes count.
 */
#ifndef BENCH_SLOW_WATCH_H
#define BENCH_SLOW_WATCH_H

#include "slow/slow.h"
#include "trace/live.h"

struct slow_watch;

/* Takes the filters from @live, which is then what has to be watched. */
struct slow_watch *slow_watch_new(unsigned int keep, enum slow_part by, bool now,
				  struct live_options *live);
void slow_watch_event(struct slow_watch *watch, const struct events_head *event);
/* How far it is, at most twice a second, if stderr is a terminal. */
void slow_watch_progress(struct slow_watch *watch);
void slow_watch_print(struct slow_watch *watch, bool json, uint64_t lost, FILE *out);
/* Quotes that counted, and such as would have but have no times. */
uint64_t slow_watch_quotes(const struct slow_watch *watch);
uint64_t slow_watch_untimed(const struct slow_watch *watch);
void slow_watch_free(struct slow_watch *watch);

#endif /* BENCH_SLOW_WATCH_H */
