/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run of a suite, on either side of a VM's wall.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>

#include "suite.h"

/**
 * struct run_options - what a run goes by beside its suite
 * @module: path of tdx_lab.ko
 * @kernel: for the VM, path of its kernel
 * @virtual_clock: for the VM
 * @points: shell pattern that a point's id must match
 */
struct run_options {
	const char *module;
	const char *kernel;
	bool virtual_clock;
	const char *points;
};

/* Points that the options select. */
unsigned int run_count(const struct suite *suite, const struct run_options *options);

/*
 * Measure the suite's points here and send each to the open stream. 0; 1 when
 * a point went wrong or was interrupted, after a line on stderr that says so.
 */
int run_here(const struct suite *suite, const struct run_options *options);

/*
 * Have scripts/vm.sh boot a VM that does the above and writes its stream to
 * @stream. vm.sh's exit status.
 */
int run_in_vm(const struct suite *suite, const char *suite_path,
	      const struct run_options *options, const char *stream);

#endif /* BENCH_RUN_H */
