/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same numbers for programs: one object for each interval, on a line of its own.
 */
#ifndef BENCH_TOP_JSON_H
#define BENCH_TOP_JSON_H

#include <jansson.h>

#include "top/view.h"

/* Of TDs the first @options->tds. */
json_t *top_json(const struct top_model *model, const struct view_about *about,
		 const struct view_options *options);

#endif /* BENCH_TOP_JSON_H */
