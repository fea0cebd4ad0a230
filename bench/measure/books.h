/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books of a point: what BPF counted against what the kernel counted, what
 * guests saw against both, and the parts of a quote against its total.
 */
#ifndef BENCH_BOOKS_H
#define BENCH_BOOKS_H

#include <jansson.h>

#include "collect/collect.h"
#include "measure/lab.h"
#include "measure/load.h"

/**
 * struct books - one stretch of time as BPF and as the kernel counted it
 * @collect: what collectors saw
 * @kernel:  what was added to the kernel's own counters meanwhile
 * @before:  the counters when it began; private
 */
struct books {
	struct collect collect;
	struct tdx_lab_counters kernel;
	struct tdx_lab_counters before;
};

/*
 * Collectors @which (COLLECT_*) count from open to balance. Nothing may be
 * quoting during either. 0, or -1 after one line on stderr and with nothing
 * left to close.
 */
int books_open(struct books *books, unsigned int which, const struct collect_opts *opts);
int books_balance(struct books *books);
void books_close(struct books *books);

/* What no counter of the kernel's is needed for; nothing where there was none. */
void books_add_seamcalls(const struct collect *collect, json_t *out);	/* seamcall.* */
void books_add_parts(const struct collect_quotes *quotes, json_t *out);	/* quote.total ... */
void books_add_pool(const struct pool_cpu *pool, json_t *out);		/* pool.pages ... */
/* timer.*; @all is filled with seam and other together. */
void books_add_lateness(const struct collect_preemption *seen, struct hist *all, json_t *out);
uint64_t books_quotes_of_tds(const struct collect_quotes *quotes);

/* Metrics seamcall.*, of TDH.QUOTE.GET, and the iterations of every leaf checked. */
void books_add_iterations(const struct books *books, json_t *out);

/* Metrics quote.*, of quotes that the kernel made, and every request accounted for. */
void books_add_requests(const struct books *books, json_t *out);

/* What guests were told against what the kernel says it told them. */
void books_check_guests(const struct books *books, const struct load_result *seen, json_t *out);

/* Metrics quote.rate, .count, .retries, .fell_back and latency.actual, as guests saw it. */
void books_add_guests(const struct load_result *seen, json_t *out);

/* Both checks, for a measurement in which no quote may be wrong. */
void books_add_quotes(const struct books *books, const struct load_result *seen, json_t *out);

#endif /* BENCH_BOOKS_H */
