// SPDX-License-Identifier: GPL-2.0
/*
 * Findings: each function looks at one question, and says one or two sentences
 * when the result holds the numbers to answer it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/findings.h"
#include "result/result.h"
#include "result/view.h"

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

/* "1 update", "2 updates" */
static struct text count_text(double count, const char *noun)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "%g %s%s", count, noun, count == 1 ? "" : "s");
	return t;
}

static double number(const json_t *point, const char *metric, const char *stat)
{
	double value;

	return point_stat(point, metric, stat, &value) ? value : NAN;
}

/* ---- As posted against the default policy ---- */

static const json_t *default_of(const json_t *points, const json_t *posted)
{
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (point_policy_is(point, "default") && points_alike(posted, point, NULL))
			return point;
	return NULL;
}

/**
 * struct pair - two points that differ in nothing but the policy
 * @posted: as the series of June 2026 has it; NULL: there is no such pair
 * @best:   the default policy
 */
struct pair {
	const json_t *posted;
	const json_t *best;
};

/* The first pair at or after @from of what was asked about; @from goes behind it. */
static struct pair next_pair(const json_t *points, bool (*asked)(const json_t *), size_t *from)
{
	while (*from < json_array_size(points)) {
		const json_t *posted = json_array_get(points, (*from)++);
		const json_t *best;

		if (!asked(posted) || !point_policy_is(posted, "posted"))
			continue;
		best = default_of(points, posted);
		if (best)
			return (struct pair){ posted, best };
	}
	return (struct pair){ };
}

#define for_each_pair(pair, points, asked) \
	for (size_t from_ = 0; pair = next_pair(points, asked, &from_), pair.posted;)

/* ---- Throughput ---- */

static bool is_closed_loop(const json_t *point)
{
	return point_measures(point, "throughput") && !point_has_hog(point) &&
	       !point_setting_is(point, "load", "open") && !isnan(number(point, "quote.rate", "value")) &&
	       !isnan(number(point, "latency.actual", "p99"));
}

static void compare_rates(const struct talk *talk, struct pair pair)
{
	double rate = number(pair.best, "quote.rate", "value");
	double posted_rate = number(pair.posted, "quote.rate", "value");

	if (posted_rate > 0)
		say(talk, "With %g guests, the default policy gives %.2f times the quotes of the series as posted: %s against %s per second, at a p99 latency of %s against %s.",
		    point_setting_number(pair.posted, "guests"), rate / posted_rate,
		    number_text(rate).s, number_text(posted_rate).s,
		    time_text(number(pair.best, "latency.actual", "p99")).s,
		    time_text(number(pair.posted, "latency.actual", "p99")).s);
}

/* At the fewest guests where the policies can differ on 4 CPUs, and at the most. */
static void throughput(const struct talk *talk, const json_t *points)
{
	struct pair fewest = { }, most = { }, pair;

	for_each_pair(pair, points, is_closed_loop) {
		double guests = point_setting_number(pair.posted, "guests");

		if (guests < 4)
			continue;
		if (!fewest.posted || guests < point_setting_number(fewest.posted, "guests"))
			fewest = pair;
		if (!most.posted || guests > point_setting_number(most.posted, "guests"))
			most = pair;
	}
	if (fewest.posted)
		compare_rates(talk, fewest);
	if (most.posted != fewest.posted)
		compare_rates(talk, most);
}

/* More than this share apart is not flat. */
#define FLAT	0.2

/* As posted, from the first such point on: those that differ from it in guests only. */
static void flatness(const struct talk *talk, const json_t *points)
{
	double low = INFINITY, high = 0, from = INFINITY, to = 0;
	const json_t *first = NULL;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		if (!is_closed_loop(point) || !point_policy_is(point, "posted") ||
		    (first && !points_alike(first, point, "guests")))
			continue;
		first = first ? first : point;
		low = fmin(low, number(point, "quote.rate", "value"));
		high = fmax(high, number(point, "quote.rate", "value"));
		from = fmin(from, point_setting_number(point, "guests"));
		to = fmax(to, point_setting_number(point, "guests"));
	}
	if (to > from && high > 0 && (high - low) / high < FLAT)
		say(talk, "As posted, with one buffer, the rate stays between %s and %s quotes/s from %g to %g guests (%.1f %% apart).",
		    number_text(low).s, number_text(high).s, from, to, 100 * (high - low) / high);
}

