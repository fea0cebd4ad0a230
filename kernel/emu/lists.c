// SPDX-License-Identifier: GPL-2.0
/*
 * Page lists, parsed as a TDX module would: it believes nothing that the host
 * wrote. Lists stay in host memory and may change at any time, so every entry
 * is read once and checked wherever it is used.
 */
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../tdx_abi.h"
#include "emu.h"

void *emu_page(u64 hpa)
{
	struct page *page;

	if (!IS_ALIGNED(hpa, TDX_PAGE_SIZE))
		return NULL;
	page = pfn_to_online_page(hpa >> TDX_PAGE_SHIFT);
	if (!page || PageReserved(page))
		return NULL;
	return page_address(page);
}

void *emu_memory(u64 hpa, u32 align)
{
	void *page = emu_page(ALIGN_DOWN(hpa, TDX_PAGE_SIZE));

	return page && IS_ALIGNED(hpa, align) ? page + hpa % TDX_PAGE_SIZE : NULL;
}

/* The page of a list's entry. The end marker of a list is no aligned address either. */
static u64 entry_page(u64 hpa, u32 operand, void **page)
{
	if (!IS_ALIGNED(hpa, TDX_PAGE_SIZE))
		return TDX_OPERAND_INVALID | operand;
	*page = emu_page(hpa);
	if (!*page)
		return TDX_OPERAND_ADDR_RANGE_ERROR | operand;
	return TDX_SUCCESS;
}

/* --- HPA_LIST_INFO --- */

u64 emu_list_open(struct emu_list *list, u64 info)
{
	list->info = info;
	list->entries = emu_page(info & TDX_HPA_LIST_HPA);
	list->next = FIELD_GET(TDX_HPA_LIST_FIRST, info);
	list->last = FIELD_GET(TDX_HPA_LIST_LAST, info);
	if (info & TDX_HPA_LIST_RESERVED || list->last < list->next || !list->entries)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	return TDX_SUCCESS;
}

u64 emu_list_next(struct emu_list *list, u64 *hpa)
{
	void *page;
	u64 status;

	*hpa = READ_ONCE(list->entries[list->next]);
	status = entry_page(*hpa, TDX_OPERAND_RCX, &page);
	if (status == TDX_SUCCESS)
		list->next++;
	return status;
}

bool emu_list_done(const struct emu_list *list)
{
	return list->next > list->last;
}

u64 emu_list_info(const struct emu_list *list)
{
	return (list->info & ~TDX_HPA_LIST_FIRST) |
	       FIELD_PREP(TDX_HPA_LIST_FIRST, list->next % TDX_HPA_LIST_MAX);
}

/* --- HPA_LINKED_LIST --- */

static u64 next_page(struct emu_out *out)
{
	void *page;
	u64 status;

	if (out->index == TDX_HPA_NODE_PAGES) {
		status = entry_page(READ_ONCE(out->node[TDX_HPA_NODE_LINK]),
				    TDX_OPERAND_R10, &page);
		if (status)
			return status;
		out->node = page;
		out->index = 0;
	}
	status = entry_page(READ_ONCE(out->node[out->index]), TDX_OPERAND_R10, &page);
	if (status)
		return status;
	out->page = page;
	out->index++;
	out->offset = 0;
	return TDX_SUCCESS;
}

/* Goes through as many pages as @bytes need, so a circle of nodes ends too. */
u64 emu_out_open(struct emu_out *out, u64 first_node, u64 bytes)
{
	struct emu_out walk = {};
	void *node;
	u64 status;
	u32 pages;

	if (!bytes || bytes > EMU_OUT_MAX_BYTES)
		return TDX_OPERAND_INVALID | TDX_OPERAND_R11;
	status = entry_page(first_node, TDX_OPERAND_R10, &node);
	if (status)
		return status;

	walk.node = node;
	walk.offset = TDX_PAGE_SIZE;	/* no page yet */
	walk.room = bytes;
	*out = walk;
	for (pages = DIV_ROUND_UP(walk.room, TDX_PAGE_SIZE); pages; pages--) {
		status = next_page(&walk);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

int emu_out_write(struct emu_out *out, const void *data, u32 len)
{
	if (len > out->room)
		return -ENOSPC;
	while (len) {
		u32 part;

		if (out->offset == TDX_PAGE_SIZE && next_page(out))
			return -EFAULT;
		part = min_t(u32, len, TDX_PAGE_SIZE - out->offset);
		memcpy(out->page + out->offset, data, part);
		data += part;
		len -= part;
		out->offset += part;
		out->len += part;
		out->room -= part;
	}
	return 0;
}
