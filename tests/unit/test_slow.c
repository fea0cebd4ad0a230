// SPDX-License-Identifier: GPL-2.0
/*
 * Slow quotes explained, from made-up streams whose truth is known: who had the buffer,
 * who ran instead, which interrupts came. And from streams that lie: whatever comes,
 * what a part went to adds up to that part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "measure/random.h"
#include "slow/say.h"
#include "slow/slow.h"
#include "trace/event.h"
#include "trace/quotes.h"

#define US		1000ULL
#define MS		1000000ULL
#define RESUMABLE	STATUS_RESUMABLE
#define TIMER_VECTOR	236
#define TRUTHS		64

/*
 * A machine that asks for quotes. @now moves on as things happen; @truth is what they
 * took. The thread under test is @tid on @cpu; @on is who is on each CPU.
 */
struct machine {
	struct slow *slow;
	struct trace_quotes *quotes;
	bool context;
	uint64_t now;
	uint32_t cpu;
	uint32_t tid;
	uint32_t on[4];
	struct events_quote end;
	uint64_t left_ns;
	uint64_t gap_before;
	uint32_t iterations;
	uint64_t begin_ns;
	enum slow_part part;
	struct { enum slow_part part; struct slow_cause cause; } truth[TRUTHS];
	unsigned int nr_truth;
};

static void to_slow(const struct trace_quote *quote, void *arg)
{
	struct machine *m = arg;

	slow_quote(m->slow, quote, true);
}

static void start(struct machine *m, unsigned int keep, enum slow_part by, bool context)
{
	memset(m, 0, sizeof(*m));
	m->context = context;
	m->slow = slow_new(keep, by, context);
	m->quotes = trace_quotes_new(64, to_slow, m);
	m->now = 1000 * MS;
	m->tid = 100;
}

static void stop(struct machine *m)
{
	trace_quotes_free(m->quotes);
	slow_free(m->slow);
}

/* --- events --- */

static void feed(struct machine *m, void *record, uint16_t kind, uint32_t cpu, uint32_t tid)
{
	struct events_head *head = record;

	if (kind >= EVENTS_SWITCH && !m->context)
		return;	/* nobody asked for these */
	*head = (struct events_head){ .ns = m->now, .kind = kind, .cpu = cpu, .tid = tid,
				      .size = (uint16_t)event_size(kind) };
	slow_event(m->slow, head);
	trace_quotes_add(m->quotes, head);
}

static void switched(struct machine *m, uint32_t cpu, uint32_t from, uint32_t to, uint32_t state)
{
	struct events_switch event = { .next_tid = to, .state = state };

	snprintf(event.prev_comm, EVENTS_COMM, "t%u", from);
	snprintf(event.next_comm, EVENTS_COMM, "t%u", to);
	feed(m, &event, EVENTS_SWITCH, cpu, from);
	m->on[cpu] = to;
}

static void irq_event(struct machine *m, uint16_t kind, uint32_t cpu, uint32_t tid, uint32_t class,
		      uint32_t number)
{
	struct events_irq event = { .class = class, .number = number };

	if (kind == EVENTS_IRQ_ENTER && class == EVENTS_IRQ_DEVICE)
		strcpy(event.name, "eth0");
	feed(m, &event, kind, cpu, tid);
}

static void quote_begin(struct machine *m, uint32_t cpu, uint32_t tid, uint64_t quote, uint64_t tdr)
{
	struct events_begin event = { .quote = quote, .tdr = tdr };

	feed(m, &event, EVENTS_QUOTE_BEGIN, cpu, tid);
}

static void quote_buffer(struct machine *m, uint32_t cpu, uint32_t tid, uint64_t quote,
			 uint64_t tdr, uint32_t buffer, uint64_t wait_ns)
{
	struct events_buffer event = { .quote = quote, .tdr = tdr, .buffer = buffer,
				       .wait_ns = wait_ns };

	feed(m, &event, EVENTS_QUOTE_BUFFER, cpu, tid);
}

static void other_stay(struct machine *m, uint32_t cpu, uint32_t tid, uint64_t quote, uint64_t ns)
{
	struct events_iteration event = { .call = quote, .duration_ns = ns };

	feed(m, &event, EVENTS_ITERATION, cpu, tid);
}

static void other_quote_end(struct machine *m, uint32_t cpu, uint32_t tid, uint64_t quote,
			    uint64_t tdr)
{
	struct events_quote event = { .quote = quote, .tdr = tdr };

	snprintf(event.comm, EVENTS_COMM, "t%u", tid);
	feed(m, &event, EVENTS_QUOTE_END, cpu, tid);
}

/* --- what happens to the quote under test, and what it took --- */

