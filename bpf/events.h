/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stream of events: one record for each event of the quoting path, and, where
 * asked for, for what else ran on a CPU while quotes were under way. What captures
 * on disk hold, too: a new field goes behind the others, a kind keeps its number.
 *
 * Every record begins with struct events_head; its kind says what follows. Values are
 * those of the trace event of the same name, tracepoints/README.md is their reference.
 */
#ifndef _TDXBENCH_BPF_EVENTS_H
#define _TDXBENCH_BPF_EVENTS_H

#include <linux/types.h>

#define EVENTS_COMM	16	/* bytes of a task's name, with the 0 */

enum events_kind {
	EVENTS_ITERATION	= 1,	/* seamcall_exit: struct events_iteration */
	EVENTS_QUOTE_BEGIN	= 2,	/* struct events_begin */
	EVENTS_QUOTE_BUFFER	= 3,	/* struct events_buffer */
	EVENTS_QUOTE_END	= 4,	/* struct events_quote */
	EVENTS_ANSWER		= 5,	/* getquote_exit: struct events_answer */
	EVENTS_POOL_ALLOC	= 6,	/* struct events_pool */
	EVENTS_POOL_ADD		= 7,	/* struct events_pool */
	EVENTS_POOL_TOTAL	= 8,	/* struct events_pool_total */
	EVENTS_EXT_STATE	= 9,	/* struct events_state */
	EVENTS_QUOTE_STATE	= 10,	/* struct events_state */
	EVENTS_UPDATE_BEGIN	= 11,	/* struct events_update */
	EVENTS_UPDATE_CPU	= 12,	/* struct events_update */
	EVENTS_UPDATE_END	= 13,	/* struct events_update */

	/* Context: of all CPUs, while at least one quote is under way. */
	EVENTS_SWITCH		= 32,	/* sched_switch: struct events_switch */
	EVENTS_IRQ_ENTER	= 33,	/* a hard interrupt: struct events_irq */
	EVENTS_IRQ_EXIT		= 34,
	EVENTS_SOFTIRQ_ENTER	= 35,
	EVENTS_SOFTIRQ_EXIT	= 36,
};

/* What struct events_irq's @number counts. */
enum events_irq_class {
	EVENTS_IRQ_DEVICE,	/* irq_handler_entry: number of /proc/interrupts */
	EVENTS_IRQ_TIMER,	/* local_timer_entry; number is the vector, as below */
	EVENTS_IRQ_RESCHEDULE,
	EVENTS_IRQ_CALL,	/* call_function(_single) */
	EVENTS_IRQ_WORK,
	EVENTS_IRQ_OTHER,	/* any other vector that the kernel has an event for */
	EVENTS_IRQ_SOFTIRQ,	/* number is that of enum softirq */
	EVENTS_IRQ_NR_CLASSES,
};

/**
 * struct events_head - the beginning of every record
 * @ns:   when, CLOCK_MONOTONIC
 * @kind: enum events_kind
 * @size: bytes of the whole record, a multiple of 8
 * @cpu:  where
 * @tid:  thread that ran there
 * @reserved: 0
 */
struct events_head {
	__u64 ns;
	__u16 kind;
	__u16 size;
	__u32 cpu;
	__u32 tid;
	__u32 reserved;
};

/* @ns is that of the exit; the CPU went in @duration_ns before. */
struct events_iteration {
	struct events_head head;
	__u64 call;
	__u64 tdr;
	__u64 status;
	__u64 rcx;
	__u64 duration_ns;
	__u64 gap_ns;
	__u32 iteration;
	__u16 leaf;
	__u16 version;
};

struct events_begin {
	struct events_head head;
	__u64 quote;
	__u64 tdr;
};

struct events_buffer {
	struct events_head head;
	__u64 quote;
	__u64 tdr;
	__u64 wait_ns;
	__u32 buffer;
	__u32 reserved;
};

/* @comm: name of the thread, so that a quote can be told without its other events. */
struct events_quote {
	struct events_head head;
	__u64 quote;
	__u64 tdr;
	__u64 status;
	__u64 total_ns;
	__u64 copy_in_ns;
	__u64 wait_ns;
	__u64 seam_ns;
	__u64 gap_ns;
	__u64 copy_out_ns;
	__u64 other_ns;
	__u32 bytes;
	__u32 iterations;
	__s32 error;
	__u32 reserved;
	char comm[EVENTS_COMM];
};

struct events_answer {
	struct events_head head;
	__u64 tdr;
	__u64 ret;
	__u64 status;
	__s32 error;
	__u32 reserved;
};

/* pool_alloc: @pages, @node, @ns. pool_add: all but @node. */
struct events_pool {
	struct events_head head;
	__u64 call;
	__u64 status;
	__u64 ns;
	__u32 pages;
	__u32 iterations;
	__s32 node;
	__u32 reserved;
};

struct events_pool_total {
	struct events_head head;
	__u64 alloc_ns;
	__u64 flush_ns;
	__u64 add_ns;
	__u32 required;
	__u32 added;
	__s32 error;
	__u32 reserved;
};

struct events_state {
	struct events_head head;
	__u32 from;
	__u32 to;
	__s32 error;
	__u32 reserved;
};

/* update_begin: @in_flight. update_cpu: @which and @irqs_off_ns. update_end: the rest. */
struct events_update {
	struct events_head head;
	__u64 irqs_off_ns;
	__u64 drain_ns;
	__u64 stall_ns;
	__u64 total_ns;
	__u32 in_flight;
	__u32 which;
	__s32 error;
	__u32 reserved;
};

/* @head.tid is who leaves the CPU. @state: of that task, as in sched_switch; 0 wants to go on. */
struct events_switch {
	struct events_head head;
	__u32 next_tid;
	__u32 state;
	char prev_comm[EVENTS_COMM];
	char next_comm[EVENTS_COMM];
};

/* @class: enum events_irq_class. @name: of a device's interrupt, else empty; on entry only. */
struct events_irq {
	struct events_head head;
	__u32 class;
	__u32 number;
	char name[EVENTS_COMM];
};

/* The largest of the above. */
#define EVENTS_SIZE_MAX	sizeof(struct events_quote)
/* Kinds are less than this. */
#define EVENTS_NR_KINDS	64

_Static_assert(sizeof(struct events_quote) == 136, "struct events_quote has padding");
_Static_assert(sizeof(struct events_head) == 24, "struct events_head has padding");

#endif /* _TDXBENCH_BPF_EVENTS_H */
