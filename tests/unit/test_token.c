// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes from writer to verifier: whatever token.c makes is accepted for the
 * caller it was made for, and nothing else is. Every quote is verified in a
 * buffer of exactly its size, so the address sanitizer sees a read beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "emu/emu.h"
#include "tdx_abi.h"
#include "measure/verify.h"

#define SEED	7

/* A caller, its TD, the key in force, and a verifier that knows them. */
struct scene {
	struct emu_identity td;
	struct emu_key key;
	struct quote_key known_key;
	u8 nonce[QUOTE_NONCE_SIZE];
	struct quote_expect expect;
	struct verifier *verifier;
};

static void use_key(struct scene *s, u64 epoch, u32 token)
{
	struct quote_key *known = &s->known_key;

	assert_int_equal(emu_key_make(&s->key, SEED, epoch, token), 0);
	*known = (struct quote_key){ .epoch = epoch, .seed = SEED, .token = token };
	known->len = token == TDX_EMU_TOKEN_MAC0 ? sizeof(s->key.mac) : sizeof(s->key.pub);
	memcpy(known->key, token == TDX_EMU_TOKEN_MAC0 ? s->key.mac : s->key.pub, known->len);
}

static struct scene *scene(u32 token)
{
	static struct scene s;
	u32 i;

	assert_int_equal(emu_identity_make(&s.td, SEED, 0, 1), 0);
	use_key(&s, 1, token);
	for (i = 0; i < sizeof(s.nonce); i++)
		s.nonce[i] = i * 37 + 5;
	s.expect = (struct quote_expect){ s.nonce, s.td.mrtd, &s.known_key };
	s.verifier = verifier_new(&s.known_key);
	assert_non_null(s.verifier);
	return &s;
}

static void scene_end(struct scene *s)
{
	verifier_free(s->verifier);
}

/* --- making quotes through an HPA_LINKED_LIST, as the module does --- */

static u64 hpa_of(const void *vmalloced)
{
	return PFN_PHYS(vmalloc_to_pfn(vmalloced));
}

static u64 *link_pages(u8 *data, u32 pages)
{
	u32 nodes = DIV_ROUND_UP(pages, TDX_HPA_NODE_PAGES), i;
	u64 *words = vmalloc(nodes * TDX_PAGE_SIZE);

	memset(words, 0xff, nodes * TDX_PAGE_SIZE);
	for (i = 0; i < pages; i++)
		words[i + i / TDX_HPA_NODE_PAGES] = hpa_of(data + i * TDX_PAGE_SIZE);
	for (i = 1; i < nodes; i++)
		words[i * 512 - 1] = hpa_of(words + i * 512);
	return words;
}

static int write_quote(struct scene *s, u64 serial, u32 size, u64 room, u8 *quote)
{
	u32 pages = DIV_ROUND_UP(room, TDX_PAGE_SIZE);
	u8 *data = vzalloc(pages * TDX_PAGE_SIZE);
	u64 *words = link_pages(data, pages);
	u8 *scratch = vmalloc(TDX_PAGE_SIZE);
	u8 report[EMU_REPORT_SIZE];
	struct emu_out out;
	int err;

	assert_int_equal(emu_report_make(&s->td, s->nonce, report), 0);
	assert_int_equal(emu_out_open(&out, hpa_of(words), room), TDX_SUCCESS);
	err = emu_token_write(&s->key, report, serial, size, &out, scratch);
	if (!err) {
		assert_int_equal(out.len, size);
		memcpy(quote, data, size);
	}
	vfree(scratch);
	vfree(words);
	vfree(data);
	return err;
}

/* Freed by the caller. */
static u8 *make_quote(struct scene *s, u64 serial, u32 size)
{
	u8 *quote = malloc(size);

	assert_int_equal(write_quote(s, serial, size, size, quote), 0);
	return quote;
}

/* --- verifying --- */

static const char *rejected(struct scene *s, const u8 *quote, size_t len)
{
	const char *why = NULL;
	uint64_t serial;

	return quote_verify(s->verifier, quote, len, &s->expect, &serial, &why) ? why : NULL;
}

static void assert_accepted(struct scene *s, const u8 *quote, size_t len, u64 expect_serial)
{
	const char *why = "";
	uint64_t serial;

	if (quote_verify(s->verifier, quote, len, &s->expect, &serial, &why))
		fail_msg("quote of %zu bytes: %s", len, why);
	assert_int_equal(serial, expect_serial);
}

