// SPDX-License-Identifier: GPL-2.0
/*
 * A result in Bencher's metric format: {"benchmark": {"measure": {"value", ...}}}.
 * It has no place for units, nor for what made the numbers: both are told in names,
 * so that a history never mixes two kinds.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

/* Bencher takes no longer ones. */
#define BENCHMARK_MAX	1024
#define MEASURE_MAX	64

/* Commas are for what comes behind something. */
struct list {
	FILE *out;
	const char *separator;
};

static void next(struct list *list, const char *separator)
{
	fputs(list->separator, list->out);
	list->separator = separator;
}

/* The mean is between the least and the largest value. */
static json_t *bounds(const struct number *number)
{
	json_t *metric = json_object(), *min, *max;

	json_object_set(metric, "value", (json_t *)number->value);
	if (!strcmp(number->stat, "mean")) {
		min = stat_value(number->metric, "min");
		max = stat_value(number->metric, "max");
		json_object_set_new(metric, "lower_value", min);
		json_object_set_new(metric, "upper_value", max);
	}
	return metric;
}

static void print_measure(const struct number *number, void *arg)
{
	const char *unit = json_get_text(number->metric, "unit");
	char *name = must_printf("%s%s%s%s", number->name, *unit ? " (" : "", unit,
				 *unit ? ")" : "");
	char *measure = fit_text(name, MEASURE_MAX);
	struct list *list = arg;

	next(list, ",\n    ");
	print_json_text(list->out, measure);
	fputs(": ", list->out);
	print_json(list->out, bounds(number));
	free(measure);
	free(name);
}

static void print_benchmark(struct list *benchmarks, const json_t *result, const json_t *point)
{
	const char *suite = json_get_text(json_object_get(result, "suite"), "name");
	char *name = must_printf("%s/%s (%s)", suite, json_get_text(point, "id"),
				 short_nature(result));
	char *benchmark = fit_text(name, BENCHMARK_MAX);
	struct list measures = { benchmarks->out, "\n    " };

	next(benchmarks, ",\n  ");
	print_json_text(benchmarks->out, benchmark);
	fputs(": {", benchmarks->out);
	each_number(point, print_measure, &measures);
	fputs("\n  }", benchmarks->out);
	free(benchmark);
	free(name);
}

int export_bmf(const json_t *result, const struct export_options *options, FILE *out)
{
	struct list benchmarks = { out, "\n  " };
	json_t *point;
	size_t i;

	(void)options;
	fputc('{', out);
	json_array_foreach(json_object_get(result, "points"), i, point)
		if (point_trust(point) != TRUST_NO)
			print_benchmark(&benchmarks, result, point);
	fputs("\n}\n", out);
	tell_left_out(result);
	return 0;
}
