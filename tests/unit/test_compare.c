// SPDX-License-Identifier: GPL-2.0
/* Comparisons: one verdict at a time, all of them in a word, and what hostile results do. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "compare/compare_view.h"
#include "command/options.h"
#include "result/result.h"
#include "compare/runs.h"

static struct runs sides[2];	/* too large for a stack */

/* --- making results --- */

static json_t *value(const char *name, const char *better, const char *class, double number)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:f}", "name", name, "unit", "ns", "better", better,
			 "class", class, "value", number);
}

static json_t *steady(const char *name, double number)
{
	json_t *metric = value(name, "lower", "exact", number);

	json_object_set_new(metric, "steady", json_true());
	return metric;
}

/* Of buckets with one value each. */
static json_t *histogram(const char *class, const json_int_t *values, size_t count)
{
	json_t *buckets = json_array(), *metric;
	json_int_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += values[i];
		json_array_append_new(buckets, json_pack("[I, I, i]", values[i], values[i], 1));
	}
	metric = json_pack("{s:s, s:s, s:s, s:s}", "name", "h", "unit", "ns", "better", "lower",
			   "class", class);
	json_object_set_new(metric, "histogram",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "count",
				      (json_int_t)count, "sum", sum, "min", count ? values[0] : 0, "max",
				      count ? values[count - 1] : 0, "p50", count ? values[count / 2] : 0,
				      "p90", count ? values[count - 1] : 0, "p99",
				      count ? values[count - 1] : 0, "p99.9",
				      count ? values[count - 1] : 0, "buckets", buckets));
	return metric;
}

static json_t *point(const char *id, json_t *metrics)
{
	return json_pack("{s:s, s:s, s:s, s:{}, s:{s:s}, s:{}, s:{s:b, s:[]}, s:i, s:o}", "id", id,
			 "section", "s", "measurement", "path", "params", "policy", "preset", "default",
			 "profile", "books", "closed", 1, "checks", "lost_events", 0, "metrics", metrics);
}

static json_t *result(json_t *points)
{
	return json_pack("{s:s, s:b, s:s, s:f, s:{s:s, s:{s:s}}, s:{s:s, s:s, s:s}, s:i, s:o}",
			 "schema", RESULT_SCHEMA, "complete", 1, "started", "2026-11-22T02:05:03Z",
			 "wall_s", 1.0, "environment", "clock", "virtual", "module", "kind", "software",
			 "suite", "name", "gate", "text", "", "sha256", "", "lost_events", 0, "points",
			 points);
}

/* One run of one point; takes over the metrics. */
static void add_run(size_t side, json_t *metrics)
{
	runs_add(&sides[side], "run", result(json_pack("[o]", point("p", metrics))));
}

static const struct compare_options defaults = COMPARE_DEFAULTS;

static void done(struct comparison *c)
{
	compare_free(c);
	runs_free(&sides[0]);
	runs_free(&sides[1]);
}

static struct comparison *compared(const struct compare_options *options)
{
	sides[0].path = "base";
	sides[1].path = "new";
	return compare(&sides[0], &sides[1], options);
}

/* The verdict on one metric on each side; NR_VERDICTS where there is nothing to say. */
static enum verdict verdict_on(json_t *base, json_t *new, const struct compare_options *options)
{
	struct comparison *c;
	enum verdict verdict;

	add_run(0, base ? json_pack("[o]", base) : json_array());
	add_run(1, new ? json_pack("[o]", new) : json_array());
	c = compared(options);
	assert_true(c->count <= 1);
	verdict = c->count ? c->difference[0].verdict : NR_VERDICTS;
	done(c);
	return verdict;
}

/* --- one verdict at a time --- */

