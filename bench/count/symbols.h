/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions by address: of a kernel, as its /proc/kallsyms lists them, and of the
 * lab module, from its file.
 */
#ifndef BENCH_SYMBOLS_H
#define BENCH_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#define SYMBOL_KERNEL	(-1)	/* no section: addresses are absolute */

/**
 * struct symbol - a function
 * @start, @end: in its section
 * @section:     number of the module's section, or SYMBOL_KERNEL
 * @name:        as linked
 * @file:        source, relative to the repository's root, or "" where unknown
 */
struct symbol {
	uint64_t start;
	uint64_t end;
	int section;
	const char *name;
	const char *file;
};

/**
 * struct source_line - where an instruction comes from; @file "" where unknown
 */
struct source_line {
	char file[512];
	unsigned int line;
};

struct symbols;

/*
 * @kallsyms is a file as /proc/kallsyms; of the module only names are had where
 * @debug, the same module with debug information, is not there. NULL after one line
 * on stderr.
 */
struct symbols *symbols_read(const char *kallsyms, const char *module, const char *debug);
void symbols_free(struct symbols *symbols);

const struct symbol *symbols_all(const struct symbols *symbols, unsigned int *nr);
const char *symbols_section_name(const struct symbols *symbols, int section);

/* The section @name of the module was at @address from now on. */
void symbols_section_at(struct symbols *symbols, const char *name, uint64_t address);
/* What is at an address of the machine; NULL where nothing is known. */
const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address);

/*
 * Lines of the @nr addresses of the machine, all of the module, in any order;
 * lines of other addresses are empty. 0, or -1 after one line on stderr.
 */
int symbols_lines(const struct symbols *symbols, const uint64_t *addresses, unsigned int nr,
		  struct source_line *lines);

#endif /* BENCH_SYMBOLS_H */
