// SPDX-License-Identifier: GPL-2.0
/*
 * From two samples to the numbers between them.
 */
#include "top/model.h"

#include <string.h>

#include "result/must.h"

const char *const top_sort_words[TOP_NR_SORTS + 1] = {
	[TOP_SORT_RATE] = "rate", [TOP_SORT_P99] = "p99", [TOP_SORT_WAITING] = "waiting",
	[TOP_SORT_SHARE] = "share", [TOP_SORT_TD] = "td",
};

const char *const top_leaf_names[ITERATIONS_NR_LEAVES + 1] = {
	[ITERATIONS_EXT_INIT] = "EXT.INIT", [ITERATIONS_EXT_MEM_ADD] = "EXT.MEM.ADD",
	[ITERATIONS_QUOTE_INIT] = "QUOTE.INIT", [ITERATIONS_QUOTE_GET] = "QUOTE.GET",
	[ITERATIONS_OTHER] = "other",
};

/* --- samples --- */

void top_sample_init(struct top_sample *sample, uint64_t ns)
{
	unsigned int i;

	*sample = (struct top_sample){ .ns = ns };
	for (i = 0; i < ITERATIONS_NR_LEAVES; i++) {
		hist_init(&sample->iterations.leaf[i].duration);
		hist_init(&sample->iterations.leaf[i].gap);
		hist_init(&sample->iterations.leaf[i].iterations);
	}
	hist_init(&sample->seam);
	hist_init(&sample->outside);
}

void top_sample_settle(struct top_sample *sample, const struct top_sample *before)
{
	uint64_t open = 0;
	size_t i;

	for (i = 0; i < sample->tds.nr; i++)
		open += sample->tds.td[i].seen.open;
	sample->unseen = sample->lab.in_flight > open ? sample->lab.in_flight - open : 0;
	if (before && before->unseen < sample->unseen)
		sample->unseen = before->unseen;
}

void top_sample_free(struct top_sample *sample)
{
	free(sample->tds.td);
	sample->tds = (struct collect_tds){};
}

/* --- leaves and timers --- */

static void spread(struct top_spread *spread, const struct hist *hist)
{
	*spread = (struct top_spread){
		.count = hist->count, .p50 = hist_percentile(hist, 50),
		.p99 = hist_percentile(hist, 99), .max = hist->max,
	};
}

static void spread_since(struct top_spread *into, const struct hist *now, const struct hist *before)
{
	struct hist came;

	hist_since(&came, now, before);
	spread(into, &came);
}

static void add_leaf(struct top_leaf *leaf, const struct collect_leaf *now,
		     const struct collect_leaf *before)
{
	struct hist calls;

	spread_since(&leaf->seam, &now->duration, &before->duration);
	spread_since(&leaf->gap, &now->gap, &before->gap);
	hist_since(&calls, &now->iterations, &before->iterations);
	leaf->iterations = leaf->seam.count;
	leaf->calls = calls.count;
	leaf->per_call = calls.count ? (double)calls.sum / (double)calls.count : 0;
}

/* --- TDs: histograms of their own, with fewer slots --- */

static uint64_t coarse_lower(unsigned int slot)
{
	return slot ? hist_slot_lower((slot + TDS_SLOT_FIRST) << TDS_SLOT_SHIFT) : 0;
}

static uint64_t coarse_upper(unsigned int slot)
{
	return slot < TDS_SLOTS - 1 ? coarse_lower(slot + 1) - 1 : INT64_MAX;
}

/* @max: of all values, those in the slots and those before. */
static uint64_t coarse_percentile(const uint64_t *slots, uint64_t count, unsigned int percent,
				  uint64_t max)
{
	uint64_t left = (count * percent + 99) / 100, lower, middle;
	unsigned int slot = 0;

	if (!left)
		return 0;
	while (left > slots[slot])
		left -= slots[slot++];
	lower = coarse_lower(slot);
	middle = lower + (coarse_upper(slot) - lower) / 2;
	return middle < max ? middle : max;
}

