// SPDX-License-Identifier: GPL-2.0
/*
 * The load, from the requests that were recorded.
 */
#include "replay/load_shape.h"

#include <inttypes.h>

#define BUSY_CLOSED	80	/* of 100: TDs that pause less than that ask as they can */
#define MAX_GUESTS	4096
#define MAX_HOG		64
#define MAX_CPUS	16	/* QEMU emulates them in turn */
#define MAX_QUOTES	2000

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* One buffer for several that are under way, or one for each. */
static enum shape_buffers buffers_of(const struct observed *seen)
{
	if (seen->buffers > 1)
		return SHAPE_PER_CALL;
	return seen->buffers == 1 && seen->in_flight > 1 ? SHAPE_SHARED : SHAPE_UNKNOWN;
}

static uint64_t rate_of(const struct observed *seen)
{
	double seconds = (double)(seen->last_ns - seen->first_ns) / 1e9;

	if (seen->last_ns <= seen->first_ns)
		return 1;
	return clamp((uint64_t)((double)seen->quotes / seconds + 0.5), 1, 1000000);
}

/* Random intervals vary by three times their median. */
static bool intervals_alike(struct sample *arrivals)
{
	uint64_t median = sample_quantile(arrivals, 50);

	return median && sample_quantile(arrivals, 90) - sample_quantile(arrivals, 10) < median / 2;
}

struct load_shape load_shape_of(struct observed *seen, uint64_t cpus)
{
	double all = (double)seen->busy_ns + (double)seen->idle_ns;
	struct load_shape shape = {
		.guests = clamp(seen->tds, 1, MAX_GUESTS),
		.hog = clamp(seen->hog, 1, MAX_HOG),
		.quotes = clamp(seen->quotes, 1, MAX_QUOTES),
		.busy = all > 0 ? 100 * (double)seen->busy_ns / all : 100,
		.buffers = buffers_of(seen),
		.cpus = clamp(cpus ? cpus : seen->cpus, 1, MAX_CPUS),
	};

	shape.open = shape.busy < BUSY_CLOSED && seen->quotes > 1;
	if (shape.open) {
		shape.rate = rate_of(seen);
		shape.fixed = intervals_alike(&seen->arrivals);
	}
	return shape;
}

static const char *buffers_text(enum shape_buffers buffers)
{
	return buffers == SHAPE_SHARED ? "one buffer" :
	       buffers == SHAPE_PER_CALL ? "several buffers" : "buffers unknown";
}

void load_shape_say(const struct load_shape *shape, char *text, size_t size)
{
	char open[64];

	snprintf(open, sizeof(open), "open, %" PRIu64 "/s at %s intervals", shape->rate,
		 shape->fixed ? "equal" : "random");
	snprintf(text, size, "%" PRIu64 " TD%s (busy %.0f %% of the time: %s), up to %" PRIu64
		 " at once in one, %" PRIu64 " quotes, %" PRIu64 " CPU%s, %s", shape->guests,
		 shape->guests == 1 ? "" : "s", shape->busy, shape->open ? open : "closed",
		 shape->hog, shape->quotes, shape->cpus, shape->cpus == 1 ? "" : "s",
		 buffers_text(shape->buffers));
}

void load_shape_print_suite(FILE *out, const void *of)
{
	const struct replay_suite *suite = of;
	const struct load_shape *shape = suite->shape;

	fprintf(out, "; The load of %s, with a module calibrated from it.\n"
		"[global]\ncpus = %" PRIu64 "\nmemory = %" PRIu64 "\nprofile = ./%s\n",
		suite->capture, shape->cpus, suite->memory_mib, suite->profile);
	if (suite->policy)
		fprintf(out, "policy = %s\n", suite->policy);
	else if (shape->buffers)
		fprintf(out, "buffers = %s\n",
			shape->buffers == SHAPE_SHARED ? "shared" : "per-call");
	fprintf(out, "\n[replay]\nmeasure = throughput\nguests = %" PRIu64 "\nhog = %" PRIu64
		"\nquotes = %" PRIu64 "\nwarmup = 0\n", shape->guests, shape->hog, shape->quotes);
	if (shape->open)
		fprintf(out, "load = open\nrate = %" PRIu64 "\narrivals = %s\n", shape->rate,
			shape->fixed ? "fixed" : "poisson");
}
