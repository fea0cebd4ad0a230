// SPDX-License-Identifier: GPL-2.0
/*
 * Who held which buffer when.
 */
#include "slow/holders.h"

#include <stdlib.h>

#include "result/must.h"

#define HOLDS	16384	/* kept; a power of two */
#define OPEN	1024	/* buffers in use at a time; the kernel has fewer */

/**
 * struct holders
 * @holds: the last ones, by their number
 * @begun: numbers given out so far
 * @open:  numbers of those that last
 */
struct holders {
	struct hold holds[HOLDS];
	uint64_t begun;
	uint64_t open[OPEN];
	unsigned int nr_open;
};

struct holders *holders_new(void)
{
	return must_calloc(1, sizeof(struct holders));
}

void holders_free(struct holders *holders)
{
	free(holders);
}

static struct hold *hold_at(struct holders *holders, uint64_t number)
{
	return &holders->holds[number % HOLDS];
}

static void close_open(struct holders *holders, unsigned int i, uint64_t ns)
{
	struct hold *hold = hold_at(holders, holders->open[i]);

	hold->to = ns > hold->from ? ns : hold->from;
	holders->open[i] = holders->open[--holders->nr_open];
}

/* One that had to make room while it lasted has ended for us. */
static void drop_overwritten(struct holders *holders)
{
	unsigned int i = 0;

	while (i < holders->nr_open) {
		if (holders->open[i] + HOLDS < holders->begun)
			holders->open[i] = holders->open[--holders->nr_open];
		else
			i++;
	}
}

static void add_buffer(struct holders *holders, const struct events_buffer *event)
{
	unsigned int i;

	for (i = 0; i < holders->nr_open; i++) {
		if (hold_at(holders, holders->open[i])->buffer == event->buffer) {
			close_open(holders, i, event->head.ns);
			break;
		}
	}
	if (holders->nr_open == OPEN)
		close_open(holders, 0, event->head.ns);

	*hold_at(holders, holders->begun) = (struct hold){
		.quote = event->quote,
		.tdr = event->tdr,
		.from = event->head.ns,
		.wait_ns = event->wait_ns,
		.tid = event->head.tid,
		.buffer = event->buffer,
	};
	holders->open[holders->nr_open++] = holders->begun++;
	drop_overwritten(holders);
}

static void add_iteration(struct holders *holders, const struct events_iteration *event)
{
	unsigned int i;

	for (i = 0; i < holders->nr_open; i++) {
		struct hold *hold = hold_at(holders, holders->open[i]);

		if (hold->quote == event->call)
			hold->seam_ns += event->duration_ns;
	}
}

static void add_end(struct holders *holders, const struct events_quote *event)
{
	unsigned int i;

	for (i = 0; i < holders->nr_open; i++) {
		if (hold_at(holders, holders->open[i])->quote == event->quote) {
			close_open(holders, i, event->head.ns);
			return;
		}
	}
}

void holders_add(struct holders *holders, const struct events_head *event)
{
	switch (event->kind) {
	case EVENTS_QUOTE_BUFFER:
		add_buffer(holders, (const struct events_buffer *)event);
		break;
	case EVENTS_ITERATION:
		add_iteration(holders, (const struct events_iteration *)event);
		break;
	case EVENTS_QUOTE_END:
		add_end(holders, (const struct events_quote *)event);
		break;
	}
}

/* --- asked --- */

static uint64_t oldest(const struct holders *holders)
{
	return holders->begun > HOLDS ? holders->begun - HOLDS : 0;
}

const struct hold *holders_of(const struct holders *holders, uint64_t quote)
{
	uint64_t i;

	for (i = holders->begun; i > oldest(holders); i--)
		if (holders->holds[(i - 1) % HOLDS].quote == quote)
			return &holders->holds[(i - 1) % HOLDS];
	return NULL;
}

void holders_between(const struct holders *holders, uint32_t buffer, uint64_t from, uint64_t to,
		     holders_visitor *visit, void *arg)
{
	uint64_t i;

	for (i = oldest(holders); i < holders->begun; i++) {
		const struct hold *hold = &holders->holds[i % HOLDS];

		if (hold->buffer == buffer && hold->from < to && (!hold->to || hold->to > from))
			visit(hold, arg);
	}
}

uint64_t holders_known_since(const struct holders *holders, uint32_t buffer)
{
	uint64_t i;

	for (i = oldest(holders); i < holders->begun; i++)
		if (holders->holds[i % HOLDS].buffer == buffer)
			return holders->holds[i % HOLDS].from;
	return UINT64_MAX;
}
