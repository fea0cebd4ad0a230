// SPDX-License-Identifier: GPL-2.0
/*
 * From what the plugin writes to metrics and profile.json: of a module that gcc makes
 * here, a list of a kernel's functions, and counts that were never counted.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count/count_read.h"
#include "result/result.h"
#include "count/symbols.h"
#include "capture.h"

#define MEMCPY	"ffffffff81000100"
#define TEXT	0xffffffffc0100000

static char dir[64];
static struct symbols *symbols;
static uint64_t getquote, step_a, step_b;	/* in the machine */

/* --- a module and a kernel --- */

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

static void write_text(const char *name, const char *text, size_t size)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* "step" is static in two files. */
static const char make_module[] =
	"cd '%s' && mkdir -p lab && cat >lab/main.c <<'END'\n"
	"long lab_ioctl(long a);\n"
	"long lab_ioctl(long a)\n{\n\treturn a + 1;\n}\n"
	"END\n"
	"cat >tdx_a.c <<'END'\n"
	"long tdx_getquote(long a);\n"
	"static __attribute__((noinline, noclone)) long step(long a)\n{\n\treturn a ^ 5;\n}\n"
	"long tdx_getquote(long a)\n{\n\treturn step(a) * 3;\n}\n"
	"END\n"
	"cat >lab/b.c <<'END'\n"
	"long other(long a);\n"
	"static __attribute__((noinline, noclone)) long step(long a)\n{\n\treturn a * 7;\n}\n"
	"long other(long a)\n{\n\treturn step(a) - 3;\n}\n"
	"END\n"
	"for f in lab/main tdx_a lab/b; do gcc -g -O1 -fcf-protection=none -c \"$PWD/$f.c\" -o $f.o || exit; done\n"
	"ld -r --build-id=sha1 lab/main.o tdx_a.o lab/b.o -o debug.ko\n"
	"ld -r --build-id=sha1 tdx_a.o lab/main.o lab/b.o -o another.ko\n"
	"objcopy --strip-debug debug.ko module.ko\n";

static const char kallsyms[] =
	"ffffffff81000000 T first\n"
	MEMCPY " T memcpy_fast\n"
	"ffffffff81000100 T an_alias\n"
	"ffffffff81000200 t schedule\n"
	"ffffffff81000300 D some_data\n"
	"0000000000000000 A nowhere\n"
	"ffffffffc0100000 t not_this\t[module]\n";

static uint64_t symbol_start(const char *name, const char *file)
{
	unsigned int nr, i;
	const struct symbol *list = symbols_all(symbols, &nr);

	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].name, name) && !strcmp(list[i].file, file))
			return list[i].start;
	fail_msg("there is no %s of '%s'", name, file);
	return 0;
}

static struct symbols *read_symbols(const char *debug)
{
	char module[128];

	snprintf(module, sizeof(module), "%s", path_of("module.ko"));
	return symbols_read(path_of("kallsyms"), module, debug);
}

