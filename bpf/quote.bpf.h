/* SPDX-License-Identifier: GPL-2.0 */
/* What quote_end hands over: what is read of the path's structs; the rest is left to CO-RE. */
#ifndef _TDXBENCH_BPF_QUOTE_BPF_H
#define _TDXBENCH_BPF_QUOTE_BPF_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct tdx_ext_call {
	__u64 id;
	__u64 tdr;
	__u64 status;
	__u64 seam_ns;
	__u64 gap_ns;
	__u32 iterations;
};

struct tdx_quote_times {
	__u64 begin;
	__u64 copy_in;
	__u64 wait;
	__u64 copy_out;
	__u64 total;
};

struct tdx_quote {
	struct tdx_ext_call call;
	struct tdx_quote_times times;
	__u32 len;
	int error;
};

#pragma clang attribute pop

#endif /* _TDXBENCH_BPF_QUOTE_BPF_H */
