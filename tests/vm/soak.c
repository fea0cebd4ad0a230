// SPDX-License-Identifier: GPL-2.0
/*
 * Soak: everything at once, in rounds. Each round loads the module, draws a
 * profile and a policy, and lets guests ask for quotes while TDs come and go,
 * clients are killed, the module is replaced by good and by faulty ones, and a
 * hostile client does what it can; some rounds end by SIGKILL. Then the module is
 * unloaded, and memory must be back to what it was after the first round.
 *
 * With the policy "default" no quote may be wrong and none lost but by a fault
 * that the round asked for, and at the end a good module makes good quotes again.
 * Other policies promise less; what they do to quotes is counted.
 *
 * Each round is a process of its own: what it leaves behind is the kernel's.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/measure/random.h"
#include "hostile.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

/* --- chance --- */

static uint64_t below(uint64_t *random, uint64_t limit)
{
	return random_next(random) % limit;
}

static uint64_t between(uint64_t *random, uint64_t low, uint64_t high)
{
	return low + below(random, high - low + 1);
}

static bool one_in(uint64_t *random, uint64_t n)
{
	return !below(random, n);
}

/* --- what is drawn for a round --- */

/**
 * struct plan - one round
 * @random:   stream of its numbers
 * @policy:   of the quoting path
 * @name:     of the policy
 * @wild:     profile with faults and bad luck; @profile is the same without
 * @early:    the wild profile at bring-up already, which may then fail
 * @fragment: MiB of memory left in single pages
 * @guests:   of the storm
 * @ms:       how long
 */
struct plan {
	uint64_t random;
	struct tdx_quote_policy policy;
	const char *name;
	struct tdx_emu_profile wild;
	bool early;
	unsigned int fragment;
	unsigned int guests;
	unsigned int ms;
};

static void draw_policy(struct plan *plan)
{
	uint32_t *knobs = (uint32_t *)&plan->policy;
	size_t i;

	switch (below(&plan->random, 6)) {
	case 0:
		plan->policy = posted;
		plan->name = "posted";
		break;
	case 1:
		for (i = 0; i < sizeof(plan->policy) / sizeof(*knobs); i++)
			knobs[i] = (uint32_t)below(&plan->random, 2);
		plan->name = "random";
		break;
	default:
		plan->policy = best;
		plan->name = "default";
	}
}

/* Short times, and whatever else may differ from module to module. */
static void draw_profile(uint64_t *r)
{
	default_profile();
	profile.seed = random_next(r);
	profile.engine = one_in(r, 4) ? TDX_EMU_BURN : TDX_EMU_HALT;
	profile.yield = below(r, 3);
	profile.slice_ns = between(r, 20000, MSEC);
	profile.quote_ns = between(r, 50000, 3 * MSEC);
	profile.ext_init_ns = between(r, 10000, MSEC);
	profile.quote_init_ns = between(r, 10000, MSEC);
	profile.mem_add_ns = below(r, 500);
	profile.pool_pages = below(r, 2000);
	profile.quote_size = between(r, 16 << 10, 120 << 10);
	profile.slots = one_in(r, 2) ? between(r, 1, 8) : 64;
	profile.slot_scope = below(r, 2);
	profile.yield_if = below(r, 2);
	profile.outputs = below(r, 3);
	profile.input_read = below(r, 2);
	profile.resume_cpu = one_in(r, 4);
	profile.update_calls = below(r, 3);
}

#define MAX_FAULTS	16	/* of one module */

static void draw_bad_luck(uint64_t *r, struct tdx_emu_profile *wild)
{
	if (one_in(r, 2)) {
		wild->entropy_rate = below(r, 500);
		wild->entropy_burst = between(r, 1, 12);
	}
	if (one_in(r, 2)) {
		wild->busy_rate = below(r, 500);
		wild->busy_burst = between(r, 1, 20);
	}
	if (one_in(r, 3)) {
		wild->fault_leaf = between(r, 1, 8);
		wild->fault_status = below(r, 8);
		wild->fault_after = below(r, 200);
		wild->fault_times = between(r, 1, MAX_FAULTS);
	}
}

static void draw(struct plan *plan, uint64_t seed)
{
	uint64_t *r = &plan->random;

	*plan = (struct plan){ .random = seed };
	draw_policy(plan);
	draw_profile(r);
	plan->wild = profile;
	draw_bad_luck(r, &plan->wild);
	plan->early = one_in(r, 6);
	plan->fragment = one_in(r, 6) ? 48 : 0;
	plan->guests = (unsigned int)between(r, 1, 12);
	plan->ms = profile.engine == TDX_EMU_BURN ? 80 : 200;
}