static uint64_t *part_of(struct events_quote *end, enum slow_part part)
{
	uint64_t *const parts[] = {
		(uint64_t *)&end->copy_in_ns, (uint64_t *)&end->wait_ns,
		(uint64_t *)&end->seam_ns, (uint64_t *)&end->gap_ns,
		(uint64_t *)&end->copy_out_ns, (uint64_t *)&end->other_ns,
	};

	return parts[part];
}

static void note(struct machine *m, enum slow_part part, struct slow_cause cause, uint64_t ns)
{
	unsigned int i;

	for (i = 0; i < m->nr_truth; i++) {
		const struct slow_cause *known = &m->truth[i].cause;

		if (m->truth[i].part == part && known->what == cause.what &&
		    known->tid == cause.tid && known->number == cause.number &&
		    known->quote == cause.quote)
			break;
	}
	assert_true(i < TRUTHS);
	m->truth[i].part = part;
	cause.ns += m->truth[i].cause.ns + ns;
	m->truth[i].cause = cause;
	m->nr_truth += i == m->nr_truth;
}

/* Time passes, and this is why. */
static void pass(struct machine *m, struct slow_cause cause, uint64_t ns)
{
	note(m, m->part, cause, ns);
	*part_of(&m->end, m->part) += ns;
	m->end.total_ns += ns;
	m->now += ns;
}

static void work(struct machine *m, uint64_t ns)
{
	const struct slow_cause own = { .what = m->part == SLOW_SEAM ? SLOW_MODULE : SLOW_OWN };

	pass(m, own, ns);
}

static void interrupt(struct machine *m, uint32_t class, uint32_t number, uint64_t ns)
{
	const struct slow_cause cause = { .what = SLOW_IRQ, .number = number };

	irq_event(m, EVENTS_IRQ_ENTER, m->cpu, m->tid, class, number);
	pass(m, cause, ns);
	irq_event(m, EVENTS_IRQ_EXIT, m->cpu, m->tid, class, number);
}

/* A softirq, with an interrupt in its middle. */
static void softirq(struct machine *m, uint32_t number, uint64_t ns)
{
	const struct slow_cause cause = { .what = SLOW_SOFTIRQ, .number = number };

	irq_event(m, EVENTS_SOFTIRQ_ENTER, m->cpu, m->tid, EVENTS_IRQ_SOFTIRQ, number);
	pass(m, cause, ns / 2);
	interrupt(m, EVENTS_IRQ_TIMER, TIMER_VECTOR, 7);
	pass(m, cause, ns - ns / 2);
	irq_event(m, EVENTS_SOFTIRQ_EXIT, m->cpu, m->tid, EVENTS_IRQ_SOFTIRQ, number);
}

static void preempted(struct machine *m, uint32_t tid, uint64_t ns)
{
	const struct slow_cause cause = { .what = SLOW_THREAD, .tid = tid };

	switched(m, m->cpu, m->tid, tid, 0);
	pass(m, cause, ns);
	switched(m, m->cpu, tid, m->tid, 0);
}

static void asleep(struct machine *m, uint64_t ns)
{
	const struct slow_cause cause = { .what = SLOW_ASLEEP };

	switched(m, m->cpu, m->tid, 0, 2);
	pass(m, cause, ns);
	switched(m, m->cpu, 0, m->tid, 0);
}

/* On another CPU from now on, behind who ran on the old one. */
static void migrated(struct machine *m, uint32_t to, uint32_t tid, uint64_t ns)
{
	const struct slow_cause cause = { .what = SLOW_THREAD, .tid = tid };

	switched(m, m->cpu, m->tid, tid, 0);
	pass(m, cause, ns);
	m->cpu = to;
	switched(m, m->cpu, m->on[m->cpu], m->tid, 0);
}

static void begins(struct machine *m, uint64_t quote)
{
	m->begin_ns = m->now;
	m->end = (struct events_quote){ .quote = quote, .tdr = 0x1000 * quote };
	m->left_ns = m->gap_before = 0;
	m->iterations = 0;
	memset(m->truth, 0, sizeof(m->truth));
	m->nr_truth = 0;
	m->part = SLOW_COPY_IN;
	quote_begin(m, m->cpu, m->tid, quote, m->end.tdr);
}

static void has_buffer(struct machine *m, uint32_t buffer)
{
	quote_buffer(m, m->cpu, m->tid, m->end.quote, m->end.tdr, buffer, m->end.wait_ns);
	m->part = SLOW_OTHER;
}

static void enters(struct machine *m)
{
	m->gap_before = m->left_ns ? m->now - m->left_ns : 0;
	m->part = SLOW_SEAM;
	m->left_ns = m->now;
}

static void leaves(struct machine *m, uint64_t status)
{
	struct events_iteration event = {
		.call = m->end.quote,
		.tdr = m->end.tdr,
		.status = status,
		.duration_ns = m->now - m->left_ns,
		.gap_ns = m->gap_before,
		.iteration = m->iterations++,
		.leaf = 98,
	};

	feed(m, &event, EVENTS_ITERATION, m->cpu, m->tid);
	m->left_ns = m->now;
	m->part = SLOW_GAP;
}

