// SPDX-License-Identifier: GPL-2.0
/*
 * One side of a comparison: its runs, loaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "result/result.h"
#include "compare/runs.h"

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* ---- One run ---- */

static json_t *metrics_by_name(const json_t *point)
{
	json_t *by_name = json_object(), *metric;
	size_t i;

	json_array_foreach(json_object_get(point, "metrics"), i, metric)
		json_object_set(by_name, json_get_text(metric, "name"), metric);
	return by_name;
}

void runs_add(struct runs *runs, const char *path, json_t *result)
{
	struct run *run = &runs->run[runs->count++];
	json_t *point;
	size_t i;

	*run = (struct run){ strdup(path), result, json_object(), json_object() };
	json_array_foreach(json_object_get(result, "points"), i, point) {
		const char *id = json_get_text(point, "id");

		json_object_set(run->points, id, point);
		json_object_set_new(run->metrics, id, metrics_by_name(point));
	}
}

static int load_run(struct runs *runs, const char *path)
{
	char error[RESULT_ERROR];
	json_t *result = result_load(path, error);

	if (!result) {
		fprintf(stderr, "tdxbench: %s\n", error);
		return -1;
	}
	runs_add(runs, path, result);
	return 0;
}

void run_beside(const struct run *run, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(run->path, '/');

	if (is_directory(run->path))
		snprintf(path, size, "%s/%s", run->path, name);
	else
		snprintf(path, size, "%.*s%s", slash ? (int)(slash + 1 - run->path) : 0, run->path, name);
}

const json_t *run_point(const struct run *run, const char *id)
{
	return json_object_get(run->points, id);
}

const json_t *run_metric(const struct run *run, const char *id, const char *name)
{
	return json_object_get(json_object_get(run->metrics, id), name);
}

/* ---- A directory of runs ---- */

static bool check_count(const char *path, int count)
{
	if (count < 0)
		fprintf(stderr, "tdxbench: cannot read %s: %s\n", path, strerror(-count));
	else if (!count)
		fprintf(stderr, "tdxbench: %s has no " RESULT_FILE ", nor directories that have one\n",
			path);
	else if (count > RUNS_MAX)
		fprintf(stderr, "tdxbench: %s has more than %d runs\n", path, RUNS_MAX);
	return count > 0 && count <= RUNS_MAX;
}

static int load_directory(struct runs *runs)
{
	char **dirs = NULL;
	int count = result_dirs(runs->path, &dirs);
	int ret = check_count(runs->path, count) ? 0 : -1;

	for (int i = 0; i < count; i++) {
		if (!ret)
			ret = load_run(runs, dirs[i]);
		free(dirs[i]);
	}
	free(dirs);
	return ret;
}

int runs_load(struct runs *runs, const char *path)
{
	int ret;

	runs->path = path;
	runs->count = 0;
	if (is_directory(path) && !result_in(path))
		ret = load_directory(runs);
	else
		ret = load_run(runs, path);
	if (ret)
		runs_free(runs);
	return ret;
}

void runs_free(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		free(runs->run[i].path);
		json_decref(runs->run[i].metrics);
		json_decref(runs->run[i].points);
		json_decref(runs->run[i].result);
	}
	runs->count = 0;
}
