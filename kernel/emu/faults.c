// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that fail because the profile wants them to, and output registers that
 * the host must not rely on. Nothing here is random: the same calls in the same
 * order fail the same way.
 */
#include <linux/string.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

/* --- fault_*: one leaf, from one entry on --- */

static const u16 fault_leaves[] = {
	[TDX_EMU_FAULT_SYS_RD] = TDH_SYS_RD,
	[TDX_EMU_FAULT_SYS_CONFIG] = TDH_SYS_CONFIG,
	[TDX_EMU_FAULT_SYS_SHUTDOWN] = TDH_SYS_SHUTDOWN,
	[TDX_EMU_FAULT_SYS_UPDATE] = TDH_SYS_UPDATE,
	[TDX_EMU_FAULT_EXT_MEM_ADD] = TDH_EXT_MEM_ADD,
	[TDX_EMU_FAULT_EXT_INIT] = TDH_EXT_INIT,
	[TDX_EMU_FAULT_QUOTE_INIT] = TDH_QUOTE_INIT,
	[TDX_EMU_FAULT_QUOTE_GET] = TDH_QUOTE_GET,
};

static const u64 fault_statuses[] = {
	[TDX_EMU_STATUS_OPERAND_INVALID] = TDX_OPERAND_INVALID,
	[TDX_EMU_STATUS_OPERAND_BUSY] = TDX_OPERAND_BUSY,
	[TDX_EMU_STATUS_SYS_BUSY] = TDX_SYS_BUSY,
	[TDX_EMU_STATUS_NO_ENTROPY] = TDX_RND_NO_ENTROPY,
	[TDX_EMU_STATUS_NOT_READY] = TDX_SYS_NOT_READY,
	[TDX_EMU_STATUS_RESUMABLE] = TDX_INTERRUPTED_RESUMABLE,
	[TDX_EMU_STATUS_PAGE_METADATA] = TDX_PAGE_METADATA_INCORRECT,
	[TDX_EMU_STATUS_FATAL] = TDX_TD_FATAL,
};

u64 emu_fault(u16 leaf)
{
	const struct tdx_emu_profile *profile = &emu.profile;
	u64 nth;

	if (!profile->fault_leaf || fault_leaves[profile->fault_leaf] != leaf)
		return TDX_SUCCESS;

	nth = atomic64_inc_return(&emu.faults.entries) - 1;
	if (nth >= profile->fault_after && nth < profile->fault_after + profile->fault_times)
		return fault_statuses[profile->fault_status];
	return TDX_SUCCESS;
}

void emu_faults_reset(void)
{
	memset(&emu.faults, 0, sizeof(emu.faults));
}

/* --- entropy_* and busy_*: some calls of all, for some attempts --- */

#define RATE_MAX	10000

static struct emu_burst *burst_of(const struct emu_call_key *key)
{
	u32 i;

	for (i = 0; i < EMU_MAX_BURSTS; i++) {
		struct emu_burst *burst = &emu.faults.bursts[i];

		if (burst->used && emu_same_call(&burst->key, key))
			return burst;
	}
	return NULL;
}

/* The first place stands in for all that a host has given up on. */
static struct emu_burst *burst_place(void)
{
	u32 i;

	for (i = 0; i < EMU_MAX_BURSTS; i++)
		if (!emu.faults.bursts[i].used)
			return &emu.faults.bursts[i];
	return &emu.faults.bursts[0];
}

static u64 burst_start(const struct emu_call_key *key, u64 status, u64 attempts)
{
	*burst_place() = (struct emu_burst){
		.used = true, .key = *key, .left = attempts - 1, .status = status,
	};
	return status;
}

/* The attempt behind the last that fails goes well. */
static u64 burst_go_on(struct emu_burst *burst)
{
	if (burst->left--)
		return burst->status;
	burst->used = false;
	return TDX_SUCCESS;
}

static u64 draw(u16 leaf)
{
	u64 nth = emu.faults.calls[emu_leaf_slot(leaf)]++;

	return quote_mix64(emu.profile.seed ^ quote_mix64((u64)leaf << 48 | nth));
}

u64 emu_call_luck(const struct emu_call_key *key)
{
	const struct tdx_emu_profile *profile = &emu.profile;
	struct emu_burst *burst;
	u64 luck;

	if (!profile->entropy_rate && !profile->busy_rate)
		return TDX_SUCCESS;

	burst = burst_of(key);
	if (burst)
		return burst_go_on(burst);

	luck = draw(key->leaf);
	if (luck % RATE_MAX < profile->entropy_rate)
		return burst_start(key, TDX_RND_NO_ENTROPY, profile->entropy_burst);
	if (luck / RATE_MAX % RATE_MAX < profile->busy_rate)
		return burst_start(key, TDX_OPERAND_BUSY, profile->busy_burst);
	return TDX_SUCCESS;
}

/* --- output registers of a call that is not done --- */

/* No address, no length, and unlike in every register. */
#define POISON(operand)		(0xbad0bad0bad0ba00ULL | (operand))

static u64 spoilt(u64 operand)
{
	return emu.profile.outputs == TDX_EMU_OUTPUTS_POISON ? POISON(operand) : 0;
}

/* RCX of TDH.EXT.MEM.ADD is how the host knows where to go on. */
void emu_spoil_outputs(u16 leaf, struct tdx_module_args *args)
{
	if (leaf != TDH_EXT_MEM_ADD)
		args->rcx = spoilt(TDX_OPERAND_RCX);
	args->rdx = spoilt(TDX_OPERAND_RDX);
	args->r8 = spoilt(TDX_OPERAND_R8);
	args->r9 = spoilt(TDX_OPERAND_R9);
	args->r10 = spoilt(TDX_OPERAND_R10);
	args->r11 = spoilt(TDX_OPERAND_R11);
}
