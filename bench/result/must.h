/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory, or the end of the program: without, there is nothing left to do.
 */
#ifndef BENCH_MUST_H
#define BENCH_MUST_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("tdxbench: out of memory\n", stderr);
	exit(1);
}

static inline void *must_calloc(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size));
}

/* @list with room for one more than @nr, in steps of powers of two. */
static inline void *must_grow(void *list, uint32_t nr, size_t size)
{
	if (nr & (nr - 1))
		return list;
	return must(realloc(list, (nr ? 2 * (size_t)nr : 1) * size));
}

static inline char *must_copy(const char *text)
{
	return must(strdup(text));
}

__attribute__((format(printf, 1, 2)))
static inline char *must_print(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return must(text);
}

#endif /* BENCH_MUST_H */
