/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of the TDX quoting path. README.md in the same folder of the
 * tdxbench project is the reference of every field.
 *
 * All times are nanoseconds by the TSC, which TDX hosts have invariant. No clock
 * is read for an event unless somebody listens.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tdx_ext

#if !defined(_TRACE_TDX_EXT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_TDX_EXT_H

#include <linux/tracepoint.h>

struct tdx_quote;

#define show_tdx_leaf(leaf)				\
	__print_symbolic(leaf,				\
		{ 60,	"EXT.INIT" },			\
		{ 61,	"EXT.MEM.ADD" },		\
		{ 98,	"QUOTE.GET" },			\
		{ 100,	"QUOTE.INIT" })

/**
 * seamcall_enter - the CPU is about to enter the TDX module
 * @fn:        RAX: leaf in bits 15:0, version in bits 23:16
 * @call:      id of the extension SEAMCALL, the same over all its iterations
 * @tdr:       HPA of the TD's root page, 0 where no TD is concerned
 * @iteration: 0 for the first entry, then counting resumes
 * @rcx:       RCX going in
 *
 * Preemption is disabled from before this event until after seamcall_exit.
 */
TRACE_EVENT(seamcall_enter,
	TP_PROTO(u64 fn, u64 call, u64 tdr, u32 iteration, u64 rcx),
	TP_ARGS(fn, call, tdr, iteration, rcx),
	TP_STRUCT__entry(
		__field(u64,	call)
		__field(u64,	tdr)
		__field(u64,	rcx)
		__field(u32,	iteration)
		__field(u16,	leaf)
		__field(u8,	version)
	),
	TP_fast_assign(
		__entry->call		= call;
		__entry->tdr		= tdr;
		__entry->rcx		= rcx;
		__entry->iteration	= iteration;
		__entry->leaf		= fn & 0xffff;
		__entry->version	= (fn >> 16) & 0xff;
	),
	TP_printk("call=%llu leaf=%s version=%u iteration=%u tdr=0x%llx rcx=0x%llx",
		  __entry->call, show_tdx_leaf(__entry->leaf), __entry->version,
		  __entry->iteration, __entry->tdr, __entry->rcx)
);

/**
 * seamcall_exit - the CPU is back from the TDX module
 * @fn:          as in seamcall_enter
 * @call:        as in seamcall_enter
 * @tdr:         as in seamcall_enter
 * @iteration:   as in seamcall_enter
 * @rcx:         RCX coming out
 * @status:      raw completion status (RAX)
 * @duration_ns: time since the CPU went in. Interrupts that the module was
 *               left for are taken before this event and so are part of it.
 * @gap_ns:      time between the previous iteration's exit and this one's
 *               enter, 0 for the first
 *
 * Carries all that a collector needs; the enter event need not be watched.
 */
TRACE_EVENT(seamcall_exit,
	TP_PROTO(u64 fn, u64 call, u64 tdr, u32 iteration, u64 rcx, u64 status,
		 u64 duration_ns, u64 gap_ns),
	TP_ARGS(fn, call, tdr, iteration, rcx, status, duration_ns, gap_ns),
	TP_STRUCT__entry(
		__field(u64,	call)
		__field(u64,	tdr)
		__field(u64,	rcx)
		__field(u64,	status)
		__field(u64,	duration_ns)
		__field(u64,	gap_ns)
		__field(u32,	iteration)
		__field(u16,	leaf)
		__field(u8,	version)
	),
	TP_fast_assign(
		__entry->call		= call;
		__entry->tdr		= tdr;
		__entry->rcx		= rcx;
		__entry->status		= status;
		__entry->duration_ns	= duration_ns;
		__entry->gap_ns		= gap_ns;
		__entry->iteration	= iteration;
		__entry->leaf		= fn & 0xffff;
		__entry->version	= (fn >> 16) & 0xff;
	),
	TP_printk("call=%llu leaf=%s version=%u iteration=%u tdr=0x%llx status=0x%llx rcx=0x%llx duration_ns=%llu gap_ns=%llu",
		  __entry->call, show_tdx_leaf(__entry->leaf), __entry->version,
		  __entry->iteration, __entry->tdr, __entry->status, __entry->rcx,
		  __entry->duration_ns, __entry->gap_ns)
);