static int make_all(void **state)
{
	char command[sizeof(make_module) + sizeof(dir)];

	(void)state;
	strcpy(dir, "/tmp/tdxbench-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command), make_module, dir);
	if (system(command))
		return -1;
	write_text("kallsyms", kallsyms, strlen(kallsyms));
	symbols = read_symbols(path_of("debug.ko"));
	if (!symbols)
		return -1;
	getquote = TEXT + symbol_start("tdx_getquote", "kernel/tdx_a.c");
	step_a = TEXT + symbol_start("step", "kernel/tdx_a.c");
	step_b = TEXT + symbol_start("step", "kernel/lab/b.c");
	return 0;
}

static int remove_all(void **state)
{
	char command[128];

	(void)state;
	symbols_free(symbols);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

/* --- counts --- */

static json_t *result_of(const char *measurement, unsigned int quotes)
{
	json_t *point = point_new("s", "p", measurement);

	metric_u64(point, "quote.count", "", BETTER_NONE, quotes);
	return json_pack("{s:{s:s, s:s}, s:[o]}", "environment", "tdxbench", "v", "kernel", "k",
			 "points", point);
}

/*
 * tdx_getquote calls memcpy_fast, both steps, and itself once, through an interrupt's
 * schedule(); it runs its first instruction ten times.
 */
static char *counts(uint64_t text)
{
	const uint64_t moved = text - TEXT;
	char *out = NULL;

	assert_true(asprintf(&out,
		"section %" PRIx64 " .text\n"
		"begin p\n"
		"node 1 0 0 %" PRIx64 "\n"
		"node 2 1 0 " MEMCPY "\n"
		"node 3 1 0 %" PRIx64 "\n"
		"node 4 1 0 %" PRIx64 "\n"
		"node 5 1 2 ffffffff81000200\n"
		"node 6 5 2 %" PRIx64 "\n"
		"count 1 10 %" PRIx64 " 1\n"
		"count 2 100 ffffffff81000108 8 8 8\n"
		"count 3 7 %" PRIx64 " 1 1\n"
		"count 4 3 %" PRIx64 " 1\n"
		"count 5 2 ffffffff81000204 4\n"
		"count 6 1 %" PRIx64 " 1\n"
		"quote 5 100 0 20 2 0 0 0 0 0 0 9 3\n"
		"quote 7 300 0 20 2 0 0 0 0 0 0 9 1\n"
		"quote 7 200 0 20 4 0 0 0 0 0 0 9 1\n"
		"lost 1\n"
		"end\n", text, getquote + moved, step_a + moved, step_b + moved, getquote + moved,
		getquote + moved, step_a + moved, step_b + moved, getquote + moved) > 0);
	return out;
}

static json_t *read_counts(const char *text, size_t size, struct symbols *of, json_t *result)
{
	write_text("counts", text, size);
	return count_read(path_of("counts"), of, result);
}

static const json_t *function(const json_t *profile, const char *name, const char *file,
			      const char *part)
{
	const json_t *point = json_array_get(json_object_get(profile, "points"), 0);
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(point, "functions"), i, item)
		if (!strcmp(json_get_text(item, "name"), name) && !strcmp(json_get_text(item, "part"), part) &&
		    !strcmp(json_get_text(item, "file"), file))
			return item;
	fail_msg("no %s %s of '%s'", part, name, file);
	return NULL;
}

/* Instructions of lines @from to @to: which of a function's lines begins it is gcc's choice. */
static json_int_t in_lines(const json_t *profile, const char *function, json_int_t from,
			   json_int_t to)
{
	const json_t *point = json_array_get(json_object_get(profile, "points"), 0);
	json_int_t count = 0, line;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(point, "lines"), i, item) {
		line = json_integer_value(json_object_get(item, "line"));
		if (!strcmp(json_get_text(item, "function"), function) && line >= from && line <= to &&
		    !strcmp(json_get_text(item, "file"), "kernel/tdx_a.c"))
			count += json_integer_value(json_object_get(item, "count"));
	}
	return count;
}

static void expect(const json_t *of, const char *key, json_int_t value)
{
	assert_int_equal(json_integer_value(json_object_get(of, key)), value);
}

static void expect_metric(const json_t *result, const char *name, double value)
{
	double seen = -1;

	if (!point_stat(json_array_get(json_object_get(result, "points"), 0), name, "value", &seen) ||
	    seen != value)
		fail_msg("%s is %g, not %g", name, seen, value);
}

static bool books_closed(const json_t *result)
{
	const json_t *point = json_array_get(json_object_get(result, "points"), 0);

	return json_is_true(json_object_get(json_object_get(point, "books"), "closed"));
}

/* --- */

static void expect_profile(const json_t *profile)
{
	const json_t *point = json_array_get(json_object_get(profile, "points"), 0);

	expect(point, "quotes", 3);
	expect(point, "lost", 1);
	expect(json_object_get(point, "parts"), "path", 10 + 300 + 14 + 3);
	expect(json_object_get(point, "parts"), "interrupts", 3);

	expect(function(profile, "tdx_getquote", "kernel/tdx_a.c", "path"), "self", 10);
	/* What an interrupt does is below the function that it came in, but only once. */
	expect(function(profile, "tdx_getquote", "kernel/tdx_a.c", "path"), "total", 330);
	expect(function(profile, "tdx_getquote", "kernel/tdx_a.c", "interrupts"), "total", 1);
	expect(function(profile, "schedule", "", "interrupts"), "total", 3);
	expect(function(profile, "an_alias", "", "path"), "self", 300);
	expect(function(profile, "step", "kernel/tdx_a.c", "path"), "self", 14);
	expect(function(profile, "step", "kernel/lab/b.c", "path"), "self", 3);

	assert_int_equal(in_lines(profile, "step", 2, 5), 7 + 7);
	assert_int_equal(in_lines(profile, "tdx_getquote", 6, 9), 10);
}

