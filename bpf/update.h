/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted of runtime updates of the TDX module. */
#ifndef _TDXBENCH_BPF_UPDATE_H
#define _TDXBENCH_BPF_UPDATE_H

#include "hist.h"

/**
 * struct update_cpu - one CPU that reported
 * @irqs_off: ns that each CPU had interrupts disabled for an update
 * @begun, @ended: updates
 * @errors: of those that ended, failed
 * @in_flight: quotes being made as updates began, summed
 * @drain_ns, @stall_ns, @total_ns: as update_end has them, summed
 */
struct update_cpu {
	struct hist irqs_off;
	__u64 begun;
	__u64 ended;
	__u64 errors;
	__u64 in_flight;
	__u64 drain_ns;
	__u64 stall_ns;
	__u64 total_ns;
};

_Static_assert(sizeof(struct update_cpu) == sizeof(struct hist) + 7 * 8,
	       "struct update_cpu has padding");

#endif /* _TDXBENCH_BPF_UPDATE_H */
