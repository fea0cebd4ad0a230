/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/tdx_lab: the quoting path of Linux over a software TDX module.
 *
 * An open descriptor owns nothing but the right to configure; each TD is a
 * descriptor of its own (like a KVM VM) and lives until that is closed. The
 * memory pool, once given to the module, stays until tdx_lab is unloaded.
 *
 * All structs are fixed-size and free of padding; reserved fields must be 0,
 * else -EINVAL. Times are nanoseconds.
 */
#ifndef _UAPI_TDX_LAB_H
#define _UAPI_TDX_LAB_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include "../../emu/tdx_emu_profile.h"
#include "../../tdx_quote_policy.h"

#define TDX_LAB_VERSION		3	/* changes with any incompatible change below */

enum tdx_lab_state {
	TDX_LAB_DOWN,		/* TDH.SYS.CONFIG not done */
	TDX_LAB_UP,		/* extensions and quoting initialised */
	TDX_LAB_NO_QUOTING,	/* up, but guests cannot get quotes in the kernel */
	TDX_LAB_FAILED,		/* no quoting, no new TDs. After an update: a good one helps. After
				 * bring-up: only a reload, unless all but TDH.EXT.INIT went well
				 */
};

/**
 * struct tdx_lab_info - TDX_LAB_GET_INFO
 * @version:        TDX_LAB_VERSION
 * @state:          enum tdx_lab_state
 * @features0:      TDX_FEATURES0 of the module
 * @max_quote_size: bytes, 0 unless quoting is available
 * @nr_buffers:     quote buffers made at bring-up
 * @pool_pages:     4 KiB pages the module owns
 * @nr_tds:         TDs alive
 * @key_epoch:      counts TDH.QUOTE.INIT; the key changes with it
 * @quoting:        enum tdx_quote_state: 0 unavailable, 1 available, 2 updating
 * @in_flight:      quotes under way
 * @fragments:      4 KiB pages that TDX_LAB_FRAGMENT holds
 * @reserved:       0
 */
struct tdx_lab_info {
	__u32 version;
	__u32 state;
	__u64 features0;
	__u32 max_quote_size;
	__u32 nr_buffers;
	__u32 pool_pages;
	__u32 nr_tds;
	__u64 key_epoch;
	__u32 quoting;
	__u32 in_flight;
	__u32 fragments;
	__u32 reserved[5];
};

/**
 * struct tdx_lab_key - TDX_LAB_GET_KEY: what verifies quotes of this epoch
 * @epoch: of the key
 * @token: enum tdx_emu_token
 * @len:   bytes of @key
 * @key:   48 bytes of HMAC-SHA-384 key, or 96 of P-384 X and Y, big-endian
 */
struct tdx_lab_key {
	__u64 epoch;
	__u32 token;
	__u32 len;
	__u8 key[96];
};

/* Leaves counted by the module; others share one slot. */
enum tdx_lab_leaf {
	TDX_LAB_LEAF_EXT_INIT,
	TDX_LAB_LEAF_EXT_MEM_ADD,
	TDX_LAB_LEAF_QUOTE_INIT,
	TDX_LAB_LEAF_QUOTE_GET,
	TDX_LAB_LEAF_OTHER,
	TDX_LAB_NR_LEAVES,
};

/**
 * struct tdx_lab_leaf_count - one leaf since the module was loaded
 * @entries:   times the module was entered for it
 * @resumable: of these, left with TDX_INTERRUPTED_RESUMABLE
 * @success:   left with TDX_SUCCESS
 * @failed:    left with anything else
 */
struct tdx_lab_leaf_count {
	__u64 entries;
	__u64 resumable;
	__u64 success;
	__u64 failed;
};

/**
 * struct tdx_lab_counters - TDX_LAB_GET_COUNTERS, the truth that BPF's counts
 * are checked against
 * @leaf:             the module's own, by enum tdx_lab_leaf
 * @getquote_ok:      GetQuote requests answered TDVMCALL_SUCCESS
 * @getquote_refused: answered anything else
 * @getquote_killed:  not answered because the caller was killed
 * @getquote_retry:   answered TDVMCALL_RETRY, none of the above
 * @getquote_user:    left to user space because quoting was unavailable, likewise
 * @stale_quotes:     quotes that the module handed out though it had renewed
 *                    their key meanwhile
 * @reserved:         0
 *
 * "ok" is TDVMCALL_SUCCESS together with status SUCCESS in the guest's header.
 */