static void counts_become_a_profile(void **state)
{
	json_t *result = result_of("path", 3), *profile, *stack;
	char *text = counts(TEXT);
	size_t i, seen = 0;

	(void)state;
	profile = read_counts(text, strlen(text), symbols, result);
	expect_profile(profile);
	json_array_foreach(json_object_get(json_array_get(json_object_get(profile, "points"), 0), "stacks"),
			   i, stack) {
		if (strcmp(json_string_value(json_array_get(stack, 0)), "tdx_getquote;schedule;tdx_getquote"))
			continue;
		seen++;
		assert_int_equal(json_integer_value(json_array_get(stack, 1)), 1);
		assert_string_equal(json_string_value(json_array_get(stack, 2)), "interrupts");
	}
	assert_int_equal(seen, 1);
	json_decref(profile);
	json_decref(result);
	free(text);
}

static void metrics_are_of_the_median_quote(void **state)
{
	json_t *result = result_of("path", 3);
	char *text = counts(TEXT);

	(void)state;
	json_decref(read_counts(text, strlen(text), symbols, result));
	expect_metric(result, "path.instructions", 200);
	expect_metric(result, "path.own", 7);
	expect_metric(result, "path.entries", 2);
	expect_metric(result, "path.per_entry", 100);
	expect_metric(result, "path.allocations", 1);
	expect_metric(result, "path.apart", 2);
	expect_metric(result, "path.mean", 109);
	expect_metric(result, "path.interrupts", 1);
	assert_true(books_closed(result));
	json_decref(result);
	free(text);
}

/* Two stretches of one point, with the module elsewhere in another one before it. */
static void stretches_add_up(void **state)
{
	char *here = counts(TEXT), *there = counts(TEXT + 0x5000), *both;
	json_t *result = result_of("path", 6), *profile;
	const json_t *point;

	(void)state;
	memcpy(strstr(there, "begin p"), "begin q", 7);
	assert_true(asprintf(&both, "%s%s%s", there, here, here) > 0);
	profile = read_counts(both, strlen(both), symbols, result);
	point = json_array_get(json_object_get(profile, "points"), 0);
	assert_int_equal(json_array_size(json_object_get(profile, "points")), 1);
	expect(point, "quotes", 6);
	expect(point, "lost", 2);
	expect(function(profile, "tdx_getquote", "kernel/tdx_a.c", "path"), "total", 660);
	assert_int_equal(in_lines(profile, "step", 2, 5), 28);
	assert_true(books_closed(result));
	json_decref(profile);
	json_decref(result);
	free(both);

	memcpy(strstr(there, "begin q"), "begin p", 7);
	result = result_of("other", 3);
	profile = read_counts(there, strlen(there), symbols, result);
	expect_profile(profile);
	assert_null(point_metric(json_array_get(json_object_get(result, "points"), 0), "path.own"));
	json_decref(profile);
	json_decref(result);
	free(there);
	free(here);
}

static void quotes_that_were_not_counted_are_missed(void **state)
{
	json_t *result = result_of("path", 4);
	char *text = counts(TEXT);

	(void)state;
	json_decref(read_counts(text, strlen(text), symbols, result));
	assert_false(books_closed(result));
	json_decref(result);

	result = result_of("path", 4);
	json_decref(read_counts("", 0, symbols, result));
	assert_false(books_closed(result));
	json_decref(result);
	free(text);
}

/* Of another build, or none: lines would be wrong, and what is own is not known. */
static void without_debug_information(void **state)
{
	const char *const debug[] = { "another.ko", "none.ko", "kallsyms" };
	json_t *result, *profile;
	struct symbols *bare;
	char *text = counts(TEXT);
	size_t i;

	(void)state;
	assert_true(count_knows_own(symbols));
	for (i = 0; i < sizeof(debug) / sizeof(*debug); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s", path_of(debug[i]));
		bare = read_symbols(path);
		assert_non_null(bare);
		assert_false(count_knows_own(bare));
		result = result_of("path", 3);
		profile = read_counts(text, strlen(text), bare, result);
		expect(function(profile, "tdx_getquote", "", "path"), "self", 10);
		expect_metric(result, "path.instructions", 200);
		assert_null(point_metric(json_array_get(json_object_get(result, "points"), 0), "path.own"));
		json_decref(profile);
		json_decref(result);
		symbols_free(bare);
	}
	free(text);
}

