// SPDX-License-Identifier: GPL-2.0
/*
 * Calibration: records made up by a module whose truth is known, and by nobody sane.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "replay/compare_captures.h"
#include "replay/estimate.h"
#include "replay/load_shape.h"
#include "replay/own.h"
#include "run/param.h"
#include "run/profile.h"
#include "trace/capture.h"

#define MS		1000000ULL
#define TICK		(4 * MS)
#define GAP		300
#define BUSY		0x8000020000000000ULL
#define NO_ENTROPY	0x8000020300000000ULL
#define RESUMABLE	0x8000000300000000ULL

/* --- records --- */

static struct observer *observer;
static uint64_t now, ids, bytes, noise;

static int begin(void **state)
{
	(void)state;
	observer = observe_begin();
	now = 1000 * MS;
	ids = 0;
	bytes = 100000;
	noise = 1;
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (observer)
		observed_free(observe_end(observer));
	observer = NULL;
	return 0;
}

static uint64_t draw(uint64_t below)
{
	noise ^= noise << 13;
	noise ^= noise >> 7;
	noise ^= noise << 17;
	return noise % below;
}

static struct events_head head(uint16_t kind, size_t size, uint32_t cpu)
{
	return (struct events_head){ .ns = now, .kind = kind, .size = (uint16_t)size, .cpu = cpu };
}

static void put(const void *event)
{
	observe_add(observer, event);
}

static void put_begin(uint64_t id, uint64_t tdr)
{
	struct events_begin event = { .quote = id, .tdr = tdr };

	event.head = head(EVENTS_QUOTE_BEGIN, sizeof(event), 0);
	put(&event);
}

static void put_buffer(uint64_t id, uint32_t buffer)
{
	struct events_buffer event = { .quote = id, .buffer = buffer };

	event.head = head(EVENTS_QUOTE_BUFFER, sizeof(event), 0);
	put(&event);
}

static void put_stay(uint16_t leaf, uint64_t id, uint64_t tdr, uint32_t cpu, uint32_t iteration,
		     uint64_t duration, uint64_t status)
{
	struct events_iteration event = {
		.call = id, .tdr = tdr, .status = status, .duration_ns = duration,
		.iteration = iteration, .leaf = leaf,
	};

	event.head = head(EVENTS_ITERATION, sizeof(event), cpu);
	put(&event);
}

static void put_end(uint64_t id, uint64_t tdr, uint64_t seam, uint32_t iterations, int error)
{
	struct events_quote event = {
		.quote = id, .tdr = tdr, .seam_ns = seam, .total_ns = seam + iterations * GAP,
		.bytes = (uint32_t)bytes, .iterations = iterations, .error = error,
	};

	event.head = head(EVENTS_QUOTE_END, sizeof(event), 0);
	put(&event);
}

static void put_interrupt(uint32_t cpu, uint64_t takes)
{
	struct events_irq event = { .class = EVENTS_IRQ_TIMER };

	event.head = head(EVENTS_IRQ_ENTER, sizeof(event), cpu);
	put(&event);
	now += takes;
	event.head = head(EVENTS_IRQ_EXIT, sizeof(event), cpu);
	put(&event);
}

/* --- modules --- */

/**
 * struct module - one whose truth is known
 * @slice: longest stay; with @tick, none: what is left of the tick
 * @first: a first stay of that length; 0: like all others
 * @handler: interrupts at the tick are recorded, and take that long
 */
struct module {
	uint64_t (*quote)(void), (*slice)(void);
	uint64_t first;
	bool tick;
	uint64_t handler;
};

static uint64_t five_ms(void)
{
	return 5 * MS;
}

static uint64_t fifty_us(void)
{
	return 50000;
}

static uint64_t from_200_to_400_us(void)
{
	return 200000 + draw(200001);
}

/* Eight of ten are spread over 1.6 times the median. */
static uint64_t from_40_to_360_us(void)
{
	return (uint64_t)(120000 * pow(3, (double)draw(2001) / 1000 - 1));
}

static uint64_t at_any_time(void)
{
	return (uint64_t)(-120000 * log((double)(draw(1000000) + 1) / 1000001)) + 1;
}

static uint64_t from_8_to_12_ms(void)
{
	return 8 * MS + draw(4 * MS + 1);
}

