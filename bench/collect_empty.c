// SPDX-License-Identifier: GPL-2.0
/*
 * The collector that collects nothing: the cost of the others is compared to it.
 */
#include <errno.h>

#include "collector.h"
#include "empty.skel.h"

static int open_empty(struct collect_watch *watch, const struct collect_opts *opts)
{
	struct empty_bpf *skeleton = empty_bpf__open();

	(void)opts;
	if (!skeleton)
		return -errno;
	watch->skeleton = skeleton;
	watch->base = skeleton->skeleton;
	return 0;
}

static void close_empty(struct collect_watch *watch)
{
	empty_bpf__destroy(watch->skeleton);
}

const struct collector collector_empty = {
	.name	= "empty",
	.which	= COLLECT_EMPTY,
	.open	= open_empty,
	.close	= close_empty,
};
