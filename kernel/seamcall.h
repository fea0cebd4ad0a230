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
 * tdx_seamcall_once - one SEAMCALL attempt, output registers copied back
 * @fn:   RAX of the SEAMCALL
 * @args: RCX, RDX, R8-R11 in and out
 *
 * Context: preemption disabled.
 * Return: the raw completion status.
 */
u64 tdx_seamcall_once(u64 fn, struct tdx_module_args *args);

/*
 * seamcall_ret - as above, repeated while the module has no entropy (up to 10
 * times), like Linux 7.3's sc_retry(): for leaves that cannot be left half-way
 */
u64 seamcall_ret(u64 fn, struct tdx_module_args *args);

#endif /* _TDX_SEAMCALL_H */
