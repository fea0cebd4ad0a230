/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the running kernel by name.
 */
#ifndef BENCH_KALLSYMS_H
#define BENCH_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>

/* There if the quoting path with its trace events is, in the kernel or in a module. */
#define KALLSYMS_PATH	"__traceiter_quote_end"

/**
 * struct kallsym - where a function is
 * @address: 0 when the kernel does not tell whoever runs this
 * @module:  that it is part of, "" for the kernel itself
 */
struct kallsym {
	uint64_t address;
	char module[64];
};

/* False when there is no such function, or no list of them. */
bool kallsyms_find(const char *name, struct kallsym *symbol);

#endif /* BENCH_KALLSYMS_H */
