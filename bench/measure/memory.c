// SPDX-License-Identifier: GPL-2.0
/*
 * memory: what the host's memory pays for quotes. What bring-up takes for good,
 * what many TDs take while they live, each with one quote made, and what stays
 * when they are gone, over some generations of them.
 */
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "measure/books.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/load.h"
#include "measure/measurement.h"
#include "measure/meminfo.h"
#include "result/result.h"

static const struct param params[] = {
	{ "tds", 1024, 1, 4096, "", NULL, "TDs alive at once" },
	{ "generations", 1, 1, 1000, "", NULL,
	  "times that all of them are created, make a quote each, and are destroyed" },
	{}
};

/*
 * What a TD is made of in the kernel: shared memory, descriptors and their kin,
 * page tables. Free memory would tell less, for CPUs keep some to themselves. A
 * TD's root page is in none of these.
 */
static uint64_t kernel_memory(void)
{
	return meminfo((const char *const[]){ "VmallocUsed", "Slab", "PageTables", NULL });
}

/* All that is free: the pool's pages and the quote buffers are in no other field. */
static uint64_t free_memory(void)
{
	return meminfo((const char *const[]){ "MemFree", NULL });
}

/* Long enough for the kernel to free what it puts off: RCU, work queues. */
static void settle(void)
{
	usleep(300000);
}

/**
 * struct account - what was seen over all generations
 * @bring_up:  bytes of free memory that bring-up took
 * @before:    kernel memory before the first TD
 * @taken:     by the TDs of a generation, the largest
 * @after_first: kernel memory when those of the first generation are gone
 * @after:     when all are gone
 * @available: the least
 * @ns:        from first request to last answer, all generations
 * @seen:      what books want to know of the load
 */
struct account {
	uint64_t bring_up;
	uint64_t before;
	uint64_t taken;
	uint64_t after_first;
	uint64_t after;
	uint64_t available;
	uint64_t ns;
	struct load_result seen;
};

static void add_load(struct account *account, const struct load_result *seen)
{
	account->seen.quotes += seen->quotes;
	account->seen.wrong += seen->wrong;
	account->seen.refused += seen->refused;
	account->seen.retries += seen->retries;
	account->seen.fell_back += seen->fell_back;
	account->ns += seen->last_ns - seen->first_ns;
}

/* One generation: all TDs are there at once, and each makes a quote. */
static int live(const struct point *point, struct account *account)
{
	const struct load_options options = {
		.guests = point_value(point, "tds"),
		/* Open: every guest makes exactly one request. */
		.kind = LOAD_OPEN,
		.arrivals = ARRIVALS_FIXED,
		.rate = 1000000,
		.cpu = -1,
	};
	uint64_t before = kernel_memory(), taken, available;
	struct load *load = load_new(&point->profile, &options);
	struct load_result seen;
	int ret = -1;

	if (!load)
		return -1;
	/* Before guests' threads come, which are none of a TD. */
	taken = kernel_memory() - before;
	if (!load_start(load, options.guests) && !load_wait(load, &seen)) {
		available = meminfo_available();
		if (taken > account->taken)
			account->taken = taken;
		if (!account->available || available < account->available)
			account->available = available;
		add_load(account, &seen);
		ret = interrupted();
	}
	load_free(load);
	return ret;
}

static int live_all(const struct point *point, struct account *account)
{
	uint64_t generation, generations = point_value(point, "generations");
	int ret = 0;

	settle();
	account->before = kernel_memory();
	for (generation = 0; generation < generations && !ret; generation++) {
		ret = live(point, account);
		settle();
		account->after = kernel_memory();
		if (!generation)
			account->after_first = account->after;
	}
	return ret;
}

static double grown(uint64_t from, uint64_t to)
{
	return (double)to - (double)from;
}