static void assert_rejected(struct scene *s, const u8 *quote, size_t len, const char *expect)
{
	const char *why = rejected(s, quote, len);

	assert_non_null(why);
	assert_string_equal(why, expect);
}

static u8 *find(u8 *quote, size_t len, const void *bytes, size_t n)
{
	u8 *at = memmem(quote, len, bytes, n);

	assert_non_null(at);
	return at;
}

/* --- tests --- */

static void accepts_every_size(u32 token)
{
	static const u32 sizes[] = { 4096, 4097, 5000, 8191, 8192, 9300, 12288, 20000, 65536,
				     65537, 98304, 102400, 131048, QUOTE_MAX_SIZE - 1,
				     QUOTE_MAX_SIZE };
	struct scene *s = scene(token);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *quote = make_quote(s, i + 1, sizes[i]);

		assert_accepted(s, quote, sizes[i], i + 1);
		free(quote);
	}
	scene_end(s);
}

static void mac0_sizes(void **state)
{
	accepts_every_size(TDX_EMU_TOKEN_MAC0);
}

static void sign1_sizes(void **state)
{
	accepts_every_size(TDX_EMU_TOKEN_SIGN1);
}

/* Where the chain changes its number of elements, and so the length of its head. */
static void sizes_at_the_seams(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u32 elements, size;

	for (elements = 2; elements <= 257; elements = elements < 26 ? elements + 1 : elements + 77)
		for (size = elements * 4096 + 1000; size < elements * 4096 + 1200; size++) {
			u8 *quote = make_quote(s, size, size);

			assert_accepted(s, quote, size, size);
			free(quote);
		}
	scene_end(s);
}

static void impossible_sizes(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);

	assert_int_equal(write_quote(s, 1, QUOTE_MIN_SIZE - 1, 8192, NULL), -EINVAL);
	assert_int_equal(write_quote(s, 1, QUOTE_MAX_SIZE + 1, QUOTE_MAX_SIZE + 8192, NULL), -EINVAL);
	assert_int_equal(write_quote(s, 1, 8193, 8192, NULL), -ENOSPC);
	scene_end(s);
}

static void same_inputs_same_bytes(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_SIGN1);
	u8 *a = make_quote(s, 1, 8192), *b = make_quote(s, 1, 8192);

	assert_memory_equal(a, b, 8192);
	free(a);
	free(b);
	scene_end(s);
}

/* All of the first and last bytes, every @step-th between. */
static void flip_bytes(u32 token, u32 size, u32 step)
{
	struct scene *s = scene(token);
	u8 *quote = make_quote(s, 1, size);
	u32 i, bit;

	for (i = 0; i < size; i += i < 64 || i > size - 1200 ? 1 : step) {
		for (bit = 1; bit < 256; bit <<= 1) {
			quote[i] ^= bit;
			if (!rejected(s, quote, size))
				fail_msg("byte %u of %u, bit 0x%02x: accepted", i, size, bit);
			quote[i] ^= bit;
		}
	}
	assert_accepted(s, quote, size, 1);
	free(quote);
	scene_end(s);
}

static void mac0_flipped_bits(void **state)
{
	flip_bytes(TDX_EMU_TOKEN_MAC0, 4096, 1);
	flip_bytes(TDX_EMU_TOKEN_MAC0, 102400, 97);
}

static void sign1_flipped_bits(void **state)
{
	flip_bytes(TDX_EMU_TOKEN_SIGN1, 4096, 1);
}

static void truncated_or_longer(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 12288), *copy;
	u32 len;

	for (len = 0; len < 12288; len += len < 64 || len > 11000 ? 1 : 31) {
		copy = malloc(len);
		memcpy(copy, quote, len);
		if (!rejected(s, copy, len))
			fail_msg("accepted with %u bytes of 12288", len);
		free(copy);
	}
	copy = calloc(1, 12289);
	memcpy(copy, quote, 12288);
	assert_rejected(s, copy, 12289, "bytes behind the end of the quote");
	free(copy);
	free(quote);
	scene_end(s);
}

static void other_caller(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 102400);
	u32 i;

	for (i = 0; i < sizeof(s->nonce); i++) {
		s->nonce[i] ^= 1;
		assert_rejected(s, quote, 102400, "nonce is not the caller's");
		s->nonce[i] ^= 1;
	}
	assert_accepted(s, quote, 102400, 1);
	free(quote);
	scene_end(s);
}

