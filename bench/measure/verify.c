// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes are verified where they are measured, one after the other, so it has
 * to be cheap: libcbor's streaming decoder points into the quote and copies
 * nothing, the bulk of a quote is compared at the speed of memory, and only
 * the thousand bytes that are protected are hashed.
 *
 * The encoding is deterministic, so a quote is read front to back in the one
 * order it can have. Functions return RIGHT, or what is wrong with the quote.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cbor.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "../../kernel/emu/quote_format.h"
#include "../../kernel/emu/tdx_emu_profile.h"
#include "measure/verify.h"

struct span {
	const uint8_t *data;
	size_t len;
};

struct opinion {
	enum quote_verdict verdict;
	const char *why;
};

#define RIGHT			((struct opinion){ QUOTE_RIGHT, NULL })
#define WRONG(what, why)	((struct opinion){ QUOTE_##what, why })

struct verifier {
	struct quote_key key;
	bool keyed;		/* all below is for @key */
	EVP_MAC_CTX *mac;	/* keyed; COSE_Mac0 */
	EVP_MD_CTX *sha;	/* COSE_Sign1 */
	EVP_PKEY_CTX *ec;	/* ready to verify; COSE_Sign1 */
	__u64 pattern[QUOTE_PATTERN_SIZE / 8];
	struct span chain[QUOTE_MAX_ELEMENTS];
};

/* --- reading CBOR --- */

enum item_type {
	ITEM_OTHER, ITEM_UINT, ITEM_NEGINT, ITEM_BYTES, ITEM_TEXT, ITEM_ARRAY, ITEM_MAP, ITEM_BOOL,
};

/* @value: the number, the count, or the length of @data */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	enum item_type type;
	uint64_t value;
	const uint8_t *data;
};

static void item(void *reader, enum item_type type, uint64_t value, const uint8_t *data)
{
	struct reader *r = reader;

	r->type = type;
	r->value = value;
	r->data = data;
}

#define INT_CALLBACKS(name, type, bits)						\
	static void name##bits(void *r, uint##bits##_t v) { item(r, type, v, NULL); }
#define INTS_CALLBACKS(name, type)						\
	INT_CALLBACKS(name, type, 8)						\
	INT_CALLBACKS(name, type, 16)						\
	INT_CALLBACKS(name, type, 32)						\
	INT_CALLBACKS(name, type, 64)

INTS_CALLBACKS(on_uint, ITEM_UINT)
INTS_CALLBACKS(on_negint, ITEM_NEGINT)

static void on_bytes(void *r, cbor_data data, size_t len) { item(r, ITEM_BYTES, len, data); }
static void on_text(void *r, cbor_data data, size_t len) { item(r, ITEM_TEXT, len, data); }
static void on_array(void *r, size_t n) { item(r, ITEM_ARRAY, n, NULL); }
static void on_map(void *r, size_t n) { item(r, ITEM_MAP, n, NULL); }
static void on_tag(void *r, uint64_t v) { item(r, ITEM_OTHER, v, NULL); }
static void on_bool(void *r, bool v) { item(r, ITEM_BOOL, v, NULL); }
static void on_other(void *r) { item(r, ITEM_OTHER, 0, NULL); }
static void on_half(void *r, float v) { item(r, ITEM_OTHER, v != 0, NULL); }
static void on_double(void *r, double v) { item(r, ITEM_OTHER, v != 0, NULL); }

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8, .uint16 = on_uint16, .uint32 = on_uint32, .uint64 = on_uint64,
	.negint8 = on_negint8, .negint16 = on_negint16,
	.negint32 = on_negint32, .negint64 = on_negint64,
	.byte_string = on_bytes, .byte_string_start = on_other,
	.string = on_text, .string_start = on_other,
	.array_start = on_array, .indef_array_start = on_other,
	.map_start = on_map, .indef_map_start = on_other,
	.tag = on_tag, .boolean = on_bool, .null = on_other, .undefined = on_other,
	.float2 = on_half, .float4 = on_half, .float8 = on_double,
	.indef_break = on_other,
};

static struct reader reader_of(const struct span *span)
{
	return (struct reader){ .at = span->data, .end = span->data + span->len };
}

