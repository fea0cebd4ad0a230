/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The section SEE ALSO of a page: what else it speaks of.
 */
#ifndef BENCH_SEE_ALSO_H
#define BENCH_SEE_ALSO_H

#include <stdio.h>

#include "command/options.h"
#include "manual/prose.h"

/*
 * Pages that the prose refers to, commands that the help of @command names, and
 * tdxbench(1), by section and name.
 */
void see_also_print(const struct command *program, const struct command *command,
		    const struct prose *prose, FILE *out);

#endif /* BENCH_SEE_ALSO_H */
