// SPDX-License-Identifier: GPL-2.0
/*
 * The order in which a host replaces the TDX module while TDs run: as Linux 7.3
 * does it, with all CPUs in stop_machine() and nothing allocated inside.
 *
 * Quoting is part of it in one of two ways: started again with the machine
 * stopped, as posted, or once it runs again (tdx_quote_policy.reinit).
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/stop_machine.h>
#include <linux/time64.h>
#include <asm/shared/tdx.h>

#include <trace/events/tdx_ext.h>

#include "../emu/tdx_emu.h"
#include "../seamcall.h"
#include "../tdx_abi.h"
#include "../tdx_clock.h"
#include "../tdx_quote.h"
#include "lab.h"

/**
 * struct update - one update
 * @state:   of the host if it goes no further
 * @error:   the first failure
 * @quoting: was available when it began
 * @refused: the old module would not shut down and goes on
 * @arrived: CPUs that have come to the end of a step, over all steps
 */
struct update {
	enum tdx_lab_state state;
	int error;
	bool quoting;
	bool refused;
	atomic_t arrived;
};

/* P-SEAMLDR serves one CPU at a time. */
static DEFINE_RAW_SPINLOCK(install_lock);

/* Shut down, and no other has taken over: so an update may find it. */
static bool module_is_down;

static DEFINE_PER_CPU(u64, irqs_off_ns);

/* With the machine stopped for longer, watchdogs bark. */
#define STOPPED_MAX_NS	(5ULL * NSEC_PER_SEC)

/* --- the steps --- */

static int refuse(struct update *update, int error)
{
	update->refused = true;
	return error;
}

static int shut_down(struct update *update)
{
	struct tdx_module_args args = {};
	u64 handoff, r;

	if (module_is_down)
		return 0;
	if (tdx_sys_rd(TDX_MD_MODULE_HV, &handoff))
		return refuse(update, -EIO);

	args.rcx = handoff;
	r = seamcall_ret(TDX_FN(TDH_SYS_SHUTDOWN, 0), &args);
	if (r != TDX_SUCCESS) {
		pr_err("TDH.SYS.SHUTDOWN refused, status 0x%016llx\n", r);
		return refuse(update, TDX_STATUS_CODE(r) == TDX_SYS_BUSY ? -EBUSY : -EIO);
	}

	module_is_down = true;
	update->state = TDX_LAB_FAILED;
	return 0;
}

static int install(struct update *update)
{
	struct tdx_module_args args = {};
	int ret;

	raw_spin_lock(&install_lock);
	ret = lab_sys_call(SEAMLDR_INSTALL, &args, "SEAMLDR.INSTALL");
	raw_spin_unlock(&install_lock);
	return ret;
}

static int sys_init(struct update *update)
{
	struct tdx_module_args args = {};

	return lab_sys_call(TDX_FN(TDH_SYS_INIT, 0), &args, "TDH.SYS.INIT");
}

static int lp_init(struct update *update)
{
	struct tdx_module_args args = {};

	return lab_sys_call(TDX_FN(TDH_SYS_LP_INIT, 0), &args, "TDH.SYS.LP.INIT");
}

static int sys_update(struct update *update)
{
	struct tdx_module_args args = { .r9 = lab_addon_features() };
	int ret;

	ret = lab_sys_call(TDX_FN(TDH_SYS_UPDATE, args.r9 ? 1 : 0), &args, "TDH.SYS.UPDATE");
	module_is_down = ret;
	return ret;
}

/* Without extensions the host is up, but there is no quoting: -EOPNOTSUPP. */
static int start_quoting(struct update *update)
{
	int ret = tdx_ext_reinit();

	if (!ret || ret == -EOPNOTSUPP)
		update->state = TDX_LAB_NO_QUOTING;
	return ret ?: tdx_quote_reinit();
}

static int start_quoting_stopped(struct update *update)
{
	return tdx_quote_policy.reinit == TDX_REINIT_STOPPED ? start_quoting(update) : 0;
}

struct step {
	int (*run)(struct update *update);
	bool each_cpu;
};

