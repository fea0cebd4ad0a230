// SPDX-License-Identifier: GPL-2.0
/*
 * A result as OpenMetrics text 1.0: each metric is a family, each point a label.
 * Units are base units, so that times are in seconds. A histogram has no place for
 * its least and largest value: they are families of their own. What is told is a
 * moment of the past: every sample has the time at which the run began, as
 * backfilling wants it.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

/* ---- Units ---- */

/* @shift: the decimal places from our unit to theirs. */
static const struct unit {
	const char *ours, *base;
	int shift;
} units[] = {
	{ "", "", 0 },
	{ "ns", "seconds", 9 },
	{ "%", "ratio", 2 },
	{ "1/s", "per_second", 0 },
	{ "bytes*s", "byte_seconds", 0 },
	{ }
};

static const struct unit *find_unit(const char *name)
{
	const struct unit *unit;

	for (unit = units; unit->ours && strcmp(unit->ours, name); unit++)
		;
	return unit->ours ? unit : NULL;
}

/* An integer to the last digit: "0.020000001". */
static void print_shifted(FILE *out, json_int_t value, int shift, bool point)
{
	unsigned long long abs = value < 0 ? -(unsigned long long)value : (unsigned long long)value;
	char digits[32];
	int end = snprintf(digits, sizeof(digits), "%0*llu", shift + 1, abs);
	int whole = end - shift;

	while (end > whole && digits[end - 1] == '0')
		end--;
	fprintf(out, "%s%.*s", value < 0 ? "-" : "", whole, digits);
	if (end > whole)
		fprintf(out, ".%.*s", end - whole, digits + whole);
	else if (point)
		fputs(".0", out);
}

static void print_scaled(FILE *out, const json_t *value, const char *name)
{
	const struct unit *unit = find_unit(name);
	int shift = unit ? unit->shift : 0;

	if (json_is_integer(value))
		print_shifted(out, json_integer_value(value), shift, false);
	else
		put_real(out, json_real_value(value) / (shift == 9 ? 1e9 : shift == 2 ? 1e2 : 1));
}

/* ---- Families ---- */

enum kind { KIND_VALUE, KIND_HISTOGRAM, KIND_MIN, KIND_MAX };

struct sample {
	const json_t *point, *metric;
};

/**
 * struct family - all samples of one name
 * @metric, @unit: as the result has them
 * @name, @base:   as OpenMetrics has them
 */
struct family {
	enum kind kind;
	const char *metric, *unit;
	char *name, *base;
	struct sample *sample;
	size_t count, room;
};

/**
 * struct exposition - all of it
 * @index:  of the families, by kind, metric and unit
 * @taken:  names of families and of their samples
 * @common: labels that all samples have
 * @stamp:  " 1763760605", or nothing where the result does not say when it was
 */
struct exposition {
	const json_t *result;
	FILE *out;
	struct family *family;
	size_t count, room;
	json_t *index, *taken;
	char *common;
	char stamp[32];
};

static void *grow(void *array, size_t *room, size_t size)
{
	void *more;

	*room = *room ? 2 * *room : 16;
	more = realloc(array, *room * size);
	if (!more) {
		fprintf(stderr, "tdxbench: no memory for the export\n");
		exit(1);
	}
	return more;
}

/* What is no letter, digit or underscore becomes an underscore. */
static void sanitize(char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (; *name; name++)
		if (!strchr(allowed, *name))
			*name = '_';
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), behind = strlen(end);

	return length >= behind && !strcmp(text + length - behind, end);
}

static char *base_unit(const char *name)
{
	const struct unit *unit = find_unit(name);
	char *base = must_printf("%s", unit ? unit->base : name);

	sanitize(base);
	return base;
}

