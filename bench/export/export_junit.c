// SPDX-License-Identifier: GPL-2.0
/*
 * A result as JUnit's XML, as CI systems show it: verdicts, no numbers but those
 * that were checked. A point is a test case and fails when its books are open; the
 * last test case is whether the run is complete.
 */
#include <stdlib.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

/* ---- XML ---- */

/* U+FFFE and U+FFFF, which XML has no way to say; surrogates JSON has not either. */
static bool is_noncharacter(const unsigned char *byte)
{
	return byte[0] == 0xef && byte[1] == 0xbf && (byte[2] == 0xbe || byte[2] == 0xbf);
}

/* For text and for attributes, where a reader would turn line ends into blanks. */
static void xml_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		switch (c) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\t':
		case '\n':
		case '\r': fprintf(out, "&#%d;", c); break;
		default:
			if (c < 0x20 || is_noncharacter((const unsigned char *)text))
				fputs("\xef\xbf\xbd", out);	/* U+FFFD */
			else
				fputc(c, out);
			if (is_noncharacter((const unsigned char *)text))
				text += 2;
		}
	}
}

static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	xml_text(out, value);
	fputc('"', out);
}

static void property(FILE *out, const char *name, const char *value)
{
	fputs("      <property", out);
	attribute(out, "name", name);
	attribute(out, "value", value);
	fputs("/>\n", out);
}

/* ---- Points ---- */

static void print_open(const char *name, bool ok, const char *text, void *arg)
{
	FILE *out = arg;

	if (ok)
		return;
	xml_text(out, name);
	fputs(": ", out);
	xml_text(out, text);
	fputc('\n', out);
}

static void print_failure(FILE *out, const json_t *point)
{
	fputs(">\n      <failure type=\"books\" "
	      "message=\"its books are open: no number of it is to be trusted\">", out);
	each_check(point, print_open, out);
	fputs("</failure>\n    </testcase>\n", out);
}

static void print_point(FILE *out, const char *suite, const json_t *point)
{
	char *class = must_printf("%s.%s", suite, json_get_text(point, "measurement"));

	fputs("    <testcase", out);
	attribute(out, "classname", class);
	attribute(out, "name", json_get_text(point, "id"));
	switch (point_trust(point)) {
	case TRUST_YES:
		fputs("/>\n", out);
		break;
	case TRUST_UNCHECKED:
		fputs(">\n      <skipped message=\"nothing to check it against\"/>\n"
		      "    </testcase>\n", out);
		break;
	case TRUST_NO:
		print_failure(out, point);
	}
	free(class);
}

/* ---- The run ---- */

static void print_complete(FILE *out, const char *suite, const json_t *result)
{
	fputs("    <testcase", out);
	attribute(out, "classname", suite);
	fputs(" name=\"run complete\"", out);
	if (json_is_true(json_object_get(result, "complete"))) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n      <error type=\"incomplete\"", out);
	attribute(out, "message", json_get_text(result, "reason"));
	fputs("/>\n    </testcase>\n", out);
}

static void print_properties(FILE *out, const json_t *result)
{
	const char *key;
	json_t *value;

	fputs("    <properties>\n", out);
	property(out, "nature", result_nature(result));
	json_object_foreach(json_object_get(result, "environment"), key, value)
		if (json_is_string(value))
			property(out, key, json_string_value(value));
	fputs("    </properties>\n", out);
}

/* What all points and the end of the run add up to, for both elements around them. */
static void print_totals(FILE *out, const json_t *result)
{
	const json_t *points = json_object_get(result, "points");
	size_t failures = 0, skipped = 0, i;
	json_t *point;

	json_array_foreach(points, i, point) {
		enum trust trust = point_trust(point);

		failures += trust == TRUST_NO;
		skipped += trust == TRUST_UNCHECKED;
	}
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\" time=\"%.3f\"",
		json_array_size(points) + 1, failures,
		!json_is_true(json_object_get(result, "complete")), skipped,
		json_number_value(json_object_get(result, "wall_s")));
}

static void print_timestamp(FILE *out, const json_t *result)
{
	char text[32];
	struct tm tm;
	time_t when;

	if (!result_started(result, &when))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&when, &tm));
	attribute(out, "timestamp", text);
}

int export_junit(const json_t *result, const struct export_options *options, FILE *out)
{
	const char *suite = json_get_text(json_object_get(result, "suite"), "name");
	json_t *point;
	size_t i;

	(void)options;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tdxbench\"", out);
	print_totals(out, result);
	fputs(">\n  <testsuite", out);
	attribute(out, "name", suite);
	print_totals(out, result);
	print_timestamp(out, result);
	fputs(">\n", out);
	print_properties(out, result);
	json_array_foreach(json_object_get(result, "points"), i, point)
		print_point(out, suite, point);
	print_complete(out, suite, result);
	fputs("  </testsuite>\n</testsuites>\n", out);
	return 0;
}
