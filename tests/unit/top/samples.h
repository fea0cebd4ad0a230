/* SPDX-License-Identifier: GPL-2.0 */
/* Samples for tests of tdxbench top: what BPF would have counted, counted by hand. */
#ifndef TESTS_UNIT_TOP_SAMPLES_H
#define TESTS_UNIT_TOP_SAMPLES_H

#include "top/model.h"

#define MS	1000000ULL
#define SECOND	(1000 * MS)

/* The TDs of a sample, in order of their TDRs. */
static inline struct tds_td *sample_td(struct top_sample *sample, uint64_t tdr)
{
	struct collect_tds *tds = &sample->tds;
	size_t at = 0;

	while (at < tds->nr && tds->td[at].tdr < tdr)
		at++;
	if (at < tds->nr && tds->td[at].tdr == tdr)
		return &tds->td[at].seen;
	tds->td = realloc(tds->td, (tds->nr + 1) * sizeof(*tds->td));
	memmove(&tds->td[at + 1], &tds->td[at], (tds->nr - at) * sizeof(*tds->td));
	tds->td[at] = (struct collect_live_td){ .tdr = tdr };
	tds->nr++;
	return &tds->td[at].seen;
}

static inline void sample_quote(struct top_sample *sample, uint64_t tdr, uint64_t total)
{
	struct tds_td *td = sample_td(sample, tdr);

	td->count++;
	td->slots[tds_slot(total)]++;
	if (total > td->max)
		td->max = total;
}

/* A call of so many iterations. */
static inline void sample_call(struct top_sample *sample, unsigned int leaf, unsigned int iterations,
			       uint64_t stay, uint64_t gap)
{
	struct collect_leaf *into = &sample->iterations.leaf[leaf];
	unsigned int i;

	for (i = 0; i < iterations; i++) {
		hist_add(&into->duration, stay);
		if (i)
			hist_add(&into->gap, gap);
	}
	hist_add(&into->iterations, iterations);
}

/* Another that holds the same. */
static inline void sample_copy(struct top_sample *to, const struct top_sample *from)
{
	size_t size = from->tds.nr * sizeof(*from->tds.td);

	*to = *from;
	to->tds.td = malloc(size ? size : 1);
	if (size)
		memcpy(to->tds.td, from->tds.td, size);
}

#endif /* TESTS_UNIT_TOP_SAMPLES_H */
