// SPDX-License-Identifier: GPL-2.0
/*
 * Iterations of extension SEAMCALLs, by leaf: time inside the module, gap
 * between iterations, iterations per call, how calls ended.
 */
#include "iterations.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/seamcall_exit")
int seamcall_exit(const struct seamcall_exit *event)
{
	count_iteration(event);
	return 0;
}
