// SPDX-License-Identifier: GPL-2.0
/*
 * From an assembled result to what people look at: result.json, table, plots,
 * report.html, results/latest. In the order of what must not get lost.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count/profile_json.h"
#include "report/html.h"
#include "run/interrupt.h"
#include "report/plot.h"
#include "run/publish.h"
#include "result/result.h"
#include "report/table.h"

#define PATH_SIZE	4096

static char published[PATH_SIZE];	/* the directory of the last result */

static int publish_error(const char *what)
{
	int error = errno ? errno : EIO;

	fprintf(stderr, "tdxbench: cannot write %s: %s\n", what, strerror(error));
	return -error;
}

/* Letters, digits and what is harmless in a file name; the rest becomes '-'. */
static void append_harmless(char *to, size_t size, const char *text, const char *harmless)
{
	size_t at = strlen(to);

	for (; *text && at + 1 < size; text++)
		to[at++] = isalnum((unsigned char)*text) || strchr(harmless, *text) ? *text : '-';
	to[at] = '\0';
}

/* "20261121T200000Z-quick" */
static void run_name(const json_t *result, char name[128])
{
	const char *started = json_get_text(result, "started");

	name[0] = '\0';
	for (size_t at = 0; *started && at < 24; started++) {
		if (isalnum((unsigned char)*started)) {
			name[at++] = *started;
			name[at] = '\0';
		}
	}
	append_harmless(name, 32, "-", "-");
	append_harmless(name, 128, json_get_text(json_object_get(result, "suite"), "name"), "_-");
}

/* Makes a directory that was not there before; two runs may start in one second. */
static int make_run_dir(const char *results_dir, const json_t *result, char dir[PATH_SIZE])
{
	char name[128];
	int len;

	run_name(result, name);
	for (int i = 1; i < 1000; i++) {
		len = snprintf(dir, PATH_SIZE, i > 1 ? "%s/%s-%d" : "%s/%s", results_dir, name, i);
		if (len >= PATH_SIZE) {
			errno = ENAMETOOLONG;
			break;
		}
		if (!mkdir(dir, 0777))
			return 0;
		if (errno != EEXIST)
			break;
	}
	return publish_error(dir);
}

/* results/latest is replaced in one step, and relative so that results/ may move. */
static int link_latest(const char *results_dir, const char *run_dir)
{
	char latest[PATH_SIZE + 16], temp[PATH_SIZE + 32];
	const char *name = strrchr(run_dir, '/') + 1;

	snprintf(latest, sizeof(latest), "%s/latest", results_dir);
	snprintf(temp, sizeof(temp), "%s/.latest-%d", results_dir, getpid());
	if (symlink(name, temp))
		return publish_error(latest);
	if (!rename(temp, latest))
		return 0;
	unlink(temp);
	return publish_error(latest);
}

static void remove_files(const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries)
		closedir(entries);
	rmdir(dir);
}

int publish_files(const json_t *result, const char *html, const char *plots)
{
	const char *tmp = getenv("TMPDIR");
	const char *dir = plots;
	char temp[PATH_SIZE];
	int ret;

	if (!dir) {
		interrupt_catch();	/* Ctrl-C must not leave the directory behind */
		snprintf(temp, sizeof(temp), "%s/tdxbench-plots-XXXXXX", tmp ? tmp : "/tmp");
		dir = mkdtemp(temp);
		if (!dir)
			return publish_error(temp);
	}
	ret = result_dir_check(dir);
	if (!ret)
		ret = plot_all(result, dir);
	if (!ret && html)
		ret = html_write(result, dir, html);
	if (!plots)
		remove_files(temp);
	return ret;
}

/* All but the numbers. */
static int publish_rest(const json_t *result, const json_t *profile, const char *results_dir,
			const char *dir, FILE *out)
{
	char html[PATH_SIZE + 16], plots[PATH_SIZE + 16];
	int ret = profile ? json_write(profile, dir, PROFILE_FILE) : 0;

	snprintf(html, sizeof(html), "%s/report.html", dir);
	snprintf(plots, sizeof(plots), "%s/plots", dir);
	if (!ret)
		ret = publish_files(result, html, plots);
	if (!ret)
		ret = link_latest(results_dir, dir);
	if (!ret)
		fprintf(out, "\nresult: %s/" RESULT_FILE "\nreport: %s\nplots:  %s\n", dir, html, plots);
	return ret;
}

int result_publish(const json_t *result, const json_t *profile, const char *results_dir,
		   FILE *out)
{
	char dir[PATH_SIZE];
	int ret;

	ret = result_dir_check(results_dir);
	if (!ret)
		ret = make_run_dir(results_dir, result, dir);
	if (ret)
		return ret;
	/* The numbers are worth seeing even where they cannot be kept. */
	ret = result_write(result, dir);
	table_print(result, false, out);
	if (ret) {
		rmdir(dir);
		fflush(out);
		return ret;
	}
	snprintf(published, sizeof(published), "%s", dir);
	if (publish_rest(result, profile, results_dir, dir, out)) {
		fprintf(stderr, "tdxbench: the numbers are kept in %s\n", dir);
		ret = 1;
	}
	fflush(out);
	return ret;
}

const char *result_published(void)
{
	return *published ? published : NULL;
}
