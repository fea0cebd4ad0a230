// SPDX-License-Identifier: GPL-2.0
/*
 * Plots: one function per data file, and gnuplot to draw it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/export.h"
#include "run/param.h"
#include "run/place.h"
#include "report/plot.h"
#include "result/result.h"
#include "result/view.h"

/* ---- Data files ---- */

/* ",12.5" or "," where there is no such number. */
static void put_stat(FILE *out, const json_t *point, const char *metric, const char *stat,
		     double factor)
{
	double value;

	fputc(',', out);
	if (point_stat(point, metric, stat, &value))
		fprintf(out, "%.10g", value / factor);
}

static const char *setting_text(const json_t *point, const char *name)
{
	const char *text = json_string_value(point_setting(point, name));

	return text ? text : "?";
}

/* ---- Lateness ---- */

static double slice_us(const json_t *point)
{
	return point_setting_number(point, "slice_ns") / 1e3;
}

static int by_slice(const void *a, const void *b)
{
	double x = slice_us(*(json_t *const *)a), y = slice_us(*(json_t *const *)b);

	return (x > y) - (x < y);
}

static size_t lateness_data(const json_t *points, FILE *out)
{
	const json_t **slices = calloc(json_array_size(points) + 1, sizeof(*slices));
	const json_t *idle = NULL, *never = NULL;
	size_t count = 0, i;
	json_t *point;

	json_array_foreach(points, i, point) {
		if (!point_measures(point, "preempt"))
			continue;
		if (point_setting_is(point, "state", "idle"))
			idle = point;
		else if (point_setting_is(point, "yield", "never"))
			never = point;
		else if (slices)
			slices[count++] = point;
	}
	if (count)
		qsort(slices, count, sizeof(*slices), by_slice);
	fputs("slice_us,p50_us,p99_us,p99.9_us,max_us,limit_us,idle_p99_us,never_p99_us\n", out);
	for (i = 0; i < count; i++) {
		fprintf(out, "%g", slice_us(slices[i]));
		put_stat(out, slices[i], "timer.lateness_seam", "p50", 1e3);
		put_stat(out, slices[i], "timer.lateness_seam", "p99", 1e3);
		put_stat(out, slices[i], "timer.lateness_seam", "p99.9", 1e3);
		put_stat(out, slices[i], "timer.lateness_seam", "max", 1e3);
		fprintf(out, ",%g", slice_us(slices[i]) + 2);
		put_stat(out, idle, "timer.lateness", "p99", 1e3);
		put_stat(out, never, "timer.lateness_seam", "p99", 1e3);
		fputc('\n', out);
	}
	free(slices);
	return count;
}

/* ---- Names of points ---- */

/**
 * struct named - a point and what it is called in a plot
 * @rest: what tells it from others of the same policy, may be empty
 */
struct named {
	const json_t *point;
	char policy[CELL_SIZE];
	char rest[CELL_SIZE];
};

typedef void namer(const json_t *point, char *rest, size_t size);

static bool same_name(const struct named *a, const struct named *b)
{
	return !strcmp(a->policy, b->policy) && !strcmp(a->rest, b->rest);
}

/* Is a parameter told by the policy's name, or one of @names? */
static bool is_told(const void *names, const char *name)
{
	const char *const *told = names;

	while (*told && strcmp(*told, name))
		told++;
	return *told || !strcmp(name, policy_preset_param.name) || param_find(policy_params, name);
}

/* The points that are @plotted; the caller frees. NULL for want of memory. */
static struct named *name_points(const json_t *points, bool (*plotted)(const json_t *),
				 namer *name, size_t *count)
{
	struct named *named = calloc(json_array_size(points) + 1, sizeof(*named)), *next = named;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		if (!named || !plotted(point))
			continue;
		next->point = point;
		point_policy(point, next->policy, sizeof(next->policy));
		name(point, next->rest, sizeof(next->rest));
		next++;
	}
	*count = (size_t)(next - named);
	return named;
}

static bool has_double(const struct named *named, size_t count, size_t at)
{
	for (size_t i = 0; i < count; i++)
		if (same_name(&named[i], &named[at]) &&
		    strcmp(json_get_text(named[i].point, "section"),
			   json_get_text(named[at].point, "section")))
			return true;
	return false;
}

