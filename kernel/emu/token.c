// SPDX-License-Identifier: GPL-2.0
/*
 * Writes quotes: CBOR Web Tokens under COSE_Mac0 or COSE_Sign1, laid out as
 * quote_format.h says. What is protected is built in the scratch page, where it
 * can be hashed in one piece; the rest goes straight to the output pages.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "emu.h"

#define SCRATCH_SIZE		4096
#define REPORT_TCB_INFO		256	/* offsets in a TDREPORT */
#define REPORT_DATA		128
#define REPORT_TDINFO		512

/* --- CBOR --- */

enum cbor_major {
	CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG,
};

#define CBOR_TRUE		0xf5
#define CBOR_LEN16		25	/* two bytes of length follow */

struct cbor {
	u8 *buf;
	u32 size;
	u32 len;
};

/* All that is written here is of known size, so too little room is a bug. */
static void cbor_put(struct cbor *c, const void *data, u32 len)
{
	if (WARN_ON_ONCE(len > c->size - c->len))
		return;
	memcpy(c->buf + c->len, data, len);
	c->len += len;
}

static void cbor_head(struct cbor *c, enum cbor_major major, u64 value)
{
	u8 head[9];
	u32 len;

	put_unaligned_be64(value, head + 1);
	if (value < 24)
		len = 0;
	else if (value <= U8_MAX)
		len = 1;
	else if (value <= U16_MAX)
		len = 2;
	else if (value <= U32_MAX)
		len = 4;
	else
		len = 8;
	head[8 - len] = major << 5 | (len ? 24 + ilog2(len) : value);
	cbor_put(c, head + 8 - len, 1 + len);
}

static void cbor_bytes(struct cbor *c, const void *data, u32 len)
{
	cbor_head(c, CBOR_BYTES, len);
	cbor_put(c, data, len);
}

static void cbor_text(struct cbor *c, const char *text)
{
	cbor_head(c, CBOR_TEXT, strlen(text));
	cbor_put(c, text, strlen(text));
}

static void cbor_key(struct cbor *c, enum quote_claim key)
{
	if (key < 0)
		cbor_head(c, CBOR_NEGATIVE, -1 - key);
	else
		cbor_head(c, CBOR_UINT, key);
}

static void claim_text(struct cbor *c, enum quote_claim key, const char *text)
{
	cbor_key(c, key);
	cbor_text(c, text);
}

static void claim_bytes(struct cbor *c, enum quote_claim key, const void *data, u32 len)
{
	cbor_key(c, key);
	cbor_bytes(c, data, len);
}

static void claim_uint(struct cbor *c, enum quote_claim key, u64 value)
{
	cbor_key(c, key);
	cbor_head(c, CBOR_UINT, value);
}

static void claim_true(struct cbor *c, enum quote_claim key)
{
	cbor_key(c, key);
	cbor_put(c, &(u8){ CBOR_TRUE }, 1);
}

/* --- the key of an epoch --- */

/* Two, so that quotes of one epoch can be finished while the next one's key is made. */
static u64 patterns[2][QUOTE_PATTERN_SIZE / 8];

int emu_key_make(struct emu_key *key, u64 seed, u64 epoch, u32 token)
{
	u64 *pattern = patterns[epoch % 2];
	int err;

	memset(key, 0, sizeof(*key));
	key->epoch = epoch;
	key->seed = seed;
	key->token = token;
	quote_make_pattern(pattern, seed, epoch);
	key->pattern = pattern;

	if (token == TDX_EMU_TOKEN_MAC0) {
		err = emu_derive("quote MAC", seed, epoch, key->mac);
		return err ?: emu_hmac_key(&key->hmac, EMU_SHA384, key->mac, sizeof(key->mac));
	}
	err = emu_derive("quote P-384", seed, epoch, key->priv);
	return err ?: emu_p384_public(key->priv, key->pub);
}

/* --- one quote --- */

/* What differs between COSE_Mac0 and COSE_Sign1. */
struct token_kind {
	const char *context;
	const char *protected;
	u32 tag;
	u32 auth_size;
	int (*protect)(const struct emu_key *key, const void *data, u32 len, u8 *auth);
};

static int token_mac(const struct emu_key *key, const void *data, u32 len, u8 *auth)
{
	return emu_hmac(&key->hmac, data, len, auth);
}

static int token_sign(const struct emu_key *key, const void *data, u32 len, u8 *auth)
{
	u8 digest[EMU_SHA384_SIZE];
	int err;

	err = emu_sha384(data, len, digest);
	return err ?: emu_p384_sign(key->priv, digest, auth);
}

static const struct token_kind token_kinds[] = {
	[TDX_EMU_TOKEN_MAC0] = { QUOTE_CONTEXT_MAC0, QUOTE_PROTECTED_MAC0,
				 QUOTE_TAG_MAC0, QUOTE_MAC_SIZE, token_mac },
	[TDX_EMU_TOKEN_SIGN1] = { QUOTE_CONTEXT_SIGN1, QUOTE_PROTECTED_SIGN1,
				  QUOTE_TAG_SIGN1, QUOTE_SIGNATURE_SIZE, token_sign },
};

/**
 * struct token - a quote in the making
 * @key:     of the current epoch
 * @report:  the TDREPORT that was checked
 * @serial:  number of the quote
 * @size:    bytes it will have
 * @tbp:     to be protected: Mac_structure or Sig_structure
 * @payload: offset in it of its last item, which is the quote's payload too
 */
struct token {
	const struct emu_key *key;
	const u8 *report;
	u64 serial;
	u32 size;
	struct cbor tbp;
	u32 payload;
};

