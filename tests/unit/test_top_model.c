// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of tdxbench top: differences of samples against what was put in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/samples.h"

#define A	0x1000
#define B	0x2000
#define C	0x3000

static struct top_sample start, before, now;
static struct top_model model;

static int begin(void **unused)
{
	(void)unused;
	top_sample_init(&start, 5 * SECOND);
	top_sample_init(&before, 7 * SECOND);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	top_sample_free(&before);
	top_sample_free(&now);
	top_model_free(&model);
	return 0;
}

/* The second sample: what the first has, and more. */
static void go_on(void)
{
	sample_copy(&now, &before);
	now.ns += 2 * SECOND;
}

static void compute(void)
{
	top_model(&model, &now, &before, &start);
}

static const struct top_td *td(uint64_t tdr)
{
	size_t i;

	for (i = 0; i < model.nr_tds; i++)
		if (model.td[i].tdr == tdr)
			return &model.td[i];
	fail_msg("no TD 0x%lx", (unsigned long)tdr);
	return NULL;
}

static void nothing_is_nothing(void **unused)
{
	(void)unused;
	go_on();
	compute();
	assert_int_equal(model.ns, 2 * SECOND);
	assert_int_equal(model.up_ns, 4 * SECOND);
	assert_int_equal(model.nr_tds, 0);
	assert_int_equal(model.leaf[ITERATIONS_QUOTE_GET].iterations, 0);
	assert_int_equal(model.timer_seam.count, 0);
	assert_true(model.all.share == 0 && top_rate(&model, 0) == 0);
}

static void no_time_is_no_rate(void **unused)
{
	(void)unused;
	sample_copy(&now, &before);
	compute();
	assert_true(top_rate(&model, 5) == 0);
	assert_true(model.cpu == 0);
}

static void leaves_are_of_the_interval(void **unused)
{
	const struct top_leaf *leaf = &model.leaf[ITERATIONS_QUOTE_GET];

	(void)unused;
	sample_call(&before, ITERATIONS_QUOTE_GET, 100, 9 * MS, 8 * MS);
	go_on();
	sample_call(&now, ITERATIONS_QUOTE_GET, 5, 2 * MS, 3000);
	sample_call(&now, ITERATIONS_QUOTE_GET, 2, 2 * MS, 3000);
	compute();
	assert_int_equal(leaf->iterations, 7);
	assert_int_equal(leaf->calls, 2);
	assert_true(leaf->per_call == 3.5);
	assert_int_equal(leaf->gap.count, 5);
	assert_in_range(leaf->seam.p50, 2 * MS * 63 / 64, 2 * MS * 65 / 64);
	assert_in_range(leaf->seam.max, 2 * MS, 2 * MS * 33 / 32);
	assert_in_range(leaf->gap.max, 3000, 3000 * 33 / 32);
	assert_true(top_rate(&model, leaf->iterations) == 3.5);
	assert_int_equal(model.leaf[ITERATIONS_EXT_INIT].iterations, 0);
}

static void a_new_record_is_exact(void **unused)
{
	(void)unused;
	hist_add(&before.seam, 1000);
	sample_quote(&before, A, 20 * MS);
	go_on();
	hist_add(&now.seam, 123457);
	hist_add(&now.outside, 77777);
	sample_quote(&now, A, 43210987);
	compute();
	assert_int_equal(model.timer_seam.max, 123457);
	assert_int_equal(model.timer_outside.max, 77777);
	assert_int_equal(td(A)->total.max, 43210987);
	assert_int_equal(model.all.total.max, 43210987);
}

static void tds_are_of_the_interval(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 10; i++)
		sample_quote(&before, A, 500 * MS);
	sample_td(&before, A)->errors = 3;
	sample_td(&before, A)->count += 3;
	go_on();
	for (i = 0; i < 98; i++)
		sample_quote(&now, A, 10 * MS);
	sample_quote(&now, A, 30 * MS);
	sample_quote(&now, A, 30 * MS);
	sample_quote(&now, C, 40 * MS);
	sample_td(&now, A)->errors += 2;
	sample_td(&now, A)->count += 2;
	compute();

	assert_int_equal(model.nr_tds, 2);
	assert_int_equal(td(A)->quotes, 100);
	assert_int_equal(td(A)->errors, 2);
	assert_int_equal(td(A)->total.count, 100);
	assert_in_range(td(A)->total.p50, 10 * MS * 31 / 32, 10 * MS * 33 / 32);
	assert_in_range(td(A)->total.p99, 30 * MS * 31 / 32, 30 * MS * 33 / 32);
	assert_in_range(td(A)->total.max, 30 * MS, 30 * MS * 17 / 16);
	assert_int_equal(td(C)->quotes, 1);
	assert_int_equal(model.all.quotes, 101);
	assert_int_equal(model.all.errors, 2);
	assert_int_equal(model.all.total.count, 101);
	assert_in_range(model.all.total.max, 40 * MS, 40 * MS * 17 / 16);
}