/* What sections set for all of their points is in no id: the same name may not be the same. */
static void tell_sections_apart(struct named *named, size_t count)
{
	bool *doubles = calloc(count + 1, sizeof(*doubles));

	for (size_t i = 0; doubles && i < count; i++)
		doubles[i] = has_double(named, count, i);
	for (size_t i = 0; doubles && i < count; i++) {
		size_t used = strlen(named[i].rest);

		if (doubles[i])
			snprintf(named[i].rest + used, sizeof(named[i].rest) - used, "%s(%.40s)",
				 used ? " " : "", json_get_text(named[i].point, "section"));
	}
	free(doubles);
}

/* "default 16", as one field. */
static void put_name(FILE *out, const struct named *named)
{
	char name[sizeof(named->policy) + sizeof(named->rest) + 1];

	snprintf(name, sizeof(name), "%s%s%s", named->policy, *named->rest ? " " : "",
		 named->rest);
	csv_field(out, name);
}

static bool is_first_of_name(const struct named *named, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_name(&named[i], &named[at]))
			return false;
	return true;
}

/* ---- Throughput ---- */

/* A point with a hog is about fairness, and has a plot of its own. */
static bool is_throughput(const json_t *point)
{
	return point_measures(point, "throughput") && !point_has_hog(point);
}

static bool is_closed_loop(const json_t *point)
{
	return is_throughput(point) && !point_setting_is(point, "load", "open");
}

static void name_series(const json_t *point, char *rest, size_t size)
{
	static const char *const told[] = { "guests", "load", "hog", NULL };

	point_varied(point, is_told, told, rest, size);
}

static int by_guests(const void *a, const void *b)
{
	double x = point_setting_number(((const struct named *)a)->point, "guests");
	double y = point_setting_number(((const struct named *)b)->point, "guests");

	return (x > y) - (x < y);
}

static size_t put_series(const struct named *series, const struct named *sorted, size_t count,
			 FILE *out)
{
	size_t rows = 0;

	put_name(out, series);
	fputc('\n', out);
	for (size_t i = 0; i < count; i++) {
		if (!same_name(&sorted[i], series))
			continue;
		fprintf(out, "%g", point_setting_number(sorted[i].point, "guests"));
		put_stat(out, sorted[i].point, "quote.rate", "value", 1);
		put_stat(out, sorted[i].point, "latency.actual", "p99", 1e6);
		fputc('\n', out);
		rows++;
	}
	return rows;
}

/* Names stand in order of appearance, the points of each in that of guests. */
static size_t throughput_data(const json_t *points, FILE *out)
{
	size_t count, rows = 0;
	struct named *named = name_points(points, is_closed_loop, name_series, &count);
	struct named *sorted = calloc(count + 1, sizeof(*sorted));

	fputs("# one block per policy and what else was varied: guests,rate_per_s,p99_ms\n", out);
	if (named && sorted) {
		tell_sections_apart(named, count);
		memcpy(sorted, named, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_guests);
	}
	for (size_t i = 0; sorted && i < count; i++) {
		if (!is_first_of_name(named, i))
			continue;
		fputs(rows ? "\n\n" : "", out);
		rows += put_series(&named[i], sorted, count, out);
	}
	free(sorted);
	free(named);
	return rows;
}

/* "16"; an open loop says so: "16 at 80/s". */
static void name_point(const json_t *point, char *rest, size_t size)
{
	static const char *const told[] = { "guests", "load", "rate", "hog", NULL };
	char rate[32] = "", varied[CELL_SIZE - 128];

	if (!is_closed_loop(point))
		snprintf(rate, sizeof(rate), " at %g/s", point_setting_number(point, "rate"));
	point_varied(point, is_told, told, varied, sizeof(varied));
	snprintf(rest, size, "%g%s%s%s", point_setting_number(point, "guests"), rate,
		 *varied ? " " : "", varied);
}

static void put_parts(const struct named *named, FILE *out)
{
	static const char *const parts[] = {
		"quote.total", "quote.copy_in", "quote.wait", "quote.seam", "quote.gap",
		"quote.copy_out", "quote.other",
	};

	csv_field(out, named->policy);
	fputc(',', out);
	csv_field(out, named->rest);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		put_stat(out, named->point, parts[i], "mean", 1e6);
	fputc('\n', out);
}

static bool has_parts(const json_t *point)
{
	double total;

	return is_throughput(point) && point_stat(point, "quote.total", "mean", &total) && total;
}

