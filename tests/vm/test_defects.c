// SPDX-License-Identifier: GPL-2.0
/*
 * The defects seen in the series of June 2026, as experiments: each is shown
 * with the policy "posted", and its absence with "default", on the same scenario;
 * where one knob cures it, with "posted" and that knob alone as well.
 *
 *   1  a resumed or repeated call gets its own outputs as inputs, and is not brought
 *      back to the CPU where it was left
 *   2  the module reads its input from the page it writes its output to
 *   3  a request waits unkillably, keeps its CPU, and keeps all other TDs waiting
 *   4  an update makes keys with the whole machine stopped
 *   5  an update overtakes a quote that the module was left with, or keeps the machine
 *      waiting for one
 *   6  once re-initialisation has failed, guests are never left to user space
 *   7  an update that drops a feature or makes quotes grow is not noticed
 *   8  a busy module is taken for a broken one
 *   9  all causes look the same to the guest
 *  12  what one tenant's quote left in the buffer can reach the next tenant
 *
 * Four cannot exist in the lab, which has neither KVM nor real TDs: 10 and 11 are
 * about who answers a guest and about memory that changes between private and
 * shared, 13 and 14 about what hardware does to pages that stay encrypted.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/measure/client.h"
#include "../../bench/measure/clock.h"
#include "../../bench/measure/tails.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

#define TRACING		"/sys/kernel/tracing"
#define PREEMPT_MODE	"/sys/kernel/debug/sched/preempt"

/* "posted" is all zeros. */
#define POSTED_WITH(...)	(&(const struct tdx_quote_policy){ __VA_ARGS__ })

/* Module of the profile, one TD, one request. */
static enum outcome one_quote(const struct tdx_quote_policy *policy)
{
	enum outcome outcome = REFUSED;
	struct td_buffer buffer;
	struct td td;

	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		buffer = whole(&td);
		outcome = ask(&buffer, 1);
		td_destroy(&td);
	}
	down();
	return outcome;
}

/* --- 1: clobbered inputs --- */

static void expect_clobbered(void)
{
	profile.outputs = TDX_EMU_OUTPUTS_POISON;
	EXPECT_EQUAL(one_quote(&posted), UNAVAILABLE);
	EXPECT_EQUAL(one_quote(&best), GOOD);
	EXPECT_EQUAL(one_quote(POSTED_WITH(.resume_args = TDX_RESUME_SAVED)), GOOD);
	default_profile();
}

static void test_1_resume(void)
{
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 10;
	expect_clobbered();
}

static void test_1_entropy(void)
{
	profile.yield = TDX_EMU_YIELD_NEVER;
	profile.fault_leaf = TDX_EMU_FAULT_QUOTE_GET;
	profile.fault_status = TDX_EMU_STATUS_NO_ENTROPY;
	profile.fault_times = 3;
	expect_clobbered();
}

#define MOVES_NS	(MSEC / 5)	/* longer than a slice: so a call gets on */

static atomic_bool mover_stop;

/* Sends guests from CPU to CPU. */
static void *mover_thread(void *arg)
{
	const unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int turn;

	(void)arg;
	for (turn = 0; !atomic_load(&mover_stop); turn++) {
		clock_sleep_until(clock_now() + MOVES_NS);
		move_threads(turn % cpus);
	}
	return NULL;
}

/**
 * struct traffic - guests that do not stay on their CPUs
 * @guests:   how many
 * @moved:    sent around; else it is the scheduler that moves them
 * @quote_ns: of a quote
 * @ms:       how long
 */
struct traffic {
	unsigned int guests;
	bool moved;
	uint64_t quote_ns;
	unsigned int ms;
};

static void run_traffic(const struct traffic *traffic, struct storm_counts *counts)
{
	pthread_t mover;

	atomic_store(&mover_stop, false);
	storm_start(traffic->guests);
	if (traffic->moved)
		pthread_create(&mover, NULL, mover_thread, NULL);
	usleep(traffic->ms * 1000);
	atomic_store(&mover_stop, true);
	if (traffic->moved)
		pthread_join(mover, NULL);
	storm_stop(counts);
}

/* A module that wants its calls back on the CPU where they were left. */
static struct storm_counts quotes_in(const struct traffic *traffic,
				     const struct tdx_quote_policy *policy)
{
	struct storm_counts counts = {};
	uint64_t elsewhere = 0;
	char text[160];

	profile.resume_cpu = TDX_EMU_CPU_SAME;
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 10;
	profile.quote_ns = traffic->quote_ns;
	if (up(policy)) {
		run_traffic(traffic, &counts);
		elsewhere = leaf_count(TDX_LAB_LEAF_QUOTE_GET).failed;
	}
	down();
	default_profile();
	printf("# %u guests: %s; %llu calls resumed on another CPU\n", traffic->guests,
	       storm_text(&counts, text), (unsigned long long)elsewhere);
	EXPECT(elsewhere > 0);
	return counts;
}

static void expect_brought_back(const struct traffic *traffic)
{
	struct storm_counts counts;

	counts = quotes_in(traffic, POSTED_WITH(.buffers = TDX_BUFFERS_PER_CALL));
	EXPECT(counts.of[UNAVAILABLE] > 0);
	counts = quotes_in(traffic, &best);
	EXPECT(counts.of[GOOD] > 0);
	EXPECT_EQUAL(counts.of[GOOD], storm_requests(&counts));
}

