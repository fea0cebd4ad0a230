/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a replay has that no profile says: the software module's own instructions, some
 * hundreds for each stay, and interrupts of the VM, which cut slices short.
 *
 * A replay's times are estimated as a recording's are. What that finds beyond the wanted
 * ones is the own; once it is taken off the profile that the module runs by, the next
 * replay comes out as wanted. None of this depends on what was recorded.
 */
#ifndef BENCH_OWN_H
#define BENCH_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "../../kernel/emu/tdx_emu_profile.h"

/* Of the median quote and of the median slice. */
struct own {
	int64_t quote_ns, slice_ns;
};

/**
 * own_take_off - make a profile that comes out as another says
 * @profile: that a replay ran by, changed if that matters
 * @wanted:  what should come out
 * @found:   what came out
 * @own:     what is off @profile then
 *
 * Return: true if it matters.
 */
bool own_take_off(struct tdx_emu_profile *profile, const struct tdx_emu_profile *wanted,
		  const struct tdx_emu_profile *found, struct own *own);

#endif /* BENCH_OWN_H */
