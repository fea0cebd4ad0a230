// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench replay: what was recorded, once more in a VM, by a module calibrated from the
 * capture; and how near that comes. replay_capture() reads from top to bottom.
 *
 * Where the software module's own (replay/own.h) is more than a little of the times to
 * be replayed, a first replay measures it, and a second one runs without; or a third, if
 * less of it interacts with the VM otherwise.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/commands.h"
#include "replay/compare_captures.h"
#include "replay/estimate.h"
#include "replay/load_shape.h"
#include "replay/own.h"
#include "result/must.h"
#include "result/whole.h"
#include "run/interrupt.h"
#include "run/param.h"
#include "run/place.h"
#include "run/profile.h"
#include "run/run.h"

#define PROFILE_FILE	"profile.ini"
#define SUITE_FILE	"suite.ini"
#define CAPTURE_FILE	"replay.cap"
#define JSON_FILE	"replay.json"

static const char *const preset_words[] = { "posted", "default", "recorded", NULL };
#define POLICY_RECORDED	2

static struct {
	const char *results;
	const char *kernel;
	const char *append;
	const char *module;
	const char *profile;
	unsigned int policy;
	uint64_t cpus;
	uint64_t quotes;
	double tolerance;
	bool json;
} options = { .results = "results", .policy = POLICY_RECORDED, .tolerance = 2 };

/**
 * struct replay - of one capture
 * @path:     of the capture
 * @recorded, @replayed: what was observed in both
 * @estimate: the profile that was made of it
 * @profile:  as the module takes it
 * @own:      of the module, that was taken off @profile
 * @dir:      where all of it goes
 */
struct replay {
	const char *path;
	struct observed *recorded, *replayed;
	struct estimate estimate;
	struct tdx_emu_profile profile;
	struct own own;
	struct load_shape shape;
	struct image image;
	char dir[PATH_MAX];
	struct comparison comparison;
};

