// SPDX-License-Identifier: GPL-2.0
/*
 * How late interrupts and woken threads run: hrtimer lateness, apart for timers
 * that had to wait for the TDX module, and the wake-up latency of chosen threads.
 *
 * An interrupt that arrives while the CPU is in SEAM is taken right at the exit,
 * before the seamcall_exit event. That event says how long the CPU was away. So
 * a timer's lateness is held back until the next exit on its CPU tells whether
 * it fired during that stay. Iterations during which no timer fired pay one look
 * at an empty ring, 4 instructions; a flag that seamcall_enter sets would cost
 * them a second event and two more programs, 260.
 *
 * Iterations are timed and counted here too: how long the CPU was away is what
 * lateness comes from, and an exit that nobody saw would leave timers with the
 * wrong one.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "preemption.h"
#include "seamcall.bpf.h"

#define TASK_RUNNING	0

char LICENSE[] SEC("license") = "GPL";

/* What is read of the kernel's structs; the rest is left to CO-RE. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct timerqueue_node {
	__s64 expires;
};

struct hrtimer {
	struct timerqueue_node node;
	void *function;
	__u8 is_soft;
};

struct task_struct {
	int pid;
};

#pragma clang attribute pop

/* A timer of the software module itself, not of interest; 0 for none. */
const volatile __u64 ignore_function = 0;

static const __u32 zero = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct preemption_cpu);
} cpus SEC(".maps");

/* Chosen threads, waking to running, ns. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hist);
} wakeups SEC(".maps");

/* By thread id; filled, and sized, before the programs run. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct preemption_thread);
} threads SEC(".maps");

/* --- timers --- */

static __always_inline struct preemption_timer *oldest(struct preemption_cpu *cpu)
{
	return &cpu->held[cpu->settled % PREEMPTION_HELD];
}

static __always_inline bool is_full(const struct preemption_cpu *cpu)
{
	return cpu->fired - cpu->settled >= PREEMPTION_HELD;
}

static __always_inline void hold(struct preemption_cpu *cpu, __u64 late)
{
	struct preemption_timer *timer = &cpu->held[cpu->fired % PREEMPTION_HELD];

	timer->fired = bpf_ktime_get_ns();
	timer->late = late;
	cpu->fired++;
}

/* Up to Linux 7.2 the time is handed over by address; no time looks like one. */
static __always_inline __s64 time_of(__s64 now)
{
	if (now < 0)
		bpf_probe_read_kernel(&now, sizeof(now), (void *)now);
	return now;
}

SEC("tp_btf/hrtimer_expire_entry")
int BPF_PROG(hrtimer_expire_entry, struct hrtimer *timer, __s64 now)
{
	struct preemption_cpu *cpu;
	__s64 late;

	/* Soft timers wait for a softirq, not for an interrupt. */
	if (timer->is_soft)
		return 0;
	if (ignore_function && (__u64)timer->function == ignore_function)
		return 0;

	cpu = bpf_map_lookup_elem(&cpus, &zero);
	if (!cpu)
		return 0;

	if (is_full(cpu)) {
		if (cpu->settling) {
			cpu->lost++;
			return 0;
		}
		/* No exit has come for the oldest since: it was not in SEAM. */
		hist_record(&cpu->other, oldest(cpu)->late);
		cpu->settled++;
	}

	late = time_of(now) - timer->node.expires;
	hold(cpu, late > 0 ? late : 0);
	return 0;
}

/*
 * Timers may fire while this runs. They only add to the ring, behind all that
 * it looks at, and have not waited for this stay in SEAM.
 */
static __noinline void settle(struct preemption_cpu *cpu, __u64 stay)
{
	__u64 left = bpf_ktime_get_ns();
	__u64 entered = left - stay;
	struct preemption_timer *timer;
	int i;

	cpu->settling = 1;
	barrier();
	for (i = 0; i < PREEMPTION_HELD && cpu->settled != cpu->fired; i++) {
		timer = oldest(cpu);
		if (timer->fired - entered <= stay)
			hist_record(&cpu->seam, timer->late);
		else
			hist_record(&cpu->other, timer->late);
		cpu->settled++;
	}
	barrier();
	cpu->settling = 0;
}

static __always_inline void count(struct preemption_cpu *cpu, const struct seamcall_exit *event)
{
	__u32 index = leaf_index[event->leaf];
	struct preemption_leaf *leaf;

	/* The compiler knows that none is larger, the verifier must be shown. */
	barrier_var(index);
	if (index >= ITERATIONS_NR_LEAVES)
		return;

	leaf = &cpu->leaf[index];
	if (event->code == TDX_INTERRUPTED_RESUMABLE)
		leaf->resumable++;
	else if (event->status == TDX_SUCCESS)
		leaf->success++;
	else
		leaf->failed++;
}

SEC("raw_tp/seamcall_exit")
int seamcall_exit(const struct seamcall_exit *event)
{
	struct preemption_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

	if (!cpu)
		return 0;

	count(cpu, event);
	hist_record(&cpu->stay, event->duration);
	if (cpu->settled != cpu->fired)
		settle(cpu, event->duration);
	return 0;
}

/* --- threads --- */

static __always_inline struct preemption_thread *chosen(const struct task_struct *task)
{
	__u32 tid = task->pid;

	return bpf_map_lookup_elem(&threads, &tid);
}

/* At whichever of these comes first while the thread sleeps. */
static __always_inline void wake(const struct task_struct *task)
{
	struct preemption_thread *thread = chosen(task);

	if (thread && thread->asleep && !thread->woken)
		thread->woken = bpf_ktime_get_ns();
}

SEC("tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	wake(task);
	return 0;
}

/* For a waker that was quicker than the thread's way to sleep. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	wake(task);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	struct preemption_thread *thread = chosen(task);

	if (thread)
		thread->woken = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void leave_cpu(const struct task_struct *task, bool sleeps)
{
	struct preemption_thread *thread = chosen(task);

	if (thread) {
		thread->asleep = sleeps;
		thread->woken = 0;
	}
}

static __always_inline void take_cpu(const struct task_struct *task)
{
	struct preemption_thread *thread = chosen(task);
	struct hist *wakeup;

	if (!thread)
		return;

	wakeup = bpf_map_lookup_elem(&wakeups, &zero);
	if (wakeup && thread->woken)
		hist_record(wakeup, bpf_ktime_get_ns() - thread->woken);
	thread->woken = 0;
	thread->asleep = 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	leave_cpu(prev, !preempt && prev_state != TASK_RUNNING);
	take_cpu(next);
	return 0;
}