static void other_td(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 102400);
	struct emu_identity other;
	u8 mrtd[QUOTE_MRTD_SIZE];

	assert_int_equal(emu_identity_make(&other, SEED, 0, 2), 0);
	s->expect.mrtd = other.mrtd;
	assert_rejected(s, quote, 102400, "UEID is not the TD's");
	/* The part of MRTD that UEID has no room for. */
	memcpy(mrtd, s->td.mrtd, sizeof(mrtd));
	mrtd[47] ^= 1;
	s->expect.mrtd = mrtd;
	assert_rejected(s, quote, 102400, "MRTD in TDINFO is not the TD's");
	free(quote);
	scene_end(s);
}

static void other_key(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 102400), *newer;

	s->known_key.key[5] ^= 1;
	assert_rejected(s, quote, 102400, "MAC is wrong");
	s->known_key.key[5] ^= 1;
	s->known_key.seed++;
	assert_rejected(s, quote, 102400, "made from another seed");
	s->known_key.seed--;
	s->known_key.len--;
	assert_rejected(s, quote, 102400, "no key to verify with");
	assert_rejected(s, quote, 102400, "no key to verify with");
	s->known_key.len++;
	assert_accepted(s, quote, 102400, 1);

	/* A renewed key: the old quote is stale, the verifier goes along. */
	use_key(s, 2, TDX_EMU_TOKEN_MAC0);
	assert_rejected(s, quote, 102400, "made with the key of another epoch");
	newer = make_quote(s, 2, 102400);
	assert_accepted(s, newer, 102400, 2);

	use_key(s, 3, TDX_EMU_TOKEN_SIGN1);
	assert_rejected(s, newer, 102400, "not protected as the key's token says");
	free(newer);
	newer = make_quote(s, 3, 102400);
	assert_accepted(s, newer, 102400, 3);
	s->known_key.key[95] ^= 1;
	assert_rejected(s, newer, 102400, "no key to verify with");	/* not on the curve */
	free(newer);
	free(quote);
	scene_end(s);
}

/* A quote begun under one key is finished under it, though the next is made meanwhile. */
static void renewal_meanwhile(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	struct emu_key next;
	u8 *quote;

	assert_int_equal(emu_key_make(&next, SEED, 2, TDX_EMU_TOKEN_MAC0), 0);
	quote = make_quote(s, 1, 102400);
	assert_accepted(s, quote, 102400, 1);
	free(quote);
	scene_end(s);
}

static void other_signer(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_SIGN1);
	u8 *quote = make_quote(s, 1, 8192);
	struct emu_key key;

	assert_int_equal(emu_key_make(&key, SEED + 1, 1, TDX_EMU_TOKEN_SIGN1), 0);
	memcpy(s->known_key.key, key.pub, sizeof(key.pub));
	assert_rejected(s, quote, 8192, "signature is wrong");
	free(quote);
	scene_end(s);
}

static enum quote_verdict verdict(struct scene *s, const u8 *quote, size_t len)
{
	const char *why = NULL;
	uint64_t serial;

	return quote_verify(s->verifier, quote, len, &s->expect, &serial, &why);
}

/* Where to look for the cause: another TD's quote has another nonce, too. */
static void verdicts(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 102400);
	struct emu_identity other;

	assert_int_equal(verdict(s, quote, 102400), QUOTE_RIGHT);
	assert_int_equal(verdict(s, quote, 102399), QUOTE_DAMAGED);
	s->nonce[0] ^= 1;
	assert_int_equal(verdict(s, quote, 102400), QUOTE_WRONG_NONCE);
	assert_int_equal(emu_identity_make(&other, SEED, 0, 2), 0);
	s->expect.mrtd = other.mrtd;
	assert_int_equal(verdict(s, quote, 102400), QUOTE_WRONG_TD);
	s->expect.mrtd = s->td.mrtd;
	s->nonce[0] ^= 1;
	use_key(s, 2, TDX_EMU_TOKEN_MAC0);
	assert_int_equal(verdict(s, quote, 102400), QUOTE_WRONG_KEY);
	free(quote);
	scene_end(s);
}

