/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share: an input as a stream of small decisions, and
 * profiles and keys made of it. All that happens is decided by the input alone.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>

#include "emu/tdx_emu_profile.h"
#include "measure/verify.h"

/* An invariant: what breaks it is a finding. */
#define CHECK(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
		abort();							\
	}									\
} while (0)

/* Where it ends there are zeros. */
struct bytes {
	const u8 *at;
	size_t left;
};

u8 take_byte(struct bytes *in);
u64 take_word(struct bytes *in);	/* eight bytes */
u32 take_below(struct bytes *in, u32 limit);	/* of one byte, so @limit is up to 256 */
bool take_rarely(struct bytes *in);	/* one time in eight */

/*
 * A profile that the module accepts, small and quick, changed by the input: of the
 * same module if @next, so with the same seed.
 */
void take_profile(struct bytes *in, struct tdx_emu_profile *profile, bool next);

/* The key in force, and whether a quote is good by it. */
struct quote_key key_in_force(u64 seed);
bool quote_is_good(const u8 *quote, u32 len, const u8 nonce[64], const u8 mrtd[48],
		   const struct quote_key *key);

#endif /* TESTS_FUZZ_FUZZ_H */
