// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters by table: names, units, ranges, words.
 */
#include "run/param.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- tables --- */

/* Words of the profile's choices, in the order of their enums. */
static const char *const engine_words[] = { "halt", "burn", NULL };
static const char *const yield_words[] = { "pending", "slice", "never", NULL };
static const char *const token_words[] = { "mac0", "sign1", NULL };
static const char *const slot_scope_words[] = { "global", "per-td", NULL };
static const char *const yield_if_words[] = { "honour", "ignore", NULL };
static const char *const outputs_words[] = { "preserve", "zero", "poison", NULL };
static const char *const input_read_words[] = { "snapshot", "reread", NULL };
static const char *const resume_cpu_words[] = { "any", "same", NULL };
static const char *const features_words[] = {
	"all", "not-required", "no-ext", "no-quote", "none", NULL
};
static const char *const update_calls_words[] = { "cancel", "survive", "refuse", NULL };
static const char *const fault_leaf_words[] = {
	"none", "sys-rd", "sys-config", "sys-shutdown", "sys-update", "ext-mem-add", "ext-init",
	"quote-init", "quote-get", NULL
};
static const char *const fault_status_words[] = {
	"operand-invalid", "busy", "sys-busy", "no-entropy", "not-ready", "resumable",
	"page-metadata", "fatal", NULL
};

/* A new row of the profile must say here what it is: a number, or words. */
#define seed_words		NULL
#define slice_ns_words		NULL
#define quote_ns_words		NULL
#define ext_init_ns_words	NULL
#define quote_init_ns_words	NULL
#define mem_add_ns_words	NULL
#define pool_pages_words	NULL
#define max_quote_size_words	NULL
#define quote_size_words	NULL
#define quote_jitter_words	NULL
#define slots_words		NULL
#define entropy_rate_words	NULL
#define entropy_burst_words	NULL
#define busy_rate_words		NULL
#define busy_burst_words	NULL
#define overlong_words		NULL
#define fault_after_words	NULL
#define fault_times_words	NULL
#define quote_p0_words		NULL
#define quote_p10_words		NULL
#define quote_p25_words		NULL
#define quote_p75_words		NULL
#define quote_p90_words		NULL
#define quote_p99_words		NULL
#define quote_p100_words	NULL
#define slice_p0_words		NULL
#define slice_p10_words		NULL
#define slice_p25_words		NULL
#define slice_p75_words		NULL
#define slice_p90_words		NULL
#define slice_p99_words		NULL
#define slice_p100_words	NULL
#define slice_p0_words		NULL
#define slice_p10_words		NULL
#define slice_p25_words		NULL
#define slice_p75_words		NULL
#define slice_p90_words		NULL
#define slice_p99_words		NULL
#define slice_p100_words	NULL

