// SPDX-License-Identifier: GPL-2.0
/*
 * Samples with bounded memory.
 */
#include "replay/sample.h"

#include <stdlib.h>

#include "result/must.h"

static void grow(struct sample *sample)
{
	size_t room = sample->room ? 2 * sample->room : 256;

	sample->values = must(realloc(sample->values, room * sizeof(*sample->values)));
	sample->room = room;
}

/* Only while values stand in the order they came in, else the small ones would go. */
static void thin_out(struct sample *sample)
{
	size_t i;

	for (i = 0; 2 * i < sample->nr; i++)
		sample->values[i] = sample->values[2 * i];
	sample->nr = i;
	sample->every *= 2;
}

void sample_add(struct sample *sample, uint64_t value)
{
	if (!sample->every)
		sample->every = 1;
	if (sample->seen++ % sample->every)
		return;
	if (sample->nr == SAMPLE_MAX) {
		thin_out(sample);
		if ((sample->seen - 1) % sample->every)
			return;
	}
	if (sample->nr == sample->room)
		grow(sample);
	sample->values[sample->nr++] = value;
	sample->sorted = false;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

uint64_t sample_quantile(struct sample *sample, double percent)
{
	uint64_t low, high;
	double at;
	size_t i;

	if (!sample->nr)
		return 0;
	if (!sample->sorted)
		qsort(sample->values, sample->nr, sizeof(*sample->values), by_value);
	sample->sorted = true;

	at = percent / 100 * (double)(sample->nr - 1);
	i = (size_t)at;
	if (i + 1 >= sample->nr)
		return sample->values[sample->nr - 1];
	low = sample->values[i];
	high = sample->values[i + 1];
	/* The difference alone passes through a double, which ends at 2^53. */
	return low + (uint64_t)((double)(high - low) * (at - (double)i));
}

double sample_count_median(struct sample *sample)
{
	uint64_t middle = sample_quantile(sample, 50);
	size_t below = 0, equal = 0, i;

	for (i = 0; i < sample->nr; i++) {
		below += sample->values[i] < middle;
		equal += sample->values[i] == middle;
	}
	if (!equal)	/* between two that are more than a step apart */
		return (double)middle;
	return (double)middle - 0.5 + ((double)sample->nr / 2 - (double)below) / (double)equal;
}

void sample_free(struct sample *sample)
{
	free(sample->values);
	*sample = (struct sample){};
}