static void test_1_sent_around(void)
{
	expect_brought_back(&(struct traffic){ 3, true, MSEC, 100 });
}

static void test_1_crowd(void)
{
	expect_brought_back(&(struct traffic){ 32, false, 5 * MSEC, 300 });
}

/* --- 2: input in page 0 of the output --- */

static void test_2_alias(void)
{
	profile.input_read = TDX_EMU_INPUT_REREAD;
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 10;
	EXPECT(one_quote(&posted) != GOOD);
	EXPECT_EQUAL(one_quote(&best), GOOD);
	EXPECT_EQUAL(one_quote(POSTED_WITH(.input_page = TDX_INPUT_SEPARATE)), GOOD);
	default_profile();
}

/* --- 3: waiting --- */

#define LONG_QUOTE	(200 * MSEC)

static void await_in_flight(unsigned int requests)
{
	struct tdx_lab_info info;
	unsigned int ms;

	for (ms = 0; ms < 100; ms++) {
		EXPECT(!lab_info(&info));
		if (info.in_flight == requests)
			return;
		usleep(1000);
	}
	EXPECT_EQUAL(info.in_flight, requests);
}

/*
 * One request more than there are buffers: ns from SIGKILL to the end of the last
 * one. @killed: it got no answer, for it was waiting.
 */
static uint64_t time_to_kill(const struct tdx_quote_policy *policy, uint64_t *killed)
{
	struct tdx_lab_counters counters = {};
	struct td tds[STORM_MAX_GUESTS + 1];
	pid_t pids[STORM_MAX_GUESTS + 1];
	struct tdx_lab_info info;
	uint64_t took = 0;
	unsigned int nr, i;
	uint8_t nonce[64];

	make_nonce(nonce, 5);
	profile.quote_ns = LONG_QUOTE;
	if (!up(policy) || !EXPECT(!lab_info(&info)))
		goto out;
	nr = (policy->buffers == TDX_BUFFERS_SHARED ? 1 : info.nr_buffers) + 1;
	for (i = 0; i < nr; i++) {
		struct td_buffer buffer;

		EXPECT(!td_create(&tds[i], SHARED_SIZE));
		buffer = whole(&tds[i]);
		EXPECT(!td_request(&buffer, nonce));
		pids[i] = quoting_child(&buffer);
		await_in_flight(i + 1);
	}
	took = kill_and_wait(pids[nr - 1]);
	for (i = 0; i + 1 < nr; i++)
		waitpid(pids[i], NULL, 0);
	EXPECT(!lab_counters(&counters));
	EXPECT_EQUAL(counters.getquote_ok + counters.getquote_killed, nr);
	for (i = 0; i < nr; i++)
		td_destroy(&tds[i]);
out:
	down();
	default_profile();
	*killed = counters.getquote_killed;
	return took;
}

static void test_3_kill(void)
{
	uint64_t with_posted, with_default, killed;

	with_posted = time_to_kill(&posted, &killed);
	EXPECT_EQUAL(killed, 0);
	with_default = time_to_kill(&best, &killed);
	EXPECT_EQUAL(killed, 1);

	printf("# SIGKILL to exit: posted %.3f ms, default %.3f ms\n",
	       (double)with_posted / MSEC, (double)with_default / MSEC);
	EXPECT(with_posted > LONG_QUOTE / 2);
	EXPECT(with_default < LONG_QUOTE / 5);

	/*
	 * A killable mutex is no cure by itself: who waits for it spins while its
	 * owner is in the module, and does not look for signals.
	 */
	EXPECT(time_to_kill(POSTED_WITH(.wait = TDX_WAIT_KILLABLE,
					.buffers = TDX_BUFFERS_PER_CALL), &killed) <
	       LONG_QUOTE / 5);
	EXPECT_EQUAL(killed, 1);
}

static atomic_bool neighbour_stop;

/* A normal task beside the guest on CPU 0: the longest it waits for the CPU. */
static void *neighbour_thread(void *arg)
{
	uint64_t *longest = arg;

	pin_to(0);
	while (!atomic_load(&neighbour_stop)) {
		uint64_t due = clock_now() + MSEC;
		uint64_t late;

		clock_sleep_until(due);
		late = clock_now() - due;
		*longest = late > *longest ? late : *longest;
	}
	return NULL;
}

static void *pinned_guest_thread(void *td)
{
	unsigned int i;

	pin_to(0);
	for (i = 0; i < 3; i++)
		quote_is_good(td, i);
	return NULL;
}

/* On a kernel that does not preempt its own code by itself. */
static uint64_t longest_wait(const struct tdx_quote_policy *policy)
{
	pthread_t guest, neighbour;
	uint64_t longest = 0;
	struct td td;

	profile.engine = TDX_EMU_BURN;
	profile.slice_ns = 5000;
	profile.quote_ns = 60 * MSEC;
	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		write_file(PREEMPT_MODE, "none");
		atomic_store(&neighbour_stop, false);
		pthread_create(&neighbour, NULL, neighbour_thread, &longest);
		pthread_create(&guest, NULL, pinned_guest_thread, &td);
		pthread_join(guest, NULL);
		atomic_store(&neighbour_stop, true);
		pthread_join(neighbour, NULL);
		write_file(PREEMPT_MODE, "full");
		td_destroy(&td);
	}
	down();
	default_profile();
	return longest;
}

/* From Linux 7.0 on x86 has kernels with full preemption only, or nearly so. */
static bool kernel_does_without_preemption(void)
{
	char modes[64];

	read_file(PREEMPT_MODE, modes, sizeof(modes));
	return strstr(modes, "none");
}

