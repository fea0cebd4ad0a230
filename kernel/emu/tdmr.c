// SPDX-License-Identifier: GPL-2.0
/*
 * TDMRs: the memory regions that a host hands to the module, with the PAMTs that
 * the module keeps its books of them in, and the areas that it must not use.
 *
 * Which memory can be converted is the firmware's knowledge and not modelled: all
 * that Linux has will do, for PAMTs, and the rest of a TDMR is believed. Nothing
 * is written to a PAMT.
 */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

#define TDMR_ALIGN		SZ_1G
#define TDMR_INFO_ALIGN		512
#define MAX_HPA			BIT_ULL(52)
#define NR_PAMTS		3

struct area {
	u64 base;
	u64 size;
};

/**
 * struct emu_tdmr - TDMR_INFO, as Linux 7.3's struct tdmr_info has it
 * @area:     of memory
 * @pamt:     books of its 1 GiB, 2 MiB and 4 KiB pages
 * @reserved: @base is the offset in @area; in ascending order, of size 0 at the end
 */
struct emu_tdmr {
	struct area area;
	struct area pamt[NR_PAMTS];
	struct area reserved[EMU_MAX_RESERVED];
};

static_assert(sizeof(struct emu_tdmr) <= TDMR_INFO_ALIGN);	/* so within a page */

static const u64 pamt_page_size[NR_PAMTS] = { SZ_1G, SZ_2M, SZ_4K };

/* emu.nr_tdmrs of them; and how far they are initialised. */
static struct emu_tdmr tdmrs[EMU_MAX_TDMRS];
static u64 tdmr_next[EMU_MAX_TDMRS];

static u64 end_of(const struct area *area)
{
	return area->base + area->size;
}

static bool overlap(const struct area *a, const struct area *b)
{
	return a->base < end_of(b) && b->base < end_of(a);
}

static bool is_within(u64 hpa, const struct area *area)
{
	return hpa >= area->base && hpa < end_of(area);
}

static bool is_aligned(const struct area *area, u64 align)
{
	return IS_ALIGNED(area->base | area->size, align);
}

/* --- TDH.SYS.CONFIG: one TDMR for itself --- */

/* Not empty, and no sum with it overflows. */
static bool is_sane(const struct area *area, u64 limit)
{
	return area->size && area->size <= limit && area->base <= limit - area->size;
}

static u64 check_area(const struct emu_tdmr *tdmr, u64 previous_end)
{
	if (!is_aligned(&tdmr->area, TDMR_ALIGN) || !is_sane(&tdmr->area, MAX_HPA))
		return TDX_INVALID_TDMR;
	return tdmr->area.base < previous_end ? TDX_NON_ORDERED_TDMR : TDX_SUCCESS;
}

static u64 check_reserved(const struct emu_tdmr *tdmr)
{
	bool last = false;
	u64 end = 0;
	u32 i;

	for (i = 0; i < EMU_MAX_RESERVED; i++) {
		const struct area *reserved = &tdmr->reserved[i];

		if (!reserved->size) {
			last = true;
			continue;
		}
		if (!is_aligned(reserved, SZ_4K) || !is_sane(reserved, tdmr->area.size))
			return TDX_INVALID_RESERVED_IN_TDMR;
		if (last || reserved->base < end)
			return TDX_NON_ORDERED_RESERVED_IN_TDMR;
		end = end_of(reserved);
	}
	return TDX_SUCCESS;
}

static bool is_memory(const struct area *area)
{
	u64 hpa;

	for (hpa = area->base; hpa < end_of(area); hpa += TDX_PAGE_SIZE)
		if (!emu_page(hpa))
			return false;
	return true;
}

static u64 check_pamts(const struct emu_tdmr *tdmr)
{
	u32 i;

	for (i = 0; i < NR_PAMTS; i++) {
		const struct area *pamt = &tdmr->pamt[i];
		u64 needed = tdmr->area.size / pamt_page_size[i] * EMU_PAMT_ENTRY;

		if (!is_aligned(pamt, SZ_4K) || !is_sane(pamt, MAX_HPA) || pamt->size < needed)
			return TDX_INVALID_PAMT;
		if (!is_memory(pamt))
			return TDX_PAMT_OUTSIDE_CMRS;
	}
	return TDX_SUCCESS;
}

/* --- among each other --- */

/* Has it to do with a part of the TDMR that is not reserved? */
static bool in_available(const struct area *pamt, const struct emu_tdmr *tdmr)
{
	u64 begin = max(pamt->base, tdmr->area.base);
	u64 end = min(end_of(pamt), end_of(&tdmr->area));
	u32 i;

	for (i = 0; i < EMU_MAX_RESERVED; i++) {
		struct area reserved = tdmr->reserved[i];

		reserved.base += tdmr->area.base;
		if (is_within(begin, &reserved))
			begin = end_of(&reserved);
	}
	return begin < end;
}

