// SPDX-License-Identifier: GPL-2.0
/*
 * The lines of tdxbench top against tests/unit/top/WIDTH.txt, and JSON against the same
 * numbers. TOP_VIEW_UPDATE=1 writes those files anew, to be looked at before a commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/json.h"
#include "top/samples.h"
#include "top/view.h"

static struct top_sample start, before, now;
static struct top_model model;
static struct view view;

static const struct view_about about = {
	.kernel = "6.12.117+deb12-cloud-amd64", .clock = "virtual clock, 1 ns = 1 instruction",
	.module = "software TDX module: a model", .cpus = 4,
};

static struct view_options options;

/* Some of everything: a large and a small TD, one with errors, one that only waits. */
static int begin(void **unused)
{
	unsigned int i;

	(void)unused;
	options = (struct view_options){ .width = 80, .tds = 20 };
	top_sample_init(&start, SECOND);
	top_sample_init(&before, 11 * SECOND);
	sample_quote(&before, 0x74b2000, 3 * SECOND);
	sample_copy(&now, &before);
	now.ns += SECOND;
	now.cpu_ns = 4 * MS;
	for (i = 0; i < 390; i++) {
		sample_quote(&now, i % 3 ? 0x74b2000 : 0x103fdd2000, (100 + i % 50) * MS);
		sample_call(&now, ITERATIONS_QUOTE_GET, 5, 2 * MS + 100 * i, 1200 + i);
		hist_add(&now.seam, 2000 + i);
		hist_add(&now.outside, 300 + i);
	}
	sample_call(&now, ITERATIONS_EXT_INIT, 1, 1500, 0);
	sample_td(&now, 0x103fdd2000)->waited = 30 * SECOND;
	sample_td(&now, 0x74b2000)->waited = 8 * SECOND;
	sample_td(&now, 0x74b2000)->waiting = 40;
	sample_td(&now, 0x74b2000)->open = 43;
	sample_td(&now, 0x9000)->waiting = sample_td(&now, 0x9000)->open = 1;
	sample_td(&now, 0x9000)->waited = 2 * SECOND;
	sample_td(&now, 0x9000)->count = sample_td(&now, 0x9000)->errors = 7;
	now.lab = (struct top_lab){
		.there = true, .up = true, .ready = true, .quoting = STATE_QUOTING_AVAILABLE,
		.pool_pages = 12800, .in_flight = 64,
	};
	now.state.updates_begun = now.state.updates_ended = 2;
	top_sample_settle(&now, NULL);
	top_model(&model, &now, &before, &start);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	view_free(&view);
	top_model_free(&model);
	top_sample_free(&before);
	top_sample_free(&now);
	return 0;
}

static char text[1 << 20];

