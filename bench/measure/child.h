/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes that play a part in a measurement.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <sys/types.h>

/*
 * As fork(), for a child that must not outlive a killed parent, nor answer Ctrl-C
 * on its own.
 */
pid_t child_fork(void);

/*
 * Exit code of any child, or -1. A signal to end that reaches us is passed on, as
 * SIGTERM: only Ctrl-C on a terminal reaches children by itself.
 */
int child_wait(pid_t pid);

#endif /* BENCH_CHILD_H */
