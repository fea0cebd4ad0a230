// SPDX-License-Identifier: GPL-2.0
/*
 * trace-cmd record, in an instance of its own, and trace-cmd report for what it kept.
 */
#include <stdio.h>

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
	char file[PATH_MAX];
	char *argv[] = { "trace-cmd", "record", "-B", INSTANCE_NAME, "-o",
			 (char *)observe_path(observe, "trace.dat", file), "-e", EXIT,
			 observe->both ? "-e" : NULL, ENTER, NULL };

	if (instance_exists()) {
		fprintf(stderr, "tdxbench: tracefs has instances/%s already, which is somebody else's\n",
			INSTANCE_NAME);
		return -1;
	}
	return tool_attach(observe, argv, is_ready);
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
static int end_and_read(struct observe *observe)
{
	struct ring_stats stats;

	if (instance_write("tracing_on", "0") || instance_stats(&stats))
		return -1;
	observe->lost = stats.lost;
	return tool_end(observe->state) ? -1 : report(observe);
}

static int stop(struct observe *observe)
{
	bool ours = observe->state;
	int ret = tool_detach(observe, end_and_read);

	if (ours)
		instance_remove();
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
