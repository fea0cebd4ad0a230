// SPDX-License-Identifier: GPL-2.0
/*
 * Flame graphs: what is where, how wide, and of whom; and names that would like to
 * break out of the file.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bench/count/flame.h"

static char dir[64], path[96];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tdxbench-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/flame.svg", dir);
	return 0;
}

/* Nothing else may be left beside the file. */
static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static char *read_file(void)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static json_t *parse(const char *text)
{
	json_t *stacks = json_loads(text, 0, NULL);

	assert_non_null(stacks);
	return stacks;
}

static char *draw(const char *head, const char *base)
{
	json_t *stacks = parse(head), *before = base ? parse(base) : NULL;

	assert_int_equal(flame_write(path, stacks, before, "title", "subtitle"), 0);
	json_decref(stacks);
	json_decref(before);
	return read_file();
}

/* The frame's line up to its tooltip, and the tooltip. */
static void expect_frame(const char *svg, const char *name, const char *attributes,
			 const char *tooltip)
{
	char title[256];
	const char *at, *line;

	snprintf(title, sizeof(title), "<title>%s\n%s</title>", name, tooltip);
	at = strstr(svg, title);
	if (!at)
		fail_msg("no frame with %s", title);
	for (line = at; line[-1] != '\n';)
		line--;
	if ((size_t)(at - line) < strlen(attributes) || !strstr(line, attributes) ||
	    strstr(line, attributes) > at)
		fail_msg("'%s' is not in '%.*s'", attributes, (int)(at - line), line);
}

static void frames_are_as_wide_as_what_ran(void **state)
{
	/* Not sorted, one stack twice, and a name that begins like another. */
	char *svg = draw("[[\"a;bc\", 20], [\"a;b\", 30], [\"a\", 10], [\"a;b;c\", 30], [\"a;b\", 10]]", NULL);

	(void)state;
	expect_frame(svg, "all", "x=\"10.000\" y=\"135\" width=\"1180.000\"",
		     "100 instructions, 100.00 %\nitself 0, path");
	expect_frame(svg, "a", "x=\"10.000\" y=\"118\" width=\"1180.000\"",
		     "100 instructions, 100.00 %\nitself 10, path");
	expect_frame(svg, "b", "x=\"128.000\" y=\"101\" width=\"826.000\"",
		     "70 instructions, 70.00 %\nitself 40, path");
	expect_frame(svg, "c", "x=\"600.000\" y=\"84\" width=\"354.000\"",
		     "30 instructions, 30.00 %\nitself 30, path");
	expect_frame(svg, "bc", "x=\"954.000\" y=\"101\" width=\"236.000\"",
		     "20 instructions, 20.00 %\nitself 20, path");
	free(svg);
}

static void parts_are_inherited(void **state)
{
	char *svg = draw("[[\"p;tdx_emu_seamcall;sign\", 40], [\"p;asm_sysvec_x;tick\", 30],"
			 " [\"p;asm_sysvec_x;preempt_schedule_irq;pick\", 20], [\"p;memcpy\", 10]]", NULL);

	(void)state;
	expect_frame(svg, "sign", "class=\"f m", "40 instructions, 40.00 %\nitself 40, TDX module");
	expect_frame(svg, "tick", "class=\"f i", "30 instructions, 30.00 %\nitself 30, interrupts");
	expect_frame(svg, "pick", "class=\"f o", "20 instructions, 20.00 %\nitself 20, scheduling");
	expect_frame(svg, "memcpy", "class=\"f p", "10 instructions, 10.00 %\nitself 10, path");
	assert_non_null(strstr(svg, ">TDX module 40.0 %<"));
	free(svg);
}

/* What a stack says of itself counts more than the names of its frames. */
static void parts_are_as_said(void **state)
{
	char *svg = draw("[[\"p\", 5, \"path\"], [\"p;tdx_emu_x;f\", 60, \"scheduling\"],"
			 " [\"p;tdx_emu_x;f\", 30, \"path\"], [\"p;g\", 5, \"wind\"]]", NULL);

	(void)state;
	expect_frame(svg, "f", "class=\"f o", "90 instructions, 90.00 %\nitself 90, scheduling");
	expect_frame(svg, "tdx_emu_x", "class=\"f m", "90 instructions, 90.00 %\nitself 0, TDX module");
	expect_frame(svg, "g", "class=\"f p", "5 instructions, 5.00 %\nitself 5, path");
	assert_non_null(strstr(svg, ">path 40.0 %<"));
	assert_non_null(strstr(svg, ">scheduling 60.0 %<"));
	free(svg);
}

