// SPDX-License-Identifier: GPL-2.0
/*
 * TDX module extensions: find out whether the module requires them, give it
 * its memory pool and initialise them. The pool belongs to the module from
 * then on, for as long as the machine is up.
 */
#define pr_fmt(fmt) "tdx: " fmt

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"

#define CREATE_TRACE_POINTS
#include <trace/events/tdx_ext.h>

/* 2 MiB: what one list page describes, and what the buddy allocator has. */
#define POOL_CHUNK_ORDER	9

u64 tdx_clock_mult;

static enum tdx_ext_state ext_state;

/* Ids are only handed out to traced calls, so the counter costs nothing else. */
u64 tdx_ext_call_id(void)
{
	static atomic64_t last_id;

	return atomic64_inc_return(&last_id);
}

static void set_ext_state(enum tdx_ext_state state, int error)
{
	trace_ext_state(ext_state, state, error);
	ext_state = state;
}

/**
 * tdx_sys_rd - read one metadata field of the TDX module
 * @field: TDX_MD_*
 * @value: what it holds
 *
 * Return: 0, or -EIO when the module refuses.
 */
int tdx_sys_rd(u64 field, u64 *value)
{
	struct tdx_module_args args = { .rdx = field };
	u64 r;

	r = seamcall_ret(TDX_FN(TDH_SYS_RD, 0), &args);
	if (r != TDX_SUCCESS) {
		pr_err("metadata field 0x%016llx: TDH.SYS.RD failed, status 0x%016llx\n",
		       field, r);
		return -EIO;
	}

	*value = args.r8;
	return 0;
}

/**
 * tdx_ext_addon_features - features to select in R9 of TDH.SYS.CONFIG v1 and
 * TDH.SYS.UPDATE v1
 * @features0: TDX_FEATURES0 of the module
 *
 * Extensions come implicitly with a feature that needs them, so only quoting
 * is named.
 *
 * Return: the features; 0 means that version 0 of these calls will do.
 */
u64 tdx_ext_addon_features(u64 features0)
{
	return features0 & TDX_FEATURES0_QUOTE;
}

/* --- the memory pool --- */

struct pool {
	u32 required;		/* pages the module asks for */
	u32 added;		/* pages it has taken */
	u64 *list;		/* list page, reused by every batch */
	bool timed;		/* somebody listens */
	u64 alloc_ns;
	u64 add_ns;
};

/* Whether anybody listens is asked once, or two reads of one stretch might disagree. */
static u64 pool_clock(const struct pool *pool)
{
	return pool->timed ? tdx_clock() : 0;
}

/*
 * Up to @max pages, contiguous, as many as can be had at once. They are split
 * so that each page stands for itself: the module takes them one by one.
 */
static struct page *pool_alloc_chunk(struct pool *pool, u32 max, u32 *nr)
{
	unsigned int order = POOL_CHUNK_ORDER;
	u64 start = pool_clock(pool);
	struct page *page;
	u64 ns;

	while (order && (1U << order) > max)
		order--;

	for (;;) {
		gfp_t gfp = GFP_KERNEL | (order ? __GFP_NOWARN | __GFP_NORETRY : 0);

		page = alloc_pages(gfp, order);
		if (page || !order)
			break;
		order--;
	}
	if (!page)
		return NULL;

	split_page(page, order);
	*nr = 1U << order;

	ns = pool_clock(pool) - start;
	pool->alloc_ns += ns;
	trace_pool_alloc(*nr, page_to_nid(page), ns);
	return page;
}

/*
 * How many of @nr pages a failed TDH.EXT.MEM.ADD has taken: as FIRST_ENTRY says,
 * provided RCX still is the HPA_LIST_INFO that went in. Else none may be freed.
 */
static u32 pool_taken(u64 info, u64 rcx, u32 nr)
{
	if ((rcx ^ info) & ~TDX_HPA_LIST_FIRST)
		return nr;
	return min_t(u32, FIELD_GET(TDX_HPA_LIST_FIRST, rcx), nr);
}

/*
 * Give the first @nr pages of the list to the module. @taken is how many it
 * took, which on failure may be fewer; those are lost to the host all the same.
 */
static int pool_add_batch(struct pool *pool, u32 nr, u32 *taken)
{
	u64 info = page_to_phys(virt_to_page(pool->list)) | FIELD_PREP(TDX_HPA_LIST_LAST, nr - 1);
	struct tdx_module_args args = { .rcx = info };
	struct tdx_ext_call call = {};
	u64 start = pool_clock(pool);
	u64 r, ns;

	r = tdx_ext_seamcall(TDX_FN(TDH_EXT_MEM_ADD, 0), &args, &call);

	*taken = r == TDX_SUCCESS ? nr : pool_taken(info, args.rcx, nr);
	pool->added += *taken;

	ns = pool_clock(pool) - start;
	pool->add_ns += ns;
	trace_pool_add(call.id, *taken, call.iterations, r, ns);

	if (r != TDX_SUCCESS) {
		pr_err("TDH.EXT.MEM.ADD failed, status 0x%016llx\n", r);
		return -EIO;
	}
	return 0;
}

