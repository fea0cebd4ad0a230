// SPDX-License-Identifier: GPL-2.0
/*
 * A comparison as Markdown, for a comment on a pull request: the verdict and what is
 * worse, the rest folded away. Hosts cut comments off at 65,536 characters, so that
 * what does not fit is left out whole and named.
 */
#include <stdlib.h>
#include <string.h>

#include "compare/compare_view.h"
#include "result/result.h"
#include "result/text.h"
#include "compare/runs.h"

#define LIMIT		60000	/* characters, with room for what others put around it */
#define ROWS_SHOWN	20	/* of what is worse or missing, the rest is folded */
#define ROWS_FOLDED	200

/* ---- Text ---- */

/* Names of points come from anywhere: none of them becomes mark-up or a mention. */
static void put_text(FILE *out, const char *text)
{
	bool tame;

	for (size_t length; *text; text += length) {
		length = text_character(text, &tame);
		if (!tame)
			fputc('?', out);
		else if (*text == '@')
			fputs("&#64;&#8203;", out);
		else if (strchr("&<>|`*[]\\~#!$", *text))
			fprintf(out, "&#%d;", *text);
		else
			fwrite(text, 1, length, out);
	}
}

static void put_code(FILE *out, const char *text)
{
	if (!*text)
		return;
	fputs("<code>", out);
	put_text(out, text);
	fputs("</code>", out);
}

/* ---- Tables ---- */

static void put_heads(FILE *out, const struct grid *grid)
{
	fputc('|', out);
	for (size_t c = 0; c < grid->columns; c++)
		fprintf(out, " %s |", grid->column[c].head);
	fputs("\n|", out);
	for (size_t c = 0; c < grid->columns; c++)
		fputs(grid->column[c].numeric ? " ---: |" : " --- |", out);
	fputc('\n', out);
}

static void put_cell(FILE *out, const struct grid *grid, size_t row, size_t column)
{
	const struct cell *cell = grid_cell(grid, row, column);
	const char *strong = cell->style == CELL_BAD || cell->style == CELL_GOOD ? "**" : "";

	fputc(' ', out);
	if (column < 2) {
		put_code(out, cell->text);
	} else if (*cell->text) {
		fputs(strong, out);
		put_text(out, cell->text);
		fputs(strong, out);
	}
	fputs(" |", out);
}

static void put_grid(FILE *out, const struct grid *grid)
{
	put_heads(out, grid);
	for (size_t row = 0; row < grid->rows; row++) {
		fputc('|', out);
		for (size_t column = 0; column < grid->columns; column++)
			put_cell(out, grid, row, column);
		fputc('\n', out);
	}
}

/* ---- Sections, as long as there is room ---- */

struct page {
	const struct telling *t;
	FILE *out;
	size_t used;
};

static void put_section(struct page *page, const char *section)
{
	if (page->used >= LIMIT)
		return;		/* said already */
	if (page->used + strlen(section) > LIMIT) {
		fputs("\n*More does not fit in a comment: the terminal and `--json` have it.*\n", page->out);
		page->used = LIMIT;
		return;
	}
	fputs(section, page->out);
	page->used += strlen(section);
}

/* A title with markup in it is our own. */
static void put_grid_section(struct page *page, const struct grid *grid, bool folded)
{
	char *section = NULL;
	size_t size;
	FILE *out;

	if (page->used >= LIMIT)
		return;
	out = open_memstream(&section, &size);
	fputs(folded ? "\n<details><summary>" : "\n**", out);
	put_text(out, grid->title);
	fputs(folded ? "</summary>\n\n" : "**\n\n", out);
	put_grid(out, grid);
	fputs(folded ? "\n</details>\n" : "", out);
	fclose(out);
	put_section(page, section);
	free(section);
}

static void put_verdict(struct page *page, enum verdict verdict, bool folded)
{
	size_t rows = folded ? ROWS_FOLDED : ROWS_SHOWN;

	for (int exact = 1; exact >= 0; exact--) {
		struct grid *grid = compare_grid(page->t, verdict, exact, rows);

		if (!grid)
			continue;
		put_grid_section(page, grid, folded);
		grid_free(grid);
	}
}

static void put_blame(struct page *page)
{
	json_t *points = compare_differing(page->t->c, true), *value;
	const char *point;

	json_object_foreach(points, point, value) {
		struct grid *grid = blame_grid(page->t, point);

		if (!grid)
			continue;
		put_grid_section(page, grid, true);
		grid_free(grid);
	}
	json_decref(points);
}

static void put_note(const char *sentence, void *out)
{
	fputs("- ", out);
	put_text(out, sentence);
	fputc('\n', out);
}

static void put_notes(struct page *page)
{
	char *section = NULL;
	size_t size;
	FILE *out = open_memstream(&section, &size);

	fputc('\n', out);
	compare_notes(page->t, put_note, out);
	fclose(out);
	if (size > 1)
		put_section(page, section);
	free(section);
}

/* ---- The whole ---- */

static const char *sign_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_REGRESSION:
		return "❌";
	case OUTCOME_UNTRUSTED:
	case OUTCOME_NOTHING:
	case OUTCOME_TOO_FEW:
		return "⚠️";
	case OUTCOME_IMPROVED:
		return "🎉";
	default:
		return "✅";
	}
}

static void put_line(FILE *out, const char *before, const char *text, const char *behind)
{
	fputs(before, out);
	put_text(out, text);
	fputs(behind, out);
}

static void put_head(const struct comparison *c, FILE *out)
{
	char text[2048];

	if (compare_warning(c, text, sizeof(text)))
		put_line(out, "> **", text, "**\n\n");
	fprintf(out, "### %s tdxbench: ", sign_of(compare_outcome(c)));
	compare_headline(c, text, sizeof(text));
	put_line(out, "", text, "\n");
	if (compare_praise(c, text, sizeof(text)))
		put_line(out, "\n🎉 ", text, "\n");
}

static void put_foot(const struct comparison *c, FILE *out)
{
	char text[1024];

	fputs("\n<sub>", out);
	compare_side(c->base, "BASE", text, sizeof(text));
	put_line(out, "", text, "<br>\n");
	compare_side(c->new, "NEW", text, sizeof(text));
	put_line(out, "", text, "<br>\n");
	put_line(out, "", result_nature(c->new->run[0].result), "</sub>\n");
}

void compare_markdown(const struct telling *t, FILE *out)
{
	struct page page = { .t = t, .out = out };

	put_head(t->c, out);
	put_verdict(&page, VERDICT_REGRESSED, false);
	put_verdict(&page, VERDICT_MISSING, false);
	put_notes(&page);
	put_blame(&page);
	for (enum verdict verdict = VERDICT_ALLOWED; verdict < NR_VERDICTS; verdict++)
		if (t->all || verdict < VERDICT_NOT_JUDGED)
			put_verdict(&page, verdict, true);
	put_foot(t->c, out);
}
