/* SPDX-License-Identifier: GPL-2.0 */
/* What the numbers of a result say, in sentences computed from them. */
#ifndef BENCH_FINDINGS_H
#define BENCH_FINDINGS_H

#include <jansson.h>

/* Calls @say with each sentence; says nothing about what was not measured. */
void findings(const json_t *result, void (*say)(const char *sentence, void *arg), void *arg);

#endif /* BENCH_FINDINGS_H */
