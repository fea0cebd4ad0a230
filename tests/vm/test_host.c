// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench run --target host, on a kernel that has the trace events built in or has
 * them because the lab is loaded, and whose guests are threads of this program. It
 * must see all that they do, to the last event, and nothing else.
 *
 * The result of the last test goes to $TDXBENCH_RESULTS.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/measure/clock.h"
#include "../../bench/run/kallsyms.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

#define RESULTS		"/tmp/results"
#define RESULT		RESULTS "/latest/result.json"
#define GUESTS		4

static bool in_tree;	/* the path is in the kernel, and its events always there */

/* --- tdxbench beside us --- */

/**
 * struct watcher - tdxbench at work
 * @said:  its standard error
 * @lines: of progress, read so far
 */
struct watcher {
	pid_t pid;
	FILE *said;
	unsigned int lines;
	char last[256];
};

static bool start(struct watcher *watcher, const char *duration)
{
	int ends[2];

	*watcher = (struct watcher){};
	if (!EXPECT(!pipe2(ends, O_CLOEXEC)))
		return false;
	watcher->pid = fork();
	if (!watcher->pid) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execlp("tdxbench", "tdxbench", "run", "--target", "host", "--results", RESULTS,
		       duration ? "--duration" : NULL, duration, NULL);
		_exit(126);
	}
	close(ends[1]);
	watcher->said = fdopen(ends[0], "r");
	return EXPECT(watcher->pid > 0 && watcher->said);
}

/* Reads up to a line that has @text, NULL: to the end. */
static bool read_until(struct watcher *watcher, const char *text)
{
	while (fgets(watcher->last, sizeof(watcher->last), watcher->said)) {
		printf("# %s", watcher->last);
		watcher->lines += !!strstr(watcher->last, "events lost");
		if (text && strstr(watcher->last, text))
			return true;
	}
	return !text;
}

