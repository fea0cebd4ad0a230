// SPDX-License-Identifier: GPL-2.0
/*
 * What one writes to have a quick look at seamcall_exit: nothing, a counter, or a
 * histogram of time in the module by leaf, each on a raw tracepoint, a BTF-typed one and
 * a classic one. Not tuned: it is here for its price, beside that of the collectors.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "observe.h"

char LICENSE[] SEC("license") = "GPL";

__u64 count = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBSERVE_LEAVES);
	__type(key, __u32);
	__type(value, struct observe_hist);
} hists SEC(".maps");

/* The event's record, as its file "format" in tracefs has it. */
struct exit_record {
	__u64 common;
	__u64 call;
	__u64 tdr;
	__u64 rcx;
	__u64 status;
	__u64 duration_ns;
	__u64 gap_ns;
	__u32 iteration;
	__u16 leaf;
	__u8 version;
};

static __always_inline void count_one(void)
{
	__sync_fetch_and_add(&count, 1);
}

static __always_inline __u32 log2_of(__u64 value)
{
	__u32 slot = 0, step;

	for (step = 32; step; step /= 2) {
		if (value >> step) {
			value >>= step;
			slot += step;
		}
	}
	return slot;
}

static __always_inline void add_to_hist(__u32 leaf, __u64 duration)
{
	static const struct observe_hist empty;
	struct observe_hist *hist = bpf_map_lookup_elem(&hists, &leaf);

	if (!hist) {
		bpf_map_update_elem(&hists, &leaf, &empty, BPF_NOEXIST);
		hist = bpf_map_lookup_elem(&hists, &leaf);
		if (!hist)
			return;
	}
	__sync_fetch_and_add(&hist->slots[log2_of(duration) % OBSERVE_SLOTS], 1);
}

/* --- raw tracepoint --- */

SEC("raw_tp/seamcall_exit")
int raw_empty(void *event)
{
	return 0;
}

SEC("raw_tp/seamcall_exit")
int raw_count(void *event)
{
	count_one();
	return 0;
}

SEC("raw_tp/seamcall_exit")
int BPF_PROG(raw_hist, __u64 fn, __u64 call, __u64 tdr, __u32 iteration, __u64 rcx,
	     __u64 status, __u64 duration)
{
	add_to_hist(fn & 0xffff, duration);
	return 0;
}

/* --- tracepoint with types --- */

SEC("tp_btf/seamcall_exit")
int btf_empty(void *event)
{
	return 0;
}

SEC("tp_btf/seamcall_exit")
int btf_count(void *event)
{
	count_one();
	return 0;
}

SEC("tp_btf/seamcall_exit")
int BPF_PROG(btf_hist, __u64 fn, __u64 call, __u64 tdr, __u32 iteration, __u64 rcx,
	     __u64 status, __u64 duration)
{
	add_to_hist(fn & 0xffff, duration);
	return 0;
}

/* --- classic tracepoint --- */

SEC("tracepoint/tdx_ext/seamcall_exit")
int tp_empty(void *record)
{
	return 0;
}

SEC("tracepoint/tdx_ext/seamcall_exit")
int tp_count(void *record)
{
	count_one();
	return 0;
}

SEC("tracepoint/tdx_ext/seamcall_exit")
int tp_hist(const struct exit_record *record)
{
	add_to_hist(record->leaf, record->duration_ns);
	return 0;
}
