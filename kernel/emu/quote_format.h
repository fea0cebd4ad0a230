/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a quote of the software TDX module looks like, for those who write it
 * (token.c) and those who verify it in user space.
 *
 *   61( 17|18( [			CWT, COSE_Mac0 or COSE_Sign1
 *	h'{1: alg}',			protected header
 *	{ 33: [ element, ... ] },	unprotected header
 *	h'{ claims }',
 *	h'MAC or signature' ] ) )
 *
 * Encoded deterministically (RFC 8949, 4.2), claims in the order of their keys
 * below. The elements stand in for a certificate chain and pad the quote to the
 * byte. They are not protected, so each is bound to its quote by a tag, and
 * what follows the tag is the same for a whole key epoch: it can be copied in,
 * and compared, at the speed of memory.
 */
#ifndef _TDX_QUOTE_FORMAT_H
#define _TDX_QUOTE_FORMAT_H

#include <linux/types.h>

#define QUOTE_MIN_SIZE		4096
#define QUOTE_MAX_SIZE		(4U << 20)

#define QUOTE_TAG_CWT		61
#define QUOTE_TAG_MAC0		17
#define QUOTE_TAG_SIGN1		18
#define QUOTE_HEADER_X5CHAIN	33

/* Protected headers: {1: 6} HMAC 384/384, {1: -35} ES384. */
#define QUOTE_PROTECTED_MAC0	"\xa1\x01\x06"
#define QUOTE_PROTECTED_SIGN1	"\xa1\x01\x38\x22"
#define QUOTE_CONTEXT_MAC0	"MAC0"
#define QUOTE_CONTEXT_SIGN1	"Signature1"
#define QUOTE_MAC_SIZE		48
#define QUOTE_SIGNATURE_SIZE	96	/* r then s */

#define QUOTE_ISSUER		"tdxbench emulated TDX module"

enum quote_claim {
	QUOTE_CLAIM_ISS		= 1,		/* text, QUOTE_ISSUER */
	QUOTE_CLAIM_CTI		= 7,		/* 8 bytes, serial number, big-endian */
	QUOTE_CLAIM_NONCE	= 10,		/* 64 bytes, REPORTDATA */
	QUOTE_CLAIM_UEID	= 256,		/* type RAND, first 32 bytes of MRTD */
	QUOTE_CLAIM_EMULATED	= -70001,	/* true */
	QUOTE_CLAIM_TDINFO	= -70002,	/* 512 bytes of the TDREPORT */
	QUOTE_CLAIM_TCB_INFO	= -70003,	/* 256 bytes of the TDREPORT */
	QUOTE_CLAIM_EPOCH	= -70004,	/* key epoch */
	QUOTE_CLAIM_SEED	= -70005,	/* of the module's profile */
	QUOTE_CLAIM_SIZE	= -70006,	/* bytes of the whole quote */
};

#define QUOTE_NR_CLAIMS		10

#define QUOTE_CTI_SIZE		8
#define QUOTE_NONCE_SIZE	64
#define QUOTE_MRTD_SIZE		48
#define QUOTE_UEID_RAND		0x01
#define QUOTE_UEID_SIZE		33
#define QUOTE_TDINFO_SIZE	512
#define QUOTE_TDINFO_MRTD	16	/* offset of MRTD in it */
#define QUOTE_TCB_INFO_SIZE	256

/*
 * An element: head 0x59 and two length bytes, tag (big-endian), a prefix of the
 * pattern. All are QUOTE_ELEMENT_SIZE but the last, which takes up what is left;
 * in a small quote two share what there is, for a chain of one would not be an
 * array (RFC 9360).
 */
#define QUOTE_ELEMENT_SIZE	4096
#define QUOTE_ELEMENT_HEAD	3
#define QUOTE_ELEMENT_TAG	8
#define QUOTE_MAX_ELEMENTS	(QUOTE_MAX_SIZE / QUOTE_ELEMENT_SIZE)
#define QUOTE_PATTERN_SIZE	8192	/* a last element is shorter than two others */

/* The finaliser of splitmix64: a bijection, every bit depends on every bit. */
static inline __u64 quote_mix64(__u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* @nonce: the first 8 bytes of REPORTDATA, big-endian */
static inline __u64 quote_element_tag(__u64 nonce, __u64 serial, __u32 index)
{
	return quote_mix64((nonce ^ serial) + index);
}

/* In memory order, least significant byte of a word first: TDX means x86. */
static inline void quote_make_pattern(__u64 pattern[QUOTE_PATTERN_SIZE / 8],
				      __u64 seed, __u64 epoch)
{
	__u64 state = seed ^ quote_mix64(epoch);
	__u32 i;

	for (i = 0; i < QUOTE_PATTERN_SIZE / 8; i++) {
		state += 0x9e3779b97f4a7c15ULL;
		pattern[i] = quote_mix64(state);
	}
}

#endif /* _TDX_QUOTE_FORMAT_H */
