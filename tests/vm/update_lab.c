// SPDX-License-Identifier: GPL-2.0
/*
 * A runtime update of the lab's module, to itself: for who watches from elsewhere.
 */
#include <stdio.h>

#include "../../bench/measure/lab.h"

int main(void)
{
	struct tdx_lab_update update = {};
	struct tdx_emu_profile profile;

	if (lab_open() || lab_profile(&profile) || lab_update(&profile, &update))
		return 1;
	lab_close();
	printf("update: error %d, drain %llu, stall %llu, total %llu\n", update.error,
	       (unsigned long long)update.drain_ns, (unsigned long long)update.stall_ns,
	       (unsigned long long)update.total_ns);
	return update.error ? 1 : 0;
}
