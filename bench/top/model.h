/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of tdxbench top: what happened between two samples. Knows neither where
 * samples come from nor how numbers are shown.
 */
#ifndef BENCH_TOP_MODEL_H
#define BENCH_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/collect.h"

/**
 * struct top_lab - what the lab module itself says, where there is one
 * @there:   it has said something
 * @up:      its module was brought up
 * @failed:  there will be no quotes
 * @ready:   extensions and quoting were initialised
 * @quoting: enum state_quoting
 * @in_flight: quotes that wait for a buffer or have one
 * @pool_pages: 4 KiB pages that its module owns
 */
struct top_lab {
	bool there;
	bool up;
	bool failed;
	bool ready;
	uint32_t quoting;
	uint64_t in_flight;
	uint64_t pool_pages;
};

/**
 * struct top_sample - everything since the start, as read at one time
 * @ns:     CLOCK_MONOTONIC
 * @cpu_ns: CPU time of this process
 * @lost:   events that no collector could count
 * @seam, @outside: lateness of timers that expired with their CPU in SEAM, and of others
 * @iterations, @tds, @state: as the collectors have them; the sample owns @tds
 * @unseen: quotes begun before the start, see top_sample_settle()
 */
struct top_sample {
	uint64_t ns;
	uint64_t cpu_ns;
	uint64_t lost;
	struct collect_iterations iterations;
	struct hist seam;
	struct hist outside;
	struct collect_tds tds;
	struct state_seen state;
	struct top_lab lab;
	uint64_t unseen;
};

/* Nothing, seen at @ns. */
void top_sample_init(struct top_sample *sample, uint64_t ns);
/*
 * Quotes that the lab counts and no TD has began before the start, or in the moment between
 * two readings. Of the former there are never more than there were: @before is the sample
 * before, NULL for the first.
 */
void top_sample_settle(struct top_sample *sample, const struct top_sample *before);
void top_sample_free(struct top_sample *sample);

/*
 * Values by size, ns. @max is an upper bound: a difference of histograms has no exact one.
 * At most 1/32 above the largest value, 1/16 for a TD; exact where the largest value since
 * the start is among these.
 */
struct top_spread {
	uint64_t count;
	uint64_t p50;
	uint64_t p99;
	uint64_t max;
};

/**
 * struct top_leaf - one leaf
 * @iterations: times the module was entered
 * @calls:      that the module ended
 * @per_call:   iterations of these, on average; 0 if there were none
 * @seam, @gap: time in the module, and until it was entered again
 */
struct top_leaf {
	uint64_t iterations;
	uint64_t calls;
	double per_call;
	struct top_spread seam;
	struct top_spread gap;
};

/**
 * struct top_td - one TD, or all of them
 * @tdr:     which
 * @quotes:  that ended with a quote
 * @errors:  that ended without
 * @total:   from the begin to the end of those with a quote
 * @waiting: now, for a buffer
 * @open:    quotes under way now, waiting or not
 * @waited:  ns that its quotes have waited for a buffer, those too that wait still
 * @share:   of all TDs' @waited, percent
 */
struct top_td {
	uint64_t tdr;
	uint64_t quotes;
	uint64_t errors;
	struct top_spread total;
	uint32_t waiting;
	uint32_t open;
	uint64_t waited;
	double share;
};

enum top_ext { TOP_EXT_UNKNOWN, TOP_EXT_DOWN, TOP_EXT_ABSENT, TOP_EXT_READY, TOP_EXT_FAILED };
enum top_quoting {
	TOP_QUOTING_UNKNOWN, TOP_QUOTING_UNAVAILABLE, TOP_QUOTING_AVAILABLE, TOP_QUOTING_UPDATING,
};

/**
 * struct top_model - the numbers
 * @ns:       between the samples
 * @up_ns:    since the start
 * @cpu:      percent of one CPU that this process took; BPF programs run on others' account
 * @lost:     events lost since the start, whatever the interval
 * @pool_known: @pool_pages is what the module owns, and not what it took since the start
 * @updates, @update_errors: ended since the start, and failed of these
 * @updating: one is under way
 * @in_flight: quotes under way now
 * @unseen:   of these, begun before the start: neither as waiting nor in @td
 * @all:      of TDs: the sum; its @total is of all quotes
 * @td, @nr_tds: by TDR, until sorted
 */
struct top_model {
	uint64_t ns;
	uint64_t up_ns;
	double cpu;
	uint64_t lost;
	enum top_ext ext;
	enum top_quoting quoting;
	bool pool_known;
	uint64_t pool_pages;
	uint64_t updates;
	uint64_t update_errors;
	bool updating;
	uint64_t in_flight;
	uint64_t unseen;
	struct top_leaf leaf[ITERATIONS_NR_LEAVES];
	struct top_spread timer_seam;
	struct top_spread timer_outside;
	struct top_td all;
	struct top_td *td;
	size_t nr_tds;
};

enum top_sort { TOP_SORT_RATE, TOP_SORT_P99, TOP_SORT_WAITING, TOP_SORT_SHARE, TOP_SORT_TD,
		TOP_NR_SORTS };

extern const char *const top_sort_words[TOP_NR_SORTS + 1];
/* Names in the order of enum iterations_index, NULL behind the last. */
extern const char *const top_leaf_names[ITERATIONS_NR_LEAVES + 1];

/*
 * @start: the sample in the beginning. With @before as @start the numbers are those since
 * then. The model is to be freed; the program ends where there is no memory for it.
 */
void top_model(struct top_model *model, const struct top_sample *now,
	       const struct top_sample *before, const struct top_sample *start);
void top_model_sort(struct top_model *model, enum top_sort sort);
/* Drops all TDs but these; the sum stays that of all. */
void top_model_keep(struct top_model *model, const uint64_t *tdr, size_t nr);
void top_model_free(struct top_model *model);

/* Per second. */
static inline double top_rate(const struct top_model *model, uint64_t count)
{
	return model->ns ? (double)count * 1e9 / (double)model->ns : 0;
}

#endif /* BENCH_TOP_MODEL_H */
