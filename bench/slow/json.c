// SPDX-License-Identifier: GPL-2.0
/*
 * Slow quotes as JSON: one line each, everything that is known, nothing rounded.
 */
#include <inttypes.h>
#include <limits.h>

#include "result/result.h"
#include "slow/say.h"
#include "slow/slow.h"
#include "trace/print.h"

/* From somebody else's file any number may come; JSON's end earlier. */
static json_t *number(uint64_t value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value);
}

static json_t *address(uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *cause_json(const struct slow_cause *cause)
{
	json_t *object = json_pack("{s:s, s:o, s:o}", "what", slow_what_words[cause->what],
				   "ns", number(cause->ns), "count", number(cause->count));
	char text[SAY_CAUSE];

	switch (cause->what) {
	case SLOW_HOLDER:
		json_object_set_new(object, "quote", number(cause->quote));
		json_object_set_new(object, "tdr", address(cause->tdr));
		json_object_set_new(object, "buffer", number(cause->buffer));
		json_object_set_new(object, "seam_ns", number(cause->seam_ns));
		/* fallthrough */
	case SLOW_THREAD:
		json_object_set_new(object, "tid", number(cause->tid));
		json_object_set_new(object, "thread", json_text(cause->name));
		break;
	case SLOW_IRQ:
	case SLOW_SOFTIRQ:
		json_object_set_new(object, "number", number(cause->number));
		json_object_set_new(object, "name", json_text(say_interrupt(text, cause)));
		break;
	default:
		break;
	}
	return object;
}

static json_t *part_json(const struct slow *slow, const struct slow_quote *quote,
			 enum slow_part part)
{
	json_t *causes = json_array();
	unsigned int i;

	for (i = 0; i < quote->parts[part].nr; i++)
		json_array_append_new(causes, cause_json(&quote->parts[part].causes[i]));
	return json_pack("{s:o, s:o, s:o}", "ns", number(quote->parts[part].ns),
			 "median_ns", number(slow_typical(slow, part)), "causes", causes);
}

static json_t *parts_json(const struct slow *slow, const struct slow_quote *quote)
{
	json_t *parts = json_object();
	unsigned int part;

	for (part = 0; part < SLOW_PARTS; part++)
		json_object_set_new(parts, slow_part_words[part], part_json(slow, quote, part));
	return parts;
}

static json_t *stays_json(const struct slow_quote *quote)
{
	const struct slow_stays *stays = &quote->stays;
	json_t *left = json_array();
	char text[SAY_CAUSE];
	unsigned int i;

	for (i = 0; i < stays->nr_left; i++)
		json_array_append_new(left, json_pack("{s:o, s:o}",
			"name", json_text(say_interrupt(text, &stays->left[i])),
			"count", number(stays->left[i].count)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "entries", number(quote->end.iterations),
			 "not_kept", number(quote->dropped),
			 "longest_ns", number(stays->longest_ns),
			 "longest_cpu", number(stays->longest_cpu),
			 "left", number(stays->resumable), "left_for", left,
			 "left_without_interrupt", number(stays->no_irq));
}

static json_t *verdict_json(const struct slow *slow, const struct slow_quote *quote)
{
	struct slow_verdict verdict = slow_verdict(slow, quote);
	char text[SAY_VERDICT];
	double total = (double)quote->end.total_ns;

	return json_pack("{s:s, s:o, s:o, s:f, s:b, s:o}", "part", slow_part_words[verdict.part],
			 "cause", verdict.cause ? cause_json(verdict.cause) : json_null(),
			 "ns", number(verdict.ns),
			 "share", total > 0 ? (double)verdict.ns / total : 0.0,
			 "usual", verdict.usual,
			 "text", json_text(say_verdict(text, slow, quote)));
}

/* Its last event, and why. */
static json_t *quote_json(const struct slow *slow, const struct slow_quote *quote,
			  unsigned int rank)
{
	const union event event = { .quote = quote->end };
	json_t *object = event_json(&event);

	json_object_set_new(object, "event", json_string("slow_quote"));
	json_object_set_new(object, "rank", number(rank));
	json_object_set_new(object, "by", json_string(slow_part_words[slow_by(slow)]));
	json_object_set_new(object, "begin_ns", number(quote->begin_ns));
	json_object_set_new(object, "median_total_ns", number(slow_typical(slow, SLOW_TOTAL)));
	json_object_set_new(object, "buffer",
			    quote->has_buffer ? number(quote->buffer) : json_null());
	json_object_set_new(object, "moved", number(quote->migrations));
	json_object_set_new(object, "context", json_boolean(slow_has_context(slow)));
	json_object_set_new(object, "whole", json_boolean(quote->whole));
	json_object_set_new(object, "verdict", verdict_json(slow, quote));
	json_object_set_new(object, "parts", parts_json(slow, quote));
	json_object_set_new(object, "stays", stays_json(quote));
	return object;
}

void slow_print_json(const struct slow *slow, FILE *out)
{
	unsigned int i;

	for (i = 0; i < slow_kept(slow); i++) {
		json_t *object = quote_json(slow, slow_at(slow, i), i + 1);

		json_dumpf(object, out, JSON_COMPACT);
		putc('\n', out);
		json_decref(object);
	}
}
