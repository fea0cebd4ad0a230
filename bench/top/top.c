// SPDX-License-Identifier: GPL-2.0
/*
 * The life of tdxbench top: look, wait, look again, and show what lies between.
 */
#include "top/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command/options.h"
#include "measure/clock.h"
#include "run/environment.h"
#include "run/interrupt.h"
#include "result/result.h"
#include "top/json.h"
#include "top/sample.h"
#include "top/screen.h"
#include "top/view.h"

#define BATCH_WIDTH	100	/* of a file */
#define DUMB_WIDTH	80	/* of a terminal that does not say */

/**
 * struct session - while it lasts
 * @zero:   nothing, at the time of the first sample
 * @before, @now: the last two samples
 * @shown:  intervals so far, of those that nobody cut short
 */
static struct session {
	const struct top_options *wanted;
	struct view_about about;
	struct view_options view;
	struct top_sample zero, before, now;
	uint64_t shown;
} session;

/* --- what to show, and where --- */

static void find_about(struct view_about *about)
{
	json_t *env = environment_here("host");
	struct utsname uts;
	bool model = strcmp(json_get_text(json_object_get(env, "module"), "kind"), "tdx");

	uname(&uts);
	snprintf(about->kernel, sizeof(about->kernel), "%.79s", uts.release);
	about->clock = environment_virtual_clock() ?
		       "virtual clock, 1 ns = 1 instruction" : "real clock";
	about->module = model ? "software TDX module: a model" : "TDX module of the machine";
	about->cpus = (unsigned int)get_nprocs();
	json_decref(env);
}

static void find_width(struct view_options *view)
{
	const char *columns = getenv("COLUMNS");
	uint64_t width;

	if (columns && parse_number(columns, &width) && width && width <= VIEW_MAX_WIDTH)
		view->width = (unsigned int)width;
	else if (!screen_size(&view->width, &view->height))
		view->width = isatty(STDOUT_FILENO) ? DUMB_WIDTH : BATCH_WIDTH;
	view->height = 0;
}

static void begin_view(const struct top_options *wanted)
{
	session.wanted = wanted;
	session.view = (struct view_options){
		.tds = wanted->tds, .leaves = wanted->leaves, .sort = wanted->sort,
		.total = wanted->total, .keys = wanted->output == TOP_SCREEN,
	};
	find_width(&session.view);
	find_about(&session.about);
}

static void make_model(struct top_model *model)
{
	const struct top_options *wanted = session.wanted;

	top_model(model, &session.now, session.view.total ? &session.zero : &session.before,
		  &session.zero);
	if (wanted->nr_tdr)
		top_model_keep(model, wanted->tdr, wanted->nr_tdr);
	top_model_sort(model, session.view.sort);
}

static void make_view(struct view *view)
{
	struct top_model model;

	make_model(&model);
	/* TDs are never forgotten, but may be fewer than was scrolled to by PgDn. */
	if (session.view.skip && session.view.skip >= model.nr_tds)
		session.view.skip = model.nr_tds ? model.nr_tds - 1 : 0;
	view_make(view, &model, &session.about, &session.view);
	top_model_free(&model);
}

/* --- samples --- */

static int begin_samples(void)
{
	if (sample_take(&session.now, false))
		return -1;
	top_sample_settle(&session.now, NULL);
	top_sample_init(&session.zero, session.now.ns);
	session.zero.cpu_ns = session.now.cpu_ns;
	return 0;
}

static int next_sample(bool last)
{
	top_sample_free(&session.before);
	session.before = session.now;
	session.now.tds = (struct collect_tds){};
	session.shown += !last;
	if (sample_take(&session.now, last))
		return -1;
	top_sample_settle(&session.now, &session.before);
	return 0;
}

static void end_samples(void)
{
	top_sample_free(&session.before);
	top_sample_free(&session.now);
}

static bool is_last(void)
{
	return session.wanted->count && session.shown >= session.wanted->count;
}

/* --- one block behind the other --- */

static void print_view(void)
{
	struct view view;
	size_t i;

	make_view(&view);
	for (i = 0; i < view.nr; i++)
		puts(view.line[i].text);
	putchar('\n');
	view_free(&view);
}

static void print_json(void)
{
	struct top_model model;
	json_t *out;

	make_model(&model);
	out = top_json(&model, &session.about, &session.view);
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
	top_model_free(&model);
}

