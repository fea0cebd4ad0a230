// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring: for every point a freshly loaded module, brought up with the
 * point's policy and profile, so that no point can feel what was measured before it.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "measure/clock.h"
#include "run/environment.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "observe/observe.h"
#include "result/result.h"
#include "run/run.h"
#include "measure/stretch.h"

static bool matches(const struct point *point, const struct run_options *options)
{
	return !options->points || !fnmatch(options->points, point->id, FNM_EXTMATCH);
}

static const struct observer *observer_of(const struct point *point)
{
	return point->measurement->observer ? point->measurement->observer(point) : NULL;
}

static bool selected(const struct point *point, const struct run_options *options)
{
	const struct observer *observer = observer_of(point);

	return matches(point, options) && (!observer || observer_tool(observer));
}

/* False where it is in the list already. */
static bool add_tool(const char *tools[RUN_TOOLS_MAX + 1], const char *tool)
{
	unsigned int i;

	for (i = 0; i < RUN_TOOLS_MAX && tools[i]; i++)
		if (!strcmp(tools[i], tool))
			return false;
	if (i < RUN_TOOLS_MAX)
		tools[i] = tool;
	return true;
}

unsigned int run_tools(const struct suite *suite, const struct run_options *options,
		       const char *tools[RUN_TOOLS_MAX + 1], bool say)
{
	const char *missing[RUN_TOOLS_MAX + 1] = {};
	unsigned int i, nr_missing = 0;

	memset(tools, 0, (RUN_TOOLS_MAX + 1) * sizeof(*tools));
	for (i = 0; i < suite->nr_points; i++) {
		const struct observer *observer = observer_of(&suite->points[i]);

		if (!observer || !observer->kind || !observer->kind->tool ||
		    !matches(&suite->points[i], options))
			continue;
		if (observer_tool(observer)) {
			add_tool(tools, observer->kind->tool);
			continue;
		}
		if (!add_tool(missing, observer->kind->tool))
			continue;
		nr_missing++;
		if (say)
			fprintf(stderr, "tdxbench: points of %s are left out: it is not installed (apt-get install %s)\n",
				observer->kind->tool, observer->kind->package);
	}
	return nr_missing;
}

unsigned int run_count(const struct suite *suite, const struct run_options *options)
{
	unsigned int i, count = 0;

	for (i = 0; i < suite->nr_points; i++)
		count += selected(&suite->points[i], options);
	return count;
}

bool run_counts(const struct suite *suite, const struct run_options *options)
{
	unsigned int i;

	if (options->count)
		return true;
	for (i = 0; i < suite->nr_points; i++)
		if (suite->points[i].measurement->counted && selected(&suite->points[i], options))
			return true;
	return false;
}

/* A word where the value stands for one, else the number. */
static void note(json_t *to, const struct param *param, uint64_t value)
{
	const char *word = param_word(param, value);

	if (word)
		settings_text(to, param->name, word);
	else
		settings_u64(to, param->name, value);
}

static void note_settings(const struct point *point, json_t *out)
{
	json_t *params = point_settings(out, "params"), *policy = point_settings(out, "policy");
	json_t *profile = point_settings(out, "profile");
	const uint64_t *rows = (const uint64_t *)&point->profile;
	const struct param *param;

	for (param = point->measurement->params; param->name; param++)
		note(params, param, point->values[param - point->measurement->params]);

	settings_text(policy, "preset", param_word(&policy_preset_param, point->preset));
	for (param = policy_params; param->name; param++)
		note(policy, param, policy_answer(&point->policy, param));

	settings_text(profile, "name", point->profile_name);
	for (param = profile_params; param->name; param++)
		if (!profile_constant(param, rows[param - profile_params]))
			note(profile, param, rows[param - profile_params]);
}

static int measure(const struct point *point, const struct run_options *options, json_t *out)
{
	int ret = -1;

	if (lab_load(options->image.module))
		return -1;
	stretch_point(point->id);
	if (!lab_open() && !lab_configure(&point->profile, &point->policy) &&
	    (point->measurement->brings_up || !lab_bring_up()))
		ret = point->measurement->run(point, out);
	lab_unload();
	return ret;
}

static void show_result(const json_t *out, uint64_t started)
{
	double seconds = (double)(clock_now() - started) / 1e9;
	const char *headline = json_string_value(json_object_get(out, "headline"));

	fprintf(stderr, " %s (%.2f s%s)\n", headline ? headline : "done", seconds,
		environment_virtual_clock() ? " virtual" : "");
}

/* 0, 1 interrupted, -1 failed. */
static int run_point(const struct point *point, const struct run_options *options)
{
	json_t *out = point_new(point->section, point->id, point->measurement->name);
	uint64_t started = clock_now();
	int ret;

	note_settings(point, out);
	ret = measure(point, options, out);
	if (ret) {
		json_decref(out);
		return ret;
	}
	show_result(out, started);
	json_object_del(out, "headline");
	return stream_point(out);
}

int run_here(const struct suite *suite, const struct run_options *options)
{
	unsigned int i, at = 0, count = run_count(suite, options);
	const char *reason = NULL;
	char failed[600];
	int ret = 0;

	for (i = 0; i < suite->nr_points && !reason; i++) {
		const struct point *point = &suite->points[i];

		if (!selected(point, options))
			continue;
		fprintf(stderr, "[%2u/%u] %-28s ", ++at, count, point->id);
		ret = run_point(point, options);
		if (interrupted()) {
			fputs("interrupted\n", stderr);
			reason = "interrupted";
		} else if (ret) {
			snprintf(failed, sizeof(failed), "point %s failed", point->id);
			reason = failed;
		}
	}

	stream_end(0, reason);
	return reason ? 1 : 0;
}
