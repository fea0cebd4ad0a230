// SPDX-License-Identifier: GPL-2.0
/*
 * update: runtime updates of the TDX module under a storm of guests: how long
 * the machine stands still, how long nobody gets a quote, and what becomes of those
 * that were being made.
 */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "measure/books.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/load.h"
#include "measure/measurement.h"
#include "result/result.h"

static const struct param params[] = {
	{ "guests", 64, 1, 4096, "", NULL, "TDs, one request under way in each" },
	{ "updates", 4, 1, 200, "", NULL, "of the module, to another one of the same profile" },
	{ "faulty", 0, 0, 200, "", NULL,
	  "of these, how many at first are to a module that fails TDH.QUOTE.INIT" },
	{ "interval_ns", 100000000, 1000000, 60000000000, "ns", NULL,
	  "before each update, and before the end" },
	{}
};

/**
 * struct updates - all updates of a point
 * @count:  updates
 * @failed: of these, failed, as the host saw it
 * @stopped: of these, stopped the machine
 * @longest: drain, stall and total, each of the update where it was longest
 * @sum:    likewise, of all
 */
struct updates {
	uint64_t count;
	uint64_t failed;
	uint64_t stopped;
	struct tdx_lab_update longest;
	struct tdx_lab_update sum;
};

#define NAP_NS	50000000ULL	/* a signal may reach a guest's thread: look for it ourselves */

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Whether that time has come; not if there was a signal before. */
static bool wait_until(uint64_t ns)
{
	while (!interrupted() && clock_now() < ns)
		clock_sleep_until(min(ns, clock_now() + NAP_NS));
	return !interrupted();
}

static void note(struct updates *updates, const struct tdx_lab_update *update)
{
	struct tdx_lab_update *longest = &updates->longest, *sum = &updates->sum;

	updates->count++;
	updates->failed += update->error != 0;
	updates->stopped += update->stall_ns != 0;
	longest->drain_ns = max(longest->drain_ns, update->drain_ns);
	longest->stall_ns = max(longest->stall_ns, update->stall_ns);
	longest->total_ns = max(longest->total_ns, update->total_ns);
	sum->drain_ns += update->drain_ns;
	sum->stall_ns += update->stall_ns;
	sum->total_ns += update->total_ns;
}

static struct tdx_emu_profile faulty(const struct tdx_emu_profile *profile)
{
	struct tdx_emu_profile faulty = *profile;

	faulty.fault_leaf = TDX_EMU_FAULT_QUOTE_INIT;
	faulty.fault_after = 0;
	faulty.fault_times = 1;
	faulty.fault_status = TDX_EMU_STATUS_NOT_READY;
	return faulty;
}

/* A dot for each: the guests, who would print them, are not waited for yet. */
static int update_again_and_again(const struct point *point, struct load *load,
				  struct updates *updates)
{
	const struct tdx_emu_profile bad = faulty(&point->profile);
	uint64_t interval = point_value(point, "interval_ns");
	uint64_t next = load_wait_begun(load) + interval, i;
	struct tdx_lab_update update;

	for (i = 0; i < point_value(point, "updates") && wait_until(next); i++) {
		if (lab_update(i < point_value(point, "faulty") ? &bad : &point->profile,
			       &update) || load_take_key(load))
			return -1;
		note(updates, &update);
		fputc('.', stderr);
		next = clock_now() + interval;
	}
	wait_until(next);
	return 0;
}

static int storm(const struct point *point, struct load *load, struct updates *updates,
		 struct load_result *seen)
{
	int ret;

	if (load_start(load, 0))
		return -1;
	ret = update_again_and_again(point, load, updates);
	load_stop(load);
	return load_wait(load, seen) ? -1 : ret;
}

/* --- what came of it --- */

static void add_updates(const struct books *books, const struct updates *updates, json_t *out)
{
	const struct collect_leaf *leaf = books->collect.iterations.leaf;
	const struct update_cpu *bpf = &books->collect.update;

	metric_u64(out, "update.count", "", BETTER_NONE, updates->count);
	metric_u64(out, "update.failed", "", BETTER_LOWER, updates->failed);
	metric_u64(out, "update.in_flight", "", BETTER_NONE, bpf->in_flight);
	metric_u64(out, "update.stall_ns", "ns", BETTER_LOWER, updates->longest.stall_ns);
	metric_u64(out, "update.drain_ns", "ns", BETTER_LOWER, updates->longest.drain_ns);
	metric_u64(out, "update.total_ns", "ns", BETTER_LOWER, updates->longest.total_ns);
	/* Each must be left and entered again for every interrupt that nobody takes. */
	metric_u64(out, "update.ext_init_entries", "", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_EXT_INIT].entries);
	metric_u64(out, "update.quote_init_entries", "", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_QUOTE_INIT].entries);
	if (bpf->irqs_off.count)
		metric_hist(out, "update.irqs_off", "ns", BETTER_LOWER, &bpf->irqs_off);

	books_check_equal(out, "updates begun: BPF = kernel", updates->count, bpf->begun);
	books_check_equal(out, "updates ended: BPF = kernel", updates->count, bpf->ended);
	books_check_equal(out, "updates failed: BPF = kernel", updates->failed, bpf->errors);
	books_check_equal(out, "ns of draining: BPF = kernel", updates->sum.drain_ns,
			  bpf->drain_ns);
	books_check_equal(out, "ns of stall: BPF = kernel", updates->sum.stall_ns, bpf->stall_ns);
	books_check_equal(out, "ns of updates: BPF = kernel", updates->sum.total_ns,
			  bpf->total_ns);
	books_check_equal(out, "CPUs stopped: all, for each update that stops them",
			  updates->stopped * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN),
			  bpf->irqs_off.count);
	books_check_below(out, "interrupts off on a CPU below longest stall",
			  (double)updates->longest.stall_ns, (double)bpf->irqs_off.max);
}

