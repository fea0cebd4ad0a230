/* SPDX-License-Identifier: GPL-2.0 */
/* TDs for tests of the quoting path: shared memory, GetQuote, and what came of it. */
#ifndef TESTS_UNIT_GUEST_H
#define TESTS_UNIT_GUEST_H

#include <asm/shared/tdx_getquote.h>
#include <asm/tdx_getquote.h>

#include "tdx_abi.h"
#include "tdx_quote.h"

#define SHARED_BIT	(1ULL << 51)
#define GPA		0x40000ULL		/* of the shared buffer */
#define HDR		sizeof(struct tdx_getquote_hdr)
#define REPORT		1024
#define UNTOUCHED	0x1234ULL		/* status before a call */
#define INVALID		TDVMCALL_INVALID_OPERAND

/* One access to guest memory, relative to GPA; @in_flight: quotes under way meanwhile. */
struct access {
	bool write;
	u64 at;
	u32 len;
	u32 in_flight;
};

/**
 * struct td - a TD with one shared buffer, of exactly @size bytes
 * @fail_at:    accesses at this offset fail, -1 for none
 * @readable:   but only those that write
 * @on_quote:   called when the quote is about to be written to its memory
 * @answer:     to its last GetQuote
 * @accesses:   what the path did, in order
 */
struct td {
	struct tdx_guest guest;
	u8 *memory;
	u64 size;
	u8 mrtd[48];
	u8 nonce[64];
	u64 fail_at;
	bool readable;
	void (*on_quote)(void);
	struct tdx_getquote_answer answer;
	struct access accesses[16];
	u32 nr_accesses;
};

void td_create(struct td *td, u32 id, u64 size);
void td_destroy(struct td *td);
struct tdx_getquote_hdr *td_header(struct td *td);
void td_request(struct td *td);		/* header and a report over @nonce */
int td_getquote(struct td *td);		/* over all of its buffer */

/* With an answer: R10 and the header's status; the rest of the header stays as it was. */
void expect_answer(struct td *td, u64 r10, u64 status);
void expect_good_quote(struct td *td);
/* The quote in its memory: NULL, or why it is not good. */
const char *td_quote_wrong(struct td *td);

/* All buffers that there are but for @spare, as quotes being made on other CPUs would. */
extern struct tdx_quote holders[64];
extern u32 nr_holders;
void hold_buffers(u32 spare);
void release_buffers(void);

#endif /* TESTS_UNIT_GUEST_H */
