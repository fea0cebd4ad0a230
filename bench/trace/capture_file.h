/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What both halves of captures, capture.c and capture_read.c, know of the file.
 */
#ifndef BENCH_CAPTURE_FILE_H
#define BENCH_CAPTURE_FILE_H

#define CAPTURE_MAGIC		"TDXCAP 1\n"
#define CAPTURE_ABOUT_MAX	(1 << 20)	/* bytes of JSON */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "captures are little-endian");

#endif /* BENCH_CAPTURE_FILE_H */
