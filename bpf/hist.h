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

/* Bits needed to write a byte. BPF has no instruction for that. */
#define HIST_4(x)	x, x, x, x
#define HIST_16(x)	HIST_4(x), HIST_4(x), HIST_4(x), HIST_4(x)
#define HIST_64(x)	HIST_16(x), HIST_16(x), HIST_16(x), HIST_16(x)

static const __u8 hist_bits[256] = {
	0, 1, 2, 2, HIST_4(3), HIST_4(4), HIST_4(4), HIST_16(5), HIST_16(6), HIST_16(6),
	HIST_64(7), HIST_64(8), HIST_64(8),
};

#define HIST_INLINE	static inline __attribute__((always_inline))
/* Below this the table tells how far to shift; a constant known to the verifier. */
#define HIST_DIRECT	(256ULL << (HIST_SUB_BITS + 1))

/* Slot of a value below HIST_DIRECT: shifted, it has HIST_SUB_BITS + 1 bits left. */
HIST_INLINE __u64 hist_slot_direct(__u64 value)
{
	__u64 shift = hist_bits[value >> (HIST_SUB_BITS + 1)];

	return shift * HIST_SUB + (value >> shift);
}

/*
 * Slot of a value. Larger ones come down in steps of eight bits, each worth
 * eight powers of two. The barriers keep the compiler from merging the two ways
 * (six instructions more on the short one) and from testing the value before
 * the shift (the verifier then knows no bound for it).
 */
HIST_INLINE __u64 hist_slot(__u64 value)
{
	__u64 slot = 0;

	if (value < HIST_DIRECT) {
		slot = hist_slot_direct(value);
		asm volatile("" : "+r"(slot));
	} else {
		do {
			value >>= 8;
			slot += 8 * HIST_SUB;
			asm volatile("" : "+r"(value));
		} while (value >= HIST_DIRECT);
		slot += hist_slot_direct(value);
	}
	return slot < HIST_OVERFLOW ? slot : HIST_OVERFLOW;
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