static bool is_fairness(const json_t *point)
{
	return point_has_hog(point) && !isnan(number(point, "td.p99_ratio", "value"));
}

/* Of fewer than 100 quotes, the 99th percentile is the largest. */
static bool has_percentiles(const json_t *point)
{
	double fewest = number(point, "td.quotes_min", "value");

	if (isnan(fewest))
		fewest = number(point, "quote.count", "value") /
			 point_setting_number(point, "guests");
	return fewest >= 100;
}

static void fairness(const struct talk *talk, const json_t *points)
{
	struct pair pair;

	for_each_pair(pair, points, is_fairness)
		say(talk, "With one guest asking %g times at once beside %g others, the worst guest's %s latency is %.2f times the median guest's with the default policy (%s against %s), and %.2f times as posted (%s against %s).",
		    point_setting_number(pair.posted, "hog"),
		    point_setting_number(pair.posted, "guests") - 1,
		    has_percentiles(pair.posted) && has_percentiles(pair.best) ? "p99" : "largest",
		    number(pair.best, "td.p99_ratio", "value"),
		    time_text(number(pair.best, "td.p99_worst", "value")).s,
		    time_text(number(pair.best, "td.p99_median", "value")).s,
		    number(pair.posted, "td.p99_ratio", "value"),
		    time_text(number(pair.posted, "td.p99_worst", "value")).s,
		    time_text(number(pair.posted, "td.p99_median", "value")).s);
}

/* ---- Updates, kills ---- */

static bool is_update(const json_t *point)
{
	return point_measures(point, "update") &&
	       !isnan(number(point, "update.stall_ns", "value"));
}

/* Behind an update that failed there are no quotes, however soon it was over. */
static bool is_good_update(const json_t *point)
{
	return is_update(point) && !(number(point, "update.failed", "value") > 0) &&
	       !(point_setting_number(point, "faulty") > 0);
}

/* The first pair of each rule by which the module yields while the machine is stopped. */
static void stall(const struct talk *talk, const json_t *points)
{
	static const struct {
		const char *rule, *text;
	} rules[] = {
		{ "honour", "runs to the end where interrupts are disabled" },
		{ "ignore", "leaves for interrupts even where they are disabled" },
	};
	struct pair pair;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		for_each_pair(pair, points, is_good_update) {
			if (!is_good_update(pair.best) ||
			    !point_setting_is(pair.posted, "yield_if", rules[i].rule))
				continue;
			say(talk, "An update stops every CPU for %s as posted and for %s with the default policy, if the module %s; it takes %s against %s until quotes can be made again.",
			    time_text(number(pair.posted, "update.stall_ns", "value")).s,
			    time_text(number(pair.best, "update.stall_ns", "value")).s,
			    rules[i].text,
			    time_text(number(pair.posted, "update.total_ns", "value")).s,
			    time_text(number(pair.best, "update.total_ns", "value")).s);
			break;
		}
	}
}

/* What became of the requests of a storm; of several, all together. */
struct harm {
	double updates, good, retries, fell_back, lost, wrong, stale;
};

static void add_harm(struct harm *harm, const json_t *point)
{
	double fell_back = number(point, "quote.fell_back", "value");

	harm->updates += number(point, "update.count", "value");
	harm->good += number(point, "quote.count", "value");
	harm->retries += number(point, "quote.retries", "value");
	if (!isnan(fell_back))
		harm->fell_back += fell_back;
	harm->lost += number(point, "quote.lost", "value");
	harm->wrong += number(point, "quote.wrong", "value");
	harm->stale += number(point, "quote.stale", "value");
}

static void harm(const struct talk *talk, const json_t *points)
{
	struct harm posted = { }, best = { };
	struct pair pair;

	for_each_pair(pair, points, is_update) {
		add_harm(&posted, pair.posted);
		add_harm(&best, pair.best);
	}
	if (posted.updates > 0)
		say(talk, "Over %s under load, the series as posted loses %s and hands out %g wrong and %g stale quotes beside %g good ones; the default policy loses %g, hands out %g and %g beside %g, and tells guests %g times to ask again.",
		    count_text(posted.updates, "update").s,
		    count_text(posted.lost, "request").s, posted.wrong, posted.stale, posted.good,
		    best.lost, best.wrong, best.stale, best.good, best.retries);
	if (posted.fell_back + best.fell_back > 0)
		say(talk, "Over the same updates, the kernel leaves %s to user space as posted and %g with the default policy.",
		    count_text(posted.fell_back, "request").s, best.fell_back);
}

