/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a page is made of, for view.c alone. None of its lines is ever longer than the page
 * is wide.
 */
#ifndef BENCH_TOP_PAGE_H
#define BENCH_TOP_PAGE_H

#include "top/view.h"

#define CELL	24	/* bytes of the longest cell */
#define COLUMNS	12	/* of the widest table */

struct page {
	struct view *view;
	unsigned int width;
};

/* A line of its own. */
void page_line(struct page *page, enum view_ink ink, const char *text);

/*
 * A piece of a paragraph, whose last line so far is @line, NULL for the first: behind the
 * others, or on a new line where there is no room left. Returns the last line.
 */
struct view_line *page_flow(struct page *page, struct view_line *line, enum view_ink ink,
			    const char *text);

/**
 * struct column - of a table
 * @group: above @head, over all neighbours of the same group; NULL for none
 * @width: at least
 * @drop:  goes the sooner the higher this is; 0: never
 */
struct column {
	const char *group;
	const char *head;
	unsigned int width;
	unsigned int drop;
};

/**
 * struct table - a table, fitted to the page
 * @column, @nr: all columns; the first holds names and is aligned to the left
 * @name:  its width
 * @shown: those that have room
 * @gap:   blanks between them
 */
struct table {
	const struct column *column;
	unsigned int nr;
	unsigned int name;
	bool shown[COLUMNS];
	unsigned int gap;
};

/* Drops columns until the rest fits; the least that is left fits the least width there is. */
void table_fit(struct table *table, const struct page *page);
/* Names of groups above the heads, the heads, a row. */
void table_groups(struct page *page, const struct table *table);
void table_heads(struct page *page, const struct table *table);
void table_row(struct page *page, const struct table *table, enum view_ink ink,
	       const char cell[][CELL]);

#endif /* BENCH_TOP_PAGE_H */
