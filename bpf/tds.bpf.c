// SPDX-License-Identifier: GPL-2.0
/*
 * TDs as a live view wants them: quotes with a histogram, and how many wait for a
 * buffer, for how long. quotes.bpf.c knows sums, and only what has ended.
 *
 * A reader must see how many wait together with how long they have: so a TD has a
 * lock, and under it nothing needs an atomic instruction.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "quote.bpf.h"
#include "tds.h"

char LICENSE[] SEC("license") = "GPL";

/* Quotes that found no place in one of the tables. */
__u64 lost = 0;

/* By TDR. All entries are made in advance, so that none costs more than another. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TDS_MAX);
	__type(key, __u64);
	__type(value, struct tds_td);
} tds SEC(".maps");

/* By id of the quote: one that began before we came is not in it, and not counted as open. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TDS_MAX_OPEN);
	__type(key, __u64);
	__type(value, struct tds_quote);
} quotes SEC(".maps");

static __always_inline void lose(void)
{
	__sync_fetch_and_add(&lost, 1);
}

static __always_inline struct tds_td *find_td(__u64 tdr)
{
	/* Not of the type itself: only maps' values may have a lock in them. */
	static const __u64 none[sizeof(struct tds_td) / sizeof(__u64)];
	struct tds_td *td = bpf_map_lookup_elem(&tds, &tdr);

	if (td)
		return td;

	/* May lose against another CPU; either entry will do. */
	bpf_map_update_elem(&tds, &tdr, none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tds, &tdr);
}

/* Before @waiting changes. Two CPUs may take the lock in another order than the time. */
static __always_inline void wait_until(struct tds_td *td, __u64 now)
{
	if (now <= td->since)
		return;
	td->waited += td->waiting * (now - td->since);
	td->since = now;
}

SEC("tp_btf/quote_begin")
int BPF_PROG(quote_begin, __u64 id, __u64 tdr)
{
	const struct tds_quote quote = { .waiting = true };
	struct tds_td *td = find_td(tdr);
	__u64 now;

	if (!td)
		return 0;	/* counted as it ends */
	if (bpf_map_update_elem(&quotes, &id, &quote, BPF_NOEXIST)) {
		lose();
		return 0;
	}

	now = bpf_ktime_get_ns();
	bpf_spin_lock(&td->lock);
	wait_until(td, now);
	td->waiting++;
	td->open++;
	bpf_spin_unlock(&td->lock);
	return 0;
}

SEC("tp_btf/quote_buffer")
int BPF_PROG(quote_buffer, __u64 id, __u64 tdr)
{
	struct tds_quote *quote = bpf_map_lookup_elem(&quotes, &id);
	struct tds_td *td;
	__u64 now;

	if (!quote)
		return 0;
	td = bpf_map_lookup_elem(&tds, &tdr);
	if (!td)
		return 0;

	quote->waiting = false;
	now = bpf_ktime_get_ns();
	bpf_spin_lock(&td->lock);
	wait_until(td, now);
	td->waiting--;
	bpf_spin_unlock(&td->lock);
	return 0;
}

/* What is known of a quote that ends here: nothing, if it began before we came. */
enum place { UNKNOWN, WAITING, SERVED };

static __always_inline enum place take_quote(__u64 id)
{
	struct tds_quote *quote = bpf_map_lookup_elem(&quotes, &id);
	enum place place;

	if (!quote)
		return UNKNOWN;
	place = quote->waiting ? WAITING : SERVED;
	bpf_map_delete_elem(&quotes, &id);
	return place;
}

/* It may have ended without ever having had a buffer. */
static __always_inline void leave(struct tds_td *td, enum place place, __u64 now)
{
	if (place == WAITING) {
		wait_until(td, now);
		td->waiting--;
	}
	if (place != UNKNOWN)
		td->open--;
}

static __always_inline void count(struct tds_td *td, const struct tdx_quote *quote, __u64 slot,
				  __u64 total)
{
	td->count++;
	if (quote->error)
		td->errors++;
	else if (!quote->times.begin)
		td->untimed++;
	else {
		td->slots[slot]++;
		if (total > td->max)
			td->max = total;
	}
}

SEC("tp_btf/quote_end")
int BPF_PROG(quote_end, const struct tdx_quote *quote)
{
	__u64 now, total, slot;
	struct tds_td *td;
	enum place place;

	/* Events of modules may pass NULL, as far as the verifier knows. */
	if (!quote)
		return 0;
	td = find_td(quote->call.tdr);
	if (!td) {
		lose();
		return 0;
	}

	place = take_quote(quote->call.id);
	total = quote->times.total;
	slot = tds_slot(total);
	now = bpf_ktime_get_ns();

	bpf_spin_lock(&td->lock);
	leave(td, place, now);
	count(td, quote, slot, total);
	bpf_spin_unlock(&td->lock);
	return 0;
}
