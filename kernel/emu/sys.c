// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.SYS.*: metadata, configuration, and what a runtime update does to the
 * module. TDMRs and keys are not modelled, their operands only checked.
 */
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

#define CONFIG_ALIGN		512	/* of the TDMR pointer array [1.5] */
#define HANDOFF_VERSION		1

/* The element size and similar bits of a field id do not select anything. [1.5] */
#define FIELD_ID_SIZE_BITS	GENMASK_ULL(33, 32)

static bool same_field(u64 a, u64 b)
{
	return (a & ~FIELD_ID_SIZE_BITS) == (b & ~FIELD_ID_SIZE_BITS);
}

static u64 read_field(u64 field, u64 *value)
{
	bool configured = emu.sys == EMU_SYS_CONFIGURED;

	if (same_field(field, TDX_MD_FEATURES0)) {
		*value = tdx_emu_features0();
	} else if (same_field(field, TDX_MD_MODULE_HV)) {
		*value = HANDOFF_VERSION;
	} else if (same_field(field, TDX_MD_EXT_REQUIRED)) {
		if (!configured)
			return TDX_METADATA_FIELD_NOT_READABLE;
		*value = !!(emu.addon & TDX_FEATURES0_QUOTE);
	} else if (same_field(field, TDX_MD_POOL_PAGES)) {
		if (!configured)
			return TDX_METADATA_FIELD_NOT_READABLE;
		*value = emu_pool_missing();
	} else if (same_field(field, TDX_MD_MAX_QUOTE_SIZE)) {
		if (!emu.quote_ready)
			return TDX_METADATA_FIELD_NOT_READABLE;
		*value = emu.profile.max_quote_size;
	} else {
		return TDX_METADATA_FIELD_ID_INCORRECT;
	}
	return TDX_SUCCESS;
}

u64 emu_sys_rd(struct tdx_module_args *args)
{
	u64 r, value = 0;

	raw_spin_lock(&emu.lock);
	if (emu.sys == EMU_SYS_SHUTDOWN)
		r = TDX_SYS_SHUTDOWN;
	else
		r = read_field(args->rdx, &value);
	raw_spin_unlock(&emu.lock);

	args->r8 = value;
	return r;
}

/* R9 of version 1; version 0 selects nothing. */
static u64 addon_of(u8 version, const struct tdx_module_args *args)
{
	return version ? args->r9 & ~TDX_FEATURES0_EXT : 0;
}

static u64 check_addon(u8 version, const struct tdx_module_args *args)
{
	if (addon_of(version, args) & ~tdx_emu_features0())
		return TDX_OPERAND_INVALID | TDX_OPERAND_R9;
	return TDX_SUCCESS;
}

u64 emu_sys_config(u8 version, const struct tdx_module_args *args)
{
	u64 r;

	if (args->rcx % CONFIG_ALIGN)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	r = check_addon(version, args);
	if (r != TDX_SUCCESS)
		return r;

	raw_spin_lock(&emu.lock);
	if (emu.sys == EMU_SYS_UNCONFIGURED) {
		emu.sys = EMU_SYS_CONFIGURED;
		emu.addon = addon_of(version, args);
	} else {
		r = TDX_SYS_CONFIG_NOT_PENDING;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

u64 emu_sys_shutdown(const struct tdx_module_args *args)
{
	u64 r;

	if (args->rcx != HANDOFF_VERSION)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS && emu_any_call(0))
		r = TDX_SYS_BUSY;
	if (r == TDX_SUCCESS) {
		emu.sys = EMU_SYS_SHUTDOWN;
		emu.ext_ready = false;
		emu.quote_ready = false;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

/* Takes over from a module that was shut down: pool and TDs stay, keys do not. */
u64 emu_sys_update(u8 version, const struct tdx_module_args *args)
{
	u64 r = TDX_SUCCESS;

	raw_spin_lock(&emu.lock);
	if (emu.sys != EMU_SYS_SHUTDOWN)
		r = TDX_SYS_STATE_INCORRECT;
	else if (addon_of(version, args) != emu.addon)
		r = TDX_OPERAND_INVALID | TDX_OPERAND_R9;
	else
		emu.sys = EMU_SYS_CONFIGURED;
	raw_spin_unlock(&emu.lock);
	return r;
}
