/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software TDX module, inside. tdx_emu.h is what others see.
 *
 *   emu.c      state, dispatch, counters, TDs
 *   calls.c    extension SEAMCALLs: suspended and resumed
 *   faults.c   calls that fail because the profile wants them to
 *   profile.c  profiles: checked, set, staged for an update
 *   sys.c      TDH.SYS.*: the order in which a module starts, and its end
 *   metadata.c TDH.SYS.RD
 *   tdmr.c     memory regions: checked, initialised, what a page is
 *   seamldr.c  P-SEAMLDR: another module installed
 *   ext.c      TDH.EXT.*: the memory pool
 *   quote.c    TDH.QUOTE.*
 *   engine.c   how compute time passes
 *   work.c     where the model's own instructions are spent
 *   lists.c    page lists parsed as a module would
 *   report.c   TDREPORTs: made, and checked
 *   token.c    quotes as COSE-protected CBOR Web Tokens (quote_format.h)
 *   hash.c     hashes and HMAC (Linux trees and user-space builds bring their own)
 *   ecdsa.c    ECDSA P-384 (user-space builds bring their own)
 */
#ifndef _TDX_EMU_INTERNAL_H
#define _TDX_EMU_INTERNAL_H

#include <linux/types.h>
#include "quote_format.h"
#include "tdx_emu_profile.h"

#define EMU_SHA256_SIZE		32
#define EMU_SHA384_SIZE		48
#define EMU_REPORT_SIZE		1024
#define EMU_REPORTDATA_SIZE	64
#define EMU_P384_SIZE		48

/* --- hash.c: may run with preemption off; errors are negative errno --- */

enum emu_hash { EMU_SHA256, EMU_SHA384 };

#define EMU_HASH_STATE		216	/* no exported state is longer */
#define EMU_HASH_ALIGN		8	/* nor wants more */

/**
 * struct emu_hmac - an HMAC key made ready
 * @hash:  the hash below it
 * @inner: state of the hash behind the inner pad
 * @outer: state of the hash behind the outer pad
 *
 * A message then costs its own blocks only. Never changes once made, so any
 * number of CPUs may use it at a time.
 */
struct emu_hmac {
	enum emu_hash hash;
	u8 inner[EMU_HASH_STATE] __aligned(EMU_HASH_ALIGN);
	u8 outer[EMU_HASH_STATE] __aligned(EMU_HASH_ALIGN);
};

int emu_hash_init(void);	/* process context */
void emu_hash_exit(void);
int emu_sha384(const void *data, size_t len, u8 out[EMU_SHA384_SIZE]);
/* @len: at most 64 */
int emu_hmac_key(struct emu_hmac *hmac, enum emu_hash hash, const u8 *key, size_t len);
/* @out: as long as a digest of the hash */
int emu_hmac(const struct emu_hmac *hmac, const void *data, size_t len, u8 *out);

/* --- ecdsa.c: as above --- */

void emu_p384_init(void);
/* @priv big-endian; @pub X then Y, big-endian */
int emu_p384_public(const u8 priv[EMU_P384_SIZE], u8 pub[2 * EMU_P384_SIZE]);
/* Deterministic, RFC 6979 with SHA-384. @sig r then s, big-endian. */
int emu_p384_sign(const u8 priv[EMU_P384_SIZE], const u8 digest[EMU_SHA384_SIZE],
		  u8 sig[2 * EMU_P384_SIZE]);

/* --- report.c --- */

/* All that is made up, measurements and keys, is the SHA-384 of a name and two numbers. */
int emu_derive(const char *name, u64 a, u64 b, u8 out[EMU_SHA384_SIZE]);

/**
 * struct emu_identity - what sets one TD apart in its reports
 * @id:   number of the TD
 * @mrtd: measurement, derived from the profile's seed and a serial number of TDs
 * @tcb_info_hash: of TEE_TCB_INFO in its reports, which never changes
 * @tdinfo_hash: of TDINFO, which never changes either
 * @mac:  the platform's key for the MAC, derived from the seed
 */
struct emu_identity {
	u32 id;
	u8 mrtd[EMU_SHA384_SIZE];
	u8 tcb_info_hash[EMU_SHA384_SIZE];
	u8 tdinfo_hash[EMU_SHA384_SIZE];
	struct emu_hmac mac;
};

