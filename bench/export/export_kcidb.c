// SPDX-License-Identifier: GPL-2.0
/*
 * A result as a report to KCIDB, schema 5.3: the checkout and the build of tdxbench,
 * unless KCIDB knows the build already, and test runs below the path
 * tdxbench.SUITE: the run, each point with the verdict of its books, and below each
 * point its numbers. Ids are made from the result alone: whoever submits a result
 * twice has submitted it once.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

#define LOG_MAX	16384	/* of a log_excerpt */

struct report {
	FILE *out;
	const json_t *result;
	const char *origin, *suite;
	char *build, *checkout;
	char run[SHORT_HASH];
	const char *separator;	/* before the next test */
};

static json_t *text(char *owned)
{
	json_t *string = json_string(owned);

	free(owned);
	return string;
}

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* ---- Ids and paths ---- */

static size_t origin_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

bool kcidb_origin_valid(const char *origin)
{
	return *origin && !origin[origin_length(origin)];
}

bool kcidb_id_valid(const char *id)
{
	json_t *string = json_string(id);	/* is it UTF-8? */
	size_t length = origin_length(id);

	json_decref(string);
	return string && length && id[length] == ':';
}

/* The same things have the same hash, however the file is laid out. */
static void hash_of(const json_t *value, char hex[SHORT_HASH])
{
	char *dump = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT);

	short_hash(dump ? dump : "", hex);
	free(dump);
}

/* Behind @path: dots and slashes lead one node down, what a node cannot be called is "_". */
static void path_add(FILE *path, const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	bool down = true;

	for (; *name; name++) {
		if (*name == '.' || *name == '/' || *name == ' ') {
			down = true;
			continue;
		}
		if (down)
			fputc('.', path);
		down = false;
		fputc(strchr(allowed, *name) ? *name : '_', path);
	}
}

static json_t *path_of(const struct report *report, const char *point, const char *number)
{
	char *path = NULL;
	size_t size;
	FILE *out = open_memstream(&path, &size);

	fputs("tdxbench", out);
	path_add(out, report->suite);
	path_add(out, point);
	path_add(out, number);
	fclose(out);
	return text(path);
}

/* ---- What was measured ---- */

static void print_checkout(const struct report *report, const json_t *environment)
{
	const char *commit = json_get_text(environment, "commit");
	const char *version = json_get_text(environment, "tdxbench");
	json_t *checkout = json_object();

	put(checkout, "id", json_string(report->checkout));
	put(checkout, "origin", json_string(report->origin));
	put(checkout, "tree_name", json_string("tdxbench"));
	/* With changes of somebody's own it is not that commit. */
	if (is_commit(commit) && !is_dirty(version))
		put(checkout, "git_commit_hash", json_string(commit));
	if (*version)
		put(checkout, "git_commit_name", json_string(version));
	put(checkout, "valid", json_true());
	print_json(report->out, checkout);
}

static void print_build(const struct report *report, const json_t *environment)
{
	const char *compiler = json_get_text(environment, "compiler");
	json_t *build = json_object();

	put(build, "checkout_id", json_string(report->checkout));
	put(build, "id", json_string(report->build));
	put(build, "origin", json_string(report->origin));
	put(build, "comment", text(must_printf("tdxbench on Linux %s; %s",
		json_get_text(environment, "kernel"), result_nature(report->result))));
	put(build, "architecture", json_string("x86_64"));
	if (*compiler)
		put(build, "compiler", json_string(compiler));
	put(build, "status", json_string("PASS"));
	print_json(report->out, build);
}

/* ---- Test runs ---- */

/* What every test run has; @id: behind that of the run. */
static json_t *test_new(const struct report *report, char *id, json_t *path, const char *status)
{
	json_t *test = json_object(), *environment = json_object();

	put(environment, "comment", json_string(result_nature(report->result)));
	put(test, "build_id", json_string(report->build));
	put(test, "id", text(must_printf("%s:%s%s", report->origin, report->run, id)));
	put(test, "origin", json_string(report->origin));
	put(test, "environment", environment);
	put(test, "path", path);
	put(test, "status", json_string(status));
	free(id);
	return test;
}

static void print_test(struct report *report, json_t *test)
{
	fputs(report->separator, report->out);
	report->separator = ",\n  ";
	print_json(report->out, test);
}

static const char *run_status(const json_t *result)
{
	json_t *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point)
		if (point_trust(point) == TRUST_NO)
			return "FAIL";
	return json_is_true(json_object_get(result, "complete")) ? "PASS" : "ERROR";
}