static void put_claims(struct cbor *c, const struct token *t)
{
	const u8 *tdinfo = t->report + REPORT_TDINFO;
	u8 ueid[QUOTE_UEID_SIZE] = { QUOTE_UEID_RAND };
	u8 cti[QUOTE_CTI_SIZE];

	memcpy(ueid + 1, tdinfo + QUOTE_TDINFO_MRTD, sizeof(ueid) - 1);
	put_unaligned_be64(t->serial, cti);

	cbor_head(c, CBOR_MAP, QUOTE_NR_CLAIMS);
	claim_text(c, QUOTE_CLAIM_ISS, QUOTE_ISSUER);
	claim_bytes(c, QUOTE_CLAIM_CTI, cti, sizeof(cti));
	claim_bytes(c, QUOTE_CLAIM_NONCE, t->report + REPORT_DATA, QUOTE_NONCE_SIZE);
	claim_bytes(c, QUOTE_CLAIM_UEID, ueid, sizeof(ueid));
	claim_true(c, QUOTE_CLAIM_EMULATED);
	claim_bytes(c, QUOTE_CLAIM_TDINFO, tdinfo, QUOTE_TDINFO_SIZE);
	claim_bytes(c, QUOTE_CLAIM_TCB_INFO, t->report + REPORT_TCB_INFO, QUOTE_TCB_INFO_SIZE);
	claim_uint(c, QUOTE_CLAIM_EPOCH, t->key->epoch);
	claim_uint(c, QUOTE_CLAIM_SEED, t->key->seed);
	claim_uint(c, QUOTE_CLAIM_SIZE, t->size);
}

/* [context, protected header, h'', payload] */
static void build_tbp(struct token *t, const struct token_kind *kind, u8 *scratch)
{
	struct cbor claims = { .buf = scratch + SCRATCH_SIZE / 2, .size = SCRATCH_SIZE / 2 };

	put_claims(&claims, t);
	t->tbp = (struct cbor){ .buf = scratch, .size = SCRATCH_SIZE / 2 };
	cbor_head(&t->tbp, CBOR_ARRAY, 4);
	cbor_text(&t->tbp, kind->context);
	cbor_bytes(&t->tbp, kind->protected, strlen(kind->protected));
	cbor_bytes(&t->tbp, "", 0);
	t->payload = t->tbp.len;
	cbor_bytes(&t->tbp, claims.buf, claims.len);
}

/* @count elements in @room bytes */
static int write_chain(const struct token *t, u32 count, u32 room, struct emu_out *out)
{
	u64 nonce = get_unaligned_be64(t->report + REPORT_DATA);
	u32 size = min_t(u32, QUOTE_ELEMENT_SIZE, room / count);
	u8 head[QUOTE_ELEMENT_HEAD + QUOTE_ELEMENT_TAG];
	u32 i;
	int err;

	head[0] = CBOR_BYTES << 5 | CBOR_LEN16;
	for (i = 0; i < count; i++) {
		if (i == count - 1)
			size = room;
		room -= size;
		put_unaligned_be16(size - QUOTE_ELEMENT_HEAD, head + 1);
		put_unaligned_be64(quote_element_tag(nonce, t->serial, i),
				   head + QUOTE_ELEMENT_HEAD);
		err = emu_out_write(out, head, sizeof(head));
		if (!err)
			err = emu_out_write(out, t->key->pattern, size - sizeof(head));
		if (err)
			return err;
	}
	return 0;
}

static int write_token(const struct token *t, const struct token_kind *kind,
		       const u8 *auth_data, struct emu_out *out)
{
	u8 head_buf[32], auth_buf[2 + QUOTE_SIGNATURE_SIZE];
	struct cbor head = { .buf = head_buf, .size = sizeof(head_buf) };
	struct cbor auth = { .buf = auth_buf, .size = sizeof(auth_buf) };
	u32 payload_len = t->tbp.len - t->payload;
	u32 room, count;
	int err;

	cbor_bytes(&auth, auth_data, kind->auth_size);
	cbor_head(&head, CBOR_TAG, QUOTE_TAG_CWT);
	cbor_head(&head, CBOR_TAG, kind->tag);
	cbor_head(&head, CBOR_ARRAY, 4);
	cbor_bytes(&head, kind->protected, strlen(kind->protected));
	cbor_head(&head, CBOR_MAP, 1);
	cbor_head(&head, CBOR_UINT, QUOTE_HEADER_X5CHAIN);

	room = t->size - head.len - payload_len - auth.len;
	count = max_t(u32, 2, room / QUOTE_ELEMENT_SIZE);
	room += head.len;
	cbor_head(&head, CBOR_ARRAY, count);
	room -= head.len;

	err = emu_out_write(out, head.buf, head.len);
	if (!err)
		err = write_chain(t, count, room, out);
	if (!err)
		err = emu_out_write(out, t->tbp.buf + t->payload, payload_len);
	if (!err)
		err = emu_out_write(out, auth.buf, auth.len);
	return err;
}

int emu_token_write(const struct emu_key *key, const u8 report[EMU_REPORT_SIZE],
		    u64 serial, u32 size, struct emu_out *out, u8 *scratch)
{
	const struct token_kind *kind = &token_kinds[key->token];
	struct token t = { .key = key, .report = report, .serial = serial, .size = size };
	u8 auth[QUOTE_SIGNATURE_SIZE];
	int err;

	if (size < QUOTE_MIN_SIZE || size > QUOTE_MAX_SIZE)
		return -EINVAL;
	if (size > out->room)
		return -ENOSPC;
	build_tbp(&t, kind, scratch);
	err = kind->protect(key, t.tbp.buf, t.tbp.len, auth);
	return err ?: write_token(&t, kind, auth, out);
}
