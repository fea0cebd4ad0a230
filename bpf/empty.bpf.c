// SPDX-License-Identifier: GPL-2.0
/* Nothing, once per iteration: what it costs to watch seamcall_exit at all. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/seamcall_exit")
int seamcall_exit(void *event)
{
	return 0;
}
