/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The section EXIT STATUS of a page.
 */
#ifndef BENCH_EXIT_STATUS_H
#define BENCH_EXIT_STATUS_H

#include <stdio.h>

#include "manual/help_text.h"

/* What the help says of exit codes, and those that every command has. */
void exit_status_print(const struct help_text *help, FILE *out);

#endif /* BENCH_EXIT_STATUS_H */
