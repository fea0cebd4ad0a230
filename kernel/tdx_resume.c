// SPDX-License-Identifier: GPL-2.0
/*
 * One extension SEAMCALL, entered again until the TDX module is done with it.
 *
 * The module may leave such a call half-way, for example because an interrupt
 * is pending, with TDX_INTERRUPTED_RESUMABLE. The host then repeats the call
 * with its original inputs; TDH.EXT.MEM.ADD alone takes its RCX output as the
 * next input (series v2 and its author, 24 April 2026).
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include <trace/events/tdx_ext.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"

/* Attempts while the module has no entropy: RDRAND_RETRY_LOOPS, as Linux 7.3's sc_retry(). */
#define ENTROPY_ATTEMPTS	10

/* Does anybody want the iterations' times? Three nops when nobody does. */
static __always_inline bool tdx_ext_traced(void)
{
	return trace_seamcall_exit_enabled() || trace_quote_end_enabled() ||
	       trace_seamcall_enter_enabled();
}

/*
 * One iteration with its events and its clock reads. Kept out of line so that
 * the loop is not slowed down by registers this needs. Preemption is off: a
 * woken task must not run between the module's exit and the clock read.
 */
static noinline u64 tdx_ext_enter_traced(u64 fn, struct tdx_module_args *args,
					 struct tdx_ext_call *call)
{
	u64 entered, duration, gap, r;

	if (!call->id)
		call->id = tdx_ext_call_id();

	trace_seamcall_enter(fn, call->id, call->tdr, call->iterations, args->rcx);

	entered = tdx_clock();
	r = tdx_seamcall_once(fn, args);
	duration = tdx_clock() - entered;

	gap = call->left_ns ? entered - call->left_ns : 0;
	call->left_ns = entered + duration;
	call->seam_ns += duration;
	call->gap_ns += gap;

	trace_seamcall_exit(fn, call->id, call->tdr, call->iterations, args->rcx, r,
			    duration, gap);
	return r;
}

static __always_inline u64 run_to_end(u64 fn, struct tdx_module_args *args,
				      struct tdx_ext_call *call)
{
	const bool saved = tdx_quote_policy.resume_args == TDX_RESUME_SAVED;
	const bool resched = tdx_quote_policy.resched == TDX_RESCHED_COND && !irqs_disabled();
	const bool rcx_moves = TDX_FN_LEAF(fn) == TDH_EXT_MEM_ADD;
	unsigned int attempts = ENTROPY_ATTEMPTS, cpu;
	const struct tdx_module_args inputs = *args;
	u64 r;

	for (;;) {
		preempt_disable();
		if (tdx_ext_traced())
			r = tdx_ext_enter_traced(fn, args, call);
		else
			r = tdx_seamcall_once(fn, args);
		cpu = smp_processor_id();
		preempt_enable();

		call->iterations++;
		if (r == TDX_INTERRUPTED_RESUMABLE) {
			call->left_cpu = cpu;
			call->begun = true;
			if (rcx_moves)
				call->rcx = args->rcx;
			attempts = ENTROPY_ATTEMPTS;
		} else if (r != TDX_RND_NO_ENTROPY || !--attempts) {
			break;
		}

		if (saved)
			tdx_ext_call_inputs(call, &inputs, args);
		if (resched)
			cond_resched();
	}
	return r;
}

struct detour {
	u64 fn;
	struct tdx_module_args *args;
	struct tdx_ext_call *call;
	u64 status;
};

static long take_detour(void *data)
{
	struct detour *detour = data;

	detour->status = run_to_end(detour->fn, detour->args, detour->call);
	return 0;
}

/*
 * Nobody knows whether a module lets a call be resumed on another CPU. If this
 * one does not, the call is still suspended in it. So end it where it was left; if
 * that CPU is gone the status remains TDX_INVALID_RESUMPTION.
 */
static u64 resume_where_left(u64 fn, struct tdx_module_args *args,
			     const struct tdx_module_args *inputs, struct tdx_ext_call *call)
{
	struct detour detour = { fn, args, call, TDX_INVALID_RESUMPTION };

	tdx_ext_call_inputs(call, inputs, args);
	cpus_read_lock();
	if (cpu_online(call->left_cpu))
		work_on_cpu(call->left_cpu, take_detour, &detour);
	cpus_read_unlock();
	return detour.status;
}

/**
 * tdx_ext_seamcall - run an extension SEAMCALL to its end
 * @fn:   RAX of the SEAMCALL
 * @args: inputs; the outputs of the last iteration on return
 * @call: zeroed but for @id and @tdr before the first try; what happens is added
 *
 * Context: may be preempted between iterations; a change of CPU is fine.
 * Return: the raw completion status, never TDX_INTERRUPTED_RESUMABLE.
 */
u64 tdx_ext_seamcall(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call)
{
	const struct tdx_module_args inputs = *args;
	u64 r;

	r = run_to_end(fn, args, call);
	if (r == TDX_INVALID_RESUMPTION && call->begun && !irqs_disabled() &&
	    tdx_quote_policy.resume_args == TDX_RESUME_SAVED)
		r = resume_where_left(fn, args, &inputs, call);

	/* Another task may have run when the module was left for good, too. */
	if (call->left_ns) {
		u64 now = tdx_clock();

		call->gap_ns += now - call->left_ns;
		call->left_ns = now;
	}

	call->status = r;
	return r;
}
