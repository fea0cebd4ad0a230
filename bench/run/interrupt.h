/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ctrl-C and SIGTERM: noticed here, acted upon at the next good place.
 */
#ifndef BENCH_INTERRUPT_H
#define BENCH_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupted(void);
int interrupt_signal(void);	/* which one, 0 if none */

/* Called in signal context as well, once; NULL for nothing. */
void interrupt_notify(void (*notify)(void));

#endif /* BENCH_INTERRUPT_H */
