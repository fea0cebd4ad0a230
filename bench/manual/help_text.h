/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The free text of a command's help, taken apart. It is written by a convention,
 * which tests/cli/test_man.sh holds all commands to:
 *
 *	What there is to say about the command.
 *
 *	examples:
 *	  COMMAND                 and what it does, behind two blanks or more
 *
 *	exit codes: 0 done, 77 cannot run here
 *
 * The three parts may come in any order; lines that begin with blanks are shown as
 * they are.
 */
#ifndef BENCH_HELP_TEXT_H
#define BENCH_HELP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum help_part { HELP_ABOUT, HELP_EXAMPLES, HELP_EXIT, HELP_HEADING };

/* A line without its newline, nor the heading before it. */
struct help_line {
	enum help_part part;
	const char *text;
	size_t len;
};

struct help_text {
	struct help_line *lines;
	size_t count;
};

/* @text may be NULL, and has to outlive what is made of it. */
struct help_text help_text_read(const char *text);
void help_text_free(struct help_text *help);

bool help_text_has(const struct help_text *help, enum help_part part);

/* What the exit codes are, in one line; NULL if nothing is said of them. free() it. */
char *help_text_exit(const struct help_text *help);

#endif /* BENCH_HELP_TEXT_H */
