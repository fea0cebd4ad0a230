/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `tdxbench run` for commands that measure a suite of their own.
 */
#ifndef BENCH_WRAP_H
#define BENCH_WRAP_H

#include <stdbool.h>

/* Adds "@option @value", nothing where @value is NULL; @argv must have the room. */
void wrap_option(char **argv, int *argc, const char *option, const char *value);

/* @argv[0] is "run". @quiet: standard output is for something else, so it says all on stderr. */
int wrap_run(int argc, char **argv, bool quiet);

#endif /* BENCH_WRAP_H */
