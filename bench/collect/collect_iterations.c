// SPDX-License-Identifier: GPL-2.0
/*
 * Reads iterations.bpf.c: time in the module, gaps, entries per call, by leaf.
 */
#include "collect/collector.h"
#include "iterations.skel.h"

COLLECTOR_SKELETON(iterations)

static int reset(struct collect_watch *watch)
{
	struct iterations_bpf *skeleton = watch->skeleton;
	struct iterations_leaf none = {};
	uint32_t i;
	int ret = 0;

	hist_init(&none.duration);
	hist_init(&none.gap);
	hist_init(&none.iterations);
	for (i = 0; !ret && i < ITERATIONS_NR_LEAVES; i++)
		ret = percpu_write(skeleton->maps.leaves, i, &none);
	return ret;
}

static void merge_leaf(void *into, const void *value)
{
	const struct iterations_leaf *cpu = value;
	struct collect_leaf *leaf = into;

	hist_merge(&leaf->duration, &cpu->duration);
	hist_merge(&leaf->gap, &cpu->gap);
	hist_merge(&leaf->iterations, &cpu->iterations);
	leaf->success += cpu->success;
	leaf->again += cpu->again;
}

static int read_iterations(struct collect_watch *watch, struct collect *collect)
{
	struct iterations_bpf *skeleton = watch->skeleton;
	struct collect_leaf *leaf;
	uint32_t i;
	int ret;

	for (i = 0; i < ITERATIONS_NR_LEAVES; i++) {
		leaf = &collect->iterations.leaf[i];
		ret = percpu_read(skeleton->maps.leaves, i, merge_leaf, leaf);
		if (ret)
			return ret;
		leaf->entries = leaf->duration.count;
		leaf->failed = leaf->iterations.count - leaf->success + leaf->again;
		leaf->resumable = leaf->entries - leaf->success - leaf->failed;
	}
	return 0;
}

const struct collector collector_iterations = {
	.name	= "iterations",
	.which	= COLLECT_ITERATIONS,
	.open	= open_iterations,
	.reset	= reset,
	.read	= read_iterations,
	.close	= close_iterations,
};
