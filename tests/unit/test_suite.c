// SPDX-License-Identifier: GPL-2.0
/*
 * Suite files and profiles: sections into points, every mistake with its one
 * line, and files that no person would write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "capture.h"
#include "measure/measurement.h"
#include "run/profile.h"
#include "run/suite.h"

/* --- measurements to choose from, so that the real ones may change --- */

static const char *const modes[] = { "calm", "wild", NULL };

static const struct param wave_params[] = {
	{ "mode", 0, 0, 1, "", modes, "" },
	{ "guests", 1, 1, 64, "", NULL, "" },
	{}
};
/* As [global]'s memory, which is the VM's and not this. */
static const struct param still_params[] = {
	{ "memory", 0, 0, 1, "", modes, "" },
	{}
};

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
	setenv("TDXBENCH_SHARE", ".", 1);	/* tests run in the project */
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
	return suite_read(path, NULL);
}

static struct suite *read_good(const char *text)
{
	struct suite *suite = read_bytes(text, strlen(text));

	assert_non_null(suite);
	assert_string_equal(suite->text, text);
	return suite;
}

/* --- being told what is wrong --- */

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
	assert_int_equal(point->preset, POLICY_DEFAULT);
	assert_memory_equal(&point->policy, &policy_presets[POLICY_DEFAULT], sizeof(point->policy));
	assert_string_equal(point->profile_name, "default");
	assert_int_equal(suite->nr_profiles, 0);
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

static void memory_in_global_is_the_vms(void **state)
{
	struct suite *suite = read_good("[global]\nmemory = 512\n[still]\nmemory = calm, wild\n"
					"[other]\nmeasure = still\n");

	(void)state;
	assert_int_equal(suite->vm.memory_mib, 512);
	assert_int_equal(suite->nr_points, 3);
	assert_string_equal(suite->points[1].id, "still/memory=wild");
	assert_int_equal(point_value(&suite->points[2], "memory"), 0);
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

/* --- policy: a preset, and knobs over it --- */

static void policies(void **state)
{
	struct suite *suite = read_good("[global]\nclear = never\n"
					"[wave]\npolicy = posted, default\nbuffers = per-call\n"
					"wait = uninterruptible, killable\nquote_ns = 1ms\n"
					"[still]\nclear = always\n");
	const struct point *point = suite->points;

	(void)state;
	assert_int_equal(suite->nr_points, 5);
	assert_string_equal(point[0].id, "wave/policy=posted/wait=uninterruptible");
	assert_string_equal(point[1].id, "wave/policy=posted/wait=killable");
	assert_string_equal(point[2].id, "wave/policy=default/wait=uninterruptible");
	assert_string_equal(point[4].id, "still");

	/* Said in the section, said in [global], and left to the preset. */
	assert_int_equal(point[1].preset, POLICY_POSTED);
	assert_int_equal(point[1].policy.buffers, TDX_BUFFERS_PER_CALL);
	assert_int_equal(point[1].policy.wait, TDX_WAIT_KILLABLE);
	assert_int_equal(point[1].policy.clear, TDX_CLEAR_NEVER);
	assert_int_equal(point[1].policy.busy, TDX_BUSY_FAIL);
	assert_int_equal(point[2].policy.wait, TDX_WAIT_UNINTERRUPTIBLE);
	assert_int_equal(point[2].policy.clear, TDX_CLEAR_NEVER);
	assert_int_equal(point[2].policy.busy, TDX_BUSY_RETRY);
	assert_int_equal(point[4].policy.clear, TDX_CLEAR_ALWAYS);
	suite_free(suite);
}

/* --- profiles: a file, and keys over it --- */

static void write_profile(char name[64], const char *text)
{
	int fd;

	strcpy(name, "/tmp/tdxbench-profile-XXXXXX.ini");
	fd = mkstemps(name, 4);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void profiles(void **state)
{
	char name[64], text[512];
	struct suite *suite;
	const struct point *point;

	(void)state;
	write_profile(name, "; mine\nquote_ns = 7ms\n[profile]\nslots = 3\nseed = 5\n");
	/* By path from the suite's own directory, by absolute path, by name. */
	sprintf(text, "[global]\nseed = 9\nprofile = default\n[wave]\nprofile = ./%s\nslots = 4\n"
		      "[storm]\nmeasure = wave\nprofile = default, %s\n[still]\nseed = 1\n",
		strrchr(name, '/') + 1, name);
	suite = read_bytes(text, strlen(text));
	assert_null(suite);	/* one name for two paths */

	sprintf(text, "[global]\nseed = 9\nprofile = default\n[wave]\nprofile = %s\nslots = 4\n"
		      "[storm]\nmeasure = wave\nprofile = default, %s\n[still]\nslots = 1\n",
		name, name);
	suite = read_good(text);
	point = suite->points;
	assert_int_equal(suite->nr_points, 4);
	assert_int_equal(suite->nr_profiles, 2);
	assert_int_equal(strncmp(point[0].profile_name, "tdxbench-profile-", 17), 0);
	assert_null(strchr(point[0].profile_name, '.'));
	assert_int_equal(point[0].profile.quote_ns, 7000000);
	assert_int_equal(point[0].profile.slots, 4);	/* the section's own */
	assert_int_equal(point[0].profile.seed, 9);	/* [global]'s */
	assert_int_equal(point[0].profile.pool_pages, 12800);
	assert_string_equal(point[1].id, "storm/profile=default");
	assert_int_equal(point[1].profile.quote_ns, 200000000);
	assert_int_equal(strncmp(point[2].id, "storm/profile=tdxbench-profile-", 30), 0);
	assert_int_equal(point[2].profile.slots, 3);
	assert_string_equal(point[3].profile_name, "default");
	suite_free(suite);
	unlink(name);
}

static void profiles_from_elsewhere(void **state)
{
	char name[64], text[256], base[64];
	struct suite *suite;

	(void)state;
	write_profile(name, "slots = 3\n");
	sprintf(base, "%.*s", (int)strcspn(strrchr(name, '/') + 1, "."), strrchr(name, '/') + 1);
	sprintf(text, "[still]\nprofile = %s\n", base);
	suite = read_bytes(text, strlen(text));
	assert_null(suite);
	suite = suite_read(path, "/tmp");
	assert_non_null(suite);
	assert_string_equal(suite->profiles[0].path, name);
	assert_int_equal(suite->points[0].profile.slots, 3);
	suite_free(suite);
	unlink(name);
}

static void profile_complaints(void **state)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{ "slots = 0\n", ": slots is '0', allowed is 1 to 64 calls" },
		{ "slots = 1, 2\n", ": slots is '1, 2', allowed is 1 to 64 calls" },
		{ "outputs = lost\n", ": outputs is 'lost', allowed is preserve, zero, poison" },
		{ "guests = 1\n", ": has no parameter 'guests', see tdxbench list profile" },
		{ "slots = 1\nslots = 2\n", ":2: [profile] sets 'slots' twice" },
		{ "[wave]\nslots = 1\n", ": [wave] is no section of a profile, allowed is [profile]" },
		{ "slots\n", ":1: not 'key = value' or '[section]'" },
	};
	static struct capture capture;
	char name[64], text[128], complaint[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct suite *suite;

		write_profile(name, cases[i].text);
		sprintf(text, "[still]\nprofile = %s\n", name);
		sprintf(complaint, ": [still] profile %s%s\n", name, cases[i].complaint);
		capture_start(&capture, stderr);
		suite = read_bytes(text, strlen(text));
		expect_complaint(suite, capture_stop(&capture), cases[i].text, complaint);
		unlink(name);
	}
}

