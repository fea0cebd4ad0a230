// SPDX-License-Identifier: GPL-2.0
/*
 * Median and Mann–Whitney. Ranks are doubled, so that the mean rank of ties is a
 * whole number and sums of ranks can be counted exactly.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compare/stats.h"
#include "result/view.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_median(const double *values, size_t count)
{
	double *sorted, median;

	if (!count)
		return NAN;
	sorted = must_calloc(count, sizeof(*sorted));
	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_value);
	/* Halves first: the sum of two huge ones would be infinite. */
	median = sorted[(count - 1) / 2] / 2 + sorted[count / 2] / 2;
	free(sorted);
	return median;
}

/**
 * struct ranks - two samples, ranked together
 * @nr_a, @nr: values of the first, of both
 * @rank:      doubled, of each value, those of the first sample in front
 * @sum_a:     of the first sample's doubled ranks
 * @ties:      sum of t^3 - t over groups of t equal values
 */
struct ranks {
	size_t nr_a, nr;
	unsigned int *rank;
	unsigned long long sum_a;
	double ties;
};

struct ranked {
	double value;
	size_t at;
};

static struct ranks rank(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	struct ranks ranks = { .nr_a = nr_a, .nr = nr_a + nr_b };
	struct ranked *all = must_calloc(ranks.nr, sizeof(*all));

	ranks.rank = must_calloc(ranks.nr, sizeof(*ranks.rank));
	for (size_t i = 0; i < ranks.nr; i++)
		all[i] = (struct ranked){ i < nr_a ? a[i] : b[i - nr_a], i };
	qsort(all, ranks.nr, sizeof(*all), by_value);	/* the value is its first member */
	for (size_t i = 0, end; i < ranks.nr; i = end) {
		double t;

		for (end = i + 1; end < ranks.nr && all[end].value == all[i].value;)
			end++;
		t = (double)(end - i);
		ranks.ties += t * t * t - t;
		for (size_t k = i; k < end; k++)
			ranks.rank[all[k].at] = (unsigned int)(i + 1 + end);
	}
	for (size_t i = 0; i < nr_a; i++)
		ranks.sum_a += ranks.rank[i];
	free(all);
	return ranks;
}

/* Is this sum of ranks at least as far from what is expected as the one that was seen? */
static bool as_extreme(const struct ranks *ranks, unsigned long long sum)
{
	long long expected = (long long)(ranks->nr_a * (ranks->nr + 1));

	return llabs((long long)sum - expected) >= llabs((long long)ranks->sum_a - expected);
}

/* ways[k][s]: to choose k values with the sum s of ranks from those looked at so far. */
static double exact_p(const struct ranks *ranks)
{
	size_t sums = ranks->nr * (ranks->nr + 1) + 1;
	double *ways = must_calloc((ranks->nr_a + 1) * sums, sizeof(*ways));
	double all = 0, extreme = 0, *chosen = &ways[ranks->nr_a * sums];

	ways[0] = 1;
	for (size_t i = 0; i < ranks->nr; i++)
		for (size_t k = ranks->nr_a; k > 0; k--)
			for (size_t sum = sums - 1; sum >= ranks->rank[i]; sum--)
				ways[k * sums + sum] += ways[(k - 1) * sums + sum - ranks->rank[i]];
	for (size_t sum = 0; sum < sums; sum++) {
		all += chosen[sum];
		if (as_extreme(ranks, sum))
			extreme += chosen[sum];
	}
	free(ways);
	return extreme / all;
}

static double normal_p(const struct ranks *ranks)
{
	double nr = (double)ranks->nr, a = (double)ranks->nr_a, b = nr - a;
	double distance = fabs((double)ranks->sum_a / 2 - a * (nr + 1) / 2) - 0.5;
	double variance = a * b / 12 * (nr + 1 - ranks->ties / (nr * (nr - 1)));

	if (distance <= 0 || variance <= 0)
		return 1;
	return erfc(distance / sqrt(2 * variance));
}

double stats_mann_whitney(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	struct ranks ranks;
	double p;

	if (!nr_a || !nr_b)
		return 1;
	ranks = rank(a, nr_a, b, nr_b);
	p = ranks.nr <= STATS_EXACT ? exact_p(&ranks) : normal_p(&ranks);
	free(ranks.rank);
	return p;
}

double stats_least_p(size_t nr_a, size_t nr_b)
{
	double p = 2;

	/* Two of all the ways to choose which values are the first sample's. */
	for (size_t i = 1; i <= nr_a; i++)
		p *= (double)i / (double)(nr_b + i);
	return p < 1 ? p : 1;
}
