// SPDX-License-Identifier: GPL-2.0
/*
 * Raw SEAMCALLs from a test, to see the module refuse what it should. Operands
 * that name memory must be given as offsets into a TD's own: the module
 * believes the host's addresses, so no others may reach it from here.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <asm/shared/tdx.h>

#include "../emu/tdx_emu.h"
#include "../tdx_abi.h"
#include "../tdx_quote.h"
#include "lab.h"

#define RAW_REGS	6
#define RAW_R8		2
#define RAW_ADDRESSES	(BIT(0) | BIT(2) | BIT(4))	/* RCX, R8, R10 */

/*
 * The module must stay as the lab believes it to be. Once it is configured it
 * refuses to be so again, and without memory to name EXT.MEM.ADD adds nothing.
 */
static bool call_allowed(u64 fn)
{
	/* P-SEAMLDR's leaves, whatever their version. */
	if (fn & BIT_ULL(63))
		return (fn & U16_MAX) != (SEAMLDR_INSTALL & U16_MAX);

	switch (TDX_FN_LEAF(fn)) {
	case TDH_SYS_INIT:
	case TDH_SYS_LP_INIT:
	case TDH_SYS_SHUTDOWN:
		return false;
	case TDH_SYS_CONFIG:
	case TDH_SYS_UPDATE:
		return lab_state() == TDX_LAB_UP || lab_state() == TDX_LAB_NO_QUOTING;
	default:
		return fn != TDX_EMU_NULL_LEAF;
	}
}

/* Whatever else the operand holds beside an address. */
static bool names_memory(u64 value)
{
	u64 hpa = value & TDX_HPA_LIST_HPA;

	return hpa && pfn_valid(PHYS_PFN(hpa));
}

/* Only the report page, R8, may point into the TD: lists name further pages. */
static int fix_operands(const struct tdx_lab_seamcall *call, struct file *file, u64 *regs)
{
	unsigned int i;

	for (i = 0; i < RAW_REGS; i++) {
		if (i == RAW_R8 && call->fixup & BIT(i)) {
			regs[i] = file ? lab_td_hpa(file, regs[i]) : 0;
			if (!regs[i])
				return -EINVAL;
		} else if (RAW_ADDRESSES & BIT(i) && names_memory(regs[i])) {
			return -EPERM;
		}
	}

	if (call->fixup & TDX_LAB_FIXUP_TDR) {
		regs[0] = file ? lab_td_tdr(file) : 0;
		if (!regs[0])
			return -EINVAL;
	}
	return 0;
}

int lab_raw_seamcall(struct tdx_lab_seamcall *call)
{
	/* Held over the call: the TD's memory must not go while the module uses it. */
	CLASS(fd, f)(call->td);
	u64 regs[RAW_REGS] = {
		call->rcx, call->rdx, call->r8, call->r9, call->r10, call->r11,
	};
	struct tdx_ext_call ext_call = {};
	struct tdx_module_args args;
	int ret;

	if (call->reserved[0] || call->reserved[1] ||
	    call->fixup & ~(TDX_LAB_FIXUP_TDR | BIT(RAW_R8)))
		return -EINVAL;
	if (!call_allowed(call->fn))
		return -EPERM;

	ret = fix_operands(call, fd_file(f), regs);
	if (ret)
		return ret;

	args = (struct tdx_module_args){
		.rcx = regs[0], .rdx = regs[1], .r8 = regs[2],
		.r9 = regs[3], .r10 = regs[4], .r11 = regs[5],
	};
	call->status = tdx_ext_seamcall(call->fn, &args, &ext_call);
	call->rcx = args.rcx;
	call->rdx = args.rdx;
	call->r8 = args.r8;
	call->r9 = args.r9;
	call->r10 = args.r10;
	call->r11 = args.r11;
	return 0;
}
