// SPDX-License-Identifier: GPL-2.0
/*
 * A TDX host as it is: watch whatever quotes its guests ask for, for a time or
 * until somebody has seen enough. Loads nothing but BPF programs, asks for nothing.
 *
 * There are no counters to hold against what was seen, and no keys to verify a
 * quote with: so no metric says that no quote was wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "measure/books.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "result/result.h"
#include "run/run.h"

#define NAME	"host"	/* of the only point, its section and its measurement */
#define WATCHED	(COLLECT_ITERATIONS | COLLECT_PREEMPTION | COLLECT_QUOTES | COLLECT_POOL | \
		 COLLECT_UPDATE)

static struct collect seen;

static uint64_t quotes_made(const struct collect_quotes *quotes)
{
	return quotes->count - quotes->errors;
}

/* --- watching --- */

/* On a terminal, one line that changes. The rate is that since the last call, however long ago. */
static void show_progress(uint64_t start)
{
	static uint64_t shown, before;
	uint64_t now = clock_now() - start, made = quotes_made(&seen.quotes);
	bool terminal = isatty(STDERR_FILENO);

	fprintf(stderr, "%s%6.0f s  %llu quotes (%.0f/s)  %llu events lost%s", terminal ? "\r" : "",
		(double)now / 1e9, (unsigned long long)made,
		(double)(made - before) * 1e9 / (double)(now - shown),
		(unsigned long long)seen.lost, terminal ? "\033[K" : "\n");
	shown = now;
	before = made;
}

/* False when a signal came first. */
static bool sleep_until(uint64_t ns)
{
	const struct timespec when = {
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};

	while (!interrupted() &&
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
	return !interrupted();
}

/* Once a second, until @end. */
static int show_until(uint64_t start, uint64_t end)
{
	uint64_t next = start + NSEC_PER_SEC;

	for (; next < end && sleep_until(next); next += NSEC_PER_SEC) {
		if (collect_peek(&seen))
			return -1;
		show_progress(start);
	}
	if (next >= end)
		sleep_until(end);
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	return 0;
}

/*
 * @window: the collectors attach one after the other and detach in the same order,
 * so that from before the first of the ones to before the first of the others is
 * how long each of them watched.
 */
static int watch(uint64_t duration_ns, uint64_t *window)
{
	uint64_t start = clock_now();
	int ret;

	if (collect_start(&seen))
		return -1;
	fputs("watching the quotes of this host's guests; Ctrl-C ends it\n", stderr);
	ret = show_until(start, duration_ns ? start + duration_ns : UINT64_MAX);
	*window = clock_now() - start;
	return collect_stop(&seen) || ret ? -1 : 0;
}

/* --- what was seen --- */

static void add_requests(double seconds, json_t *out)
{
	const struct collect_quotes *quotes = &seen.quotes;

	metric_double(out, "quote.rate", "1/s", BETTER_HIGHER, (double)quotes_made(quotes) / seconds);
	metric_u64(out, "quote.count", "", BETTER_NONE, quotes_made(quotes));
	metric_u64(out, "quote.failed", "", BETTER_LOWER, quotes->errors);
	metric_u64(out, "quote.untimed", "", BETTER_NONE, quotes->untimed);
	metric_u64(out, "quote.refused", "", BETTER_LOWER, quotes->answers[QUOTES_REFUSED]);
	metric_u64(out, "quote.killed", "", BETTER_NONE, quotes->answers[QUOTES_KILLED]);
	metric_u64(out, "quote.retries", "", BETTER_LOWER, quotes->answers[QUOTES_RETRY]);
	metric_u64(out, "quote.fell_back", "", BETTER_LOWER, quotes->answers[QUOTES_USER]);
}

static void add_tds(double seconds, json_t *out)
{
	const struct collect_quotes *quotes = &seen.quotes;
	uint64_t fewest = UINT64_MAX, most = 0;
	size_t i;

	for (i = 0; i < quotes->nr_tds; i++) {
		uint64_t made = quotes->tds[i].sum.count - quotes->tds[i].sum.errors;

		fewest = made < fewest ? made : fewest;
		most = made > most ? made : most;
	}
	metric_u64(out, "td.count", "", BETTER_NONE, quotes->nr_tds);
	if (!quotes->nr_tds)
		return;
	metric_double(out, "td.rate_min", "1/s", BETTER_HIGHER, (double)fewest / seconds);
	metric_double(out, "td.rate_max", "1/s", BETTER_NONE, (double)most / seconds);
}

static void add_updates(json_t *out)
{
	const struct update_cpu *update = &seen.update;
	const struct collect_leaf *leaf = seen.iterations.leaf;

	metric_u64(out, "update.count", "", BETTER_NONE, update->ended);
	metric_u64(out, "update.failed", "", BETTER_LOWER, update->errors);
	if (!update->ended)
		return;
	metric_u64(out, "update.in_flight", "", BETTER_NONE, update->in_flight);
	metric_u64(out, "update.drain_sum_ns", "ns", BETTER_LOWER, update->drain_ns);
	metric_u64(out, "update.stall_sum_ns", "ns", BETTER_LOWER, update->stall_ns);
	metric_u64(out, "update.total_sum_ns", "ns", BETTER_LOWER, update->total_ns);
	metric_hist(out, "update.irqs_off", "ns", BETTER_LOWER, &update->irqs_off);
	metric_u64(out, "update.ext_init_entries", "", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_EXT_INIT].entries);
	metric_u64(out, "update.quote_init_entries", "", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_QUOTE_INIT].entries);
}

/* What can be checked without the module's own counters. */
static void check(json_t *out)
{
	const struct collect_quotes *quotes = &seen.quotes;

	books_check_equal(out, "quotes: failed, with and without times add up", quotes->count,
			  quotes->errors + quotes->untimed + quotes->part[QUOTES_TOTAL].count);
	books_check_equal(out, "quotes: TDs add up", quotes->count, books_quotes_of_tds(quotes));
	point_lost_events(out, seen.lost);
}

static json_t *make_point(uint64_t duration_ns, uint64_t window)
{
	json_t *out = point_new(NAME, NAME, NAME);
	double seconds = (double)window / 1e9;
	struct hist all;

	if (duration_ns)
		settings_u64(point_settings(out, "params"), "duration_ns", duration_ns);
	settings_text(point_settings(out, "policy"), "preset", "unknown");

	metric_u64(out, "host.window_ns", "ns", BETTER_NONE, window);
	add_requests(seconds, out);
	add_tds(seconds, out);
	books_add_parts(&seen.quotes, out);
	books_add_seamcalls(&seen, out);
	books_add_lateness(&seen.preemption, &all, out);
	if (seen.pool.totals)
		books_add_pool(&seen.pool, out);
	add_updates(out);
	check(out);
	return out;
}

static void say_what_it_is(uint64_t window)
{
	fprintf(stderr, "tdxbench: %llu quotes of %zu TDs in %.1f s; quotes are not verified, and events not checked against counters of the kernel\n",
		(unsigned long long)quotes_made(&seen.quotes), seen.quotes.nr_tds,
		(double)window / 1e9);
}

int run_on_host(uint64_t duration_ns)
{
	const struct collect_opts opts = { .ignore_timer_function = lab_timer_function() };
	uint64_t window;
	int ret;

	if (collect_open(&seen, WATCHED, &opts))
		return -1;
	ret = watch(duration_ns, &window);
	if (!ret) {
		say_what_it_is(window);
		ret = stream_point(make_point(duration_ns, window)) || stream_end(0, NULL) ? -1 : 0;
	}
	collect_close(&seen);
	return ret;
}
