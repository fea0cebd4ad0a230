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

#include "export.h"
#include "place.h"
#include "plot.h"
#include "result.h"

const struct plot_name plot_names[] = {
	{ "lateness", "How late timers fire that are found expired as their CPU leaves the TDX module. "
		      "A module that looks for interrupts once per slice should stay below the dotted line." },
	{ "throughput", "Quotes per second and p99 latency as guests are added, closed loop: each guest "
			"asks again as soon as it has its answer." },
	{ "decomposition", "The mean quote of each point, cut into the parts that the trace events measure. "
			   "The figure above a bar is its mean total." },
	{ "latency-cdf", "Share of quotes answered within a time, as the guests saw it." },
	{ "pool", "Time to allocate the module's memory pool and to hand it over, by size: in one piece "
		  "or in pieces of up to 2 MiB, in fresh memory and in memory that is free in single pages." },
	{ }
};

/* ---- Data files ---- */

/* Each returns the rows it wrote. */
typedef size_t data_writer(const json_t *points, FILE *out);

static bool is_closed_loop(const json_t *point)
{
	return point_measures(point, "throughput") && !point_setting_is(point, "load", "open");
}

/* ",12.5" or "," where there is no such number. */
static void put_stat(FILE *out, const json_t *point, const char *metric, const char *stat,
		     double factor)
{
	double value;

	fputc(',', out);
	if (point_stat(point, metric, stat, &value))
		fprintf(out, "%.10g", value / factor);
}

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

static const json_t *find_throughput(const json_t *points, const char *preset, double guests)
{
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
		if (is_closed_loop(point) && point_policy_is(point, preset) &&
		    point_setting_number(point, "guests") == guests)
			return point;
	return NULL;
}

/* The smallest number of guests above @above, 0 when there is none. */
static double next_guests(const json_t *points, double above)
{
	double next = 0, guests;
	json_t *point;
	size_t i;

	json_array_foreach(points, i, point) {
		guests = point_setting_number(point, "guests");
		if (is_closed_loop(point) && guests > above && (!next || guests < next))
			next = guests;
	}
	return next;
}

static size_t throughput_data(const json_t *points, FILE *out)
{
	size_t rows = 0;

	fputs("guests,posted_rate_per_s,default_rate_per_s,posted_p99_ms,default_p99_ms\n", out);
	for (double guests = next_guests(points, 0); guests; guests = next_guests(points, guests)) {
		const json_t *posted = find_throughput(points, "posted", guests);
		const json_t *best = find_throughput(points, "default", guests);

		fprintf(out, "%g", guests);
		put_stat(out, posted, "quote.rate", "value", 1);
		put_stat(out, best, "quote.rate", "value", 1);
		put_stat(out, posted, "latency.actual", "p99", 1e6);
		put_stat(out, best, "latency.actual", "p99", 1e6);
		fputc('\n', out);
		rows++;
	}
	return rows;
}

/* "default" and "16"; an open loop says so: "16 at 80/s". */
static void point_label(const json_t *point, char policy[64], char guests[64])
{
	point_policy(point, policy, 64);
	snprintf(guests, 64, "%g", point_setting_number(point, "guests"));
	if (!is_closed_loop(point))
		snprintf(guests, 64, "%g at %g/s", point_setting_number(point, "guests"),
			 point_setting_number(point, "rate"));
}

static size_t decomposition_data(const json_t *points, FILE *out)
{
	static const char *const parts[] = {
		"quote.total", "quote.copy_in", "quote.wait", "quote.seam", "quote.gap",
		"quote.copy_out", "quote.other",
	};
	char policy[64], guests[64];
	size_t rows = 0, i;
	json_t *point;
	double total;

	fputs("policy,guests,total_ms,copy_in_ms,wait_ms,seam_ms,gap_ms,copy_out_ms,other_ms\n", out);
	json_array_foreach(points, i, point) {
		if (!point_measures(point, "throughput") ||
		    !point_stat(point, "quote.total", "mean", &total) || !total)
			continue;
		point_label(point, policy, guests);
		csv_field(out, policy);
		fprintf(out, ",%s", guests);
		for (size_t part = 0; part < sizeof(parts) / sizeof(*parts); part++)
			put_stat(out, point, parts[part], "mean", 1e6);
		fputc('\n', out);
		rows++;
	}
	return rows;
}

static void put_cdf(const json_t *point, const json_t *histogram, FILE *out)
{
	double count = json_number_value(json_object_get(histogram, "count")), seen = 0;
	char policy[64], guests[64], label[160];
	json_t *bucket;
	size_t i;

	point_label(point, policy, guests);
	snprintf(label, sizeof(label), "%s %s", policy, guests);
	csv_field(out, label);
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
	size_t rows = 0, i;
	json_t *point;

	fputs("# one block per point: latency_ms,share_percent\n", out);
	json_array_foreach(points, i, point) {
		const char *name = is_closed_loop(point) ? "latency.actual" : "latency.intended";
		const json_t *histogram = json_object_get(point_metric(point, name), "histogram");

		if (!point_measures(point, "throughput") ||
		    !json_integer_value(json_object_get(histogram, "count")))
			continue;
		fputs(rows ? "\n\n" : "", out);
		put_cdf(point, histogram, out);
		rows++;
	}
	return rows;
}

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

static const char *setting_text(const json_t *point, const char *name)
{
	const char *text = json_string_value(point_setting(point, name));

	return text ? text : "?";
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

/* False for a pool that could not be had: the time of a failure is no price. */
static bool put_pool(const json_t *point, FILE *out)
{
	static const char *const times[] = { "pool.alloc_ns", "pool.flush_ns", "pool.add_ns" };
	double failed, ns;

	if (!point_stat(point, "pool.failed", "value", &failed))
		failed = 0;
	fprintf(out, "%g", point_setting_number(point, "pool_pages") / 256);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (failed || !point_stat(point, times[i], "value", &ns))
			fputs(",nan", out);
		else
			fprintf(out, ",%.10g", ns / 1e6);
	}
	fprintf(out, ",%d\n", kind_number(point));
	return !failed;
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

static data_writer *const writers[] = {
	lateness_data, throughput_data, decomposition_data, cdf_data, pool_data,
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
static ssize_t write_data(const json_t *result, data_writer *writer, const char *path)
{
	FILE *out = fopen(path, "we");
	size_t rows;
	bool ok;

	if (!out)
		return data_error(path);
	errno = 0;
	rows = writer(json_object_get(result, "points"), out);
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
	for (size_t i = 0; plot_names[i].name; i++) {
		ssize_t rows;
		int status;

		snprintf(csv, sizeof(csv), "%s/%s.csv", where, plot_names[i].name);
		snprintf(svg, sizeof(svg), "%s/%s.svg", where, plot_names[i].name);
		unlink(svg);
		rows = write_data(result, writers[i], csv);
		if (rows < 0)
			return rows;
		if (!rows || !can_draw)
			continue;
		status = run_gnuplot(plot_names[i].name, csv, svg, result_nature(result));
		if (status) {
			unlink(svg);
			explain(plot_names[i].name, status);
		}
		can_draw = status != 127 && status != 125;
	}
	return 0;
}
