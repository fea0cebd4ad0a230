// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench trace: a line for each quote as it ends, or for each iteration; of this
 * kernel as it goes, or of a capture.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "run/param.h"
#include "slow/watch.h"
#include "trace/print.h"
#include "trace/source.h"

static const struct param longer_param = {
	"--longer", 0, 1, 86400 * NSEC_PER_SEC, "ns", NULL, ""
};

static struct {
	bool iterations;
	bool failed;
	bool json;
	const char *td;
	const char *leaf;
	const char *longer;
	const char *from;
	const char *duration;
	const char *buffer;
	uint64_t count;
	uint64_t slow;
	unsigned int by;
} options = { .by = SLOW_PARTS + 1 };

/**
 * struct tracing - what was printed
 * @printer:  NULL for JSON
 * @slow:     for --slow: nothing is printed before the end
 * @rows:     quotes or iterations
 * @untimed:  of these quotes, begun before anybody watched
 * @events:   of all kinds
 * @broken:   nobody reads what is printed, or it cannot be written: an errno
 */
struct tracing {
	struct printer *printer;
	struct slow_watch *slow;
	uint64_t rows;
	uint64_t untimed;
	uint64_t events;
	int broken;
};

/* --- lines --- */

static void print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static bool enough(void *arg)
{
	const struct tracing *tracing = arg;

	return tracing->broken || (options.count && tracing->rows >= options.count);
}

static void visit_slow(struct tracing *tracing, const struct events_head *head)
{
	slow_watch_event(tracing->slow, head);
	tracing->rows = slow_watch_quotes(tracing->slow);
	tracing->untimed = slow_watch_untimed(tracing->slow);
}

static void visit(const struct events_head *head, void *arg)
{
	const union event *event = (const union event *)head;
	struct tracing *tracing = arg;
	bool quote = head->kind == EVENTS_QUOTE_END;

	if (enough(tracing))
		return;
	tracing->events++;
	if (tracing->slow) {
		visit_slow(tracing, head);
		return;
	}
	tracing->rows += quote || head->kind == EVENTS_ITERATION;
	tracing->untimed += quote && !event->quote.total_ns;
	if (tracing->printer)
		print_event(tracing->printer, event);
	else
		print_json(event_json(event));
	if (ferror(stdout))
		tracing->broken = errno ? errno : EIO;
}

/* Whoever has read enough and gone is noticed although nothing is to be written. */
static void pause_printing(void *arg)
{
	struct tracing *tracing = arg;
	struct pollfd out = { .fd = STDOUT_FILENO };

	if (tracing->slow)
		slow_watch_progress(tracing->slow);
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !tracing->broken)
		tracing->broken = errno ? errno : EIO;
	if (poll(&out, 1, 0) == 1 && out.revents & POLLERR)
		tracing->broken = EPIPE;
}

/* --- the end --- */

static void print_end(const struct tracing *tracing, const struct source_end *end)
{
	print_json(json_pack("{ss sI sI sI so sb}", "event", "end",
			     "events", (json_int_t)tracing->events,
			     options.iterations ? "iterations" : "quotes", (json_int_t)tracing->rows,
			     "untimed", (json_int_t)tracing->untimed,
			     "lost", end->known ? json_integer((json_int_t)end->lost) : json_null(),
			     "cut_short", end->cut_short));
}

static void say_end(const struct tracing *tracing, const struct source_end *end)
{
	fprintf(stderr, "tdxbench trace: %" PRIu64 " %s", tracing->rows,
		options.iterations ? "iterations" : "quotes");
	if (tracing->untimed)
		fprintf(stderr, "; %" PRIu64 " began before and have no times", tracing->untimed);
	if (end->cut_short)
		fputs("; the capture was cut short, what was lost is not known\n", stderr);
	else if (!end->known)
		fputc('\n', stderr);
	else if (end->lost)
		fprintf(stderr, "; LOST %" PRIu64 " events%s%s%s\n", end->lost,
			*end->lost_text ? " (" : "", end->lost_text, *end->lost_text ? ")" : "");
	else
		fputs("; no event lost\n", stderr);
}

