// SPDX-License-Identifier: GPL-2.0
/*
 * A client: asks for a quote as a guest would, again when it is told to, and
 * verifies what it gets. Verifying is its think time, no part of any latency.
 */
#include "measure/client.h"

#include <stdbool.h>
#include <stdio.h>

#include "measure/clock.h"
#include "measure/random.h"

#define TDVMCALL_SUCCESS	0
#define TDVMCALL_RETRY		1
#define GETQUOTE_SUCCESS	0

/* Told to ask again: a pause, twice as long each time. As long as a guest of Linux has patience. */
#define PAUSE_MIN_NS		1000000ULL
#define PAUSE_MAX_NS		16000000ULL
#define PATIENCE_NS		(30 * NSEC_PER_SEC)

/* For the updater to get from the end of an update to telling the new key. */
#define KEY_PATIENCE_NS		NSEC_PER_SEC
#define KEY_LOOK_NS		100000ULL

static void sleep_ns(uint64_t ns)
{
	clock_sleep_until(clock_now() + ns);
}

/* --- telling --- */

static struct load_told *told(const struct client *client)
{
	return &client->shared->told[client->number];
}

/* The first one to have something to say is heard. */
static bool may_say_why(struct load_shared *shared)
{
	return !__atomic_exchange_n(&shared->why_set, 1, __ATOMIC_RELAXED);
}

static void say_why_wrong(struct load_shared *shared, const char *why)
{
	if (may_say_why(shared))
		snprintf(shared->why, sizeof(shared->why), "%s", why);
}

static void say_why_refused(struct load_shared *shared, const struct tdx_lab_getquote *answer)
{
	if (may_say_why(shared))
		snprintf(shared->why, sizeof(shared->why),
			 "GetQuote answered 0x%llx, status 0x%llx",
			 (unsigned long long)answer->ret, (unsigned long long)answer->status);
}

static void record(const struct client *client, uint64_t actual, uint64_t intended)
{
	struct load_shared *shared = client->shared;
	uint64_t at = __atomic_fetch_add(&shared->nr_samples, 1, __ATOMIC_RELAXED);

	if (at < LOAD_LOG_SIZE)
		shared->samples[at] = (struct load_sample){ actual, intended, client->td };
}

/* --- keys --- */

const struct quote_key *load_newest_key(const struct load_shared *shared)
{
	return &shared->keys[__atomic_load_n(&shared->nr_keys, __ATOMIC_ACQUIRE) - 1];
}

static const struct quote_key *find_key(const struct load_shared *shared, uint64_t epoch)
{
	const struct quote_key *key;

	for (key = load_newest_key(shared); key >= shared->keys; key--)
		if (key->epoch == epoch)
			return key;
	return NULL;
}

/* A quote may be here before the key that its module made has become known. */
static const struct quote_key *wait_for_key(const struct load_shared *shared, uint64_t epoch)
{
	uint64_t give_up = clock_now() + KEY_PATIENCE_NS;
	const struct quote_key *key;

	while (!(key = find_key(shared, epoch)) && clock_now() < give_up)
		sleep_ns(KEY_LOOK_NS);
	return key;
}

/* --- a quote --- */

static enum quote_verdict verify(struct client *client, const uint8_t nonce[64],
				 const struct quote_key *key, const uint8_t *quote, uint32_t len,
				 const char **why)
{
	const struct quote_expect expect = { .nonce = nonce, .mrtd = client->mrtd, .key = key };
	uint64_t serial;

	return quote_verify(client->verifier, quote, len, &expect, &serial, why);
}

/*
 * The newest key will nearly always do. If not, the quote may be of an update's
 * other side: it must be good under the key that it names, and that one must not
 * have been replaced before the request was made, when @oldest was in force.
 */
static enum quote_verdict judge(struct client *client, const uint8_t nonce[64], uint64_t oldest,
				const char **why)
{
	const struct quote_key *key = load_newest_key(client->shared);
	enum quote_verdict verdict;
	const uint8_t *quote;
	uint64_t epoch;
	uint32_t len;

	quote = td_quote(&client->buffer, &len);
	if (!quote) {
		*why = "header of the answer makes no sense";
		return QUOTE_DAMAGED;
	}

	verdict = verify(client, nonce, key, quote, len, why);
	if (verdict != QUOTE_WRONG_KEY || quote_epoch(client->verifier, quote, len, &epoch) ||
	    epoch == key->epoch || epoch < oldest)
		return verdict;

	key = wait_for_key(client->shared, epoch);
	return key ? verify(client, nonce, key, quote, len, why) : verdict;
}

