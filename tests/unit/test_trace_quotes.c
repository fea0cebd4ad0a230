// SPDX-License-Identifier: GPL-2.0
/*
 * From events to quotes, and to the order of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fake_events.h"
#include "trace/order.h"
#include "trace/quotes.h"

/* --- quotes --- */

struct seen {
	struct trace_quote quote;
	uint64_t ids[64];
	unsigned int nr, whole;
	uint64_t iterations;	/* checked one by one */
};

static void see(const struct trace_quote *quote, void *arg)
{
	struct seen *seen = arg;

	seen->quote = *quote;
	seen->ids[seen->nr++ % 64] = quote->end.quote;
	seen->whole += quote->whole;
	for (size_t i = 0; quote->whole && i < quote->nr_iterations; i++) {
		assert_int_equal(quote->iterations[i].iteration, i);
		assert_int_equal(quote->iterations[i].call, quote->end.quote);
		seen->iterations++;
	}
}

static void add(const union event *event, void *arg)
{
	trace_quotes_add(arg, &event->head);
}

static void makes_quote(void **state)
{
	struct seen seen = {};
	struct trace_quotes *quotes = trace_quotes_new(4, see, &seen);

	(void)state;
	fake_quote(100000000, 1, 7, 0x1000, 5, add, quotes);
	assert_int_equal(seen.nr, 1);
	assert_true(seen.quote.whole);
	assert_int_equal(seen.iterations, 5);
	assert_int_equal(seen.quote.begin_ns, 100000000 - 8000 - 5 * 1010000);
	assert_int_equal(seen.quote.buffer_ns, seen.quote.begin_ns + 3500);
	assert_int_equal(seen.quote.buffer, 1);
	assert_int_equal(seen.quote.dropped, 0);
	assert_string_equal(seen.quote.end.comm, "guest-1");
	assert_int_equal(trace_quotes_broken(quotes), 0);
	trace_quotes_free(quotes);
}

/* Two at once, event by event. */
static void keeps_apart(void **state)
{
	struct seen seen = {};
	struct trace_quotes *quotes = trace_quotes_new(2, see, &seen);
	union event event;

	(void)state;
	for (uint64_t id = 1; id <= 2; id++) {
		event = fake_begin(id, 0, id, id);
		add(&event, quotes);
	}
	for (uint32_t i = 0; i < 6; i++) {
		event = fake_iteration(10 + i, 0, 1 + i % 2, 0, i / 2, STATUS_RESUMABLE);
		add(&event, quotes);
	}
	event = fake_end(20, 0, 2, 0, 3, 0);
	add(&event, quotes);
	event = fake_end(21, 0, 1, 0, 3, 0);
	add(&event, quotes);
	assert_int_equal(seen.whole, 2);
	assert_int_equal(seen.ids[0], 2);
	assert_int_equal(seen.ids[1], 1);
	trace_quotes_free(quotes);
}

static void missing_parts(void **state)
{
	struct seen seen = {};
	struct trace_quotes *quotes = trace_quotes_new(2, see, &seen);
	union event event;

	(void)state;
	event = fake_end(5000000, 0, 9, 0, 1, 0);	/* no begin */
	add(&event, quotes);
	assert_int_equal(seen.nr, 1);
	assert_false(seen.quote.whole);
	assert_int_equal(seen.quote.begin_ns, 5000000 - event.quote.total_ns);
	assert_int_equal(trace_quotes_broken(quotes), 1);

	event = fake_begin(1, 0, 10, 0);
	add(&event, quotes);
	event = fake_iteration(2, 0, 10, 0, 1, 0);	/* the first was lost */
	add(&event, quotes);
	event = fake_end(3, 0, 10, 0, 2, 0);
	add(&event, quotes);
	assert_false(seen.quote.whole);
	assert_int_equal(trace_quotes_broken(quotes), 2);

	event = fake_iteration(4, 0, 11, 0, 0, 0);	/* a call of bring-up */
	add(&event, quotes);
	assert_int_equal(seen.nr, 2);
	trace_quotes_free(quotes);
}

