// SPDX-License-Identifier: GPL-2.0
/*
 * ECDSA P-384 for the software TDX module, by what the kernel's ECC exports.
 * Runs with preemption off on any number of CPUs: nothing shared is written
 * behind emu_p384_init().
 */
#include <linux/errno.h>
#include <linux/math.h>		/* ecc.h wants it */
#include <linux/string.h>
#include <linux/unaligned.h>
#include <crypto/ecdh.h>
#include <crypto/internal/ecc.h>

#include "emu.h"

#define DIGITS		ECC_CURVE_NIST_P384_DIGITS

static const struct ecc_curve *p384;

/* 2^192 G: lets a multiple of G be found in half the doublings, see mult_base(). */
static u64 upper_x[DIGITS], upper_y[DIGITS];
static const struct ecc_point upper = { .x = upper_x, .y = upper_y, .ndigits = DIGITS };

static void from_bytes(u64 *digits, const u8 *bytes)
{
	ecc_digits_from_bytes(bytes, EMU_P384_SIZE, digits, DIGITS);
}

static void to_bytes(u8 *bytes, const u64 *digits)
{
	int i;

	for (i = 0; i < DIGITS; i++)
		put_unaligned_be64(digits[DIGITS - 1 - i], bytes + 8 * i);
}

/* @scalar < 2^384, not 0. Both halves at once: Shamir's trick. */
static void mult_base(u64 *x, u64 *y, const u64 *scalar)
{
	struct ecc_point result = { .x = x, .y = y, .ndigits = DIGITS };
	u64 low[DIGITS] = {}, high[DIGITS] = {};

	memcpy(low, scalar, sizeof(low) / 2);
	memcpy(high, scalar + DIGITS / 2, sizeof(high) / 2);
	ecc_point_mult_shamir(&result, low, &p384->g, high, &upper, p384);
}

void emu_p384_init(void)
{
	static const u64 two_to_192[DIGITS] = { [DIGITS / 2] = 1 }, zero[DIGITS];

	p384 = ecc_get_curve(ECC_CURVE_NIST_P384);
	ecc_point_mult_shamir(&upper, two_to_192, &p384->g, zero, &p384->g, p384);
}

static bool is_scalar(const u64 *digits)
{
	return !vli_is_zero(digits, DIGITS) && vli_cmp(digits, p384->n, DIGITS) < 0;
}

/* n is so close to 2^384 that subtracting it once is enough. */
static void reduce(u64 *digits)
{
	if (vli_cmp(digits, p384->n, DIGITS) >= 0)
		vli_sub(digits, digits, p384->n, DIGITS);
}

/* a + b mod n. The library exports subtraction only: a - (n - b). */
static void add_mod_n(u64 *sum, const u64 *a, const u64 *b)
{
	static const u64 zero[DIGITS];
	u64 minus_b[DIGITS], minus_n[DIGITS];

	vli_sub(minus_b, p384->n, b, DIGITS);
	if (vli_sub(sum, a, minus_b, DIGITS)) {
		vli_sub(minus_n, zero, p384->n, DIGITS);
		vli_sub(sum, sum, minus_n, DIGITS);
	}
}

int emu_p384_public(const u8 priv[EMU_P384_SIZE], u8 pub[2 * EMU_P384_SIZE])
{
	u64 d[DIGITS], x[DIGITS], y[DIGITS];

	from_bytes(d, priv);
	if (!is_scalar(d))
		return -EINVAL;
	mult_base(x, y, d);
	to_bytes(pub, x);
	to_bytes(pub + EMU_P384_SIZE, y);
	return 0;
}

/*
 * The nonce of RFC 6979, 3.2: K is a HMAC key, V what the generator last put
 * out; behind V is what K absorbs with it.
 */
struct nonce_rng {
	struct emu_hmac k;
	struct {
		u8 v[EMU_SHA384_SIZE];
		u8 marker;
		u8 seed[EMU_P384_SIZE + EMU_SHA384_SIZE];
	} msg;
};

/* V = HMAC(K, V) */
static int rng_step(struct nonce_rng *rng)
{
	return emu_hmac(&rng->k, rng->msg.v, sizeof(rng->msg.v), rng->msg.v);
}

/* K = HMAC(K, V || marker [|| seed]), then a step */
static int rng_absorb(struct nonce_rng *rng, u8 marker, size_t len)
{
	u8 k[EMU_SHA384_SIZE];
	int err;

	rng->msg.marker = marker;
	err = emu_hmac(&rng->k, &rng->msg, len, k);
	if (!err)
		err = emu_hmac_key(&rng->k, EMU_SHA384, k, sizeof(k));
	return err ?: rng_step(rng);
}

/* @e: the digest as a number mod n */
static int make_nonce(const u8 *priv, const u64 *e, u64 *nonce)
{
	static const u8 zero[EMU_SHA384_SIZE];
	struct nonce_rng rng;
	int err;

	memset(rng.msg.v, 0x01, sizeof(rng.msg.v));
	memcpy(rng.msg.seed, priv, EMU_P384_SIZE);
	to_bytes(rng.msg.seed + EMU_P384_SIZE, e);
	err = emu_hmac_key(&rng.k, EMU_SHA384, zero, sizeof(zero));
	if (!err)
		err = rng_absorb(&rng, 0x00, sizeof(rng.msg));
	if (!err)
		err = rng_absorb(&rng, 0x01, sizeof(rng.msg));
	if (!err)
		err = rng_step(&rng);
	from_bytes(nonce, rng.msg.v);
	while (!err && !is_scalar(nonce)) {
		err = rng_absorb(&rng, 0x00, offsetof(typeof(rng.msg), seed));
		if (!err)
			err = rng_step(&rng);
		from_bytes(nonce, rng.msg.v);
	}
	memzero_explicit(&rng, sizeof(rng));
	return err;
}

/* r = (k G).x mod n, s = (e + r d) / k mod n */
int emu_p384_sign(const u8 priv[EMU_P384_SIZE], const u8 digest[EMU_SHA384_SIZE],
		  u8 sig[2 * EMU_P384_SIZE])
{
	u64 d[DIGITS], e[DIGITS], k[DIGITS], r[DIGITS], s[DIGITS], y[DIGITS];
	int err;

	from_bytes(d, priv);
	from_bytes(e, digest);
	reduce(e);
	err = make_nonce(priv, e, k);
	if (err)
		return err;

	mult_base(r, y, k);
	reduce(r);
	vli_mod_mult_slow(s, r, d, p384->n, DIGITS);
	add_mod_n(s, s, e);
	vli_mod_inv(k, k, p384->n, DIGITS);
	vli_mod_mult_slow(s, s, k, p384->n, DIGITS);
	if (vli_is_zero(r, DIGITS) || vli_is_zero(s, DIGITS))
		return -EAGAIN;		/* never seen by anyone */
	to_bytes(sig, r);
	to_bytes(sig + EMU_P384_SIZE, s);
	return 0;
}
