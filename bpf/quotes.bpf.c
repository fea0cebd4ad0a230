// SPDX-License-Identifier: GPL-2.0
/* Quotes: where their time went, in all and by TD, and how requests were answered. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "quote.bpf.h"
#include "quotes.h"

/* Tries to raise a maximum that other CPUs raise too. */
#define MAX_TRIES	8

#define TDVMCALL_SUCCESS	0
#define TDVMCALL_RETRY		1
#define GETQUOTE_SUCCESS	0
#define EINTR			4

char LICENSE[] SEC("license") = "GPL";

static const __u32 zero = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quotes_count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, QUOTES_NR_PARTS);
	__type(key, __u32);
	__type(value, struct hist);
} parts SEC(".maps");

/* By TDR. All entries are made in advance, so that none costs more than another. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, QUOTES_MAX_TDS);
	__type(key, __u64);
	__type(value, struct quotes_td);
} tds SEC(".maps");

static __always_inline void decompose(const struct tdx_quote *quote, __u64 ns[QUOTES_NR_PARTS])
{
	ns[QUOTES_TOTAL] = quote->times.total;
	ns[QUOTES_COPY_IN] = quote->times.copy_in;
	ns[QUOTES_WAIT] = quote->times.wait;
	ns[QUOTES_SEAM] = quote->call.seam_ns;
	ns[QUOTES_GAP] = quote->call.gap_ns;
	ns[QUOTES_COPY_OUT] = quote->times.copy_out;
	ns[QUOTES_OTHER] = ns[QUOTES_TOTAL] - ns[QUOTES_COPY_IN] - ns[QUOTES_WAIT] -
			   ns[QUOTES_SEAM] - ns[QUOTES_GAP] - ns[QUOTES_COPY_OUT];
}

static __always_inline void record_parts(const __u64 ns[QUOTES_NR_PARTS])
{
	struct hist *hist;
	__u32 part, key;

	for (part = 0; part < QUOTES_NR_PARTS; part++) {
		key = part;	/* whose address is taken, the verifier does not know */
		hist = bpf_map_lookup_elem(&parts, &key);
		if (hist)
			hist_record(hist, ns[part]);
	}
}

static __always_inline struct quotes_td *find_td(__u64 tdr)
{
	static const struct quotes_td none;
	struct quotes_td *td = bpf_map_lookup_elem(&tds, &tdr);

	if (td)
		return td;

	/* May lose against another CPU; either entry will do. */
	bpf_map_update_elem(&tds, &tdr, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tds, &tdr);
}

static __always_inline void raise(__u64 *max, __u64 value)
{
	__u64 seen;
	int i;

	for (i = 0; i < MAX_TRIES; i++) {
		seen = *max;
		if (value <= seen || __sync_val_compare_and_swap(max, seen, value) == seen)
			return;
	}
}

/* A TD's quotes may end on several CPUs at once. */
static __always_inline void record_td(struct quotes_td *td, const struct tdx_quote *quote,
				      const __u64 ns[QUOTES_NR_PARTS])
{
	__u32 part;

	__sync_fetch_and_add(&td->count, 1);
	if (quote->error) {
		__sync_fetch_and_add(&td->errors, 1);
		return;
	}

	__sync_fetch_and_add(&td->bytes, quote->len);
	raise(&td->total_max, ns[QUOTES_TOTAL]);
	for (part = 0; part < QUOTES_NR_PARTS; part++)
		__sync_fetch_and_add(&td->ns[part], ns[part]);
}

SEC("tp_btf/quote_end")
int BPF_PROG(quote_end, const struct tdx_quote *quote)
{
	struct quotes_count *count = bpf_map_lookup_elem(&counts, &zero);
	__u64 ns[QUOTES_NR_PARTS] = {};
	struct quotes_td *td;

	/* Events of modules may pass NULL, as far as the verifier knows. */
	if (!count || !quote)
		return 0;

	count->count++;
	if (quote->error)
		count->errors++;
	else if (!quote->times.begin)
		count->untimed++;
	else {
		decompose(quote, ns);
		record_parts(ns);
	}

	td = find_td(quote->call.tdr);
	if (td)
		record_td(td, quote, ns);
	else
		count->lost++;
	return 0;
}

static __always_inline enum quotes_answer answer_of(__u64 ret, __u64 status, int error)
{
	if (error)
		return error == -EINTR ? QUOTES_KILLED : QUOTES_USER;
	if (ret == TDVMCALL_RETRY)
		return QUOTES_RETRY;
	return ret == TDVMCALL_SUCCESS && status == GETQUOTE_SUCCESS ? QUOTES_OK : QUOTES_REFUSED;
}

SEC("raw_tp/getquote_exit")
int BPF_PROG(getquote_exit, __u64 tdr, __u64 ret, __u64 status, int error)
{
	struct quotes_count *count = bpf_map_lookup_elem(&counts, &zero);

	if (count)
		count->answers[answer_of(ret, status, error)]++;
	return 0;
}
