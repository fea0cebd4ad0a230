// SPDX-License-Identifier: GPL-2.0
/*
 * Why one quote was slow.
 *
 * Its events cut its time into windows, each of one part: until it wanted a buffer, the
 * wait, each stay in SEAM, each gap, what came behind. What its thread met meanwhile is
 * put down to the part of the window that it falls into; a window in which another quote
 * had the buffer is that quote's. Time stamps of events are taken by another clock, and
 * a little later, than the times in the decomposition: what is then too much is taken
 * off, what is too little is unexplained. So causes add up to their part.
 */
#include "slow/explain.h"

#include <stdlib.h>
#include <string.h>

#include "result/must.h"
#include "trace/event.h"

#define TALLY	128	/* causes of a part that are told apart */

/* @hold: who had the buffer; @before: somebody may have, from before the stream. */
struct window {
	uint64_t from;
	uint64_t to;
	enum slow_part part;
	const struct hold *hold;
	bool before;
};

struct tally {
	struct slow_cause causes[2 * TALLY + SLOW_UNBOUND];
	unsigned int nr;
};

/**
 * struct explain - one quote on its way
 * @windows: its time, cut; in order, without holes
 * @at:      where the last one ends
 * @current: window that spans have reached
 */
struct explain {
	const struct trace_quote *quote;
	const struct slow_sources *sources;
	struct window *windows;
	uint32_t nr_windows;
	uint64_t at;
	uint32_t current;
	struct tally tallies[SLOW_PARTS];
};

bool slow_known(enum slow_what what)
{
	return what < SLOW_BEFORE;
}

bool slow_held(enum slow_what what)
{
	return what == SLOW_HOLDER || what == SLOW_HOLDERS;
}

/* --- causes --- */

static bool same_cause(const struct slow_cause *a, const struct slow_cause *b)
{
	return a->what == b->what && a->tdr == b->tdr && a->tid == b->tid &&
	       a->class == b->class && a->number == b->number && !strcmp(a->name, b->name);
}

/* Has the list as many of this sort, holders or others, as it shall have? */
static bool too_many(const struct slow_cause *causes, unsigned int nr, unsigned int max,
		     const struct slow_cause *cause)
{
	unsigned int i, alike = 0;

	for (i = 0; i < nr; i++)
		alike += slow_known(causes[i].what) && slow_held(causes[i].what) == slow_held(cause->what);
	return slow_known(cause->what) && alike >= max;
}

/*
 * Adds to the same one, or, when there are too many, to a sum of all others. So there are
 * at most twice @max and SLOW_UNBOUND: what is no cause is in no such sum.
 */
static void count_cause(struct slow_cause *causes, unsigned int *nr, unsigned int max,
			const struct slow_cause *cause)
{
	const struct slow_cause more = {
		.what = slow_held(cause->what) ? SLOW_HOLDERS : SLOW_MORE,
		.ns = cause->ns,
		.count = cause->count,
	};
	unsigned int i;

	for (i = 0; i < *nr && !same_cause(&causes[i], cause); i++)
		;
	if (i == *nr && too_many(causes, *nr, max, cause)) {
		cause = &more;
		for (i = 0; i < *nr && !same_cause(&causes[i], cause); i++)
			;
	}
	if (i == *nr) {
		causes[(*nr)++] = *cause;
		return;
	}
	causes[i].ns += cause->ns;
	causes[i].count += cause->count;
	causes[i].seam_ns += cause->seam_ns;
	causes[i].quote = cause->quote;
}

static void add_cause(struct explain *e, enum slow_part part, const struct slow_cause *cause)
{
	struct tally *tally = &e->tallies[part];

	if (part < SLOW_PARTS && (cause->ns || cause->count))
		count_cause(tally->causes, &tally->nr, TALLY, cause);
}

/* --- windows --- */

static void add_window(struct explain *e, enum slow_part part, uint64_t to,
		       const struct hold *hold, bool before)
{
	const uint64_t end = e->quote->end.head.ns;

	to = to < end ? to : end;
	if (to <= e->at)
		return;
	e->windows = must_grow(e->windows, e->nr_windows, sizeof(*e->windows));
	e->windows[e->nr_windows++] = (struct window){ e->at, to, part, hold, before };
	e->at = to;
}

static void cut(struct explain *e, enum slow_part part, uint64_t to)
{
	add_window(e, part, to, NULL, false);
}

