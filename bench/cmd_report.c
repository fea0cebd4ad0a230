// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench report: a result that is already there, as a table or in another
 * form. Measures nothing.
 */
#include <stdio.h>

#include "export.h"
#include "options.h"
#include "publish.h"
#include "result.h"
#include "table.h"

#define DEFAULT_RESULT	"results/latest"

static struct report_options {
	bool digest, canonical, json, csv;
	const char *html, *plots;
} options;

static const struct option_row rows[] = {
	{ .letter = 'd', .long_name = "digest", .type = OPTION_FLAG, .target = &options.digest,
	  .help = "print the SHA-256 of all exact metrics and nothing else" },
	{ .letter = 'n', .long_name = "canonical", .type = OPTION_FLAG, .target = &options.canonical,
	  .help = "print what the digest is made of, one line per metric" },
	{ .letter = 'j', .long_name = "json", .type = OPTION_FLAG, .target = &options.json,
	  .help = "print result.json, checked" },
	{ .letter = 'c', .long_name = "csv", .type = OPTION_FLAG, .target = &options.csv,
	  .help = "print one row per metric" },
	{ .long_name = "html", .value = "FILE", .type = OPTION_TEXT, .target = &options.html,
	  .help = "write a self-contained page" },
	{ .long_name = "plots", .value = "DIR", .type = OPTION_TEXT, .target = &options.plots,
	  .help = "write plots (SVG) and their data (CSV)" },
	{ .long_name = NULL }
};

static int print_digest(const json_t *result, const char *path)
{
	char hex[DIGEST_HEX];

	if (!export_digest(result, hex)) {
		fprintf(stderr, "tdxbench: %s has no exact metric: a digest needs the virtual clock\n",
			path);
		return EXIT_ERROR;
	}
	puts(hex);
	return EXIT_DONE;
}

static int print_form(const json_t *result, const char *path)
{
	if (options.digest)
		return print_digest(result, path);
	if (options.canonical)
		export_canonical(result, stdout);
	else if (options.json)
		result_print(result, stdout);
	else if (options.csv)
		export_csv(result, stdout);
	else if (!options.html && !options.plots)
		table_print(result, stdout);
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

	result = result_load(path, error);
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

static int run(int argc, char **argv)
{
	if (argc > 1)
		return usage_error("report", "one result at a time, '%s' is one too many", argv[1]);
	if (options.digest + options.canonical + options.json + options.csv > 1)
		return usage_error("report", "choose one of --digest, --canonical, --json and --csv");
	return report(argc ? argv[0] : DEFAULT_RESULT);
}

const struct command cmd_report = {
	.name = "report",
	.summary = "Show a result that is already there, as a table or in another form.",
	.synopsis = "[OPTION...] [RESULT.json | DIR]        (default: " DEFAULT_RESULT ")",
	.text = "examples:\n"
		"  tdxbench report\n"
		"  tdxbench report --digest results/20261121T200000Z-quick\n"
		"  tdxbench report --html page.html --plots plots results/latest\n"
		"  diff <(tdxbench report -n A) <(tdxbench report -n B)   which number changed?\n",
	.options = rows,
	.run = run,
};
