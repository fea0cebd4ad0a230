// SPDX-License-Identifier: GPL-2.0
/*
 * What ran on which CPU.
 *
 * An event closes the stretch before it, and knows best what that was: the thread it
 * fired in has been there since the CPU's last switch. So a stretch is named by the
 * event that ends it; where the one that began it disagrees, something was lost.
 */
#include "slow/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "result/must.h"

#define MAX_CPUS	4096
#define MAX_NESTED	8	/* interrupts in interrupts */
#define RING_FIRST	256
#define RING_MAX	(1U << 15)
#define NAMES		8192	/* threads; a power of two */

struct ring {
	struct timeline_span *spans;
	size_t size;
	size_t next;
	size_t count;
	bool wrapped;
};

/**
 * struct cpu
 * @since:  when the stretch began that is not closed yet
 * @seen:   when an event last agreed on it
 * @tid:    whose it is, if @known
 * @nested: what interrupts it, innermost last
 */
struct cpu {
	struct ring ring;
	uint64_t since;
	uint64_t seen;
	uint32_t tid;
	bool known;
	unsigned int depth;
	struct timeline_span nested[MAX_NESTED];
};

struct name {
	uint32_t tid;
	char comm[EVENTS_COMM];
};

/**
 * struct timeline
 * @under_way: quotes
 * @since:     when context last began to come
 */
struct timeline {
	struct cpu *cpus[MAX_CPUS];
	struct name names[NAMES];
	size_t spans;
	size_t max_spans;
	uint64_t under_way;
	uint64_t since;
};

struct timeline *timeline_new(size_t max_spans)
{
	struct timeline *timeline = must_calloc(1, sizeof(*timeline));

	timeline->max_spans = max_spans;
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	size_t i;

	if (!timeline)
		return;
	for (i = 0; i < MAX_CPUS; i++) {
		if (timeline->cpus[i])
			free(timeline->cpus[i]->ring.spans);
		free(timeline->cpus[i]);
	}
	free(timeline);
}

/* --- names --- */

static void learn(struct timeline *timeline, uint32_t tid, const char *comm)
{
	struct name *name = &timeline->names[tid % NAMES];

	name->tid = tid;
	memcpy(name->comm, comm, sizeof(name->comm));
	name->comm[sizeof(name->comm) - 1] = '\0';
}

const char *timeline_name(const struct timeline *timeline, uint32_t tid)
{
	const struct name *name = &timeline->names[tid % NAMES];

	if (!tid)
		return "idle";
	return name->tid == tid ? name->comm : "";
}

/* --- one CPU's ring, oldest first --- */

static const struct timeline_span *ring_at(const struct ring *ring, size_t i)
{
	return &ring->spans[(ring->next + ring->size - ring->count + i) % ring->size];
}

/* Twice the room, if there is memory for it; what is there stays in order. */
static bool ring_grow(struct timeline *timeline, struct ring *ring)
{
	size_t size = ring->size ? ring->size * 2 : RING_FIRST, i;
	struct timeline_span *spans;

	if (size > RING_MAX || timeline->spans + size - ring->size > timeline->max_spans)
		return false;
	spans = malloc(size * sizeof(*spans));
	if (!spans)
		return false;
	for (i = 0; i < ring->count; i++)
		spans[i] = *ring_at(ring, i);
	free(ring->spans);
	timeline->spans += size - ring->size;
	ring->spans = spans;
	ring->size = size;
	ring->next = ring->count;
	return true;
}

static void ring_push(struct timeline *timeline, struct ring *ring,
		      const struct timeline_span *span)
{
	if (ring->count == ring->size && !ring_grow(timeline, ring))
		ring->wrapped = true;
	if (!ring->size)
		return;
	ring->next %= ring->size;
	ring->spans[ring->next++] = *span;
	ring->next %= ring->size;
	if (ring->count < ring->size)
		ring->count++;
}

/* Before this nothing is known any more. */
static uint64_t ring_horizon(const struct cpu *cpu)
{
	if (!cpu || !cpu->ring.wrapped)
		return 0;
	return cpu->ring.count ? ring_at(&cpu->ring, 0)->from : cpu->since;
}

