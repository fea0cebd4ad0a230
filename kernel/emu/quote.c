// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.QUOTE.*: keys, and quotes over the reports that this module has made.
 */
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "quote_format.h"
#include "state.h"

/* --- TDH.QUOTE.INIT: a new key each time --- */

/* Quoting was asked for, and has the extensions that it needs. emu.lock held. */
static bool quoting_possible(void)
{
	return emu.addon & TDX_FEATURES0_QUOTE && (emu.ext_ready || !emu_ext_required());
}

static u64 quote_init_check(struct emu_call *call, const struct tdx_module_args *args)
{
	u64 r = TDX_SUCCESS;

	/* From here on no quote can begin, so the key may change in place. */
	raw_spin_lock(&emu.lock);
	if (!quoting_possible())
		r = TDX_SYS_NOT_READY;
	else if (emu_any_call(TDH_QUOTE_GET))
		r = TDX_OPERAND_BUSY;
	else if (!emu_pool_intact())
		r = TDX_PAGE_METADATA_INCORRECT;
	else
		emu.quote_ready = false;
	raw_spin_unlock(&emu.lock);

	call->left_ns = emu.profile.quote_init_ns;
	return r;
}

static u64 quote_init_make(struct emu_call *call)
{
	int ret = emu_key_make(&emu.key, emu.profile.seed, emu.key.epoch + 1, emu.profile.token);

	return ret ? TDX_RND_NO_ENTROPY : TDX_SUCCESS;
}

static u64 quote_init_finish(struct emu_call *call, struct tdx_module_args *args)
{
	raw_spin_lock(&emu.lock);
	emu.quote_ready = true;
	raw_spin_unlock(&emu.lock);
	return TDX_SUCCESS;
}

const struct emu_ext_leaf emu_quote_init = {
	.check = quote_init_check,
	.make = quote_init_make,
	.finish = quote_init_finish,
};

/* --- TDH.QUOTE.GET --- */

static u32 quote_size(u64 serial)
{
	u64 jitter = emu.profile.quote_jitter;
	u64 random = quote_mix64(emu.profile.seed ^ serial);

	return emu.profile.quote_size - jitter + random % (2 * jitter + 1);
}

static u64 check_operands(const struct tdx_module_args *args)
{
	if (!emu_td_identity(args->rcx))
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	if (args->rdx != TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RDX;
	if (args->r8 % TDX_PAGE_SIZE)
		return TDX_OPERAND_INVALID | TDX_OPERAND_R8;
	if (!emu_page(args->r8))
		return TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_R8;
	if (args->r9 != EMU_REPORT_SIZE)
		return TDX_OPERAND_INVALID | TDX_OPERAND_R9;
	return TDX_SUCCESS;
}

/* With the epoch of the key that the quote will be made with. */
static u64 quote_ready(u64 *epoch)
{
	u64 r = TDX_SUCCESS;

	raw_spin_lock(&emu.lock);
	if (!emu.quote_ready)
		r = TDX_SYS_NOT_READY;
	else if (!emu_pool_look())
		r = TDX_PAGE_METADATA_INCORRECT;
	*epoch = emu.key.epoch;
	raw_spin_unlock(&emu.lock);
	return r;
}

static u64 next_serial(void)
{
	u64 serial;

	raw_spin_lock(&emu.lock);
	serial = ++emu.serial;
	raw_spin_unlock(&emu.lock);
	return serial;
}

static u64 quote_get_check(struct emu_call *call, const struct tdx_module_args *args)
{
	u64 r;

	r = quote_ready(&call->epoch);
	if (r == TDX_SUCCESS)
		r = check_operands(args);
	if (r == TDX_SUCCESS)
		r = emu_out_open(&call->out, args->r10, args->r11);
	if (r != TDX_SUCCESS)
		return r;

	memcpy(call->report, emu_page(args->r8), sizeof(call->report));
	call->left_ns = emu_quote_ns();
	return TDX_SUCCESS;
}

/* The scratch page is free: the model's own work is done. */
static u64 quote_get_resume(struct emu_call *call)
{
	u8 *report = call->scratch;

	memcpy(report, emu_page(call->key.input), sizeof(call->report));
	if (!memcmp(report, call->report, sizeof(call->report)))
		return TDX_SUCCESS;
	return emu_report_check(emu_td_identity(call->key.tdr), report) ?
		TDX_INVALID_REPORTMACSTRUCT : TDX_SUCCESS;
}

/* The quote goes to the host's pages at once; the host may look when time is up. */
static u64 quote_get_make(struct emu_call *call)
{
	u64 serial;

	if (emu_report_check(emu_td_identity(call->key.tdr), call->report))
		return TDX_INVALID_REPORTMACSTRUCT;

	serial = next_serial();
	call->len = quote_size(serial);
	if (emu_token_write(&emu.key, call->report, serial, call->len, &call->out, call->scratch))
		return TDX_OPERAND_INVALID | TDX_OPERAND_R11;
	return TDX_SUCCESS;
}

static u64 quote_get_finish(struct emu_call *call, struct tdx_module_args *args)
{
	if (call->epoch != READ_ONCE(emu.key.epoch))
		atomic64_inc(&emu.stale);
	args->rcx = call->len + emu.profile.overlong;
	return TDX_SUCCESS;
}

const struct emu_ext_leaf emu_quote_get = {
	.check = quote_get_check,
	.resume = quote_get_resume,
	.make = quote_get_make,
	.finish = quote_get_finish,
};
