// SPDX-License-Identifier: GPL-2.0
/*
 * A comparison on a terminal: what must be known first, the verdict, the numbers,
 * what they mean, and where the instructions went.
 */
#include "compare/compare_view.h"
#include "result/result.h"
#include "compare/runs.h"
#include "report/table.h"

static void print_sentence(const char *sentence, void *out)
{
	table_sentence(out, sentence);
}

static enum table_line colour_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_UNTRUSTED:
	case OUTCOME_REGRESSION:
	case OUTCOME_NOTHING:
		return TABLE_BAD;
	case OUTCOME_IMPROVED:
	case OUTCOME_IDENTICAL:
		return TABLE_GOOD;
	default:
		return TABLE_BOLD;
	}
}

static void print_head(const struct comparison *c, FILE *out)
{
	char text[2048];

	if (compare_warning(c, text, sizeof(text)))
		table_line(out, TABLE_BAD, text);
	compare_headline(c, text, sizeof(text));
	table_line(out, colour_of(compare_outcome(c)), text);
	if (compare_praise(c, text, sizeof(text)))
		table_line(out, TABLE_GOOD, text);
	compare_side(c->base, "BASE", text, sizeof(text));
	table_line(out, TABLE_DIM, text);
	compare_side(c->new, "NEW", text, sizeof(text));
	table_line(out, TABLE_DIM, text);
	table_line(out, TABLE_DIM, result_nature(c->new->run[0].result));
}

static bool is_shown(const struct telling *t, enum verdict verdict)
{
	return t->all || verdict < VERDICT_NOT_JUDGED;
}

static void print_blame(const struct telling *t, FILE *out)
{
	json_t *points = compare_differing(t->c, true), *value;
	const char *point;

	json_object_foreach(points, point, value) {
		struct grid *grid = blame_grid(t, point);

		if (!grid)
			continue;
		table_grid(out, grid);
		grid_free(grid);
	}
	json_decref(points);
}

void compare_terminal(const struct telling *t, FILE *out)
{
	print_head(t->c, out);
	for (enum verdict verdict = 0; verdict < NR_VERDICTS; verdict++) {
		for (int exact = 1; exact >= 0 && is_shown(t, verdict); exact--) {
			struct grid *grid = compare_grid(t, verdict, exact, GRID_ROWS);

			if (!grid)
				continue;
			table_grid(out, grid);
			grid_free(grid);
		}
	}
	print_blame(t, out);
	fputc('\n', out);
	compare_notes(t, print_sentence, out);
}
