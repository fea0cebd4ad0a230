// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench run: one function, measure_and_report(), reads as the life of a run.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure/clock.h"
#include "command/commands.h"
#include "count/count.h"
#include "run/environment.h"
#include "run/interrupt.h"
#include "run/param.h"
#include "run/place.h"
#include "run/publish.h"
#include "result/result.h"
#include "run/run.h"

#define DEFAULT_SUITE	"bench/suites/quick.ini"

enum clock { CLOCK_VIRTUAL, CLOCK_REAL, CLOCK_UNSAID };

static const char *const target_words[] = { "vm", "local", "host", NULL };
static const char *const clock_words[] = { "virtual", "real", NULL };

static const struct param watch_param = {
	"--duration", 0, 100000000, 7 * 86400 * NSEC_PER_SEC, "ns", NULL, ""
};

static struct {
	unsigned int target;
	unsigned int clock;
	const char *results;
	const char *kernel;
	const char *append;
	const char *module;
	const char *points;
	const char *profiles;
	const char *stream;
	const char *duration;
	bool count;
	bool yes;
} options = { .clock = CLOCK_UNSAID, .results = "results" };

/* --- the ways to measure; all leave a stream --- */

static int measure_here(const struct suite *suite, const struct run_options *run,
			const char *stream)
{
	bool is_virtual = environment_virtual_clock(), host = run->target == RUN_HOST;
	int ret;

	result_set_clock(is_virtual);
	if (stream_open(stream))
		return EXIT_ERROR;
	ret = stream_environment(environment_here(host ? "host" : is_virtual ? "vm" : "local"));
	if (!ret)
		ret = host ? run_on_host(run->duration_ns) : run_here(suite, run);
	stream_close();
	return ret ? EXIT_ERROR : EXIT_DONE;
}

/* --- from suite to report --- */

static void utc(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
}

/* A signal ends a run early, but is one of the ways to end watching a host. */
static bool cut_short(const struct run_options *run)
{
	return interrupted() && run->target != RUN_HOST;
}

/* Why a run ended early; vm.sh has said more on stderr. */
static const char *reason_of(const struct run_options *run, int status)
{
	if (cut_short(run) || status == 128 + SIGINT || status == 128 + SIGTERM)
		return "interrupted";
	return status ? "the run failed, see its messages" : NULL;
}

static int publish(const struct suite *suite, const char *stream_path, struct run_facts *facts,
		   struct count *count, bool *published)
{
	FILE *stream = fopen(stream_path, "re");
	char warning[512];
	json_t *result, *profile = NULL;
	int ret;

	if (!stream) {
		fprintf(stderr, "tdxbench: %s: %s\n", stream_path, strerror(errno));
		return EXIT_ERROR;
	}
	facts->suite_name = suite->name;
	facts->suite_text = suite->text;
	result = result_assemble(stream, facts);
	fclose(stream);

	if (!json_array_size(json_object_get(result, "points"))) {
		fputs("tdxbench: nothing was measured, no result is kept\n", stderr);
		*published = true;
		ret = EXIT_ERROR;
	} else {
		if (count)
			profile = count_take(count, result);
		ret = result_publish(result, profile, options.results, stdout);
		*published = ret >= 0;
		ret = ret || (count && !profile) ? EXIT_ERROR : EXIT_DONE;
		if (!ret && result_warning(result, warning, sizeof(warning)))
			ret = EXIT_ERROR;
	}
	json_decref(profile);
	json_decref(result);
	return ret;
}

/* From the first instruction to the report. */
static int measure_and_report(const struct suite *suite, const char *suite_path,
			      const struct run_options *run, struct count *count)
{
	struct run_facts facts = {};
	char stream[4096], started[32];
	uint64_t start = clock_now();
	bool published = true;
	int status, ret;

	if ((size_t)snprintf(stream, sizeof(stream), "%s/.stream.%d", run->results,
			     getpid()) >= sizeof(stream))
		return usage_error("run", "--results: the path is too long");
	utc(started, sizeof(started));
	facts.started = started;

	if (run->target == RUN_VM)
		status = run_in_vm(suite, suite_path, run, stream);
	else
		status = measure_here(suite, run, stream);

	facts.wall_s = (double)(clock_now() - start) / 1e9;
	facts.reason = reason_of(run, status);
	if (run->target == RUN_VM)
		facts.environment = environment_host();

	/* A VM that did not start has left nothing, but said why. */
	ret = status && access(stream, F_OK) ? status
					     : publish(suite, stream, &facts, count, &published);
	json_decref(facts.environment);
	/* With no result written, the stream is all there is of the measurements. */
	if (published)
		unlink(stream);
	else
		fprintf(stderr, "tdxbench: what was measured is kept in %s\n", stream);

	return status && !ret ? EXIT_ERROR : ret;
}

