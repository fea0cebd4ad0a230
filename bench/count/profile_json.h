/* SPDX-License-Identifier: GPL-2.0 */
/*
 * profile.json: who writes and who reads it agree on this; results/README.md has it all.
 */
#ifndef BENCH_PROFILE_JSON_H
#define BENCH_PROFILE_JSON_H

#include "tcg/mark.h"

#define PROFILE_SCHEMA	"tdxbench-profile/1"
#define PROFILE_FILE	"profile.json"
#define PROFILE_LIMIT	(64 << 20)	/* bytes; a point takes about one MiB */

/* Whose an instruction is. */
static const char *const part_words[PART_NR] = {
	[PART_PATH] = "path",
	[PART_MODULE] = "module",
	[PART_INTERRUPT] = "interrupts",
	[PART_SCHEDULE] = "scheduling",
	[PART_COLLECT] = "collectors",
	[PART_MEMORY] = "memory",
};

#endif /* BENCH_PROFILE_JSON_H */
