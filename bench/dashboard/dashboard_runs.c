// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard's page of each run: its numbers, and the shape that they have. Runs of
 * one suite mostly share everything but numbers, so each shape is written once.
 */
#include <stdlib.h>
#include <string.h>

#include "dashboard/dashboard.h"
#include "report/findings.h"
#include "run/interrupt.h"
#include "result/result.h"

static const char *const stats[] = {
	"count", "mean", "min", "p50", "p90", "p99", "p99.9", "max", NULL
};

/* ---- The shape: all but numbers ---- */

static void put_metric_shape(FILE *out, const json_t *metric)
{
	fputc('[', out);
	put_text(out, json_get_text(metric, "name"));
	fputc(',', out);
	put_text(out, json_get_text(metric, "unit"));
	fputc(',', out);
	put_text(out, json_get_text(metric, "better"));
	fputs(json_is_true(json_object_get(metric, "steady")) ? ",\"steady\"]" : ",", out);
	if (json_is_true(json_object_get(metric, "steady")))
		return;
	put_text(out, json_get_text(metric, "class"));
	fputc(']', out);
}

static void put_check_shape(FILE *out, const json_t *item)
{
	fputc('[', out);
	put_text(out, json_get_text(item, "name"));
	fprintf(out, ",%d]", json_object_get(item, "limit") != NULL);
}

static void put_list(FILE *out, const json_t *array, void (*put)(FILE *out, const json_t *item))
{
	json_t *item;
	size_t i;

	fputc('[', out);
	json_array_foreach(array, i, item) {
		fputs(i ? "," : "", out);
		put(out, item);
	}
	fputc(']', out);
}

static void put_point_shape(FILE *out, const json_t *point)
{
	static const char *const settings[] = { "params", "policy", "profile" };

	fputs("{id:", out);
	put_text(out, json_get_text(point, "id"));
	fputs(",measurement:", out);
	put_text(out, json_get_text(point, "measurement"));
	for (size_t i = 0; i < 3; i++) {
		fprintf(out, ",%s:", settings[i]);
		put_pairs(out, json_object_get(point, settings[i]));
	}
	fputs(",checks:", out);
	put_list(out, json_object_get(json_object_get(point, "books"), "checks"), put_check_shape);
	fputs(",metrics:", out);
	put_list(out, json_object_get(point, "metrics"), put_metric_shape);
	fputs("}\n", out);
}

static char *shape_text(const json_t *result)
{
	const json_t *suite = json_object_get(result, "suite");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fputs("{text:", out);
	put_text(out, json_get_text(suite, "text"));
	fputs(",sha256:", out);
	put_text(out, json_get_text(suite, "sha256"));
	fputs(",points:", out);
	put_list(out, json_object_get(result, "points"), put_point_shape);
	fputc('}', out);
	fclose(out);
	return text;
}

/* Texts are long, and a hostile history has many: only their hashes are kept. */
static size_t find_shape(struct texts *shapes, const char *text)
{
	char hex[SHA256_HEX];

	sha256_hex(text, strlen(text), hex);
	return texts_add(shapes, hex);
}

/* Number of the run's shape, which is written when it is a new one; -1 after one line. */
static ssize_t write_shape(struct dash *dash, struct texts *shapes, const json_t *result)
{
	size_t known = shapes->count, nr;
	char *text = shape_text(result), name[32];
	bool ok = true;
	FILE *out;

	nr = find_shape(shapes, text);
	if (nr == known) {
		snprintf(name, sizeof(name), "shape/%zu", nr);
		out = data_open(dash, name);
		if (out)
			fputs(text, out);
		ok = out && data_close(dash, out);
	}
	free(text);
	return ok ? (ssize_t)nr : -1;
}

/* ---- The numbers ---- */

static void put_scalar(FILE *out, const json_t *value)
{
	if (json_is_number(value))
		put_real(out, json_number_value(value));
	else
		fputs("null", out);
}

/* A value, or an array in the order of stats; empty where there is no sample. */
static void put_metric(FILE *out, const json_t *metric)
{
	double value;

	if (!json_object_get(metric, "histogram")) {
		put_scalar(out, json_object_get(metric, "value"));
		return;
	}
	fputc('[', out);
	for (size_t i = 0; stats[i] && metric_stat(metric, stats[i], &value); i++) {
		fputs(i ? "," : "", out);
		put_real(out, value);
	}
	fputc(']', out);
}

static void put_check(FILE *out, const json_t *item)
{
	const json_t *expected = json_object_get(item, "expected");

	fprintf(out, "[%d,", json_is_true(json_object_get(item, "ok")));
	put_scalar(out, expected ? expected : json_object_get(item, "limit"));
	fputc(',', out);
	put_scalar(out, json_object_get(item, "seen"));
	fputc(']', out);
}

static void put_point(FILE *out, const json_t *point)
{
	const json_t *books = json_object_get(point, "books");

	fprintf(out, "[%d,", json_is_true(json_object_get(books, "closed")));
	put_scalar(out, json_object_get(point, "lost_events"));
	fputc(',', out);
	put_list(out, json_object_get(books, "checks"), put_check);
	fputc(',', out);
	put_list(out, json_object_get(point, "metrics"), put_metric);
	fputs("]\n", out);
}

struct sentences {
	FILE *out;
	const char *comma;
};

static void put_finding(const char *sentence, void *arg)
{
	struct sentences *all = arg;

	fputs(all->comma, all->out);
	put_text(all->out, sentence);
	all->comma = ",";
}

static void put_run(FILE *out, const struct dash *dash, size_t i, const json_t *result,
		    size_t shape)
{
	const struct history_run *run = &dash->run[i];
	struct sentences all = { out, "" };
	char warning[512];

	result_warning(result, warning, sizeof(warning));
	fprintf(out, "{suite:%zu,at:%zu,shape:%zu,wall:", dash->suite_of[i], dash->local[i], shape);
	put_scalar(out, json_object_get(result, "wall_s"));
	fputs(",id:", out);
	put_text(out, run->id);
	fputs(",commit:", out);
	put_text(out, run->commit);
	fputs(",version:", out);
	put_text(out, run->version);
	fputs(",\nnature:", out);
	put_text(out, result_nature(result));
	fputs(",\nwarning:", out);
	put_text(out, warning);
	fputs(",\nenvironment:", out);
	put_pairs(out, json_object_get(result, "environment"));
	fputs(",\nfindings:[", out);
	findings(result, put_finding, &all);
	fputs("],\npoints:", out);
	put_list(out, json_object_get(result, "points"), put_point);
	fputc('}', out);
}

static bool write_run(struct dash *dash, struct texts *shapes, size_t i)
{
	struct line *line = &dash->suite[dash->suite_of[i]].line[dash->line_of[i]];
	json_t *result = history_result(dash->history, &dash->run[i]);
	ssize_t shape = result ? write_shape(dash, shapes, result) : -1;
	char name[80];
	bool ok = false;
	FILE *out;

	snprintf(name, sizeof(name), "run/%.*s", dash->id_digits, dash->run[i].id);
	out = shape < 0 ? NULL : data_open(dash, name);
	if (out) {
		put_run(out, dash, i, result, (size_t)shape);
		line->nature = result_nature(result);
		ok = data_close(dash, out);
	}
	json_decref(result);
	return ok;
}

bool dashboard_runs(struct dash *dash)
{
	struct texts shapes = {};
	bool ok = true;

	for (size_t i = 0; ok && i < dash->nr_runs; i++)
		ok = !interrupted() && write_run(dash, &shapes, i);
	texts_free(&shapes);
	return ok;
}