/* By enum quote_verdict, of quotes that are not right. */
static const char *const wrong_names[QUOTE_NR_VERDICTS] = {
	[QUOTE_DAMAGED] = "quote.damaged",
	[QUOTE_WRONG_TD] = "quote.wrong_td",
	[QUOTE_WRONG_NONCE] = "quote.wrong_nonce",
	[QUOTE_WRONG_KEY] = "quote.wrong_key",
};

static void add_storm(const struct load_result *seen, uint64_t stale, json_t *out)
{
	unsigned int verdict;

	books_add_guests(seen, out);
	metric_u64(out, "quote.lost", "", BETTER_LOWER, seen->refused + seen->abandoned);
	metric_u64(out, "quote.wrong", "", BETTER_LOWER, seen->wrong);
	for (verdict = QUOTE_RIGHT + 1; verdict < QUOTE_NR_VERDICTS; verdict++)
		metric_u64(out, wrong_names[verdict], "", BETTER_LOWER, seen->verdicts[verdict]);
	metric_u64(out, "quote.stale", "", BETTER_LOWER, stale);
}

/*
 * What update=excluded promises, if the path can tell guests to ask again; how
 * badly racing does is the figure itself.
 */
static void check_harmless(const struct tdx_quote_policy *policy, const struct load_result *seen,
			   uint64_t stale, json_t *out)
{
	if (policy->update != TDX_UPDATE_EXCLUDED)
		return;
	books_check_equal(out, "quotes wrong", 0, seen->wrong);
	books_check_equal(out, "quotes stale", 0, stale);
	if (policy->errors == TDX_ERRORS_DISTINCT)
		books_check_equal(out, "quotes lost", 0, seen->refused + seen->abandoned);
}

/* A host that looks for it sees every update that fails, and guests fall back only then. */
static void check_failures(const struct point *point, const struct updates *updates,
			   const struct load_result *seen, json_t *out)
{
	uint64_t faulty = point_value(point, "faulty");

	if (point->policy.update != TDX_UPDATE_EXCLUDED || point->profile.fault_leaf)
		return;
	if (point->policy.recheck == TDX_RECHECK_METADATA)
		books_check_equal(out, "updates failed: all faulty ones",
				  min(faulty, updates->count), updates->failed);
	if (!updates->failed && !faulty)
		books_check_equal(out, "requests left to user space", 0, seen->fell_back);
}

static void report(const struct point *point, const struct books *books,
		   const struct updates *updates, const struct load_result *seen, json_t *out)
{
	uint64_t stale = books->kernel.stale_quotes;

	add_updates(books, updates, out);
	add_storm(seen, stale, out);
	books_add_iterations(books, out);
	books_add_requests(books, out);
	books_check_guests(books, seen, out);
	check_harmless(&point->policy, seen, stale, out);
	check_failures(point, updates, seen, out);

	point_headline(out, "stall %8.3f ms, %llu quotes, %llu told to retry, %llu lost, %llu wrong, %llu stale",
		       (double)updates->longest.stall_ns / 1e6, (unsigned long long)seen->quotes,
		       (unsigned long long)seen->retries,
		       (unsigned long long)(seen->refused + seen->abandoned),
		       (unsigned long long)seen->wrong, (unsigned long long)stale);
}

static int measure(const struct point *point, struct load *load, json_t *out)
{
	struct updates updates = {};
	struct load_result seen;
	struct books books;
	int ret = -1;

	if (books_open(&books, COLLECT_ITERATIONS | COLLECT_QUOTES | COLLECT_UPDATE, NULL))
		return -1;
	if (!storm(point, load, &updates, &seen) && !books_balance(&books)) {
		report(point, &books, &updates, &seen, out);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	const struct load_options options = {
		.guests = point_value(point, "guests"),
		.kind = LOAD_CLOSED,
		.cpu = -1,
	};

	return load_measure(point, &options, measure, out);
}

const struct measurement measurement_update = {
	.name = "update",
	.summary = "runtime updates of the module under a storm of guests",
	.params = params,
	.run = run,
};
