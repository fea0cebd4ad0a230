/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free memory as a host has it that has been up for long: scattered. All of it is
 * taken page by page, and every second page given back.
 */
#ifndef BENCH_SCATTER_H
#define BENCH_SCATTER_H

#include <stdint.h>

enum scatter {
	SCATTER_FRESH,		/* as it is */
	SCATTER_FRAGMENTED,	/* what is taken belongs to a process and can be moved */
	SCATTER_PINNED,		/* it belongs to the kernel and cannot */
};

/*
 * @needed bytes and some more are left free. 0, or -1 after one line on stderr
 * and with nothing taken.
 */
int scatter_begin(enum scatter how, uint64_t needed);
/* -1 after one line on stderr when memory ran out, and so was not scattered to the end. */
int scatter_end(void);

#endif /* BENCH_SCATTER_H */
