/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who held which buffer when, from the events of quotes. The last holds are kept.
 *
 * No event tells when a buffer is given back. A hold ends with its quote, or when the
 * next one has the buffer if that is earlier; it is over at some time before.
 */
#ifndef BENCH_SLOW_HOLDERS_H
#define BENCH_SLOW_HOLDERS_H

#include <stdint.h>

#include "../../bpf/events.h"

/**
 * struct hold - one quote's time with a buffer
 * @quote, @tdr, @tid, @buffer: whose and which
 * @from, @to: CLOCK_MONOTONIC; @to is 0 as long as it lasts
 * @wait_ns:   how long the quote had waited for it
 * @seam_ns:   of the hold spent in SEAM
 */
struct hold {
	uint64_t quote;
	uint64_t tdr;
	uint64_t from;
	uint64_t to;
	uint64_t wait_ns;
	uint64_t seam_ns;
	uint32_t tid;
	uint32_t buffer;
};

struct holders;

struct holders *holders_new(void);
void holders_free(struct holders *holders);
void holders_add(struct holders *holders, const struct events_head *event);

/* That of a quote; NULL: it had none, or had to make room. */
const struct hold *holders_of(const struct holders *holders, uint64_t quote);

typedef void holders_visitor(const struct hold *hold, void *arg);

/* The holds of a buffer that reach into @from..@to, in order. */
void holders_between(const struct holders *holders, uint32_t buffer, uint64_t from, uint64_t to,
		     holders_visitor *visit, void *arg);
/* Since its first hold that is kept; UINT64_MAX: there is none. */
uint64_t holders_known_since(const struct holders *holders, uint32_t buffer);

#endif /* BENCH_SLOW_HOLDERS_H */
