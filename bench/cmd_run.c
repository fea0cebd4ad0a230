// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench run: one function, run_suite(), reads as the life of a run.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "environment.h"
#include "interrupt.h"
#include "lab.h"
#include "measurement.h"
#include "place.h"
#include "publish.h"
#include "result.h"
#include "run.h"

#define DEFAULT_SUITE	"bench/suites/quick.ini"

enum target { TARGET_VM, TARGET_LOCAL };
enum clock { CLOCK_VIRTUAL, CLOCK_REAL };

static const char *const target_words[] = { "vm", "local", NULL };
static const char *const clock_words[] = { "virtual", "real", NULL };

static struct {
	unsigned int target;
	unsigned int clock;
	const char *results;
	const char *kernel;
	const char *module;
	const char *points;
	const char *profiles;
	const char *stream;
	bool yes;
} options = { .results = "results" };

/* --- may we run here? --- */

/*
 * A module goes into the kernel that the user works on: ask. Memory given to
 * it as its pool comes back when it is unloaded, which the run does.
 */
static int ask(void)
{
	char answer[8] = "";

	if (options.yes)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return usage_error("run", "--target local loads a module into the running kernel; say --yes if that is fine");

	fprintf(stderr, "This loads %s into the running kernel, several times, and\n"
			"unloads it at the end. Go on? [y/N] ", options.module);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return EXIT_DONE;
	fputs("tdxbench: not started\n", stderr);
	return EXIT_ERROR;
}

static int cannot_run(const char *what, const char *remedy)
{
	fprintf(stderr, "tdxbench: cannot run here: %s; %s\n", what, remedy);
	return EXIT_CANNOT_RUN;
}

static int check_local(void)
{
	if (geteuid())
		return cannot_run("loading modules and BPF programs needs root", "use sudo");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return cannot_run("the kernel has no BTF", "it needs CONFIG_DEBUG_INFO_BTF");
	return EXIT_DONE;
}

/* Points that name a CPU must name one that the VM has. */
static int check_cpus(const struct suite *suite)
{
	unsigned int i;

	for (i = 0; i < suite->nr_points; i++) {
		const struct point *point = &suite->points[i];

		if (param_find(point->measurement->params, "cpu") &&
		    point_value(point, "cpu") >= suite->vm.cpus)
			return usage_error("run", "point %s is for CPU %llu, the VM has %llu of them",
					   point->id,
					   (unsigned long long)point_value(point, "cpu"),
					   (unsigned long long)suite->vm.cpus);
	}
	return EXIT_DONE;
}

static int check_vm(void)
{
	if (access(options.kernel, R_OK))
		return cannot_run("there is no kernel for the VM", "run scripts/setup.sh");
	return EXIT_DONE;
}

static int check_place(void)
{
	int ret = options.target == TARGET_VM ? check_vm() : check_local();

	if (ret)
		return ret;
	if (access(options.module, R_OK))
		return cannot_run("tdx_lab.ko is not built", "run make");
	if (!options.stream && result_dir_check(options.results))
		return EXIT_ERROR;
	return options.target == TARGET_LOCAL ? ask() : EXIT_DONE;
}

/* --- the two ways to measure; both leave a stream --- */

static int measure_here(const struct suite *suite, const struct run_options *run,
			const char *stream)
{
	bool is_virtual = environment_virtual_clock();
	int ret;

	result_set_clock(is_virtual);
	if (stream_open(stream))
		return EXIT_ERROR;
	ret = stream_environment(environment_here(is_virtual ? "vm" : "local"));
	if (!ret)
		ret = run_here(suite, run);
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

/* Why a run ended early; vm.sh has said more on stderr. */
static const char *reason_of(int status)
{
	if (interrupted() || status == 128 + SIGINT || status == 128 + SIGTERM)
		return "interrupted";
	return status ? "the run failed, see its messages" : NULL;
}

static int publish(const struct suite *suite, const char *stream_path, struct run_facts *facts,
		   bool *published)
{
	FILE *stream = fopen(stream_path, "re");
	char warning[512];
	json_t *result;
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
		ret = result_publish(result, options.results, stdout);
		*published = ret >= 0;
		ret = ret ? EXIT_ERROR : EXIT_DONE;
		if (!ret && result_warning(result, warning, sizeof(warning)))
			ret = EXIT_ERROR;
	}
	json_decref(result);
	return ret;
}

