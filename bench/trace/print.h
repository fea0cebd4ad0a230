/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as lines: columns for quotes or iterations, a sentence for what is rare.
 */
#ifndef BENCH_PRINT_H
#define BENCH_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "trace/event.h"

/**
 * struct print_options - how
 * @iterations: columns are those of iterations
 * @width: columns of the terminal; what does not fit is dropped in a fixed order; 0: no limit
 * @rows:  lines of the terminal: the head comes again when it has scrolled away; 0: once
 */
struct print_options {
	bool iterations;
	unsigned int width, rows;
};

struct printer;

struct printer *printer_new(FILE *out, const struct print_options *options);
void print_event(struct printer *printer, const union event *event);
void printer_free(struct printer *printer);

/* Width and height of the terminal that stdout is; 0, 0 and $COLUMNS where it is none. */
void print_size(struct print_options *options);

/*
 * One object: "event" is its name, "time_ns", "cpu", "tid" are where and when, all else is
 * named as in tracepoints/README.md. 64-bit codes and addresses are text, "0x...".
 */
json_t *event_json(const union event *event);

/* "218ns", "37.7us", "5.05ms", "1.28s": 7 characters at most, below 11 days. */
const char *time_text(uint64_t ns, char *text, size_t size);
/* A task's name, with '?' for what a terminal might obey. */
const char *comm_text(const char comm[EVENTS_COMM], char text[EVENTS_COMM]);
/* TDVMCALL return code and quote status of an answer: "RETRY", "UNAVAILABLE". */
const char *answer_name(uint64_t ret, char *text, size_t size);
const char *quote_status_name(uint64_t status, char *text, size_t size);

#endif /* BENCH_PRINT_H */