static bool next_any(struct reader *r)
{
	struct cbor_decoder_result result;

	result = cbor_stream_decode(r->at, r->end - r->at, &callbacks, r);
	r->at += result.read;
	return result.status == CBOR_DECODER_FINISHED;
}

static bool next(struct reader *r, enum item_type type)
{
	return next_any(r) && r->type == type;
}

static bool next_is(struct reader *r, enum item_type type, uint64_t value)
{
	return next(r, type) && r->value == value;
}

static bool next_bytes(struct reader *r, const void *expect, size_t len)
{
	return next_is(r, ITEM_BYTES, len) && !memcmp(r->data, expect, len);
}

/* By hand, for libcbor 0.8 takes the tags of COSE for errors. */
static bool next_tag(struct reader *r, uint8_t tag)
{
	uint8_t head[] = { 0xc0 | 24, tag }, *start = head;
	size_t len = sizeof(head);

	if (tag < 24) {
		head[1] |= 0xc0;
		start++;
		len--;
	}
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, start, len))
		return false;
	r->at += len;
	return true;
}

/* --- reading a quote --- */

/**
 * struct kind - what differs between COSE_Mac0 and COSE_Sign1
 * @tag:       of CBOR
 * @auth_len:  bytes of MAC or signature
 * @head:      of the structure that is protected, all before the payload
 * @protected: the protected header
 */
struct kind {
	uint8_t tag;
	size_t auth_len;
	struct span head;
	struct span protected;
};

/* [context, protected header, h'', payload], spelt out in CBOR */
#define HEAD_MAC0	"\x84\x64" QUOTE_CONTEXT_MAC0 "\x43" QUOTE_PROTECTED_MAC0 "\x40"
#define HEAD_SIGN1	"\x84\x6a" QUOTE_CONTEXT_SIGN1 "\x44" QUOTE_PROTECTED_SIGN1 "\x40"
#define SPAN(literal)	{ (const uint8_t *)(literal), sizeof(literal) - 1 }

static const struct kind kinds[] = {
	[TDX_EMU_TOKEN_MAC0] = { QUOTE_TAG_MAC0, QUOTE_MAC_SIZE, SPAN(HEAD_MAC0),
				 SPAN(QUOTE_PROTECTED_MAC0) },
	[TDX_EMU_TOKEN_SIGN1] = { QUOTE_TAG_SIGN1, QUOTE_SIGNATURE_SIZE, SPAN(HEAD_SIGN1),
				  SPAN(QUOTE_PROTECTED_SIGN1) },
};

/* @payload: the item, head and all, as it is protected */
struct parts {
	size_t elements;
	struct span payload;
	struct span claims;
	const uint8_t *auth;
	uint64_t serial;
};

static struct opinion read_chain(struct reader *r, struct verifier *v, struct parts *parts)
{
	size_t i;

	if (!next_is(r, ITEM_MAP, 1) || !next_is(r, ITEM_UINT, QUOTE_HEADER_X5CHAIN))
		return WRONG(DAMAGED, "unprotected header is not a certificate chain");
	if (!next(r, ITEM_ARRAY) || r->value < 2 || r->value > QUOTE_MAX_ELEMENTS)
		return WRONG(DAMAGED, "certificate chain is of impossible length");
	parts->elements = r->value;
	for (i = 0; i < parts->elements; i++) {
		if (!next(r, ITEM_BYTES))
			return WRONG(DAMAGED, "certificate chain is cut or mixed up");
		v->chain[i] = (struct span){ r->data, r->value };
	}
	return RIGHT;
}

static struct opinion read_quote(struct reader *r, struct verifier *v, struct parts *parts)
{
	const struct kind *kind = &kinds[v->key.token];
	struct opinion opinion;

	if (!next_tag(r, QUOTE_TAG_CWT))
		return WRONG(DAMAGED, "not a CBOR Web Token");
	if (!next_tag(r, kind->tag) || !next_is(r, ITEM_ARRAY, 4))
		return WRONG(DAMAGED, "not protected as the key's token says");
	if (!next_bytes(r, kind->protected.data, kind->protected.len))
		return WRONG(DAMAGED, "protected header names another algorithm");
	opinion = read_chain(r, v, parts);
	if (opinion.why)
		return opinion;

