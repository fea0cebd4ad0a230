// SPDX-License-Identifier: GPL-2.0
/*
 * A load that leaves free memory in single pages: takes memory page by page
 * and gives every second page back. The kernel cannot move those it keeps, so
 * no compaction brings larger pieces back.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "lab.h"

#define PAGES_PER_MIB	(SZ_1M / PAGE_SIZE)

static LIST_HEAD(held);		/* by page->lru */
static u32 nr_held;

u32 lab_fragments(void)
{
	return READ_ONCE(nr_held);
}

static void give_back(struct page *page)
{
	list_del(&page->lru);
	__free_page(page);
	WRITE_ONCE(nr_held, nr_held - 1);
}

static void give_back_all(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &held, lru) {
		give_back(page);
		cond_resched();
	}
}

/* Of each two neighbours that the buddy allocator would join, one. */
static void give_back_every_second(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &held, lru) {
		if (page_to_pfn(page) % 2 == 0)
			give_back(page);
		cond_resched();
	}
}

static int take(u64 pages)
{
	while (pages--) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);

		if (!page)
			return -ENOMEM;
		list_add(&page->lru, &held);
		WRITE_ONCE(nr_held, nr_held + 1);

		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int lab_fragment(u32 mib)
{
	u64 pages = (u64)mib * PAGES_PER_MIB;
	int ret = -ENOMEM;

	if (!mib) {
		give_back_all();
		return 0;
	}

	/* Others must not be killed for what cannot succeed. */
	if (pages < si_mem_available())
		ret = take(pages);
	if (ret)
		give_back_all();
	else
		give_back_every_second();
	return ret;
}
