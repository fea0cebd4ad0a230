// SPDX-License-Identifier: GPL-2.0
/*
 * What the resume loop itself costs per iteration, around a call that does
 * nothing: with tracepoints, and built without them.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <asm/shared/tdx.h>

#include "../emu/tdx_emu.h"
#include "../tdx_quote.h"
#include "lab.h"

#define LOOP_MAX	100000

static unsigned long function_size(void *function)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long size;
	const char *slash;

	/* "name+0x0/0xSIZE [module]" */
	sprint_symbol(name, (unsigned long)function);
	slash = strchr(name, '/');
	return slash && sscanf(slash, "/0x%lx", &size) == 1 ? size : 0;
}

/* The jump table of the image that this is part of. */
#ifdef MODULE
#define jump_table_start	THIS_MODULE->jump_entries
#define jump_table_end		(THIS_MODULE->jump_entries + THIS_MODULE->num_jump_entries)
#else
#define jump_table_start	__start___jump_table
#define jump_table_end		__stop___jump_table
#endif

/* Patchable sites, one instruction each, in the path's loop. */
static u32 count_nops(void)
{
	unsigned long start = (unsigned long)tdx_ext_seamcall;
	unsigned long end = start + function_size(tdx_ext_seamcall);
	const struct jump_entry *entry;
	u32 nops = 0;

	for (entry = jump_table_start; entry < jump_table_end; entry++) {
		unsigned long site = jump_entry_code(entry);

		nops += site >= start && site < end;
	}
	return nops;
}

int lab_loop(struct tdx_lab_loop *loop)
{
	u64 (*seamcall)(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call);
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};
	unsigned long flags;
	u64 start;

	if (!loop->iterations || loop->iterations > LOOP_MAX || loop->traced > 1 ||
	    loop->reserved[0] || loop->reserved[1] || loop->reserved[2])
		return -EINVAL;

	seamcall = loop->traced ? tdx_ext_seamcall : tdx_ext_seamcall_untraced;

	local_irq_save(flags);
	tdx_emu_arm_null(loop->iterations);
	start = ktime_get_ns();
	seamcall(TDX_EMU_NULL_LEAF, &args, &call);
	loop->ns = ktime_get_ns() - start;
	local_irq_restore(flags);

	loop->nops = count_nops();
	return 0;
}
