/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two sides of a comparison, judged metric by metric. Points are matched by id,
 * metrics by name. How it is told stands in compare_view.h and the forms.
 *
 * Exact metrics are judged to the last digit: there is no luck in them. Where both
 * sides have steady ones, only those are judged, since the others move with any
 * byte in the VM. Sampled metrics are judged by the runs of each side, each of which
 * counts once.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct runs;

/**
 * struct compare_options - what counts
 * @budget:        percent that a metric may get worse
 * @alpha:         of sampled metrics, the chance taken to see what is not there
 * @min_effect:    percent that their medians must differ at least
 * @unlike:        also of environments that differ
 * @untrusted:     also of results that are not to be trusted
 * @allow_missing: what NEW lacks is no regression
 */
struct compare_options {
	double budget, alpha, min_effect;
	bool unlike, untrusted, allow_missing;
};

#define COMPARE_DEFAULTS	{ .alpha = 0.01, .min_effect = 2 }

enum verdict {
	VERDICT_REGRESSED,	/* worse by more than the budget */
	VERDICT_MISSING,	/* BASE has it, NEW does not */
	VERDICT_ALLOWED,	/* worse, within the budget */
	VERDICT_IMPROVED,
	VERDICT_CHANGED,	/* and has no better or worse */
	VERDICT_ADDED,		/* only NEW has it */
	VERDICT_NOT_JUDGED,	/* exact and not steady, where others are steady */
	VERDICT_TOO_FEW,	/* sampled, of too few runs to tell */
	VERDICT_NO_DIFFERENCE,	/* sampled: none that can be told from luck, or too small */
	NR_VERDICTS
};

/**
 * struct difference - of one metric, or of one statistic of it; text is the results' own
 * @metric: NULL: all of the point is missing or added
 * @stat:   what is compared: "value", "mean", "p50", "p99"
 * @base, @new: as measured, of sampled metrics the medians of the runs; NAN: none
 * @change: relative to @base, infinite from 0, NAN where there is none
 * @moved:  of an exact histogram, which of its statistics moved most; "buckets" when
 *          none did; NULL for a value
 * @nr_base, @nr_new, @p: sampled: runs, and the test's p
 * @why:    missing or added: in which way, NULL when it is plainly not there
 */
struct difference {
	enum verdict verdict;
	const char *point, *metric, *unit, *better, *stat;
	bool exact, steady;
	double base, new, change;
	const char *moved;
	double moved_base, moved_new;
	size_t nr_base, nr_new;
	double p;
	const char *why;
};

/* Exact metrics in which the runs of one side differ from each other. */
struct disagreement {
	size_t nr;
	char first[256];
};

/**
 * struct comparison - of two sides
 * @unlike:     environments: array of {field, base, other, run}
 * @settings:   of points: array of {point, setting, base, new}
 * @distrust:   array of lines: why results are not to be trusted
 * @steady:     only steady metrics are judged among the exact
 * @points:     that have judged exact metrics, in both
 * @exact, @exact_equal: metrics judged as such, in both; of them, those that are equal
 * @other, @other_equal: exact metrics that are not judged
 * @sampled:    statistics of sampled metrics, in both
 * @difference: those that differ, and all sampled ones: by verdict, the heaviest first
 * @nr:         of them, per verdict
 * @disagree:   per side; told in @distrust
 */
struct comparison {
	struct compare_options options;
	const struct runs *base, *new;
	json_t *unlike, *settings, *distrust;
	bool steady;
	size_t points, exact, exact_equal, other, other_equal, sampled;
	struct difference *difference;
	size_t count, room;
	size_t nr[NR_VERDICTS];
	struct disagreement disagree[2];
};

/* All of a comparison in a word; what is further up hides what is below. */
enum outcome {
	OUTCOME_UNTRUSTED,	/* results that are not to be trusted */
	OUTCOME_REGRESSION,
	OUTCOME_NOTHING,	/* no metric in common */
	OUTCOME_IMPROVED,
	OUTCOME_CHANGED,
	OUTCOME_IDENTICAL,
	OUTCOME_NO_DIFFERENCE,	/* in what is sampled; or none in what is not to be trusted */
	OUTCOME_TOO_FEW,	/* to tell anything */
	NR_OUTCOMES
};

/* Both sides must stay until compare_free(). */
struct comparison *compare(const struct runs *base, const struct runs *new,
			   const struct compare_options *options);
void compare_free(struct comparison *c);

/* May it be judged at all? Else only c->unlike is of use. */
bool compare_refused(const struct comparison *c);
enum outcome compare_outcome(const struct comparison *c);
/* EXIT_DONE, EXIT_ERROR or EXIT_REGRESSION. */
int compare_exit(const struct comparison *c);

/* Worse than the budget, or missing where that counts. */
size_t compare_regressions(const struct comparison *c);
/* Of a judged exact metric? Those are what explanations are about. */
bool difference_is_exact(const struct difference *d);

#endif /* BENCH_COMPARE_H */