/* --- profiles that come with the project --- */

static void profile_is_good(const char *name, const char *comment, void *count)
{
	struct tdx_emu_profile profile;
	char *file = profile_path(name, "", NULL), error[600] = "";

	profile_defaults(&profile);
	if (profile_read(file, &profile, error, sizeof(error)))
		fail_msg("%s", error);
	assert_true(strlen(comment) > 20);
	/* What the module checks beyond the range of each row. */
	assert_true(profile.quote_size + profile.quote_jitter <= profile.max_quote_size);
	assert_true(profile.quote_size - profile.quote_jitter >= 4096);
	free(file);
	++*(unsigned int *)count;
}

static void profiles_of_the_project(void **state)
{
	unsigned int count = 0;

	(void)state;
	profile_each(profile_is_good, &count);
	assert_true(count >= 3);
}

/* default.ini says all that the table says, and the same. */
static void default_profile(void **state)
{
	struct tdx_emu_profile profile;
	const uint64_t *values = (const uint64_t *)&profile;
	char *file = profile_path("default", "", NULL), error[600] = "";
	unsigned int i;

	(void)state;
	memset(&profile, 0x5a, sizeof(profile));
	if (profile_read(file, &profile, error, sizeof(error)))
		fail_msg("%s", error);
	for (i = 0; profile_params[i].name; i++)
		if (values[i] != profile_params[i].def)
			fail_msg("%s is not that of the table", profile_params[i].name);
	free(file);
}

/* --- what is wrong, and how it is said --- */

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
		{ "[wave]\npolicy = best\n", "[wave] policy is 'best', allowed is posted, default" },
		{ "[wave]\nwait = long\n", "[wave] wait is 'long', allowed is uninterruptible, killable" },
		{ "[global]\nbusy = 1\n[wave]\nmode=calm\n", "busy is '1', allowed is fail, retry" },
		{ "[wave]\npolicy = posted, posted\n", "two points are called 'wave/policy=posted'" },
		{ "[wave]\nprofile = none\n", "[wave] profile is 'none', allowed is default, fast, " },
		{ "[wave]\nprofile = \n", "[wave] profile is '', allowed is default, fast, " },
		{ "[wave]\nprofile = x/none.ini\n", "[wave] profile is 'x/none.ini', allowed is default, " },
		{ "[wave]\nquote_ns = 1 s\n", "[wave] quote_ns is '1 s', allowed is 1us to" },
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
	for (i = 0; i < 70; i++)
		used += (size_t)sprintf(text + used, "key%u = 1\n", i);
	capture_start(&capture, stderr);
	suite = read_bytes(text, used);
	expect_complaint(suite, capture_stop(&capture), "70 keys", ":66: [wave] has more than 64 keys");

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
	assert_null(suite_read("/nonexistent/x.ini", NULL));
	said = capture_stop(&capture);
	assert_string_equal(said, "tdxbench: suite /nonexistent/x.ini: No such file or directory\n");

	capture_start(&capture, stderr);
	assert_null(suite_read("/", NULL));
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
				   "mode = wild, calm\nguests = 1, 2\nquote_ns = 1ms, 2us\n\n[still]\nslots = 3\n"
				   "policy = posted\nbusy = fail, retry\nprofile = fast, default\n";
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
		cmocka_unit_test(memory_in_global_is_the_vms),
		cmocka_unit_test(policies),
		cmocka_unit_test(profiles),
		cmocka_unit_test(profiles_from_elsewhere),
		cmocka_unit_test(profile_complaints),
		cmocka_unit_test(profiles_of_the_project),
		cmocka_unit_test(default_profile),
		cmocka_unit_test(complaints),
		cmocka_unit_test(limits),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(hostile),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests_name("suite", tests, make_file, remove_file);
}
