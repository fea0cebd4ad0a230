/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One side of a comparison: a run, or several runs of one suite, which are a sample.
 */
#ifndef BENCH_RUNS_H
#define BENCH_RUNS_H

#include <jansson.h>
#include <stddef.h>

#define RUNS_MAX	200

/**
 * struct run - a result, and what finds things in it
 * @path:    of its result.json, or of the directory that holds it
 * @points:  id to point
 * @metrics: id to an object that has each metric by its name
 */
struct run {
	char *path;
	json_t *result;
	json_t *points, *metrics;
};

/* @path: as the user named it; @run: in the order of their names */
struct runs {
	const char *path;
	size_t count;
	struct run run[RUNS_MAX];
};

/*
 * @path: a result.json, a directory that holds one, or a directory of directories
 * that do. Links are not followed, so that results/latest does not count twice.
 * 0, or -1 after one line on stderr, with nothing to free.
 */
int runs_load(struct runs *runs, const char *path);
/* One run that is already there; takes over the reference. For tests. */
void runs_add(struct runs *runs, const char *path, json_t *result);
void runs_free(struct runs *runs);

/* A file beside the run's result.json. */
void run_beside(const struct run *run, const char *name, char *path, size_t size);

const json_t *run_point(const struct run *run, const char *id);
const json_t *run_metric(const struct run *run, const char *id, const char *name);

#endif /* BENCH_RUNS_H */