static uint64_t half_ms(void)
{
	return MS / 2;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void make_quote(const struct module *module, uint64_t tdr)
{
	uint64_t left = module->quote(), id = ++ids, seam = 0;
	uint32_t iteration = 0;

	put_begin(id, tdr);
	put_buffer(id, 0);
	while (left) {
		uint64_t stay = module->slice ? least(left, module->slice()) : left;
		bool first = !iteration && module->first;
		bool cut = module->tick && TICK - now % TICK < stay && !first;

		if (cut)
			stay = TICK - now % TICK;
		if (first)
			stay = module->first;
		left -= first ? 0 : stay;
		now += stay;
		if (cut && module->handler) {
			put_interrupt(0, module->handler);
			stay += module->handler;
		}
		seam += stay;
		put_stay(98, id, tdr, 0, iteration++, stay, left ? RESUMABLE : 0);
		now += GAP;
	}
	put_end(id, tdr, seam, iteration, 0);
	now += 70000;
}

static struct observed *seen;

static void estimate(struct estimate *estimate)
{
	char error[256] = "";

	seen = observe_end(observer);
	observer = NULL;
	if (estimate_make(estimate, seen, "dir/made-up.cap", error, sizeof(error)))
		fail_msg("%s", error);
}

static void estimate_of(const struct module *module, unsigned int quotes, struct estimate *made)
{
	while (quotes--)
		make_quote(module, 0x1000);
	estimate(made);
}

static const char *why(const struct estimate *estimate, const char *name)
{
	return estimate->why[param_find(profile_params, name) - profile_params];
}

static bool assumed(const struct estimate *estimate, const char *name)
{
	return !*why(estimate, name);
}

static void assert_near(uint64_t value, uint64_t truth, unsigned int percent)
{
	assert_in_range(value, truth - truth * percent / 100, truth + truth * percent / 100);
}

/* What the module would refuse must never be written. */
static void assert_valid(const struct tdx_emu_profile *profile)
{
	const uint64_t *values = (const uint64_t *)profile;
	const __u64 *spread;
	const struct param *param;
	unsigned int i;

	for (param = profile_params; param->name; param++)
		assert_in_range(values[param - profile_params], param->min, param->max);
	assert_true(profile->quote_size >= profile->quote_jitter + 4096);
	assert_true(profile->quote_size + profile->quote_jitter <= profile->max_quote_size);
	for (spread = TDX_EMU_SPREAD_OF(profile, quote), i = 1; i < TDX_EMU_NR_SPREAD; i++)
		assert_true(spread[i - 1] <= spread[i]);
	for (spread = TDX_EMU_SPREAD_OF(profile, slice), i = 1; i < TDX_EMU_NR_SPREAD; i++)
		assert_true(spread[i - 1] <= spread[i]);
	assert_true(profile->quote_ns * profile->quote_p100 / 10000 <= 30000000000ULL);
	assert_true(profile->slice_ns * profile->slice_p100 / 10000 <= 10000000ULL);
	if (profile->yield == TDX_EMU_YIELD_NEVER)
		assert_true(profile->quote_ns * profile->quote_p100 / 10000 <= 5000000000ULL);
}

/* --- times --- */

static void slices_of_one_length(void **state)
{
	const struct module module = { .quote = five_ms, .slice = fifty_us };
	struct estimate made;

	(void)state;
	estimate_of(&module, 50, &made);
	assert_int_equal(made.profile.quote_ns, 5 * MS);
	assert_int_equal(made.profile.slice_ns, 50000);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_SLICE);
	assert_false(assumed(&made, "quote_ns") || assumed(&made, "slice_ns") ||
		     assumed(&made, "yield"));
	assert_true(assumed(&made, "engine") && assumed(&made, "quote_p10") &&
		    assumed(&made, "slice_p90") && assumed(&made, "slots"));
	assert_valid(&made.profile);
	observed_free(seen);
}

static void a_first_stay_that_ends_at_once(void **state)
{
	const struct module module = { .quote = five_ms, .slice = fifty_us, .first = 5000 };
	struct estimate made;

	(void)state;
	estimate_of(&module, 50, &made);
	assert_int_equal(made.profile.engine, TDX_EMU_BURN);
	assert_int_equal(made.profile.slice_ns, 50000);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_SLICE);
	observed_free(seen);
}

static void quotes_that_vary(void **state)
{
	const struct module module = { .quote = from_8_to_12_ms, .slice = fifty_us };
	struct estimate made;

	(void)state;
	estimate_of(&module, 400, &made);
	assert_near(made.profile.quote_ns, 10 * MS, 2);
	assert_near(made.profile.quote_p0, 8000, 3);
	assert_near(made.profile.quote_p10, 8400, 3);
	assert_near(made.profile.quote_p25, 9000, 3);
	assert_near(made.profile.quote_p75, 11000, 3);
	assert_near(made.profile.quote_p90, 11600, 3);
	assert_near(made.profile.quote_p100, 12000, 3);
	assert_false(assumed(&made, "quote_p10"));
	assert_valid(&made.profile);
	observed_free(seen);
}

