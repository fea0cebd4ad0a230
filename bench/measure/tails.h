/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How latency is shared out: the 99th percentile of each guest by itself.
 */
#ifndef BENCH_TAILS_H
#define BENCH_TAILS_H

#include <stddef.h>
#include <stdint.h>

struct load_sample;

/**
 * struct tails - 99th percentiles of guests, ns; 0 where nobody got a quote
 * @worst:  largest of all guests
 * @median: of all guests; of an even number the lower of the two in the middle
 * @first:  of guest 0
 * @others: largest of all but guest 0
 */
struct tails {
	uint64_t worst;
	uint64_t median;
	uint64_t first;
	uint64_t others;
};

/*
 * By intended latency; guests without a quote do not count. Sorts @samples. 0, or
 * -1 after one line on stderr.
 */
int tails_find(struct load_sample *samples, size_t count, struct tails *tails);

#endif /* BENCH_TAILS_H */
