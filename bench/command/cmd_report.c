// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench report: results that are already there, as tables or in another form;
 * several stand side by side. Measures nothing.
 */
#include <stdio.h>
#include <string.h>

#include "export/export.h"
#include "report/html.h"
#include "command/options.h"
#include "run/publish.h"
#include "result/result.h"
#include "report/side.h"
#include "report/table.h"
#include "trace/capture_result.h"

#define DEFAULT_RESULT	"results/latest"
#define DEFAULT_ORIGIN	"tdxbench"
#define NO_FORMAT	(~0u)

static struct report_options {
	bool metrics, digest, canonical, json, csv;
	unsigned int format;
	struct export_options export;
	const char *html, *plots;
} options = { .format = NO_FORMAT, .export.origin = DEFAULT_ORIGIN };

static const struct option_row rows[] = {
	{ .letter = 'm', .long_name = "metrics", .type = OPTION_FLAG, .target = &options.metrics,
	  .help = "behind the tables, every metric of every point" },
	{ .letter = 'd', .long_name = "digest", .type = OPTION_FLAG, .target = &options.digest,
	  .help = "print the SHA-256 of all exact metrics and nothing else" },
	{ .letter = 'n', .long_name = "canonical", .type = OPTION_FLAG, .target = &options.canonical,
	  .help = "print what the digest is made of, one line per metric" },
	{ .letter = 'j', .long_name = "json", .type = OPTION_FLAG, .target = &options.json,
	  .help = "print result.json, checked" },
	{ .letter = 'c', .long_name = "csv", .type = OPTION_FLAG, .target = &options.csv,
	  .help = "print one row per metric" },
	{ .letter = 'f', .long_name = "format", .value = "NAME", .type = OPTION_CHOICE,
	  .target = &options.format, .choices = export_names,
	  .help = "print in a form that other programs read" },
	{ .long_name = "origin", .value = "NAME", .type = OPTION_TEXT, .target = &options.export.origin,
	  .help = "kcidb: the CI system that tells (default " DEFAULT_ORIGIN ")" },
	{ .long_name = "build", .value = "ID", .type = OPTION_TEXT, .target = &options.export.build,
	  .help = "kcidb: the build that was measured, if KCIDB knows it" },
	{ .long_name = "html", .value = "FILE", .type = OPTION_TEXT, .target = &options.html,
	  .help = "write a self-contained page" },
	{ .long_name = "plots", .value = "DIR", .type = OPTION_TEXT, .target = &options.plots,
	  .help = "write plots (SVG) and their data (CSV)" },
	{ .long_name = NULL }
};

/* NULL: none was asked for. --json and --csv are short for the two of that name. */
static const struct export_format *format(void)
{
	return options.format == NO_FORMAT ? NULL : &export_formats[options.format];
}

static int get_digest(const json_t *result, const char *path, char hex[DIGEST_HEX])
{
	if (export_digest(result, hex))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench: %s has no exact metric: a digest needs the virtual clock\n", path);
	return EXIT_ERROR;
}

static int print_digest(const json_t *result, const char *path)
{
	char hex[DIGEST_HEX];
	int ret = get_digest(result, path, hex);

	if (!ret)
		puts(hex);
	return ret;
}

static int print_form(const json_t *result, const char *path)
{
	if (options.digest)
		return print_digest(result, path);
	if (options.canonical)
		export_canonical(result, stdout);
	else if (format())
		return format()->print(result, &options.export, stdout);
	else if (!options.html && !options.plots)
		table_print(result, options.metrics, stdout);
	return 0;
}

static int finish_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench: cannot write to standard output: %m\n");
	return EXIT_ERROR;
}

static int report(const char *path)
{
	char error[RESULT_ERROR];
	json_t *result;
	int ret;

	result = result_or_capture_load(path, error);
	if (!result) {
		fprintf(stderr, "tdxbench: %s\n", error);
		return EXIT_ERROR;
	}
	ret = print_form(result, path);
	if (!ret && (options.html || options.plots))
		ret = publish_files(result, options.html, options.plots);
	json_decref(result);
	return ret ? EXIT_ERROR : finish_output();
}

/* One line each, as sha256sum has it; those that have none do not hide the others. */
static int print_digests(const struct side *side)
{
	char hex[DIGEST_HEX];
	int ret = EXIT_DONE;

	for (size_t i = 0; i < side->count; i++) {
		if (get_digest(side->result[i], side->path[i], hex))
			ret = EXIT_ERROR;
		else
			printf("%s  %s\n", hex, side->path[i]);
	}
	return ret;
}

static int print_side(const struct side *side)
{
	int ret = 0;

	if (options.digest)
		ret = print_digests(side);
	else if (format())
		format()->print_side(side, stdout);
	else if (!options.html)
		table_print_side(side, options.metrics, stdout);
	if (options.html && html_write_side(side, options.html))
		ret = EXIT_ERROR;
	return ret;
}

static int report_side(char *const *paths, size_t count)
{
	struct side side;
	int ret;

	if (side_load(&side, paths, count, result_or_capture_load))
		return EXIT_ERROR;
	ret = print_side(&side);
	side_free(&side);
	return ret ? EXIT_ERROR : finish_output();
}

static unsigned int format_named(const char *name)
{
	unsigned int i = 0;

	while (strcmp(export_names[i], name))
		i++;
	return i;
}

static int check_forms(void)
{
	if (options.digest + options.canonical + options.json + options.csv + !!format() > 1)
		return usage_error("report", "choose one of --digest, --canonical, --json, --csv and --format");
	if (!kcidb_origin_valid(options.export.origin))
		return usage_error("report", "--origin is '%s', allowed are a to z, 0 to 9 and _",
				   options.export.origin);
	if (options.export.build && !kcidb_id_valid(options.export.build))
		return usage_error("report", "--build is '%s', allowed is ORIGIN:ID",
				   options.export.build);
	if (options.json || options.csv)
		options.format = format_named(options.json ? "json" : "csv");
	return 0;
}

/* What there is of one result only, as the user has said it; NULL: nothing. */
static const char *single_form(void)
{
	if (options.canonical)
		return "--canonical";
	if (options.plots)
		return "--plots";
	return format() && !format()->print_side ? format()->name : NULL;
}

static int run(int argc, char **argv)
{
	int ret = check_forms();

	if (ret)
		return ret;
	if (argc < 2)
		return report(argc ? argv[0] : DEFAULT_RESULT);
	if (single_form())
		return usage_error("report", "%s is of one result, '%s' is one too many",
				   single_form(), argv[1]);
	if (argc > SIDE_MAX)
		return usage_error("report", "up to %d results side by side, got %d", SIDE_MAX, argc);
	return report_side(argv, (size_t)argc);
}

const struct command cmd_report = {
	.name = "report",
	.summary = "Show results that are already there, as tables or in another form.",
	.synopsis = "[OPTION...] [RESULT.json | DIR | CAPTURE]...     (default: " DEFAULT_RESULT ")",
	.text = "Several results stand side by side: a row each in the tables, a column in --metrics.\n\n"
		"examples:\n"
		"  tdxbench report\n"
		"  tdxbench report A B                                    two results side by side\n"
		"  tdxbench report --digest results/20261121T200000Z-quick\n"
		"  tdxbench report --format junit results/latest          results/README.md has all formats\n"
		"  tdxbench report --html page.html --plots plots results/latest\n"
		"  tdxbench report tdxbench.cap                           what tdxbench record has written\n"
		"  diff <(tdxbench report -n A) <(tdxbench report -n B)   which number changed?\n",
	.options = rows,
	.run = run,
};
