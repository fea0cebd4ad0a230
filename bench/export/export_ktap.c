// SPDX-License-Identifier: GPL-2.0
/*
 * A result as KTAP version 1 (Documentation/dev-tools/ktap.rst): verdicts, no
 * numbers but those that were checked. A point is a test, its checks are the
 * subtests, and the last test is whether the run is complete. Names cannot be
 * escaped in KTAP; what would end or comment one is replaced.
 */
#include <string.h>

#include "export/export.h"
#include "export/export_common.h"
#include "result/result.h"

/* Nothing that a "#" could end, and no blanks around it, that readers cut off. */
static void print_name(FILE *out, const char *name)
{
	size_t end, length;
	bool tame;

	name += strspn(name, " ");
	end = strlen(name);
	while (end && name[end - 1] == ' ')
		end--;
	if (!end)
		fputs("(no name)", out);
	for (size_t i = 0; i < end; i += length) {
		length = text_character(name + i, &tame);
		if (tame && name[i] != '#')
			fwrite(name + i, 1, length, out);
		else
			fputc(tame ? '_' : '?', out);
	}
}

static void print_line(FILE *out, const char *indent, const char *what, const char *text)
{
	fprintf(out, "%s%s", indent, what);
	text_put(out, text);
	fputc('\n', out);
}

static void print_verdict(FILE *out, bool ok, size_t number, const char *name)
{
	fprintf(out, "%sok %zu - ", ok ? "" : "not ", number);
	print_name(out, name);
}

/* ---- Checks ---- */

struct subtests {
	FILE *out;
	size_t done;
};

static void print_check(const char *name, bool ok, const char *text, void *arg)
{
	struct subtests *subtests = arg;

	print_line(subtests->out, "  ", "# ", text);
	fputs("  ", subtests->out);
	print_verdict(subtests->out, ok, ++subtests->done, name);
	fputc('\n', subtests->out);
}

static void print_point(FILE *out, const json_t *point, size_t number)
{
	struct subtests subtests = { .out = out };
	const char *id = json_get_text(point, "id");
	enum trust trust = point_trust(point);

	if (trust != TRUST_UNCHECKED) {
		fprintf(out, "  KTAP version 1\n  1..%zu\n", each_check(point, NULL, NULL));
		each_check(point, print_check, &subtests);
	}
	print_verdict(out, trust != TRUST_NO, number, id);
	fputs(trust == TRUST_UNCHECKED ? " # SKIP nothing to check it against\n" : "\n", out);
}

/* ---- The run ---- */

static void print_end(FILE *out, const json_t *result, size_t number)
{
	bool complete = json_is_true(json_object_get(result, "complete"));
	const char *reason = json_get_text(result, "reason");

	if (!complete)
		print_line(out, "", "# incomplete: ", reason);
	print_verdict(out, complete, number, "run complete");
	fputc('\n', out);
	/* Nobody knows how many points there would have been. */
	if (!complete)
		print_line(out, "", "Bail out! ", reason);
}

int export_ktap(const json_t *result, const struct export_options *options, FILE *out)
{
	const json_t *points = json_object_get(result, "points");
	size_t count = json_array_size(points), i;
	json_t *point;

	(void)options;
	fputs("KTAP version 1\n", out);
	print_line(out, "", "# suite ", json_get_text(json_object_get(result, "suite"), "name"));
	print_line(out, "", "# started ", json_get_text(result, "started"));
	print_line(out, "", "# ", result_nature(result));
	fprintf(out, "1..%zu\n", count + 1);
	json_array_foreach(points, i, point)
		print_point(out, point, i + 1);
	print_end(out, result, count + 1);
	return 0;
}
