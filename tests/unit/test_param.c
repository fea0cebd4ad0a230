// SPDX-License-Identifier: GPL-2.0
/* Parameters as people write them: units, words, ranges, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "run/param.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const words[] = { "shared", "per-call", NULL };

static const struct param duration = { "slice_ns", 1000, 100, 10000000000, "ns", NULL, "" };
static const struct param bytes = { "quote_size", 1, 1, 4 << 20, "bytes", NULL, "" };
static const struct param any = { "seed", 1, 0, UINT64_MAX, "", NULL, "" };
static const struct param word = { "buffers", 1, 0, 1, "", words, "" };

struct good {
	const struct param *param;
	const char *text;
	uint64_t value;
};

static void understood(void **state)
{
	static const struct good cases[] = {
		{ &duration, "100", 100 },
		{ &duration, "100ns", 100 },
		{ &duration, "20us", 20000 },
		{ &duration, "1.5us", 1500 },
		{ &duration, "2ms", 2000000 },
		{ &duration, "0.1ms", 100000 },
		{ &duration, "10s", 10000000000 },
		{ &duration, "1e3", 1000 },
		{ &duration, "1.1us", 1100 },
		{ &duration, "4.35ms", 4350000 },
		{ &bytes, "64k", 65536 },
		{ &bytes, "4M", 4 << 20 },
		{ &bytes, "0.5M", 1 << 19 },
		{ &bytes, "0x1000", 4096 },
		{ &any, "0", 0 },
		{ &any, "18446744073709551615", UINT64_MAX },
		{ &any, "0xffffffffffffffff", UINT64_MAX },
		{ &any, "9007199254740993", 9007199254740993 },	/* no double */
		{ &word, "shared", 0 },
		{ &word, "per-call", 1 },
	};
	uint64_t value;
	char error[192];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		value = 0x5555;
		if (param_parse(cases[i].param, cases[i].text, &value, error, sizeof(error)))
			fail_msg("'%s': %s", cases[i].text, error);
		assert_int_equal(value, cases[i].value);
	}
}

static void refused(void **state)
{
	static const struct {
		const struct param *param;
		const char *text;
	} cases[] = {
		{ &duration, "" }, { &duration, " " }, { &duration, "ns" }, { &duration, "-200" },
		{ &duration, "+200" }, { &duration, " 200" }, { &duration, "200 us" },
		{ &duration, "200x" }, { &duration, "200usx" }, { &duration, "200 " },
		{ &duration, "200k" }, { &duration, "99" }, { &duration, "10.1s" },
		{ &duration, "1e300s" }, { &duration, "inf" }, { &duration, "nan" },
		{ &duration, "1234.5" }, { &duration, "1.2345us" },
		{ &any, "1.5" }, { &any, "0.0001k" }, { &bytes, "0.3k" },
		{ &duration, "0x" }, { &duration, "shared" },
		{ &bytes, "64K" }, { &bytes, "1us" }, { &bytes, "0" }, { &bytes, "5M" },
		{ &any, "18446744073709551616" }, { &any, "99999999999999999999999" },
		{ &any, "-1" }, { &any, "1e30" },
		{ &word, "" }, { &word, "0" }, { &word, "Shared" }, { &word, "shared " },
		{ &word, "share" },
	};
	uint64_t value;
	char error[192];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		*error = 0;
		if (!param_parse(cases[i].param, cases[i].text, &value, error, sizeof(error)))
			fail_msg("%s: '%s' was taken as %llu", cases[i].param->name, cases[i].text,
				 (unsigned long long)value);
		/* One line that names parameter, text and what is allowed. */
		assert_non_null(strstr(error, cases[i].param->name));
		assert_non_null(strstr(error, cases[i].text));
		assert_non_null(strstr(error, "allowed is"));
		assert_null(strchr(error, '\n'));
	}
}

static void error_texts(void **state)
{
	char error[192];
	uint64_t value;

	(void)state;
	param_parse(&duration, "5", &value, error, sizeof(error));
	assert_string_equal(error, "slice_ns is '5', allowed is 100ns to 10s (in ns, or with us, ms, s)");
	param_parse(&bytes, "0", &value, error, sizeof(error));
	assert_string_equal(error, "quote_size is '0', allowed is 1 to 4M (in bytes, or with k, M)");
	param_parse(&bytes, "1.5", &value, error, sizeof(error));
	assert_string_equal(error, "quote_size is '1.5', allowed is 1 to 4M (in bytes, or with k, M), whole numbers");
	param_parse(&word, "a word that is so long that nobody will ever read all of it, nor should",
		    &value, error, sizeof(error));
	assert_string_equal(error, "buffers is 'a word that is so long that nobody will ', allowed is shared, per-call");
	param_parse(&word, "both", &value, error, sizeof(error));
	assert_string_equal(error, "buffers is 'both', allowed is shared, per-call");
}

/* Into any size of buffer, whatever the text. */
static void errors_fit(void **state)
{
	char text[600], *error;
	uint64_t value;
	size_t size;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	for (size = 1; size < 800; size++) {
		error = malloc(size);
		assert_int_equal(param_parse(&duration, text, &value, error, size), -1);
		assert_int_equal(param_parse(&word, text, &value, error, size), -1);
		free(error);
	}
}

static void tables(void **state)
{
	const struct param *param;

	(void)state;
	assert_ptr_equal(param_find(profile_params, "seed"), profile_params);
	assert_null(param_find(profile_params, "no such"));
	assert_int_equal(param_count(profile_params),
			 sizeof(struct tdx_emu_profile) / sizeof(uint64_t));
	for (param = profile_params; param->name; param++) {
		assert_in_range(param->def, param->min, param->max);
		assert_int_equal(!param->choices, !param_word(param, param->min));
		if (param->choices) {
			assert_non_null(param_word(param, param->max));
			assert_null(param_word(param, param->max + 1));
		}
	}
}

/* The presets are what the table of knobs says. */
static void policy(void **state)
{
	struct tdx_quote_policy answers = policy_presets[POLICY_POSTED];
	const struct param *knob;

	(void)state;
	assert_int_equal(param_count(policy_params), sizeof(answers) / sizeof(uint32_t));
	for (knob = policy_params; knob->name; knob++) {
		assert_int_equal(policy_answer(&policy_presets[POLICY_POSTED], knob), 0);
		assert_int_equal(policy_answer(&policy_presets[POLICY_DEFAULT], knob), knob->def);
		assert_non_null(param_word(knob, knob->max));
		assert_null(param_word(knob, knob->max + 1));
		/* A suite has them all in one section. */
		assert_null(param_find(profile_params, knob->name));
		*policy_knob(&answers, knob) = (uint32_t)knob->def;
	}
	assert_memory_equal(&answers, &policy_presets[POLICY_DEFAULT], sizeof(answers));
	assert_ptr_equal(policy_knob(&answers, param_find(policy_params, "wait")), &answers.wait);
	assert_null(param_word(&policy_preset_param, POLICY_NR_PRESETS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),
		cmocka_unit_test(refused),
		cmocka_unit_test(error_texts),
		cmocka_unit_test(errors_fit),
		cmocka_unit_test(tables),
		cmocka_unit_test(policy),
	};

	return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
