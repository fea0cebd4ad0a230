// SPDX-License-Identifier: GPL-2.0
/* The host of host.h. Linked with --wrap=tdx_emu_seamcall, which is the seam. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "host.h"
#include "tdx_abi.h"
#include "tdx_quote.h"

/* As a whole, for what it remembers of the last update must go with the power. */
#include "lab/replace.c"

u64 __real_tdx_emu_seamcall(u64 fn, struct tdx_module_args *args);
u64 __wrap_tdx_emu_seamcall(u64 fn, struct tdx_module_args *args);

const struct tdx_quote_policy host_posted = TDX_QUOTE_POLICY_POSTED;
const struct tdx_quote_policy host_best = TDX_QUOTE_POLICY_DEFAULT;
struct tdx_emu_profile host_profile;
seam_fn *seam = seam_module;

static size_t live_before, live_up;
static u32 attempts[256];

static struct {
	u16 leaf;
	u32 nth, times;
	u64 status;
} refusal;

/* --- the seam --- */

u64 seam_module(u64 fn, struct tdx_module_args *args)
{
	return __real_tdx_emu_seamcall(fn, args);
}

u64 __wrap_tdx_emu_seamcall(u64 fn, struct tdx_module_args *args)
{
	u16 leaf = TDX_FN_LEAF(fn);
	u32 nth = 0;

	if (leaf < ARRAY_SIZE(attempts))
		nth = __atomic_fetch_add(&attempts[leaf], 1, __ATOMIC_RELAXED);

	if (leaf == refusal.leaf && nth >= refusal.nth && nth - refusal.nth < refusal.times)
		return refusal.status;
	return seam(fn, args);
}

void seam_refuse(u16 leaf, u32 nth, u32 times, u64 status)
{
	refusal.leaf = leaf;
	refusal.nth = nth;
	refusal.times = times;
	refusal.status = status;
}

u32 seam_attempts(u16 leaf)
{
	return attempts[leaf];
}

/* --- the host --- */

#define PROFILE_DEFAULT(name, def, min, max, unit, text)	.name = def,

void host_profile_default(void)
{
	host_profile = (struct tdx_emu_profile){ TDX_EMU_PROFILE(PROFILE_DEFAULT) };
	host_profile.yield = TDX_EMU_YIELD_NEVER;
	host_profile.pool_pages = 4;
	host_profile.quote_size = 9000;
	host_profile.quote_jitter = 0;
	host_profile.max_quote_size = 10000;
}

void host_power_on(void)
{
	live_before = kshim_live_allocs();
	kshim_fail_alloc_after(-1);
	kshim_max_order = 10;
	kshim_max_contig = -1;
	kshim_available = LONG_MAX;
	kshim_killed = false;
	kshim_traced = false;
	kshim_interrupt = false;
	kshim_preempted = NULL;
	kshim_cpu = 0;
	seam = seam_module;
	seam_refuse(0, 0, 0, 0);
	memset(attempts, 0, sizeof(attempts));

	assert_int_equal(tdx_emu_init(), 0);
	assert_int_equal(tdx_emu_set_profile(&host_profile), 0);
	live_up = kshim_live_allocs();
	lab_set_state(TDX_LAB_DOWN);
	module_is_down = false;
}

void host_bring_up(void)
{
	assert_int_equal(lab_bring_up(), 0);
	assert_int_equal(lab_state(), TDX_LAB_UP);
	assert_true(tdx_quote_available());
}

int host_update(void)
{
	struct tdx_lab_update update = { .profile = host_profile };

	assert_int_equal(lab_update(&update), 0);
	return update.error;
}

size_t host_live_allocs(void)
{
	return kshim_live_allocs() - live_up - tdx_emu_pool_pages();
}

void host_power_off(void)
{
	kshim_fail_alloc_after(-1);
	kshim_preempted = NULL;
	lab_shut_down();
	assert_int_equal(host_live_allocs(), 0);
	tdx_emu_exit();
	assert_int_equal(kshim_live_allocs(), live_before);
	assert_int_equal(kshim_warnings(), 0);
}
