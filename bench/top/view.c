// SPDX-License-Identifier: GPL-2.0
/*
 * From numbers to lines of text: what is said in which words, and which columns a narrow
 * page has to do without.
 */
#include "top/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top/page.h"

#define TDR_MAX	15	/* "0x" and the digits of an address of 52 bits */

/* --- numbers --- */

/* Three digits and a unit. */
static void put_time(char cell[CELL], uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	unsigned int unit = 0;

	while (value >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(cell, CELL, "%.*f%s", !unit || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value,
		 units[unit]);
}

static void put_spread(char cell[CELL], const struct top_spread *spread, uint64_t ns)
{
	if (spread->count)
		put_time(cell, ns);
	else
		strcpy(cell, "-");
}

static void put_number(char cell[CELL], double value)
{
	if (value >= 999999.5)
		snprintf(cell, CELL, "%.2fM", value / 1e6);
	else
		snprintf(cell, CELL, "%.*f", !value || value >= 999.5 ? 0 : value >= 99.95 ? 1 : 2,
			 value);
}

static void put_count(char cell[CELL], uint64_t count)
{
	if (count > 9999999)
		put_number(cell, (double)count);
	else
		snprintf(cell, CELL, "%" PRIu64, count);
}

/* --- paragraphs --- */

#define FLOW(ink, ...)								\
	do {									\
		char piece_[VIEW_MAX_WIDTH];					\
										\
		snprintf(piece_, sizeof(piece_), __VA_ARGS__);			\
		line = page_flow(page, line, ink, piece_);			\
	} while (0)

static void add_title(struct page *page, const struct top_model *model,
		      const struct view_about *about, const struct view_options *options)
{
	struct view_line *line = NULL;
	char cell[CELL];

	FLOW(VIEW_BOLD, "tdxbench top");
	put_time(cell, model->ns);
	FLOW(VIEW_PLAIN, !model->ns ? "starting" : options->total ? "since the start" : "last %s",
	     cell);
	put_time(cell, model->up_ns);
	FLOW(VIEW_PLAIN, "up %s", cell);
	FLOW(VIEW_PLAIN, "itself %.1f%% CPU", model->cpu);
	if (options->paused)
		FLOW(VIEW_BOLD, "PAUSED");
	FLOW(VIEW_DIM, "Linux %s", about->kernel);
	FLOW(VIEW_DIM, "%u CPUs", about->cpus);
	FLOW(VIEW_DIM, "%s", about->module);
	FLOW(VIEW_DIM, "%s", about->clock);
}

const char *view_ext(enum top_ext ext)
{
	static const char *const words[] = {
		[TOP_EXT_UNKNOWN] = "unknown", [TOP_EXT_DOWN] = "down",
		[TOP_EXT_ABSENT] = "absent", [TOP_EXT_READY] = "ready",
		[TOP_EXT_FAILED] = "failed",
	};

	return words[ext];
}

const char *view_quoting(enum top_quoting quoting)
{
	static const char *const words[] = {
		[TOP_QUOTING_UNKNOWN] = "unknown", [TOP_QUOTING_UNAVAILABLE] = "unavailable",
		[TOP_QUOTING_AVAILABLE] = "available", [TOP_QUOTING_UPDATING] = "updating",
	};

	return words[quoting];
}

static void put_pool(char *text, size_t size, const struct top_model *model)
{
	double mib = (double)model->pool_pages / 256;

	if (model->pool_known)
		snprintf(text, size, "pool %.1f MiB", mib);
	else if (model->pool_pages)
		snprintf(text, size, "pool +%.1f MiB since the start", mib);
	else
		snprintf(text, size, "pool unknown");
}

static void add_state(struct page *page, const struct top_model *model)
{
	struct view_line *line = NULL;
	char pool[64];

	put_pool(pool, sizeof(pool), model);
	FLOW(model->ext == TOP_EXT_FAILED ? VIEW_RED : VIEW_PLAIN, "extensions %s",
	     view_ext(model->ext));
	FLOW(model->quoting == TOP_QUOTING_UNAVAILABLE ? VIEW_RED : VIEW_PLAIN, "quoting %s",
	     view_quoting(model->quoting));
	FLOW(VIEW_PLAIN, "%s", pool);
	if (model->updating)
		FLOW(VIEW_BOLD, "UPDATE UNDER WAY");
	FLOW(VIEW_PLAIN, "updates %" PRIu64, model->updates);
	if (model->update_errors)
		FLOW(VIEW_RED, "failed %" PRIu64, model->update_errors);
	FLOW(VIEW_PLAIN, "quotes in flight %" PRIu64, model->in_flight);
	if (model->unseen)
		FLOW(VIEW_DIM, "from before the start %" PRIu64, model->unseen);
	FLOW(model->lost ? VIEW_RED : VIEW_PLAIN, "%s %" PRIu64,
	     model->lost ? "EVENTS LOST" : "events lost", model->lost);
}

/* --- leaves --- */

enum { LEAF_NAME, LEAF_RATE, LEAF_CALLS, LEAF_PER_CALL, LEAF_SEAM_P50, LEAF_SEAM_P99,
       LEAF_SEAM_MAX, LEAF_GAP_P50, LEAF_GAP_P99, LEAF_GAP_MAX, LEAF_COLUMNS };

static const struct column leaf_columns[LEAF_COLUMNS] = {
	[LEAF_NAME]	= { NULL, "leaf", 11, 0 },
	[LEAF_RATE]	= { NULL, "iter/s", 6, 0 },
	[LEAF_CALLS]	= { NULL, "calls/s", 7, 6 },
	[LEAF_PER_CALL]	= { NULL, "it/call", 7, 3 },
	[LEAF_SEAM_P50]	= { "in SEAM", "p50", 6, 5 },
	[LEAF_SEAM_P99]	= { "in SEAM", "p99", 6, 0 },
	[LEAF_SEAM_MAX]	= { "in SEAM", "max", 6, 1 },
	[LEAF_GAP_P50]	= { "resume gap", "p50", 6, 7 },
	[LEAF_GAP_P99]	= { "resume gap", "p99", 6, 2 },
	[LEAF_GAP_MAX]	= { "resume gap", "max", 6, 4 },
};

static void add_leaf(struct page *page, const struct table *table, const struct top_model *model,
		     unsigned int i)
{
	const struct top_leaf *leaf = &model->leaf[i];
	char cell[LEAF_COLUMNS][CELL];

	snprintf(cell[LEAF_NAME], CELL, "%s", top_leaf_names[i]);
	put_number(cell[LEAF_RATE], top_rate(model, leaf->iterations));
	put_number(cell[LEAF_CALLS], top_rate(model, leaf->calls));
	put_number(cell[LEAF_PER_CALL], leaf->per_call);
	put_spread(cell[LEAF_SEAM_P50], &leaf->seam, leaf->seam.p50);
	put_spread(cell[LEAF_SEAM_P99], &leaf->seam, leaf->seam.p99);
	put_spread(cell[LEAF_SEAM_MAX], &leaf->seam, leaf->seam.max);
	put_spread(cell[LEAF_GAP_P50], &leaf->gap, leaf->gap.p50);
	put_spread(cell[LEAF_GAP_P99], &leaf->gap, leaf->gap.p99);
	put_spread(cell[LEAF_GAP_MAX], &leaf->gap, leaf->gap.max);
	table_row(page, table, VIEW_PLAIN, (const char (*)[CELL])cell);
}

static bool is_shown(const struct top_model *model, const struct view_options *options,
		     unsigned int i)
{
	if (options->leaves)
		return options->leaves & (1U << i);
	return model->leaf[i].iterations || i == ITERATIONS_QUOTE_GET;
}

static void add_leaves(struct page *page, const struct top_model *model,
		       const struct view_options *options)
{
	struct table table = { .column = leaf_columns, .nr = LEAF_COLUMNS };
	unsigned int i;

	table_fit(&table, page);
	table_groups(page, &table);
	table_heads(page, &table);
	for (i = 0; i < ITERATIONS_NR_LEAVES; i++)
		if (is_shown(model, options, i))
			add_leaf(page, &table, model, i);
}

/* --- timers --- */

enum { TIMER_NAME, TIMER_RATE, TIMER_P50, TIMER_P99, TIMER_MAX, TIMER_COLUMNS };

static const struct column timer_columns[TIMER_COLUMNS] = {
	[TIMER_NAME]	= { NULL, "timers late", 11, 0 },
	[TIMER_RATE]	= { NULL, "timer/s", 7, 0 },
	[TIMER_P50]	= { NULL, "p50", 6, 0 },
	[TIMER_P99]	= { NULL, "p99", 6, 0 },
	[TIMER_MAX]	= { NULL, "max", 6, 0 },
};

static void add_timer(struct page *page, const struct table *table, const struct top_model *model,
		      const char *name, const struct top_spread *late)
{
	char cell[TIMER_COLUMNS][CELL];

	snprintf(cell[TIMER_NAME], CELL, "%s", name);
	put_number(cell[TIMER_RATE], top_rate(model, late->count));
	put_spread(cell[TIMER_P50], late, late->p50);
	put_spread(cell[TIMER_P99], late, late->p99);
	put_spread(cell[TIMER_MAX], late, late->max);
	table_row(page, table, VIEW_PLAIN, (const char (*)[CELL])cell);
}

static void add_timers(struct page *page, const struct top_model *model)
{
	struct table table = { .column = timer_columns, .nr = TIMER_COLUMNS };

	table_fit(&table, page);
	table_heads(page, &table);
	add_timer(page, &table, model, "in SEAM", &model->timer_seam);
	add_timer(page, &table, model, "outside", &model->timer_outside);
}

/* --- TDs --- */

enum { TD_NAME, TD_RATE, TD_P50, TD_P99, TD_MAX, TD_WAITING, TD_SHARE, TD_ERRORS, TD_OPEN,
       TD_QUOTES, TD_COLUMNS };

static const struct column td_columns[TD_COLUMNS] = {
	[TD_NAME]	= { NULL, "TD", 11, 0 },
	[TD_RATE]	= { NULL, "quotes/s", 8, 0 },
	[TD_P50]	= { NULL, "p50", 6, 3 },
	[TD_P99]	= { NULL, "p99", 6, 0 },
	[TD_MAX]	= { NULL, "max", 6, 4 },
	[TD_WAITING]	= { NULL, "waiting", 7, 1 },
	[TD_SHARE]	= { NULL, "queue %", 7, 0 },
	[TD_ERRORS]	= { NULL, "errors", 6, 2 },
	[TD_OPEN]	= { NULL, "in flight", 9, 5 },
	[TD_QUOTES]	= { NULL, "quotes", 7, 6 },
};

static void add_td(struct page *page, const struct table *table, const struct top_model *model,
		   const struct top_td *td, const char *name, enum view_ink ink)
{
	char cell[TD_COLUMNS][CELL];

	snprintf(cell[TD_NAME], CELL, "%s", name);
	put_number(cell[TD_RATE], top_rate(model, td->quotes));
	put_spread(cell[TD_P50], &td->total, td->total.p50);
	put_spread(cell[TD_P99], &td->total, td->total.p99);
	put_spread(cell[TD_MAX], &td->total, td->total.max);
	put_count(cell[TD_WAITING], td->waiting);
	snprintf(cell[TD_SHARE], CELL, "%.1f", td->share);
	put_count(cell[TD_ERRORS], td->errors);
	put_count(cell[TD_OPEN], td->open);
	put_count(cell[TD_QUOTES], td->quotes);
	table_row(page, table, td->errors ? VIEW_RED : ink, (const char (*)[CELL])cell);
}

/* Rows that are left for TDs, of a page that has a height. */
static size_t room_for_tds(const struct page *page, const struct view_options *options)
{
	size_t taken = page->view->nr + 4;	/* blank, heads, sum; what was left out */

	if (!options->height)
		return options->tds;
	taken += options->keys;
	if (options->height <= taken)
		return 0;
	return options->height - taken < options->tds ? options->height - taken : options->tds;
}

static void add_rest(struct page *page, const struct top_model *model,
		     const struct view_options *options, size_t first, size_t shown)
{
	char text[VIEW_MAX_WIDTH];

	if (first)
		snprintf(text, sizeof(text), "%zu to %zu of %zu TDs, by %s", first + !!shown,
			 first + shown, model->nr_tds, top_sort_words[options->sort]);
	else
		snprintf(text, sizeof(text), "%zu of %zu TDs, by %s", shown, model->nr_tds,
			 top_sort_words[options->sort]);
	page_line(page, VIEW_DIM, text);
}

/* As wide as the largest TDR here, so that rows of all pages are alike. */
static unsigned int name_width(const struct top_model *model)
{
	char name[CELL];
	size_t width = 0, i;

	for (i = 0; i < model->nr_tds; i++) {
		snprintf(name, sizeof(name), "0x%" PRIx64, model->td[i].tdr);
		if (strlen(name) > width)
			width = strlen(name);
	}
	return width < TDR_MAX ? (unsigned int)width : TDR_MAX;
}

static void add_tds(struct page *page, const struct top_model *model,
		    const struct view_options *options)
{
	struct table table = { .column = td_columns, .nr = TD_COLUMNS, .name = name_width(model) };
	size_t room = room_for_tds(page, options), first, i;
	char name[CELL];

	first = options->skip < model->nr_tds ? options->skip : model->nr_tds;
	table_fit(&table, page);
	page_line(page, VIEW_PLAIN, "");
	table_heads(page, &table);
	add_td(page, &table, model, &model->all, "all", VIEW_BOLD);
	for (i = first; i < model->nr_tds && i - first < room; i++) {
		snprintf(name, sizeof(name), "0x%" PRIx64, model->td[i].tdr);
		add_td(page, &table, model, &model->td[i], name, VIEW_PLAIN);
	}
	add_rest(page, model, options, first, i - first);
}

/* --- all --- */

static void add_help(struct page *page)
{
	static const char *const lines[] = {
		"", "q         quit", "s         sort TDs by the next column",
		"t         since the start, or last interval", "p, space  pause",
		"Up, Down  scroll TDs by a line", "PgUp, PgDn by a page", "Home      to the first",
		"?         back", NULL
	};
	const char *const *line;

	for (line = lines; *line; line++)
		page_line(page, VIEW_PLAIN, *line);
}

static void add_keys(struct page *page, const struct view_options *options)
{
	char text[VIEW_MAX_WIDTH];

	snprintf(text, sizeof(text), "q quit  s sort: %s  t %s  p pause  ? help",
		 top_sort_words[options->sort], options->total ? "interval" : "total");
	page_line(page, VIEW_DIM, text);
}

static unsigned int page_width(unsigned int width)
{
	return width < VIEW_MIN_WIDTH ? VIEW_MIN_WIDTH :
	       width > VIEW_MAX_WIDTH ? VIEW_MAX_WIDTH : width;
}

void view_make(struct view *view, const struct top_model *model, const struct view_about *about,
	       const struct view_options *options)
{
	struct page page = { .view = view, .width = page_width(options->width) };

	*view = (struct view){};
	add_title(&page, model, about, options);
	if (options->help) {
		add_help(&page);
		return;
	}
	add_state(&page, model);
	page_line(&page, VIEW_PLAIN, "");
	add_leaves(&page, model, options);
	add_timers(&page, model);
	add_tds(&page, model, options);
	if (options->keys)
		add_keys(&page, options);
}

void view_free(struct view *view)
{
	free(view->line);
	*view = (struct view){};
}