/* "pool.alloc_ns" in ns is a time, "pool.bytes" in bytes says so once. */
static char *family_stem(const char *metric, const char *unit, const char *base)
{
	char *name = must_printf("%s", metric), *suffix = must_printf("_%s", base), *stem;
	int length = (int)strlen(name);

	sanitize(name);
	if (!strcmp(unit, "ns") && ends_with(name, "_ns"))
		stem = must_printf("%.*s_time", length - 3, name);
	else if (*base && ends_with(name, suffix))
		stem = must_printf("%.*s", length - (int)strlen(suffix), name);
	else
		stem = must_printf("%s", name);
	free(suffix);
	free(name);
	return stem;
}

static bool take_name(json_t *taken, const char *name, bool histogram, bool only_look)
{
	static const char *const suffixes[] = { "", "_bucket", "_count", "_sum", "_created" };
	bool is_free = true;

	for (size_t i = 0; i < (histogram ? sizeof(suffixes) / sizeof(*suffixes) : 1); i++) {
		char *sample = must_printf("%s%s", name, suffixes[i]);

		is_free &= !json_object_get(taken, sample);
		if (!only_look)
			json_object_set_new(taken, sample, json_true());
		free(sample);
	}
	return is_free;
}

/* "a.b" and "a_b" would be the same: the one that comes later gets a number. */
static char *family_name(json_t *taken, const struct family *family)
{
	static const char *const kinds[] = { [KIND_MIN] = "_min", [KIND_MAX] = "_max" };
	const char *kind = kinds[family->kind] ? kinds[family->kind] : "";
	bool histogram = family->kind == KIND_HISTOGRAM;
	char number[24] = "", *stem, *name;

	stem = family_stem(family->metric, family->unit, family->base);
	for (unsigned int i = 2;; i++) {
		name = must_printf("tdxbench_%s%s%s%s%s", stem, kind, number,
				   *family->base ? "_" : "", family->base);
		if (take_name(taken, name, histogram, true))
			break;
		free(name);
		snprintf(number, sizeof(number), "_%u", i);
	}
	take_name(taken, name, histogram, false);
	free(stem);
	return name;
}

static struct family *get_family(struct exposition *e, enum kind kind, const json_t *metric)
{
	const char *name = json_get_text(metric, "name"), *unit = json_get_text(metric, "unit");
	char *key = must_printf("%d %s %s", kind, name, unit);
	const json_t *known = json_object_get(e->index, key);
	struct family *family;

	if (!known) {
		if (e->count == e->room)
			e->family = grow(e->family, &e->room, sizeof(*e->family));
		family = &e->family[e->count];
		*family = (struct family){ .kind = kind, .metric = name, .unit = unit };
		family->base = base_unit(unit);
		family->name = family_name(e->taken, family);
		json_object_set_new(e->index, key, json_integer((json_int_t)e->count++));
	} else {
		family = &e->family[json_integer_value(known)];
	}
	free(key);
	return family;
}

static void add_sample(struct exposition *e, enum kind kind, const json_t *point,
		       const json_t *metric)
{
	struct family *family = get_family(e, kind, metric);

	if (family->count == family->room)
		family->sample = grow(family->sample, &family->room, sizeof(*family->sample));
	family->sample[family->count++] = (struct sample){ point, metric };
}

static void add_metric(struct exposition *e, const json_t *point, const json_t *metric)
{
	const json_t *histogram = json_object_get(metric, "histogram");

	if (!histogram) {
		add_sample(e, KIND_VALUE, point, metric);
		return;
	}
	add_sample(e, KIND_HISTOGRAM, point, metric);
	/* Of nothing there is no least and no largest. */
	if (json_integer_value(json_object_get(histogram, "count"))) {
		add_sample(e, KIND_MIN, point, metric);
		add_sample(e, KIND_MAX, point, metric);
	}
}

static void sort_into_families(struct exposition *e)
{
	json_t *point, *metric;
	size_t i, j;

	json_array_foreach(json_object_get(e->result, "points"), i, point)
		json_array_foreach(json_object_get(point, "metrics"), j, metric)
			add_metric(e, point, metric);
}

