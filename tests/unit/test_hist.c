// SPDX-License-Identifier: GPL-2.0
/*
 * The histogram: its slots over the whole range, and what is read from it
 * against the exact answer.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/hist.h"

#define MAX_ERROR	0.03
#define NR_VALUES	20000
#define LIMIT		(1ULL << HIST_MAX_BITS)

static struct hist hist, other;
static uint64_t values[NR_VALUES];
static uint64_t state = 42;

/* Same numbers on every machine (xorshift). */
static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* As many values of each magnitude as of any other. */
static uint64_t random_value(void)
{
	return (next_random() >> 24) >> (next_random() % HIST_MAX_BITS);
}

static void assert_close(uint64_t value, uint64_t exact)
{
	double error = fabs((double)value - (double)exact);

	if (error > MAX_ERROR * (double)exact)
		fail_msg("%lu instead of %lu", (unsigned long)value, (unsigned long)exact);
}

static uint64_t middle(unsigned int slot)
{
	return (hist_slot_lower(slot) + hist_slot_upper(slot)) / 2;
}

static int empty_both(void **unused)
{
	(void)unused;
	hist_init(&hist);
	hist_init(&other);
	return 0;
}

/* --- slots --- */

static void slots_cover_all_values_once(void **unused)
{
	unsigned int slot;

	(void)unused;
	assert_int_equal(hist_slot_lower(0), 0);
	for (slot = 0; slot < HIST_SLOTS; slot++) {
		assert_int_equal(hist_slot(hist_slot_lower(slot)), slot);
		assert_int_equal(hist_slot(hist_slot_upper(slot)), slot);
		if (slot)
			assert_int_equal(hist_slot_lower(slot), hist_slot_upper(slot - 1) + 1);
	}
	assert_int_equal(hist_slot_lower(HIST_OVERFLOW), LIMIT);
}

static void slots_are_narrow(void **unused)
{
	uint64_t lower, width;
	unsigned int slot;

	(void)unused;
	for (slot = 0; slot < HIST_OVERFLOW; slot++) {
		lower = hist_slot_lower(slot);
		width = hist_slot_upper(slot) - lower + 1;
		if (lower < 64)
			assert_int_equal(width, 1);
		else
			assert_true(width * 32 <= lower);
	}
}

static void check_value(uint64_t value)
{
	unsigned int slot = hist_slot(value);

	assert_true(slot < HIST_OVERFLOW);
	assert_in_range(value, hist_slot_lower(slot), hist_slot_upper(slot));
	assert_close(middle(slot), value);
}

static void error_is_small_everywhere(void **unused)
{
	unsigned int slot, i;

	(void)unused;
	for (slot = 0; slot < HIST_OVERFLOW; slot++) {
		check_value(hist_slot_lower(slot));
		check_value(hist_slot_upper(slot));
	}
	for (i = 0; i < 1000000; i++)
		check_value(random_value());
}

static void slots_rise_with_values(void **unused)
{
	uint64_t a, b;
	unsigned int i;

	(void)unused;
	for (i = 0; i < 1000000; i++) {
		a = random_value();
		b = random_value();
		if (a <= b)
			assert_true(hist_slot(a) <= hist_slot(b));
	}
}

static void large_values_share_the_last_slot(void **unused)
{
	unsigned int bit;

	(void)unused;
	for (bit = HIST_MAX_BITS; bit < 64; bit++) {
		assert_int_equal(hist_slot(1ULL << bit), HIST_OVERFLOW);
		assert_int_equal(hist_slot((1ULL << bit) * 2 - 1), HIST_OVERFLOW);
	}
	assert_int_equal(hist_slot(LIMIT - 1), HIST_OVERFLOW - 1);
}

/* --- histograms --- */

static void empty_has_no_values(void **unused)
{
	(void)unused;
	assert_int_equal(hist.count, 0);
	assert_int_equal(hist_percentile(&hist, 50), 0);
	hist_merge(&hist, &other);
	assert_int_equal(hist.count, 0);
	assert_int_equal(hist.min, UINT64_MAX);
	assert_int_equal(hist.max, 0);
}

static void one_value_is_exact(void **unused)
{
	static const double percents[] = { 0, 1, 50, 99.9, 100 };
	unsigned int i;

	(void)unused;
	hist_add(&hist, 1000003);
	for (i = 0; i < sizeof(percents) / sizeof(*percents); i++)
		assert_int_equal(hist_percentile(&hist, percents[i]), 1000003);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void fill(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		values[i] = random_value();
		hist_add(&hist, values[i]);
	}
	qsort(values, nr, sizeof(*values), compare);
}

static void percentiles_are_close(void **unused)
{
	unsigned int permille;

	(void)unused;
	fill(NR_VALUES);
	assert_int_equal(hist.min, values[0]);
	assert_int_equal(hist.max, values[NR_VALUES - 1]);

	/* NR_VALUES is a multiple of 1000: each has an exact answer. */
	for (permille = 1; permille <= 1000; permille++)
		assert_close(hist_percentile(&hist, permille / 10.0),
			     values[permille * (NR_VALUES / 1000) - 1]);
}

