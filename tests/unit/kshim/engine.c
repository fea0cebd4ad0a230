// SPDX-License-Identifier: GPL-2.0
/*
 * Compute time under the shim: it passes at once, on the shim's clock. Where it
 * may leave, the module does so after each slice with profile.yield "slice" or
 * while kshim_interrupt is set. The model's own work is done at once too.
 */
#include "tdx_abi.h"
#include "emu/state.h"

bool kshim_interrupt;

int emu_engine_init(void)
{
	return 0;
}

void emu_engine_exit(void)
{
}

u64 emu_compute(u64 *left_ns)
{
	bool leave = emu.profile.yield == TDX_EMU_YIELD_SLICE || kshim_interrupt;
	u64 stay = *left_ns;

	if (leave && emu_may_leave())
		stay = min(stay, emu_slice_ns());
	kshim_advance_ns(stay);
	*left_ns -= stay;
	return *left_ns ? TDX_INTERRUPTED_RESUMABLE : TDX_SUCCESS;
}

bool emu_interrupt_taken(void)
{
	return false;
}

int emu_work_init(void)
{
	return 0;
}

void emu_work_exit(void)
{
}

bool emu_work_begin(struct emu_call *call, u64 (*make)(struct emu_call *call))
{
	call->made = make(call);
	return false;
}

bool emu_work_await(struct emu_call *call)
{
	return true;
}

bool emu_work_pending(const struct emu_call *call)
{
	return false;
}

void emu_work_wait(const struct emu_call *call)
{
}
