/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TDG.VP.VMCALL<GetQuote>: what stands at the start of the buffer that a TD
 * shares with its host, as the Guest-Hypervisor Communication Interface has it.
 * For both sides of the call.
 */
#ifndef _ASM_X86_SHARED_TDX_GETQUOTE_H
#define _ASM_X86_SHARED_TDX_GETQUOTE_H

#include <linux/types.h>

/**
 * struct tdx_getquote_hdr - a request, followed by its data; later by the quote
 * @version: TDX_GETQUOTE_VERSION
 * @status:  TDX_GETQUOTE_*, written by the host, behind all else
 * @in_len:  bytes of request data behind the header
 * @out_len: bytes of quote behind the header
 */
struct tdx_getquote_hdr {
	__le64 version;
	__le64 status;
	__le32 in_len;
	__le32 out_len;
};

#define TDX_GETQUOTE_VERSION		1

#define TDX_GETQUOTE_SUCCESS		0ULL
#define TDX_GETQUOTE_IN_FLIGHT		(~0ULL)
#define TDX_GETQUOTE_ERROR		0x8000000000000000ULL
#define TDX_GETQUOTE_UNAVAILABLE	0x8000000000000001ULL

#endif /* _ASM_X86_SHARED_TDX_GETQUOTE_H */
