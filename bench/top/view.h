/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tdxbench top shows, as lines of text: ASCII, none longer than the width that was
 * asked for. Knows nothing of terminals.
 */
#ifndef BENCH_TOP_VIEW_H
#define BENCH_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "top/model.h"

#define VIEW_MIN_WIDTH	40
#define VIEW_MAX_WIDTH	200
#define VIEW_SPANS	16

enum view_ink { VIEW_PLAIN, VIEW_BOLD, VIEW_DIM, VIEW_RED };

/* Columns @from to @to, without @to, in @ink. In order; what is in none is plain. */
struct view_span {
	unsigned int from, to;
	enum view_ink ink;
};

struct view_line {
	char text[VIEW_MAX_WIDTH + 1];
	struct view_span span[VIEW_SPANS];
	unsigned int nr_spans;
};

struct view {
	struct view_line *line;
	size_t nr;
};

/**
 * struct view_about - what does not change
 * @kernel:   release
 * @clock:    what a nanosecond is
 * @module:   whose figures these are
 * @cpus:     of this machine
 */
struct view_about {
	char kernel[80];
	const char *clock;
	const char *module;
	unsigned int cpus;
};

/**
 * struct view_options - what to show of it
 * @width:  columns, brought into VIEW_MIN_WIDTH to VIEW_MAX_WIDTH
 * @height: lines in all, 0: as many as it takes; what is too much is TDs
 * @tds:    rows of TDs at most
 * @skip:   TDs that were scrolled away
 * @leaves: a bit for each leaf to be shown; 0: those that were ever entered
 * @sort:   what TDs are sorted by
 * @total:  numbers are since the start
 * @paused: and do not change
 * @keys:   there are keys to press: says which
 * @help:   says what they do, instead of all else
 */
struct view_options {
	unsigned int width;
	unsigned int height;
	size_t tds;
	size_t skip;
	unsigned int leaves;
	enum top_sort sort;
	bool total;
	bool paused;
	bool keys;
	bool help;
};

/* To be freed; the program ends where there is no memory for it. */
void view_make(struct view *view, const struct top_model *model, const struct view_about *about,
	       const struct view_options *options);
void view_free(struct view *view);

const char *view_ext(enum top_ext ext);
const char *view_quoting(enum top_quoting quoting);

#endif /* BENCH_TOP_VIEW_H */
