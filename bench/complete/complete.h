/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completion of command lines: what a shell reads, made of the commands' tables.
 */
#ifndef BENCH_COMPLETE_H
#define BENCH_COMPLETE_H

#include <stdbool.h>
#include <stdio.h>

#include "command/options.h"

/* What stands for a placeholder, as "FILE" in "--output FILE". */
enum argument_kind {
	ARGUMENT_FREE,		/* nothing that could be guessed */
	ARGUMENT_FILE,
	ARGUMENT_DIR,
	ARGUMENT_SUITE,		/* a name, or a file */
	ARGUMENT_MEASUREMENT,
	ARGUMENT_WORD,		/* the placeholder itself */
};

struct argument {
	enum argument_kind kind;
	const char *suffix;	/* of files, "" for any */
	size_t suffix_len;
};

struct argument argument_of(const char *word, size_t len);

/* Calls @visit for each placeholder or word of a synopsis that is no option. */
void argument_each(const char *synopsis, void (*visit)(const char *word, size_t len, void *arg),
		   void *arg);

/* Calls @visit for each suite that comes with tdxbench. */
void suite_names_each(void (*visit)(const char *name, void *arg), void *arg);

/* Calls @visit for each measurement. */
void measurement_names_each(void (*visit)(const char *name, void *arg), void *arg);

/* @program is tdxbench itself; its actions are the commands. */
void complete_bash(const struct command *program, FILE *out);
void complete_zsh(const struct command *program, FILE *out);

#endif /* BENCH_COMPLETE_H */