static void test_3_cpu(void)
{
	uint64_t with_posted, with_default;

	if (!kernel_does_without_preemption()) {
		ktap_skip("this kernel always preempts");
		return;
	}

	with_posted = longest_wait(&posted);
	with_default = longest_wait(&best);
	printf("# a task's longest wait beside quotes of 60 ms: posted %.3f ms, default %.3f ms\n",
	       (double)with_posted / MSEC, (double)with_default / MSEC);
	EXPECT(with_posted > 50 * MSEC);
	EXPECT(with_default < 10 * MSEC);
	EXPECT(longest_wait(POSTED_WITH(.resched = TDX_RESCHED_COND)) < 10 * MSEC);
}

static uint64_t quotes_of_four(const struct tdx_quote_policy *policy)
{
	struct storm_counts counts = {};

	profile.quote_ns = 5 * MSEC;
	if (up(policy)) {
		storm_start(4);
		usleep(60000);
		storm_stop(&counts);
		EXPECT_EQUAL(counts.of[GOOD], storm_requests(&counts));
	}
	down();
	default_profile();
	return counts.of[GOOD];
}

static void test_3_one_lock(void)
{
	uint64_t with_posted = quotes_of_four(&posted), with_default = quotes_of_four(&best);

	printf("# 4 TDs on 4 CPUs in 60 ms: posted %llu quotes, default %llu\n",
	       (unsigned long long)with_posted, (unsigned long long)with_default);
	EXPECT(with_posted > 0);
	EXPECT(with_default >= 2 * with_posted);
	EXPECT(quotes_of_four(POSTED_WITH(.buffers = TDX_BUFFERS_PER_CALL)) >= 2 * with_posted);
}

#define GREEDY	24

/* Of so many requests of one TD at once, those that are told to come back. */
static unsigned int turned_away(const struct tdx_quote_policy *policy)
{
	unsigned int i, away = 0;
	pid_t pids[GREEDY];
	uint8_t nonce[64];
	struct td td;

	make_nonce(nonce, 3);
	profile.quote_ns = LONG_QUOTE / 2;
	if (!up(policy) || !EXPECT(!td_create(&td, GREEDY * SHARED_SIZE)))
		goto out;
	for (i = 0; i < GREEDY; i++) {
		struct td_buffer buffer = td_buffer(&td, i, SHARED_SIZE);

		EXPECT(!td_request(&buffer, nonce));
		pids[i] = quoting_child(&buffer);
	}
	for (i = 0; i < GREEDY; i++) {
		int status = 0;

		waitpid(pids[i], &status, 0);
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) <= RET_RETRY);
		away += WIFEXITED(status) && WEXITSTATUS(status) == RET_RETRY;
	}
	td_destroy(&td);
out:
	down();
	default_profile();
	return away;
}

static void test_3_limit(void)
{
	EXPECT_EQUAL(turned_away(&posted), 0);
	EXPECT_EQUAL(turned_away(&best), GREEDY - 16);
	EXPECT_EQUAL(turned_away(POSTED_WITH(.limit = TDX_LIMIT_PER_TD)), GREEDY - 16);
}

/* --- 4: the machine stands still --- */

#define INITS_NS	(60 * MSEC)	/* TDH.EXT.INIT and TDH.QUOTE.INIT */

struct stall {
	uint64_t ns;		/* that the machine was stopped */
	uint64_t entries;	/* of the module for the two */
};

static uint64_t init_entries(void)
{
	return leaf_count(TDX_LAB_LEAF_EXT_INIT).entries +
	       leaf_count(TDX_LAB_LEAF_QUOTE_INIT).entries;
}

static struct stall stall_of_update(const struct tdx_quote_policy *policy, uint64_t engine,
				    uint64_t yield_if)
{
	struct tdx_lab_update update = {};
	struct stall stall = {};
	struct td td;

	profile.engine = engine;
	profile.yield_if = yield_if;
	profile.slice_ns = 10000;
	profile.ext_init_ns = INITS_NS / 3;
	profile.quote_init_ns = INITS_NS - profile.ext_init_ns;
	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		stall.entries = init_entries();
		EXPECT(update_to(&profile, &update));
		stall.entries = init_entries() - stall.entries;
		stall.ns = update.stall_ns;
		quote_is_good(&td, 1);
		td_destroy(&td);
	}
	down();
	default_profile();
	printf("# %s, %s, interrupts off are %s: stalled for %.3f ms, %llu entries\n",
	       policy == &posted ? "posted" : policy == &best ? "default" : "reinit=running",
	       engine == TDX_EMU_BURN ? "burn" : "halt",
	       yield_if == TDX_EMU_IF_IGNORE ? "ignored" : "honoured",
	       (double)stall.ns / MSEC, (unsigned long long)stall.entries);
	return stall;
}

static void expect_honoured(uint64_t engine)
{
	struct stall stall;

	stall = stall_of_update(&posted, engine, TDX_EMU_IF_HONOUR);
	EXPECT(stall.ns >= INITS_NS);
	EXPECT_EQUAL(stall.entries, 2);

	stall = stall_of_update(&best, engine, TDX_EMU_IF_HONOUR);
	EXPECT(stall.ns < INITS_NS / 10);
	stall = stall_of_update(POSTED_WITH(.reinit = TDX_REINIT_RUNNING), engine,
				TDX_EMU_IF_HONOUR);
	EXPECT(stall.ns < INITS_NS / 10);
}

