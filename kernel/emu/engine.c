// SPDX-License-Identifier: GPL-2.0
/*
 * How the software TDX module's compute time passes, and when the module
 * leaves a call half-way.
 *
 * halt: the CPU is halted until a timer says that the time is over. Takes no
 * instructions, so that under QEMU's instruction-counting clock the calls of
 * several CPUs overlap as on real ones. Another interrupt ends the halt, is
 * served, and makes the module leave.
 *
 * burn: interrupts off, instructions burnt, as a CPU in SEAM mode is deaf to
 * interrupts; every slice the module looks whether one is pending, and leaves
 * if so. For preemption latency, on one CPU at a time.
 *
 * Entered with interrupts disabled, as in stop_machine(), both burn: nothing
 * would end a halt. profile.yield_if says whether the module then looks at all.
 */
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "../tdx_abi.h"
#include "state.h"

/* --- halt --- */

struct emu_alarm {
	struct hrtimer timer;
	bool rung;
};

static DEFINE_PER_CPU(struct emu_alarm, alarms);

/* tdxbench finds this name in kallsyms, to keep the model's timer out of its figures. */
static enum hrtimer_restart tdx_emu_alarm(struct hrtimer *timer)
{
	struct emu_alarm *alarm = container_of(timer, struct emu_alarm, timer);

	WRITE_ONCE(alarm->rung, true);
	return HRTIMER_NORESTART;
}

/* Halted until the alarm, or until any interrupt if the module minds those. */
static void halt_until(struct emu_alarm *alarm, bool minds_interrupts)
{
	local_irq_disable();
	while (!READ_ONCE(alarm->rung)) {
		safe_halt();	/* tells lockdep that interrupts come on, and obeys pv_ops */
		local_irq_disable();
		if (minds_interrupts)
			break;
	}
	local_irq_enable();
}

static void compute_halt(u64 *left_ns)
{
	struct emu_alarm *alarm = this_cpu_ptr(&alarms);
	u64 yield = emu.profile.yield;
	u64 stay = *left_ns, start, spent;

	if (yield == TDX_EMU_YIELD_SLICE)
		stay = min(stay, emu_slice_ns());

	start = ktime_get_ns();
	WRITE_ONCE(alarm->rung, false);
	hrtimer_start(&alarm->timer, ns_to_ktime(start + stay), HRTIMER_MODE_ABS_PINNED_HARD);

	halt_until(alarm, yield != TDX_EMU_YIELD_NEVER);

	hrtimer_cancel(&alarm->timer);
	spent = ktime_get_ns() - start;
	*left_ns -= min(*left_ns, spent);
}

/* --- burn --- */

/* Between two looks at the clock: short against the shortest slice. */
#define BURN_STEPS	16

static void burn_until(u64 tsc)
{
	unsigned int i;

	while (rdtsc() < tsc)
		for (i = 0; i < BURN_STEPS; i++)
			barrier();
}

/* Is an interrupt waiting for this CPU? The eight words of the APIC's IRR. */
static bool interrupt_pending(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (apic->read(APIC_IRR + i * 0x10))
			return true;
	return false;
}

static u64 ns_to_tsc(u64 ns)
{
	return mul_u64_u64_div_u64(ns, tsc_khz, USEC_PER_SEC);
}

static u64 tsc_to_ns(u64 tsc)
{
	return mul_u64_u64_div_u64(tsc, USEC_PER_SEC, tsc_khz);
}

static void compute_burn(u64 *left_ns)
{
	bool may_leave = emu_may_leave();
	u64 slice, start, end, look, spent;
	unsigned long flags;

	local_irq_save(flags);

	start = rdtsc();
	end = start + ns_to_tsc(*left_ns);
	slice = may_leave ? ns_to_tsc(emu_slice_ns()) : end - start;

	for (look = start + slice; look < end; look += slice) {
		burn_until(look);
		if (emu.profile.yield == TDX_EMU_YIELD_SLICE || interrupt_pending())
			goto leave;
	}
	burn_until(end);
leave:
	spent = tsc_to_ns(rdtsc() - start);
	local_irq_restore(flags);
	*left_ns -= min(*left_ns, spent);
}

/* --- both --- */

/*
 * Making a quote takes this model instructions, with interrupts on. A real
 * module is deaf meanwhile and would find them pending at its next look; here
 * they have been served, and what is left to see of one that woke a task is
 * that the CPU wants to reschedule.
 */
bool emu_interrupt_taken(void)
{
	return need_resched() && emu_may_leave();
}

u64 emu_compute(u64 *left_ns)
{
	if (!*left_ns)
		return TDX_SUCCESS;

	if (emu.profile.engine == TDX_EMU_BURN || irqs_disabled())
		compute_burn(left_ns);
	else
		compute_halt(left_ns);

	return *left_ns ? TDX_INTERRUPTED_RESUMABLE : TDX_SUCCESS;
}

static void alarm_setup(struct hrtimer *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, tdx_emu_alarm, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	timer->function = tdx_emu_alarm;
#endif
}

int emu_engine_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		alarm_setup(&per_cpu_ptr(&alarms, cpu)->timer);
	return 0;
}

void emu_engine_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&alarms, cpu)->timer);
}
