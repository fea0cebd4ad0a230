// SPDX-License-Identifier: GPL-2.0
/*
 * Events as JSON, for programs: exact numbers, names as in tracepoints/README.md.
 */
#include <inttypes.h>

#include "result/result.h"
#include "trace/print.h"

static json_t *hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_int_t whole(uint64_t value)
{
	return (json_int_t)value;
}

static json_t *iteration(const struct events_iteration *event)
{
	char leaf[32], status[32];

	return json_pack("{sI so si ss si si so ss so sI sI}", "call", whole(event->call),
			 "tdr", hex(event->tdr), "leaf", event->leaf,
			 "leaf_name", leaf_name(event->leaf, leaf, sizeof(leaf)),
			 "version", event->version, "iteration", event->iteration,
			 "status", hex(event->status),
			 "status_name", status_name(event->status, status, sizeof(status)),
			 "rcx", hex(event->rcx), "duration_ns", whole(event->duration_ns),
			 "gap_ns", whole(event->gap_ns));
}

static json_t *quote(const struct events_quote *event)
{
	return json_pack("{so sI so si so sI sI sI sI sI sI sI sI sI}",
			 "thread", json_text(event->comm), "quote", whole(event->quote),
			 "tdr", hex(event->tdr), "error", event->error,
			 "status", hex(event->status), "bytes", whole(event->bytes),
			 "iterations", whole(event->iterations), "total_ns", whole(event->total_ns),
			 "copy_in_ns", whole(event->copy_in_ns), "wait_ns", whole(event->wait_ns),
			 "seam_ns", whole(event->seam_ns), "gap_ns", whole(event->gap_ns),
			 "copy_out_ns", whole(event->copy_out_ns),
			 "other_ns", whole(event->other_ns));
}

static json_t *answer(const struct events_answer *event)
{
	return json_pack("{so so so si}", "tdr", hex(event->tdr), "ret", hex(event->ret),
			 "status", hex(event->status), "error", event->error);
}

static json_t *pool(const struct events_pool *event)
{
	if (event->head.kind == EVENTS_POOL_ALLOC)
		return json_pack("{sI si sI}", "pages", whole(event->pages), "node", event->node,
				 "ns", whole(event->ns));
	return json_pack("{sI sI sI so sI}", "call", whole(event->call),
			 "pages", whole(event->pages), "iterations", whole(event->iterations),
			 "status", hex(event->status), "ns", whole(event->ns));
}

static json_t *pool_total(const struct events_pool_total *event)
{
	return json_pack("{sI sI si sI sI sI}", "required", whole(event->required),
			 "added", whole(event->added), "error", event->error,
			 "alloc_ns", whole(event->alloc_ns), "flush_ns", whole(event->flush_ns),
			 "add_ns", whole(event->add_ns));
}

static json_t *state(const struct events_state *event)
{
	return json_pack("{ss ss si}", "from", state_name(event->head.kind, event->from),
			 "to", state_name(event->head.kind, event->to), "error", event->error);
}

static json_t *update(const struct events_update *event)
{
	if (event->head.kind == EVENTS_UPDATE_BEGIN)
		return json_pack("{sI}", "in_flight", whole(event->in_flight));
	if (event->head.kind == EVENTS_UPDATE_CPU)
		return json_pack("{sI sI}", "which", whole(event->which),
				 "irqs_off_ns", whole(event->irqs_off_ns));
	return json_pack("{si sI sI sI}", "error", event->error,
			 "drain_ns", whole(event->drain_ns), "stall_ns", whole(event->stall_ns),
			 "total_ns", whole(event->total_ns));
}

static json_t *fields(const union event *event)
{
	switch (event->head.kind) {
	case EVENTS_ITERATION:
		return iteration(&event->iteration);
	case EVENTS_QUOTE_END:
		return quote(&event->quote);
	case EVENTS_ANSWER:
		return answer(&event->answer);
	case EVENTS_POOL_ALLOC:
	case EVENTS_POOL_ADD:
		return pool(&event->pool);
	case EVENTS_POOL_TOTAL:
		return pool_total(&event->pool_total);
	case EVENTS_EXT_STATE:
	case EVENTS_QUOTE_STATE:
		return state(&event->state);
	case EVENTS_UPDATE_BEGIN:
	case EVENTS_UPDATE_CPU:
	case EVENTS_UPDATE_END:
		return update(&event->update);
	default:
		return NULL;
	}
}

json_t *event_json(const union event *event)
{
	json_t *out = json_pack("{ss sI sI sI}", "event", event_name(event->head.kind),
				"time_ns", whole(event->head.ns), "cpu", whole(event->head.cpu),
				"tid", whole(event->head.tid));
	json_t *more = fields(event);

	json_object_update(out, more);
	json_decref(more);
	return out;
}