static int finish(struct tracing *tracing, const struct source_end *end, int ret)
{
	if (tracing->broken == EPIPE)
		return EXIT_DONE;
	if (!ret && tracing->slow)
		slow_watch_print(tracing->slow, options.json, end->lost, stdout);
	if (!ret && options.json)
		print_end(tracing, end);
	if (!ret)
		pause_printing(tracing);
	if (tracing->broken && tracing->broken != EPIPE) {
		fprintf(stderr, "tdxbench trace: cannot write to standard output: %s\n",
			strerror(tracing->broken));
		return EXIT_ERROR;
	}
	if (!ret)
		say_end(tracing, end);
	/* Ctrl-C is the usual end where no other was asked for. */
	if (!ret && interrupted() && (options.from || options.duration || options.count))
		return 128 + interrupt_signal();
	return ret;
}

/* --- options --- */

static int take_filters(struct live_options *live)
{
	uint16_t leaf = 0;

	if (options.td && (!parse_number(options.td, &live->tdr) || !live->tdr))
		return usage_error("trace", "--td is '%s', allowed is the number of a TD, as in column TD: 0x5a78000",
				   options.td);
	if (options.leaf && (!leaf_parse(options.leaf, &leaf) || !leaf))
		return usage_error("trace", "--leaf is '%s', allowed are EXT.INIT, EXT.MEM.ADD, QUOTE.GET, QUOTE.INIT or a number",
				   options.leaf);
	live->leaf = leaf;
	live->failed = options.failed;
	return take_param("trace", &longer_param, options.longer, &live->longer_ns);
}

static int check_slow(void)
{
	if (!options.slow && options.by <= SLOW_PARTS)
		return usage_error("trace", "--by goes with --slow: slow by what");
	if (options.slow && (options.iterations || options.leaf))
		return usage_error("trace", "--slow is about quotes, not iterations: drop %s",
				   options.leaf ? "--leaf" : "--iterations");
	return EXIT_DONE;
}

static int take_options(struct source_options *source)
{
	struct live_options *live = &source->live;
	int ret = check_slow();

	if (!ret)
		ret = take_filters(live);
	options.iterations |= !!options.leaf;
	live->iterations = options.iterations;
	live->quotes = !options.iterations;
	/* No time is known of a request that became no quote. */
	live->refusals = live->quotes && !options.longer;
	if (!ret)
		ret = take_param("trace", &duration_param, options.duration, &source->duration_ns);
	if (!ret)
		ret = take_param("trace", &live_buffer_param, options.buffer, &live->buffer);
	if (!ret && options.from && options.buffer)
		ret = usage_error("trace", "--buffer is for events as they happen, not for --from");
	return ret;
}

static int run(int argc, char **argv)
{
	struct source_options source = { .command = "trace", .from = options.from };
	struct print_options print = {};
	struct tracing tracing = {};
	const struct source_listener listener = { visit, pause_printing, enough, &tracing };
	struct source_end end;
	int ret;

	if (argc)
		return usage_error("trace", "takes no arguments, got '%s'; a capture is --from FILE", argv[0]);
	ret = take_options(&source);
	if (ret)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	print.iterations = options.iterations;
	print_size(&print);
	if (options.slow)
		tracing.slow = slow_watch_new((unsigned int)options.slow,
					      options.by <= SLOW_PARTS ? options.by : SLOW_TOTAL,
					      !options.from, &source.live);
	else if (!options.json)
		tracing.printer = printer_new(stdout, &print);
	ret = source_run(&source, &listener, &end);
	ret = finish(&tracing, &end, ret);
	printer_free(tracing.printer);
	slow_watch_free(tracing.slow);
	return ret;
}

