// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal: taken over with its alternate screen, without echo and cursor. Signals
 * are let in only while we wait for a key, so that none is missed and none comes amid
 * a page; Ctrl-C stays a signal.
 */
#include "top/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "measure/clock.h"

#define ENTER	"\033[?1049h\033[?25l"		/* alternate screen, no cursor */
#define LEAVE	"\033[0m\033[?25h\033[?1049l"
#define HOME	"\033[H"
#define TO_EOL	"\033[K"
#define BELOW	"\033[J"

static struct termios found;
static bool taken, typing, colours;	/* typing: the keys are ours */
static bool watched;			/* and somebody may be at them */
static sigset_t outside;	/* signals blocked before we came */
static volatile sig_atomic_t resized, stopped;

/* Keys that were read and not yet asked for. */
static char typed[64];
static unsigned int nr_typed;

bool screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

bool screen_size(unsigned int *width, unsigned int *height)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return false;
	*width = size.ws_col;
	*height = size.ws_row;
	return true;
}

/* --- taking and giving back --- */

static void note(int signal)
{
	if (signal == SIGTSTP)
		stopped = 1;
	else
		resized = 1;
}

static int write_all(const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(STDOUT_FILENO, text, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		text += done;
		size -= (size_t)done;
	}
	return 0;
}

static int take(void)
{
	struct termios raw = found;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (typing && tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
		return -1;
	taken = true;
	return write_all(ENTER, strlen(ENTER));
}

/* Whoever types sees it again even if the page can no longer be written to. */
static void give_back(void)
{
	if (!taken)
		return;
	taken = false;
	write_all(LEAVE, strlen(LEAVE));
	if (typing)
		tcsetattr(STDIN_FILENO, TCSANOW, &found);
}

static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = note };
	const int block[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT };
	sigset_t inside;
	size_t i;

	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGTSTP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&inside);
	for (i = 0; i < sizeof(block) / sizeof(*block); i++)
		sigaddset(&inside, block[i]);
	sigprocmask(SIG_BLOCK, &inside, &outside);
}

int screen_open(void)
{
	const char *no_color = getenv("NO_COLOR");
	static bool at_exit;

	colours = !no_color || !*no_color;
	typing = watched = !tcgetattr(STDIN_FILENO, &found);
	catch_signals();
	if (!at_exit)
		atexit(screen_close);
	at_exit = true;
	return take();
}

void screen_close(void)
{
	if (!taken)
		return;
	give_back();
	sigprocmask(SIG_SETMASK, &outside, NULL);
}

/* Ctrl-Z: the terminal is the shell's until we are wanted again. */
static void stop(void)
{
	stopped = 0;
	give_back();
	raise(SIGSTOP);
	take();
}

/* --- a page --- */

static void put_ink(FILE *out, enum view_ink ink)
{
	static const char *const codes[] = {
		[VIEW_PLAIN] = "\033[0m", [VIEW_BOLD] = "\033[1m", [VIEW_DIM] = "\033[2m",
		[VIEW_RED] = "\033[1;31m",
	};

	if (colours)
		fputs(codes[ink], out);
}

static void put_line(FILE *out, const struct view_line *line)
{
	unsigned int at = 0, i;

	for (i = 0; i < line->nr_spans; i++) {
		const struct view_span *span = &line->span[i];

		fwrite(line->text + at, 1, span->from - at, out);
		put_ink(out, span->ink);
		fwrite(line->text + span->from, 1, span->to - span->from, out);
		put_ink(out, VIEW_PLAIN);
		at = span->to;
	}
	fputs(line->text + at, out);
}

/* In one write, so that no half of it is ever to be seen. */
int screen_show(const struct view *view)
{
	unsigned int width, height = 24;
	size_t size, i;
	char *page = NULL;
	FILE *out = open_memstream(&page, &size);
	int ret;

	if (!out)
		return -1;
	screen_size(&width, &height);
	fputs(HOME, out);
	for (i = 0; i < view->nr && i < height; i++) {
		fputs(i ? "\r\n" : "", out);
		put_line(out, &view->line[i]);
		fputs(TO_EOL, out);
	}
	fputs(BELOW, out);
	ret = fclose(out) || write_all(page, size) ? -1 : 0;
	free(page);
	return ret;
}

/* --- keys --- */

static int decode_sequence(const char *bytes, unsigned int nr, unsigned int *used)
{
	unsigned int end = 2;

	/* Up to the first byte that ends one: "\033[A", "\033[5~". */
	while (end < nr && (bytes[end] < '@' || bytes[end] > '~'))
		end++;
	*used = end < nr ? end + 1 : nr;
	if (end >= nr)
		return SCREEN_NOTHING;
	switch (bytes[end]) {
	case 'A':
		return SCREEN_UP;
	case 'B':
		return SCREEN_DOWN;
	case 'H':
		return SCREEN_HOME;
	case '~':
		if (end != 3)
			return SCREEN_NOTHING;
		return bytes[2] == '5' ? SCREEN_PAGE_UP : bytes[2] == '6' ? SCREEN_PAGE_DOWN :
		       bytes[2] == '1' || bytes[2] == '7' ? SCREEN_HOME : SCREEN_NOTHING;
	default:
		return SCREEN_NOTHING;
	}
}

int screen_decode(const char *bytes, unsigned int nr, unsigned int *used)
{
	*used = 1;
	if (nr >= 3 && bytes[0] == '\033' && (bytes[1] == '[' || bytes[1] == 'O'))
		return decode_sequence(bytes, nr, used);
	return bytes[0] >= SCREEN_FIRST_LETTER && bytes[0] <= '~' ? bytes[0] : SCREEN_NOTHING;
}

static int next_typed(void)
{
	unsigned int used;
	int key = SCREEN_NOTHING;

	while (nr_typed && key == SCREEN_NOTHING) {
		key = screen_decode(typed, nr_typed, &used);
		nr_typed -= used;
		memmove(typed, typed + used, nr_typed);
	}
	return key;
}

/* A terminal without anybody at its keys any more is one without keys. */
static void read_keys(void)
{
	ssize_t got = read(STDIN_FILENO, typed, sizeof(typed));

	if (got > 0)
		nr_typed = (unsigned int)got;
	else if (!got || errno != EINTR)
		watched = false;
}

static int changed(void)
{
	if (stopped)
		stop();
	else if (!resized)
		return SCREEN_NOTHING;
	resized = 0;
	return SCREEN_CHANGED;
}

int screen_wait(uint64_t until)
{
	int key = next_typed();
	struct pollfd keyboard = { .fd = watched ? STDIN_FILENO : -1, .events = POLLIN };
	uint64_t now = clock_now(), left = until > now ? until - now : 0;
	const struct timespec time = {
		.tv_sec = (time_t)(left / NSEC_PER_SEC), .tv_nsec = (long)(left % NSEC_PER_SEC),
	};

	if (key != SCREEN_NOTHING)
		return key;
	if (ppoll(&keyboard, 1, &time, &outside) > 0)
		read_keys();
	return resized || stopped ? changed() : next_typed();
}
