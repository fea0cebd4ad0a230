// SPDX-License-Identifier: GPL-2.0
/*
 * Causes and verdicts in words.
 */
#include "slow/say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *const slow_part_titles[] = {
	"copy in", "wait", "in SEAM", "gap", "copy out", "other", "total"
};

const char *const slow_what_words[] = {
	[SLOW_OWN]		= "own",
	[SLOW_MODULE]		= "module",
	[SLOW_HOLDER]		= "holder",
	[SLOW_HOLDERS]		= "holders",
	[SLOW_THREAD]		= "thread",
	[SLOW_IRQ]		= "interrupt",
	[SLOW_SOFTIRQ]		= "softirq",
	[SLOW_IDLE]		= "idle",
	[SLOW_ASLEEP]		= "asleep",
	[SLOW_MORE]		= "more",
	[SLOW_BEFORE]		= "before",
	[SLOW_LOST]		= "lost",
	[SLOW_UNEXPLAINED]	= "unexplained",
};

/* Behind what is in @text already. */
__attribute__((format(printf, 4, 5)))
static void append(char *text, size_t size, size_t *at, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text + *at, size - *at, format, arguments);
	va_end(arguments);
	if (length > 0)
		*at = *at + (size_t)length < size ? *at + (size_t)length : size - 1;
}

/* --- causes --- */

static const char *const softirqs[] = {
	"high", "timer", "net-tx", "net-rx", "block", "irq-poll", "tasklet", "sched", "hrtimer",
	"rcu"
};

static const char *const classes[EVENTS_IRQ_NR_CLASSES] = {
	[EVENTS_IRQ_TIMER]	= "local timer",
	[EVENTS_IRQ_RESCHEDULE]	= "reschedule",
	[EVENTS_IRQ_CALL]	= "function call",
	[EVENTS_IRQ_WORK]	= "irq work",
};

static const char *say_softirq(char text[SAY_CAUSE], uint32_t number)
{
	if (number < sizeof(softirqs) / sizeof(*softirqs))
		snprintf(text, SAY_CAUSE, "softirq %s", softirqs[number]);
	else
		snprintf(text, SAY_CAUSE, "softirq %" PRIu32, number);
	return text;
}

const char *say_interrupt(char text[SAY_CAUSE], const struct slow_cause *cause)
{
	if (cause->what == SLOW_MORE)
		snprintf(text, SAY_CAUSE, "others");
	else if (cause->what == SLOW_SOFTIRQ)
		return say_softirq(text, cause->number);
	else if (cause->class == EVENTS_IRQ_DEVICE)
		snprintf(text, SAY_CAUSE, "%s (irq %" PRIu32 ")",
			 *cause->name ? cause->name : "device", cause->number);
	else if (cause->class < EVENTS_IRQ_NR_CLASSES && classes[cause->class])
		snprintf(text, SAY_CAUSE, "%s", classes[cause->class]);
	else
		snprintf(text, SAY_CAUSE, "vector %" PRIu32, cause->number);
	return text;
}

/* ", 12 times" */
static void append_times(char *text, size_t size, size_t *at, uint64_t count)
{
	if (count > 1)
		append(text, size, at, ", %" PRIu64 " times", count);
}

static void append_thread(char *text, size_t size, size_t *at, const struct slow_cause *cause)
{
	append(text, size, at, "%s/%" PRIu32, *cause->name ? cause->name : "?", cause->tid);
}

static const char *say_holder(char text[SAY_CAUSE], const struct slow_cause *cause)
{
	char time[SAY_TIME];
	size_t at = 0;

	append(text, SAY_CAUSE, &at, "held by TD 0x%" PRIx64 " (", cause->tdr);
	append_thread(text, SAY_CAUSE, &at, cause);
	append(text, SAY_CAUSE, &at, ")");
	append_times(text, SAY_CAUSE, &at, cause->count);
	/* A quote that began before anybody listened has no name that its stays could carry. */
	if (cause->seam_ns)
		append(text, SAY_CAUSE, &at, ", SEAM %s", say_time(time, cause->seam_ns));
	return text;
}

