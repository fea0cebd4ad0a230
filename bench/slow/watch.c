// SPDX-License-Identifier: GPL-2.0
/*
 * The slowest quotes of a source.
 */
#include "slow/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "measure/clock.h"
#include "result/must.h"
#include "trace/print.h"
#include "trace/quotes.h"

#define MAX_OPEN	4096	/* quotes under way */
#define SHOW_NS		(NSEC_PER_SEC / 2)

/**
 * struct slow_watch
 * @tdr, @longer_ns, @failed: which quotes count, as in struct live_options
 * @shown_ns: when it was told how far this is; 0: never, or to nobody
 */
struct slow_watch {
	struct slow *slow;
	struct trace_quotes *quotes;
	uint64_t tdr;
	uint64_t longer_ns;
	bool failed;
	uint64_t counted;
	uint64_t untimed;
	bool terminal;
	uint64_t shown_ns;
};

static bool counts(const struct slow_watch *watch, const struct events_quote *quote)
{
	return (!watch->tdr || quote->tdr == watch->tdr) &&
	       quote->total_ns >= watch->longer_ns && (!watch->failed || quote->error);
}

static void take_quote(const struct trace_quote *quote, void *arg)
{
	struct slow_watch *watch = arg;
	bool candidate = counts(watch, &quote->end);

	watch->counted += candidate;
	watch->untimed += candidate && !quote->end.total_ns;
	slow_quote(watch->slow, quote, candidate);
}

struct slow_watch *slow_watch_new(unsigned int keep, enum slow_part by, bool now,
				  struct live_options *live)
{
	struct slow_watch *watch = must_calloc(1, sizeof(*watch));

	watch->slow = slow_new(keep, by, now);
	watch->quotes = trace_quotes_new(MAX_OPEN, take_quote, watch);
	watch->tdr = live->tdr;
	watch->longer_ns = live->longer_ns;
	watch->failed = live->failed;
	watch->terminal = isatty(STDERR_FILENO);

	*live = (struct live_options){
		.quotes = true, .parts = true, .iterations = true, .context = true,
		.buffer = live->buffer,
	};
	return watch;
}

void slow_watch_event(struct slow_watch *watch, const struct events_head *event)
{
	slow_event(watch->slow, event);
	trace_quotes_add(watch->quotes, event);
}

/* --- for people --- */

void slow_watch_progress(struct slow_watch *watch)
{
	uint64_t now = watch->terminal ? clock_now() : 0;
	char slowest[16], median[16];

	if (!watch->terminal || now - watch->shown_ns < SHOW_NS)
		return;
	watch->shown_ns = now;
	if (!slow_kept(watch->slow))
		return;
	fprintf(stderr, "\r\033[K%" PRIu64 " quotes, slowest %s, median %s", watch->counted,
		time_text(slow_at(watch->slow, 0)->key, slowest, sizeof(slowest)),
		time_text(slow_typical(watch->slow, slow_by(watch->slow)), median,
			  sizeof(median)));
	fflush(stderr);
}

void slow_watch_print(struct slow_watch *watch, bool json, uint64_t lost, FILE *out)
{
	if (watch->shown_ns)
		fputs("\r\033[K", stderr);
	slow_set_lost(watch->slow, lost);
	if (json)
		slow_print_json(watch->slow, out);
	else
		slow_print(watch->slow, out);
}

uint64_t slow_watch_quotes(const struct slow_watch *watch)
{
	return watch->counted;
}

uint64_t slow_watch_untimed(const struct slow_watch *watch)
{
	return watch->untimed;
}

void slow_watch_free(struct slow_watch *watch)
{
	if (!watch)
		return;
	trace_quotes_free(watch->quotes);
	slow_free(watch->slow);
	free(watch);
}
