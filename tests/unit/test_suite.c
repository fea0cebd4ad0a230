// SPDX-License-Identifier: GPL-2.0
/*
 * Suite files: sections into points, every mistake with its one line, and
 * files that no person would write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "capture.h"
#include "measurement.h"
#include "suite.h"

/* --- measurements to choose from, so that the real ones may change --- */

static const char *const modes[] = { "calm", "wild", NULL };

static const struct param wave_params[] = {
	{ "mode", 0, 0, 1, "", modes, "" },
	{ "guests", 1, 1, 64, "", NULL, "" },
	{}
};
static const struct param still_params[] = { {} };

static const struct measurement wave = { .name = "wave", .params = wave_params };
static const struct measurement still = { .name = "still", .params = still_params };

const struct measurement *measurement_find(const char *name)
{
	return !strcmp(name, "wave") ? &wave : !strcmp(name, "still") ? &still : NULL;
}

/* --- reading from text --- */

static char path[64];

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/tdxbench-test-XXXXXX.ini");
	fd = mkstemps(path, 4);
	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static struct suite *read_bytes(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	return suite_read(path);
}

static struct suite *read_good(const char *text)
{
	struct suite *suite = read_bytes(text, strlen(text));

	assert_non_null(suite);
	assert_string_equal(suite->text, text);
	return suite;
}

/* --- what a good one means --- */

static void defaults(void **state)
{
	struct suite *suite = read_good("[wave]\nguests = 3\n");
	const struct point *point = &suite->points[0];

	(void)state;
	assert_int_equal(suite->vm.cpus, 4);
	assert_int_equal(suite->vm.memory_mib, 1024);
	assert_int_equal(suite->nr_points, 1);
	/* The file's name without .ini. */
	assert_int_equal(strncmp(strrchr(path, '/') + 1, suite->name, strlen(suite->name)), 0);
	assert_string_equal(strchr(path, '.'), ".ini");
	assert_null(strchr(suite->name, '.'));
	assert_string_equal(point->section, "wave");
	assert_string_equal(point->id, "wave");
	assert_ptr_equal(point->measurement, &wave);
	assert_int_equal(point_value(point, "mode"), 0);
	assert_int_equal(point_value(point, "guests"), 3);
	assert_int_equal(point->profile.quote_ns, param_find(profile_params, "quote_ns")->def);
	suite_free(suite);
}

static void lists_make_points(void **state)
{
	static const char *const ids[] = {
		"storm/mode=wild/guests=1/quote_ns=1000000",
		"storm/mode=wild/guests=1/quote_ns=2000",
		"storm/mode=wild/guests=16/quote_ns=1000000",
		"storm/mode=wild/guests=16/quote_ns=2000",
		"storm/mode=calm/guests=1/quote_ns=1000000",
		"storm/mode=calm/guests=1/quote_ns=2000",
		"storm/mode=calm/guests=16/quote_ns=1000000",
		"storm/mode=calm/guests=16/quote_ns=2000",
	};
	struct suite *suite = read_good("; a comment\n"
					"[global]\ncpus = 2\nseed = 9\nquote_ns = 5ms\n\n"
					"[storm]\nmeasure = wave\nmode = wild , calm\n"
					"guests=1,16\nquote_ns = 1ms, 2us\n"
					"[still]\nseed = 10\n");
	unsigned int i;

	(void)state;
	assert_int_equal(suite->vm.cpus, 2);
	assert_int_equal(suite->nr_points, 9);
	for (i = 0; i < 8; i++) {
		assert_string_equal(suite->points[i].id, ids[i]);
		assert_string_equal(suite->points[i].section, "storm");
		assert_int_equal(suite->points[i].profile.seed, 9);
		assert_int_equal(point_value(&suite->points[i], "mode"), i < 4);
		assert_int_equal(point_value(&suite->points[i], "guests"), i & 2 ? 16 : 1);
		assert_int_equal(suite->points[i].profile.quote_ns, i & 1 ? 2000 : 1000000);
	}
	assert_string_equal(suite->points[8].id, "still");
	assert_int_equal(suite->points[8].profile.seed, 10);
	assert_int_equal(suite->points[8].profile.quote_ns, 5000000);
	suite_free(suite);
}

static void lists_in_global_make_points_everywhere(void **state)
{
	struct suite *suite = read_good("[still]\nseed=1\n[wave]\nseed=2\n[global]\nslots = 1, 2\n");

	(void)state;
	assert_int_equal(suite->nr_points, 4);
	assert_string_equal(suite->points[1].id, "still/slots=2");
	assert_string_equal(suite->points[2].id, "wave/slots=1");
	suite_free(suite);
}

/* --- what is wrong, and how it is said --- */

