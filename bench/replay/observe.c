// SPDX-License-Identifier: GPL-2.0
/*
 * From records to numbers, call by call and stay by stay.
 *
 * What stands in the way of a module's own times, and what is done about it:
 *
 * - The host handles interrupts that ended a stay before it reads the clock. Where the
 *   capture has them, they are taken off.
 * - A call's last stay is a rest, and one that an interrupt ended says only that the
 *   slice would have been longer: both are marked, and estimate.c treats them as
 *   censored.
 * - A call's first stay differs from all others in some modules; they are kept apart.
 * - A call that was refused has not begun, so its time is none of the module's.
 */
#include "replay/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result/must.h"
#include "trace/event.h"

/* Of kernel/tdx_abi.h, which is not for user space. */
#define LEAF_EXT_INIT		60
#define LEAF_EXT_MEM_ADD	61
#define LEAF_QUOTE_GET		98
#define LEAF_QUOTE_INIT		100
#define STATUS_CODE(status)	((status) >> 32 << 32)
#define STATUS_OPERAND_BUSY	0x8000020000000000ULL
#define STATUS_NO_ENTROPY	0x8000020300000000ULL

#define MAX_OPEN	16384	/* calls under way; ids are given in turn, so each has its place */
#define MAX_TDS		8192	/* power of two; of three quarters of that, each is told apart */
#define MAX_CPUS	1024
#define MAX_CALLS	(1U << 18)
#define NR_HANDLED	16	/* the last interrupts of a CPU */
#define PHASES_MIN	8	/* stays of a CPU, to tell a phase */

const uint64_t observe_ticks[OBSERVE_NR_TICKS] = { 1000000, 2000000, 3333333, 4000000, 10000000 };

/**
 * struct open_call - a call under way
 * @used:     there is one at this place
 * @begun:    its quote_begin was seen
 * @entered:  the module has accepted it, at @from
 * @to:       its last exit until now
 * @stays:    since it was accepted
 * @first_ns: the first of them
 * @handled_ns: of interrupts in them
 */
struct open_call {
	uint64_t id, tdr, begin_ns, from, to;
	uint64_t seam_ns, handled_ns, first_ns;
	uint64_t entropy, busy;
	uint32_t stays;
	uint16_t leaf;
	bool used, begun, entered, at_once;
};

struct seen_td {
	bool used;
	uint64_t tdr, last_end;
	uint32_t in_flight;
};

struct interval {
	uint64_t from, to;
};

/* @exits: by candidate for the tick, the sum of unit vectors. */
struct seen_cpu {
	struct interval handled[NR_HANDLED];
	uint32_t at;
	uint64_t entering;
	uint64_t last_exit;
	uint64_t nr_exits;
	double x[OBSERVE_NR_TICKS], y[OBSERVE_NR_TICKS];
};

struct observer {
	struct observed *seen;
	struct open_call open[MAX_OPEN];
	struct seen_td tds[MAX_TDS];
	struct seen_cpu cpus[MAX_CPUS];
	uint32_t in_flight;
	uint64_t last_begin;
};

static uint64_t before(uint64_t ns, uint64_t duration)
{
	return ns > duration ? ns - duration : 0;
}

/* --- TDs --- */

static struct seen_td *td_of(struct observer *observer, uint64_t tdr)
{
	uint32_t at = (uint32_t)((tdr * 0x9e3779b97f4a7c15ULL) >> 40) % MAX_TDS;

	while (observer->tds[at].used && observer->tds[at].tdr != tdr)
		at = (at + 1) % MAX_TDS;
	if (observer->tds[at].used)
		return &observer->tds[at];
	if (observer->seen->tds >= MAX_TDS / 4 * 3)
		return NULL;
	observer->seen->tds++;
	observer->tds[at] = (struct seen_td){ .used = true, .tdr = tdr };
	return &observer->tds[at];
}

static void request_begins(struct observer *observer, const struct events_begin *begin)
{
	struct seen_td *td = td_of(observer, begin->tdr);
	struct observed *seen = observer->seen;
	uint64_t ns = begin->head.ns;

	if (observer->last_begin)
		sample_add(&seen->arrivals, before(ns, observer->last_begin));
	else
		seen->first_ns = ns;
	observer->last_begin = ns;
	if (++observer->in_flight > seen->in_flight)
		seen->in_flight = observer->in_flight;
	if (!td)
		return;
	if (!td->in_flight && td->last_end)
		seen->idle_ns += before(ns, td->last_end);
	if (++td->in_flight > seen->hog)
		seen->hog = td->in_flight;
}

