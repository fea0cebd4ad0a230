// SPDX-License-Identifier: GPL-2.0
/*
 * Steps in the samples of a history, and what to say about them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/history.h"
#include "result/view.h"

static bool is_trusted(const struct history_run *run)
{
	return run->closed && !run->lost_events;
}

size_t history_steps(struct history *history, const struct history_series *series,
		     const struct history_sample *samples, size_t count, struct step **steps)
{
	size_t nr_runs, nr_steps;
	const struct history_run *runs = history_runs(history, &nr_runs);
	struct step_run *list = must_calloc(count, sizeof(*list));
	size_t *kept = must_calloc(count, sizeof(*kept)), nr = 0;

	/* What is wrong with a run must not look like the doing of its commit. */
	for (size_t i = 0; runs && i < count; i++) {
		const struct history_run *run = &runs[samples[i].run];

		if (!is_trusted(run))
			continue;
		kept[nr] = i;
		list[nr++] = (struct step_run){ run->build, run->environment, samples[i].value };
	}
	nr_steps = steps_find(list, nr, series->steady, steps);
	for (size_t i = 0; i < nr_steps; i++) {
		(*steps)[i].at = kept[(*steps)[i].at];
		(*steps)[i].from = kept[(*steps)[i].from];
	}
	free(kept);
	free(list);
	return nr_steps;
}

const char *history_build_text(const struct history_run *run, char *text, size_t size)
{
	const char *dirty = strstr(run->build, "-dirty");

	if (*run->commit)
		snprintf(text, size, "%.10s%s", run->commit, dirty ? dirty : "");
	else
		snprintf(text, size, "%.60s", *run->version ? run->version : "unknown");
	return text;
}

void history_explain(struct history *history, const struct history_sample *samples,
		     const struct step *step, char *text, size_t size)
{
	size_t nr_runs;
	const struct history_run *runs = history_runs(history, &nr_runs);
	const struct history_run *from = &runs[samples[step->from].run];
	const struct history_run *at = &runs[samples[step->at].run];
	const char *suite = strcmp(from->suite_sha256, at->suite_sha256) ? ", suite changed" : "";
	char before[96], after[96], change[512];

	if (step->kind == STEP_ENVIRONMENT) {
		history_environment_change(history, from->environment, at->environment, change,
					   sizeof(change));
		snprintf(text, size, "environment change: %s%s", change, suite);
		return;
	}
	snprintf(text, size, "code change %s..%s%s", history_build_text(from, before, sizeof(before)),
		 history_build_text(at, after, sizeof(after)), suite);
}
