/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The victim: a real-time thread that sleeps and wakes on one CPU, as
 * cyclictest's do, and feels how late quoting makes it.
 */
#ifndef BENCH_VICTIM_H
#define BENCH_VICTIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/hist.h"

/**
 * struct victim - options and result
 * @cpu:         where it lives
 * @priority:    SCHED_FIFO
 * @interval_ns: between wake-ups, on average: each is drawn from 0.5 to 1.5
 *               times this, so that wake-ups do not beat with the module's slices
 * @wakeups:     how many
 * @seed:        of the intervals
 * @tid:         of the thread, from victim_start() on
 * @latency:     ns from the intended wake-up to being back in user space
 */
struct victim {
	int cpu;
	int priority;
	uint64_t interval_ns;
	uint64_t wakeups;
	uint64_t seed;
	pid_t tid;
	struct hist latency;

	pthread_t thread;
	pthread_barrier_t ready;
	pthread_barrier_t go;
};

/* The thread exists but does not sleep yet: collectors may need its tid. 0 or -1. */
int victim_start(struct victim *victim);
/* Lets it go and waits until it has woken up @wakeups times. */
void victim_run(struct victim *victim);
/* Ends a victim that was started but shall not run. */
void victim_cancel(struct victim *victim);

#endif /* BENCH_VICTIM_H */
