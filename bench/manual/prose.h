/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What people wrote for a page beyond its help: bench/man/COMMAND.mdoc, sections of
 * mdoc(7), each to be put behind what the page has under that name already.
 */
#ifndef BENCH_PROSE_H
#define BENCH_PROSE_H

#include <stdbool.h>
#include <stdio.h>

struct prose {
	char *text;	/* "" if there is no such file */
};

/* false: there is a file that cannot be read; a line on stderr says so. */
bool prose_read(struct prose *prose, const char *path);
void prose_free(struct prose *prose);

bool prose_has(const struct prose *prose, const char *section);

/* Without its heading. */
void prose_print(const struct prose *prose, const char *section, FILE *out);

/* All sections but those that @known knows, with their headings. */
void prose_print_others(const struct prose *prose, bool (*known)(const char *section), FILE *out);

/* Calls @visit with each page that is referred to, ".Xr NAME SECTION". */
void prose_references(const struct prose *prose,
		      void (*visit)(const char *name, int section, void *arg), void *arg);

#endif /* BENCH_PROSE_H */
