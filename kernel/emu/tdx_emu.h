/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software TDX module. It answers SEAMCALLs as abi-compatible as public
 * documents allow; everything else about it comes from its profile.
 */
#ifndef _TDX_EMU_H
#define _TDX_EMU_H

#include <linux/types.h>
#include "tdx_emu_profile.h"

struct tdx_module_args;

enum tdx_emu_leaf {
	TDX_EMU_LEAF_EXT_INIT,
	TDX_EMU_LEAF_EXT_MEM_ADD,
	TDX_EMU_LEAF_QUOTE_INIT,
	TDX_EMU_LEAF_QUOTE_GET,
	TDX_EMU_LEAF_OTHER,
	TDX_EMU_NR_LEAVES,
};

struct tdx_emu_leaf_count {
	u64 entries;
	u64 resumable;
	u64 success;
	u64 failed;
};

/*
 * A leaf that does nothing, for measuring the loop around it: resumable until
 * this CPU has entered it as often as tdx_emu_arm_null() said.
 */
#define TDX_EMU_NULL_LEAF	0xFFFF

/*
 * Power on, process context. Somebody has seen to CPUs, memory and keys: the host
 * begins with TDH.SYS.CONFIG, and quoting may follow it.
 */
int tdx_emu_init(void);
/*
 * Behind it, before any SEAMCALL: a platform at boot, P-SEAMLDR has just loaded the
 * module. The host begins with TDH.SYS.INIT, and all that a real module asks for is
 * asked for.
 */
void tdx_emu_cold(void);
/*
 * Power off: gives the pool back to Linux. No call may be under way, nor come. Does
 * nothing without power.
 */
void tdx_emu_exit(void);

/*
 * The SEAMCALL itself. Preemption off, interrupts on or off. Return: RAX; without
 * power what hardware says that has no module, VMfailInvalid.
 */
u64 tdx_emu_seamcall(u64 fn, struct tdx_module_args *args);
void tdx_emu_arm_null(u32 iterations);

/*
 * -ERANGE with a line in the kernel log that names the field and its range. Not
 * while a call is under way: -EBUSY.
 */
int tdx_emu_set_profile(const struct tdx_emu_profile *profile);

/*
 * The module that SEAMLDR.INSTALL with RCX = 0 will install: the same, with another
 * profile. With RCX = SEAMLDR_PARAMS the profile is that of the image (tdx_emu_image.h).
 * Checked as by tdx_emu_set_profile(); -EINVAL when the seed, which stands for the
 * platform, is another. Until the last CPU has made that call nothing changes.
 */
int tdx_emu_stage(const struct tdx_emu_profile *profile);
void tdx_emu_get_profile(struct tdx_emu_profile *profile);

/* TDs: the life-cycle leaves are not modelled, these stand for them. */
int tdx_emu_td_create(u64 tdr, u32 id, u8 mrtd[48]);
void tdx_emu_td_destroy(u64 tdr);
int tdx_emu_td_report(u64 tdr, const u8 data[64], u8 report[1024]);

void tdx_emu_get_counts(struct tdx_emu_leaf_count counts[TDX_EMU_NR_LEAVES]);
u64 tdx_emu_features0(void);
u32 tdx_emu_pool_pages(void);
/* HPA of a page it owns, 0 beyond the last. It minds writes to the first and last 8 bytes. */
u64 tdx_emu_pool_page(u32 index);
u64 tdx_emu_stale_quotes(void);		/* handed out though their key was renewed meanwhile */
u64 tdx_emu_key_epoch(void);
u32 tdx_emu_key(u32 *token, u8 key[96]);	/* returns its length, 0 if none */

#endif /* _TDX_EMU_H */
