/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts about the running machine, from /proc, /sys, /dev and /boot. For tests,
 * $TDXBENCH_ROOT names a directory that these are looked for in instead.
 */
#ifndef BENCH_FACTS_H
#define BENCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Linux's numbers; SYS_ADMIN counts for the two others. */
enum { FACT_SYS_ADMIN = 21, FACT_PERFMON = 38, FACT_BPF = 39 };

FILE *fact_open(const char *path);	/* to read; NULL when it cannot be */
bool fact_readable(const char *path);
/* First line without its newline; "" and false when there is none. */
bool fact_line(const char *path, char *line, size_t size);
/* Is there a line with this word in it, words being what blanks are between? */
bool fact_word(const char *path, const char *word);
/* Value behind "KEY : value" or "KEY value" in a line of its own. */
bool fact_value(const char *path, const char *key, char *value, size_t size);

/* 'y', 'm', 'n'; '?' where this kernel's configuration is not to be found. */
char fact_config(const char *option);
/* The last KEY=value on the kernel's command line; "" and false when there is none. */
bool fact_argument(const char *key, char *value, size_t size);
/* May this process do what that takes? */
bool fact_capable(unsigned int capability);
/* Is the TDX module that this kernel has booted with software, a model? */
bool fact_emulated(void);

/* Is the kernel's log readable at all, and does it still have its beginning? */
bool fact_log_readable(void);
bool fact_log_complete(void);
/* The last message with @part in it; NULL when there is none. */
const char *fact_log(const char *part, char *message, size_t size);
/* Has the log @later after the last @earlier? */
bool fact_log_after(const char *earlier, const char *later);

#endif /* BENCH_FACTS_H */
