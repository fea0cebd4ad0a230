// SPDX-License-Identifier: GPL-2.0
/*
 * Levels of a series that scatters.
 *
 * Values are judged by their ranks, so that outliers count as one value each and no
 * shape of noise is assumed. Stretches of the series of many lengths, each overlapping
 * the one before by three quarters, are searched for the split whose sides differ the
 * most (Mann-Whitney, as a normal deviate). Of all stretches where that is more than
 * chance does, the narrowest come first: they hold one step and no more (seeded binary
 * segmentation, narrowest over threshold). Each step is then put where it fits best
 * between its neighbours, and kept if it is larger than the noise.
 */
#include "history/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/stats.h"
#include "result/view.h"

#define MIN_RUNS	5	/* on each side of a step */
#define MIN_SIGMAS	1.0	/* step against noise */
#define MIN_SHARE	0.001	/* step against level */

/**
 * struct series - what is searched
 * @sorted: indices by value
 * @limit:  deviation that chance does not reach
 */
struct series {
	const double *value;
	const bool *may_split;
	size_t count;
	size_t *sorted;
	double limit;
};

/*
 * What the largest deviation in a series without a step exceeds about once in a thousand
 * series, whatever its length; measured, and test_steps.c counts again.
 */
static double chance(size_t count)
{
	return sqrt(2 * log((double)count)) + 1.3;
}

/* ---- Ranks ---- */

static int by_value(const void *a, const void *b, void *values)
{
	const double *value = values;
	double x = value[*(const size_t *)a], y = value[*(const size_t *)b];

	return x < y ? -1 : x > y;
}

static size_t *sort_indices(const double *value, size_t count)
{
	size_t *sorted = must_calloc(count, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = i;
	qsort_r(sorted, count, sizeof(*sorted), by_value, (void *)value);
	return sorted;
}

/* Equal values share their rank. @rank[0] is of value number @first. */
static void rank_values(const double *value, const size_t *sorted, size_t count, size_t first,
			double *rank)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count; end++)
			if (value[sorted[end]] != value[sorted[i]])
				break;
		for (size_t k = i; k < end; k++)
			rank[sorted[k] - first] = (double)(i + end - 1) / 2;
	}
}

/*
 * How far the sum of the first @m of @count ranks is from what it should be: a normal
 * deviate. Nothing is done about ties. They make it smaller, which is safe: three ones
 * in a row are no step in a series of zeros.
 */
static double deviation(double sum, size_t m, size_t count)
{
	double a = (double)m, b = (double)(count - m);

	return (sum - a * ((double)count - 1) / 2) / sqrt(a * b * ((double)count + 1) / 12);
}

struct split {
	size_t at;	/* the first value behind it; 0: there is none */
	double deviation;
};

/* The best split of @count values from @first on, whose ranks are given. */
static struct split best_split(const struct series *s, const double *rank, size_t first,
			       size_t count)
{
	struct split best = { };
	double sum = 0;

	for (size_t k = 1; k + MIN_RUNS <= count; k++) {
		double d;

		sum += rank[k - 1];
		if (k < MIN_RUNS || !s->may_split[first + k])
			continue;
		d = fabs(deviation(sum, k, count));
		if (d > best.deviation)
			best = (struct split){ .at = first + k, .deviation = d };
	}
	return best;
}

/* ---- Candidates: the best splits of many stretches ---- */

struct candidate {
	size_t begin, end;
	struct split split;
};

struct candidates {
	struct candidate *list;
	size_t count;
};

/* From where one stretch begins to where the next one does. */
static size_t stride(size_t length)
{
	return length / 4;
}

static size_t nr_stretches(const struct series *s, size_t length)
{
	return (s->count - length + stride(length) - 1) / stride(length) + 1;
}

/* The last one ends where the series does. */
static size_t stretch_begin(const struct series *s, size_t length, size_t nr)
{
	size_t begin = nr * stride(length);

	return begin + length > s->count ? s->count - length : begin;
}

/* Hands out values in order to the stretches they are in, so that none has to be sorted. */
static void fill_stretches(const struct series *s, size_t length, size_t *members)
{
	size_t nr = nr_stretches(s, length), reach = (length + stride(length) - 1) / stride(length);
	size_t *filled = must_calloc(nr, sizeof(*filled));

	for (size_t i = 0; i < s->count; i++) {
		size_t member = s->sorted[i];
		size_t j = member / stride(length) > reach ? member / stride(length) - reach : 0;

		for (; j < nr && stretch_begin(s, length, j) <= member; j++)
			if (member < stretch_begin(s, length, j) + length)
				members[j * length + filled[j]++] = member;
	}
	free(filled);
}

static void search_stretches(const struct series *s, size_t length, struct candidates *found)
{
	size_t nr = nr_stretches(s, length);
	size_t *members = must_calloc(nr * length, sizeof(*members));
	double *rank = must_calloc(length, sizeof(*rank));

	fill_stretches(s, length, members);
	for (size_t j = 0; j < nr; j++) {
		size_t begin = stretch_begin(s, length, j);
		struct split split;

		rank_values(s->value, members + j * length, length, begin, rank);
		split = best_split(s, rank, begin, length);
		if (split.deviation > s->limit)
			found->list[found->count++] =
				(struct candidate){ begin, begin + length, split };
	}
	free(rank);
	free(members);
}

