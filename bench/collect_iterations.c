// SPDX-License-Identifier: GPL-2.0
/*
 * Reads what iterations.bpf.c and preemption.bpf.c count of iterations.
 */
#include <errno.h>

#include "collector.h"
#include "iterations.skel.h"

int iterations_reset(const struct bpf_map *leaves)
{
	struct iterations_leaf none = {};
	uint32_t i;
	int ret = 0;

	hist_init(&none.duration);
	hist_init(&none.gap);
	hist_init(&none.iterations);
	for (i = 0; !ret && i < ITERATIONS_NR_LEAVES; i++)
		ret = percpu_write(leaves, i, &none);
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
}

int iterations_read(const struct bpf_map *leaves, struct collect_iterations *iterations)
{
	struct collect_leaf *leaf;
	uint32_t i;
	int ret;

	for (i = 0; i < ITERATIONS_NR_LEAVES; i++) {
		leaf = &iterations->leaf[i];
		ret = percpu_read(leaves, i, merge_leaf, leaf);
		if (ret)
			return ret;
		leaf->entries = leaf->duration.count;
		leaf->resumable = leaf->entries - leaf->iterations.count;
		leaf->failed = leaf->iterations.count - leaf->success;
	}
	return 0;
}

static int open_iterations(struct collect_watch *watch, const struct collect_opts *opts)
{
	struct iterations_bpf *skeleton = iterations_bpf__open();

	(void)opts;
	if (!skeleton)
		return -errno;
	watch->skeleton = skeleton;
	watch->base = skeleton->skeleton;
	return 0;
}

static int reset(struct collect_watch *watch)
{
	struct iterations_bpf *skeleton = watch->skeleton;

	return iterations_reset(skeleton->maps.leaves);
}

static int read_iterations(struct collect_watch *watch, struct collect *collect)
{
	struct iterations_bpf *skeleton = watch->skeleton;

	return iterations_read(skeleton->maps.leaves, &collect->iterations);
}

static void close_iterations(struct collect_watch *watch)
{
	iterations_bpf__destroy(watch->skeleton);
}

const struct collector collector_iterations = {
	.name	= "iterations",
	.which	= COLLECT_ITERATIONS,
	.open	= open_iterations,
	.reset	= reset,
	.read	= read_iterations,
	.close	= close_iterations,
};
