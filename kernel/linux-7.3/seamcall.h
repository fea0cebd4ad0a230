/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the quoting path and the TDX module, in a Linux tree: the
 * kernel's own SEAMCALL functions.
 */
#ifndef _TDX_SEAMCALL_H
#define _TDX_SEAMCALL_H

#include "seamcall_internal.h"

/* One attempt, with preemption disabled. */
static __always_inline u64 tdx_seamcall_once(u64 fn, struct tdx_module_args *args)
{
	return __seamcall_dirty_cache(__seamcall_ret, fn, args);
}

#endif /* _TDX_SEAMCALL_H */
