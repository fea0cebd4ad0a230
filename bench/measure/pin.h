/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calling thread on one CPU for a while. Whoever is started meanwhile stays there,
 * too: start others before.
 */
#ifndef BENCH_PIN_H
#define BENCH_PIN_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* 0, or -1 after one line on stderr. */
static inline int pin_to(unsigned int cpu, cpu_set_t *before)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_getaffinity(0, sizeof(*before), before) &&
	    !sched_setaffinity(0, sizeof(set), &set))
		return 0;
	fprintf(stderr, "tdxbench: cannot run on CPU %u: %s\n", cpu, strerror(errno));
	return -1;
}

static inline void unpin(const cpu_set_t *before)
{
	sched_setaffinity(0, sizeof(*before), before);
}

#endif /* BENCH_PIN_H */
