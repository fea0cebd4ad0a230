/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a collector is made of, for collect.c and the collect_<name>.c alone.
 */
#ifndef BENCH_COLLECTOR_H
#define BENCH_COLLECTOR_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect/collect.h"

struct bpf_map;
struct bpf_object;

/**
 * struct collector - one BPF object and how to read it
 * @name:  as in bpf/<name>.bpf.c
 * @which: its COLLECT_ bit
 * @open:  fills in @skeleton and @base, and sets what must be set before loading
 * @loaded: fills maps that stay, optional
 * @reset: empties maps, optional
 * @read:  adds what the maps hold to empty results, and to @lost what they could
 *         not hold; optional. Programs may write to them meanwhile, see @watch->running
 * @close: of whatever @open left; NULL-safe
 *
 * Functions return 0 or a negative errno and print nothing.
 */
struct collector {
	const char *name;
	unsigned int which;
	int (*open)(struct collect_watch *watch, const struct collect_opts *opts);
	int (*loaded)(struct collect_watch *watch, const struct collect_opts *opts);
	int (*reset)(struct collect_watch *watch);
	int (*read)(struct collect_watch *watch, struct collect *collect);
	void (*close)(struct collect_watch *watch);
};

extern const struct collector collector_iterations;
extern const struct collector collector_preemption;
extern const struct collector collector_quotes;
extern const struct collector collector_pool;
extern const struct collector collector_update;
extern const struct collector collector_empty;
extern const struct collector collector_tds;
extern const struct collector collector_state;

/*
 * open_<name>() and close_<name>() of a collector that sets nothing before loading:
 * each skeleton is a type of its own, that differs in nothing here.
 */
#define COLLECTOR_SKELETON(name)						\
static int open_##name(struct collect_watch *watch, const struct collect_opts *opts)	\
{										\
	struct name##_bpf *skeleton = name##_bpf__open();			\
										\
	(void)opts;								\
	if (!skeleton)								\
		return -errno;							\
	watch->skeleton = skeleton;						\
	watch->base = skeleton->skeleton;					\
	return 0;								\
}										\
										\
static void close_##name(struct collect_watch *watch)				\
{										\
	name##_bpf__destroy(watch->skeleton);					\
}

/* Events that programs did not see because another of their kind was at work on the CPU. */
int programs_missed(const struct bpf_object *object, uint64_t *missed);

/* Why programs could not be loaded or attached, in words. */
const char *programs_reason(int error);

/* Per-CPU arrays: the same value for all CPUs, or one CPU's value after the other. */
int percpu_write(const struct bpf_map *map, uint32_t key, const void *value);
int percpu_read(const struct bpf_map *map, uint32_t key,
		void (*merge)(void *into, const void *value), void *into);

#endif /* BENCH_COLLECTOR_H */