static int print_block(void)
{
	if (session.wanted->output == TOP_JSON)
		print_json();
	else
		print_view();
	if (!fflush(stdout))
		return 0;
	fprintf(stderr, "tdxbench top: cannot write: %s\n", strerror(errno));
	return -1;
}

/* False when a signal came first. */
static bool sleep_until(uint64_t ns)
{
	const struct timespec when = {
		.tv_sec = (time_t)(ns / NSEC_PER_SEC), .tv_nsec = (long)(ns % NSEC_PER_SEC),
	};

	while (!interrupted() &&
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
	return !interrupted();
}

/* What came in an interval that was cut short is shown as well. */
static int run_batch(void)
{
	uint64_t next = session.now.ns;
	int ret = 0;

	fputs("watching; Ctrl-C ends it\n", stderr);
	while (!ret && !is_last() && !interrupted()) {
		next += session.wanted->interval_ns;
		sleep_until(next);
		ret = next_sample(interrupted()) || print_block() ? -1 : 0;
	}
	return ret;
}

/* --- on a terminal --- */

static int draw(void)
{
	struct view view;
	int ret;

	screen_size(&session.view.width, &session.view.height);
	make_view(&view);
	ret = screen_show(&view);
	view_free(&view);
	return ret;
}

static void scroll(int lines)
{
	size_t back = lines < 0 ? (size_t)-lines : 0;

	if (lines > 0)
		session.view.skip += (size_t)lines;
	else
		session.view.skip -= back < session.view.skip ? back : session.view.skip;
}

/* False when that was enough. */
static bool obey(int key)
{
	struct view_options *view = &session.view;
	int page = (int)view->height / 2 + 1;

	switch (key) {
	case 'q':
		return false;
	case 's':
		view->sort = (view->sort + 1) % TOP_NR_SORTS;
		break;
	case 't':
		view->total = !view->total;
		break;
	case 'p': case ' ':
		view->paused = !view->paused;
		break;
	case '?': case 'h':
		view->help = !view->help;
		break;
	case SCREEN_UP: case SCREEN_DOWN:
		scroll(key == SCREEN_UP ? -1 : 1);
		break;
	case SCREEN_PAGE_UP: case SCREEN_PAGE_DOWN:
		scroll(key == SCREEN_PAGE_UP ? -page : page);
		break;
	case SCREEN_HOME:
		view->skip = 0;
	}
	return true;
}

/* Until there is no more to show, or nobody to see it. */
static int run_pages(void)
{
	uint64_t next = session.now.ns + session.wanted->interval_ns;

	for (;;) {
		if (draw())
			return 0;
		if (!obey(screen_wait(next)) || interrupted())
			return 0;
		if (clock_now() < next)
			continue;
		/* After a pause, from when it ends. */
		while (next <= clock_now())
			next += session.wanted->interval_ns;
		if (session.view.paused)
			continue;
		if (is_last())
			return 0;
		if (next_sample(false))
			return -1;
	}
}

/* What was seen in all is left on the terminal as it was before. */
static int print_total(void)
{
	struct view_options *view = &session.view;

	view->total = true;
	view->keys = view->help = view->paused = false;
	view->skip = view->height = 0;
	if (view->tds == TOP_ALL_TDS)
		view->tds = TOP_BATCH_TDS;
	return next_sample(true) || print_block() ? -1 : 0;
}

static int run_screen(void)
{
	int ret;

	session.before = session.zero;
	if (screen_open()) {
		fprintf(stderr, "tdxbench top: cannot use the terminal: %s; --batch does without\n",
			strerror(errno));
		return -1;
	}
	ret = run_pages();
	screen_close();
	return ret ? ret : print_total();
}

/* --- all of it --- */

int top_run(const struct top_options *wanted)
{
	int ret = -1;

	begin_view(wanted);
	if (sample_open())
		return EXIT_ERROR;
	if (!begin_samples())
		ret = wanted->output == TOP_SCREEN ? run_screen() : run_batch();
	end_samples();
	sample_close();
	if (ret)
		return EXIT_ERROR;
	/* Ctrl-C is the usual end of what was given none. */
	return interrupted() && wanted->count && !is_last() ? 128 + interrupt_signal() : EXIT_DONE;
}
