/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing mdoc(7): what is text to us must be no request, macro or escape to troff.
 */
#ifndef BENCH_MDOC_H
#define BENCH_MDOC_H

#include <stdio.h>

/* Text to be filled; the words of options keep their dashes. No newline. */
void mdoc_text(FILE *out, const char *text, size_t len);

/*
 * The same as a sentence and a line of its own: "where to go" gives "Where to go.", or
 * whatever else it is to @end with.
 */
void mdoc_sentence(FILE *out, const char *text, size_t len, char end);

/* A line as it is typed, to be shown as it is. No newline. */
void mdoc_literal(FILE *out, const char *text, size_t len);

/* What is typed behind a command, "[OPTION...] [FILE | DIR]...": in macros, one line. */
void mdoc_synopsis(FILE *out, const char *text, size_t len);

#endif /* BENCH_MDOC_H */
