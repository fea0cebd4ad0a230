// SPDX-License-Identifier: GPL-2.0
/* A result's life: point, stream, assembly, file, digest, exports; and what must not load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "export/export.h"
#include "report/findings.h"
#include "collect/hist.h"
#include "report/html.h"
#include "run/param.h"
#include "report/plot.h"
#include "result/result.h"
#include "report/side.h"
#include "report/table.h"
#include "result/view.h"

static char dir[64], stream_file[96], result_file[96];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tdxbench-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(stream_file, sizeof(stream_file), "%s/stream", dir);
	snprintf(result_file, sizeof(result_file), "%s/result.json", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(stream_file);
	unlink(result_file);
	return rmdir(dir);
}

/* --- making results --- */

static void count_value(struct hist *hist, uint64_t value, uint64_t times)
{
	hist->slots[hist_slot(value)] += times;
	hist->count += times;
	hist->sum += times * value;
	hist->min = value < hist->min ? value : hist->min;
	hist->max = value > hist->max ? value : hist->max;
}

static void add_hist(json_t *point, uint64_t last)
{
	struct hist *hist = calloc(1, sizeof(*hist));

	hist->min = UINT64_MAX;
	for (uint64_t value = 1; value <= 999; value++)
		count_value(hist, value, 1);
	count_value(hist, last, 1);
	metric_hist(point, "quote.total", "ns", BETTER_LOWER, hist);
	free(hist);
}

static json_t *make_point(const char *id, uint64_t last)
{
	json_t *point = point_new("posted", id, "throughput");

	settings_text(point_settings(point, "params"), "load", "closed");
	settings_u64(point_settings(point, "params"), "guests", 4);
	settings_text(point_settings(point, "policy"), "preset", "posted");
	settings_text(point_settings(point, "policy"), "wait", "killable");
	settings_u64(point_settings(point, "profile"), "quote_ns", 20000000);
	metric_double(point, "quote.rate", "1/s", BETTER_HIGHER, 49.9);
	metric_u64(point, "quote.count", "", BETTER_NONE, 1000);
	add_hist(point, last);
	books_check_equal(point, "quotes", 1000, 1000);
	return point;
}

static json_t *make_environment(const char *clock)
{
	return json_pack("{s:s, s:s, s:{s:s}}", "clock", clock, "kernel", "6.12", "module",
			 "kind", "software");
}

static void stream_run(bool with_end)
{
	assert_int_equal(stream_open(stream_file), 0);
	assert_int_equal(stream_environment(make_environment("virtual")), 0);
	assert_int_equal(stream_point(make_point("a", 5000)), 0);
	assert_int_equal(stream_point(make_point("b", 6000)), 0);
	if (with_end)
		assert_int_equal(stream_end(0, NULL), 0);
	stream_close();
}

static json_t *assemble(const char *started, double wall_s, const char *reason)
{
	struct run_facts facts = {
		.started = started, .wall_s = wall_s, .suite_name = "quick",
		.suite_text = "[a]\n", .reason = reason,
	};
	FILE *in = fopen(stream_file, "r");
	json_t *result = result_assemble(in, &facts);

	fclose(in);
	return result;
}

static json_t *make_result(void)
{
	result_set_clock(true);
	stream_run(true);
	return assemble("2026-11-21T20:00:00Z", 1.5, NULL);
}

static json_t *first_point(json_t *result)
{
	return json_array_get(json_object_get(result, "points"), 0);
}

static json_t *histogram_of(json_t *result)
{
	return json_object_get(point_metric(first_point(result), "quote.total"), "histogram");
}

/* --- the way through --- */

static void whole_way(void **state)
{
	char error[RESULT_ERROR], before[DIGEST_HEX], after[DIGEST_HEX];
	json_t *result = make_result(), *loaded;

	(void)state;
	assert_true(json_is_true(json_object_get(result, "complete")));
	assert_int_equal(json_array_size(json_object_get(result, "points")), 2);
	assert_int_equal(export_digest(result, before), 6);
	assert_int_equal(result_write(result, dir), 0);

	loaded = result_load(dir, error);
	assert_non_null(loaded);
	assert_true(json_equal(result, loaded));
	assert_int_equal(export_digest(loaded, after), 6);
	assert_string_equal(before, after);
	json_decref(loaded);
	loaded = result_load(result_file, error);
	assert_non_null(loaded);
	json_decref(loaded);
	json_decref(result);
}

static void cut_stream_keeps_points(void **state)
{
	struct stat st;
	json_t *result;

	(void)state;
	result_set_clock(true);
	stream_run(false);
	result = assemble("", 1, NULL);
	assert_true(json_is_false(json_object_get(result, "complete")));
	assert_string_equal(json_get_text(result, "reason"), "the run ended before its last point");
	assert_int_equal(json_array_size(json_object_get(result, "points")), 2);
	json_decref(result);

	assert_int_equal(stat(stream_file, &st), 0);
	assert_int_equal(truncate(stream_file, st.st_size - 10), 0);
	result = assemble("", 1, NULL);
	assert_int_equal(json_array_size(json_object_get(result, "points")), 1);
	json_decref(result);

	assert_int_equal(truncate(stream_file, 0), 0);
	result = assemble("", 1, "interrupted");
	assert_int_equal(json_array_size(json_object_get(result, "points")), 0);
	assert_string_equal(json_get_text(result, "reason"), "interrupted");
	json_decref(result);
}

