/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as the kernel would send them, for captures that tests make.
 */
#ifndef TESTS_FAKE_EVENTS_H
#define TESTS_FAKE_EVENTS_H

#include <stdio.h>
#include <string.h>

#include "trace/event.h"

#define FAKE_COMPUTE_NS	1000000ULL	/* of each iteration */
#define FAKE_GAP_NS	10000ULL	/* before each but the first */
#define FAKE_BYTES	5000

static inline struct events_head fake_head(uint16_t kind, uint64_t ns, uint32_t cpu)
{
	return (struct events_head){
		.ns = ns, .kind = kind, .size = (uint16_t)event_size(kind), .cpu = cpu,
		.tid = 100 + cpu,
	};
}

static inline union event fake_begin(uint64_t ns, uint32_t cpu, uint64_t quote, uint64_t tdr)
{
	return (union event){ .begin = {
		.head = fake_head(EVENTS_QUOTE_BEGIN, ns, cpu), .quote = quote, .tdr = tdr,
	} };
}

static inline union event fake_buffer(uint64_t ns, uint32_t cpu, uint64_t quote, uint64_t tdr,
				      uint64_t wait)
{
	return (union event){ .buffer = {
		.head = fake_head(EVENTS_QUOTE_BUFFER, ns, cpu), .quote = quote, .tdr = tdr,
		.wait_ns = wait, .buffer = cpu,
	} };
}

static inline union event fake_iteration(uint64_t ns, uint32_t cpu, uint64_t call, uint64_t tdr,
					 uint32_t iteration, uint64_t status)
{
	return (union event){ .iteration = {
		.head = fake_head(EVENTS_ITERATION, ns, cpu), .call = call, .tdr = tdr,
		.status = status, .duration_ns = FAKE_COMPUTE_NS,
		.gap_ns = iteration ? FAKE_GAP_NS : 0, .iteration = iteration, .leaf = 98,
	} };
}

/* Its parts add up: copies are 3000 and 4000 ns, other is 500. */
static inline union event fake_end(uint64_t ns, uint32_t cpu, uint64_t quote, uint64_t tdr,
				   uint32_t iterations, uint64_t wait)
{
	union event event = { .quote = {
		.head = fake_head(EVENTS_QUOTE_END, ns, cpu), .quote = quote, .tdr = tdr,
		.wait_ns = wait, .seam_ns = iterations * FAKE_COMPUTE_NS,
		.gap_ns = iterations ? (iterations - 1) * FAKE_GAP_NS : 0,
		.copy_in_ns = 3000, .copy_out_ns = 4000, .other_ns = 500,
		.bytes = FAKE_BYTES, .iterations = iterations,
	} };
	struct events_quote *end = &event.quote;

	end->total_ns = end->copy_in_ns + end->wait_ns + end->seam_ns + end->gap_ns +
			end->copy_out_ns + end->other_ns;
	snprintf(end->comm, sizeof(end->comm), "guest-%u", cpu);
	return event;
}

static inline union event fake_answer(uint64_t ns, uint32_t cpu, uint64_t tdr, uint64_t ret,
				      uint64_t status, int error)
{
	return (union event){ .answer = {
		.head = fake_head(EVENTS_ANSWER, ns, cpu), .tdr = tdr, .ret = ret,
		.status = status, .error = error,
	} };
}

static inline union event fake_state(uint64_t ns, uint16_t kind, uint32_t from, uint32_t to,
				     int error)
{
	return (union event){ .state = {
		.head = fake_head(kind, ns, 0), .from = from, .to = to, .error = error,
	} };
}

static inline union event fake_pool(uint64_t ns, uint16_t kind, uint32_t pages, uint64_t took)
{
	return (union event){ .pool = {
		.head = fake_head(kind, ns, 0), .pages = pages, .ns = took, .iterations = 1,
	} };
}

static inline union event fake_update(uint64_t ns, uint16_t kind)
{
	return (union event){ .update = {
		.head = fake_head(kind, ns, 0), .irqs_off_ns = 70000, .drain_ns = 1000000,
		.stall_ns = 200000, .total_ns = 3000000, .in_flight = 2, .which = 1,
	} };
}

/* Sends all events of one quote that ends at @ns; what it began is before that. */
static inline void fake_quote(uint64_t ns, uint32_t cpu, uint64_t quote, uint64_t tdr,
			      uint32_t iterations,
			      void (*send)(const union event *event, void *arg), void *arg)
{
	uint64_t step = FAKE_COMPUTE_NS + FAKE_GAP_NS, at = ns - 8000 - iterations * step;
	union event event = fake_begin(at, cpu, quote, tdr);

	send(&event, arg);
	event = fake_buffer(at + 3500, cpu, quote, tdr, 500);
	send(&event, arg);
	for (uint32_t i = 0; i < iterations; i++) {
		event = fake_iteration(at + 3500 + (i + 1) * step, cpu, quote, tdr, i,
				       i + 1 < iterations ? STATUS_RESUMABLE : 0);
		send(&event, arg);
	}
	event = fake_end(ns, cpu, quote, tdr, iterations, 500);
	send(&event, arg);
	event = fake_answer(ns + 100, cpu, tdr, 0, 0, 0);
	send(&event, arg);
}

#endif /* TESTS_FAKE_EVENTS_H */
