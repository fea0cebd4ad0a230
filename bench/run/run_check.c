// SPDX-License-Identifier: GPL-2.0
/*
 * May it run here? Said before a VM is booted, a module loaded or a program attached.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "count/count.h"
#include "run/facts.h"
#include "run/kallsyms.h"
#include "measure/measurement.h"
#include "command/options.h"
#include "run/place.h"
#include "run/publish.h"
#include "result/result.h"
#include "run/run.h"

static int cannot_run(const char *what, const char *remedy)
{
	fprintf(stderr, "tdxbench: cannot run here: %s; %s\n", what, remedy);
	return EXIT_CANNOT_RUN;
}

static int check_btf(void)
{
	if (!fact_readable("/sys/kernel/btf/vmlinux"))
		return cannot_run("the kernel has no BTF", "it needs CONFIG_DEBUG_INFO_BTF");
	return EXIT_DONE;
}

int run_check_module(const char *module)
{
	if (!access(module, R_OK))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench: cannot run here: there is no lab module %s: %s; make, or where tdxbench is installed tdxbench setup, builds one; or give --module\n",
		module, strerror(errno));
	return EXIT_CANNOT_RUN;
}

static int check_results(const struct run_options *options)
{
	return !options->stream && result_dir_check(options->results) ? EXIT_ERROR : EXIT_DONE;
}

/* --- a VM --- */

/* Points that name a CPU must name one that the VM has. */
static int check_cpus(const struct suite *suite)
{
	unsigned int i;

	for (i = 0; i < suite->nr_points; i++) {
		const struct point *point = &suite->points[i];

		if (param_find(point->measurement->params, "cpu") &&
		    point_value(point, "cpu") >= suite->vm.cpus)
			return usage_error("run", "point %s is for CPU %llu, the VM has %llu of them",
					   point->id,
					   (unsigned long long)point_value(point, "cpu"),
					   (unsigned long long)suite->vm.cpus);
	}
	return EXIT_DONE;
}

static int check_counting(const struct suite *suite, const struct run_options *options)
{
	if (!run_counts(suite, options) || (options->target == RUN_VM && options->virtual_clock))
		return EXIT_DONE;
	if (options->count)
		return usage_error("run", "--count goes with --target vm and --clock virtual");
	return usage_error("run", "suite %s counts instructions, which takes --target vm and --clock virtual",
			   suite->name);
}

static int check_plugin(const struct suite *suite, const struct run_options *options)
{
	const char *plugin = place(COUNT_PLUGIN);

	if (!run_counts(suite, options) || !access(plugin, R_OK))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench: cannot run here: there is no plugin %s to count with: %s; make builds one\n",
		plugin, strerror(errno));
	return EXIT_CANNOT_RUN;
}

static int check_vm(const struct suite *suite, const struct run_options *options)
{
	int ret = check_cpus(suite);

	if (!ret)
		ret = run_check_module(options->image.module);
	if (!ret)
		ret = check_plugin(suite, options);
	return ret ? ret : check_results(options);
}

/* --- this kernel, with a module of ours --- */

int run_may_load(const char *command, const char *module, bool yes)
{
	char answer[8] = "";

	if (yes)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return usage_error(command, "it loads a module into the running kernel; say --yes if that is fine");

	fprintf(stderr, "This loads %s into the running kernel\n"
			"and unloads it at the end. Go on? [y/N] ", module);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return EXIT_DONE;
	fputs("tdxbench: not started\n", stderr);
	return EXIT_ERROR;
}

static int check_local(const struct run_options *options)
{
	int ret;

	if (geteuid())
		return cannot_run("loading modules and BPF programs needs root", "use sudo");
	ret = check_btf();
	if (!ret)
		ret = run_check_module(options->image.module);
	if (!ret)
		ret = check_results(options);
	return ret ? ret : run_may_load("run", options->image.module, options->yes);
}

/* --- this kernel as it is --- */

int run_check_events(void)
{
	struct kallsym symbol;

	if (!kallsyms_find(KALLSYMS_PATH, &symbol))
		return cannot_run("this kernel has no tdx_ext trace events",
				  "tdxbench doctor explains what is missing");
	if (!fact_capable(FACT_BPF) || !fact_capable(FACT_PERFMON))
		return cannot_run("loading BPF programs needs root, or CAP_BPF and CAP_PERFMON",
				  "use sudo");
	return check_btf();
}

static int check_host(const struct run_options *options)
{
	int ret = run_check_events();

	return ret ? ret : check_results(options);
}

int run_check(const struct suite *suite, const struct run_options *options)
{
	int ret = options->stream ? EXIT_DONE : check_counting(suite, options);

	if (ret)
		return ret;
	switch (options->target) {
	case RUN_VM:
		return check_vm(suite, options);
	case RUN_LOCAL:
		return check_local(options);
	default:
		return check_host(options);
	}
}
