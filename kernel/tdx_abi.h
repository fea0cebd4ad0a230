/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the TDX module's host interface that quoting needs: leaf
 * numbers, completion status codes, metadata field ids and page-list formats.
 *
 * Sources, named where a fact is used:
 *   [v2]   "Enable DICE-based TDX Quoting Extension", v2, June 2026
 *   [1.5]  intel/tdx-module, tag TDX_1.5.01
 *   [GHCI] Guest-Hypervisor Communication Interface, TDG.VP.VMCALL<GetQuote>
 *   [7.3]  Linux 7.3, arch/x86/virt/vmx/tdx
 *   [lab]  no public value exists: a private placeholder of this project
 */
#ifndef _TDX_ABI_H
#define _TDX_ABI_H

#include <linux/bits.h>
#include <linux/types.h>

/* RAX of a SEAMCALL: leaf in 15:0, version in 23:16, all other bits 0. [1.5] */
#define TDX_FN_LEAF(fn)			((u16)(fn))
#define TDX_FN_VERSION(fn)		((u8)((fn) >> 16))
#define TDX_FN(leaf, version)		((u64)(leaf) | (u64)(version) << 16)

#define TDH_PHYMEM_PAGE_RDMD		24	/* [1.5] RCX page -> RCX its type */
#define TDH_SYS_KEY_CONFIG		31	/* [1.5] on one CPU of each package */
#define TDH_SYS_INIT			33	/* [1.5] once after loading or installing */
#define TDH_SYS_RD			34	/* [1.5] RCX unused, RDX field id -> R8 */
#define TDH_SYS_LP_INIT			35	/* [1.5] on each CPU after that */
#define TDH_SYS_TDMR_INIT		36	/* [1.5] RCX TDMR -> RDX how far */
#define TDH_SYS_CONFIG			45	/* v1 takes R9 add-on features [v2] */
#define TDH_SYS_SHUTDOWN		52	/* [1.5] RCX hand-off version */
#define TDH_SYS_UPDATE			53	/* v1 takes R9 add-on features [v2] */
#define TDH_EXT_INIT			60	/* [v2] extension SEAMCALL */
#define TDH_EXT_MEM_ADD			61	/* [v2] extension SEAMCALL, RCX HPA_LIST_INFO */
#define TDH_SYS_DISABLE			69	/* [7.3] for good */
#define TDH_QUOTE_GET			98	/* [v2] extension SEAMCALL */
#define TDH_QUOTE_INIT			100	/* [v2] extension SEAMCALL */

/* P-SEAMLDR, not the module, answers leaves with bit 63 set. [1.5] */
#define SEAMLDR_INFO			0x8000000000000000ULL	/* [7.3] RCX SEAMLDR_INFO */
#define SEAMLDR_INSTALL			0x8000000000000001ULL	/* RCX SEAMLDR_PARAMS, each CPU */

/* TDX_FEATURES0 bits [7.3] */
#define TDX_FEATURES0_TD_PRESERVING	BIT_ULL(1)
#define TDX_FEATURES0_NO_RBP_MOD	BIT_ULL(18)
/* and those that select add-on features in R9, at the same positions. [v2] */
#define TDX_FEATURES0_EXT		BIT_ULL(39)
#define TDX_FEATURES0_QUOTE		BIT_ULL(50)

/* Metadata field ids. [1.5] layout: code 23:0, element size 33:32, class 61:56 */
#define TDX_MD_FEATURES0		0x0A00000300000008ULL	/* [1.5] u64 */
#define TDX_MD_EXT_REQUIRED		0x3100000000000001ULL	/* [v2] u8, boolean */
#define TDX_MD_POOL_PAGES		0x3100000200000000ULL	/* [v2] u32, still missing */
#define TDX_MD_MAX_QUOTE_SIZE		0x2300000200000002ULL	/* [v2] u32, after QUOTE.INIT */
#define TDX_MD_MODULE_HV		0x8900000100000000ULL	/* [1.5] u16, for SHUTDOWN */

/*
 * Completion status: 63 error, 62 non-recoverable, 61 fatal, 47:40 class,
 * 39:32 code, 31:0 detail, for example the operand at fault. [1.5]
 */
#define TDX_STATUS_CODE(r)		((r) & GENMASK_ULL(63, 32))
#define TDX_STATUS_DETAIL(r)		((u32)(r))

