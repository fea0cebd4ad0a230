/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hostile client of the lab: commands and memory that make no sense, or
 * almost do. Whatever it does may fail, and must not harm anybody else.
 */
#ifndef TESTS_VM_HOSTILE_H
#define TESTS_VM_HOSTILE_H

#include <stdint.h>

struct hostile;

/* A descriptor of the device and a TD of its own. NULL when that failed. */
struct hostile *hostile_new(uint64_t seed);
void hostile_free(struct hostile *h);

/* Something random, on the device or on its TD. */
void hostile_act(struct hostile *h);

#endif /* TESTS_VM_HOSTILE_H */