static size_t shorter(size_t length)
{
	return length * 7 / 10;
}

static struct candidates search_all(const struct series *s)
{
	struct candidates found = { };
	size_t total = 0, length;

	for (length = s->count; length >= 2 * MIN_RUNS; length = shorter(length))
		total += nr_stretches(s, length);
	found.list = must_calloc(total, sizeof(*found.list));
	for (length = s->count; length >= 2 * MIN_RUNS; length = shorter(length))
		search_stretches(s, length, &found);
	return found;
}

/* ---- Levels ---- */

/* Where levels end; the first end is 0, the last one the number of values. */
struct levels {
	size_t *end;
	size_t count;
};

static int narrowest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	size_t p = x->end - x->begin, q = y->end - y->begin;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->split.deviation != y->split.deviation)
		return x->split.deviation > y->split.deviation ? -1 : 1;
	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static bool has_step(const struct levels *levels, size_t begin, size_t end)
{
	for (size_t i = 1; i + 1 < levels->count; i++)
		if (levels->end[i] > begin && levels->end[i] < end)
			return true;
	return false;
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

static struct levels choose_levels(const struct series *s, struct candidates *found)
{
	size_t room = found->count + s->count / MIN_RUNS + 2;
	struct levels levels = { .end = must_calloc(room, sizeof(size_t)), .count = 2 };

	levels.end[1] = s->count;
	qsort(found->list, found->count, sizeof(*found->list), narrowest_first);
	for (size_t i = 0; i < found->count; i++) {
		const struct candidate *c = &found->list[i];

		if (has_step(&levels, c->begin, c->end))
			continue;
		levels.end[levels.count - 1] = c->split.at;
		levels.end[levels.count++] = s->count;
	}
	qsort(levels.end, levels.count, sizeof(*levels.end), by_size);
	return levels;
}

static struct split split_between(const struct series *s, size_t begin, size_t end)
{
	size_t *sorted = sort_indices(s->value + begin, end - begin);
	double *rank = must_calloc(end - begin, sizeof(*rank));
	struct split split;

	rank_values(s->value + begin, sorted, end - begin, 0, rank);
	split = best_split(s, rank, begin, end - begin);
	free(rank);
	free(sorted);
	return split;
}

static bool is_step(const struct series *s, struct split split, size_t begin, size_t end)
{
	return split.deviation > s->limit &&
	       levels_contrast(s->value + begin, split.at - begin, s->value + split.at,
			       end - split.at).large;
}

/* Puts each step where it fits best between its neighbours; drops those that are none. */
static void settle(const struct series *s, struct levels *levels)
{
	size_t i = 1;

	while (i + 1 < levels->count) {
		size_t *end = levels->end + i;
		struct split split = split_between(s, end[-1], end[1]);

		if (is_step(s, split, end[-1], end[1])) {
			*end = split.at;
			i++;
			continue;
		}
		memmove(end, end + 1, (--levels->count - i) * sizeof(*end));
		i = i > 1 ? i - 1 : 1;	/* its neighbour has more room now */
	}
}

/*
 * Between its neighbours a step may show that showed in no stretch. Room is for as many
 * steps as fit. True if there was one.
 */
static bool find_missed(const struct series *s, struct levels *levels)
{
	bool any = false;

	for (size_t i = 1; i < levels->count; i++) {
		size_t *end = levels->end + i;
		struct split split = split_between(s, end[-1], end[0]);

		if (!is_step(s, split, end[-1], end[0]))
			continue;
		memmove(end + 1, end, (levels->count++ - i) * sizeof(*end));
		*end = split.at;
		any = true;
	}
	return any;
}

size_t levels_find(const double *value, const bool *may_split, size_t count, size_t **begins)
{
	struct series s = { .value = value, .may_split = may_split, .count = count };
	struct candidates found;
	struct levels levels;

	*begins = NULL;
	if (count < 2 * MIN_RUNS)
		return 0;
	s.limit = chance(count);
	s.sorted = sort_indices(value, count);
	found = search_all(&s);
	levels = choose_levels(&s, &found);
	settle(&s, &levels);
	while (find_missed(&s, &levels))
		;
	settle(&s, &levels);	/* between neighbours that are in place */
	free(found.list);
	free(s.sorted);

	count = levels.count - 2;
	memmove(levels.end, levels.end + 1, count * sizeof(*levels.end));
	if (count)
		*begins = levels.end;
	else
		free(levels.end);
	return count;
}

/* ---- Two levels ---- */

/* The typical distance from the median, as the sigma of a normal. */
static double noise(double *values, size_t count, double median)
{
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - median);
	return 1.4826 * stats_median(values, count);
}

struct contrast levels_contrast(const double *before, size_t m, const double *after, size_t n)
{
	double *both = must_calloc(m + n, sizeof(*both));
	struct contrast c = {
		.before = stats_median(before, m), .after = stats_median(after, n),
	};
	double sigma, step;

	memcpy(both, before, m * sizeof(*both));
	memcpy(both + m, after, n * sizeof(*both));
	sigma = ((double)m * noise(both, m, c.before) + (double)n * noise(both + m, n, c.after)) /
		(double)(m + n);
	step = fabs(c.after - c.before);
	c.large = step > 0 && step >= MIN_SIGMAS * sigma &&
		  step >= MIN_SHARE * fmax(fabs(c.before), fabs(c.after));
	free(both);
	return c;
}