/**
 * quote_begin - a GetQuote request passed its address checks, a quote begins
 * @quote: id of the quote; its TDH.QUOTE.GET carries the same number as call
 * @tdr:   the TD that asks
 */
TRACE_EVENT(quote_begin,
	TP_PROTO(u64 quote, u64 tdr),
	TP_ARGS(quote, tdr),
	TP_STRUCT__entry(
		__field(u64,	quote)
		__field(u64,	tdr)
	),
	TP_fast_assign(
		__entry->quote	= quote;
		__entry->tdr	= tdr;
	),
	TP_printk("quote=%llu tdr=0x%llx", __entry->quote, __entry->tdr)
);

/**
 * quote_buffer - the quote has a buffer for the module to write to
 * @quote:   as in quote_begin
 * @tdr:     as in quote_begin
 * @buffer:  index of the buffer
 * @wait_ns: time waited for it
 */
TRACE_EVENT(quote_buffer,
	TP_PROTO(u64 quote, u64 tdr, u32 buffer, u64 wait_ns),
	TP_ARGS(quote, tdr, buffer, wait_ns),
	TP_STRUCT__entry(
		__field(u64,	quote)
		__field(u64,	tdr)
		__field(u64,	wait_ns)
		__field(u32,	buffer)
	),
	TP_fast_assign(
		__entry->quote		= quote;
		__entry->tdr		= tdr;
		__entry->wait_ns	= wait_ns;
		__entry->buffer		= buffer;
	),
	TP_printk("quote=%llu tdr=0x%llx buffer=%u wait_ns=%llu",
		  __entry->quote, __entry->tdr, __entry->buffer, __entry->wait_ns)
);

/**
 * quote_end - the quote is in guest memory, or has failed
 * @q: the quote with its decomposition
 *
 * total = copy_in + wait + seam + gap + copy_out + other. When nobody listened as
 * the quote began, all of them but seam and gap are 0.
 */
TRACE_EVENT(quote_end,
	TP_PROTO(const struct tdx_quote *q),
	TP_ARGS(q),
	TP_STRUCT__entry(
		__field(u64,	quote)
		__field(u64,	tdr)
		__field(u64,	status)
		__field(u64,	total_ns)
		__field(u64,	copy_in_ns)
		__field(u64,	wait_ns)
		__field(u64,	seam_ns)
		__field(u64,	gap_ns)
		__field(u64,	copy_out_ns)
		__field(u64,	other_ns)
		__field(u32,	bytes)
		__field(u32,	iterations)
		__field(s32,	error)
	),
	TP_fast_assign(
		__entry->quote		= q->call.id;
		__entry->tdr		= q->call.tdr;
		__entry->status		= q->call.status;
		__entry->total_ns	= q->times.total;
		__entry->copy_in_ns	= q->times.copy_in;
		__entry->wait_ns	= q->times.wait;
		__entry->seam_ns	= q->call.seam_ns;
		__entry->gap_ns		= q->call.gap_ns;
		__entry->copy_out_ns	= q->times.copy_out;
		__entry->other_ns	= !q->times.begin ? 0 :
					  q->times.total - q->times.copy_in -
					  q->times.wait - q->call.seam_ns -
					  q->call.gap_ns - q->times.copy_out;
		__entry->bytes		= q->len;
		__entry->iterations	= q->call.iterations;
		__entry->error		= q->error;
	),
	TP_printk("quote=%llu tdr=0x%llx error=%d status=0x%llx bytes=%u iterations=%u total_ns=%llu copy_in_ns=%llu wait_ns=%llu seam_ns=%llu gap_ns=%llu copy_out_ns=%llu other_ns=%llu",
		  __entry->quote, __entry->tdr, __entry->error, __entry->status,
		  __entry->bytes, __entry->iterations, __entry->total_ns,
		  __entry->copy_in_ns, __entry->wait_ns, __entry->seam_ns,
		  __entry->gap_ns, __entry->copy_out_ns, __entry->other_ns)
);

/**
 * getquote_enter - a TD asked for a quote
 * @tdr:  the TD
 * @gpa:  R12 as the guest gave it, shared bit and all
 * @size: R13, bytes
 */
