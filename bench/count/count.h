/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting instructions of a run in a VM: what the plugin in QEMU is told before,
 * and what becomes of what it wrote.
 *
 *	count = count_new(&image);		reads symbols, writes the marks
 *	…the run, with count_arguments() for vm.sh…
 *	profile = count_take(count, result);	adds metrics, makes profile.json
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include <jansson.h>

#include "run/image.h"

#define COUNT_PLUGIN	"build/count.so"	/* in its place() */

struct count;

/*
 * Symbols of a kernel that has not been asked before take booting it once. NULL
 * after one line on stderr; exit code in @status.
 */
struct count *count_new(const struct image *image, int *status);
/* What vm.sh is told, NULL-terminated; lives as long as @count. */
const char *const *count_arguments(struct count *count);
/*
 * Of a run that was cut short, points that are complete. The profile, or NULL after
 * one line on stderr.
 */
json_t *count_take(struct count *count, json_t *result);
/* Removes the files; NULL is fine. */
void count_free(struct count *count);

#endif /* BENCH_COUNT_H */
