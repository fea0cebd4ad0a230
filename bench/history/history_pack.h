/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packing results: runs of one suite are much alike, so each is kept as what it has
 * beside another one, its base. That takes a third of the room.
 */
#ifndef BENCH_HISTORY_PACK_H
#define BENCH_HISTORY_PACK_H

#include <stddef.h>

struct text {
	char *bytes;	/* NULL: there is none */
	size_t length;
};

/* @base: an empty text for none. The caller frees what comes back; NULL: it failed. */
struct text text_pack(struct text text, struct text base);
/* NULL also if it is not what was packed, or larger than @most. */
struct text text_unpack(struct text packed, struct text base, size_t most);

#endif /* BENCH_HISTORY_PACK_H */
