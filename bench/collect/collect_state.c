// SPDX-License-Identifier: GPL-2.0
/*
 * Reads state.bpf.c: what the path was last seen to be.
 */
#include "collect/collector.h"
#include "state.skel.h"

COLLECTOR_SKELETON(state)

static int read_state(struct collect_watch *watch, struct collect *collect)
{
	struct state_bpf *skeleton = watch->skeleton;

	collect->state = *(volatile struct state_seen *)&skeleton->bss->seen;
	return 0;
}

const struct collector collector_state = {
	.name	= "state",
	.which	= COLLECT_STATE,
	.open	= open_state,
	.read	= read_state,
	.close	= close_state,
};
