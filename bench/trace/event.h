/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One event of bpf/events.h: is it well-formed, and what are its numbers called?
 */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/events.h"

/* Left half-way: neither a success nor a failure. */
#define STATUS_RESUMABLE	0x8000000300000000ULL

/* Any event. */
union event {
	struct events_head head;
	struct events_iteration iteration;
	struct events_begin begin;
	struct events_buffer buffer;
	struct events_quote quote;
	struct events_answer answer;
	struct events_pool pool;
	struct events_pool_total pool_total;
	struct events_state state;
	struct events_update update;
	struct events_switch switched;
	struct events_irq irq;
};

/* Bytes of a record of this kind; 0: there is no such kind. */
size_t event_size(uint16_t kind);
/* "quote_end": as its trace event is called; "unknown". */
const char *event_name(uint16_t kind);
/* NULL, or what is wrong with a record from a file. */
const char *event_fault(const union event *event);

/* "QUOTE.GET", "leaf 65535" */
const char *leaf_name(uint16_t leaf, char *text, size_t size);
/* By that name, by "TDH." and that name, or by number; false: there is none. */
bool leaf_parse(const char *text, uint16_t *leaf);
/* "success", "OPERAND_BUSY", "0x8000..." */
const char *status_name(uint64_t status, char *text, size_t size);
/* "EBUSY", or "error -1234" */
const char *error_name(int error, char *text, size_t size);
/* "extensions" or "quoting" is what @kind is about. */
const char *state_name(uint16_t kind, uint32_t state);

#endif /* BENCH_EVENT_H */
