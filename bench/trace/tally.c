// SPDX-License-Identifier: GPL-2.0
/*
 * Events to the results of collectors: iterations.bpf.c, quotes.bpf.c, pool.bpf.c and
 * update.bpf.c say the same to the kernel.
 */
#include "trace/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result/must.h"

/* Turned away for now: class 2 in bits 47:40 of a recoverable error. */
#define CLASS_BUSY	0x800002U

void tally_begin(struct collect *collect)
{
	collect_clear(collect);
}

/* --- iterations --- */

static enum iterations_index index_of(uint16_t leaf)
{
	switch (leaf) {
	case 60: return ITERATIONS_EXT_INIT;
	case 61: return ITERATIONS_EXT_MEM_ADD;
	case 98: return ITERATIONS_QUOTE_GET;
	case 100: return ITERATIONS_QUOTE_INIT;
	default: return ITERATIONS_OTHER;
	}
}

static void add_iteration(struct collect_leaf *leaf, const struct events_iteration *event)
{
	uint32_t code = (uint32_t)(event->status >> 32);

	hist_add(&leaf->duration, event->duration_ns);
	if (event->gap_ns)
		hist_add(&leaf->gap, event->gap_ns);
	leaf->entries++;
	if (code == STATUS_RESUMABLE >> 32) {
		leaf->resumable++;
	} else if (code >> 8 == CLASS_BUSY) {
		leaf->again++;
	} else {
		hist_add(&leaf->iterations, event->iteration + 1ULL);
		leaf->success += !event->status;
	}
}

/* --- quotes --- */

static void decompose(const struct events_quote *event, uint64_t ns[QUOTES_NR_PARTS])
{
	ns[QUOTES_TOTAL] = event->total_ns;
	ns[QUOTES_COPY_IN] = event->copy_in_ns;
	ns[QUOTES_WAIT] = event->wait_ns;
	ns[QUOTES_SEAM] = event->seam_ns;
	ns[QUOTES_GAP] = event->gap_ns;
	ns[QUOTES_COPY_OUT] = event->copy_out_ns;
	ns[QUOTES_OTHER] = event->other_ns;
}

/* By TDR; NULL when there are too many. */
static struct quotes_td *find_td(struct collect_quotes *quotes, uint64_t tdr)
{
	size_t low = 0, high = quotes->nr_tds, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (quotes->tds[middle].tdr < tdr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < quotes->nr_tds && quotes->tds[low].tdr == tdr)
		return &quotes->tds[low].sum;
	if (quotes->nr_tds == QUOTES_MAX_TDS)
		return NULL;

	quotes->tds = must_grow(quotes->tds, (uint32_t)quotes->nr_tds, sizeof(*quotes->tds));
	memmove(&quotes->tds[low + 1], &quotes->tds[low],
		(quotes->nr_tds - low) * sizeof(*quotes->tds));
	quotes->tds[low] = (struct collect_td){ .tdr = tdr };
	quotes->nr_tds++;
	return &quotes->tds[low].sum;
}

static void add_to_td(struct quotes_td *td, const struct events_quote *event,
		      const uint64_t ns[QUOTES_NR_PARTS])
{
	td->count++;
	if (event->error) {
		td->errors++;
		return;
	}
	td->bytes += event->bytes;
	if (td->total_max < event->total_ns)
		td->total_max = event->total_ns;
	for (unsigned int part = 0; part < QUOTES_NR_PARTS; part++)
		td->ns[part] += ns[part];
}

static void add_quote(struct collect *collect, const struct events_quote *event)
{
	struct collect_quotes *quotes = &collect->quotes;
	struct quotes_td *td = find_td(quotes, event->tdr);
	uint64_t ns[QUOTES_NR_PARTS];
	unsigned int part;

	decompose(event, ns);
	quotes->count++;
	if (event->error)
		quotes->errors++;
	else if (!event->total_ns)
		quotes->untimed++;
	else
		for (part = 0; part < QUOTES_NR_PARTS; part++)
			hist_add(&quotes->part[part], ns[part]);
	if (td)
		add_to_td(td, event, ns);
	else
		collect->lost++;
}

static enum quotes_answer answer_of(const struct events_answer *event)
{
	if (event->error)
		return event->error == -EINTR ? QUOTES_KILLED : QUOTES_USER;
	if (event->ret == 1)
		return QUOTES_RETRY;
	return !event->ret && !event->status ? QUOTES_OK : QUOTES_REFUSED;
}

/* --- pool and updates --- */

static void add_chunk(struct pool_cpu *pool, const struct events_pool *event)
{
	hist_add(&pool->alloc, event->ns);
	pool->alloc_pages += event->pages;
	if (pool->chunk_min > event->pages)
		pool->chunk_min = event->pages;
	if (pool->chunk_max < event->pages)
		pool->chunk_max = event->pages;
	if (event->node >= 0 && event->node < 64)
		pool->nodes |= 1ULL << event->node;
}

static void add_batch(struct pool_cpu *pool, const struct events_pool *event)
{
	hist_add(&pool->add, event->ns);
	pool->add_pages += event->pages;
	pool->add_iterations += event->iterations;
}

static void add_pool(struct pool_cpu *pool, const struct events_pool_total *event)
{
	pool->totals++;
	pool->total_errors += !!event->error;
	pool->required += event->required;
	pool->added += event->added;
	pool->alloc_ns += event->alloc_ns;
	pool->flush_ns += event->flush_ns;
	pool->add_ns += event->add_ns;
}

static void add_update(struct update_cpu *update, const struct events_update *event)
{
	update->ended++;
	update->errors += !!event->error;
	update->drain_ns += event->drain_ns;
	update->stall_ns += event->stall_ns;
	update->total_ns += event->total_ns;
}

/* --- all --- */

void tally_event(struct collect *collect, const union event *event)
{
	switch (event->head.kind) {
	case EVENTS_ITERATION:
		add_iteration(&collect->iterations.leaf[index_of(event->iteration.leaf)],
			      &event->iteration);
		break;
	case EVENTS_QUOTE_END:
		add_quote(collect, &event->quote);
		break;
	case EVENTS_ANSWER:
		collect->quotes.answers[answer_of(&event->answer)]++;
		break;
	case EVENTS_POOL_ALLOC:
		add_chunk(&collect->pool, &event->pool);
		break;
	case EVENTS_POOL_ADD:
		add_batch(&collect->pool, &event->pool);
		break;
	case EVENTS_POOL_TOTAL:
		add_pool(&collect->pool, &event->pool_total);
		break;
	case EVENTS_UPDATE_BEGIN:
		collect->update.begun++;
		collect->update.in_flight += event->update.in_flight;
		break;
	case EVENTS_UPDATE_CPU:
		hist_add(&collect->update.irqs_off, event->update.irqs_off_ns);
		break;
	case EVENTS_UPDATE_END:
		add_update(&collect->update, &event->update);
		break;
	}
}

void tally_end(struct collect *collect)
{
	struct collect_leaf *leaf = collect->iterations.leaf;

	for (; leaf < collect->iterations.leaf + ITERATIONS_NR_LEAVES; leaf++)
		leaf->failed = leaf->entries - leaf->resumable - leaf->success;
}