/* Whatever key the verifier has, and never beyond the end of what there is. */
static void named_epoch(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *first = make_quote(s, 1, 8192), *second, *cut;
	uint64_t epoch = 0;
	u32 len;

	use_key(s, 2, TDX_EMU_TOKEN_MAC0);
	second = make_quote(s, 2, 8192);
	assert_int_equal(quote_epoch(s->verifier, second, 8192, &epoch), 0);
	assert_int_equal(epoch, 2);
	assert_int_equal(quote_epoch(s->verifier, first, 8192, &epoch), 0);
	assert_int_equal(epoch, 1);

	for (len = 0; len < 8192; len++) {
		cut = malloc(len);
		memcpy(cut, first, len);
		assert_int_equal(quote_epoch(s->verifier, cut, len, &epoch), -1);
		free(cut);
	}
	free(second);
	free(first);
	scene_end(s);
}

static void unusable_keys(void **state)
{
	struct quote_key key = { .epoch = 1, .token = TDX_EMU_TOKEN_MAC0, .len = 96 };

	assert_null(verifier_new(&key));
	key = (struct quote_key){ .epoch = 1, .token = TDX_EMU_TOKEN_SIGN1, .len = 96 };
	assert_null(verifier_new(&key));
	key = (struct quote_key){ .epoch = 1, .token = 2, .len = 48 };
	assert_null(verifier_new(&key));
}

/* --- the chain: not protected by itself, but tied to the quote --- */

/* Elements of full size follow this one, at distances of QUOTE_ELEMENT_SIZE. */
static u8 *first_element(u8 *quote)
{
	return find(quote, 64, "\x59\x0f\xfd", 3);
}

static void mixed_up_elements(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *a = make_quote(s, 1, 102400), *b = make_quote(s, 2, 102400);
	u8 *third = first_element(a) + 2 * QUOTE_ELEMENT_SIZE;
	u8 saved[QUOTE_ELEMENT_SIZE];

	memcpy(saved, third, sizeof(saved));
	/* The same element of another quote of the same caller. */
	memcpy(third, b + (third - a), QUOTE_ELEMENT_SIZE);
	assert_rejected(s, a, 102400, "certificate chain element of another quote");
	/* An element twice. */
	memcpy(third, third - QUOTE_ELEMENT_SIZE, QUOTE_ELEMENT_SIZE);
	assert_rejected(s, a, 102400, "certificate chain element of another quote");
	memcpy(third, saved, sizeof(saved));
	assert_accepted(s, a, 102400, 1);
	free(a);
	free(b);
	scene_end(s);
}

static void stray_pages(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *a = make_quote(s, 1, 102400), *b = make_quote(s, 2, 102400);
	u8 saved[TDX_PAGE_SIZE];
	u32 page;

	for (page = 0; page < 25; page++) {
		memcpy(saved, a + page * TDX_PAGE_SIZE, sizeof(saved));
		memcpy(a + page * TDX_PAGE_SIZE, b + page * TDX_PAGE_SIZE, TDX_PAGE_SIZE);
		if (!rejected(s, a, 102400))
			fail_msg("accepted with page %u of another quote", page);
		memset(a + page * TDX_PAGE_SIZE, 0, TDX_PAGE_SIZE);
		if (!rejected(s, a, 102400))
			fail_msg("accepted with page %u empty", page);
		memcpy(a + page * TDX_PAGE_SIZE, saved, sizeof(saved));
	}
	assert_accepted(s, a, 102400, 1);
	free(a);
	free(b);
	scene_end(s);
}

/* Well-formed without its last element, and still too short. */
static void missing_element(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 40960);
	u8 *count = first_element(quote) - 1;
	u32 elements = *count & 0x1f;
	u8 *last = count + 1 + (elements - 1) * QUOTE_ELEMENT_SIZE;
	u32 size = 3 + (last[1] << 8 | last[2]);

	assert_in_range(elements, 2, 23);
	--*count;
	memmove(last, last + size, quote + 40960 - last - size);
	assert_rejected(s, quote, 40960 - size, "shorter or longer than it was made");
	free(quote);
	scene_end(s);
}

static void not_emulated(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 *quote = make_quote(s, 1, 8192);

	*(find(quote, 8192, "\x3a\x00\x01\x11\x70\xf5", 6) + 5) = 0xf4;
	assert_rejected(s, quote, 8192, "not marked as emulated");
	free(quote);
	scene_end(s);
}

/* --- TDREPORT --- */