static void test_4_honour_halt(void)
{
	expect_honoured(TDX_EMU_HALT);
}

static void test_4_honour_burn(void)
{
	expect_honoured(TDX_EMU_BURN);
}

/* An interrupt is pending, nothing drains it, so the module is left at once every time. */
static void test_4_ignore(void)
{
	struct stall stall;

	stall = stall_of_update(&posted, TDX_EMU_BURN, TDX_EMU_IF_IGNORE);
	EXPECT(stall.ns >= INITS_NS);
	EXPECT(stall.entries > 1000);

	stall = stall_of_update(&best, TDX_EMU_BURN, TDX_EMU_IF_IGNORE);
	EXPECT(stall.ns < INITS_NS / 10);
	EXPECT(stall.entries < 200);
}

/* --- 5: an update overtakes quotes --- */

#define UPDATES	8

struct overtaken {
	struct storm_counts seen;
	unsigned int refused;		/* updates that the old module refused */
	uint64_t stale;			/* quotes whose key was renewed before they were out */
};

static uint64_t lost(const struct storm_counts *counts)
{
	return counts->of[UNAVAILABLE] + counts->of[ERROR] + counts->of[REFUSED] +
	       counts->of[USER];
}

static struct overtaken updates_in_a_storm(const struct tdx_quote_policy *policy,
					   uint64_t update_calls)
{
	struct tdx_lab_counters counters = {};
	struct overtaken overtaken = {};
	char text[160];
	unsigned int i;

	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 5;
	profile.quote_ns = 3 * MSEC;
	profile.update_calls = update_calls;
	if (up(policy)) {
		storm_start(64);
		for (i = 0; i < UPDATES; i++) {
			struct tdx_lab_update update;

			usleep(7300);
			if (!update_to(&profile, &update))
				overtaken.refused++;
		}
		usleep(7300);
		storm_stop(&overtaken.seen);
		EXPECT(!lab_counters(&counters));
		overtaken.stale = counters.stale_quotes;
	}
	down();
	default_profile();
	printf("# %s: %s; %llu stale, %u of %u updates refused\n",
	       policy == &posted ? "posted" : "default", storm_text(&overtaken.seen, text),
	       (unsigned long long)overtaken.stale, overtaken.refused, UPDATES);
	return overtaken;
}

static void expect_unharmed(uint64_t update_calls)
{
	struct overtaken o = updates_in_a_storm(&best, update_calls);

	EXPECT(o.seen.of[GOOD] > 0);
	EXPECT_EQUAL(o.seen.of[WRONG], 0);
	EXPECT_EQUAL(lost(&o.seen), 0);
	EXPECT_EQUAL(o.stale, 0);
	EXPECT_EQUAL(o.refused, 0);
}

static void test_5_cancel(void)
{
	struct overtaken o = updates_in_a_storm(&posted, TDX_EMU_CALLS_CANCEL);

	EXPECT(lost(&o.seen) + o.seen.of[WRONG] > 0);
	expect_unharmed(TDX_EMU_CALLS_CANCEL);
}

static void test_5_survive(void)
{
	struct overtaken o = updates_in_a_storm(&posted, TDX_EMU_CALLS_SURVIVE);

	EXPECT(o.stale > 0);
	expect_unharmed(TDX_EMU_CALLS_SURVIVE);
}

static void test_5_refuse(void)
{
	struct overtaken o = updates_in_a_storm(&posted, TDX_EMU_CALLS_REFUSE);

	EXPECT(o.refused > 0);
	expect_unharmed(TDX_EMU_CALLS_REFUSE);
}

/* One request in a module that is not left before it is done, and an update meanwhile. */
static struct tdx_lab_update update_beside_call(const struct tdx_quote_policy *policy)
{
	struct tdx_lab_update update = {};
	struct td_buffer buffer;
	uint8_t nonce[64];
	struct td td;
	pid_t pid;

	make_nonce(nonce, 1);
	profile.yield = TDX_EMU_YIELD_NEVER;
	profile.quote_ns = LONG_QUOTE;
	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		buffer = whole(&td);
		EXPECT(!td_request(&buffer, nonce));
		pid = quoting_child(&buffer);
		await_in_flight(1);
		EXPECT(update_to(&profile, &update));
		waitpid(pid, NULL, 0);
		td_destroy(&td);
	}
	down();
	default_profile();
	printf("# %s: drain %.3f ms, stall %.3f ms of %.3f ms\n",
	       policy->update == TDX_UPDATE_EXCLUDED ? "excluded" : "racing",
	       (double)update.drain_ns / MSEC, (double)update.stall_ns / MSEC,
	       (double)update.total_ns / MSEC);
	return update;
}

/* CPUs that have stopped wait for the one that is in the module. */
static void test_5_stall(void)
{
	struct tdx_lab_update update;

	update = update_beside_call(POSTED_WITH(.reinit = TDX_REINIT_RUNNING));
	EXPECT(update.stall_ns > LONG_QUOTE * 9 / 10);
	EXPECT_EQUAL(update.drain_ns, 0);

	update = update_beside_call(&best);
	EXPECT(update.stall_ns < LONG_QUOTE / 100);
	EXPECT(update.drain_ns > LONG_QUOTE * 9 / 10);
}

/* --- 6: no way back --- */