/* Whatever else the policy says, and however the module treats calls under way. */
static void race(const struct talk *talk, const json_t *points)
{
	struct harm racing = { }, excluded = { };
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (is_update(point))
			add_harm(point_setting_is(point, "update", "racing") ? &racing : &excluded,
				 point);
	if (racing.wrong + racing.stale > 0 && excluded.updates > 0)
		say(talk, "Where an update goes ahead while quotes are being made, %g quotes are wrong and %g stale (%s, any policy); where it waits for them, %g and %g (%s).",
		    racing.wrong, racing.stale, count_text(racing.updates, "update").s,
		    excluded.wrong, excluded.stale, count_text(excluded.updates, "update").s);
}

static bool is_kill(const json_t *point)
{
	return point_measures(point, "kill") && !isnan(number(point, "kill.waiting", "max"));
}

/* Where most clients wait; behind them, a half-done call that nobody can abort. */
static void kills(const struct talk *talk, const json_t *points)
{
	struct pair most = { }, pair;

	for_each_pair(pair, points, is_kill)
		if (!most.posted || point_setting_number(pair.posted, "waiting") >
				    point_setting_number(most.posted, "waiting"))
			most = pair;
	if (!most.posted)
		return;
	say(talk, "A client killed while it waits for a buffer, one of %g, is gone after %s with the default policy and after %s as posted (p50; at worst %s and %s).",
	    point_setting_number(most.posted, "waiting"),
	    time_text(number(most.best, "kill.waiting", "p50")).s,
	    time_text(number(most.posted, "kill.waiting", "p50")).s,
	    time_text(number(most.best, "kill.waiting", "max")).s,
	    time_text(number(most.posted, "kill.waiting", "max")).s);
	if (!isnan(number(most.best, "kill.calling", "p50")) &&
	    !isnan(number(most.posted, "kill.calling", "p50")))
		say(talk, "A call that is in the module cannot be aborted: its client is gone after %s with the default policy and after %s as posted (p50).",
		    time_text(number(most.best, "kill.calling", "p50")).s,
		    time_text(number(most.posted, "kill.calling", "p50")).s);
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
	       !point_setting_is(point, "pool_flush", "clflush") &&
	       !isnan(number(point, "pool.alloc_ns", "value"));
}

static bool is_failed(const json_t *point)
{
	return number(point, "pool.failed", "value") > 0;
}

static struct text pool_size(const json_t *point)
{
	return number_text(point_setting_number(point, "pool_pages") / 256);
}

/* The largest that could be had, preferably in pieces; NULL if there is none. */
static const json_t *largest_pool(const json_t *points, const char *alloc)
{
	const json_t *largest = NULL;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (is_pool(point, "fresh", alloc) && !is_failed(point) &&
		    (!largest || point_setting_number(point, "pool_pages") >
				 point_setting_number(largest, "pool_pages")))
			largest = point;
	return largest;
}

static void pool(const struct talk *talk, const json_t *points)
{
	const json_t *batch = largest_pool(points, "batch");
	const json_t *fresh = batch ? batch : largest_pool(points, "contig");
	double alloc = number(fresh, "pool.alloc_ns", "value");
	double add = number(fresh, "pool.add_ns", "value");

	if (!isnan(alloc) && !isnan(add))
		say(talk, "A memory pool of %s MiB takes %s to allocate and %s to give to the module, and never comes back.",
		    pool_size(fresh).s, time_text(alloc).s, time_text(add).s);
}

static struct text pool_outcome(const json_t *point)
{
	struct text t;

	if (is_failed(point))
		snprintf(t.s, sizeof(t.s), "cannot be had, and quoting stays off");
	else
		snprintf(t.s, sizeof(t.s), "takes %.24s to allocate",
			 time_text(number(point, "pool.alloc_ns", "value")).s);
	return t;
}

