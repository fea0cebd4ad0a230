// SPDX-License-Identifier: GPL-2.0
/*
 * Scattered free memory, by our own pages or by the lab module's.
 */
#include "scatter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lab.h"
#include "meminfo.h"

#define MIB		(1ULL << 20)
#define PAGE_SIZE	4096

/* Not taken, or the system had nothing to run on: stays in large pieces. */
#define RESERVE		(16 * MIB)
/* What the kernel is to keep for emergencies meanwhile, KiB. With huge pages it is much. */
#define MIN_FREE	2048
/* Free in single pages beyond what is needed. */
#define SPARE		(32 * MIB)
/* A machine with more free memory than this is somebody's, and no place for it. */
#define LARGEST		(16384 * MIB)

static const char min_free_file[] = "/proc/sys/vm/min_free_kbytes";

static uint8_t *taken;
static uint64_t taken_size;
static bool taken_by_lab;

/* 0 when it cannot be read, which then is not written either. */
static unsigned long min_free(void)
{
	FILE *file = fopen(min_free_file, "re");
	unsigned long kib = 0;

	if (file) {
		if (fscanf(file, "%lu", &kib) != 1)
			kib = 0;
		fclose(file);
	}
	return kib;
}

static void set_min_free(unsigned long kib)
{
	FILE *file = kib ? fopen(min_free_file, "we") : NULL;

	if (file) {
		fprintf(file, "%lu\n", kib);
		fclose(file);
	}
}

/* Bytes to take: all that is free but the reserve. 0 after one line. */
static uint64_t size_to_take(uint64_t needed)
{
	uint64_t free = meminfo_available();
	uint64_t take = free > RESERVE ? (free - RESERVE) & ~(MIB - 1) : 0;

	if (take / 2 < needed + SPARE)
		fprintf(stderr, "tdxbench: scattering the free memory would leave %llu MiB, wanted are %llu: more memory in [global], or a smaller pool\n",
			(unsigned long long)(take / 2 / MIB),
			(unsigned long long)((needed + SPARE) / MIB));
	else if (free > LARGEST)
		fprintf(stderr, "tdxbench: %llu MiB of memory are free, scattering it is allowed up to %llu: use a VM\n",
			(unsigned long long)(free / MIB), (unsigned long long)(LARGEST / MIB));
	else
		return take;
	return 0;
}

static int out_of_memory(uint64_t size)
{
	fprintf(stderr, "tdxbench: cannot take %llu MiB of memory: %s\n",
		(unsigned long long)(size / MIB), strerror(errno));
	return -1;
}

static int take_own(uint64_t size)
{
	uint64_t at;

	taken = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (taken == MAP_FAILED) {
		taken = NULL;
		return out_of_memory(size);
	}
	taken_size = size;
	madvise(taken, size, MADV_NOHUGEPAGE);	/* EINVAL where there are none */

	for (at = 0; at < size; at += PAGE_SIZE)
		taken[at] = 1;
	for (at = 0; at < size; at += 2 * PAGE_SIZE) {
		if (madvise(taken + at, PAGE_SIZE, MADV_DONTNEED)) {
			out_of_memory(size);
			scatter_end();
			return -1;
		}
	}
	return 0;
}

static int take(enum scatter how, uint64_t needed)
{
	uint64_t size = size_to_take(needed);

	if (!size)
		return -1;
	if (how == SCATTER_FRAGMENTED)
		return take_own(size);
	taken_by_lab = !lab_fragment((unsigned int)(size / MIB));
	return taken_by_lab ? 0 : -1;
}

int scatter_begin(enum scatter how, uint64_t needed)
{
	unsigned long reserve;
	int ret;

	if (how == SCATTER_FRESH)
		return 0;
	reserve = min_free();
	if (reserve > MIN_FREE)
		set_min_free(MIN_FREE);
	ret = take(how, needed);
	set_min_free(reserve);
	return ret;
}

void scatter_end(void)
{
	if (taken)
		munmap(taken, taken_size);
	taken = NULL;
	if (taken_by_lab)
		lab_fragment(0);
	taken_by_lab = false;
}
