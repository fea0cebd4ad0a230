// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench list: measurements, their parameters, and the module's profile.
 */
#include <stdio.h>

#include "commands.h"
#include "measurement.h"

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

static void list_all(void)
{
	const struct measurement *const *m;

	printf("measurements (tdxbench list NAME shows the parameters):\n");
	for (m = measurements; *m; m++)
		printf("  %-16s %s\n", (*m)->name, (*m)->summary);
	printf("\n[global] of a suite:\n");
	print_params(suite_vm_params);
	printf("\nprofile of the software TDX module, in any section or in [global]:\n");
	print_params(profile_params);
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
	.synopsis = "[MEASUREMENT]",
	.text = "examples:\n"
		"  tdxbench list\n"
		"  tdxbench list throughput\n",
	.options = options,
	.run = list_run,
};