/* For so long; careful, as @ns may be anything. */
static void cut_for(struct explain *e, enum slow_part part, uint64_t ns)
{
	cut(e, part, ns < UINT64_MAX - e->at ? e->at + ns : UINT64_MAX);
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

struct waiting {
	struct explain *e;
	uint64_t to;
	uint64_t known;
};

/* Nobody had the buffer, or somebody of whom the stream does not know. */
static void cut_free(const struct waiting *waiting, uint64_t to)
{
	struct explain *e = waiting->e;

	add_window(e, SLOW_WAIT, to < waiting->known ? to : waiting->known, NULL, true);
	cut(e, SLOW_WAIT, to);
}

static void cut_hold(const struct hold *hold, void *arg)
{
	const struct waiting *waiting = arg;
	uint64_t to = !hold->to || hold->to > waiting->to ? waiting->to : hold->to;

	cut_free(waiting, hold->from < to ? hold->from : to);
	add_window(waiting->e, SLOW_WAIT, to, hold, false);
}

/* Up to @to, by who had the buffer. */
static void cut_wait(struct explain *e, uint64_t to)
{
	const struct holders *holders = e->sources->holders;
	uint32_t buffer = e->quote->buffer;
	struct waiting waiting = { e, to, holders_known_since(holders, buffer) };

	holders_between(holders, buffer, e->at, to, cut_hold, &waiting);
	cut_free(&waiting, to);
}

/* Until the buffer is there. @waited: as it said then. */
static void cut_head(struct explain *e, uint64_t waited)
{
	const struct events_quote *end = &e->quote->end;
	uint64_t buffer = e->quote->buffer_ns, wanted;

	if (buffer)
		wanted = less(buffer, waited);
	else
		wanted = e->at + (end->copy_in_ns < end->total_ns ? end->copy_in_ns : 0);
	if (wanted - e->at > end->copy_in_ns && wanted > e->at)
		cut_for(e, SLOW_COPY_IN, end->copy_in_ns);
	else
		cut(e, SLOW_COPY_IN, wanted);
	cut(e, SLOW_OTHER, wanted);
	cut_wait(e, buffer ? buffer : wanted + (end->wait_ns < end->total_ns ? end->wait_ns : 0));
}

/* Behind the buffer comes a rest of copy in, if the module reads what lies there. */
static void cut_first_entry(struct explain *e, uint64_t copied, uint64_t entry)
{
	uint64_t rest = less(e->quote->end.copy_in_ns, copied);

	if (entry > e->at && rest < entry - e->at)
		cut_for(e, SLOW_COPY_IN, rest);
	else
		cut(e, SLOW_COPY_IN, entry);
	cut(e, SLOW_OTHER, entry);
}

static uint64_t part_so_far(const struct explain *e, enum slow_part part)
{
	uint64_t ns = 0;
	uint32_t i;

	for (i = 0; i < e->nr_windows; i++)
		if (e->windows[i].part == part)
			ns += e->windows[i].to - e->windows[i].from;
	return ns;
}

static void cut_iterations(struct explain *e)
{
	const struct trace_quote *quote = e->quote;
	size_t i;

	for (i = 0; i < quote->nr_iterations; i++) {
		const struct events_iteration *iteration = &quote->iterations[i];
		uint64_t entry = less(iteration->head.ns, iteration->duration_ns);

		if (!i)
			cut_first_entry(e, part_so_far(e, SLOW_COPY_IN),
					less(entry, iteration->gap_ns));
		cut(e, SLOW_GAP, entry);
		cut(e, SLOW_SEAM, iteration->head.ns);
	}
}

/*
 * From the last return on. The buffer is given back while the quote is copied out: which
 * came first is not told, and one of the two is short.
 */
static void cut_tail(struct explain *e, uint64_t waited)
{
	const struct events_quote *end = &e->quote->end;
	uint64_t gaps = 0;
	size_t i;

	for (i = 0; i < e->quote->nr_iterations; i++)
		gaps += e->quote->iterations[i].gap_ns;
	cut_for(e, SLOW_GAP, less(end->gap_ns, gaps));
	cut_for(e, SLOW_COPY_OUT, end->copy_out_ns);
	cut_for(e, SLOW_WAIT, less(end->wait_ns, waited));
	cut(e, SLOW_OTHER, UINT64_MAX);
}

/* A quote whose events are not all there has a place for its wait at most. */
static void cut_incomplete(struct explain *e, const struct hold *own)
{
	if (!own)
		return;
	e->at = less(own->from, own->wait_ns);
	cut_wait(e, own->from);
	cut(e, SLOW_PARTS, UINT64_MAX);
}

static void cut_quote(struct explain *e)
{
	const struct trace_quote *quote = e->quote;
	const struct hold *own = holders_of(e->sources->holders, quote->end.quote);
	uint64_t waited = own ? own->wait_ns : quote->end.wait_ns;

	e->at = quote->begin_ns;
	if (!quote->whole) {
		cut_incomplete(e, own);
		return;
	}
	cut_head(e, waited);
	cut_iterations(e);
	if (quote->dropped)
		cut(e, SLOW_PARTS, UINT64_MAX);
	else
		cut_tail(e, quote->buffer_ns ? waited : quote->end.wait_ns);
}

/* --- what happened in them --- */

static struct slow_cause interrupt_cause(const struct timeline_span *span)
{
	struct slow_cause cause = {
		.what = span->what == TIMELINE_IRQ ? SLOW_IRQ : SLOW_SOFTIRQ,
		.count = span->begins,
		.class = span->class,
		.number = span->number,
	};

	memcpy(cause.name, span->name, sizeof(cause.name) - 1);
	return cause;
}

static struct slow_cause thread_cause(const struct explain *e, const struct timeline_span *span)
{
	struct slow_cause cause = { .what = span->tid ? SLOW_THREAD : SLOW_IDLE,
				    .count = span->leaves };

	if (!span->tid)
		return cause;
	cause.tid = span->tid;
	strncpy(cause.name, timeline_name(e->sources->timeline, span->tid),
		sizeof(cause.name) - 1);
	return cause;
}

/*
 * A thread that sleeps is not kept from running by who runs. Only in a wait it is known
 * when it could have gone on: its buffer is free. And when another thread enters the
 * module for it, it sleeps in SEAM.
 */
static struct slow_cause span_cause(const struct explain *e, const struct timeline_span *span,
				    enum timeline_where where, enum slow_part part)
{
	const struct slow_cause own = { .what = part == SLOW_SEAM ? SLOW_MODULE : SLOW_OWN };

	if (span->what == TIMELINE_LOST)
		return (struct slow_cause){ .what = SLOW_LOST };
	if (where == TIMELINE_NOWHERE)
		return (struct slow_cause){ .what = SLOW_UNEXPLAINED };
	if (where == TIMELINE_BLOCKED && part == SLOW_SEAM)
		return own;
	if (where == TIMELINE_BLOCKED && part != SLOW_WAIT)
		return (struct slow_cause){ .what = SLOW_ASLEEP };
	if (span->what == TIMELINE_UNKNOWN)
		return (struct slow_cause){ .what = SLOW_UNEXPLAINED };
	if (span->what != TIMELINE_TASK)
		return interrupt_cause(span);
	return where == TIMELINE_ON ? own : thread_cause(e, span);
}

static void add_span(const struct timeline_span *span, enum timeline_where where, void *arg)
{
	struct explain *e = arg;
	bool begins = true;

	for (; e->current < e->nr_windows; e->current++) {
		const struct window *window = &e->windows[e->current];
		uint64_t from = span->from > window->from ? span->from : window->from;
		uint64_t to = span->to < window->to ? span->to : window->to;

		if (from < to && !window->hold && !window->before) {
			struct slow_cause cause = span_cause(e, span, where, window->part);

			cause.ns = to - from;
			cause.count = begins ? cause.count : 0;
			begins = false;
			add_cause(e, window->part, &cause);
		}
		if (window->to > span->to)
			return;
	}
}

/* One hold may be cut off at either end: its stays in SEAM are then, too, at most. */
static void add_hold(struct explain *e, const struct window *window)
{
	const struct hold *hold = window->hold;
	uint64_t ns = window->to - window->from;
	struct slow_cause cause = {
		.what = SLOW_HOLDER,
		.ns = ns,
		.count = 1,
		.quote = hold->quote,
		.tdr = hold->tdr,
		.seam_ns = hold->seam_ns < ns ? hold->seam_ns : ns,
		.tid = hold->tid,
		.buffer = hold->buffer,
	};

	strncpy(cause.name, timeline_name(e->sources->timeline, hold->tid),
		sizeof(cause.name) - 1);
	add_cause(e, SLOW_WAIT, &cause);
}

/* What is known without context: who had the buffer, and that it was in the module. */
static void add_windows(struct explain *e)
{
	uint32_t i;

	for (i = 0; i < e->nr_windows; i++) {
		const struct window *window = &e->windows[i];
		struct slow_cause cause = { .ns = window->to - window->from };

		if (window->hold) {
			add_hold(e, window);
		} else if (window->before) {
			cause.what = SLOW_BEFORE;
			add_cause(e, window->part, &cause);
		} else if (window->part == SLOW_SEAM && !e->sources->context) {
			cause.what = SLOW_MODULE;
			add_cause(e, SLOW_SEAM, &cause);
		}
	}
}

/* --- the account of a part --- */

/* The time there is too much, off the quote's own first. */
static void take_off(struct tally *tally, uint64_t excess)
{
	unsigned int pass, i;

	for (pass = 0; pass < 2 && excess; pass++) {
		for (i = 0; i < tally->nr && excess; i++) {
			struct slow_cause *cause = &tally->causes[i];
			bool own = cause->what == SLOW_OWN || cause->what == SLOW_MODULE;
			uint64_t off = cause->ns < excess ? cause->ns : excess;

			if (!pass && !own)
				continue;
			cause->ns -= off;
			excess -= off;
		}
	}
}

static void balance(struct tally *tally, uint64_t ns)
{
	struct slow_cause rest = { .what = SLOW_UNEXPLAINED };
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < tally->nr; i++)
		sum += tally->causes[i].ns;
	if (sum > ns) {
		take_off(tally, sum - ns);
	} else if (sum < ns) {
		rest.ns = ns - sum;
		count_cause(tally->causes, &tally->nr, TALLY, &rest);
	}
}

