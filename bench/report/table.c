// SPDX-License-Identifier: GPL-2.0
/*
 * A result as tables on a terminal. What must be known before trusting a
 * number comes first, then which clock and module made the numbers, then the
 * numbers, then what they say.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/findings.h"
#include "result/result.h"
#include "result/text.h"
#include "report/side.h"
#include "report/table.h"
#include "result/view.h"

#define WIDTH	100	/* columns of text */
#define GAP	2	/* spaces between columns */

struct printer {
	FILE *out;
	bool colour;
};

enum ink { PLAIN, BOLD, DIM, RED, GREEN };

static void ink(const struct printer *p, enum ink ink)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m", [BOLD] = "\033[1m", [DIM] = "\033[2m",
		[RED] = "\033[1;31m", [GREEN] = "\033[32m",
	};

	if (p->colour)
		fputs(codes[ink], p->out);
}

static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;	/* all but continuation bytes of UTF-8 */
	return width;
}

static void put_padded(FILE *out, const char *text, size_t width, bool right)
{
	size_t have = text_width(text), pad = width > have ? width - have : 0;

	fprintf(out, "%*s", (int)(right ? pad : 0), "");
	text_put(out, text);
	fprintf(out, "%*s", (int)(right ? 0 : pad), "");
}

static void line(const struct printer *p, enum ink colour, const char *text)
{
	ink(p, colour);
	text_put(p->out, text);
	ink(p, PLAIN);
	fputc('\n', p->out);
}

/* ---- One grid ---- */

static bool same_group(const struct grid *grid, size_t a, size_t b)
{
	return b < grid->columns && !strcmp(grid->column[a].group, grid->column[b].group);
}

static size_t group_end(const struct grid *grid, size_t column)
{
	while (same_group(grid, column, column + 1))
		column++;
	return column;
}

static void measure_columns(const struct grid *grid, size_t *width)
{
	for (size_t c = 0; c < grid->columns; c++) {
		width[c] = text_width(grid->column[c].head);
		for (size_t r = 0; r < grid->rows; r++) {
			size_t w = text_width(grid_cell(grid, r, c)->text);

			if (w > width[c])
				width[c] = w;
		}
	}
}

/* A group's name may be wider than its columns: the first of them makes room. */
static void widen_groups(const struct grid *grid, size_t *width)
{
	for (size_t c = 0, end; c < grid->columns; c = end + 1) {
		size_t have = 0, want = text_width(grid->column[c].group);

		end = group_end(grid, c);
		for (size_t i = c; i <= end; i++)
			have += width[i] + (i > c ? GAP : 0);
		if (want > have)
			width[c] += want - have;
	}
}

static void print_groups(const struct printer *p, const struct grid *grid, const size_t *width)
{
	bool any = false;

	for (size_t c = 0; c < grid->columns; c++)
		any |= grid->column[c].group[0];
	if (!any)
		return;
	ink(p, DIM);
	for (size_t c = 0, end; c < grid->columns; c = end + 1) {
		size_t span = 0;

		end = group_end(grid, c);
		for (size_t i = c; i <= end; i++)
			span += width[i] + (i > c ? GAP : 0);
		if (end + 1 == grid->columns && !grid->column[c].group[0])
			break;
		fprintf(p->out, "%*s", c ? GAP : 0, "");
		put_padded(p->out, grid->column[c].group, span, grid->column[c].numeric);
	}
	ink(p, PLAIN);
	fputc('\n', p->out);
}

static void print_heads(const struct printer *p, const struct grid *grid, const size_t *width)
{
	ink(p, DIM);
	for (size_t c = 0; c < grid->columns; c++) {
		fprintf(p->out, "%*s", c ? GAP : 0, "");
		put_padded(p->out, grid->column[c].head, width[c], grid->column[c].numeric);
	}
	ink(p, PLAIN);
	fputc('\n', p->out);
}

static void print_cell(const struct printer *p, const struct cell *cell, size_t width, bool right)
{
	if (cell->style == CELL_BAD)
		ink(p, RED);
	else if (cell->style == CELL_GOOD)
		ink(p, GREEN);
	put_padded(p->out, cell->text, width, right);
	if (cell->style == CELL_BAD || cell->style == CELL_GOOD)
		ink(p, PLAIN);
}

static void print_grid(const struct grid *grid, void *printer)
{
	const struct printer *p = printer;
	size_t width[32];

	measure_columns(grid, width);
	widen_groups(grid, width);
	fputc('\n', p->out);
	line(p, BOLD, grid->title);
	print_groups(p, grid, width);
	print_heads(p, grid, width);
	for (size_t r = 0; r < grid->rows; r++) {
		for (size_t c = 0; c < grid->columns; c++) {
			fprintf(p->out, "%*s", c ? GAP : 0, "");
			/* No blanks behind the last column's text. */
			print_cell(p, grid_cell(grid, r, c), c + 1 < grid->columns ||
				   grid->column[c].numeric ? width[c] : 0, grid->column[c].numeric);
		}
		fputc('\n', p->out);
	}
}

