// SPDX-License-Identifier: GPL-2.0
/*
 * The slowest quotes of a stream: which are kept, what is usual, and which reason of
 * one counts most.
 */
#include "slow/slow.h"

#include <stdlib.h>
#include <string.h>

#include "collect/hist.h"
#include "result/must.h"
#include "slow/explain.h"

/* Stretches of all CPUs, 29 MB: 32 CPUs with 16,000 each. */
#define SPANS_MAX	(1 << 19)
/* Of the total. What is less above the median is as usual. */
#define UNUSUAL		0.1

const char *const slow_part_words[] = {
	"copy-in", "wait", "seam", "gap", "copy-out", "other", "total", NULL
};

/**
 * struct slow
 * @quotes:  slowest first
 * @typical: all quotes, by part and total
 */
struct slow {
	struct slow_quote *quotes;
	unsigned int kept;
	unsigned int keep;
	enum slow_part by;
	uint64_t lost;
	struct slow_sources sources;
	struct hist typical[SLOW_PARTS + 1];
};

struct slow *slow_new(unsigned int keep, enum slow_part by, bool context)
{
	struct slow *slow = must_calloc(1, sizeof(*slow));
	unsigned int part;

	slow->keep = keep < SLOW_MAX ? keep : SLOW_MAX;
	slow->by = by;
	slow->quotes = must_calloc(slow->keep + 1, sizeof(*slow->quotes));
	slow->sources.timeline = timeline_new(SPANS_MAX);
	slow->sources.holders = holders_new();
	slow->sources.context = context;
	for (part = 0; part <= SLOW_TOTAL; part++)
		hist_init(&slow->typical[part]);
	return slow;
}

void slow_free(struct slow *slow)
{
	if (!slow)
		return;
	timeline_free(slow->sources.timeline);
	holders_free(slow->sources.holders);
	free(slow->quotes);
	free(slow);
}

void slow_event(struct slow *slow, const struct events_head *event)
{
	slow->sources.context |= event->kind >= EVENTS_SWITCH;
	timeline_add(slow->sources.timeline, event);
	holders_add(slow->sources.holders, event);
}

uint64_t slow_part_ns(const struct events_quote *quote, enum slow_part part)
{
	switch (part) {
	case SLOW_COPY_IN:
		return quote->copy_in_ns;
	case SLOW_WAIT:
		return quote->wait_ns;
	case SLOW_SEAM:
		return quote->seam_ns;
	case SLOW_GAP:
		return quote->gap_ns;
	case SLOW_COPY_OUT:
		return quote->copy_out_ns;
	case SLOW_OTHER:
		return quote->other_ns;
	default:
		return quote->total_ns;
	}
}

/* Where it belongs, behind all that are as slow; the last one makes room. */
static void insert(struct slow *slow, const struct trace_quote *quote, uint64_t key)
{
	unsigned int at = slow->kept;

	while (at && slow->quotes[at - 1].key < key)
		at--;
	if (at == slow->keep)
		return;
	memmove(&slow->quotes[at + 1], &slow->quotes[at],
		(slow->kept - at) * sizeof(*slow->quotes));
	slow_explain(&slow->quotes[at], quote, &slow->sources);
	slow->quotes[at].key = key;
	if (slow->kept < slow->keep)
		slow->kept++;
}

void slow_quote(struct slow *slow, const struct trace_quote *quote, bool candidate)
{
	unsigned int part;

	/* It was under way when the listener came. */
	if (!quote->end.total_ns)
		return;
	for (part = 0; part <= SLOW_TOTAL; part++)
		hist_add(&slow->typical[part], slow_part_ns(&quote->end, part));
	if (candidate)
		insert(slow, quote, slow_part_ns(&quote->end, slow->by));
}

void slow_set_lost(struct slow *slow, uint64_t lost)
{
	slow->lost = lost;
}

uint64_t slow_lost(const struct slow *slow)
{
	return slow->lost;
}

uint64_t slow_seen(const struct slow *slow)
{
	return slow->typical[SLOW_TOTAL].count;
}

unsigned int slow_kept(const struct slow *slow)
{
	return slow->kept;
}

enum slow_part slow_by(const struct slow *slow)
{
	return slow->by;
}

bool slow_has_context(const struct slow *slow)
{
	return slow->sources.context;
}

const struct slow_quote *slow_at(const struct slow *slow, unsigned int i)
{
	return &slow->quotes[i];
}

uint64_t slow_typical(const struct slow *slow, enum slow_part part)
{
	return hist_percentile(&slow->typical[part], 50);
}

/* --- the verdict --- */

static double above_usual(const struct slow *slow, const struct slow_quote *quote,
			  enum slow_part part)
{
	return (double)quote->parts[part].ns - (double)slow_typical(slow, part);
}

/*
 * The part that was asked for; else the one that is most above what is usual, or, when
 * none is, the longest.
 */
static enum slow_part decisive_part(const struct slow *slow, const struct slow_quote *quote,
				    bool *usual)
{
	enum slow_part longest = SLOW_COPY_IN, most = SLOW_COPY_IN, part;

	if (slow->by < SLOW_PARTS) {
		*usual = above_usual(slow, quote, slow->by) <=
			 UNUSUAL * (double)quote->parts[slow->by].ns;
		return slow->by;
	}
	for (part = 0; part < SLOW_PARTS; part++) {
		if (quote->parts[part].ns > quote->parts[longest].ns)
			longest = part;
		if (above_usual(slow, quote, part) > above_usual(slow, quote, most))
			most = part;
	}
	*usual = above_usual(slow, quote, most) <= UNUSUAL * (double)quote->end.total_ns;
	return *usual ? longest : most;
}

/* All holders of the buffer are one reason, and so are all threads that ran instead. */
static bool same_reason(const struct slow_cause *a, const struct slow_cause *b)
{
	return a == b || (slow_held(a->what) && slow_held(b->what)) ||
	       (a->what == SLOW_THREAD && b->what == SLOW_THREAD);
}

/*
 * How much a reason explains. The quote's own work is done in every quote: only what is
 * above the usual counts.
 */
static uint64_t weight(const struct slow *slow, const struct slow_quote *quote,
		       enum slow_part part, const struct slow_cause *cause, bool usual)
{
	const struct slow_account *account = &quote->parts[part];
	uint64_t ns = 0, typical = slow_typical(slow, part);
	unsigned int i;

	for (i = 0; i < account->nr; i++)
		if (same_reason(cause, &account->causes[i]))
			ns += account->causes[i].ns;
	if (usual || (cause->what != SLOW_OWN && cause->what != SLOW_MODULE))
		return ns;
	return ns > typical ? ns - typical : 0;
}

struct slow_verdict slow_verdict(const struct slow *slow, const struct slow_quote *quote)
{
	struct slow_verdict verdict = {};
	const struct slow_account *account;
	uint64_t most = 0;
	unsigned int i;

	verdict.part = decisive_part(slow, quote, &verdict.usual);
	account = &quote->parts[verdict.part];
	for (i = 0; i < account->nr; i++) {
		const struct slow_cause *cause = &account->causes[i];
		uint64_t ns = weight(slow, quote, verdict.part, cause, verdict.usual);

		/* Of holders the longest is named, not the rest. */
		if (ns > most && cause->what != SLOW_HOLDERS) {
			most = ns;
			verdict.cause = cause;
		}
	}
	for (i = 0; verdict.cause && i < account->nr; i++)
		if (same_reason(verdict.cause, &account->causes[i]))
			verdict.ns += account->causes[i].ns;
	return verdict;
}
