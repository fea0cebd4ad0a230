// SPDX-License-Identifier: GPL-2.0
/*
 * A real-time thread that measures its own wake-up latency.
 */
#include "measure/victim.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/random.h"

static void sleep_and_wake(struct victim *victim)
{
	uint64_t state = random_stream(victim->seed, 0);
	uint64_t next = clock_now() + victim->interval_ns;
	uint64_t i;

	for (i = 0; i < victim->wakeups && !interrupted(); i++) {
		clock_sleep_until(next);
		hist_add(&victim->latency, clock_now() - next);
		next = clock_now() + victim->interval_ns / 2 +
		       random_next(&state) % (victim->interval_ns + 1);
	}
}

static void *victim_thread(void *arg)
{
	struct victim *victim = arg;

	victim->tid = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&victim->ready);
	pthread_barrier_wait(&victim->go);
	sleep_and_wake(victim);
	return NULL;
}

static int create(struct victim *victim)
{
	const struct sched_param param = { .sched_priority = victim->priority };
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(victim->cpu, &set);

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!ret)
		ret = pthread_create(&victim->thread, &attr, victim_thread, victim);
	pthread_attr_destroy(&attr);
	return ret;
}

int victim_start(struct victim *victim)
{
	int ret;

	hist_init(&victim->latency);
	pthread_barrier_init(&victim->ready, NULL, 2);
	pthread_barrier_init(&victim->go, NULL, 2);

	ret = create(victim);
	if (ret) {
		fprintf(stderr, "tdxbench: cannot start the victim with SCHED_FIFO on CPU %d: %s\n",
			victim->cpu, strerror(ret));
		return -1;
	}
	pthread_barrier_wait(&victim->ready);
	return 0;
}

void victim_cancel(struct victim *victim)
{
	victim->wakeups = 0;
	victim_run(victim);
}

void victim_run(struct victim *victim)
{
	pthread_barrier_wait(&victim->go);
	pthread_join(victim->thread, NULL);
	pthread_barrier_destroy(&victim->ready);
	pthread_barrier_destroy(&victim->go);
}
