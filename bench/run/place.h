/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the files are that come with tdxbench: next to its own program, or
 * under $TDXBENCH_SHARE.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

/*
 * Path of a file of the project, such as "scripts/vm.sh"; of a built file with
 * "build/", such as "build/tdx_lab.ko". Static buffer, good until the fourth
 * next call.
 */
const char *place(const char *file);

/* The program that is running. */
const char *place_program(void);

/* The kernel that setup.sh keeps for the VM. */
const char *place_kernel(void);

/*
 * tdx_lab.ko: in a source tree the one in build/. Where tdxbench is installed there are
 * its sources only, and setup.sh keeps what it built of them beside that kernel.
 */
const char *place_module(void);

#endif /* BENCH_PLACE_H */