/* Every time a quote may take, by the slots that TDs have. */
static void slots_of_tds_are_narrow(void **unused)
{
	uint64_t total;

	(void)unused;
	for (total = 10000; total < 130 * SECOND; total += 1 + total / 37) {
		go_on();
		sample_quote(&now, A, 140 * SECOND);	/* no help from the largest value */
		sample_copy(&before, &now);
		sample_quote(&now, A, total);
		compute();
		assert_in_range(td(A)->total.p50, total - total / 32, total + total / 32);
		assert_in_range(td(A)->total.max, total, total + total / 16);
		end(NULL);
		begin(NULL);
	}
}

static void slots_of_tds_have_ends(void **unused)
{
	(void)unused;
	assert_int_equal(tds_slot(0), 0);
	assert_int_equal(tds_slot(8191), 0);
	assert_int_equal(tds_slot((1ULL << 37) - 1), TDS_SLOTS - 2);
	assert_int_equal(tds_slot(1ULL << 37), TDS_SLOTS - 1);
	assert_int_equal(tds_slot(UINT64_MAX), TDS_SLOTS - 1);
	go_on();
	sample_quote(&now, A, 3000);
	sample_quote(&now, B, 500 * SECOND);
	compute();
	assert_int_equal(td(A)->total.p50, 3000);
	assert_int_equal(td(B)->total.max, 500 * SECOND);
	assert_int_equal(td(B)->total.p99, 500 * SECOND);
}

static void shares_are_of_waiting_time(void **unused)
{
	(void)unused;
	sample_td(&before, A)->waited = 900 * MS;
	sample_td(&before, B)->waited = 50 * MS;
	go_on();
	sample_td(&now, A)->waited += 30 * MS;
	sample_td(&now, B)->waited += 90 * MS;
	sample_td(&now, B)->waiting = 2;
	sample_td(&now, B)->open = 3;
	sample_td(&now, C)->open = 1;
	compute();
	assert_int_equal(td(A)->waited, 30 * MS);
	assert_true(td(A)->share == 25 && td(B)->share == 75 && td(C)->share == 0);
	assert_true(model.all.share == 100);
	assert_int_equal(model.all.waiting, 2);
	assert_int_equal(model.all.open, 4);
}

/* A reading of who waits is a little later than its time. */
static void waiting_is_never_negative(void **unused)
{
	(void)unused;
	sample_td(&before, A)->waited = 900 * MS;
	go_on();
	sample_td(&now, A)->waited -= 1;
	compute();
	assert_int_equal(td(A)->waited, 0);
	assert_true(td(A)->share == 0 && model.all.share == 0);
}

static void intervals_add_up_to_the_total(void **unused)
{
	uint64_t quotes = 0, iterations = 0;
	unsigned int i, k;

	(void)unused;
	for (i = 0; i < 20; i++) {
		sample_copy(&now, &before);
		now.ns += SECOND;
		for (k = 0; k < i; k++) {
			sample_quote(&now, 0x1000 * (k % 5), (i + k) * MS);
			sample_call(&now, ITERATIONS_QUOTE_GET, k + 1, MS, 500);
		}
		compute();
		quotes += model.all.quotes;
		iterations += model.leaf[ITERATIONS_QUOTE_GET].iterations;
		top_model_free(&model);
		top_sample_free(&before);
		before = now;
	}
	sample_copy(&now, &before);
	top_model(&model, &now, &start, &start);
	assert_int_equal(model.all.quotes, 190);
	assert_int_equal(model.all.quotes, quotes);
	assert_int_equal(model.leaf[ITERATIONS_QUOTE_GET].iterations, iterations);
	assert_int_equal(model.all.total.max, (19 + 18) * MS);
}

static void order_is_what_was_asked_for(void **unused)
{
	static const uint64_t first[TOP_NR_SORTS] = {
		[TOP_SORT_RATE] = B, [TOP_SORT_P99] = A, [TOP_SORT_WAITING] = C,
		[TOP_SORT_SHARE] = C, [TOP_SORT_TD] = A,
	};
	static const uint64_t chosen[] = { C, 0x4711, A };
	unsigned int sort;

	(void)unused;
	go_on();
	sample_quote(&now, A, 90 * MS);
	sample_quote(&now, B, 10 * MS);
	sample_quote(&now, B, 10 * MS);
	sample_quote(&now, C, 10 * MS);
	sample_td(&now, C)->waiting = 1;
	sample_td(&now, C)->waited = MS;
	compute();
	for (sort = 0; sort < TOP_NR_SORTS; sort++) {
		top_model_sort(&model, sort);
		assert_int_equal(model.td[0].tdr, first[sort]);
	}
	top_model_sort(&model, TOP_SORT_RATE);
	assert_int_equal(model.td[1].tdr, A);	/* as C, and comes first */

	top_model_keep(&model, chosen, 3);
	assert_int_equal(model.nr_tds, 2);
	assert_int_equal(model.all.quotes, 4);
	assert_int_equal(td(A)->quotes + td(C)->quotes, 2);
}