static size_t decomposition_data(const json_t *points, FILE *out)
{
	size_t count;
	struct named *named = name_points(points, has_parts, name_point, &count);

	fputs("policy,guests,total_ms,copy_in_ms,wait_ms,seam_ms,gap_ms,copy_out_ms,other_ms\n", out);
	if (named)
		tell_sections_apart(named, count);
	for (size_t i = 0; i < count; i++)
		put_parts(&named[i], out);
	free(named);
	return count;
}

static const json_t *latencies(const json_t *point)
{
	const char *name = is_closed_loop(point) ? "latency.actual" : "latency.intended";

	return json_object_get(point_metric(point, name), "histogram");
}

static bool has_latencies(const json_t *point)
{
	return is_throughput(point) &&
	       json_integer_value(json_object_get(latencies(point), "count"));
}

static void put_cdf(const struct named *named, FILE *out)
{
	const json_t *histogram = latencies(named->point);
	double count = json_number_value(json_object_get(histogram, "count")), seen = 0;
	json_t *bucket;
	size_t i;

	put_name(out, named);
	fputc('\n', out);
	json_array_foreach(json_object_get(histogram, "buckets"), i, bucket) {
		if (!i)
			fprintf(out, "%.10g,0\n", json_number_value(json_array_get(bucket, 0)) / 1e6);
		seen += json_number_value(json_array_get(bucket, 2));
		fprintf(out, "%.10g,%.6g\n", json_number_value(json_array_get(bucket, 1)) / 1e6,
			100 * seen / count);
	}
}

static size_t cdf_data(const json_t *points, FILE *out)
{
	size_t count;
	struct named *named = name_points(points, has_latencies, name_point, &count);

	fputs("# one block per point: latency_ms,share_percent\n", out);
	if (named)
		tell_sections_apart(named, count);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "\n\n" : "", out);
		put_cdf(&named[i], out);
	}
	free(named);
	return count;
}

/* ---- Rows of dots: times that are decades apart, one row per name ---- */

struct dot {
	const char *head, *metric, *stat;
};

/* Of points that share a name, each dot is the highest. */
static void put_dots(const struct named *named, size_t count, const struct dot *dots, FILE *out)
{
	double highest, value;

	put_name(out, named);
	for (; dots->head; dots++) {
		highest = NAN;
		for (size_t i = 0; i < count; i++)
			if (same_name(&named[i], named) &&
			    point_stat(named[i].point, dots->metric, dots->stat, &value))
				highest = fmax(highest, value);
		fputc(',', out);
		if (!isnan(highest))
			fprintf(out, "%.10g", highest / 1e6);
	}
	fputc('\n', out);
}

/* Where the suite compares several of them. */
static void tell_profile(struct named *named)
{
	size_t used = strlen(named->rest);

	if (strstr(json_get_text(named->point, "id"), "/profile="))
		snprintf(named->rest + used, sizeof(named->rest) - used, " %s",
			 json_get_text(json_object_get(named->point, "profile"), "name"));
}

static size_t dots_data(const json_t *points, bool (*plotted)(const json_t *), namer *name,
			const struct dot *dots, FILE *out)
{
	struct named *named;
	size_t count, rows = 0;

	fputs("name", out);
	for (const struct dot *dot = dots; dot->head; dot++)
		fprintf(out, ",%s", dot->head);
	fputc('\n', out);
	named = name_points(points, plotted, name, &count);
	for (size_t i = 0; i < count; i++)
		tell_profile(&named[i]);
	for (size_t i = 0; i < count; i++) {
		if (!is_first_of_name(named, i))
			continue;
		put_dots(&named[i], count - i, dots, out);
		rows++;
	}
	free(named);
	return rows;
}

static bool is_update(const json_t *point)
{
	return point_measures(point, "update");
}

static void name_update(const json_t *point, char *rest, size_t size)
{
	snprintf(rest, size, "· %s", setting_text(point, "yield_if"));
}

static size_t update_data(const json_t *points, FILE *out)
{
	static const struct dot dots[] = {
		{ "stall_ms", "update.stall_ns", "value" },
		{ "drain_ms", "update.drain_ns", "value" },
		{ "total_ms", "update.total_ns", "value" },
		{}
	};

	return dots_data(points, is_update, name_update, dots, out);
}

static void name_hog(const json_t *point, char *rest, size_t size)
{
	snprintf(rest, size, "· %g at once", point_setting_number(point, "hog"));
}

static size_t fairness_data(const json_t *points, FILE *out)
{
	static const struct dot dots[] = {
		{ "median_p99_ms", "td.p99_median", "value" },
		{ "worst_p99_ms", "td.p99_worst", "value" },
		{ "hog_p99_ms", "hog.p99", "value" },
		{}
	};

	return dots_data(points, point_has_hog, name_hog, dots, out);
}

