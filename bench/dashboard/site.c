// SPDX-License-Identifier: GPL-2.0
/*
 * A directory of many files, written whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard/site.h"

#define LIST_HEAD	"tdxbench-dashboard/1\n"
#define LIST_MAX	(64 << 20)	/* bytes of a list that are read */

/* Sorted names of files, and of directories with a slash behind. */
struct names {
	char **name;
	size_t count, room;
};

struct site {
	char place[PATH_MAX];
	char temp[PATH_MAX + 32];
	struct names names;
};

static int site_error(const char *what)
{
	fprintf(stderr, "tdxbench dashboard: cannot write %s: %s\n", what,
		strerror(errno ? errno : EIO));
	return -1;
}

/* ---- Lists of names ---- */

static int names_add(struct names *names, const char *name, size_t length)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 256;
		char **more = realloc(names->name, room * sizeof(*more));

		if (!more)
			return -1;
		names->name = more;
		names->room = room;
	}
	names->name[names->count] = strndup(name, length);
	return names->name[names->count] ? (int)(names->count++, 0) : -1;
}

static void names_free(struct names *names)
{
	while (names->count)
		free(names->name[--names->count]);
	free(names->name);
	*names = (struct names){};
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_sort(struct names *names)
{
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), compare_names);
}

static bool names_have(const struct names *names, const char *name)
{
	return names->count &&
	       bsearch(&name, names->name, names->count, sizeof(*names->name), compare_names);
}

static int split_lines(struct names *names, char *text)
{
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		if (names_add(names, line, (size_t)(end - line)))
			return -1;
	names_sort(names);
	return 0;
}

/* The list of a directory of ours; -1 when it is none, or its list is damaged. */
static int names_read(struct names *names, const char *dir)
{
	char path[PATH_MAX + 64], *text = NULL;
	size_t size = 0;
	int ret = -1;
	FILE *in;

	snprintf(path, sizeof(path), "%s/" SITE_LIST, dir);
	in = fopen(path, "re");
	if (!in)
		return -1;
	text = malloc(LIST_MAX + 1);
	if (text)
		size = fread(text, 1, LIST_MAX, in);
	if (text && strlen(LIST_HEAD) <= size && !memcmp(text, LIST_HEAD, strlen(LIST_HEAD))) {
		text[size] = '\0';
		ret = split_lines(names, text + strlen(LIST_HEAD));
	}
	free(text);
	fclose(in);
	return ret;
}

/* ---- What is there already ---- */

/* Name of what the walk is at, as in a list; NULL for the top and for leaving. */
static const char *entry_name(const FTSENT *entry, size_t top, char name[PATH_MAX])
{
	if (entry->fts_level == 0 || entry->fts_info == FTS_DP)
		return NULL;
	snprintf(name, PATH_MAX, "%s%s", entry->fts_path + top + 1,
		 entry->fts_info == FTS_D ? "/" : "");
	return name;
}

static FTS *walk(const char *dir)
{
	char *paths[] = { (char *)dir, NULL };

	return fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
}

/* The first thing in @dir that the list does not have; false when there is none. */
static bool find_foreign(const char *dir, const struct names *names, char foreign[PATH_MAX])
{
	const char *name = NULL;
	FTS *fts = walk(dir);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		name = entry_name(entry, strlen(dir), foreign);
		if (name && !names_have(names, name))
			break;
		name = NULL;
	}
	if (fts)
		fts_close(fts);
	return name;
}

/* Nothing, an empty directory, or a dashboard and nothing else. */
static int check_place(const char *dir)
{
	struct names names = {};
	char foreign[PATH_MAX];
	bool ours, any;
	struct stat st;

	if (stat(dir, &st))
		return errno == ENOENT ? 0 : site_error(dir);
	ours = S_ISDIR(st.st_mode) && !names_read(&names, dir);
	any = !S_ISDIR(st.st_mode) || find_foreign(dir, &names, foreign);
	names_free(&names);
	if (!any)
		return 0;
	if (!ours)
		fprintf(stderr, "tdxbench dashboard: %s is there and no dashboard: "
			"allowed is a new or empty directory, or a dashboard to replace\n", dir);
	else
		fprintf(stderr, "tdxbench dashboard: %s has '%s' in it, "
			"which is not of the dashboard: move it away\n", dir, foreign);
	return -1;
}

/* Removes what the list has, and directories that are then empty. */
static bool remove_listed(const char *dir, const struct names *names)
{
	char name[PATH_MAX];
	FTS *fts = walk(dir);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_accpath);
		else if (entry_name(entry, strlen(dir), name) && names_have(names, name))
			unlink(entry->fts_accpath);
	}
	if (fts)
		fts_close(fts);
	return access(dir, F_OK) != 0;
}

