// SPDX-License-Identifier: GPL-2.0
/*
 * `tdxbench run` for commands that measure a suite of their own.
 */
#include "command/wrap.h"

#include <stdio.h>
#include <unistd.h>

#include "command/commands.h"

void wrap_option(char **argv, int *argc, const char *option, const char *value)
{
	if (!value)
		return;
	argv[(*argc)++] = (char *)option;
	argv[(*argc)++] = (char *)value;
}

int wrap_run(int argc, char **argv, bool quiet)
{
	int out = quiet ? dup(STDOUT_FILENO) : -1, ret;

	if (out >= 0)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	ret = command_main(&cmd_run, argc, argv);
	fflush(stdout);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		close(out);
	}
	return ret;
}
