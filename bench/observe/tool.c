// SPDX-License-Identifier: GPL-2.0
/*
 * Tools of the host, run beside a measurement.
 */
#include "observe/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/clock.h"
#include "run/interrupt.h"

/* Longer than any takes to start or to write its data: bpftrace compiles for a second. */
#define PATIENCE_NS	(60 * NSEC_PER_SEC)
#define LOOK_NS		(5 * NSEC_PER_SEC / 1000)
#define AGAIN_NS	(2 * NSEC_PER_SEC)

/* --- where it is --- */

/* Where an administrator puts tools; the VM's PATH lacks it. */
static const char *search_path(void)
{
	static char all[4096];
	const char *path = getenv("PATH");

	snprintf(all, sizeof(all), "%s:/usr/local/sbin:/usr/local/bin",
		 path ? path : "");
	return all;
}

const char *tool_find(const char *name)
{
	static char found[PATH_MAX];
	const char *dir = search_path();
	size_t len;

	for (; *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		if (len && (size_t)snprintf(found, sizeof(found), "%.*s/%s", (int)len, dir, name) <
				   sizeof(found) && !access(found, X_OK))
			return found;
	}
	return NULL;
}

/* --- what it said --- */

/* The last line of its output that is not empty. */
static void last_words(const struct tool *tool, char *words, size_t size)
{
	FILE *output = fopen(tool->output, "re");
	char line[256];

	snprintf(words, size, "it said nothing");
	while (output && fgets(line, sizeof(line), output)) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line)
			snprintf(words, size, "%s", line);
	}
	if (output)
		fclose(output);
}

static int complain(const struct tool *tool, const char *what)
{
	char words[256];

	last_words(tool, words, sizeof(words));
	fprintf(stderr, "tdxbench: %s %s: %s\n", tool->name, what, words);
	return -1;
}

/* --- its life --- */

/* Keeps its own process group: a terminal's Ctrl-C is for us, who then end it. */
static void exec_tool(char *const argv[], const char *path, const char *output, int input,
		      int answers)
{
	int null = open("/dev/null", O_RDONLY);
	int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (null < 0 || out < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		_exit(126);
	if (input >= 0)
		fcntl(input, F_SETFD, 0);
	if (answers >= 0)
		fcntl(answers, F_SETFD, 0);
	execv(path, argv);
	_exit(127);
}

int tool_start(struct tool *tool, char *const argv[], const char *output, int input, int answers)
{
	const char *path = tool_find(argv[0]);

	*tool = (struct tool){ .name = argv[0] };
	snprintf(tool->output, sizeof(tool->output), "%s", output);
	if (!path) {
		fprintf(stderr, "tdxbench: %s is not installed\n", argv[0]);
		return -1;
	}
	tool->pid = fork();
	if (!tool->pid)
		exec_tool(argv, path, output, input, answers);
	if (tool->pid > 0)
		return 0;
	fprintf(stderr, "tdxbench: cannot start %s: %s\n", argv[0], strerror(errno));
	tool->pid = 0;
	return -1;
}

/* Has it ended? */
static bool reap(struct tool *tool, int *status)
{
	if (waitpid(tool->pid, status, WNOHANG) != tool->pid)
		return false;
	tool->pid = 0;
	return true;
}

int tool_await(struct tool *tool, bool (*ready)(void *arg), void *arg)
{
	uint64_t end = clock_now() + PATIENCE_NS;
	int status;

	while (!ready(arg)) {
		if (reap(tool, &status))
			return complain(tool, "ended before it was ready");
		if (interrupted())
			return 1;
		if (clock_now() > end)
			return complain(tool, "is not ready after 60 s");
		clock_sleep_until(clock_now() + LOOK_NS);
	}
	return 0;
}

void tool_kill(struct tool *tool)
{
	if (tool->pid <= 0)
		return;
	kill(-tool->pid, SIGKILL);
	kill(tool->pid, SIGKILL);
	waitpid(tool->pid, NULL, 0);
	tool->pid = 0;
}

static int await_end(struct tool *tool, int *status)
{
	uint64_t begin = clock_now(), again = begin + AGAIN_NS;

	while (!reap(tool, status)) {
		if (clock_now() > begin + PATIENCE_NS) {
			complain(tool, "does not end, 60 s after it was asked to");
			tool_kill(tool);
			return -1;
		}
		if (tool->forgets && clock_now() > again) {
			kill(tool->pid, SIGINT);
			again += AGAIN_NS;
		}
		clock_sleep_until(clock_now() + LOOK_NS);
	}
	return 0;
}

static bool ended_well(int status, bool by_signal)
{
	if (WIFSIGNALED(status))
		return by_signal && WTERMSIG(status) == SIGINT;
	return !WEXITSTATUS(status) || (by_signal && WEXITSTATUS(status) == 128 + SIGINT);
}

int tool_end(struct tool *tool)
{
	int status;

	if (reap(tool, &status))
		return complain(tool, "ended by itself");
	kill(tool->pid, SIGINT);
	if (await_end(tool, &status))
		return -1;
	return ended_well(status, true) ? 0 : complain(tool, "failed");
}

int tool_finish(struct tool *tool)
{
	int status;

	if (await_end(tool, &status))
		return -1;
	return ended_well(status, false) ? 0 : complain(tool, "failed");
}

/* --- one that observes --- */

int tool_attach(struct observe *observe, char *const argv[], bool (*is_ready)(void *observe))
{
	struct tool *tool = calloc(1, sizeof(*tool));
	char output[PATH_MAX];

	if (!tool)
		return -1;
	observe->state = tool;
	if (tool_start(tool, argv, observe_path(observe, "output", output), -1, -1))
		return -1;
	return tool_await(tool, is_ready, observe);
}

int tool_detach(struct observe *observe, int (*end_and_read)(struct observe *observe))
{
	struct tool *tool = observe->state;
	int ret;

	if (!tool)
		return 0;
	ret = observe->started ? end_and_read(observe) : 0;
	tool_kill(tool);
	free(tool);
	observe->state = NULL;
	return ret;
}
