/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a capture tells about a TDX module and about those who asked it, as numbers:
 * one pass over the records, bounded memory, and nothing guessed yet. estimate.h
 * makes a profile of them, load_shape.h a load, and replay.h compares two of them.
 */
#ifndef BENCH_OBSERVE_H
#define BENCH_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/events.h"
#include "replay/sample.h"
#include "trace/capture.h"

#define OBSERVE_NR_TICKS	5	/* lengths of the kernel's tick that are tried */

extern const uint64_t observe_ticks[OBSERVE_NR_TICKS];

#define STAY_DONE	1
#define STAY_CUT	2
#define STAY_NS(value)	((value) >> 2)

/**
 * struct observed_stays - stays in TDH.QUOTE.GET of one sort
 * @all:  lengths without the interrupts handled in them, times 4; +1: the quote was done;
 *        +2: an interrupt came
 * @left: that the module left half-way
 * @cut:  of these, how many an interrupt ended
 */
struct observed_stays {
	struct sample all;
	uint64_t left, cut;
};

/**
 * struct observed_call - a call of the module from its first entry to its last exit
 */
struct observed_call {
	uint64_t from, to, tdr;
};

/**
 * struct observed - all of it
 * @seam, @total, @gap, @wait, @iterations, @bytes: of quotes that were made, and are
 *            in the capture as a whole
 * @net:      @seam without the interrupts handled meanwhile
 * @left:     stays that the module left half-way, as recorded: the slices
 * @first, @later: stays by their place in the call
 * @at_once:  quotes with a first stay of less than 4 fifths of the second one
 * @resumed:  quotes with more than one stay
 * @overlaps: stays during which another CPU was in the module
 * @longest:  stay
 * @done, @done_cut: stays in which the quote was done, and with an interrupt at that
 * @coherence: 0 to 1, for each of observe_ticks: do stays end at its phase?
 * @context:  interrupts were recorded too
 * @entered:  calls of TDH.QUOTE.GET that the module has begun
 * @entropy_calls, @entropy_times: that had to be tried again for want of entropy
 * @busy_calls, @busy_times: because the module was busy
 * @calls, @busies: for the slots; of the latter @from is the time
 * @ext_init, @quote_init: time in SEAM of each
 * @mem_add_ns, @mem_add_pages: of TDH.EXT.MEM.ADD, sums
 * @pool_pages: that the module asked for, if @pool
 * @quotes:   that have ended; @failed of them without a quote
 * @broken:   that are not in the capture as a whole
 * @tds:      that asked; @hog: requests under way in one at once, the most
 * @in_flight: in all of them, the most
 * @cpus:     the highest on which a quote was made, plus 1
 * @buffers:  index of the highest, plus 1; 0 if none was seen
 * @arrivals: from one request to the next
 * @busy_ns, @idle_ns: TDs with a request under way, and between two
 * @first_ns, @last_ns: of requests and answers
 * @lost:     events, by the capture's end; @cut_short: it has none
 */
struct observed {
	struct sample seam, net, total, gap, wait, iterations, bytes;
	struct sample left;
	struct observed_stays first, later;
	uint64_t at_once, resumed;
	uint64_t stays, overlaps, longest, done, done_cut;
	double coherence[OBSERVE_NR_TICKS];
	bool context;
	uint64_t entered;
	uint64_t entropy_calls, entropy_times;
	uint64_t busy_calls, busy_times;
	struct observed_call *calls, *busies;
	uint32_t nr_calls, nr_busies;
	struct sample ext_init, quote_init;
	uint64_t mem_add_ns, mem_add_pages;
	bool pool;
	uint64_t pool_pages;
	uint64_t quotes, failed, broken;
	uint32_t tds, hog, in_flight, cpus, buffers;
	struct sample arrivals;
	uint64_t busy_ns, idle_ns;
	uint64_t first_ns, last_ns;
	uint64_t lost;
	bool cut_short;
};

struct observer;

struct observer *observe_begin(void);
void observe_add(struct observer *observer, const struct events_head *event);
/* Frees the observer. */
struct observed *observe_end(struct observer *observer);
void observed_free(struct observed *seen);

/* A whole file. NULL and one line in @error; @about is a new reference, or NULL to do without. */
struct observed *observe_file(const char *path, json_t **about, char error[CAPTURE_ERROR]);

#endif /* BENCH_OBSERVE_H */