/* The longest first, and what is no cause behind. */
static int by_weight(const void *a, const void *b)
{
	const struct slow_cause *one = a, *other = b;
	bool known = slow_known(one->what);

	if (known != slow_known(other->what))
		return known ? -1 : 1;
	if (one->ns != other->ns)
		return one->ns > other->ns ? -1 : 1;
	return (one->count < other->count) - (one->count > other->count);
}

static void settle(struct slow_account *account, struct tally *tally, uint64_t ns)
{
	unsigned int i;

	balance(tally, ns);
	qsort(tally->causes, tally->nr, sizeof(*tally->causes), by_weight);
	account->ns = ns;
	for (i = 0; i < tally->nr; i++) {
		struct slow_cause cause = tally->causes[i];

		if (!cause.ns && !cause.count)
			continue;
		count_cause(account->causes, &account->nr, SLOW_CAUSES, &cause);
	}
}

/* --- stays in SEAM --- */

/* A stay begins behind the one before, whatever a file says that it took. */
static void add_left(struct slow_stays *stays, const struct explain *e,
		     const struct events_iteration *iteration, uint64_t before)
{
	uint64_t entry = less(iteration->head.ns, iteration->duration_ns);
	const struct timeline_span *span;
	struct slow_cause cause;

	stays->resumable++;
	span = timeline_interrupt(e->sources->timeline, iteration->head.cpu,
				  entry > before ? entry : before, iteration->head.ns);
	if (!span) {
		stays->no_irq++;
		return;
	}
	cause = interrupt_cause(span);
	cause.count = 1;
	count_cause(stays->left, &stays->nr_left, SLOW_LEFT, &cause);
}