#define PROFILE_ROW(name, def, min, max, unit, text)	\
	{ #name, def, min, max, unit, name##_words, text },

const struct param profile_params[] = {
	TDX_EMU_PROFILE(PROFILE_ROW)
	{}
};

void profile_defaults(struct tdx_emu_profile *profile)
{
	uint64_t *values = (uint64_t *)profile;
	const struct param *param;

	for (param = profile_params; param->name; param++)
		values[param - profile_params] = param->def;
}

/* Rows of both, one behind the other. */
bool profile_constant(const struct param *param, uint64_t value)
{
	const size_t row = (size_t)(param - profile_params) * sizeof(uint64_t);

	return row >= offsetof(struct tdx_emu_profile, quote_p0) &&
	       row <= offsetof(struct tdx_emu_profile, slice_p100) && value == param->def;
}

#define POLICY_WORDS(name, best, first, second, text)	\
	static const char *const name##_knob_words[] = { first, second, NULL };
#define POLICY_ROW(name, best, first, second, text)	\
	{ #name, best, 0, 1, "", name##_knob_words, text },

TDX_QUOTE_POLICY(POLICY_WORDS)

const struct param policy_params[] = {
	TDX_QUOTE_POLICY(POLICY_ROW)
	{}
};

static const char *const preset_words[] = { "posted", "default", NULL };

const struct param policy_preset_param = {
	"policy", POLICY_DEFAULT, 0, POLICY_NR_PRESETS - 1, "", preset_words,
	"all knobs at once: as posted in June 2026, or the best answer to each"
};

const struct tdx_quote_policy policy_presets[POLICY_NR_PRESETS] = {
	[POLICY_POSTED] = TDX_QUOTE_POLICY_POSTED,
	[POLICY_DEFAULT] = TDX_QUOTE_POLICY_DEFAULT,
};

/* The struct has nothing but one number for each row. */
uint32_t *policy_knob(struct tdx_quote_policy *policy, const struct param *param)
{
	return (uint32_t *)policy + (param - policy_params);
}

uint32_t policy_answer(const struct tdx_quote_policy *policy, const struct param *param)
{
	return *policy_knob((struct tdx_quote_policy *)policy, param);
}

/* --- text to value and back --- */

struct suffix {
	const char *text;
	double factor;
};

static const struct suffix time_suffixes[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, {}
};

static const struct suffix size_suffixes[] = {
	{ "k", 1024 }, { "M", 1024 * 1024 }, {}
};

static const struct suffix count_suffixes[] = {
	{ "k", 1e3 }, { "M", 1e6 }, {}
};

const struct param *param_find(const struct param *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

size_t param_count(const struct param *table)
{
	size_t count = 0;

	while (table[count].name)
		count++;
	return count;
}

const char *param_word(const struct param *param, uint64_t value)
{
	uint64_t i;

	if (!param->choices)
		return NULL;
	for (i = 0; param->choices[i]; i++)
		if (i == value)
			return param->choices[i];
	return NULL;
}

static int parse_word(const struct param *param, const char *text, uint64_t *value,
		      char *error, size_t size)
{
	size_t used;
	uint64_t i;

	for (i = 0; param->choices[i]; i++) {
		if (!strcmp(param->choices[i], text)) {
			*value = i;
			return 0;
		}
	}

	used = (size_t)snprintf(error, size, "%s is '%.40s', allowed is", param->name, text);
	for (i = 0; param->choices[i] && used < size; i++)
		used += (size_t)snprintf(error + used, size - used, "%s %s", i ? "," : "",
					 param->choices[i]);
	return -1;
}

static const struct suffix *suffixes_of(const struct param *param)
{
	if (!strcmp(param->unit, "ns"))
		return time_suffixes;
	return strcmp(param->unit, "bytes") ? count_suffixes : size_suffixes;
}

/* 0 when @text is no suffix of this parameter. */
static double suffix_factor(const struct param *param, const char *text)
{
	const struct suffix *suffix;

	if (!*text)
		return 1;
	for (suffix = suffixes_of(param); suffix->text; suffix++)
		if (!strcmp(suffix->text, text))
			return suffix->factor;
	return 0;
}

/* But for what a double cannot hold: 1.1us is 1100.0000000000002 ns. */
static bool is_whole(double number)
{
	return fabs(number - round(number)) <= number * 1e-12;
}

static int parse_quantity(const struct param *param, const char *text, uint64_t *value)
{
	double number, factor;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;

	/* Whole numbers must not pass through a double, which ends at 2^53. */
	errno = 0;
	*value = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (!*end)
		return errno ? -1 : 0;

	number = strtod(text, &end);
	factor = suffix_factor(param, end);
	if (!factor || number * factor > 9e15)
		return -1;
	*value = (uint64_t)llround(number * factor);
	return is_whole(number * factor) ? 0 : -1;
}

/* As one would type it: 100ms, 64k. Counts are short, and stay as they are. */
static void format_quantity(const struct param *param, uint64_t value, char *text, size_t size)
{
	const struct suffix *suffix = suffixes_of(param), *best = NULL;

	for (; value && suffix != count_suffixes && suffix->text; suffix++) {
		if (value % (uint64_t)suffix->factor)
			break;
		best = suffix;
	}
	snprintf(text, size, "%llu%s", (unsigned long long)(best ? value / (uint64_t)best->factor : value),
		 best ? best->text : "");
}

/* What a number without a suffix means. */
static void format_unit(const struct param *param, char *text, size_t size)
{
	if (!strcmp(param->unit, "ns"))
		snprintf(text, size, " (in ns, or with us, ms, s)");
	else if (!strcmp(param->unit, "bytes"))
		snprintf(text, size, " (in bytes, or with k, M)");
	else
		snprintf(text, size, "%s%s", *param->unit ? " " : "", param->unit);
}

int param_parse(const struct param *param, const char *text, uint64_t *value,
		char *error, size_t size)
{
	char min[32], max[32], unit[64];

	if (param->choices)
		return parse_word(param, text, value, error, size);

	if (!parse_quantity(param, text, value) && *value >= param->min && *value <= param->max)
		return 0;

	format_quantity(param, param->min, min, sizeof(min));
	format_quantity(param, param->max, max, sizeof(max));
	format_unit(param, unit, sizeof(unit));
	snprintf(error, size, "%s is '%.40s', allowed is %s to %s%s%s", param->name, text, min, max, unit,
		 strchr(text, '.') ? ", whole numbers" : "");
	return -1;
}
