/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A directory of many files, written whole or not at all:
 *
 *	site = site_begin(dir);
 *	out = site_open(site, "data/1.js"); …; site_close(site, out);
 *	ret = site_end(site, ok);
 *
 * It is made beside its place and put there in one step. What was there before must
 * be nothing, an empty directory, or one of ours with nothing of others in it: its list
 * of files says so. Nothing else is ever removed.
 */
#ifndef BENCH_SITE_H
#define BENCH_SITE_H

#include <stdbool.h>
#include <stdio.h>

#define SITE_LIST	"dashboard.files"

struct site;

/* NULL after one line on stderr. */
struct site *site_begin(const char *dir);
/* @name: relative, without "..", each once. NULL after one line on stderr. */
FILE *site_open(struct site *site, const char *name);
/* False after one line on stderr: what was written is not all there. */
bool site_close(struct site *site, FILE *out);
/* Puts the site in its place if @ok, else removes it. 0, or -1 after one line; frees. */
int site_end(struct site *site, bool ok);

#endif /* BENCH_SITE_H */
