// SPDX-License-Identifier: GPL-2.0
/*
 * trace-cmd record, in an instance of its own, and trace-cmd report for what it kept.
 */
#include <stdio.h>
#include <stdlib.h>

#include "observe/instance.h"
#include "observe/kinds.h"
#include "observe/parse.h"
#include "observe/tool.h"

#define EXIT		"tdx_ext:seamcall_exit"
#define ENTER		"tdx_ext:seamcall_enter"

/* It makes the instance, enables events while it does not trace, and traces then. */
static bool is_ready(void *arg)
{
	const struct observe *observe = arg;

	return instance_says("events/tdx_ext/seamcall_exit/enable", "1") &&
	       (!observe->both || instance_says("events/tdx_ext/seamcall_enter/enable", "1")) &&
	       instance_says("tracing_on", "1");
}

static int start(struct observe *observe)
{
	char file[PATH_MAX], output[PATH_MAX];
	char *argv[] = { "trace-cmd", "record", "-B", INSTANCE_NAME, "-o",
			 (char *)observe_path(observe, "trace.dat", file), "-e", EXIT,
			 observe->both ? "-e" : NULL, ENTER, NULL };
	struct tool *tool;

	if (instance_exists()) {
		fprintf(stderr, "tdxbench: tracefs has instances/%s already, which is somebody else's\n",
			INSTANCE_NAME);
		return -1;
	}
	tool = calloc(1, sizeof(*tool));
	if (!tool)
		return -1;
	observe->state = tool;
	if (tool_start(tool, argv, observe_path(observe, "output", output), -1, -1))
		return -1;
	return tool_await(tool, is_ready, observe);
}

/* What a user gets of it. */
static int report(struct observe *observe)
{
	char file[PATH_MAX], output[PATH_MAX];
	char *argv[] = { "trace-cmd", "report", "-i",
			 (char *)observe_path(observe, "trace.dat", file), NULL };
	struct tool tool;
	FILE *said;
	int ret = -1;

	if (tool_start(&tool, argv, observe_path(observe, "report", output), -1, -1) ||
	    tool_finish(&tool))
		return -1;
	said = fopen(output, "re");
	if (said) {
		ret = parse_trace_report(said, &observe->seen);
		fclose(said);
	}
	if (ret)
		fprintf(stderr, "tdxbench: trace-cmd report: not understood\n");
	return ret;
}

/* The instance and its counts go with trace-cmd. */
static int read_and_end(struct observe *observe)
{
	struct ring_stats stats;

	if (instance_write("tracing_on", "0") || instance_stats(&stats))
		return -1;
	observe->lost = stats.lost;
	return tool_end(observe->state) ? -1 : report(observe);
}

static int stop(struct observe *observe)
{
	struct tool *tool = observe->state;
	int ret;

	if (!tool)
		return 0;
	ret = observe->started ? read_and_end(observe) : 0;
	tool_kill(tool);
	instance_remove();
	free(tool);
	observe->state = NULL;
	return ret;
}

const struct observer_kind kind_trace_cmd = {
	.tool = "trace-cmd",
	.package = "trace-cmd",
	.both = true,
	.counts = true,
	.start = start,
	.stop = stop,
};