#define TDX_SUCCESS			0ULL
#define TDX_INTERRUPTED_RESUMABLE	0x8000000300000000ULL
#define TDX_INVALID_RESUMPTION		0xC000000600000000ULL
#define TDX_OPERAND_INVALID		0xC000010000000000ULL
#define TDX_OPERAND_ADDR_RANGE_ERROR	0xC000010100000000ULL
#define TDX_OPERAND_BUSY		0x8000020000000000ULL
#define TDX_SYS_BUSY			0x8000020200000000ULL
#define TDX_RND_NO_ENTROPY		0x8000020300000000ULL
#define TDX_PAGE_METADATA_INCORRECT	0xC000030000000000ULL
#define TDX_SYS_LP_INIT_NOT_DONE	0xC000050200000000ULL
#define TDX_SYS_NOT_READY		0xC000050500000000ULL
#define TDX_SYS_SHUTDOWN		0xC000050600000000ULL
#define TDX_SYS_KEY_CONFIG_NOT_PENDING	0xC000050700000000ULL
#define TDX_SYS_STATE_INCORRECT		0xC000050800000000ULL
#define TDX_SYS_INVALID_HANDOFF		0xC000050900000000ULL
#define TDX_SYS_CONFIG_NOT_PENDING	0xC000050C00000000ULL
#define TDX_TD_FATAL			0xE000060400000000ULL
#define TDX_KEY_CONFIGURED		0x0000081500000000ULL
#define TDX_INVALID_TDMR		0xC0000A0000000000ULL
#define TDX_NON_ORDERED_TDMR		0xC0000A0100000000ULL
#define TDX_TDMR_ALREADY_INITIALIZED	0x00000A0300000000ULL
#define TDX_INVALID_PAMT		0xC0000A1000000000ULL
#define TDX_PAMT_OUTSIDE_CMRS		0xC0000A1100000000ULL
#define TDX_PAMT_OVERLAP		0xC0000A1200000000ULL
#define TDX_INVALID_RESERVED_IN_TDMR	0xC0000A2000000000ULL
#define TDX_NON_ORDERED_RESERVED_IN_TDMR	0xC0000A2100000000ULL
#define TDX_METADATA_FIELD_ID_INCORRECT	0xC0000C0000000000ULL
#define TDX_METADATA_FIELD_NOT_READABLE	0xC0000C0200000000ULL
#define TDX_INVALID_REPORTMACSTRUCT	0xC000100100000000ULL
/* Named on the list, value unpublished, success class. [lab] */
#define TDX_EXT_MEMORY_POOL_FULL	0x0000060100000000ULL

/* Operand ids in the detail of OPERAND_INVALID and its kin. [1.5] */
#define TDX_OPERAND_RAX			0
#define TDX_OPERAND_RCX			1
#define TDX_OPERAND_RDX			2
#define TDX_OPERAND_R8			8
#define TDX_OPERAND_R9			9
#define TDX_OPERAND_R10			10
#define TDX_OPERAND_R11			11
#define TDX_OPERAND_TDR			0x80
#define TDX_OPERAND_SYS			0xB8

/* Page types that TDH.PHYMEM.PAGE.RDMD gives. [1.5] */
#define PT_NDA				0x0	/* the module's in no way */
#define PT_RSVD				0x1	/* reserved in its TDMR: PAMTs, holes */
#define PT_EXT_POOL			0xE0	/* of the extensions' memory pool [lab] */

#define TDX_PAGE_SHIFT			12
#define TDX_PAGE_SIZE			4096UL

/*
 * HPA_LIST_INFO: one page of up to 512 HPAs. The module moves FIRST_ENTRY on
 * as it consumes the list and never keeps the list page. [v2]
 */
#define TDX_HPA_LIST_MAX		512
#define TDX_HPA_LIST_FIRST		GENMASK_ULL(11, 3)
#define TDX_HPA_LIST_HPA		GENMASK_ULL(51, 12)
#define TDX_HPA_LIST_LAST		GENMASK_ULL(63, 55)
#define TDX_HPA_LIST_RESERVED		(GENMASK_ULL(2, 0) | GENMASK_ULL(54, 52))

/*
 * HPA_LINKED_LIST: nodes of 512 words, 511 data-page HPAs and the next node's
 * HPA. All-ones ends the list, in a data word or in the link word. [v2]
 */
#define TDX_HPA_NODE_PAGES		511
#define TDX_HPA_NODE_LINK		511
#define TDX_HPA_END			(~0ULL)

/* TDH.QUOTE.GET operands. [v2] */
#define TDX_QUOTE_ID_SHIFT		32			/* RDX[47:32] */
#define TDX_QUOTE_ID_DEFAULT		0xFFFFULL
#define TDX_QUOTE_MAX_INPUT		TDX_PAGE_SIZE

/* Return codes of TDG.VP.VMCALL in R10. [GHCI] */
#define TDVMCALL_SUCCESS		0x0000000000000000ULL
#define TDVMCALL_RETRY			0x0000000000000001ULL
#define TDVMCALL_INVALID_OPERAND	0x8000000000000000ULL
#define TDVMCALL_ALIGN_ERROR		0x8000000000000002ULL
#define TDVMCALL_SUBFUNC_UNSUPPORTED	0x8000000000000003ULL

#endif /* _TDX_ABI_H */
