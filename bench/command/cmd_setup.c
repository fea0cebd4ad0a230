// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench setup: get what this machine lacks. scripts/setup.sh does it; here are its
 * options.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "run/place.h"

static struct setup_options {
	bool check, quiet;
} options;

static const struct option_row rows[] = {
	{ .letter = 'c', .long_name = "check", .type = OPTION_FLAG, .target = &options.check,
	  .help = "change nothing: print what is missing and how to get it" },
	{ .letter = 'q', .long_name = "quiet", .type = OPTION_FLAG, .target = &options.quiet,
	  .help = "print errors only" },
	{ .long_name = NULL }
};

static int run(int argc, char **argv)
{
	const char *args[4] = { place("scripts/setup.sh") };
	size_t nr = 1;

	if (argc)
		return usage_error("setup", "takes no arguments, got '%s'", argv[0]);
	if (options.check)
		args[nr++] = "--check";
	if (options.quiet)
		args[nr++] = "-q";
	execv(args[0], (char *const *)args);
	fprintf(stderr, "tdxbench setup: %s: %s\n", args[0], strerror(errno));
	return errno == ENOENT ? EXIT_CANNOT_RUN : EXIT_ERROR;
}

const struct command cmd_setup = {
	.name = "setup",
	.summary = "Get what this machine lacks for measuring in a VM.",
	.synopsis = "[OPTION...]",
	.text = "Debian packages for the tools, and in the user's cache a stock Debian kernel for the VM.\n"
		"Where tdxbench is installed, it also builds tdx_lab.ko for that kernel; in a source tree\n"
		"make does. Nothing is said or done where all is there.\n"
		"\n"
		"examples:\n"
		"  tdxbench setup --check     what is missing?\n"
		"  tdxbench setup\n"
		"\n"
		"exit codes: 0 all is there, 1 error, 77 something is missing, 129 usage,\n"
		"130 or 143 interrupted\n",
	.options = rows,
	.run = run,
};
