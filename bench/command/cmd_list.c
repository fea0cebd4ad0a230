// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench list: measurements and their parameters, the path's policy, the
 * module's profile.
 */
#include <stdio.h>
#include <string.h>

#include "command/commands.h"
#include "measure/measurement.h"
#include "run/profile.h"

static void print_range(const struct param *param)
{
	size_t i;

	if (!param->choices) {
		printf("%llu to %llu%s%s", (unsigned long long)param->min,
		       (unsigned long long)param->max, *param->unit ? " " : "", param->unit);
		return;
	}
	for (i = 0; param->choices[i]; i++)
		printf("%s%s", i ? "|" : "", param->choices[i]);
}

static void print_params(const struct param *param)
{
	for (; param->name; param++) {
		const char *word = param_word(param, param->def);

		printf("  %-16s %s\n%19s", param->name, param->help, "");
		if (word)
			printf("default %s, ", word);
		else
			printf("default %llu, ", (unsigned long long)param->def);
		print_range(param);
		putchar('\n');
	}
}

static void print_knob(const struct param *knob)
{
	unsigned int i;

	printf("  %-16s", knob->name);
	for (i = 0; i < POLICY_NR_PRESETS; i++)
		printf(" %-*s", i + 1 < POLICY_NR_PRESETS ? 16 : 0,
		       param_word(knob, policy_answer(&policy_presets[i], knob)));
	printf("\n%19s%s\n%19s", "", knob->help, "");
	print_range(knob);
	putchar('\n');
}

static void list_policy(void)
{
	const struct param *knob;

	printf("policy of the quoting path, in any section or in [global]: a preset, and knobs over it\n");
	print_params((const struct param[]){ policy_preset_param, {} });
	printf("\n  %-16s %-16s %s\n", "knob", param_word(&policy_preset_param, POLICY_POSTED),
	       param_word(&policy_preset_param, POLICY_DEFAULT));
	for (knob = policy_params; knob->name; knob++)
		print_knob(knob);
}

static void list_profile(void)
{
	printf("profile of the software TDX module, in any section or in [global]: a file, and\n"
	       "parameters over it\n"
	       "  %-16s a name (tdxbench list profiles) or the path of a file\n%19sdefault %s\n",
	       "profile", "", PROFILE_DEFAULT);
	print_params(profile_params);
}

static void print_profile(const char *name, const char *comment, void *arg)
{
	(void)arg;
	printf("  %-16s %s\n", name, comment);
}

static void list_profiles(void)
{
	printf("profiles that come with tdxbench, in kernel/emu/profiles:\n");
	profile_each(print_profile, NULL);
}

static void list_all(void)
{
	const struct measurement *const *m;

	printf("measurements (tdxbench list NAME shows the parameters):\n");
	for (m = measurements; *m; m++)
		printf("  %-16s %s\n", (*m)->name, (*m)->summary);
	printf("\n[global] of a suite:\n");
	print_params(suite_vm_params);
	putchar('\n');
	list_policy();
	putchar('\n');
	list_profile();
	putchar('\n');
	list_profiles();
}

static const struct {
	const char *name;
	void (*print)(void);
} topics[] = {
	{ "policy", list_policy }, { "profile", list_profile }, { "profiles", list_profiles },
};

static bool list_topic(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
		if (!strcmp(topics[i].name, name)) {
			topics[i].print();
			return true;
		}
	}
	return false;
}

static int list_run(int argc, char **argv)
{
	const struct measurement *m;

	if (!argc) {
		list_all();
		return EXIT_DONE;
	}
	if (argc > 1)
		return usage_error("list", "one measurement at a time, got '%s' too", argv[1]);
	if (list_topic(argv[0]))
		return EXIT_DONE;

	m = measurement_find(argv[0]);
	if (!m)
		return usage_error("list", "no measurement '%s', see tdxbench list", argv[0]);
	printf("%s: %s\n", m->name, m->summary);
	print_params(m->params);
	return EXIT_DONE;
}

static const struct option_row options[] = { {} };

const struct command cmd_list = {
	.name = "list",
	.summary = "Show what can be measured and with which parameters.",
	.synopsis = "[MEASUREMENT|policy|profile|profiles]",
	.text = "examples:\n"
		"  tdxbench list\n"
		"  tdxbench list throughput\n"
		"  tdxbench list policy\n",
	.options = options,
	.run = list_run,
};
