// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up and reads preemption.bpf.c: late timers, late threads, and how many
 * iterations there were.
 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../../bpf/preemption.h"
#include "collect/collector.h"
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

static void init_cpu(struct preemption_cpu *cpu)
{
	memset(cpu, 0, sizeof(*cpu));
	hist_init(&cpu->seam);
	hist_init(&cpu->other);
	hist_init(&cpu->stay);
}

static int reset(struct collect_watch *watch)
{
	struct preemption_bpf *skeleton = watch->skeleton;
	struct preemption_cpu none;
	struct hist empty;
	int ret;

	init_cpu(&none);
	hist_init(&empty);
	ret = percpu_write(skeleton->maps.cpus, 0, &none);
	return ret ? ret : percpu_write(skeleton->maps.wakeups, 0, &empty);
}

static void merge_cpu(void *into, const void *value)
{
	const struct preemption_cpu *cpu = value;
	struct preemption_cpu *sum = into;
	uint32_t i;

	hist_merge(&sum->seam, &cpu->seam);
	hist_merge(&sum->other, &cpu->other);
	hist_merge(&sum->stay, &cpu->stay);
	sum->lost += cpu->lost;

	for (i = 0; i < ITERATIONS_NR_LEAVES; i++) {
		sum->leaf[i].resumable += cpu->leaf[i].resumable;
		sum->leaf[i].success += cpu->leaf[i].success;
		sum->leaf[i].failed += cpu->leaf[i].failed;
	}
}

/* No exit has claimed these, and none will once the programs are gone. */
static void give_up_held(void *into, const void *value)
{
	const struct preemption_cpu *cpu = value;
	struct preemption_cpu *sum = into;
	uint32_t i;

	for (i = cpu->settled; i != cpu->fired; i++)
		hist_add(&sum->other, cpu->held[i % PREEMPTION_HELD].late);
}

static void merge_hist(void *into, const void *value)
{
	hist_merge(into, value);
}

/* The same that collect_iterations.c would say, should it be at work too. */
static void give_counts(struct collect_leaf *leaf, const struct preemption_leaf *sum)
{
	leaf->entries = sum->resumable + sum->success + sum->failed;
	leaf->resumable = sum->resumable;
	leaf->success = sum->success;
	leaf->failed = sum->failed;
}

static int read_preemption(struct collect_watch *watch, struct collect *collect)
{
	struct preemption_bpf *skeleton = watch->skeleton;
	struct preemption_cpu sum;
	unsigned int i;
	int ret;

	init_cpu(&sum);
	ret = percpu_read(skeleton->maps.cpus, 0, merge_cpu, &sum);
	if (!ret && !watch->running)
		ret = percpu_read(skeleton->maps.cpus, 0, give_up_held, &sum);
	if (ret)
		return ret;

	hist_init(&collect->preemption.wakeup);
	ret = percpu_read(skeleton->maps.wakeups, 0, merge_hist, &collect->preemption.wakeup);
	if (ret)
		return ret;

	collect->preemption.seam = sum.seam;
	collect->preemption.other = sum.other;
	collect->preemption.stay = sum.stay;
	collect->lost += sum.lost;
	for (i = 0; i < ITERATIONS_NR_LEAVES; i++)
		give_counts(&collect->iterations.leaf[i], &sum.leaf[i]);
	return 0;
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