static void ends(struct machine *m)
{
	m->end.iterations = m->iterations;
	m->end.bytes = 8000;
	strcpy(m->end.comm, "t100");
	feed(m, &m->end, EVENTS_QUOTE_END, m->cpu, m->tid);
}

/* 10 us of everything but waiting, 5 ms in SEAM. */
static void usual_quote(struct machine *m, uint64_t quote)
{
	begins(m, quote);
	work(m, 10 * US);
	has_buffer(m, 0);
	work(m, 10 * US);
	enters(m);
	work(m, 5 * MS);
	leaves(m, 0);
	m->part = SLOW_COPY_OUT;
	work(m, 10 * US);
	m->part = SLOW_OTHER;
	work(m, 10 * US);
	ends(m);
	m->now += MS;
}

static void usual_quotes(struct machine *m)
{
	uint64_t quote;

	for (quote = 1; quote <= 20; quote++)
		usual_quote(m, quote);
}

/* --- what is said about it --- */

static uint64_t sum_of(const struct slow_account *account)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < account->nr; i++)
		sum += account->causes[i].ns;
	return sum;
}

static void assert_adds_up(const struct slow_quote *quote)
{
	unsigned int part;

	for (part = 0; part < SLOW_PARTS; part++) {
		assert_int_equal(quote->parts[part].ns, slow_part_ns(&quote->end, part));
		assert_int_equal(sum_of(&quote->parts[part]), quote->parts[part].ns);
		assert_true(quote->parts[part].nr <= 2 * SLOW_CAUSES + SLOW_UNBOUND);
	}
}

static const struct slow_cause *find(const struct slow_quote *quote, enum slow_part part,
				     const struct slow_cause *wanted)
{
	const struct slow_account *account = &quote->parts[part];
	unsigned int i;

	for (i = 0; i < account->nr; i++) {
		const struct slow_cause *cause = &account->causes[i];

		if (cause->what == wanted->what && cause->tid == wanted->tid &&
		    cause->number == wanted->number && cause->quote == wanted->quote)
			return cause;
	}
	return NULL;
}

static uint64_t ns_of(const struct slow_quote *quote, enum slow_part part,
		      struct slow_cause wanted)
{
	const struct slow_cause *cause = find(quote, part, &wanted);

	return cause ? cause->ns : 0;
}

/* Everything that happened is said, and nothing else. */
static void assert_truth(const struct machine *m, const struct slow_quote *quote)
{
	unsigned int i, part, said = 0, done = 0;

	assert_adds_up(quote);
	for (i = 0; i < m->nr_truth; i++) {
		const struct slow_cause *truth = &m->truth[i].cause;

		if (!truth->ns)
			continue;
		done++;
		if (ns_of(quote, m->truth[i].part, *truth) != truth->ns)
			fail_msg("quote %llu, part %u, %s tid %u number %u: %lu instead of %lu",
				 quote->end.quote, m->truth[i].part, slow_what_words[truth->what],
				 truth->tid, truth->number,
				 ns_of(quote, m->truth[i].part, *truth), truth->ns);
	}
	for (part = 0; part < SLOW_PARTS; part++)
		for (i = 0; i < quote->parts[part].nr; i++)
			said += quote->parts[part].causes[i].ns != 0;
	assert_int_equal(said, done);
}

static void assert_verdict(const struct machine *m, enum slow_part part, enum slow_what what,
			   const char *says)
{
	struct slow_verdict verdict = slow_verdict(m->slow, slow_at(m->slow, 0));
	char text[SAY_VERDICT];

	assert_int_equal(verdict.part, part);
	assert_non_null(verdict.cause);
	assert_int_equal(verdict.cause->what, what);
	if (!strstr(say_verdict(text, m->slow, slow_at(m->slow, 0)), says))
		fail_msg("'%s' is not in '%s'", says, text);
}

/* --- the tests --- */

#define HOLDERS	3

/* Three guests have had the buffer before, 4, 5 and 6 ms, each the next at once. */
static void wait_behind_holders(struct machine *m, uint32_t hog)
{
	struct slow_cause behind = { .what = SLOW_THREAD, .tid = hog };
	uint32_t i;

	m->part = SLOW_WAIT;
	switched(m, m->cpu, m->tid, hog, 2);
	for (i = 0; i < HOLDERS; i++) {
		const struct slow_cause holder = { .what = SLOW_HOLDER, .tid = 200 + i,
						   .quote = 500 + i };

		if (i)
			quote_buffer(m, 1, 200 + i, 500 + i, 0x5000 + i, 0, 1);
		pass(m, holder, (4 + i) * MS);
		other_stay(m, 1, 200 + i, 500 + i, (1 + i) * MS);
		other_stay(m, 2, 300, 700, 3 * MS);
		if (i == HOLDERS - 1)
			other_quote_end(m, 1, 200 + i, 500 + i, 0x5000 + i);
	}
	behind.what = hog ? SLOW_THREAD : SLOW_IDLE;
	pass(m, behind, 2 * MS);
	switched(m, m->cpu, hog, m->tid, 0);
	has_buffer(m, 0);
}