/* Of stays seen to their end alone the median would be 10 % too short. */
static void slices_that_the_end_of_a_quote_cuts(void **state)
{
	const struct module module = { .quote = half_ms, .slice = from_200_to_400_us };
	struct estimate made;

	(void)state;
	estimate_of(&module, 2000, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_SLICE);
	assert_near(made.profile.slice_ns, 300000, 4);
	assert_near(made.profile.slice_p10, 7333, 4);
	assert_valid(&made.profile);
	observed_free(seen);
}

static void slices_that_vary_much(void **state)
{
	const struct module module = { .quote = five_ms, .slice = from_40_to_360_us };
	struct estimate made;

	(void)state;
	estimate_of(&module, 400, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_SLICE);
	assert_near(made.profile.slice_ns, 120000, 4);
	assert_near(made.profile.slice_p90, 24082, 4);
	assert_valid(&made.profile);
	observed_free(seen);
}

/* --- why the module is left --- */

static void left_at_interrupts_at_random(void **state)
{
	const struct module module = { .quote = five_ms, .slice = at_any_time };
	struct estimate made;

	(void)state;
	estimate_of(&module, 400, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_PENDING);
	assert_true(assumed(&made, "slice_ns"));
	observed_free(seen);
}

static void left_at_the_tick(void **state)
{
	const struct module module = { .quote = from_8_to_12_ms, .tick = true };
	struct estimate made;

	(void)state;
	estimate_of(&module, 100, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_PENDING);
	assert_non_null(strstr(why(&made, "yield"), "tick of 4.0 ms"));
	assert_true(assumed(&made, "slice_ns"));
	observed_free(seen);
}

static void left_at_interrupts_that_were_recorded(void **state)
{
	const struct module module = {
		.quote = five_ms, .tick = true, .handler = 100000, .first = 5000,
	};
	struct estimate made;

	(void)state;
	estimate_of(&module, 100, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_PENDING);
	assert_non_null(strstr(why(&made, "yield"), "an interrupt in"));
	/* Handlers are none of a deaf module's time. */
	assert_int_equal(made.profile.engine, TDX_EMU_BURN);
	assert_near(made.profile.quote_ns, 5 * MS, 1);
	observed_free(seen);
}

static void slices_among_interrupts(void **state)
{
	const struct module module = {
		.quote = five_ms, .slice = fifty_us, .tick = true, .handler = 20000,
	};
	struct estimate made;

	(void)state;
	estimate_of(&module, 100, &made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_SLICE);
	assert_int_equal(made.profile.slice_ns, 50000);
	observed_free(seen);
}

static void never_left(void **state)
{
	const struct module module = { .quote = five_ms };
	struct estimate made;

	(void)state;
	estimate_of(&module, 20, &made);
	assert_true(assumed(&made, "yield"));	/* 5 ms may be without an interrupt */
	observed_free(seen);

	begin(NULL);
	put_begin(1, 1);
	now += 50 * MS;
	put_stay(98, 1, 1, 0, 0, 50 * MS, 0);
	put_end(1, 1, 50 * MS, 1, 0);
	estimate(&made);
	assert_int_equal(made.profile.yield, TDX_EMU_YIELD_NEVER);
	assert_valid(&made.profile);
	observed_free(seen);
}

/* --- several at once --- */

/* @at_once TDs, each on a CPU of its own, whose calls take turns to end. */
static void make_overlapping(unsigned int at_once, unsigned int rounds, bool refuse)
{
	unsigned int round, i;

	for (i = 0; i < at_once; i++)
		put_begin(i + 1, 0x1000 * (i + 1));
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < at_once; i++) {
			uint64_t id = round * at_once + i + 1, tdr = 0x1000 * (i + 1);

			now += 5 * MS;
			if (refuse && at_once > 1)
				put_stay(98, 1000000 + id, 0x9000, 9, 0, 500, BUSY);
			now += 5 * MS;
			put_stay(98, id, tdr, i, 0, 10 * MS * at_once, 0);
			put_end(id, tdr, 10 * MS * at_once, 1, 0);
			if (round + 1 < rounds)
				put_begin(id + at_once, tdr);
		}
	}
}

static void stays_that_overlap(void **state)
{
	struct load_shape shape;
	struct estimate made;

	(void)state;
	make_overlapping(3, 20, false);
	estimate(&made);
	assert_int_equal(made.profile.engine, TDX_EMU_HALT);
	assert_false(assumed(&made, "engine"));
	shape = load_shape_of(seen, 0);
	assert_int_equal(shape.guests, 3);
	assert_int_equal(shape.hog, 1);
	assert_int_equal(shape.cpus, 3);
	assert_int_equal(shape.quotes, 60);
	assert_false(shape.open);
	observed_free(seen);
}

/* Who is refused for good has never been inside, and without a success there is no rate. */
static void refused_for_good(void **state)
{
	struct estimate made;

	(void)state;
	make_overlapping(2, 30, true);
	estimate(&made);
	assert_int_equal(seen->nr_busies, 60);
	assert_int_equal(seen->entered, 60);
	assert_int_equal(seen->busy_calls, 0);
	assert_true(assumed(&made, "slots") && assumed(&made, "busy_rate"));
	observed_free(seen);
}

