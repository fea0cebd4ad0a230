// SPDX-License-Identifier: GPL-2.0
/* What the formats share: which numbers a result has, and whether to trust them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "export/export_common.h"
#include "result/result.h"

/* ---- Numbers ---- */

json_t *stat_value(const json_t *metric, const char *stat)
{
	const json_t *histogram = json_object_get(metric, "histogram");
	double number;

	/* Whether it means anything is for that one to know. */
	if (!metric_stat(metric, stat, &number))
		return NULL;
	if (!strcmp(stat, "mean"))
		return json_real(number);
	return json_incref(json_object_get(histogram ? histogram : metric, stat));
}

void each_number(const json_t *point, number_visitor *visit, void *arg)
{
	static const char *const stats[] = { "value", "mean", "p50", "p99", "max" };
	json_t *metric;
	size_t i, j;

	json_array_foreach(json_object_get(point, "metrics"), i, metric) {
		for (j = 0; j < sizeof(stats) / sizeof(*stats); j++) {
			const char *metric_name = json_get_text(metric, "name");
			json_t *value = stat_value(metric, stats[j]);
			char *name;

			if (!value)
				continue;
			name = j ? must_printf("%s %s", metric_name, stats[j]) :
				   must_printf("%s", metric_name);
			visit(&(struct number){ metric, name, stats[j], value }, arg);
			free(name);
			json_decref(value);
		}
	}
}

void print_number(FILE *out, const json_t *number)
{
	if (json_is_integer(number))
		fprintf(out, "%lld", (long long)json_integer_value(number));
	else
		put_real(out, json_real_value(number));
}

/* ---- Trust ---- */

static void and_ok(const char *name, bool ok, const char *text, void *arg)
{
	bool *all_ok = arg;

	(void)name;
	(void)text;
	*all_ok &= ok;
}

enum trust point_trust(const json_t *point)
{
	bool all_ok = true;

	if (!each_check(point, and_ok, &all_ok))
		return TRUST_UNCHECKED;
	return all_ok ? TRUST_YES : TRUST_NO;
}

/* "seen 3, expected 4"; what is neither there nor a number stays visible. */
static char *check_text(const json_t *check)
{
	const json_t *expected = json_object_get(check, "expected");
	const json_t *limit = json_object_get(check, "limit");
	const json_t *bound = expected ? expected : limit;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("seen ", out);
	if (json_is_number(json_object_get(check, "seen")))
		print_number(out, json_object_get(check, "seen"));
	else
		fputs("nothing", out);
	if (json_is_number(bound)) {
		fputs(expected ? ", expected " : ", allowed up to ", out);
		print_number(out, bound);
	}
	fclose(out);
	return text;
}

size_t each_check(const json_t *point, check_visitor *visit, void *arg)
{
	const json_t *books = json_object_get(point, "books");
	const json_t *checks = json_object_get(books, "checks");
	json_int_t lost = json_integer_value(json_object_get(point, "lost_events"));
	size_t count = json_array_size(checks), i;
	bool all_ok = true;
	json_t *check;
	char *text;

	json_array_foreach(checks, i, check) {
		bool ok = json_is_true(json_object_get(check, "ok"));

		all_ok &= ok;
		text = check_text(check);
		if (visit)
			visit(json_get_text(check, "name"), ok, text, arg);
		free(text);
	}
	if (lost) {
		text = must_printf("%lld lost", (long long)lost);
		if (visit)
			visit("no events lost", false, text, arg);
		free(text);
		count++;
	}
	if (all_ok && !json_is_true(json_object_get(books, "closed"))) {
		if (visit)
			visit("books closed", false, "open, though every check holds", arg);
		count++;
	}
	return count;
}

void tell_left_out(const json_t *result)
{
	const json_t *points = json_object_get(result, "points");
	size_t count = 0, i;
	json_t *point;

	json_array_foreach(points, i, point)
		count += point_trust(point) == TRUST_NO;
	if (count)
		fprintf(stderr, "tdxbench: left out %zu of %zu points: "
			"their books are open or events were lost\n",
			count, json_array_size(points));
}

/* ---- Words ---- */

const char *short_nature(const json_t *result)
{
	bool virtual_clock = result_is_virtual(result);

	if (strcmp(result_module(result), "tdx"))
		return virtual_clock ? "virtual clock, software TDX module" :
				       "real clock, software TDX module";
	return virtual_clock ? "virtual clock, TDX module of the machine" :
			       "real clock, TDX module of the machine";
}

bool result_started(const json_t *result, time_t *when)
{
	struct tm tm = { };
	const char *end = strptime(json_get_text(result, "started"), "%Y-%m-%dT%H:%M:%SZ", &tm);

	*when = end ? timegm(&tm) : 0;
	return end && !*end && *when > 0;
}

void short_hash(const char *text, char hex[SHORT_HASH])
{
	char whole[SHA256_HEX];

	sha256_hex(text, strlen(text), whole);
	snprintf(hex, SHORT_HASH, "%.16s", whole);
}

char *fit_text(const char *text, size_t limit)
{
	size_t cut = limit - SHORT_HASH;
	char hash[SHORT_HASH];

	if (strlen(text) <= limit)
		return must_printf("%s", text);
	/* Not within a character. */
	while (cut && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	short_hash(text, hash);
	return must_printf("%.*s~%s", (int)cut, text, hash);
}

char *must_printf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		fprintf(stderr, "tdxbench: no memory for the export\n");
		exit(1);
	}
	return text;
}

void print_json(FILE *out, json_t *value)
{
	json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
}

void print_json_text(FILE *out, const char *text)
{
	print_json(out, json_string(text));
}
