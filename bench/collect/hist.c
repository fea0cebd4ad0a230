// SPDX-License-Identifier: GPL-2.0
/*
 * Log-linear histograms in user space: fill, merge, ask.
 */
#include "collect/hist.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void hist_init(struct hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = UINT64_MAX;
}

static void widen(struct hist *hist, uint64_t min, uint64_t max)
{
	if (min < hist->min)
		hist->min = min;
	if (max > hist->max)
		hist->max = max;
}

void hist_add(struct hist *hist, uint64_t value)
{
	hist->count++;
	hist->sum += value;
	hist->slots[hist_slot(value)]++;
	widen(hist, value, value);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	unsigned int i;

	for (i = 0; i < HIST_SLOTS; i++) {
		into->count += from->slots[i];
		into->slots[i] += from->slots[i];
	}
	into->sum += from->sum;
	widen(into, from->min, from->max);
}

/* How far values of a slot were shifted. */
static unsigned int slot_shift(unsigned int slot)
{
	return slot < 2 * HIST_SUB ? 0 : slot / HIST_SUB - 1;
}

uint64_t hist_slot_lower(unsigned int slot)
{
	unsigned int shift = slot_shift(slot);

	return (uint64_t)(slot - shift * HIST_SUB) << shift;
}

uint64_t hist_slot_upper(unsigned int slot)
{
	if (slot >= HIST_OVERFLOW)
		return INT64_MAX;
	return hist_slot_lower(slot) + (1ULL << slot_shift(slot)) - 1;
}

static bool in_slot(unsigned int slot, uint64_t value)
{
	return value >= hist_slot_lower(slot) && value <= hist_slot_upper(slot);
}

/* Programs may write meanwhile: what is counted in a slot need not be in the rest yet. */
void hist_since(struct hist *into, const struct hist *now, const struct hist *before)
{
	unsigned int i;

	hist_init(into);
	into->sum = now->sum - before->sum;
	for (i = 0; i < HIST_SLOTS; i++) {
		if (now->slots[i] <= before->slots[i])
			continue;
		into->slots[i] = now->slots[i] - before->slots[i];
		if (!into->count)
			into->min = in_slot(i, now->min) ? now->min : hist_slot_lower(i);
		into->max = in_slot(i, now->max) ? now->max : hist_slot_upper(i);
		into->count += into->slots[i];
	}
}

static uint64_t slot_middle(unsigned int slot)
{
	uint64_t lower = hist_slot_lower(slot);

	return lower + (hist_slot_upper(slot) - lower) / 2;
}

/* Which value, counted from 1 in order of size. */
static uint64_t rank_of(const struct hist *hist, double percent)
{
	/* 99.9 % of 1000 is the 999th, whatever 99.9 is in binary. */
	double rank = ceil(percent / 100 * (double)hist->count * (1 - 1e-12));

	if (rank < 1)
		return 1;
	return rank < (double)hist->count ? (uint64_t)rank : hist->count;
}

uint64_t hist_percentile(const struct hist *hist, double percent)
{
	uint64_t left, value;
	unsigned int slot = 0;

	if (!hist->count)
		return 0;

	left = rank_of(hist, percent);
	while (left > hist->slots[slot])
		left -= hist->slots[slot++];

	value = slot_middle(slot);
	if (value < hist->min)
		return hist->min;
	return value < hist->max ? value : hist->max;
}
