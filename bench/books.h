/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books of a point: what BPF counted against what the kernel counted, what
 * guests saw against both, and the parts of a quote against its total.
 */
#ifndef BENCH_BOOKS_H
#define BENCH_BOOKS_H

#include <jansson.h>

#include "collect.h"
#include "lab.h"
#include "load.h"

/**
 * struct books - the kernel's own counters over a point
 * @before: when collectors start
 * @delta:  what was added until they stopped
 */
struct books {
	struct tdx_lab_counters before;
	struct tdx_lab_counters delta;
};

/* Nothing may be quoting during either. 0, or -1 after one line on stderr. */
int books_open(struct books *books);
int books_count(struct books *books);

/* Metrics seamcall.*, of TDH.QUOTE.GET, and the iterations of every leaf checked. */
void books_add_iterations(const struct books *books, const struct collect *collect, json_t *out);

/* Metrics quote.*, and every quote accounted for. */
void books_add_quotes(const struct books *books, const struct collect *collect,
		      const struct load_result *seen, json_t *out);

#endif /* BENCH_BOOKS_H */
