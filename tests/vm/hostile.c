// SPDX-License-Identifier: GPL-2.0
/*
 * Random and structured garbage, from a seed.
 *
 * What it may not do, because it works: write to the module's pool, take memory
 * to fragment it, replace the module. The tests do that where they mean to.
 */
#include "hostile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bench/measure/random.h"
#include "labtest.h"

#define PAGE		4096
#define TD_PAGES	4
#define MAX_ARGUMENT	2048	/* of which there is something; all commands have less */
#define KERNEL_ADDRESS	((void *)0xffffffff81000000UL)
#define NON_CANONICAL	((void *)0x0100000000000000UL)

/**
 * struct hostile - one such client
 * @random: stream of its numbers
 * @device: descriptor of the device
 * @td:     its TD
 * @arena:  a page that can be written, one that can be read, and a hole
 */
struct hostile {
	uint64_t random;
	int device;
	struct td td;
	uint8_t *arena;
};

static uint64_t below(struct hostile *h, uint64_t limit)
{
	return random_next(&h->random) % limit;
}

static bool one_in(struct hostile *h, uint64_t n)
{
	return !below(h, n);
}

/* --- what a command carries --- */

/* Numbers at which checks go wrong. */
static uint64_t odd_number(struct hostile *h)
{
	switch (below(h, 8)) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return 1ULL << below(h, 64);
	case 3:
		return (1ULL << below(h, 64)) - 1;
	case 4:
		return below(h, 200);
	case 5:
		return below(h, 64) * PAGE;
	case 6:
		return h->td.info.shared_bit | below(h, 2 * TD_PAGES) * PAGE;
	default:
		return random_next(&h->random);
	}
}

static void fill(struct hostile *h, void *to, size_t len)
{
	uint8_t *at = to;

	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t), at += sizeof(uint64_t)) {
		uint64_t word = odd_number(h);

		/* Or as two numbers of half the size. */
		if (one_in(h, 2))
			word = word << 32 | (odd_number(h) & 0xffffffff);
		memcpy(at, &word, sizeof(word));
	}
	memset(at, (int)odd_number(h), len);
}

/* An argument: mostly memory with something in it, sometimes none. */
static void *odd_pointer(struct hostile *h, unsigned long command)
{
	size_t len = _IOC_SIZE(command) < MAX_ARGUMENT ? _IOC_SIZE(command) : MAX_ARGUMENT;
	uint8_t *at;

	switch (below(h, 16)) {
	case 0:
		return NULL;
	case 1:
		return KERNEL_ADDRESS;
	case 2:
		return NON_CANONICAL;
	case 3:
		return h->arena + PAGE;			/* cannot be written */
	case 4:
		return h->arena + 2 * PAGE;		/* a hole */
	case 5:
		return h->arena + 2 * PAGE - below(h, len + 1);	/* runs into the hole */
	case 6:
		return h->td.shared + below(h, PAGE);
	case 7:
		at = h->arena + 1 + below(h, 7);	/* misaligned */
		break;
	default:
		at = h->arena;
	}
	fill(h, at, len);
	return at;
}

/* --- commands --- */

static const unsigned long device_commands[] = {
	TDX_LAB_GET_INFO, TDX_LAB_GET_PROFILE, TDX_LAB_BRING_UP, TDX_LAB_GET_KEY,
	TDX_LAB_GET_COUNTERS, TDX_LAB_SEAMCALL, TDX_LAB_CREATE_TD, TDX_LAB_GET_POLICY,
	TDX_LAB_TD_REPORT, TDX_LAB_TD_GETQUOTE,
};

/* Refused with a line each on the slow console, so less often. */
static const unsigned long loud_commands[] = {
	TDX_LAB_SET_PROFILE, TDX_LAB_SET_POLICY, TDX_LAB_UPDATE, TDX_LAB_LOOP,
};

static const unsigned long td_commands[] = {
	TDX_LAB_TD_REPORT, TDX_LAB_TD_GETQUOTE, TDX_LAB_GET_INFO,
};

#define PICK(h, array)	((array)[below(h, sizeof(array) / sizeof((array)[0]))])

