// SPDX-License-Identifier: GPL-2.0
/*
 * TDH.EXT.*: the memory pool, page by page, and the extensions' start.
 *
 * The module marks each page that it owns, at its beginning and its end, and
 * looks at the marks again: at all when extensions or quoting start, at a few
 * with each quote. A host that writes over them is found out.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

#define POOL_MAX_PAGES	26880	/* upper end of profile.pool_pages */
#define POOL_MARK	0x74647865787470ULL
#define POOL_LOOK	4	/* pages looked at with each quote */

static u64 pool_mark(u64 hpa)
{
	return hpa ^ POOL_MARK;
}

/* @hpa must be that of a page, as what emu_list_next() gives is. */
static bool pool_owns(u64 hpa)
{
	const u64 *page = phys_to_virt(hpa);

	return READ_ONCE(page[0]) == pool_mark(hpa) &&
	       READ_ONCE(page[TDX_PAGE_SIZE / sizeof(u64) - 1]) == pool_mark(hpa);
}

static void pool_take(u64 hpa)
{
	u64 *page = phys_to_virt(hpa);

	page[0] = pool_mark(hpa);
	page[TDX_PAGE_SIZE / sizeof(u64) - 1] = pool_mark(hpa);
	emu.pool[emu.pool_pages] = hpa;
	WRITE_ONCE(emu.pool_pages, emu.pool_pages + 1);
}

bool emu_ext_required(void)
{
	return emu.addon & TDX_FEATURES0_QUOTE &&
	       emu.profile.features != TDX_EMU_FEATURES_NOT_REQUIRED;
}

u32 emu_pool_missing(void)
{
	if (!emu_ext_required())
		return 0;
	return emu.profile.pool_pages - min_t(u64, emu.profile.pool_pages, emu.pool_pages);
}

/* Looks at @pages in turn, and no further than a bad one. */
static bool look_on(u32 pages)
{
	while (pages--) {
		if (emu.looked >= emu.pool_pages)
			emu.looked = 0;
		if (!pool_owns(emu.pool[emu.looked]))
			return false;
		emu.looked++;
	}
	return true;
}

bool emu_pool_intact(void)
{
	return look_on(emu.pool_pages);
}

bool emu_pool_look(void)
{
	return look_on(min_t(u32, emu.pool_pages, POOL_LOOK));
}

bool emu_pool_has(u64 hpa)
{
	u32 i;

	for (i = 0; i < emu.pool_pages; i++)
		if (emu.pool[i] == hpa)
			return true;
	return false;
}

u64 tdx_emu_pool_page(u32 index)
{
	u64 hpa;

	raw_spin_lock(&emu.lock);
	hpa = index < emu.pool_pages ? emu.pool[index] : 0;
	raw_spin_unlock(&emu.lock);
	return hpa;
}

u64 *emu_pool_alloc(void)
{
	return vmalloc(array_size(POOL_MAX_PAGES, sizeof(u64)));
}

static void pool_unmark(u64 hpa)
{
	u64 *page = emu_page(hpa);

	page[0] = 0;
	page[TDX_PAGE_SIZE / sizeof(u64) - 1] = 0;
}

/* Power off: only now does the host get these pages back. */
void emu_pool_free(void)
{
	while (emu.pool_pages) {
		u64 hpa = emu.pool[--emu.pool_pages];

		pool_unmark(hpa);
		__free_page(pfn_to_page(PHYS_PFN(hpa)));
	}
	vfree(emu.pool);
	emu.pool = NULL;
}

static u64 pool_take_next(struct emu_list *list)
{
	u64 r, hpa;

	if (!emu_pool_missing())
		return TDX_EXT_MEMORY_POOL_FULL;
	r = emu_list_next(list, &hpa);
	if (r == TDX_SUCCESS)
		r = emu_page_usable(hpa);
	if (r != TDX_SUCCESS)
		return r;
	if (pool_owns(hpa))
		return TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_RCX;

	pool_take(hpa);
	return TDX_SUCCESS;
}

/* Pages that fit into the time until the module has to leave, one at least. */
static u32 pages_in_time(u32 pages)
{
	u64 per_page = emu.profile.mem_add_ns;
	u64 left_ns = pages * per_page;

	if (emu_compute(&left_ns) == TDX_SUCCESS)
		return pages;
	return max_t(u32, pages - DIV_ROUND_UP_ULL(left_ns, per_page), 1);
}

static u64 mem_add_begin(const struct tdx_module_args *args)
{
	struct emu_call_key key = emu_call_key(TDH_EXT_MEM_ADD, args);
	u64 r;

	raw_spin_lock(&emu.lock);
	r = emu_call_luck(&key);
	raw_spin_unlock(&emu.lock);
	return r;
}

/*
 * Stateless from call to call: RCX comes back with FIRST_ENTRY moved on, and
 * that is all there is to resume.
 */
u64 emu_ext_mem_add(struct tdx_module_args *args)
{
	struct emu_list list;
	u32 pages;
	u64 r;

	r = emu_list_open(&list, args->rcx);
	if (r == TDX_SUCCESS)
		r = mem_add_begin(args);
	if (r != TDX_SUCCESS)
		return r;

	pages = pages_in_time(list.last - list.next + 1);

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	while (r == TDX_SUCCESS && pages--) {
		r = pool_take_next(&list);
		if (r == TDX_SUCCESS)
			args->rcx = emu_list_info(&list);
	}
	raw_spin_unlock(&emu.lock);

	if (r == TDX_SUCCESS && !emu_list_done(&list))
		r = TDX_INTERRUPTED_RESUMABLE;
	return r;
}

static u64 ext_init_check(struct emu_call *call, const struct tdx_module_args *args)
{
	u64 r = TDX_SUCCESS;

	raw_spin_lock(&emu.lock);
	if (!emu_ext_required() || emu.ext_ready)
		r = TDX_SYS_STATE_INCORRECT;
	else if (emu_pool_missing())
		r = TDX_SYS_NOT_READY;
	else if (!emu_pool_intact())
		r = TDX_PAGE_METADATA_INCORRECT;
	raw_spin_unlock(&emu.lock);

	call->left_ns = emu.profile.ext_init_ns;
	return r;
}

static u64 ext_init_finish(struct emu_call *call, struct tdx_module_args *args)
{
	WRITE_ONCE(emu.ext_ready, true);
	return TDX_SUCCESS;
}

const struct emu_ext_leaf emu_ext_init = {
	.check = ext_init_check,
	.finish = ext_init_finish,
};