static uint64_t coarse_max(const uint64_t *slots, uint64_t max)
{
	unsigned int slot = TDS_SLOTS;

	while (slot--)
		if (slots[slot])
			return max >= coarse_lower(slot) && max <= coarse_upper(slot) ?
			       max : coarse_upper(slot);
	return 0;
}

static void spread_coarse(struct top_spread *spread, const uint64_t *slots, uint64_t max)
{
	unsigned int i;

	*spread = (struct top_spread){};
	for (i = 0; i < TDS_SLOTS; i++)
		spread->count += slots[i];
	spread->p50 = coarse_percentile(slots, spread->count, 50, max);
	spread->p99 = coarse_percentile(slots, spread->count, 99, max);
	spread->max = coarse_max(slots, max);
}

/* What came; from another time than @now it cannot be read at once, so nothing is below 0. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void add_td(struct top_td *td, const struct collect_live_td *now,
		   const struct collect_live_td *before, uint64_t sum[TDS_SLOTS])
{
	static const struct collect_live_td none;
	uint64_t slots[TDS_SLOTS];
	unsigned int i;

	if (!before)
		before = &none;
	for (i = 0; i < TDS_SLOTS; i++) {
		/* They have 32 bits, and may have been through all of them. */
		slots[i] = now->seen.slots[i] - before->seen.slots[i];
		sum[i] += slots[i];
	}
	*td = (struct top_td){
		.tdr = now->tdr,
		.errors = now->seen.errors - before->seen.errors,
		.quotes = now->seen.count - before->seen.count,
		.waiting = now->seen.waiting,
		.open = now->seen.open,
		.waited = since(now->seen.waited, before->seen.waited),
	};
	td->quotes -= td->errors;
	spread_coarse(&td->total, slots, now->seen.max);
}

/* TDs are in order in both, and none ever goes. */
static const struct collect_live_td *find(const struct collect_tds *tds, size_t *at, uint64_t tdr)
{
	while (*at < tds->nr && tds->td[*at].tdr < tdr)
		++*at;
	return *at < tds->nr && tds->td[*at].tdr == tdr ? &tds->td[*at] : NULL;
}

static void add_to_all(struct top_td *all, const struct top_td *td)
{
	all->quotes += td->quotes;
	all->errors += td->errors;
	all->waiting += td->waiting;
	all->open += td->open;
	all->waited += td->waited;
}

static double share(uint64_t part, uint64_t all)
{
	return all ? 100.0 * (double)part / (double)all : 0;
}

static void add_tds(struct top_model *model, const struct collect_tds *now,
		    const struct collect_tds *before)
{
	uint64_t sum[TDS_SLOTS] = {}, max = 0;
	size_t at = 0, i;

	model->nr_tds = now->nr;
	model->td = must_calloc(now->nr, sizeof(*model->td));
	for (i = 0; i < now->nr; i++) {
		add_td(&model->td[i], &now->td[i], find(before, &at, now->td[i].tdr), sum);
		add_to_all(&model->all, &model->td[i]);
		if (now->td[i].seen.max > max)
			max = now->td[i].seen.max;
	}
	spread_coarse(&model->all.total, sum, max);
	model->all.share = share(model->all.waited, model->all.waited);
	for (i = 0; i < now->nr; i++)
		model->td[i].share = share(model->td[i].waited, model->all.waited);
}

/* --- state: what the lab says now, else what the last event said, else nothing --- */

static enum top_ext ext_of(const struct top_lab *lab, const struct state_seen *state)
{
	static const enum top_ext words[] = {
		[STATE_EXT_ABSENT] = TOP_EXT_ABSENT, [STATE_EXT_READY] = TOP_EXT_READY,
		[STATE_EXT_FAILED] = TOP_EXT_FAILED,
	};

	if (state->ext_changes && state->ext < sizeof(words) / sizeof(*words))
		return words[state->ext];
	if (!lab->there)
		return TOP_EXT_UNKNOWN;
	if (!lab->up)
		return TOP_EXT_DOWN;
	/* Without quoting there may be extensions all the same. */
	return lab->ready ? TOP_EXT_READY : lab->failed ? TOP_EXT_FAILED : TOP_EXT_UNKNOWN;
}

