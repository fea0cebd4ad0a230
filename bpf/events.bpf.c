// SPDX-License-Identifier: GPL-2.0
/*
 * Every event of the quoting path as a record of its own, and what else ran on the
 * CPUs while quotes were under way.
 *
 * A record costs some hundred instructions, ten times what counting it would: this is
 * for who wants to see single quotes. Filters are constants, so that what is not asked
 * for costs next to nothing. The reader is woken when the buffer has filled up to a
 * threshold and looks by itself now and then: a wake-up for each event would be what
 * is seen most.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events.h"
#include "quote.bpf.h"

#define TDX_SUCCESS			0ULL
/* The code in bits 63:32 of a status. */
#define TDX_INTERRUPTED_RESUMABLE	0x80000003U
/* Quotes under way whose begin was seen; more than these do not count. */
#define MAX_UNDER_WAY			16384
/* Bytes that some records at once take, on many CPUs. */
#define WAKE_WINDOW			4096

char LICENSE[] SEC("license") = "GPL";

/* What is read of the kernel's structs; the rest is left to CO-RE. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	int pid;
	char comm[EVENTS_COMM];
};

struct irqaction {
	const char *name;
};

#pragma clang attribute pop

/*
 * What is wanted of the programs that are loaded; set before. only_longer and only_failed
 * are about iterations where those are wanted, else about quotes.
 */
const volatile __u64 only_tdr = 0;		/* 0: any */
const volatile __u64 only_longer = 0;		/* ns, at least */
const volatile __u32 only_leaf = 0;		/* 0: any */
const volatile bool only_failed = false;
const volatile bool only_refused = false;	/* of answers */
const volatile bool want_iterations = false;
const volatile bool want_parts = false;		/* records of quote_begin */
const volatile bool want_context = false;
const volatile __u64 wake_at = 0;		/* bytes in the buffer */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

/* Events that found no room, by kind. An interrupt may count one meanwhile. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENTS_NR_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

/* --- records --- */

static __always_inline void *reserve(__u32 kind, __u32 size)
{
	__u64 now = bpf_ktime_get_ns(), *count;
	struct events_head *head;

	head = bpf_ringbuf_reserve(&ring, size, 0);
	if (!head) {
		count = bpf_map_lookup_elem(&lost, &kind);
		if (count)
			__sync_fetch_and_add(count, 1);
		return NULL;
	}
	head->ns = now;
	head->kind = (__u16)kind;
	head->size = (__u16)size;
	head->cpu = bpf_get_smp_processor_id();
	head->tid = (__u32)bpf_get_current_pid_tgid();
	head->reserved = 0;
	return head;
}

