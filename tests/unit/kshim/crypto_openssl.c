// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/emu/hash.c and ecdsa.c by OpenSSL. Same results to the byte: ECDSA nonces are
 * those of RFC 6979 here too.
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include "emu/emu.h"

static EC_GROUP *p384;
static const BIGNUM *order;

/* --- hashes --- */

int emu_hash_init(void)
{
	return 0;
}

void emu_hash_exit(void)
{
}

int emu_sha384(const void *data, size_t len, u8 out[EMU_SHA384_SIZE])
{
	return SHA384(data, len, out) ? 0 : -EIO;
}

/* The prepared key is simply the key: inner holds it, outer[0] its length. */
int emu_hmac_key(struct emu_hmac *hmac, enum emu_hash hash, const u8 *key, size_t len)
{
	if (len > 64)
		return -EINVAL;
	hmac->hash = hash;
	hmac->outer[0] = len;
	memcpy(hmac->inner, key, len);
	return 0;
}

int emu_hmac(const struct emu_hmac *hmac, const void *data, size_t len, u8 *out)
{
	const EVP_MD *md = hmac->hash == EMU_SHA256 ? EVP_sha256() : EVP_sha384();
	u8 mac[EVP_MAX_MD_SIZE];

	if (!HMAC(md, hmac->inner, hmac->outer[0], data, len, mac, NULL))
		return -EIO;
	memcpy(out, mac, EVP_MD_get_size(md));
	return 0;
}

/* --- P-384 --- */

/* Kept from one power-on to the next, for making it takes long. */
void emu_p384_init(void)
{
	if (!p384)
		p384 = EC_GROUP_new_by_curve_name(NID_secp384r1);
	if (!p384)
		abort();
	order = EC_GROUP_get0_order(p384);
}

static bool is_scalar(const BIGNUM *n)
{
	return !BN_is_zero(n) && BN_cmp(n, order) < 0;
}

/* x and y of k G; @y may be NULL */
static bool mult_base(const BIGNUM *k, BIGNUM *x, BIGNUM *y, BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(p384);
	bool good = point && EC_POINT_mul(p384, point, k, NULL, NULL, ctx) &&
		    EC_POINT_get_affine_coordinates(p384, point, x, y, ctx);

	EC_POINT_free(point);
	return good;
}

int emu_p384_public(const u8 priv[EMU_P384_SIZE], u8 pub[2 * EMU_P384_SIZE])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *d = BN_bin2bn(priv, EMU_P384_SIZE, NULL), *x = BN_new(), *y = BN_new();
	int err = -EINVAL;

	if (is_scalar(d) && mult_base(d, x, y, ctx)) {
		BN_bn2binpad(x, pub, EMU_P384_SIZE);
		BN_bn2binpad(y, pub + EMU_P384_SIZE, EMU_P384_SIZE);
		err = 0;
	}
	BN_free(d);
	BN_free(x);
	BN_free(y);
	BN_CTX_free(ctx);
	return err;
}

/* K = HMAC(K, V || message[48...]), V = HMAC(K, V); @message begins with V */
static void nonce_round(u8 *k, u8 *message, size_t len)
{
	struct emu_hmac key;

	emu_hmac_key(&key, EMU_SHA384, k, EMU_SHA384_SIZE);
	emu_hmac(&key, message, len, k);
	emu_hmac_key(&key, EMU_SHA384, k, EMU_SHA384_SIZE);
	emu_hmac(&key, message, EMU_SHA384_SIZE, message);
}

/* RFC 6979, 3.2. That the first candidate is none happens once in 2^190 times. */
static BIGNUM *make_nonce(const u8 *priv, const BIGNUM *e)
{
	u8 k[EMU_SHA384_SIZE] = {}, message[EMU_SHA384_SIZE + 1 + 2 * EMU_P384_SIZE];
	struct emu_hmac key;

	memset(message, 0x01, EMU_SHA384_SIZE);
	message[EMU_SHA384_SIZE] = 0x00;
	memcpy(message + EMU_SHA384_SIZE + 1, priv, EMU_P384_SIZE);
	BN_bn2binpad(e, message + EMU_SHA384_SIZE + 1 + EMU_P384_SIZE, EMU_P384_SIZE);
	nonce_round(k, message, sizeof(message));
	message[EMU_SHA384_SIZE] = 0x01;
	nonce_round(k, message, sizeof(message));
	emu_hmac_key(&key, EMU_SHA384, k, sizeof(k));
	emu_hmac(&key, message, EMU_SHA384_SIZE, message);
	return BN_bin2bn(message, EMU_SHA384_SIZE, NULL);
}

int emu_p384_sign(const u8 priv[EMU_P384_SIZE], const u8 digest[EMU_SHA384_SIZE],
		  u8 sig[2 * EMU_P384_SIZE])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *d = BN_bin2bn(priv, EMU_P384_SIZE, NULL);
	BIGNUM *e = BN_bin2bn(digest, EMU_SHA384_SIZE, NULL);
	BIGNUM *r = BN_new(), *s = BN_new(), *k;
	int err = -EIO;

	BN_nnmod(e, e, order, ctx);
	k = make_nonce(priv, e);
	if (mult_base(k, r, NULL, ctx) && BN_nnmod(r, r, order, ctx) &&
	    BN_mod_mul(s, r, d, order, ctx) && BN_mod_add(s, s, e, order, ctx) &&
	    BN_mod_inverse(k, k, order, ctx) && BN_mod_mul(s, s, k, order, ctx)) {
		BN_bn2binpad(r, sig, EMU_P384_SIZE);
		BN_bn2binpad(s, sig + EMU_P384_SIZE, EMU_P384_SIZE);
		err = 0;
	}
	BN_free(d);
	BN_free(e);
	BN_free(r);
	BN_free(s);
	BN_free(k);
	BN_CTX_free(ctx);
	return err;
}
