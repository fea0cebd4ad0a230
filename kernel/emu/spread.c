// SPDX-License-Identifier: GPL-2.0
/*
 * Times that vary, as the profile's quantiles have them.
 *
 * Nothing is random: the n-th draw is n steps of an irrational number, modulo 1,
 * away from where the seed begins. Already some dozen draws are then spread as the
 * quantiles are, where random ones would take hundreds.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "quote_format.h"
#include "state.h"

#define POSITION_BITS	20

/* Where the quantiles are, in 10,000ths; the median stands between the third and fourth. */
static const u32 positions[] = { 0, 1000, 2500, 5000, 7500, 9000, 9900, 10000 };

#define MEDIAN		3
#define LAST		7

/* Fractional parts of the golden ratio and of the square root of 2, times 2^64. */
#define STEP_QUOTE	0x9e3779b97f4a7c15ULL
#define STEP_SLICE	0x6a09e667f3bcc909ULL

static u64 knot_position(u32 knot)
{
	return div_u64((u64)positions[knot] << POSITION_BITS, TDX_EMU_SPREAD_ONE);
}

static u64 knot_ns(u64 median_ns, const u64 *spread, u32 knot)
{
	if (knot == MEDIAN)
		return median_ns;
	return div_u64(median_ns * spread[knot - (knot > MEDIAN)], TDX_EMU_SPREAD_ONE);
}

/* The time that @position of 2^POSITION_BITS times are shorter than. */
static u64 quantile(u64 median_ns, const u64 *spread, u64 position)
{
	u64 from, to, low, high;
	u32 knot = 1;

	BUILD_BUG_ON(ARRAY_SIZE(positions) != TDX_EMU_NR_SPREAD + 1);

	while (knot < LAST && position >= knot_position(knot))
		knot++;
	from = knot_position(knot - 1);
	to = knot_position(knot);
	low = knot_ns(median_ns, spread, knot - 1);
	high = knot_ns(median_ns, spread, knot);
	return low + div64_u64((high - low) * (position - from), to - from);
}

static u64 draw(u64 median_ns, const u64 *spread, atomic64_t *draws, u64 step)
{
	u64 position;

	if (spread[0] == TDX_EMU_SPREAD_ONE && spread[LAST - 1] == TDX_EMU_SPREAD_ONE)
		return median_ns;

	position = quote_mix64(emu.profile.seed ^ step) + atomic64_inc_return(draws) * step;
	return quantile(median_ns, spread, position >> (64 - POSITION_BITS));
}

u64 emu_quote_ns(void)
{
	return draw(emu.profile.quote_ns, TDX_EMU_SPREAD_OF(&emu.profile, quote),
		    &emu.quote_draws, STEP_QUOTE);
}

u64 emu_slice_ns(void)
{
	u64 slice_ns = draw(emu.profile.slice_ns, TDX_EMU_SPREAD_OF(&emu.profile, slice),
			    &emu.slice_draws, STEP_SLICE);

	return max(slice_ns, EMU_MIN_SLICE_NS);
}

/* Quantiles in their order, and none longer than @max_ns. */
bool emu_spread_valid(u64 median_ns, const u64 *spread, u64 max_ns)
{
	u32 i;

	for (i = 1; i < TDX_EMU_NR_SPREAD; i++)
		if (spread[i - 1] > spread[i])
			return false;
	return knot_ns(median_ns, spread, LAST) <= max_ns;
}
