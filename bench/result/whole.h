/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that are there whole or not at all.
 */
#ifndef BENCH_WHOLE_H
#define BENCH_WHOLE_H

#include <stdio.h>

typedef void whole_printer(FILE *out, const void *of);

/*
 * The file appears, or takes the place of another, when all of it is written. What is
 * there and no regular file, as /dev/stdout, is written to and stays what it is.
 * 0, or -1 and errno.
 */
int write_whole(const char *path, whole_printer *print, const void *of);

#endif /* BENCH_WHOLE_H */
