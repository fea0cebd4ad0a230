// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench dashboard: the history as a static site. Measures nothing.
 */
#include <stdio.h>
#include <string.h>

#include "dashboard/dashboard.h"
#include "history/history.h"
#include "run/interrupt.h"
#include "command/options.h"

#define DEFAULT_OUT	"results/dashboard"

static struct dashboard_options {
	const char *db, *out, *commit_url;
} options = { .db = HISTORY_FILE, .out = DEFAULT_OUT, .commit_url = "" };

static const struct option_row rows[] = {
	{ .long_name = "db", .value = "FILE", .type = OPTION_TEXT, .target = &options.db,
	  .help = "the history (default: " HISTORY_FILE ")" },
	{ .long_name = "out", .value = "DIR", .type = OPTION_TEXT, .target = &options.out,
	  .help = "the site; new, empty or a dashboard (default: " DEFAULT_OUT ")" },
	{ .long_name = "commit-url", .value = "URL", .type = OPTION_TEXT, .target = &options.commit_url,
	  .help = "where commits can be read; their hash is put behind it" },
	{ .long_name = NULL }
};

static int run(int argc, char **argv)
{
	struct history *history;
	int ret;

	if (argc)
		return usage_error("dashboard", "takes no arguments, got '%s'", argv[0]);
	if (*options.commit_url && strncmp(options.commit_url, "https://", 8) &&
	    strncmp(options.commit_url, "http://", 7))
		return usage_error("dashboard", "--commit-url is '%s', allowed is http:// or https://",
				   options.commit_url);
	history = history_open(options.db);
	if (!history)
		return EXIT_ERROR;
	interrupt_catch();
	ret = dashboard_write(history, options.commit_url, options.out);
	history_close(history);
	if (interrupted())
		return 128 + interrupt_signal();
	if (!ret)
		printf("dashboard: %s/index.html\n", options.out);
	return ret ? EXIT_ERROR : EXIT_DONE;
}

const struct command cmd_dashboard = {
	.name = "dashboard",
	.summary = "Write the history as a static site: trends, steps, every run.",
	.synopsis = "[OPTION...]",
	.text = "A directory that any browser opens from disk or any web server hands out as it is.\n"
		"A dashboard that is there is replaced in one step; a directory with anything else\n"
		"in it is refused, and nothing of others is ever removed.\n\n"
		"examples:\n"
		"  tdxbench history add results/2*\n"
		"  tdxbench dashboard && xdg-open " DEFAULT_OUT "/index.html\n"
		"  tdxbench dashboard --db ci.db --out public --commit-url https://example.org/c/\n",
	.options = rows,
	.run = run,
};
