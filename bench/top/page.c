// SPDX-License-Identifier: GPL-2.0
/*
 * Lines, paragraphs of short pieces, and tables that lose columns until they fit.
 */
#include "top/page.h"

#include <string.h>

#include "result/must.h"

/* --- lines --- */

static struct view_line *new_line(struct page *page)
{
	struct view *view = page->view;
	struct view_line *line;

	view->line = must_grow(view->line, (uint32_t)view->nr, sizeof(*view->line));
	line = &view->line[view->nr++];
	line->text[0] = 0;
	line->nr_spans = 0;
	return line;
}

/* From outside comes text that a terminal must not obey. */
static void tame(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* Cut off at the width, if need be. */
static void append(struct page *page, struct view_line *line, enum view_ink ink, const char *text)
{
	unsigned int from = (unsigned int)strlen(line->text), to;

	snprintf(line->text + from, page->width + 1 - from, "%s", text);
	tame(line->text + from);
	to = (unsigned int)strlen(line->text);
	if (ink != VIEW_PLAIN && to > from && line->nr_spans < VIEW_SPANS)
		line->span[line->nr_spans++] = (struct view_span){ from, to, ink };
}

void page_line(struct page *page, enum view_ink ink, const char *text)
{
	append(page, new_line(page), ink, text);
}

/* --- paragraphs --- */

struct view_line *page_flow(struct page *page, struct view_line *line, enum view_ink ink,
			    const char *text)
{
	if (!line || strlen(line->text) + 2 + strlen(text) > page->width)
		line = new_line(page);
	else
		append(page, line, VIEW_PLAIN, "  ");
	append(page, line, ink, text);
	return line;
}

/* --- tables --- */

static unsigned int column_width(const struct table *table, unsigned int i)
{
	return i || table->name < table->column[0].width ? table->column[i].width : table->name;
}

static unsigned int table_width(const struct table *table, unsigned int gap)
{
	unsigned int width = 0, i;

	for (i = 0; i < table->nr; i++)
		if (table->shown[i])
			width += column_width(table, i) + (i ? gap : 0);
	return width;
}

static void drop_column(struct table *table)
{
	unsigned int worst = 0, i;

	for (i = 1; i < table->nr; i++)
		if (table->shown[i] && table->column[i].drop > table->column[worst].drop)
			worst = i;
	table->shown[worst] = false;
}

void table_fit(struct table *table, const struct page *page)
{
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		table->shown[i] = true;
	while (table_width(table, 1) > page->width)
		drop_column(table);
	for (table->gap = 3; table_width(table, table->gap) > page->width; table->gap--)
		;
}

static void add_cell(struct page *page, struct view_line *line, const struct table *table,
		     unsigned int i, enum view_ink ink, const char *text)
{
	unsigned int width = column_width(table, i), pad;
	char blanks[VIEW_MAX_WIDTH + 1];

	pad = strlen(text) < width ? width - (unsigned int)strlen(text) : 0;
	snprintf(blanks, sizeof(blanks), "%*s", (int)(i ? table->gap + pad : 0), "");
	append(page, line, VIEW_PLAIN, blanks);
	append(page, line, ink, text);
	snprintf(blanks, sizeof(blanks), "%*s", (int)(i ? 0 : pad), "");
	append(page, line, VIEW_PLAIN, blanks);
}

void table_row(struct page *page, const struct table *table, enum view_ink ink,
		    const char cell[][CELL])
{
	struct view_line *line = new_line(page);
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		if (table->shown[i])
			add_cell(page, line, table, i, ink, cell[i]);
}

void table_heads(struct page *page, const struct table *table)
{
	char cell[COLUMNS][CELL];
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		snprintf(cell[i], CELL, "%s", table->column[i].head);
	table_row(page, table, VIEW_BOLD, cell);
}

static bool same_group(const struct table *table, unsigned int a, unsigned int b)
{
	const char *x = table->column[a].group, *y = table->column[b].group;

	return x && y && !strcmp(x, y);
}

/* The last column shown of the group that begins at @i. */
static unsigned int group_end(const struct table *table, unsigned int i)
{
	unsigned int last = i, k;

	for (k = i + 1; k < table->nr && same_group(table, i, k); k++)
		if (table->shown[k])
			last = k;
	return last;
}

/* Of all columns from @i to @last that are shown. */
static unsigned int group_width(const struct table *table, unsigned int i, unsigned int last)
{
	unsigned int width = column_width(table, i);

	while (++i <= last)
		if (table->shown[i])
			width += table->gap + column_width(table, i);
	return width;
}

/* "---- in SEAM ----" */
static void put_group(char *text, unsigned int width, const char *group)
{
	unsigned int len = (unsigned int)strlen(group), left;

	memset(text, '-', width);
	text[width] = 0;
	if (len + 4 > width) {		/* no room for dashes */
		memset(text, ' ', width);
		memcpy(text + (len < width ? width - len : 0), group, len < width ? len : width);
		return;
	}
	left = (width - len - 2) / 2;
	text[left] = ' ';
	memcpy(text + left + 1, group, len);
	text[left + 1 + len] = ' ';
}

void table_groups(struct page *page, const struct table *table)
{
	struct view_line *line = new_line(page);
	char text[VIEW_MAX_WIDTH + 1];
	unsigned int i, last, width;

	for (i = 0; i < table->nr; i = last + 1) {
		last = i;
		if (!table->shown[i])
			continue;
		last = group_end(table, i);
		width = group_width(table, i, last);
		snprintf(text, sizeof(text), "%*s", (int)(i ? table->gap : 0), "");
		append(page, line, VIEW_PLAIN, text);
		if (table->column[i].group)
			put_group(text, width, table->column[i].group);
		else
			snprintf(text, sizeof(text), "%*s", (int)width, "");
		append(page, line, VIEW_DIM, text);
	}
}