TRACE_EVENT(getquote_enter,
	TP_PROTO(u64 tdr, u64 gpa, u64 size),
	TP_ARGS(tdr, gpa, size),
	TP_STRUCT__entry(
		__field(u64,	tdr)
		__field(u64,	gpa)
		__field(u64,	size)
	),
	TP_fast_assign(
		__entry->tdr	= tdr;
		__entry->gpa	= gpa;
		__entry->size	= size;
	),
	TP_printk("tdr=0x%llx gpa=0x%llx size=%llu",
		  __entry->tdr, __entry->gpa, __entry->size)
);

/**
 * getquote_exit - the TD gets its answer
 * @tdr:    the TD
 * @ret:    R10, the TDVMCALL return code
 * @status: quote status written to the guest's header; IN_FLIGHT (all ones)
 *          when none was written
 * @error:  0; -EINTR when the caller was killed and the TD gets no answer; -ENODEV
 *          when quoting is unavailable and user space has to answer
 */
TRACE_EVENT(getquote_exit,
	TP_PROTO(u64 tdr, u64 ret, u64 status, int error),
	TP_ARGS(tdr, ret, status, error),
	TP_STRUCT__entry(
		__field(u64,	tdr)
		__field(u64,	ret)
		__field(u64,	status)
		__field(s32,	error)
	),
	TP_fast_assign(
		__entry->tdr	= tdr;
		__entry->ret	= ret;
		__entry->status	= status;
		__entry->error	= error;
	),
	TP_printk("tdr=0x%llx ret=0x%llx status=0x%llx error=%d",
		  __entry->tdr, __entry->ret, __entry->status, __entry->error)
);

/**
 * pool_alloc - one chunk of the module's memory pool was allocated
 * @pages: 4 KiB pages in the chunk
 * @node:  NUMA node of the chunk
 * @ns:    time to allocate it
 *
 * One chunk is all of the pool where it is allocated in one piece.
 */
TRACE_EVENT(pool_alloc,
	TP_PROTO(u32 pages, int node, u64 ns),
	TP_ARGS(pages, node, ns),
	TP_STRUCT__entry(
		__field(u64,	ns)
		__field(u32,	pages)
		__field(s32,	node)
	),
	TP_fast_assign(
		__entry->ns	= ns;
		__entry->pages	= pages;
		__entry->node	= node;
	),
	TP_printk("pages=%u node=%d ns=%llu", __entry->pages, __entry->node, __entry->ns)
);

/**
 * pool_add - one batch was given to the module with TDH.EXT.MEM.ADD
 * @call:       id of the extension SEAMCALL
 * @pages:      4 KiB pages that the module took of the batch
 * @iterations: times the module was entered for it
 * @status:     raw completion status
 * @ns:         time from the first entry to the last exit
 */
TRACE_EVENT(pool_add,
	TP_PROTO(u64 call, u32 pages, u32 iterations, u64 status, u64 ns),
	TP_ARGS(call, pages, iterations, status, ns),
	TP_STRUCT__entry(
		__field(u64,	call)
		__field(u64,	status)
		__field(u64,	ns)
		__field(u32,	pages)
		__field(u32,	iterations)
	),
	TP_fast_assign(
		__entry->call		= call;
		__entry->status		= status;
		__entry->ns		= ns;
		__entry->pages		= pages;
		__entry->iterations	= iterations;
	),
	TP_printk("call=%llu pages=%u iterations=%u status=0x%llx ns=%llu",
		  __entry->call, __entry->pages, __entry->iterations,
		  __entry->status, __entry->ns)
);

/**
 * pool_total - the memory pool is complete, or could not be completed
 * @required: 4 KiB pages that the module asked for
 * @added:    pages that it took; they never come back
 * @error:    0 or negative errno
 * @alloc_ns: time spent to allocate, summed
 * @flush_ns: time spent to flush pages from the caches, summed
 * @add_ns:   time spent in TDH.EXT.MEM.ADD, summed
 */
TRACE_EVENT(pool_total,
	TP_PROTO(u32 required, u32 added, int error, u64 alloc_ns, u64 flush_ns, u64 add_ns),
	TP_ARGS(required, added, error, alloc_ns, flush_ns, add_ns),
	TP_STRUCT__entry(
		__field(u64,	alloc_ns)
		__field(u64,	flush_ns)
		__field(u64,	add_ns)
		__field(u32,	required)
		__field(u32,	added)
		__field(s32,	error)
	),
	TP_fast_assign(
		__entry->alloc_ns	= alloc_ns;
		__entry->flush_ns	= flush_ns;
		__entry->add_ns		= add_ns;
		__entry->required	= required;
		__entry->added		= added;
		__entry->error		= error;
	),
	TP_printk("required=%u added=%u error=%d alloc_ns=%llu flush_ns=%llu add_ns=%llu",
		  __entry->required, __entry->added, __entry->error,
		  __entry->alloc_ns, __entry->flush_ns, __entry->add_ns)
);

