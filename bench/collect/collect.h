/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The collectors: BPF programs that watch the quoting path, and what they saw.
 *
 *	collect_open()		load
 *	collect_start()		attach
 *	collect_peek()		fill in what some of them saw so far, optional
 *	collect_stop()		detach, then fill in the results
 *	collect_close()
 */
#ifndef BENCH_COLLECT_H
#define BENCH_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../bpf/iterations.h"
#include "../../bpf/pool.h"
#include "../../bpf/quotes.h"
#include "../../bpf/state.h"
#include "../../bpf/tds.h"
#include "../../bpf/update.h"
#include "collect/hist.h"

enum {
	COLLECT_ITERATIONS	= 1 << 0,
	COLLECT_PREEMPTION	= 1 << 1,	/* counts iterations too, no histograms */
	COLLECT_QUOTES		= 1 << 2,
	COLLECT_POOL		= 1 << 3,
	COLLECT_UPDATE		= 1 << 4,
	COLLECT_EMPTY		= 1 << 5,	/* a program that does nothing, to compare costs */
	COLLECT_TDS		= 1 << 6,
	COLLECT_STATE		= 1 << 7,
};

#define COLLECT_MAX		8

/**
 * struct collect_opts - what to watch, all optional
 * @threads, @nr_threads: ids of threads whose wake-ups are timed
 * @ignore_timer_function: address of a timer function whose timers do not count
 */
struct collect_opts {
	const pid_t *threads;
	unsigned int nr_threads;
	uint64_t ignore_timer_function;
};

/**
 * struct collect_leaf - iterations of one leaf
 * @duration, @gap: ns, per iteration
 * @iterations: entries per call, of calls that the module ended
 * @entries, @resumable, @success, @failed: as in struct tdx_lab_leaf_count
 * @again: of @failed, turned away for now, which need not have ended a call
 */
struct collect_leaf {
	struct hist duration;
	struct hist gap;
	struct hist iterations;
	uint64_t entries;
	uint64_t resumable;
	uint64_t success;
	uint64_t failed;
	uint64_t again;
};

struct collect_iterations {
	struct collect_leaf leaf[ITERATIONS_NR_LEAVES];
};

/**
 * struct collect_preemption - who had to wait
 * @seam:   lateness of hrtimers that expired while their CPU was in SEAM, ns
 * @other:  of all other hrtimers, ns
 * @stay:   each stay in SEAM, ns
 * @wakeup: chosen threads, waking to running, ns
 */
struct collect_preemption {
	struct hist seam;
	struct hist other;
	struct hist stay;
	struct hist wakeup;
};

struct collect_td {
	uint64_t tdr;
	struct quotes_td sum;
};

/**
 * struct collect_quotes - quotes that ended
 * @count, @errors, @untimed, @answers: see struct quotes_count
 * @part: ns, by enum quotes_part
 * @tds, @nr_tds: every TD seen, by TDR
 */
struct collect_quotes {
	uint64_t count;
	uint64_t errors;
	uint64_t untimed;
	uint64_t answers[QUOTES_NR_ANSWERS];
	struct hist part[QUOTES_NR_PARTS];
	struct collect_td *tds;
	size_t nr_tds;
};

/* @seen.since is when it was read, and @seen.waited is up to then. */
struct collect_live_td {
	uint64_t tdr;
	struct tds_td seen;
};

/* Every TD seen, by TDR. */
struct collect_tds {
	struct collect_live_td *td;
	size_t nr;
};

struct collector;
struct bpf_object_skeleton;

/**
 * struct collect_watch - one collector at work; private
 * @collector: which
 * @skeleton:  its own type
 * @base:      what all skeletons have in common
 * @missed:    events missed before it was opened
 * @running:   its programs are attached
 */
struct collect_watch {
	const struct collector *collector;
	void *skeleton;
	struct bpf_object_skeleton *base;
	uint64_t missed;
	bool running;
};

/**
 * struct collect - what was seen, some 250 KiB
 * @lost: events that no collector could count; 0 or the results are incomplete
 */
struct collect {
	uint64_t lost;
	struct collect_iterations iterations;
	struct collect_preemption preemption;
	struct collect_quotes quotes;
	struct pool_cpu pool;
	struct update_cpu update;
	struct collect_tds tds;
	struct state_seen state;

	struct collect_watch watches[COLLECT_MAX];
	unsigned int nr_watches;
};

/*
 * Each returns 0, or -1 after one line on stderr. After a failed open nothing
 * is left to close; after any other failure collect_close() is still due.
 */
int collect_open(struct collect *collect, unsigned int which, const struct collect_opts *opts);
int collect_start(struct collect *collect);
/* @which: those to be asked; of the others only lost events are filled in. */
int collect_peek(struct collect *collect, unsigned int which);
int collect_stop(struct collect *collect);
void collect_close(struct collect *collect);

/* Results of nothing seen. */
void collect_clear(struct collect *collect);

#endif /* BENCH_COLLECT_H */