static void request_ends(struct observer *observer, const struct events_quote *end)
{
	struct seen_td *td = td_of(observer, end->tdr);

	observer->seen->last_ns = end->head.ns;
	observer->seen->busy_ns += end->total_ns;
	if (observer->in_flight)
		observer->in_flight--;
	if (!td)
		return;
	if (td->in_flight)
		td->in_flight--;
	td->last_end = end->head.ns;
}

/* --- calls --- */

static struct open_call *call_find(struct observer *observer, uint64_t id)
{
	struct open_call *call = &observer->open[id % MAX_OPEN];

	return call->used && call->id == id ? call : NULL;
}

/* Where an earlier one never ended, its place is taken. */
static struct open_call *call_new(struct observer *observer, uint64_t id, uint64_t tdr)
{
	struct open_call *call = &observer->open[id % MAX_OPEN];

	observer->seen->broken += call->used;
	*call = (struct open_call){ .id = id, .tdr = tdr, .used = true };
	return call;
}

static struct open_call *call_of(struct observer *observer, uint64_t id, uint64_t tdr)
{
	struct open_call *call = call_find(observer, id);

	return call ? call : call_new(observer, id, tdr);
}

static void keep(struct observed_call **list, uint32_t *nr, struct observed_call call)
{
	if (*nr == MAX_CALLS)
		return;
	*list = must_grow(*list, *nr, sizeof(**list));
	(*list)[(*nr)++] = call;
}

/* --- stays --- */

/* Time of interrupts handled on that CPU since it went in. */
static uint64_t handled_since(const struct seen_cpu *cpu, uint64_t entry, bool *any)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < NR_HANDLED; i++) {
		if (!cpu->handled[i].to || cpu->handled[i].from < entry)
			continue;
		sum += before(cpu->handled[i].to, cpu->handled[i].from);
		*any = true;
	}
	return sum;
}

static bool overlaps(const struct observer *observer, uint32_t own, uint64_t entry)
{
	uint32_t i;

	for (i = 0; i < observer->seen->cpus; i++)
		if (i != own && observer->cpus[i].last_exit > entry)
			return true;
	return false;
}

/* The moment that the module was left at, as an angle of each tick. */
static void add_phase(struct seen_cpu *cpu, uint64_t ns)
{
	unsigned int i;
	double angle;

	cpu->nr_exits++;
	for (i = 0; i < OBSERVE_NR_TICKS; i++) {
		angle = 2 * M_PI * (double)(ns % observe_ticks[i]) / (double)observe_ticks[i];
		cpu->x[i] += cos(angle);
		cpu->y[i] += sin(angle);
	}
}

static void add_stay(struct observer *observer, struct open_call *call,
		     const struct events_iteration *event)
{
	struct seen_cpu *cpu = &observer->cpus[event->head.cpu];
	bool left = event->status == STATUS_RESUMABLE, cut = false;
	uint64_t entry = before(event->head.ns, event->duration_ns);
	uint64_t handled = handled_since(cpu, entry, &cut);
	uint64_t own = before(event->duration_ns, handled);
	struct observed *seen = observer->seen;
	struct observed_stays *stays = call->stays ? &seen->later : &seen->first;

	if (call->stays == 0)
		call->first_ns = event->duration_ns;
	else if (call->stays == 1)
		call->at_once = call->first_ns < event->duration_ns / 5 * 4;
	call->stays++;
	call->seam_ns += event->duration_ns;
	call->handled_ns += handled;

	seen->stays++;
	seen->overlaps += overlaps(observer, event->head.cpu, entry);
	if (event->duration_ns > seen->longest)
		seen->longest = event->duration_ns;
	sample_add(&stays->all, own << 2 | (cut ? STAY_CUT : 0) | (left ? 0 : STAY_DONE));
	if (!left) {
		seen->done++;
		seen->done_cut += cut;
		return;
	}
	stays->left++;
	stays->cut += cut;
	sample_add(&seen->left, event->duration_ns);
	if (call->stays > 1 || !call->at_once)
		add_phase(cpu, before(event->head.ns, handled));
}

