// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench load: guests that ask for quotes, and nothing else. Not a measurement: it
 * is what perf, bpftrace and the like watch, and tells what the kernel counted, which
 * is what they should have seen.
 */
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "command/commands.h"
#include "measure/clock.h"
#include "measure/lab.h"
#include "measure/load.h"
#include "result/result.h"
#include "run/interrupt.h"
#include "run/place.h"
#include "run/profile.h"
#include "run/run.h"

/* A load that has no end keeps no more samples than this at a time. */
#define ROUND_QUOTES	100000
/* Before each update. */
#define UPDATE_AFTER_NS	100000000ULL
#define NAP_NS		10000000ULL	/* the load may be over: look for it */

#define UNSAID		UINT_MAX

static const char *const arrivals_words[] = { "poisson", "fixed", NULL };
static const char *const preset_words[] = { "posted", "default", NULL };

static struct {
	uint64_t guests;
	uint64_t hog;
	uint64_t quotes;
	uint64_t rate;
	uint64_t updates;
	const char *duration;
	const char *profile;
	const char *module;
	unsigned int arrivals;
	unsigned int policy;
	bool json;
	bool yes;
} options = { .guests = 1, .hog = 1, .arrivals = UNSAID, .policy = POLICY_DEFAULT };

/**
 * struct session - a load from its first quote to its last
 * @load:    that is under way
 * @profile: of the module
 * @policy:  of the path, unless the module was up already
 * @duration_ns: 0 for no limit
 * @end_ns:  CLOCK_MONOTONIC, once it has begun
 * @seen:    by the guests, all rounds
 * @ns:      from first request to last answer, summed over rounds
 * @kernel:  what was added to its counters
 * @over:    no more updates
 * @updates: that were made
 * @failed_updates: of these
 */
struct session {
	struct load *load;
	struct tdx_emu_profile profile;
	struct tdx_quote_policy policy;
	uint64_t duration_ns;
	uint64_t end_ns;
	struct load_result seen;
	uint64_t ns;
	struct tdx_lab_counters kernel;
	bool over;
	uint64_t updates;
	uint64_t failed_updates;
};

/* --- the end --- */

static struct session *timed;

static void time_is_up(int signal)
{
	(void)signal;
	load_stop(timed->load);
}

