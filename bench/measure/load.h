/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Load: guests that ask for quotes, each with a TD of its own and a fresh
 * nonce for every request, and every quote verified.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../kernel/emu/tdx_emu_profile.h"
#include "collect/hist.h"
#include "measure/tails.h"
#include "measure/verify.h"

enum load_kind { LOAD_CLOSED, LOAD_OPEN };
enum load_arrivals { ARRIVALS_POISSON, ARRIVALS_FIXED };
enum load_run_as { RUN_AS_THREADS, RUN_AS_PROCESSES };

/**
 * struct load_options - what to do
 * @guests:   TDs
 * @hog:      requests that guest 0 has under way at most; 0 counts as 1, which is
 *            what all others have
 * @kind:     closed: a guest asks again when it has its quote; open: at times
 *            that do not depend on the answers
 * @rate:     open: requests per second of all guests together
 * @arrivals: open: exponential or equal intervals
 * @run_as:   whoever asks is a thread or a process
 * @cpu:      pin all of them to it; -1: as the scheduler likes
 */
struct load_options {
	uint64_t guests;
	uint64_t hog;
	enum load_kind kind;
	uint64_t rate;
	enum load_arrivals arrivals;
	enum load_run_as run_as;
	int cpu;
};

/**
 * struct load_result - what the guests saw
 * @quotes:      requests answered with a quote that is right
 * @wrong:       answered with one that is not
 * @verdicts:    both, by enum quote_verdict
 * @refused:     answered with an error
 * @retries:     told to ask again, which guests did
 * @abandoned:   told so for longer than a guest of Linux waits
 * @fell_back:   left to user space, for the kernel makes no quotes
 * @why:         about the first one that was wrong, refused or abandoned
 * @first_ns, @last_ns: CLOCK_MONOTONIC of the first request and the last answer
 * @actual:      ns from making the call to its return with a quote; from the first
 *               try where it took several
 * @intended:    ns from the time that the call should have been made; the same
 *               as @actual for a closed loop
 * @tails:       @intended by guest
 * @guest_min, @guest_max: quotes of the slowest and of the fastest guest
 */
struct load_result {
	uint64_t quotes;
	uint64_t wrong;
	uint64_t verdicts[QUOTE_NR_VERDICTS];
	uint64_t refused;
	uint64_t retries;
	uint64_t abandoned;
	uint64_t fell_back;
	char why[96];
	uint64_t first_ns;
	uint64_t last_ns;
	struct hist actual;
	struct hist intended;
	struct tails tails;
	uint64_t guest_min;
	uint64_t guest_max;
};

struct load;
struct point;

/*
 * Creates the TDs, on a module that is up with @profile, whose seed is also
 * that of nonces and arrivals. NULL after one line on stderr.
 */
struct load *load_new(const struct tdx_emu_profile *profile, const struct load_options *options);
/*
 * @quotes requests from now, or until load_stop() if 0, all guests starting at
 * once. 0 or -1.
 */
int load_start(struct load *load, uint64_t quotes);
/* Waits until guests have begun to ask; returns when that was. */
uint64_t load_wait_begun(const struct load *load);
/*
 * The module may have another key: lets guests know it. Of a quote that names it
 * they expect this soon, and the old one only for requests made before this.
 */
int load_take_key(struct load *load);
/* Guests finish the request they have made. */
void load_stop(struct load *load);
/* Waits for all guests, with a dot on stderr for each second. */
int load_wait(struct load *load, struct load_result *result);
/* The end of that line, if there is one. */
void load_end_dots(void);
void load_free(struct load *load);

/* What a measurement does with a load made for @point, as its own run(). */
typedef int load_measurer(const struct point *point, struct load *load, json_t *out);
int load_measure(const struct point *point, const struct load_options *options,
		 load_measurer *measure, json_t *out);

#endif /* BENCH_LOAD_H */
