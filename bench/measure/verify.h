/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verifies quotes of the software TDX module: that they are whole, made for
 * this caller and this TD under the key in force, and protected by it.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct quote_key - what verifies the quotes of one key epoch
 * @epoch: of the key
 * @seed:  of the module's profile
 * @token: enum tdx_emu_token
 * @len:   bytes of @key
 * @key:   HMAC-SHA-384 key (48 bytes), or P-384 X and Y (96 bytes, big-endian)
 */
struct quote_key {
	uint64_t epoch;
	uint64_t seed;
	uint32_t token;
	uint32_t len;
	uint8_t key[96];
};

/* What is wrong with a quote, by where to look for the cause. */
enum quote_verdict {
	QUOTE_RIGHT,
	QUOTE_DAMAGED,		/* cut off, torn, or no quote at all */
	QUOTE_WRONG_TD,		/* made for another TD */
	QUOTE_WRONG_NONCE,	/* made for another request of this TD */
	QUOTE_WRONG_KEY,	/* not protected, or not by the expected key */
	QUOTE_NR_VERDICTS,
};

/**
 * struct quote_expect - what a quote must say
 * @nonce: the caller's 64 bytes of report data
 * @mrtd:  48 bytes, the TD's measurement
 * @key:   the key in force
 */
struct quote_expect {
	const uint8_t *nonce;
	const uint8_t *mrtd;
	const struct quote_key *key;
};

/* Holds all that verifying needs, for one thread. */
struct verifier;

/* NULL when out of memory or when the key is none. */
struct verifier *verifier_new(const struct quote_key *key);
void verifier_free(struct verifier *v);

/*
 * quote_verify - check everything about one quote
 * @serial: out, the module's number of this quote
 * @why:    out, a static string, when the quote is rejected
 *
 * Another key than last time costs some 35,000 instructions, once.
 *
 * Return: QUOTE_RIGHT, which is 0, or what is wrong.
 */
enum quote_verdict quote_verify(struct verifier *v, const uint8_t *quote, size_t len,
				const struct quote_expect *e, uint64_t *serial, const char **why);

/*
 * The key epoch that a quote names; believe it once quote_verify() accepts the
 * quote under the key of that epoch. 0, or -1 when it names none.
 */
int quote_epoch(struct verifier *v, const uint8_t *quote, size_t len, uint64_t *epoch);

#endif /* VERIFY_H */
