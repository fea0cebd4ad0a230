/* SPDX-License-Identifier: GPL-2.0 */
/* A result as one self-contained page: no script, no other file, light and dark. */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include <jansson.h>
#include <stdio.h>

struct side;

/*
 * Writes @path whole or not at all, with the plots (SVG) found in @plots_dir.
 * 0, or a negative errno after one line on stderr.
 */
int html_write(const json_t *result, const char *plots_dir, const char *path);

/* The same of several results, a column each; without plots. */
int html_write_side(const struct side *side, const char *path);

/* Text as it must stand in HTML. */
void html_escape(FILE *out, const char *text);

#endif /* BENCH_HTML_H */
