/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quotes for TDs: what KVM asks of the kernel's quoting path.
 */
#ifndef _ASM_X86_TDX_GETQUOTE_H
#define _ASM_X86_TDX_GETQUOTE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct tdx_guest;

/* Requests of one TD that may be under way at once, with limit=per-td. As QEMU. */
#define TDX_GUEST_MAX_IN_FLIGHT	16

/**
 * struct tdx_guest_ops - how the path reaches a guest's memory
 * @read:    copy @len bytes from @gpa, 0 or negative errno
 * @write:   copy @len bytes to @gpa, 0 or negative errno
 * @shared:  is all of [@gpa, @gpa + @size) shared with the host?
 */
struct tdx_guest_ops {
	int (*read)(struct tdx_guest *guest, u64 gpa, void *to, u32 len);
	int (*write)(struct tdx_guest *guest, u64 gpa, const void *from, u32 len);
	bool (*shared)(struct tdx_guest *guest, u64 gpa, u64 size);
};

/**
 * struct tdx_guest - the TD a GetQuote comes from
 * @ops:        access to its memory; addresses come without the shared bit
 * @tdr:        HPA of its root page
 * @shared_bit: the GPA bit that marks an address as shared
 * @in_flight:  its requests under way
 */
struct tdx_guest {
	const struct tdx_guest_ops *ops;
	u64 tdr;
	u64 shared_bit;
	atomic_t in_flight;
};

/**
 * struct tdx_getquote_answer - what the guest is told
 * @ret:    R10, return code of the TDVMCALL
 * @status: in its header, TDX_GETQUOTE_*; IN_FLIGHT when nothing was written
 */
struct tdx_getquote_answer {
	u64 ret;
	u64 status;
};

int tdx_getquote(struct tdx_guest *guest, u64 gpa, u64 size, struct tdx_getquote_answer *answer);
bool tdx_quote_offered(void);

#endif /* _ASM_X86_TDX_GETQUOTE_H */
