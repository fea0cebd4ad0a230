/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The quoting path's interface: bring-up code calls tdx_ext_*() and
 * tdx_quote_init(), whoever replaces the module tdx_update(). What KVM calls
 * stands in <asm/tdx_getquote.h>.
 */
#ifndef _TDX_QUOTE_H
#define _TDX_QUOTE_H

#include <linux/preempt.h>
#include <linux/stop_machine.h>
#include <linux/types.h>
#include <asm/shared/tdx.h>	/* struct tdx_module_args */

#include "tdx_platform.h"

/*
 * A BPF program that listens does not run twice at once on a CPU. From Linux 7.0 on
 * it can be preempted, and what the next task tells of that CPU would be lost.
 */
#define tdx_trace(event, ...)						\
	do {								\
		if (trace_##event##_enabled()) {			\
			preempt_disable();				\
			trace_##event(__VA_ARGS__);			\
			preempt_enable();				\
		}							\
	} while (0)

/* --- one extension SEAMCALL over all its iterations (tdx_resume.c) --- */

/**
 * struct tdx_ext_call - what one extension SEAMCALL did
 * @id:         unique since boot, 0 until a listener is there
 * @tdr:        HPA of the TD's root page, 0 where no TD is concerned
 * @status:     raw completion status of the last iteration
 * @iterations: times the module was entered
 * @begun:      the module has left it half-way, and so has room for it
 * @seam_ns:    time inside the module, summed; 0 when nobody listens
 * @gap_ns:     time from each exit until the host goes on, with the next
 *              iteration or behind the last, summed; 0 when nobody listens
 * @left_ns:    when the module was left last, by tdx_clock()
 * @left_cpu:   CPU on which it was left half-way last
 * @rcx:        TDH.EXT.MEM.ADD: RCX as it was left half-way last, which is what
 *              goes in next; 0 before
 */
struct tdx_ext_call {
	u64 id;
	u64 tdr;
	u64 status;
	u64 seam_ns;
	u64 gap_ns;
	u64 left_ns;
	u64 rcx;
	u32 iterations;
	u32 left_cpu;
	bool begun;
};

/* What the next entry gets, from what the first one got. */
static inline void tdx_ext_call_inputs(const struct tdx_ext_call *call,
				       const struct tdx_module_args *first,
				       struct tdx_module_args *next)
{
	*next = *first;
	if (call->rcx)
		next->rcx = call->rcx;
}

u64 tdx_ext_call_id(void);
u64 tdx_ext_seamcall(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call);

/* --- extensions: detect, pool, init (tdx_ext.c) --- */

/* As tdx_ext_seamcall(), and tried again while the module is busy. */
u64 tdx_ext_seamcall_retry(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call);
bool tdx_ext_call_suspended(const struct tdx_ext_call *call);

enum tdx_ext_state {
	TDX_EXT_ABSENT,		/* the module has none, or none is required */
	TDX_EXT_READY,		/* TDH.EXT.INIT has succeeded */
	TDX_EXT_FAILED,		/* bring-up was tried and failed */
};

u64 tdx_ext_select(u64 features0);
u64 tdx_ext_selected(void);
int tdx_ext_init(void);
int tdx_ext_reinit(void);
enum tdx_ext_state tdx_ext_get_state(void);
int tdx_sys_rd(u64 field, u64 *value);

/* --- quotes (tdx_quote.c) --- */

enum tdx_quote_state {
	TDX_QUOTE_UNAVAILABLE,	/* user space must answer */
	TDX_QUOTE_AVAILABLE,
	TDX_QUOTE_UPDATING,	/* the module is being replaced: come back later */
};

/**
 * struct tdx_quote_times - where a quote's time went, ns
 * @begin:    when it began, by tdx_clock(); 0 when nobody listens
 * @copy_in:  guest memory to the module's input page
 * @wait:     until a buffer was free, and to hand it on to the next in line
 * @copy_out: the module's output to guest memory, clearing the buffer
 * @total:    begin to end; what the parts and the call's seam_ns and gap_ns
 *            leave over is "other"
 */
struct tdx_quote_times {
	u64 begin;
	u64 copy_in;
	u64 wait;
	u64 copy_out;
	u64 total;
};

struct tdx_quote_buf;

/**
 * struct tdx_quote - one quote being made
 * @call:   the TDH.QUOTE.GET behind it; @call.id names the quote too
 * @times:  its decomposition
 * @in:     page with the request data, the caller's
 * @in_len: bytes of it
 * @data:   the quote, in memory of its own until tdx_quote_put()
 * @len:    bytes of the quote
 * @error:  0 or negative errno
 * @buf:    buffer held, NULL if none
 */
struct tdx_quote {
	struct tdx_ext_call call;
	struct tdx_quote_times times;
	void *in;
	u32 in_len;
	u32 len;
	const void *data;
	int error;
	struct tdx_quote_buf *buf;
};

int tdx_quote_init(void);
void tdx_quote_exit(void);
bool tdx_quote_available(void);
enum tdx_quote_state tdx_quote_get_state(void);
unsigned int tdx_quote_in_flight(void);
u32 tdx_quote_max_size(void);
unsigned int tdx_quote_nr_buffers(void);

int tdx_quote_begin(struct tdx_quote *quote, u64 tdr);
int tdx_quote_generate(struct tdx_quote *quote);
void tdx_quote_put(struct tdx_quote *quote);
void tdx_quote_end(struct tdx_quote *quote);
u64 tdx_quote_clock(const struct tdx_quote *quote);

/* Steps of an update: standing back, starting again, being back (tdx_quote.c). */
int tdx_quote_suspend(void);
int tdx_quote_reinit(void);
int tdx_quote_resume(int error);

/* --- a runtime update of the module (tdx_update.c) --- */

/**
 * struct tdx_update_report - what the last update did
 * @nr:       counts updates, from 1
 * @kept:     the old module goes on: it would not go, or nobody got to ask it
 * @drain_ns: until quotes under way had ended; 0 when they were not waited for
 * @stall_ns: from the machine being told to stop until it ran again: the largest
 *            time that any CPU did nothing else
 * @total_ns: all of it, until quotes could be made again
 */
struct tdx_update_report {
	u32 nr;
	bool kept;
	u64 drain_ns;
	u64 stall_ns;
	u64 total_ns;
};

int tdx_update(cpu_stop_fn_t replace, void *data);
int tdx_update_stopped(void);
const struct tdx_update_report *tdx_update_last(void);

#endif /* _TDX_QUOTE_H */