static void bad_lines_mark_incomplete(void **state)
{
	static const char *const lines[] = {
		"garbage\n", "[]\n", "{\"type\":7}\n", "{\"type\":\"point\"}\n", "\n",
		"{\"type\":\"point\",\"id\":\"x\",\"metrics\":{}}\n", "{\"type\":\"unheard-of\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		json_t *result;
		FILE *out;

		stream_run(false);
		out = fopen(stream_file, "a");
		fputs(lines[i], out);
		fputs("{\"type\":\"end\",\"lost_events\":3}\n", out);
		fclose(out);
		result = assemble("", 1, NULL);
		assert_true(json_is_false(json_object_get(result, "complete")));
		assert_int_equal(json_array_size(json_object_get(result, "points")), 2);
		assert_int_equal(json_integer_value(json_object_get(result, "lost_events")), 3);
		json_decref(result);
	}
}

static void same_id_twice(void **state)
{
	json_t *result;

	(void)state;
	assert_int_equal(stream_open(stream_file), 0);
	stream_environment(make_environment("virtual"));
	stream_point(make_point("a", 1));
	stream_point(make_point("a", 2));
	stream_end(0, NULL);
	stream_close();
	result = assemble("", 1, NULL);
	assert_int_equal(json_array_size(json_object_get(result, "points")), 1);
	assert_true(json_is_false(json_object_get(result, "complete")));
	json_decref(result);
}

static void point_without_environment(void **state)
{
	json_t *result;

	(void)state;
	assert_int_equal(stream_open(stream_file), 0);
	stream_point(make_point("a", 1));
	stream_end(0, NULL);
	stream_close();
	result = assemble("", 1, NULL);
	assert_int_equal(json_array_size(json_object_get(result, "points")), 0);
	assert_true(json_is_false(json_object_get(result, "complete")));
	json_decref(result);
}

static void stream_full(void **state)
{
	(void)state;
	assert_int_equal(stream_open("/dev/full"), 0);
	assert_true(stream_point(make_point("a", 1)) < 0);
	stream_close();
	assert_true(stream_open("/nonexistent/stream") < 0);
}

static void unwritable(void **state)
{
	json_t *result = make_result();

	(void)state;
	assert_true(result_write(result, "/proc/tdxbench") < 0);
	assert_true(result_dir_check("/proc/tdxbench") < 0);
	assert_true(result_dir_check("/dev/null/x") < 0);
	assert_int_equal(result_dir_check(dir), 0);
	json_decref(result);
}

/* --- numbers --- */

static void percentiles(void **state)
{
	json_t *result = make_result();
	const json_t *metric = point_metric(first_point(result), "quote.total");
	double value;

	(void)state;
	/* 1..999 and 5000: the middle of a bucket is at most 1.6 % off. */
	assert_true(metric_stat(metric, "p50", &value) && value > 490 && value < 510);
	assert_true(metric_stat(metric, "p90", &value) && value > 885 && value < 915);
	assert_true(metric_stat(metric, "p99", &value) && value > 974 && value < 1006);
	assert_true(metric_stat(metric, "max", &value) && value == 5000);
	assert_true(metric_stat(metric, "min", &value) && value == 1);
	assert_true(metric_stat(metric, "mean", &value) && value == 504.5);
	assert_false(metric_stat(metric, "value", &value));
	assert_false(point_stat(first_point(result), "no.such", "p50", &value));
	json_decref(result);
}

static void nothing_counted(void **state)
{
	struct hist *hist = calloc(1, sizeof(*hist));
	json_t *point = point_new("s", "i", "throughput");
	char error[RESULT_ERROR];
	double value;

	(void)state;
	hist->min = UINT64_MAX;
	metric_hist(point, "quote.total", "ns", BETTER_LOWER, hist);
	metric_double(point, "quote.rate", "1/s", BETTER_HIGHER, 0.0 / 0.0);
	assert_true(point_valid(point, error));
	assert_false(point_stat(point, "quote.total", "p99", &value));
	assert_true(point_stat(point, "quote.total", "count", &value) && value == 0);
	assert_null(point_metric(point, "quote.rate"));
	json_decref(point);
	free(hist);
}

static void books(void **state)
{
	json_t *point = point_new("s", "i", "throughput");
	const json_t *book = json_object_get(point, "books");

	(void)state;
	books_check_equal(point, "equal", 7, 7);
	books_check_below(point, "at the limit", 2.0, 2.0);
	assert_true(json_is_true(json_object_get(book, "closed")));
	books_check_below(point, "no number", 2.0, 0.0 / 0.0);
	assert_true(json_is_false(json_object_get(book, "closed")));
	books_check_equal(point, "equal", 7, 7);
	assert_true(json_is_false(json_object_get(book, "closed")));
	json_decref(point);
}

static void warnings(void **state)
{
	json_t *result = make_result();
	char text[256];

	(void)state;
	assert_false(result_warning(result, text, sizeof(text)));
	json_object_set_new(result, "lost_events", json_integer(3));
	json_object_set_new(json_object_get(first_point(result), "books"), "closed", json_false());
	json_object_set_new(result, "complete", json_false());
	assert_true(result_warning(result, text, sizeof(text)));
	assert_non_null(strstr(text, "INCOMPLETE"));
	assert_non_null(strstr(text, "EVENTS LOST: 3"));
	assert_non_null(strstr(text, "BOOKS OPEN in 1 of 2"));
	json_decref(result);
}

/* --- digest --- */

/* The same JSON with keys in another order. */
static json_t *reorder(const json_t *value)
{
	char *text = json_dumps(value, JSON_SORT_KEYS);
	json_t *other = json_loads(text, 0, NULL);

	free(text);
	return other;
}

