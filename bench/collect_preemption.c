// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up and reads preemption.bpf.c: late timers, late threads.
 */
#include <errno.h>

#include <bpf/bpf.h>

#include "../bpf/preemption.h"
#include "collector.h"
#include "preemption.skel.h"

/* Without threads to watch, no event of the scheduler is slowed down. */
static void choose_programs(struct preemption_bpf *skeleton, bool threads)
{
	bpf_program__set_autoload(skeleton->progs.sched_waking, threads);
	bpf_program__set_autoload(skeleton->progs.sched_wakeup, threads);
	bpf_program__set_autoload(skeleton->progs.sched_wakeup_new, threads);
	bpf_program__set_autoload(skeleton->progs.sched_switch, threads);
}

static int open_preemption(struct collect_watch *watch, const struct collect_opts *opts)
{
	struct preemption_bpf *skeleton = preemption_bpf__open();

	if (!skeleton)
		return -errno;
	watch->skeleton = skeleton;
	watch->base = skeleton->skeleton;

	skeleton->rodata->ignore_function = opts->ignore_timer_function;
	choose_programs(skeleton, opts->nr_threads);
	return opts->nr_threads ?
		bpf_map__set_max_entries(skeleton->maps.threads, opts->nr_threads) : 0;
}

static int fill_threads(struct collect_watch *watch, const struct collect_opts *opts)
{
	static const struct preemption_thread awake;
	struct preemption_bpf *skeleton = watch->skeleton;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < opts->nr_threads; i++)
		ret = bpf_map_update_elem(bpf_map__fd(skeleton->maps.threads), &opts->threads[i],
					  &awake, BPF_ANY);
	return ret;
}

static int reset(struct collect_watch *watch)
{
	struct preemption_bpf *skeleton = watch->skeleton;
	struct preemption_cpu none = {};
	int ret;

	hist_init(&none.seam);
	hist_init(&none.other);
	hist_init(&none.wakeup);
	ret = percpu_write(skeleton->maps.cpus, 0, &none);
	return ret ? ret : iterations_reset(skeleton->maps.leaves);
}

static void merge_cpu(void *into, const void *value)
{
	struct collect *collect = into;
	struct collect_preemption *preemption = &collect->preemption;
	const struct preemption_cpu *cpu = value;
	uint32_t i;

	hist_merge(&preemption->seam, &cpu->seam);
	hist_merge(&preemption->other, &cpu->other);
	hist_merge(&preemption->wakeup, &cpu->wakeup);
	collect->lost += cpu->lost;

	/* No exit has claimed these. */
	for (i = cpu->settled; i != cpu->fired; i++)
		hist_add(&preemption->other, cpu->held[i % PREEMPTION_HELD].late);
}

static int read_preemption(struct collect_watch *watch, struct collect *collect)
{
	struct preemption_bpf *skeleton = watch->skeleton;
	int ret;

	ret = percpu_read(skeleton->maps.cpus, 0, merge_cpu, collect);
	return ret ? ret : iterations_read(skeleton->maps.leaves, &collect->iterations);
}

static void close_preemption(struct collect_watch *watch)
{
	preemption_bpf__destroy(watch->skeleton);
}

const struct collector collector_preemption = {
	.name	= "preemption",
	.which	= COLLECT_PREEMPTION,
	.open	= open_preemption,
	.loaded	= fill_threads,
	.reset	= reset,
	.read	= read_preemption,
	.close	= close_preemption,
};