struct recovery {
	bool host_up;				/* after the failed update */
	enum outcome old_td, new_td;		/* then; a host that is down makes no new TD */
	bool updated;				/* by a good module */
	enum outcome old_again, new_again;	/* after that */
};

static enum outcome ask_td(const struct td *td, uint64_t number)
{
	struct td_buffer buffer = whole(td);

	return ask(&buffer, number);
}

static struct recovery fail_and_recover(uint64_t leaf, const struct td *old_td)
{
	struct recovery seen = { .new_td = REFUSED };
	struct tdx_emu_profile faulty = profile;
	struct tdx_lab_update update;
	struct tdx_lab_info info;
	struct td new_td;

	faulty.fault_leaf = leaf;
	faulty.fault_status = TDX_EMU_STATUS_FATAL;
	update_to(&faulty, &update);
	EXPECT(!lab_info(&info));
	seen.host_up = info.state != TDX_LAB_FAILED;
	seen.old_td = ask_td(old_td, 2);
	if (seen.host_up) {
		EXPECT(!td_create(&new_td, SHARED_SIZE));
		seen.new_td = ask_td(&new_td, 3);
	}

	seen.updated = update_to(&profile, &update);
	if (!seen.host_up)
		EXPECT(!td_create(&new_td, SHARED_SIZE));
	seen.old_again = ask_td(old_td, 4);
	seen.new_again = ask_td(&new_td, 5);
	td_destroy(&new_td);
	return seen;
}

static struct recovery failed_update(const struct tdx_quote_policy *policy, uint64_t leaf)
{
	struct recovery seen = {};
	struct td td;

	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		quote_is_good(&td, 1);
		seen = fail_and_recover(leaf, &td);
		td_destroy(&td);
	}
	down();
	return seen;
}

static void expect_recovery(uint64_t leaf)
{
	struct recovery seen;

	/* Nobody else is asked either: user space never hears of it. */
	seen = failed_update(&posted, leaf);
	EXPECT_EQUAL(seen.old_td, UNAVAILABLE);
	EXPECT_EQUAL(seen.new_td, seen.host_up ? UNAVAILABLE : REFUSED);

	seen = failed_update(&best, leaf);
	EXPECT_EQUAL(seen.old_td, USER);
	EXPECT_EQUAL(seen.new_td, seen.host_up ? USER : REFUSED);
	EXPECT(seen.updated);
	EXPECT_EQUAL(seen.old_again, GOOD);
	EXPECT_EQUAL(seen.new_again, GOOD);
}

static void test_6_quote_init(void)
{
	expect_recovery(TDX_EMU_FAULT_QUOTE_INIT);
}

static void test_6_ext_init(void)
{
	expect_recovery(TDX_EMU_FAULT_EXT_INIT);
}

/* --- 7: another kind of module --- */

struct after {
	enum outcome outcome;
	int error;
	uint64_t quote_inits;
	uint32_t max_quote_size;
};

static struct after after_update(const struct tdx_quote_policy *policy,
				 const struct tdx_emu_profile *next)
{
	struct after after = { .outcome = REFUSED };
	struct tdx_lab_update update;
	struct tdx_lab_info info;
	struct td td;

	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		quote_is_good(&td, 1);
		after.quote_inits = leaf_count(TDX_LAB_LEAF_QUOTE_INIT).success;
		update_to(next, &update);
		after.error = update.error;
		after.quote_inits = leaf_count(TDX_LAB_LEAF_QUOTE_INIT).success - after.quote_inits;
		after.outcome = ask_td(&td, 2);
		EXPECT(!lab_info(&info));
		after.max_quote_size = info.max_quote_size;
		td_destroy(&td);
	}
	down();
	return after;
}

static void test_7_not_required(void)
{
	struct tdx_emu_profile next = profile;
	struct after after;

	next.features = TDX_EMU_FEATURES_NOT_REQUIRED;
	after = after_update(&posted, &next);
	EXPECT_EQUAL(after.error, 0);
	EXPECT_EQUAL(after.quote_inits, 0);
	EXPECT_EQUAL(after.outcome, UNAVAILABLE);

	after = after_update(&best, &next);
	EXPECT_EQUAL(after.outcome, USER);
}

static void expect_dropped(uint64_t features)
{
	struct tdx_emu_profile next = profile;
	struct after after;

	next.features = features;
	after = after_update(&posted, &next);
	EXPECT_EQUAL(after.outcome, UNAVAILABLE);
	after = after_update(&best, &next);
	EXPECT_EQUAL(after.outcome, USER);
	EXPECT_EQUAL(after.max_quote_size, 0);
}

static void test_7_dropped(void)
{
	expect_dropped(TDX_EMU_FEATURES_NO_EXT);
	expect_dropped(TDX_EMU_FEATURES_NO_QUOTE);
}

static void test_7_grown(void)
{
	struct tdx_emu_profile next = profile;
	struct after after;

	next.max_quote_size = 2 * profile.max_quote_size;
	next.quote_size = profile.max_quote_size + 2 * profile.quote_jitter;
	after = after_update(&posted, &next);
	EXPECT_EQUAL(after.error, 0);
	EXPECT_EQUAL(after.outcome, UNAVAILABLE);
	EXPECT_EQUAL(after.max_quote_size, profile.max_quote_size);

	after = after_update(&best, &next);
	EXPECT_EQUAL(after.outcome, USER);
}

/* --- 8: a busy module --- */

