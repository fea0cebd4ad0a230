// SPDX-License-Identifier: GPL-2.0
/*
 * Reads tds.bpf.c: each TD's quotes and waiting, while they go on.
 */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include "collect/collector.h"
#include "measure/clock.h"
#include "tds.skel.h"

COLLECTOR_SKELETON(tds)

static int by_tdr(const void *a, const void *b)
{
	const struct collect_live_td *x = a, *y = b;

	return (x->tdr > y->tdr) - (x->tdr < y->tdr);
}

/* Each TD as it was at one moment, with its lock held. @nr: as many as there are. */
static int read_batch(int fd, uint64_t *keys, struct tds_td *values, uint32_t *nr)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);
	uint32_t token;
	int ret;

	*nr = TDS_MAX;
	ret = bpf_map_lookup_batch(fd, NULL, &token, keys, values, nr, &opts);
	return ret == -ENOENT ? 0 : ret;	/* that was the last of them */
}

/* Until now, including those who wait still. */
static uint64_t waited_until(const struct tds_td *td, uint64_t now)
{
	return td->waited + (now > td->since ? td->waiting * (now - td->since) : 0);
}

static void take(struct collect_live_td *td, uint64_t tdr, const struct tds_td *value, uint64_t now)
{
	*td = (struct collect_live_td){ .tdr = tdr, .seen = *value };
	td->seen.waited = waited_until(value, now);
	td->seen.since = now;
}

static int read_all(int fd, struct collect_tds *tds)
{
	uint64_t now = clock_now(), *keys = calloc(TDS_MAX, sizeof(*keys));
	struct tds_td *values = calloc(TDS_MAX, sizeof(*values));
	uint32_t nr = 0, i;
	int ret = -ENOMEM;

	if (keys && values)
		ret = read_batch(fd, keys, values, &nr);
	if (!ret)
		tds->td = calloc(nr ? nr : 1, sizeof(*tds->td));
	if (!ret && !tds->td)
		ret = -ENOMEM;
	for (i = 0; !ret && i < nr; i++)
		take(&tds->td[tds->nr++], keys[i], &values[i], now);
	/* A hash table has no order that a second look would find again. */
	if (!ret)
		qsort(tds->td, tds->nr, sizeof(*tds->td), by_tdr);
	free(keys);
	free(values);
	return ret;
}

/* As loaded, the maps are empty: nothing to reset. */
static int read_tds(struct collect_watch *watch, struct collect *collect)
{
	struct tds_bpf *skeleton = watch->skeleton;

	collect->lost += *(volatile __u64 *)&skeleton->bss->lost;
	return read_all(bpf_map__fd(skeleton->maps.tds), &collect->tds);
}

const struct collector collector_tds = {
	.name	= "tds",
	.which	= COLLECT_TDS,
	.open	= open_tds,
	.read	= read_tds,
	.close	= close_tds,
};
