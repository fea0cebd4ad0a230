// SPDX-License-Identifier: GPL-2.0
/*
 * One extension SEAMCALL, entered again until the TDX module is done with it.
 *
 * The module may leave such a call half-way, for example because an interrupt
 * is pending, with TDX_INTERRUPTED_RESUMABLE. The host then repeats the call
 * with its original inputs; TDH.EXT.MEM.ADD alone takes its RCX output as the
 * next input (series v2 and its author, 24 April 2026).
 */
#include <linux/preempt.h>

#include <trace/events/tdx_ext.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"

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
	r = seamcall_ret(fn, args);
	duration = tdx_clock() - entered;

	gap = call->left_ns ? entered - call->left_ns : 0;
	call->left_ns = entered + duration;
	call->seam_ns += duration;
	call->gap_ns += gap;

	trace_seamcall_exit(fn, call->id, call->tdr, call->iterations, args->rcx, r,
			    duration, gap);
	return r;
}

/**
 * tdx_ext_seamcall - run an extension SEAMCALL to its end
 * @fn:   RAX, made with TDX_FN()
 * @args: inputs; the outputs of the last iteration on return
 * @call: zeroed but for @id and @tdr; filled with what happened
 *
 * Context: may be preempted between iterations; a change of CPU is fine.
 * Return: the raw completion status, never TDX_INTERRUPTED_RESUMABLE.
 */
u64 tdx_ext_seamcall(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call)
{
	const struct tdx_module_args inputs = *args;
	u64 r;

	for (;;) {
		preempt_disable();
		if (tdx_ext_traced())
			r = tdx_ext_enter_traced(fn, args, call);
		else
			r = seamcall_ret(fn, args);
		preempt_enable();

		call->iterations++;
		if (r != TDX_INTERRUPTED_RESUMABLE)
			break;

		if (TDX_FN_LEAF(fn) != TDH_EXT_MEM_ADD)
			*args = inputs;
	}

	/* Another task may have run when the module was left for good, too. */
	if (call->left_ns)
		call->gap_ns += tdx_clock() - call->left_ns;

	call->status = r;
	return r;
}
