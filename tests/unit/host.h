/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host for tests of the quoting path: the software TDX module, the lab's
 * bring-up and update over it, and a place between the two where a test may look
 * or interfere.
 */
#ifndef TESTS_UNIT_HOST_H
#define TESTS_UNIT_HOST_H

#include <asm/tdx_getquote.h>

#include "emu/tdx_emu.h"
#include "lab/lab.h"
#include "tdx_quote_policy.h"

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

/* For tdx_quote_policy. */
extern const struct tdx_quote_policy host_posted, host_best;

/* Profile for power-on; host_profile_default() is short and never yields. */
extern struct tdx_emu_profile host_profile;
void host_profile_default(void);
void host_power_on(void);	/* TDH.SYS.CONFIG and all the rest is to be done */
void host_bring_up(void);	/* to where there is quoting */
/* To the module of host_profile. 0 or the negative errno that the lab reports. */
int host_update(void);
void host_power_off(void);	/* checks that all memory came back */

/* Allocations since power-on that are not freed, the module's pool not counted. */
size_t host_live_allocs(void);

#endif /* TESTS_UNIT_HOST_H */
