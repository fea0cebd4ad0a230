// SPDX-License-Identifier: GPL-2.0
/*
 * A run in a VM: scripts/vm.sh boots it with this very program inside.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/child.h"
#include "run/interrupt.h"
#include "command/options.h"
#include "run/place.h"
#include "run/run.h"

#define MAX_ARGS	(48 + 2 * SUITE_PROFILES_MAX + 2 * RUN_TOOLS_MAX)

/* What a program takes with its libraries, in the initramfs and unpacked, and to run. */
#define TOOL_MIB	256

/* Where the guest has the profiles that its suite names. */
#define GUEST_PROFILES	"/profiles"

struct arguments {
	const char *list[MAX_ARGS];
	unsigned int nr;
};

static void add(struct arguments *args, const char *argument)
{
	args->list[args->nr++] = argument;
}

static void add_option(struct arguments *args, const char *option, const char *value)
{
	add(args, option);
	add(args, value);
}

/* "host:guest:mode" for --file; lives as long as the program. */
static const char *file_spec(const char *host, const char *guest_and_mode)
{
	char *spec;

	if (asprintf(&spec, "%s:%s", host, guest_and_mode) < 0)
		abort();
	return spec;
}

static const char *number(uint64_t value)
{
	char *text;

	if (asprintf(&text, "%llu", (unsigned long long)value) < 0)
		abort();
	return text;
}

static void add_profiles(struct arguments *args, const struct suite *suite)
{
	unsigned int i;
	char *guest;

	for (i = 0; i < suite->nr_profiles; i++) {
		if (asprintf(&guest, GUEST_PROFILES "/%s.ini:644", suite->profiles[i].name) < 0)
			abort();
		add_option(args, "--file", file_spec(suite->profiles[i].path, guest));
	}
}

/* Memory and tools, as much as the points want. */
static void add_machine(struct arguments *args, const struct suite *suite,
			const struct run_options *options)
{
	const char *tools[RUN_TOOLS_MAX + 1], **tool;
	uint64_t memory = suite->vm.memory_mib;

	run_tools(suite, options, tools, false);
	for (tool = tools; *tool; tool++) {
		add_option(args, "--tool", *tool);
		memory += TOOL_MIB;
	}
	add_option(args, "--cpus", number(suite->vm.cpus));
	add_option(args, "--mem", number(memory));
}

/*
 * vm.sh shows the guest's progress on its standard output; ours is for the
 * table, so it goes to stderr.
 */
static pid_t start(const char *const *arguments)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execv(arguments[0], (char *const *)arguments);
	fprintf(stderr, "tdxbench: %s: %s\n", arguments[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_CANNOT_RUN : EXIT_ERROR);
}

static int wait_for(pid_t pid)
{
	int status = child_wait(pid);

	if (interrupted())
		fputc('\n', stderr);	/* the line of progress was cut off */
	return status < 0 ? EXIT_ERROR : status;
}

int run_vm_script(const char *const *arguments)
{
	pid_t pid = start(arguments);

	if (pid >= 0)
		return wait_for(pid);
	fprintf(stderr, "tdxbench: cannot start vm.sh: %s\n", strerror(errno));
	return EXIT_ERROR;
}

int run_in_vm(const struct suite *suite, const char *suite_path,
	      const struct run_options *options, const char *stream)
{
	const char *const *plugin;
	struct arguments args = {};

	add(&args, place("scripts/vm.sh"));
	add_option(&args, "--clock", options->virtual_clock ? "virtual" : "real");
	add_machine(&args, suite, options);
	add_option(&args, "--kernel", options->image.kernel);
	if (*options->image.append)
		add_option(&args, "--append", options->image.append);
	for (plugin = options->plugin; plugin && *plugin; plugin++)
		add(&args, *plugin);
	add_option(&args, "--results", stream);
	add_option(&args, "--file", file_spec(place_program(), "/bin/tdxbench:755"));
	add_option(&args, "--file", file_spec(options->image.module, "/lib/tdx_lab.ko:644"));
	add_option(&args, "--file", file_spec(suite_path, "/suite.ini:644"));
	add_profiles(&args, suite);
	add(&args, "--");
	add(&args, "tdxbench");
	add(&args, "run");
	add_option(&args, "--target", "local");
	add(&args, "--yes");
	add_option(&args, "--module", "/lib/tdx_lab.ko");
	add_option(&args, "--stream", "env");
	if (suite->nr_profiles)
		add_option(&args, "--profiles", GUEST_PROFILES);
	if (options->points)
		add_option(&args, "--points", options->points);
	add(&args, "/suite.ini");

	return run_vm_script(args.list);
}