/* Its exit status, after @signal or by itself if that is 0. */
static int finish(struct watcher *watcher, int signal)
{
	int status;

	if (signal)
		kill(watcher->pid, signal);
	read_until(watcher, NULL);
	fclose(watcher->said);
	waitpid(watcher->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool start_watching(struct watcher *watcher, const char *duration)
{
	if (!start(watcher, duration))
		return false;
	if (EXPECT(read_until(watcher, "watching")))
		return true;
	ktap_fail(__FILE__, __LINE__, "it ended with status %d, saying %s", finish(watcher, 0),
		  watcher->last);
	return false;
}

/* --- its result --- */

static char result[1 << 20];

/* A metric stands on a line of its own; of a histogram, how many values it has. */
static double metric(const char *name)
{
	char key[96], line[512];
	const char *at, *value;

	snprintf(key, sizeof(key), "\"name\": \"%s\"", name);
	at = strstr(result, key);
	if (!at)
		return -1;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	value = strstr(line, "\"value\": ");
	if (!value)
		value = strstr(line, "\"count\": ");
	return value ? atof(value + 9) : -1;
}

static void read_result(void)
{
	read_file(RESULT, result, sizeof(result));
	EXPECT(strstr(result, "\n \"complete\": true,"));
	EXPECT(strstr(result, "\"target\": \"host\""));
	EXPECT(strstr(result, in_tree ? "\"path\": \"kernel\"" : "\"path\": \"module\""));
	EXPECT(strstr(result, "\"kind\": \"software\""));
	EXPECT(!strstr(result, "\"closed\": false") && !strstr(result, "\"ok\": false"));
	EXPECT(strstr(result, "\n \"lost_events\": 0,"));
	EXPECT(!strstr(result, "quote.wrong"));
}

/* What was added to the kernel's counters. */
static struct tdx_lab_counters since(const struct tdx_lab_counters *before)
{
	struct tdx_lab_counters now = {};
	uint64_t *count = (uint64_t *)&now;
	size_t i;

	EXPECT(!lab_counters(&now));
	for (i = 0; i < sizeof(now) / sizeof(*count); i++)
		count[i] -= ((const uint64_t *)before)[i];
	return now;
}

/* --- tests --- */

static void no_events(void)
{
	struct watcher watcher;

	if (in_tree) {
		ktap_skip("this kernel has them");
		return;
	}
	if (!start(&watcher, "1s"))
		return;
	EXPECT(read_until(&watcher, "cannot run here: this kernel has no tdx_ext trace events; tdxbench doctor"));
	EXPECT_EQUAL(finish(&watcher, 0), 77);
	EXPECT(access(RESULTS, F_OK));
}

/* Guests come and go while it watches: nothing may be missed at either end. */
static void sees_all(void)
{
	struct tdx_lab_counters before, made;
	struct storm_counts counts;
	struct watcher watcher;

	if (!up(&best))
		return;
	EXPECT(!lab_counters(&before));
	if (start_watching(&watcher, NULL)) {
		storm_start(GUESTS);
		usleep(1500000);
		storm_stop(&counts);
		made = since(&before);
		EXPECT_EQUAL(finish(&watcher, SIGINT), 0);
		EXPECT(watcher.lines >= 1);
		read_result();
		EXPECT(counts.of[GOOD] > 100);
		EXPECT_EQUAL(metric("quote.count"), made.getquote_ok);
		EXPECT_EQUAL(metric("quote.count"), counts.of[GOOD]);
		EXPECT_EQUAL(metric("quote.total"), made.getquote_ok);
		EXPECT_EQUAL(metric("quote.untimed"), 0);
		EXPECT_EQUAL(metric("quote.refused"), made.getquote_refused);
		EXPECT_EQUAL(metric("quote.retries"), made.getquote_retry);
		EXPECT_EQUAL(metric("seamcall.duration"),
			     made.leaf[TDX_LAB_LEAF_QUOTE_GET].entries);
		EXPECT_EQUAL(metric("td.count"), GUESTS);
		EXPECT(metric("timer.lateness") > 0);
		EXPECT_EQUAL(metric("update.count"), 0);
	}
	down();
}

static void sees_update(void)
{
	struct tdx_lab_update update;
	struct watcher watcher;

	if (!up(&best))
		return;
	if (start_watching(&watcher, NULL)) {
		EXPECT(update_to(&profile, &update));
		EXPECT_EQUAL(finish(&watcher, SIGTERM), 0);
		read_result();
		EXPECT_EQUAL(metric("update.count"), 1);
		EXPECT_EQUAL(metric("update.failed"), 0);
		EXPECT_EQUAL(metric("update.irqs_off"), sysconf(_SC_NPROCESSORS_ONLN));
		EXPECT(metric("update.ext_init_entries") >= 1);
		EXPECT_EQUAL(metric("quote.count"), 0);
		EXPECT(metric("quote.total") < 0);
	}
	down();
}

/* Guests were there before it and stay when it goes. */
static void amid_load(void)
{
	struct tdx_lab_counters before, made;
	uint64_t began = clock_now();
	struct storm_counts counts;
	struct watcher watcher;

	if (!up(&best))
		return;
	EXPECT(!lab_counters(&before));
	storm_start(GUESTS);
	if (start_watching(&watcher, "2.5s")) {
		EXPECT_EQUAL(finish(&watcher, 0), 0);
		EXPECT(clock_now() - began >= 2500 * MSEC);
		EXPECT_EQUAL(watcher.lines, 2);
		made = since(&before);
		read_result();
		EXPECT(metric("quote.count") > 100 && metric("quote.count") < made.getquote_ok);
		EXPECT(metric("host.window_ns") >= 2.5e9 && metric("host.window_ns") < 3e9);
		EXPECT(metric("quote.untimed") <= GUESTS);
		EXPECT(metric("td.rate_min") > 0);
	}
	storm_stop(&counts);
	EXPECT_EQUAL(counts.of[WRONG], 0);
	down();
}

static void hand_over(void)
{
	const char *path = getenv("TDXBENCH_RESULTS");
	FILE *out = path ? fopen(path, "we") : NULL;

	if (!out)
		return;
	fputs(result, out);
	fclose(out);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "without the events it cannot run, and says so", no_events, NULL },
		{ "it sees all that guests do, until Ctrl-C", sees_all, NULL },
		{ "it sees an update, and that there was no quote", sees_update, NULL },
		{ "it comes and goes amid load", amid_load, NULL },
		{}
	};
	struct kallsym symbol;
	int status;

	in_tree = kallsyms_find(KALLSYMS_PATH, &symbol) && !*symbol.module;
	default_profile();
	status = ktap_run(tests);
	hand_over();
	return status;
}
