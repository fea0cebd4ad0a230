// SPDX-License-Identifier: GPL-2.0
/*
 * How latency is shared out. From the samples themselves, not from histograms: a
 * guest may have a handful of quotes, and the ratio of two guests should not be
 * off by two buckets.
 */
#include "measure/tails.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/client.h"

static int by_td_and_latency(const void *a, const void *b)
{
	const struct load_sample *x = a, *y = b;

	if (x->td != y->td)
		return x->td < y->td ? -1 : 1;
	return (x->intended > y->intended) - (x->intended < y->intended);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The 99th percentile of @count samples in order: the nearest rank. */
static uint64_t p99(const struct load_sample *samples, size_t count)
{
	return samples[(count * 99 + 99) / 100 - 1].intended;
}

static size_t samples_of_first_td(const struct load_sample *samples, size_t count)
{
	size_t i = 1;

	while (i < count && samples[i].td == samples[0].td)
		i++;
	return i;
}

static void note(struct tails *tails, unsigned int td, uint64_t value)
{
	if (value > tails->worst)
		tails->worst = value;
	if (!td)
		tails->first = value;
	else if (value > tails->others)
		tails->others = value;
}

int tails_find(struct load_sample *samples, size_t count, struct tails *tails)
{
	uint64_t *values = calloc(count + 1, sizeof(*values));
	size_t tds = 0, of_td;

	*tails = (struct tails){};
	if (!values) {
		fputs("tdxbench: no memory to sort latencies by guest\n", stderr);
		return -1;
	}

	qsort(samples, count, sizeof(*samples), by_td_and_latency);
	for (; count; samples += of_td, count -= of_td) {
		of_td = samples_of_first_td(samples, count);
		values[tds] = p99(samples, of_td);
		note(tails, samples->td, values[tds++]);
	}
	qsort(values, tds, sizeof(*values), by_value);
	if (tds)
		tails->median = values[(tds - 1) / 2];
	free(values);
	return 0;
}
