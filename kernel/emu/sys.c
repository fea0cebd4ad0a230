// SPDX-License-Identifier: GPL-2.0
/*
 * How a module starts and how it ends. The order, each leaf only where it stands
 * in it:
 *
 *   TDH.SYS.INIT	once
 *   TDH.SYS.LP.INIT	on every CPU, once; later on a CPU that comes later
 *   TDH.SYS.CONFIG	once
 *   TDH.SYS.KEY.CONFIG	once on a CPU of every package
 *   all others, TDH.SYS.TDMR.INIT among them
 *
 * The lab begins with TDH.SYS.CONFIG and is done with it: CPUs, memory and keys
 * have been seen to. For an update:
 *
 *   TDH.SYS.SHUTDOWN	once
 *   SEAMLDR.INSTALL	on every CPU, once (seamldr.c)
 *   TDH.SYS.INIT, TDH.SYS.LP.INIT as above
 *   TDH.SYS.UPDATE	once
 *
 * Memory, keys of the platform, pool and TDs stay, quoting's keys do not.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/topology.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

#define CONFIG_ALIGN		512	/* of the TDMR pointer array [1.5] */
#define KEYID_MAX		U16_MAX

/* Counts modules, over power cycles too: a CPU knows one when it has its number. */
static u64 module_nr;
static DEFINE_PER_CPU(u64, lp_init_done);
static DEFINE_PER_CPU(u64, key_config_done);	/* for its package; by the first module only */

/* --- what has been done --- */

/* TDX_SUCCESS in @state; @otherwise unless the end is behind us. */
static u64 expect(enum emu_sys_state state, u64 otherwise)
{
	if (emu.sys >= EMU_SYS_SHUTDOWN)
		return TDX_SYS_SHUTDOWN;
	return emu.sys == state ? TDX_SUCCESS : otherwise;
}

u64 emu_ready(void)
{
	return expect(EMU_SYS_READY, TDX_SYS_NOT_READY);
}

void emu_module_loaded(void)
{
	module_nr++;
	emu.sys = EMU_SYS_LOADED;
}

void emu_module_warm(void)
{
	unsigned int cpu;

	cpus_read_lock();
	emu_module_loaded();
	for_each_online_cpu(cpu)
		per_cpu(lp_init_done, cpu) = module_nr;
	emu.sys = EMU_SYS_INITIALISED;
	cpus_read_unlock();
}

static bool lp_is_known(unsigned int cpu)
{
	return per_cpu(lp_init_done, cpu) == module_nr;
}

static bool all_lps_known(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!lp_is_known(cpu))
			return false;
	return true;
}

/* Only a kernel that boots on a platform tells of CPUs that come later. */
u64 emu_lp_check(u16 leaf)
{
	enum emu_sys_state sys = READ_ONCE(emu.sys);

	if (!emu.platform || sys == EMU_SYS_LOADED || sys >= EMU_SYS_SHUTDOWN)
		return TDX_SUCCESS;
	if (leaf == TDH_SYS_INIT || leaf == TDH_SYS_LP_INIT || leaf == TDH_SYS_DISABLE)
		return TDX_SUCCESS;
	return lp_is_known(smp_processor_id()) ? TDX_SUCCESS : TDX_SYS_LP_INIT_NOT_DONE;
}

/* --- INIT --- */

u64 emu_sys_init(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = expect(EMU_SYS_LOADED, TDX_SYS_STATE_INCORRECT);
	if (r == TDX_SUCCESS)
		emu.sys = EMU_SYS_INITIALISED;
	raw_spin_unlock(&emu.lock);
	return r;
}

u64 emu_sys_lp_init(void)
{
	u64 r = TDX_SUCCESS;

	raw_spin_lock(&emu.lock);
	if (emu.sys >= EMU_SYS_SHUTDOWN)
		r = TDX_SYS_SHUTDOWN;
	else if (emu.sys == EMU_SYS_LOADED || lp_is_known(smp_processor_id()))
		r = TDX_SYS_STATE_INCORRECT;
	else
		this_cpu_write(lp_init_done, module_nr);
	raw_spin_unlock(&emu.lock);
	return r;
}

/* --- CONFIG --- */

