/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a comparison is told: its sentences and its grids, which terminal and Markdown
 * share, and the forms themselves.
 */
#ifndef BENCH_COMPARE_VIEW_H
#define BENCH_COMPARE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "compare/blame.h"
#include "compare/compare.h"
#include "result/view.h"

/**
 * struct telling - a comparison, and what it is told with
 * @profile: of BASE and NEW, NULL unless both have one
 * @all:     also what is not judged, and what cannot be told
 */
struct telling {
	const struct comparison *c;
	json_t *profile[2];
	bool all;
};

/* ---- Forms ---- */

void compare_terminal(const struct telling *t, FILE *out);
void compare_markdown(const struct telling *t, FILE *out);
void compare_json(const struct telling *t, FILE *out);

/* ---- Sentences ---- */

typedef void sentence_teller(const char *sentence, void *arg);

/* What must be known before any number; false when there is nothing. */
bool compare_warning(const struct comparison *c, char *text, size_t size);
/* The verdict, in one line. */
void compare_headline(const struct comparison *c, char *text, size_t size);
/* Beside a regression: what became better, in one line; false when nothing did. */
bool compare_praise(const struct comparison *c, char *text, size_t size);
/* "BASE: results/…, 5de131f of 2026-11-21T21:30:05Z, 5 runs" */
void compare_side(const struct runs *side, const char *name, char *text, size_t size);
/* How to read it, and what is not shown. */
void compare_notes(const struct telling *t, sentence_teller *tell, void *arg);
/* Which part of the whole grew: one phrase on a point; false when nothing explains it. */
bool compare_why(const struct comparison *c, const char *point, char *text, size_t size);
/*
 * Ids of the points that have judged exact differences, the heaviest first, as keys
 * of an object for the caller to free; @steady: only those of steady metrics.
 */
json_t *compare_differing(const struct comparison *c, bool steady);

/* The one word that stands for it in JSON. */
const char *outcome_name(enum outcome outcome);
const char *verdict_name(enum verdict verdict);

/* ---- Grids ---- */

#define GRID_ROWS	2000	/* of one grid; JSON has all */

/* Differences of one verdict, exact or sampled; NULL when there are none. */
struct grid *compare_grid(const struct telling *t, enum verdict verdict, bool exact, size_t rows);
/* Where it went: functions, and their lines; NULL when nothing is known. */
struct grid *blame_grid(const struct telling *t, const char *point);

/* ---- Numbers ---- */

#define NUMBER_TEXT	48

/* With as many digits as @delta, a difference of it, needs to be seen. */
const char *figure_text(double value, double delta, char text[NUMBER_TEXT]);
/* "+260 ns", "-4.00 KiB", "+20" */
const char *delta_text(const char *unit, double delta, char text[NUMBER_TEXT]);
/* "+1.87 %", "×12.4", "from 0" */
const char *change_text(double change, char text[NUMBER_TEXT]);

#endif /* BENCH_COMPARE_VIEW_H */