static const char *say_counted(char text[SAY_CAUSE], const struct slow_cause *cause)
{
	char name[SAY_CAUSE];
	size_t at = 0;

	if (cause->what == SLOW_THREAD) {
		append(text, SAY_CAUSE, &at, "thread ");
		append_thread(text, SAY_CAUSE, &at, cause);
	} else {
		append(text, SAY_CAUSE, &at, "%s%s", cause->what == SLOW_IRQ ? "interrupt " : "",
		       say_interrupt(name, cause));
	}
	append_times(text, SAY_CAUSE, &at, cause->count);
	return text;
}

const char *say_cause(char text[SAY_CAUSE], const struct slow_cause *cause)
{
	static const char *const plain[] = {
		[SLOW_OWN]		= "the path's own code",
		[SLOW_MODULE]		= "the TDX module",
		[SLOW_IDLE]		= "ready to run on an idle CPU",
		[SLOW_ASLEEP]		= "asleep",
		[SLOW_HOLDERS]		= "held by others, each for less",
		[SLOW_MORE]		= "others, each less",
		[SLOW_BEFORE]		= "a holder from before the recording, or none",
		[SLOW_LOST]		= "context lost: no room for it in memory",
		[SLOW_UNEXPLAINED]	= "unexplained",
	};

	switch (cause->what) {
	case SLOW_HOLDER:
		return say_holder(text, cause);
	case SLOW_THREAD:
	case SLOW_IRQ:
	case SLOW_SOFTIRQ:
		return say_counted(text, cause);
	default:
		snprintf(text, SAY_CAUSE, "%s", plain[cause->what]);
		return text;
	}
}

/* --- the verdict --- */

struct verdict_text {
	char *text;
	size_t at;
	const struct slow *slow;
	const struct slow_quote *quote;
	struct slow_verdict verdict;
};

#define SAY(v, ...) append((v)->text, SAY_VERDICT, &(v)->at, __VA_ARGS__)

static double factor(const struct slow *slow, const struct slow_quote *quote, enum slow_part part)
{
	uint64_t typical = slow_typical(slow, part);

	return typical ? (double)slow_part_ns(&quote->end, part) / (double)typical : 0;
}

/* "31.2 ms of 41.0 ms" */
static void say_share(struct verdict_text *v, uint64_t ns)
{
	char part[SAY_TIME], total[SAY_TIME];

	SAY(v, "%s of %s", say_time(part, ns), say_time(total, v->quote->end.total_ns));
}

static const char *part_phrase(enum slow_part part)
{
	static const char *const phrases[] = {
		"while it copied its request in", "when its buffer was free",
		"during its stays in SEAM", "between two stays in SEAM",
		"while it copied the quote out", "between its steps"
	};

	return phrases[part];
}

static void say_holders(struct verdict_text *v)
{
	const struct slow_account *wait = &v->quote->parts[SLOW_WAIT];
	const struct slow_cause *first = v->verdict.cause;
	char time[SAY_TIME];
	unsigned int i, others = 0;
	bool more = false;

	for (i = 0; i < wait->nr; i++) {
		others += wait->causes[i].what == SLOW_HOLDER && &wait->causes[i] != first;
		more |= wait->causes[i].what == SLOW_HOLDERS;
	}
	SAY(v, "Waited ");
	say_share(v, v->verdict.ns);
	SAY(v, " for buffer %" PRIu32 ", which TD 0x%" PRIx64 " (", first->buffer, first->tdr);
	append_thread(v->text, SAY_VERDICT, &v->at, first);
	SAY(v, ") held for %s", say_time(time, first->ns));
	append_times(v->text, SAY_VERDICT, &v->at, first->count);
	if (others)
		SAY(v, ", and %s%u %s for %s", more ? "more than " : "", others,
		    others == 1 ? "other" : "others",
		    say_time(time, v->verdict.ns - first->ns));
	SAY(v, ".");
}

