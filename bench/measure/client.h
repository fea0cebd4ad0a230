/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client: one request of a guest at a time, again and again. For load.c alone.
 *
 * All that clients tell lies in memory shared with them, so that a client may be
 * a thread or a process. Latencies go to a log with a place for every quote:
 * nothing is dropped and nothing is computed while the clock runs.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "measure/lab.h"
#include "measure/load.h"
#include "measure/verify.h"

#define LOAD_LOG_SIZE	(1U << 20)	/* quotes; untouched pages cost nothing */
#define LOAD_MAX_KEYS	256

/**
 * struct load_sample - one quote
 * @actual, @intended: latency, see struct load_result
 * @td: whose
 */
struct load_sample {
	uint64_t actual;
	uint64_t intended;
	uint32_t td;
};

/* What one client tells, see struct load_result; cache lines of its own. */
struct load_told {
	uint64_t verdicts[QUOTE_NR_VERDICTS];
	uint64_t refused;
	uint64_t retries;
	uint64_t abandoned;
	uint64_t fell_back;
	uint64_t last_ns;
} __attribute__((aligned(64)));

/**
 * struct load_shared - what clients and those who watch them share
 * @start_ns: when all of them begin
 * @tickets:  closed: requests left to make, for whoever comes
 * @arrivals: open: requests of all clients together
 * @nr_keys:  of @keys; the last is in force, and the module has had the others
 */
struct load_shared {
	uint64_t start_ns;
	int64_t tickets;
	uint64_t arrivals;
	int stop;
	int why_set;
	char why[96];
	unsigned int nr_keys;
	struct quote_key keys[LOAD_MAX_KEYS];
	uint64_t nr_samples;
	struct load_sample samples[LOAD_LOG_SIZE];
	struct load_told told[];
};

/**
 * struct client - one that asks
 * @options:  of the load
 * @shared:   with all others
 * @number:   of @nr_clients
 * @td:       number of its TD
 * @mrtd:     that TD's measurement
 * @buffer:   its own stretch of the TD's shared memory
 * @nonces:   random stream
 * @arrivals: open: random stream, the same for all
 * @thread, @pid: whichever it is
 */
struct client {
	const struct load_options *options;
	struct load_shared *shared;
	unsigned int number;
	unsigned int nr_clients;
	unsigned int td;
	const uint8_t *mrtd;
	struct td_buffer buffer;
	struct verifier *verifier;
	uint64_t nonces;
	uint64_t arrivals;
	pthread_t thread;
	pid_t pid;
};

/* The key in force. */
const struct quote_key *load_newest_key(const struct load_shared *shared);

/* Asks for quotes until there are no more to ask for. 0, or -1 after one line on stderr. */
int client_run(struct client *client);

#endif /* BENCH_CLIENT_H */
