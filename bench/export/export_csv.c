// SPDX-License-Identifier: GPL-2.0
/* A result as CSV (RFC 4180) for people's own tables: one row per metric. */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"
#include "report/side.h"

void csv_field(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

/* "guests=16 policy=posted buffers=per-call" */
static void csv_parameters(FILE *out, const json_t *point)
{
	/* As JSON it is longer than in words. */
	char *text = NULL, *policy = json_dumps(json_object_get(point, "policy"), JSON_COMPACT);
	FILE *memory;
	const char *key;
	json_t *value;
	size_t size;

	memory = open_memstream(&text, &size);

	json_object_foreach(json_object_get(point, "params"), key, value) {
		fprintf(memory, "%s=", key);
		if (json_is_string(value))
			fputs(json_string_value(value), memory);
		else
			json_dumpf(value, memory, JSON_ENCODE_ANY);
		fputc(' ', memory);
	}
	fprintf(memory, "policy=%s", point_policy(point, policy, strlen(policy) + 1));
	fclose(memory);
	csv_field(out, text);
	free(policy);
	free(text);
}

static const char *const csv_stats[] = {
	"value", "count", "mean", "min", "p50", "p90", "p99", "p99.9", "max",
};

static void csv_metric(FILE *out, const json_t *point, const json_t *metric)
{
	static const char *const of_metric[] = { "name", "unit", "better", "class" };

	csv_field(out, json_get_text(point, "id"));
	fputc(',', out);
	csv_field(out, json_get_text(point, "section"));
	fputc(',', out);
	csv_field(out, json_get_text(point, "measurement"));
	fputc(',', out);
	csv_parameters(out, point);
	for (size_t i = 0; i < sizeof(of_metric) / sizeof(*of_metric); i++) {
		fputc(',', out);
		csv_field(out, json_get_text(metric, of_metric[i]));
	}
	for (size_t i = 0; i < sizeof(csv_stats) / sizeof(*csv_stats); i++) {
		json_t *value = stat_value(metric, csv_stats[i]);

		fputc(',', out);
		if (value)
			print_number(out, value);
		json_decref(value);
	}
	fputc('\n', out);
}

/* @name: of the result, in a column before all others; NULL: no such column. */
static void csv_head(FILE *out, const char *name)
{
	fprintf(out, "%sid,section,measurement,parameters,metric,unit,better,class",
		name ? "result," : "");
	for (size_t i = 0; i < sizeof(csv_stats) / sizeof(*csv_stats); i++)
		fprintf(out, ",%s", csv_stats[i]);
	fputc('\n', out);
}

static void csv_rows(FILE *out, const json_t *result, const char *name)
{
	json_t *point, *metric;
	size_t i, j;

	json_array_foreach(json_object_get(result, "points"), i, point) {
		json_array_foreach(json_object_get(point, "metrics"), j, metric) {
			if (name) {
				csv_field(out, name);
				fputc(',', out);
			}
			csv_metric(out, point, metric);
		}
	}
}

int export_csv(const json_t *result, const struct export_options *options, FILE *out)
{
	(void)options;
	csv_head(out, NULL);
	csv_rows(out, result, NULL);
	return 0;
}

void export_csv_side(const struct side *side, FILE *out)
{
	csv_head(out, side->path[0]);
	for (size_t i = 0; i < side->count; i++)
		csv_rows(out, side->result[i], side->path[i]);
}