static void digest_knows_what_counts(void **state)
{
	json_t *result = make_result(), *other = reorder(result), *bucket;
	char one[DIGEST_HEX], two[DIGEST_HEX];

	(void)state;
	export_digest(result, one);
	assert_int_equal(strlen(one), 64);

	json_object_set_new(other, "wall_s", json_real(99));
	json_object_set_new(other, "started", json_string("2027-01-01T00:00:00Z"));
	json_array_append(json_object_get(other, "points"), first_point(other));
	json_array_remove(json_object_get(other, "points"), 0);
	export_digest(other, two);
	assert_string_equal(one, two);

	bucket = json_array_get(json_object_get(histogram_of(other), "buckets"), 0);
	json_array_set_new(bucket, 2, json_integer(2));
	export_digest(other, two);
	assert_string_not_equal(one, two);
	json_decref(other);
	json_decref(result);
}

static void sampled_has_no_digest(void **state)
{
	char hex[DIGEST_HEX];
	json_t *result;

	(void)state;
	result_set_clock(false);
	stream_run(true);
	result = assemble("", 1, NULL);
	assert_int_equal(export_digest(result, hex), 0);
	json_decref(result);
}

/* --- what must not load --- */

static bool loads(const char *text, char error[RESULT_ERROR])
{
	FILE *out = fopen(result_file, "w");
	json_t *result;

	fputs(text, out);
	fclose(out);
	result = result_load(result_file, error);
	json_decref(result);
	return result;
}

static bool loads_json(const json_t *result, char error[RESULT_ERROR])
{
	char *text = json_dumps(result, 0);
	bool ok = loads(text, error);

	free(text);
	return ok;
}

static void malformed_text(void **state)
{
	static const char *const texts[] = {
		"", "{", "null", "[]", "{}", "\"x\"", "{\"schema\":1}",
		"{\"schema\":\"tdxbench-result/2\"}", "{\"schema\":\"tdxbench-result/1\"}",
		"{\"schema\":\"tdxbench-result/1\",\"schema\":\"tdxbench-result/1\"}", "\xff\xfe",
	};
	char error[RESULT_ERROR], deep[20001];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		error[0] = '\0';
		assert_false(loads(texts[i], error));
		assert_true(error[0]);
		assert_null(strchr(error, '\n'));
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_false(loads(deep, error));
	assert_null(result_load("/nonexistent", error));
	assert_null(result_load("/", error));
	assert_null(result_load("/dev/null", error));
}

/*
 * Takes away or replaces every member of a result, one at a time and at every
 * depth. It may load or not, but whatever loads must print in every form.
 */
static void print_all(json_t *result)
{
	const struct export_options export_options = { .origin = "ci" };
	const struct side side = { 2, { "a", "b" }, { result, result } };
	FILE *null = fopen("/dev/null", "w");
	char hex[DIGEST_HEX];

	table_print(result, true, null);
	for (size_t i = 0; export_names[i]; i++)
		export_formats[i].print(result, &export_options, null);
	export_digest(result, hex);
	result_print(result, null);
	table_print_side(&side, true, null);
	fclose(null);
}

static void try_load(const json_t *result)
{
	char error[RESULT_ERROR];
	json_t *copy;

	if (!loads_json(result, error))
		return;
	copy = result_load(result_file, error);
	print_all(copy);
	json_decref(copy);
}

static void damage(const json_t *root, json_t *value)
{
	static const char *const replacements[] = { "null", "-1", "\"\\u0001<\"", "[]", "{}", "1e308" };
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, member) {
		char *name = strdup(key);

		json_incref(member);
		for (i = 0; i < sizeof(replacements) / sizeof(*replacements); i++) {
			json_object_set_new(value, name,
					    json_loads(replacements[i], JSON_DECODE_ANY, NULL));
			try_load(root);
		}
		json_object_set(value, name, member);
		damage(root, member);
		json_decref(member);
		free(name);
	}
	if (json_array_size(value))
		damage(root, json_array_get(value, 0));
}

static void damaged_members(void **state)
{
	json_t *result = make_result();

	(void)state;
	damage(result, result);
	json_decref(result);
}

static void lying_histograms(void **state)
{
	json_t *result = make_result(), *histogram = histogram_of(result), *buckets;
	char error[RESULT_ERROR];

	(void)state;
	assert_true(loads_json(result, error));
	json_object_set_new(histogram, "count", json_integer(999));
	assert_false(loads_json(result, error));
	json_object_set_new(histogram, "count", json_integer(1001));
	assert_false(loads_json(result, error));
	json_object_set_new(histogram, "count", json_integer(1000));

	buckets = json_object_get(histogram, "buckets");
	json_array_append(buckets, json_array_get(buckets, 0));
	json_array_remove(buckets, 0);
	assert_false(loads_json(result, error));
	assert_non_null(strstr(error, "in order"));
	json_decref(result);
}

static void assert_refused(const json_t *result, const char *why)
{
	char error[RESULT_ERROR] = "";

	assert_false(loads_json(result, error));
	assert_non_null(strstr(error, why));
}

static void steady_is_exact(void **state)
{
	json_t *result = make_result();
	json_t *metric = (json_t *)point_metric(first_point(result), "quote.rate");
	char error[RESULT_ERROR];

	(void)state;
	json_object_set_new(metric, "steady", json_true());
	assert_true(loads_json(result, error));
	json_object_set_new(metric, "class", json_string("sampled"));
	assert_refused(result, "metric quote.rate: is steady, so that its \"class\" must be exact");
	json_object_set_new(metric, "class", json_string("exact"));
	json_object_set_new(metric, "steady", json_false());
	assert_refused(result, "metric quote.rate: \"steady\" must be true, or absent");
	json_decref(result);
}

static void metrics_are_there_once(void **state)
{
	json_t *result = make_result(), *metrics = json_object_get(first_point(result), "metrics");

	(void)state;
	json_array_append(metrics, json_array_get(metrics, 0));
	assert_refused(result, "metric quote.rate: is there twice");
	json_decref(result);
}