static void print_run(struct report *report)
{
	const json_t *result = report->result;
	json_t *test = test_new(report, must_printf("%s", ""), path_of(report, "", ""),
				run_status(result));
	json_t *misc = json_object();
	char warning[RESULT_ERROR], start[32];
	struct tm tm;
	time_t when;

	if (result_warning(result, warning, sizeof(warning)))
		put(test, "comment", json_text(warning));
	if (result_started(result, &when)) {
		strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm));
		put(test, "start_time", json_string(start));
	}
	json_object_set(test, "duration", json_object_get(result, "wall_s"));
	json_object_set(misc, "complete", json_object_get(result, "complete"));
	json_object_set(misc, "environment", json_object_get(result, "environment"));
	json_object_set(misc, "suite", json_object_get(result, "suite"));
	put(test, "misc", misc);
	print_test(report, test);
}

static void log_open(const char *name, bool ok, const char *said, void *arg)
{
	if (!ok)
		fprintf(arg, "%s: %s\n", name, said);
}

/* Every check that does not hold. */
static json_t *log_excerpt(const json_t *point)
{
	char *log = NULL, *excerpt;
	size_t size;
	FILE *out = open_memstream(&log, &size);

	each_check(point, log_open, out);
	fclose(out);
	excerpt = fit_text(log, LOG_MAX);
	free(log);
	return text(excerpt);
}

static void print_point(struct report *report, const json_t *point)
{
	static const char *const settings[] = {
		"id", "measurement", "params", "policy", "profile",
	};
	static const char *const status[] = {
		[TRUST_YES] = "PASS", [TRUST_UNCHECKED] = "DONE", [TRUST_NO] = "FAIL",
	};
	const char *id = json_get_text(point, "id");
	enum trust trust = point_trust(point);
	json_t *test = test_new(report, must_printf("/%s", id), path_of(report, id, ""),
				status[trust]);
	json_t *misc = json_object();

	if (trust == TRUST_NO)
		put(test, "log_excerpt", log_excerpt(point));
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		json_object_set(misc, settings[i], json_object_get(point, settings[i]));
	put(test, "misc", misc);
	print_test(report, test);
}

/* ---- Numbers ---- */

struct numbers {
	struct report *report;
	const char *point;
	/* DONE; with open books the number is there, but something is wrong with it. */
	const char *status;
};

static void print_value(const struct number *number, void *arg)
{
	const struct numbers *numbers = arg;
	const char *unit = json_get_text(number->metric, "unit");
	json_t *test = test_new(numbers->report,
				must_printf("/%s: %s", numbers->point, number->name),
				path_of(numbers->report, numbers->point, number->name),
				numbers->status);
	json_t *value = json_object(), *misc = json_object();

	json_object_set(value, "value", (json_t *)number->value);
	if (*unit)
		put(value, "unit", json_string(unit));
	put(test, "number", value);
	json_object_set(misc, "metric", json_object_get(number->metric, "name"));
	put(misc, "stat", json_string(number->stat));
	json_object_set(misc, "better", json_object_get(number->metric, "better"));
	json_object_set(misc, "class", json_object_get(number->metric, "class"));
	put(misc, "point", json_string(numbers->point));
	put(test, "misc", misc);
	print_test(numbers->report, test);
}

static void print_tests(struct report *report)
{
	json_t *point;
	size_t i;

	print_run(report);
	json_array_foreach(json_object_get(report->result, "points"), i, point) {
		struct numbers numbers = {
			report, json_get_text(point, "id"),
			point_trust(point) == TRUST_NO ? "ERROR" : "DONE",
		};

		print_point(report, point);
		each_number(point, print_value, &numbers);
	}
}

/* ---- The report ---- */

static void make_ids(struct report *report, const struct export_options *options)
{
	const json_t *environment = json_object_get(report->result, "environment");
	const char *commit = json_get_text(environment, "commit");
	const char *version = json_get_text(environment, "tdxbench");
	char build[SHORT_HASH];

	hash_of(report->result, report->run);
	hash_of(environment, build);
	report->checkout = must_printf("%s:%s", report->origin,
				       is_commit(commit) && !is_dirty(version) ? commit : version);
	report->build = options->build ? must_printf("%s", options->build) :
					 must_printf("%s:%s", report->origin, build);
}

int export_kcidb(const json_t *result, const struct export_options *options, FILE *out)
{
	const json_t *environment = json_object_get(result, "environment");
	struct report report = {
		.out = out, .result = result, .origin = options->origin,
		.suite = json_get_text(json_object_get(result, "suite"), "name"),
		.separator = "\n  ",
	};

	make_ids(&report, options);
	fputs("{\n\"version\": {\"major\": 5, \"minor\": 3},\n", out);
	if (!options->build) {
		fputs("\"checkouts\": [\n  ", out);
		print_checkout(&report, environment);
		fputs("\n],\n\"builds\": [\n  ", out);
		print_build(&report, environment);
		fputs("\n],\n", out);
	}
	fputs("\"tests\": [", out);
	print_tests(&report);
	fputs("\n]\n}\n", out);
	free(report.checkout);
	free(report.build);
	return 0;
}