static struct storm_counts storm_under(const struct tdx_quote_policy *policy,
				       const struct tdx_emu_profile *then, unsigned int guests)
{
	struct storm_counts counts = {};
	char text[160];

	if (up(policy) && EXPECT(!lab_configure(then, policy))) {
		storm_start(guests);
		usleep(30000);
		storm_stop(&counts);
	}
	down();
	printf("# %s: %s\n", policy == &best ? "default" : "posted", storm_text(&counts, text));
	return counts;
}

static void expect_patience(const struct tdx_quote_policy *impatient,
			    const struct tdx_emu_profile *busy, unsigned int guests)
{
	struct storm_counts counts;

	counts = storm_under(impatient, busy, guests);
	EXPECT(counts.of[UNAVAILABLE] > 0);
	counts = storm_under(&best, busy, guests);
	EXPECT(counts.of[GOOD] > 0);
	EXPECT_EQUAL(counts.of[GOOD] + counts.of[RETRY], storm_requests(&counts));
}

static void test_8_busy_now_and_then(void)
{
	struct tdx_emu_profile busy = profile;

	busy.busy_rate = 5000;
	busy.busy_burst = 2;
	expect_patience(&posted, &busy, 2);
}

/* With its one buffer the posted path cannot fill two slots; with more it can. */
static void test_8_one_slot(void)
{
	struct tdx_emu_profile busy = profile;

	busy.slots = 1;
	busy.yield = TDX_EMU_YIELD_SLICE;
	busy.slice_ns = MSEC / 5;
	expect_patience(POSTED_WITH(.buffers = TDX_BUFFERS_PER_CALL), &busy, 4);
}

#define EQUALS		16
#define QUOTES_EACH	100

static struct load_sample samples[EQUALS * QUOTES_EACH];

/* Asks so often, without a pause; its samples are behind those of the guests before. */
static void *equal_guest(void *arg)
{
	const struct td *td = arg;
	struct load_sample *sample = &samples[td->info.id * QUOTES_EACH];
	struct td_buffer buffer = whole(td);
	struct tdx_lab_getquote call;
	unsigned int i;
	uint8_t nonce[64];

	make_nonce(nonce, td->info.id);
	for (i = 0; i < QUOTES_EACH; i++, sample++) {
		uint64_t start;

		EXPECT(!td_request(&buffer, nonce));
		start = clock_now();
		EXPECT(!td_getquote(&buffer, &call));
		EXPECT_EQUAL(call.ret, RET_SUCCESS);
		EXPECT_EQUAL(call.status, STATUS_SUCCESS);
		*sample = (struct load_sample){ .intended = clock_now() - start,
						.td = td->info.id };
	}
	return NULL;
}

static uint64_t longest(size_t nr)
{
	uint64_t longest = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		if (samples[i].intended > longest)
			longest = samples[i].intended;
	return longest;
}

/* Each of the TDs, the first of the module, until it has asked so often. */
static void equal_guests(struct td *tds, unsigned int guests, struct tails *tails)
{
	pthread_t threads[EQUALS];
	unsigned int i;

	for (i = 0; i < guests; i++)
		pthread_create(&threads[i], NULL, equal_guest, &tds[i]);
	for (i = 0; i < guests; i++)
		pthread_join(threads[i], NULL);
	EXPECT(!tails_find(samples, guests * QUOTES_EACH, tails));
	printf("# p99 of %u equal guests: worst %.3f ms, median %.3f ms; longest quote %.3f ms\n",
	       guests, (double)tails->worst / MSEC, (double)tails->median / MSEC,
	       (double)longest(guests * QUOTES_EACH) / MSEC);
}

/* Of a module with one slot. */
static void share_out(unsigned int guests)
{
	struct td tds[EQUALS];
	struct tails tails;
	unsigned int i;

	profile.slots = 1;
	if (up(&best)) {
		for (i = 0; i < guests; i++)
			EXPECT(!td_create(&tds[i], SHARED_SIZE));
		equal_guests(tds, guests, &tails);
		for (i = 0; i < guests; i++)
			td_destroy(&tds[i]);
		EXPECT(tails.worst <= 2 * tails.median);
		EXPECT(longest(guests * QUOTES_EACH) <= 2 * tails.median);
	}
	down();
	default_profile();
}

static void test_8_fair(void)
{
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 5;
	share_out(EQUALS);
}

/* All at the pace of the pauses: who comes at a bad moment comes at a bad moment again. */
static void test_8_in_step(void)
{
	profile.quote_ns = 10 * MSEC;
	profile.quote_jitter = 0;
	share_out(4);
}

#define HOG	8	/* requests of one TD: fewer than there are buffers */

static atomic_bool hog_stop;

static void *hog_thread(void *arg)
{
	struct td_buffer *buffer = arg;
	uint64_t number;

	for (number = 0; !atomic_load(&hog_stop); number++)
		EXPECT_EQUAL(ask(buffer, number), GOOD);
	return NULL;
}

/* A slot for each TD: who keeps its own taken is in nobody's way. */
static void test_8_own_slots(void)
{
	const unsigned int others = 3;
	struct td_buffer buffers[HOG];
	pthread_t threads[HOG];
	struct tails tails;
	struct td tds[4];
	unsigned int i;

	profile.slots = 1;
	profile.slot_scope = TDX_EMU_SLOTS_PER_TD;
	profile.quote_ns = 10 * MSEC;
	if (!up(&best))
		goto out;
	for (i = 0; i <= others; i++)
		EXPECT(!td_create(&tds[i], i < others ? SHARED_SIZE : HOG * SHARED_SIZE));
	atomic_store(&hog_stop, false);
	for (i = 0; i < HOG; i++) {
		buffers[i] = td_buffer(&tds[others], i, SHARED_SIZE);
		pthread_create(&threads[i], NULL, hog_thread, &buffers[i]);
	}
	equal_guests(tds, others, &tails);
	atomic_store(&hog_stop, true);
	for (i = 0; i < HOG; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i <= others; i++)
		td_destroy(&tds[i]);
	EXPECT(tails.worst <= 3 * profile.quote_ns);
out:
	down();
	default_profile();
}