static void states_are_not_guessed(void **unused)
{
	(void)unused;
	go_on();
	compute();
	assert_int_equal(model.ext, TOP_EXT_UNKNOWN);
	assert_int_equal(model.quoting, TOP_QUOTING_UNKNOWN);
	assert_false(model.pool_known || model.updating);
}

static void states_are_those_of_the_last_event(void **unused)
{
	(void)unused;
	go_on();
	now.state = (struct state_seen){
		.ext_changes = 2, .ext = STATE_EXT_FAILED, .quoting_changes = 1,
		.quoting = STATE_QUOTING_UPDATING, .pools = 1, .pool_added = 512,
		.updates_begun = 3, .updates_ended = 2, .update_errors = 1,
	};
	compute();
	assert_int_equal(model.ext, TOP_EXT_FAILED);
	assert_int_equal(model.quoting, TOP_QUOTING_UPDATING);
	assert_true(model.updating && !model.pool_known);
	assert_int_equal(model.pool_pages, 512);
	assert_int_equal(model.updates, 2);
	assert_int_equal(model.update_errors, 1);
	top_model_free(&model);

	now.state.ext = 77;
	now.state.quoting = 77;
	compute();
	assert_int_equal(model.quoting, TOP_QUOTING_UNKNOWN);
}

/* Of those that the lab counts a moment later none began before the start. */
static void no_quote_comes_from_before_the_start_later(void **unused)
{
	(void)unused;
	before.lab = (struct top_lab){ .there = true, .in_flight = 3 };
	sample_td(&before, A)->open = 1;
	top_sample_settle(&before, NULL);
	assert_int_equal(before.unseen, 2);

	go_on();
	now.lab.in_flight = 2;		/* one of them has ended */
	top_sample_settle(&now, &before);
	assert_int_equal(now.unseen, 1);
	now.lab.in_flight = 9;		/* others have begun since TDs were read */
	top_sample_settle(&now, &before);
	assert_int_equal(now.unseen, 2);
	now.lab.in_flight = 0;
	top_sample_settle(&now, &before);
	assert_int_equal(now.unseen, 0);
}

static void a_lab_knows_better(void **unused)
{
	(void)unused;
	go_on();
	sample_td(&now, A)->open = 1;
	now.state.quoting_changes = 1;
	now.state.quoting = STATE_QUOTING_UNAVAILABLE;
	now.lab = (struct top_lab){
		.there = true, .up = true, .ready = true, .quoting = STATE_QUOTING_AVAILABLE,
		.pool_pages = 12800, .in_flight = 5,
	};
	top_sample_settle(&now, NULL);
	compute();
	assert_int_equal(model.ext, TOP_EXT_READY);
	assert_int_equal(model.quoting, TOP_QUOTING_AVAILABLE);
	assert_true(model.pool_known);
	assert_int_equal(model.in_flight, 5);
	assert_int_equal(model.unseen, 4);
	top_model_free(&model);

	now.lab.up = now.lab.ready = false;
	compute();
	assert_int_equal(model.ext, TOP_EXT_DOWN);
	top_model_free(&model);

	now.lab.up = true;	/* without quoting, there may be extensions or not */
	compute();
	assert_int_equal(model.ext, TOP_EXT_UNKNOWN);
	top_model_free(&model);

	now.lab.failed = true;
	compute();
	assert_int_equal(model.ext, TOP_EXT_FAILED);
}

static void own_cpu_and_losses(void **unused)
{
	(void)unused;
	before.cpu_ns = 100 * MS;
	before.lost = 4;
	go_on();
	now.cpu_ns += 50 * MS;
	compute();
	assert_true(model.cpu == 2.5);
	assert_int_equal(model.lost, 4);	/* since the start: lost is lost */
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_nothing), TEST(no_time_is_no_rate),
		TEST(leaves_are_of_the_interval), TEST(a_new_record_is_exact),
		TEST(tds_are_of_the_interval), TEST(slots_of_tds_are_narrow),
		TEST(slots_of_tds_have_ends), TEST(shares_are_of_waiting_time),
		TEST(waiting_is_never_negative), TEST(intervals_add_up_to_the_total),
		TEST(order_is_what_was_asked_for), TEST(states_are_not_guessed),
		TEST(states_are_those_of_the_last_event), TEST(a_lab_knows_better),
		TEST(no_quote_comes_from_before_the_start_later),
		TEST(own_cpu_and_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
