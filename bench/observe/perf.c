// SPDX-License-Identifier: GPL-2.0
/*
 * perf stat and perf record of all CPUs. Both begin disabled and are told to begin
 * over a pipe, so that they can say when they have.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/kinds.h"
#include "observe/parse.h"
#include "observe/tool.h"

#define EXIT		"tdx_ext:seamcall_exit"
#define ENTER		"tdx_ext:seamcall_enter"
#define ENABLE		"enable\n"

/**
 * struct perf - one at work
 * @control: [1] is what we write commands to
 * @ack:     [0] is where it answers
 */
struct perf {
	struct tool tool;
	int control[2], ack[2];
};

static void close_ends(struct perf *perf)
{
	int *ends[] = { &perf->control[0], &perf->control[1], &perf->ack[0], &perf->ack[1] };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (*ends[i] >= 0)
			close(*ends[i]);
		*ends[i] = -1;
	}
}

static bool has_answered(void *arg)
{
	struct perf *perf = arg;
	struct pollfd poll_fd = { .fd = perf->ack[0], .events = POLLIN };
	char answer[8];

	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & POLLIN &&
	       read(perf->ack[0], answer, sizeof(answer)) > 0;
}

static int open_pipes(struct perf *perf)
{
	if (!pipe2(perf->control, O_CLOEXEC) && !pipe2(perf->ack, O_CLOEXEC))
		return 0;
	fprintf(stderr, "tdxbench: no pipe for perf: %s\n", strerror(errno));
	return -1;
}

#define MAX_ARGS	16

/* `perf COMMAND -a -o FILE -e EVENT...`, CSV where it counts. */
static void make_arguments(char *argv[MAX_ARGS], const char *command, const char *path,
			   const char *control, bool both)
{
	const char *const words[] = { "perf", command, "-a", "-o", path, "-D", "-1", "--control",
				      control, "-e", EXIT };
	unsigned int nr = sizeof(words) / sizeof(*words);

	memcpy(argv, words, sizeof(words));
	if (both) {
		argv[nr++] = "-e";
		argv[nr++] = ENTER;
	}
	if (!strcmp(command, "stat"))
		argv[nr++] = "-x,";
	argv[nr] = NULL;
}

static int start(struct observe *observe, const char *command, const char *file)
{
	char path[PATH_MAX], output[PATH_MAX], control[64], *argv[MAX_ARGS];
	struct perf *perf = malloc(sizeof(*perf));

	if (!perf)
		return -1;
	*perf = (struct perf){ .control = { -1, -1 }, .ack = { -1, -1 } };
	observe->state = perf;
	if (open_pipes(perf))
		return -1;

	snprintf(control, sizeof(control), "fd:%d,%d", perf->control[0], perf->ack[1]);
	make_arguments(argv, command, observe_path(observe, file, path), control, observe->both);
	if (tool_start(&perf->tool, argv, observe_path(observe, "output", output),
		       perf->control[0], perf->ack[1]))
		return -1;
	if (write(perf->control[1], ENABLE, strlen(ENABLE)) < 0)
		return -1;
	return tool_await(&perf->tool, has_answered, perf);
}

/* What it wrote to @file, once it has ended. */
static int read_file(const struct observe *observe, const char *file,
		     int (*parse)(FILE *in, struct observe *observe), struct observe *into)
{
	char path[PATH_MAX];
	FILE *in = fopen(observe_path(observe, file, path), "re");
	int ret = in ? parse(in, into) : -1;

	if (ret)
		fprintf(stderr, "tdxbench: perf: what it wrote to %s is not understood\n", file);
	if (in)
		fclose(in);
	return ret;
}

static int stop(struct observe *observe, const char *file,
		int (*parse)(FILE *in, struct observe *observe))
{
	struct perf *perf = observe->state;
	int ret = 0;

	if (!perf)
		return 0;
	if (observe->started)
		ret = tool_end(&perf->tool) ? -1 : read_file(observe, file, parse, observe);
	tool_kill(&perf->tool);
	close_ends(perf);
	free(perf);
	observe->state = NULL;
	return ret;
}

/* --- stat --- */

static int start_stat(struct observe *observe)
{
	return start(observe, "stat", "stat.csv");
}

static int parse_stat(FILE *in, struct observe *observe)
{
	return parse_perf_stat(in, &observe->seen);
}

static int stop_stat(struct observe *observe)
{
	return stop(observe, "stat.csv", parse_stat);
}

const struct observer_kind kind_perf_stat = {
	.tool = "perf",
	.package = "linux-perf",
	.both = true,
	.counts = true,
	.start = start_stat,
	.stop = stop_stat,
};

/* --- record --- */

static int start_record(struct observe *observe)
{
	return start(observe, "record", "perf.data");
}

static int parse_record(FILE *in, struct observe *observe)
{
	return parse_perf_data(in, &observe->seen, &observe->lost);
}

static int stop_record(struct observe *observe)
{
	return stop(observe, "perf.data", parse_record);
}

const struct observer_kind kind_perf_record = {
	.tool = "perf",
	.package = "linux-perf",
	.both = true,
	.counts = true,
	.start = start_record,
	.stop = stop_record,
};