static void one_slot(void **state)
{
	struct estimate made;
	uint64_t id;

	(void)state;
	for (id = 1; id <= 40; id++) {
		uint64_t tdr = 0x1000 * (id % 3 + 1);

		put_begin(id, tdr);
		/* The one before is inside. */
		now += MS;
		if (id > 1)
			put_stay(98, id, tdr, 1, 0, 400, BUSY);
		now += MS;
		if (id > 1) {
			put_stay(98, id - 1, 0x1000 * ((id - 1) % 3 + 1), 0, 5, 2 * MS - 500, 0);
			put_end(id - 1, 0x1000 * ((id - 1) % 3 + 1), 3 * MS, 2, 0);
		}
		now += MS;
		put_stay(98, id, tdr, 0, 2, MS - 1000, RESUMABLE);
	}
	estimate(&made);
	assert_int_equal(made.profile.slots, 1);
	assert_int_equal(made.profile.slot_scope, TDX_EMU_SLOTS_GLOBAL);
	assert_int_equal(made.profile.busy_rate, 0);
	assert_valid(&made.profile);
	observed_free(seen);
}

/* A quarter is refused twice for no reason that shows, a tenth finds no entropy once. */
static void refusals_by_chance(void **state)
{
	struct estimate made;
	uint64_t id;

	(void)state;
	for (id = 1; id <= 200; id++) {
		uint32_t at = 0;

		put_begin(id, 1);
		now += MS;
		if (id % 4 == 0) {
			put_stay(98, id, 1, 0, at++, 400, BUSY);
			put_stay(98, id, 1, 0, at++, 400, BUSY);
		}
		if (id % 10 == 5)
			put_stay(98, id, 1, 0, at++, 400, NO_ENTROPY);
		now += 3 * MS;
		put_stay(98, id, 1, 0, at++, 2 * MS, 0);
		put_end(id, 1, 2 * MS, at, 0);
		now += MS;
	}
	estimate(&made);
	assert_int_equal(made.profile.busy_rate, 2500);
	assert_int_equal(made.profile.busy_burst, 2);
	assert_int_equal(made.profile.entropy_rate, 1000);
	assert_int_equal(made.profile.entropy_burst, 1);
	assert_true(assumed(&made, "slots"));
	assert_int_equal(made.profile.quote_ns, 2 * MS);
	observed_free(seen);
}

/* --- bring-up and sizes --- */

static void bring_up(void **state)
{
	const struct module module = { .quote = five_ms };
	struct events_pool add = { .pages = 512 };
	struct events_pool_total total = { .required = 1024, .added = 1024 };
	struct estimate made;

	(void)state;
	now += 10 * MS;
	put_stay(61, ++ids, 0, 0, 0, 512 * 700, 0);
	add.head = head(EVENTS_POOL_ADD, sizeof(add), 0);
	put(&add);
	put_stay(61, ++ids, 0, 0, 0, 512 * 900, 0);
	put(&add);
	total.head = head(EVENTS_POOL_TOTAL, sizeof(total), 0);
	put(&total);
	put_stay(60, ++ids, 0, 0, 0, 20 * MS, RESUMABLE);
	put_stay(60, ids, 0, 0, 1, 10 * MS, 0);
	put_stay(100, ++ids, 0, 0, 0, 90 * MS, 0);
	estimate_of(&module, 5, &made);
	assert_int_equal(made.profile.mem_add_ns, 800);
	assert_int_equal(made.profile.pool_pages, 1024);
	assert_int_equal(made.profile.ext_init_ns, 30 * MS);
	assert_int_equal(made.profile.quote_init_ns, 90 * MS);
	observed_free(seen);
}

static void sizes(void **state)
{
	const struct module module = { .quote = five_ms };
	const struct {
		uint64_t low, high, size, jitter;
	} rows[] = {
		{ 90000, 94000, 92000, 2000 },
		{ 90001, 90002, 90001, 1 },
		{ 0, 0, 4096, 0 },
		{ 100, 12192, 6146, 2050 },
		{ 4096, 4000000, 2002048, 65536 },
		{ 4194000, 4194304, 4194152, 152 },
		{ 5000000, 5000000, 4194304, 0 },
	};
	struct estimate made;
	size_t i;

	(void)state;
	end(NULL);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(NULL);
		bytes = rows[i].low;
		make_quote(&module, 1);
		bytes = rows[i].high;
		estimate_of(&module, 1, &made);
		assert_int_equal(made.profile.quote_size, rows[i].size);
		assert_int_equal(made.profile.quote_jitter, rows[i].jitter);
		assert_valid(&made.profile);
		observed_free(seen);
	}
}

