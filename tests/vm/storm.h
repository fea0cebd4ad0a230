/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A storm: guests that ask for quotes all the time, each a thread with a TD of
 * its own, every quote verified and every answer counted.
 */
#ifndef TESTS_VM_STORM_H
#define TESTS_VM_STORM_H

#include <stdint.h>

#include "labtest.h"

#define STORM_MAX_GUESTS	64

/**
 * struct storm_counts - how requests ended
 * @of:  by outcome
 * @why: about the last wrong quote, NULL if there was none
 */
struct storm_counts {
	uint64_t of[NR_OUTCOMES];
	const char *why;
};

/* On a module that is up. */
void storm_start(unsigned int guests);
/* Guests finish the request they have made, and their TDs end. */
void storm_stop(struct storm_counts *counts);

uint64_t storm_requests(const struct storm_counts *counts);
/* "90 good, 3 retry", in a buffer of the caller's. */
const char *storm_text(const struct storm_counts *counts, char text[160]);

#endif /* TESTS_VM_STORM_H */
