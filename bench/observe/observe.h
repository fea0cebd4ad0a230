/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways of looking at the path's iterations: our collectors, BPF programs as one writes
 * them, and the tools that people have at hand. Each is attached, left alone while
 * iterations are made, and then asked how many it saw.
 */
#ifndef BENCH_OBSERVE_H
#define BENCH_OBSERVE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct observe;

/**
 * struct observer_kind - how ways of one kind are attached and asked
 * @tool:    program of the host that they take, NULL for none
 * @package: of Debian, that has it
 * @both:    they can watch seamcall_enter, too
 * @counts:  they can tell how many events they saw
 * @start:   returns when events are seen from now on
 * @stop:    nothing is attached any more; fills in @seen and @lost. Called after a failed
 *           @start as well, then only to clean up.
 */
struct observer_kind {
	const char *tool;
	const char *package;
	bool both;
	bool counts;
	int (*start)(struct observe *observe);
	int (*stop)(struct observe *observe);
};

/**
 * struct observer - one way of looking
 * @name:   as suites say it
 * @about:  what is attached, in a few words; EVENT is each event that it looks at
 * @which:  collectors, COLLECT_*; our ways alone have any
 * @what:   anything else that its kind wants to know
 */
struct observer {
	const char *name;
	const char *about;
	const struct observer_kind *kind;
	unsigned int which;
	const char *what;
};

/**
 * struct observe - one at work
 * @both:  seamcall_enter is watched, too
 * @dir:   of its files, "" without; gone with observe_stop()
 * @state: its kind's own
 * @seen:  events that it counted or kept
 * @lost:  events that it says it lost
 */
struct observe {
	const struct observer *observer;
	bool both;
	char dir[PATH_MAX / 2];
	void *state;
	bool started;
	uint64_t seen;
	uint64_t lost;
};

/* As suites say them, for a parameter; a value is an index into @observers. */
#define OBSERVERS_NR	23
extern const char *const observer_words[];
extern const struct observer observers[];

/* What watches what: the words and values of the parameter "events". */
enum observe_events { OBSERVE_EXIT, OBSERVE_BOTH };
extern const char *const observe_events_words[];

/* Its program's path, or NULL where it is not installed; "" for one that takes none. */
const char *observer_tool(const struct observer *observer);
bool observer_is_ours(const struct observer *observer);
/* A file in the way's directory. */
const char *observe_path(const struct observe *observe, const char *file, char path[PATH_MAX]);

/*
 * 0, or -1 after one line on stderr and with nothing left behind; 1 when interrupted. A
 * started one must be stopped, which leaves nothing behind either way.
 */
int observe_start(struct observe *observe, const struct observer *observer, bool both);
int observe_stop(struct observe *observe);

#endif /* BENCH_OBSERVE_H */
