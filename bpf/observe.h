/* SPDX-License-Identifier: GPL-2.0 */
/* The record of bpf/observe.bpf.c: a histogram by powers of two. */
#ifndef _TDXBENCH_BPF_OBSERVE_H
#define _TDXBENCH_BPF_OBSERVE_H

#include <linux/types.h>

#define OBSERVE_LEAVES	16	/* that a histogram is kept of */
#define OBSERVE_SLOTS	64

/* Slot n: values from 2^n to 2^(n+1) - 1; slot 0 has 0, too. */
struct observe_hist {
	__u64 slots[OBSERVE_SLOTS];
};

#endif /* _TDXBENCH_BPF_OBSERVE_H */