static const struct step steps[] = {
	{ shut_down },
	{ install, .each_cpu = true },
	{ sys_init },
	{ lp_init, .each_cpu = true },
	{ sys_update },
	{ start_quoting_stopped },
};

/* --- with the machine stopped --- */

static void meet(struct update *update, unsigned int arrivals)
{
	atomic_fetch_inc_release(&update->arrived);
	while (atomic_read_acquire(&update->arrived) < arrivals)
		cpu_relax();
}

/* All CPUs meet at the end of each step; after a failure there is nothing else to do. */
static int run_steps(void *data)
{
	const unsigned int cpus = num_online_cpus();
	const bool first = smp_processor_id() == cpumask_first(cpu_online_mask);
	const u64 start = tdx_clock();
	struct update *update = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if ((first || steps[i].each_cpu) && !READ_ONCE(update->error)) {
			int ret = steps[i].run(update);

			if (ret)
				cmpxchg(&update->error, 0, ret);
		}
		meet(update, cpus * (i + 1));
	}

	this_cpu_write(irqs_off_ns, tdx_clock() - start);
	return 0;
}

/*
 * The first CPU that stops waits for the last one, which may be in the module, and
 * does nothing else: so a CPU was away for as long as this takes, near enough.
 */
static u64 stop_and_run_steps(struct update *update)
{
	u64 start = tdx_clock(), stall;
	unsigned int cpu;

	stop_machine(run_steps, update, cpu_online_mask);
	stall = tdx_clock() - start;

	for_each_online_cpu(cpu)
		trace_update_cpu(cpu, per_cpu(irqs_off_ns, cpu));
	return stall;
}

/* --- all of it --- */

/* Quoting that nobody counted on, or that nobody looks for, is no loss. */
static int update_error(const struct update *update)
{
	if (update->error == -EOPNOTSUPP &&
	    (!tdx_quote_nr_buffers() || tdx_quote_policy.recheck == TDX_RECHECK_NONE))
		return 0;
	return update->error;
}

static int replace_module(struct tdx_lab_update *report)
{
	struct update update = { .state = lab_state(), .quoting = tdx_quote_available() };
	u64 begin = tdx_clock();
	int ret;

	update.error = tdx_quote_suspend();
	if (update.error)
		return update.error;
	if (tdx_quote_policy.update == TDX_UPDATE_EXCLUDED)
		report->drain_ns = tdx_clock() - begin;

	report->stall_ns = stop_and_run_steps(&update);
	if (!update.error && tdx_quote_policy.reinit == TDX_REINIT_RUNNING)
		update.error = start_quoting(&update);

	ret = tdx_quote_resume(update.refused && update.quoting ? 0 : update.error);
	if (!update.error && tdx_quote_policy.recheck == TDX_RECHECK_METADATA)
		update.error = ret;
	if (update.state == TDX_LAB_NO_QUOTING && tdx_quote_available())
		update.state = TDX_LAB_UP;
	lab_set_state(update.state);
	return update_error(&update);
}

static int check_stop(const struct tdx_emu_profile *profile)
{
	if (tdx_quote_policy.reinit == TDX_REINIT_RUNNING ||
	    profile->ext_init_ns + profile->quote_init_ns <= STOPPED_MAX_NS)
		return 0;
	pr_err("profile: with reinit stopped ext_init_ns and quote_init_ns together are %llu, allowed is up to %llu\n",
	       profile->ext_init_ns + profile->quote_init_ns, STOPPED_MAX_NS);
	return -ERANGE;
}

int lab_update(struct tdx_lab_update *report)
{
	u64 begin;
	int ret;

	if (report->reserved)
		return -EINVAL;
	if (lab_state() == TDX_LAB_DOWN)
		return -ENODEV;
	ret = check_stop(&report->profile);
	if (ret)
		return ret;
	ret = tdx_emu_stage(&report->profile);
	if (ret)
		return ret;

	*report = (struct tdx_lab_update){ .profile = report->profile };
	begin = tdx_clock();
	trace_update_begin(tdx_quote_in_flight());

	report->error = replace_module(report);

	report->total_ns = tdx_clock() - begin;
	trace_update_end(report->error, report->drain_ns, report->stall_ns, report->total_ns);
	return 0;
}
