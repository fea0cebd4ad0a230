// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers as JSON: counts are of the interval, unless they say "since_start" or "now".
 */
#include "top/json.h"

#include <inttypes.h>

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Where nothing was counted there is no percentile. */
static json_t *spread(const struct top_spread *spread)
{
	json_t *out = json_pack("{s:o}", "count", number(spread->count));

	if (!spread->count)
		return out;
	json_object_set_new(out, "p50_ns", number(spread->p50));
	json_object_set_new(out, "p99_ns", number(spread->p99));
	json_object_set_new(out, "max_at_most_ns", number(spread->max));
	return out;
}

static json_t *leaves(const struct top_model *model, unsigned int which)
{
	json_t *out = json_object();
	unsigned int i;

	for (i = 0; i < ITERATIONS_NR_LEAVES; i++) {
		const struct top_leaf *leaf = &model->leaf[i];

		if (which && !(which & (1U << i)))
			continue;
		json_object_set_new(out, top_leaf_names[i], json_pack(
			"{s:o, s:o, s:f, s:o, s:o}", "iterations", number(leaf->iterations),
			"calls", number(leaf->calls), "iterations_per_call", leaf->per_call,
			"seam", spread(&leaf->seam), "gap", spread(&leaf->gap)));
	}
	return out;
}

static json_t *quotes(const struct top_model *model, const struct top_td *td)
{
	return json_pack("{s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:f}",
			 "quotes", number(td->quotes), "errors", number(td->errors),
			 "quotes_per_second", top_rate(model, td->quotes),
			 "total", spread(&td->total), "waiting_now", number(td->waiting),
			 "in_flight_now", number(td->open), "waited_ns", number(td->waited),
			 "queue_share_percent", td->share);
}

static json_t *tds(const struct top_model *model, size_t nr)
{
	json_t *out = json_array(), *row;
	size_t i;

	for (i = 0; i < model->nr_tds && i < nr; i++) {
		row = json_pack("{s:o}", "td", json_sprintf("0x%" PRIx64, model->td[i].tdr));
		json_object_update_new(row, quotes(model, &model->td[i]));
		json_array_append_new(out, row);
	}
	return out;
}

static json_t *state(const struct top_model *model)
{
	json_t *out = json_pack("{s:s, s:s}", "extensions", view_ext(model->ext),
				"quoting", view_quoting(model->quoting));

	json_object_set_new(out, "pool_pages",
			    model->pool_known ? number(model->pool_pages) : json_null());
	json_object_set_new(out, "in_flight_now", number(model->in_flight));
	json_object_set_new(out, "in_flight_unseen_now", number(model->unseen));
	json_object_set_new(out, "updating", json_boolean(model->updating));
	json_object_set_new(out, "updates_since_start", number(model->updates));
	json_object_set_new(out, "update_errors_since_start", number(model->update_errors));
	return out;
}

json_t *top_json(const struct top_model *model, const struct view_about *about,
		 const struct view_options *options)
{
	json_t *out = json_pack("{s:o, s:o, s:b, s:o, s:f}", "up_ns", number(model->up_ns),
				"interval_ns", number(model->ns), "total", options->total,
				"lost_events_since_start", number(model->lost),
				"own_cpu_percent", model->cpu);

	json_object_set_new(out, "kernel", json_string(about->kernel));
	json_object_set_new(out, "module", json_string(about->module));
	json_object_set_new(out, "clock", json_string(about->clock));
	json_object_set_new(out, "state", state(model));
	json_object_set_new(out, "leaves", leaves(model, options->leaves));
	json_object_set_new(out, "timers", json_pack("{s:o, s:o}",
			    "seam", spread(&model->timer_seam),
			    "outside", spread(&model->timer_outside)));
	json_object_set_new(out, "all", quotes(model, &model->all));
	json_object_set_new(out, "tds", tds(model, options->tds));
	return out;
}
