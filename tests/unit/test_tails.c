// SPDX-License-Identifier: GPL-2.0
/*
 * Percentiles by guest.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../../bench/measure/client.h"
#include "../../bench/measure/tails.h"

static struct tails find(struct load_sample *samples, size_t count)
{
	struct tails tails;

	assert_int_equal(tails_find(samples, count, &tails), 0);
	return tails;
}

static void nobody_has_no_tail(void **state)
{
	struct load_sample none;
	struct tails tails = find(&none, 0);

	(void)state;
	assert_int_equal(tails.worst, 0);
	assert_int_equal(tails.median, 0);
}

/* The nearest rank: of 100 the 99th, of 101 the 100th, of 8 the last. */
static void rank_is_the_nearest(void **state)
{
	static const struct { size_t count; uint64_t expect; } cases[] = {
		{ 1, 1 }, { 8, 8 }, { 100, 99 }, { 101, 100 }, { 200, 198 },
	};
	struct load_sample samples[200];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* Largest first: they need not come in order. */
		for (j = 0; j < cases[i].count; j++)
			samples[j] = (struct load_sample){ .intended = cases[i].count - j };
		assert_int_equal(find(samples, cases[i].count).worst, cases[i].expect);
	}
}

static void guests_are_told_apart(void **state)
{
	/* Guests 0, 3, 5 and 9, the others without a quote; @actual does not matter. */
	struct load_sample samples[] = {
		{ 99, 10, 5 }, { 99, 40, 9 }, { 99, 30, 0 }, { 99, 20, 3 }, { 99, 5, 9 },
	};
	struct tails tails = find(samples, 5);

	(void)state;
	assert_int_equal(tails.worst, 40);
	assert_int_equal(tails.median, 20);
	assert_int_equal(tails.first, 30);
	assert_int_equal(tails.others, 40);
}

static void median_of_an_odd_number(void **state)
{
	struct load_sample samples[] = { { 0, 7, 0 }, { 0, 9, 1 }, { 0, 8, 2 } };
	struct tails tails = find(samples, 3);

	(void)state;
	assert_int_equal(tails.median, 8);
	assert_int_equal(tails.first, 7);
	assert_int_equal(tails.others, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_has_no_tail),
		cmocka_unit_test(rank_is_the_nearest),
		cmocka_unit_test(guests_are_told_apart),
		cmocka_unit_test(median_of_an_odd_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