static const char *make(void)
{
	size_t at = 0, i;

	view_free(&view);
	view_make(&view, &model, &about, &options);
	*text = 0;
	for (i = 0; i < view.nr; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", view.line[i].text);
	return text;
}

static void assert_has(const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in:\n%s", wanted, text);
}

static void assert_has_not(const char *unwanted)
{
	if (strstr(text, unwanted))
		fail_msg("'%s' is in:\n%s", unwanted, text);
}

/* --- golden pages --- */

static void assert_golden(unsigned int width)
{
	char path[64], golden[8192] = "";
	FILE *file;

	snprintf(path, sizeof(path), "tests/unit/top/%u.txt", width);
	options.width = width;
	make();
	if (getenv("TOP_VIEW_UPDATE")) {
		file = fopen(path, "we");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	file = fopen(path, "re");
	assert_non_null(file);
	golden[fread(golden, 1, sizeof(golden) - 1, file)] = 0;
	fclose(file);
	if (strcmp(text, golden))
		fail_msg("%s has\n%s\nbut it is\n%s", path, golden, text);
}

static void pages_are_as_they_should_be(void **unused)
{
	(void)unused;
	assert_golden(120);
	assert_golden(80);
	assert_golden(60);
	assert_golden(40);
}

/* --- at any width --- */

static void check_lines(unsigned int width)
{
	const struct view_line *line;
	size_t i;
	unsigned int k;

	for (i = 0; i < view.nr; i++) {
		line = &view.line[i];
		if (strlen(line->text) > width)
			fail_msg("%zu columns of %u: %s", strlen(line->text), width, line->text);
		for (k = 0; k < line->nr_spans; k++) {
			assert_true(line->span[k].from < line->span[k].to);
			assert_true(line->span[k].to <= strlen(line->text));
			assert_true(!k || line->span[k].from >= line->span[k - 1].to);
		}
		for (k = 0; line->text[k]; k++)
			assert_in_range(line->text[k], ' ', '~');
	}
}

static void no_line_is_too_long(void **unused)
{
	unsigned int width;

	(void)unused;
	for (width = 0; width < 300; width++) {
		options.width = width;
		make();
		check_lines(width < VIEW_MIN_WIDTH ? VIEW_MIN_WIDTH : width);
		assert_has("QUOTE.GET");
		assert_has("quotes/s");
	}
}

/* Numbers as large as they can be, and text that is not tame. */
static void huge_numbers_fit(void **unused)
{
	struct view_about hostile = about;
	unsigned int width, i;

	(void)unused;
	memset(hostile.kernel, '\033', sizeof(hostile.kernel) - 1);
	model.ns = 1;
	model.lost = model.updates = model.update_errors = model.pool_pages = UINT64_MAX;
	model.in_flight = model.unseen = UINT64_MAX;
	model.cpu = 1e300;
	for (i = 0; i < model.nr_tds; i++)
		model.td[i] = (struct top_td){
			.tdr = UINT64_MAX - i, .quotes = UINT64_MAX, .errors = UINT64_MAX,
			.total = { 1, INT64_MAX, INT64_MAX, INT64_MAX },
			.waiting = UINT32_MAX, .open = UINT32_MAX, .share = 100,
		};
	for (width = VIEW_MIN_WIDTH; width < 220; width++) {
		options.width = width;
		view_free(&view);
		view_make(&view, &model, &hostile, &options);
		check_lines(width);
	}
}

static void height_takes_tds(void **unused)
{
	unsigned int height;
	size_t others;

	(void)unused;
	options.tds = SIZE_MAX;
	options.keys = true;
	make();
	others = view.nr - model.nr_tds;
	for (height = 1; height < 40; height++) {
		options.height = height;
		make();
		assert_true(view.nr <= (height > others ? height : others));
		assert_has("q quit");
	}
	assert_has("3 of 3 TDs");
}

static void scrolling_and_rows(void **unused)
{
	(void)unused;
	top_model_sort(&model, TOP_SORT_TD);
	options.tds = 1;
	make();
	assert_has("1 of 3 TDs, by rate");
	assert_has("0x9000");
	assert_has_not("0x74b2000");
	options.skip = 1;
	make();
	assert_has("2 to 2 of 3 TDs");
	assert_has("0x74b2000");
	options.skip = 1000;
	make();
	assert_has("3 to 3 of 3 TDs");
	options.tds = 0;
	options.skip = 0;
	make();
	assert_has("0 of 3 TDs");
	assert_has("\nall ");
}

/* --- what is said --- */

static bool is_inked(const char *part, enum view_ink ink)
{
	const struct view_line *line;
	const char *at;
	unsigned int k;

	for (line = view.line; line < view.line + view.nr; line++) {
		at = strstr(line->text, part);
		for (k = 0; at && k < line->nr_spans; k++)
			if (line->span[k].from <= at - line->text &&
			    line->span[k].to >= at - line->text + strlen(part))
				return line->span[k].ink == ink;
	}
	return ink == VIEW_PLAIN;
}

static void losses_are_red(void **unused)
{
	(void)unused;
	make();
	assert_has("events lost 0");
	assert_true(is_inked("events lost 0", VIEW_PLAIN));
	model.lost = 3;
	make();
	assert_has("EVENTS LOST 3");
	assert_true(is_inked("EVENTS LOST 3", VIEW_RED));
	assert_true(is_inked("0x9000", VIEW_RED));	/* errors */
	assert_true(is_inked("0x74b2000", VIEW_PLAIN));
}

static void what_is_not_known_is_said(void **unused)
{
	(void)unused;
	model.ext = TOP_EXT_UNKNOWN;
	model.quoting = TOP_QUOTING_UNKNOWN;
	model.pool_known = false;
	model.pool_pages = 0;
	make();
	assert_has("extensions unknown  quoting unknown  pool unknown");
	model.pool_pages = 512;
	make();
	assert_has("pool +2.0 MiB since the start");
	assert_has_not("UPDATE");
	model.updating = true;
	make();
	assert_has("UPDATE UNDER WAY");
}

static void leaves_are_those_wanted(void **unused)
{
	(void)unused;
	make();
	assert_has("EXT.INIT");
	assert_has_not("QUOTE.INIT");
	options.leaves = 1U << ITERATIONS_QUOTE_INIT;
	make();
	assert_has("QUOTE.INIT");
	assert_has_not("EXT.INIT");
	assert_has_not("QUOTE.GET");
}

static void modes_are_told(void **unused)
{
	(void)unused;
	make();
	assert_has("last 1.00s  up 11.0s  itself 0.4% CPU");
	assert_has("software TDX module: a model");
	options.total = options.paused = true;
	make();
	assert_has("since the start");
	assert_has("PAUSED");
	model.ns = 0;
	make();
	assert_has("starting");
	options.help = true;
	make();
	assert_has("q         quit");
	assert_has_not("QUOTE.GET");
}

/* --- the same as JSON --- */

static const json_t *at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		fail_msg("no %s", key);
	return value;
}

static void json_has_the_numbers(void **unused)
{
	const json_t *leaf, *all, *tds;
	json_t *out;

	(void)unused;
	top_model_sort(&model, TOP_SORT_TD);
	options.tds = 2;
	out = top_json(&model, &about, &options);
	assert_int_equal(json_integer_value(at(out, "interval_ns")), SECOND);
	assert_int_equal(json_integer_value(at(out, "lost_events_since_start")), 0);
	assert_string_equal(json_string_value(at(at(out, "state"), "quoting")), "available");
	leaf = at(at(out, "leaves"), "QUOTE.GET");
	assert_int_equal(json_integer_value(at(leaf, "iterations")), 390 * 5);
	assert_int_equal(json_integer_value(at(leaf, "calls")), 390);
	assert_int_equal(json_integer_value(at(at(leaf, "seam"), "count")), 390 * 5);
	assert_null(json_object_get(at(at(at(out, "leaves"), "other"), "gap"), "p50_ns"));
	all = at(out, "all");
	assert_int_equal(json_integer_value(at(all, "quotes")), 390);
	assert_int_equal(json_integer_value(at(all, "errors")), 7);
	assert_int_equal(json_integer_value(at(all, "waiting_now")), 41);
	tds = at(out, "tds");
	assert_int_equal(json_array_size(tds), 2);
	assert_string_equal(json_string_value(at(json_array_get(tds, 1), "td")), "0x74b2000");
	assert_true(json_real_value(at(json_array_get(tds, 1), "queue_share_percent")) == 20);
	model.pool_known = false;
	json_decref(out);
	out = top_json(&model, &about, &options);
	assert_true(json_is_null(at(at(out, "state"), "pool_pages")));
	json_decref(out);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(pages_are_as_they_should_be), TEST(no_line_is_too_long),
		TEST(huge_numbers_fit), TEST(height_takes_tds), TEST(scrolling_and_rows),
		TEST(losses_are_red), TEST(what_is_not_known_is_said),
		TEST(leaves_are_those_wanted), TEST(modes_are_told), TEST(json_has_the_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
