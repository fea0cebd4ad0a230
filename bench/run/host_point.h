/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was seen of a host's quotes, as the point of a result: by collectors, or in a
 * capture.
 */
#ifndef BENCH_HOST_POINT_H
#define BENCH_HOST_POINT_H

#include <jansson.h>
#include <stdint.h>

#include "collect/collect.h"

uint64_t host_quotes_made(const struct collect *seen);

/* @duration_ns: as asked for, 0 for none; @window: how long it was watched, ns. */
json_t *host_point(const struct collect *seen, uint64_t duration_ns, uint64_t window);

#endif /* BENCH_HOST_POINT_H */
