// SPDX-License-Identifier: GPL-2.0
/*
 * memory: what many TDs take of the host's memory, each with one quote made.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "books.h"
#include "interrupt.h"
#include "load.h"
#include "measurement.h"
#include "result.h"

static const struct param params[] = {
	{ "tds", 1024, 1, 4096, "", NULL, "TDs alive at once" },
	{}
};

/* Bytes that the fields of /proc/meminfo named add up to; the list ends with NULL. */
static uint64_t meminfo(const char *const *fields)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib;
	char line[128], name[64];
	uint64_t sum = 0;
	size_t i;

	while (file && fgets(line, sizeof(line), file))
		for (i = 0; fields[i]; i++)
			if (sscanf(line, "%63[^:]: %llu kB", name, &kib) == 2 &&
			    !strcmp(name, fields[i]))
				sum += kib * 1024;
	if (file)
		fclose(file);
	return sum;
}

/*
 * What a TD is made of in the kernel: shared memory, descriptors and their kin,
 * page tables. Free memory would tell less, for CPUs keep some to themselves. A
 * TD's root page is in none of these.
 */
static uint64_t kernel_memory(void)
{
	static const char *const fields[] = { "VmallocUsed", "Slab", "PageTables", NULL };

	return meminfo(fields);
}

static uint64_t available_memory(void)
{
	static const char *const fields[] = { "MemAvailable", NULL };

	return meminfo(fields);
}

static void add_memory(uint64_t tds, uint64_t taken, json_t *out)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	metric_u64(out, "td.count", "", BETTER_NONE, tds);
	metric_u64(out, "memory.kernel", "bytes", BETTER_LOWER, taken);
	metric_u64(out, "memory.per_td", "bytes", BETTER_LOWER, taken / tds);
	metric_u64(out, "memory.available", "bytes", BETTER_HIGHER, available_memory());
	metric_u64(out, "tdxbench.max_rss", "bytes", BETTER_LOWER,
		   (uint64_t)usage.ru_maxrss * 1024);

	point_headline(out, "%llu TDs take %.1f MiB, tdxbench at most %.1f MiB",
		       (unsigned long long)tds, (double)taken / 1048576.0,
		       (double)usage.ru_maxrss / 1024.0);
}

static int quote_each(struct load *load, uint64_t tds, json_t *out)
{
	struct load_result seen;
	struct books books;
	int ret = -1;

	if (books_open(&books, COLLECT_QUOTES, NULL))
		return -1;
	if (!load_start(load, tds) && !load_wait(load, &seen) && !books_balance(&books)) {
		books_add_quotes(&books, &seen, out);
		books_check_equal(out, "TDs that got a quote", tds, books.collect.quotes.nr_tds);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

static int run(const struct point *point, json_t *out)
{
	const struct load_options options = {
		.guests = point_value(point, "tds"),
		/* Open: every guest makes exactly one request. */
		.kind = LOAD_OPEN,
		.arrivals = ARRIVALS_FIXED,
		.rate = 1000000,
		.cpu = -1,
	};
	uint64_t before = kernel_memory();
	struct load *load = load_new(&point->profile, &options);
	uint64_t taken;
	int ret;

	if (!load)
		return -1;
	/* Before guests' threads and collectors come, which are none of a TD. */
	taken = kernel_memory() - before;
	ret = quote_each(load, options.guests, out);
	if (!ret)
		add_memory(options.guests, taken, out);
	load_free(load);
	return ret;
}

const struct measurement measurement_memory = {
	.name = "memory",
	.summary = "memory that many TDs take",
	.params = params,
	.run = run,
};