static void waiting_quote(struct machine *m, uint32_t hog)
{
	uint32_t i;

	for (i = 0; i < HOLDERS; i++)
		quote_begin(m, 1, 200 + i, 500 + i, 0x5000 + i);
	quote_buffer(m, 1, 200, 500, 0x5000, 0, 0);
	m->now += 100 * US;
	begins(m, 600);
	work(m, 20 * US);
	wait_behind_holders(m, hog);
	enters(m);
	work(m, 5 * MS);
	leaves(m, 0);
	m->part = SLOW_COPY_OUT;
	work(m, 10 * US);
	ends(m);
}

static void names_the_holders(void **state)
{
	const struct slow_quote *quote;
	struct machine m;
	uint32_t i;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	waiting_quote(&m, 0);
	quote = slow_at(m.slow, 0);
	assert_int_equal(quote->end.quote, 600);
	assert_truth(&m, quote);
	for (i = 0; i < HOLDERS; i++) {
		const struct slow_cause holder = { .what = SLOW_HOLDER, .tid = 200 + i,
						   .quote = 500 + i };

		assert_int_equal(find(quote, SLOW_WAIT, &holder)->seam_ns, (1 + i) * MS);
	}
	assert_verdict(&m, SLOW_WAIT, SLOW_HOLDER,
		       "Waited 15.0ms of 22.0ms for buffer 0, which TD 0x5002 (t202/202) held "
		       "for 6.00ms, and 2 others for 9.00ms.");
	stop(&m);
}

static void names_who_ran_when_the_buffer_was_free(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	waiting_quote(&m, 77);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_int_equal(ns_of(slow_at(m.slow, 0), SLOW_WAIT,
			       (struct slow_cause){ .what = SLOW_THREAD, .tid = 77 }), 2 * MS);
	stop(&m);
}

#define CROWD	40

/* More holders than are told apart, some of them twice: one reason, and nothing is left out. */
static void sums_up_a_crowd(void **state)
{
	const struct slow_account *wait;
	struct machine m;
	uint32_t i;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	for (i = 0; i < CROWD; i++)
		quote_begin(&m, 1, 200 + i % 30, 500 + i, 0x5000000000 + i % 30);
	quote_buffer(&m, 1, 200, 500, 0x5000000000, 0, 0);
	begins(&m, 600);
	m.part = SLOW_WAIT;
	switched(&m, m.cpu, m.tid, 0, 2);
	for (i = 0; i < CROWD; i++) {
		if (i)
			quote_buffer(&m, 1, 200 + i % 30, 500 + i, 0x5000000000 + i % 30, 0, 1);
		pass(&m, (struct slow_cause){ .what = SLOW_HOLDER, .tid = i }, MS);
	}
	other_quote_end(&m, 1, 200 + (CROWD - 1) % 30, 500 + CROWD - 1, 0x5000000000);
	switched(&m, m.cpu, 0, m.tid, 0);
	work(&m, 10 * US);
	has_buffer(&m, 0);
	ends(&m);

	wait = &slow_at(m.slow, 0)->parts[SLOW_WAIT];
	assert_adds_up(slow_at(m.slow, 0));
	assert_int_equal(wait->nr, SLOW_CAUSES + 2);
	assert_int_equal(ns_of(slow_at(m.slow, 0), SLOW_WAIT,
			       (struct slow_cause){ .what = SLOW_OWN }), 10 * US);
	assert_int_equal(wait->causes[0].ns, 2 * MS);
	assert_int_equal(wait->causes[0].count, 2);
	assert_int_equal(wait->causes[SLOW_CAUSES].what, SLOW_HOLDERS);
	assert_int_equal(wait->causes[SLOW_CAUSES].ns, 20 * MS);
	assert_int_equal(wait->causes[SLOW_CAUSES].count, 20);
	assert_verdict(&m, SLOW_WAIT, SLOW_HOLDER, "and more than 9 others for 38.0ms.");
	stop(&m);
}

/* Two buffers: that the other one is held by somebody else is no reason. */
static void keeps_buffers_apart(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	quote_begin(&m, 1, 300, 700, 0x7000);
	quote_buffer(&m, 1, 300, 700, 0x7000, 1, 0);
	waiting_quote(&m, 0);
	assert_truth(&m, slow_at(m.slow, 0));
	stop(&m);
}

