/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reproducible random numbers: splitmix64, a stream from a seed.
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <math.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9E3779B97F4A7C15ULL;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
	x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
	return x ^ x >> 31;
}

/* A stream of its own for each of many users of one seed. */
static inline uint64_t random_stream(uint64_t seed, uint64_t user)
{
	uint64_t state = seed + user * 0xD1342543DE82EF95ULL;

	return random_next(&state);
}

/* In (0, 1]. */
static inline double random_unit(uint64_t *state)
{
	return (double)((random_next(state) >> 11) + 1) / 9007199254740992.0;
}

/* Exponential with the given mean: intervals of a Poisson process. */
static inline double random_exponential(uint64_t *state, double mean)
{
	return -log(random_unit(state)) * mean;
}

#endif /* BENCH_RANDOM_H */
