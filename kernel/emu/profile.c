// SPDX-License-Identifier: GPL-2.0
/* Profiles: checked, set while nothing goes on, staged for the next module. */
#define pr_fmt(fmt) "tdx_emu: " fmt

#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/time64.h>

#include "quote_format.h"
#include "state.h"

struct profile_field {
	const char *name;
	u64 min, max;
};

#define PROFILE_FIELD(name, def, min, max, unit, text)	{ #name, min, max },
#define PROFILE_DEFAULT(name, def, min, max, unit, text)	.name = def,

static const struct profile_field profile_fields[] = { TDX_EMU_PROFILE(PROFILE_FIELD) };

/* Longer without a look at interrupts, and watchdogs bark. */
#define NEVER_MAX_NS	(5ULL * NSEC_PER_SEC)

/* The host must go on for as long as that. */
#define RESUMABLE_MAX_TIMES	100000

static int check_ranges(const struct tdx_emu_profile *profile)
{
	const u64 *values = (const u64 *)profile;
	u32 i;

	BUILD_BUG_ON(sizeof(*profile) != ARRAY_SIZE(profile_fields) * sizeof(u64));

	for (i = 0; i < ARRAY_SIZE(profile_fields); i++) {
		const struct profile_field *field = &profile_fields[i];

		if (values[i] < field->min || values[i] > field->max) {
			pr_err("profile: %s is %llu, allowed is %llu to %llu\n",
			       field->name, values[i], field->min, field->max);
			return -ERANGE;
		}
	}
	return 0;
}

static u64 longest_call(const struct tdx_emu_profile *profile)
{
	u64 quote_ns = div_u64(profile->quote_ns * profile->quote_p100, TDX_EMU_SPREAD_ONE);

	return max3(quote_ns, profile->ext_init_ns, profile->quote_init_ns);
}

static int check_spreads(const struct tdx_emu_profile *profile)
{
	const u64 *quote = TDX_EMU_SPREAD_OF(profile, quote);
	const u64 *slice = TDX_EMU_SPREAD_OF(profile, slice);

	if (emu_spread_valid(profile->quote_ns, quote, EMU_MAX_QUOTE_NS) &&
	    emu_spread_valid(profile->slice_ns, slice, EMU_MAX_SLICE_NS))
		return 0;
	pr_err("profile: quote_p0 to quote_p100 and slice_p0 to slice_p100 must rise, up to %llu and %llu ns\n",
	       EMU_MAX_QUOTE_NS, EMU_MAX_SLICE_NS);
	return -ERANGE;
}

static int check_profile(const struct tdx_emu_profile *profile)
{
	int ret;

	ret = check_ranges(profile);
	if (!ret)
		ret = check_spreads(profile);
	if (ret)
		return ret;

	if (profile->quote_size + profile->quote_jitter > profile->max_quote_size ||
	    profile->quote_size < profile->quote_jitter + QUOTE_MIN_SIZE) {
		pr_err("profile: quote_size %llu +- %llu is not within %u to max_quote_size %llu\n",
		       profile->quote_size, profile->quote_jitter, QUOTE_MIN_SIZE,
		       profile->max_quote_size);
		return -ERANGE;
	}
	if (profile->fault_status == TDX_EMU_STATUS_RESUMABLE &&
	    profile->fault_times > RESUMABLE_MAX_TIMES) {
		pr_err("profile: fault_times is %llu, with fault_status resumable allowed is 1 to %u\n",
		       profile->fault_times, RESUMABLE_MAX_TIMES);
		return -ERANGE;
	}
	if (profile->yield == TDX_EMU_YIELD_NEVER && longest_call(profile) > NEVER_MAX_NS) {
		pr_err("profile: with yield never no call may take longer than %llu ns\n",
		       NEVER_MAX_NS);
		return -ERANGE;
	}
	return 0;
}

int tdx_emu_set_profile(const struct tdx_emu_profile *profile)
{
	int ret;

	ret = check_profile(profile);
	if (ret)
		return ret;

	raw_spin_lock(&emu.lock);
	if (emu.used) {
		ret = -EBUSY;
	} else {
		emu.profile = *profile;
		emu_faults_reset();
	}
	raw_spin_unlock(&emu.lock);
	return ret;
}

int emu_profile_check_next(const struct tdx_emu_profile *profile)
{
	int ret;

	ret = check_profile(profile);
	if (ret)
		return ret;
	if (profile->seed != emu.profile.seed) {
		pr_err("profile: seed is %llu, that of the platform is %llu and stays\n",
		       profile->seed, emu.profile.seed);
		return -EINVAL;
	}
	return 0;
}

int tdx_emu_stage(const struct tdx_emu_profile *profile)
{
	int ret;

	ret = emu_profile_check_next(profile);
	if (ret)
		return ret;

	raw_spin_lock(&emu.lock);
	emu_stage(profile, 0);
	raw_spin_unlock(&emu.lock);
	return 0;
}

void tdx_emu_get_profile(struct tdx_emu_profile *profile)
{
	raw_spin_lock(&emu.lock);
	*profile = emu.profile;
	raw_spin_unlock(&emu.lock);
}

void emu_profile_default(struct tdx_emu_profile *profile)
{
	*profile = (struct tdx_emu_profile){ TDX_EMU_PROFILE(PROFILE_DEFAULT) };
}
