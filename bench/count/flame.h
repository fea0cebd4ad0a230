/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where instructions went, as a flame graph. Stacks are folded, as profile.json has
 * them: [["root;…;leaf", instructions, part], …], whole numbers or means per quote;
 * without a part the names of frames tell whose they are.
 */
#ifndef BENCH_FLAME_H
#define BENCH_FLAME_H

#include <jansson.h>

/*
 * Writes a self-contained SVG to @path, whole or not at all: each frame as wide as
 * what ran in and below it. Without @base colours tell whose the instructions are;
 * with it, what is red ran more itself than in @base, blue less, and what is gone is
 * named below; interrupts, scheduling and allocators are left out, for they move
 * with the phases of timers and with what memory is free. Both sides have to be of as
 * many quotes. @subtitle may be "". 0, or negative errno after one line on stderr.
 */
int flame_write(const char *path, const json_t *stacks, const json_t *base,
		const char *title, const char *subtitle);

/* One stack to a line, "root;…;leaf 123", for other tools; likewise. */
int folded_write(const char *path, const json_t *stacks);

#endif /* BENCH_FLAME_H */