static void metric_names_are_plain(void **state)
{
	static const char *const names[] = { "a b", "A", "a-b", "a/b", "\xc3\xa9" };
	json_t *result = make_result();
	json_t *metric = (json_t *)point_metric(first_point(result), "quote.rate");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_object_set_new(metric, "name", json_string(names[i]));
		assert_refused(result, "\"name\" must be letters a to z, digits, _ and .");
	}
	json_decref(result);
}

/* What is wrong may be called anything: a terminal must not obey it. */
static void errors_are_one_line(void **state)
{
	json_t *result = make_result(), *point = first_point(result);
	char error[RESULT_ERROR];

	(void)state;
	json_object_set_new(point, "id", json_string("a\n\x1b[2Jb"));
	json_object_set_new(json_object_get(point, "books"), "closed", json_null());
	assert_refused(result, "books of a??[2Jb: \"closed\" must be true or false");
	assert_false(loads("{\"a\" \x1b\n}", error));
	assert_null(strpbrk(error, "\x1b\n"));
	json_decref(result);
}

/* Blanks behind a good result: what is too large is refused before it is understood. */
static void size_is_limited(void **state)
{
	json_t *result = make_result();
	char error[RESULT_ERROR];
	struct stat st;

	(void)state;
	assert_int_equal(result_write(result, dir), 0);
	assert_int_equal(stat(result_file, &st), 0);
	for (off_t over = 0; over < 2; over++) {
		FILE *out = fopen(result_file, "r+");
		json_t *loaded;

		fseek(out, 0, SEEK_END);
		for (off_t at = ftell(out); at < JSON_LIMIT + over; at++)
			putc(' ', out);
		fclose(out);
		loaded = result_load(result_file, error);
		assert_int_equal(loaded == NULL, over);
		json_decref(loaded);
	}
	assert_non_null(strstr(error, ": larger than 16 MiB"));
	json_decref(result);
}

/* --- exports --- */

static char *csv_of(const json_t *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	export_csv(result, NULL, out);
	fclose(out);
	return text;
}

static void csv(void **state)
{
	json_t *result = make_result();
	char *text = csv_of(result);

	(void)state;
	assert_int_equal(strncmp(text, "id,section,measurement,parameters,metric,unit,", 46), 0);
	assert_non_null(strstr(text, "\na,posted,throughput,load=closed guests=4 policy=posted wait=killable,"
				     "quote.rate,1/s,higher,exact,49.9,,,,,,,,\n"));
	assert_non_null(strstr(text, ",ns,lower,exact,,1000,504.5,1,"));
	free(text);

	json_object_set_new(first_point(result), "id", json_string("a,\"b\"\n"));
	text = csv_of(result);
	assert_non_null(strstr(text, "\n\"a,\"\"b\"\"\n\",posted"));
	free(text);
	json_decref(result);
}

static void html_is_escaped(void **state)
{
	char page[96], *text = NULL;
	json_t *result = make_result();
	size_t size = 0;
	FILE *in;

	(void)state;
	json_object_set_new(first_point(result), "id", json_string("<script>\"&'"));
	json_object_set_new(json_object_get(result, "suite"), "text", json_string("</pre><b>"));
	snprintf(page, sizeof(page), "%s/page.html", dir);
	assert_int_equal(html_write(result, dir, page), 0);
	in = fopen(page, "r");
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	unlink(page);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "</pre><b>"));
	assert_non_null(strstr(text, "&lt;script&gt;&quot;&amp;&#39;"));
	free(text);
	json_decref(result);
}

/* --- tables, findings and plots: what a reader sees first --- */

/* One value of a point; ns is also what a histogram of one sample holds. */
struct number {
	const char *name;
	double value;
	bool hist;
};

/**
 * struct sample - a point to show
 * @param: one that its table shows, @number of it
 * @word:  of the profile or a knob: "yield_if", "honour"
 */
struct sample {
	const char *section, *id, *measurement, *preset;
	const char *param;
	uint64_t number;
	const char *word, *answer;
	struct number numbers[12];
};

static void add_number(json_t *point, const struct number *number)
{
	struct hist *hist;

	if (!number->hist) {
		metric_double(point, number->name, "", BETTER_NONE, number->value);
		return;
	}
	hist = calloc(1, sizeof(*hist));
	hist->min = UINT64_MAX;
	count_value(hist, (uint64_t)number->value, 1);
	metric_hist(point, number->name, "ns", BETTER_LOWER, hist);
	free(hist);
}

static json_t *sample_point(const struct sample *sample)
{
	json_t *point = point_new(sample->section, sample->id, sample->measurement);

	settings_text(point_settings(point, "policy"), "preset", sample->preset);
	if (sample->param)
		settings_u64(point_settings(point, "params"), sample->param, sample->number);
	if (sample->word)
		settings_text(point_settings(point, "profile"), sample->word, sample->answer);
	if (!strcmp(sample->measurement, "throughput"))
		settings_u64(point_settings(point, "params"), "guests", 16);
	for (const struct number *number = sample->numbers; number->name; number++)
		add_number(point, number);
	return point;
}

