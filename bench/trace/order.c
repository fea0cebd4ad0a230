// SPDX-License-Identifier: GPL-2.0
/*
 * Events in the order of time: insertion from the end, since they nearly are.
 */
#include "trace/order.h"

#include <stdlib.h>
#include <string.h>

#include "result/must.h"

static union event *at(const struct order *order, uint64_t place)
{
	return &order->ring[place & (order->room - 1)];
}

void order_init(struct order *order, size_t room, event_visitor *visit, void *arg)
{
	*order = (struct order){
		.visit = visit, .arg = arg, .room = room,
		.ring = must_calloc(room, sizeof(*order->ring)),
	};
}

static void release_first(struct order *order)
{
	const union event *event = at(order, order->first++);

	order->visit(&event->head, order->arg);
}

void order_add(struct order *order, const struct events_head *event)
{
	uint64_t place;

	if (order->end - order->first == order->room)
		release_first(order);
	for (place = order->end++; place != order->first; place--) {
		if (at(order, place - 1)->head.ns <= event->ns)
			break;
		*at(order, place) = *at(order, place - 1);
	}
	memcpy(at(order, place), event, event->size);
}

void order_release(struct order *order, uint64_t ns)
{
	while (order->first != order->end && at(order, order->first)->head.ns <= ns)
		release_first(order);
}

void order_free(struct order *order)
{
	free(order->ring);
	order->ring = NULL;
}