/* An entry that was refused: the call has not begun. */
static bool refused(struct observer *observer, struct open_call *call,
		    const struct events_iteration *event)
{
	uint64_t code = STATUS_CODE(event->status);

	if (code == STATUS_NO_ENTROPY) {
		call->entropy++;
		return true;
	}
	if (code != STATUS_OPERAND_BUSY)
		return false;
	call->busy++;
	keep(&observer->seen->busies, &observer->seen->nr_busies, (struct observed_call){
		.from = before(event->head.ns, event->duration_ns), .tdr = event->tdr,
	});
	return true;
}

static void add_quote_entry(struct observer *observer, const struct events_iteration *event)
{
	struct open_call *call = call_of(observer, event->call, event->tdr);
	struct observed *seen = observer->seen;

	call->leaf = event->leaf;
	if (refused(observer, call, event))
		return;
	if (!call->entered) {
		call->from = before(event->head.ns, event->duration_ns);
		call->entered = true;
		/* Of one that began before the capture, nobody knows how it did. */
		call->begun &= !event->iteration || call->busy || call->entropy;
	}
	call->to = event->head.ns;
	if (event->head.cpu >= seen->cpus)
		seen->cpus = event->head.cpu + 1;
	/* What fails was never computed to its end. */
	if (!event->status || event->status == STATUS_RESUMABLE)
		add_stay(observer, call, event);
	observer->cpus[event->head.cpu].last_exit = event->head.ns;
}

/* TDH.EXT.INIT and TDH.QUOTE.INIT have no events of their own: they end with their last entry. */
static void add_other_entry(struct observer *observer, const struct events_iteration *event,
			    struct sample *sample)
{
	struct open_call *call = call_find(observer, event->call);

	if (!call && event->iteration)
		return;
	if (!call)
		call = call_new(observer, event->call, event->tdr);
	call->leaf = event->leaf;
	if (!event->status || event->status == STATUS_RESUMABLE)
		call->seam_ns += event->duration_ns;
	if (event->status == STATUS_RESUMABLE ||
	    STATUS_CODE(event->status) == STATUS_NO_ENTROPY)
		return;
	if (!event->status)
		sample_add(sample, call->seam_ns);
	call->used = false;
}

static void add_entry(struct observer *observer, const struct events_iteration *event)
{
	struct observed *seen = observer->seen;

	if (event->head.cpu >= MAX_CPUS)
		return;
	switch (event->leaf) {
	case LEAF_QUOTE_GET:
		add_quote_entry(observer, event);
		break;
	case LEAF_EXT_INIT:
		add_other_entry(observer, event, &seen->ext_init);
		break;
	case LEAF_QUOTE_INIT:
		add_other_entry(observer, event, &seen->quote_init);
		break;
	case LEAF_EXT_MEM_ADD:
		seen->mem_add_ns += event->duration_ns;
		break;
	}
}

/* --- quotes --- */

static void add_whole(struct observed *seen, const struct open_call *call,
		      const struct events_quote *end)
{
	sample_add(&seen->seam, end->seam_ns);
	sample_add(&seen->net, before(end->seam_ns, call->handled_ns));
	sample_add(&seen->total, end->total_ns);
	sample_add(&seen->gap, end->gap_ns);
	sample_add(&seen->wait, end->wait_ns);
	sample_add(&seen->iterations, end->iterations);
	sample_add(&seen->bytes, end->bytes);
	seen->resumed += call->stays > 1;
	seen->at_once += call->at_once;
}

static void add_call(struct observed *seen, const struct open_call *call)
{
	if (call->entered) {
		seen->entered++;
		keep(&seen->calls, &seen->nr_calls,
		     (struct observed_call){ call->from, call->to, call->tdr });
	}
	seen->entropy_calls += !!call->entropy;
	seen->entropy_times += call->entropy;
	seen->busy_calls += !!call->busy;
	seen->busy_times += call->busy;
}

static void quote_ends(struct observer *observer, const struct events_quote *end)
{
	struct open_call *call = call_find(observer, end->quote);
	struct observed *seen = observer->seen;
	bool made = !end->error && !end->status;

	request_ends(observer, end);
	seen->quotes++;
	seen->failed += !made;
	if (!call || !call->begun) {
		seen->broken++;
	} else if (made) {
		if (call->entered && call->stays)
			add_whole(seen, call, end);
		else
			seen->broken++;
	}
	if (!call)
		return;
	add_call(seen, call);
	call->used = false;
}

