/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the quoting path needs of the kernel around it, beside SEAMCALLs. This is
 * the lab's; a Linux tree has a file of this name of its own.
 */
#ifndef _TDX_PLATFORM_H
#define _TDX_PLATFORM_H

#include <linux/types.h>

#include "tdx_quote_policy.h"

struct page;

/*
 * How the path does things. The lab sets it while there are no TDs; in a tree it
 * is constant, and the compiler drops what is not chosen.
 */
extern struct tdx_quote_policy tdx_quote_policy;

/*
 * tdx_alloc_contig - physically contiguous pages, more than the buddy allocator
 * has in one piece: alloc_contig_pages() in a tree
 *
 * Return: the first page, NULL when there is no such stretch.
 */
struct page *tdx_alloc_contig(u32 pages, int node);

/* Is there a TDX module that has been configured, and not been shut down since? */
bool tdx_module_up(void);

/* KVM is a module of its own in a tree. */
#define TDX_EXPORT_FOR_KVM(symbol)

#endif /* _TDX_PLATFORM_H */