static bool is_kill(const json_t *point)
{
	return point_measures(point, "kill");
}

static void name_kill(const json_t *point, char *rest, size_t size)
{
	snprintf(rest, size, "· %g waiting", point_setting_number(point, "waiting"));
}

static size_t kill_data(const json_t *points, FILE *out)
{
	static const struct dot dots[] = {
		{ "waiting_p50_ms", "kill.waiting", "p50" },
		{ "waiting_max_ms", "kill.waiting", "max" },
		{ "calling_p50_ms", "kill.calling", "p50" },
		{ "asleep_p50_ms", "kill.asleep", "p50" },
		{}
	};

	return dots_data(points, is_kill, name_kill, dots, out);
}

/* ---- Memory pool ---- */

/* The time that a pool took is told by these, besides its size. */
static const char *const pool_kinds[] = { "memory", "pool_alloc", "pool_flush" };

#define POOL_KINDS	(sizeof(pool_kinds) / sizeof(*pool_kinds))

static bool same_kind(const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < POOL_KINDS; i++)
		if (!json_equal(point_setting(a, pool_kinds[i]), point_setting(b, pool_kinds[i])))
			return false;
	return true;
}

static bool is_first_of_kind(const json_t *points, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (point_measures(json_array_get(points, i), "pool") &&
		    same_kind(json_array_get(points, i), json_array_get(points, at)))
			return false;
	return true;
}

static int by_pool(const void *a, const void *b)
{
	double x = point_setting_number(*(json_t *const *)a, "pool_pages");
	double y = point_setting_number(*(json_t *const *)b, "pool_pages");

	return (x > y) - (x < y);
}

/* Those like the one at @at, smallest pool first. */
static size_t pools_of_kind(const json_t *points, size_t at, const json_t **pools)
{
	size_t count = 0;

	for (size_t i = at; i < json_array_size(points); i++)
		if (point_measures(json_array_get(points, i), "pool") &&
		    same_kind(json_array_get(points, i), json_array_get(points, at)))
			pools[count++] = json_array_get(points, i);
	qsort(pools, count, sizeof(*pools), by_pool);
	return count;
}

/* "contig pinned: fails": the block's name in the key. */
static void put_kind(const json_t *const *pools, size_t count, FILE *out)
{
	double failed, failures = 0;
	char name[160];

	for (size_t i = 0; i < count; i++)
		if (point_stat(pools[i], "pool.failed", "value", &failed))
			failures += failed;
	snprintf(name, sizeof(name), "%s %s%s%s",
		 setting_text(pools[0], "pool_alloc"),
		 setting_text(pools[0], "memory"),
		 point_setting_is(pools[0], "pool_flush", "clflush") ? " flushed" : "",
		 !failures ? "" : failures < (double)count ? ": fails at times" : ": fails");
	csv_field(out, name);
	fputc('\n', out);
}

/* For the plot's styles: memory, and three times way to allocate, and six times flushed. */
static int kind_number(const json_t *point)
{
	return (point_setting_is(point, "memory", "fragmented") ? 1 :
		point_setting_is(point, "memory", "pinned") ? 2 : 0) +
	       3 * point_setting_is(point, "pool_alloc", "batch") +
	       6 * point_setting_is(point, "pool_flush", "clflush");
}

/* False for a pool that was not had: the time of a failure is no price. */
static bool put_pool(const json_t *point, FILE *out)
{
	static const char *const times[] = { "pool.alloc_ns", "pool.flush_ns", "pool.add_ns" };
	double failed, ns;
	bool had = false;

	if (!point_stat(point, "pool.failed", "value", &failed))
		failed = 0;
	fprintf(out, "%g", point_setting_number(point, "pool_pages") / 256);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (failed || !point_stat(point, times[i], "value", &ns))
			fputs(",nan", out);
		else
			had = fprintf(out, ",%.10g", ns / 1e6) > 0;
	}
	fprintf(out, ",%d\n", kind_number(point));
	return had;
}