/* --- the file --- */

static char *printed(const struct estimate *made)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	estimate_print(out, made);
	fclose(out);
	return text;
}

/* Above the line that says "assumed" all is measured, below nothing is. */
static void the_file_says_what_is_assumed(void **state)
{
	const struct module module = { .quote = from_8_to_12_ms, .slice = fifty_us };
	char path[] = "/tmp/tdxbench-test-XXXXXX.ini", error[600] = "", *text, *line, *rest;
	struct tdx_emu_profile read;
	struct estimate made;
	const struct param *param;
	FILE *file;

	(void)state;
	estimate_of(&module, 100, &made);
	text = printed(&made);
	line = strstr(text, "--- measured from made-up.cap, 100 quotes ---");
	rest = strstr(text, "--- assumed:");
	assert_true(line && rest && line < rest);
	for (param = profile_params; param->name; param++) {
		char key[64], *at;

		snprintf(key, sizeof(key), "\n%s = ", param->name);
		at = strstr(text, key);
		assert_non_null(at);
		assert_null(strstr(at + 1, key));
		assert_int_equal(at > rest, assumed(&made, param->name));
	}

	file = fdopen(mkstemps(path, 4), "w");
	fputs(text, file);
	fclose(file);
	memset(&read, 0xff, sizeof(read));
	if (profile_read(path, &read, error, sizeof(error)))
		fail_msg("%s", error);
	assert_memory_equal(&read, &made.profile, sizeof(read));
	unlink(path);
	free(text);
	observed_free(seen);
}

static void names_of_files_do_no_harm(void **state)
{
	const struct module module = { .quote = five_ms };
	struct estimate made;
	char error[256], *text, name[400];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	memcpy(name, "\nslots = 7\n", 11);
	make_quote(&module, 1);
	seen = observe_end(observer);
	observer = NULL;
	assert_int_equal(estimate_make(&made, seen, name, error, sizeof(error)), 0);
	text = printed(&made);
	assert_null(strstr(text, "\nslots = 7"));
	for (char *at = text, *next; (next = strchr(at, '\n')); at = next + 1)
		assert_true(next - at < 199);	/* longer ones are cut by who reads them */
	free(text);
	observed_free(seen);
}

/* --- nothing to go by, and too much of it --- */

static void no_quote(void **state)
{
	struct estimate made;
	char error[256] = "";

	(void)state;
	seen = observe_end(observer);
	observer = NULL;
	assert_int_equal(estimate_make(&made, seen, "empty.cap", error, sizeof(error)), -1);
	assert_non_null(strstr(error, "empty.cap has no quote"));
	observed_free(seen);

	begin(NULL);
	put_begin(1, 1);
	put_stay(98, 1, 1, 0, 0, MS, 0xC000010000000000ULL);
	put_end(1, 1, MS, 1, -5);
	put_stay(98, 2, 1, 0, 3, MS, 0);	/* began before the capture */
	put_end(2, 1, MS, 4, 0);
	seen = observe_end(observer);
	observer = NULL;
	assert_int_equal(estimate_make(&made, seen, "bad.cap", error, sizeof(error)), -1);
	assert_non_null(strstr(error, "1 failed, 1 not from"));
	observed_free(seen);
}

static void times_of_nothing(void **state)
{
	struct estimate made;

	(void)state;
	now = 0;
	put_begin(0, 0);
	put_stay(98, 0, 0, 0, 0, 0, RESUMABLE);
	put_stay(98, 0, 0, 0, 1, 0, 0);
	put_end(0, 0, 0, 2, 0);
	estimate(&made);
	assert_int_equal(made.profile.quote_ns, 1000);
	assert_non_null(strstr(why(&made, "quote_ns"), "which the model does not do"));
	assert_valid(&made.profile);
	observed_free(seen);
}

static void times_without_end(void **state)
{
	struct load_shape shape;
	struct estimate made;
	uint64_t id;

	(void)state;
	for (id = 1; id < 20; id++) {
		now = id * 1000;
		put_begin(id, UINT64_MAX - id);
		put_stay(98, id, UINT64_MAX, 1023, 0, UINT64_MAX, RESUMABLE);
		put_stay(98, id, UINT64_MAX, UINT32_MAX, 1, UINT64_MAX, 0);
		put_stay(98, id, UINT64_MAX, 0, UINT32_MAX, UINT64_MAX - id, 0);
		put_end(id, UINT64_MAX - id, UINT64_MAX - id, UINT32_MAX, 0);
	}
	estimate(&made);
	assert_int_equal(made.profile.quote_ns, 30000000000ULL);
	assert_valid(&made.profile);
	shape = load_shape_of(seen, UINT64_MAX);
	assert_in_range(shape.cpus, 1, 16);
	assert_in_range(shape.guests, 1, 4096);
	observed_free(seen);
}

