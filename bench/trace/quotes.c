// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes under way: found by their id, given up by their age.
 */
#include "trace/quotes.h"

#include <stdlib.h>
#include <string.h>

#include "result/must.h"

/**
 * struct open_quote - one quote under way
 * @quote: what is known of it; @quote.end.quote is its id
 * @chain: next with the same hash, or next that is free
 * @older, @newer: in the order in which they began
 */
struct open_quote {
	struct trace_quote quote;
	struct open_quote *chain;
	struct open_quote *older, *newer;
};

struct trace_quotes {
	trace_quote_visitor *visit;
	void *arg;
	uint64_t broken;
	size_t kept;			/* iterations of all that are under way */
	size_t nr_chains;		/* a power of two */
	struct open_quote **chains;
	struct open_quote *slots, *free;
	struct open_quote *oldest, *newest;
};

struct trace_quotes *trace_quotes_new(size_t max_open, trace_quote_visitor *visit, void *arg)
{
	struct trace_quotes *quotes = must_calloc(1, sizeof(*quotes));
	size_t i;

	quotes->visit = visit;
	quotes->arg = arg;
	quotes->slots = must_calloc(max_open, sizeof(*quotes->slots));
	for (i = 0; i < max_open; i++) {
		quotes->slots[i].chain = quotes->free;
		quotes->free = &quotes->slots[i];
	}
	for (quotes->nr_chains = 1; quotes->nr_chains < max_open;)
		quotes->nr_chains *= 2;
	quotes->chains = must_calloc(quotes->nr_chains, sizeof(*quotes->chains));
	return quotes;
}

/* Ids are given in turn, but a file may have any. */
static struct open_quote **chain_of(struct trace_quotes *quotes, uint64_t id)
{
	return &quotes->chains[id * 0x9E3779B97F4A7C15ULL >> 32 & (quotes->nr_chains - 1)];
}

static struct open_quote *find(struct trace_quotes *quotes, uint64_t id)
{
	struct open_quote *open = *chain_of(quotes, id);

	while (open && open->quote.end.quote != id)
		open = open->chain;
	return open;
}

static void close_quote(struct trace_quotes *quotes, struct open_quote *open)
{
	struct open_quote **at = chain_of(quotes, open->quote.end.quote);

	while (*at != open)
		at = &(*at)->chain;
	*at = open->chain;
	*(open->older ? &open->older->newer : &quotes->oldest) = open->newer;
	*(open->newer ? &open->newer->older : &quotes->newest) = open->older;

	quotes->kept -= open->quote.nr_iterations;
	free(open->quote.iterations);
	open->chain = quotes->free;
	quotes->free = open;
}

static void give_up(struct trace_quotes *quotes, struct open_quote *open)
{
	quotes->broken++;
	close_quote(quotes, open);
}

/* --- events --- */

static void begin(struct trace_quotes *quotes, const struct events_begin *event)
{
	struct open_quote *open = find(quotes, event->quote), **chain;

	if (open)
		give_up(quotes, open);
	if (!quotes->free)
		give_up(quotes, quotes->oldest);

	open = quotes->free;
	quotes->free = open->chain;
	memset(open, 0, sizeof(*open));
	open->quote.end.quote = event->quote;
	open->quote.begin_ns = event->head.ns;

	chain = chain_of(quotes, event->quote);
	open->chain = *chain;
	*chain = open;
	open->older = quotes->newest;
	*(open->older ? &open->older->newer : &quotes->oldest) = open;
	quotes->newest = open;
}

static void buffer(struct trace_quotes *quotes, const struct events_buffer *event)
{
	struct open_quote *open = find(quotes, event->quote);

	if (!open)
		return;
	open->quote.buffer = event->buffer;
	open->quote.buffer_ns = event->head.ns;
}

static void iteration(struct trace_quotes *quotes, const struct events_iteration *event)
{
	struct open_quote *open = find(quotes, event->call);
	struct trace_quote *quote;

	if (!open)
		return;	/* a call of bring-up, or of a quote that began before all this */
	quote = &open->quote;
	if (quote->nr_iterations == TRACE_ITERATIONS_MAX || quotes->kept == TRACE_ITERATIONS_ALL) {
		quote->dropped++;
		return;
	}
	quote->iterations = must_grow(quote->iterations, (uint32_t)quote->nr_iterations,
				      sizeof(*quote->iterations));
	quote->iterations[quote->nr_iterations++] = *event;
	quotes->kept++;
}

static void end(struct trace_quotes *quotes, const struct events_quote *event)
{
	struct open_quote *open = find(quotes, event->quote);
	struct trace_quote stray = {}, *quote = open ? &open->quote : &stray;

	quote->end = *event;
	quote->whole = open && quote->nr_iterations + quote->dropped == event->iterations;
	if (!open)
		quote->begin_ns = event->head.ns - event->total_ns;
	if (!quote->whole)
		quotes->broken++;
	quotes->visit(quote, quotes->arg);
	if (open)
		close_quote(quotes, open);
}

void trace_quotes_add(struct trace_quotes *quotes, const struct events_head *event)
{
	switch (event->kind) {
	case EVENTS_QUOTE_BEGIN:
		begin(quotes, (const struct events_begin *)event);
		break;
	case EVENTS_QUOTE_BUFFER:
		buffer(quotes, (const struct events_buffer *)event);
		break;
	case EVENTS_ITERATION:
		iteration(quotes, (const struct events_iteration *)event);
		break;
	case EVENTS_QUOTE_END:
		end(quotes, (const struct events_quote *)event);
		break;
	}
}

uint64_t trace_quotes_broken(const struct trace_quotes *quotes)
{
	return quotes->broken;
}

void trace_quotes_free(struct trace_quotes *quotes)
{
	while (quotes->oldest)
		close_quote(quotes, quotes->oldest);
	free(quotes->chains);
	free(quotes->slots);
	free(quotes);
}