static void add_memory(const struct account *account, uint64_t tds, uint64_t generations,
		       json_t *out)
{
	double left = grown(account->before, account->after);
	uint64_t peak = own_peak();

	metric_u64(out, "td.count", "", BETTER_NONE, tds);
	metric_u64(out, "memory.kernel", "bytes", BETTER_LOWER, account->taken);
	metric_u64(out, "memory.per_td", "bytes", BETTER_LOWER, account->taken / tds);
	metric_u64(out, "memory.available", "bytes", BETTER_HIGHER, account->available);
	metric_u64(out, "memory.bring_up", "bytes", BETTER_LOWER, account->bring_up);
	/* May be less than nothing: a slab that was there before can be freed meanwhile. */
	metric_double(out, "memory.left", "bytes", BETTER_LOWER, left);
	if (generations > 1)
		metric_double(out, "memory.growth", "bytes", BETTER_LOWER,
			      grown(account->after_first, account->after) /
			      (double)(generations - 1));
	metric_u64(out, "tdxbench.max_rss", "bytes", BETTER_LOWER, peak);
	/* libc does not give back all that points before took. */
	metric_is_sampled(out);

	point_headline(out, "%llu TDs take %.1f MiB, leave %+.1f KiB behind; tdxbench at most %.1f MiB",
		       (unsigned long long)tds, (double)account->taken / 1048576.0,
		       left / 1024.0, (double)peak / 1048576.0);
}

/* The pool is there for quotes alone, whether any are made or not. */
static void add_pool(const struct account *account, uint64_t pages, uint64_t tds, json_t *out)
{
	double bytes = (double)pages * PAGE_SIZE, seconds = (double)account->ns / 1e9;

	metric_u64(out, "pool.bytes", "bytes", BETTER_LOWER, pages * PAGE_SIZE);
	metric_double(out, "pool.per_td", "bytes", BETTER_LOWER, bytes / (double)tds);
	metric_double(out, "pool.per_quote", "bytes*s", BETTER_LOWER,
		      bytes * seconds / (double)account->seen.quotes);
}

static int measure(const struct point *point, struct account *account, json_t *out)
{
	uint64_t tds = point_value(point, "tds");
	uint64_t generations = point_value(point, "generations");
	struct tdx_lab_info info;
	struct books books;
	int ret;

	if (lab_info(&info) || books_open(&books, COLLECT_QUOTES, NULL))
		return -1;
	ret = live_all(point, account);
	if (!ret)
		ret = books_balance(&books);
	if (!ret) {
		add_memory(account, tds, generations, out);
		add_pool(account, info.pool_pages, tds, out);
		metric_u64(out, "quote.count", "", BETTER_NONE, account->seen.quotes);
		books_add_quotes(&books, &account->seen, out);
		books_check_equal(out, "quotes: one for each TD", tds * generations,
				  account->seen.quotes);
	}
	books_close(&books);
	return ret;
}

/* Each TD has a place in the collector's table until the end of the point. */
static int check_count(const struct point *point)
{
	uint64_t tds = point_value(point, "tds"), most = QUOTES_MAX_TDS / tds;
	uint64_t generations = point_value(point, "generations");

	if (generations <= most)
		return 0;
	fprintf(stderr, "tdxbench: generations is %llu, allowed with %llu tds is at most %llu\n",
		(unsigned long long)generations, (unsigned long long)tds,
		(unsigned long long)most);
	return -1;
}

static int run(const struct point *point, json_t *out)
{
	struct account account = {};
	uint64_t free;

	if (check_count(point))
		return -1;

	/* Other points may have taken memory, on purpose or not, and not given it back yet. */
	malloc_trim(0);
	settle();
	own_peak_reset();
	free = free_memory();
	if (lab_bring_up())
		return -1;
	account.bring_up = free - free_memory();
	return measure(point, &account, out);
}

const struct measurement measurement_memory = {
	.name = "memory",
	.summary = "memory that the pool and many TDs take, and what stays",
	.params = params,
	.brings_up = true,
	.run = run,
};
