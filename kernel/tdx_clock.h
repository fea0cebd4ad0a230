/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of everything that the quoting path times: the TSC in nanoseconds.
 *
 * A resume iteration may last a few microseconds, so its two clock reads must
 * cost next to nothing; CLOCK_MONOTONIC takes four times the instructions. TDX
 * hosts have an invariant, synchronised TSC. Because every part of a quote is
 * timed by this one clock, NTP's slewing cannot make parts exceed their total.
 */
#ifndef _TDX_CLOCK_H
#define _TDX_CLOCK_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <asm/msr.h>
#include <asm/tsc.h>

/* ns per TSC cycle as a 32.32 fixed-point number, 0 where the kernel knows no frequency. */
extern u64 tdx_clock_mult;

static inline void tdx_clock_init(void)
{
	tdx_clock_mult = tsc_khz ? div_u64((u64)NSEC_PER_MSEC << 32, tsc_khz) : 0;
}

/* ns since the TSC was 0. Only differences mean anything. */
static __always_inline u64 tdx_clock(void)
{
	return mul_u64_u64_shr(rdtsc_ordered(), tdx_clock_mult, 32);
}

#endif /* _TDX_CLOCK_H */
