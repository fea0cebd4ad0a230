// SPDX-License-Identifier: GPL-2.0
/*
 * Books that must close.
 */
#include "measure/books.h"

#include <stddef.h>
#include <stdio.h>

#include "run/environment.h"
#include "measure/meminfo.h"
#include "result/result.h"

/* Share of the median quote's time that no part explains, percent. */
#define OTHER_LIMIT	2.0

static const char *const leaf_names[TDX_LAB_NR_LEAVES] = {
	[TDX_LAB_LEAF_EXT_INIT] = "TDH.EXT.INIT",
	[TDX_LAB_LEAF_EXT_MEM_ADD] = "TDH.EXT.MEM.ADD",
	[TDX_LAB_LEAF_QUOTE_INIT] = "TDH.QUOTE.INIT",
	[TDX_LAB_LEAF_QUOTE_GET] = "TDH.QUOTE.GET",
};

int books_open(struct books *books, unsigned int which, const struct collect_opts *opts)
{
	if (collect_open(&books->collect, which, opts))
		return -1;
	if (!lab_counters(&books->before) && !collect_start(&books->collect))
		return 0;
	collect_close(&books->collect);
	return -1;
}

/* The counters are nothing but 64-bit counts, so they subtract as an array. */
int books_balance(struct books *books)
{
	const uint64_t *before = (const uint64_t *)&books->before;
	uint64_t *kernel = (uint64_t *)&books->kernel;
	size_t i;

	if (collect_stop(&books->collect) || lab_counters(&books->kernel))
		return -1;
	for (i = 0; i < sizeof(books->kernel) / sizeof(*kernel); i++)
		kernel[i] -= before[i];
	return 0;
}

void books_close(struct books *books)
{
	collect_close(&books->collect);
}

void books_add_seamcalls(const struct collect *collect, json_t *out)
{
	const struct collect_leaf *get = &collect->iterations.leaf[TDX_LAB_LEAF_QUOTE_GET];

	if (!get->iterations.count)
		return;
	metric_hist(out, "seamcall.duration", "ns", BETTER_LOWER, &get->duration);
	metric_hist(out, "seamcall.gap", "ns", BETTER_LOWER, &get->gap);
	metric_hist(out, "seamcall.iterations", "", BETTER_LOWER, &get->iterations);
}

void books_add_iterations(const struct books *books, json_t *out)
{
	unsigned int leaf;
	char name[96];

	books_add_seamcalls(&books->collect, out);
	for (leaf = 0; leaf < TDX_LAB_LEAF_OTHER; leaf++) {
		const struct tdx_lab_leaf_count *kernel = &books->kernel.leaf[leaf];
		const struct collect_leaf *bpf = &books->collect.iterations.leaf[leaf];

		if (!kernel->entries && !bpf->entries)
			continue;
		snprintf(name, sizeof(name), "%s iterations: BPF = module", leaf_names[leaf]);
		books_check_equal(out, name, kernel->entries, bpf->entries);
		snprintf(name, sizeof(name), "%s resumed: BPF = module", leaf_names[leaf]);
		books_check_equal(out, name, kernel->resumable, bpf->resumable);
		snprintf(name, sizeof(name), "%s succeeded: BPF = module", leaf_names[leaf]);
		books_check_equal(out, name, kernel->success, bpf->success);
	}
}

/* Metric names in the order of enum quotes_part. */
static const char *const part_names[QUOTES_NR_PARTS] = {
	[QUOTES_TOTAL] = "quote.total",
	[QUOTES_COPY_IN] = "quote.copy_in",
	[QUOTES_WAIT] = "quote.wait",
	[QUOTES_SEAM] = "quote.seam",
	[QUOTES_GAP] = "quote.gap",
	[QUOTES_COPY_OUT] = "quote.copy_out",
	[QUOTES_OTHER] = "quote.other",
};

/* The parts of quotes must make up their total, and "other" little of it. */
void books_add_parts(const struct collect_quotes *quotes, json_t *out)
{
	uint64_t total = quotes->part[QUOTES_TOTAL].sum, sum = 0;
	double other = 100.0 * (double)quotes->part[QUOTES_OTHER].sum / (double)total;
	double typical = 100.0 * (double)hist_percentile(&quotes->part[QUOTES_OTHER], 50) /
			 (double)hist_percentile(&quotes->part[QUOTES_TOTAL], 50);
	unsigned int part;

	if (!quotes->part[QUOTES_TOTAL].count)
		return;
	for (part = 0; part < QUOTES_NR_PARTS; part++) {
		metric_hist(out, part_names[part], "ns", BETTER_LOWER, &quotes->part[part]);
		if (part != QUOTES_TOTAL)
			sum += quotes->part[part].sum;
	}

	metric_double(out, "quote.other_share", "%", BETTER_LOWER, other);
	books_check_equal(out, "ns of all parts of quotes = ns of quotes", total, sum);
	/* "other" is what parts leave of the total, so too large parts make it wrap. */
	books_check_equal(out, "quotes whose parts exceed their total", 0,
			  quotes->part[QUOTES_OTHER].slots[HIST_OVERFLOW]);
	/*
	 * Of the median quote, since a part that is missing is missing from every
	 * quote, but where clients outnumber CPUs the scheduler may run somebody
	 * else in any stretch of a few: quote.other_share has all of that. Under a
	 * real clock nothing is certain of any quote.
	 */
	if (environment_virtual_clock())
		books_check_below(out, "other below 2 % of the median quote", OTHER_LIMIT,
				  typical);
}

uint64_t books_quotes_of_tds(const struct collect_quotes *quotes)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < quotes->nr_tds; i++)
		sum += quotes->tds[i].sum.count;
	return sum;
}

