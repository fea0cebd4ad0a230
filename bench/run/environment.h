/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run ran on: recorded with every result.
 */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include <jansson.h>
#include <stdbool.h>

/* Of the running kernel and machine; for the target where points are measured. */
json_t *environment_here(const char *target);
/* Does this kernel run under QEMU's instruction-counting clock? */
bool environment_virtual_clock(void);

/* What only the host of a VM knows, to be laid over the above. */
json_t *environment_host(void);

#endif /* BENCH_ENVIRONMENT_H */
