// SPDX-License-Identifier: GPL-2.0
/*
 * Steps in generated histories whose steps are known. Steady series: all found, none
 * invented. Series that scatter: precision and recall, printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "measure/random.h"
#include "history/steps.h"

#define RUNS		2000
#define MAX_STEPS	200
#define NEAR		5	/* runs between a step and where it is found */

/* ---- A history ---- */

struct history {
	struct step_run run[RUNS];
	char build[RUNS][16];
	size_t step[MAX_STEPS];		/* first runs of new levels */
	enum step_kind kind[MAX_STEPS];
	double size[MAX_STEPS];
	size_t steps;
};

static uint64_t between(uint64_t *seed, uint64_t least, uint64_t most)
{
	return least + random_next(seed) % (most - least + 1);
}

/* Three commits in four are run once, the others up to four times. */
static void make_builds(struct history *h, uint64_t *seed)
{
	size_t left = 0, commit = 0;

	for (size_t i = 0; i < RUNS; i++) {
		if (!left) {
			commit++;
			left = between(seed, 0, 3) ? 1 : between(seed, 2, 4);
		}
		left--;
		snprintf(h->build[i], sizeof(h->build[i]), "c%zu", commit);
		h->run[i].build = h->build[i];
		h->run[i].environment = "kernel 6.12.1";
	}
}

static bool begins_commit(const struct history *h, size_t i)
{
	return i && strcmp(h->build[i - 1], h->build[i]);
}

static void note_step(struct history *h, size_t at, enum step_kind kind, double size)
{
	assert_true(h->steps < MAX_STEPS);
	h->step[h->steps] = at;
	h->kind[h->steps] = kind;
	h->size[h->steps++] = size;
}

/* ---- Steady ---- */

/*
 * One commit in thirty changes the path by up to 40 instructions; one of three such is
 * taken back by the next commit. The kernel is updated three times: the second leaves
 * the figure as it is, the third goes back to the first kernel, where it shows what the
 * code did meanwhile.
 */
static void make_steady(struct history *h, uint64_t seed)
{
	static const char *const kernels[] = {
		"kernel 6.12.1", "kernel 6.12.2", "kernel 6.12.3", "kernel 6.12.1"
	};
	static const double cost[] = { 0, 17, 17, 0 };
	double value = 41250, back = 0;
	size_t kernel = 0;
	double first = 0;	/* what the code cost when the first kernel went */

	memset(h, 0, sizeof(*h));
	make_builds(h, &seed);
	for (size_t i = 0; i < RUNS; i++) {
		size_t before = kernel;

		kernel = i / (RUNS / 4);
		h->run[i].environment = kernels[kernel];
		if (kernel != before) {
			first = kernel == 1 ? value : first;
			if (kernel == 3 && value != first)
				note_step(h, i, STEP_CODE, value - first);
			else if (cost[kernel] != cost[before])
				note_step(h, i, STEP_ENVIRONMENT, 0);
			back = 0;
		} else if (begins_commit(h, i) && (back || !between(&seed, 0, 29))) {
			double size = back ? -back : (double)between(&seed, 1, 40);

			size = !back && between(&seed, 0, 1) ? -size : size;
			note_step(h, i, STEP_CODE, size);
			value += size;
			back = !back && !between(&seed, 0, 2) ? size : 0;
		}
		h->run[i].value = value + cost[kernel];
	}
}

static void steady_steps_are_exact(void **state)
{
	static struct history h;
	struct step *steps;
	size_t total = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		size_t found;

		make_steady(&h, seed);
		found = steps_find(h.run, RUNS, true, &steps);
		assert_int_equal(found, h.steps);
		for (size_t i = 0; i < found; i++) {
			assert_int_equal(steps[i].at, h.step[i]);
			assert_int_equal(steps[i].kind, h.kind[i]);
			assert_true(steps[i].after == h.run[h.step[i]].value);
			if (steps[i].kind == STEP_CODE)
				assert_true(steps[i].after - steps[i].before == h.size[i]);
		}
		free(steps);
		total += found;
	}
	printf("# steady: 20 histories of %d runs, %zu of %zu steps found, 0 invented\n", RUNS,
	       total, total);
}

/* ---- Scattered ---- */

enum noise { NORMAL, SKEWED, OUTLIERS, COUNTS, ALIKE, NR_NOISES };

static const char *const noise_names[] = {
	"normal", "skewed", "skewed, 3 % outliers", "whole numbers",
	"neighbours alike (0.3)"
};

