// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench profile: where the path's instructions went, by function and by source
 * line. Exact: every instruction was counted where it ran, none was sampled.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command/commands.h"
#include "command/wrap.h"
#include "compare/blame.h"
#include "count/flame.h"
#include "count/profile_json.h"
#include "result/result.h"
#include "run/place.h"
#include "run/publish.h"
#include "run/suite.h"

#define DEFAULT_SUITE	"bench/suites/gate.ini"

static struct {
	uint64_t top;
	const char *results;
	const char *from;
	const char *base;
	const char *flames;
	const char *kernel;
	const char *module;
	bool json;
} options = { .top = 15 };

/* --- reading --- */

static const char *path_of(const char *place, char path[PATH_MAX])
{
	struct stat st;
	bool dir = !stat(place, &st) && S_ISDIR(st.st_mode);

	snprintf(path, PATH_MAX, "%s%s", place, dir ? "/" PROFILE_FILE : "");
	return path;
}

/* Numbers from somebody else's file: what is not there is 0. */
static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_t *load(const char *place)
{
	char path[PATH_MAX], error[RESULT_ERROR];
	json_t *profile = blame_load(path_of(place, path), error);

	if (!profile)
		fprintf(stderr, "tdxbench profile: %s\n", error);
	return profile;
}

/* --- showing --- */

static double path_share(const json_t *point, double count)
{
	double all = number(json_object_get(point, "parts"), part_words[PART_PATH]);

	return all > 0 ? 100.0 * count / all : 0;
}

/* Per quote where there were quotes, as everywhere below. */
static double each(const json_t *point, double count)
{
	double quotes = number(point, "quotes");

	return quotes > 0 ? count / quotes : count;
}

static void show_head(const json_t *point)
{
	double quotes = number(point, "quotes");
	unsigned int part;

	printf("\n%s: %.0f quotes; instructions%s:", json_get_text(point, "id"), quotes,
	       quotes > 0 ? " of each" : "");
	for (part = 0; part < PART_NR; part++)
		printf(" %s %.1f", part_words[part],
		       each(point, number(json_object_get(point, "parts"), part_words[part])));
	putchar('\n');
	if (number(point, "lost") > 0)
		printf("%.0f quotes were given up half-way and are in here in part\n",
		       number(point, "lost"));
}

static bool of_path(const json_t *row)
{
	return !strcmp(json_get_text(row, "part"), part_words[PART_PATH]);
}

static void show_functions(const json_t *point)
{
	uint64_t shown = 0;
	json_t *row;
	size_t i;

	printf("\n%12s %12s %6s  %s\n", "own", "and callees", "%", "function of the path");
	json_array_foreach(json_object_get(point, "functions"), i, row) {
		const char *file = json_get_text(row, "file");

		if (!of_path(row) || shown++ >= options.top)
			continue;
		printf("%12.1f %12.1f %6.2f  %s%s%s\n", each(point, number(row, "self")),
		       each(point, number(row, "total")), path_share(point, number(row, "self")),
		       json_get_text(row, "name"), *file ? "  " : "", file);
	}
	if (shown > options.top)
		printf("%12s %" PRIu64 " more, see --top\n", "", shown - options.top);
}

static void show_lines(const json_t *point)
{
	uint64_t shown = 0;
	json_t *row;
	size_t i;

	printf("\n%12s %6s  %s\n", "instructions", "%", "source line");
	json_array_foreach(json_object_get(point, "lines"), i, row) {
		if (!of_path(row) || shown++ >= options.top)
			continue;
		printf("%12.1f %6.2f  %s:%.0f  %s\n", each(point, number(row, "count")),
		       path_share(point, number(row, "count")), json_get_text(row, "file"),
		       number(row, "line"), json_get_text(row, "function"));
	}
	if (!shown)
		printf("%12s no lines: the module has no debug information\n", "");
}

/* --- flame graphs --- */

/* Stacks per quote: two runs need not have made as many. */
static json_t *stacks_each(const json_t *point)
{
	json_t *all = json_array(), *stack;
	size_t i;

	json_array_foreach(json_object_get(point, "stacks"), i, stack)
		json_array_append_new(all, json_pack("[O?, f, O?]", json_array_get(stack, 0),
			each(point, json_number_value(json_array_get(stack, 1))),
			json_array_get(stack, 2)));
	return all;
}

/* "DIR/POINT.SUFFIX", with what separates directories taken out of the point's id. */
static const char *flame_path(const char *id, const char *suffix, char path[PATH_MAX])
{
	char *at = path + snprintf(path, PATH_MAX, "%s/", options.flames);

	snprintf(at, PATH_MAX - (size_t)(at - path), "%.200s.%s", id, suffix);
	for (; *at; at++)
		if (*at == '/' || *at == ' ')
			*at = '-';
	return path;
}