/* ---- Lines ---- */

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_label(FILE *out, const char *separator, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", separator, name);
	print_escaped(out, value);
	fputc('"', out);
}

static void print_head(FILE *out, const char *name, const char *type, const char *unit,
		       const char *help)
{
	fprintf(out, "# TYPE %s %s\n", name, type);
	if (*unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s ", name);
	print_escaped(out, help);
	fputc('\n', out);
}

/* NAME_SUFFIX{labels of the run, of the point and of the metric: the brace stays open. */
static void print_start(struct exposition *e, const char *name, const char *suffix,
			const struct sample *sample)
{
	fprintf(e->out, "%s%s{%s", name, suffix, e->common);
	if (sample->point) {
		print_label(e->out, ",", "point", json_get_text(sample->point, "id"));
		print_label(e->out, ",", "measurement",
			    json_get_text(sample->point, "measurement"));
	}
	if (sample->metric) {
		print_label(e->out, ",", "better", json_get_text(sample->metric, "better"));
		print_label(e->out, ",", "class", json_get_text(sample->metric, "class"));
	}
}

static void print_end(struct exposition *e)
{
	fprintf(e->out, "%s\n", e->stamp);
}

static void print_count(struct exposition *e, json_int_t count)
{
	fprintf(e->out, "} %lld", (long long)count);
	print_end(e);
}

/* ---- Samples ---- */

static void print_value(struct exposition *e, const struct family *family,
			const struct sample *sample, const char *stat)
{
	json_t *value = stat_value(sample->metric, stat);

	print_start(e, family->name, "", sample);
	fputs("} ", e->out);
	print_scaled(e->out, value, family->unit);
	print_end(e);
	json_decref(value);
}

static void print_buckets(struct exposition *e, const struct family *family,
			  const struct sample *sample, const json_t *histogram)
{
	const struct unit *unit = find_unit(family->unit);
	json_int_t count = 0;
	json_t *bucket;
	size_t i;

	json_array_foreach(json_object_get(histogram, "buckets"), i, bucket) {
		count += json_integer_value(json_array_get(bucket, 2));
		print_start(e, family->name, "_bucket", sample);
		fputs(",le=\"", e->out);
		/* Both of our bounds are inclusive, and so is theirs. */
		print_shifted(e->out, json_integer_value(json_array_get(bucket, 1)),
			      unit ? unit->shift : 0, true);
		fputc('"', e->out);
		print_count(e, count);
	}
	print_start(e, family->name, "_bucket", sample);
	fputs(",le=\"+Inf\"", e->out);
	print_count(e, count);
}

static void print_histogram(struct exposition *e, const struct family *family,
			    const struct sample *sample)
{
	const json_t *histogram = json_object_get(sample->metric, "histogram");

	print_buckets(e, family, sample, histogram);
	print_start(e, family->name, "_count", sample);
	print_count(e, json_integer_value(json_object_get(histogram, "count")));
	print_start(e, family->name, "_sum", sample);
	fputs("} ", e->out);
	print_scaled(e->out, json_object_get(histogram, "sum"), family->unit);
	print_end(e);
}

static void print_family(struct exposition *e, const struct family *family)
{
	static const char *const what[] = {
		[KIND_VALUE] = "", [KIND_HISTOGRAM] = "",
		[KIND_MIN] = "the least ", [KIND_MAX] = "the largest ",
	};
	static const char *const stats[] = {
		[KIND_VALUE] = "value", [KIND_MIN] = "min", [KIND_MAX] = "max",
	};
	bool histogram = family->kind == KIND_HISTOGRAM;
	char *help = must_printf("%s%s; %s", what[family->kind], family->metric,
				 result_nature(e->result));

	print_head(e->out, family->name, histogram ? "histogram" : "gauge", family->base, help);
	for (size_t i = 0; i < family->count; i++) {
		if (histogram)
			print_histogram(e, family, &family->sample[i]);
		else
			print_value(e, family, &family->sample[i], stats[family->kind]);
	}
	free(help);
}

/* ---- The run and its points ---- */

static void print_run_info(struct exposition *e)
{
	static const char *const labels[] = {
		"tdxbench", "commit", "target", "accel", "kernel", "cpu_model", "clocksource",
		"path", "compiler", "qemu", "fingerprint",
	};
	const json_t *environment = json_object_get(e->result, "environment");

	print_head(e->out, "tdxbench_run", "info", "", "what was measured, and where");
	print_start(e, "tdxbench_run_info", "", &(struct sample){ });
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		const char *text = json_get_text(environment, labels[i]);

		if (*text)
			print_label(e->out, ",", labels[i], text);
	}
	print_label(e->out, ",", "nature", result_nature(e->result));
	print_count(e, 1);
}

