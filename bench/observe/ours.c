// SPDX-License-Identifier: GPL-2.0
/*
 * Our collectors, as measurements attach them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "collect/collect.h"
#include "observe/kinds.h"

/* Of whichever collector counts iterations; that of quotes does not. */
static uint64_t iterations_of(const struct collect *collect)
{
	uint64_t entries = 0;
	unsigned int leaf;

	for (leaf = 0; leaf < ITERATIONS_NR_LEAVES; leaf++)
		entries += collect->iterations.leaf[leaf].entries;
	return entries;
}

static int start(struct observe *observe)
{
	struct collect *collect = calloc(1, sizeof(*collect));

	if (!collect || collect_open(collect, observe->observer->which, NULL)) {
		free(collect);
		return -1;
	}
	observe->state = collect;
	return collect_start(collect);
}

static int stop(struct observe *observe)
{
	struct collect *collect = observe->state;
	int ret = 0;

	if (!collect)
		return 0;
	if (observe->started)
		ret = collect_stop(collect);
	observe->seen = iterations_of(collect);
	observe->lost = collect->lost;
	collect_close(collect);
	free(collect);
	observe->state = NULL;
	return ret;
}

const struct observer_kind kind_ours = {
	.counts = true,
	.start = start,
	.stop = stop,
};

/* An iteration pays for it, but it counts none. */
const struct observer_kind kind_ours_quotes = {
	.start = start,
	.stop = stop,
};
