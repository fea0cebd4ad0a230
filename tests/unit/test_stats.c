// SPDX-License-Identifier: GPL-2.0
/* Mann–Whitney against printed tables and against counting every way by hand; medians. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compare/stats.h"
#include "measure/random.h"

#define MAX_VALUES	40

static void assert_near(double seen, double expected, double tolerance)
{
	if (!(fabs(seen - expected) <= tolerance))
		print_error("seen %.12g, expected %.12g\n", seen, expected);
	assert_true(fabs(seen - expected) <= tolerance);
}

/* --- every way, counted --- */

/* Pairs that the first sample wins, twice; ties count half. */
static int doubled_u(const double *values, size_t nr, uint32_t of_a)
{
	int u = 0;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < nr; k++)
			if ((of_a >> i & 1) && !(of_a >> k & 1))
				u += values[i] > values[k] ? 2 : values[i] == values[k];
	return u;
}

static double enumerated_p(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	int expected = (int)(nr_a * nr_b), seen, all = 0, extreme = 0;
	size_t nr = nr_a + nr_b;
	double values[MAX_VALUES];

	memcpy(values, a, nr_a * sizeof(*a));
	memcpy(values + nr_a, b, nr_b * sizeof(*b));
	seen = abs(doubled_u(values, nr, (1u << nr_a) - 1) - expected);
	for (uint32_t of_a = 0; of_a < 1u << nr; of_a++) {
		if ((size_t)__builtin_popcount(of_a) != nr_a)
			continue;
		all++;
		extreme += abs(doubled_u(values, nr, of_a) - expected) >= seen;
	}
	return (double)extreme / all;
}

/* @kinds: of values; few of them make many ties. */
static void compare_with_enumeration(size_t nr_a, size_t nr_b, uint64_t kinds)
{
	uint64_t seed = 7 * nr_a + 31 * nr_b + kinds;
	double a[MAX_VALUES], b[MAX_VALUES];

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < nr_a; i++)
			a[i] = (double)(random_next(&seed) % kinds);
		for (size_t i = 0; i < nr_b; i++)
			b[i] = (double)(random_next(&seed) % kinds);
		assert_near(stats_mann_whitney(a, nr_a, b, nr_b),
			    enumerated_p(a, nr_a, b, nr_b), 1e-12);
	}
}

static void as_enumerated(void **state)
{
	(void)state;
	for (size_t nr_a = 1; nr_a <= 5; nr_a++) {
		for (size_t nr_b = 1; nr_b <= 5; nr_b++) {
			compare_with_enumeration(nr_a, nr_b, 1000000007);
			compare_with_enumeration(nr_a, nr_b, 4);
			compare_with_enumeration(nr_a, nr_b, 1);
		}
	}
}

/* --- printed tables --- */

/* Two samples without ties of which the first wins @u pairs. */
static double p_of_u(size_t nr_a, size_t nr_b, size_t u)
{
	double a[MAX_VALUES], b[MAX_VALUES];

	for (size_t i = 0; i < nr_b; i++)
		b[i] = 2.0 * (double)i + 1;	/* one more of them won for each 2 above 0 */
	for (size_t i = 0; i < nr_a; i++) {
		size_t wins = u < nr_b ? u : nr_b;

		a[i] = 2.0 * (double)wins + 0.01 * (double)i;
		u -= wins;
	}
	return stats_mann_whitney(a, nr_a, b, nr_b);
}

/* The largest U that is significant, two-sided, as every textbook has it. */
static void critical_values(void **state)
{
	static const struct {
		size_t nr, at_5_percent, at_1_percent;
	} table[] = {
		{ 5, 2, 0 }, { 6, 5, 2 }, { 7, 8, 4 }, { 8, 13, 7 }, { 9, 17, 11 },
		{ 10, 23, 16 }, { 12, 37, 27 }, { 15, 64, 51 }, { 20, 127, 105 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t nr = table[i].nr;

		assert_true(p_of_u(nr, nr, table[i].at_5_percent) <= 0.05);
		assert_true(p_of_u(nr, nr, table[i].at_5_percent + 1) > 0.05);
		assert_true(p_of_u(nr, nr, table[i].at_1_percent) <= 0.01);
		assert_true(p_of_u(nr, nr, table[i].at_1_percent + 1) > 0.01);
	}
	assert_near(p_of_u(5, 5, 0), 2.0 / 252, 1e-15);
	assert_near(p_of_u(3, 5, 1), 4.0 / 56, 1e-15);
	assert_near(p_of_u(4, 4, 8), 1, 1e-15);
}

/* Above the limit of counting. */
static void approximation(void **state)
{
	double many[2][100], p, variance;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		many[0][i] = (double)(i % 10);
		many[1][i] = (double)(i % 10);
	}
	assert_near(stats_mann_whitney(many[0], 100, many[1], 100), 1, 0);

	/*
	 * 25 against 25, one value each: U is 0, 312.5 below what is expected, less 0.5 for
	 * continuity; two groups of 25 ties take their part of the variance.
	 */
	for (size_t i = 0; i < 25; i++) {
		many[0][i] = 1;
		many[1][i] = 2;
	}
	p = stats_mann_whitney(many[0], 25, many[1], 25);
	variance = 625.0 / 12 * (51 - 2.0 * (15625 - 25) / (50 * 49));
	assert_near(p, erfc(312 / sqrt(2 * variance)), 1e-18);
	assert_true(p > 1e-13 && p < 1e-11);

	for (size_t i = 0; i < 25; i++)
		many[1][i] = 1;
	assert_near(stats_mann_whitney(many[0], 25, many[1], 25), 1, 0);
}

/* On both sides of the limit the two ways agree to what an approximation can. */
static void approximation_continues(void **state)
{
	(void)state;
	for (size_t u = 100; u <= 200; u += 20) {
		double exact = p_of_u(20, 20, u), above = p_of_u(20, 21, u * 21 / 20);

		assert_near(above, exact, 0.15 * exact + 0.002);
	}
}

static void least(void **state)
{
	(void)state;
	assert_near(stats_least_p(1, 1), 1, 0);
	assert_near(stats_least_p(4, 4), 2.0 / 70, 1e-15);
	assert_near(stats_least_p(5, 5), 2.0 / 252, 1e-15);
	assert_near(stats_least_p(1, 200), 2.0 / 201, 1e-15);
	assert_near(stats_least_p(0, 5), 1, 0);
	for (size_t nr_a = 2; nr_a < 8; nr_a++)
		for (size_t nr_b = 2; nr_b < 8; nr_b++)
			assert_near(p_of_u(nr_a, nr_b, 0), stats_least_p(nr_a, nr_b), 1e-15);
}

static void medians(void **state)
{
	const double values[] = { 9, 1, 5, 3 };

	(void)state;
	assert_true(isnan(stats_median(values, 0)));
	assert_near(stats_median(values, 1), 9, 0);
	assert_near(stats_median(values, 2), 5, 0);
	assert_near(stats_median(values, 3), 5, 0);
	assert_near(stats_median(values, 4), 4, 0);
	assert_near(stats_mann_whitney(values, 0, values, 4), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_enumerated),
		cmocka_unit_test(critical_values),
		cmocka_unit_test(approximation),
		cmocka_unit_test(approximation_continues),
		cmocka_unit_test(least),
		cmocka_unit_test(medians),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