static const struct sample storm[] = {
	{ "throughput", "throughput/policy=posted", "throughput", "posted", "hog", 1, .numbers = {
		{ "quote.rate", 50 }, { "latency.actual", 8e6, true }, { "td.p99_ratio", 1 } } },
	{ "throughput", "throughput/policy=default", "throughput", "default", "hog", 1, .numbers = {
		{ "quote.rate", 200 }, { "latency.actual", 2e6, true }, { "td.p99_ratio", 1 } } },
	{ "fair", "fair/policy=posted", "throughput", "posted", "hog", 8, .numbers = {
		{ "quote.rate", 51 }, { "latency.actual", 9e6, true }, { "td.p99_worst", 60e6 },
		{ "td.p99_median", 20e6 }, { "td.p99_ratio", 3 }, { "hog.p99", 50e6 },
		{ "td.quotes_min", 100 } } },
	{ "fair", "fair/policy=default", "throughput", "default", "hog", 8, .numbers = {
		{ "quote.rate", 201 }, { "latency.actual", 9e6, true }, { "td.p99_worst", 15e6 },
		{ "td.p99_median", 12e6 }, { "td.p99_ratio", 1.25 }, { "hog.p99", 15e6 },
		{ "quote.count", 1600 } } },
	{ "update", "update/policy=posted", "update", "posted", .word = "yield_if",
	  .answer = "honour", .numbers = {
		{ "update.count", 2 }, { "update.stall_ns", 25e6 }, { "update.drain_ns", 0 },
		{ "update.total_ns", 26e6 }, { "quote.count", 90 }, { "quote.retries", 0 },
		{ "quote.lost", 3 }, { "quote.wrong", 4 }, { "quote.stale", 5 } } },
	{ "update", "update/policy=default", "update", "default", .word = "yield_if",
	  .answer = "honour", .numbers = {
		{ "update.count", 2 }, { "update.stall_ns", 4e3 }, { "update.drain_ns", 3e6 },
		{ "update.total_ns", 28e6 }, { "quote.count", 180 }, { "quote.retries", 70 },
		{ "quote.lost", 0 }, { "quote.wrong", 0 }, { "quote.stale", 0 } } },
	{ "kill", "kill/policy=posted", "kill", "posted", "waiting", 16, .numbers = {
		{ "kill.waiting", 800e6, true }, { "kill.calling", 50e6, true },
		{ "kill.asleep", 1e6, true }, { "kill.in_vain", 16 } } },
	{ "kill", "kill/policy=default", "kill", "default", "waiting", 16, .numbers = {
		{ "kill.waiting", 2e6, true }, { "kill.calling", 50e6, true },
		{ "kill.asleep", 1e6, true }, { "kill.in_vain", 0 } } },
};

static json_t *result_of(const struct sample *samples, size_t count)
{
	json_t *result = json_object(), *points = json_array();

	result_set_clock(true);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(points, sample_point(&samples[i]));
	json_object_set_new(result, "environment", make_environment("virtual"));
	json_object_set_new(result, "complete", json_true());
	json_object_set_new(result, "points", points);
	return result;
}

#define RESULT_OF(samples)	result_of(samples, sizeof(samples) / sizeof(*(samples)))

static json_t *pool_point(const char *memory, const char *alloc, bool failed)
{
	json_t *point = point_new("pool", alloc, "pool");

	settings_text(point_settings(point, "params"), "memory", memory);
	settings_text(point_settings(point, "policy"), "preset", "default");
	settings_text(point_settings(point, "policy"), "pool_alloc", alloc);
	settings_text(point_settings(point, "policy"), "pool_flush", "none");
	settings_u64(point_settings(point, "profile"), "pool_pages", 8960);
	metric_u64(point, "pool.alloc_ns", "ns", BETTER_LOWER, 9000000);
	metric_u64(point, "pool.add_ns", "ns", BETTER_LOWER, failed ? 0 : 10000000);
	metric_u64(point, "pool.failed", "", BETTER_LOWER, failed);
	metric_u64(point, "pool.errno", "", BETTER_NONE, failed ? 12 : 0);
	return point;
}

/* Bring-up failed before there was a pool. */
static json_t *pool_not_tried(const char *memory, const char *alloc)
{
	json_t *point = pool_point(memory, alloc, false), *metrics = json_object_get(point, "metrics");

	json_array_clear(metrics);
	metric_u64(point, "pool.failed", "", BETTER_LOWER, 0);
	metric_u64(point, "bring_up.errno", "", BETTER_NONE, 5);
	return point;
}

static json_t *pool_result(void)
{
	json_t *result = RESULT_OF(((const struct sample[]){ storm[0] }));
	json_t *points = json_object_get(result, "points");

	json_array_clear(points);
	json_array_append_new(points, pool_point("pinned", "contig", true));
	json_array_append_new(points, pool_point("pinned", "batch", false));
	return result;
}