/* ---- Writing ---- */

/* @dir without links in it, so that a link to a directory stays one. */
static int find_place(struct site *site, const char *dir)
{
	char text[PATH_MAX], parent[PATH_MAX], *slash;
	size_t length = strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		length--;
	if (!length || length >= PATH_MAX - 1) {
		errno = length ? ENAMETOOLONG : ENOENT;
		return site_error(length ? "DIR" : "''");
	}
	if (realpath(dir, site->place))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, dir);
	slash = strrchr(text, '/');
	if (slash)
		*slash = '\0';
	if (!realpath(!slash ? "." : *text ? text : "/", parent))
		return site_error(dir);
	if (snprintf(site->place, PATH_MAX, "%s/%s", parent, slash ? slash + 1 : text) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return site_error(dir);
}

struct site *site_begin(const char *dir)
{
	struct site *site = calloc(1, sizeof(*site));

	if (!site) {
		site_error(dir);
		return NULL;
	}
	if (find_place(site, dir) || check_place(site->place)) {
		free(site);
		return NULL;
	}
	snprintf(site->temp, sizeof(site->temp), "%s.part-XXXXXX", site->place);
	if (!mkdtemp(site->temp) || chmod(site->temp, 0755)) {
		site_error(dir);
		free(site);
		return NULL;
	}
	return site;
}

/* Directories of @name that are not there yet. */
static int make_dirs(struct site *site, const char *name)
{
	char path[2 * PATH_MAX];

	for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
		snprintf(path, sizeof(path), "%s/%.*s", site->temp, (int)(slash - name), name);
		if (!mkdir(path, 0777)) {
			if (names_add(&site->names, name, (size_t)(slash + 1 - name)))
				return -1;
		} else if (errno != EEXIST) {
			return -1;
		}
	}
	return 0;
}

FILE *site_open(struct site *site, const char *name)
{
	char path[2 * PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", site->temp, name);
	out = fopen(path, "wxe");
	if (!out && errno == ENOENT && !make_dirs(site, name))
		out = fopen(path, "wxe");
	if (out && !names_add(&site->names, name, strlen(name)))
		return out;
	site_error(name);
	if (out) {
		fclose(out);
		unlink(path);
	}
	return NULL;
}

bool site_close(struct site *site, FILE *out)
{
	bool bad = fflush(out) || ferror(out);

	if (bad)
		site_error(site->place);
	return !fclose(out) && !bad;
}

/* The list has itself. */
static bool write_list(struct site *site)
{
	FILE *out = site_open(site, SITE_LIST);

	if (!out)
		return false;
	names_sort(&site->names);
	fputs(LIST_HEAD, out);
	for (size_t i = 0; i < site->names.count; i++)
		fprintf(out, "%s\n", site->names.name[i]);
	return site_close(site, out);
}

/* File systems that cannot exchange two names: in two steps, the second undone if it fails. */
static int replace_slowly(const struct site *site, const char *old)
{
	if (rename(site->place, old))
		return -1;
	if (!rename(site->temp, site->place))
		return 0;
	if (rename(old, site->place))
		fprintf(stderr, "tdxbench dashboard: the old %s is now %s\n", site->place, old);
	return -1;
}

/* Afterwards @old is where the old one is. */
static int replace(const struct site *site, char old[PATH_MAX + 64])
{
	snprintf(old, PATH_MAX + 64, "%s", site->temp);
	if (!renameat2(AT_FDCWD, site->temp, AT_FDCWD, site->place, RENAME_EXCHANGE))
		return 0;
	if (errno == ENOENT)
		return rename(site->temp, site->place);
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	snprintf(old, PATH_MAX + 64, "%s.old", site->temp);
	return replace_slowly(site, old);
}

static void remove_old(const char *old)
{
	struct names names = {};

	names_read(&names, old);
	if (!access(old, F_OK) && !remove_listed(old, &names))
		fprintf(stderr, "tdxbench dashboard: what was not of the old dashboard is kept in %s\n", old);
	names_free(&names);
}

static bool put_in_place(struct site *site)
{
	char old[PATH_MAX + 64];

	if (!write_list(site) || check_place(site->place))
		return false;
	if (replace(site, old)) {
		site_error(site->place);
		return false;
	}
	remove_old(old);
	return true;
}

int site_end(struct site *site, bool ok)
{
	ok = ok && put_in_place(site);
	if (!ok) {
		names_sort(&site->names);
		remove_listed(site->temp, &site->names);
	}
	names_free(&site->names);
	free(site);
	return ok ? 0 : -1;
}
