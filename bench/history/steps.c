// SPDX-License-Identifier: GPL-2.0
/*
 * Steps in a series of runs.
 *
 * Runs of one environment are a lane: between them only the code differs. A steady
 * series needs no statistics: every change of value along a lane is a step of the code,
 * and every other one the environment's. A series that scatters is cut into levels, lane
 * by lane (levels.c); where the environment changes, the levels on both sides are
 * compared.
 */
#include "history/steps.h"

#include <stdlib.h>
#include <string.h>

#include "history/levels.h"
#include "compare/stats.h"
#include "result/view.h"

#define NONE	((size_t)-1)
#define CHANCE	0.001	/* of one step invented where environments change, in the whole series */

/**
 * struct search - the work on one series
 * @order: all runs, lane by lane, in order within a lane
 * @place: of each run, its index in @order
 * @value: in that order
 * @begin, @end: of each index in @order, the level it is in: [begin, end)
 */
struct search {
	const struct step_run *runs;
	size_t count;
	size_t *order, *place;
	double *value;
	size_t *begin, *end;
	struct step *steps;
	size_t nr_steps;
};

/* ---- Runs ---- */

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static bool same_build(const struct search *s, size_t a, size_t b)
{
	const char *build = text_of(s->runs[a].build);

	return *build && !strcmp(build, text_of(s->runs[b].build));
}

static bool same_environment(const struct search *s, size_t a, size_t b)
{
	return !strcmp(text_of(s->runs[a].environment), text_of(s->runs[b].environment));
}

static int by_lane(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct step_run *runs = arg;
	int order = strcmp(text_of(runs[x].environment), text_of(runs[y].environment));

	return order ? order : x < y ? -1 : x > y;
}

static void sort_lanes(struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->order[i] = i;
	qsort_r(s->order, s->count, sizeof(*s->order), by_lane, (void *)s->runs);
	for (size_t i = 0; i < s->count; i++) {
		s->place[s->order[i]] = i;
		s->value[i] = s->runs[s->order[i]].value;
	}
}

/* The run before @run in its environment. */
static size_t earlier(const struct search *s, size_t run)
{
	size_t place = s->place[run];

	return place && same_environment(s, run, s->order[place - 1]) ? s->order[place - 1] : NONE;
}

/* ---- Steady ---- */

static void add_change(struct search *s, size_t from, size_t at, enum step_kind kind)
{
	s->steps[s->nr_steps++] = (struct step){
		.at = at, .from = from, .kind = kind,
		.before = s->runs[from].value, .after = s->runs[at].value,
	};
}

static void find_changes(struct search *s)
{
	const struct step_run *runs = s->runs;

	for (size_t i = 1; i < s->count; i++) {
		size_t from = earlier(s, i);

		if (from != NONE && runs[from].value != runs[i].value && !same_build(s, from, i))
			add_change(s, from, i, STEP_CODE);
		else if (runs[i - 1].value != runs[i].value && !same_environment(s, i - 1, i))
			add_change(s, i - 1, i, STEP_ENVIRONMENT);
	}
}

/* ---- Scattered ---- */

/* Levels of the lane of @count runs at @first in the order. */
static void find_levels(struct search *s, size_t first, size_t count)
{
	bool *may_split = must_calloc(count, sizeof(*may_split));
	size_t *begins, nr, level = 0;

	for (size_t k = 1; k < count; k++)
		may_split[k] = !same_build(s, s->order[first + k - 1], s->order[first + k]);
	nr = levels_find(s->value + first, may_split, count, &begins);
	for (size_t k = 0; k < count; k++) {
		level += level < nr && begins[level] == k;
		s->begin[first + k] = first + (level ? begins[level - 1] : 0);
		s->end[first + k] = first + (level < nr ? begins[level] : count);
	}
	free(begins);
	free(may_split);
}

static void find_all_levels(struct search *s)
{
	for (size_t first = 0, end; first < s->count; first = end) {
		for (end = first + 1; end < s->count; end++)
			if (!same_environment(s, s->order[first], s->order[end]))
				break;
		find_levels(s, first, end - first);
	}
}

/* Between the level of run @from and that of run @at. True: more than noise. */
static bool compare_levels(const struct search *s, struct step *step)
{
	size_t a = s->place[step->from], b = s->place[step->at];
	const double *before = s->value + s->begin[a], *after = s->value + s->begin[b];
	size_t m = s->end[a] - s->begin[a], n = s->end[b] - s->begin[b];
	struct contrast contrast = levels_contrast(before, m, after, n);

	step->before = contrast.before;
	step->after = contrast.after;
	step->p = stats_mann_whitney(before, m, after, n);
	return contrast.large;
}

static void find_steps(struct search *s)
{
	size_t changes = 0;

	for (size_t i = 1; i < s->count; i++)
		changes += !same_environment(s, i - 1, i);
	for (size_t i = 1; i < s->count; i++) {
		struct step step = { .at = i, .from = earlier(s, i), .kind = STEP_CODE };

		if (step.from != NONE && s->begin[s->place[i]] == s->place[i]) {
			compare_levels(s, &step);
			s->steps[s->nr_steps++] = step;
		} else if (!same_environment(s, i - 1, i)) {
			step = (struct step){ .at = i, .from = i - 1, .kind = STEP_ENVIRONMENT };
			if (compare_levels(s, &step) && step.p * (double)changes < CHANCE)
				s->steps[s->nr_steps++] = step;
		}
	}
}

size_t steps_find(const struct step_run *runs, size_t count, bool steady, struct step **steps)
{
	struct search s = {
		.runs = runs, .count = count,
		.order = must_calloc(count, sizeof(size_t)),
		.place = must_calloc(count, sizeof(size_t)),
		.begin = must_calloc(count, sizeof(size_t)),
		.end = must_calloc(count, sizeof(size_t)),
		.value = must_calloc(count, sizeof(double)),
		.steps = must_calloc(count, sizeof(struct step)),
	};

	sort_lanes(&s);
	if (steady) {
		find_changes(&s);
	} else {
		find_all_levels(&s);
		find_steps(&s);
	}
	free(s.order);
	free(s.place);
	free(s.begin);
	free(s.end);
	free(s.value);
	*steps = s.steps;
	if (!s.nr_steps) {
		free(s.steps);
		*steps = NULL;
	}
	return s.nr_steps;
}
