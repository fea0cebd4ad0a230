/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of tdxbench top.
 */
#ifndef BENCH_TOP_TOP_H
#define BENCH_TOP_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top/model.h"

#define TOP_MAX_FILTER	64	/* TDs that can be chosen */
#define TOP_ALL_TDS	SIZE_MAX
#define TOP_BATCH_TDS	20	/* rows of TDs, unless told otherwise */

enum top_output { TOP_SCREEN, TOP_BATCH, TOP_JSON };

/**
 * struct top_options - what is wanted
 * @interval_ns: between two looks
 * @count:   of intervals, 0: until somebody ends it
 * @output:  a terminal with keys, blocks of text, JSON
 * @tdr, @nr_tdr: TDs to show, none: all
 * @leaves:  to show, a bit for each; 0: those in use
 * @sort:    of TDs
 * @tds:     so many of them at most
 * @total:   numbers since the start
 */
struct top_options {
	uint64_t interval_ns;
	uint64_t count;
	enum top_output output;
	uint64_t tdr[TOP_MAX_FILTER];
	size_t nr_tdr;
	unsigned int leaves;
	enum top_sort sort;
	size_t tds;
	bool total;
};

/* An exit code; interrupt_catch() has been called. */
int top_run(const struct top_options *wanted);

#endif /* BENCH_TOP_TOP_H */