/* More under way than anybody has: the oldest are given up. */
static void calls_without_end(void **state)
{
	uint64_t id;

	(void)state;
	for (id = 1; id <= 20000; id++) {
		now += 1000;
		put_begin(id, id << 12);
	}
	seen = observe_end(observer);
	observer = NULL;
	assert_int_equal(seen->broken, 20000 - 16384);
	assert_true(seen->tds < 8192);
	observed_free(seen);
}

static uint64_t odd_number(void)
{
	static const uint64_t numbers[] = { 0, 1, 98, 5000, 1000000, UINT32_MAX, UINT64_MAX };

	return draw(3) ? draw(20) : numbers[draw(7)];
}

static void put_nonsense(void)
{
	static const uint16_t leaves[] = { 60, 61, 98, 98, 98, 100, 7 };
	static const uint64_t statuses[] = { 0, 0, RESUMABLE, RESUMABLE, BUSY, NO_ENTROPY, 1 };
	struct events_pool_total total = { .required = (uint32_t)odd_number() };

	now = draw(5) ? now + draw(MS) : odd_number();
	switch (draw(8)) {
	case 0:
		put_begin(odd_number(), odd_number());
		break;
	case 1:
		put_buffer(odd_number(), (uint32_t)odd_number());
		break;
	case 2:
		bytes = odd_number();
		put_end(odd_number(), odd_number(), odd_number() * draw(MS),
			(uint32_t)odd_number(), draw(4) ? 0 : -1);
		break;
	case 3:
		put_interrupt((uint32_t)odd_number(), odd_number());
		break;
	case 4:
		total.head = head(EVENTS_POOL_TOTAL, sizeof(total), 0);
		put(&total);
		break;
	default:
		put_stay(leaves[draw(7)], odd_number(), odd_number(), (uint32_t)odd_number(),
			 (uint32_t)odd_number(), odd_number() * draw(1000), statuses[draw(7)]);
	}
}

static void nonsense(void **state)
{
	struct estimate made;
	char error[256];
	unsigned int seed, i, made_of_it = 0;

	(void)state;
	end(NULL);
	for (seed = 1; seed <= 300; seed++) {
		begin(NULL);
		noise = seed * 0x9e3779b97f4a7c15ULL;
		for (i = 0; i < 400; i++)
			put_nonsense();
		seen = observe_end(observer);
		observer = NULL;
		load_shape_of(seen, odd_number());
		if (!estimate_make(&made, seen, "x", error, sizeof(error))) {
			assert_valid(&made.profile);
			made_of_it++;
		}
		observed_free(seen);
	}
	assert_true(made_of_it > 100);
}

/* --- samples --- */

static void many_values_in_bounded_memory(void **state)
{
	struct sample sample = {};
	uint64_t i;

	(void)state;
	for (i = 0; i < 5000000; i++)
		sample_add(&sample, i);
	assert_true(sample.nr <= SAMPLE_MAX);
	assert_int_equal(sample.seen, 5000000);
	assert_near(sample_quantile(&sample, 50), 2500000, 1);
	assert_near(sample_quantile(&sample, 99), 4950000, 1);
	sample_free(&sample);
	assert_int_equal(sample_quantile(&sample, 50), 0);
}

/* --- the load --- */

static void arrivals(uint64_t (*interval)(void), struct load_shape *shape)
{
	uint64_t start;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		start = now;
		put_begin(++ids, 0x1000 * (i % 4 + 1));
		put_buffer(ids, i % 4);
		now += MS;
		put_stay(98, ids, 1, 0, 0, MS, 0);
		put_end(ids, 0x1000 * (i % 4 + 1), MS, 1, 0);
		now = start + interval();
	}
	seen = observe_end(observer);
	observer = NULL;
	*shape = load_shape_of(seen, 8);
	observed_free(seen);
}

static uint64_t every_20_ms(void)
{
	return 20 * MS;
}

static uint64_t at_random(void)
{
	return 2 * MS + draw(6) * draw(6) * draw(6) * MS;
}

static void open_loads(void **state)
{
	struct load_shape shape;

	(void)state;
	arrivals(every_20_ms, &shape);
	assert_true(shape.open && shape.fixed);
	assert_int_equal(shape.rate, 50);
	assert_int_equal(shape.guests, 4);
	assert_int_equal(shape.cpus, 8);
	assert_int_equal(shape.buffers, SHAPE_PER_CALL);

	begin(NULL);
	arrivals(at_random, &shape);
	assert_true(shape.open && !shape.fixed);
}

/* --- the module's own --- */

