// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.SYS.*: metadata and configuration. TDMRs and keys are not modelled, their
 * operands only checked.
 */
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

#define CONFIG_ALIGN		512	/* of the TDMR pointer array [1.5] */

/* The element size and similar bits of a field id do not select anything. [1.5] */
#define FIELD_ID_SIZE_BITS	GENMASK_ULL(33, 32)

static bool same_field(u64 a, u64 b)
{
	return (a & ~FIELD_ID_SIZE_BITS) == (b & ~FIELD_ID_SIZE_BITS);
}

static bool is_ext_field(u64 field)
{
	return same_field(field, TDX_MD_EXT_REQUIRED) || same_field(field, TDX_MD_POOL_PAGES);
}

static u64 read_ext_field(u64 field, u64 *value)
{
	if (!(tdx_emu_features0() & TDX_FEATURES0_EXT))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	if (emu.sys != EMU_SYS_CONFIGURED)
		return TDX_METADATA_FIELD_NOT_READABLE;
	*value = same_field(field, TDX_MD_POOL_PAGES) ? emu_pool_missing() : emu_ext_required();
	return TDX_SUCCESS;
}

static u64 read_max_quote_size(u64 *value)
{
	if (!(tdx_emu_features0() & TDX_FEATURES0_QUOTE))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	if (!emu.quote_ready)
		return TDX_METADATA_FIELD_NOT_READABLE;
	*value = emu.profile.max_quote_size;
	return TDX_SUCCESS;
}

static u64 read_field(u64 field, u64 *value)
{
	if (is_ext_field(field))
		return read_ext_field(field, value);
	if (same_field(field, TDX_MD_MAX_QUOTE_SIZE))
		return read_max_quote_size(value);

	if (same_field(field, TDX_MD_FEATURES0))
		*value = tdx_emu_features0();
	else if (same_field(field, TDX_MD_MODULE_HV))
		*value = EMU_HANDOFF_VERSION;
	else
		return TDX_METADATA_FIELD_ID_INCORRECT;
	return TDX_SUCCESS;
}

u64 emu_sys_rd(struct tdx_module_args *args)
{
	u64 r, value = 0;

	raw_spin_lock(&emu.lock);
	if (emu.sys == EMU_SYS_SHUTDOWN)
		r = TDX_SYS_SHUTDOWN;
	else if (emu.sys == EMU_SYS_INSTALLED)
		r = TDX_SYS_NOT_READY;
	else
		r = read_field(args->rdx, &value);
	raw_spin_unlock(&emu.lock);

	args->r8 = value;
	return r;
}

/* R9 of version 1; version 0 selects nothing. Setting the bit of extensions has no effect. */
u64 emu_addon_check(u8 version, const struct tdx_module_args *args, u64 *addon)
{
	*addon = version ? args->r9 & ~TDX_FEATURES0_EXT : 0;
	return *addon & ~tdx_emu_features0() ? TDX_OPERAND_INVALID | TDX_OPERAND_R9 : TDX_SUCCESS;
}

u64 emu_sys_config(u8 version, const struct tdx_module_args *args)
{
	u64 addon, r;

	if (args->rcx % CONFIG_ALIGN)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	r = emu_addon_check(version, args, &addon);
	if (r != TDX_SUCCESS)
		return r;

	raw_spin_lock(&emu.lock);
	if (emu.sys == EMU_SYS_UNCONFIGURED) {
		emu.sys = EMU_SYS_CONFIGURED;
		emu.addon = addon;
	} else {
		r = emu.sys == EMU_SYS_SHUTDOWN ? TDX_SYS_SHUTDOWN : TDX_SYS_CONFIG_NOT_PENDING;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}