static void expect_complaint(struct suite *suite, const char *said, const char *text,
			     const char *complaint)
{
	if (suite)
		fail_msg("taken as good: %s", text);
	if (!strstr(said, complaint))
		fail_msg("said '%s', not '%s'", said, complaint);
	assert_non_null(strstr(said, path));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void complaints(void **state)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{ "", "no section that measures anything" },
		{ "; nothing\n", "no section that measures anything" },
		{ "[global]\ncpus = 2\n", "no section that measures anything" },
		{ "guests = 1\n[wave]\nguests = 1\n", ":1: 'guests' stands before any [section]" },
		{ "[wave]\nguests = 1\nguests = 2\n", ":3: [wave] sets 'guests' twice" },
		{ "[wave]\nguests = 1\n[wave]\nmode = calm\n", ":3: [wave] is there twice" },
		{ "[a-name-that-is-much-longer-than-forty-nine-characters]\nmeasure = wave\n",
		  ":1: [a-name-that-is-much-... has more than 49 characters" },
		{ "[wave]\nguests\n", ":2: not 'key = value' or '[section]'" },
		{ "[wave\nguests = 1\n", ":1: not 'key = value' or '[section]'" },
		{ "[wind]\nguests = 1\n", "[wind] measure is 'wind', see tdxbench list" },
		{ "[x]\nmeasure = wind\n", "[x] measure is 'wind', see tdxbench list" },
		{ "[x]\nmeasure =\n", "[x] measure is '', see tdxbench list" },
		{ "[wave]\nfoam = 1\n", "[wave] has no parameter 'foam', see tdxbench list wave" },
		{ "[still]\nguests = 1\n", "[still] has no parameter 'guests'" },
		{ "[wave]\ncpus = 1\n", "[wave] has no parameter 'cpus'" },
		{ "[global]\nguests = 2\n[wave]\nmode=calm\n", "[global] has no parameter 'guests'" },
		{ "[global]\nmeasure = wave\n[wave]\nmode=calm\n", "[global] has no parameter 'measure'" },
		{ "[global]\ncpus = 2, 4\n[wave]\nmode=calm\n", "[global] cpus takes one value" },
		{ "[global]\ncpus = 65\n[wave]\nmode=calm\n", "[global] cpus is '65', allowed is 1 to 64" },
		{ "[global]\nseed = x\n[wave]\nmode=calm\n", "seed is 'x'" },
		{ "[wave]\nguests = 65\n", "[wave] guests is '65', allowed is 1 to 64" },
		{ "[wave]\nguests =\n", "[wave] guests is '', allowed is 1 to 64" },
		{ "[wave]\nguests = 1,\n", "[wave] guests is '', allowed" },
		{ "[wave]\nguests = ,1\n", "[wave] guests is '', allowed" },
		{ "[wave]\nguests = 1 2\n", "[wave] guests is '1 2', allowed" },
		{ "[wave]\nmode = tame\n", "[wave] mode is 'tame', allowed is calm, wild" },
		{ "[wave]\nquote_ns = 1 s\n", "[wave] quote_ns is '1 s', allowed is 1000 to" },
		/* A section without keys is as good as forgotten. */
		{ "[wave]\n", " [wave] is empty" },
		{ "[wave]\nguests = 1\n\n[still]\n; nothing\n", " [still] is empty" },
		{ "[still]\n[wave]\nguests = 1\n", " [still] is empty" },
		{ "[still] ; note\n", " [still] is empty" },
		{ "[global]\n[wave]\nguests = 1\n", " [global] is empty" },
	};
	static struct capture capture;
	struct suite *suite;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		capture_start(&capture, stderr);
		suite = read_bytes(cases[i].text, strlen(cases[i].text));
		expect_complaint(suite, capture_stop(&capture), cases[i].text, cases[i].complaint);
	}
}