static bool promises_good_quotes(const struct plan *plan)
{
	return !memcmp(&plan->policy, &best, sizeof(best));
}

/*
 * May a guest be told that there are no quotes though the path does all right? Only
 * if the module itself ends a quote; not if it wants a call back on its CPU.
 */
static bool may_fail(const struct plan *plan)
{
	if (plan->wild.fault_leaf != TDX_EMU_FAULT_QUOTE_GET)
		return false;
	return plan->wild.fault_status != TDX_EMU_STATUS_OPERAND_BUSY &&
	       plan->wild.fault_status != TDX_EMU_STATUS_NO_ENTROPY &&
	       plan->wild.fault_status != TDX_EMU_STATUS_RESUMABLE;
}

/* --- actors beside the storm --- */

/**
 * struct actor - somebody who does one thing again and again
 * @act:    that thing
 * @random: stream of its numbers
 * @state:  what it keeps from act to act
 * @acts:   how often it did
 * @failed: acts of these that did not come to what they should
 */
struct actor {
	void (*act)(struct actor *actor);
	uint64_t random;
	void *state;
	uint64_t acts;
	uint64_t failed;
	pthread_t thread;
};

static atomic_bool stop;

/* As in the kernel, a TD is not created while the module is being replaced. */
static pthread_mutex_t configuring = PTHREAD_MUTEX_INITIALIZER;

/* A host whose module is down makes no TDs. */
static bool make_td(struct td *td)
{
	struct tdx_lab_info info;
	bool made;

	pthread_mutex_lock(&configuring);
	made = !lab_info(&info) && info.state != TDX_LAB_FAILED &&
	       !td_create(td, lab_shared_size(&profile));
	pthread_mutex_unlock(&configuring);
	if (!made)
		usleep(5000);
	return made;
}

/* A TD that lives for a request, or for none. */
static void churn(struct actor *actor)
{
	struct td_buffer buffer;
	struct td td;

	if (!make_td(&td))
		return;
	buffer = whole(&td);
	if (one_in(&actor->random, 2))
		actor->failed += ask(&buffer, random_next(&actor->random)) != GOOD;
	td_destroy(&td);
	usleep((unsigned int)below(&actor->random, 2000));
}

static void kill_client(struct actor *actor)
{
	struct td_buffer buffer;
	uint8_t nonce[64];
	struct td td;
	pid_t pid;

	if (!make_td(&td))
		return;
	buffer = whole(&td);
	make_nonce(nonce, random_next(&actor->random));
	if (EXPECT(!td_request(&buffer, nonce))) {
		pid = quoting_child(&buffer);
		usleep((unsigned int)below(&actor->random, 4000));
		kill_and_wait(pid);
	}
	td_destroy(&td);
}

static struct tdx_emu_profile next_module(uint64_t *r)
{
	struct tdx_emu_profile next = profile;

	switch (below(r, 8)) {
	case 0:
		next.pool_pages += between(r, 1, 100);
		break;
	case 1:
		next.max_quote_size *= 2;
		break;
	case 2:
		next.features = between(r, 1, 3);
		break;
	case 3:
	case 4:
		next.fault_leaf = between(r, TDX_EMU_FAULT_SYS_RD, TDX_EMU_FAULT_QUOTE_INIT);
		next.fault_status = below(r, 8);
		next.fault_after = below(r, 3);
		next.fault_times = between(r, 1, MAX_FAULTS);
		break;
	}
	return next;
}

static void replace_module(struct actor *actor)
{
	struct tdx_emu_profile next = next_module(&actor->random);
	struct tdx_lab_update update;

	usleep((unsigned int)below(&actor->random, 20000));
	pthread_mutex_lock(&configuring);
	actor->failed += !update_to(&next, &update);
	pthread_mutex_unlock(&configuring);
}

#define HARMS	20	/* at a time */

static void do_harm(struct actor *actor)
{
	unsigned int i;

	if (!actor->state)
		actor->state = hostile_new(actor->random);
	for (i = 0; actor->state && i < HARMS; i++)
		hostile_act(actor->state);
	usleep(1000);
}

static void *actor_thread(void *arg)
{
	struct actor *actor = arg;

	for (; !atomic_load(&stop); actor->acts++)
		actor->act(actor);
	if (actor->state)
		hostile_free(actor->state);
	return NULL;
}

enum { CHURN, KILLER, UPDATER, HOSTILE, NR_ACTORS };

static void all_at_once(const struct plan *plan, struct actor actors[NR_ACTORS],
			struct storm_counts *counts)
{
	unsigned int i;