static int run_suite(const struct suite *suite, const char *suite_path,
		     struct run_options *run)
{
	struct count *count = NULL;
	int ret = EXIT_DONE;

	if (run->target == RUN_VM && run_counts(suite, run)) {
		count = count_new(&run->image, &ret);
		run->plugin = count ? count_arguments(count) : NULL;
	}
	if (!ret)
		ret = measure_and_report(suite, suite_path, run, count);
	count_free(count);
	return cut_short(run) ? 128 + interrupt_signal() : ret;
}

/* --- what to measure, and with what --- */

/* Where to find a kernel for the VM is of interest for a VM only. */
static int find_image(struct run_options *run)
{
	struct image *image = &run->image;
	int ret = EXIT_DONE;

	if (run->target == RUN_VM)
		ret = image_find("run", options.kernel, image);
	else
		snprintf(image->module, sizeof(image->module), "%s", place_module());
	return ret ? ret : image_change("run", options.append, options.module, image);
}

/* Points to measure, or a line that says why there are none. */
static int check_points(const struct suite *suite, const struct run_options *run)
{
	const char *tools[RUN_TOOLS_MAX + 1];
	unsigned int missing = run_tools(suite, run, tools, !run->stream);

	if (run_count(suite, run))
		return EXIT_DONE;
	if (missing)
		return EXIT_CANNOT_RUN;
	fprintf(stderr, "tdxbench run: no point of suite %s matches '%s'; the first is '%s'\n",
		suite->name, run->points, suite->points[0].id);
	return EXIT_USAGE;
}

static int measure(const struct suite *suite, const char *path, struct run_options *run)
{
	int ret = find_image(run);

	if (!ret)
		ret = run_check(suite, run);
	if (ret)
		return ret;
	interrupt_catch();
	return run->stream ? measure_here(suite, run, run->stream) : run_suite(suite, path, run);
}

static int measure_suite(const char *file, struct run_options *run)
{
	char path[PATH_MAX];	/* a place() is good for a short time only */
	struct suite *suite;
	int ret;

	if ((size_t)snprintf(path, sizeof(path), "%s", file) >= sizeof(path))
		return usage_error("run", "the path of the suite is too long");
	suite = suite_read(path, options.profiles);
	if (!suite)
		return EXIT_USAGE;
	ret = check_points(suite, run);
	if (!ret)
		ret = measure(suite, path, run);
	suite_free(suite);
	return ret;
}

/* Nothing is asked of a host that a suite could say. */
static int measure_host(struct run_options *run)
{
	char name[] = "host", text[] = "";
	const struct suite no_suite = { .name = name, .text = text };

	return measure(&no_suite, NULL, run);
}

/* --- options --- */

static const char *targets_text(unsigned int targets)
{
	return targets == RUN_VM ? "vm" : targets == RUN_LOCAL ? "local" :
	       targets == RUN_HOST ? "host" : "vm or local";
}

/* An option that a target has no use for is a misunderstanding. */
static int check_options(enum run_target target, bool suite)
{
	const struct {
		const char *name;
		bool given;
		unsigned int targets;
	} rows[] = {
		{ "--clock", options.clock != CLOCK_UNSAID, RUN_VM },
		{ "--kernel", options.kernel, RUN_VM },
		{ "--append", options.append, RUN_VM },
		{ "--module", options.module, RUN_VM | RUN_LOCAL },
		{ "--count", options.count, RUN_VM },
		{ "--points", options.points, RUN_VM | RUN_LOCAL },
		{ "--profiles", options.profiles, RUN_VM | RUN_LOCAL },
		{ "--stream", options.stream, RUN_LOCAL },
		{ "--duration", options.duration, RUN_HOST },
		{ "a suite", suite, RUN_VM | RUN_LOCAL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].given && !(rows[i].targets & target))
			return usage_error("run", "%s goes with --target %s", rows[i].name,
					   targets_text(rows[i].targets));
	return EXIT_DONE;
}

