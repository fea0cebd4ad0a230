// SPDX-License-Identifier: GPL-2.0
/*
 * What the resume loop itself costs per iteration, around a call that does
 * nothing: with tracepoints, and built without them. And the same loop as a source
 * of events: in calls of some iterations at a given rate, for whoever listens.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/time64.h>
#include <asm/shared/tdx.h>

#include "../emu/tdx_emu.h"
#include "../tdx_quote.h"
#include "lab.h"

#define LOOP_MAX	100000
#define LOOP_NS_MAX	(10ULL * NSEC_PER_SEC)	/* others wait for the device */

typedef u64 extension_seamcall(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call);

static unsigned long function_size(void *function)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long size;
	const char *slash;

	/* "name+0x0/0xSIZE [module]" */
	sprint_symbol(name, (unsigned long)function);
	slash = strchr(name, '/');
	return slash && sscanf(slash, "/0x%lx", &size) == 1 ? size : 0;
}

/* The jump table of the image that this is part of. */
#ifdef MODULE
#define jump_table_start	THIS_MODULE->jump_entries
#define jump_table_end		(THIS_MODULE->jump_entries + THIS_MODULE->num_jump_entries)
#else
#define jump_table_start	__start___jump_table
#define jump_table_end		__stop___jump_table
#endif

/* Patchable sites, one instruction each, in a loop. */
static u32 count_nops(extension_seamcall *seamcall)
{
	unsigned long start = (unsigned long)seamcall;
	unsigned long end = start + function_size(seamcall);
	const struct jump_entry *entry;
	u32 nops = 0;

	for (entry = jump_table_start; entry < jump_table_end; entry++) {
		unsigned long site = jump_entry_code(entry);

		nops += site >= start && site < end;
	}
	return nops;
}

/* The CPU counts its iterations: the caller stays on it, and is alone with the loop. */
static void run_iterations(extension_seamcall *seamcall, u32 iterations)
{
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};

	tdx_emu_arm_null(iterations);
	seamcall(TDX_EMU_NULL_LEAF, &args, &call);
}

static void run_in_one_go(extension_seamcall *seamcall, struct tdx_lab_loop *loop)
{
	unsigned long flags;
	u64 start;

	local_irq_save(flags);
	start = ktime_get_ns();
	run_iterations(seamcall, loop->iterations);
	loop->ns = ktime_get_ns() - start;
	local_irq_restore(flags);
	loop->done = loop->iterations;
}

/* false: a signal has come. */
static bool wait_until(ktime_t when)
{
	if (ktime_before(ktime_get(), when)) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_hrtimeout_range(&when, 0, HRTIMER_MODE_ABS);
	} else {
		cond_resched();
	}
	return !signal_pending(current);
}

static void run_in_calls(extension_seamcall *seamcall, struct tdx_lab_loop *loop)
{
	ktime_t start = ktime_get(), next = start;
	u32 batch;

	do {
		batch = min(loop->batch, loop->iterations - loop->done);
		migrate_disable();
		run_iterations(seamcall, batch);
		migrate_enable();
		loop->done += batch;
		next = ktime_add_ns(next, loop->period_ns);
	} while (wait_until(next) && loop->done < loop->iterations);

	loop->ns = ktime_to_ns(ktime_sub(ktime_get(), start));
}

static bool is_valid(const struct tdx_lab_loop *loop)
{
	if (!loop->iterations || loop->iterations > LOOP_MAX || loop->traced > 1 || loop->done)
		return false;
	if (!loop->batch)
		return !loop->period_ns;
	return loop->period_ns <= NSEC_PER_SEC &&
	       DIV_ROUND_UP(loop->iterations, loop->batch) * (u64)loop->period_ns <= LOOP_NS_MAX;
}

int lab_loop(struct tdx_lab_loop *loop)
{
	extension_seamcall *seamcall;

	if (!is_valid(loop))
		return -EINVAL;

	seamcall = loop->traced ? tdx_ext_seamcall : tdx_ext_seamcall_untraced;
	if (loop->batch)
		run_in_calls(seamcall, loop);
	else
		run_in_one_go(seamcall, loop);

	/* A kernel has others, the way to its software module for one. */
	loop->nops = count_nops(tdx_ext_seamcall) - count_nops(tdx_ext_seamcall_untraced);
	return 0;
}
