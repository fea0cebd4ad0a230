// SPDX-License-Identifier: GPL-2.0
/*
 * Captures for tests of what reads them:
 *
 *	make_capture FILE [QUOTES [WHAT]...]
 *
 * writes bring-up, QUOTES quotes (12) of three TDs, every fifth of which fails, an
 * update, a quote that nobody saw begin and a request that was refused. WHAT is "cut":
 * no end; "lost": the end says that 7 events were; "rude": names that a terminal would
 * obey; "fault": a record that contradicts itself; "about": no environment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_events.h"
#include "trace/capture.h"

#define STEP	5000000ULL	/* ns between two quotes */

static struct capture_writer *writer;
static bool rude;
static uint64_t failing;	/* which quote has no answer but this */

static void put(const union event *event)
{
	if (capture_write(writer, &event->head))
		exit(1);
}

/* What fake_quote() sends, with what went wrong. */
static void send(const union event *sent, void *arg)
{
	union event event = *sent;

	(void)arg;
	if (event.head.kind == EVENTS_QUOTE_END && rude)
		strcpy(event.quote.comm, "\33[31m\nrude\"\\");
	if (event.head.kind == EVENTS_QUOTE_END && failing) {
		event.quote.error = -16;
		event.quote.status = 0x8000020000000001;
		event.quote.bytes = 0;
	}
	if (event.head.kind == EVENTS_ITERATION && failing && !event.iteration.status)
		event.iteration.status = 0x8000020000000001;
	if (event.head.kind == EVENTS_ANSWER && failing) {
		event.answer.ret = 1;
		event.answer.status = UINT64_MAX;
	}
	put(&event);
}

static void write_bring_up(void)
{
	union event event = fake_pool(1000, EVENTS_POOL_ALLOC, 512, 52000);

	put(&event);
	event = fake_pool(2000, EVENTS_POOL_ADD, 512, 1500000);
	put(&event);
	event = (union event){ .pool_total = {
		.head = fake_head(EVENTS_POOL_TOTAL, 3000, 0), .alloc_ns = 52000,
		.add_ns = 1500000, .required = 512, .added = 512,
	} };
	put(&event);
	event = fake_state(4000, EVENTS_EXT_STATE, 0, 1, 0);
	put(&event);
	event = fake_state(5000, EVENTS_QUOTE_STATE, 0, 1, 0);
	put(&event);
}

static uint64_t write_quotes(uint64_t quotes)
{
	uint64_t ns = 1000000000, i;

	for (i = 1; i <= quotes; i++, ns += STEP) {
		failing = i % 5 ? 0 : i;
		fake_quote(ns, i % 4, i, 0x1000 * (1 + i % 3), 1 + i % 4, send, NULL);
	}
	return ns;
}

static uint64_t write_rest(uint64_t ns)
{
	union event event = fake_update(ns, EVENTS_UPDATE_BEGIN);

	put(&event);
	event = fake_update(ns + 3000000, EVENTS_UPDATE_CPU);
	put(&event);
	event = fake_update(ns + 3001000, EVENTS_UPDATE_END);
	put(&event);

	event = fake_end(ns + 4000000, 0, 0, 0x1000, 1, 0);
	event.quote.total_ns = event.quote.copy_in_ns = event.quote.copy_out_ns = 0;
	event.quote.other_ns = 0;
	put(&event);
	event = fake_answer(ns + 4000100, 0, 0x1000, 0, 0, 0);
	put(&event);
	event = fake_answer(ns + 5000000, 1, 0x2000, 0x8000000000000002, UINT64_MAX, 0);
	put(&event);
	return ns + 5000000;
}

static json_t *make_about(bool empty)
{
	if (empty)
		return json_object();
	return json_pack("{ss ss ss si s{ss ss} ss sb}", "target", "host", "clock", "real",
			 "kernel", "7.3.0", "cpus", 4, "module", "kind", "tdx", "note", "made up",
			 "started", "2026-11-22T12:00:00Z", "context", 0);
}

int main(int argc, char **argv)
{
	uint64_t quotes = argc > 2 ? strtoull(argv[2], NULL, 10) : 12;
	bool cut = false, lost = false, fault = false, empty = false;
	char error[CAPTURE_ERROR];
	struct capture_end end = {};
	union event event;
	json_t *about;

	for (int i = 3; i < argc; i++) {
		cut |= !strcmp(argv[i], "cut");
		lost |= !strcmp(argv[i], "lost");
		rude |= !strcmp(argv[i], "rude");
		fault |= !strcmp(argv[i], "fault");
		empty |= !strcmp(argv[i], "about");
	}
	about = make_about(empty);
	writer = argc > 1 ? capture_create(argv[1], about, error) : NULL;
	json_decref(about);
	if (!writer) {
		fprintf(stderr, "make_capture: %s\n", argc > 1 ? error : "say which file");
		return 1;
	}
	write_bring_up();
	end.begin_ns = 500;
	end.end_ns = write_rest(write_quotes(quotes));
	if (fault) {
		event = fake_begin(end.end_ns, 0, 1, 1);
		event.head.kind = 63;
		put(&event);
	}
	end.lost = lost ? 7 : 0;
	return capture_finish(writer, cut ? NULL : &end) ? 1 : 0;
}