/* The reader empties the buffer once it is awake: to wake it as it fills up is enough. */
static __always_inline void submit(void *record)
{
	bool wake = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) - wake_at < WAKE_WINDOW;

	bpf_ringbuf_submit(record, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#define RECORD(kind, type) ((struct type *)reserve(kind, sizeof(struct type)))

/*
 * --- the quoting path ---
 *
 * Programs are attached in the order in which they stand here, and detached in the
 * reverse one: of each quote whose begin was seen, all the rest is, and of each whose
 * end was seen, all that came before since.
 */

static __always_inline bool iteration_wanted(__u64 leaf, __u64 tdr, __u64 status, __u64 duration)
{
	if (only_leaf && leaf != only_leaf)
		return false;
	if (only_tdr && tdr != only_tdr)
		return false;
	if (only_failed && (status == TDX_SUCCESS || status >> 32 == TDX_INTERRUPTED_RESUMABLE))
		return false;
	return duration >= only_longer;
}

/*
 * Arguments as a raw tracepoint hands them over. Those of seamcall.bpf.h, which can be
 * read by parts, would make the program an instruction longer.
 */
struct seamcall_exit {
	__u64 fn;
	__u64 call;
	__u64 tdr;
	__u64 iteration;
	__u64 rcx;
	__u64 status;
	__u64 duration;
	__u64 gap;
};

SEC("?raw_tp/seamcall_exit")
int seamcall_exit(const struct seamcall_exit *event)
{
	struct events_iteration *record;

	if (!iteration_wanted(event->fn & 0xffff, event->tdr, event->status, event->duration))
		return 0;
	record = RECORD(EVENTS_ITERATION, events_iteration);
	if (!record)
		return 0;
	record->call = event->call;
	record->tdr = event->tdr;
	record->status = event->status;
	record->rcx = event->rcx;
	record->duration_ns = event->duration;
	record->gap_ns = event->gap;
	record->iteration = (__u32)event->iteration;
	record->leaf = (__u16)event->fn;
	record->version = (event->fn >> 16) & 0xff;
	submit(record);
	return 0;
}

SEC("?raw_tp/quote_buffer")
int BPF_PROG(quote_buffer, __u64 quote, __u64 tdr, __u32 buffer, __u64 wait_ns)
{
	struct events_buffer *record;

	if (only_tdr && tdr != only_tdr)
		return 0;
	record = RECORD(EVENTS_QUOTE_BUFFER, events_buffer);
	if (!record)
		return 0;
	record->quote = quote;
	record->tdr = tdr;
	record->wait_ns = wait_ns;
	record->buffer = buffer;
	record->reserved = 0;
	submit(record);
	return 0;
}

static __always_inline void decompose(struct events_quote *record, const struct tdx_quote *quote)
{
	record->total_ns = quote->times.total;
	record->copy_in_ns = quote->times.copy_in;
	record->wait_ns = quote->times.wait;
	record->seam_ns = quote->call.seam_ns;
	record->gap_ns = quote->call.gap_ns;
	record->copy_out_ns = quote->times.copy_out;
	record->other_ns = !quote->times.begin ? 0 :
		record->total_ns - record->copy_in_ns - record->wait_ns - record->seam_ns -
		record->gap_ns - record->copy_out_ns;
}

static __always_inline void write_quote(const struct tdx_quote *quote)
{
	struct events_quote *record = RECORD(EVENTS_QUOTE_END, events_quote);

	if (!record)
		return;
	record->quote = quote->call.id;
	record->tdr = quote->call.tdr;
	record->status = quote->call.status;
	decompose(record, quote);
	record->bytes = quote->len;
	record->iterations = quote->call.iterations;
	record->error = quote->error;
	record->reserved = 0;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	submit(record);
}

/*
 * Context is of interest while there is a quote whose begin was seen. Only these count as
 * they end: one that began before may get its id later than others that began since.
 */
static __s64 under_way;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_UNDER_WAY);
	__type(key, __u64);
	__type(value, __u8);
} begun SEC(".maps");

static __always_inline void note_begin(__u64 quote)
{
	static const __u8 yes = 1;

	if (!bpf_map_update_elem(&begun, &quote, &yes, BPF_NOEXIST))
		__sync_fetch_and_add(&under_way, 1);
}

static __always_inline void note_end(__u64 quote)
{
	if (!bpf_map_delete_elem(&begun, &quote))
		__sync_fetch_and_add(&under_way, -1);
}

static __always_inline bool quote_wanted(const struct tdx_quote *quote)
{
	if (only_tdr && quote->call.tdr != only_tdr)
		return false;
	if (want_iterations)
		return true;
	return quote->times.total >= only_longer && (!only_failed || quote->error);
}

SEC("?tp_btf/quote_end")
int BPF_PROG(quote_end, const struct tdx_quote *quote)
{
	/* Events of modules may pass NULL, as far as the verifier knows. */
	if (!quote)
		return 0;
	if (quote_wanted(quote))
		write_quote(quote);
	if (want_context)
		note_end(quote->call.id);
	return 0;
}

SEC("?raw_tp/quote_begin")
int BPF_PROG(quote_begin, __u64 quote, __u64 tdr)
{
	struct events_begin *record;

	if (want_context)
		note_begin(quote);
	if (!want_parts || (only_tdr && tdr != only_tdr))
		return 0;
	record = RECORD(EVENTS_QUOTE_BEGIN, events_begin);
	if (!record)
		return 0;
	record->quote = quote;
	record->tdr = tdr;
	submit(record);
	return 0;
}