static bool pamt_overlaps(const struct area *pamt, u32 nr)
{
	u32 i, j;

	for (i = 0; i < nr; i++) {
		if (in_available(pamt, &tdmrs[i]))
			return true;
		for (j = 0; j < NR_PAMTS; j++)
			if (&tdmrs[i].pamt[j] != pamt && overlap(&tdmrs[i].pamt[j], pamt))
				return true;
	}
	return false;
}

/* The details of this status and those above name the TDMR. */
static u64 check_overlaps(u32 nr)
{
	u32 i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < NR_PAMTS; j++)
			if (pamt_overlaps(&tdmrs[i].pamt[j], nr))
				return TDX_PAMT_OVERLAP | i;
	return TDX_SUCCESS;
}

static u64 check_one(u32 i)
{
	u64 r;

	r = check_area(&tdmrs[i], i ? end_of(&tdmrs[i - 1].area) : 0);
	if (r == TDX_SUCCESS)
		r = check_reserved(&tdmrs[i]);
	if (r == TDX_SUCCESS)
		r = check_pamts(&tdmrs[i]);
	return r == TDX_SUCCESS ? r : r | i;
}

u64 emu_tdmrs_set(u64 array, u64 nr)
{
	const u64 *pointers = emu_memory(array, TDMR_INFO_ALIGN);
	u64 r = TDX_SUCCESS;
	u32 i;

	if (!pointers)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
	if (!nr || nr > EMU_MAX_TDMRS)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RDX;

	for (i = 0; i < nr && r == TDX_SUCCESS; i++) {
		const struct emu_tdmr *info = emu_memory(READ_ONCE(pointers[i]), TDMR_INFO_ALIGN);

		if (!info)
			return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
		memcpy(&tdmrs[i], info, sizeof(*info));
		tdmr_next[i] = tdmrs[i].area.base;
		r = check_one(i);
	}
	if (r == TDX_SUCCESS)
		r = check_overlaps(nr);
	if (r == TDX_SUCCESS)
		emu.nr_tdmrs = nr;
	return r;
}

/* --- TDH.SYS.TDMR.INIT --- */

static u64 init_next(u64 base, u64 *next)
{
	u32 i;

	for (i = 0; i < emu.nr_tdmrs; i++) {
		if (tdmrs[i].area.base != base)
			continue;
		if (tdmr_next[i] == end_of(&tdmrs[i].area))
			return TDX_TDMR_ALREADY_INITIALIZED;
		tdmr_next[i] += SZ_1G;
		*next = tdmr_next[i];
		return TDX_SUCCESS;
	}
	return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;
}

/* 1 GiB at a time, which a host has to go on from. */
u64 emu_sys_tdmr_init(struct tdx_module_args *args)
{
	u64 r, next = 0;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS)
		r = init_next(args->rcx, &next);
	raw_spin_unlock(&emu.lock);

	args->rdx = next;
	return r;
}

/* --- what a page is --- */

static bool is_reserved(u64 hpa, const struct emu_tdmr *tdmr)
{
	u32 i;

	for (i = 0; i < EMU_MAX_RESERVED; i++)
		if (is_within(hpa - tdmr->area.base, &tdmr->reserved[i]))
			return true;
	return false;
}

/* The lab's memory has no TDMRs: all that Linux has is the host's. */
static u64 page_type(u64 hpa, u64 *type)
{
	u32 i;

	*type = PT_NDA;
	if (!emu.platform && emu_page(hpa))
		return TDX_SUCCESS;
	for (i = 0; i < emu.nr_tdmrs; i++) {
		if (!is_within(hpa, &tdmrs[i].area) || hpa >= tdmr_next[i])
			continue;
		if (is_reserved(hpa, &tdmrs[i]))
			*type = PT_RSVD;
		return TDX_SUCCESS;
	}
	return TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_RCX;
}

u64 emu_page_usable(u64 hpa)
{
	u64 r, type;

	if (!emu.platform)
		return TDX_SUCCESS;
	r = page_type(hpa, &type);
	if (r == TDX_SUCCESS && type != PT_NDA)
		r = TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_RCX;
	return r;
}

u64 emu_page_rdmd(struct tdx_module_args *args)
{
	u64 r, hpa = args->rcx, type = PT_NDA;

	if (!IS_ALIGNED(hpa, TDX_PAGE_SIZE) || hpa >= MAX_HPA)
		return TDX_OPERAND_INVALID | TDX_OPERAND_RCX;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS)
		r = page_type(hpa, &type);
	if (r == TDX_SUCCESS && emu_pool_has(hpa))
		type = PT_EXT_POOL;
	raw_spin_unlock(&emu.lock);

	*args = (struct tdx_module_args){ .rcx = type };
	return r;
}
