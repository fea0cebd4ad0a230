// SPDX-License-Identifier: GPL-2.0
/*
 * preempt: how late timers fire and a real-time thread wakes up on a CPU that
 * spends its time in the TDX module, or idles.
 */
#include <stdio.h>

#include "measure/books.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/load.h"
#include "measure/measurement.h"
#include "result/result.h"
#include "measure/victim.h"

enum state { STATE_IDLE, STATE_QUOTING };

static const char *const state_words[] = { "idle", "quoting", NULL };

static const struct param params[] = {
	{ "state", STATE_QUOTING, 0, 1, "", state_words, "what else the CPU does" },
	{ "cpu", 1, 0, 63, "", NULL, "the CPU that victim and guest share" },
	{ "wakeups", 2000, 10, 10000000, "", NULL, "of the victim" },
	{ "interval_ns", 200000, 10000, 1000000000, "ns", NULL,
	  "between wake-ups, on average; drawn from 0.5 to 1.5 times this" },
	{ "priority", 80, 1, 99, "", NULL, "of the victim, SCHED_FIFO" },
	{}
};

static void add_lateness(const struct collect *collect, const struct victim *victim, json_t *out)
{
	const struct collect_preemption *seen = &collect->preemption;
	struct hist all;

	books_add_lateness(seen, &all, out);
	if (seen->stay.count)
		metric_hist(out, "seamcall.duration", "ns", BETTER_LOWER, &seen->stay);
	metric_hist(out, "victim.wakeup", "ns", BETTER_LOWER, &seen->wakeup);
	metric_hist(out, "victim.latency", "ns", BETTER_LOWER, &victim->latency);

	point_headline(out, "timers p99 %9.2f us late, victim p99.9 %9.2f us",
		       (double)hist_percentile(&all, 99) / 1e3,
		       (double)hist_percentile(&victim->latency, 99.9) / 1e3);
}

/* The guest asks for one quote after the other until the victim has had enough. */
static int run_victim(struct victim *victim, struct load *load, struct load_result *seen)
{
	if (!load) {
		victim_run(victim);
		return 0;
	}

	if (load_start(load, 0)) {
		victim_cancel(victim);
		return -1;
	}
	load_wait_begun(load);
	victim_run(victim);
	load_stop(load);
	if (load_wait(load, seen))
		return -1;
	if (seen->quotes || interrupted())
		return 0;
	fputs("tdxbench: no quote was made while the victim ran: more wakeups, or a shorter quote_ns\n",
	      stderr);
	return -1;
}

static int measure(const struct point *point, struct load *load, json_t *out)
{
	struct victim victim = {
		.cpu = (int)point_value(point, "cpu"),
		.priority = (int)point_value(point, "priority"),
		.interval_ns = point_value(point, "interval_ns"),
		.wakeups = point_value(point, "wakeups"),
		.seed = point->profile.seed,
	};
	struct collect_opts watch = { .threads = &victim.tid, .nr_threads = 1 };
	uint64_t timer = lab_timer_function();
	struct load_result seen = {};
	struct books books;
	int ret = -1;

	if (!timer) {
		fputs("tdxbench: /proc/kallsyms does not tell the module's own timer: set kernel.kptr_restrict to 1\n",
		      stderr);
		return -1;
	}
	if (victim_start(&victim))
		return -1;
	watch.ignore_timer_function = timer;
	if (books_open(&books, COLLECT_PREEMPTION | COLLECT_QUOTES, &watch)) {
		victim_cancel(&victim);
		return -1;
	}

	if (!run_victim(&victim, load, &seen) && !books_balance(&books)) {
		add_lateness(&books.collect, &victim, out);
		metric_u64(out, "quote.count", "", BETTER_NONE, seen.quotes);
		books_add_iterations(&books, out);
		books_add_quotes(&books, &seen, out);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	const struct load_options options = {
		.guests = 1,
		.cpu = (int)point_value(point, "cpu"),
	};
	struct load *load;
	int ret;

	if (point_value(point, "state") == STATE_IDLE)
		return measure(point, NULL, out);

	load = load_new(&point->profile, &options);
	if (!load)
		return -1;
	ret = measure(point, load, out);
	load_free(load);
	return ret;
}

const struct measurement measurement_preempt = {
	.name = "preempt",
	.summary = "how late timers fire and a real-time thread wakes up",
	.params = params,
	.run = run,
};
