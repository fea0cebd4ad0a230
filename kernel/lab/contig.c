// SPDX-License-Identifier: GPL-2.0
/*
 * The seam: physically contiguous pages, however many. In a tree that is
 * alloc_contig_pages(), which not every kernel lets modules call; what it is
 * made of can be called.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>

#include "../tdx_platform.h"

/* alloc_contig_range() for no special purpose: 6.12 wants a migrate type, 7.3 flags. */
#ifdef ACR_FLAGS_CMA
#define ORDINARY	ACR_FLAGS_NONE
#else
#define ORDINARY	MIGRATE_MOVABLE
#endif

/*
 * Cheap, for most stretches fail here. Whether the rest of the pages can be moved
 * away is for alloc_contig_range() to see.
 */
static bool may_be_had(const struct zone *zone, unsigned long start, unsigned long end)
{
	unsigned long pfn;

	for (pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || page_zone(page) != zone || PageReserved(page) || PageHuge(page))
			return false;
	}
	return true;
}

/* Where the number of pages is a power of two they are aligned to it. */
static struct page *alloc_in_zone(struct zone *zone, u32 pages)
{
	unsigned long start = zone->zone_start_pfn;

	if (is_power_of_2(pages))
		start = ALIGN(start, pages);

	for (; start + pages <= zone_end_pfn(zone); start += pages) {
		if (may_be_had(zone, start, start + pages) &&
		    !alloc_contig_range(start, start + pages, ORDINARY, GFP_KERNEL | __GFP_NOWARN))
			return pfn_to_page(start);
		cond_resched();
	}
	return NULL;
}

/* From the zone that kernel memory comes from down to those that devices need. */
static struct page *alloc_on_node(int node, u32 pages)
{
	int i;

	for (i = gfp_zone(GFP_KERNEL); i >= 0; i--) {
		struct zone *zone = &NODE_DATA(node)->node_zones[i];
		struct page *page = populated_zone(zone) ? alloc_in_zone(zone, pages) : NULL;

		if (page)
			return page;
	}
	return NULL;
}

struct page *tdx_alloc_contig(u32 pages, int node)
{
	struct page *page = alloc_on_node(node, pages);
	int other;

	for_each_online_node(other) {
		if (page)
			break;
		if (other != node)
			page = alloc_on_node(other, pages);
	}
	return page;
}