/* Of the same size, the largest that both were tried with. */
static void one_piece_or_many(const struct talk *talk, const json_t *points, const char *memory,
			      const char *where)
{
	const json_t *one = NULL, *many = NULL;
	json_t *contig, *batch;
	size_t i, j;

	json_array_foreach(points, i, contig) {
		double pages = point_setting_number(contig, "pool_pages");

		if (!is_pool(contig, memory, "contig") ||
		    (one && pages <= point_setting_number(one, "pool_pages")))
			continue;
		json_array_foreach(points, j, batch) {
			if (!is_pool(batch, memory, "batch") || !points_alike(contig, batch, NULL))
				continue;
			one = contig;
			many = batch;
		}
	}
	if (one)
		say(talk, "%s, a pool of %s MiB in one piece %s; in pieces of up to 2 MiB it %s.",
		    where, pool_size(one).s, pool_outcome(one).s, pool_outcome(many).s);
}

static void pieces(const struct talk *talk, const json_t *points)
{
	one_piece_or_many(talk, points, "fresh", "In fresh memory");
	one_piece_or_many(talk, points, "fragmented",
			  "Where memory is free in single pages that can be joined");
	one_piece_or_many(talk, points, "pinned",
			  "Where memory is free in single pages that cannot be joined");
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

static const char *observer(const json_t *point)
{
	return json_get_text(json_object_get(point, "params"), "observer");
}

static void prices(const struct talk *talk, const json_t *points, bool virtual_clock)
{
	const json_t *dearest = NULL;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (point_measures(point, "price") &&
		    (!dearest || number(point, "price.times_ours", "value") >
				 number(dearest, "price.times_ours", "value")))
			dearest = point;
	if (!dearest || isnan(number(dearest, "price.times_ours", "value")))
		return;
	say(talk, "The dearest way of looking is %.40s%s: %s %s per iteration, %.3g times our collector of iterations.",
	    observer(dearest), point_setting_is(dearest, "events", "both") ? " of both events" : "",
	    number_text(number(dearest, "price.cost", "value")).s,
	    virtual_clock ? "instructions" : "ns",
	    number(dearest, "price.times_ours", "value"));
}

static bool is_our_collector(const json_t *point)
{
	return !strcmp(observer(point), "iterations") || !strcmp(observer(point), "preemption");
}

/* Ours at the highest rate that was reached, and who lost most. */
static void losses(const struct talk *talk, const json_t *points)
{
	double rate = 0, lost = 0, worst = 0;
	const json_t *loser = NULL;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		double share = number(point, "loss.share", "value");

		if (!point_measures(point, "loss") || isnan(share))
			continue;
		if (is_our_collector(point)) {
			rate = fmax(rate, number(point, "loss.rate", "value"));
			lost += number(point, "loss.missing", "value");
		}
		if (share > worst) {
			worst = share;
			loser = point;
		}
	}
	if (rate)
		say(talk, "At up to %.3g million iterations per second our collectors lost %g events.",
		    rate / 1e6, lost);
	if (loser)
		say(talk, "%.40s lost %.3g %% of its events at %.3g million iterations per second.",
		    observer(loser), worst, number(loser, "loss.rate", "value") / 1e6);
}

static void what_stays(const struct talk *talk, const json_t *point)
{
	double pool = number(point, "pool.bytes", "value") / (1 << 20);
	double left = number(point, "memory.left", "value") / 1024;

	if (pool > 0 && left > 0)
		say(talk, "When they are gone %s MiB of pool stay, and %s KiB beside it.",
		    number_text(pool).s, number_text(left).s);
	else if (pool > 0)
		say(talk, "When they are gone %s MiB of pool stay, and nothing beside it.",
		    number_text(pool).s);
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
		what_stays(talk, point);
	}
}

void findings(const json_t *result, void (*tell)(const char *sentence, void *arg), void *arg)
{
	const struct talk talk = { tell, arg };
	const json_t *points = json_object_get(result, "points");

	throughput(&talk, points);
	flatness(&talk, points);
	fairness(&talk, points);
	stall(&talk, points);
	harm(&talk, points);
	race(&talk, points);
	kills(&talk, points);
	lateness(&talk, points);
	victim(&talk, points);
	pool(&talk, points);
	pieces(&talk, points);
	probes(&talk, points, result_is_virtual(result));
	prices(&talk, points, result_is_virtual(result));
	losses(&talk, points);
	memory(&talk, points);
}