static enum top_quoting quoting_of(const struct top_lab *lab, const struct state_seen *state)
{
	static const enum top_quoting words[] = {
		[STATE_QUOTING_UNAVAILABLE] = TOP_QUOTING_UNAVAILABLE,
		[STATE_QUOTING_AVAILABLE] = TOP_QUOTING_AVAILABLE,
		[STATE_QUOTING_UPDATING] = TOP_QUOTING_UPDATING,
	};
	uint32_t quoting = lab->there ? lab->quoting : state->quoting;

	if (!lab->there && !state->quoting_changes)
		return TOP_QUOTING_UNKNOWN;
	return quoting < sizeof(words) / sizeof(*words) ? words[quoting] : TOP_QUOTING_UNKNOWN;
}

static void add_state(struct top_model *model, const struct top_sample *now)
{
	const struct state_seen *state = &now->state;

	model->ext = ext_of(&now->lab, state);
	model->quoting = quoting_of(&now->lab, state);
	model->pool_known = now->lab.there;
	model->pool_pages = now->lab.there ? now->lab.pool_pages : state->pool_added;
	/* Of quotes that began before the start only the lab knows until they end. */
	model->in_flight = now->lab.there ? now->lab.in_flight : model->all.open;
	model->unseen = now->unseen;
	model->updates = state->updates_ended;
	model->update_errors = state->update_errors;
	model->updating = state->updates_begun > state->updates_ended ||
			  model->quoting == TOP_QUOTING_UPDATING;
}

/* --- all --- */

void top_model(struct top_model *model, const struct top_sample *now,
	       const struct top_sample *before, const struct top_sample *start)
{
	unsigned int i;

	*model = (struct top_model){
		.ns = since(now->ns, before->ns),
		.up_ns = since(now->ns, start->ns),
		.lost = now->lost,
	};
	model->cpu = share(since(now->cpu_ns, before->cpu_ns), model->ns);
	for (i = 0; i < ITERATIONS_NR_LEAVES; i++)
		add_leaf(&model->leaf[i], &now->iterations.leaf[i], &before->iterations.leaf[i]);
	spread_since(&model->timer_seam, &now->seam, &before->seam);
	spread_since(&model->timer_outside, &now->outside, &before->outside);
	add_tds(model, &now->tds, &before->tds);
	add_state(model, now);
}

void top_model_free(struct top_model *model)
{
	free(model->td);
	model->td = NULL;
	model->nr_tds = 0;
}

/* --- order and choice --- */

static int by_tdr(const struct top_td *a, const struct top_td *b)
{
	return (a->tdr > b->tdr) - (a->tdr < b->tdr);
}

/* Largest first; by TDR where that decides nothing, so that rows keep their places. */
#define BY(name, member)							\
static int by_##name(const void *x, const void *y)				\
{										\
	const struct top_td *a = x, *b = y;					\
										\
	if (a->member != b->member)						\
		return a->member < b->member ? 1 : -1;				\
	return by_tdr(a, b);							\
}

BY(rate, quotes)
BY(p99, total.p99)
BY(waiting, waiting)
BY(share, waited)

static int by_td(const void *a, const void *b)
{
	return by_tdr(a, b);
}

void top_model_sort(struct top_model *model, enum top_sort sort)
{
	static int (*const order[TOP_NR_SORTS])(const void *a, const void *b) = {
		[TOP_SORT_RATE] = by_rate, [TOP_SORT_P99] = by_p99,
		[TOP_SORT_WAITING] = by_waiting, [TOP_SORT_SHARE] = by_share,
		[TOP_SORT_TD] = by_td,
	};

	qsort(model->td, model->nr_tds, sizeof(*model->td), order[sort]);
}

void top_model_keep(struct top_model *model, const uint64_t *tdr, size_t nr)
{
	size_t kept = 0, i, k;

	for (i = 0; i < model->nr_tds; i++) {
		for (k = 0; k < nr && tdr[k] != model->td[i].tdr; k++)
			;
		if (k < nr)
			model->td[kept++] = model->td[i];
	}
	model->nr_tds = kept;
}