/* Who had the buffer before anybody looked cannot be told. */
static void says_what_was_before_the_stream(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	begins(&m, 1);
	work(&m, 10 * US);
	m.part = SLOW_WAIT;
	switched(&m, m.cpu, m.tid, 0, 2);
	pass(&m, (struct slow_cause){ .what = SLOW_BEFORE }, 9 * MS);
	switched(&m, m.cpu, 0, m.tid, 0);
	has_buffer(&m, 0);
	enters(&m);
	work(&m, MS);
	leaves(&m, 0);
	ends(&m);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_verdict(&m, SLOW_WAIT, SLOW_BEFORE, "is not known");
	stop(&m);
}

static void quote_with_gap(struct machine *m, void (*gap)(struct machine *m))
{
	begins(m, 600);
	work(m, 10 * US);
	has_buffer(m, 0);
	enters(m);
	work(m, 2 * MS);
	interrupt(m, EVENTS_IRQ_TIMER, TIMER_VECTOR, 3 * US);
	leaves(m, RESUMABLE);
	work(m, US);
	gap(m);
	enters(m);
	work(m, 3 * MS);
	leaves(m, 0);
	m->part = SLOW_COPY_OUT;
	work(m, 10 * US);
	ends(m);
}

static void hog(struct machine *m)
{
	preempted(m, 233, 20 * MS);
	softirq(m, 3, 40 * US);
	interrupt(m, EVENTS_IRQ_DEVICE, 33, 11 * US);
	preempted(m, 9, 50 * US);
	preempted(m, 233, 4 * MS);
}

static void names_the_hog(void **state)
{
	const struct slow_quote *quote;
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	quote_with_gap(&m, hog);
	quote = slow_at(m.slow, 0);
	assert_truth(&m, quote);
	assert_verdict(&m, SLOW_GAP, SLOW_THREAD,
		       "Thread t233/233 had its CPU for 24.0ms of 29.1ms, 2 times, and 1 other "
		       "for 50.0us, between two stays in SEAM.");
	/* What was interrupted, or cut in two, is one. */
	assert_int_equal(find(quote, SLOW_GAP, &(struct slow_cause){ .what = SLOW_SOFTIRQ,
			      .number = 3 })->count, 1);
	assert_int_equal(find(quote, SLOW_GAP, &(struct slow_cause){ .what = SLOW_IRQ,
			      .number = 33 })->count, 1);
	assert_int_equal(quote->stays.resumable, 1);
	assert_int_equal(quote->stays.nr_left, 1);
	assert_int_equal(quote->stays.left[0].class, EVENTS_IRQ_TIMER);
	assert_int_equal(quote->stays.longest_ns, 3 * MS);
	assert_int_equal(quote->stays.longest, 1);
	stop(&m);
}

static void sleeps(struct machine *m)
{
	asleep(m, 30 * MS);
}

static void tells_sleep_from_being_preempted(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	quote_with_gap(&m, sleeps);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_verdict(&m, SLOW_GAP, SLOW_ASLEEP, "It slept for 30.0ms of 35.0ms");
	stop(&m);
}

static void moves(struct machine *m)
{
	migrated(m, 3, 233, 12 * MS);
	work(m, 5 * US);
	migrated(m, 0, 234, 2 * MS);
}

static void follows_it_to_another_cpu(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	quote_with_gap(&m, moves);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_int_equal(slow_at(m.slow, 0)->migrations, 2);
	assert_verdict(&m, SLOW_GAP, SLOW_THREAD, "Thread t233/233 had its CPU for 12.0ms");
	stop(&m);
}

static void names_the_storm(void **state)
{
	const struct slow_quote *quote;
	struct machine m;
	int i;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 600);
	has_buffer(&m, 0);
	for (i = 0; i < 400; i++) {
		enters(&m);
		work(&m, 5 * MS / 400);
		interrupt(&m, EVENTS_IRQ_DEVICE, 33, 25 * US);
		if (i % 4 == 0)
			interrupt(&m, EVENTS_IRQ_TIMER, TIMER_VECTOR, US);
		leaves(&m, i < 399 ? RESUMABLE : 0);
	}
	ends(&m);
	quote = slow_at(m.slow, 0);
	assert_truth(&m, quote);
	assert_verdict(&m, SLOW_SEAM, SLOW_IRQ,
		       "Interrupt eth0 (irq 33) took 10.0ms of 15.1ms, 400 times");
	assert_int_equal(quote->stays.resumable, 399);
	assert_int_equal(quote->stays.left[0].count, 399);
	assert_int_equal(quote->stays.no_irq, 0);
	stop(&m);
}

static void says_when_the_module_took_long(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 600);
	has_buffer(&m, 0);
	enters(&m);
	work(&m, 20 * MS);
	leaves(&m, 0);
	ends(&m);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_verdict(&m, SLOW_SEAM, SLOW_MODULE,
		       "The TDX module took 20.0ms of 20.0ms, 4.0 times the usual.");
	stop(&m);
}

