/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parameters: numbers with a unit, or words that stand for numbers. Suite
 * files, help and results all go by the same rows.
 */
#ifndef BENCH_PARAM_H
#define BENCH_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kernel/emu/tdx_emu_profile.h"
#include "../../kernel/tdx_quote_policy.h"

/**
 * struct param - one parameter
 * @name:     key in a suite file
 * @def:      value when a suite does not say
 * @min, @max: allowed range
 * @unit:     "ns", "bytes", "pages", "1/s", … or ""
 * @choices:  NULL-terminated words for 0, 1, …; NULL for a number
 * @help:     one line
 */
struct param {
	const char *name;
	uint64_t def, min, max;
	const char *unit;
	const char *const *choices;
	const char *help;
};

/* A table ends with a row without a name. */
const struct param *param_find(const struct param *table, const char *name);
size_t param_count(const struct param *table);

/*
 * "20ms", "1.5us", "64k", "shared": 0, or -1 with one line in @error that
 * names the parameter, the text and what is allowed.
 */
int param_parse(const struct param *param, const char *text, uint64_t *value,
		char *error, size_t size);

/* The word for a choice, NULL for a number. */
const char *param_word(const struct param *param, uint64_t value);

/* The software TDX module's profile, row by row like struct tdx_emu_profile. */
extern const struct param profile_params[];

void profile_defaults(struct tdx_emu_profile *profile);
/* A row of profile_params that says no more than that a time does not vary. */
bool profile_constant(const struct param *param, uint64_t value);

/* Knobs of the quoting path's policy, row by row like struct tdx_quote_policy. */
extern const struct param policy_params[];

/* Presets: answers to all knobs at once, by a name. */
enum policy_preset { POLICY_POSTED, POLICY_DEFAULT, POLICY_NR_PRESETS };

extern const struct param policy_preset_param;
extern const struct tdx_quote_policy policy_presets[POLICY_NR_PRESETS];

/* Answer to the knob in that row of policy_params. */
uint32_t *policy_knob(struct tdx_quote_policy *policy, const struct param *param);
uint32_t policy_answer(const struct tdx_quote_policy *policy, const struct param *param);

#endif /* BENCH_PARAM_H */