/* As many as there is room for, the oldest makes place, and a begin twice is one begin. */
static void is_bounded(void **state)
{
	struct seen seen = {};
	struct trace_quotes *quotes = trace_quotes_new(3, see, &seen);
	union event event;
	uint64_t id;

	(void)state;
	for (id = 1; id <= 1000; id++) {
		event = fake_begin(id, 0, id, 0);
		add(&event, quotes);
	}
	assert_int_equal(trace_quotes_broken(quotes), 997);
	add(&event, quotes);
	assert_int_equal(trace_quotes_broken(quotes), 998);
	for (id = 1; id <= 1000; id++) {
		event = fake_end(2000 + id, 0, id, 0, 0, 0);
		add(&event, quotes);
	}
	assert_int_equal(seen.nr, 1000);
	assert_int_equal(seen.whole, 3);
	trace_quotes_free(quotes);
}

static void drops_iterations(void **state)
{
	struct seen seen = {};
	struct trace_quotes *quotes = trace_quotes_new(200, see, &seen);
	union event event = fake_begin(1, 0, 1, 0);
	uint64_t id;
	uint32_t i;

	(void)state;
	add(&event, quotes);
	for (i = 0; i < TRACE_ITERATIONS_MAX + 10; i++) {
		event = fake_iteration(2 + i, 0, 1, 0, i, STATUS_RESUMABLE);
		add(&event, quotes);
	}
	event = fake_end(100000, 0, 1, 0, i, 0);
	add(&event, quotes);
	assert_int_equal(seen.quote.dropped, 10);
	assert_true(seen.quote.whole);

	/* All together have a limit, too, which those that ended do not count for. */
	for (id = 2; id < 102; id++) {
		event = fake_begin(id, 0, id, 0);
		add(&event, quotes);
		for (i = 0; i < TRACE_ITERATIONS_MAX; i++) {
			event = fake_iteration(i, 0, id, 0, i, STATUS_RESUMABLE);
			add(&event, quotes);
		}
	}
	event = fake_end(1, 0, 2, 0, TRACE_ITERATIONS_MAX, 0);
	add(&event, quotes);
	assert_int_equal(seen.quote.dropped, 0);
	event = fake_end(1, 0, 101, 0, TRACE_ITERATIONS_MAX, 0);
	add(&event, quotes);
	assert_int_equal(seen.quote.dropped, TRACE_ITERATIONS_MAX);
	assert_true(seen.quote.whole);
	trace_quotes_free(quotes);
}

/* --- order --- */

struct times {
	uint64_t last;
	unsigned int nr, late;
};

static void note(const struct events_head *event, void *arg)
{
	struct times *times = arg;

	times->late += event->ns < times->last;
	times->last = event->ns;
	times->nr++;
}

static void sorts(void **state)
{
	struct times times = {};
	struct order order;
	union event event;

	(void)state;
	order_init(&order, 256, note, &times);
	for (uint64_t i = 0; i < 10000; i++) {
		event = fake_begin(1000 + i * 10 + i * 7919 % 500, 0, i, 0);
		order_add(&order, &event.head);
		order_release(&order, i * 10);
	}
	assert_true(times.nr > 9000 && times.nr < 10000);
	order_release(&order, UINT64_MAX);
	assert_int_equal(times.nr, 10000);
	assert_int_equal(times.late, 0);
	order_free(&order);
}

/* Nothing is lost when there is no room, only the order. */
static void order_is_bounded(void **state)
{
	struct times times = {};
	struct order order;
	union event event;

	(void)state;
	order_init(&order, 16, note, &times);
	for (uint64_t i = 0; i < 100; i++) {
		event = fake_begin(1000 - i, 0, i, 0);
		order_add(&order, &event.head);
	}
	assert_int_equal(times.nr, 84);
	order_release(&order, UINT64_MAX);
	assert_int_equal(times.nr, 100);
	assert_true(times.late > 0);
	order_free(&order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_quote),
		cmocka_unit_test(keeps_apart),
		cmocka_unit_test(missing_parts),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(drops_iterations),
		cmocka_unit_test(sorts),
		cmocka_unit_test(order_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