static void percentiles_find_the_rank(void **unused)
{
	unsigned int i;

	(void)unused;
	/* 60 slots, no error: off by one would show. */
	for (i = 1; i <= 50; i++)
		hist_add(&hist, i);
	for (i = 1; i <= 50; i++)
		assert_int_equal(hist_percentile(&hist, 2.0 * i), i);
	assert_int_equal(hist_percentile(&hist, 2.1), 2);

	/* 99.9 % of 1000 values is the 999th. */
	hist_init(&hist);
	for (i = 0; i < 999; i++)
		hist_add(&hist, 1);
	hist_add(&hist, 60);
	assert_int_equal(hist_percentile(&hist, 99.9), 1);
	assert_int_equal(hist_percentile(&hist, 99.91), 60);
}

static void percentiles_stay_within_min_and_max(void **unused)
{
	(void)unused;
	hist_add(&hist, 1027);	/* slot 1024 to 1055, middle 1039 */
	hist_add(&hist, 1030);
	assert_int_equal(hist_percentile(&hist, 50), 1030);

	hist_init(&hist);
	hist_add(&hist, 1050);
	hist_add(&hist, 1054);
	assert_int_equal(hist_percentile(&hist, 50), 1050);
}

static void overflow_is_counted(void **unused)
{
	(void)unused;
	hist_add(&hist, 5);
	hist_add(&hist, LIMIT);
	hist_add(&hist, LIMIT * 4);
	assert_int_equal(hist.count, 3);
	assert_int_equal(hist.slots[HIST_OVERFLOW], 2);
	assert_int_equal(hist.sum, 5 + LIMIT * 5);
	assert_int_equal(hist_percentile(&hist, 100), LIMIT * 4);
}

static void merge_equals_adding_to_one(void **unused)
{
	static struct hist half;
	unsigned int i;

	(void)unused;
	hist_init(&half);
	for (i = 0; i < NR_VALUES; i++) {
		values[i] = random_value();
		hist_add(&hist, values[i]);
		hist_add(i % 2 ? &half : &other, values[i]);
	}
	hist_merge(&other, &half);
	assert_memory_equal(&hist, &other, sizeof(hist));
}

static void merge_counts_what_bpf_has_not(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 100; i++)
		hist_add(&other, random_value());
	other.count = 0;
	hist_merge(&hist, &other);
	assert_int_equal(hist.count, 100);
}

static struct hist came;

static void since_nothing_is_all(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 1000; i++)
		hist_add(&hist, random_value());
	hist_since(&came, &hist, &other);
	assert_memory_equal(&came, &hist, sizeof(hist));
}

static void since_itself_is_nothing(void **unused)
{
	(void)unused;
	hist_add(&hist, 12345);
	hist_since(&came, &hist, &hist);
	hist_init(&other);
	assert_memory_equal(&came, &other, sizeof(came));
}

/* What is between two readings, against a histogram of just that. */
static void since_has_what_came(void **unused)
{
	struct hist alone;
	unsigned int i, round;
	uint64_t value;

	(void)unused;
	for (round = 0; round < 50; round++) {
		other = hist;
		hist_init(&alone);
		for (i = 0; i < 100; i++) {
			value = random_value() >> (round % 8);
			hist_add(&hist, value);
			hist_add(&alone, value);
		}
		hist_since(&came, &hist, &other);
		assert_memory_equal(came.slots, alone.slots, sizeof(came.slots));
		assert_int_equal(came.count, 100);
		assert_int_equal(came.sum, alone.sum);
		assert_true(came.max >= alone.max && hist_slot(came.max) == hist_slot(alone.max));
		assert_true(came.min <= alone.min && hist_slot(came.min) == hist_slot(alone.min));
		if (alone.max > other.max)
			assert_int_equal(came.max, alone.max);
	}
}

/* A slot was counted already, and the largest value not noted yet. */
static void since_survives_a_torn_reading(void **unused)
{
	(void)unused;
	hist_add(&hist, 100);
	hist_add(&hist, 1000000);
	hist.max = 100;
	hist_since(&came, &hist, &other);
	assert_int_equal(came.count, 2);
	assert_true(came.max >= 1000000 && came.max < 1000000 * 33 / 32);
	assert_int_equal(came.min, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_cover_all_values_once),
		cmocka_unit_test(slots_are_narrow),
		cmocka_unit_test(error_is_small_everywhere),
		cmocka_unit_test(slots_rise_with_values),
		cmocka_unit_test(large_values_share_the_last_slot),
		cmocka_unit_test_setup(empty_has_no_values, empty_both),
		cmocka_unit_test_setup(one_value_is_exact, empty_both),
		cmocka_unit_test_setup(percentiles_are_close, empty_both),
		cmocka_unit_test_setup(percentiles_find_the_rank, empty_both),
		cmocka_unit_test_setup(percentiles_stay_within_min_and_max, empty_both),
		cmocka_unit_test_setup(overflow_is_counted, empty_both),
		cmocka_unit_test_setup(merge_equals_adding_to_one, empty_both),
		cmocka_unit_test_setup(merge_counts_what_bpf_has_not, empty_both),
		cmocka_unit_test_setup(since_nothing_is_all, empty_both),
		cmocka_unit_test_setup(since_itself_is_nothing, empty_both),
		cmocka_unit_test_setup(since_has_what_came, empty_both),
		cmocka_unit_test_setup(since_survives_a_torn_reading, empty_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
