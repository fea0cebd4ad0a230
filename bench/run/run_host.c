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

#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "result/result.h"
#include "run/host_point.h"
#include "run/run.h"

#define WATCHED	(COLLECT_ITERATIONS | COLLECT_PREEMPTION | COLLECT_QUOTES | COLLECT_POOL | \
		 COLLECT_UPDATE)

static struct collect seen;

/* --- watching --- */

/* On a terminal, one line that changes. The rate is that since the last call, however long ago. */
static void show_progress(uint64_t start)
{
	static uint64_t shown, before;
	uint64_t now = clock_now() - start, made = host_quotes_made(&seen);
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
		if (collect_peek(&seen, COLLECT_QUOTES))
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

static void say_what_it_is(uint64_t window)
{
	fprintf(stderr, "tdxbench: %llu quotes of %zu TDs in %.1f s; quotes are not verified, and events not checked against counters of the kernel\n",
		(unsigned long long)host_quotes_made(&seen), seen.quotes.nr_tds,
		(double)window / 1e9);
}

int run_on_host(uint64_t duration_ns)
{
	const struct collect_opts opts = { .ignore_timer_function = lab_timer_function() };
	uint64_t window;
	json_t *point;
	int ret;

	if (collect_open(&seen, WATCHED, &opts))
		return -1;
	ret = watch(duration_ns, &window);
	if (!ret) {
		say_what_it_is(window);
		point = host_point(&seen, duration_ns, window);
		ret = stream_point(point) || stream_end(0, NULL) ? -1 : 0;
	}
	collect_close(&seen);
	return ret;
}
