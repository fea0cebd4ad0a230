/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Single events counted as the collectors of bpf/ count them: from a capture to what a
 * run would have seen.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include "collect/collect.h"
#include "trace/event.h"

/* @collect: zeroed, or of an earlier tally. Memory is bounded, whatever comes. */
void tally_begin(struct collect *collect);
void tally_event(struct collect *collect, const union event *event);
/* Derives what is left to derive; collect_close() frees the rest. */
void tally_end(struct collect *collect);

#endif /* BENCH_TALLY_H */