static void exact_values(void **state)
{
	static const struct {
		const char *better;
		double base, new, budget;
		enum verdict verdict;
	} cases[] = {
		{ "lower", 100, 100, 0, NR_VERDICTS },
		{ "lower", 100, 100.0000001, 0, VERDICT_REGRESSED },
		{ "lower", 100, 99.9999999, 0, VERDICT_IMPROVED },
		{ "higher", 100, 99, 0, VERDICT_REGRESSED },
		{ "higher", 100, 101, 0, VERDICT_IMPROVED },
		{ "none", 100, 1000, 0, VERDICT_CHANGED },
		{ "lower", 100, 105, 5, VERDICT_ALLOWED },
		{ "lower", 100, 105.1, 5, VERDICT_REGRESSED },
		{ "higher", 100, 95, 5, VERDICT_ALLOWED },
		{ "lower", 3, 3.3, 10, VERDICT_ALLOWED },	/* 0.3 / 3 is not quite 0.1 */
		{ "lower", 0, 1, 1000, VERDICT_REGRESSED },	/* no share of nothing is small */
		{ "lower", 1, 0, 0, VERDICT_IMPROVED },
		{ "lower", -100, -90, 0, VERDICT_REGRESSED },
		{ "lower", -100, -110, 0, VERDICT_IMPROVED },
		{ "lower", -1, 1, 0, VERDICT_REGRESSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct compare_options options = defaults;

		options.budget = cases[i].budget;
		if (verdict_on(value("m", cases[i].better, "exact", cases[i].base),
			       value("m", cases[i].better, "exact", cases[i].new), &options) !=
		    cases[i].verdict)
			fail_msg("case %zu", i);
	}
}

/* The direction is BASE's: a commit does not get through by turning it round. */
static void direction_is_of_base(void **state)
{
	(void)state;
	assert_int_equal(verdict_on(value("m", "lower", "exact", 1), value("m", "higher", "exact", 2),
				    &defaults), VERDICT_REGRESSED);
}

static void histograms(void **state)
{
	static const json_int_t base[] = { 10, 20, 30 }, same_mean[] = { 5, 20, 35 },
		larger[] = { 10, 20, 60 };
	struct comparison *c;

	(void)state;
	assert_int_equal(verdict_on(histogram("exact", base, 3), histogram("exact", base, 3), &defaults),
			 NR_VERDICTS);
	assert_int_equal(verdict_on(histogram("exact", base, 3), histogram("exact", same_mean, 3),
				    &defaults), VERDICT_CHANGED);
	assert_int_equal(verdict_on(histogram("exact", base, 0), histogram("exact", base, 3), &defaults),
			 VERDICT_ADDED);
	assert_int_equal(verdict_on(histogram("exact", base, 3), histogram("exact", base, 0), &defaults),
			 VERDICT_MISSING);

	add_run(0, json_pack("[o]", histogram("exact", base, 3)));
	add_run(1, json_pack("[o]", histogram("exact", larger, 3)));
	c = compared(&defaults);
	assert_int_equal(c->difference[0].verdict, VERDICT_REGRESSED);
	assert_string_equal(c->difference[0].stat, "mean");
	assert_true(c->difference[0].base == 20 && c->difference[0].new == 30);
	assert_string_equal(c->difference[0].moved, "p99");
	assert_true(c->difference[0].moved_base == 30 && c->difference[0].moved_new == 60);
	done(c);
}

/* The same statistics, and yet not the same values. */
static void only_buckets_differ(void **state)
{
	static const json_int_t values[] = { 10, 19, 20, 21, 30 };
	json_t *base = histogram("exact", values, 5), *new = json_deep_copy(base);
	json_t *buckets = json_object_get(json_object_get(new, "histogram"), "buckets");
	struct comparison *c;

	(void)state;
	json_array_set_new(buckets, 1, json_pack("[i, i, i]", 18, 18, 1));
	add_run(0, json_pack("[o]", base));
	add_run(1, json_pack("[o]", new));
	c = compared(&defaults);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->difference[0].verdict, VERDICT_CHANGED);
	assert_string_equal(c->difference[0].moved, "buckets");
	assert_int_equal(compare_outcome(c), OUTCOME_CHANGED);
	assert_int_equal(compare_exit(c), EXIT_DONE);
	done(c);
}

static void one_sided(void **state)
{
	static const json_int_t values[] = { 1 };
	json_t *other_unit = value("m", "lower", "exact", 1), *plain = value("h", "lower", "exact", 1);

	(void)state;
	json_object_set_new(other_unit, "unit", json_string("bytes"));
	assert_int_equal(verdict_on(value("m", "lower", "exact", 1), NULL, &defaults), VERDICT_MISSING);
	assert_int_equal(verdict_on(NULL, value("m", "lower", "exact", 1), &defaults), VERDICT_ADDED);
	assert_int_equal(verdict_on(value("m", "lower", "sampled", 1), NULL, &defaults), VERDICT_MISSING);
	assert_int_equal(verdict_on(value("m", "lower", "exact", 1), other_unit, &defaults),
			 VERDICT_MISSING);
	assert_int_equal(verdict_on(plain, histogram("exact", values, 1), &defaults), VERDICT_MISSING);
	assert_int_equal(verdict_on(value("m", "lower", "exact", 1), value("m", "lower", "sampled", 1),
				    &defaults), VERDICT_MISSING);
}

