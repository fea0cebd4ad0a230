/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events in the order of time. Those of one CPU come in order; those of several come
 * nearly so: one may take its time stamp, and be interrupted before it takes its place.
 */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

typedef void event_visitor(const struct events_head *event, void *arg);

/**
 * struct order - events that wait for earlier ones
 * @visit, @arg: who gets them
 * @ring:  @room of them, a power of two
 * @first, @end: counted since the beginning
 */
struct order {
	event_visitor *visit;
	void *arg;
	union event *ring;
	size_t room;
	uint64_t first, end;
};

/* @room: a power of two. Memory is what it takes for @room events, whatever comes. */
void order_init(struct order *order, size_t room, event_visitor *visit, void *arg);
/* When there is no room, the earliest goes on its way. */
void order_add(struct order *order, const struct events_head *event);
/* All up to @ns; UINT64_MAX: all. */
void order_release(struct order *order, uint64_t ns);
void order_free(struct order *order);

#endif /* BENCH_ORDER_H */