/* A command's code with something else about it: its size, its direction. */
static unsigned long twisted(struct hostile *h, unsigned long command)
{
	return _IOC(below(h, 4), TDX_LAB_IOC, _IOC_NR(command), below(h, 1 << _IOC_SIZEBITS));
}

static bool would_work(unsigned long command)
{
	return command == TDX_LAB_FRAGMENT || command == TDX_LAB_TOUCH_POOL;
}

static void act_on_device(struct hostile *h)
{
	unsigned long command = one_in(h, 40) ? PICK(h, loud_commands) :
						PICK(h, device_commands);
	int ret;

	if (one_in(h, 6))
		command = twisted(h, one_in(h, 2) ? command : below(h, 0x100));
	if (one_in(h, 30))
		command = random_next(&h->random);
	if (would_work(command))
		return;

	ret = ioctl(h->device, command, odd_pointer(h, command));
	if (command == TDX_LAB_CREATE_TD && ret >= 0)
		close(ret);
}

static void act_on_td(struct hostile *h)
{
	unsigned long command = one_in(h, 8) ? twisted(h, PICK(h, td_commands)) :
					       PICK(h, td_commands);

	ioctl(h->td.fd, command, odd_pointer(h, command));
}

/* A request that may be all right but for its header, which changes meanwhile. */
static void act_on_request(struct hostile *h)
{
	struct header *header = (struct header *)h->td.shared;
	struct tdx_lab_getquote call = {
		.gpa = h->td.info.shared_bit,
		.size = (1 + below(h, TD_PAGES)) * PAGE,
	};

	*header = (struct header){
		.version = one_in(h, 4) ? odd_number(h) : 1,
		.status = odd_number(h),
		.in_len = (uint32_t)(one_in(h, 4) ? odd_number(h) : 1024),
	};
	fill(h, header + 1, 1024);
	ioctl(h->td.fd, TDX_LAB_TD_GETQUOTE, &call);
}

static void act_on_memory(struct hostile *h)
{
	static const int kinds[] = { MAP_SHARED, MAP_PRIVATE };
	size_t len = (1 + below(h, 2 * TD_PAGES)) * PAGE;
	off_t offset = one_in(h, 4) ? (off_t)odd_number(h) : (off_t)(below(h, TD_PAGES) * PAGE);
	uint8_t *at;

	at = mmap(NULL, len, PROT_READ | (one_in(h, 2) ? PROT_WRITE : 0), PICK(h, kinds),
		  one_in(h, 8) ? h->device : h->td.fd, offset);
	if (at == MAP_FAILED)
		return;
	switch (below(h, 4)) {
	case 0:
		mprotect(at, PAGE, PROT_NONE);
		break;
	case 1:
		madvise(at, len, MADV_DONTNEED);
		break;
	case 2:
		munmap(at, PAGE);
		break;
	default:
		/* Where it may be read, what is there can be read. */
		*(volatile uint8_t *)at;
	}
	munmap(at, len);
}

void hostile_act(struct hostile *h)
{
	switch (below(h, 6)) {
	case 0:
		act_on_td(h);
		break;
	case 1:
		act_on_request(h);
		break;
	case 2:
		act_on_memory(h);
		break;
	default:
		act_on_device(h);
	}
}

/* --- life --- */

static uint8_t *make_arena(void)
{
	uint8_t *arena = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (arena == MAP_FAILED)
		return NULL;
	mprotect(arena + PAGE, PAGE, PROT_READ);
	mprotect(arena + 2 * PAGE, PAGE, PROT_NONE);
	return arena;
}

struct hostile *hostile_new(uint64_t seed)
{
	struct hostile *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->random = seed;
	h->device = raw_device();
	h->arena = make_arena();
	if (h->device < 0 || !h->arena || td_create(&h->td, TD_PAGES * PAGE)) {
		hostile_free(h);
		return NULL;
	}
	return h;
}

void hostile_free(struct hostile *h)
{
	td_destroy(&h->td);
	if (h->arena)
		munmap(h->arena, 3 * PAGE);
	if (h->device >= 0)
		close(h->device);
	free(h);
}
