/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the quoting path needs of its surroundings besides SEAMCALLs, in a Linux
 * tree.
 */
#ifndef _TDX_PLATFORM_H
#define _TDX_PLATFORM_H

#include <linux/export.h>
#include <linux/gfp.h>

#include "tdx_quote_policy.h"

/*
 * Constant, so that what it decides against is not compiled in. Only the software
 * module's lab compares designs.
 */
#ifdef CONFIG_INTEL_TDX_MODULE_EMU
extern struct tdx_quote_policy tdx_quote_policy;
#define TDX_EXPORT_FOR_KVM(symbol)	EXPORT_SYMBOL_FOR_MODULES(symbol, "kvm-intel,tdx_lab")
#else
static const struct tdx_quote_policy __maybe_unused tdx_quote_policy =
	TDX_QUOTE_POLICY_DEFAULT;
#define TDX_EXPORT_FOR_KVM(symbol)	EXPORT_SYMBOL_FOR_MODULES(symbol, "kvm-intel")
#endif

static inline struct page *tdx_alloc_contig(u32 pages, int node)
{
	return alloc_contig_pages(pages, GFP_KERNEL | __GFP_NOWARN, node, NULL);
}

bool tdx_module_up(void);	/* tdx.c */

#endif /* _TDX_PLATFORM_H */
