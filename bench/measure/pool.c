// SPDX-License-Identifier: GPL-2.0
/*
 * pool: what the TDX module's memory pool costs to allocate and to hand over,
 * in fresh memory and in scattered memory, and how long bring-up takes. A pool
 * that cannot be had is a result too.
 */
#include <stdio.h>
#include <string.h>

#include "measure/books.h"
#include "measure/clock.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "measure/meminfo.h"
#include "result/result.h"
#include "measure/scatter.h"

static const char *const memory_words[] = { "fresh", "fragmented", "pinned", NULL };

static const struct param params[] = {
	{ "memory", SCATTER_FRESH, 0, 2, "", memory_words,
	  "free memory: as after boot, or in single pages that can, or cannot, be joined" },
	{}
};

/* One bring-up and what it did. */
struct bring_up {
	int error;		/* 0 or negative errno */
	uint64_t ns;
	struct vmstat work;
	struct tdx_lab_info info;
};

static void add_memory_work(const struct vmstat *work, json_t *out)
{
	metric_u64(out, "vm.compact_stall", "", BETTER_LOWER, work->compact_stall);
	metric_u64(out, "vm.compact_success", "", BETTER_NONE, work->compact_success);
	metric_u64(out, "vm.pages_migrated", "pages", BETTER_LOWER, work->migrated);
}

/* Bring-up may fail with the pool complete, or before there is any. */
static bool pool_failed(const struct pool_cpu *pool)
{
	return pool->total_errors || pool->added < pool->required;
}

/* A failed bring-up has neither initialised extensions nor made keys. */
static void add_bring_up(const struct collect *collect, const struct bring_up *up, json_t *out)
{
	const struct collect_leaf *leaf = collect->iterations.leaf;

	bool pool = pool_failed(&collect->pool);

	metric_u64(out, "pool.failed", "", BETTER_LOWER, pool);
	metric_u64(out, "pool.errno", "", BETTER_NONE, pool ? (uint64_t)-up->error : 0);
	metric_u64(out, "bring_up.failed", "", BETTER_LOWER, up->error ? 1 : 0);
	metric_u64(out, "bring_up.errno", "", BETTER_NONE, (uint64_t)-up->error);
	metric_u64(out, "pool.lost", "pages", BETTER_LOWER, up->error ? up->info.pool_pages : 0);
	if (!up->error) {
		metric_u64(out, "ext_init_ns", "ns", BETTER_LOWER,
			   leaf[TDX_LAB_LEAF_EXT_INIT].duration.sum);
		metric_u64(out, "quote_init_ns", "ns", BETTER_LOWER,
			   leaf[TDX_LAB_LEAF_QUOTE_INIT].duration.sum);
	}
	metric_u64(out, "bring_up_ns", "ns", BETTER_LOWER, up->ns);
}

static void add_headline(const struct point *point, const struct pool_cpu *pool,
			 const struct bring_up *up, json_t *out)
{
	double mib = (double)point->profile.pool_pages * PAGE_SIZE / 1048576.0;

	if (up->error)
		point_headline(out, "%6.1f MiB: %s failed after %.3f ms: %s", mib,
			       pool_failed(pool) ? "pool" : "bring-up, not the pool,",
			       (double)up->ns / 1e6, strerror(-up->error));
	else if (!pool->totals)
		point_headline(out, "no pool: the module asks for none, or has no extensions");
	else
		point_headline(out, "%6.1f MiB: allocated in %7.3f ms, added in %7.3f ms", mib,
			       (double)pool->alloc_ns / 1e6, (double)pool->add_ns / 1e6);
}

static void check_filled(const struct point *point, const struct pool_cpu *pool, json_t *out)
{
	books_check_equal(out, "pool pages: given = asked for", point->profile.pool_pages,
			  pool->added);
	books_check_equal(out, "pool pages: in chunks = given", pool->alloc_pages, pool->added);
}

/* What the module says it owns, the host must know it gave, all or in part. */
static void check_pool(const struct point *point, const struct collect *collect,
		       const struct bring_up *up, json_t *out)
{
	const struct pool_cpu *pool = &collect->pool;

	books_check_equal(out, "pool pages: BPF = module", up->info.pool_pages, pool->added);
	books_check_equal(out, "pool pages: in batches = given", pool->add_pages, pool->added);
	books_check_equal(out, "pool: entries of its batches = of the leaf",
			  collect->iterations.leaf[TDX_LAB_LEAF_EXT_MEM_ADD].entries,
			  pool->add_iterations);
	if (pool->totals && !pool_failed(pool))
		check_filled(point, pool, out);
	if (pool_failed(pool))
		books_check_equal(out, "pool given up: bring-up failed", 1, up->error ? 1 : 0);
	if (up->info.state == TDX_LAB_UP)
		books_check_equal(out, "quoting is on: pools filled",
				  point->profile.pool_pages ? 1 : 0, pool->totals);
	point_lost_events(out, collect->lost);
}

static int bring_up(struct bring_up *up)
{
	struct vmstat before = vmstat_now(), after;
	uint64_t start = clock_now();

	up->error = lab_try_bring_up();
	up->ns = clock_now() - start;
	after = vmstat_now();
	up->work = (struct vmstat){
		.compact_stall = after.compact_stall - before.compact_stall,
		.compact_success = after.compact_success - before.compact_success,
		.migrated = after.migrated - before.migrated,
	};
	return lab_info(&up->info);
}

static int measure(const struct point *point, json_t *out)
{
	struct bring_up up;
	struct books books;
	int ret = -1;

	if (books_open(&books, COLLECT_POOL | COLLECT_ITERATIONS, NULL))
		return -1;
	if (!bring_up(&up) && !books_balance(&books)) {
		if (books.collect.pool.totals)
			books_add_pool(&books.collect.pool, out);
		add_bring_up(&books.collect, &up, out);
		add_memory_work(&up.work, out);
		add_headline(point, &books.collect.pool, &up, out);
		books_add_iterations(&books, out);
		check_pool(point, &books.collect, &up, out);
		ret = 0;
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	int ret;

	if (scatter_begin(point_value(point, "memory"), point->profile.pool_pages * PAGE_SIZE))
		return -1;
	ret = measure(point, out);
	return scatter_end() ? -1 : ret;
}

const struct measurement measurement_pool = {
	.name = "pool",
	.summary = "memory pool: time to allocate and to add, bring-up",
	.params = params,
	.brings_up = true,
	.run = run,
};