static void set_slices(struct tdx_emu_profile *profile, uint64_t median,
		       const uint64_t spread[TDX_EMU_NR_SPREAD])
{
	profile_defaults(profile);
	profile->yield = TDX_EMU_YIELD_SLICE;
	profile->quote_ns = 8 * MS;
	profile->slice_ns = median;
	memcpy(TDX_EMU_SPREAD_OF(profile, slice), spread, TDX_EMU_NR_SPREAD * sizeof(*spread));
}

/* Each quantile by what it lacks: long slices, cut most, by more than short ones. */
static void own_of_slices_by_quantile(void **state)
{
	static const uint64_t says[] = { 5000, 6000, 8000, 12000, 15000, 20000, 25000 };
	static const uint64_t comes[] = { 100, 6000, 8000, 12000, 14000, 17000, 20000 };
	struct tdx_emu_profile profile, wanted, found;
	struct own own = {};

	(void)state;
	set_slices(&profile, 300000, says);
	set_slices(&found, 300000, comes);
	found.quote_ns += 5000;
	wanted = profile;
	assert_true(own_take_off(&profile, &wanted, &found, &own));
	assert_int_equal(own.quote_ns, 5000);
	assert_int_equal(own.slice_ns, 0);
	assert_int_equal(profile.quote_ns, 8 * MS - 5000);
	assert_int_equal(profile.slice_ns, 300000);
	assert_int_equal(profile.slice_p0, 5000);	/* a single one */
	assert_int_equal(profile.slice_p10, 6000);
	assert_int_equal(profile.slice_p90, 16000);
	assert_int_equal(profile.slice_p99, 23000);
	assert_int_equal(profile.slice_p100, 25000);
	assert_valid(&profile);
}

static void own_that_does_not_matter(void **state)
{
	static const uint64_t says[] = { 5000, 6000, 8000, 12000, 15000, 20000, 25000 };
	static const uint64_t comes[] = { 300, 6030, 8000, 12000, 15000, 20000, 29000 };
	struct tdx_emu_profile profile, wanted, found;
	struct own own = {};

	(void)state;
	set_slices(&profile, 300000, says);
	set_slices(&found, 300600, comes);
	wanted = profile;
	assert_false(own_take_off(&profile, &wanted, &found, &own));
	assert_memory_equal(&profile, &wanted, sizeof(profile));

	/* It is not left for slices. */
	wanted.yield = profile.yield = TDX_EMU_YIELD_PENDING;
	set_slices(&found, 400000, comes);
	assert_false(own_take_off(&profile, &wanted, &found, &own));
}

/* What comes of it must be a profile that the module takes. */
static void own_without_sense(void **state)
{
	static const uint64_t says[] = { 9999, 9999, 9999, 10000, 10000, 10000, 1000000 };
	static const uint64_t comes[] = { 10000, 10000, 10000, 14000, 8000, 7000, 600000 };
	struct tdx_emu_profile profile, wanted, found;
	struct own own = {};

	(void)state;
	set_slices(&profile, 100, says);
	set_slices(&found, 149, comes);
	wanted = profile;
	found.quote_ns = 1;
	assert_true(own_take_off(&profile, &wanted, &found, &own));
	assert_int_equal(own.quote_ns, 0);
	assert_valid(&profile);

	set_slices(&profile, 10 * MS, (const uint64_t[]){ 1, 2, 3, 10000, 10000, 10000, 10000 });
	set_slices(&found, 6 * MS, says);
	wanted = profile;
	assert_true(own_take_off(&profile, &wanted, &found, &own));
	assert_valid(&profile);
}

/* --- side by side --- */

static struct observed *observed_of(const struct module *module)
{
	struct observed *made;
	unsigned int i;

	begin(NULL);
	for (i = 0; i < 40; i++)
		make_quote(module, 1);
	made = observe_end(observer);
	observer = NULL;
	return made;
}

static uint64_t five_percent_more(void)
{
	return 5250000;
}

static uint64_t one_percent_more(void)
{
	return 5050000;
}

static void comparisons(void **state)
{
	const struct {
		struct module module;
		bool within;
	} rows[] = {
		{ { .quote = five_ms, .slice = fifty_us }, true },
		{ { .quote = one_percent_more, .slice = fifty_us }, true },
		{ { .quote = five_percent_more, .slice = fifty_us }, false },
		{ { .quote = five_ms }, false },
		{ { .quote = five_ms, .slice = from_200_to_400_us }, false },
	};
	struct observed *recorded, *replayed;
	struct comparison comparison;
	size_t i;

	(void)state;
	end(NULL);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		recorded = observed_of(&rows[0].module);
		replayed = observed_of(&rows[i].module);
		compare_captures(&comparison, recorded, replayed, 2);
		assert_int_equal(comparison.within, rows[i].within);
		observed_free(recorded);
		observed_free(replayed);
	}
}

static uint64_t from_4_to_6_ms(void)
{
	return 4 * MS + draw(2 * MS + 1);
}

