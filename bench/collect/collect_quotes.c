// SPDX-License-Identifier: GPL-2.0
/*
 * Reads quotes.bpf.c: the decomposition of quotes, in all and by TD, and how
 * requests were answered.
 */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include "collect/collector.h"
#include "quotes.skel.h"

COLLECTOR_SKELETON(quotes)

/* --- TDs --- */

static int forget_tds(const struct bpf_map *map)
{
	int fd = bpf_map__fd(map), ret = 0;
	uint64_t tdr;

	while (!ret && !bpf_map_get_next_key(fd, NULL, &tdr))
		ret = bpf_map_delete_elem(fd, &tdr);
	return ret;
}

static int by_tdr(const void *a, const void *b)
{
	const struct collect_td *x = a, *y = b;

	return (x->tdr > y->tdr) - (x->tdr < y->tdr);
}

static int read_tds(const struct bpf_map *map, struct collect_quotes *quotes)
{
	int fd = bpf_map__fd(map), ret;
	struct collect_td *td;
	uint64_t tdr = 0;

	quotes->tds = calloc(QUOTES_MAX_TDS, sizeof(*quotes->tds));
	if (!quotes->tds)
		return -ENOMEM;

	for (ret = bpf_map_get_next_key(fd, NULL, &tdr); !ret && quotes->nr_tds < QUOTES_MAX_TDS;
	     ret = bpf_map_get_next_key(fd, &tdr, &tdr)) {
		td = &quotes->tds[quotes->nr_tds];
		td->tdr = tdr;
		ret = bpf_map_lookup_elem(fd, &tdr, &td->sum);
		if (ret)
			return ret;
		quotes->nr_tds++;
	}

	/* A hash table has no order that a second run would repeat. */
	qsort(quotes->tds, quotes->nr_tds, sizeof(*quotes->tds), by_tdr);
	return 0;
}

/* --- all --- */

static int reset(struct collect_watch *watch)
{
	static const struct quotes_count none;
	struct quotes_bpf *skeleton = watch->skeleton;
	struct hist empty;
	uint32_t i;
	int ret;

	hist_init(&empty);
	ret = percpu_write(skeleton->maps.counts, 0, &none);
	for (i = 0; !ret && i < QUOTES_NR_PARTS; i++)
		ret = percpu_write(skeleton->maps.parts, i, &empty);
	return ret ? ret : forget_tds(skeleton->maps.tds);
}

static void merge_count(void *into, const void *value)
{
	const struct quotes_count *cpu = value;
	struct collect *collect = into;
	unsigned int i;

	collect->quotes.count += cpu->count;
	collect->quotes.errors += cpu->errors;
	collect->quotes.untimed += cpu->untimed;
	for (i = 0; i < QUOTES_NR_ANSWERS; i++)
		collect->quotes.answers[i] += cpu->answers[i];
	collect->lost += cpu->lost;
}

static void merge_part(void *into, const void *value)
{
	hist_merge(into, value);
}

static int read_quotes(struct collect_watch *watch, struct collect *collect)
{
	struct quotes_bpf *skeleton = watch->skeleton;
	uint32_t i;
	int ret;

	ret = percpu_read(skeleton->maps.counts, 0, merge_count, collect);
	for (i = 0; !ret && i < QUOTES_NR_PARTS; i++)
		ret = percpu_read(skeleton->maps.parts, i, merge_part, &collect->quotes.part[i]);
	return ret ? ret : read_tds(skeleton->maps.tds, &collect->quotes);
}

const struct collector collector_quotes = {
	.name	= "quotes",
	.which	= COLLECT_QUOTES,
	.open	= open_quotes,
	.reset	= reset,
	.read	= read_quotes,
	.close	= close_quotes,
};