/* --- steady metrics --- */

static void steady_alone_is_judged(void **state)
{
	struct comparison *c;

	(void)state;
	add_run(0, json_pack("[o, o, o, o]", steady("s", 1), value("e", "lower", "exact", 1),
			     value("gone", "lower", "exact", 1), value("r", "lower", "sampled", 1)));
	add_run(1, json_pack("[o, o, o]", steady("s", 1), value("e", "lower", "exact", 2),
			     value("r", "lower", "sampled", 2)));
	c = compared(&defaults);
	assert_true(c->steady);
	assert_int_equal(c->exact, 1);
	assert_int_equal(c->nr[VERDICT_NOT_JUDGED], 2);
	assert_int_equal(c->nr[VERDICT_TOO_FEW], 1);
	assert_int_equal(compare_outcome(c), OUTCOME_IDENTICAL);
	done(c);
}

/* Steady on one side only: it is judged as long as anything steady is there on the other. */
static void losing_the_mark_is_no_way_out(void **state)
{
	struct comparison *c;

	(void)state;
	add_run(0, json_pack("[o, o]", steady("s", 1), steady("t", 1)));
	add_run(1, json_pack("[o, o]", value("s", "lower", "exact", 2), steady("t", 1)));
	c = compared(&defaults);
	assert_int_equal(c->nr[VERDICT_REGRESSED], 1);
	done(c);

	add_run(0, json_pack("[o, o]", steady("s", 1), value("e", "lower", "exact", 1)));
	add_run(1, json_pack("[o, o]", value("s", "lower", "exact", 1), value("e", "lower", "exact", 2)));
	c = compared(&defaults);
	assert_false(c->steady);
	assert_int_equal(c->nr[VERDICT_REGRESSED], 1);
	done(c);
}

/* --- sampled metrics --- */

static struct comparison *sampled(size_t nr_base, size_t nr_new, double base, double step,
				  double new, const struct compare_options *options)
{
	for (size_t i = 0; i < nr_base; i++)
		add_run(0, json_pack("[o]", value("m", "lower", "sampled", base + step * (double)i)));
	for (size_t i = 0; i < nr_new; i++)
		add_run(1, json_pack("[o]", value("m", "lower", "sampled", new + step * (double)i)));
	return compared(options);
}