/* The first span that ends behind @ns. */
static size_t ring_find(const struct ring *ring, uint64_t ns)
{
	size_t low = 0, high = ring->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ring_at(ring, middle)->to > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* --- events --- */

static struct cpu *cpu_of(struct timeline *timeline, uint32_t number)
{
	if (number >= MAX_CPUS)
		return NULL;
	if (!timeline->cpus[number])
		timeline->cpus[number] = must_calloc(1, sizeof(struct cpu));
	return timeline->cpus[number];
}

static const struct cpu *cpu_known(const struct timeline *timeline, uint32_t number)
{
	return number < MAX_CPUS ? timeline->cpus[number] : NULL;
}

/* What the CPU does since its last event. */
static struct timeline_span cpu_now(const struct cpu *cpu, uint32_t number)
{
	struct timeline_span span = { .what = cpu->known ? TIMELINE_TASK : TIMELINE_UNKNOWN };

	if (cpu->depth)
		span = cpu->nested[cpu->depth - 1];
	span.from = cpu->since;
	span.cpu = number;
	span.tid = cpu->tid;
	return span;
}

/* Context came and went since this CPU's last event: what that said is no more. */
static void forget_stale(const struct timeline *timeline, struct cpu *cpu)
{
	if (cpu->known && cpu->since >= timeline->since)
		return;
	cpu->known = false;
	cpu->depth = 0;
	if (cpu->since < timeline->since)
		cpu->since = timeline->since;
}

static void cpu_close(struct timeline *timeline, struct cpu *cpu, const struct timeline_span *span)
{
	if (span->to > span->from || span->leaves)
		ring_push(timeline, &cpu->ring, span);
	cpu->since = span->to;
	cpu->tid = span->tid;
	cpu->known = true;
	if (cpu->depth)
		cpu->nested[cpu->depth - 1].begins = false;
}

/* Where two events disagree, what they are about is in doubt from the last that agreed. */
static void keep_undoubted(struct timeline *timeline, struct cpu *cpu, uint32_t number)
{
	struct timeline_span span = cpu_now(cpu, number);

	if (cpu->seen <= cpu->since)
		return;
	span.to = cpu->seen;
	cpu_close(timeline, cpu, &span);
}

/* Thread @event->tid was there until now: the stretch before, to be closed. */
static struct timeline_span cpu_until(struct timeline *timeline, struct cpu *cpu,
				      const struct events_head *event)
{
	struct timeline_span span;

	if (cpu->known && cpu->tid != event->tid)
		keep_undoubted(timeline, cpu, event->cpu);
	span = cpu_now(cpu, event->cpu);
	span.to = event->ns > cpu->since ? event->ns : cpu->since;
	if (cpu->known && cpu->tid != event->tid)
		span.what = TIMELINE_UNKNOWN;
	else if (!cpu->known)
		span.what = TIMELINE_TASK;
	span.tid = event->tid;
	return span;
}

static void add_switch(struct timeline *timeline, struct cpu *cpu,
		       const struct events_switch *event)
{
	struct timeline_span span = cpu_until(timeline, cpu, &event->head);

	/* Nobody switches in an interrupt: the event of its end is missing. */
	if (cpu->depth)
		span.what = TIMELINE_UNKNOWN;
	span.leaves = true;
	span.state = event->state;
	cpu->depth = 0;
	cpu_close(timeline, cpu, &span);
	cpu->tid = event->next_tid;
	learn(timeline, event->head.tid, event->prev_comm);
	learn(timeline, event->next_tid, event->next_comm);
}

static void add_enter(struct timeline *timeline, struct cpu *cpu, const struct events_irq *event)
{
	struct timeline_span span = cpu_until(timeline, cpu, &event->head);

	cpu_close(timeline, cpu, &span);
	if (cpu->depth == MAX_NESTED)
		return;
	cpu->nested[cpu->depth++] = (struct timeline_span){
		.what = event->head.kind == EVENTS_IRQ_ENTER ? TIMELINE_IRQ : TIMELINE_SOFTIRQ,
		.class = (uint8_t)event->class,
		.number = event->number,
		.begins = true,
	};
	memcpy(cpu->nested[cpu->depth - 1].name, event->name, EVENTS_COMM - 1);
}

static bool ends(const struct timeline_span *nested, const struct events_irq *event)
{
	uint8_t what = event->head.kind == EVENTS_IRQ_EXIT ? TIMELINE_IRQ : TIMELINE_SOFTIRQ;

	return nested->what == what && nested->class == (uint8_t)event->class &&
	       nested->number == event->number;
}

/*
 * An end whose beginning was not seen: from before context came, or the event is lost
 * and nobody knows since when.
 */
static void add_exit(struct timeline *timeline, struct cpu *cpu, const struct events_irq *event)
{
	struct timeline_span span = cpu_until(timeline, cpu, &event->head);
	bool matches = cpu->depth && ends(&cpu->nested[cpu->depth - 1], event);

	if (!matches && cpu->known) {
		span.what = TIMELINE_UNKNOWN;
	} else if (!matches) {
		span.what = event->head.kind == EVENTS_IRQ_EXIT ? TIMELINE_IRQ : TIMELINE_SOFTIRQ;
		span.class = (uint8_t)event->class;
		span.number = event->number;
	}
	cpu_close(timeline, cpu, &span);
	if (cpu->depth)
		cpu->depth--;
}

/* An event of the path: its thread runs here, and no interrupt does. */
static void add_presence(struct timeline *timeline, struct cpu *cpu,
			 const struct events_head *event)
{
	struct timeline_span span;

	if (cpu->known && cpu->tid == event->tid && !cpu->depth) {
		cpu->seen = event->ns;
		return;
	}
	span = cpu_until(timeline, cpu, event);
	if (cpu->depth)
		span.what = TIMELINE_UNKNOWN;
	cpu->depth = 0;
	cpu_close(timeline, cpu, &span);
}

/* One that began before anybody watched has no times, and was not counted. */
static void count_quotes(struct timeline *timeline, const struct events_head *event)
{
	bool ends = event->kind == EVENTS_QUOTE_END &&
		    ((const struct events_quote *)event)->total_ns;

	if (event->kind == EVENTS_QUOTE_BEGIN && !timeline->under_way++)
		timeline->since = event->ns;
	if (ends && timeline->under_way)
		timeline->under_way--;
}

void timeline_add(struct timeline *timeline, const struct events_head *event)
{
	struct cpu *cpu = cpu_of(timeline, event->cpu);

	if (event->kind == EVENTS_QUOTE_END)
		learn(timeline, event->tid, ((const struct events_quote *)event)->comm);
	count_quotes(timeline, event);
	if (!cpu)
		return;

	forget_stale(timeline, cpu);
	switch (event->kind) {
	case EVENTS_SWITCH:
		add_switch(timeline, cpu, (const struct events_switch *)event);
		break;
	case EVENTS_IRQ_ENTER:
	case EVENTS_SOFTIRQ_ENTER:
		add_enter(timeline, cpu, (const struct events_irq *)event);
		break;
	case EVENTS_IRQ_EXIT:
	case EVENTS_SOFTIRQ_EXIT:
		add_exit(timeline, cpu, (const struct events_irq *)event);
		break;
	case EVENTS_ITERATION:
	case EVENTS_QUOTE_BEGIN:
	case EVENTS_QUOTE_BUFFER:
	case EVENTS_QUOTE_END:
		add_presence(timeline, cpu, event);
		break;
	}
}

/* --- one CPU, asked --- */

bool timeline_complete(const struct timeline *timeline, uint32_t cpu, uint64_t from)
{
	return ring_horizon(cpu_known(timeline, cpu)) <= from;
}

const struct timeline_span *timeline_interrupt(const struct timeline *timeline, uint32_t number,
					       uint64_t from, uint64_t to)
{
	const struct cpu *cpu = cpu_known(timeline, number);
	size_t i;

	if (!cpu)
		return NULL;
	for (i = ring_find(&cpu->ring, from); i < cpu->ring.count; i++) {
		const struct timeline_span *span = ring_at(&cpu->ring, i);

		if (span->from > to)
			break;
		if (span->what == TIMELINE_IRQ && span->begins && span->from >= from)
			return span;
	}
	return NULL;
}

/* --- one thread, asked --- */

/**
 * struct walk - through a thread's time
 * @at:      how far
 * @horizon: before this, where it was on no CPU it may have been on any
 */
struct walk {
	const struct timeline *timeline;
	uint64_t at;
	uint64_t horizon;
	timeline_visitor *visit;
	void *arg;
};

/* The rest of @span that has not been told, up to @to. */
static void tell(struct walk *walk, const struct timeline_span *span, uint64_t to,
		 enum timeline_where where)
{
	struct timeline_span part = *span;

	if (part.from < walk->at) {
		part.from = walk->at;
		part.begins = false;
	}
	if (part.to > to)
		part.to = to;
	if (part.to <= part.from)
		return;
	walk->visit(&part, where, walk->arg);
	walk->at = part.to;
}

static void tell_nothing(struct walk *walk, uint64_t to, enum timeline_what what,
			 enum timeline_where where)
{
	const struct timeline_span span = { .from = walk->at, .to = to, .what = (uint8_t)what };

	tell(walk, &span, to, where);
}

static void tell_cpu_span(struct walk *walk, const struct timeline_span *span, uint64_t to,
			  enum timeline_where where)
{
	if (span->from > walk->at)
		tell_nothing(walk, span->from < to ? span->from : to, TIMELINE_UNKNOWN, where);
	tell(walk, span, to, where);
}

/* What a CPU did, that the thread was not on. */
static void tell_cpu(struct walk *walk, uint32_t number, uint64_t to, enum timeline_where where)
{
	const struct cpu *cpu = cpu_known(walk->timeline, number);
	struct timeline_span now;
	size_t i;

	if (cpu) {
		for (i = ring_find(&cpu->ring, walk->at); i < cpu->ring.count && walk->at < to; i++)
			tell_cpu_span(walk, ring_at(&cpu->ring, i), to, where);
		now = cpu_now(cpu, number);
		now.to = to;
		if (now.from < to && cpu->known)
			tell_cpu_span(walk, &now, to, where);
	}
	if (walk->at < to)
		tell_nothing(walk, to, TIMELINE_UNKNOWN, where);
}

/* Some CPU's past has had to make room up to there. */
static uint64_t horizon(const struct timeline *timeline)
{
	uint64_t latest = 0;
	size_t i;

	for (i = 0; i < MAX_CPUS; i++) {
		uint64_t ns = ring_horizon(timeline->cpus[i]);

		latest = ns > latest ? ns : latest;
	}
	return latest;
}

/* Until @to the thread was on no CPU; @left: its stretch before; @next: its CPU then. */
static void tell_away(struct walk *walk, const struct timeline_span *left, uint32_t next,
		      uint64_t to)
{
	uint64_t known = walk->horizon;
	uint32_t cpu;

	if (walk->at < known)
		tell_nothing(walk, to < known ? to : known, TIMELINE_LOST, TIMELINE_NOWHERE);
	if (walk->at >= to)
		return;
	if (!left || !left->leaves) {
		tell_nothing(walk, to, TIMELINE_UNKNOWN, TIMELINE_NOWHERE);
		return;
	}
	cpu = left->state ? next : left->cpu;
	tell_cpu(walk, cpu, to, left->state ? TIMELINE_BLOCKED : TIMELINE_READY);
}

struct spans {
	struct timeline_span *all;
	uint32_t count;
};

static void keep(struct spans *spans, const struct timeline_span *span)
{
	spans->all = must_grow(spans->all, spans->count, sizeof(*spans->all));
	spans->all[spans->count++] = *span;
}

static void keep_own(struct spans *spans, const struct cpu *cpu, uint32_t tid, uint64_t from,
		     uint64_t to)
{
	size_t i;

	/* Also one that ends right there: it says where the thread went. */
	for (i = ring_find(&cpu->ring, from ? from - 1 : 0); i < cpu->ring.count; i++) {
		const struct timeline_span *span = ring_at(&cpu->ring, i);

		if (span->from >= to)
			break;
		if (span->tid == tid && span->what != TIMELINE_UNKNOWN)
			keep(spans, span);
	}
}

static int by_begin(const void *a, const void *b)
{
	const struct timeline_span *one = a, *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return one->to < other->to ? -1 : one->to > other->to;
}

/* The stretches in which the thread was on a CPU, interrupts of it included. */
static struct spans own_spans(const struct timeline *timeline, uint32_t tid, uint32_t number,
			      uint64_t from, uint64_t to)
{
	const struct cpu *here = cpu_known(timeline, number);
	struct spans spans = {};
	size_t i;

	for (i = 0; i < MAX_CPUS; i++)
		if (timeline->cpus[i])
			keep_own(&spans, timeline->cpus[i], tid, from, to);
	if (here && here->known && here->tid == tid && here->since < to) {
		struct timeline_span now = cpu_now(here, number);

		now.to = to;
		keep(&spans, &now);
	}
	if (spans.count)
		qsort(spans.all, spans.count, sizeof(*spans.all), by_begin);
	return spans;
}

unsigned int timeline_thread(const struct timeline *timeline, uint32_t tid, uint32_t cpu,
			     uint64_t from, uint64_t to, timeline_visitor *visit, void *arg)
{
	struct walk walk = { timeline, from, horizon(timeline), visit, arg };
	struct spans spans = own_spans(timeline, tid, cpu, from, to);
	const struct timeline_span *left = NULL;
	unsigned int migrations = 0;
	size_t i;

	for (i = 0; i < spans.count; i++) {
		const struct timeline_span *span = &spans.all[i];

		if (span->from > walk.at)
			tell_away(&walk, left, span->cpu, span->from);
		tell(&walk, span, to, TIMELINE_ON);
		migrations += left && left->cpu != span->cpu;
		left = span;
	}
	if (walk.at < to)
		tell_away(&walk, left, cpu, to);
	free(spans.all);
	return migrations;
}
