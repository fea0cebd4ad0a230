// SPDX-License-Identifier: GPL-2.0
/*
 * The module shut down, replaced and started again. The order, each leaf only
 * where it stands in it:
 *
 *   TDH.SYS.SHUTDOWN	once
 *   SEAMLDR.INSTALL	on every CPU, once; the last installs what was staged
 *   TDH.SYS.INIT	once
 *   TDH.SYS.LP.INIT	on every CPU, once
 *   TDH.SYS.UPDATE	once
 *
 * INSTALL may be done again at any point behind SHUTDOWN. Pool and TDs stay,
 * quoting's keys do not.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

/* Counts what was staged and installed; a CPU has done its part once it has the number. */
static u64 staged_nr, installed_nr;
static DEFINE_PER_CPU(u64, install_done);
static DEFINE_PER_CPU(u64, lp_init_done);

u64 emu_sys_shutdown(const struct tdx_module_args *args)
{
	u64 r;

	if (args->rcx != EMU_HANDOFF_VERSION)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS)
		r = emu_calls_shutdown();
	if (r == TDX_SUCCESS) {
		emu.sys = EMU_SYS_SHUTDOWN;
		emu.ext_ready = false;
		emu.quote_ready = false;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

void emu_stage(const struct tdx_emu_profile *profile)
{
	emu.next = *profile;
	emu.staged = true;
	emu.installing = 0;
	staged_nr++;
}

static void install(void)
{
	emu.profile = emu.next;
	emu_faults_reset();
	emu.staged = false;
	emu.initialised = 0;
	installed_nr++;
	emu.sys = EMU_SYS_INSTALLED;
}

static u64 install_here(void)
{
	if (emu.sys == EMU_SYS_UNCONFIGURED || emu.sys == EMU_SYS_CONFIGURED)
		return TDX_SYS_STATE_INCORRECT;
	if (!emu.staged)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	if (this_cpu_read(install_done) == staged_nr)
		return TDX_SYS_STATE_INCORRECT;

	this_cpu_write(install_done, staged_nr);
	if (++emu.installing == num_online_cpus())
		install();
	return TDX_SUCCESS;
}

u64 emu_seamldr_install(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = install_here();
	raw_spin_unlock(&emu.lock);
	return r;
}

/* The right state for the leaves that start a new module, or why it is not. */
static u64 starting(enum emu_sys_state state)
{
	if (emu.sys == EMU_SYS_SHUTDOWN)
		return TDX_SYS_SHUTDOWN;
	return emu.sys == state ? TDX_SUCCESS : TDX_SYS_STATE_INCORRECT;
}

u64 emu_sys_init(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = starting(EMU_SYS_INSTALLED);
	if (r == TDX_SUCCESS)
		emu.sys = EMU_SYS_INITIALISED;
	raw_spin_unlock(&emu.lock);
	return r;
}

u64 emu_sys_lp_init(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = starting(EMU_SYS_INITIALISED);
	if (r == TDX_SUCCESS && this_cpu_read(lp_init_done) == installed_nr)
		r = TDX_SYS_STATE_INCORRECT;
	if (r == TDX_SUCCESS) {
		this_cpu_write(lp_init_done, installed_nr);
		emu.initialised++;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

/* The new module must be asked for the same features, and still have them. */
u64 emu_sys_update(u8 version, const struct tdx_module_args *args)
{
	u64 addon, r;

	raw_spin_lock(&emu.lock);
	r = starting(EMU_SYS_INITIALISED);
	if (r == TDX_SUCCESS && emu.initialised < num_online_cpus())
		r = TDX_SYS_LP_INIT_NOT_DONE;
	if (r == TDX_SUCCESS)
		r = emu_addon_check(version, args, &addon);
	if (r == TDX_SUCCESS && addon != emu.addon)
		r = TDX_OPERAND_INVALID | TDX_OPERAND_R9;
	if (r == TDX_SUCCESS)
		emu.sys = EMU_SYS_CONFIGURED;
	raw_spin_unlock(&emu.lock);
	return r;
}