static const struct option_row rows[] = {
	{ 'i', "iterations", NULL, OPTION_FLAG, &options.iterations, 0, 0, NULL,
	  "a line for each iteration instead of each quote" },
	{ 't', "td", "TDR", OPTION_TEXT, &options.td, 0, 0, NULL,
	  "only of this TD, as column TD has it" },
	{ 'l', "leaf", "NAME", OPTION_TEXT, &options.leaf, 0, 0, NULL,
	  "only iterations of this leaf, such as EXT.MEM.ADD or 61" },
	{ 'L', "longer", "TIME", OPTION_TEXT, &options.longer, 0, 0, NULL,
	  "only quotes, or iterations, that took as long: 5ms" },
	{ 'F', "failed", NULL, OPTION_FLAG, &options.failed, 0, 0, NULL,
	  "only what failed; an iteration left half-way has not" },
	{ 's', "slow", "N", OPTION_NUMBER, &options.slow, 1, SLOW_MAX, NULL,
	  "only the N slowest quotes, at the end, and why they were slow" },
	{ 0, "by", "PART", OPTION_CHOICE, &options.by, 0, 0, slow_part_words,
	  "with --slow: slow by which part (default: total)" },
	{ 'f', "from", "CAPTURE", OPTION_TEXT, &options.from, 0, 0, NULL,
	  "what tdxbench record has written, instead of this kernel" },
	{ 'n', "count", "N", OPTION_NUMBER, &options.count, 1, 1000000000000, NULL,
	  "so many quotes or iterations, then end" },
	{ 'd', "duration", "TIME", OPTION_TEXT, &options.duration, 0, 0, NULL,
	  "how long, such as 30s (default: until Ctrl-C)" },
	{ 'b', "buffer", "SIZE", OPTION_TEXT, &options.buffer, 0, 0, NULL,
	  "between kernel and tdxbench, 64k to 1024M (default: 16M)" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL,
	  "a JSON object a line" },
	{}
};

const struct command cmd_trace = {
	.name = "trace",
	.summary = "Print a line for each quote as it ends, or for each iteration.",
	.synopsis = "[OPTION...]",
	.text = "TIME is CLOCK_MONOTONIC, as of perf record -k monotonic and trace-cmd record -C mono.\n"
		"TOTAL = WAIT for a buffer + in SEAM + GAP between iterations + COPY in and out + OTHER.\n"
		"'-': the quote began before anybody watched. Requests that came to nothing, bring-up,\n"
		"pool, states and updates have lines of their own where they happen. A terminal that is\n"
		"too narrow loses THREAD, BYTES, OTHER, TID, COPY, CPU, ITER, GAP, TIME, TD and SEAM, in\n"
		"this order.\n\n"
		"--slow: what each part of a quote's time went to: who held its buffer, which threads and\n"
		"interrupts ran instead; against the median of all quotes. Causes add up to their part,\n"
		"what cannot be told is 'unexplained'. What else ran is known live, and of captures that\n"
		"were recorded with --context.\n\n"
		"--json: \"event\", \"time_ns\", \"cpu\", \"tid\" and the event's fields, named as in\n"
		"tracepoints/README.md; \"thread\" is its name. Times are exact. The last line, \"event\":\n"
		"\"end\", says how many there were and how many were lost, null when that is not known.\n"
		"With --slow an event is a \"slow_quote\": what its quote_end has, and \"rank\", \"by\",\n"
		"\"begin_ns\", \"median_total_ns\", \"buffer\", \"moved\" to another CPU so many times, \"context\"\n"
		"known or not, \"whole\": all its events seen. \"parts\": of each \"ns\", \"median_ns\" and\n"
		"\"causes\": \"what\" (own, module, holder, holders, thread, interrupt, softirq, idle, asleep,\n"
		"more, before, lost, unexplained), \"ns\", \"count\", and who: \"tid\", \"thread\", \"tdr\", \"name\".\n"
		"\"stays\" in SEAM: \"entries\", the longest, \"left\" half-way, and \"left_for\" which interrupt.\n"
		"\"verdict\": \"part\", \"cause\", \"ns\", its \"share\" of the total, \"usual\", \"text\".\n\n"
		"examples:\n"
		"  sudo tdxbench trace                           every quote of this host\n"
		"  sudo tdxbench trace --longer 50ms --td 0x5a78000\n"
		"  sudo tdxbench trace --failed                  what went wrong, as it does\n"
		"  sudo tdxbench trace --iterations --longer 1ms   stays in SEAM that delay others\n"
		"  sudo tdxbench trace --slow 5                  the five slowest until Ctrl-C, and why\n"
		"  tdxbench trace --slow 3 --by gap --from tdxbench.cap\n"
		"  tdxbench trace --from tdxbench.cap --json | jq 'select(.wait_ns > 1e6)'\n"
		"\n"
		"exit codes: 0 done, 1 error, 77 cannot run here, 129 usage, 130 or 143 interrupted\n"
		"before the end that was asked for\n",
	.options = rows,
	.run = run,
};