static void says_when_all_is_as_usual(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 3, SLOW_TOTAL, true);
	usual_quotes(&m);
	assert_true(slow_verdict(m.slow, slow_at(m.slow, 0)).usual);
	assert_verdict(&m, SLOW_SEAM, SLOW_MODULE, "No part took much longer");
	stop(&m);
}

/* Between two quotes nobody watched: who runs now has not run all that time. */
static void knows_nothing_of_a_pause(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	m.tid = 50;
	usual_quotes(&m);
	m.tid = 100;
	irq_event(&m, EVENTS_IRQ_ENTER, 0, 50, EVENTS_IRQ_DEVICE, 5);
	m.now += 100 * MS;
	quote_with_gap(&m, hog);
	assert_truth(&m, slow_at(m.slow, 0));
	stop(&m);
}

/* It wakes up where somebody runs who came there while nobody watched. */
static void knows_who_came_in_a_pause(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 500);
	switched(&m, 3, 0, 55, 0);
	has_buffer(&m, 0);
	work(&m, US);
	ends(&m);
	m.now += MS;

	begins(&m, 600);
	m.part = SLOW_WAIT;
	switched(&m, 0, m.tid, 0, 2);
	pass(&m, (struct slow_cause){ .what = SLOW_THREAD, .tid = 77 }, 9 * MS);
	m.cpu = 3;
	switched(&m, 3, 77, m.tid, 0);
	has_buffer(&m, 0);
	ends(&m);
	assert_truth(&m, slow_at(m.slow, 0));
	assert_verdict(&m, SLOW_WAIT, SLOW_THREAD, "when its buffer was free");
	stop(&m);
}

/* One ends that began before anybody watched, while ours lasts: it makes no pause. */
static void watches_on_as_an_earlier_quote_ends(void **state)
{
	struct events_begin other = { .quote = 601 };
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 600);
	m.part = SLOW_WAIT;
	switched(&m, 3, 0, 77, 0);
	switched(&m, 0, m.tid, 0, 2);
	pass(&m, (struct slow_cause){ .what = SLOW_THREAD, .tid = 77 }, 5 * MS);
	other_quote_end(&m, 2, 88, 499, 0x2000);
	feed(&m, &other, EVENTS_QUOTE_BEGIN, 2, 88);
	pass(&m, (struct slow_cause){ .what = SLOW_THREAD, .tid = 77 }, 4 * MS);
	m.cpu = 3;
	switched(&m, 3, 77, m.tid, 0);
	has_buffer(&m, 0);
	ends(&m);
	assert_truth(&m, slow_at(m.slow, 0));
	stop(&m);
}

/* A busy CPU pushes out what was at the quote's beginning; what is left is still told. */
static void says_what_was_lost(void **state)
{
	const struct slow_quote *quote;
	uint64_t lost = 0;
	unsigned int part;
	struct machine m;
	int i;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 600);
	preempted(&m, 44, 3 * MS);
	has_buffer(&m, 0);
	enters(&m);
	work(&m, MS);
	leaves(&m, RESUMABLE);
	for (i = 0; i < 40000; i++) {
		work(&m, 500);
		interrupt(&m, EVENTS_IRQ_TIMER, TIMER_VECTOR, 500);
	}
	enters(&m);
	work(&m, MS);
	leaves(&m, 0);
	ends(&m);
	quote = slow_at(m.slow, 0);
	assert_adds_up(quote);
	for (part = 0; part < SLOW_PARTS; part++)
		lost += ns_of(quote, part, (struct slow_cause){ .what = SLOW_LOST });
	assert_true(lost >= 4 * MS);
	assert_int_equal(ns_of(quote, SLOW_COPY_IN,
			       (struct slow_cause){ .what = SLOW_LOST }), 3 * MS);
	assert_true(ns_of(quote, SLOW_GAP, (struct slow_cause){ .what = SLOW_IRQ,
		    .number = TIMER_VECTOR }) > 5 * MS);
	stop(&m);
}

/* The begin of a stay is missing: nothing about that time is invented. */
static void says_what_is_unexplained(void **state)
{
	const struct slow_quote *quote;
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, true);
	usual_quotes(&m);
	begins(&m, 600);
	has_buffer(&m, 0);
	enters(&m);
	work(&m, MS);
	leaves(&m, RESUMABLE);
	pass(&m, (struct slow_cause){ .what = SLOW_UNEXPLAINED }, 9 * MS);
	switched(&m, 0, 44, 100, 0);	/* but who switched to 44? */
	enters(&m);
	work(&m, MS);
	leaves(&m, 0);
	ends(&m);
	quote = slow_at(m.slow, 0);
	assert_truth(&m, quote);
	assert_verdict(&m, SLOW_GAP, SLOW_UNEXPLAINED, "is not known: unexplained");
	stop(&m);
}

