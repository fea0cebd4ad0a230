// SPDX-License-Identifier: GPL-2.0
/*
 * The list of ways to look, and what all of them have in common.
 */
#include "observe/observe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/collect.h"
#include "observe/kinds.h"
#include "observe/tool.h"

/* Of a suite's parameter each must have a place and a word: one list for both. */
#define OBSERVERS(O)	\
	O("nothing", "the tracepoints alone",				\
	  NULL, 0, NULL)						\
	O("iterations", "ours: histograms by leaf",			\
	  &kind_ours, COLLECT_ITERATIONS, NULL)				\
	O("preemption", "ours: lateness of timers",			\
	  &kind_ours, COLLECT_PREEMPTION, NULL)				\
	O("quotes", "ours: once a quote",				\
	  &kind_ours_quotes, COLLECT_QUOTES, NULL)			\
	O("throughput", "ours: iterations and quotes",			\
	  &kind_ours, COLLECT_ITERATIONS | COLLECT_QUOTES, NULL)	\
	O("stream", "ours: each event to a reader",			\
	  &kind_stream, 0, NULL)					\
	O("raw-empty", "raw_tp: empty program",				\
	  &kind_bpf_empty, 0, "raw_empty")				\
	O("raw-count", "raw_tp: counter",				\
	  &kind_bpf, 0, "raw_count")					\
	O("raw-hist", "raw_tp: log2 histogram",				\
	  &kind_bpf, 0, "raw_hist")					\
	O("btf-empty", "tp_btf: empty program",				\
	  &kind_bpf_empty, 0, "btf_empty")				\
	O("btf-count", "tp_btf: counter",				\
	  &kind_bpf, 0, "btf_count")					\
	O("btf-hist", "tp_btf: log2 histogram",				\
	  &kind_bpf, 0, "btf_hist")					\
	O("tp-empty", "classic tp: empty program",			\
	  &kind_bpf_empty, 0, "tp_empty")				\
	O("tp-count", "classic tp: counter",				\
	  &kind_bpf, 0, "tp_count")					\
	O("tp-hist", "classic tp: log2 histogram",			\
	  &kind_bpf, 0, "tp_hist")					\
	O("ftrace", "no tool: ring, nobody reads",			\
	  &kind_ftrace, 0, NULL)					\
	O("ftrace-hist", "no tool: hist trigger",			\
	  &kind_ftrace_hist, 0, NULL)					\
	O("trace-cmd", "trace-cmd record -e EVENT",			\
	  &kind_trace_cmd, 0, NULL)					\
	O("perf-stat", "perf stat -a -e EVENT",				\
	  &kind_perf_stat, 0, NULL)					\
	O("perf-record", "perf record -a -e EVENT",			\
	  &kind_perf_record, 0, NULL)					\
	O("bpftrace-count", "count()",					\
	  &kind_bpftrace, 0, "count")					\
	O("bpftrace-hist", "hist(args->duration_ns)",			\
	  &kind_bpftrace, 0, "hist")					\
	O("bpftrace-same", "what iterations keeps",			\
	  &kind_bpftrace, 0, "same")

#define ROW(name, about, kind, which, what)	{ name, about, kind, which, what },
const struct observer observers[] = { OBSERVERS(ROW) };

_Static_assert(sizeof(observers) / sizeof(*observers) == OBSERVERS_NR, "OBSERVERS_NR");

#define WORD(name, ...)				name,
const char *const observer_words[] = { OBSERVERS(WORD) NULL };

const char *const observe_events_words[] = { "exit", "both", NULL };

const char *observer_tool(const struct observer *observer)
{
	return observer->kind && observer->kind->tool ? tool_find(observer->kind->tool) : "";
}

bool observer_is_ours(const struct observer *observer)
{
	return observer->which;
}

const char *observe_path(const struct observe *observe, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", observe->dir, file);
	return path;
}

/* --- a directory for its files --- */

static int make_dir(struct observe *observe)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(observe->dir, sizeof(observe->dir), "%.1000s/tdxbench-observe.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(observe->dir))
		return 0;
	fprintf(stderr, "tdxbench: cannot make a directory %s: %s\n", observe->dir, strerror(errno));
	observe->dir[0] = 0;
	return -1;
}

/* Tools put files into it, no directories. */
static void remove_dir(struct observe *observe)
{
	DIR *dir = *observe->dir ? opendir(observe->dir) : NULL;
	char path[PATH_MAX];
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlink(observe_path(observe, entry->d_name, path));
	if (dir) {
		closedir(dir);
		rmdir(observe->dir);
	}
	observe->dir[0] = 0;
}

/* --- from attached to asked --- */

int observe_start(struct observe *observe, const struct observer *observer, bool both)
{
	const struct observer_kind *kind = observer->kind;
	int ret;

	*observe = (struct observe){ .observer = observer, .both = both };
	if (both && !(kind && kind->both)) {
		fprintf(stderr, "tdxbench: observer %s watches seamcall_exit alone: events = exit\n",
			observer->name);
		return -1;
	}
	if (!kind)
		return 0;
	if (kind->tool && make_dir(observe))
		return -1;

	ret = kind->start(observe);
	observe->started = !ret;
	if (ret)
		observe_stop(observe);
	return ret;
}

int observe_stop(struct observe *observe)
{
	const struct observer_kind *kind = observe->observer->kind;
	int ret = kind ? kind->stop(observe) : 0;

	remove_dir(observe);
	return ret;
}