static void symbols_that_are_none(void **state)
{
	struct capture said;
	char module[128];

	(void)state;
	capture_start(&said, stderr);
	snprintf(module, sizeof(module), "%s", path_of("module.ko"));
	assert_null(symbols_read(module, module, ""));
	snprintf(module, sizeof(module), "%s", path_of("kallsyms"));
	assert_null(symbols_read(module, module, ""));
	assert_null(symbols_read(path_of("none"), module, ""));
	capture_stop(&said);
	assert_non_null(strstr(said.text, "module.ko names no function of a kernel\n"));
	assert_non_null(strstr(said.text, "kallsyms is not a module with a symbol table\n"));
	assert_non_null(strstr(said.text, "none: No such file"));
}

/* --- what no plugin writes, or not all of it --- */

static const char *const hostile[] = {
	"x\n", "\n", "end\n", "lost 1\n", "node 1 0 0 1\n", "section .text\n", "section zz .text\n",
	"begin p\nbegin p\n", "begin p\nend \n", "begin p\nendless\n", "begin p\nlost\n", "begin p\nlost x\n",
	"begin p\nlost 1 2\n", "begin p\nnode 2 0 0 1\n", "begin p\nnode 1 1 0 1\n", "begin p\nnode 1 0 6 1\n",
	"begin p\nnode 1 0 -1 1\n", "begin p\nnode 1 0 0\n", "begin p\nnode 1 0 0 1 1\n",
	"begin p\nnode 1 0 0 1\ncount 0 1 1 1\n", "begin p\nnode 1 0 0 1\ncount 2 1 1 1\n",
	"begin p\nnode 1 0 0 1\ncount 1 1 1\n", "begin p\nnode 1 0 0 1\ncount 1 1 1 x\n",
	"begin p\nnode 1 0 0 1\ncount 1 1 1 1 \n", "begin p\nnode 1 0 0 1\ncount 1 1 1 256\n",
	"begin p\nnode 1 0 0 1\ncount 1 99999999999999999999 1 1\n",
	"begin p\nnode 1 0 0 1\ncount 1  1 1 1\n", "begin p\nquote\n", "begin p\nquote 1\n",
	"begin p\nquote 1 1 1 1 1 1 1 1 1 1 1 1\n", "begin p\nquote 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
	"begin p\nquote -1 1 1 1 1 1 1 1 1 1 1 1 1\n",
};

static void hostile_lines(void **state)
{
	struct capture said;
	json_t *result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		result = result_of("path", 0);
		capture_start(&said, stderr);
		if (read_counts(hostile[i], strlen(hostile[i]), symbols, result))
			fail_msg("taken: %s", hostile[i]);
		capture_stop(&said);
		assert_non_null(strstr(said.text, "is not what the plugin writes\n"));
		json_decref(result);
	}
	result = result_of("path", 0);
	capture_start(&said, stderr);
	assert_null(read_counts("begin p\nend\0\n", 13, symbols, result));
	capture_stop(&said);
	json_decref(result);
}

/* Wherever it is cut off: there is all of the point, or nothing. */
static void a_file_that_is_cut_off(void **state)
{
	char *text = counts(TEXT);
	size_t size = strlen(text), at;

	(void)state;
	for (at = 0; at < size; at += at < size - 10 ? 7 : 1) {
		json_t *result = result_of("other", 3);
		json_t *profile = read_counts(text, at, symbols, result);

		assert_non_null(profile);
		assert_int_equal(json_array_size(json_object_get(profile, "points")), 0);
		json_decref(profile);
		json_decref(result);
	}
	free(text);
}

/* The second stretch of a point may be cut off, too: the first one counts. */
static void a_stretch_that_is_cut_off(void **state)
{
	char *text = counts(TEXT), *both;
	json_t *result = result_of("path", 3), *profile;

	(void)state;
	assert_true(asprintf(&both, "%s%s", text, text) > 0);
	profile = read_counts(both, strlen(both) - strlen("end\n"), symbols, result);
	expect_profile(profile);
	assert_true(books_closed(result));
	json_decref(profile);
	json_decref(result);
	free(both);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_become_a_profile),
		cmocka_unit_test(metrics_are_of_the_median_quote),
		cmocka_unit_test(stretches_add_up),
		cmocka_unit_test(quotes_that_were_not_counted_are_missed),
		cmocka_unit_test(without_debug_information),
		cmocka_unit_test(symbols_that_are_none),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(a_file_that_is_cut_off),
		cmocka_unit_test(a_stretch_that_is_cut_off),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
