/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tools say, read: each takes an open file of anybody's and adds to what the caller
 * has. 0, or -1 where it makes no sense; nothing is printed.
 */
#ifndef BENCH_OBSERVE_PARSE_H
#define BENCH_OBSERVE_PARSE_H

#include <stdint.h>
#include <stdio.h>

#include "observe/instance.h"

/* per_cpu/cpuN/stats of a ring buffer of ftrace. */
int parse_ring_stats(FILE *file, struct ring_stats *stats);
/* "Hits: N" at the end of a hist trigger's file, and "Dropped: N". */
int parse_hist_trigger(FILE *file, uint64_t *seen, uint64_t *lost);
/* `perf stat -x,`: the counts of all lines. */
int parse_perf_stat(FILE *file, uint64_t *seen);
/*
 * perf.data: samples, and those that it says were lost: by the records in between, or by
 * the counter that newer kernels have, whichever is more.
 */
int parse_perf_data(FILE *file, uint64_t *seen, uint64_t *lost);
/* `trace-cmd report`: lines of the path's iterations. */
int parse_trace_report(FILE *file, uint64_t *seen);
/* `bpftrace -f json`: the map @name, a count or histograms; events that it says were lost. */
int parse_bpftrace(FILE *file, const char *name, uint64_t *seen, uint64_t *lost);

#endif /* BENCH_OBSERVE_PARSE_H */
