/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Were two results measured alike? What has to be the same, so that a difference
 * of their figures is the doing of what was measured.
 */
#ifndef BENCH_ALIKE_H
#define BENCH_ALIKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ALIKE_TEXT	320	/* of a value; what is longer is cut short */

/* What differs, and how; "unknown" where one does not say. */
typedef void unlike_teller(const char *what, const char *one, const char *other, void *arg);

/*
 * Environment and suite. Not what one compares: version and commit of tdxbench,
 * fingerprint, and the arguments tdxbench.* of the command line. How many differ.
 */
size_t results_unlike(const json_t *one, const json_t *other, unlike_teller *tell, void *arg);

/*
 * The facts of an environment that the above compares, to keep and to compare later:
 * equal, or not. Memory is rounded to 64 MiB.
 */
json_t *environment_facts(const json_t *environment);

/* Parameters, policy and profile of two points of the same id. */
size_t points_unlike(const json_t *one, const json_t *other, unlike_teller *tell, void *arg);

/* Like json_object_get(), and "module.kind" for a member of a member. */
const json_t *json_get_fact(const json_t *object, const char *key);
/* What a kernel leaves of the same memory varies a little from one to the next. */
bool memory_alike(const json_t *one, const json_t *other);

#endif /* BENCH_ALIKE_H */
