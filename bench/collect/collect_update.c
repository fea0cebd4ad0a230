// SPDX-License-Identifier: GPL-2.0
/*
 * Reads update.bpf.c: runtime updates of the TDX module.
 */
#include "collect/collector.h"
#include "update.skel.h"

COLLECTOR_SKELETON(update)

static int reset(struct collect_watch *watch)
{
	struct update_bpf *skeleton = watch->skeleton;
	struct update_cpu none = {};

	hist_init(&none.irqs_off);
	return percpu_write(skeleton->maps.cpus, 0, &none);
}

static void merge_cpu(void *into, const void *value)
{
	const struct update_cpu *cpu = value;
	struct update_cpu *update = into;

	hist_merge(&update->irqs_off, &cpu->irqs_off);
	update->begun += cpu->begun;
	update->ended += cpu->ended;
	update->errors += cpu->errors;
	update->in_flight += cpu->in_flight;
	update->drain_ns += cpu->drain_ns;
	update->stall_ns += cpu->stall_ns;
	update->total_ns += cpu->total_ns;
}

static int read_update(struct collect_watch *watch, struct collect *collect)
{
	struct update_bpf *skeleton = watch->skeleton;

	return percpu_read(skeleton->maps.cpus, 0, merge_cpu, &collect->update);
}

const struct collector collector_update = {
	.name	= "update",
	.which	= COLLECT_UPDATE,
	.open	= open_update,
	.reset	= reset,
	.read	= read_update,
	.close	= close_update,
};