/**
 * ext_state - the extensions changed state
 * @from:  0 absent, 1 ready, 2 failed
 * @to:    likewise
 * @error: 0, or the negative errno behind "failed"
 */
TRACE_EVENT(ext_state,
	TP_PROTO(u32 from, u32 to, int error),
	TP_ARGS(from, to, error),
	TP_STRUCT__entry(
		__field(u32,	from)
		__field(u32,	to)
		__field(s32,	error)
	),
	TP_fast_assign(
		__entry->from	= from;
		__entry->to	= to;
		__entry->error	= error;
	),
	TP_printk("from=%s to=%s error=%d",
		  __print_symbolic(__entry->from, { 0, "absent" }, { 1, "ready" }, { 2, "failed" }),
		  __print_symbolic(__entry->to, { 0, "absent" }, { 1, "ready" }, { 2, "failed" }),
		  __entry->error)
);

/*
 * quote_state - quoting became available or unavailable
 * @from:  0 unavailable, 1 available, 2 updating
 * @to:    likewise
 * @error: 0, or the negative errno behind "unavailable"
 */
DEFINE_EVENT_PRINT(ext_state, quote_state,
	TP_PROTO(u32 from, u32 to, int error),
	TP_ARGS(from, to, error),
	TP_printk("from=%s to=%s error=%d",
		  __print_symbolic(__entry->from, { 0, "unavailable" }, { 1, "available" },
				   { 2, "updating" }),
		  __print_symbolic(__entry->to, { 0, "unavailable" }, { 1, "available" },
				   { 2, "updating" }),
		  __entry->error)
);

/**
 * update_begin - a runtime update of the TDX module begins
 * @in_flight: quotes being made at that moment
 */
TRACE_EVENT(update_begin,
	TP_PROTO(u32 in_flight),
	TP_ARGS(in_flight),
	TP_STRUCT__entry(
		__field(u32,	in_flight)
	),
	TP_fast_assign(
		__entry->in_flight	= in_flight;
	),
	TP_printk("in_flight=%u", __entry->in_flight)
);

/**
 * update_cpu - one CPU took part in the update, with interrupts disabled
 * @cpu:         which
 * @irqs_off_ns: for how long
 *
 * Fires for each CPU, one after the other, once the machine runs again.
 */
TRACE_EVENT(update_cpu,
	TP_PROTO(u32 cpu, u64 irqs_off_ns),
	TP_ARGS(cpu, irqs_off_ns),
	TP_STRUCT__entry(
		__field(u64,	irqs_off_ns)
		__field(u32,	cpu)
	),
	TP_fast_assign(
		__entry->irqs_off_ns	= irqs_off_ns;
		__entry->cpu		= cpu;
	),
	TP_printk("cpu=%u irqs_off_ns=%llu", __entry->cpu, __entry->irqs_off_ns)
);

/**
 * update_end - the update is over, for better or worse
 * @error:    0 or negative errno
 * @drain_ns: from the begin until quotes being made had ended; 0 when they
 *            were not waited for
 * @stall_ns: from the machine being told to stop until it ran again
 * @total_ns: from the begin until quotes could be made again
 */
TRACE_EVENT(update_end,
	TP_PROTO(int error, u64 drain_ns, u64 stall_ns, u64 total_ns),
	TP_ARGS(error, drain_ns, stall_ns, total_ns),
	TP_STRUCT__entry(
		__field(u64,	drain_ns)
		__field(u64,	stall_ns)
		__field(u64,	total_ns)
		__field(s32,	error)
	),
	TP_fast_assign(
		__entry->drain_ns	= drain_ns;
		__entry->stall_ns	= stall_ns;
		__entry->total_ns	= total_ns;
		__entry->error		= error;
	),
	TP_printk("error=%d drain_ns=%llu stall_ns=%llu total_ns=%llu",
		  __entry->error, __entry->drain_ns, __entry->stall_ns, __entry->total_ns)
);

#endif /* _TRACE_TDX_EXT_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
