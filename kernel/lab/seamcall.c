// SPDX-License-Identifier: GPL-2.0
/*
 * The seam: what SEAMCALL is on a TDX host is a call of the software TDX
 * module here, wrapped as Linux 7.3's sc_retry() wraps the instruction.
 */
#include <linux/preempt.h>

#include "../seamcall.h"
#include "../tdx_abi.h"
#include "../tdx_quote.h"
#include "../emu/tdx_emu.h"

#define ENTROPY_RETRIES	10	/* RDRAND_RETRY_LOOPS */

u64 tdx_seamcall_once(u64 fn, struct tdx_module_args *args)
{
	return tdx_emu_seamcall(fn, args);
}

u64 seamcall_ret(u64 fn, struct tdx_module_args *args)
{
	const struct tdx_module_args inputs = *args;
	int attempts = ENTROPY_RETRIES;
	u64 r;

	for (;;) {
		preempt_disable();
		r = tdx_seamcall_once(fn, args);
		preempt_enable();

		if (r != TDX_RND_NO_ENTROPY || !--attempts)
			return r;
		/* Linux itself goes on with whatever the failed attempt left. */
		if (tdx_quote_policy.resume_args == TDX_RESUME_SAVED)
			*args = inputs;
	}
}