	parts->payload.data = r->at;
	if (!next(r, ITEM_BYTES))
		return WRONG(DAMAGED, "no payload behind the certificate chain");
	parts->payload.len = r->at - parts->payload.data;
	parts->claims = (struct span){ r->data, r->value };
	if (!next_is(r, ITEM_BYTES, kind->auth_len))
		return WRONG(DAMAGED, "no MAC or signature behind the payload");
	parts->auth = r->data;
	return r->at == r->end ? RIGHT : WRONG(DAMAGED, "bytes behind the end of the quote");
}

/* --- what the claims must say --- */

static bool claim(struct reader *r, enum quote_claim key, enum item_type type)
{
	bool found = key < 0 ? next_is(r, ITEM_NEGINT, -1 - (int64_t)key) :
			       next_is(r, ITEM_UINT, key);

	return found && next(r, type);
}

static bool claim_is(struct reader *r, enum quote_claim key, enum item_type type, uint64_t value)
{
	return claim(r, key, type) && r->value == value;
}

static bool claim_data(struct reader *r, enum quote_claim key, enum item_type type,
		       const void *data, size_t len)
{
	return claim_is(r, key, type, len) && !memcmp(r->data, data, len);
}

/* Of another TD or, if of this one, of another of its requests. */
static struct opinion check_caller(struct reader *r, const struct quote_expect *e, uint64_t *serial)
{
	uint8_t ueid[QUOTE_UEID_SIZE] = { QUOTE_UEID_RAND };
	bool nonce_is_right;

	if (!claim_data(r, QUOTE_CLAIM_ISS, ITEM_TEXT, QUOTE_ISSUER, strlen(QUOTE_ISSUER)))
		return WRONG(DAMAGED, "issuer is not the emulated module");
	if (!claim_is(r, QUOTE_CLAIM_CTI, ITEM_BYTES, QUOTE_CTI_SIZE))
		return WRONG(DAMAGED, "no serial number");
	memcpy(serial, r->data, sizeof(*serial));
	*serial = be64toh(*serial);
	if (!claim_is(r, QUOTE_CLAIM_NONCE, ITEM_BYTES, QUOTE_NONCE_SIZE))
		return WRONG(DAMAGED, "no nonce");
	nonce_is_right = !memcmp(r->data, e->nonce, QUOTE_NONCE_SIZE);
	memcpy(ueid + 1, e->mrtd, sizeof(ueid) - 1);
	if (!claim_data(r, QUOTE_CLAIM_UEID, ITEM_BYTES, ueid, sizeof(ueid)))
		return WRONG(WRONG_TD, "UEID is not the TD's");
	return nonce_is_right ? RIGHT : WRONG(WRONG_NONCE, "nonce is not the caller's");
}

static struct opinion check_module(struct reader *r, const struct quote_expect *e, size_t size)
{
	if (!claim_is(r, QUOTE_CLAIM_EMULATED, ITEM_BOOL, true))
		return WRONG(DAMAGED, "not marked as emulated");
	if (!claim_is(r, QUOTE_CLAIM_TDINFO, ITEM_BYTES, QUOTE_TDINFO_SIZE) ||
	    memcmp(r->data + QUOTE_TDINFO_MRTD, e->mrtd, QUOTE_MRTD_SIZE))
		return WRONG(WRONG_TD, "MRTD in TDINFO is not the TD's");
	if (!claim_is(r, QUOTE_CLAIM_TCB_INFO, ITEM_BYTES, QUOTE_TCB_INFO_SIZE))
		return WRONG(DAMAGED, "no TEE_TCB_INFO");
	if (!claim_is(r, QUOTE_CLAIM_EPOCH, ITEM_UINT, e->key->epoch))
		return WRONG(WRONG_KEY, "made with the key of another epoch");
	if (!claim_is(r, QUOTE_CLAIM_SEED, ITEM_UINT, e->key->seed))
		return WRONG(WRONG_KEY, "made from another seed");
	if (!claim_is(r, QUOTE_CLAIM_SIZE, ITEM_UINT, size))
		return WRONG(DAMAGED, "shorter or longer than it was made");
	return r->at == r->end ? RIGHT : WRONG(DAMAGED, "more claims than there should be");
}