int emu_identity_make(struct emu_identity *who, u64 seed, u32 id, u64 serial);
/* TDG.MR.REPORT: the 1024 bytes of abi "TDREPORT", MAC over bytes 0-223 */
int emu_report_make(const struct emu_identity *who, const u8 data[EMU_REPORTDATA_SIZE],
		    u8 report[EMU_REPORT_SIZE]);
/* MAC, both hashes, fixed fields, and that the report is @who's: 0 or -EBADMSG */
int emu_report_check(const struct emu_identity *who, const u8 report[EMU_REPORT_SIZE]);

/* --- lists.c --- */

/* Kernel address of a 4 KiB page by HPA, NULL if it is no usable memory. */
void *emu_page(u64 hpa);
/* The same of something within a page; also NULL if it is not aligned to @align. */
void *emu_memory(u64 hpa, u32 align);

/**
 * struct emu_list - the entries of an HPA_LIST_INFO still to be processed
 * @info:    as the host gave it
 * @entries: the list page
 * @next:    index of the next entry
 * @last:    index of the last
 */
struct emu_list {
	u64 info;
	const u64 *entries;
	u32 next;
	u32 last;
};

/* Checks @info, not the entries: completion status for operand RCX, or TDX_SUCCESS. */
u64 emu_list_open(struct emu_list *list, u64 info);
/* Takes the next entry of a list that is not done: status for RCX, or TDX_SUCCESS. */
u64 emu_list_next(struct emu_list *list, u64 *hpa);
bool emu_list_done(const struct emu_list *list);
/* HPA_LIST_INFO with FIRST_ENTRY moved on; it wraps to 0 behind entry 511. */
u64 emu_list_info(const struct emu_list *list);

/* Writes a byte stream to the data pages of an HPA_LINKED_LIST. */
struct emu_out {
	const u64 *node;
	u8 *page;
	u32 index;	/* of the next page within the node */
	u32 offset;	/* within the page */
	u32 len;	/* bytes written */
	u32 room;	/* bytes that may still be written */
};

#define EMU_OUT_MAX_BYTES	(16U << 20)	/* longer lists are refused */

/* Checks the whole list of @bytes: completion status for operand R10/R11, or TDX_SUCCESS. */
u64 emu_out_open(struct emu_out *out, u64 first_node, u64 bytes);
/* 0, -ENOSPC, or -EFAULT if the list is no longer what was checked */
int emu_out_write(struct emu_out *out, const void *data, u32 len);

/* --- token.c --- */

/**
 * struct emu_key - made by TDH.QUOTE.INIT
 * @epoch:   counts TDH.QUOTE.INIT, from 1
 * @seed:    of the profile
 * @token:   enum tdx_emu_token
 * @mac:     HMAC key, derived from seed and epoch; only for COSE_Mac0
 * @hmac:    @mac made ready
 * @priv:    P-384 private key, derived likewise; only for COSE_Sign1
 * @pub:     its public key, X then Y
 * @pattern: what fills the certificates; stays until the next but one key is made
 */
struct emu_key {
	u64 epoch;
	u64 seed;
	u32 token;
	u8 mac[EMU_SHA384_SIZE];
	struct emu_hmac hmac;
	u8 priv[EMU_P384_SIZE];
	u8 pub[2 * EMU_P384_SIZE];
	const u64 *pattern;
};

int emu_key_make(struct emu_key *key, u64 seed, u64 epoch, u32 token);

/**
 * emu_token_write - make one quote
 * @key:    of the current epoch
 * @report: the TDREPORT that was checked
 * @serial: number of the quote, unique since the module started
 * @size:   exact bytes wanted, QUOTE_MIN_SIZE to QUOTE_MAX_SIZE
 * @out:    where to
 * @scratch: page-sized work space, the caller's (kernel stacks are small)
 *
 * Return: 0, -EINVAL when @size is out of range, -ENOSPC when it is more than
 * @out has room for, or an error of hash.c, ecdsa.c or emu_out_write().
 */
int emu_token_write(const struct emu_key *key, const u8 report[EMU_REPORT_SIZE],
		    u64 serial, u32 size, struct emu_out *out, u8 *scratch);

#endif /* _TDX_EMU_INTERNAL_H */
