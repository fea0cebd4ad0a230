// SPDX-License-Identifier: GPL-2.0
/*
 * SHA-256, SHA-384 and HMAC by the kernel's crypto_shash. SEAMCALLs run with
 * preemption off on any number of CPUs, so whatever allocates or sleeps is done
 * in emu_hash_init(); afterwards nothing shared is written.
 */
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "emu.h"

static struct crypto_shash *hashes[2];	/* by enum emu_hash */

static int open_hash(enum emu_hash hash, const char *name)
{
	struct crypto_shash *tfm = crypto_alloc_shash(name, 0, 0);

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	hashes[hash] = tfm;
	return crypto_shash_statesize(tfm) > EMU_HASH_STATE ? -EOVERFLOW : 0;
}

int emu_sha384(const void *data, size_t len, u8 out[EMU_SHA384_SIZE])
{
	return crypto_shash_tfm_digest(hashes[EMU_SHA384], data, len, out);
}

/* State of the hash behind one block: the key, padded, with each byte xor @pad. */
static int pad_state(struct crypto_shash *tfm, const u8 *key, size_t len, u8 pad, u8 *state)
{
	SHASH_DESC_ON_STACK(desc, tfm);
	u8 block[128] = {};
	u32 size = crypto_shash_blocksize(tfm);
	u32 i;
	int err;

	memcpy(block, key, len);
	for (i = 0; i < size; i++)
		block[i] ^= pad;
	desc->tfm = tfm;
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, block, size);
	if (!err)
		err = crypto_shash_export(desc, state);
	return err;
}

int emu_hmac_key(struct emu_hmac *hmac, enum emu_hash hash, const u8 *key, size_t len)
{
	int err;

	if (len > 64)
		return -EINVAL;
	hmac->hash = hash;
	err = pad_state(hashes[hash], key, len, 0x36, hmac->inner);
	return err ?: pad_state(hashes[hash], key, len, 0x5c, hmac->outer);
}

int emu_hmac(const struct emu_hmac *hmac, const void *data, size_t len, u8 *out)
{
	struct crypto_shash *tfm = hashes[hmac->hash];
	u8 digest[EMU_SHA384_SIZE];
	SHASH_DESC_ON_STACK(desc, tfm);
	int err;

	desc->tfm = tfm;
	err = crypto_shash_import(desc, hmac->inner);
	if (!err)
		err = crypto_shash_finup(desc, data, len, digest);
	if (!err)
		err = crypto_shash_import(desc, hmac->outer);
	if (!err)
		err = crypto_shash_finup(desc, digest, crypto_shash_digestsize(tfm), out);
	return err;
}

int emu_hash_init(void)
{
	int err;

	err = open_hash(EMU_SHA256, "sha256");
	if (!err)
		err = open_hash(EMU_SHA384, "sha384");
	if (err)
		emu_hash_exit();
	return err;
}

void emu_hash_exit(void)
{
	enum emu_hash hash;

	for (hash = EMU_SHA256; hash <= EMU_SHA384; hash++) {
		crypto_free_shash(hashes[hash]);
		hashes[hash] = NULL;
	}
}