static struct opinion check_claims(struct parts *parts, const struct quote_expect *e, size_t size)
{
	struct reader r = reader_of(&parts->claims);
	struct opinion opinion;

	if (!next_is(&r, ITEM_MAP, QUOTE_NR_CLAIMS))
		return WRONG(DAMAGED, "payload is not the claims");
	opinion = check_caller(&r, e, &parts->serial);
	return opinion.why ? opinion : check_module(&r, e, size);
}

/* The elements are not protected; their tags tie them to this quote, in this order. */
static struct opinion check_chain(const struct verifier *v, const struct parts *parts,
				  const uint8_t *nonce)
{
	uint64_t start;
	size_t i;

	memcpy(&start, nonce, sizeof(start));
	for (i = 0; i < parts->elements; i++) {
		const struct span *e = &v->chain[i];
		uint64_t tag = htobe64(quote_element_tag(be64toh(start), parts->serial, i));

		if (e->len < sizeof(tag) || e->len - sizeof(tag) > sizeof(v->pattern))
			return WRONG(DAMAGED, "certificate chain element of impossible size");
		if (memcmp(e->data, &tag, sizeof(tag)))
			return WRONG(DAMAGED, "certificate chain element of another quote");
		if (memcmp(e->data + sizeof(tag), v->pattern, e->len - sizeof(tag)))
			return WRONG(DAMAGED, "certificate chain element is damaged");
	}
	return RIGHT;
}

/* --- cryptography --- */

static struct opinion check_mac(struct verifier *v, const struct parts *parts)
{
	const struct span *head = &kinds[TDX_EMU_TOKEN_MAC0].head;
	uint8_t mac[QUOTE_MAC_SIZE];
	size_t len;

	if (!EVP_MAC_init(v->mac, NULL, 0, NULL) ||
	    !EVP_MAC_update(v->mac, head->data, head->len) ||
	    !EVP_MAC_update(v->mac, parts->payload.data, parts->payload.len) ||
	    !EVP_MAC_final(v->mac, mac, &len, sizeof(mac)))
		return WRONG(WRONG_KEY, "OpenSSL failed to compute the MAC");
	return memcmp(mac, parts->auth, sizeof(mac)) ? WRONG(WRONG_KEY, "MAC is wrong") : RIGHT;
}

/* OpenSSL wants r and s as an ASN.1 sequence. NULL when out of memory. */
static unsigned char *to_der(const uint8_t *signature, int *len)
{
	unsigned char *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, QUOTE_SIGNATURE_SIZE / 2, NULL);
	BIGNUM *s = BN_bin2bn(signature + QUOTE_SIGNATURE_SIZE / 2, QUOTE_SIGNATURE_SIZE / 2, NULL);

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		*len = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return der;
}

static struct opinion check_signature(struct verifier *v, const struct parts *parts)
{
	const struct span *head = &kinds[TDX_EMU_TOKEN_SIGN1].head;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned char *der;
	int len = 0, good;

	der = to_der(parts->auth, &len);
	if (!der || !EVP_DigestInit_ex2(v->sha, EVP_sha384(), NULL) ||
	    !EVP_DigestUpdate(v->sha, head->data, head->len) ||
	    !EVP_DigestUpdate(v->sha, parts->payload.data, parts->payload.len) ||
	    !EVP_DigestFinal_ex(v->sha, digest, NULL)) {
		OPENSSL_free(der);
		return WRONG(WRONG_KEY, "OpenSSL failed to check the signature");
	}
	good = EVP_PKEY_verify(v->ec, der, len, digest, QUOTE_MAC_SIZE);
	OPENSSL_free(der);
	return good == 1 ? RIGHT : WRONG(WRONG_KEY, "signature is wrong");
}

static bool init_mac(struct verifier *v)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA384", 0),
		OSSL_PARAM_END,
	};

	v->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	return v->mac && EVP_MAC_init(v->mac, v->key.key, v->key.len, params);
}

