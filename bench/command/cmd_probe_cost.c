// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench probe-cost: the price of each way of looking at the path, and which of them
 * loses events. A suite like any other, with another way to choose its points.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/wrap.h"
#include "observe/observe.h"
#include "result/result.h"
#include "run/place.h"
#include "run/publish.h"

#define SUITE		"bench/suites/probe-cost.ini"
#define PATTERN_MAX	1024

static const char *const clock_words[] = { "virtual", "real", NULL };

static struct {
	unsigned int clock;
	const char *observers;
	const char *points;
	const char *results;
	const char *kernel;
	const char *module;
	bool json;
} options;

static bool is_observer(const char *name)
{
	const char *const *word = observer_words;

	while (*word && strcmp(*word, name))
		word++;
	return *word;
}

static int refuse(const char *name)
{
	const char *const *word;
	char allowed[512] = "";

	for (word = observer_words; *word; word++)
		snprintf(allowed + strlen(allowed), sizeof(allowed) - strlen(allowed), "%s%s",
			 *allowed ? ", " : "", *word);
	return usage_error("probe-cost", "--observers is '%s', allowed is %s", name, allowed);
}

/* "a,b" to a pattern of points: observer is "a" or "b", whatever comes behind. */
static int pattern_of(const char *list, char pattern[PATTERN_MAX])
{
	char *copy = strdup(list), *rest = copy, *name, words[PATTERN_MAX / 3] = "";
	int ret = EXIT_DONE;

	while (!ret && (name = strsep(&rest, ","))) {
		size_t used = strlen(words);

		if (!is_observer(name) || used + strlen(name) + 2 > sizeof(words))
			ret = refuse(name);
		else
			snprintf(words + used, sizeof(words) - used, "%s%s", used ? "|" : "", name);
	}
	snprintf(pattern, PATTERN_MAX, "*/observer=@(%s)?(/*)", words);
	free(copy);
	return ret;
}

static int show_json(void)
{
	const char *place = result_published();
	char error[RESULT_ERROR];
	json_t *result = place ? result_load(place, error) : NULL;

	if (!result)
		return EXIT_ERROR;	/* the run has said why */
	result_print(result, stdout);
	json_decref(result);
	return fflush(stdout) ? EXIT_ERROR : EXIT_DONE;
}

static int measure(const char *points)
{
	char *argv[16] = { "run" };
	int argc = 1, ret;

	wrap_option(argv, &argc, "--clock", clock_words[options.clock]);
	wrap_option(argv, &argc, "--points", points);
	wrap_option(argv, &argc, "--results", options.results);
	wrap_option(argv, &argc, "--kernel", options.kernel);
	wrap_option(argv, &argc, "--module", options.module);
	argv[argc++] = (char *)place(SUITE);

	ret = wrap_run(argc, argv, options.json);
	return ret || !options.json ? ret : show_json();
}

static int run(int argc, char **argv)
{
	char pattern[PATTERN_MAX];
	int ret = EXIT_DONE;

	if (argc)
		return usage_error("probe-cost", "takes no arguments, got '%s'", argv[0]);
	if (options.observers && options.points)
		return usage_error("probe-cost", "choose one of --observers and --points");
	if (options.observers)
		ret = pattern_of(options.observers, pattern);
	return ret ? ret : measure(options.observers ? pattern : options.points);
}

static const struct option_row rows[] = {
	{ 'c', "clock", "CLOCK", OPTION_CHOICE, &options.clock, 0, 0, clock_words,
	  "of the VM: virtual counts instructions, real takes ns" },
	{ 'o', "observers", "LIST", OPTION_TEXT, &options.observers, 0, 0, NULL,
	  "only these, separated by commas; see tdxbench list price" },
	{ 'p', "points", "PATTERN", OPTION_TEXT, &options.points, 0, 0, NULL,
	  "only points whose id matches this shell pattern" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL, "print result.json" },
	{ 'r', "results", "DIR", OPTION_TEXT, &options.results, 0, 0, NULL,
	  "where the run's directory goes (default: results)" },
	{ 'k', "kernel", "PATH", OPTION_TEXT, &options.kernel, 0, 0, NULL, "as of run" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL, "as of run" },
	{}
};

const struct command cmd_probe_cost = {
	.name = "probe-cost",
	.summary = "Measure what each way of looking costs, and which loses events.",
	.synopsis = "[OPTION...]",
	.text = "Our collectors and our stream of events; BPF programs on raw, BTF-typed and\n"
		"classic tracepoints; ftrace, trace-cmd, perf and bpftrace, as installed here, in\n"
		"a VM. Each is attached alone: to seamcall_exit, which tells all about an\n"
		"iteration, or to seamcall_enter as well. A tool that is not installed is left\n"
		"out, with a line.\n"
		"\n"
		"examples:\n"
		"  tdxbench probe-cost                                     all, in some two minutes\n"
		"  tdxbench probe-cost --observers iterations,perf-record\n"
		"  tdxbench probe-cost --points 'loss/*'                   only events lost, by rate\n"
		"  sudo tdxbench run --target local probe-cost             on the kernel that runs now\n"
		"\n"
		"exit codes: as of run\n",
	.options = rows,
	.run = run,
};