static size_t pool_data(const json_t *points, FILE *out)
{
	const json_t **pools = calloc(json_array_size(points) + 1, sizeof(*pools));
	size_t blocks = 0, rows = 0, count;

	fputs("# one block per kind: pool_mib,alloc_ms,flush_ms,add_ms,kind\n", out);
	for (size_t at = 0; pools && at < json_array_size(points); at++) {
		if (!point_measures(json_array_get(points, at), "pool") ||
		    !is_first_of_kind(points, at))
			continue;
		count = pools_of_kind(points, at, pools);
		fputs(blocks++ ? "\n\n" : "", out);
		put_kind(pools, count, out);
		for (size_t i = 0; i < count; i++)
			rows += put_pool(pools[i], out);
	}
	free(pools);
	return rows;
}

/* ---- Ways of looking ---- */

static bool is_price(const json_t *point)
{
	double cost;

	return point_measures(point, "price") && point_stat(point, "price.cost", "value", &cost);
}

static double price(const json_t *point)
{
	double cost = 0;

	point_stat(point, "price.cost", "value", &cost);
	return cost;
}

static int by_price(const void *a, const void *b)
{
	double x = price(((const struct named *)a)->point);
	double y = price(((const struct named *)b)->point);

	return (x > y) - (x < y);
}

/* "perf-record", "perf-record both", "perf-record CPU 0" */
static void name_observer(const json_t *point, char *rest, size_t size)
{
	snprintf(rest, size, "%.40s%s%s", setting_text(point, "observer"),
		 point_setting_is(point, "events", "both") ? " both" : "",
		 point_setting_number(point, "cpu") ? "" : " CPU 0");
}

/* Kind 0: the tracepoints alone, 1: ours, 2: a BPF program, 3: a tool. */
static int observer_kind(const json_t *point)
{
	static const char *const programs[] = { "raw-", "btf-", "tp-" };
	const char *name = setting_text(point, "observer"), *attached = setting_text(point, "attached");

	if (!strcmp(name, "nothing"))
		return 0;
	if (!strncmp(attached, "ours", 4))
		return 1;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (!strncmp(name, programs[i], strlen(programs[i])))
			return 2;
	return 3;
}

static size_t price_data(const json_t *points, FILE *out)
{
	size_t count;
	struct named *named = name_points(points, is_price, name_observer, &count);

	if (named)
		qsort(named, count, sizeof(*named), by_price);
	fputs("observer,cost_ns,times_ours,kind\n", out);
	for (size_t i = 0; named && i < count; i++) {
		csv_field(out, named[i].rest);
		put_stat(out, named[i].point, "price.cost", "value", 1);
		put_stat(out, named[i].point, "price.times_ours", "value", 1);
		fprintf(out, ",%d\n", observer_kind(named[i].point));
	}
	free(named);
	return count;
}

static bool is_loss(const json_t *point)
{
	double rate;

	return point_measures(point, "loss") && point_stat(point, "loss.rate", "value", &rate);
}

static double loss_rate(const json_t *point)
{
	double rate = 0;

	point_stat(point, "loss.rate", "value", &rate);
	return rate;
}

static int by_rate(const void *a, const void *b)
{
	double x = loss_rate(((const struct named *)a)->point);
	double y = loss_rate(((const struct named *)b)->point);

	return (x > y) - (x < y);
}

static bool same_rest(const struct named *a, const struct named *b)
{
	return !strcmp(a->rest, b->rest);
}

/* Names in order of appearance, the points of each in that of the rate that was reached. */
static size_t loss_data(const json_t *points, FILE *out)
{
	size_t count, rows = 0;
	struct named *named = name_points(points, is_loss, name_observer, &count);
	struct named *sorted = calloc(count + 1, sizeof(*sorted));

	fputs("# one block per observer: rate_per_s,lost_percent\n", out);
	if (named && sorted) {
		memcpy(sorted, named, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_rate);
	}
	for (size_t i = 0; named && sorted && i < count; i++) {
		size_t first = 0;

		while (!same_rest(&named[first], &named[i]))
			first++;
		if (first < i)
			continue;
		fputs(rows ? "\n\n" : "", out);
		csv_field(out, named[i].rest);
		fputc('\n', out);
		for (size_t j = 0; j < count; j++) {
			if (!same_rest(&sorted[j], &named[i]))
				continue;
			fprintf(out, "%.10g", loss_rate(sorted[j].point));
			put_stat(out, sorted[j].point, "loss.share", "value", 1);
			fputc('\n', out);
			rows++;
		}
	}
	free(sorted);
	free(named);
	return rows;
}

/* ---- All plots ---- */