	atomic_store(&stop, false);
	storm_start(plan->guests);
	for (i = 0; i < NR_ACTORS; i++) {
		actors[i].random = random_stream(plan->random, i);
		pthread_create(&actors[i].thread, NULL, actor_thread, &actors[i]);
	}
	usleep(plan->ms * 1000);
	atomic_store(&stop, true);
	for (i = 0; i < NR_ACTORS; i++)
		pthread_join(actors[i].thread, NULL);
	storm_stop(counts);
}

/* --- one round --- */

static void check_promises(const struct plan *plan, const struct storm_counts *counts)
{
	struct tdx_lab_counters counters;

	EXPECT(!lab_counters(&counters));
	EXPECT_EQUAL(counters.stale_quotes, 0);
	EXPECT_EQUAL(counts->of[WRONG], 0);
	EXPECT_EQUAL(counts->of[ERROR], 0);
	EXPECT_EQUAL(counts->of[REFUSED], 0);
	EXPECT_EQUAL(counts->of[KILLED], 0);
	EXPECT(counts->of[UNAVAILABLE] <= (may_fail(plan) ? plan->wild.fault_times : 0));
}

/*
 * Whatever the modules before were like, with a good one all is well again. The
 * one before may refuse to go as often as its faults last.
 */
static void check_recovery(void)
{
	struct tdx_emu_profile good = profile;
	struct tdx_lab_update update;
	struct tdx_lab_info info;
	unsigned int tries;
	struct td td;

	for (tries = 0; tries <= MAX_FAULTS; tries++)
		if (update_to(&good, &update))
			break;
	EXPECT_EQUAL(update.error, 0);
	if (EXPECT(!td_create(&td, lab_shared_size(&profile)))) {
		quote_is_good(&td, 7);
		td_destroy(&td);
	}
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.nr_tds, 0);
	EXPECT_EQUAL(info.in_flight, 0);
}

/* Of all rounds that came to their end; shared with their processes. */
struct totals {
	uint64_t quotes, tds, kills, updates, harms;
	uint64_t promising;	/* rounds in which no quote may be lost */
	uint64_t same_cpu;	/* of these, with calls that must go on where they began */
};

static struct totals *totals;

static void describe(const struct plan *plan, const struct storm_counts *counts,
		     const struct actor actors[NR_ACTORS])
{
	const struct totals now = {
		.quotes = counts->of[GOOD],
		.tds = actors[CHURN].acts,
		.kills = actors[KILLER].acts,
		.updates = actors[UPDATER].acts,
		.harms = actors[HOSTILE].acts * HARMS,
	};
	char text[160];

	printf("#   %s, %s%s: %s; %llu TDs came and went, %llu clients killed, %llu of %llu updates failed, %llu hostile acts\n",
	       plan->name, profile.engine == TDX_EMU_BURN ? "burn" : "halt",
	       profile.resume_cpu == TDX_EMU_CPU_SAME ? ", same CPU" : "",
	       storm_text(counts, text), (unsigned long long)now.tds,
	       (unsigned long long)now.kills, (unsigned long long)actors[UPDATER].failed,
	       (unsigned long long)now.updates, (unsigned long long)now.harms);
	if (counts->why)
		printf("#   a wrong quote: %s\n", counts->why);

	totals->quotes += now.quotes;
	totals->tds += now.tds;
	totals->kills += now.kills;
	totals->updates += now.updates;
	totals->harms += now.harms;
	if (promises_good_quotes(plan) && !may_fail(plan)) {
		totals->promising++;
		totals->same_cpu += profile.resume_cpu == TDX_EMU_CPU_SAME;
	}
}

/* False where the module, or memory, did not let it come up. */
static bool bring_up(const struct plan *plan)
{
	if (!EXPECT(!lab_load(MODULE)) || !EXPECT(!lab_open()) ||
	    !EXPECT(!lab_configure(plan->early ? &plan->wild : &profile, &plan->policy)))
		return false;
	if (plan->fragment && lab_fragment(plan->fragment))
		printf("#   no %u MiB to fragment\n", plan->fragment);
	if (lab_bring_up())
		return false;
	learn_key();
	return EXPECT(!lab_configure(&plan->wild, &plan->policy));
}

