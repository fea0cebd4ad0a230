// SPDX-License-Identifier: GPL-2.0
/*
 * pool: what the TDX module's memory pool costs to allocate and to hand over,
 * and how long bring-up takes.
 */
#include <stdio.h>

#include "books.h"
#include "clock.h"
#include "lab.h"
#include "measurement.h"
#include "result.h"

#define PAGE_SIZE	4096

static const struct param params[] = { {} };

static void add_pool(const struct collect *collect, uint64_t bring_up_ns, json_t *out)
{
	const struct pool_cpu *pool = &collect->pool;
	const struct collect_leaf *leaf = collect->iterations.leaf;

	metric_u64(out, "pool.pages", "pages", BETTER_NONE, pool->added);
	metric_u64(out, "pool.bytes", "bytes", BETTER_NONE, pool->added * PAGE_SIZE);
	metric_u64(out, "pool.alloc_ns", "ns", BETTER_LOWER, pool->alloc_ns);
	metric_u64(out, "pool.add_ns", "ns", BETTER_LOWER, pool->add_ns);
	metric_u64(out, "pool.batches", "", BETTER_NONE, pool->add.count);
	metric_hist(out, "pool.alloc", "ns", BETTER_LOWER, &pool->alloc);
	metric_hist(out, "pool.add", "ns", BETTER_LOWER, &pool->add);
	metric_u64(out, "ext_init_ns", "ns", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_EXT_INIT].duration.sum);
	metric_u64(out, "quote_init_ns", "ns", BETTER_LOWER,
		   leaf[TDX_LAB_LEAF_QUOTE_INIT].duration.sum);
	metric_u64(out, "bring_up_ns", "ns", BETTER_LOWER, bring_up_ns);

	point_headline(out, "%6.1f MiB: allocated in %7.3f ms, added in %7.3f ms",
		       (double)pool->added * PAGE_SIZE / 1048576.0,
		       (double)pool->alloc_ns / 1e6, (double)pool->add_ns / 1e6);
}

static void check_pool(const struct point *point, const struct collect *collect,
		       const struct tdx_lab_info *info, json_t *out)
{
	books_check_equal(out, "pool pages: BPF = module", info->pool_pages, collect->pool.added);
	books_check_equal(out, "pool pages: given = asked for", point->profile.pool_pages,
			  collect->pool.added);
	point_lost_events(out, collect->lost);
}

static int run(const struct point *point, json_t *out)
{
	struct tdx_lab_info info;
	struct books books;
	uint64_t start, end;
	int ret = -1;

	if (books_open(&books, COLLECT_POOL | COLLECT_ITERATIONS, NULL))
		return -1;

	start = clock_now();
	if (!lab_bring_up()) {
		end = clock_now();
		ret = books_balance(&books) || lab_info(&info) ? -1 : 0;
	}
	if (!ret) {
		add_pool(&books.collect, end - start, out);
		books_add_iterations(&books, out);
		check_pool(point, &books.collect, &info, out);
	}
	books_close(&books);
	return ret;
}

const struct measurement measurement_pool = {
	.name = "pool",
	.summary = "memory pool: time to allocate and to add, bring-up",
	.params = params,
	.brings_up = true,
	.run = run,
};