static struct observed *observed_counts(unsigned int below, unsigned int at, unsigned int above)
{
	struct observed *made = observe_end(observe_begin());
	unsigned int i;

	for (i = 0; i < below + at + above; i++) {
		sample_add(&made->seam, 5 * MS);
		sample_add(&made->left, 50000);
		sample_add(&made->iterations, i < below ? 29 : i < below + at ? 30 : 31);
	}
	return made;
}

/* 30 and 31 are 3.3 % apart; what they are counts of need not be. */
static void medians_a_step_apart(void **state)
{
	const struct {
		unsigned int below, at, above;
		bool within;
	} rows[] = {
		{ 20, 40, 40, true }, { 19, 30, 51, true }, { 0, 0, 100, false },
		{ 51, 49, 0, false }, { 100, 0, 0, false },
	};
	struct observed *recorded, *replayed;
	struct comparison comparison;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		recorded = observed_counts(20, 40, 40);
		replayed = observed_counts(rows[i].below, rows[i].at, rows[i].above);
		compare_captures(&comparison, recorded, replayed, 2);
		assert_int_equal(comparison.rows[2].p50[0], 30);
		assert_int_equal(comparison.within, rows[i].within);
		observed_free(recorded);
		observed_free(replayed);
	}
}

/* Being near is worth no more than the recording's median is. */
static void too_few_to_tell(void **state)
{
	const struct module vary = { .quote = from_4_to_6_ms, .slice = fifty_us };
	struct observed *recorded, *same;
	struct comparison comparison;
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	end(NULL);
	recorded = observed_of(&vary);
	same = observed_of(&vary);
	compare_captures(&comparison, recorded, same, 2);
	assert_true(comparison.within);
	out = open_memstream(&text, &size);
	comparison_print(out, &comparison);
	fclose(out);
	assert_non_null(strstr(text, "in SEAM: of 40 values, the recording's own median is known"));
	assert_null(strstr(text, "slice: of"));
	free(text);
	observed_free(recorded);
	observed_free(same);
}

/* --- captures --- */

static void write_capture(const char *path, bool finished)
{
	struct events_begin event = { .head = { .ns = 5, .kind = EVENTS_QUOTE_BEGIN,
						.size = sizeof(event) } };
	const struct capture_end last = { .lost = 3, .begin_ns = 1, .end_ns = 9 };
	json_t *about = json_pack("{si}", "cpus", 3);
	char error[CAPTURE_ERROR];
	struct capture_writer *writer = capture_create(path, about, error);

	assert_non_null(writer);
	json_decref(about);
	capture_write(writer, &event.head);
	assert_int_equal(capture_finish(writer, finished ? &last : NULL), 0);
}

static void captures(void **state)
{
	char path[] = "/tmp/tdxbench-test-XXXXXX", error[CAPTURE_ERROR], old[64];
	json_t *about = NULL;

	(void)state;
	close(mkstemp(path));
	assert_null(observe_file(path, NULL, error));
	assert_non_null(strstr(error, path));

	write_capture(path, true);
	seen = observe_file(path, &about, error);
	assert_non_null(seen);
	assert_int_equal(json_integer_value(json_object_get(about, "cpus")), 3);
	assert_int_equal(seen->lost, 3);
	assert_false(seen->cut_short);
	assert_int_equal(seen->tds, 1);
	observed_free(seen);
	json_decref(about);

	write_capture(path, false);
	seen = observe_file(path, NULL, error);
	assert_true(seen && seen->cut_short);
	observed_free(seen);
	unlink(path);
	snprintf(old, sizeof(old), "%s.old", path);
	unlink(old);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slices_of_one_length),
		TEST(a_first_stay_that_ends_at_once),
		TEST(quotes_that_vary),
		TEST(slices_that_the_end_of_a_quote_cuts),
		TEST(slices_that_vary_much),
		TEST(left_at_interrupts_at_random),
		TEST(left_at_the_tick),
		TEST(left_at_interrupts_that_were_recorded),
		TEST(slices_among_interrupts),
		TEST(never_left),
		TEST(stays_that_overlap),
		TEST(refused_for_good),
		TEST(one_slot),
		TEST(refusals_by_chance),
		TEST(bring_up),
		TEST(sizes),
		TEST(the_file_says_what_is_assumed),
		TEST(names_of_files_do_no_harm),
		TEST(no_quote),
		TEST(times_of_nothing),
		TEST(times_without_end),
		TEST(calls_without_end),
		TEST(nonsense),
		TEST(many_values_in_bounded_memory),
		TEST(open_loads),
		TEST(own_of_slices_by_quantile),
		TEST(own_that_does_not_matter),
		TEST(own_without_sense),
		TEST(comparisons),
		TEST(medians_a_step_apart),
		TEST(too_few_to_tell),
		TEST(captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
