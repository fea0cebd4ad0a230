// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench calibrate: a profile of the software TDX module from a capture, so that what
 * a server's module did can be replayed in a VM.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/commands.h"
#include "replay/estimate.h"
#include "result/whole.h"

static struct {
	const char *output;
} options = { .output = "/dev/stdout" };

static void warn(const char *path, const struct observed *seen)
{
	if (seen->lost)
		fprintf(stderr, "tdxbench calibrate: WARNING: %s has lost %llu events\n", path,
			(unsigned long long)seen->lost);
	if (seen->cut_short)
		fprintf(stderr, "tdxbench calibrate: WARNING: %s was cut short\n", path);
}

static int write_profile(const struct estimate *estimate)
{
	if (!write_whole(options.output, estimate_print, estimate))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench calibrate: %s: %s\n", options.output, strerror(errno));
	return EXIT_ERROR;
}

static int run(int argc, char **argv)
{
	char error[CAPTURE_ERROR];
	struct estimate estimate;
	struct observed *seen;
	int ret = EXIT_ERROR;

	if (argc != 1)
		return usage_error("calibrate", "one capture is needed, as tdxbench record writes it");
	seen = observe_file(argv[0], NULL, error);
	if (!seen) {
		fprintf(stderr, "tdxbench calibrate: %s\n", error);
		return EXIT_ERROR;
	}
	warn(argv[0], seen);
	if (estimate_make(&estimate, seen, argv[0], error, sizeof(error)))
		fprintf(stderr, "tdxbench calibrate: %s\n", error);
	else
		ret = write_profile(&estimate);
	observed_free(seen);
	return ret;
}

static const struct option_row rows[] = {
	{ 'o', "output", "FILE", OPTION_TEXT, &options.output, 0, 0, NULL,
	  "the profile, NAME.ini (default: standard output)" },
	{}
};

const struct command cmd_calibrate = {
	.name = "calibrate",
	.summary = "Make a profile of the software TDX module from a capture.",
	.synopsis = "[OPTION...] CAPTURE",
	.text = "Times of quotes and slices with their spread, when the module leaves a call, sizes,\n"
		"slots and refusals are measured from the capture's events, and from nothing else;\n"
		"pool and bring-up, too, if it was recorded as they happened. What the capture does\n"
		"not tell is left at its default and called \"assumed\" in the file. record --context\n"
		"tells interrupts from slices; without, that is judged by times. The profile is a\n"
		"model: `tdxbench replay` says how near it comes.\n"
		"\n"
		"examples:\n"
		"  sudo tdxbench record --context -d 60s -o server.cap   on the server\n"
		"  tdxbench calibrate server.cap -o server.ini           anywhere\n"
		"  tdxbench load --profile ./server.ini --guests 8       in the lab; in a suite:\n"
		"                                                        profile = ./server.ini\n"
		"\n"
		"exit codes: 0 done, 1 no capture, or no quote in it, 129 usage\n",
	.options = rows,
	.run = run,
};