SEC("?raw_tp/getquote_exit")
int BPF_PROG(getquote_exit, __u64 tdr, __u64 ret, __u64 status, int error)
{
	struct events_answer *record;

	if (only_tdr && tdr != only_tdr)
		return 0;
	if (only_refused && !ret && !status && !error)
		return 0;
	record = RECORD(EVENTS_ANSWER, events_answer);
	if (!record)
		return 0;
	record->tdr = tdr;
	record->ret = ret;
	record->status = status;
	record->error = error;
	record->reserved = 0;
	submit(record);
	return 0;
}

/* --- bring-up --- */

SEC("?raw_tp/pool_alloc")
int BPF_PROG(pool_alloc, __u32 pages, int node, __u64 ns)
{
	struct events_pool *record = RECORD(EVENTS_POOL_ALLOC, events_pool);

	if (!record)
		return 0;
	record->call = 0;
	record->status = 0;
	record->ns = ns;
	record->pages = pages;
	record->iterations = 0;
	record->node = node;
	record->reserved = 0;
	submit(record);
	return 0;
}

SEC("?raw_tp/pool_add")
int BPF_PROG(pool_add, __u64 call, __u32 pages, __u32 iterations, __u64 status, __u64 ns)
{
	struct events_pool *record = RECORD(EVENTS_POOL_ADD, events_pool);

	if (!record)
		return 0;
	record->call = call;
	record->status = status;
	record->ns = ns;
	record->pages = pages;
	record->iterations = iterations;
	record->node = -1;
	record->reserved = 0;
	submit(record);
	return 0;
}

SEC("?raw_tp/pool_total")
int BPF_PROG(pool_total, __u32 required, __u32 added, int error, __u64 alloc_ns, __u64 flush_ns,
	     __u64 add_ns)
{
	struct events_pool_total *record = RECORD(EVENTS_POOL_TOTAL, events_pool_total);

	if (!record)
		return 0;
	record->alloc_ns = alloc_ns;
	record->flush_ns = flush_ns;
	record->add_ns = add_ns;
	record->required = required;
	record->added = added;
	record->error = error;
	record->reserved = 0;
	submit(record);
	return 0;
}

static __always_inline int write_state(__u32 kind, __u32 from, __u32 to, int error)
{
	struct events_state *record = RECORD(kind, events_state);

	if (!record)
		return 0;
	record->from = from;
	record->to = to;
	record->error = error;
	record->reserved = 0;
	submit(record);
	return 0;
}

SEC("?raw_tp/ext_state")
int BPF_PROG(ext_state, __u32 from, __u32 to, int error)
{
	return write_state(EVENTS_EXT_STATE, from, to, error);
}

SEC("?raw_tp/quote_state")
int BPF_PROG(quote_state, __u32 from, __u32 to, int error)
{
	return write_state(EVENTS_QUOTE_STATE, from, to, error);
}

/* --- updates --- */

static __always_inline struct events_update *reserve_update(__u32 kind)
{
	struct events_update *record = RECORD(kind, events_update);

	if (record)
		__builtin_memset(&record->irqs_off_ns, 0, sizeof(*record) - sizeof(record->head));
	return record;
}

SEC("?raw_tp/update_begin")
int BPF_PROG(update_begin, __u32 in_flight)
{
	struct events_update *record = reserve_update(EVENTS_UPDATE_BEGIN);

	if (!record)
		return 0;
	record->in_flight = in_flight;
	submit(record);
	return 0;
}

SEC("?raw_tp/update_cpu")
int BPF_PROG(update_cpu, __u32 which, __u64 irqs_off_ns)
{
	struct events_update *record = reserve_update(EVENTS_UPDATE_CPU);

	if (!record)
		return 0;
	record->which = which;
	record->irqs_off_ns = irqs_off_ns;
	submit(record);
	return 0;
}