static void tells_holders_without_context(void **state)
{
	const struct slow_quote *quote;
	struct machine m;

	(void)state;
	start(&m, 1, SLOW_TOTAL, false);
	usual_quotes(&m);
	waiting_quote(&m, 0);
	quote = slow_at(m.slow, 0);
	assert_adds_up(quote);
	assert_int_equal(ns_of(quote, SLOW_WAIT, (struct slow_cause){ .what = SLOW_HOLDER,
			       .tid = 202, .quote = 502 }), 6 * MS);
	assert_int_equal(ns_of(quote, SLOW_SEAM, (struct slow_cause){ .what = SLOW_MODULE }),
			 5 * MS);
	assert_int_equal(ns_of(quote, SLOW_WAIT, (struct slow_cause){ .what = SLOW_UNEXPLAINED }),
			 2 * MS);
	stop(&m);
}

static void keeps_the_worst(void **state)
{
	struct machine m;
	uint64_t i;

	(void)state;
	start(&m, 5, SLOW_SEAM, true);
	for (i = 0; i < 100; i++) {
		begins(&m, 1 + i);
		work(&m, (100 - i) * 10 * MS);	/* long by another part */
		has_buffer(&m, 0);
		enters(&m);
		work(&m, (i * 37 % 100 + 1) * MS);
		leaves(&m, 0);
		ends(&m);
		m.now += MS;
	}
	assert_int_equal(slow_seen(m.slow), 100);
	assert_int_equal(slow_kept(m.slow), 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(slow_at(m.slow, (unsigned int)i)->key, (100 - i) * MS);
		assert_adds_up(slow_at(m.slow, (unsigned int)i));
		assert_int_equal(slow_verdict(m.slow, slow_at(m.slow, (unsigned int)i)).part,
				 SLOW_SEAM);
	}
	stop(&m);
}

/* --- at random --- */

static void something(struct machine *m, uint64_t *seed)
{
	uint64_t ns = 1 + random_next(seed) % (100 * US);
	uint32_t who = 300 + (uint32_t)(random_next(seed) % 2);

	switch (random_next(seed) % 7) {
	case 0:
		interrupt(m, EVENTS_IRQ_DEVICE, 30, ns);
		break;
	case 1:
		softirq(m, (uint32_t)(ns % 3), ns);
		break;
	case 2:
		/* In the module preemption is off; in a wait, who sleeps waits. */
		if (m->part != SLOW_SEAM)
			preempted(m, who, ns);
		break;
	case 3:
		if (m->part != SLOW_SEAM && m->part != SLOW_WAIT)
			asleep(m, ns);
		break;
	case 4:
		if (m->part != SLOW_SEAM)
			migrated(m, (m->cpu + 1) % 4, who, ns);
		break;
	default:
		work(m, ns);
	}
}

static void some(struct machine *m, uint64_t *seed, enum slow_part part)
{
	uint64_t n = random_next(seed) % 6;

	m->part = part;
	while (n--)
		something(m, seed);
}

/*
 * Some parts come twice: a quote's input is copied again, its buffer is given back, and
 * "other" is everywhere. What is short is so by nothing here, so that all has its place.
 */
static void random_quote(struct machine *m, uint64_t *seed, uint64_t quote)
{
	uint64_t stays = 1 + random_next(seed) % 5;

	begins(m, quote);
	some(m, seed, SLOW_COPY_IN);
	some(m, seed, SLOW_OTHER);
	some(m, seed, SLOW_WAIT);
	has_buffer(m, 0);
	some(m, seed, SLOW_OTHER);
	while (stays--) {
		enters(m);
		some(m, seed, SLOW_SEAM);
		work(m, US);
		leaves(m, stays ? RESUMABLE : 0);
		some(m, seed, SLOW_GAP);
	}
	some(m, seed, SLOW_COPY_OUT);
	some(m, seed, SLOW_OTHER);
	ends(m);
}

static void finds_the_truth_at_random(void **state)
{
	uint64_t seed, quote, checked = 0;
	struct machine m;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		uint64_t random = seed;

		start(&m, 1, SLOW_OTHER, true);
		usual_quote(&m, 1);	/* so that buffer 0 is known */
		for (quote = 2; quote < 20; quote++) {
			random_quote(&m, &random, quote);
			if (slow_at(m.slow, 0)->end.quote == quote) {
				assert_truth(&m, slow_at(m.slow, 0));
				checked++;
			}
			m.now += random_next(&random) % MS;
		}
		stop(&m);
	}
	assert_true(checked > 200);
	printf("# %lu quotes made at random, all that was said of them is true\n", checked);
}

/* --- streams that lie --- */

static uint64_t any_number(uint64_t *seed)
{
	uint64_t value = random_next(seed);

	switch (random_next(seed) % 5) {
	case 0:
		return value % 4;
	case 1:
		return value % (10 * MS);
	case 2:
		return UINT64_MAX - value % 4;
	case 3:
		return 1000 * MS + value % (10 * MS);
	default:
		return value;
	}
}

