// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench: what TDX quoting costs. The subcommands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/options.h"
#include "complete/complete.h"
#include "manual/manual.h"
#include "result/must.h"
#include "run/place.h"

static const struct command *const commands[] = {
	&cmd_run, &cmd_ab, &cmd_report, &cmd_compare, &cmd_profile, &cmd_history,
	&cmd_dashboard, &cmd_top, &cmd_trace, &cmd_record, &cmd_replay, &cmd_calibrate,
	&cmd_probe_cost, &cmd_load, &cmd_list, &cmd_doctor, &cmd_setup, NULL
};

static const char *const shells[] = { "bash", "zsh", NULL };

static const struct option_row options[] = {
	{ .long_name = "version", .help = "print the version" },
	{ .long_name = "man", .value = "PAGE", .type = OPTION_TEXT,
	  .help = "print a manual page, as mdoc(7); without PAGE, which there are" },
	{ .long_name = "completion", .value = "SHELL", .type = OPTION_CHOICE, .choices = shells,
	  .help = "print what a shell completes tdxbench by" },
	{}
};

static const struct command program = {
	.name = "",
	.summary = "Measure what TDX quoting costs.",
	.synopsis = "COMMAND [OPTION...]",
	.text = "exit codes: 0 done, 1 error, wrong quotes or open books, 2 regression, 77 cannot\n"
		"run here, 129 usage, 130 or 143 interrupted\n",
	.options = options,
	.actions = commands,
};

static void print_help(FILE *out)
{
	const struct command *const *c;

	fprintf(out, "usage: tdxbench %s\n\n"
		     "Measures what turning a TDX guest's report into a Quote costs: preemption\n"
		     "latency, quote throughput and memory-pool behaviour.\n\ncommands:\n",
		program.synopsis);
	for (c = commands; *c; c++)
		fprintf(out, "  %-11s %s\n", (*c)->name, (*c)->summary);
	fputs("\noptions:\n", out);
	options_print(options, out);
	fprintf(out, "\n  tdxbench COMMAND --help   options and examples of a command\n\n%s",
		program.text);
}

static int unknown_command(const char *name)
{
	const struct command *const *c;

	fprintf(stderr, "tdxbench: '%s' is no command, there are:", name);
	for (c = commands; *c; c++)
		fprintf(stderr, " %s", (*c)->name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

/* No @name: nothing. */
static const struct command *find_command(const char *name)
{
	const struct command *const *c;

	for (c = commands; name && *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

static void print_pages(void)
{
	const struct command *const *c;

	puts("tdxbench");
	for (c = commands; *c; c++)
		printf("tdxbench-%s\n", (*c)->name);
}

/* "tdxbench" is a page, "tdxbench-run" and for short "run" too. */
static int print_manual(const char *page)
{
	const char *name = strncmp(page, "tdxbench-", 9) ? page : page + 9;
	struct manual manual = {
		.program = &program, .command = find_command(name),
		.date = TDXBENCH_COMMIT_TIME, .version = TDXBENCH_VERSION,
	};
	char *prose;
	int ret;

	if (!strcmp(name, "tdxbench"))
		manual.command = &program;
	if (!manual.command)
		return unknown_command(name);
	prose = must_print("%s/%s.mdoc", place("bench/man"), name);
	manual.prose = prose;
	ret = manual_print(&manual, stdout);
	free(prose);
	return ret ? EXIT_ERROR : EXIT_DONE;
}

static int print_completion(const char *shell)
{
	if (shell && !strcmp(shell, "bash"))
		complete_bash(&program, stdout);
	else if (shell && !strcmp(shell, "zsh"))
		complete_zsh(&program, stdout);
	else
		return usage_error("--completion", "say for which shell: bash or zsh");
	return fflush(stdout) || ferror(stdout) ? EXIT_ERROR : EXIT_DONE;
}

/*
 * A shell's >&- closes standard output. The next file that is opened would have its number,
 * and all that is printed. Nobody can write to this one, or read from it.
 */
static void keep_standard_files(void)
{
	int fd = open("/dev/null", O_PATH);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *command;

	keep_standard_files();
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
	if (!strcmp(argv[1], "--man")) {
		if (argc > 2)
			return print_manual(argv[2]);
		print_pages();
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--completion"))
		return print_completion(argv[2]);

	command = find_command(argv[1]);
	return command ? command_main(command, argc - 1, argv + 1) : unknown_command(argv[1]);
}
