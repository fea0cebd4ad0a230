// SPDX-License-Identifier: GPL-2.0
/*
 * Replacing the TDX module while TDs run, in the order of Linux 7.3: on all CPUs
 * at once, in stop_machine(), nothing allocated. For a kernel that has no code of
 * its own for it.
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/shared/tdx.h>

#include "../seamcall.h"
#include "../tdx_abi.h"
#include "../tdx_quote.h"
#include "lab.h"

/**
 * struct replacement - one update
 * @error:   the first failure
 * @arrived: CPUs that have come to the end of a step, over all steps
 */
struct replacement {
	int error;
	atomic_t arrived;
};

/* P-SEAMLDR serves one CPU at a time. */
static DEFINE_RAW_SPINLOCK(install_lock);

/* Shut down, and no other has taken over: so an update may find it. */
static bool module_is_down;

bool tdx_module_up(void)
{
	return !module_is_down;
}

/* --- the steps --- */

static int shut_down(void)
{
	struct tdx_module_args args = {};
	u64 handoff, r;

	if (module_is_down)
		return 0;
	if (tdx_sys_rd(TDX_MD_MODULE_HV, &handoff))
		return -EIO;

	args.rcx = handoff;
	r = seamcall_ret(TDH_SYS_SHUTDOWN, &args);
	if (r != TDX_SUCCESS) {
		pr_err("TDH.SYS.SHUTDOWN refused, status 0x%016llx\n", r);
		return TDX_STATUS_CODE(r) == TDX_SYS_BUSY ? -EBUSY : -EIO;
	}

	module_is_down = true;
	return 0;
}

static int install(void)
{
	struct tdx_module_args args = {};
	int ret;

	raw_spin_lock(&install_lock);
	ret = lab_sys_call(SEAMLDR_INSTALL, &args, "SEAMLDR.INSTALL");
	raw_spin_unlock(&install_lock);
	return ret;
}

static int sys_init(void)
{
	struct tdx_module_args args = {};

	return lab_sys_call(TDH_SYS_INIT, &args, "TDH.SYS.INIT");
}

static int lp_init(void)
{
	struct tdx_module_args args = {};

	return lab_sys_call(TDH_SYS_LP_INIT, &args, "TDH.SYS.LP.INIT");
}

static int sys_update(void)
{
	struct tdx_module_args args = { .r9 = tdx_ext_selected() };
	int ret;

	ret = lab_sys_call(TDX_FN(TDH_SYS_UPDATE, args.r9 ? 1 : 0), &args, "TDH.SYS.UPDATE");
	module_is_down = ret;
	return ret;
}

struct step {
	int (*run)(void);
	bool each_cpu;
};

static const struct step steps[] = {
	{ shut_down },
	{ install, .each_cpu = true },
	{ sys_init },
	{ lp_init, .each_cpu = true },
	{ sys_update },
	{ tdx_update_stopped },
};

/* --- with the machine stopped --- */

static void meet(struct replacement *replacement, unsigned int arrivals)
{
	atomic_fetch_inc_release(&replacement->arrived);
	while (atomic_read_acquire(&replacement->arrived) < arrivals)
		cpu_relax();
}

/* All CPUs meet at the end of each step; after a failure there is nothing else to do. */
static int run_steps(void *data)
{
	const unsigned int cpus = num_online_cpus();
	const bool first = smp_processor_id() == cpumask_first(cpu_online_mask);
	struct replacement *replacement = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if ((first || steps[i].each_cpu) && !READ_ONCE(replacement->error)) {
			int ret = steps[i].run();

			if (ret)
				cmpxchg(&replacement->error, 0, ret);
		}
		meet(replacement, cpus * (i + 1));
	}
	return replacement->error;
}

int lab_replace_module(const struct tdx_emu_profile *profile)
{
	struct replacement replacement = {};

	return tdx_update(run_steps, &replacement);
}
