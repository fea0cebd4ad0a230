// SPDX-License-Identifier: GPL-2.0
/*
 * The collector that collects nothing: the cost of the others is compared to it.
 */
#include "collect/collector.h"
#include "empty.skel.h"

COLLECTOR_SKELETON(empty)

const struct collector collector_empty = {
	.name	= "empty",
	.which	= COLLECT_EMPTY,
	.open	= open_empty,
	.close	= close_empty,
};