static int run_suite(const struct suite *suite, const char *suite_path,
		     const struct run_options *run)
{
	struct run_facts facts = {};
	char stream[4096], started[32];
	uint64_t start = clock_now();
	bool published = true;
	int status, ret;

	if ((size_t)snprintf(stream, sizeof(stream), "%s/.stream.%d", options.results,
			     getpid()) >= sizeof(stream))
		return usage_error("run", "--results: the path is too long");
	utc(started, sizeof(started));
	facts.started = started;

	if (options.target == TARGET_VM)
		status = run_in_vm(suite, suite_path, run, stream);
	else
		status = measure_here(suite, run, stream);

	facts.wall_s = (double)(clock_now() - start) / 1e9;
	facts.reason = reason_of(status);
	if (options.target == TARGET_VM)
		facts.environment = environment_host();

	/* A VM that did not start has left nothing, but said why. */
	ret = status && access(stream, F_OK) ? status
					     : publish(suite, stream, &facts, &published);
	json_decref(facts.environment);
	/* With no result written, the stream is all there is of the measurements. */
	if (published)
		unlink(stream);
	else
		fprintf(stderr, "tdxbench: what was measured is kept in %s\n", stream);

	if (interrupted())
		return 128 + interrupt_signal();
	return status && !ret ? EXIT_ERROR : ret;
}

/* Points to measure, or a line that says why there are none. */
static bool any_point(const struct suite *suite, const struct run_options *run)
{
	if (run_count(suite, run))
		return true;
	fprintf(stderr, "tdxbench run: no point of suite %s matches '%s'; the first is '%s'\n",
		suite->name, run->points, suite->points[0].id);
	return false;
}

static int measure(const struct suite *suite, const char *path)
{
	const struct run_options run = {
		.module = options.module,
		.kernel = options.kernel,
		.virtual_clock = options.clock == CLOCK_VIRTUAL,
		.points = options.points,
	};
	int ret;

	if (!any_point(suite, &run))
		return EXIT_USAGE;
	ret = options.target == TARGET_VM ? check_cpus(suite) : EXIT_DONE;
	if (!ret)
		ret = check_place();
	if (ret)
		return ret;

	interrupt_catch();
	return options.stream ? measure_here(suite, &run, options.stream)
			      : run_suite(suite, path, &run);
}

static int run(int argc, char **argv)
{
	const char *path = argc ? argv[0] : place(DEFAULT_SUITE);
	struct suite *suite;
	int ret;

	if (argc > 1)
		return usage_error("run", "one suite at a time, got '%s' too", argv[1]);
	if (!options.module)
		options.module = strdup(place("build/tdx_lab.ko"));
	if (!options.kernel)
		options.kernel = strdup(place_kernel());
	if (options.stream && options.target != TARGET_LOCAL)
		return usage_error("run", "--stream goes with --target local");
	if (options.stream && !strcmp(options.stream, "env")) {
		options.stream = getenv("TDXBENCH_RESULTS");
		if (!options.stream)
			return usage_error("run", "--stream env: TDXBENCH_RESULTS is not set");
	}

	suite = suite_read(path, options.profiles);
	if (!suite)
		return EXIT_USAGE;
	ret = measure(suite, path);
	suite_free(suite);
	return ret;
}

static const struct option_row rows[] = {
	{ 't', "target", "PLACE", OPTION_CHOICE, &options.target, 0, 0, target_words,
	  "where to measure" },
	{ 'c', "clock", "CLOCK", OPTION_CHOICE, &options.clock, 0, 0, clock_words,
	  "of the VM: virtual repeats to the last digit" },
	{ 'p', "points", "PATTERN", OPTION_TEXT, &options.points, 0, 0, NULL,
	  "only points whose id matches this shell pattern" },
	{ 0, "profiles", "DIR", OPTION_TEXT, &options.profiles, 0, 0, NULL,
	  "take all profiles from there (default: kernel/emu/profiles, or as the suite says)" },
	{ 'r', "results", "DIR", OPTION_TEXT, &options.results, 0, 0, NULL,
	  "where the run's directory goes (default: results)" },
	{ 'k', "kernel", "FILE", OPTION_TEXT, &options.kernel, 0, 0, NULL,
	  "kernel image for the VM (default: setup.sh's)" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL,
	  "tdx_lab.ko for that kernel (default: build/tdx_lab.ko)" },
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
		"  sudo tdxbench run --target local         on the kernel that runs now\n"
		"\n"
		"Ctrl-C ends the run, keeps what was measured and marks it incomplete.\n"
		"exit codes: 0 done, 1 error, wrong quotes or open books, 77 cannot run here,\n"
		"129 usage or a broken suite, 130 interrupted\n",
	.options = rows,
	.run = run,
};