/* R9 of version 1; version 0 selects nothing. Setting the bit of extensions has no effect. */
static u64 check_addon(u8 version, const struct tdx_module_args *args, u64 *addon)
{
	u64 offered = tdx_emu_features0() & TDX_FEATURES0_QUOTE;

	*addon = version ? args->r9 & ~TDX_FEATURES0_EXT : 0;
	return *addon & ~offered ? TDX_OPERAND_INVALID | TDX_OPERAND_R9 : TDX_SUCCESS;
}

static u64 config_platform(const struct tdx_module_args *args)
{
	if (!all_lps_known())
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!args->r8 || args->r8 > KEYID_MAX)
		return TDX_OPERAND_INVALID | TDX_OPERAND_R8;
	return emu_tdmrs_set(args->rcx, args->rdx);
}

u64 emu_sys_config(u8 version, const struct tdx_module_args *args)
{
	u64 addon, r;

	if (args->rcx % CONFIG_ALIGN)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	r = check_addon(version, args, &addon);
	if (r != TDX_SUCCESS)
		return r;

	raw_spin_lock(&emu.lock);
	r = expect(EMU_SYS_INITIALISED, TDX_SYS_CONFIG_NOT_PENDING);
	if (r == TDX_SUCCESS && emu.installs)
		r = TDX_SYS_CONFIG_NOT_PENDING;
	if (r == TDX_SUCCESS && emu.platform)
		r = config_platform(args);
	if (r == TDX_SUCCESS) {
		emu.addon = addon;
		emu.sys = emu.platform ? EMU_SYS_CONFIGURED : EMU_SYS_READY;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

/* --- KEY.CONFIG --- */

static bool all_packages_keyed(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (per_cpu(key_config_done, cpu) != module_nr)
			return false;
	return true;
}

static u64 key_package(int package)
{
	unsigned int cpu;

	if (this_cpu_read(key_config_done) == module_nr)
		return TDX_KEY_CONFIGURED;
	for_each_online_cpu(cpu)
		if (topology_physical_package_id(cpu) == package)
			per_cpu(key_config_done, cpu) = module_nr;
	if (all_packages_keyed())
		emu.sys = EMU_SYS_READY;
	return TDX_SUCCESS;
}

u64 emu_sys_key_config(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = expect(EMU_SYS_CONFIGURED, TDX_SYS_KEY_CONFIG_NOT_PENDING);
	if (r == TDX_SUCCESS)
		r = key_package(topology_physical_package_id(smp_processor_id()));
	raw_spin_unlock(&emu.lock);
	return r;
}

/* --- the end, and the beginning after an update --- */

static void stop(enum emu_sys_state state)
{
	WRITE_ONCE(emu.sys, state);
	emu.ext_ready = false;
	emu.quote_ready = false;
}

u64 emu_sys_shutdown(const struct tdx_module_args *args)
{
	u64 r;

	if (args->rcx != EMU_HANDOFF_VERSION)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS)
		r = emu_calls_shutdown();
	if (r == TDX_SUCCESS)
		stop(EMU_SYS_SHUTDOWN);
	raw_spin_unlock(&emu.lock);
	return r;
}

/* The new module must be asked for the same features, and still have them. */
u64 emu_sys_update(u8 version, const struct tdx_module_args *args)
{
	u64 addon, r;

	raw_spin_lock(&emu.lock);
	r = expect(EMU_SYS_INITIALISED, TDX_SYS_STATE_INCORRECT);
	if (r == TDX_SUCCESS && !emu.installs)
		r = TDX_SYS_STATE_INCORRECT;
	if (r == TDX_SUCCESS && !all_lps_known())
		r = TDX_SYS_LP_INIT_NOT_DONE;
	if (r == TDX_SUCCESS)
		r = check_addon(version, args, &addon);
	if (r == TDX_SUCCESS && addon != emu.addon)
		r = TDX_OPERAND_INVALID | TDX_OPERAND_R9;
	if (r == TDX_SUCCESS)
		emu.sys = EMU_SYS_READY;
	raw_spin_unlock(&emu.lock);
	return r;
}

/*
 * At once: calls that a CPU is in, or has left half-way, are nobody's business any more.
 * Without the lock, for a host that has crashed may have stopped a CPU that has it.
 */
u64 emu_sys_disable(void)
{
	u64 r = READ_ONCE(emu.sys) == EMU_SYS_DISABLED ? TDX_SYS_SHUTDOWN : TDX_SUCCESS;

	stop(EMU_SYS_DISABLED);
	return r;
}
