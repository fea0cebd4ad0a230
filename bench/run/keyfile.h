/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of "key = value" lines under [section] headers: suites and profiles.
 * What the keys mean is the reader's business; that each section and each key
 * is there once, and that nothing was cut off, is checked here.
 */
#ifndef BENCH_KEYFILE_H
#define BENCH_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#define KEYFILE_MAX_KEYS	64	/* in a section */

struct key {
	char *name;
	char *value;
};

/**
 * struct section - what stands under one header
 * @line: of the header, 0 while none was seen
 */
struct section {
	char *name;
	int line;
	struct key keys[KEYFILE_MAX_KEYS];
	unsigned int nr_keys;
};

/**
 * struct keyfile - a file as read
 * @text:     all of it
 * @sections: the first is there even if the file has none of that name
 */
struct keyfile {
	char *text;
	struct section *sections;
	unsigned int nr_sections;
};

/*
 * @first names the first section; with @headless, keys before any header are its
 * own, else they are a mistake. NULL with "PATH: what is wrong" or
 * "PATH:LINE: what is wrong" in @error.
 */
struct keyfile *keyfile_read(const char *path, const char *first, bool headless, char *error,
			     size_t size);
void keyfile_free(struct keyfile *file);

/* NULL when the section has no such key. */
const struct key *section_key(const struct section *section, const char *name);

#endif /* BENCH_KEYFILE_H */
