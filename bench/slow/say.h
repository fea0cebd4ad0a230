/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Causes and verdicts in words.
 */
#ifndef BENCH_SLOW_SAY_H
#define BENCH_SLOW_SAY_H

#include <stddef.h>
#include <stdint.h>

#include "slow/slow.h"
#include "trace/print.h"

#define SAY_TIME	16
#define SAY_CAUSE	160
#define SAY_VERDICT	512

extern const char *const slow_part_titles[];	/* "in SEAM" */
extern const char *const slow_what_words[];	/* for JSON, in the order of enum slow_what */

static inline const char *say_time(char text[SAY_TIME], uint64_t ns)
{
	return time_text(ns, text, SAY_TIME);
}

/* "local timer", "eth0 (irq 33)", "softirq net-rx" */
const char *say_interrupt(char text[SAY_CAUSE], const struct slow_cause *cause);
/* "thread yes/233, 12 turns". Names are somebody's: to be printed with text_put(). */
const char *say_cause(char text[SAY_CAUSE], const struct slow_cause *cause);
/* A sentence or two. */
const char *say_verdict(char text[SAY_VERDICT], const struct slow *slow,
			const struct slow_quote *quote);

#endif /* BENCH_SLOW_SAY_H */
