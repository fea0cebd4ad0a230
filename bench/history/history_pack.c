// SPDX-License-Identifier: GPL-2.0
/*
 * Packing results with zstd, the base as prefix.
 */
#include "history/history_pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "result/view.h"

/* Matches must reach back to the beginning of the base. */
static int window_log(size_t size)
{
	int log = 10;

	while (log < 30 && (size_t)1 << log < size)
		log++;
	return log;
}

static struct text finish(char *bytes, size_t length)
{
	if (!ZSTD_isError(length))
		return (struct text){ bytes, length };
	free(bytes);
	return (struct text){ };
}

struct text text_pack(struct text text, struct text base)
{
	size_t room = ZSTD_compressBound(text.length), length;
	ZSTD_CCtx *context = ZSTD_createCCtx();
	char *packed = must_calloc(room, 1);

	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log(text.length + base.length));
	if (base.bytes)
		ZSTD_CCtx_refPrefix(context, base.bytes, base.length);
	length = ZSTD_compress2(context, packed, room, text.bytes, text.length);
	ZSTD_freeCCtx(context);
	return finish(packed, length);
}

struct text text_unpack(struct text packed, struct text base, size_t most)
{
	unsigned long long content = ZSTD_getFrameContentSize(packed.bytes, packed.length);
	ZSTD_DCtx *context;
	size_t length;
	char *text;

	if (!packed.bytes || content > most)	/* unknown and error are huge */
		return (struct text){ };
	context = ZSTD_createDCtx();
	text = must_calloc(content + 1, 1);
	if (base.bytes)
		ZSTD_DCtx_refPrefix(context, base.bytes, base.length);
	length = ZSTD_decompressDCtx(context, text, content, packed.bytes, packed.length);
	ZSTD_freeDCtx(context);
	return finish(text, length);
}