struct tdx_lab_counters {
	struct tdx_lab_leaf_count leaf[TDX_LAB_NR_LEAVES];
	__u64 getquote_ok;
	__u64 getquote_refused;
	__u64 getquote_killed;
	__u64 getquote_retry;
	__u64 getquote_user;
	__u64 stale_quotes;
	__u64 reserved[2];
};

/**
 * struct tdx_lab_seamcall - TDX_LAB_SEAMCALL: one raw call into the module,
 * for tests of its argument checks; -EPERM for leaves that the lab must know
 * of and for operands that name memory other than @td's (see @fixup)
 * @fn:       RAX
 * @rcx:      RCX, in and out
 * @rdx:      RDX, in and out
 * @r8:       R8, in and out
 * @r9:       R9, in and out
 * @r10:      R10, in and out
 * @r11:      R11, in and out
 * @status:   completion status, out
 * @td:       TD descriptor whose memory the operands refer to, or -1
 * @fixup:    bit 2: R8 is an offset into the TD's shared memory and is replaced
 *            by its HPA; bit 31: RCX is replaced by the TDR of @td; others 0
 * @reserved: 0
 */
struct tdx_lab_seamcall {
	__u64 fn;
	__u64 rcx, rdx, r8, r9, r10, r11;
	__u64 status;
	__s32 td;
	__u32 fixup;
	__u64 reserved[2];
};

#define TDX_LAB_FIXUP_TDR	0x80000000U

/**
 * struct tdx_lab_loop - TDX_LAB_LOOP: cost of the resume loop itself, or a source of
 * iterations at a given rate
 * @iterations: of an extension SEAMCALL that does nothing, 1 to 100000
 * @traced:     1 the path's loop, 0 the same source built without tracepoints
 * @ns:         for all of it
 * @nops:       patchable tracepoint sites in the path's loop
 * @batch:      0: all iterations in one go, interrupts off. Else interrupts are on, and
 *              so many iterations are one call of the SEAMCALL
 * @period_ns:  with @batch: from the begin of a call to that of the next, up to 1 s, and
 *              up to 10 s in all. A call that is late begins at once; 0: all of them do
 * @done:       out, iterations made; with @batch a signal may end them early
 */
struct tdx_lab_loop {
	__u32 iterations;
	__u32 traced;
	__u64 ns;
	__u32 nops;
	__u32 batch;
	__u32 period_ns;
	__u32 done;
};

/**
 * struct tdx_lab_create_td - TDX_LAB_CREATE_TD, returns the TD's descriptor
 * @shared_size: bytes of shared memory, a multiple of 4096 up to 8 MiB; it
 *               starts at GPA 0 and is what mmap() of the descriptor maps
 * @id:          out, number of the TD, from 0, lowest free
 * @reserved:    0
 * @tdr:         out, HPA of its root page as in trace events
 * @shared_bit:  out, GPA bit of shared addresses
 * @mrtd:        out, the TD's measurement, unlike any other TD's
 */
struct tdx_lab_create_td {
	__u64 shared_size;
	__u32 id;
	__u32 reserved;
	__u64 tdr;
	__u64 shared_bit;
	__u8 mrtd[48];
};

/**
 * struct tdx_lab_report - TDX_LAB_TD_REPORT: TDG.MR.REPORT of the TD
 * @report_data: in, the caller's 64 bytes
 * @report:      out, the TDREPORT
 */
struct tdx_lab_report {
	__u8 report_data[64];
	__u8 report[1024];
};

/**
 * struct tdx_lab_getquote - TDX_LAB_TD_GETQUOTE: TDG.VP.VMCALL<GetQuote>
 * @gpa:  R12, with the shared bit
 * @size: R13, bytes
 * @ret:  out, R10
 * @status: out, what was written to the header's status; all ones if nothing was
 * @user: out, 1 when quoting is unavailable and user space must answer, as after
 *        KVM_EXIT_TDX; @ret is then TDVMCALL_SUBFUNC_UNSUPPORTED
 * @reserved: 0
 *
 * Any number of threads may be inside. -EINTR when killed while waiting.
 */
