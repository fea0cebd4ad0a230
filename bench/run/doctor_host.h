/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a machine lacks to be measured as a TDX host: steps, in the order in
 * which one would take them.
 */
#ifndef BENCH_DOCTOR_HOST_H
#define BENCH_DOCTOR_HOST_H

#include <stdbool.h>
#include <stddef.h>

enum step_state {
	STEP_OK,
	STEP_MISSING,
	STEP_UNKNOWN,		/* it does not show, to this user at least */
	STEP_NOT_CHECKED,	/* an earlier step has to be taken first */
	STEP_NOT_NEEDED,	/* by the software TDX module */
};

/**
 * struct step_report - a step as found
 * @seen:  what was found, or why nothing was
 * @check: how to see for oneself; @remedy: how to get it. Lines
 */
struct step_report {
	const char *what;
	enum step_state state;
	char seen[200];
	const char *check, *remedy;
};

#define DOCTOR_STEPS	14

/* Looks. True when --target host can measure here, be there guests or not. */
bool doctor_host(struct step_report report[DOCTOR_STEPS]);

const char *step_state_name(enum step_state state);

/* Which software TDX module answers here, NULL for none: the figures are a model's. */
const char *doctor_model(void);

#endif /* BENCH_DOCTOR_HOST_H */
