/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log-linear histogram, the one definition shared by BPF and user space.
 *
 * Values below 64 have a slot each. From there every power of two is cut into
 * 32 slots of equal width, so a slot is never wider than 1/32 of its lower
 * bound and its middle is at most 1.6 % off. Values from 2^40 (18 minutes in
 * nanoseconds) share the last slot.
 */
#ifndef _TDXBENCH_BPF_HIST_H
#define _TDXBENCH_BPF_HIST_H

#include <linux/types.h>

#define HIST_SUB_BITS		5
#define HIST_SUB		(1U << HIST_SUB_BITS)
#define HIST_MAX_BITS		40
/* 2 * HIST_SUB exact values, HIST_SUB slots for each power of two above, overflow. */
#define HIST_OVERFLOW		((HIST_MAX_BITS - HIST_SUB_BITS + 1) * HIST_SUB)
#define HIST_SLOTS		(HIST_OVERFLOW + 1)

/**
 * struct hist - histogram of unsigned values
 * @count: sum of @slots; BPF leaves it 0, whoever reads the slots sums them up
 * @sum:   of all values
 * @min:   smallest value, ~0 when there is none
 * @max:   largest value
 * @slots: values counted by slot
 *
 * An empty histogram is not all zeroes, see @min; user space has hist_init().
 */
struct hist {
	__u64 count;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 slots[HIST_SLOTS];
};

_Static_assert(sizeof(struct hist) == 8 * (4 + HIST_SLOTS), "struct hist has padding");

/* Bits needed to write a number. BPF has no instruction for that. */
#define HIST_TABLE_BITS	12

static const __u8 hist_bits[1 << HIST_TABLE_BITS] = {
	[1] = 1,		[2 ... 3] = 2,		[4 ... 7] = 3,
	[8 ... 15] = 4,		[16 ... 31] = 5,	[32 ... 63] = 6,
	[64 ... 127] = 7,	[128 ... 255] = 8,	[256 ... 511] = 9,
	[512 ... 1023] = 10,	[1024 ... 2047] = 11,	[2048 ... 4095] = 12,
};

#define HIST_INLINE	static inline __attribute__((always_inline))
/* Below this, 0.26 ms, the table tells how far to shift; the verifier learns the bound. */
#define HIST_DIRECT	(1ULL << (HIST_TABLE_BITS + HIST_SUB_BITS + 1))
/* Slots of such values are less than this, but the verifier cannot know. */
#define HIST_DIRECT_SLOTS	(16 * HIST_SUB)

/* Slot of a value below HIST_DIRECT << @base: shifted, it has HIST_SUB_BITS + 1 bits left. */
HIST_INLINE __u64 hist_slot_from(__u32 base, __u64 value)
{
	__u64 top = value >> (base + HIST_SUB_BITS + 1);
	__u64 shift = base + hist_bits[top % (1 << HIST_TABLE_BITS)];

	return shift * HIST_SUB + (value >> shift);
}

/*
 * Slot of a value from HIST_DIRECT on. Of one that is too large for the table
 * even from the second base so many bits are left that its slot is beyond all.
 */
HIST_INLINE __u64 hist_slot_large(__u64 value)
{
	__u64 slot;

	if (value < HIST_DIRECT << HIST_TABLE_BITS)
		slot = hist_slot_from(HIST_TABLE_BITS, value);
	else
		slot = hist_slot_from(2 * HIST_TABLE_BITS, value);
	return slot < HIST_OVERFLOW ? slot : HIST_OVERFLOW;
}

/*
 * Slot of a value. The barrier keeps the compiler from merging the two ways,
 * which would make the first and shorter one longer.
 */
HIST_INLINE __u64 hist_slot(__u64 value)
{
	__u64 slot;

	if (value >= HIST_DIRECT)
		return hist_slot_large(value);
	slot = hist_slot_from(0, value) % HIST_DIRECT_SLOTS;
	asm volatile("" : "+r"(slot));
	return slot;
}

#ifdef __bpf__
/* @h is of this CPU alone, and no program that records in it interrupts another. */
HIST_INLINE void hist_record(struct hist *h, __u64 value)
{
	h->slots[hist_slot(value)]++;
	h->sum += value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}
#endif

#endif /* _TDXBENCH_BPF_HIST_H */
