/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the quoting path and the TDX module. In a Linux tree the
 * file of this name brings in the real SEAMCALL functions; here they lead to
 * the software TDX module. The path knows no more than these prototypes.
 */
#ifndef _TDX_SEAMCALL_H
#define _TDX_SEAMCALL_H

#include <linux/types.h>
#include <asm/shared/tdx.h>	/* struct tdx_module_args */

/*
 * seamcall_ret - one SEAMCALL attempt, output registers copied back
 * @fn:   RAX, made with TDX_FN()
 * @args: RCX, RDX, R8-R11 in and out
 *
 * Runs with preemption disabled. Repeats by itself only when the module had no
 * entropy (up to 10 times), like Linux 7.3's sc_retry().
 *
 * Return: the raw completion status.
 */
u64 seamcall_ret(u64 fn, struct tdx_module_args *args);

#endif /* _TDX_SEAMCALL_H */
