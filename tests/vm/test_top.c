// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench top beside guests that are threads of this program: it must show all that
 * they do, to the last event, leave the terminal as it was, and keep the module in place.
 *
 * What it said as JSON, behind a line with the kernel's own counters, goes to
 * $TDXBENCH_RESULTS, for top.sh to add up.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../../bench/measure/clock.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

#define JSON_FILE	"/tmp/top.json"
#define GUESTS		16
#define TIMEOUT		(60 * NSEC_PER_SEC)

#define ENTER		"\033[?1049h"
#define LEAVE		"\033[?1049l"

static int status_of(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Of long tests, so that nobody takes them for dead. */
static void progress(const char *what)
{
	printf("# %s\n", what);
	fflush(stdout);
}

/* --- to a file --- */

/* Returns once it watches: whatever comes from now on it has to see. */
static pid_t start_json(const char *interval, const char *count)
{
	char said[256] = "";
	int ends[2];
	pid_t pid;

	if (!EXPECT(!pipe2(ends, O_CLOEXEC)))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(open(JSON_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execlp("tdxbench", "tdxbench", "top", "--json", "--interval", interval,
		       count ? "--count" : NULL, count, NULL);
		_exit(126);
	}
	close(ends[1]);
	EXPECT(read(ends[0], said, sizeof(said) - 1) > 0);
	close(ends[0]);
	EXPECT(strstr(said, "watching"));
	return pid;
}

static void hand_over(const struct tdx_lab_counters *before, const struct tdx_lab_counters *after)
{
	const char *path = getenv("TDXBENCH_RESULTS");
	FILE *out = path ? fopen(path, "we") : NULL;
	static char text[4 << 20];
	unsigned int i;

	if (!out)
		return;
	fprintf(out, "{\"guests\": %d, \"ok\": %llu, \"failed\": %llu, \"leaves\": [", GUESTS,
		(unsigned long long)(after->getquote_ok - before->getquote_ok),
		(unsigned long long)(after->getquote_refused - before->getquote_refused +
				     after->getquote_retry - before->getquote_retry));
	for (i = 0; i < TDX_LAB_LEAF_OTHER; i++)
		fprintf(out, "%s%llu", i ? ", " : "",
			(unsigned long long)(after->leaf[i].entries - before->leaf[i].entries));
	fputs("]}\n", out);
	read_file(JSON_FILE, text, sizeof(text));
	fputs(text, out);
	fclose(out);
}

/* As long as it watches nobody can take its events away; but for it nobody minds. */
static void keeps_events(void)
{
	lab_close();
	EXPECT(syscall(SYS_delete_module, "tdx_lab", O_NONBLOCK));
	EXPECT_EQUAL(errno, EAGAIN);
	EXPECT(!lab_open());
}

static void sees_all(void)
{
	/* Without the lab a kernel with the path in it has the events, too. */
	bool in_tree = !access("/sys/kernel/tracing/events/tdx_ext", F_OK);
	struct tdx_lab_counters before, after;
	struct tdx_lab_update update;
	struct storm_counts counts;
	pid_t pid;

	if (!up(&posted))
		return;
	EXPECT(!lab_counters(&before));
	pid = start_json("300ms", NULL);
	progress("it watches");
	storm_start(GUESTS);
	usleep(1000000);
	storm_stop(&counts);
	progress("guests are done");
	EXPECT(update_to(&profile, &update));
	progress("so is the update");
	EXPECT(!lab_counters(&after));
	EXPECT(counts.of[GOOD] > 100);
	if (!in_tree)
		keeps_events();
	kill(pid, SIGINT);
	EXPECT_EQUAL(status_of(pid), 0);
	hand_over(&before, &after);
	down();
	EXPECT(access("/sys/module/tdx_lab", F_OK));
}

/* What came until then is shown, and that it is not all. */
static void says_when_cut_short(void)
{
	struct stat shown;
	pid_t pid;

	if (!up(&best))
		return;
	pid = start_json("60s", "1");
	usleep(100000);
	kill(pid, SIGTERM);
	EXPECT_EQUAL(status_of(pid), 128 + SIGTERM);
	EXPECT(!stat(JSON_FILE, &shown) && shown.st_size);
	down();
}

/* TDs are shown for as long as top runs, whether they are still there or not. */
static void short_storm(void)
{
	struct storm_counts counts;

	storm_start(GUESTS);
	usleep(500000);
	storm_stop(&counts);
	EXPECT(counts.of[GOOD] >= GUESTS);
}

/* --- on a terminal --- */

static struct terminal {
	pid_t pid;
	int fd;
	char said[4 << 20];
	size_t len;
} terminal;

static void make_pty_room(void)
{
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
}

static bool start_on_terminal(const char *term, unsigned short columns, unsigned short rows,
			      char *const argv[])
{
	struct winsize size = { .ws_col = columns, .ws_row = rows };

	terminal.len = 0;
	terminal.said[0] = 0;
	terminal.pid = forkpty(&terminal.fd, NULL, NULL, &size);
	if (!terminal.pid) {
		setenv("TERM", term, 1);
		unsetenv("COLUMNS");
		execvp("tdxbench", argv);
		_exit(126);
	}
	return EXPECT(terminal.pid > 0);
}

/* More of what it says; false when there is no more. */
static bool hear(void)
{
	struct pollfd from = { .fd = terminal.fd, .events = POLLIN };
	ssize_t got;

	if (poll(&from, 1, 20000) <= 0)
		return false;
	got = read(terminal.fd, terminal.said + terminal.len,
		   sizeof(terminal.said) - 1 - terminal.len);
	if (got <= 0)
		return false;
	terminal.len += (size_t)got;
	terminal.said[terminal.len] = 0;
	return true;
}

/* From what it says from now on. */
static bool hear_until(const char *text)
{
	size_t from = terminal.len;
	uint64_t end = clock_now() + TIMEOUT;

	while (!strstr(terminal.said + from, text) && clock_now() < end)
		if (!hear())
			break;
	if (strstr(terminal.said + from, text))
		return true;
	ktap_fail(__FILE__, __LINE__, "it never said '%s'", text);
	return false;
}

static void type(const char *keys)
{
	EXPECT(write(terminal.fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

static unsigned int times_said(const char *text)
{
	const char *at = terminal.said;
	unsigned int times = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		times++;
	}
	return times;
}

static const char *said_from(const char *text)
{
	const char *at = strstr(terminal.said, text);

	return at ? at : "";
}

static int end_on_terminal(void)
{
	int status;

	while (hear())
		;
	status = status_of(terminal.pid);
	close(terminal.fd);
	return status;
}

/* Escape sequences are not columns; some go home, or back to where a line begins. */
static void expect_narrow(unsigned int columns)
{
	unsigned int width = 0;
	const char *at;

	for (at = terminal.said; *at; at++) {
		if (*at == '\033') {
			for (at++; *at && (*at == '[' || *at == '?' || *at == ';' ||
					   (*at >= '0' && *at <= '9')); at++)
				;
			width = *at == 'H' || *at == 'l' ? 0 : width;
		} else if (*at == '\r' || *at == '\n') {
			width = 0;
		} else if (++width > columns) {
			ktap_fail(__FILE__, __LINE__, "a line is longer than %u: %.80s", columns,
				  at - columns);
			return;
		}
	}
}

static void keys_and_pages(void)
{
	char *argv[] = { "tdxbench", "top", "--interval", "200ms", NULL };

	if (!up(&best))
		return;
	if (start_on_terminal("xterm", 100, 20, argv)) {
		hear_until("q quit");
		short_storm();
		hear_until("of 16 TDs, by rate");
		type("s");
		hear_until("of 16 TDs, by p99");
		type("t");
		hear_until("since the start");
		type("p");
		hear_until("PAUSED");
		type("p?");
		hear_until("quit");
		type("?\033[B\033[B");
		hear_until("3 to ");
		EXPECT_EQUAL(times_said(ENTER), 1);
		EXPECT_EQUAL(times_said(LEAVE), 0);
		type("q");
		EXPECT_EQUAL(end_on_terminal(), 0);
		EXPECT_EQUAL(times_said(LEAVE), 1);
		EXPECT(strstr(said_from(LEAVE), "since the start"));
		EXPECT(strstr(said_from(LEAVE), "16 of 16 TDs"));
		expect_narrow(100);
	}
	down();
}

static void left_by(int signal)
{
	char *argv[] = { "tdxbench", "top", NULL };
	struct termios before, during, after;
	int slave;

	if (!start_on_terminal("xterm", 80, 24, argv))
		return;
	slave = open(ptsname(terminal.fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
	EXPECT(slave >= 0 && !tcgetattr(slave, &before));
	hear_until("q quit");
	EXPECT(!tcgetattr(slave, &during) && !(during.c_lflag & (ICANON | ECHO)));
	kill(terminal.pid, signal);
	hear_until(LEAVE);
	EXPECT_EQUAL(status_of(terminal.pid), 0);
	EXPECT(!tcgetattr(slave, &after));
	EXPECT(after.c_lflag & ICANON && after.c_lflag & ECHO);
	close(slave);
	close(terminal.fd);
}

static void terminal_is_left_as_found(void)
{
	if (!up(&best))
		return;
	left_by(SIGINT);
	left_by(SIGTERM);
	left_by(SIGHUP);
	down();
}

/* Whoever looked has gone, and the terminal with him. */
static void nobody_is_left(void)
{
	char *argv[] = { "tdxbench", "top", "--interval", "100ms", NULL };

	if (!up(&best))
		return;
	if (start_on_terminal("xterm", 80, 24, argv)) {
		hear_until("q quit");
		close(terminal.fd);
		status_of(terminal.pid);	/* it ends; how, nobody can be told */
	}
	down();
	EXPECT(access("/sys/module/tdx_lab", F_OK));
}

static void dumb_and_narrow(void)
{
	char *argv[] = { "tdxbench", "top", "--interval", "300ms", "--count", "4", NULL };

	if (!up(&best))
		return;
	if (start_on_terminal("dumb", 40, 24, argv)) {
		hear_until("watching");
		short_storm();
		EXPECT_EQUAL(end_on_terminal(), 0);
		EXPECT(!strchr(terminal.said, '\033'));
		EXPECT_EQUAL(times_said("tdxbench top"), 4);
		EXPECT_EQUAL(times_said("QUOTE.GET"), 4);
		EXPECT(times_said("16 of 16 TDs") >= 1);
		expect_narrow(40);
	}
	down();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "it sees all that guests do, and an update", sees_all, NULL },
		{ "cut short, it shows what there was and says so", says_when_cut_short, NULL },
		{ "keys do what they say, and lines fit", keys_and_pages, NULL },
		{ "signals leave the terminal as it was found", terminal_is_left_as_found, NULL },
		{ "without a terminal any more it ends", nobody_is_left, NULL },
		{ "a dumb, narrow terminal gets blocks of text", dumb_and_narrow, NULL },
		{}
	};

	make_pty_room();
	default_profile();
	return ktap_run(tests);
}