/* --- 9: causes --- */

enum cause { BAD_VERSION, TOO_LONG, BAD_REPORT, TOO_SMALL, MODULE_BUSY, MODULE_BROKEN, NR_CAUSES };

struct answer {
	uint64_t ret, status;
	bool says_size;
};

static struct tdx_emu_profile profile_of(enum cause cause)
{
	struct tdx_emu_profile with = profile;

	if (cause == MODULE_BUSY || cause == MODULE_BROKEN) {
		with.fault_leaf = TDX_EMU_FAULT_QUOTE_GET;
		with.fault_times = 1000000000;
		with.fault_status = cause == MODULE_BUSY ? TDX_EMU_STATUS_OPERAND_BUSY :
							   TDX_EMU_STATUS_FATAL;
	}
	return with;
}

static struct answer provoke(enum cause cause)
{
	struct tdx_lab_getquote call = {};
	struct header *header;
	struct td_buffer buffer;
	struct answer answer;
	uint8_t nonce[64];
	struct td td;

	if (!EXPECT(!td_create(&td, SHARED_SIZE)))
		return (struct answer){};
	make_nonce(nonce, 1);
	buffer = whole(&td);
	EXPECT(!td_request(&buffer, nonce));
	header = (struct header *)td.shared;
	if (cause == BAD_VERSION)
		header->version = 2;
	if (cause == TOO_LONG)
		header->in_len = 4096 - sizeof(*header) + 1;
	if (cause == BAD_REPORT)
		td.shared[sizeof(*header) + 128] ^= 1;
	if (cause == TOO_SMALL)
		buffer = td_buffer(&td, 0, 8192);

	EXPECT(!td_getquote(&buffer, &call));
	answer = (struct answer){
		.ret = call.ret,
		.status = call.status,
		.says_size = header->out_len >= profile.quote_size - profile.quote_jitter &&
			     header->out_len <= profile.quote_size + profile.quote_jitter,
	};
	if (call.status != STATUS_NONE)
		EXPECT_EQUAL(header->status, call.status);
	else
		EXPECT_EQUAL(header->status, 0);
	td_destroy(&td);
	return answer;
}

static void expect_answers(const struct tdx_quote_policy *policy,
			   const struct answer wanted[NR_CAUSES])
{
	enum cause cause;

	if (up(policy)) {
		for (cause = 0; cause < NR_CAUSES; cause++) {
			const struct tdx_emu_profile with = profile_of(cause);
			struct answer seen;

			EXPECT(!lab_configure(&with, policy));
			seen = provoke(cause);
			if (seen.ret != wanted[cause].ret || seen.status != wanted[cause].status ||
			    seen.says_size != wanted[cause].says_size)
				ktap_fail(__FILE__, __LINE__, "cause %u: %llx, %llx, %d", cause,
					  (unsigned long long)seen.ret,
					  (unsigned long long)seen.status, seen.says_size);
		}
	}
	down();
}

static void test_9_answers(void)
{
	static const struct answer collapsed[NR_CAUSES] = {
		[BAD_VERSION] = { RET_INVALID_OPERAND, STATUS_ERROR, false },
		[TOO_LONG] = { RET_INVALID_OPERAND, STATUS_ERROR, false },
		[BAD_REPORT] = { RET_INVALID_OPERAND, STATUS_UNAVAILABLE, false },
		[TOO_SMALL] = { RET_INVALID_OPERAND, STATUS_ERROR, false },
		[MODULE_BUSY] = { RET_INVALID_OPERAND, STATUS_UNAVAILABLE, false },
		[MODULE_BROKEN] = { RET_INVALID_OPERAND, STATUS_UNAVAILABLE, false },
	};
	static const struct answer distinct[NR_CAUSES] = {
		[BAD_VERSION] = { RET_SUCCESS, STATUS_ERROR, false },
		[TOO_LONG] = { RET_SUCCESS, STATUS_ERROR, false },
		[BAD_REPORT] = { RET_SUCCESS, STATUS_ERROR, false },
		[TOO_SMALL] = { RET_SUCCESS, STATUS_ERROR, true },
		[MODULE_BUSY] = { RET_RETRY, STATUS_NONE, false },
		[MODULE_BROKEN] = { RET_SUCCESS, STATUS_UNAVAILABLE, false },
	};

	expect_answers(&posted, collapsed);
	expect_answers(&best, distinct);
	expect_answers(POSTED_WITH(.errors = TDX_ERRORS_DISTINCT), distinct);
}

/* Whatever the guest is told, the raw status is in the trace. */
static void test_9_trace(void)
{
	static char trace[1 << 16];

	if (up(&best)) {
		write_file(TRACING "/trace", "");
		write_file(TRACING "/events/tdx_ext/quote_end/enable", "1");
		provoke(BAD_REPORT);
		write_file(TRACING "/events/tdx_ext/quote_end/enable", "0");
		read_file(TRACING "/trace", trace, sizeof(trace));
		EXPECT(strstr(trace, "status=0xc000100100000000"));
	}
	down();
}

