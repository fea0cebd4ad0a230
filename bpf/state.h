/* SPDX-License-Identifier: GPL-2.0 */
/* What the path was last seen to be. */
#ifndef _TDXBENCH_BPF_STATE_H
#define _TDXBENCH_BPF_STATE_H

#include <linux/types.h>

/* As in tracepoints/tdx_ext.h. */
enum state_ext { STATE_EXT_ABSENT, STATE_EXT_READY, STATE_EXT_FAILED };
enum state_quoting { STATE_QUOTING_UNAVAILABLE, STATE_QUOTING_AVAILABLE, STATE_QUOTING_UPDATING };

/**
 * struct state_seen - since somebody watches
 * @ext_changes, @quoting_changes: events that told of a state; 0: it is not known
 * @ext, @quoting: what the last of them said
 * @ext_error, @quoting_error:  and why, 0 or negative errno
 * @pools:  pools completed, or given up
 * @pool_added: 4 KiB pages that the module took of them, which never come back
 * @updates_begun, @updates_ended: runtime updates of the module
 * @update_errors: of those that ended, failed
 */
struct state_seen {
	__u64 ext_changes;
	__u64 quoting_changes;
	__u32 ext;
	__s32 ext_error;
	__u32 quoting;
	__s32 quoting_error;
	__u64 pools;
	__u64 pool_added;
	__u64 updates_begun;
	__u64 updates_ended;
	__u64 update_errors;
};

_Static_assert(sizeof(struct state_seen) == 72, "struct state_seen has padding");

#endif /* _TDXBENCH_BPF_STATE_H */
