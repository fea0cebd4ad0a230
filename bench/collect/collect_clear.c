// SPDX-License-Identifier: GPL-2.0
/*
 * Results of nothing seen: what collectors, and whoever counts events alike, add to.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "collect/collect.h"

void collect_clear(struct collect *collect)
{
	struct collect_leaf *leaf;
	unsigned int i;

	free(collect->quotes.tds);
	free(collect->tds.td);
	memset(collect, 0, offsetof(struct collect, watches));

	for (leaf = collect->iterations.leaf; leaf < collect->iterations.leaf + ITERATIONS_NR_LEAVES;
	     leaf++) {
		hist_init(&leaf->duration);
		hist_init(&leaf->gap);
		hist_init(&leaf->iterations);
	}
	hist_init(&collect->preemption.seam);
	hist_init(&collect->preemption.other);
	hist_init(&collect->preemption.wakeup);
	for (i = 0; i < QUOTES_NR_PARTS; i++)
		hist_init(&collect->quotes.part[i]);
	hist_init(&collect->pool.alloc);
	hist_init(&collect->pool.add);
	collect->pool.chunk_min = UINT64_MAX;
	hist_init(&collect->update.irqs_off);
}
