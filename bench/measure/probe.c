// SPDX-License-Identifier: GPL-2.0
/*
 * probe: what observing costs per resume iteration. The resume loop runs around
 * a call that does nothing, interrupts off: without tracepoints in it, with
 * them and nobody listening, and with each collector attached. Under the
 * virtual clock a nanosecond is an instruction.
 */
#include <stdio.h>

#include "collect/collect.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "result/result.h"

static const struct param params[] = {
	{ "iterations", 1000, 10, 100000, "", NULL, "of the loop, in one go" },
	{}
};

/*
 * The cost itself is wanted, not what befell the loop: a short first round fills
 * the caches, and the quickest of some rounds counts. Under the virtual clock
 * all are the same.
 */
#define ROUNDS	5

/* ns of one iteration. */
static int time_loop(bool traced, uint32_t iterations, double *ns, uint32_t *nops)
{
	struct tdx_lab_loop loop;
	uint64_t best = UINT64_MAX;
	unsigned int round;

	if (lab_loop(traced, 10, &loop))
		return -1;
	for (round = 0; round < ROUNDS; round++) {
		if (lab_loop(traced, iterations, &loop))
			return -1;
		if (loop.ns < best)
			best = loop.ns;
	}
	*ns = (double)best / iterations;
	*nops = loop.nops;
	return 0;
}

static const struct {
	const char *metric;
	unsigned int collectors;
} probes[] = {
	{ "probe.empty", COLLECT_EMPTY },
	{ "probe.iterations", COLLECT_ITERATIONS },
	{ "probe.preemption", COLLECT_PREEMPTION },
	{ "probe.quotes", COLLECT_QUOTES },
	{ "probe.throughput", COLLECT_ITERATIONS | COLLECT_QUOTES },
	{ "probe.preempt", COLLECT_PREEMPTION | COLLECT_QUOTES },
};

#define NR_PROBES	(sizeof(probes) / sizeof(*probes))

static int time_probe(unsigned int collectors, uint32_t iterations, double *ns, uint64_t *lost)
{
	struct collect collect;
	uint32_t nops;
	int ret = -1;

	if (collect_open(&collect, collectors, NULL))
		return -1;
	if (!collect_start(&collect))
		ret = time_loop(true, iterations, ns, &nops);
	if (collect_stop(&collect))
		ret = -1;
	*lost += collect.lost;
	collect_close(&collect);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	uint32_t iterations = (uint32_t)point_value(point, "iterations"), nops;
	double without, listenerless, observed[NR_PROBES];
	uint64_t lost = 0;
	unsigned int i;

	if (time_loop(false, iterations, &without, &nops) ||
	    time_loop(true, iterations, &listenerless, &nops))
		return -1;

	metric_double(out, "loop.without_tracepoints", "ns", BETTER_LOWER, without);
	metric_double(out, "loop.no_listener", "ns", BETTER_LOWER, listenerless);
	metric_double(out, "loop.overhead", "ns", BETTER_LOWER, listenerless - without);
	metric_u64(out, "loop.nops", "", BETTER_NONE, nops);

	for (i = 0; i < NR_PROBES; i++) {
		if (time_probe(probes[i].collectors, iterations, &observed[i], &lost))
			return -1;
		observed[i] -= listenerless;
		metric_double(out, probes[i].metric, "ns", BETTER_LOWER, observed[i]);
	}

	point_lost_events(out, lost);
	point_headline(out, "an iteration: %.2f ns, tracepoints %+.2f, empty probe %+.1f, ours %+.1f",
		       without, listenerless - without, observed[0], observed[1]);
	return 0;
}

const struct measurement measurement_probe = {
	.name = "probe",
	.summary = "what tracepoints and collectors cost per resume iteration",
	.params = params,
	.run = run,
};