static void check(struct client *client, const uint8_t nonce[64], uint64_t oldest)
{
	const char *why = NULL;
	enum quote_verdict verdict = judge(client, nonce, oldest, &why);

	told(client)->verdicts[verdict]++;
	if (verdict != QUOTE_RIGHT)
		say_why_wrong(client->shared, why);
}

/* --- one request --- */

/*
 * GetQuote until the answer is another one than to ask again; @oldest is the
 * epoch that was in force as the module was asked last.
 */
static int ask(struct client *client, struct tdx_lab_getquote *answer, uint64_t *oldest)
{
	uint64_t pause = PAUSE_MIN_NS, give_up = clock_now() + PATIENCE_NS;

	for (;;) {
		*oldest = load_newest_key(client->shared)->epoch;
		if (td_getquote(&client->buffer, answer))
			return -1;
		if (answer->user || answer->ret != TDVMCALL_RETRY)
			return 0;

		told(client)->retries++;
		if (clock_now() >= give_up)
			return 0;
		sleep_ns(pause);
		pause = pause * 2 < PAUSE_MAX_NS ? pause * 2 : PAUSE_MAX_NS;
	}
}

static void count_unanswered(struct client *client, const struct tdx_lab_getquote *answer)
{
	if (answer->user) {
		told(client)->fell_back++;
		return;
	}
	if (answer->ret == TDVMCALL_RETRY)
		told(client)->abandoned++;
	else
		told(client)->refused++;
	say_why_refused(client->shared, answer);
}

/*
 * @intended is when the call should be made; 0 is "as soon as it can". 1 when it
 * was answered with a quote, 0 when not, -1 after one line on stderr.
 */
static int request(struct client *client, uint64_t intended)
{
	struct tdx_lab_getquote answer;
	uint64_t start, end, oldest, nonce[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		nonce[i] = random_next(&client->nonces);
	if (td_request(&client->buffer, (const uint8_t *)nonce))
		return -1;

	if (intended)
		clock_sleep_until(intended);
	start = clock_now();
	if (ask(client, &answer, &oldest))
		return -1;
	end = clock_now();

	told(client)->last_ns = end;
	if (answer.user || answer.ret != TDVMCALL_SUCCESS || answer.status != GETQUOTE_SUCCESS) {
		count_unanswered(client, &answer);
		return 0;
	}
	record(client, end - start, end - (intended ? intended : start));
	check(client, (const uint8_t *)nonce, oldest);
	return 1;
}

/* --- the two loops --- */

static bool stopped(const struct load_shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

/* Without a quote it takes a rest: where there are none, all would do nothing but ask. */
static int closed_loop(struct client *client)
{
	struct load_shared *shared = client->shared;
	int got;

	while (!stopped(shared) &&
	       __atomic_fetch_sub(&shared->tickets, 1, __ATOMIC_RELAXED) > 0) {
		got = request(client, 0);
		if (got < 0)
			return -1;
		if (!got)
			sleep_ns(PAUSE_MAX_NS);
	}
	return 0;
}

static double next_interval(const struct load_options *options, uint64_t *state)
{
	double mean = (double)NSEC_PER_SEC / (double)options->rate;

	if (options->arrivals == ARRIVALS_FIXED)
		return mean;
	return random_exponential(state, mean);
}

/*
 * One stream of arrivals for all: every client draws all of it from the seed and
 * takes each arrival whose turn is its own.
 */
static int open_loop(struct client *client)
{
	const struct load_shared *shared = client->shared;
	uint64_t state = client->arrivals;
	double at = 0;
	uint64_t i;

	for (i = 0; i < shared->arrivals && !stopped(shared); i++) {
		if (i % client->nr_clients == client->number &&
		    request(client, shared->start_ns + (uint64_t)at) < 0)
			return -1;
		at += next_interval(client->options, &state);
	}
	return 0;
}

int client_run(struct client *client)
{
	clock_sleep_until(client->shared->start_ns);
	return client->options->kind == LOAD_OPEN ? open_loop(client) : closed_loop(client);
}
