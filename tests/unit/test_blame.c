// SPDX-License-Identifier: GPL-2.0
/* Where instructions went: functions and lines of two profiles; and profiles that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "compare/blame.h"
#include "count/profile_json.h"

#define QUOTES	10

/* --- making profiles --- */

static json_t *function(const char *name, const char *part, int self)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", name, "file", "f.c", "part", part, "self",
			 self * QUOTES, "total", 0);
}

static json_t *line(const char *name, int number, int count)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:i}", "file", "f.c", "line", number, "function", name,
			 "part", "path", "count", count * QUOTES);
}

static json_t *profile(int path, json_t *functions, json_t *lines)
{
	return json_pack("{s:s, s:[{s:s, s:i, s:{s:i}, s:o, s:o}]}", "schema", PROFILE_SCHEMA, "points",
			 "id", "p", "quotes", QUOTES, "parts", "path", path * QUOTES, "functions",
			 functions, "lines", lines);
}

/* One function of lines, as pairs of number and count. */
static json_t *profile_of(const int (*lines)[2], size_t count)
{
	json_t *list = json_array();
	int sum = 0;

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, line("loop", lines[i][0], lines[i][1]));
		sum += lines[i][1];
	}
	return profile(sum, json_pack("[o]", function("loop", "path", sum)), list);
}

/* --- functions --- */

static void functions_by_weight(void **state)
{
	json_t *base = profile(100, json_pack("[o, o, o, o]", function("same", "path", 30),
					      function("slower", "path", 50), function("gone", "path", 5),
					      function("slower", "interrupts", 99)), json_array());
	json_t *new = profile(130, json_pack("[o, o, o, o, o]", function("irq", "interrupts", 900),
					     function("came", "path", 7), function("slower", "path", 40),
					     function("slower", "path", 31), function("same", "path", 30)),
			      json_array());
	struct blame *blame = blame_point(base, new, "p");

	(void)state;
	assert_true(blame->base == 100 && blame->new == 130);
	assert_int_equal(blame->functions, 3);
	assert_string_equal(blame->function[0].name, "slower");
	assert_true(blame->function[0].base == 50 && blame->function[0].new == 71);
	assert_string_equal(blame->function[1].name, "came");
	assert_true(blame->function[1].base == 0 && blame->function[1].new == 7);
	assert_string_equal(blame->function[2].name, "gone");
	assert_true(blame->function[2].base == 5 && blame->function[2].new == 0);
	blame_free(blame);
	assert_null(blame_point(base, new, "other"));
	json_decref(base);
	json_decref(new);
}

/* Half as many quotes with half as many instructions are no difference. */
static void counts_are_per_quote(void **state)
{
	static const int lines[][2] = { { 1, 4 }, { 2, 6 } };
	json_t *base = profile_of(lines, 2), *new = profile_of(lines, 2);
	json_t *point = json_array_get(json_object_get(base, "points"), 0), *item;
	struct blame *blame;
	size_t i;

	(void)state;
	json_object_set_new(point, "quotes", json_integer(2 * QUOTES));
	json_object_set_new(json_object_get(point, "parts"), "path", json_integer(20 * QUOTES));
	json_array_foreach(json_object_get(point, "functions"), i, item)
		json_object_set_new(item, "self", json_integer(20 * QUOTES));
	blame = blame_point(base, new, "p");
	assert_true(blame->base == 10 && blame->new == 10);
	assert_int_equal(blame->functions, 0);
	blame_free(blame);
	json_decref(base);
	json_decref(new);
}

/* A point may have measured something else. */
static void no_quotes_are_all(void **state)
{
	static const int lines[][2] = { { 1, 4 }, { 2, 6 } };
	json_t *all = profile_of(lines, 2);
	struct blame *blame;

	(void)state;
	json_object_set_new(json_array_get(json_object_get(all, "points"), 0), "quotes", json_integer(0));
	blame = blame_point(all, all, "p");
	assert_true(blame->base == 10 * QUOTES && blame->new == 10 * QUOTES);
	blame_free(blame);
	json_decref(all);
}

/* --- lines --- */

/* @expected: {line, base, new} of each that differs, the heaviest first. */
static void assert_lines(const int (*base_lines)[2], size_t nr_base, const int (*new_lines)[2],
			 size_t nr_new, const int (*expected)[3], size_t count)
{
	json_t *base = profile_of(base_lines, nr_base), *new = profile_of(new_lines, nr_new);
	struct blame *blame = blame_point(base, new, "p");

	assert_int_equal(blame->functions, 1);
	assert_int_equal(blame->function[0].lines, count);
	for (size_t i = 0; i < count; i++) {
		const struct blame_line *seen = &blame->function[0].line[i];

		if (seen->line != expected[i][0] || seen->base != expected[i][1] ||
		    seen->new != expected[i][2])
			fail_msg("line %lld: %g -> %g", (long long)seen->line, seen->base, seen->new);
	}
	blame_free(blame);
	json_decref(base);
	json_decref(new);
}

