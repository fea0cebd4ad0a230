/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps: where in a series of runs the level changed, and whether the code or the
 * environment did it. results/README.md (History) tells the rules.
 */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct step_run - one run of a series, in the order of history
 * @build:       what was measured: runs of one build never make a step. NULL or "":
 *               unknown, and no other run's
 * @environment: key of where it ran; only runs of one environment are compared for code
 * @value:       what it measured
 */
struct step_run {
	const char *build;
	const char *environment;
	double value;
};

enum step_kind {
	STEP_CODE,		/* the same environment, another build */
	STEP_ENVIRONMENT,	/* another environment */
};

/**
 * struct step - a change of level
 * @at:     the first run of the new level
 * @from:   the last run of the old one, the nearest earlier run in the same environment
 *          (STEP_CODE), or the run before (STEP_ENVIRONMENT); @from < @at
 * @before: the old level: a value if the series is steady, else a median
 * @after:  the new one
 * @p:      how likely chance alone does this; 0 if the series is steady
 */
struct step {
	size_t at, from;
	enum step_kind kind;
	double before, after;
	double p;
};

/*
 * @steady: every change of value is a step (exact metrics that move only with the
 * code). Otherwise values scatter, and a step is a change of their distribution that
 * chance does not explain. Steps come in order of @at, at most one for each run; the
 * caller frees *@steps, NULL where there is none. How many there are.
 */
size_t steps_find(const struct step_run *runs, size_t count, bool steady, struct step **steps);

#endif /* BENCH_STEPS_H */
