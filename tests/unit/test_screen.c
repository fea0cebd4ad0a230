// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal of tdxbench top: a child takes a pty over and ends in one way or another;
 * the pty has to be as it was before. And what keys are.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#include "measure/clock.h"
#include "top/screen.h"

#define ENTER	"\033[?1049h\033[?25l"
#define LEAVE	"\033[?25h\033[?1049l"

static int master, slave;
static char said[1 << 16];
static size_t len;

/* --- keys --- */

static void assert_key(const char *bytes, int key, unsigned int used)
{
	unsigned int took;

	assert_int_equal(screen_decode(bytes, (unsigned int)strlen(bytes), &took), key);
	assert_int_equal(took, used);
}

static void keys_are_known(void **unused)
{
	(void)unused;
	assert_key("q", 'q', 1);
	assert_key("?x", '?', 1);
	assert_key("\033[A", SCREEN_UP, 3);
	assert_key("\033OB", SCREEN_DOWN, 3);
	assert_key("\033[5~q", SCREEN_PAGE_UP, 4);
	assert_key("\033[6~", SCREEN_PAGE_DOWN, 4);
	assert_key("\033[H", SCREEN_HOME, 3);
	assert_key("\033[1~", SCREEN_HOME, 4);
	assert_key("\033[1;5A", SCREEN_UP, 6);
	assert_key("\033[3~", SCREEN_NOTHING, 4);
	assert_key("\033[15;2~s", SCREEN_NOTHING, 7);
	assert_key("\033", SCREEN_NOTHING, 1);
	assert_key("\033[", SCREEN_NOTHING, 1);
	assert_key("\033[5", SCREEN_NOTHING, 3);
	assert_key("\001", SCREEN_NOTHING, 1);
	assert_key("\xc3\xa4", SCREEN_NOTHING, 1);
}

/* Whatever is typed, it comes to an end. */
static void any_bytes_are_used_up(void **unused)
{
	unsigned int seed = 1, i, used, left;
	char bytes[64];

	(void)unused;
	for (i = 0; i < 20000; i++) {
		for (left = 0; left < sizeof(bytes); left++)
			bytes[left] = (char)(rand_r(&seed) % 4 ? "\033[O5~;A"[rand_r(&seed) % 7] :
					     rand_r(&seed));
		for (left = sizeof(bytes); left; left -= used) {
			screen_decode(bytes + sizeof(bytes) - left, left, &used);
			assert_in_range(used, 1, left);
		}
	}
}

/* --- a child on a terminal --- */

static void show(const char *text)
{
	struct view_line line = { .span = { { 0, 3, VIEW_RED } }, .nr_spans = *text == 'r' };
	struct view view = { &line, 1 };

	snprintf(line.text, sizeof(line.text), "%s", text);
	if (screen_show(&view))
		_exit(3);
}

static volatile sig_atomic_t caught;

static void note(int signal)
{
	caught = signal;
}

/* As long as it takes; then as top does. */
static void until_signal(void)
{
	const struct sigaction action = { .sa_handler = note };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	screen_open();
	show("red and plain");
	while (!caught)
		screen_wait(clock_now() + 60 * NSEC_PER_SEC);
	screen_close();
	_exit(caught);
}

static void until_exit(void)
{
	screen_open();
	show("red and plain");
	exit(7);	/* from wherever: nothing else is done */
}

static void until_q(void)
{
	int key;

	screen_open();
	show("red and plain");
	while ((key = screen_wait(clock_now() + 60 * NSEC_PER_SEC)) != 'q')
		show(key == SCREEN_CHANGED ? "new size" : "some key");
	screen_close();
	_exit(0);
}

static pid_t start(void (*life)(void))
{
	struct winsize size = { .ws_col = 80, .ws_row = 24 };
	pid_t pid;

	len = 0;
	said[0] = 0;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	pid = fork();
	if (!pid) {
		login_tty(dup(slave));
		setenv("TERM", "xterm", 1);
		life();
	}
	return pid;
}

