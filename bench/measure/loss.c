// SPDX-License-Identifier: GPL-2.0
/*
 * loss: how many events one way of looking loses when iterations are made at a given
 * rate for a given time: by its own account, and by the number that were made.
 */
#include <inttypes.h>
#include <stdio.h>

#include "measure/clock.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "measure/pin.h"
#include "observe/observe.h"
#include "result/result.h"
#include "run/interrupt.h"

static const struct param params[] = {
	{ "observer", 1, 0, OBSERVERS_NR - 1, "", observer_words, "who looks" },
	{ "events", OBSERVE_EXIT, 0, 1, "", observe_events_words,
	  "that are looked at: seamcall_exit, or seamcall_enter as well" },
	{ "cpu", 1, 0, 63, "", NULL, "that iterations are made on" },
	{ "rate", 0, 0, 10000000, "1/s", NULL, "iterations; 0: one right after the other" },
	{ "duration_ns", 50000000, 1000000, 1000000000, "ns", NULL, "for so long" },
	{}
};

/* Calls of the SEAMCALL begin this far apart at most, so that rates are even. */
#define PERIOD_NS	100000
/* With none between: iterations a call, and a look at the clock. */
#define BATCH		1000
#define CHUNK		10000
#define CHUNK_MAX	100000

/* What the lab made in all. */
struct made {
	uint64_t iterations;
	uint64_t ns;
};

static int make_some(struct made *made, uint32_t iterations, uint32_t batch, uint32_t period_ns)
{
	struct tdx_lab_loop loop;

	if (lab_loop_paced(iterations, batch, period_ns, &loop))
		return -1;
	made->iterations += loop.done;
	made->ns += loop.ns;
	return interrupted() ? 1 : 0;
}

static int make_flat_out(struct made *made, uint64_t duration_ns)
{
	int ret = 0;

	while (!ret && made->ns < duration_ns)
		ret = make_some(made, CHUNK, BATCH, 0);
	return ret;
}

static int make_at_rate(struct made *made, uint64_t rate, uint64_t duration_ns)
{
	uint64_t total = rate * duration_ns / NSEC_PER_SEC + 1, some;
	uint64_t batch = rate * PERIOD_NS / NSEC_PER_SEC;
	int ret = 0;

	if (!batch)
		batch = 1;
	while (!ret && made->iterations < total) {
		some = total - made->iterations;
		ret = make_some(made, (uint32_t)(some < CHUNK_MAX ? some : CHUNK_MAX),
				(uint32_t)batch, (uint32_t)(batch * NSEC_PER_SEC / rate));
	}
	return ret;
}

/* All of them from one CPU. */
static int make_iterations(const struct point *point, struct made *made)
{
	uint64_t rate = point_value(point, "rate"), duration = point_value(point, "duration_ns");
	cpu_set_t before;
	int ret;

	if (pin_to((unsigned int)point_value(point, "cpu"), &before))
		return -1;
	ret = rate ? make_at_rate(made, rate, duration) : make_flat_out(made, duration);
	unpin(&before);
	return ret;
}

static const struct observer *observer_of(const struct point *point)
{
	return &observers[point_value(point, "observer")];
}

static double per_second(const struct made *made)
{
	return (double)made->iterations * 1e9 / (double)made->ns;
}

static void add_metrics(const struct observe *observe, const struct made *made, uint64_t events,
			json_t *out)
{
	double missing = (double)events - (double)observe->seen;

	metric_double(out, "loss.rate", "1/s", BETTER_HIGHER, per_second(made));
	metric_u64(out, "loss.iterations", "", BETTER_NONE, made->iterations);
	metric_u64(out, "loss.events", "", BETTER_NONE, events);
	metric_u64(out, "loss.seen", "", BETTER_HIGHER, observe->seen);
	metric_u64(out, "loss.said", "", BETTER_LOWER, observe->lost);
	metric_double(out, "loss.missing", "", BETTER_LOWER, missing);
	metric_double(out, "loss.share", "%", BETTER_LOWER, 100 * missing / (double)events);
	metric_double(out, "loss.unsaid", "", BETTER_LOWER, missing - (double)observe->lost);
	point_headline(out, "%9.0f/s, %8" PRIu64 " events, %8.0f lost", per_second(made), events,
		       missing);
}

/* A loss of ours is a fault of this run, and one of others is what is measured. */
static void check_ours(const struct observe *observe, uint64_t events, json_t *out)
{
	if (!observer_is_ours(observe->observer))
		return;
	books_check_equal(out, "events seen by our collector", events, observe->seen);
	point_lost_events(out, observe->lost);
}

static int run(const struct point *point, json_t *out)
{
	const struct observer *observer = observer_of(point);
	bool both = point_value(point, "events") == OBSERVE_BOTH;
	struct observe observe;
	struct made made = {};
	uint64_t events;
	int ret;

	if (!observer->kind || !observer->kind->counts) {
		fprintf(stderr, "tdxbench: observer %s counts no events, so it can lose none\n",
			observer->name);
		return -1;
	}
	ret = observe_start(&observe, observer, both);
	if (ret)
		return ret;
	ret = make_iterations(point, &made);
	if (observe_stop(&observe) || ret)
		return ret ? ret : -1;

	settings_text(json_object_get(out, "params"), "attached", observer->about);
	events = made.iterations * (both ? 2 : 1);
	add_metrics(&observe, &made, events, out);
	check_ours(&observe, events, out);
	return 0;
}

const struct measurement measurement_loss = {
	.name = "loss",
	.summary = "events that one way of looking loses, by rate",
	.params = params,
	.observer = observer_of,
	.run = run,
};
