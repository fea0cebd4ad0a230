/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software TDX module in the place of the platform's. For the code around
 * SEAMCALL and for bring-up; nobody else need know.
 */
#ifndef _TDX_EMU_PLATFORM_H
#define _TDX_EMU_PLATFORM_H

#include <linux/types.h>

struct tdx_module_args;

/* As firmware would have set them aside. */
#define TDX_EMU_KEYID_START	32
#define TDX_EMU_NR_KEYIDS	32

#ifdef CONFIG_INTEL_TDX_MODULE_EMU
#include <linux/jump_label.h>

DECLARE_STATIC_KEY_FALSE(tdx_emu_on);

/* Switched on by tdx_emu= on the command line, for good. */
static __always_inline bool tdx_emu_enabled(void)
{
	return static_branch_unlikely(&tdx_emu_on);
}

u64 tdx_emu_answer(u64 fn, struct tdx_module_args *args);

/*
 * Power off, which no host can do to a real module, and on again, for the lab
 * (module tdx_lab), which then initialises it its own way. What the kernel had
 * initialised is undone, quoting too, and the policy is the default again. -ENODEV
 * when the module is not switched on.
 */
int tdx_emu_power_cycle(void);

/* An update as through sysfs, for the lab; @image: vmalloc()ed. 0 or negative errno. */
int tdx_emu_update(const void *image, u32 size);
#else
static inline bool tdx_emu_enabled(void) { return false; }
static inline u64 tdx_emu_answer(u64 fn, struct tdx_module_args *args) { return 0; }
#endif

#endif /* _TDX_EMU_PLATFORM_H */