/* ---- The whole ---- */

static void print_head(const struct printer *p, const json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	char text[512];

	if (result_warning(result, text, sizeof(text))) {
		ink(p, RED);
		text_put(p->out, text);
		ink(p, PLAIN);
	}
	line(p, BOLD, result_nature(result));
	snprintf(text, sizeof(text), "suite %.60s · Linux %.60s · %lld CPUs · %.20s · %.1f s wall",
		 json_get_text(json_object_get(result, "suite"), "name"),
		 json_get_text(environment, "kernel"),
		 (long long)json_integer_value(json_object_get(environment, "cpus")),
		 json_get_text(result, "started"),
		 json_number_value(json_object_get(result, "wall_s")));
	line(p, DIM, text);
}

static void print_failed_checks(const struct printer *p, const json_t *point)
{
	json_t *check;
	char text[256];
	size_t i;

	json_array_foreach(json_object_get(json_object_get(point, "books"), "checks"), i, check) {
		const json_t *limit = json_object_get(check, "limit");

		if (json_is_true(json_object_get(check, "ok")))
			continue;
		snprintf(text, sizeof(text), "open: %.60s: %.80s: seen %.15g, %s %.15g",
			 json_get_text(point, "id"), json_get_text(check, "name"),
			 json_number_value(json_object_get(check, "seen")),
			 limit ? "limit" : "expected",
			 json_number_value(limit ? limit : json_object_get(check, "expected")));
		line(p, RED, text);
	}
}

/* "- " and the sentence, broken between words. */
static void print_finding(const char *sentence, void *printer)
{
	const struct printer *p = printer;
	size_t at = 1;

	fputc('-', p->out);
	while (*sentence) {
		size_t len = strcspn(sentence, " ");
		char word[256];

		snprintf(word, sizeof(word), "%.*s", (int)len, sentence);
		if (at + 1 + text_width(word) > WIDTH) {
			fputs("\n ", p->out);
			at = 1;
		}
		fputc(' ', p->out);
		text_put(p->out, word);
		at += 1 + text_width(word);
		sentence += len + strspn(sentence + len, " ");
	}
	fputc('\n', p->out);
}

static struct printer printer_for(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	return (struct printer){
		.out = out,
		.colour = isatty(fileno(out)) && !(no_color && *no_color),
	};
}

static void print_metrics(struct printer *p, const json_t *result)
{
	json_t *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point) {
		struct grid *grid = grid_point(point);

		print_grid(grid, p);
		grid_free(grid);
	}
}

void table_print(const json_t *result, bool metrics, FILE *out)
{
	struct printer p = printer_for(out);
	json_t *point;
	size_t i;

	print_head(&p, result);
	each_grid(result, print_grid, &p);
	if (metrics)
		print_metrics(&p, result);
	fputc('\n', out);
	json_array_foreach(json_object_get(result, "points"), i, point)
		print_failed_checks(&p, point);
	findings(result, print_finding, &p);
}

void table_print_grid(const struct grid *grid, FILE *out)
{
	struct printer p = printer_for(out);

	print_grid(grid, &p);
}

/* ---- Several results ---- */

static void print_warning(const char *text, void *printer)
{
	line(printer, RED, text);
}

static void print_nature(const char *text, void *printer)
{
	line(printer, BOLD, text);
}

void table_print_side(const struct side *side, bool metrics, FILE *out)
{
	struct printer p = printer_for(out);
	struct grid *legend = side_legend(side);

	side_warnings(side, print_warning, &p);
	side_natures(side, print_nature, &p);
	print_grid(legend, &p);
	grid_free(legend);
	side_overview(side, print_grid, &p);
	if (metrics)
		side_each_point(side, print_grid, &p);
	fputc('\n', out);
	side_coverage(side, print_finding, &p);
}

/* ---- Parts, for others ---- */

void table_line(FILE *out, enum table_line how, const char *text)
{
	static const enum ink inks[] = {
		[TABLE_PLAIN] = PLAIN, [TABLE_BOLD] = BOLD, [TABLE_DIM] = DIM, [TABLE_BAD] = RED,
		[TABLE_GOOD] = GREEN,
	};
	struct printer p = printer_for(out);

	line(&p, inks[how], text);
}

void table_grid(FILE *out, const struct grid *grid)
{
	struct printer p = printer_for(out);

	print_grid(grid, &p);
}

void table_sentence(FILE *out, const char *sentence)
{
	struct printer p = printer_for(out);

	print_finding(sentence, &p);
}
