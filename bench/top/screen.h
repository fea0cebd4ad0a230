/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A terminal as a page that changes, with keys: plain ANSI. However the program ends,
 * the terminal is left as it was found.
 */
#ifndef BENCH_TOP_SCREEN_H
#define BENCH_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "top/view.h"

enum screen_key {
	SCREEN_NOTHING,		/* the time is up, or a signal came */
	SCREEN_CHANGED,		/* the terminal is another size, or was another's meanwhile */
	SCREEN_UP, SCREEN_DOWN, SCREEN_PAGE_UP, SCREEN_PAGE_DOWN, SCREEN_HOME,
	SCREEN_FIRST_LETTER = ' ',	/* any other is its own character, up to '~' */
};

/* Can standard output be one? Not if it is no terminal, or a dumb one. */
bool screen_possible(void);
/* Columns and lines of the terminal at standard output; false when that is none. */
bool screen_size(unsigned int *width, unsigned int *height);

/* Takes the terminal over; 0 or -1 with errno. */
int screen_open(void);
/* Gives it back; nothing if it is not taken. Also done at exit(). */
void screen_close(void);

/* As many lines as there is room for. -1: nobody is there to see them. */
int screen_show(const struct view *view);
/* A key pressed before @until, CLOCK_MONOTONIC; or why there is none. */
int screen_wait(uint64_t until);

/*
 * The key that @bytes begin with, and in @used how many of them it takes: SCREEN_NOTHING
 * for one that means nothing here.
 */
int screen_decode(const char *bytes, unsigned int nr, unsigned int *used);

#endif /* BENCH_TOP_SCREEN_H */
