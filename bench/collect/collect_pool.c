// SPDX-License-Identifier: GPL-2.0
/*
 * Reads pool.bpf.c: the memory pool.
 */
#include "collect/collector.h"
#include "pool.skel.h"

COLLECTOR_SKELETON(pool)

static int reset(struct collect_watch *watch)
{
	struct pool_bpf *skeleton = watch->skeleton;
	struct pool_cpu none = { .chunk_min = UINT64_MAX };

	hist_init(&none.alloc);
	hist_init(&none.add);
	return percpu_write(skeleton->maps.cpus, 0, &none);
}

static void merge_cpu(void *into, const void *value)
{
	const struct pool_cpu *cpu = value;
	struct pool_cpu *pool = into;

	hist_merge(&pool->alloc, &cpu->alloc);
	hist_merge(&pool->add, &cpu->add);
	pool->alloc_pages += cpu->alloc_pages;
	if (cpu->chunk_min < pool->chunk_min)
		pool->chunk_min = cpu->chunk_min;
	if (cpu->chunk_max > pool->chunk_max)
		pool->chunk_max = cpu->chunk_max;
	pool->add_pages += cpu->add_pages;
	pool->add_iterations += cpu->add_iterations;
	pool->totals += cpu->totals;
	pool->total_errors += cpu->total_errors;
	pool->required += cpu->required;
	pool->added += cpu->added;
	pool->alloc_ns += cpu->alloc_ns;
	pool->flush_ns += cpu->flush_ns;
	pool->add_ns += cpu->add_ns;
	pool->nodes |= cpu->nodes;
}

static int read_pool(struct collect_watch *watch, struct collect *collect)
{
	struct pool_bpf *skeleton = watch->skeleton;

	return percpu_read(skeleton->maps.cpus, 0, merge_cpu, &collect->pool);
}

const struct collector collector_pool = {
	.name	= "pool",
	.which	= COLLECT_POOL,
	.open	= open_pool,
	.reset	= reset,
	.read	= read_pool,
	.close	= close_pool,
};
