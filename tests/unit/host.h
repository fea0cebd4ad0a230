/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host for tests of the quoting path: the software TDX module powered on and
 * configured, and a place between the two where a test may look or interfere.
 */
#ifndef TESTS_UNIT_HOST_H
#define TESTS_UNIT_HOST_H

#include "emu/tdx_emu.h"

/*
 * Called for every SEAMCALL attempt instead of the module. seam_module() is the
 * module; host_power_on() lets it answer for itself.
 */
typedef u64 seam_fn(u64 fn, struct tdx_module_args *args);
extern seam_fn *seam;
u64 seam_module(u64 fn, struct tdx_module_args *args);

/* Answer the @nth attempt of @leaf, from 0, and @times - 1 after it, with @status. */
void seam_refuse(u16 leaf, u32 nth, u32 times, u64 status);
u32 seam_attempts(u16 leaf);	/* since power-on */

/* Profile for power-on; host_profile_default() is short and never yields. */
extern struct tdx_emu_profile host_profile;
void host_profile_default(void);
void host_power_on(void);	/* and TDH.SYS.CONFIG */
void host_bring_up(void);	/* extensions and quoting, nobody listening */
void host_update(void);		/* TDH.SYS.SHUTDOWN, TDH.SYS.UPDATE */
void host_power_off(void);	/* checks that all memory came back */

/* Allocations since power-on that are not freed, the module's pool not counted. */
size_t host_live_allocs(void);

#endif /* TESTS_UNIT_HOST_H */
