/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The section EXAMPLES of a page.
 */
#ifndef BENCH_EXAMPLE_H
#define BENCH_EXAMPLE_H

#include <stdbool.h>
#include <stdio.h>

#include "manual/help_text.h"

/*
 * Each example with what it does above it; one too long for a line is broken. @first:
 * none was printed in this section so far.
 */
void examples_print(const struct help_text *help, bool *first, FILE *out);

#endif /* BENCH_EXAMPLE_H */
