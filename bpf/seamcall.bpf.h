/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seamcall_exit event, for whichever program watches it.
 *
 * Such a program runs once per iteration, so every instruction counts: one map
 * lookup that the JIT inlines, with a key that lies ready in a table; no helper;
 * arguments loaded where they are used, not saved over the lookup; and nothing
 * counted that can be derived from what is.
 */
#ifndef _TDXBENCH_BPF_SEAMCALL_BPF_H
#define _TDXBENCH_BPF_SEAMCALL_BPF_H

#include "iterations.h"

#define TDX_SUCCESS			0ULL
/* The code in bits 63:32 of a status; a constant of 64 bits takes an instruction to load. */
#define TDX_INTERRUPTED_RESUMABLE	0x80000003U
/*
 * Class 2 in bits 47:40 of a recoverable error: something was taken or used up.
 * TDX_OPERAND_BUSY, TDX_SYS_BUSY, TDX_RND_NO_ENTROPY.
 */
#define TDX_CLASS_BUSY			0x800002U

/* The arguments of the event, as a raw tracepoint hands them over. */
struct seamcall_exit {
	union {
		__u64 fn;
		__u8 leaf;	/* its low byte: no leaf number above 255 is known */
	};
	__u64 call;
	__u64 tdr;
	__u64 iteration;
	__u64 rcx;
	union {
		__u64 status;
		struct {
			__u32 detail;
			__u32 code;
		};
	};
	__u64 duration;
	__u64 gap;
};

/* By the low byte of the leaf. */
static const __u32 leaf_index[256] = {
	[0 ... 59] = ITERATIONS_OTHER,
	[60] = ITERATIONS_EXT_INIT,
	[61] = ITERATIONS_EXT_MEM_ADD,
	[62 ... 97] = ITERATIONS_OTHER,
	[98] = ITERATIONS_QUOTE_GET,
	[99] = ITERATIONS_OTHER,
	[100] = ITERATIONS_QUOTE_INIT,
	[101 ... 255] = ITERATIONS_OTHER,
};

#endif /* _TDXBENCH_BPF_SEAMCALL_BPF_H */
