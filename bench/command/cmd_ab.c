// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench ab: two revisions, built, run and compared on this machine.
 * scripts/ab.sh does it; here are its options.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "run/place.h"

#define MAX_ARGS	32

static struct ab_options {
	const char *base, *head, *suite, *results;
} options = { .base = "", .head = "", .suite = "", .results = "results" };

static const struct option_row rows[] = {
	{ .letter = 'b', .long_name = "base", .value = "REV", .type = OPTION_TEXT,
	  .target = &options.base,
	  .help = "compare with this revision; with REV... the merge base, as git diff has it" },
	{ .letter = 'H', .long_name = "head", .value = "REV", .type = OPTION_TEXT,
	  .target = &options.head,
	  .help = "what is compared (default: the working tree as it is)" },
	{ .letter = 's', .long_name = "suite", .value = "FILE", .type = OPTION_TEXT,
	  .target = &options.suite,
	  .help = "run this by both (default: head's bench/suites/gate.ini)" },
	{ .letter = 'r', .long_name = "results", .value = "DIR", .type = OPTION_TEXT,
	  .target = &options.results,
	  .help = "where the comparison's directory goes (default: results)" },
	{ .long_name = NULL }
};

static int run(int argc, char **argv)
{
	const char *script = place("scripts/ab.sh");
	const char *args[MAX_ARGS] = { script, place_program(), options.results, options.base,
				       options.head, options.suite };
	const size_t first = 6;

	if (argc && *argv[0] != '-')
		return usage_error("ab", "takes no arguments but options of compare behind --, got '%s'",
				   argv[0]);
	if (first + (size_t)argc >= MAX_ARGS)
		return usage_error("ab", "up to %zu options of compare, got %d", MAX_ARGS - first - 1,
				   argc);
	memcpy(&args[first], argv, (size_t)argc * sizeof(*argv));
	execv(script, (char *const *)args);
	fprintf(stderr, "tdxbench ab: %s: %s\n", script, strerror(errno));
	return errno == ENOENT ? EXIT_CANNOT_RUN : EXIT_ERROR;
}

const struct command cmd_ab = {
	.name = "ab",
	.summary = "Build two revisions, run both on this machine and compare them.",
	.synopsis = "[OPTION...] [-- OPTION OF COMPARE...]",
	.text = "Without --base it is the merge base of head with origin/HEAD, origin/main,\n"
		"origin/master, main or master, the first that there is; where that has all of head\n"
		"already, the commit before. The working tree is taken with all changes and new files\n"
		"that git does not ignore.\n"
		"\n"
		"Both sides run at once, each in a VM with its own tdxbench and module, in virtual\n"
		"time: nothing that is stored can be stale, and no other load matters. Built trees are\n"
		"kept by the hash of their git tree, the last 10 used, in the cache's directory ab:\n"
		"$TDXBENCH_CACHE, else $XDG_CACHE_HOME/tdxbench or ~/.cache/tdxbench.\n"
		"Results go to DIR/ab-<UTC>/base and head, comparison.md and .json beside them.\n"
		"\n"
		"examples:\n"
		"  tdxbench ab                                  what I changed since main\n"
		"  tdxbench ab --base HEAD~3 --head HEAD\n"
		"  tdxbench ab --base origin/next...            since it left that branch\n"
		"  tdxbench ab -b v1.0 -s bench/suites/quick.ini\n"
		"\n"
		"Ctrl-C keeps what was built and measured.\n"
		"exit codes: 0 the same or better, 2 a regression, 1 error, 77 cannot run here,\n"
		"129 usage, 130 or 143 interrupted\n",
	.options = rows,
	.run = run,
};