static void samples(void **state)
{
	static const struct {
		size_t nr_base, nr_new;
		double base, step, new;
		enum verdict verdict;
	} cases[] = {
		{ 1, 1, 100, 1, 200, VERDICT_TOO_FEW },
		{ 4, 4, 100, 1, 200, VERDICT_TOO_FEW },
		{ 4, 5, 100, 1, 200, VERDICT_TOO_FEW },
		{ 5, 5, 100, 1, 200, VERDICT_REGRESSED },
		{ 5, 5, 200, 1, 100, VERDICT_IMPROVED },
		{ 5, 5, 1000, 1, 1010, VERDICT_NO_DIFFERENCE },		/* told apart, but 1 % */
		{ 5, 5, 100, 10, 130, VERDICT_NO_DIFFERENCE },		/* 27 %, but they overlap */
		{ 10, 10, 100, 10, 180, VERDICT_REGRESSED },		/* overlap, but are many */
		{ 20, 30, 100, 0, 100, VERDICT_NO_DIFFERENCE },
		{ 5, 5, 0, 0, 1, VERDICT_REGRESSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct comparison *c = sampled(cases[i].nr_base, cases[i].nr_new, cases[i].base,
					       cases[i].step, cases[i].new, &defaults);

		assert_int_equal(c->count, 1);
		if (c->difference[0].verdict != cases[i].verdict)
			fail_msg("case %zu: verdict %d, p %g", i, c->difference[0].verdict,
				 c->difference[0].p);
		assert_int_equal(c->difference[0].nr_base, cases[i].nr_base);
		done(c);
	}
}

/* Each run counts once, however many values are in its histogram. */
static void runs_are_the_unit(void **state)
{
	static const json_int_t low[] = { 1, 2, 3, 4, 5 }, high[] = { 101, 102, 103, 104, 105 };
	struct comparison *c;

	(void)state;
	add_run(0, json_pack("[o]", histogram("sampled", low, 5)));
	add_run(1, json_pack("[o]", histogram("sampled", high, 5)));
	c = compared(&defaults);
	assert_int_equal(c->count, 2);
	assert_int_equal(c->nr[VERDICT_TOO_FEW], 2);
	assert_int_equal(compare_outcome(c), OUTCOME_TOO_FEW);
	assert_int_equal(compare_exit(c), EXIT_DONE);
	done(c);
}

/* --- all of it in a word --- */

static void heaviest_first(void **state)
{
	struct comparison *c;

	(void)state;
	add_run(0, json_pack("[o, o, o, o]", value("a", "lower", "exact", 100),
			     value("b", "lower", "exact", 10), value("c", "lower", "exact", 0),
			     value("d", "higher", "exact", 100)));
	add_run(1, json_pack("[o, o, o, o]", value("a", "lower", "exact", 110),
			     value("b", "lower", "exact", 12), value("c", "lower", "exact", 1),
			     value("d", "higher", "exact", 101)));
	c = compared(&defaults);
	assert_int_equal(c->count, 4);
	assert_string_equal(c->difference[0].metric, "c");
	assert_string_equal(c->difference[1].metric, "b");
	assert_string_equal(c->difference[2].metric, "a");
	assert_string_equal(c->difference[3].metric, "d");
	assert_int_equal(compare_outcome(c), OUTCOME_REGRESSION);
	assert_int_equal(compare_exit(c), EXIT_REGRESSION);
	done(c);
}

static void distrust(void **state)
{
	struct compare_options options = defaults;
	struct comparison *c;

	(void)state;
	for (int judged = 0; judged < 2; judged++) {
		options.untrusted = judged;
		add_run(0, json_pack("[o]", value("m", "lower", "exact", 1)));
		add_run(1, json_pack("[o]", value("m", "lower", "exact", 1)));
		json_object_set_new(sides[0].run[0].result, "lost_events", json_integer(1));
		c = compared(&options);
		assert_int_equal(compare_outcome(c),
				 judged ? OUTCOME_NO_DIFFERENCE : OUTCOME_UNTRUSTED);
		assert_int_equal(compare_exit(c), judged ? EXIT_DONE : EXIT_ERROR);
		done(c);
	}
}

/* Exact, of one side, and not equal: nothing can be said, whatever the other side has. */
static void runs_disagree(void **state)
{
	struct comparison *c;

	(void)state;
	for (size_t side = 0; side < 2; side++) {
		add_run(side, json_pack("[o]", steady("s", 1)));
		add_run(side, json_pack("[o]", steady("s", 2)));
		add_run(!side, json_pack("[o]", steady("s", 1)));
		c = compared(&defaults);
		assert_int_equal(c->disagree[side].nr, 1);
		assert_int_equal(c->disagree[!side].nr, 0);
		assert_int_equal(compare_exit(c), EXIT_ERROR);
		done(c);
	}
	add_run(0, json_pack("[o]", steady("s", 1)));
	add_run(0, json_array());
	add_run(1, json_pack("[o]", steady("s", 1)));
	c = compared(&defaults);
	assert_int_equal(compare_exit(c), EXIT_ERROR);
	done(c);
}

static void unlike(void **state)
{
	static const struct {
		const char *key, *base, *new;
		size_t fields;
	} cases[] = {
		{ "kernel", "6.12", "6.12", 0 }, { "kernel", "6.12", "7.3", 1 },
		{ "kernel", "6.12", NULL, 1 }, { "compiler", "gcc 12", "gcc 14", 1 },
		{ "tdxbench", "a", "b", 0 }, { "commit", "a", "b", 0 }, { "fingerprint", "a", "b", 0 },
		{ "cmdline", "quiet tdxbench.a=1 nosmt", "tdxbench.b quiet  nosmt tdxbench.c", 0 },
		{ "cmdline", "quiet tdxbench.a=1", "tdxbench.a=1 nosmt", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct comparison *c;

		for (size_t side = 0; side < 2; side++) {
			const char *text = side ? cases[i].new : cases[i].base;

			add_run(side, json_pack("[o]", steady("s", 1)));
			if (text)
				json_object_set_new(json_object_get(sides[side].run[0].result, "environment"),
						    cases[i].key, json_string(text));
		}
		c = compared(&defaults);
		if (json_array_size(c->unlike) != cases[i].fields)
			fail_msg("case %zu", i);
		assert_int_equal(compare_refused(c), cases[i].fields > 0);
		assert_int_equal(compare_exit(c), cases[i].fields ? EXIT_ERROR : EXIT_DONE);
		done(c);
	}
}

/* --- what it means --- */

static const char *why(json_t *base, json_t *new)
{
	static char text[512];
	struct comparison *c;

	add_run(0, base);
	add_run(1, new);
	c = compared(&defaults);
	compare_why(c, "p", text, sizeof(text));
	done(c);
	return text;
}

static json_t *path(double instructions, double own, double entries)
{
	json_t *metrics = json_pack("[o, o, o, o]", steady("path.instructions", instructions),
				    steady("path.own", own), steady("path.entries", entries),
				    steady("path.per_entry", instructions / entries)), *metric;
	size_t i;

	json_array_foreach(metrics, i, metric)
		json_object_set_new(metric, "unit", json_string(""));
	return metrics;
}

static json_t *quote(double total, double wait, double gap, double iterations)
{
	json_t *metrics = json_pack("[o, o, o, o]", value("quote.total", "lower", "exact", total),
				    value("quote.wait", "lower", "exact", wait),
				    value("quote.gap", "lower", "exact", gap),
				    value("seamcall.iterations", "lower", "exact", iterations));

	return metrics;
}

static void meanings(void **state)
{
	(void)state;
	assert_string_equal(why(path(1000, 600, 5), path(1100, 700, 5)),
			    "path.instructions +100 in functions of its own; "
			    "5 entries into the module as before, +20 for each");
	assert_string_equal(why(path(1000, 600, 5), path(1200, 600, 6)),
			    "path.instructions +200 in functions that it calls; "
			    "5 -> 6 entries into the module, each as long");
	assert_string_equal(why(path(1000, 600, 5), path(1005, 590, 5)),
			    "path.instructions +5, -10 in functions of its own and +15 in those that "
			    "it calls; 5 entries into the module as before, +1 for each");
	assert_string_equal(why(path(1000, 600, 5), path(1000, 600, 5)), "");
	assert_string_equal(why(json_pack("[o]", steady("path.collectors", 10)),
				json_pack("[o]", steady("path.collectors", 12))),
			    "path.collectors +2 ns");
	assert_string_equal(why(quote(1000, 300, 700, 3), quote(1100, 310, 790, 3)),
			    "quote.total +100 ns: quote.gap +90 ns (90 %), quote.wait +10 ns (10 %)");
	assert_string_equal(why(quote(1000, 300, 700, 3), quote(1100, 280, 820, 3.5)),
			    "quote.total +100 ns: quote.gap +120 ns (120 %), quote.wait -20 ns; "
			    "3.00 -> 3.50 iterations");
	assert_string_equal(why(json_array(), json_array()), "");
}

static void numbers(void **state)
{
	static const struct {
		double change;
		const char *text;
	} changes[] = {
		{ 0.0187, "+1.87 %" }, { -0.5, "-50.0 %" }, { 0.00162, "+0.162 %" }, { 1e-9, "+<0.001 %" },
		{ -1e-9, "-<0.001 %" }, { 1.5, "+150 %" }, { 99, "×100" }, { INFINITY, "from 0" },
		{ NAN, "-" }, { 0, "=" },
	};
	char text[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		assert_string_equal(change_text(changes[i].change, text), changes[i].text);
	assert_string_equal(figure_text(12345678, 20, text), "12345678");
	assert_string_equal(figure_text(98.29453, -0.0044, text), "98.2945");
	assert_string_equal(figure_text(98.29453, 20, text), "98");
	assert_string_equal(figure_text(3, 0.25, text), "3.00");
	assert_string_equal(figure_text(NAN, NAN, text), "-");
	assert_string_equal(delta_text("ns", 1500, text), "+1.50 µs");
	assert_string_equal(delta_text("ns", -260, text), "-260 ns");
	assert_string_equal(delta_text("bytes", -4096, text), "-4 KiB");
	assert_string_equal(delta_text("instructions", 20, text), "+20 instructions");
	assert_string_equal(delta_text("", 0.25, text), "+0.25");
	assert_string_equal(delta_text("ns", NAN, text), "-");
}

/* --- hostile results --- */

static char hostile_file[] = "/tmp/tdxbench-compare-XXXXXX";

static void tell_all(const json_t *whole)
{
	struct compare_options options = { .alpha = 1, .unlike = true, .untrusted = true };
	char error[RESULT_ERROR];
	struct telling telling = { .all = true };
	struct comparison *c;
	json_t *damaged;
	FILE *null;

	assert_int_equal(json_dump_file(whole, hostile_file, 0), 0);
	damaged = result_load(hostile_file, error);
	if (!damaged)
		return;
	null = fopen("/dev/null", "w");
	runs_add(&sides[0], "whole", result(json_pack("[o]", point("p", quote(1, 2, 3, 4)))));
	runs_add(&sides[1], "damaged", damaged);
	c = compared(&options);
	telling.c = c;
	compare_terminal(&telling, null);
	compare_markdown(&telling, null);
	compare_json(&telling, null);
	fclose(null);
	done(c);
}

static void damage(const json_t *root, json_t *at)
{
	static const char *const replacements[] = { "null", "-1", "\"\\u0001<|\"", "[]", "{}", "1e308" };
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(at, next, key, member) {
		json_incref(member);
		for (i = 0; i < sizeof(replacements) / sizeof(*replacements); i++) {
			json_object_set_new(at, key, json_loads(replacements[i], JSON_DECODE_ANY, NULL));
			tell_all(root);
		}
		json_object_set_new(at, key, member);
		damage(root, member);
	}
	json_array_foreach(at, i, member)
		damage(root, member);
}

static void damaged_results(void **state)
{
	static const json_int_t values[] = { 1, 2 };
	json_t *whole = result(json_pack("[o]", point("p", quote(1, 2, 3, 5))));
	json_t *metrics = json_object_get(json_array_get(json_object_get(whole, "points"), 0), "metrics");

	(void)state;
	close(mkstemp(hostile_file));
	json_array_append_new(metrics, histogram("sampled", values, 2));
	tell_all(whole);
	damage(whole, whole);
	unlink(hostile_file);
	json_decref(whole);
}

/* However much differs, a comment on a pull request has its limit. */
static void markdown_is_bounded(void **state)
{
	struct telling telling = { .all = true };
	char *text = NULL, name[32];
	json_t *metrics[2] = { json_array(), json_array() };
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct comparison *c;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		for (int side = 0; side < 2; side++)
			json_array_append_new(metrics[side],
					      value(name, i % 2 ? "lower" : "higher", "exact", i + side));
	}
	add_run(0, metrics[0]);
	add_run(1, metrics[1]);
	c = compared(&defaults);
	telling.c = c;
	compare_markdown(&telling, out);
	fclose(out);
	assert_true(size > 1000 && size < 65536);
	assert_non_null(strstr(text, "REGRESSION: 2500 metrics worse"));
	assert_non_null(strstr(text, "and 2480 more"));
	free(text);
	done(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_values),
		cmocka_unit_test(direction_is_of_base),
		cmocka_unit_test(histograms),
		cmocka_unit_test(only_buckets_differ),
		cmocka_unit_test(one_sided),
		cmocka_unit_test(steady_alone_is_judged),
		cmocka_unit_test(losing_the_mark_is_no_way_out),
		cmocka_unit_test(samples),
		cmocka_unit_test(runs_are_the_unit),
		cmocka_unit_test(heaviest_first),
		cmocka_unit_test(distrust),
		cmocka_unit_test(runs_disagree),
		cmocka_unit_test(unlike),
		cmocka_unit_test(meanings),
		cmocka_unit_test(numbers),
		cmocka_unit_test(damaged_results),
		cmocka_unit_test(markdown_is_bounded),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
