// SPDX-License-Identifier: GPL-2.0
/*
 * price: what one way of looking costs the path per iteration. The resume loop runs
 * around a call that does nothing, interrupts off: with nobody listening, with our
 * collector of iterations, and with the way in question. What readers of a buffer do
 * later, elsewhere, is not in it. Under the virtual clock a nanosecond is an instruction.
 */
#include <stdio.h>

#include "collect/collect.h"
#include "measure/clock.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "measure/pin.h"
#include "observe/observe.h"
#include "result/result.h"

static const struct param params[] = {
	{ "observer", 0, 0, OBSERVERS_NR - 1, "", observer_words, "who looks" },
	{ "events", OBSERVE_EXIT, 0, 1, "", observe_events_words,
	  "that are looked at: seamcall_exit, or seamcall_enter as well" },
	{ "cpu", 1, 0, 63, "", NULL,
	  "that the loop is on: some tools cost more on CPU 0, where they open their events" },
	{ "iterations", 1000, 10, 2000, "", NULL,
	  "of the loop, in one go; no buffer overflows by that many" },
	{}
};

/* As of the measurement probe: the first fills the caches, the quickest counts. */
#define ROUNDS		5
#define WARM_UP		10
/* Between rounds, for readers of buffers. */
#define PAUSE_NS	(20 * NSEC_PER_SEC / 1000)

/**
 * struct timing - what a loop took
 * @ns:   of one iteration, in the best round
 * @made: iterations in all
 */
struct timing {
	double ns;
	uint64_t made;
};

static int time_rounds(bool traced, uint32_t iterations, uint64_t *best)
{
	struct tdx_lab_loop loop;
	unsigned int round;

	*best = UINT64_MAX;
	if (lab_loop(traced, WARM_UP, &loop))
		return -1;
	for (round = 0; round < ROUNDS; round++) {
		clock_sleep_until(clock_now() + PAUSE_NS);
		if (lab_loop(traced, iterations, &loop))
			return -1;
		if (loop.ns < *best)
			*best = loop.ns;
	}
	return 0;
}

static int time_loop(const struct point *point, bool traced, struct timing *timing)
{
	uint32_t iterations = (uint32_t)point_value(point, "iterations");
	cpu_set_t before;
	uint64_t best;
	int ret;

	if (pin_to((unsigned int)point_value(point, "cpu"), &before))
		return -1;
	ret = time_rounds(traced, iterations, &best);
	unpin(&before);
	*timing = (struct timing){ (double)best / iterations, WARM_UP + ROUNDS * iterations };
	return ret;
}

static const struct observer *observer_of(const struct point *point)
{
	return &observers[point_value(point, "observer")];
}

/* The loop while @observer looks on. */
static int time_observed(const struct point *point, const struct observer *observer, bool both,
			 struct observe *observe, struct timing *timing)
{
	int ret = observe_start(observe, observer, both);

	if (ret)
		return ret;
	ret = time_loop(point, true, timing);
	return observe_stop(observe) ? -1 : ret;
}

static const struct observer *our_observer(void)
{
	const struct observer *ours = observers;

	while (ours->which != COLLECT_ITERATIONS)
		ours++;
	return ours;
}

/* Was it attached at all, and did it see all that it says it saw? */
static int check_seen(const struct observe *observe, uint64_t events, json_t *out)
{
	const struct observer *observer = observe->observer;

	if (!observer->kind || !observer->kind->counts)
		return 0;
	metric_u64(out, "price.seen", "", BETTER_NONE, observe->seen);
	if (observer_is_ours(observer)) {
		books_check_equal(out, "events seen by our collector", events, observe->seen);
		point_lost_events(out, observe->lost);
	}
	if (observe->seen)
		return 0;
	fprintf(stderr, "tdxbench: observer %s has seen none of %llu events\n", observer->name,
		(unsigned long long)events);
	return -1;
}

static int run(const struct point *point, json_t *out)
{
	const struct observer *observer = observer_of(point);
	bool both = point_value(point, "events") == OBSERVE_BOTH;
	struct timing untraced, nobody, ours, observed;
	struct observe observe;
	double cost, our_cost;
	int ret;

	if (time_loop(point, false, &untraced) || time_loop(point, true, &nobody))
		return -1;
	ret = time_observed(point, our_observer(), false, &observe, &ours);
	if (!ret)
		ret = time_observed(point, observer, both, &observe, &observed);
	if (ret)
		return ret;

	settings_text(json_object_get(out, "params"), "attached", observer->about);
	/* With nobody there, it is what the tracepoints themselves cost. */
	cost = observed.ns - (observer->kind ? nobody.ns : untraced.ns);
	our_cost = ours.ns - nobody.ns;
	metric_double(out, "price.no_listener", "ns", BETTER_LOWER, nobody.ns);
	metric_double(out, "price.cost", "ns", BETTER_LOWER, cost);
	metric_double(out, "price.ours", "ns", BETTER_LOWER, our_cost);
	metric_double(out, "price.times_ours", "", BETTER_LOWER, cost / our_cost);
	point_headline(out, "%8.1f ns an iteration, %5.2f times ours", cost, cost / our_cost);
	return check_seen(&observe, observed.made * (both ? 2 : 1), out);
}

const struct measurement measurement_price = {
	.name = "price",
	.summary = "what one way of looking costs per resume iteration",
	.params = params,
	.observer = observer_of,
	.run = run,
};
