// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench top: what the quoting path of this machine does now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "command/commands.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "run/param.h"
#include "run/run.h"
#include "top/screen.h"
#include "top/top.h"

#define UNSAID		UINT64_MAX

static const struct param interval_param = {
	"--interval", NSEC_PER_SEC, 100000000, 3600 * NSEC_PER_SEC, "ns", NULL, ""
};

static struct {
	const char *interval;
	uint64_t count;
	const char *td;
	const char *leaf;
	uint64_t tds;
	unsigned int sort;
	bool batch;
	bool json;
	bool total;
} options = { .tds = UNSAID };

/* --- lists --- */

/* Calls @take for each word between commas. */
static int each_word(const char *list, int (*take)(struct top_options *wanted, const char *word),
		     struct top_options *wanted)
{
	char word[64];
	int ret = EXIT_DONE;
	size_t len;

	for (; !ret; list += len + 1) {
		len = strcspn(list, ",");
		snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), list);
		ret = take(wanted, word);
		if (!list[len])
			break;
	}
	return ret;
}

static int take_td(struct top_options *wanted, const char *word)
{
	if (wanted->nr_tdr == TOP_MAX_FILTER)
		return usage_error("top", "--td takes up to %d TDs", TOP_MAX_FILTER);
	if (!parse_number(word, &wanted->tdr[wanted->nr_tdr]))
		return usage_error("top", "--td is '%s', allowed is a TD as it is shown, such as 0x10a2b3000, or several with commas",
				   word);
	wanted->nr_tdr++;
	return EXIT_DONE;
}

static int take_leaf(struct top_options *wanted, const char *word)
{
	char known[128] = "";
	unsigned int i;

	for (i = 0; top_leaf_names[i]; i++) {
		if (!strcasecmp(word, top_leaf_names[i])) {
			wanted->leaves |= 1U << i;
			return EXIT_DONE;
		}
		strcat(known, i ? "|" : "");
		strcat(known, top_leaf_names[i]);
	}
	return usage_error("top", "--leaf is '%s', allowed is %s, or several with commas", word, known);
}

/* --- all --- */

static enum top_output find_output(void)
{
	if (options.json)
		return TOP_JSON;
	return options.batch || !screen_possible() ? TOP_BATCH : TOP_SCREEN;
}

static size_t find_tds(enum top_output output)
{
	if (options.tds != UNSAID)
		return options.tds;
	return output == TOP_BATCH ? TOP_BATCH_TDS : TOP_ALL_TDS;
}

static int take_options(struct top_options *wanted)
{
	int ret;

	if (options.json && options.batch)
		return usage_error("top", "--json is a batch already, leave --batch out");
	ret = take_param("top", &interval_param, options.interval, &wanted->interval_ns);
	if (!ret && options.td)
		ret = each_word(options.td, take_td, wanted);
	if (!ret && options.leaf)
		ret = each_word(options.leaf, take_leaf, wanted);
	wanted->tds = find_tds(wanted->output);
	return ret;
}

static int run(int argc, char **argv)
{
	struct top_options wanted = {
		.interval_ns = interval_param.def,
		.count = options.count,
		.output = find_output(),
		.sort = options.sort,
		.total = options.total,
	};
	int ret;

	if (argc)
		return usage_error("top", "takes no arguments, got '%s'", argv[0]);
	ret = take_options(&wanted);
	if (!ret)
		ret = run_check_events();
	if (ret)
		return ret;
	interrupt_catch();
	return top_run(&wanted);
}

static const struct option_row rows[] = {
	{ 'i', "interval", "TIME", OPTION_TEXT, &options.interval, 0, 0, NULL,
	  "between two looks, 100ms to 3600s (default: 1s)" },
	{ 'n', "count", "N", OPTION_NUMBER, &options.count, 1, 1000000000, NULL,
	  "end after so many (default: when told to)" },
	{ 'b', "batch", NULL, OPTION_FLAG, &options.batch, 0, 0, NULL,
	  "plain text, one block behind the other; by itself where there is no terminal" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL,
	  "the same as JSON, an object for each interval on a line of its own" },
	{ 't', "total", NULL, OPTION_FLAG, &options.total, 0, 0, NULL,
	  "numbers since the start instead of the last interval" },
	{ 0, "td", "LIST", OPTION_TEXT, &options.td, 0, 0, NULL,
	  "show these TDs only; \"all\" and shares remain those of all" },
	{ 0, "leaf", "LIST", OPTION_TEXT, &options.leaf, 0, 0, NULL,
	  "show these leaves only (default: those that are called)" },
	{ 's', "sort", "KEY", OPTION_CHOICE, &options.sort, 0, 0, top_sort_words, "TDs by that" },
	{ 0, "tds", "N", OPTION_NUMBER, &options.tds, 0, QUOTES_MAX_TDS, NULL,
	  "rows of TDs (default: what fits; batch: 20; JSON: all)" },
	{}
};

const struct command cmd_top = {
	.name = "top",
	.summary = "Show what the quoting path of this machine does now.",
	.synopsis = "[OPTION...]",
	.text = "A live view of a TDX host that has the path, or of wherever tdx_lab is loaded. Events\n"
		"are counted in the kernel, none is streamed. While it runs, tdx_lab cannot be unloaded,\n"
		"unless the kernel itself has the path.\n"
		"\n"
		"  leaf         extension SEAMCALLs: iterations and ended calls per\n"
		"               second, iterations of a call; time of each stay in SEAM,\n"
		"               and from there until the module was entered again\n"
		"  timers late  hrtimers that expired while their CPU was in SEAM, and\n"
		"               all others\n"
		"  TD           by the address of its root page: quotes per second,\n"
		"               their time from begin to end; waiting for a buffer now;\n"
		"               queue %: share of all the time that quotes of all TDs\n"
		"               waited for a buffer; errors: ended without a quote\n"
		"  p50, p99     at most 1/64 off, 1/32 for TDs\n"
		"  max          an upper bound: at most 1/32 above the largest value,\n"
		"               1/16 for TDs; exact with --total\n"
		"  events lost  since the start. Not 0: all figures are too low. TDs\n"
		"               beyond the 8192nd are lost\n"
		"  from before the start: quotes that no TD has until they end\n"
		"  unknown      neither an event since the start nor a lab module tells\n"
		"\n"
		"Keys: q quit, s next sort, t total or interval, p pause, arrows and PgUp scroll, ? help.\n"
		"Narrow terminals, down to 40 columns, have fewer columns.\n"
		"\n"
		"examples:\n"
		"  sudo tdxbench top\n"
		"  sudo tdxbench top --sort share -i 5s           who waits most\n"
		"  sudo tdxbench top --batch --count 10 >top.txt\n"
		"  sudo tdxbench top --json | jq .all.quotes_per_second\n"
		"\n"
		"Ctrl-C is the usual end where no --count is given.\n"
		"exit codes: 0 done, 1 error, 77 cannot run here, 129 usage,\n"
		"130 or 143 interrupted before its end\n",
	.options = rows,
	.run = run,
};