static void add_nodes(uint64_t nodes, json_t *out)
{
	if (!nodes)
		return;
	metric_u64(out, "pool.node", "", BETTER_NONE, (uint64_t)__builtin_ctzll(nodes));
	metric_u64(out, "pool.nodes", "", BETTER_LOWER, (uint64_t)__builtin_popcountll(nodes));
}

void books_add_pool(const struct pool_cpu *pool, json_t *out)
{
	metric_u64(out, "pool.pages", "pages", BETTER_NONE, pool->added);
	metric_u64(out, "pool.bytes", "bytes", BETTER_NONE, pool->added * PAGE_SIZE);
	metric_u64(out, "pool.alloc_ns", "ns", BETTER_LOWER, pool->alloc_ns);
	metric_u64(out, "pool.flush_ns", "ns", BETTER_LOWER, pool->flush_ns);
	metric_u64(out, "pool.add_ns", "ns", BETTER_LOWER, pool->add_ns);
	metric_u64(out, "pool.total_ns", "ns", BETTER_LOWER,
		   pool->alloc_ns + pool->flush_ns + pool->add_ns);
	metric_u64(out, "pool.chunks", "", BETTER_LOWER, pool->alloc.count);
	if (pool->alloc.count) {
		metric_u64(out, "pool.chunk_min", "pages", BETTER_HIGHER, pool->chunk_min);
		metric_u64(out, "pool.chunk_max", "pages", BETTER_NONE, pool->chunk_max);
	}
	metric_u64(out, "pool.batches", "", BETTER_NONE, pool->add.count);
	metric_hist(out, "pool.alloc", "ns", BETTER_LOWER, &pool->alloc);
	metric_hist(out, "pool.add", "ns", BETTER_LOWER, &pool->add);
	add_nodes(pool->nodes, out);
}

void books_add_lateness(const struct collect_preemption *seen, struct hist *all, json_t *out)
{
	hist_init(all);
	hist_merge(all, &seen->seam);
	hist_merge(all, &seen->other);
	metric_hist(out, "timer.lateness", "ns", BETTER_LOWER, all);
	metric_hist(out, "timer.lateness_seam", "ns", BETTER_LOWER, &seen->seam);
	metric_hist(out, "timer.lateness_other", "ns", BETTER_LOWER, &seen->other);
}

/* By enum quotes_answer, which is the order of the kernel's own counters. */
static const char *const answer_names[QUOTES_NR_ANSWERS] = {
	[QUOTES_OK] = "requests answered with a quote",
	[QUOTES_REFUSED] = "requests refused",
	[QUOTES_KILLED] = "requests killed",
	[QUOTES_RETRY] = "requests told to ask again",
	[QUOTES_USER] = "requests left to user space",
};

static const uint64_t *kernel_answers(const struct tdx_lab_counters *kernel)
{
	_Static_assert(offsetof(struct tdx_lab_counters, getquote_user) -
		       offsetof(struct tdx_lab_counters, getquote_ok) == 8 * QUOTES_USER,
		       "the kernel's counters and enum quotes_answer have another order");
	return (const uint64_t *)&kernel->getquote_ok;
}

/* What never happened, and nobody says it did, is not worth a line. */
static void check_answers(json_t *out, const char *who, const uint64_t *kernel,
			  const uint64_t *seen)
{
	char name[96];
	unsigned int i;

	for (i = 0; i < QUOTES_NR_ANSWERS; i++) {
		if (!kernel[i] && !seen[i])
			continue;
		snprintf(name, sizeof(name), "%s: %s = kernel", answer_names[i], who);
		books_check_equal(out, name, kernel[i], seen[i]);
	}
}

void books_add_requests(const struct books *books, json_t *out)
{
	const struct tdx_lab_counters *kernel = &books->kernel;
	const struct collect_quotes *quotes = &books->collect.quotes;

	books_add_parts(quotes, out);
	check_answers(out, "BPF", kernel_answers(kernel), quotes->answers);
	/* All events of a request that got its quote, and of none besides. */
	books_check_equal(out, "quotes: BPF = kernel", kernel->getquote_ok,
			  quotes->count - quotes->errors);
	books_check_equal(out, "quotes: TDs add up", quotes->count, books_quotes_of_tds(quotes));
	books_check_equal(out, "quotes without times", 0, quotes->untimed);
	point_lost_events(out, books->collect.lost);
}

void books_check_guests(const struct books *books, const struct load_result *seen, json_t *out)
{
	const uint64_t answers[QUOTES_NR_ANSWERS] = {
		[QUOTES_OK] = seen->quotes + seen->wrong,
		[QUOTES_REFUSED] = seen->refused,
		[QUOTES_RETRY] = seen->retries,
		[QUOTES_USER] = seen->fell_back,
	};

	check_answers(out, "guests", kernel_answers(&books->kernel), answers);
}

void books_add_guests(const struct load_result *seen, json_t *out)
{
	double seconds = (double)(seen->last_ns - seen->first_ns) / 1e9;

	metric_double(out, "quote.rate", "1/s", BETTER_HIGHER, (double)seen->quotes / seconds);
	metric_u64(out, "quote.count", "", BETTER_NONE, seen->quotes);
	metric_u64(out, "quote.retries", "", BETTER_LOWER, seen->retries);
	metric_u64(out, "quote.fell_back", "", BETTER_LOWER, seen->fell_back);
	metric_hist(out, "latency.actual", "ns", BETTER_LOWER, &seen->actual);
}

void books_add_quotes(const struct books *books, const struct load_result *seen, json_t *out)
{
	books_add_requests(books, out);
	books_check_guests(books, seen, out);
	books_check_equal(out, "quotes that failed verification", 0, seen->wrong);
}
