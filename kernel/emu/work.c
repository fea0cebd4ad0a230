// SPDX-License-Identifier: GPL-2.0
/*
 * The instructions that this model needs to make its quotes and keys. They are
 * none of the module's compute time, which the profile gives.
 *
 * The halt engine has them done on the calling CPU before it halts. The burn
 * engine must be deaf to interrupts for all of its time and look for them every
 * microsecond or so, which a hash over a kilobyte would spoil. It leaves the
 * module at once, resumable, and a thread does the work on this CPU before the
 * host comes back: seen by the host as a long first gap, and by nobody else,
 * for the thread can be preempted. Another CPU would not do: under QEMU's
 * instruction-counting clock CPUs take turns and hold each other up.
 *
 * The host's task may come back on another CPU all the same, while the thread is still
 * at work. The module then waits, and that is part of its time: left at once it would
 * be entered again at once, some thousand times.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "state.h"

#define WAIT_US		20	/* a quote takes about as long */

enum { WORK_NONE, WORK_QUEUED, WORK_RUNNING, WORK_DONE };

struct emu_worker {
	struct kthread_worker worker;
	struct kthread_work work;
	struct task_struct *thread;
};

static DEFINE_PER_CPU(struct emu_worker, workers);

/* Whoever comes first does it, once. */
static void do_work(struct emu_call *call)
{
	if (atomic_cmpxchg(&call->work_state, WORK_QUEUED, WORK_RUNNING) != WORK_QUEUED)
		return;
	call->made = call->make(call);
	atomic_set_release(&call->work_state, WORK_DONE);
}

/* A call does not remember its worker: it may be resumed on any CPU. */
static void do_all_work(struct kthread_work *work)
{
	u32 i;

	for (i = 0; i < EMU_MAX_CALLS; i++)
		do_work(&emu.calls[i]);
}

bool emu_work_begin(struct emu_call *call, u64 (*make)(struct emu_call *call))
{
	struct emu_worker *worker = this_cpu_ptr(&workers);

	call->make = make;
	atomic_set_release(&call->work_state, WORK_QUEUED);

	/* A CPU that came up later has no thread; none runs in stop_machine(). */
	if (emu.profile.engine == TDX_EMU_BURN && worker->thread && !irqs_disabled()) {
		kthread_queue_work(&worker->worker, &worker->work);
		return true;
	}
	do_work(call);
	return false;
}

/* Also gets it done where the host gave the thread no chance. */
static bool work_done(struct emu_call *call)
{
	do_work(call);
	return atomic_read_acquire(&call->work_state) == WORK_DONE;
}

/* cpu_relax() ends the CPU's turn in QEMU. Whoever wants this CPU meanwhile gets it. */
bool emu_work_await(struct emu_call *call)
{
	while (!work_done(call)) {
		if (need_resched() || irqs_disabled())
			return false;
		cpu_relax();
	}
	return true;
}

bool emu_work_pending(const struct emu_call *call)
{
	int state = atomic_read_acquire(&call->work_state);

	return state == WORK_QUEUED || state == WORK_RUNNING;
}

void emu_work_wait(const struct emu_call *call)
{
	while (emu_work_pending(call))
		usleep_range(WAIT_US, 2 * WAIT_US);
}

static int start_worker(unsigned int cpu)
{
	struct emu_worker *worker = per_cpu_ptr(&workers, cpu);
	struct task_struct *thread;

	kthread_init_worker(&worker->worker);
	kthread_init_work(&worker->work, do_all_work);
	thread = kthread_create_on_cpu(kthread_worker_fn, &worker->worker, cpu, "tdx_emu/%u");
	if (IS_ERR(thread))
		return PTR_ERR(thread);

	sched_set_fifo_low(thread);
	wake_up_process(thread);
	worker->thread = thread;
	return 0;
}

int emu_work_init(void)
{
	unsigned int cpu;
	int ret = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		ret = start_worker(cpu);
		if (ret)
			break;
	}
	cpus_read_unlock();

	if (ret)
		emu_work_exit();
	return ret;
}

void emu_work_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct emu_worker *worker = per_cpu_ptr(&workers, cpu);

		if (!worker->thread)
			continue;
		kthread_flush_worker(&worker->worker);
		kthread_stop(worker->thread);
		worker->thread = NULL;
	}
}
