// SPDX-License-Identifier: GPL-2.0
/* Options by table: values, help, and one clear line for what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "capture.h"
#include "command/options.h"

#define MAX_WORDS	16

static const char *const colours[] = { "red", "green", NULL };

static struct {
	bool loud;
	const char *file;
	uint64_t count;
	unsigned int colour;
	double share;
	int argc;
	char **argv;
	unsigned int runs;
} seen;

static const struct option_row rows[] = {
	{ 'l', "loud", NULL, OPTION_FLAG, &seen.loud, 0, 0, NULL, "say more" },
	{ 'f', "file", "FILE", OPTION_TEXT, &seen.file, 0, 0, NULL, "read this" },
	{ 'n', "count", "N", OPTION_NUMBER, &seen.count, 2, 100, NULL, "how many" },
	{ 'c', "colour", "COLOUR", OPTION_CHOICE, &seen.colour, 0, 0, colours, "of it" },
	{ 's', "share", "PCT", OPTION_REAL, &seen.share, 0, 100, NULL, "of it" },
	{ 0, "with-a-very-long-name", "VALUE", OPTION_TEXT, &seen.file, 0, 0, NULL, "long" },
	{}
};

#define RUN_STATUS	42	/* whatever a command returns */

static int run(int argc, char **argv)
{
	seen.argc = argc;
	seen.argv = argv;
	seen.runs++;
	return RUN_STATUS;
}

static const struct command paint = {
	.name = "paint", .summary = "Paint it.", .synopsis = "[OPTION...] WHAT",
	.text = "examples:\n  paint door\n", .options = rows, .run = run,
};

/* Splits at blanks; "''" is an empty word. */
static int call(const char *line)
{
	static char copy[128], *words[MAX_WORDS + 1];
	char *rest = copy, *word;
	int nr = 0;

	memset(&seen, 0, sizeof(seen));
	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")) && nr < MAX_WORDS)
		words[nr++] = strcmp(word, "''") ? word : word + 2;
	words[nr] = NULL;
	return command_main(&paint, nr, words);
}

static void values(void **state)
{
	(void)state;
	assert_int_equal(call("paint -l -f x.ini -n 7 -c green door"), RUN_STATUS);
	assert_true(seen.loud);
	assert_string_equal(seen.file, "x.ini");
	assert_int_equal(seen.count, 7);
	assert_int_equal(seen.colour, 1);
	assert_int_equal(seen.argc, 1);
	assert_string_equal(seen.argv[0], "door");

	call("paint --count=0x10 --file= --colour red");
	assert_int_equal(seen.count, 16);
	assert_string_equal(seen.file, "");
	assert_int_equal(seen.colour, 0);
	assert_int_equal(seen.argc, 0);

	call("paint -n2 -lfx wall --count 100 -- -l --count");
	assert_int_equal(seen.count, 100);
	assert_string_equal(seen.file, "x");
	assert_int_equal(seen.argc, 3);
	assert_string_equal(seen.argv[1], "-l");

	call("paint --share 0.25");
	assert_true(seen.share == 0.25);
	call("paint --with-a-very-long-name v");
	assert_string_equal(seen.file, "v");
	call("paint --lou");		/* unambiguous, as getopt has it */
	assert_true(seen.loud);
}

static void mistakes(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "paint -x", "tdxbench paint: unknown option '-x', see tdxbench paint --help\n" },
		{ "paint --wet", "tdxbench paint: unknown option '--wet', see tdxbench paint --help\n" },
		{ "paint -n", "tdxbench paint: -n needs a value\n" },
		{ "paint -l --count", "tdxbench paint: --count needs a value\n" },
		{ "paint -lx door", "tdxbench paint: unknown option '-x', see tdxbench paint --help\n" },
		{ "paint --loud=yes", "tdxbench paint: --loud takes no value\n" },
		{ "paint -c blue", "tdxbench paint: --colour is 'blue', allowed is red|green\n" },
		{ "paint -c ''", "tdxbench paint: --colour is '', allowed is red|green\n" },
		{ "paint -n 1", "tdxbench paint: --count is '1', allowed is a number from 2 to 100\n" },
		{ "paint -n 101", "tdxbench paint: --count is '101', allowed is a number from 2 to 100\n" },
		{ "paint -n -5", "tdxbench paint: --count is '-5', allowed is a number from 2 to 100\n" },
		{ "paint -n 5x", "tdxbench paint: --count is '5x', allowed is a number from 2 to 100\n" },
		{ "paint -n ''", "tdxbench paint: --count is '', allowed is a number from 2 to 100\n" },
		{ "paint -n 18446744073709551618",
		  "tdxbench paint: --count is '18446744073709551618', allowed is a number from 2 to 100\n" },
		{ "paint -s 100.1", "tdxbench paint: --share is '100.1', allowed is a number from 0 to 100\n" },
		{ "paint -s nan", "tdxbench paint: --share is 'nan', allowed is a number from 0 to 100\n" },
	};
	static struct capture capture;
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		capture_start(&capture, stderr);
		ret = call(cases[i].line);
		assert_string_equal(capture_stop(&capture), cases[i].message);
		assert_int_equal(ret, EXIT_USAGE);
		assert_int_equal(seen.runs, 0);
	}
}

static void help(void **state)
{
	static const char *const lines[] = { "paint --help", "paint -h", "paint -l --help -x" };
	static struct capture capture;
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		capture_start(&capture, stdout);
		ret = call(lines[i]);
		assert_string_equal(capture_stop(&capture),
			"usage: tdxbench paint [OPTION...] WHAT\n\nPaint it.\n\noptions:\n"
			"  -l, --loud              say more\n"
			"  -f, --file FILE         read this\n"
			"  -n, --count N           how many (2 to 100)\n"
			"  -c, --colour COLOUR     of it (red|green)\n"
			"  -s, --share PCT         of it (0 to 100)\n"
			"      --with-a-very-long-name VALUE\n"
			"                          long\n"
			"  -h, --help              this text\n"
			"\nexamples:\n  paint door\n");
		assert_int_equal(ret, EXIT_DONE);
		assert_int_equal(seen.runs, 0);
	}
}

static void numbers(void **state)
{
	static const char *const wrong[] = { "", " 1", "1 ", "-1", "+1", "x", "0x", "1.5",
					     "18446744073709551616" };
	uint64_t value;
	size_t i;

	(void)state;
	assert_true(parse_number("0", &value));
	assert_int_equal(value, 0);
	assert_true(parse_number("18446744073709551615", &value));
	assert_int_equal(value, UINT64_MAX);
	assert_true(parse_number("0xFF", &value));
	assert_int_equal(value, 255);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(parse_number(wrong[i], &value));
}

static void reals(void **state)
{
	static const char *const wrong[] = { "", " 1", "1 ", "-1", "+1", "x", "0x1", "inf", "nan",
					     "1e999", "1,5", ".5" };
	double value;

	(void)state;
	assert_true(parse_real("5", &value) && value == 5);
	assert_true(parse_real("0.125", &value) && value == 0.125);
	assert_true(parse_real("1e-3", &value) && value == 1e-3);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(parse_real(wrong[i], &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(help),
		cmocka_unit_test(numbers),
		cmocka_unit_test(reals),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
