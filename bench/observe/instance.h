/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance of ftrace: a ring buffer with events of its own, so that what else is
 * traced on this machine stays as it is.
 */
#ifndef BENCH_OBSERVE_INSTANCE_H
#define BENCH_OBSERVE_INSTANCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define INSTANCE_NAME	"tdxbench"

/* Each returns 0, or -1 after one line on stderr. */
int instance_make(void);
void instance_remove(void);	/* fine where there is none */
bool instance_exists(void);
/* Of a file below it. */
int instance_write(const char *file, const char *text);
/* Does the file begin with this? */
bool instance_says(const char *file, const char *text);
const char *instance_path(const char *file, char path[PATH_MAX]);

/**
 * struct ring_stats - what a ring buffer's per_cpu/cpuN/stats say, of all CPUs
 * @kept: events that are in it
 * @read: events that were read from it
 * @lost: overwritten, or refused
 */
struct ring_stats {
	uint64_t kept;
	uint64_t read;
	uint64_t lost;
};

int instance_stats(struct ring_stats *stats);

#endif /* BENCH_OBSERVE_INSTANCE_H */