static int draw_point(const json_t *point, const json_t *base_profile)
{
	const char *id = json_get_text(point, "id");
	const json_t *base_point = base_profile ? result_point(base_profile, id) : NULL;
	json_t *stacks = stacks_each(point), *base = NULL;
	char path[PATH_MAX], subtitle[160];
	int ret;

	snprintf(subtitle, sizeof(subtitle), "instructions %s, all counted; software TDX module: a model",
		 number(point, "quotes") > 0 ? "per quote" : "in all");
	if (base_point)
		base = stacks_each(base_point);
	ret = folded_write(flame_path(id, "folded", path), json_object_get(point, "stacks"));
	if (!ret)
		ret = flame_write(flame_path(id, "svg", path), stacks, base, id, subtitle);
	if (!ret)
		printf("flame graph: %s\n", path);
	json_decref(stacks);
	json_decref(base);
	return ret;
}

static int draw(const json_t *profile)
{
	json_t *base = NULL, *point;
	int ret = 0;
	size_t i;

	if (options.base) {
		base = load(options.base);
		if (!base)
			return -1;
	}
	if (result_dir_check(options.flames))
		ret = -1;
	json_array_foreach(json_object_get(profile, "points"), i, point)
		if (!ret)
			ret = draw_point(point, base);
	json_decref(base);
	return ret;
}

static int show(const char *place)
{
	json_t *profile = load(place), *point;
	int ret = 0;
	size_t i;

	if (!profile)
		return EXIT_ERROR;
	if (options.flames) {
		ret = draw(profile);
	} else if (options.json) {
		result_print(profile, stdout);
	} else {
		puts("virtual clock: every instruction counted, none sampled; software TDX module: a model");
		json_array_foreach(json_object_get(profile, "points"), i, point) {
			show_head(point);
			show_functions(point);
			show_lines(point);
		}
	}
	json_decref(profile);
	return ret || fflush(stdout) ? EXIT_ERROR : EXIT_DONE;
}

/* --- measuring --- */

/* `tdxbench run` does it, and keeps a result like any other. */
static int measure(const char *points, const char *suite)
{
	char *argv[16] = { "run", "--count" };
	int argc = 2, ret;

	wrap_option(argv, &argc, "--points", points);
	wrap_option(argv, &argc, "--results", options.results);
	wrap_option(argv, &argc, "--kernel", options.kernel);
	wrap_option(argv, &argc, "--module", options.module);
	argv[argc++] = (char *)suite;

	ret = wrap_run(argc, argv, options.json);
	return ret ? ret : show(result_published());
}

static int check_options(int argc, char **argv)
{
	if (options.base && !options.flames)
		return usage_error("profile", "--base goes with --flames; tdxbench compare has it as a table");
	if (options.flames && options.json)
		return usage_error("profile", "choose one of --flames and --json");
	if (options.from && (options.results || options.kernel || options.module))
		return usage_error("profile", "--from shows a profile as it is; --results, --kernel and --module are for measuring");
	if (options.from && argc)
		return usage_error("profile", "--from shows a profile as it is, '%s' would measure", argv[0]);
	if (argc > 2)
		return usage_error("profile", "one pattern of points and one suite, got '%s' too", argv[2]);
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	int ret = check_options(argc, argv);

	if (ret)
		return ret;
	if (options.from)
		return show(options.from);
	return measure(argc ? argv[0] : "*", argc > 1 ? suite_file(argv[1]) : place(DEFAULT_SUITE));
}

static const struct option_row rows[] = {
	{ 'n', "top", "N", OPTION_NUMBER, &options.top, 1, 1000000, NULL,
	  "functions and lines to show of each point" },
	{ 'f', "from", "DIR", OPTION_TEXT, &options.from, 0, 0, NULL,
	  "show the profile.json of a run that was made before" },
	{ 0, "flames", "DIR", OPTION_TEXT, &options.flames, 0, 0, NULL,
	  "write a flame graph (SVG) and folded stacks of each point" },
	{ 'b', "base", "DIR", OPTION_TEXT, &options.base, 0, 0, NULL,
	  "with --flames: the run that they show differences to" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL, "print profile.json" },
	{ 'r', "results", "DIR", OPTION_TEXT, &options.results, 0, 0, NULL,
	  "where the run's directory goes (default: results)" },
	{ 'k', "kernel", "PATH", OPTION_TEXT, &options.kernel, 0, 0, NULL, "as of run" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL, "as of run" },
	{}
};

const struct command cmd_profile = {
	.name = "profile",
	.summary = "Count where the path's instructions go, by function and source line.",
	.synopsis = "[OPTION...] [POINTS [SUITE.ini]]      (default: all of " DEFAULT_SUITE ")",
	.text = "POINTS is a shell pattern. The points are measured in a VM under the virtual clock\n"
		"while a plugin for QEMU counts; no figure changes by it.\n"
		"\n"
		"examples:\n"
		"  tdxbench profile                                        what a quote takes\n"
		"  tdxbench profile 'default/guests=4' bench/suites/quick.ini\n"
		"  tdxbench profile --from results/latest --top 50\n"
		"  tdxbench profile --from head --base base --flames flames\n"
		"\n"
		"exit codes: as of run\n",
	.options = rows,
	.run = run,
};