/* --- any record --- */

static void quote_begins(struct observer *observer, const struct events_begin *begin)
{
	struct open_call *call = call_of(observer, begin->quote, begin->tdr);

	call->begun = true;
	call->begin_ns = begin->head.ns;
	request_begins(observer, begin);
}

static void interrupt(struct observer *observer, const struct events_head *head, bool exit)
{
	struct seen_cpu *cpu;

	if (head->cpu >= MAX_CPUS)
		return;
	observer->seen->context = true;
	cpu = &observer->cpus[head->cpu];
	if (!exit) {
		cpu->entering = head->ns;
		return;
	}
	if (!cpu->entering)
		return;
	cpu->handled[cpu->at++ % NR_HANDLED] = (struct interval){ cpu->entering, head->ns };
	cpu->entering = 0;
}

void observe_add(struct observer *observer, const struct events_head *event)
{
	const struct events_pool_total *total = (const void *)event;
	const struct events_buffer *buffer = (const void *)event;
	struct observed *seen = observer->seen;

	switch (event->kind) {
	case EVENTS_ITERATION:
		add_entry(observer, (const void *)event);
		break;
	case EVENTS_QUOTE_BEGIN:
		quote_begins(observer, (const void *)event);
		break;
	case EVENTS_QUOTE_BUFFER:
		if (buffer->buffer >= seen->buffers && buffer->buffer < UINT32_MAX)
			seen->buffers = buffer->buffer + 1;
		break;
	case EVENTS_QUOTE_END:
		quote_ends(observer, (const void *)event);
		break;
	case EVENTS_POOL_ADD:
		seen->mem_add_pages += ((const struct events_pool *)event)->pages;
		break;
	case EVENTS_POOL_TOTAL:
		seen->pool = !total->error && total->required;
		seen->pool_pages = total->required;
		break;
	case EVENTS_IRQ_ENTER:
	case EVENTS_IRQ_EXIT:
		interrupt(observer, event, event->kind == EVENTS_IRQ_EXIT);
		break;
	}
}

/* --- from first to last --- */

struct observer *observe_begin(void)
{
	struct observer *observer = must_calloc(1, sizeof(*observer));

	observer->seen = must_calloc(1, sizeof(*observer->seen));
	return observer;
}

/* Of all stays whose CPU had enough of them to tell. */
static double coherence(const struct observer *observer, unsigned int tick)
{
	double length = 0;
	uint64_t nr = 0;
	uint32_t i;

	for (i = 0; i < MAX_CPUS; i++) {
		const struct seen_cpu *cpu = &observer->cpus[i];

		if (cpu->nr_exits < PHASES_MIN)
			continue;
		length += hypot(cpu->x[tick], cpu->y[tick]);
		nr += cpu->nr_exits;
	}
	return nr ? length / (double)nr : 0;
}

struct observed *observe_end(struct observer *observer)
{
	struct observed *seen = observer->seen;
	unsigned int i;

	for (i = 0; i < OBSERVE_NR_TICKS; i++)
		seen->coherence[i] = coherence(observer, i);
	free(observer);
	return seen;
}

void observed_free(struct observed *seen)
{
	struct sample *samples[] = {
		&seen->seam, &seen->net, &seen->total, &seen->gap, &seen->wait,
		&seen->iterations, &seen->bytes, &seen->left, &seen->first.all,
		&seen->later.all, &seen->ext_init, &seen->quote_init, &seen->arrivals,
	};
	size_t i;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		sample_free(samples[i]);
	free(seen->calls);
	free(seen->busies);
	free(seen);
}

struct observed *observe_file(const char *path, json_t **about, char error[CAPTURE_ERROR])
{
	struct capture *capture = capture_open(path, error);
	const struct events_head *event;
	struct observer *observer;
	struct observed *seen;

	if (!capture)
		return NULL;
	observer = observe_begin();
	while ((event = capture_next(capture)))
		observe_add(observer, event);
	seen = observe_end(observer);
	seen->cut_short = !capture_end(capture);
	seen->lost = seen->cut_short ? 0 : capture_end(capture)->lost;
	if (capture_error(capture)) {
		memcpy(error, capture_error(capture), CAPTURE_ERROR);
		observed_free(seen);
		seen = NULL;
	} else if (about) {
		*about = json_deep_copy(capture_about(capture));
	}
	capture_close(capture);
	return seen;
}
