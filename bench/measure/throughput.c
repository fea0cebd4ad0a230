// SPDX-License-Identifier: GPL-2.0
/*
 * throughput: quotes per second and their latency for one or many guests, and
 * where the time of a quote goes.
 */
#include <stdio.h>

#include "measure/books.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/load.h"
#include "measure/measurement.h"
#include "result/result.h"

static const char *const load_words[] = { "closed", "open", NULL };
static const char *const arrivals_words[] = { "poisson", "fixed", NULL };
static const char *const run_as_words[] = { "threads", "processes", NULL };

static const struct param params[] = {
	{ "guests", 1, 1, 4096, "", NULL, "TDs, one request under way in each" },
	{ "hog", 1, 1, 64, "", NULL, "requests that the first TD has under way at once" },
	{ "quotes", 128, 1, 1000000, "", NULL, "requests in all" },
	{ "warmup", 1, 0, 1000, "", NULL, "requests before that, times clients, not counted" },
	{ "load", LOAD_CLOSED, 0, 1, "", load_words,
	  "closed: ask again when answered; open: at given times" },
	{ "rate", 100, 1, 1000000, "1/s", NULL, "open: requests per second, all guests together" },
	{ "arrivals", ARRIVALS_POISSON, 0, 1, "", arrivals_words, "open: intervals between them" },
	{ "run_as", RUN_AS_THREADS, 0, 1, "", run_as_words, "what a guest is on the host" },
	{}
};

static int warm_up(struct load *load, uint64_t quotes)
{
	struct load_result ignored;

	if (!quotes)
		return 0;
	return load_start(load, quotes) || load_wait(load, &ignored) ? -1 : 0;
}

/* How evenly guests wait: by each one's own 99th percentile. */
static void add_tails(const struct point *point, const struct load_result *seen, json_t *out)
{
	const struct tails *tails = &seen->tails;

	metric_u64(out, "td.quotes_min", "", BETTER_HIGHER, seen->guest_min);
	/* Of a guest without a quote nobody knows how late it would have been. */
	if (!seen->guest_min)
		return;
	metric_u64(out, "td.p99_worst", "ns", BETTER_LOWER, tails->worst);
	metric_u64(out, "td.p99_median", "ns", BETTER_LOWER, tails->median);
	metric_double(out, "td.p99_ratio", "", BETTER_LOWER,
		      (double)tails->worst / (double)tails->median);
	if (point_value(point, "hog") == 1)
		return;
	metric_u64(out, "hog.p99", "ns", BETTER_NONE, tails->first);
	if (point_value(point, "guests") > 1)
		metric_u64(out, "others.p99_worst", "ns", BETTER_LOWER,
			   tails->others);
}

static void add_client_side(const struct point *point, const struct load_result *seen, json_t *out)
{
	double seconds = (double)(seen->last_ns - seen->first_ns) / 1e9;
	uint64_t errors = seen->refused + seen->abandoned + seen->wrong;

	books_add_guests(seen, out);
	metric_u64(out, "quote.errors", "", BETTER_LOWER, errors);
	metric_hist(out, "latency.intended", "ns", BETTER_LOWER, &seen->intended);
	metric_double(out, "td.rate_min", "1/s", BETTER_HIGHER,
		      (double)seen->guest_min / seconds);
	metric_double(out, "td.rate_max", "1/s", BETTER_NONE,
		      (double)seen->guest_max / seconds);
	add_tails(point, seen, out);

	point_headline(out, "%8.2f quotes/s, p99 %8.2f ms%s%s",
		       (double)seen->quotes / seconds,
		       (double)hist_percentile(point_value(point, "load") == LOAD_OPEN ?
					       &seen->intended : &seen->actual, 99) / 1e6,
		       errors ? ", ERRORS: " : "", seen->why);
}

/* Every request must have come to one of the ends there are. */
static void check_requests(const struct point *point, const struct load_result *seen, json_t *out)
{
	books_check_equal(out, "requests: right, wrong, refused, abandoned, left to user space",
			  point_value(point, "quotes"),
			  seen->quotes + seen->wrong + seen->refused + seen->abandoned +
			  seen->fell_back);
}

/* The first guest has more than one. */
static uint64_t clients(const struct point *point)
{
	return point_value(point, "guests") - 1 + point_value(point, "hog");
}

static int measure(const struct point *point, struct load *load, json_t *out)
{
	struct load_result seen;
	struct books books;
	int ret = -1;

	if (warm_up(load, point_value(point, "warmup") * clients(point)))
		return -1;
	if (books_open(&books, COLLECT_ITERATIONS | COLLECT_QUOTES, NULL))
		return -1;

	if (!load_start(load, point_value(point, "quotes")) && !load_wait(load, &seen) &&
	    !books_balance(&books)) {
		add_client_side(point, &seen, out);
		books_add_iterations(&books, out);
		books_add_quotes(&books, &seen, out);
		check_requests(point, &seen, out);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	const struct load_options options = {
		.guests = point_value(point, "guests"),
		.hog = point_value(point, "hog"),
		.kind = point_value(point, "load"),
		.rate = point_value(point, "rate"),
		.arrivals = point_value(point, "arrivals"),
		.run_as = point_value(point, "run_as"),
		.cpu = -1,
	};

	return load_measure(point, &options, measure, out);
}

const struct measurement measurement_throughput = {
	.name = "throughput",
	.summary = "quotes per second, their latency, and where a quote's time goes",
	.params = params,
	.run = run,
};
