// SPDX-License-Identifier: GPL-2.0
/*
 * Quoting's part of a runtime update of the TDX module. How the module itself is
 * replaced, with all CPUs in stop_machine() and nothing allocated inside, is for
 * the caller to know.
 *
 * Quoting is started again in one of two ways: with the machine stopped, as posted,
 * or once it runs again (tdx_quote_policy.reinit).
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/stop_machine.h>
#include <asm/tdx_getquote.h>

#include <trace/events/tdx_ext.h>

#include "tdx_clock.h"
#include "tdx_quote.h"

static struct tdx_update_report last;

static DEFINE_PER_CPU(u64, irqs_off_ns);

/* What tdx_update_stopped() did in the update under way. */
static struct {
	bool called;
	int error;
} stopped;

/* --- with the machine stopped --- */

static int start_quoting(void)
{
	int ret = tdx_ext_reinit();

	return ret ?: tdx_quote_reinit();
}

/**
 * tdx_update_stopped - start quoting again, if the policy wants that done while
 * the machine is stopped
 *
 * For the function that tdx_update() was given, on one CPU, behind TDH.SYS.UPDATE.
 *
 * Context: stop_machine().
 * Return: 0; a negative errno when the new module's extensions have failed. A
 * module without extensions or without quoting is as good as any.
 */
int tdx_update_stopped(void)
{
	if (tdx_quote_policy.reinit != TDX_REINIT_STOPPED)
		return 0;

	stopped.called = true;
	stopped.error = start_quoting();
	return tdx_ext_get_state() == TDX_EXT_FAILED ? stopped.error : 0;
}

struct replacement {
	cpu_stop_fn_t replace;
	void *data;
};

static int replace_timed(void *data)
{
	const struct replacement *replacement = data;
	const u64 start = tdx_clock();
	int ret;

	ret = replacement->replace(replacement->data);

	this_cpu_write(irqs_off_ns, tdx_clock() - start);
	return ret;
}

/*
 * The first CPU that stops waits for the last one, which may be in the module, and
 * does nothing else: so a CPU was away for as long as this takes, near enough.
 */
static int stop_and_replace(cpu_stop_fn_t replace, void *data)
{
	struct replacement replacement = { replace, data };
	const u64 start = tdx_clock();
	unsigned int cpu;
	int ret;

	ret = stop_machine(replace_timed, &replacement, cpu_online_mask);
	last.stall_ns = tdx_clock() - start;

	for_each_online_cpu(cpu)
		trace_update_cpu(cpu, per_cpu(irqs_off_ns, cpu));
	return ret;
}

/* --- all of it --- */

/* The machine runs. @error: what became of replacing the module. */
static int resume_quoting(bool was_available, int error)
{
	int ret;

	last.kept = error && tdx_module_up() && !stopped.called;
	if (!error)
		error = stopped.called ? stopped.error : start_quoting();

	ret = tdx_quote_resume(last.kept && was_available ? 0 : error);
	if (!error && tdx_quote_policy.recheck == TDX_RECHECK_METADATA)
		error = ret;
	return error;
}

/* Quoting that nobody counted on, or that nobody looks for, is no loss. */
static int update_error(int error)
{
	if (error == -EOPNOTSUPP &&
	    (!tdx_quote_nr_buffers() || tdx_quote_policy.recheck == TDX_RECHECK_NONE))
		return 0;
	return error;
}

static int update(cpu_stop_fn_t replace, void *data, u64 begin)
{
	const bool was_available = tdx_quote_available();
	int ret;

	ret = tdx_quote_suspend();
	if (ret) {
		last.kept = true;
		return ret;
	}
	if (tdx_quote_policy.update == TDX_UPDATE_EXCLUDED)
		last.drain_ns = tdx_clock() - begin;

	ret = stop_and_replace(replace, data);
	return update_error(resume_quoting(was_available, ret));
}

/**
 * tdx_update - have the module replaced, with quoting out of the way
 * @replace: replaces the module; called on each CPU at once with interrupts
 *           disabled. Returns 0 or a negative errno, and calls tdx_update_stopped().
 * @data:    for @replace
 *
 * Updates come one at a time: the caller sees to that.
 *
 * Context: process, without cpus_read_lock(): quotes that are to end first take it
 * on their way back to the CPU where the module was left.
 * Return: 0; -EINTR when killed while quotes were still being made, and the old module
 * goes on; what @replace returned; or why there is no quoting any more, though the
 * module runs.
 */
int tdx_update(cpu_stop_fn_t replace, void *data)
{
	const u64 begin = tdx_clock();
	int error;

	last = (struct tdx_update_report){ .nr = last.nr + 1 };
	stopped.called = false;
	trace_update_begin(tdx_quote_in_flight());

	error = update(replace, data, begin);

	last.total_ns = tdx_clock() - begin;
	trace_update_end(error, last.drain_ns, last.stall_ns, last.total_ns);
	return error;
}

/* All zero before the first update. */
const struct tdx_update_report *tdx_update_last(void)
{
	return &last;
}
