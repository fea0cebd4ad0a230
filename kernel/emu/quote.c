// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.QUOTE.*: keys, and quotes over the reports that this module has made.
 */
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "quote_format.h"
#include "state.h"

/* --- TDH.QUOTE.INIT: a new key each time --- */

static u64 quote_init_start(struct emu_call *call, const struct tdx_module_args *args)
{
	u64 r = TDX_SUCCESS;

	/* From here on no quote can begin, so the key may change in place. */
	spin_lock(&emu.lock);
	if (!emu.ext_ready)
		r = TDX_SYS_NOT_READY;
	else if (emu_any_call(TDH_QUOTE_GET))
		r = TDX_OPERAND_BUSY;
	else
		emu.quote_ready = false;
	spin_unlock(&emu.lock);
	if (r != TDX_SUCCESS)
		return r;

	if (emu_key_make(&emu.key, emu.profile.seed, emu.key.epoch + 1, emu.profile.token))
		return TDX_RND_NO_ENTROPY;

	call->left_ns = emu.profile.quote_init_ns;
	return TDX_SUCCESS;
}

static u64 quote_init_finish(struct emu_call *call, struct tdx_module_args *args)
{
	spin_lock(&emu.lock);
	emu.quote_ready = true;
	spin_unlock(&emu.lock);
	return TDX_SUCCESS;
}

const struct emu_ext_leaf emu_quote_init = {
	.start = quote_init_start,
	.finish = quote_init_finish,
};

/* --- TDH.QUOTE.GET --- */

static u32 quote_size(u64 serial)
{
	u64 jitter = emu.profile.quote_jitter;

	return emu.profile.quote_size - jitter + quote_mix64(emu.profile.seed ^ serial) % (2 * jitter + 1);
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

/* The quote goes to the host's pages at once; the host may look when time is up. */
static u64 write_quote(struct emu_call *call, const struct tdx_module_args *args)
{
	struct emu_out out;
	u64 r, serial;

	r = emu_out_open(&out, args->r10, args->r11);
	if (r != TDX_SUCCESS)
		return r;

	spin_lock(&emu.lock);
	serial = ++emu.serial;
	spin_unlock(&emu.lock);

	call->len = quote_size(serial);
	if (emu_token_write(&emu.key, call->report, serial, call->len, &out, call->scratch))
		return TDX_OPERAND_INVALID | TDX_OPERAND_R11;
	return TDX_SUCCESS;
}

static u64 quote_ready(void)
{
	u64 r;

	spin_lock(&emu.lock);
	r = emu.quote_ready ? TDX_SUCCESS : TDX_SYS_NOT_READY;
	spin_unlock(&emu.lock);
	return r;
}

static u64 quote_get_start(struct emu_call *call, const struct tdx_module_args *args)
{
	u64 r;

	r = quote_ready();
	if (r == TDX_SUCCESS)
		r = check_operands(args);
	if (r != TDX_SUCCESS)
		return r;

	memcpy(call->report, emu_page(args->r8), sizeof(call->report));
	if (emu_report_check(emu_td_identity(args->rcx), call->report))
		return TDX_INVALID_REPORTMACSTRUCT;

	call->left_ns = emu.profile.quote_ns;
	return write_quote(call, args);
}

static u64 quote_get_finish(struct emu_call *call, struct tdx_module_args *args)
{
	args->rcx = call->len;
	return TDX_SUCCESS;
}

const struct emu_ext_leaf emu_quote_get = {
	.start = quote_get_start,
	.finish = quote_get_finish,
};
