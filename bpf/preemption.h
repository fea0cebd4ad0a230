/* SPDX-License-Identifier: GPL-2.0 */
/* What is kept of late timers and late threads, and counted of iterations. */
#ifndef _TDXBENCH_BPF_PREEMPTION_H
#define _TDXBENCH_BPF_PREEMPTION_H

#include "hist.h"
#include "iterations.h"

#define PREEMPTION_HELD		64	/* a power of two */

/**
 * struct preemption_timer - a timer that expired, not yet known to be late
 * because of the module or not
 * @fired: when it was found expired, CLOCK_MONOTONIC
 * @late:  ns since it should have been
 */
struct preemption_timer {
	__u64 fired;
	__u64 late;
};

/**
 * struct preemption_leaf - times one leaf's calls left the module, by status
 * @resumable: TDX_INTERRUPTED_RESUMABLE
 * @success:   TDX_SUCCESS
 * @failed:    any other
 */
struct preemption_leaf {
	__u64 resumable;
	__u64 success;
	__u64 failed;
};

/**
 * struct preemption_cpu - one CPU
 * @seam:     lateness of timers that the CPU found expired in SEAM or just out of it, ns
 * @other:    of all others
 * @stay:     the time of each stay in SEAM, ns
 * @lost:     timers that found @held full while it was being emptied
 * @fired, @settled: timers ever put into @held, and taken from it
 * @settling: the exit event is emptying @held
 * @held:     ring of timers that the next exit from SEAM will tell about
 * @leaf:     iterations, by enum iterations_index
 */
struct preemption_cpu {
	struct hist seam;
	struct hist other;
	struct hist stay;
	__u64 lost;
	__u32 fired;
	__u32 settled;
	__u64 settling;
	struct preemption_timer held[PREEMPTION_HELD];
	struct preemption_leaf leaf[ITERATIONS_NR_LEAVES];
};

/**
 * struct preemption_thread - a chosen thread
 * @woken:  when its wake-up began, 0 if it runs, sleeps or was preempted
 * @asleep: it left the CPU to sleep; a wake-up of anything else is none
 */
struct preemption_thread {
	__u64 woken;
	__u64 asleep;
};

_Static_assert(sizeof(struct preemption_cpu) ==
	       3 * sizeof(struct hist) + 24 + 16 * PREEMPTION_HELD + 24 * ITERATIONS_NR_LEAVES,
	       "struct preemption_cpu has padding");
_Static_assert(sizeof(struct preemption_cpu) <= 32 << 10, "struct preemption_cpu is too large");
_Static_assert(sizeof(struct preemption_thread) == 16, "struct preemption_thread has padding");

#endif /* _TDXBENCH_BPF_PREEMPTION_H */