static double normal(uint64_t *seed)
{
	double radius = sqrt(-2 * log(random_unit(seed)));

	return radius * cos(2 * M_PI * random_unit(seed));
}

/*
 * Standard deviation 1 without the outliers, which are up to 30 of them off. @last is what
 * the run before had.
 */
static double draw(enum noise noise, double last, uint64_t *seed)
{
	const double s = 0.6, mean = exp(s * s / 2), sd = mean * sqrt(exp(s * s) - 1);

	if (noise == NORMAL)
		return normal(seed);
	if (noise == COUNTS)
		return round(normal(seed));
	if (noise == ALIKE)
		return 0.3 * last + sqrt(1 - 0.3 * 0.3) * normal(seed);
	if (noise == OUTLIERS && random_unit(seed) < 0.03)
		return 5 + 25 * random_unit(seed);
	return (exp(s * normal(seed)) - mean) / sd;
}

/* Levels of at least 30 runs; steps of @least to twice as many sigmas, up or down. */
static void make_sampled(struct history *h, enum noise noise, double least, uint64_t seed)
{
	double level = 1000, off = 0;
	size_t next = 30 + between(&seed, 0, 60);

	memset(h, 0, sizeof(*h));
	make_builds(h, &seed);
	for (size_t i = 0; i < RUNS; i++) {
		if (least > 0 && i >= next && i + 30 < RUNS && begins_commit(h, i)) {
			double size = least * (1 + random_unit(&seed));

			size = between(&seed, 0, 1) ? -size : size;
			note_step(h, i, STEP_CODE, size);
			level += size;
			next = i + 30 + between(&seed, 0, 60);
		}
		off = draw(noise, off, &seed);
		h->run[i].value = level + off;
	}
}

struct score {
	size_t real, found, hits, in_place;
};

/* Each step counts once, for the nearest one found that no other has. */
static void judge(const struct history *h, const struct step *steps, size_t found,
		  struct score *score)
{
	size_t k = 0;

	score->real += h->steps;
	score->found += found;
	for (size_t i = 0; i < h->steps; i++) {
		while (k < found && steps[k].at + NEAR < h->step[i])
			k++;
		if (k == found || steps[k].at > h->step[i] + NEAR)
			continue;
		score->hits++;
		score->in_place += steps[k++].at == h->step[i];
	}
}

static struct score score_of(enum noise noise, double least, size_t histories)
{
	static struct history h;
	struct score score = { };
	struct step *steps;

	for (uint64_t seed = 1; seed <= histories; seed++) {
		size_t found;

		make_sampled(&h, noise, least, seed);
		found = steps_find(h.run, RUNS, false, &steps);
		judge(&h, steps, found, &score);
		free(steps);
	}
	return score;
}

static void sampled_steps_are_found(void **state)
{
	(void)state;
	for (enum noise noise = NORMAL; noise < NR_NOISES; noise++) {
		for (int least = 1; least <= 4; least *= 2) {
			struct score score = score_of(noise, least, 10);
			double precision = (double)score.hits / (double)score.found;
			double recall = (double)score.hits / (double)score.real;

			printf("# sampled, %s, steps of %d to %d sigma: %zu real, %zu found, precision %.3f, "
			       "recall %.3f, %.0f %% at the very run\n", noise_names[noise], least, 2 * least,
			       score.real, score.found, precision, recall,
			       100 * (double)score.in_place / (double)score.hits);
			if (least >= 2) {
				assert_true(precision >= 0.95);
				assert_true(recall >= 0.9);
			}
		}
	}
}

/* What chance does once in a thousand series may happen in a few hundred. */
static void nothing_is_invented(void **state)
{
	(void)state;
	for (enum noise noise = NORMAL; noise < NR_NOISES; noise++) {
		struct score score = score_of(noise, 0, 200);

		printf("# no steps, %s: %zu invented in 200 histories of %d runs\n",
		       noise_names[noise], score.found, RUNS);
		assert_true(score.found <= 2);
	}
}

/* ---- By hand ---- */

static void steps_of(const double *values, size_t count, bool steady, const char *builds,
		     const char *environments, struct step *expected, size_t nr_expected)
{
	struct step_run run[64];
	char names[64][2] = { }, places[64][2] = { };
	struct step *steps;

	for (size_t i = 0; i < count; i++) {
		names[i][0] = builds[i] == '?' ? 0 : builds[i];
		places[i][0] = environments[i];
		run[i] = (struct step_run){ names[i], places[i], values[i] };
	}
	assert_int_equal(steps_find(run, count, steady, &steps), nr_expected);
	for (size_t i = 0; i < nr_expected; i++) {
		assert_int_equal(steps[i].at, expected[i].at);
		assert_int_equal(steps[i].from, expected[i].from);
		assert_int_equal(steps[i].kind, expected[i].kind);
		assert_true(steps[i].before == expected[i].before);
		assert_true(steps[i].after == expected[i].after);
	}
	free(steps);
}