static int by_count(const void *a, const void *b)
{
	const struct slow_cause *one = a, *other = b;

	if ((one->what == SLOW_MORE) != (other->what == SLOW_MORE))
		return one->what == SLOW_MORE ? 1 : -1;
	return (one->count < other->count) - (one->count > other->count);
}

static void look_at_stays(struct slow_stays *stays, const struct explain *e)
{
	uint64_t before = 0;
	size_t i;

	for (i = 0; i < e->quote->nr_iterations; i++) {
		const struct events_iteration *iteration = &e->quote->iterations[i];

		if (iteration->duration_ns > stays->longest_ns) {
			stays->longest_ns = iteration->duration_ns;
			stays->longest = iteration->iteration;
			stays->longest_cpu = iteration->head.cpu;
		}
		if (iteration->status == STATUS_RESUMABLE)
			add_left(stays, e, iteration, before);
		before = iteration->head.ns;
	}
	qsort(stays->left, stays->nr_left, sizeof(*stays->left), by_count);
}

/* --- all of it --- */

void slow_explain(struct slow_quote *slow, const struct trace_quote *quote,
		  const struct slow_sources *sources)
{
	struct explain *e = must_calloc(1, sizeof(*e));
	const struct events_quote *end = &quote->end;
	unsigned int part;

	e->quote = quote;
	e->sources = sources;
	*slow = (struct slow_quote){
		.end = *end,
		.begin_ns = quote->begin_ns,
		.buffer = quote->buffer,
		.has_buffer = quote->buffer_ns,
		.whole = quote->whole,
		.dropped = quote->dropped,
	};

	cut_quote(e);
	add_windows(e);
	if (sources->context && e->nr_windows)
		slow->migrations = timeline_thread(sources->timeline, end->head.tid,
						   end->head.cpu, e->windows[0].from,
						   e->windows[e->nr_windows - 1].to, add_span, e);
	for (part = 0; part < SLOW_PARTS; part++)
		settle(&slow->parts[part], &e->tallies[part], slow_part_ns(end, part));
	look_at_stays(&slow->stays, e);
	free(e->windows);
	free(e);
}
