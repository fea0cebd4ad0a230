// SPDX-License-Identifier: GPL-2.0
/*
 * SHA-256, SHA-384 and HMAC by the kernel's library functions, which work from
 * the first initcall on, with preemption off, and allocate nothing. Stands in
 * for the lab's emu/hash.c in a Linux tree.
 */
#include <crypto/sha2.h>
#include <linux/build_bug.h>
#include <linux/errno.h>

#include "emu.h"

/* A prepared key of the library is both states in one. */
union prepared_key {
	struct hmac_sha256_key sha256;
	struct hmac_sha384_key sha384;
};

static_assert(sizeof(union prepared_key) <= EMU_HASH_STATE);
static_assert(__alignof__(union prepared_key) <= EMU_HASH_ALIGN);

int emu_hash_init(void)
{
	return 0;
}

void emu_hash_exit(void)
{
}

int emu_sha384(const void *data, size_t len, u8 out[EMU_SHA384_SIZE])
{
	sha384(data, len, out);
	return 0;
}

int emu_hmac_key(struct emu_hmac *hmac, enum emu_hash hash, const u8 *key, size_t len)
{
	union prepared_key *prepared = (union prepared_key *)hmac->inner;

	if (len > 64)
		return -EINVAL;
	hmac->hash = hash;
	if (hash == EMU_SHA256)
		hmac_sha256_preparekey(&prepared->sha256, key, len);
	else
		hmac_sha384_preparekey(&prepared->sha384, key, len);
	return 0;
}

int emu_hmac(const struct emu_hmac *hmac, const void *data, size_t len, u8 *out)
{
	const union prepared_key *prepared = (const union prepared_key *)hmac->inner;

	if (hmac->hash == EMU_SHA256)
		hmac_sha256(&prepared->sha256, data, len, out);
	else
		hmac_sha384(&prepared->sha384, data, len, out);
	return 0;
}
