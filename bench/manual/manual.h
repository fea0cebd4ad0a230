/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Manual pages: a command's table and help as a page in mdoc(7).
 */
#ifndef BENCH_MANUAL_H
#define BENCH_MANUAL_H

#include <stdio.h>

#include "command/options.h"

/**
 * struct manual - what a page is of
 * @program: tdxbench itself; its actions are the commands
 * @command: one of them, or @program
 * @prose:   path of what people wrote for the page; there need not be one
 * @date:    ISO 8601, "" for today
 * @version: of tdxbench
 */
struct manual {
	const struct command *program, *command;
	const char *prose;
	const char *date;
	const char *version;
};

/* 0 or -1 after a line on stderr. */
int manual_print(const struct manual *manual, FILE *out);

#endif /* BENCH_MANUAL_H */