static void rules_of_steady_series(void **state)
{
	(void)state;
	steps_of(NULL, 0, true, "", "", NULL, 0);
	steps_of((double[]){ 5 }, 1, true, "a", "x", NULL, 0);
	steps_of((double[]){ 5, 5, 5 }, 3, true, "abc", "xxx", NULL, 0);
	/* A return is another step. */
	steps_of((double[]){ 5, 6, 5 }, 3, true, "abc", "xxx", (struct step[]){
		{ .at = 1, .from = 0, .before = 5, .after = 6 },
		{ .at = 2, .from = 1, .before = 6, .after = 5 } }, 2);
	/* Runs of one commit make none; of an unknown one they do. */
	steps_of((double[]){ 5, 6, 6 }, 3, true, "aab", "xxx", NULL, 0);
	steps_of((double[]){ 5, 6 }, 2, true, "??", "xx", (struct step[]){
		{ .at = 1, .from = 0, .before = 5, .after = 6 } }, 1);
	/* Another environment, the same commit. */
	steps_of((double[]){ 5, 6 }, 2, true, "aa", "xy", (struct step[]){
		{ .at = 1, .from = 0, .kind = STEP_ENVIRONMENT, .before = 5, .after = 6 } }, 1);
	/* Back in an environment where the code costs more by now, and where it does not. */
	steps_of((double[]){ 5, 9, 7 }, 3, true, "abc", "xyx", (struct step[]){
		{ .at = 1, .from = 0, .kind = STEP_ENVIRONMENT, .before = 5, .after = 9 },
		{ .at = 2, .from = 0, .kind = STEP_CODE, .before = 5, .after = 7 } }, 2);
	steps_of((double[]){ 5, 9, 5 }, 3, true, "abc", "xyx", (struct step[]){
		{ .at = 1, .from = 0, .kind = STEP_ENVIRONMENT, .before = 5, .after = 9 },
		{ .at = 2, .from = 1, .kind = STEP_ENVIRONMENT, .before = 9, .after = 5 } }, 2);
}

static void fill(char *text, char word)
{
	memset(text, word, 48);
	text[48] = '\0';
}

static void rules_of_sampled_series(void **state)
{
	struct step step = { .at = 24, .from = 23, .before = 101, .after = 111 };
	char builds[49] = "", same[49], place[49], two[49];
	double values[48];

	(void)state;
	fill(same, 'a');
	fill(place, 'x');
	fill(two, 'x');
	memset(two + 24, 'y', 24);
	for (size_t i = 0; i < 48; i++) {
		values[i] = (i < 24 ? 100 : 110) + (double)(i % 3);
		builds[i] = (char)('0' + i);
	}
	steps_of(values, 48, false, builds, place, &step, 1);
	steps_of(values, 48, false, same, place, NULL, 0);
	step.kind = STEP_ENVIRONMENT;
	steps_of(values, 48, false, builds, two, &step, 1);
	steps_of(values, 48, false, same, two, &step, 1);

	/* Four outliers in a row; one level everywhere; less than a thousandth of it. */
	for (size_t i = 24; i < 48; i++)
		values[i] = (i < 28 ? 900 : 100) + (double)(i % 3);
	steps_of(values, 48, false, builds, place, NULL, 0);
	for (size_t i = 0; i < 48; i++)
		values[i] = 7;
	steps_of(values, 48, false, builds, place, NULL, 0);
	for (size_t i = 0; i < 48; i++)
		values[i] = i < 24 ? 100000 : 100099;
	steps_of(values, 48, false, builds, place, NULL, 0);
	for (size_t i = 0; i < 48; i++)
		values[i] = i < 24 ? 0 : 1;
	steps_of(values, 48, false, builds, place,
		 &(struct step){ .at = 24, .from = 23, .after = 1 }, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_steps_are_exact),
		cmocka_unit_test(sampled_steps_are_found),
		cmocka_unit_test(nothing_is_invented),
		cmocka_unit_test(rules_of_steady_series),
		cmocka_unit_test(rules_of_sampled_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
