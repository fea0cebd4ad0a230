// SPDX-License-Identifier: GPL-2.0
/* The host of host.h. Linked with --wrap=tdx_emu_seamcall, which is the seam. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "host.h"
#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_quote.h"

u64 __real_tdx_emu_seamcall(u64 fn, struct tdx_module_args *args);
u64 __wrap_tdx_emu_seamcall(u64 fn, struct tdx_module_args *args);

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
	u32 nth = __atomic_fetch_add(&attempts[leaf], 1, __ATOMIC_RELAXED);

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

void host_profile_default(void)
{
	assert_int_equal(tdx_emu_init(), 0);
	tdx_emu_get_profile(&host_profile);
	tdx_emu_exit();

	host_profile.yield = TDX_EMU_YIELD_NEVER;
	host_profile.pool_pages = 4;
	host_profile.quote_size = 9000;
	host_profile.quote_jitter = 0;
	host_profile.max_quote_size = 10000;
}

static u64 features_in_r9(void)
{
	return tdx_ext_addon_features(tdx_emu_features0());
}

void host_power_on(void)
{
	struct tdx_module_args args = { .r9 = features_in_r9() };

	live_before = kshim_live_allocs();
	kshim_fail_alloc_after(-1);
	kshim_max_order = 10;
	kshim_killed = false;
	kshim_traced = false;
	seam = seam_module;
	seam_refuse(0, 0, 0, 0);
	memset(attempts, 0, sizeof(attempts));

	assert_int_equal(tdx_emu_init(), 0);
	assert_int_equal(tdx_emu_set_profile(&host_profile), 0);
	live_up = kshim_live_allocs();
	assert_int_equal(seamcall_ret(TDX_FN(TDH_SYS_CONFIG, 1), &args), TDX_SUCCESS);
}

void host_bring_up(void)
{
	assert_int_equal(tdx_ext_init(), 0);
	assert_int_equal(tdx_quote_init(), 0);
}

void host_update(void)
{
	struct tdx_module_args shutdown = {}, update = { .r9 = features_in_r9() };

	assert_int_equal(tdx_sys_rd(TDX_MD_MODULE_HV, &shutdown.rcx), 0);
	assert_int_equal(seamcall_ret(TDX_FN(TDH_SYS_SHUTDOWN, 0), &shutdown), TDX_SUCCESS);
	assert_int_equal(seamcall_ret(TDX_FN(TDH_SYS_UPDATE, 1), &update), TDX_SUCCESS);
}

size_t host_live_allocs(void)
{
	return kshim_live_allocs() - live_up - tdx_emu_pool_pages();
}

void host_power_off(void)
{
	kshim_fail_alloc_after(-1);
	tdx_quote_exit();
	assert_int_equal(host_live_allocs(), 0);
	tdx_emu_exit();
	assert_int_equal(kshim_live_allocs(), live_before);
	assert_int_equal(kshim_warnings(), 0);
}
