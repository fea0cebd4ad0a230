// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench compare: is NEW worse than BASE, by how much, and where does it come from?
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare/compare_view.h"
#include "command/options.h"
#include "compare/runs.h"
#include "count/profile_json.h"
#include "report/table.h"
#include "result/text.h"
#include "result/whole.h"

static struct compare_options options = COMPARE_DEFAULTS;
static struct compare_form {
	bool markdown, json, all;
	const char *file;
} form;

static const struct option_row rows[] = {
	{ .letter = 'm', .long_name = "markdown", .type = OPTION_FLAG, .target = &form.markdown,
	  .help = "print Markdown, for a comment on a pull request" },
	{ .letter = 'j', .long_name = "json", .type = OPTION_FLAG, .target = &form.json,
	  .help = "print JSON (results/README.md, tdxbench-compare/1)" },
	{ .letter = 'o', .long_name = "output", .value = "FILE", .type = OPTION_TEXT,
	  .target = &form.file, .help = "write to FILE, and print the verdict only" },
	{ .letter = 'a', .long_name = "all", .type = OPTION_FLAG, .target = &form.all,
	  .help = "also what is not judged, and what cannot be told from luck" },
	{ .letter = 'b', .long_name = "budget", .value = "PCT", .type = OPTION_REAL,
	  .target = &options.budget, .max = 1000000,
	  .help = "percent that a metric may get worse, default 0" },
	{ .long_name = "alpha", .value = "P", .type = OPTION_REAL, .target = &options.alpha, .max = 1,
	  .help = "sampled metrics: chance of a false alarm, default 0.01" },
	{ .long_name = "min-effect", .value = "PCT", .type = OPTION_REAL,
	  .target = &options.min_effect, .max = 1000000,
	  .help = "sampled metrics: smaller differences do not count, default 2" },
	{ .long_name = "unlike", .type = OPTION_FLAG, .target = &options.unlike,
	  .help = "compare unlike environments all the same" },
	{ .long_name = "untrusted", .type = OPTION_FLAG, .target = &options.untrusted,
	  .help = "judge results that are incomplete, lost events or have open books" },
	{ .long_name = "allow-missing", .type = OPTION_FLAG, .target = &options.allow_missing,
	  .help = "what NEW lacks is no regression" },
	{ .long_name = NULL }
};

/* ---- Output ---- */

static void print_form(FILE *out, const void *telling)
{
	const struct telling *t = telling;

	if (form.json)
		compare_json(t, out);
	else if (form.markdown)
		compare_markdown(t, out);
	else
		compare_terminal(t, out);
}

static int write_error(const char *file)
{
	fprintf(stderr, "tdxbench compare: cannot write %s: %s\n", file,
		strerror(errno ? errno : EIO));
	return EXIT_ERROR;
}

static void print_verdict(const struct comparison *c)
{
	char line[2048];

	if (compare_warning(c, line, sizeof(line)))
		table_line(stdout, TABLE_PLAIN, line);
	compare_headline(c, line, sizeof(line));
	table_line(stdout, TABLE_PLAIN, line);
}

static int output(const struct telling *t)
{
	if (!form.file)
		print_form(stdout, t);
	else if (write_whole(form.file, print_form, t))
		return write_error(form.file);
	else
		print_verdict(t->c);
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return compare_exit(t->c);
	return write_error("to standard output");
}

/* ---- The comparison ---- */

static int refuse(const struct comparison *c)
{
	char line[1536];
	json_t *item;
	size_t i;

	fprintf(stderr, "tdxbench compare: unlike environments, so that a difference may be theirs "
			"(--unlike compares all the same):\n");
	json_array_foreach(c->unlike, i, item) {
		snprintf(line, sizeof(line), "  %s: '%s' in BASE, '%s' in %s",
			 json_get_text(item, "field"), json_get_text(item, "base"),
			 json_get_text(item, "other"), json_get_text(item, "run"));
		text_put(stderr, line);
		fputc('\n', stderr);
	}
	return EXIT_ERROR;
}

/* Of the first run: exact figures are the same in all of them. 0 also where there is none. */
static int load_profile(const struct runs *side, json_t **profile)
{
	char file[4096], error[RESULT_ERROR];

	*profile = NULL;
	run_beside(&side->run[0], PROFILE_FILE, file, sizeof(file));
	if (access(file, F_OK))
		return 0;
	*profile = blame_load(file, error);
	if (*profile)
		return 0;
	fputs("tdxbench: ", stderr);
	text_put(stderr, error);
	fputc('\n', stderr);
	return -1;
}

static int tell(const struct comparison *c)
{
	struct telling telling = { .c = c, .all = form.all };
	int ret = EXIT_ERROR;

	if (!load_profile(c->base, &telling.profile[0]) &&
	    !load_profile(c->new, &telling.profile[1]))
		ret = output(&telling);
	json_decref(telling.profile[0]);
	json_decref(telling.profile[1]);
	return ret;
}

static int compare_sides(const struct runs *base, const struct runs *new)
{
	struct comparison *c = compare(base, new, &options);
	int ret = compare_refused(c) ? refuse(c) : tell(c);

	compare_free(c);
	return ret;
}

static int run(int argc, char **argv)
{
	static struct runs base, new;
	int ret = EXIT_ERROR;

	if (form.markdown && form.json)
		return usage_error("compare", "choose one of --markdown and --json");
	if (!options.alpha)
		return usage_error("compare", "--alpha is 0, which nothing is below");
	if (argc != 2)
		return usage_error("compare", "needs two results or directories, BASE and NEW, got %d",
				   argc);
	if (runs_load(&base, argv[0]))
		return EXIT_ERROR;
	if (!runs_load(&new, argv[1])) {
		ret = compare_sides(&base, &new);
		runs_free(&new);
	}
	runs_free(&base);
	return ret;
}

const struct command cmd_compare = {
	.name = "compare",
	.summary = "Compare two results, and fail when the new one is worse.",
	.synopsis = "[OPTION...] BASE NEW",
	.text = "BASE and NEW are each a result.json, a run's directory, or a directory that holds several\n"
		"runs of one suite. Exact metrics are compared to the last digit; where both sides have\n"
		"steady ones, only those are judged. Sampled metrics are judged by runs (Mann-Whitney),\n"
		"so that they take five runs a side at least. What BASE has and NEW lacks is a regression.\n"
		"With a profile.json beside both results, it says which functions and lines changed.\n\n"
		"examples:\n"
		"  tdxbench compare results/reference results/latest\n"
		"  tdxbench compare --budget 0.5 base/ new/\n"
		"  tdxbench compare --markdown -o comment.md base/result.json new/result.json\n"
		"  tdxbench compare --json base new | jq -r '.differences[] | select(.verdict == \"regressed\").metric'\n\n"
		"exit codes: 0 no regression, 1 error: unlike environments, results that are not to be\n"
		"trusted, nothing in common, 2 regression\n",
	.options = rows,
	.run = run,
};