static void any_record(union event *event, uint64_t *seed)
{
	static const uint16_t kinds[] = {
		EVENTS_ITERATION, EVENTS_QUOTE_BEGIN, EVENTS_QUOTE_BUFFER, EVENTS_QUOTE_END,
		EVENTS_SWITCH, EVENTS_IRQ_ENTER, EVENTS_IRQ_EXIT, EVENTS_SOFTIRQ_ENTER,
		EVENTS_SOFTIRQ_EXIT, EVENTS_ANSWER, 9999
	};
	uint64_t *word = (uint64_t *)event;
	size_t i;

	for (i = 0; i < sizeof(*event) / sizeof(*word); i++)
		word[i] = any_number(seed);
	event->head.kind = kinds[random_next(seed) % (sizeof(kinds) / sizeof(*kinds))];
	event->head.cpu = random_next(seed) % 8 ? event->head.cpu % 4 : event->head.cpu;
	event->head.tid = random_next(seed) % 8 ? event->head.tid % 6 : event->head.tid;
	if (event->head.kind == EVENTS_SWITCH)
		event->switched.next_tid %= 6;
	if (event->head.kind >= EVENTS_IRQ_ENTER && event->head.kind <= EVENTS_SOFTIRQ_EXIT)
		event->irq.class %= 9;
	/* As readers of captures see to it. */
	event->switched.prev_comm[EVENTS_COMM - 1] = event->switched.next_comm[EVENTS_COMM - 1] = 0;
	event->irq.name[EVENTS_COMM - 1] = 0;
	event->quote.comm[EVENTS_COMM - 1] = 0;
}

static void stays_sane_with_lies(void **state)
{
	FILE *nowhere = fopen("/dev/null", "w");
	uint64_t seed, kept = 0;
	struct machine m;
	unsigned int i;

	(void)state;
	assert_non_null(nowhere);
	for (seed = 1; seed <= 60; seed++) {
		uint64_t random = seed;
		union event event;

		start(&m, 4, (enum slow_part)(seed % (SLOW_TOTAL + 1)), seed % 8);
		for (i = 0; i < 3000; i++) {
			any_record(&event, &random);
			slow_event(m.slow, &event.head);
			trace_quotes_add(m.quotes, &event.head);
		}
		for (i = 0; i < slow_kept(m.slow); i++)
			assert_adds_up(slow_at(m.slow, i));
		kept += slow_kept(m.slow);
		slow_print(m.slow, nowhere);
		slow_print_json(m.slow, nowhere);
		stop(&m);
	}
	assert_true(kept > 60);
	fclose(nowhere);
}

/* Each line is an object that can be read, and no page is wider than 80 columns. */
static void prints_what_can_be_read(void **state)
{
	char *text, *line, *next;
	struct machine m;
	json_t *object;
	size_t size;
	FILE *out;

	(void)state;
	start(&m, 3, SLOW_TOTAL, true);
	usual_quotes(&m);
	waiting_quote(&m, 4000000000);
	m.now += MS;
	quote_with_gap(&m, hog);
	out = open_memstream(&text, &size);
	slow_print(m.slow, out);
	fclose(out);
	for (line = text; (next = strchr(line, '\n')); line = next + 1)
		assert_true(next - line < 80);
	free(text);

	out = open_memstream(&text, &size);
	slow_print_json(m.slow, out);
	fclose(out);
	for (line = text; (next = strchr(line, '\n')); line = next + 1) {
		object = json_loadb(line, (size_t)(next - line), JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(object);
		assert_true(json_is_string(json_object_get(json_object_get(object, "verdict"),
							   "text")));
		json_decref(object);
	}
	free(text);
	stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_holders),
		cmocka_unit_test(names_who_ran_when_the_buffer_was_free),
		cmocka_unit_test(sums_up_a_crowd),
		cmocka_unit_test(keeps_buffers_apart),
		cmocka_unit_test(says_what_was_before_the_stream),
		cmocka_unit_test(names_the_hog),
		cmocka_unit_test(tells_sleep_from_being_preempted),
		cmocka_unit_test(follows_it_to_another_cpu),
		cmocka_unit_test(names_the_storm),
		cmocka_unit_test(says_when_the_module_took_long),
		cmocka_unit_test(says_when_all_is_as_usual),
		cmocka_unit_test(knows_nothing_of_a_pause),
		cmocka_unit_test(knows_who_came_in_a_pause),
		cmocka_unit_test(watches_on_as_an_earlier_quote_ends),
		cmocka_unit_test(says_what_was_lost),
		cmocka_unit_test(says_what_is_unexplained),
		cmocka_unit_test(tells_holders_without_context),
		cmocka_unit_test(keeps_the_worst),
		cmocka_unit_test(finds_the_truth_at_random),
		cmocka_unit_test(stays_sane_with_lies),
		cmocka_unit_test(prints_what_can_be_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
