// SPDX-License-Identifier: GPL-2.0
/*
 * Findings: each function looks at one question, and says one or two sentences
 * when the result holds the numbers to answer it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "findings.h"
#include "result.h"
#include "view.h"

struct talk {
	void (*say)(const char *sentence, void *arg);
	void *arg;
};

static void say(const struct talk *talk, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	talk->say(sentence, talk->arg);
}

/* Short-lived text for one sentence. */
struct text {
	char s[48];
};

static struct text time_text(double ns)
{
	struct text t;

	human_time(ns, t.s, sizeof(t.s));
	return t;
}

static struct text number_text(double value)
{
	struct text t;

	human_number(value, t.s, sizeof(t.s));
	return t;
}

static double number(const json_t *point, const char *metric, const char *stat)
{
	double value;

	return point_stat(point, metric, stat, &value) ? value : NAN;
}

/* ---- Throughput ---- */

static bool is_closed_loop(const json_t *point, const char *preset)
{
	return point_measures(point, "throughput") && point_policy_is(point, preset) &&
	       !point_setting_is(point, "load", "open") && !isnan(number(point, "quote.rate", "value")) &&
	       !isnan(number(point, "latency.actual", "p99"));
}

static const json_t *closed_loop(const json_t *points, const char *preset, double guests)
{
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (is_closed_loop(point, preset) && point_setting_number(point, "guests") == guests)
			return point;
	return NULL;
}

static void compare_at(const struct talk *talk, const json_t *posted, const json_t *best)
{
	double rate = number(best, "quote.rate", "value");
	double posted_rate = number(posted, "quote.rate", "value");
	double p99 = number(best, "latency.actual", "p99");
	double posted_p99 = number(posted, "latency.actual", "p99");

	if (!posted_rate)
		return;
	say(talk, "With %g guests, the default policy gives %.2f times the quotes of the series as posted: %s against %s per second, at a p99 latency of %s against %s.",
	    point_setting_number(posted, "guests"), rate / posted_rate, number_text(rate).s,
	    number_text(posted_rate).s, time_text(p99).s, time_text(posted_p99).s);
}

/* At the fewest guests where the policies can differ on 4 CPUs, and at the most. */
static void compare_policies(const struct talk *talk, const json_t *points)
{
	const json_t *fewest = NULL, *most = NULL, *point;
	size_t i;

	json_array_foreach(points, i, point) {
		double guests = point_setting_number(point, "guests");

		if (!is_closed_loop(point, "posted") || guests < 4 ||
		    !closed_loop(points, "default", guests))
			continue;
		if (!fewest || guests < point_setting_number(fewest, "guests"))
			fewest = point;
		if (!most || guests > point_setting_number(most, "guests"))
			most = point;
	}
	if (fewest)
		compare_at(talk, fewest, closed_loop(points, "default", point_setting_number(fewest, "guests")));
	if (most != fewest)
		compare_at(talk, most, closed_loop(points, "default", point_setting_number(most, "guests")));
}

static void flatness(const struct talk *talk, const json_t *points)
{
	double low = INFINITY, high = 0, from = INFINITY, to = 0;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		if (!is_closed_loop(point, "posted"))
			continue;
		low = fmin(low, number(point, "quote.rate", "value"));
		high = fmax(high, number(point, "quote.rate", "value"));
		from = fmin(from, point_setting_number(point, "guests"));
		to = fmax(to, point_setting_number(point, "guests"));
	}
	if (to > from && high > 0)
		say(talk, "As posted, with one buffer, the rate stays between %s and %s quotes/s from %g to %g guests (%.1f %% apart).",
		    number_text(low).s, number_text(high).s, from, to, 100 * (high - low) / high);
}

/* ---- Preemption latency ---- */

/* Only this engine is as deaf to interrupts as a CPU in SEAM. */
static bool burns(const json_t *point)
{
	return point_setting_is(point, "engine", "burn");
}

static void lateness(const struct talk *talk, const json_t *points)
{
	double worst = -INFINITY, slice = 0, p99 = 0, over;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		double late = number(point, "timer.lateness_seam", "p99");

		if (!point_measures(point, "preempt") || point_setting_is(point, "state", "idle") ||
		    !burns(point) || isnan(late))
			continue;
		if (point_setting_is(point, "yield", "never")) {
			say(talk, "If the module never yields, a timer that expires in SEAM is %s late at p99.",
			    time_text(late).s);
			continue;
		}
		over = late - point_setting_number(point, "slice_ns");
		if (over > worst) {
			worst = over;
			slice = point_setting_number(point, "slice_ns");
			p99 = late;
		}
	}
	if (isfinite(worst))
		say(talk, "A yielding module holds timers back by its slice: measured against it, the worst p99 lateness is %s at a slice of %s (%s %s the slice).",
		    time_text(p99).s, time_text(slice).s, time_text(fabs(worst)).s,
		    worst > 0 ? "above" : "below");
}

