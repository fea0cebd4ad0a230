/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A map from a number that is not 0 to a number, 0 at first.
 */
#ifndef TCG_MAP_H
#define TCG_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_entry {
	uint64_t key;
	uint64_t value;
};

/* All zero is an empty map. Entries move when another one is added. */
struct map {
	struct map_entry *entries;
	size_t size;
	size_t used;
};

/* Of @key, which is added if it is not there. */
uint64_t *map_value(struct map *map, uint64_t key);
void map_clear(struct map *map);

/* calloc() and realloc() that never fail: QEMU cannot go on without, either. */
void *need(size_t size);
void *need_more(void *memory, size_t size);

#endif /* TCG_MAP_H */
