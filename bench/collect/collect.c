// SPDX-License-Identifier: GPL-2.0
/*
 * The life of the collectors. What each of them knows is in collect_<name>.c.
 */
#include "collect/collect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/collector.h"
#include "measure/stretch.h"

static const struct collector *const collectors[COLLECT_MAX] = {
	&collector_iterations,
	&collector_preemption,
	&collector_quotes,
	&collector_pool,
	&collector_update,
	&collector_empty,
	&collector_tds,
	&collector_state,
};

/* --- what went wrong --- */

const char *programs_reason(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return geteuid() ? "it takes root" : "the kernel refuses the program";
	case -ENOENT:
	case -ESRCH:
		if (access("/sys/kernel/btf/vmlinux", R_OK))
			return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)";
		return "the kernel lacks an event it watches; is the path built in, or tdx_lab loaded?";
	default:
		return strerror(-error);
	}
}

static int fail(const struct collect_watch *watch, const char *what, int error)
{
	fprintf(stderr, "tdxbench: cannot %s collector '%s': %s\n", what, watch->collector->name,
		programs_reason(error));
	return -1;
}

/* --- per-CPU arrays --- */

static size_t percpu_size(const struct bpf_map *map)
{
	return (bpf_map__value_size(map) + 7) & ~7UL;
}

int percpu_write(const struct bpf_map *map, uint32_t key, const void *value)
{
	int i, cpus = libbpf_num_possible_cpus(), ret;
	size_t size = percpu_size(map);
	char *values;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, size);
	if (!values)
		return -ENOMEM;

	for (i = 0; i < cpus; i++)
		memcpy(values + (size_t)i * size, value, bpf_map__value_size(map));
	ret = bpf_map_update_elem(bpf_map__fd(map), &key, values, BPF_ANY);
	free(values);
	return ret;
}

int percpu_read(const struct bpf_map *map, uint32_t key,
		void (*merge)(void *into, const void *value), void *into)
{
	int i, cpus = libbpf_num_possible_cpus(), ret;
	size_t size = percpu_size(map);
	char *values;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, size);
	if (!values)
		return -ENOMEM;

	ret = bpf_map_lookup_elem(bpf_map__fd(map), &key, values);
	for (i = 0; !ret && i < cpus; i++)
		merge(into, values + (size_t)i * size);
	free(values);
	return ret;
}

/* --- one collector --- */

int programs_missed(const struct bpf_object *object, uint64_t *missed)
{
	struct bpf_program *program;
	int ret;

	*missed = 0;
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (!bpf_program__autoload(program))
			continue;
		ret = bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);
		if (ret)
			return ret;
		*missed += info.recursion_misses;
	}
	return 0;
}

static int watch_reset(struct collect_watch *watch)
{
	int ret = watch->collector->reset ? watch->collector->reset(watch) : 0;

	return ret ? ret : programs_missed(*watch->base->obj, &watch->missed);
}

static int watch_load(struct collect_watch *watch, const struct collect_opts *opts)
{
	const struct collector *collector = watch->collector;
	int ret;

	ret = collector->open(watch, opts);
	if (ret)
		return ret;
	ret = bpf_object__load_skeleton(watch->base);
	if (ret)
		return ret;
	ret = collector->loaded ? collector->loaded(watch, opts) : 0;
	return ret ? ret : watch_reset(watch);
}

static int watch_read(struct collect_watch *watch, struct collect *collect, bool wanted)
{
	const struct collector *collector = watch->collector;
	uint64_t missed;
	int ret;

	ret = programs_missed(*watch->base->obj, &missed);
	if (ret)
		return ret;
	collect->lost += missed - watch->missed;
	return collector->read && wanted ? collector->read(watch, collect) : 0;
}

/* --- all of them --- */

static void choose(struct collect *collect, unsigned int which)
{
	unsigned int i;

	for (i = 0; i < COLLECT_MAX; i++)
		if (which & collectors[i]->which)
			collect->watches[collect->nr_watches++].collector = collectors[i];
}

int collect_open(struct collect *collect, unsigned int which, const struct collect_opts *opts)
{
	static const struct collect_opts none;
	unsigned int i;
	int ret;

	if (!opts)
		opts = &none;
	libbpf_set_print(NULL);	/* what matters is said in one line of ours */

	memset(collect, 0, sizeof(*collect));
	choose(collect, which);

	for (i = 0; i < collect->nr_watches; i++) {
		ret = watch_load(&collect->watches[i], opts);
		if (ret) {
			fail(&collect->watches[i], "load", ret);
			collect_close(collect);
			return -1;
		}
	}
	return 0;
}

static void detach(struct collect *collect)
{
	unsigned int i;

	for (i = 0; i < collect->nr_watches; i++)
		bpf_object__detach_skeleton(collect->watches[i].base);
	for (i = 0; i < collect->nr_watches; i++)
		collect->watches[i].running = false;
}

int collect_start(struct collect *collect)
{
	unsigned int i;
	int ret;

	for (i = 0; i < collect->nr_watches; i++) {
		ret = bpf_object__attach_skeleton(collect->watches[i].base);
		if (ret) {
			detach(collect);
			return fail(&collect->watches[i], "attach", ret);
		}
		collect->watches[i].running = true;
	}
	stretch_begin();
	return 0;
}

static int read_all(struct collect *collect, unsigned int which)
{
	struct collect_watch *watch;
	unsigned int i;
	int ret;

	collect_clear(collect);
	for (i = 0; i < collect->nr_watches; i++) {
		watch = &collect->watches[i];
		ret = watch_read(watch, collect, which & watch->collector->which);
		if (ret)
			return fail(watch, "read", ret);
	}
	return 0;
}

int collect_peek(struct collect *collect, unsigned int which)
{
	return read_all(collect, which);
}

int collect_stop(struct collect *collect)
{
	stretch_end();
	detach(collect);
	return read_all(collect, ~0U);
}

void collect_close(struct collect *collect)
{
	unsigned int i;

	for (i = 0; i < collect->nr_watches; i++)
		collect->watches[i].collector->close(&collect->watches[i]);
	collect->nr_watches = 0;
	free(collect->quotes.tds);
	free(collect->tds.td);
	collect->quotes.tds = NULL;
	collect->tds.td = NULL;
}