static void run_round(uint64_t seed)
{
	struct actor actors[NR_ACTORS] = {
		[CHURN] = { .act = churn }, [KILLER] = { .act = kill_client },
		[UPDATER] = { .act = replace_module }, [HOSTILE] = { .act = do_harm },
	};
	struct storm_counts counts;
	struct plan plan;

	draw(&plan, seed);
	if (!bring_up(&plan)) {
		printf("#   %s: did not come up\n", plan.name);
		EXPECT(plan.early || plan.fragment);
		return;
	}
	all_at_once(&plan, actors, &counts);
	describe(&plan, &counts, actors);
	if (promises_good_quotes(&plan)) {
		check_promises(&plan, &counts);
		check_recovery();
	}
}

/* --- its process --- */

static void start_round(uint64_t seed)
{
	setpgid(0, 0);
	run_round(seed);
	fflush(stdout);
	_exit(ktap_failed() ? 1 : 0);
}

/* Everybody of the round, also clients whose parent is gone. */
static int end_round(pid_t leader)
{
	int status = -1, one;
	pid_t pid;

	while ((pid = waitpid(leader, &status, 0)) != leader && pid > 0)
		;
	kill(-leader, SIGKILL);
	while (waitpid(-1, &one, 0) > 0)
		;
	return status;
}

static void one_round(uint64_t seed, bool may_kill)
{
	uint64_t random = random_stream(seed, 1);
	bool killed = may_kill && one_in(&random, 6);
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		start_round(seed);
	setpgid(pid, pid);
	if (killed) {
		usleep((unsigned int)below(&random, 200000));
		kill(-pid, SIGKILL);
	}
	status = end_round(pid);
	if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		printf("#   killed\n");
	else
		EXPECT_EQUAL(status, 0);
	down();
}

/* --- memory --- */

/*
 * Free pages, also those that CPUs keep for themselves: "pages free" of each zone
 * in /proc/zoneinfo, and "count" of each CPU.
 */
static uint64_t free_kib(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	unsigned long long pages, sum = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %llu", &pages) == 1 ||
		    sscanf(line, " count: %llu", &pages) == 1)
			sum += pages;
	if (file)
		fclose(file);
	return sum * 4;
}

/* KiB; what is free is counted without what slabs have taken of it meanwhile. */
struct memory {
	uint64_t free, slab, vmalloc;
};

/*
 * What may be missing: slabs in part used, page tables and caches of each CPU. One
 * page lost with every TD is noticed after some five rounds.
 */
static const struct memory tolerance = { .free = 768, .slab = 1024, .vmalloc = 256 };

static struct memory look_at_memory(void)
{
	struct memory now;

	write_file("/proc/sys/vm/drop_caches", "3");
	now.slab = meminfo_kib("Slab");
	now.vmalloc = meminfo_kib("VmallocUsed");
	now.free = free_kib() + now.slab;
	return now;
}

static void expect_back(const struct memory *first)
{
	const struct memory now = look_at_memory();

	printf("#   KiB since the first round: free %+lld, slab %+lld, vmalloc %+lld\n",
	       (long long)(now.free - first->free), (long long)(now.slab - first->slab),
	       (long long)(now.vmalloc - first->vmalloc));
	/* kmemleak keeps records of what comes and goes, and finds leaks by itself. */
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		return;
	EXPECT(now.free + tolerance.free >= first->free);
	EXPECT(now.slab <= first->slab + tolerance.slab);
	EXPECT(now.vmalloc <= first->vmalloc + tolerance.vmalloc);
}

int main(int argc, char **argv)
{
	struct memory first = {};
	uint64_t seed, rounds, i;

	if (argc != 3) {
		fprintf(stderr, "usage: soak SEED ROUNDS\n");
		return 129;
	}
	seed = strtoull(argv[1], NULL, 0);
	rounds = strtoull(argv[2], NULL, 0);

	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (totals == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		perror("soak");
		return 1;
	}
	ktap_begin((unsigned int)rounds);
	for (i = 0; i < rounds; i++) {
		/* The first is what others are compared with. */
		one_round(random_stream(seed, i), i > 0);
		if (i == 0)
			first = look_at_memory();
		else
			expect_back(&first);
		ktap_end("round %llu of seed %llu", (unsigned long long)i + 1,
			 (unsigned long long)seed);
	}
	printf("# in all %llu good quotes, %llu TDs, %llu clients killed, %llu updates, %llu hostile acts\n",
	       (unsigned long long)totals->quotes, (unsigned long long)totals->tds,
	       (unsigned long long)totals->kills, (unsigned long long)totals->updates,
	       (unsigned long long)totals->harms);
	printf("# in %llu rounds no quote was to be lost, in %llu of them on a module that wants calls back on their CPU\n",
	       (unsigned long long)totals->promising, (unsigned long long)totals->same_cpu);
	return ktap_status();
}