static void say_interrupts(struct verdict_text *v)
{
	char name[SAY_CAUSE];

	SAY(v, "%s%s took ", v->verdict.cause->what == SLOW_IRQ ? "Interrupt " : "",
	    say_interrupt(name, v->verdict.cause));
	say_share(v, v->verdict.ns);
	append_times(v->text, SAY_VERDICT, &v->at, v->verdict.cause->count);
	SAY(v, ", %s.", part_phrase(v->verdict.part));
}

static void say_threads(struct verdict_text *v)
{
	const struct slow_account *part = &v->quote->parts[v->verdict.part];
	unsigned int i, others = 0;
	char time[SAY_TIME];

	for (i = 0; i < part->nr; i++)
		others += part->causes[i].what == SLOW_THREAD &&
			  &part->causes[i] != v->verdict.cause;
	SAY(v, "Thread ");
	append_thread(v->text, SAY_VERDICT, &v->at, v->verdict.cause);
	SAY(v, " had its CPU for ");
	say_share(v, v->verdict.cause->ns);
	append_times(v->text, SAY_VERDICT, &v->at, v->verdict.cause->count);
	if (others)
		SAY(v, ", and %u %s for %s", others, others == 1 ? "other" : "others",
		    say_time(time, v->verdict.ns - v->verdict.cause->ns));
	SAY(v, ", %s.", part_phrase(v->verdict.part));
}

static void say_own(struct verdict_text *v)
{
	bool module = v->verdict.cause->what == SLOW_MODULE;

	SAY(v, "%s took ", module ? "The TDX module" : "The path's own code");
	say_share(v, v->verdict.ns);
	if (!module)
		SAY(v, ", %s", part_phrase(v->verdict.part));
	if (!v->verdict.usual && factor(v->slow, v->quote, v->verdict.part) > 0)
		SAY(v, ", %.1f times the usual",
		    factor(v->slow, v->quote, v->verdict.part));
	SAY(v, ".");
}

static void say_unknown(struct verdict_text *v)
{
	char text[SAY_CAUSE];

	SAY(v, "Why ");
	say_share(v, v->verdict.ns);
	SAY(v, " went by %s is not known: %s.", part_phrase(v->verdict.part),
	    slow_has_context(v->slow) ? say_cause(text, v->verdict.cause) :
					"what else ran was not recorded");
}

static void say_what_it_did(struct verdict_text *v)
{
	SAY(v, "It %s for ", v->verdict.cause->what == SLOW_ASLEEP ? "slept" :
				"was ready to run and its CPU idle");
	say_share(v, v->verdict.ns);
	SAY(v, ", %s.", part_phrase(v->verdict.part));
}

const char *say_verdict(char text[SAY_VERDICT], const struct slow *slow,
			const struct slow_quote *quote)
{
	struct verdict_text v = { text, 0, slow, quote, slow_verdict(slow, quote) };

	*text = '\0';
	if (!v.verdict.cause)
		return "It took no time.";
	switch (v.verdict.cause->what) {
	case SLOW_HOLDER:
		say_holders(&v);
		break;
	case SLOW_THREAD:
		say_threads(&v);
		break;
	case SLOW_IRQ:
	case SLOW_SOFTIRQ:
		say_interrupts(&v);
		break;
	case SLOW_OWN:
	case SLOW_MODULE:
		say_own(&v);
		break;
	case SLOW_IDLE:
	case SLOW_ASLEEP:
		say_what_it_did(&v);
		break;
	default:
		say_unknown(&v);
	}
	if (v.verdict.usual)
		SAY(&v, slow_by(slow) < SLOW_PARTS ? " That is as usual." :
			" No part took much longer than it usually does.");
	return text;
}