/* --- 12: the tenant before --- */

#define OVERLONG	8192	/* twice the jitter, so beyond the longest quote */
#define FILLED		0xAA

enum tail { TAIL_SHORT, TAIL_ZERO, TAIL_LEAK, TAIL_ODD };

/* What TD @b gets behind its own quote, in a buffer that TD @a had before. */
static enum tail tail_after(const struct td *a, const struct td *b)
{
	const struct header *before = (struct header *)a->shared, *now = (struct header *)b->shared;
	static const uint8_t zeros[OVERLONG];
	const uint8_t *tail, *theirs;
	size_t own, len;

	memset(b->shared, FILLED, b->size);
	ask_td(a, 1);
	ask_td(b, 2);
	if (!EXPECT_EQUAL(before->status, 0) || !EXPECT_EQUAL(now->status, 0))
		return TAIL_ODD;

	own = now->out_len - OVERLONG;
	tail = b->shared + sizeof(*now) + own;
	theirs = a->shared + sizeof(*before) + own;
	if (before->out_len - OVERLONG <= own)
		return TAIL_SHORT;	/* A's quote was no longer than B's: try again */
	len = before->out_len - OVERLONG - own;
	if (!memcmp(tail, zeros, OVERLONG))
		return TAIL_ZERO;
	return memcmp(tail, theirs, len < OVERLONG ? len : OVERLONG) ? TAIL_ODD : TAIL_LEAK;
}

static enum tail tail_under(const struct tdx_quote_policy *policy)
{
	enum tail tail = TAIL_ODD;
	struct td a, b;

	profile.overlong = OVERLONG;
	if (up(policy) && EXPECT(!td_create(&a, SHARED_SIZE)) &&
	    EXPECT(!td_create(&b, SHARED_SIZE))) {
		do {
			tail = tail_after(&a, &b);
		} while (tail == TAIL_SHORT);
		td_destroy(&a);
		td_destroy(&b);
	}
	down();
	default_profile();
	return tail;
}

static void test_12_leak(void)
{
	EXPECT_EQUAL(tail_under(&posted), TAIL_LEAK);
	EXPECT_EQUAL(tail_under(&best), TAIL_ZERO);
	EXPECT_EQUAL(tail_under(POSTED_WITH(.clear = TDX_CLEAR_ALWAYS)), TAIL_ZERO);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "1: a resumed call gets clobbered inputs", test_1_resume, NULL },
		{ "1: so does one that is repeated for want of entropy", test_1_entropy, NULL },
		{ "1: a call that must go on where it began, by guests sent from CPU to CPU",
		  test_1_sent_around, NULL },
		{ "1: a call that must go on where it began, by more guests than CPUs",
		  test_1_crowd, NULL },
		{ "2: input that the output overwrites is read again", test_2_alias, NULL },
		{ "3: who waits cannot be killed", test_3_kill, NULL },
		{ "3: a request keeps its CPU", test_3_cpu, NULL },
		{ "3: one lock for all TDs", test_3_one_lock, NULL },
		{ "3: one TD may fill the queue", test_3_limit, NULL },
		{ "4: an update stops the machine for all of key making, halting",
		  test_4_honour_halt, NULL },
		{ "4: an update stops the machine for all of key making, burning",
		  test_4_honour_burn, NULL },
		{ "4: a module that yields with interrupts off is entered thousands of times",
		  test_4_ignore, NULL },
		{ "5: an update overtakes quotes, which the module drops", test_5_cancel, NULL },
		{ "5: an update overtakes quotes, which the module keeps", test_5_survive, NULL },
		{ "5: an update is refused because of a quote under way", test_5_refuse, NULL },
		{ "5: an update keeps CPUs waiting for a call under way", test_5_stall, NULL },
		{ "6: no way back after TDH.QUOTE.INIT failed", test_6_quote_init, NULL },
		{ "6: no way back after TDH.EXT.INIT failed", test_6_ext_init, NULL },
		{ "7: quoting that needs no extensions is forgotten", test_7_not_required, NULL },
		{ "7: a feature that is gone is not missed", test_7_dropped, NULL },
		{ "7: quotes that grow are not noticed", test_7_grown, NULL },
		{ "8: a module that is busy now and then", test_8_busy_now_and_then, NULL },
		{ "8: a module with one slot", test_8_one_slot, NULL },
		{ "8: a module with one slot, shared out fairly", test_8_fair, NULL },
		{ "8: and among guests that keep step", test_8_in_step, NULL },
		{ "8: slots for each TD, of which one has many requests", test_8_own_slots, NULL },
		{ "9: all causes look the same to the guest", test_9_answers, NULL },
		{ "9: the raw status is in the trace", test_9_trace, NULL },
		{ "10: nobody opted in", NULL,
		  "the choice between kernel and user space is KVM's, the lab has none" },
		{ "11: a page turns private while its quote is made", NULL,
		  "the lab's TDs have shared memory only" },
		{ "12: a quote's tail shows the tenant before", test_12_leak, NULL },
		{ "13: pool pages and machine checks after kexec", NULL,
		  "needs a CPU that guards the pages of a TDX module" },
		{ "14: PAMTs of a live module are freed", NULL,
		  "the lab gives the module no PAMTs" },
		{}
	};

	default_profile();
	return ktap_run(tests);
}