static bool init_signature(struct verifier *v)
{
	uint8_t point[1 + 96] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	bool good;

	memcpy(point + 1, v->key.key, sizeof(point) - 1);
	good = maker && EVP_PKEY_fromdata_init(maker) == 1 &&
	       EVP_PKEY_fromdata(maker, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;
	EVP_PKEY_CTX_free(maker);
	if (!good)
		return false;

	v->sha = EVP_MD_CTX_new();
	v->ec = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	EVP_PKEY_free(pkey);
	return v->sha && v->ec && EVP_PKEY_verify_init(v->ec) == 1;
}

/* --- the verifier --- */

static void drop_key(struct verifier *v)
{
	EVP_MAC_CTX_free(v->mac);
	EVP_MD_CTX_free(v->sha);
	EVP_PKEY_CTX_free(v->ec);
	v->mac = NULL;
	v->sha = NULL;
	v->ec = NULL;
	v->keyed = false;
}

static bool take_key(struct verifier *v, const struct quote_key *key)
{
	drop_key(v);
	v->key = *key;
	quote_make_pattern(v->pattern, key->seed, key->epoch);
	if (key->token == TDX_EMU_TOKEN_MAC0 && key->len == QUOTE_MAC_SIZE)
		v->keyed = init_mac(v);
	else if (key->token == TDX_EMU_TOKEN_SIGN1 && key->len == QUOTE_SIGNATURE_SIZE)
		v->keyed = init_signature(v);
	if (!v->keyed)
		drop_key(v);
	return v->keyed;
}

static bool has_key(const struct verifier *v, const struct quote_key *key)
{
	return v->keyed && v->key.epoch == key->epoch && v->key.seed == key->seed &&
	       v->key.token == key->token && v->key.len == key->len &&
	       !memcmp(v->key.key, key->key, v->key.len);
}

struct verifier *verifier_new(const struct quote_key *key)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (v && !take_key(v, key)) {
		free(v);
		return NULL;
	}
	return v;
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	drop_key(v);
	free(v);
}

static struct opinion verify(struct verifier *v, const struct span *quote,
			     const struct quote_expect *e, uint64_t *serial)
{
	struct reader r = reader_of(quote);
	struct parts parts = {};
	struct opinion opinion;

	if (!has_key(v, e->key) && !take_key(v, e->key))
		return WRONG(WRONG_KEY, "no key to verify with");
	opinion = read_quote(&r, v, &parts);
	if (!opinion.why)
		opinion = check_claims(&parts, e, quote->len);
	if (!opinion.why)
		opinion = check_chain(v, &parts, e->nonce);
	if (!opinion.why)
		opinion = v->key.token == TDX_EMU_TOKEN_MAC0 ? check_mac(v, &parts) :
							       check_signature(v, &parts);
	*serial = parts.serial;
	return opinion;
}

enum quote_verdict quote_verify(struct verifier *v, const uint8_t *quote, size_t len,
				const struct quote_expect *e, uint64_t *serial, const char **why)
{
	struct opinion opinion = verify(v, &(struct span){ quote, len }, e, serial);

	if (opinion.why)
		*why = opinion.why;
	return opinion.verdict;
}

int quote_epoch(struct verifier *v, const uint8_t *quote, size_t len, uint64_t *epoch)
{
	struct reader r = reader_of(&(struct span){ quote, len });
	struct parts parts = {};
	unsigned int i;
	bool found;

	if (read_quote(&r, v, &parts).why)
		return -1;

	/* Each claim is two items of CBOR: its key and its value. */
	r = reader_of(&parts.claims);
	if (!next_is(&r, ITEM_MAP, QUOTE_NR_CLAIMS))
		return -1;
	for (i = 0; i < QUOTE_NR_CLAIMS; i++) {
		found = next_is(&r, ITEM_NEGINT, -1 - (int64_t)QUOTE_CLAIM_EPOCH);
		if (!next_any(&r))
			return -1;
		if (found) {
			*epoch = r.value;
			return r.type == ITEM_UINT ? 0 : -1;
		}
	}
	return -1;
}
