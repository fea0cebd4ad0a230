// SPDX-License-Identifier: GPL-2.0
/*
 * ftrace with no tool at all: events into a ring buffer that nobody reads, and
 * histogram triggers.
 */
#include <stdio.h>

#include "observe/instance.h"
#include "observe/kinds.h"
#include "observe/parse.h"

#define EVENT_EXIT	"events/tdx_ext/seamcall_exit/"
#define EVENT_ENTER	"events/tdx_ext/seamcall_enter/"

/* Time in the module, by leaf and how it was left. */
#define HIST_EXIT	"hist:keys=leaf,status.hex:vals=duration_ns"
#define HIST_ENTER	"hist:keys=leaf"

/* observe->state says that the instance is ours. */
static int make(struct observe *observe)
{
	if (instance_make())
		return -1;
	observe->state = observe;
	return 0;
}

static void remove_own(struct observe *observe)
{
	if (observe->state)
		instance_remove();
	observe->state = NULL;
}

/* --- a ring buffer --- */

static int start_ring(struct observe *observe)
{
	if (make(observe) || (observe->both && instance_write(EVENT_ENTER "enable", "1")))
		return -1;
	return instance_write(EVENT_EXIT "enable", "1");
}

static int stop_ring(struct observe *observe)
{
	struct ring_stats stats;
	int ret = 0;

	if (observe->started) {
		ret = instance_write(EVENT_EXIT "enable", "0");
		if (observe->both && instance_write(EVENT_ENTER "enable", "0"))
			ret = -1;
		if (instance_stats(&stats))
			ret = -1;
		observe->seen = stats.kept;
		observe->lost = stats.lost;
	}
	remove_own(observe);
	return ret;
}

const struct observer_kind kind_ftrace = {
	.both = true,
	.counts = true,
	.start = start_ring,
	.stop = stop_ring,
};

/* --- histogram triggers --- */

static int start_hist(struct observe *observe)
{
	if (make(observe) || (observe->both && instance_write(EVENT_ENTER "trigger", HIST_ENTER)))
		return -1;
	return instance_write(EVENT_EXIT "trigger", HIST_EXIT);
}

static int read_hist(struct observe *observe, const char *file)
{
	char path[PATH_MAX];
	FILE *in = fopen(instance_path(file, path), "re");
	int ret = in ? parse_hist_trigger(in, &observe->seen, &observe->lost) : -1;

	if (ret)
		fprintf(stderr, "tdxbench: %s: no histogram in it\n", path);
	if (in)
		fclose(in);
	return ret;
}

static int stop_hist(struct observe *observe)
{
	int ret = 0;

	if (observe->started) {
		ret = read_hist(observe, EVENT_EXIT "hist");
		if (observe->both && read_hist(observe, EVENT_ENTER "hist"))
			ret = -1;
	}
	remove_own(observe);
	return ret;
}

const struct observer_kind kind_ftrace_hist = {
	.both = true,
	.counts = true,
	.start = start_hist,
	.stop = stop_hist,
};
