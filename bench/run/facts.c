// SPDX-License-Identifier: GPL-2.0
/*
 * Facts about the running machine.
 */
#include "run/facts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Good until the next call. */
static const char *place_of(const char *path)
{
	const char *root = getenv("TDXBENCH_ROOT");
	static char place[PATH_MAX];

	snprintf(place, sizeof(place), "%s%s", root ? root : "", path);
	return place;
}

FILE *fact_open(const char *path)
{
	return fopen(place_of(path), "re");
}

bool fact_readable(const char *path)
{
	return !access(place_of(path), R_OK);
}

bool fact_line(const char *path, char *line, size_t size)
{
	FILE *file = fact_open(path);

	*line = 0;
	if (!file)
		return false;
	if (fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = 0;
	fclose(file);
	return *line;
}

/* ---- Files of many lines ---- */

/* Ends with the first line that @wanted, whose text is as it was made by it. */
static bool find_line(const char *path, bool (*wanted)(char *line, const void *arg),
		      const void *arg, char *found, size_t size)
{
	FILE *file = fact_open(path);
	size_t room = 0;
	char *line = NULL;
	bool is = false;

	while (!is && file && getline(&line, &room, file) > 0) {
		is = wanted(line, arg);
		if (is && found)
			snprintf(found, size, "%s", line);
	}
	free(line);
	if (file)
		fclose(file);
	return is;
}

static bool has_word(char *line, const void *word)
{
	for (char *rest = line, *part; (part = strsep(&rest, " \t\n"));)
		if (!strcmp(part, word))
			return true;
	return false;
}

bool fact_word(const char *path, const char *word)
{
	return find_line(path, has_word, word, NULL, 0);
}

/* Leaves the value in @line. */
static bool has_key(char *line, const void *key)
{
	size_t len = strlen(key);
	char *value = line + len;

	if (strncmp(line, key, len) || !strchr(" \t:", *value))
		return false;
	value += strspn(value, " \t:");
	value[strcspn(value, "\n")] = 0;
	memmove(line, value, strlen(value) + 1);
	return true;
}

bool fact_value(const char *path, const char *key, char *value, size_t size)
{
	*value = 0;
	return find_line(path, has_key, key, value, size);
}

/* ---- The kernel and this process ---- */

bool fact_argument(const char *key, char *value, size_t size)
{
	char line[4096], *word, *rest = line;
	size_t len = strlen(key);
	bool found = false;

	*value = 0;
	fact_line("/proc/cmdline", line, sizeof(line));
	while ((word = strsep(&rest, " "))) {
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(value, size, "%s", word + len + 1);
		found = true;
	}
	return found;
}

bool fact_capable(unsigned int capability)
{
	unsigned long long caps;
	char text[64];

	fact_value("/proc/self/status", "CapEff", text, sizeof(text));
	caps = strtoull(text, NULL, 16);
	return (caps >> capability | caps >> FACT_SYS_ADMIN) & 1;
}

/* The argument alone is no proof: mistyped, or on a kernel without it, it does nothing. */
bool fact_emulated(void)
{
	enum { TAINT_TEST = 18 };
	char value[512], taint[32];

	fact_line("/proc/sys/kernel/tainted", taint, sizeof(taint));
	return fact_argument("tdx_emu", value, sizeof(value)) &&
	       strtoull(taint, NULL, 10) >> TAINT_TEST & 1;
}

/* ---- Configuration of the kernel ---- */

/* Compressed or not. 0 when there is no such file. */
static char config_in(const char *path, const char *option)
{
	gzFile file = gzopen(place_of(path), "re");
	size_t len = strlen(option);
	char line[512], answer = 'n';

	if (!file)
		return 0;
	while (gzgets(file, line, sizeof(line)))
		if (!strncmp(line, option, len) && line[len] == '=')
			answer = line[len + 1];
	gzclose(file);
	return answer;
}

char fact_config(const char *option)
{
	static const char *const places[] = {
		"/proc/config.gz", "/boot/config-%s", "/lib/modules/%s/config",
		"/lib/modules/%s/build/.config",
	};
	char release[128], path[256], answer = 0;

	fact_line("/proc/sys/kernel/osrelease", release, sizeof(release));
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !answer; i++) {
		snprintf(path, sizeof(path), places[i], release);
		answer = config_in(path, option);
	}
	return answer ? answer : '?';
}

/* ---- The kernel's log ---- */

/* Records of /dev/kmsg, "priority,number,time,flags;message", one to a line. */
static char *read_log(void)
{
	int fd = open(place_of("/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t room = 1 << 20, used = 0;
	char *log = fd < 0 ? NULL : malloc(room);
	ssize_t got = 0;

	while (log) {
		/* The longest record has to fit, or the kernel gives none. */
		if (room - used < 1 << 14) {
			room *= 2;
			log = realloc(log, room);
			continue;
		}
		got = read(fd, log + used, room - used - 1);
		if (got > 0)
			used += (size_t)got;
		else if (!got || errno != EPIPE)	/* EPIPE: overwritten meanwhile */
			break;
	}
	if (log)
		log[used] = 0;
	if (fd >= 0)
		close(fd);
	return log;
}

static const char *whole_log(void)
{
	static bool tried;
	static char *log;

	if (!tried)
		log = read_log();
	tried = true;
	return log && *log ? log : NULL;
}

bool fact_log_readable(void)
{
	return whole_log();
}

bool fact_log_complete(void)
{
	const char *comma = whole_log() ? strchr(whole_log(), ',') : NULL;

	return comma && !strncmp(comma, ",0,", 3);
}

static const char *last_of(const char *part)
{
	const char *last = NULL, *next = whole_log();

	while (next && (next = strstr(next, part)))
		last = next++;
	return last;
}

const char *fact_log(const char *part, char *message, size_t size)
{
	const char *at = last_of(part), *begin = at;

	*message = 0;
	if (!at)
		return NULL;
	while (begin > whole_log() && begin[-1] != '\n' && begin[-1] != ';')
		begin--;
	snprintf(message, size, "%.*s", (int)strcspn(begin, "\n"), begin);
	return message;
}

bool fact_log_after(const char *earlier, const char *later)
{
	const char *a = last_of(earlier), *b = last_of(later);

	return a && b && b > a;
}
