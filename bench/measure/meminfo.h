/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc says of the kernel's memory and of our own.
 */
#ifndef BENCH_MEMINFO_H
#define BENCH_MEMINFO_H

#include <stdint.h>

#define PAGE_SIZE	4096	/* of x86, and of a TDX module's pool */

/* Bytes that the fields of /proc/meminfo named add up to; the list ends with NULL. */
uint64_t meminfo(const char *const *fields);
uint64_t meminfo_available(void);

/* What the memory management had to do to find free pages, counted since boot. */
struct vmstat {
	uint64_t compact_stall;		/* times that an allocation waited for compaction */
	uint64_t compact_success;	/* of these, with success */
	uint64_t migrated;		/* pages moved */
};

struct vmstat vmstat_now(void);

/* Bytes resident at most, since the start or since own_peak_reset(). */
void own_peak_reset(void);
uint64_t own_peak(void);

#endif /* BENCH_MEMINFO_H */