struct tdx_lab_getquote {
	__u64 gpa;
	__u64 size;
	__u64 ret;
	__u64 status;
	__u32 user;
	__u32 reserved;
};

/**
 * struct tdx_lab_update - TDX_LAB_UPDATE: a runtime module update, TDs alive or not
 * @profile:  in, of the new module; the seed must be the old one's
 * @error:    out, 0 or negative errno of the sequence; see info.state and
 *            info.quoting for what is left. -EBUSY: the old module refused to
 *            shut down and goes on.
 * @reserved: 0
 * @drain_ns: out, until quotes under way had ended (update=excluded)
 * @stall_ns: out, from the machine being told to stop until it ran again: the
 *            largest time that any CPU did nothing else
 * @total_ns: out, all of it, until quotes could be made again
 */
struct tdx_lab_update {
	struct tdx_emu_profile profile;
	__s32 error;
	__u32 reserved;
	__u64 drain_ns;
	__u64 stall_ns;
	__u64 total_ns;
};

/**
 * struct tdx_lab_fragment - TDX_LAB_FRAGMENT: leave free memory in single pages
 * @mib:   memory to take page by page, of which every second page is given back;
 *         the others are held, as unmovable kernel memory, until this is called
 *         with 0 or tdx_lab is unloaded. -ENOMEM leaves nothing held.
 * @reserved: 0
 */
struct tdx_lab_fragment {
	__u32 mib;
	__u32 reserved;
};

#define TDX_LAB_IOC		0xB9

/* On /dev/tdx_lab. */
#define TDX_LAB_GET_INFO	_IOR(TDX_LAB_IOC, 0x00, struct tdx_lab_info)
/* Full profile; -ERANGE names no field, see the kernel log; -EBUSY while TDs are alive. */
#define TDX_LAB_SET_PROFILE	_IOW(TDX_LAB_IOC, 0x01, struct tdx_emu_profile)
#define TDX_LAB_GET_PROFILE	_IOR(TDX_LAB_IOC, 0x02, struct tdx_emu_profile)
/* -EINVAL for an answer that a knob has not; -EBUSY while TDs are alive. */
#define TDX_LAB_SET_POLICY	_IOW(TDX_LAB_IOC, 0x03, struct tdx_quote_policy)
/* CONFIG, pool, EXT.INIT, QUOTE.INIT; -EALREADY when done; -EIO when the module refused. */
#define TDX_LAB_BRING_UP	_IO(TDX_LAB_IOC, 0x04)
/* -ENODEV before bring-up; -ERANGE, -EINVAL for the profile. */
#define TDX_LAB_UPDATE		_IOWR(TDX_LAB_IOC, 0x05, struct tdx_lab_update)
#define TDX_LAB_GET_KEY		_IOR(TDX_LAB_IOC, 0x06, struct tdx_lab_key)
#define TDX_LAB_GET_COUNTERS	_IOR(TDX_LAB_IOC, 0x07, struct tdx_lab_counters)
#define TDX_LAB_SEAMCALL	_IOWR(TDX_LAB_IOC, 0x08, struct tdx_lab_seamcall)
#define TDX_LAB_LOOP		_IOWR(TDX_LAB_IOC, 0x09, struct tdx_lab_loop)
#define TDX_LAB_CREATE_TD	_IOWR(TDX_LAB_IOC, 0x0A, struct tdx_lab_create_td)
#define TDX_LAB_GET_POLICY	_IOR(TDX_LAB_IOC, 0x0B, struct tdx_quote_policy)
#define TDX_LAB_FRAGMENT	_IOW(TDX_LAB_IOC, 0x0C, struct tdx_lab_fragment)
/* Write to a page that the module owns, by its index: what a host must never do. */
#define TDX_LAB_TOUCH_POOL	_IOW(TDX_LAB_IOC, 0x0D, __u32)

/* On a TD's descriptor. */
#define TDX_LAB_TD_REPORT	_IOWR(TDX_LAB_IOC, 0x20, struct tdx_lab_report)
#define TDX_LAB_TD_GETQUOTE	_IOWR(TDX_LAB_IOC, 0x21, struct tdx_lab_getquote)

#endif /* _UAPI_TDX_LAB_H */