/* Limits: one more than allowed of everything. */
static void limits(void **state)
{
	static char text[2 << 20];
	static struct capture capture;
	struct suite *suite;
	size_t used;
	unsigned int i;

	(void)state;
	used = (size_t)sprintf(text, "[wave]\nguests = 1");
	for (i = 0; i < 64; i++)
		used += (size_t)sprintf(text + used, ",%u", i % 9 + 1);
	capture_start(&capture, stderr);
	suite = read_bytes(text, used);
	expect_complaint(suite, capture_stop(&capture), "65 values", "guests has more than 64 values");

	used = (size_t)sprintf(text, "[wave]\n");
	for (i = 0; i < 60; i++)
		used += (size_t)sprintf(text + used, "key%u = 1\n", i);
	capture_start(&capture, stderr);
	suite = read_bytes(text, used);
	expect_complaint(suite, capture_stop(&capture), "60 keys", ":50: [wave] has more than 48 keys");

	used = (size_t)sprintf(text, "[wave]\nguests = 1,2,3,4,5,6,7,8\nslots = 1,2,3,4,5,6,7,8\n"
				     "seed = 1,2,3,4,5,6,7,8\nquote_jitter = 1,2,3,4,5,6,7,8,9\n");
	capture_start(&capture, stderr);
	suite = read_bytes(text, used);
	expect_complaint(suite, capture_stop(&capture), "4608 points", "more than 4096 points");

	used = (size_t)sprintf(text, "; %0197d\n[wave]\nguests = 1\n", 0);
	capture_start(&capture, stderr);
	suite = read_bytes(text, used);
	expect_complaint(suite, capture_stop(&capture), "199 characters",
			 ":1: the line has more than 198 characters");

	capture_start(&capture, stderr);
	suite = read_bytes("[wave]\nguests = 1\n\0\n", 20);
	expect_complaint(suite, capture_stop(&capture), "NUL", "is no text");

	sprintf(text, "; %0196d\n[wave]\nguests = 1\n", 0);
	suite_free(read_good(text));

	memset(text, '\n', sizeof(text));
	capture_start(&capture, stderr);
	suite = read_bytes(text, (1 << 20) + 1);
	expect_complaint(suite, capture_stop(&capture), "1 MiB", "larger than 1 MiB");
}

static void unreadable(void **state)
{
	static struct capture capture;
	const char *said;

	(void)state;
	capture_start(&capture, stderr);
	assert_null(suite_read("/nonexistent/x.ini"));
	said = capture_stop(&capture);
	assert_string_equal(said, "tdxbench: suite /nonexistent/x.ini: No such file or directory\n");

	capture_start(&capture, stderr);
	assert_null(suite_read("/"));
	assert_string_equal(capture_stop(&capture), "tdxbench: suite /: Is a directory\n");
}

/* --- hostile files: read or refused with one line, never worse --- */

static uint64_t random_state = 88172645463325252ULL;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) % limit);
}

static void survive(const char *bytes, size_t size)
{
	static struct capture capture;
	struct suite *suite;
	const char *said;

	capture_start(&capture, stderr);
	suite = read_bytes(bytes, size);
	said = capture_stop(&capture);
	if (suite) {
		assert_string_equal(said, "");
		assert_true(suite->nr_points > 0);
		suite_free(suite);
	} else {
		assert_int_equal(strncmp(said, "tdxbench: suite ", 16), 0);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
}

static size_t mutate(char *bytes, size_t size, size_t room)
{
	static const char *const bits[] = {
		"[", "]", "=", ",", "\n", "[global]\n", "[]\n", "\r\n", "\xef\xbb\xbf", ";", "#",
		"%s%n", "0x", "1e999", "-", "\xff", "    ", ":", "[wave]", "measure=", "999999999999999999999",
	};
	const char *bit = bits[random_below(sizeof(bits) / sizeof(*bits))];
	size_t at = random_below((uint32_t)size + 1), len = strlen(bit);

	switch (random_below(4)) {
	case 0:			/* one byte, NUL too */
		if (at < size)
			bytes[at] = (char)random_below(256);
		return size;
	case 1:			/* the rest is lost */
		return at;
	default:
		if (size + len > room)
			return size;
		memmove(bytes + at + len, bytes + at, size - at);
		memcpy(bytes + at, bit, len);
		return size + len;
	}
}

static void hostile(void **state)
{
	static const char seed[] = "; suite\n[global]\ncpus = 2\nseed = 1, 2\n\n[storm]\nmeasure = wave\n"
				   "mode = wild, calm\nguests = 1, 2\nquote_ns = 1ms, 2us\n\n[still]\nslots = 3\n";
	static char bytes[4096];
	unsigned int round, i;
	size_t size;

	(void)state;
	for (round = 0; round < 1000; round++) {
		size = sizeof(seed) - 1;
		memcpy(bytes, seed, size);
		for (i = random_below(6) + 1; i; i--)
			size = mutate(bytes, size, sizeof(bytes));
		survive(bytes, size);
	}
}

static void long_lines(void **state)
{
	static char text[100000];
	static const char *const starts[] = { "[", "[wave]\nguests = ", "[wave]\n", "; ", "[wave]\nmode = " };
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		memset(text, 'a', sizeof(text));
		used = strlen(starts[i]);
		memcpy(text, starts[i], used);
		survive(text, sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(lists_make_points),
		cmocka_unit_test(lists_in_global_make_points_everywhere),
		cmocka_unit_test(complaints),
		cmocka_unit_test(limits),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(hostile),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests_name("suite", tests, make_file, remove_file);
}