static void print_run(struct exposition *e)
{
	print_run_info(e);
	print_head(e->out, "tdxbench_run_complete", "gauge", "", "1 when every point was measured");
	print_start(e, "tdxbench_run_complete", "", &(struct sample){ });
	print_count(e, json_is_true(json_object_get(e->result, "complete")));
	print_head(e->out, "tdxbench_run_wall_seconds", "gauge", "seconds",
		   "on the clock of the host");
	print_start(e, "tdxbench_run_wall_seconds", "", &(struct sample){ });
	fputs("} ", e->out);
	print_number(e->out, json_object_get(e->result, "wall_s"));
	print_end(e);
}

static void print_points(struct exposition *e)
{
	const json_t *points = json_object_get(e->result, "points");
	json_t *point;
	size_t i;

	print_head(e->out, "tdxbench_point_trusted", "gauge", "",
		   "1 when no check of the point's books fails and no event was lost");
	json_array_foreach(points, i, point) {
		print_start(e, "tdxbench_point_trusted", "", &(struct sample){ point, NULL });
		print_count(e, point_trust(point) != TRUST_NO);
	}
	print_head(e->out, "tdxbench_point_lost_events", "gauge", "",
		   "events that could not be counted");
	json_array_foreach(points, i, point) {
		print_start(e, "tdxbench_point_lost_events", "", &(struct sample){ point, NULL });
		print_count(e, json_integer_value(json_object_get(point, "lost_events")));
	}
}

/* ---- All ---- */

static char *common_labels(const json_t *result)
{
	char *labels = NULL;
	size_t size;
	FILE *out = open_memstream(&labels, &size);

	print_label(out, "", "suite", json_get_text(json_object_get(result, "suite"), "name"));
	print_label(out, ",", "clock", result_is_virtual(result) ? "virtual" : "real");
	print_label(out, ",", "module", result_module(result));
	fclose(out);
	return labels;
}

static void exposition_init(struct exposition *e, const json_t *result, FILE *out)
{
	static const char *const ours[] = {
		"tdxbench_run", "tdxbench_run_info", "tdxbench_run_complete",
		"tdxbench_run_wall_seconds", "tdxbench_point_trusted", "tdxbench_point_lost_events",
	};
	time_t when;

	*e = (struct exposition){
		.result = result, .out = out, .index = json_object(), .taken = json_object(),
		.common = common_labels(result),
	};
	if (result_started(result, &when))
		snprintf(e->stamp, sizeof(e->stamp), " %lld", (long long)when);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		json_object_set_new(e->taken, ours[i], json_true());
}

static void exposition_free(struct exposition *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->family[i].name);
		free(e->family[i].base);
		free(e->family[i].sample);
	}
	free(e->family);
	free(e->common);
	json_decref(e->index);
	json_decref(e->taken);
}

int export_openmetrics(const json_t *result, const struct export_options *options, FILE *out)
{
	struct exposition e;

	(void)options;
	exposition_init(&e, result, out);
	print_run(&e);
	print_points(&e);
	sort_into_families(&e);
	for (size_t i = 0; i < e.count; i++)
		print_family(&e, &e.family[i]);
	fputs("# EOF\n", out);
	exposition_free(&e);
	return 0;
}
