// SPDX-License-Identifier: GPL-2.0
/*
 * path: how many instructions the quoting path executes for a quote, counted one by
 * one outside of the guest (tcg/count.c), interrupts and all else apart. One
 * client asks, so that no quote waits for another one.
 *
 * What is counted reaches the point when the VM is done; see count_read.c.
 */
#include <stdio.h>

#include "measure/books.h"
#include "run/interrupt.h"
#include "measure/load.h"
#include "measure/measurement.h"
#include "result/result.h"

static const char *const observed_words[] = { "no", "yes", NULL };

static const struct param params[] = {
	{ "quotes", 100, 2, 100000, "", NULL, "quotes" },
	{ "warmup", 10, 0, 1000, "", NULL, "quotes before that, not counted" },
	{ "observed", 0, 0, 1, "", observed_words, "are collectors attached?" },
	{}
};

static int measure(const struct point *point, struct load *load, json_t *out)
{
	unsigned int which = point_value(point, "observed") ?
			     COLLECT_ITERATIONS | COLLECT_QUOTES : 0;
	struct load_result seen;
	struct books books;
	int ret = -1;

	if (point_value(point, "warmup") &&
	    (load_start(load, point_value(point, "warmup")) || load_wait(load, &seen)))
		return -1;
	if (books_open(&books, which, NULL))
		return -1;

	if (!load_start(load, point_value(point, "quotes")) && !load_wait(load, &seen) &&
	    !books_balance(&books)) {
		metric_u64(out, "quote.count", "", BETTER_NONE, seen.quotes);
		books_check_equal(out, "quotes that are right", point_value(point, "quotes"),
				  seen.quotes);
		books_check_equal(out, "TDH.QUOTE.GET succeeded: module = client", seen.quotes,
				  books.kernel.leaf[TDX_LAB_LEAF_QUOTE_GET].success);
		point_headline(out, "%llu quotes", (unsigned long long)seen.quotes);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	const struct load_options options = { .guests = 1, .cpu = -1 };

	return load_measure(point, &options, measure, out);
}

const struct measurement measurement_path = {
	.name = "path",
	.summary = "instructions of the path for a quote, counted one by one",
	.params = params,
	.counted = true,
	.run = run,
};