__attribute__((format(printf, 1, 2)))
static int fail(const char *format, ...)
{
	va_list args;

	fputs("tdxbench replay: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_ERROR;
}

/* --- files --- */

/* Freed by nobody: it lives as long as the program, which makes a handful. */
static char *file_of(const struct replay *replay, const char *name)
{
	return must_print("%s/%s", replay->dir, name);
}

/* "server" of "/tmp/server.cap" */
static int name_dir(struct replay *replay)
{
	const char *slash = strrchr(replay->path, '/');
	char *name = must_copy(slash ? slash + 1 : replay->path), *dot = strrchr(name, '.');
	int length;

	if (dot && dot != name)
		*dot = 0;
	length = snprintf(replay->dir, sizeof(replay->dir), "%s/replay-%s", options.results, name);
	free(name);
	if (length >= (int)sizeof(replay->dir) - 32)
		return usage_error("replay", "--results: the path is too long");
	if (mkdir(options.results, 0777) && errno != EEXIST)
		return fail("%s: %s", options.results, strerror(errno));
	if (mkdir(replay->dir, 0777) && errno != EEXIST)
		return fail("%s: %s", replay->dir, strerror(errno));
	return EXIT_DONE;
}

static int write_file(const struct replay *replay, const char *name, whole_printer *print,
		      const void *of)
{
	char *path = file_of(replay, name);
	int ret = write_whole(path, print, of);

	if (ret)
		fail("%s: %s", path, strerror(errno));
	free(path);
	return ret ? EXIT_ERROR : EXIT_DONE;
}

/* Somebody else's profile, instead of the one that was calibrated. */
static int take_profile(struct replay *replay)
{
	char error[600], *path;
	int ret;

	replay->profile = replay->estimate.profile;
	if (!options.profile)
		return EXIT_DONE;
	path = profile_path(options.profile, ".", NULL);
	profile_defaults(&replay->profile);
	ret = profile_read(path, &replay->profile, error, sizeof(error));
	free(path);
	return ret ? usage_error("replay", "--profile: %s", error) : EXIT_DONE;
}

/* --- the VM --- */

#define MAX_ARGS	40
#define MAX_REPLAYS	3

/* NAME=VALUE of the whole profile, so that no file has to be where load looks for it. */
static void print_settings(FILE *out, const struct replay *replay)
{
	const uint64_t *values = (const uint64_t *)&replay->profile;
	const struct param *param;

	for (param = profile_params; param->name; param++) {
		uint64_t value = values[param - profile_params];
		const char *word = param_word(param, value);

		if (word)
			fprintf(out, " %s=%s", param->name, word);
		else
			fprintf(out, " %s=%" PRIu64, param->name, value);
	}
}

static void print_load(FILE *out, const struct replay *replay)
{
	const struct load_shape *shape = &replay->shape;

	fprintf(out, "tdxbench load --guests %" PRIu64 " --hog %" PRIu64 " --quotes %" PRIu64,
		shape->guests, shape->hog, shape->quotes);
	if (shape->open)
		fprintf(out, " --rate %" PRIu64 " --arrivals %s", shape->rate,
			shape->fixed ? "fixed" : "poisson");
	if (options.policy != POLICY_RECORDED)
		fprintf(out, " --policy %s", preset_words[options.policy]);
	else if (shape->buffers)
		fprintf(out, " buffers=%s", shape->buffers == SHAPE_SHARED ? "shared" : "per-call");
	print_settings(out, replay);
}

/* What the VM does: a load is made, and recorded as the other one was. */
static char *guest_command(const struct replay *replay)
{
	char *text = NULL;
	size_t size;
	FILE *out = must(open_memstream(&text, &size));

	fputs("insmod /lib/tdx_lab.ko && tdxbench record", out);
	if (replay->recorded->context)
		fputs(" --context", out);
	fputs(" -o \"$TDXBENCH_RESULTS\" -- ", out);
	print_load(out, replay);
	fputs(" && rmmod tdx_lab", out);
	fclose(out);
	return must(text);
}

static uint64_t memory_mib(const struct replay *replay)
{
	uint64_t mib = 1024 + replay->profile.pool_pages / 128 +
		       replay->shape.guests * 3 * replay->profile.max_quote_size / (1 << 20);

	return mib < 65536 ? mib : 65536;
}

static int boot(struct replay *replay)
{
	char cpus[24], memory[24], *command = guest_command(replay);
	char *program = must_print("%s:/bin/tdxbench:755", place_program());
	char *module = must_print("%s:/lib/tdx_lab.ko:644", replay->image.module);
	char *capture = file_of(replay, CAPTURE_FILE), *script = must_copy(place("scripts/vm.sh"));
	const char *list[MAX_ARGS] = {
		script, "--clock", "virtual", "--cpus", cpus, "--mem", memory,
		"--kernel", replay->image.kernel, "--results", capture,
		"--file", program, "--file", module,
	};
	unsigned int nr = 15;
	int ret;

	snprintf(cpus, sizeof(cpus), "%" PRIu64, replay->shape.cpus);
	snprintf(memory, sizeof(memory), "%" PRIu64, memory_mib(replay));
	if (*replay->image.append) {
		list[nr++] = "--append";
		list[nr++] = replay->image.append;
	}
	list[nr++] = "--";
	list[nr++] = "sh";
	list[nr++] = "-c";
	list[nr] = command;
	ret = run_vm_script(list);
	free(script);
	free(capture);
	free(module);
	free(program);
	free(command);
	return interrupted() ? 128 + interrupt_signal() : ret;
}

/* One replay; what an earlier one has left is replaced. */
static int run_once(struct replay *replay)
{
	char error[CAPTURE_ERROR], *path = file_of(replay, CAPTURE_FILE);
	int ret = boot(replay);

	if (replay->replayed)
		observed_free(replay->replayed);
	replay->replayed = NULL;
	if (!ret) {
		replay->replayed = observe_file(path, NULL, error);
		if (!replay->replayed)
			ret = fail("%s", error);
		else if (!replay->replayed->seam.seen)
			ret = fail("%s: no quote was made", path);
	}
	free(path);
	return ret;
}

/* True if the module's own matters, and is off the profile now. */
static bool measure_own(struct replay *replay, const struct tdx_emu_profile *wanted)
{
	struct tdx_emu_profile found;

	estimate_times_of(&found, wanted, replay->replayed);
	if (!own_take_off(&replay->profile, wanted, &found, &replay->own))
		return false;
	fprintf(stderr, "tdxbench replay: of the software module's and the VM's own: %" PRId64
		" ns a quote, %" PRId64 " ns a slice; once more without\n",
		replay->own.quote_ns, replay->own.slice_ns);
	return true;
}

/* Until nothing of the module's own matters, or has for some times. */
static int run_until_as_wanted(struct replay *replay)
{
	const struct tdx_emu_profile wanted = replay->profile;
	unsigned int left = MAX_REPLAYS;
	int ret;

	do
		ret = run_once(replay);
	while (!ret && --left && measure_own(replay, &wanted));
	return ret;
}

/* --- what came of it --- */

static json_t *load_json(const struct load_shape *shape)
{
	return json_pack("{sI sI sI ss sI ss sI ss}", "guests", (json_int_t)shape->guests,
			 "hog", (json_int_t)shape->hog, "quotes", (json_int_t)shape->quotes,
			 "load", shape->open ? "open" : "closed", "rate", (json_int_t)shape->rate,
			 "arrivals", !shape->open ? "" : shape->fixed ? "fixed" : "poisson",
			 "cpus", (json_int_t)shape->cpus,
			 "buffers", shape->buffers == SHAPE_SHARED ? "shared" :
				    shape->buffers == SHAPE_PER_CALL ? "per-call" : "");
}

static void print_json(FILE *out, const void *of)
{
	const struct replay *replay = of;
	json_t *json = json_pack("{ss ss ss sb sf so sI sI so}", "schema", "tdxbench-replay/1",
		"capture", replay->estimate.from,
		"module", "kernel/emu: a model of what was recorded",
		"within", replay->comparison.within,
		"tolerance_percent", replay->comparison.tolerance,
		"load", load_json(&replay->shape),
		"own_quote_ns", (json_int_t)replay->own.quote_ns,
		"own_slice_ns", (json_int_t)replay->own.slice_ns,
		"metrics", comparison_json(&replay->comparison));

	json_dumpf(json, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(json);
}

static void print_text(const struct replay *replay)
{
	char text[400];

	load_shape_say(&replay->shape, text, sizeof(text));
	printf("%s: %" PRIu64 " quotes recorded, %" PRIu64 " replayed\n", replay->estimate.from,
	       replay->recorded->seam.seen, replay->replayed->seam.seen);
	printf("software TDX module: a model, calibrated from the recording; virtual clock\n");
	printf("load: %s\n\n", text);
	comparison_print(stdout, &replay->comparison);
	printf("files: %s/{" PROFILE_FILE "," SUITE_FILE "," CAPTURE_FILE "," JSON_FILE "}\n",
	       replay->dir);
}

static int report(struct replay *replay)
{
	int ret;

	compare_captures(&replay->comparison, replay->recorded, replay->replayed,
			 options.tolerance);
	ret = write_file(replay, JSON_FILE, print_json, replay);
	if (ret)
		return ret;
	if (options.json)
		print_json(stdout, replay);
	else
		print_text(replay);
	if (fflush(stdout))
		return fail("cannot write the table: %s", strerror(errno));
	return replay->comparison.within ? EXIT_DONE : EXIT_REGRESSION;
}

/* --- from capture to report --- */

static int observe(struct replay *replay)
{
	char error[CAPTURE_ERROR];
	json_t *about = NULL;

	replay->recorded = observe_file(replay->path, &about, error);
	if (!replay->recorded ||
	    estimate_make(&replay->estimate, replay->recorded, replay->path, error, sizeof(error)))
		fail("%s", error);
	else
		replay->shape = load_shape_of(replay->recorded, (uint64_t)json_integer_value(
					      json_object_get(about, "cpus")));
	json_decref(about);
	return replay->shape.guests ? EXIT_DONE : EXIT_ERROR;
}

static int find_image(struct replay *replay)
{
	struct image *image = &replay->image;
	int ret = image_find("replay", options.kernel, image);

	if (!ret)
		ret = image_change("replay", options.append, options.module, image);
	return ret ? ret : run_check_module(image->module);
}

/* A suite of the same, for tdxbench run. */
static int write_inputs(const struct replay *replay)
{
	const struct replay_suite suite = {
		.shape = &replay->shape, .profile = PROFILE_FILE, .capture = replay->estimate.from,
		.policy = options.policy == POLICY_RECORDED ? NULL : preset_words[options.policy],
		.memory_mib = memory_mib(replay),
	};
	struct estimate used = replay->estimate;

	used.profile = replay->profile;
	if (options.profile) {
		memset(used.why, 0, sizeof(used.why));
		used.given = "--profile";
	}
	return write_file(replay, PROFILE_FILE, estimate_print, &used) ||
	       write_file(replay, SUITE_FILE, load_shape_print_suite, &suite) ? EXIT_ERROR :
	       EXIT_DONE;
}

static int replay_capture(struct replay *replay)
{
	int ret = observe(replay);

	if (!ret)
		ret = take_profile(replay);
	if (!ret)
		ret = find_image(replay);
	if (!ret)
		ret = name_dir(replay);
	if (ret)
		return ret;
	if (options.cpus)
		replay->shape.cpus = options.cpus;
	if (options.quotes)
		replay->shape.quotes = options.quotes;
	ret = write_inputs(replay);
	if (!ret)
		ret = run_until_as_wanted(replay);
	return ret ? ret : report(replay);
}

static int run(int argc, char **argv)
{
	struct replay replay = {};
	int ret;

	if (argc != 1)
		return usage_error("replay", "one capture is needed, as tdxbench record writes it");
	replay.path = argv[0];
	interrupt_catch();
	ret = replay_capture(&replay);
	if (replay.recorded)
		observed_free(replay.recorded);
	if (replay.replayed)
		observed_free(replay.replayed);
	return ret;
}

static const struct option_row rows[] = {
	{ 'p', "profile", "FILE", OPTION_TEXT, &options.profile, 0, 0, NULL,
	  "another profile than the one calibrated from CAPTURE" },
	{ 0, "policy", "PRESET", OPTION_CHOICE, &options.policy, 0, 0, preset_words,
	  "of the quoting path; recorded: buffers as CAPTURE shows them" },
	{ 0, "cpus", "N", OPTION_NUMBER, &options.cpus, 1, 64, NULL,
	  "of the VM (default: as recorded, 16 at most)" },
	{ 'n', "quotes", "N", OPTION_NUMBER, &options.quotes, 1, 1000000, NULL,
	  "to replay (default: as many as recorded, 2000 at most)" },
	{ 't', "tolerance", "PCT", OPTION_REAL, &options.tolerance, 0, 1000, NULL,
	  "percent that medians may be apart; 2 if not given" },
	{ 'r', "results", "DIR", OPTION_TEXT, &options.results, 0, 0, NULL,
	  "where the directory replay-CAPTURE goes (default: results)" },
	{ 'k', "kernel", "PATH", OPTION_TEXT, &options.kernel, 0, 0, NULL,
	  "kernel image for the VM, or the directory of one (default: setup.sh's)" },
	{ 'a', "append", "ARGS", OPTION_TEXT, &options.append, 0, 0, NULL,
	  "more arguments for that kernel" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL,
	  "tdx_lab.ko for that kernel" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL,
	  "print JSON; it is in replay.json as well" },
	{}
};

const struct command cmd_replay = {
	.name = "replay",
	.summary = "Replay a capture in a VM, and say how near that comes.",
	.synopsis = "[OPTION...] CAPTURE",
	.text = "Calibrates the software TDX module from the capture, lets as many TDs ask as there\n"
		"were, records that in a VM under the virtual clock, and prints both side by side.\n"
		"It is a model: what the server's memory, caches and other interrupts do is not in it.\n"
		"Of the load it takes over: TDs, requests at once, open or closed by how long TDs\n"
		"pause, and of an open one rate and kind of intervals, not each arrival. Where the\n"
		"software module's own instructions matter, one or two replays measure them.\n"
		"\n"
		"examples:\n"
		"  tdxbench replay server.cap\n"
		"  tdxbench replay --policy posted server.cap     the same load on the posted path\n"
		"  tdxbench run results/replay-server/suite.ini   its load as a suite\n"
		"\n"
		"exit codes: 0 medians of time in SEAM, slices and iterations within --tolerance,\n"
		"2 not, 1 error, 77 cannot run here, 129 usage, 130 or 143 interrupted\n",
	.options = rows,
	.run = run,
};
