/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what was observed to a profile of the software TDX module, and for every
 * parameter whether it was measured or assumed.
 */
#ifndef BENCH_ESTIMATE_H
#define BENCH_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../../kernel/emu/tdx_emu_profile.h"
#include "replay/observe.h"

#define ESTIMATE_NR_ROWS	(sizeof(struct tdx_emu_profile) / sizeof(uint64_t))

/**
 * struct estimate - a profile with reasons
 * @profile: all of it
 * @why:     by row of profile_params: how it was measured; empty: assumed
 * @from:    what the capture is called
 * @seen:    what it was made of
 * @given:   it was not, but somebody has given this profile
 */
struct estimate {
	struct tdx_emu_profile profile;
	char why[ESTIMATE_NR_ROWS][128];
	char from[64];
	const struct observed *seen;
	const char *given;
};

/* 0, or -1 and one line in @error: the capture has no quote to go by. */
int estimate_make(struct estimate *estimate, struct observed *seen, const char *from,
		  char *error, size_t size);
/* Only quotes and slices, of a module that is known to run by the profile @ran. */
void estimate_times_of(struct tdx_emu_profile *times, const struct tdx_emu_profile *ran,
		       struct observed *seen);
/* As a file that profile_read() takes; a whole_printer. */
void estimate_print(FILE *out, const void *estimate);

#endif /* BENCH_ESTIMATE_H */
