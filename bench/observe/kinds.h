/* SPDX-License-Identifier: GPL-2.0 */
/* The kinds of observers, for observe.c alone. */
#ifndef BENCH_OBSERVE_KINDS_H
#define BENCH_OBSERVE_KINDS_H

#include "observe/observe.h"

extern const struct observer_kind kind_ours, kind_ours_quotes, kind_stream;
extern const struct observer_kind kind_bpf, kind_bpf_empty;
extern const struct observer_kind kind_ftrace, kind_ftrace_hist;
extern const struct observer_kind kind_trace_cmd;
extern const struct observer_kind kind_perf_stat, kind_perf_record;
extern const struct observer_kind kind_bpftrace;

#endif /* BENCH_OBSERVE_KINDS_H */