/* Red is who ran more himself, not whom he was called by. */
static void differences_are_coloured(void **state)
{
	char *svg = draw("[[\"a;tick\", 99, \"interrupts\"], [\"a;loop\", 1020], [\"a;less\", 90], [\"a;new\", 5], [\"a\", 7]]",
			 "[[\"a;loop\", 1000], [\"a;less\", 110], [\"a;old\", 12.5], [\"a\", 7]]");

	(void)state;
	expect_frame(svg, "a", "class=\"f same\"",
		     "1,129.5 → 1,122 (−7.5) instructions\nitself 7 → 7");
	expect_frame(svg, "loop", "class=\"f g3\"",
		     "1,000 → 1,020 (+20) instructions\nitself 1,000 → 1,020 (+20)");
	expect_frame(svg, "less", "class=\"f s3\"", "110 → 90 (−20) instructions\nitself 110 → 90 (−20)");
	expect_frame(svg, "new", "class=\"f g1\"", "0 → 5 (+5) instructions\nitself 0 → 5 (+5)");
	assert_non_null(strstr(svg, ">gone: old −12.5</text>"));
	free(svg);
}

static void names_stay_text(void **state)
{
	char *svg = draw("[[\"</title><script>alert('1')&\\u0001\\uffff\", 1]]", NULL);
	json_t *stacks = parse("[[\"a\\nb c;d\", 3]]");
	char *folded;

	(void)state;
	assert_null(strstr(svg, "<script>alert"));
	assert_non_null(strstr(svg, "<title>&lt;/title&gt;&lt;script&gt;alert('1')&amp;??\n"));
	assert_int_equal(folded_write(path, stacks), 0);
	folded = read_file();
	assert_string_equal(folded, "a?b?c;d 3\n");
	json_decref(stacks);
	free(folded);
	free(svg);
}

static void nothing_and_too_much_are_drawn(void **state)
{
	char *deep = calloc(1, 100000), *svg = draw("[]", NULL);
	size_t i, at;

	(void)state;
	assert_non_null(strstr(svg, ">no instructions<"));
	free(svg);
	free(draw("[[\"\", 0], [\";;\", 0]]", "[[\"a\", 5]]"));
	at = (size_t)sprintf(deep, "[[\"");
	for (i = 0; i < 20000; i++)
		at += (size_t)sprintf(deep + at, "f;");
	sprintf(deep + at, "g\", 1]]");
	svg = draw(deep, NULL);
	assert_non_null(strstr(svg, "height=\"4470\""));	/* 256 rows */
	free(svg);
	free(deep);
}

static void what_is_no_stack_is_refused(void **state)
{
	static const char *const wrong[] = {
		"[[\"a\"]]", "[[1, \"a\"]]", "[\"a\"]", "[[\"a\", -1]]", "[[\"a\", 1e300]]", "[null]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *stacks = parse(wrong[i]), *good = parse("[[\"a\", 1]]");

		assert_int_equal(flame_write(path, stacks, NULL, "", ""), -EINVAL);
		assert_int_equal(flame_write(path, good, stacks, "", ""), -EINVAL);
		assert_int_equal(folded_write(path, stacks), -EINVAL);
		assert_int_equal(access(path, F_OK), -1);
		json_decref(stacks);
		json_decref(good);
	}
}

static void what_was_there_stays(void **state)
{
	json_t *good = parse("[[\"a\", 1]]");

	(void)state;
	free(draw("[[\"first\", 1]]", NULL));
	assert_int_equal(flame_write("/nonexistent/x.svg", good, NULL, "", ""), -ENOENT);
	assert_int_equal(flame_write(dir, good, NULL, "", ""), -EISDIR);
	json_decref(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_are_as_wide_as_what_ran, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(parts_are_inherited, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(parts_are_as_said, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(differences_are_coloured, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(names_stay_text, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(nothing_and_too_much_are_drawn, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_no_stack_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_was_there_stays, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
