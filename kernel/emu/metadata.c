// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.SYS.RD: what the module says of itself. Sizes and limits are those that
 * modules of version 1.5 have; of TDs it offers nothing, so KVM finds none that
 * it could run.
 */
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

/* The element size and similar bits of a field id do not select anything. [1.5] */
#define FIELD_ID_SIZE_BITS	GENMASK_ULL(33, 32)

#define MD_UPDATE_VERSION	0x0800000100000005ULL

/*
 * A number of the model's own, no module's: one more for each that was installed,
 * so that a host can see that another one runs.
 */
#define UPDATE_VERSION		900

/* Ids as Linux 7.3 reads them, see its tdx_global_metadata.c. */
static const struct {
	u64 id;
	u64 value;
} constants[] = {
	{ TDX_MD_MODULE_HV,	EMU_HANDOFF_VERSION },
	{ 0x0800000100000003,	5 },			/* minor version */
	{ 0x0800000100000004,	1 },			/* major version */
	{ 0x9100000100000008,	EMU_MAX_TDMRS },
	{ 0x9100000100000009,	EMU_MAX_RESERVED },
	{ 0x9100000100000010,	EMU_PAMT_ENTRY },	/* of 4 KiB */
	{ 0x9100000100000011,	EMU_PAMT_ENTRY },	/* of 2 MiB */
	{ 0x9100000100000012,	EMU_PAMT_ENTRY },	/* of 1 GiB */
	{ 0x9800000100000000,	TDX_PAGE_SIZE },	/* TDR */
	{ 0x9800000100000100,	4 * TDX_PAGE_SIZE },	/* TDCS */
	{ 0x9800000100000200,	6 * TDX_PAGE_SIZE },	/* TDVPS */
	{ 0x1900000300000000,	0 },			/* attributes that may be 1 */
	{ 0x1900000300000001,	0 },			/* attributes that must be 1 */
	{ 0x1900000300000002,	0 },			/* XFAM, likewise */
	{ 0x1900000300000003,	0 },
	{ 0x9900000100000004,	0 },			/* CPUID leaves to configure */
	{ 0x9900000100000008,	576 },			/* vCPUs of a TD */
};

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
	if (emu.sys != EMU_SYS_CONFIGURED && emu.sys != EMU_SYS_READY)
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

static u64 read_constant(u64 field, u64 *value)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(constants); i++) {
		if (same_field(field, constants[i].id)) {
			*value = constants[i].value;
			return TDX_SUCCESS;
		}
	}
	return TDX_METADATA_FIELD_ID_INCORRECT;
}

static u64 read_field(u64 field, u64 *value)
{
	if (is_ext_field(field))
		return read_ext_field(field, value);
	if (same_field(field, TDX_MD_MAX_QUOTE_SIZE))
		return read_max_quote_size(value);

	if (same_field(field, TDX_MD_FEATURES0))
		*value = tdx_emu_features0();
	else if (same_field(field, MD_UPDATE_VERSION))
		*value = (u16)(UPDATE_VERSION + emu.installs);
	else
		return read_constant(field, value);
	return TDX_SUCCESS;
}

u64 emu_sys_rd(struct tdx_module_args *args)
{
	u64 r, value = 0;

	raw_spin_lock(&emu.lock);
	if (emu.sys >= EMU_SYS_SHUTDOWN)
		r = TDX_SYS_SHUTDOWN;
	else if (emu.sys == EMU_SYS_LOADED)
		r = TDX_SYS_NOT_READY;
	else
		r = read_field(args->rdx, &value);
	raw_spin_unlock(&emu.lock);

	args->r8 = value;
	return r;
}