static char *tables_of(const json_t *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_print(result, false, out);
	fclose(out);
	return text;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void tables(void **state)
{
	static const char *const parts[] = {
		"Quote throughput\n",
		"\nposted       16        50    8    8    8      8    8\n",
		"\npolicy   guests  hog  worst guest  median guest  worst/median         hog  quotes/s\n",
		"\nposted       16    8           60            20             3          50        51\n"
		"default      16    8           15            12          1.25          15       201\n",
		"\npolicy   yield_if  stall  drain  total  good  retries  lost  wrong  stale\n"
		"posted   honour    25 ms      0  26 ms    90        0     3      4      5\n"
		"default  honour     4 µs   3 ms  28 ms   180       70     0      0      0\n",
		"\npolicy   waiting     p50     p99     max  calling  asleep  in vain\n"
		"posted        16  800 ms  800 ms  800 ms    50 ms    1 ms       16\n"
		"default       16    2 ms    2 ms    2 ms    50 ms    1 ms        0\n",
	};
	json_t *result = RESULT_OF(storm);
	char *text = tables_of(result);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_says(text, parts[i]);
	free(text);
	json_decref(result);

	result = pool_result();
	text = tables_of(result);
	assert_says(text, "\npinned  contig    35      9    0  ENOMEM\n"
			  "pinned  batch     35      9   10  ");
	free(text);
	json_decref(result);
}

static const struct sample host = {
	"host", "host", "host", "unknown", .numbers = {
		{ "td.count", 3 }, { "quote.count", 20 }, { "quote.rate", 2.5 }, { "quote.failed", 1 },
		{ "quote.total", 200e6, true }, { "quote.wait", 50e6, true },
		{ "quote.seam", 150e6, true }, { "seamcall.duration", 1e6, true },
		{ "timer.lateness_seam", 2e3, true }, { "update.count", 0 } }
};

static void table_of_host(void **state)
{
	json_t *result = result_of(&host, 1);
	char *text = tables_of(result);

	(void)state;
	assert_says(text, "\nTDs  quotes  quotes/s  failed  p50  p99  max         wait  SEAM          p50  max              p99\n"
			  "  3      20      2.50  1       200  200  200         25.0  75.0            1    1                2\n");
	free(text);
	json_decref(result);
}

/* What differs by section alone looks the same until the section is named. */
static void tables_name_sections(void **state)
{
	struct sample two[] = { storm[4], storm[4] };
	json_t *result = RESULT_OF(two);
	char *text = tables_of(result);

	(void)state;
	assert_says(text, "\nposted  honour    update ");
	free(text);
	json_decref(result);

	two[1] = storm[5];
	result = RESULT_OF(two);
	text = tables_of(result);
	assert_null(strstr(text, "section"));
	free(text);
	json_decref(result);
}

/* Every knob turned, but the last @but of them. */
static void turn_knobs(json_t *point, size_t but)
{
	size_t count = param_count(policy_params) - but;

	for (size_t i = 0; i < count; i++) {
		const struct param *knob = &policy_params[i];
		uint32_t posted = policy_answer(&policy_presets[POLICY_POSTED], knob);

		settings_text(point_settings(point, "policy"), knob->name,
			      param_word(knob, !posted));
	}
}

/* However long their names are, two policies never look the same. */
static void policies_are_not_cut(void **state)
{
	json_t *result = RESULT_OF(((const struct sample[]){ storm[0], storm[0] }));
	json_t *points = json_object_get(result, "points");
	char names[2][2048], *text;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		turn_knobs(json_array_get(points, i), i);
		point_policy(json_array_get(points, i), names[i], sizeof(names[i]));
		assert_true(strlen(names[i]) < CELL_SIZE);
	}
	assert_string_not_equal(names[0], names[1]);
	text = tables_of(result);
	assert_says(text, names[0]);
	assert_says(text, names[1]);
	assert_null(strstr(text, "section"));
	free(text);
	json_decref(result);
}

/* --- several results side by side --- */

static char *file_text(const char *name)
{
	char path[160], *text = NULL;
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	return text;
}

static char *side_of(json_t *const *results, size_t count)
{
	struct side side = { .count = count, .path = { "one", "two", "three" } };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	memcpy(side.result, results, count * sizeof(*results));
	table_print_side(&side, true, out);
	fclose(out);
	return text;
}

static void assert_side_says(json_t *const *results, size_t count, const char *part)
{
	char *text = side_of(results, count);

	assert_says(text, part);
	free(text);
}

static void side_by_side(void **state)
{
	json_t *two[] = { RESULT_OF(storm), RESULT_OF(storm) };
	json_t *point = json_array_get(json_object_get(two[1], "points"), 1);
	char *text;

	(void)state;
	text = side_of(two, 2);
	assert_says(text, "\nthroughput/policy=posted\n");
	assert_says(text, "\nlatency.actual p99  ms            8          8    =\n");
	assert_says(text, "\nA  default      16       200 ");
	assert_says(text, "\nB  default      16       200 ");
	assert_says(text, " metrics in both, none in only one\n");
	assert_null(strstr(text, "DIFFER"));
	free(text);

	json_object_set_new((json_t *)point_metric(point, "quote.rate"), "value", json_integer(300));
	json_object_set_new((json_t *)point_metric(point, "td.p99_ratio"), "name", json_string("mine"));
	text = side_of(two, 2);
	assert_says(text, "\nquote.rate                      200        300  1.500\n");
	assert_says(text, "\ntd.p99_ratio                      1          -      -\n");
	assert_says(text, "\nmine                              -          1      -\n");
	assert_says(text, "\n- 1 metric only in A: throughput/policy=default td.p99_ratio\n"
			  "- 1 metric only in B: throughput/policy=default mine\n");
	free(text);
	json_decref(two[0]);
	json_decref(two[1]);
}

static void set_time(json_t *result, double ns)
{
	json_t *metric = (json_t *)point_metric(first_point(result), "quote.rate");

	json_object_set_new(metric, "unit", json_string("ns"));
	json_object_set_new(metric, "value", json_real(ns));
}

/* However much larger the other number is. */
static void small_numbers_keep_their_digits(void **state)
{
	json_t *two[] = { RESULT_OF(storm), RESULT_OF(storm) };

	(void)state;
	set_time(two[0], 93.25e6);
	set_time(two[1], 68);
	assert_side_says(two, 2, "\nquote.rate          ms        93.25      68 ns  <0.001\n");
	set_time(two[0], 68000);
	assert_side_says(two, 2, "\nquote.rate          µs           68      68 ns  0.001\n");
	set_time(two[1], 6800);
	assert_side_says(two, 2, "\nquote.rate          µs           68       6.80  0.100\n");
	set_time(two[1], 0);
	assert_side_says(two, 2, "\nquote.rate          µs           68          0  0.000\n");
	json_decref(two[0]);
	json_decref(two[1]);
}

/* Every letter is a bit; what two of three have is said once. */
static void three_side_by_side(void **state)
{
	json_t *three[] = { RESULT_OF(storm), result_of(&storm[2], 2), RESULT_OF(storm) };

	(void)state;
	assert_side_says(three, 3, "\n- 14 metrics in all 3\n");
	assert_side_says(three, 3, "\n- 32 metrics only in A, C: throughput/policy=posted, ");
	assert_side_says(three, 3, "\nquote.rate                       50          -         50\n");
	for (size_t i = 0; i < 3; i++)
		json_decref(three[i]);
}

