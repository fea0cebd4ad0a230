// SPDX-License-Identifier: GPL-2.0
/*
 * Open addressing, at most half full.
 */
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE	1024

void *need_more(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (memory)
		return memory;
	fprintf(stderr, "count.so: out of memory\n");
	exit(1);
}

void *need(size_t size)
{
	void *memory = calloc(1, size);

	return memory ? memory : need_more(NULL, size);
}

static struct map_entry *slot(const struct map *map, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15) >> 20;

	for (;; i++) {
		struct map_entry *entry = &map->entries[i & (map->size - 1)];

		if (!entry->key || entry->key == key)
			return entry;
	}
}

static void grow(struct map *map)
{
	struct map old = *map;
	size_t i;

	map->size = old.size ? 2 * old.size : FIRST_SIZE;
	map->entries = need(map->size * sizeof(*map->entries));
	for (i = 0; i < old.size; i++)
		if (old.entries[i].key)
			*slot(map, old.entries[i].key) = old.entries[i];
	free(old.entries);
}

uint64_t *map_value(struct map *map, uint64_t key)
{
	struct map_entry *entry;

	if (2 * map->used >= map->size)
		grow(map);
	entry = slot(map, key);
	if (!entry->key) {
		entry->key = key;
		map->used++;
	}
	return &entry->value;
}

void map_clear(struct map *map)
{
	free(map->entries);
	*map = (struct map){};
}