static void report_layout(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	u8 report[EMU_REPORT_SIZE], hash[EMU_SHA384_SIZE];

	assert_int_equal(emu_report_make(&s->td, s->nonce, report), 0);
	assert_int_equal(report[0], 0x81);
	emu_sha384(report + 256, 256, hash);
	assert_memory_equal(report + 32, hash, sizeof(hash));
	emu_sha384(report + 512, 512, hash);
	assert_memory_equal(report + 80, hash, sizeof(hash));
	assert_memory_equal(report + 128, s->nonce, sizeof(s->nonce));
	assert_memory_equal(report + 528, s->td.mrtd, sizeof(s->td.mrtd));
	scene_end(s);
}

static void report_checked(void **state)
{
	struct scene *s = scene(TDX_EMU_TOKEN_MAC0);
	struct emu_identity other;
	u8 report[EMU_REPORT_SIZE];
	u32 i;

	assert_int_equal(emu_identity_make(&other, SEED, 1, 2), 0);
	assert_int_equal(emu_report_make(&s->td, s->nonce, report), 0);
	assert_int_equal(emu_report_check(&s->td, report), 0);
	assert_int_equal(emu_report_check(&other, report), -EBADMSG);
	for (i = 0; i < sizeof(report); i++) {
		report[i] ^= 1;
		if (emu_report_check(&s->td, report) != -EBADMSG)
			fail_msg("accepted with byte %u wrong", i);
		report[i] ^= 1;
	}
	scene_end(s);
}

/* --- the shim's own cryptography --- */

/* RFC 6979, A.2.6, SHA-384, "sample": what ecdsa.c gives in the kernel too. */
static void rfc6979_vector(void **state)
{
	static const u8 priv[] =
		"\x6b\x9d\x3d\xad\x2e\x1b\x8c\x1c\x05\xb1\x98\x75\xb6\x65\x9f\x4d"
		"\xe2\x3c\x3b\x66\x7b\xf2\x97\xba\x9a\xa4\x77\x40\x78\x71\x37\xd8"
		"\x96\xd5\x72\x4e\x4c\x70\xa8\x25\xf8\x72\xc9\xea\x60\xd2\xed\xf5";
	static const u8 expect[] =
		"\x94\xed\xbb\x92\xa5\xec\xb8\xaa\xd4\x73\x6e\x56\xc6\x91\x91\x6b"
		"\x3f\x88\x14\x06\x66\xce\x9f\xa7\x3d\x64\xc4\xea\x95\xad\x13\x3c"
		"\x81\xa6\x48\x15\x2e\x44\xac\xf9\x6e\x36\xdd\x1e\x80\xfa\xbe\x46"
		"\x99\xef\x4a\xeb\x15\xf1\x78\xce\xa1\xfe\x40\xdb\x26\x03\x13\x8f"
		"\x13\x0e\x74\x0a\x19\x62\x45\x26\x20\x3b\x63\x51\xd0\xa3\xa9\x4f"
		"\xa3\x29\xc1\x45\x78\x6e\x67\x9e\x7b\x82\xc7\x1a\x38\x62\x8a\xc8";
	u8 digest[EMU_SHA384_SIZE], sig[96];

	emu_sha384("sample", 6, digest);
	assert_int_equal(emu_p384_sign(priv, digest, sig), 0);
	assert_memory_equal(sig, expect, sizeof(sig));
}

static int start(void **state)
{
	emu_p384_init();
	return emu_hash_init();
}

static int finish(void **state)
{
	emu_hash_exit();
	return kshim_live_allocs() || kshim_warnings();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_layout),
		cmocka_unit_test(report_checked),
		cmocka_unit_test(rfc6979_vector),
		cmocka_unit_test(mac0_sizes),
		cmocka_unit_test(sign1_sizes),
		cmocka_unit_test(sizes_at_the_seams),
		cmocka_unit_test(impossible_sizes),
		cmocka_unit_test(same_inputs_same_bytes),
		cmocka_unit_test(mac0_flipped_bits),
		cmocka_unit_test(sign1_flipped_bits),
		cmocka_unit_test(truncated_or_longer),
		cmocka_unit_test(other_caller),
		cmocka_unit_test(other_td),
		cmocka_unit_test(other_key),
		cmocka_unit_test(renewal_meanwhile),
		cmocka_unit_test(other_signer),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(named_epoch),
		cmocka_unit_test(unusable_keys),
		cmocka_unit_test(mixed_up_elements),
		cmocka_unit_test(stray_pages),
		cmocka_unit_test(missing_element),
		cmocka_unit_test(not_emulated),
	};

	return cmocka_run_group_tests_name("token", tests, start, finish);
}
