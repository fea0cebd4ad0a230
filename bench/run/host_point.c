// SPDX-License-Identifier: GPL-2.0
/*
 * What was seen of a host's quotes, as the point of a result.
 */
#include "run/host_point.h"

#include "measure/books.h"
#include "result/result.h"

#define NAME	"host"	/* of the only point, its section and its measurement */

uint64_t host_quotes_made(const struct collect *seen)
{
	return seen->quotes.count - seen->quotes.errors;
}

static void add_requests(const struct collect *seen, double seconds, json_t *out)
{
	const struct collect_quotes *quotes = &seen->quotes;

	metric_double(out, "quote.rate", "1/s", BETTER_HIGHER, (double)host_quotes_made(seen) / seconds);
	metric_u64(out, "quote.count", "", BETTER_NONE, host_quotes_made(seen));
	metric_u64(out, "quote.failed", "", BETTER_LOWER, quotes->errors);
	metric_u64(out, "quote.untimed", "", BETTER_NONE, quotes->untimed);
	metric_u64(out, "quote.refused", "", BETTER_LOWER, quotes->answers[QUOTES_REFUSED]);
	metric_u64(out, "quote.killed", "", BETTER_NONE, quotes->answers[QUOTES_KILLED]);
	metric_u64(out, "quote.retries", "", BETTER_LOWER, quotes->answers[QUOTES_RETRY]);
	metric_u64(out, "quote.fell_back", "", BETTER_LOWER, quotes->answers[QUOTES_USER]);
}

static void add_tds(const struct collect *seen, double seconds, json_t *out)
{
	const struct collect_quotes *quotes = &seen->quotes;
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

static void add_updates(const struct collect *seen, json_t *out)
{
	const struct update_cpu *update = &seen->update;
	const struct collect_leaf *leaf = seen->iterations.leaf;

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
static void check(const struct collect *seen, json_t *out)
{
	const struct collect_quotes *quotes = &seen->quotes;

	books_check_equal(out, "quotes: failed, with and without times add up", quotes->count,
			  quotes->errors + quotes->untimed + quotes->part[QUOTES_TOTAL].count);
	books_check_equal(out, "quotes: TDs add up", quotes->count, books_quotes_of_tds(quotes));
	point_lost_events(out, seen->lost);
}

json_t *host_point(const struct collect *seen, uint64_t duration_ns, uint64_t window)
{
	json_t *out = point_new(NAME, NAME, NAME);
	double seconds = (double)window / 1e9;
	struct hist all;

	if (duration_ns)
		settings_u64(point_settings(out, "params"), "duration_ns", duration_ns);
	settings_text(point_settings(out, "policy"), "preset", "unknown");

	metric_u64(out, "host.window_ns", "ns", BETTER_NONE, window);
	add_requests(seen, seconds, out);
	add_tds(seen, seconds, out);
	books_add_parts(&seen->quotes, out);
	books_add_seamcalls(seen, out);
	/* Events of a capture know nothing of timers. */
	if (seen->nr_watches)
		books_add_lateness(&seen->preemption, &all, out);
	if (seen->pool.totals)
		books_add_pool(&seen->pool, out);
	add_updates(seen, out);
	check(seen, out);
	return out;
}
