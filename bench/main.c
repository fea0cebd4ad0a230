// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench: what TDX quoting costs. The subcommands.
 */
#include <stdio.h>
#include <string.h>

#include "command/commands.h"
#include "command/options.h"

static const struct command *const commands[] = {
	&cmd_run, &cmd_ab, &cmd_report, &cmd_compare, &cmd_profile, &cmd_history,
	&cmd_dashboard, &cmd_trace, &cmd_record, &cmd_load, &cmd_list, &cmd_doctor,
	&cmd_setup, NULL
};

static void print_help(FILE *out)
{
	const struct command *const *c;

	fprintf(out, "usage: tdxbench COMMAND [OPTION...]\n\n"
		     "Measures what turning a TDX guest's report into a Quote costs: preemption\n"
		     "latency, quote throughput and memory-pool behaviour.\n\ncommands:\n");
	for (c = commands; *c; c++)
		fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fprintf(out, "\n  tdxbench COMMAND --help   options and examples\n"
		     "  tdxbench --version        version\n\n"
		     "exit codes: 0 done, 1 error, wrong quotes or open books, 2 regression, 77 cannot\n"
		     "run here, 129 usage, 130 or 143 interrupted\n");
}

int main(int argc, char **argv)
{
	const struct command *const *c;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("tdxbench %s\n", TDXBENCH_VERSION);
		return EXIT_DONE;
	}

	for (c = commands; *c; c++)
		if (!strcmp((*c)->name, argv[1]))
			return command_main(*c, argc - 1, argv + 1);

	fprintf(stderr, "tdxbench: '%s' is no command, there are:", argv[1]);
	for (c = commands; *c; c++)
		fprintf(stderr, " %s", (*c)->name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
