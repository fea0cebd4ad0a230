// SPDX-License-Identifier: GPL-2.0
/*
 * A result for github-action-benchmark: an array of {name, unit, value, range, extra}.
 * The action takes one direction for all of a file, hence two formats: gha-smaller
 * for its tool customSmallerIsBetter and gha-bigger for customBiggerIsBetter. A number
 * that is neither is in neither.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

struct entries {
	FILE *out;
	const json_t *result, *point;
	const char *better;
	size_t count;
};

static json_t *text(char *owned)
{
	json_t *string = json_string(owned);

	free(owned);
	return string;
}

static json_t *range(const json_t *metric)
{
	json_t *min = stat_value(metric, "min"), *max = stat_value(metric, "max");
	json_t *string = text(must_printf("%lld … %lld", (long long)json_integer_value(min),
					  (long long)json_integer_value(max)));

	json_decref(min);
	json_decref(max);
	return string;
}

static void print_entry(const struct number *number, void *arg)
{
	struct entries *entries = arg;
	const json_t *result = entries->result, *metric = number->metric;
	const char *suite = json_get_text(json_object_get(result, "suite"), "name");
	json_t *entry;

	if (strcmp(json_get_text(metric, "better"), entries->better))
		return;
	entry = json_object();
	/* By its name the action knows it again, so that no other clock may share it. */
	json_object_set_new(entry, "name", text(must_printf("%s/%s %s (%s)", suite,
		json_get_text(entries->point, "id"), number->name, short_nature(result))));
	json_object_set(entry, "unit", json_object_get(metric, "unit"));
	json_object_set(entry, "value", (json_t *)number->value);
	if (!strcmp(number->stat, "mean"))
		json_object_set_new(entry, "range", range(metric));
	json_object_set_new(entry, "extra", text(must_printf("%s, %s is better\n%s",
		json_get_text(metric, "class"), entries->better, result_nature(result))));
	fputs(entries->count++ ? ",\n  " : "\n  ", entries->out);
	print_json(entries->out, entry);
}

static int print_entries(const json_t *result, const char *better, FILE *out)
{
	struct entries entries = { .out = out, .result = result, .better = better };
	json_t *point;
	size_t i;

	fputc('[', out);
	json_array_foreach(json_object_get(result, "points"), i, point) {
		entries.point = point;
		if (point_trust(point) != TRUST_NO)
			each_number(point, print_entry, &entries);
	}
	fputs("\n]\n", out);
	tell_left_out(result);
	if (entries.count)
		return 0;
	/* The action would only say that it found no result. */
	fprintf(stderr, "tdxbench: nothing in this result is better when it is %s\n", better);
	return -1;
}

int export_gha_smaller(const json_t *result, const struct export_options *options, FILE *out)
{
	(void)options;
	return print_entries(result, "lower", out);
}

int export_gha_bigger(const json_t *result, const struct export_options *options, FILE *out)
{
	(void)options;
	return print_entries(result, "higher", out);
}
