// SPDX-License-Identifier: GPL-2.0
/*
 * Scattered free memory, by our own pages or by the lab module's.
 */
#include "measure/scatter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/child.h"
#include "measure/lab.h"
#include "measure/meminfo.h"

#define MIB		(1ULL << 20)
/* Not taken, or the system had nothing to run on: stays in large pieces. */
#define RESERVE		(16 * MIB)
/* What the kernel is to keep for emergencies meanwhile, KiB. With huge pages it is much. */
#define MIN_FREE	2048
/* Free in single pages beyond what is needed. */
#define SPARE		(32 * MIB)
/* A machine with more free memory than this is somebody's, and no place for it. */
#define LARGEST		(16384 * MIB)

static const char min_free_file[] = "/proc/sys/vm/min_free_kbytes";

/* Holds our own pages. */
static pid_t taker;
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
	static const char *const swap[] = { "SwapFree", NULL };
	uint64_t free = meminfo_available();
	uint64_t take = free > RESERVE ? (free - RESERVE) & ~(MIB - 1) : 0;

	if (meminfo(swap))
		fprintf(stderr, "tdxbench: scattering the free memory would swap: swapoff -a, or use a VM\n");
	else if (take / 2 < needed + SPARE)
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

/* 0, or -1 with errno. */
static int take_own(uint64_t size)
{
	uint8_t *taken = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t at;

	if (taken == MAP_FAILED)
		return -1;
	madvise(taken, size, MADV_NOHUGEPAGE);	/* EINVAL where there are none */

	for (at = 0; at < size; at += PAGE_SIZE)
		taken[at] = 1;
	for (at = 0; at < size; at += 2 * PAGE_SIZE)
		if (madvise(taken + at, PAGE_SIZE, MADV_DONTNEED))
			return -1;
	return 0;
}

/* When memory runs out, this process goes, and the one that cleans up stays. */
static void go_first(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");

	if (file) {
		fprintf(file, "1000\n");
		fclose(file);
	}
}

/* The child: takes, says so, and stays if the pages are its own. */
static void take_and_hold(enum scatter how, uint64_t size, int done)
{
	int ret;

	go_first();
	if (how == SCATTER_FRAGMENTED) {
		ret = take_own(size);
		if (ret)
			fprintf(stderr, "tdxbench: cannot take %llu MiB of memory: %s\n",
				(unsigned long long)(size / MIB), strerror(errno));
	} else {
		ret = lab_fragment((unsigned int)(size / MIB));
	}
	if (write(done, ret ? "-" : "+", 1) != 1 || ret)
		_exit(EXIT_FAILURE);
	while (how == SCATTER_FRAGMENTED)
		pause();
	_exit(EXIT_SUCCESS);
}

/* '+', '-' after one line on stderr, or 0 when the child did not live to say. */
static char what_child_says(int done)
{
	char says = 0;

	while (read(done, &says, 1) < 0 && errno == EINTR)
		;
	return says;
}

static void end_taker(void)
{
	if (taker) {
		kill(taker, SIGKILL);
		waitpid(taker, NULL, 0);
	}
	taker = 0;
}

static int take(enum scatter how, uint64_t size)
{
	int done[2];
	char says;

	if (pipe2(done, O_CLOEXEC) || (taker = child_fork()) < 0) {
		fprintf(stderr, "tdxbench: cannot start a process: %s\n", strerror(errno));
		taker = 0;
		return -1;
	}
	if (!taker)
		take_and_hold(how, size, done[1]);
	close(done[1]);
	says = what_child_says(done[0]);
	close(done[0]);
	taken_by_lab = how == SCATTER_PINNED;
	if (taken_by_lab)
		end_taker();	/* its end must not disturb the measurement */
	if (says == '+')
		return 0;
	if (!says)
		fprintf(stderr, "tdxbench: cannot take %llu MiB of memory: there was not enough\n",
			(unsigned long long)(size / MIB));
	end_taker();
	scatter_end();
	return -1;
}

int scatter_begin(enum scatter how, uint64_t needed)
{
	unsigned long reserve;
	uint64_t size;
	int ret;

	if (how == SCATTER_FRESH)
		return 0;
	reserve = min_free();
	if (reserve > MIN_FREE)
		set_min_free(MIN_FREE);
	size = size_to_take(needed);
	ret = size ? take(how, size) : -1;
	set_min_free(reserve);
	return ret;
}

int scatter_end(void)
{
	bool lost = taker && waitpid(taker, NULL, WNOHANG) == taker;

	if (lost) {
		fprintf(stderr, "tdxbench: memory ran out: it did not stay scattered\n");
		taker = 0;
	}
	end_taker();
	if (taken_by_lab)
		lab_fragment(0);
	taken_by_lab = false;
	return lost ? -1 : 0;
}