/* A round that begins as the time ends must end, too: so the alarm repeats. */
static void set_alarm(struct session *session)
{
	const struct sigaction action = { .sa_handler = time_is_up, .sa_flags = SA_RESTART };
	struct itimerval timer = {
		.it_interval.tv_usec = 10000,
		.it_value.tv_sec = (time_t)(session->duration_ns / NSEC_PER_SEC),
		.it_value.tv_usec = (suseconds_t)(session->duration_ns % NSEC_PER_SEC / 1000),
	};

	timed = session;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void clear_alarm(void)
{
	setitimer(ITIMER_REAL, &(const struct itimerval){}, NULL);
	signal(SIGALRM, SIG_IGN);
}

static bool at_end(const struct session *session, uint64_t asked)
{
	if (interrupted() || (options.quotes && asked >= options.quotes))
		return true;
	return session->duration_ns && clock_now() >= session->end_ns;
}

/* --- updates of the module, meanwhile --- */

/* False when the load is over. */
static bool wait_until(const struct session *session, uint64_t ns)
{
	while (!__atomic_load_n(&session->over, __ATOMIC_RELAXED)) {
		uint64_t now = clock_now();

		if (now >= ns)
			return true;
		clock_sleep_until(ns - now < NAP_NS ? ns : now + NAP_NS);
	}
	return false;
}

/* To another module of the same profile. */
static void *update_again_and_again(void *arg)
{
	struct session *session = arg;
	struct tdx_lab_update update;

	while (session->updates < options.updates &&
	       wait_until(session, clock_now() + UPDATE_AFTER_NS)) {
		if (lab_update(&session->profile, &update) || load_take_key(session->load))
			return session;
		session->updates++;
		session->failed_updates += update.error != 0;
	}
	return NULL;
}

/* --- asking --- */

static void add_round(struct session *session, const struct load_result *round)
{
	struct load_result *all = &session->seen;

	all->quotes += round->quotes;
	all->wrong += round->wrong;
	all->refused += round->refused;
	all->retries += round->retries;
	all->abandoned += round->abandoned;
	all->fell_back += round->fell_back;
	if (!*all->why)
		memcpy(all->why, round->why, sizeof(all->why));
	hist_merge(&all->intended, &round->intended);
	if (round->last_ns > round->first_ns)
		session->ns += round->last_ns - round->first_ns;
}

static uint64_t round_size(uint64_t asked)
{
	uint64_t left = options.quotes ? options.quotes - asked : ROUND_QUOTES;

	return left < ROUND_QUOTES ? left : ROUND_QUOTES;
}

static int ask_in_rounds(struct session *session)
{
	struct load_result round;
	uint64_t asked = 0, size;
	int ret = 0;

	hist_init(&session->seen.intended);
	session->end_ns = clock_now() + session->duration_ns;
	if (session->duration_ns)
		set_alarm(session);
	while (!ret && !at_end(session, asked)) {
		size = round_size(asked);
		asked += size;
		ret = load_start(session->load, size) || load_wait(session->load, &round) ? -1 : 0;
		if (!ret)
			add_round(session, &round);
	}
	clear_alarm();
	return ret;
}

static int ask_while_updating(struct session *session)
{
	void *failed = NULL;
	pthread_t updater;
	int ret;

	if (!options.updates)
		return ask_in_rounds(session);
	ret = pthread_create(&updater, NULL, update_again_and_again, session);
	if (ret) {
		fprintf(stderr, "tdxbench load: cannot start to update: %s\n", strerror(ret));
		return -1;
	}
	ret = ask_in_rounds(session);
	__atomic_store_n(&session->over, true, __ATOMIC_RELAXED);
	pthread_join(updater, &failed);
	return failed ? -1 : ret;
}

static int ask(struct session *session)
{
	const struct load_options load = {
		.guests = options.guests,
		.hog = options.hog,
		.kind = options.rate ? LOAD_OPEN : LOAD_CLOSED,
		.rate = options.rate,
		.arrivals = options.arrivals == UNSAID ? ARRIVALS_POISSON : options.arrivals,
		.cpu = -1,
	};
	int ret;

	session->load = load_new(&session->profile, &load);
	if (!session->load)
		return -1;
	ret = ask_while_updating(session);
	load_free(session->load);
	load_end_dots();
	return ret;
}

/* --- the lab --- */

/* Before or after: the counters are nothing but 64-bit counts. */
static int count(struct session *session, bool after)
{
	struct tdx_lab_counters now;
	const uint64_t *value = (const uint64_t *)&now;
	uint64_t *sum = (uint64_t *)&session->kernel;
	size_t i;

	if (lab_counters(&now))
		return -1;
	for (i = 0; i < sizeof(now) / sizeof(*sum); i++)
		sum[i] = after ? value[i] - sum[i] : value[i];
	return 0;
}

static int bring_up(struct session *session, bool configured)
{
	struct tdx_lab_info info;

	if (lab_info(&info))
		return -1;
	if (info.state == TDX_LAB_DOWN)
		return lab_configure(&session->profile, &session->policy) || lab_bring_up() ? -1 : 0;
	if (configured) {
		fputs("tdxbench load: the module is up already, with a profile and a policy of its own; "
		      "unload it first (rmmod tdx_lab), or name none\n", stderr);
		return -1;
	}
	return lab_profile(&session->profile);
}

static int use_lab(struct session *session, bool configured)
{
	int ret = lab_open();

	if (!ret)
		ret = count(session, false) || bring_up(session, configured) || ask(session) ||
		      count(session, true) ? -1 : 0;
	lab_close();
	return ret;
}

/* A module that somebody has loaded is used, and left loaded. */
static int with_lab(struct session *session, bool configured)
{
	const char *module = options.module ? options.module : place_module();
	char path[PATH_MAX];	/* a place() is good for a short time only */
	int ret;

	if (geteuid()) {
		fputs("tdxbench: cannot run here: using tdx_lab needs root; use sudo\n", stderr);
		return EXIT_CANNOT_RUN;
	}
	if (lab_loaded())
		return use_lab(session, configured) ? EXIT_ERROR : EXIT_DONE;

	snprintf(path, sizeof(path), "%s", module);
	ret = run_check_module(path);
	if (!ret)
		ret = run_may_load("load", path, options.yes);
	if (ret)
		return ret;
	ret = lab_load(path) || use_lab(session, configured) ? EXIT_ERROR : EXIT_DONE;
	lab_unload();
	return ret;
}

/* --- what came of it --- */

static const char *const leaf_names[TDX_LAB_NR_LEAVES] = {
	[TDX_LAB_LEAF_EXT_INIT] = "EXT.INIT",
	[TDX_LAB_LEAF_EXT_MEM_ADD] = "EXT.MEM.ADD",
	[TDX_LAB_LEAF_QUOTE_INIT] = "QUOTE.INIT",
	[TDX_LAB_LEAF_QUOTE_GET] = "QUOTE.GET",
	[TDX_LAB_LEAF_OTHER] = "other",
};

static json_t *leaves_json(const struct tdx_lab_counters *kernel)
{
	json_t *leaves = json_object();
	unsigned int i;

	for (i = 0; i < TDX_LAB_NR_LEAVES; i++)
		json_object_set_new(leaves, leaf_names[i], json_pack("{sI sI sI sI}",
			"entries", (json_int_t)kernel->leaf[i].entries,
			"resumable", (json_int_t)kernel->leaf[i].resumable,
			"success", (json_int_t)kernel->leaf[i].success,
			"failed", (json_int_t)kernel->leaf[i].failed));
	return leaves;
}

static json_t *guests_json(const struct session *session)
{
	const struct load_result *seen = &session->seen;

	return json_pack("{sI sI sI sI sI sI sI sI sI sI}",
			 "guests", (json_int_t)options.guests, "quotes", (json_int_t)seen->quotes,
			 "wrong", (json_int_t)seen->wrong, "refused", (json_int_t)seen->refused,
			 "retries", (json_int_t)seen->retries,
			 "abandoned", (json_int_t)seen->abandoned,
			 "fell_back", (json_int_t)seen->fell_back,
			 "ns", (json_int_t)session->ns,
			 "p50_ns", (json_int_t)hist_percentile(&seen->intended, 50),
			 "p99_ns", (json_int_t)hist_percentile(&seen->intended, 99));
}

static void print_json(const struct session *session)
{
	const struct tdx_lab_counters *kernel = &session->kernel;
	json_t *out = guests_json(session);

	json_object_set_new(out, "updates", json_integer((json_int_t)session->updates));
	json_object_set_new(out, "failed_updates", json_integer((json_int_t)session->failed_updates));
	json_object_set_new(out, "kernel", json_pack("{sI sI sI sI sI so}",
		"getquote_ok", (json_int_t)kernel->getquote_ok,
		"getquote_refused", (json_int_t)kernel->getquote_refused,
		"getquote_killed", (json_int_t)kernel->getquote_killed,
		"getquote_retry", (json_int_t)kernel->getquote_retry,
		"getquote_user", (json_int_t)kernel->getquote_user,
		"leaves", leaves_json(kernel)));
	json_dumpf(out, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(out);
}

static void print_text(const struct session *session)
{
	const struct tdx_lab_leaf_count *get = &session->kernel.leaf[TDX_LAB_LEAF_QUOTE_GET];
	const struct load_result *seen = &session->seen;
	double seconds = (double)session->ns / 1e9;

	printf("guests: %" PRIu64 " of them, %" PRIu64 " quotes in %.3f s",
	       options.guests, seen->quotes, seconds);
	if (seen->quotes)
		printf(", %.1f/s, p50 %.3f ms, p99 %.3f ms", (double)seen->quotes / seconds,
		       (double)hist_percentile(&seen->intended, 50) / 1e6,
		       (double)hist_percentile(&seen->intended, 99) / 1e6);
	printf("\nkernel: %" PRIu64 " quotes, QUOTE.GET entered %" PRIu64 " times, left resumable %"
	       PRIu64 "\n", (uint64_t)session->kernel.getquote_ok, (uint64_t)get->entries,
	       (uint64_t)get->resumable);
	if (options.updates)
		printf("module: %" PRIu64 " updates, %" PRIu64 " failed\n", session->updates,
		       session->failed_updates);
}

/* Whoever asked and got no quote, or a wrong one, is worth a line and a status. */
static int judge(const struct session *session)
{
	const struct load_result *seen = &session->seen;

	if (!(seen->wrong | seen->refused | seen->abandoned | seen->fell_back))
		return EXIT_DONE;
	fprintf(stderr, "tdxbench load: %" PRIu64 " quotes were wrong, %" PRIu64 " requests refused, %"
		PRIu64 " abandoned, %" PRIu64 " left to user space; the first: %s\n", seen->wrong,
		seen->refused, seen->abandoned, seen->fell_back, seen->why);
	return EXIT_ERROR;
}

/* --- what to ask --- */

static int take_profile(struct session *session)
{
	char error[512], *path;
	int ret;

	profile_defaults(&session->profile);
	if (!options.profile)
		return EXIT_DONE;
	path = profile_path(options.profile, ".", NULL);
	ret = profile_read(path, &session->profile, error, sizeof(error));
	free(path);
	return ret ? usage_error("load", "--profile: %s", error) : EXIT_DONE;
}

/* NAME=VALUE: of the module's profile, or a knob of the path's policy. */
static int take_setting(struct session *session, char *text)
{
	const struct param *row, *knob;
	char *value = strchr(text, '=');
	uint64_t number = 0;
	int ret;

	if (!value)
		return usage_error("load", "'%s' is not NAME=VALUE, such as quote_ns=5ms", text);
	*value++ = 0;
	row = param_find(profile_params, text);
	knob = row ? NULL : param_find(policy_params, text);
	if (!row && !knob)
		return usage_error("load", "neither profile nor policy has a '%s', see tdxbench list profile and tdxbench list policy",
				   text);
	ret = take_param("load", row ? row : knob, value, &number);
	if (ret)
		return ret;
	if (row)
		((uint64_t *)&session->profile)[row - profile_params] = number;
	else
		*policy_knob(&session->policy, knob) = (uint32_t)number;
	return EXIT_DONE;
}

static int take_options(struct session *session, int argc, char **argv)
{
	int ret = take_param("load", &duration_param, options.duration, &session->duration_ns), i;

	if (!ret && options.arrivals != UNSAID && !options.rate)
		ret = usage_error("load", "--arrivals goes with --rate: how requests are spread");
	if (!ret)
		ret = take_profile(session);
	session->policy = policy_presets[options.policy];
	for (i = 0; i < argc && !ret; i++)
		ret = take_setting(session, argv[i]);
	return ret;
}

static int run(int argc, char **argv)
{
	bool configured = argc || options.profile || options.policy != POLICY_DEFAULT;
	struct session session = {};
	int ret = take_options(&session, argc, argv);

	if (ret)
		return ret;
	interrupt_catch();
	ret = with_lab(&session, configured);
	if (ret)
		return interrupted() ? 128 + interrupt_signal() : ret;
	if (options.json)
		print_json(&session);
	else
		print_text(&session);
	ret = fflush(stdout) ? EXIT_ERROR : judge(&session);
	/* Ctrl-C is the usual end of a load that was given none. */
	return !ret && interrupted() && (options.quotes || options.duration) ?
	       128 + interrupt_signal() : ret;
}

static const struct option_row rows[] = {
	{ 'g', "guests", "N", OPTION_NUMBER, &options.guests, 1, 4096, NULL,
	  "TDs that ask, each when it has its answer" },
	{ 'n', "quotes", "N", OPTION_NUMBER, &options.quotes, 1, 1000000000, NULL,
	  "of all guests together (default: until Ctrl-C)" },
	{ 'd', "duration", "TIME", OPTION_TEXT, &options.duration, 0, 0, NULL,
	  "how long, such as 10s" },
	{ 0, "rate", "N", OPTION_NUMBER, &options.rate, 1, 1000000, NULL,
	  "requests a second of all guests, whether they are answered or not" },
	{ 0, "arrivals", "HOW", OPTION_CHOICE, &options.arrivals, 0, 0, arrivals_words,
	  "with --rate: intervals between them (default: poisson)" },
	{ 0, "hog", "N", OPTION_NUMBER, &options.hog, 1, 64, NULL,
	  "requests that the first TD has under way at once" },
	{ 0, "updates", "N", OPTION_NUMBER, &options.updates, 1, 200, NULL,
	  "of the module meanwhile, each 100 ms after the one before" },
	{ 'p', "profile", "NAME", OPTION_TEXT, &options.profile, 0, 0, NULL,
	  "of the module: a name, see tdxbench list, or a file" },
	{ 0, "policy", "PRESET", OPTION_CHOICE, &options.policy, 0, 0, preset_words,
	  "of the quoting path" },
	{ 'm', "module", "FILE", OPTION_TEXT, &options.module, 0, 0, NULL,
	  "tdx_lab.ko to load if none is loaded (default: what make or tdxbench setup built)" },
	{ 'y', "yes", NULL, OPTION_FLAG, &options.yes, 0, 0, NULL, "do not ask before loading it" },
	{ 'j', "json", NULL, OPTION_FLAG, &options.json, 0, 0, NULL, "print what came of it as JSON" },
	{}
};

const struct command cmd_load = {
	.name = "load",
	.summary = "Let guests ask the lab for quotes, for other tools to watch.",
	.synopsis = "[OPTION...] [NAME=VALUE...]",
	.text = "NAME is a parameter of the module's profile or a knob of the path's policy. They, and\n"
		"--profile and --policy, count only where the module is not up yet. A tdx_lab that is\n"
		"loaded is used and left loaded; else it is loaded, and unloaded at the end. Every quote\n"
		"is verified. What the kernel counted meanwhile is printed: another tool should have\n"
		"seen just that.\n"
		"\n"
		"examples:\n"
		"  insmod tdx_lab.ko; tdxbench load --guests 64 --duration 10s\n"
		"  perf stat -a -e 'tdx_ext:*' tdxbench load --quotes 20 quote_ns=5ms\n"
		"  tdxbench load --policy posted --guests 8 --json >counted.json\n"
		"\n"
		"Ctrl-C is the usual end where neither --quotes nor --duration is given.\n"
		"exit codes: 0 done, 1 error or a quote that was wrong or refused, 77 cannot run here,\n"
		"129 usage, 130 or 143 interrupted before its end\n",
	.options = rows,
	.run = run,
};