static void side_is_wary(void **state)
{
	json_t *two[] = { RESULT_OF(storm), RESULT_OF(storm) };
	json_t *environment = json_object_get(two[1], "environment");
	json_t *point = first_point(two[1]);

	(void)state;
	json_object_set_new(environment, "clock", json_string("real"));
	json_object_set_new(json_object_get(point, "params"), "guests", json_integer(17));
	json_object_set_new(json_object_get(point, "books"), "closed", json_false());
	assert_side_says(two, 2, "ENVIRONMENTS DIFFER in clock: figures are not comparable as such.\n"
				 "SETTINGS DIFFER in 1 point: their tables begin with which.\n"
				 "B: BOOKS OPEN in 1 of 8 points.\n"
				 "A: virtual clock: ");
	assert_side_says(two, 2, "(params) guests ");

	/* Nothing of this may be obeyed by a terminal, or overflow. */
	json_object_set_new(point, "id", json_string("\033[2J"));
	json_object_set_new(environment, "kernel", json_pack("s+", "6.", "12345678901234567890"
				"1234567890123456789012345678901234567890"));
	assert_side_says(two, 2, "\n?[2J\n");
	json_object_set_new(point, "id", json_string("\302\2332J\303\251"));
	assert_side_says(two, 2, "\n?2J\303\251\n");
	json_decref(two[0]);
	json_decref(two[1]);
}

static void side_exports(void **state)
{
	json_t *result = make_result();
	const struct side side = { 2, { "a,b", "c" }, { result, result } };
	char page[96], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	export_csv_side(&side, out);
	fclose(out);
	assert_int_equal(strncmp(text, "result,id,section,", 18), 0);
	assert_says(text, "\n\"a,b\",a,posted,");
	assert_says(text, "\nc,a,posted,");
	free(text);

	text = NULL;
	out = open_memstream(&text, &size);
	export_json_side(&side, out);
	fclose(out);
	result = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_array_size(result), 2);
	assert_true(json_equal(json_array_get(result, 1), side.result[0]));
	json_decref(result);
	free(text);

	json_object_set_new(first_point(side.result[0]), "id", json_string("<script>"));
	snprintf(page, sizeof(page), "%s/side.html", dir);
	assert_int_equal(html_write_side(&side, page), 0);
	text = file_text("side.html");
	assert_null(strstr(text, "<script"));
	assert_says(text, "&lt;script&gt;");
	free(text);
	unlink(page);
	json_decref(side.result[0]);
}

/* --- findings --- */

static void collect(const char *sentence, void *out)
{
	fprintf(out, "%s\n", sentence);
}

static char *findings_of(const json_t *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	findings(result, collect, out);
	fclose(out);
	return text;
}

static void findings_compare(void **state)
{
	static const char *const parts[] = {
		"With 16 guests, the default policy gives 4.00 times the quotes of the series as posted: "
		"200 against 50 per second, at a p99 latency of 2 ms against 8 ms.\n",
		"With one guest asking 8 times at once beside 15 others, the worst guest's p99 latency is "
		"1.25 times the median guest's with the default policy (15 ms against 12 ms), and 3.00 "
		"times as posted (60 ms against 20 ms).\n",
		"An update stops every CPU for 25 ms as posted and for 4 µs with the default policy, if "
		"the module runs to the end where interrupts are disabled; it takes 26 ms against 28 ms "
		"until quotes can be made again.\n",
		"Over 2 updates under load, the series as posted loses 3 requests and hands out 4 wrong "
		"and 5 stale quotes beside 90 good ones; the default policy loses 0, hands out 0 and 0 "
		"beside 180, and tells guests 70 times to ask again.\n",
		"A client killed while it waits for a buffer, one of 16, is gone after 2 ms with the "
		"default policy and after 800 ms as posted (p50; at worst 2 ms and 800 ms).\n",
	};
	json_t *result = RESULT_OF(storm);
	char *text = findings_of(result);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_says(text, parts[i]);
	free(text);
	json_decref(result);

	result = pool_result();
	json_array_append_new(json_object_get(result, "points"),
			      pool_point("fresh", "contig", false));
	json_array_append_new(json_object_get(result, "points"), pool_not_tried("fresh", "batch"));
	text = findings_of(result);
	assert_null(strstr(text, "fresh"));
	assert_says(text, "Where memory is free in single pages that cannot be joined, a pool of 35 MiB in "
			  "one piece cannot be had, and quoting stays off; in pieces of up to 2 MiB it takes "
			  "9 ms to allocate.\n");
	free(text);
	json_decref(result);
}

static char *findings_of_two(const struct sample *a, const struct sample *b)
{
	json_t *result = RESULT_OF(((const struct sample[]){ *a, *b }));
	char *text = findings_of(result);

	json_decref(result);
	return text;
}

/* What few quotes, a failed update, or a spread cannot show is not said. */
static void findings_do_not_overstate(void **state)
{
	struct sample few = storm[2], failed = storm[5], one = storm[4];
	char *text;

	(void)state;
	few.numbers[6].value = 99;
	text = findings_of_two(&few, &storm[3]);
	assert_says(text, "the worst guest's largest latency is 1.25 times");
	free(text);

	failed.numbers[9] = (struct number){ "update.failed", 1, false };
	failed.numbers[10] = (struct number){ "quote.fell_back", 6, false };
	one.numbers[0].value = one.numbers[6].value = 1;
	text = findings_of_two(&one, &failed);
	assert_null(strstr(text, "until quotes can be made again"));
	assert_says(text, "Over 1 update under load, the series as posted loses 1 request and hands");
	assert_says(text, "the kernel leaves 0 requests to user space as posted and 6 with the default policy.\n");
	free(text);
}