const struct plot plot_table[] = {
	{ "lateness", lateness_data,
	  "How late timers fire that are found expired as their CPU leaves the TDX module. A "
	  "module that looks for interrupts once per slice should stay below the dotted line." },
	{ "throughput", throughput_data,
	  "Quotes per second and p99 latency as guests are added, closed loop: each guest asks "
	  "again as soon as it has its answer." },
	{ "fairness", fairness_data,
	  "One guest has many requests under way at once: each guest's own 99th percentile, of "
	  "the median guest, of the worst, and of the one with the many requests." },
	{ "update", update_data,
	  "The longest that an update of the module takes: every CPU away, and no quotes to be "
	  "had. The module's rule says what it does where interrupts are disabled: honour that "
	  "and run to the end, or ignore it and leave for every interrupt." },
	{ "kill", kill_data,
	  "How long clients outlive SIGKILL: those that wait for a buffer, those whose call is "
	  "in the module, and, to compare with, those that sleep." },
	{ "decomposition", decomposition_data,
	  "The mean quote of each point, cut into the parts that the trace events measure. The "
	  "figure above a bar is its mean total." },
	{ "latency-cdf", cdf_data,
	  "Share of quotes answered within a time, as the guests saw it." },
	{ "pool", pool_data,
	  "Time to allocate the module's memory pool and to hand it over, by size: in one piece "
	  "or in pieces of up to 2 MiB, in fresh memory and in memory that is free in single "
	  "pages." },
	{ "price", price_data,
	  "What each way of looking costs the path per iteration, above the loop that nobody "
	  "listens to. 'both': seamcall_enter was looked at as well." },
	{ "loss", loss_data,
	  "Events that each way of looking lost, by iterations per second as they were reached "
	  "with it attached: a way that costs more reaches less." },
	{ }
};

/* ---- gnuplot ---- */

static void exec_gnuplot(const char *name, const char *csv, const char *svg, const char *subtitle)
{
	char script[64];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(script, sizeof(script), "%s.gp", name);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	if (chdir(place("scripts/plot")) || access(script, R_OK))
		_exit(125);
	execlp("gnuplot", "gnuplot", "-d", "-c", script, csv, svg, subtitle, NULL);
	_exit(127);
}

static int run_gnuplot(const char *name, const char *csv, const char *svg, const char *subtitle)
{
	int status = 0;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		exec_gnuplot(name, csv, svg, subtitle);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void explain(const char *name, int status)
{
	if (status == 127)
		fprintf(stderr, "tdxbench: no plots: gnuplot is not installed (apt-get install gnuplot-nox)\n");
	else if (status == 125)
		fprintf(stderr, "tdxbench: no plots: %s.gp is not in %s (TDXBENCH_SHARE names another place)\n",
			name, place("scripts/plot"));
	else
		fprintf(stderr, "tdxbench: plot %s was not drawn: gnuplot ended with %d\n", name, status);
}

/* ---- All of them ---- */

static int data_error(const char *path)
{
	int error = errno ? errno : EIO;

	fprintf(stderr, "tdxbench: cannot write %s: %s\n", path, strerror(error));
	return -error;
}

/* Rows written, or negative errno. */
static ssize_t write_data(const json_t *result, const struct plot *plot, const char *path)
{
	FILE *out = fopen(path, "we");
	size_t rows;
	bool ok;

	if (!out)
		return data_error(path);
	errno = 0;
	rows = plot->data(json_object_get(result, "points"), out);
	ok = !fflush(out) && !ferror(out);
	if (!ok || !rows)
		unlink(path);
	if (!ok)
		data_error(path);
	fclose(out);
	return ok ? (ssize_t)rows : -EIO;
}

int plot_all(const json_t *result, const char *dir)
{
	char where[PATH_MAX], csv[PATH_MAX + 64], svg[PATH_MAX + 64];
	bool can_draw = true;

	/* gnuplot runs where its scripts are, so paths must not be relative. */
	if (!realpath(dir, where))
		return data_error(dir);
	for (const struct plot *plot = plot_table; plot->name; plot++) {
		ssize_t rows;
		int status;

		snprintf(csv, sizeof(csv), "%s/%s.csv", where, plot->name);
		snprintf(svg, sizeof(svg), "%s/%s.svg", where, plot->name);
		unlink(svg);
		rows = write_data(result, plot, csv);
		if (rows < 0)
			return rows;
		if (!rows || !can_draw)
			continue;
		status = run_gnuplot(plot->name, csv, svg, result_nature(result));
		if (status) {
			unlink(svg);
			explain(plot->name, status);
		}
		can_draw = status != 127 && status != 125;
	}
	return 0;
}
