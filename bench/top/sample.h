/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where samples come from: the collectors, and the lab module if there is one.
 */
#ifndef BENCH_TOP_SAMPLE_H
#define BENCH_TOP_SAMPLE_H

#include "top/model.h"

/* Each returns 0, or -1 after one line on stderr. */
int sample_open(void);
/* To be freed with top_sample_free(). @last: nothing is watched from there on. */
int sample_take(struct top_sample *sample, bool last);
void sample_close(void);

#endif /* BENCH_TOP_SAMPLE_H */