#define ASSERT_LINES(base, new, expected) \
	assert_lines(base, sizeof(base) / sizeof(*base), new, sizeof(new) / sizeof(*new), expected, \
		     sizeof(expected) / sizeof(*expected))

static void lines_that_moved(void **state)
{
	static const int base[][2] = { { 10, 1 }, { 11, 50 }, { 12, 40 }, { 15, 1 } };
	static const int added[][2] = { { 20, 1 }, { 21, 50 }, { 22, 100 }, { 23, 40 }, { 26, 1 } };
	static const int expect_added[][3] = { { 22, 0, 100 } };
	static const int removed[][2] = { { 10, 1 }, { 11, 50 }, { 14, 1 } };
	static const int expect_removed[][3] = { { 12, 40, 0 } };
	static const int slower[][2] = { { 30, 1 }, { 31, 50 }, { 32, 500 }, { 35, 1 } };
	static const int expect_slower[][3] = { { 32, 40, 500 } };
	static const int a_little[][2] = { { 30, 1 }, { 31, 50 }, { 32, 55 }, { 35, 1 } };
	static const int expect_a_little[][3] = { { 32, 40, 55 } };

	(void)state;
	ASSERT_LINES(base, added, expect_added);
	ASSERT_LINES(base, removed, expect_removed);
	ASSERT_LINES(base, slower, expect_slower);
	ASSERT_LINES(base, a_little, expect_a_little);
}

/* Where all run equally often, distances tell which one is new. */
static void distances_break_ties(void **state)
{
	static const int base[][2] = { { 10, 5 }, { 13, 5 }, { 20, 5 } };
	static const int new[][2] = { { 10, 5 }, { 13, 5 }, { 15, 5 }, { 22, 5 } };
	static const int expected[][3] = { { 15, 0, 5 } };

	(void)state;
	ASSERT_LINES(base, new, expected);
}

/* --- what must not load --- */

static char path[] = "/tmp/tdxbench-blame-XXXXXX";

static bool loads(const json_t *profile)
{
	char error[RESULT_ERROR] = "";
	json_t *loaded;

	assert_int_equal(json_dump_file(profile, path, JSON_ENCODE_ANY), 0);
	loaded = blame_load(path, error);
	assert_true(loaded || (*error && !strchr(error, '\n')));
	if (loaded)	/* whatever loads must do no harm */
		blame_free(blame_point(loaded, loaded, "p"));
	json_decref(loaded);
	return loaded;
}

/* Every member, one at a time: some may be anything, but nothing may crash. */
static unsigned int damage(const json_t *root, json_t *at)
{
	static const char *const replacements[] = { "null", "-1", "\"x\"", "[]", "{}", "9223372036854775807" };
	unsigned int refused = 0;
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(at, next, key, member) {
		json_incref(member);
		for (i = 0; i < sizeof(replacements) / sizeof(*replacements); i++) {
			json_object_set_new(at, key, json_loads(replacements[i], JSON_DECODE_ANY, NULL));
			refused += !loads(root);
		}
		json_object_set_new(at, key, member);
		refused += damage(root, member);
	}
	json_array_foreach(at, i, member)
		refused += damage(root, member);
	return refused;
}

static void damaged_profiles(void **state)
{
	static const int lines[][2] = { { 1, 4 }, { 2, 6 } };
	json_t *whole = profile_of(lines, 2), *text = json_string("x");

	(void)state;
	close(mkstemp(path));
	assert_true(loads(whole));
	assert_true(damage(whole, whole) > 50);
	assert_false(loads(text));
	unlink(path);
	json_decref(text);
	json_decref(whole);
}

/* Too many lines to match: the function is named all the same. */
static void huge_functions(void **state)
{
	enum { LINES = 3000 };
	static int lines[2][LINES][2];
	json_t *base, *new;
	struct blame *blame;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		lines[0][i][0] = lines[1][i][0] = i;
		lines[0][i][1] = 1;
		lines[1][i][1] = 2;
	}
	base = profile_of(lines[0], LINES);
	new = profile_of(lines[1], LINES);
	blame = blame_point(base, new, "p");
	assert_int_equal(blame->functions, 1);
	assert_true(blame->function[0].new == 2 * LINES);
	assert_int_equal(blame->function[0].lines, 0);
	blame_free(blame);
	json_decref(base);
	json_decref(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_by_weight),
		cmocka_unit_test(counts_are_per_quote), cmocka_unit_test(no_quotes_are_all),
		cmocka_unit_test(lines_that_moved),
		cmocka_unit_test(distances_break_ties),
		cmocka_unit_test(damaged_profiles),
		cmocka_unit_test(huge_functions),
	};

	return cmocka_run_group_tests_name("blame", tests, NULL, NULL);
}