static const struct sample small = {
	"memory", "memory", "memory", "default", .numbers = {
		{ "memory.per_td", 131072 }, { "td.count", 16 }, { "pool.bytes", 4 << 20 },
		{ "memory.left", -40960 } }
};

static void findings_know_flat_and_nothing(void **state)
{
	struct sample more = storm[0];
	json_t *result = RESULT_OF(((const struct sample[]){ storm[0], more, small }));
	json_t *params = json_object_get(json_array_get(json_object_get(result, "points"), 1), "params");
	char *text;

	(void)state;
	settings_u64(params, "guests", 64);
	text = findings_of(result);
	assert_says(text, "the rate stays between 50 and 50 quotes/s from 16 to 64 guests");
	assert_says(text, "When they are gone 4 MiB of pool stay, and nothing beside it.\n");
	free(text);
	json_decref(result);

	more.numbers[0].value = 100;
	result = RESULT_OF(((const struct sample[]){ storm[0], more }));
	params = json_object_get(json_array_get(json_object_get(result, "points"), 1), "params");
	settings_u64(params, "guests", 64);
	text = findings_of(result);
	assert_string_equal(text, "");
	free(text);
	json_decref(result);
}

/* One policy alone, or two under different profiles, is no comparison. */
static void findings_compare_like_with_like(void **state)
{
	struct sample two[] = { storm[4], storm[5] };
	json_t *result;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(storm) / sizeof(*storm); i++) {
		result = RESULT_OF(((const struct sample[]){ storm[i] }));
		text = findings_of(result);
		assert_string_equal(text, "");
		free(text);
		json_decref(result);
	}
	two[1].answer = "ignore";
	result = RESULT_OF(two);
	text = findings_of(result);
	assert_string_equal(text, "");
	free(text);
	json_decref(result);
}

/* A point of each question, damaged; its counterpart is whole. */
static void damaged_questions(void **state)
{
	char error[RESULT_ERROR];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(storm) / sizeof(*storm); i += 2) {
		json_t *pair = result_of(&storm[i], 2), *result = make_result();

		json_object_set(result, "points", json_object_get(pair, "points"));
		assert_true(loads_json(result, error));
		damage(result, first_point(result));
		json_decref(result);
		json_decref(pair);
	}
}

/* The data only: there is no gnuplot on this PATH. */
static void plot_data(void **state)
{
	static const struct {
		const char *file, *part;
	} plots[] = {
		{ "throughput.csv", "\nposted\n16,50,8\n\n\ndefault\n16,200,2\n" },
		{ "fairness.csv", "\nposted · 8 at once,20,60,50\ndefault · 8 at once,12,15,15\n" },
		{ "update.csv", "\nposted · honour,25,0,26\ndefault · honour,0.004,3,28\n" },
		{ "kill.csv", "\nposted · 16 waiting,800,800,50,1\ndefault · 16 waiting,2,2,50,1\n" },
		{ "latency-cdf.csv", "\nposted 16\n" },
	};
	char *path = strdup(getenv("PATH")), csv[160];
	json_t *result = RESULT_OF(storm);

	(void)state;
	setenv("PATH", dir, 1);
	assert_int_equal(plot_all(result, dir), 0);
	setenv("PATH", path, 1);
	free(path);
	for (size_t i = 0; i < sizeof(plots) / sizeof(*plots); i++) {
		char *text = file_text(plots[i].file);

		assert_says(text, plots[i].part);
		free(text);
		snprintf(csv, sizeof(csv), "%s/%s", dir, plots[i].file);
		unlink(csv);
	}
	json_decref(result);
}

static void text_of_any_bytes(void **state)
{
	json_t *text = json_text("caf\xe9");

	(void)state;
	assert_string_equal(json_string_value(text), "caf?");
	json_decref(text);
	text = json_text(NULL);
	assert_string_equal(json_string_value(text), "");
	json_decref(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_way),
		cmocka_unit_test(cut_stream_keeps_points),
		cmocka_unit_test(bad_lines_mark_incomplete),
		cmocka_unit_test(same_id_twice),
		cmocka_unit_test(point_without_environment),
		cmocka_unit_test(stream_full),
		cmocka_unit_test(unwritable),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(nothing_counted),
		cmocka_unit_test(books),
		cmocka_unit_test(warnings),
		cmocka_unit_test(digest_knows_what_counts),
		cmocka_unit_test(sampled_has_no_digest),
		cmocka_unit_test(malformed_text),
		cmocka_unit_test(damaged_members),
		cmocka_unit_test(lying_histograms),
		cmocka_unit_test(steady_is_exact),
		cmocka_unit_test(metrics_are_there_once),
		cmocka_unit_test(metric_names_are_plain),
		cmocka_unit_test(errors_are_one_line),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(csv),
		cmocka_unit_test(html_is_escaped),
		cmocka_unit_test(tables),
		cmocka_unit_test(table_of_host),
		cmocka_unit_test(tables_name_sections),
		cmocka_unit_test(policies_are_not_cut),
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(small_numbers_keep_their_digits),
		cmocka_unit_test(three_side_by_side),
		cmocka_unit_test(side_is_wary),
		cmocka_unit_test(side_exports),
		cmocka_unit_test(findings_compare),
		cmocka_unit_test(findings_do_not_overstate),
		cmocka_unit_test(findings_know_flat_and_nothing),
		cmocka_unit_test(findings_compare_like_with_like),
		cmocka_unit_test(damaged_questions),
		cmocka_unit_test(plot_data),
		cmocka_unit_test(text_of_any_bytes),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