/* One list page's worth: allocate it chunk by chunk, then hand it over. */
static int pool_grow(struct pool *pool)
{
	u32 want = min_t(u32, pool->required - pool->added, TDX_HPA_LIST_MAX);
	u32 have = 0, taken = 0, nr, i;
	struct page *chunk;
	int ret = 0;

	while (have < want) {
		chunk = pool_alloc_chunk(pool, want - have, &nr);
		if (!chunk) {
			ret = -ENOMEM;
			break;
		}
		for (i = 0; i < nr; i++)
			pool->list[have++] = page_to_phys(chunk + i);
	}

	if (!ret)
		ret = pool_add_batch(pool, have, &taken);

	for (i = taken; i < have; i++)
		__free_page(pfn_to_page(PHYS_PFN(pool->list[i])));
	return ret;
}

static int pool_fill(u32 required)
{
	struct pool pool = {
		.required = required,
		.timed = trace_pool_alloc_enabled() || trace_pool_add_enabled() ||
			 trace_pool_total_enabled(),
	};
	int ret = 0;

	pool.list = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!pool.list)
		return -ENOMEM;

	while (!ret && pool.added < pool.required)
		ret = pool_grow(&pool);

	free_page((unsigned long)pool.list);
	trace_pool_total(pool.required, pool.added, ret, pool.alloc_ns, pool.add_ns);
	if (pool.added)
		pr_info("%u KB of memory given to the TDX module for extensions\n",
			pool.added * (u32)(TDX_PAGE_SIZE / 1024));
	return ret;
}

/* --- initialisation --- */

static int ext_module_init(void)
{
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};
	u64 r;

	r = tdx_ext_seamcall(TDX_FN(TDH_EXT_INIT, 0), &args, &call);
	if (r != TDX_SUCCESS) {
		pr_err("TDH.EXT.INIT failed, status 0x%016llx\n", r);
		return -EIO;
	}
	return 0;
}

/*
 * Pool pages that the module still misses, and whether it requires extensions
 * at all. Both are meaningful only after TDH.SYS.CONFIG or TDH.SYS.UPDATE.
 */
static int ext_read_metadata(u64 *pages, u64 *required)
{
	int ret;

	ret = tdx_sys_rd(TDX_MD_POOL_PAGES, pages);
	if (ret)
		return ret;
	return tdx_sys_rd(TDX_MD_EXT_REQUIRED, required);
}

static int ext_bring_up(bool may_grow)
{
	u64 features0, pages, required;
	int ret;

	ret = tdx_sys_rd(TDX_MD_FEATURES0, &features0);
	if (ret)
		return ret;
	if (!(features0 & TDX_FEATURES0_EXT))
		return -EOPNOTSUPP;

	ret = ext_read_metadata(&pages, &required);
	if (ret)
		return ret;
	if (!required)
		return -EOPNOTSUPP;

	if (pages > U32_MAX)
		return -EIO;
	if (pages && !may_grow) {
		pr_err("the updated TDX module wants %llu more pages, an update cannot give any\n",
		       pages);
		return -ENOMEM;
	}
	if (pages) {
		ret = pool_fill(pages);
		if (ret)
			return ret;
	}

	return ext_module_init();
}

static int ext_start(bool may_grow)
{
	int ret;

	tdx_clock_init();
	ret = ext_bring_up(may_grow);

	/* A module without extensions is as good as it was before there were any. */
	if (ret == -EOPNOTSUPP) {
		set_ext_state(TDX_EXT_ABSENT, 0);
		return ret;
	}

	set_ext_state(ret ? TDX_EXT_FAILED : TDX_EXT_READY, ret);
	return ret;
}

/**
 * tdx_ext_init - detect extensions, build the memory pool, initialise them
 *
 * Call after TDH.SYS.CONFIG, key configuration and TDMR initialisation.
 *
 * Return: 0 when extensions are ready; -EOPNOTSUPP when the module has or
 * requires none, which is no failure; -ENOMEM; -EIO when the module refused.
 * Pages that the module took before a failure stay with it.
 */
int tdx_ext_init(void)
{
	return ext_start(true);
}

/**
 * tdx_ext_reinit - initialise extensions again after TDH.SYS.UPDATE
 *
 * The pool survives an update and must not grow by it.
 *
 * Return: as tdx_ext_init(); -ENOMEM when the new module wants more memory.
 */
int tdx_ext_reinit(void)
{
	return ext_start(false);
}
