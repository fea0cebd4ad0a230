// SPDX-License-Identifier: GPL-2.0
/*
 * The software module's own. Of quotes it is the same for long and for short ones. Of
 * slices it is not: the VM's interrupts cut the long ones most, so each quantile has
 * one of its own; but the shortest and the longest, which are single ones.
 */
#include "replay/own.h"

#include <stdlib.h>

#include "run/param.h"

#define ONE		TDX_EMU_SPREAD_ONE
#define MEDIAN		3
#define NR_QUANTILES	(TDX_EMU_NR_SPREAD + 1)
#define SPREAD_MAX	(100 * ONE)

/* Of 10,000: so much does not matter, of the median and of other quantiles. */
#define MEDIAN_MATTERS	25
#define OTHER_MATTERS	100

/* It cannot be more than half of what is wanted. */
static int64_t beyond(uint64_t wanted, uint64_t found)
{
	int64_t more = (int64_t)(found - wanted);

	return 2 * (uint64_t)llabs(more) < wanted ? more : 0;
}

static bool matters(int64_t more, uint64_t wanted, uint64_t least)
{
	return (uint64_t)llabs(more) * 10000 > least * wanted;
}

static uint64_t within(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Never beyond what the profile allows, for the longest of times that vary, too. */
static uint64_t less(const char *name, uint64_t says, int64_t more, uint64_t longest)
{
	const struct param *param = param_find(profile_params, name);
	uint64_t value = says - (uint64_t)more, most = param->max / longest * ONE;

	return value < param->min ? param->min : value > most ? says : value;
}

/* --- slices --- */

static bool varies(const __u64 *spread)
{
	return spread[0] != ONE || spread[TDX_EMU_NR_SPREAD - 1] != ONE;
}

static void slices_of(const struct tdx_emu_profile *profile, uint64_t at[NR_QUANTILES])
{
	const __u64 *spread = TDX_EMU_SPREAD_OF(profile, slice);
	unsigned int i;

	for (i = 0; i < NR_QUANTILES; i++)
		at[i] = i == MEDIAN ? profile->slice_ns :
			profile->slice_ns * spread[i - (i > MEDIAN)] / ONE;
}

static uint64_t within_half(int64_t value, uint64_t of)
{
	return within(value < 0 ? 0 : (uint64_t)value, of / 2, of + of / 2);
}

/* In order, on their side of the median, and none longer than a slice may be. */
static void set_slices(struct tdx_emu_profile *profile, const uint64_t at[NR_QUANTILES])
{
	const struct param *param = param_find(profile_params, "slice_ns");
	__u64 *spread = TDX_EMU_SPREAD_OF(profile, slice);
	uint64_t median = within(at[MEDIAN], param->min, param->max);
	uint64_t last = 1, most = within(param->max * ONE / median, ONE, SPREAD_MAX);
	unsigned int i;

	profile->slice_ns = median;
	for (i = 0; i < TDX_EMU_NR_SPREAD; i++) {
		uint64_t ratio = at[i + (i >= MEDIAN)] * ONE / median;

		last = i < MEDIAN ? within(ratio, last, ONE) :
				    within(ratio, last > ONE ? last : ONE, most);
		spread[i] = last;
	}
}

static bool slices_matter(const uint64_t wanted[NR_QUANTILES], const uint64_t found[NR_QUANTILES])
{
	unsigned int i;

	for (i = 1; i < NR_QUANTILES - 2; i++)
		if (matters((int64_t)(found[i] - wanted[i]), wanted[i],
			    i == MEDIAN ? MEDIAN_MATTERS : OTHER_MATTERS))
			return true;
	return false;
}

static bool take_off_slices(struct tdx_emu_profile *profile, const struct tdx_emu_profile *wanted,
			    const struct tdx_emu_profile *found)
{
	uint64_t says[NR_QUANTILES], want[NR_QUANTILES], got[NR_QUANTILES];
	unsigned int i;

	slices_of(profile, says);
	slices_of(wanted, want);
	slices_of(found, got);
	for (i = 1; i < NR_QUANTILES - 1; i++)
		says[i] = within_half((int64_t)(says[i] + want[i] - got[i]), want[i]);
	says[0] = want[0] < says[1] ? want[0] : says[1];
	says[i] = want[i];
	set_slices(profile, says);
	return slices_matter(want, got);
}

static bool take_off_slice(struct tdx_emu_profile *profile, const struct tdx_emu_profile *wanted,
			   const struct tdx_emu_profile *found)
{
	int64_t more = beyond(wanted->slice_ns, found->slice_ns);

	profile->slice_ns = less("slice_ns", profile->slice_ns, more, ONE);
	return matters(more, wanted->slice_ns, MEDIAN_MATTERS);
}

/* --- both --- */

bool own_take_off(struct tdx_emu_profile *profile, const struct tdx_emu_profile *wanted,
		  const struct tdx_emu_profile *found, struct own *own)
{
	const __u64 *quotes = TDX_EMU_SPREAD_OF(wanted, quote);
	const __u64 *slices = TDX_EMU_SPREAD_OF(wanted, slice);
	int64_t more = beyond(wanted->quote_ns, found->quote_ns);
	bool matter = matters(more, wanted->quote_ns, MEDIAN_MATTERS);
	struct tdx_emu_profile next = *profile;

	next.quote_ns = less("quote_ns", next.quote_ns, more, quotes[TDX_EMU_NR_SPREAD - 1]);
	if (wanted->yield == TDX_EMU_YIELD_SLICE)
		matter |= varies(slices) ? take_off_slices(&next, wanted, found) :
					   take_off_slice(&next, wanted, found);
	if (!matter)
		return false;
	*profile = next;
	own->quote_ns = (int64_t)(wanted->quote_ns - next.quote_ns);
	own->slice_ns = (int64_t)(wanted->slice_ns - next.slice_ns);
	return true;
}