static int find_stream(struct run_options *run)
{
	run->stream = options.stream;
	if (!run->stream || strcmp(run->stream, "env"))
		return EXIT_DONE;
	run->stream = getenv("TDXBENCH_RESULTS");
	return run->stream ? EXIT_DONE :
			     usage_error("run", "--stream env: TDXBENCH_RESULTS is not set");
}

static int run(int argc, char **argv)
{
	struct run_options wanted = {
		.target = 1U << options.target,
		.results = options.results,
		.yes = options.yes,
		.virtual_clock = options.clock != CLOCK_REAL,
		.points = options.points,
		.count = options.count,
	};
	int ret;

	if (argc > 1)
		return usage_error("run", "one suite at a time, got '%s' too", argv[1]);
	ret = check_options(wanted.target, argc);
	if (!ret)
		ret = find_stream(&wanted);
	if (!ret)
		ret = take_param("run", &watch_param, options.duration, &wanted.duration_ns);
	if (ret)
		return ret;
	return wanted.target == RUN_HOST ? measure_host(&wanted) :
	       measure_suite(argc ? suite_file(argv[0]) : place(DEFAULT_SUITE), &wanted);
}

static const struct option_row rows[] = {
	{ 't', "target", "PLACE", OPTION_CHOICE, &options.target, 0, 0, target_words,
	  "where to measure" },
	{ 'c', "clock", "CLOCK", OPTION_CHOICE, &options.clock, 0, 0, clock_words,
	  "of the VM: virtual repeats to the last digit" },
	{ 'p', "points", "PATTERN", OPTION_TEXT, &options.points, 0, 0, NULL,
	  "only points whose id matches this shell pattern" },
	{ 0, "count", NULL, OPTION_FLAG, &options.count, 0, 0, NULL,
	  "count the path's instructions, into profile.json; changes no figure" },
	{ 0, "profiles", "DIR", OPTION_TEXT, &options.profiles, 0, 0, NULL,
	  "take all profiles from there (default: kernel/emu/profiles, or as the suite says)" },
	{ 'r', "results", "DIR", OPTION_TEXT, &options.results, 0, 0, NULL,
	  "where the run's directory goes (default: results)" },
	{ 'k', "kernel", "PATH", OPTION_TEXT, &options.kernel, 0, 0, NULL,
	  "kernel image for the VM, or the directory of one (default: setup.sh's)" },
	{ 'a', "append", "ARGS", OPTION_TEXT, &options.append, 0, 0, NULL,
	  "more arguments for that kernel, behind those in the file cmdline beside it" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL,
	  "tdx_lab.ko for that kernel (default: the one beside it, else build/tdx_lab.ko)" },
	{ 'd', "duration", "TIME", OPTION_TEXT, &options.duration, 0, 0, NULL,
	  "with --target host: how long, such as 30s (default: until Ctrl-C)" },
	{ 'y', "yes", NULL, OPTION_FLAG, &options.yes, 0, 0, NULL,
	  "do not ask before loading a module with --target local" },
	{ 0, "stream", "FILE", OPTION_TEXT, &options.stream, 0, 0, NULL,
	  "with --target local: only write the raw stream; 'env': to $TDXBENCH_RESULTS" },
	{}
};

const struct command cmd_run = {
	.name = "run",
	.summary = "Measure what a suite says and report it.",
	.synopsis = "[OPTION...] [SUITE.ini]        (default: " DEFAULT_SUITE ")",
	.text = "examples:\n"
		"  tdxbench run                             the quick suite in a VM, virtual clock\n"
		"  tdxbench run --points 'lateness*' bench/suites/quick.ini\n"
		"  tdxbench run --clock real mine.ini       KVM where there is one\n"
		"  tdxbench run --kernel build/kernel/vm    on the kernel that `make kernel` built\n"
		"  tdxbench run --kernel bzImage --module tdx_lab.ko --append 'tdx_emu=on'\n"
		"  sudo tdxbench run --target local         on the kernel that runs now\n"
		"  sudo tdxbench run --target host -d 60s   what this TDX host's guests ask for\n"
		"\n"
		"Ctrl-C ends the run, keeps what was measured and marks it incomplete; with\n"
		"--target host it is the usual end.\n"
		"exit codes: 0 done, 1 error, wrong quotes or open books, 77 cannot run here,\n"
		"129 usage or a broken suite, 130 or 143 interrupted\n",
	.options = rows,
	.run = run,
};