static void victim(const struct talk *talk, const json_t *points)
{
	double idle = NAN, busy = NAN, slice = 0;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		double late = number(point, "victim.wakeup", "p99.9");

		if (!point_measures(point, "preempt") || isnan(late) || point_setting_is(point, "yield", "never"))
			continue;
		if (point_setting_is(point, "state", "idle")) {
			idle = late;
		} else if (burns(point) && (isnan(busy) || late > busy)) {
			busy = late;
			slice = point_setting_number(point, "slice_ns");
		}
	}
	if (!isnan(idle) && !isnan(busy))
		say(talk, "A SCHED_FIFO thread that sleeps and wakes runs %s after it was woken (p99.9) on an idle CPU, and %s at worst while quotes are made in slices of %s.",
		    time_text(idle).s, time_text(busy).s, time_text(slice).s);
}

/* ---- Pool, probes, memory ---- */

static bool is_pool(const json_t *point, const char *memory, const char *alloc)
{
	return point_measures(point, "pool") && point_setting_is(point, "memory", memory) &&
	       point_setting_is(point, "pool_alloc", alloc) &&
	       !point_setting_is(point, "pool_flush", "clflush");
}

/* Of those that could be had, or could not, the largest; NULL if there is none. */
static const json_t *largest_pool(const json_t *points, const char *memory, const char *alloc,
				  bool failed)
{
	const json_t *largest = NULL;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (is_pool(point, memory, alloc) &&
		    (number(point, "pool.failed", "value") > 0) == failed &&
		    (!largest || point_setting_number(point, "pool_pages") >
				 point_setting_number(largest, "pool_pages")))
			largest = point;
	return largest;
}

static struct text pool_size(const json_t *point)
{
	return number_text(point_setting_number(point, "pool_pages") / 256);
}

static void pool(const struct talk *talk, const json_t *points)
{
	const json_t *batch = largest_pool(points, "fresh", "batch", false);
	const json_t *fresh = batch ? batch : largest_pool(points, "fresh", "contig", false);
	double alloc = number(fresh, "pool.alloc_ns", "value");
	double add = number(fresh, "pool.add_ns", "value");

	if (!isnan(alloc) && !isnan(add))
		say(talk, "A memory pool of %s MiB takes %s to allocate and %s to give to the module, and never comes back.",
		    pool_size(fresh).s, time_text(alloc).s, time_text(add).s);
}

static void scattered_pool(const struct talk *talk, const json_t *points)
{
	const json_t *contig = largest_pool(points, "fragmented", "contig", false);
	const json_t *batch = largest_pool(points, "fragmented", "batch", false);
	const json_t *refused = largest_pool(points, "pinned", "contig", true);
	const json_t *pinned = largest_pool(points, "pinned", "batch", false);

	if (contig && batch && point_setting_number(contig, "pool_pages") ==
			       point_setting_number(batch, "pool_pages"))
		say(talk, "In fragmented memory a pool of %s MiB takes %s to allocate in one piece and %s in pieces.",
		    pool_size(contig).s, time_text(number(contig, "pool.alloc_ns", "value")).s,
		    time_text(number(batch, "pool.alloc_ns", "value")).s);
	if (refused && pinned)
		say(talk, "Where free memory cannot be joined, one piece of %s MiB cannot be had and quoting stays off; pieces take %s for %s MiB.",
		    pool_size(refused).s, time_text(number(pinned, "pool.alloc_ns", "value")).s,
		    pool_size(pinned).s);
}

static void probes(const struct talk *talk, const json_t *points, bool virtual_clock)
{
	const char *unit = virtual_clock ? "instructions" : "ns";
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		double ours = number(point, "probe.iterations", "value");
		double empty = number(point, "probe.empty", "value");
		double overhead = number(point, "loop.overhead", "value");

		if (!point_measures(point, "probe"))
			continue;
		if (!isnan(overhead))
			say(talk, "With no listener, the tracepoints cost %s %s per iteration (%g nops).",
			    number_text(overhead).s, unit, number(point, "loop.nops", "value"));
		if (!isnan(ours) && !isnan(empty))
			say(talk, "tdxbench's iteration collector costs %s %s per iteration; an empty raw tracepoint program costs %s.",
			    number_text(ours).s, unit, number_text(empty).s);
	}
}

static void memory(const struct talk *talk, const json_t *points)
{
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		if (!point_measures(point, "memory") || isnan(number(point, "memory.per_td", "value")))
			continue;
		say(talk, "A TD takes %s KiB of kernel memory, with %g of them alive.",
		    number_text(number(point, "memory.per_td", "value") / 1024).s,
		    number(point, "td.count", "value"));
		if (number(point, "pool.bytes", "value") > 0)
			say(talk, "When they are gone %s MiB of pool stay, and %s KiB beside it.",
			    number_text(number(point, "pool.bytes", "value") / (1 << 20)).s,
			    number_text(number(point, "memory.left", "value") / 1024).s);
	}
}

void findings(const json_t *result, void (*tell)(const char *sentence, void *arg), void *arg)
{
	const struct talk talk = { tell, arg };
	const json_t *points = json_object_get(result, "points");

	compare_policies(&talk, points);
	flatness(&talk, points);
	lateness(&talk, points);
	victim(&talk, points);
	pool(&talk, points);
	scattered_pool(&talk, points);
	probes(&talk, points, result_is_virtual(result));
	memory(&talk, points);
}