SEC("?raw_tp/update_end")
int BPF_PROG(update_end, int error, __u64 drain_ns, __u64 stall_ns, __u64 total_ns)
{
	struct events_update *record = reserve_update(EVENTS_UPDATE_END);

	if (!record)
		return 0;
	record->error = error;
	record->drain_ns = drain_ns;
	record->stall_ns = stall_ns;
	record->total_ns = total_ns;
	submit(record);
	return 0;
}

/* --- context --- */

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct events_switch *record;

	if (under_way <= 0)
		return 0;
	record = RECORD(EVENTS_SWITCH, events_switch);
	if (!record)
		return 0;
	record->head.tid = (__u32)prev->pid;
	record->next_tid = (__u32)next->pid;
	record->state = preempt ? 0 : prev_state;
	bpf_core_read(record->prev_comm, sizeof(record->prev_comm), &prev->comm);
	bpf_core_read(record->next_comm, sizeof(record->next_comm), &next->comm);
	submit(record);
	return 0;
}

static __always_inline int write_irq(__u32 kind, __u32 class, __u32 number, const char *name)
{
	struct events_irq *record;

	if (under_way <= 0)
		return 0;
	record = RECORD(kind, events_irq);
	if (!record)
		return 0;
	record->class = class;
	record->number = number;
	__builtin_memset(record->name, 0, sizeof(record->name));
	if (name)
		bpf_probe_read_kernel_str(record->name, sizeof(record->name), name);
	submit(record);
	return 0;
}

SEC("?tp_btf/irq_handler_entry")
int BPF_PROG(irq_handler_entry, int irq, struct irqaction *action)
{
	return write_irq(EVENTS_IRQ_ENTER, EVENTS_IRQ_DEVICE, (__u32)irq,
			 action ? action->name : NULL);
}

SEC("?raw_tp/irq_handler_exit")
int BPF_PROG(irq_handler_exit, int irq)
{
	return write_irq(EVENTS_IRQ_EXIT, EVENTS_IRQ_DEVICE, (__u32)irq, NULL);
}

SEC("?raw_tp/softirq_entry")
int BPF_PROG(softirq_entry, __u32 vector)
{
	return write_irq(EVENTS_SOFTIRQ_ENTER, EVENTS_IRQ_SOFTIRQ, vector, NULL);
}

SEC("?raw_tp/softirq_exit")
int BPF_PROG(softirq_exit, __u32 vector)
{
	return write_irq(EVENTS_SOFTIRQ_EXIT, EVENTS_IRQ_SOFTIRQ, vector, NULL);
}

/* Of those that a kernel has no event for, the programs are not attached. */
#define VECTOR(name, class)							\
SEC("?raw_tp/" #name "_entry")							\
int BPF_PROG(name##_entry, int vector)						\
{										\
	return write_irq(EVENTS_IRQ_ENTER, class, (__u32)vector, NULL);		\
}										\
										\
SEC("?raw_tp/" #name "_exit")							\
int BPF_PROG(name##_exit, int vector)						\
{										\
	return write_irq(EVENTS_IRQ_EXIT, class, (__u32)vector, NULL);		\
}

VECTOR(local_timer, EVENTS_IRQ_TIMER)
VECTOR(reschedule, EVENTS_IRQ_RESCHEDULE)
VECTOR(call_function, EVENTS_IRQ_CALL)
VECTOR(call_function_single, EVENTS_IRQ_CALL)
VECTOR(irq_work, EVENTS_IRQ_WORK)
VECTOR(x86_platform_ipi, EVENTS_IRQ_OTHER)
VECTOR(error_apic, EVENTS_IRQ_OTHER)
VECTOR(spurious_apic, EVENTS_IRQ_OTHER)
VECTOR(thermal_apic, EVENTS_IRQ_OTHER)
VECTOR(threshold_apic, EVENTS_IRQ_OTHER)
VECTOR(deferred_error_apic, EVENTS_IRQ_OTHER)
