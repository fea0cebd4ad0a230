/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tool of the host that runs beside a measurement: started, waited for until it is
 * ready, ended as with Ctrl-C. None outlives us, and none may hang.
 */
#ifndef BENCH_OBSERVE_TOOL_H
#define BENCH_OBSERVE_TOOL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "observe/observe.h"

/**
 * struct tool - one at work
 * @name:   as typed
 * @output: file with all that it says
 * @pid:    0 when it does not run
 * @forgets: overlooks a Ctrl-C at times: asked again every other second
 */
struct tool {
	const char *name;
	char output[PATH_MAX];
	pid_t pid;
	bool forgets;
};

/* The program's path, good until the next call; NULL where it is not installed. */
const char *tool_find(const char *name);

/*
 * Runs @argv, its output in the file @output; @input and @answers are two descriptors
 * that it inherits, -1 for none. 0, or -1 after a line.
 */
int tool_start(struct tool *tool, char *const argv[], const char *output, int input, int answers);

/*
 * Asks @ready again and again; 0 when it says so. 1 when interrupted; -1 after a line
 * that has the tool's last words when it ends before that or takes too long.
 */
int tool_await(struct tool *tool, bool (*ready)(void *arg), void *arg);

/* As Ctrl-C does. 0 when it ended by that, -1 after a line; it is gone either way. */
int tool_end(struct tool *tool);
/* For one that ends by itself: 0 when it did so well. */
int tool_finish(struct tool *tool);
/* At once; fine for one that does not run. */
void tool_kill(struct tool *tool);

/*
 * For kinds of observers that are a tool and nothing else. @is_ready is asked about
 * @observe; @end_and_read, only for one that has been started, ends it and fills in what
 * it saw. Both return as struct observer_kind wants it.
 */
int tool_attach(struct observe *observe, char *const argv[], bool (*is_ready)(void *observe));
int tool_detach(struct observe *observe, int (*end_and_read)(struct observe *observe));

#endif /* BENCH_OBSERVE_TOOL_H */