static void hear_until(const char *text)
{
	struct pollfd from = { .fd = master, .events = POLLIN };

	while (!strstr(said, text)) {
		if (poll(&from, 1, 20000) != 1)
			fail_msg("it never said '%s'", text);
		len += (size_t)read(master, said + len, sizeof(said) - 1 - len);
		said[len] = 0;
	}
}

static void assert_left_as_found(pid_t pid, int wanted)
{
	struct termios after;
	int status;

	hear_until(LEAVE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), wanted);
	assert_int_equal(tcgetattr(slave, &after), 0);
	assert_true(after.c_lflag & ICANON && after.c_lflag & ECHO);
	close(master);
	close(slave);
}

static void taken_over(void)
{
	struct termios during;

	hear_until(ENTER);
	hear_until("plain\033[K");
	assert_int_equal(tcgetattr(slave, &during), 0);
	assert_false(during.c_lflag & (ICANON | ECHO));
	assert_true(during.c_lflag & ISIG);
}

static void signals_give_it_back(void **unused)
{
	static const int signals[] = { SIGTERM, SIGINT };
	unsigned int i;
	pid_t pid;

	(void)unused;
	for (i = 0; i < 2; i++) {
		pid = start(until_signal);
		taken_over();
		kill(pid, signals[i]);
		assert_left_as_found(pid, signals[i]);
	}
}

static void ctrl_c_is_a_signal(void **unused)
{
	pid_t pid = start(until_signal);

	(void)unused;
	taken_over();
	assert_int_equal(write(master, "\003", 1), 1);
	assert_left_as_found(pid, SIGINT);
}

static void exit_gives_it_back(void **unused)
{
	pid_t pid = start(until_exit);

	(void)unused;
	hear_until(ENTER);
	assert_left_as_found(pid, 7);
}

static void keys_and_sizes_come_through(void **unused)
{
	struct winsize size = { .ws_col = 50, .ws_row = 10 };
	pid_t pid = start(until_q);

	(void)unused;
	taken_over();
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	hear_until("new size");
	assert_int_equal(write(master, "x", 1), 1);
	hear_until("some key");
	assert_int_equal(write(master, "q", 1), 1);
	assert_left_as_found(pid, 0);
}

/* Ctrl-Z: the terminal is as it was while the child is stopped, and taken again behind. */
static void stopping_lends_it_back(void **unused)
{
	struct termios meanwhile;
	pid_t pid = start(until_q);
	int status;

	(void)unused;
	taken_over();
	assert_int_equal(write(master, "\032", 1), 1);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	hear_until(LEAVE);
	assert_int_equal(tcgetattr(slave, &meanwhile), 0);
	assert_true(meanwhile.c_lflag & ICANON);
	said[len = 0] = 0;
	kill(pid, SIGCONT);
	hear_until(ENTER);
	assert_int_equal(write(master, "q", 1), 1);
	assert_left_as_found(pid, 0);
}

static void colours_can_be_refused(void **unused)
{
	pid_t pid;

	(void)unused;
	setenv("NO_COLOR", "1", 1);
	pid = start(until_exit);
	hear_until(LEAVE);
	assert_non_null(strstr(said, "red and plain"));
	assert_left_as_found(pid, 7);

	unsetenv("NO_COLOR");
	pid = start(until_exit);
	hear_until(LEAVE);
	assert_non_null(strstr(said, "\033[1;31mred\033[0m and plain"));
	assert_left_as_found(pid, 7);
}

static void no_terminal_is_no_screen(void **unused)
{
	unsigned int width, height;
	int saved = dup(STDOUT_FILENO), file = open("/dev/null", O_WRONLY);
	bool possible, sized;

	(void)unused;
	setenv("TERM", "xterm", 1);
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	possible = screen_possible();
	sized = screen_size(&width, &height);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(file);
	assert_false(possible || sized);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_known),
		cmocka_unit_test(any_bytes_are_used_up),
		cmocka_unit_test(signals_give_it_back),
		cmocka_unit_test(ctrl_c_is_a_signal),
		cmocka_unit_test(exit_gives_it_back),
		cmocka_unit_test(keys_and_sizes_come_through),
		cmocka_unit_test(stopping_lends_it_back),
		cmocka_unit_test(colours_can_be_refused),
		cmocka_unit_test(no_terminal_is_no_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
