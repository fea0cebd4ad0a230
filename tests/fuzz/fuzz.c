// SPDX-License-Identifier: GPL-2.0
/* The common part of fuzz.h. */
#include "emu/quote_format.h"
#include "emu/tdx_emu.h"
#include "fuzz.h"

/* --- the input --- */

u8 take_byte(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

u64 take_word(struct bytes *in)
{
	u64 word = 0;
	u32 i;

	for (i = 0; i < 8; i++)
		word = word << 8 | take_byte(in);
	return word;
}

u32 take_below(struct bytes *in, u32 limit)
{
	return take_byte(in) % limit;
}

bool take_rarely(struct bytes *in)
{
	return take_byte(in) % 8 == 7;
}

/* --- profiles --- */

#define PROFILE_DEFAULT(name, def, min, max, unit, text)	.name = def,

static const struct tdx_emu_profile defaults = { TDX_EMU_PROFILE(PROFILE_DEFAULT) };

/* Public-key signatures take a hundred times as long as all the rest. */
static u64 take_token(struct bytes *in)
{
	return take_byte(in) == 0xff ? TDX_EMU_TOKEN_SIGN1 : TDX_EMU_TOKEN_MAC0;
}

static void take_sizes(struct bytes *in, struct tdx_emu_profile *profile)
{
	profile->quote_jitter = take_below(in, 64);
	profile->quote_size = QUOTE_MIN_SIZE + profile->quote_jitter + 15 * take_byte(in);
	profile->max_quote_size = 8192 + 16 * take_byte(in);
	profile->overlong = take_rarely(in) ? take_byte(in) * 64 : 0;
}

static void take_rules(struct bytes *in, struct tdx_emu_profile *profile)
{
	profile->yield = take_below(in, 3);
	profile->yield_if = take_below(in, 2);
	profile->slots = 1 + take_below(in, 5);
	profile->slot_scope = take_below(in, 2);
	profile->outputs = take_below(in, 3);
	profile->input_read = take_below(in, 2);
	profile->resume_cpu = take_below(in, 2);
	profile->update_calls = take_below(in, 3);
	profile->features = take_rarely(in) ? take_below(in, 4) : TDX_EMU_FEATURES_ALL;
}

/* Bounded, or a call that is resumed for ever would be a finding. */
static void take_faults(struct bytes *in, struct tdx_emu_profile *profile)
{
	profile->entropy_rate = take_rarely(in) ? 39 * take_byte(in) : 0;
	profile->entropy_burst = 1 + take_below(in, 16);
	profile->busy_rate = take_rarely(in) ? 39 * take_byte(in) : 0;
	profile->busy_burst = 1 + take_below(in, 16);
	profile->fault_leaf = take_rarely(in) ? take_below(in, TDX_EMU_FAULT_QUOTE_GET + 1) : 0;
	profile->fault_after = take_below(in, 8);
	profile->fault_times = 1 + take_below(in, 16);
	profile->fault_status = take_below(in, TDX_EMU_STATUS_FATAL + 1);
}

/* Of one seed in four. */
static void vary_times(struct tdx_emu_profile *profile)
{
	profile->quote_p0 = profile->slice_p0 = 5000;
	profile->quote_p10 = profile->slice_p10 = 8000;
	profile->quote_p99 = profile->slice_p99 = 15000;
	profile->quote_p100 = profile->slice_p100 = 30000;
}

void take_profile(struct bytes *in, struct tdx_emu_profile *profile, bool next)
{
	u64 seed = profile->seed;

	*profile = defaults;
	profile->seed = next ? seed : 1 + take_below(in, 4);
	profile->token = take_token(in);
	profile->pool_pages = take_below(in, 9);
	profile->slice_ns = 1000;
	profile->mem_add_ns = 500;
	profile->quote_ns = profile->ext_init_ns = profile->quote_init_ns =
		1000 * (1 + take_below(in, 5));
	if (profile->seed % 4 == 0)
		vary_times(profile);
	take_sizes(in, profile);
	take_rules(in, profile);
	take_faults(in, profile);
}

/* --- quotes --- */

struct quote_key key_in_force(u64 seed)
{
	struct quote_key key = { .epoch = tdx_emu_key_epoch(), .seed = seed };

	key.len = tdx_emu_key(&key.token, key.key);
	return key;
}

bool quote_is_good(const u8 *quote, u32 len, const u8 nonce[64], const u8 mrtd[48],
		   const struct quote_key *key)
{
	static struct verifier *verifier;	/* kept, for making one takes long */
	struct quote_expect expect = { nonce, mrtd, key };
	const char *why = NULL;
	uint64_t serial;

	if (!verifier)
		verifier = verifier_new(key);
	CHECK(verifier);
	quote_verify(verifier, quote, len, &expect, &serial, &why);
	return !why;
}
