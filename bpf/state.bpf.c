// SPDX-License-Identifier: GPL-2.0
/*
 * What state extensions, quoting and the pool were last seen in, and whether the
 * module is being updated. These events come one at a time, from whoever holds the
 * path's own locks, so nothing here needs one.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "state.h"

char LICENSE[] SEC("license") = "GPL";

struct state_seen seen = {};

SEC("raw_tp/ext_state")
int BPF_PROG(ext_state, __u32 from, __u32 to, int error)
{
	seen.ext = to;
	seen.ext_error = error;
	seen.ext_changes++;
	return 0;
}

SEC("raw_tp/quote_state")
int BPF_PROG(quote_state, __u32 from, __u32 to, int error)
{
	seen.quoting = to;
	seen.quoting_error = error;
	seen.quoting_changes++;
	return 0;
}

SEC("raw_tp/pool_total")
int BPF_PROG(pool_total, __u32 required, __u32 added)
{
	seen.pool_added += added;
	seen.pools++;
	return 0;
}

SEC("raw_tp/update_begin")
int BPF_PROG(update_begin, __u32 in_flight)
{
	seen.updates_begun++;
	return 0;
}

SEC("raw_tp/update_end")
int BPF_PROG(update_end, int error)
{
	if (error)
		seen.update_errors++;
	seen.updates_ended++;
	return 0;
}
