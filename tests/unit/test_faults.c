// SPDX-License-Identifier: GPL-2.0
/*
 * Every SEAMCALL and every allocation of bring-up, of a quote and of an update
 * fails once, with both presets: the host must come to the documented end each
 * time, leak nothing, and recover where it can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "guest.h"
#include "host.h"

enum { POSTED, BEST, NR_PRESETS };

static struct td td;
static u32 points;		/* faults that were made */

static void use_preset(u32 preset)
{
	host_profile_default();
	host_profile.pool_pages = 588;	/* two batches */
	tdx_quote_policy = preset == BEST ? host_best : host_posted;
}

static void create_td(void)
{
	td_create(&td, 1, 4 * PAGE_SIZE);
	td_request(&td);
}

static void start(u32 preset)
{
	use_preset(preset);
	host_power_on();
	host_bring_up();
	create_td();
}

static void stop(void)
{
	td_destroy(&td);
	host_power_off();
}

static void check_leaks(u32 tds)
{
	assert_int_equal(host_live_allocs(), 2 * tdx_quote_nr_buffers() + tds);
}

/* --- the nth SEAMCALL fails --- */

/* Which one that was: the leaf, what it reads, and how many like it went before. */
struct point {
	u16 leaf;
	u64 field;
	u32 nth;
};

static u32 fail_at, nr_calls;
static u64 fail_status;
static bool has_failed;
static struct point failed_at;
static struct point before[64];

static u32 how_many_like(u16 leaf, u64 field)
{
	u32 i, same = 0;

	for (i = 0; i < nr_calls; i++)
		same += before[i].leaf == leaf && before[i].field == field;
	return same;
}

static u64 fail_nth(u64 fn, struct tdx_module_args *args)
{
	u16 leaf = TDX_FN_LEAF(fn);
	struct point now = { leaf, leaf == TDH_SYS_RD ? args->rdx : 0 };

	now.nth = how_many_like(now.leaf, now.field);
	assert_true(nr_calls < ARRAY_SIZE(before));
	before[nr_calls] = now;
	if (nr_calls++ != fail_at)
		return seam_module(fn, args);
	has_failed = true;
	failed_at = now;
	return fail_status;
}

static void fail_call(u32 nth, u64 status)
{
	fail_at = nth;
	fail_status = status;
	nr_calls = 0;
	has_failed = false;
	seam = fail_nth;
}

/* True if there was a call to fail. */
static bool call_failed(void)
{
	seam = seam_module;
	points += has_failed;
	return has_failed;
}

/* --- tables of end states --- */

#define EACH	(~0U)
#define STATUS	(TDX_SYS_STATE_INCORRECT | TDX_OPERAND_SYS)	/* that nobody retries */

struct end {
	int ret;
	enum tdx_lab_state state;
};

/* @later: after the next update, of which nothing fails */
struct row {
	struct point at;
	struct end end[NR_PRESETS], later[NR_PRESETS];
};

#define RD(field)	TDH_SYS_RD, TDX_MD_ ## field
#define BOTH(...)	{ { __VA_ARGS__ }, { __VA_ARGS__ } }

static const struct end *end_of(const struct row *rows, u32 nr, u32 preset, bool later)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		const struct point *at = &rows[i].at;

		if (at->leaf == failed_at.leaf && at->field == failed_at.field &&
		    (at->nth == EACH || at->nth == failed_at.nth))
			return later ? &rows[i].later[preset] : &rows[i].end[preset];
	}
	fail_msg("no row for leaf %u, field %llx", failed_at.leaf, failed_at.field);
	return NULL;
}

static void check_end(const struct end *end, int ret)
{
	if (ret != end->ret || lab_state() != end->state)
		fail_msg("leaf %u, field %llx: returned %d in state %u, not %d in state %u",
			 failed_at.leaf, failed_at.field, ret, lab_state(), end->ret, end->state);
}

/*
 * What a guest is told where it gets no quote: as posted, that there are none, but
 * where there never were any.
 */
static void expect_no_quote(u32 preset)
{
	if (preset == POSTED && tdx_quote_nr_buffers())
		expect_answer(&td, INVALID, TDX_GETQUOTE_UNAVAILABLE);
	else
		assert_int_equal(td_getquote(&td), -ENODEV);
}

static void expect_what_state_says(u32 preset)
{
	td_request(&td);
	if (lab_state() == TDX_LAB_UP)
		expect_good_quote(&td);
	else
		expect_no_quote(preset);
}

/* --- bring-up --- */

static const struct row bring_up_rows[] = {
	/* Not configured: there is nothing that an update could take over. */
	{ { RD(FEATURES0), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(-EIO, TDX_LAB_FAILED) },
	{ { TDH_SYS_CONFIG, 0, 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(-EIO, TDX_LAB_FAILED) },
	/* As posted, features that could not be read at boot are not there. */
	{ { RD(FEATURES0), 1 }, BOTH(-EIO, TDX_LAB_FAILED),
	  { { 0, TDX_LAB_NO_QUOTING }, { -ENOMEM, TDX_LAB_FAILED } } },
	/* Not all of the pool is there, and an update cannot give any. */
	{ { RD(POOL_PAGES), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(-ENOMEM, TDX_LAB_FAILED) },
	{ { RD(EXT_REQUIRED), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(-ENOMEM, TDX_LAB_FAILED) },
	{ { TDH_EXT_MEM_ADD, 0, EACH }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(-ENOMEM, TDX_LAB_FAILED) },
	/* An update may help. As posted, buffers are made at boot or never. */
	{ { TDH_EXT_INIT, 0, 0 }, BOTH(-EIO, TDX_LAB_FAILED),
	  { { 0, TDX_LAB_NO_QUOTING }, { 0, TDX_LAB_UP } } },
	{ { TDH_QUOTE_INIT, 0, 0 }, BOTH(0, TDX_LAB_NO_QUOTING),
	  { { 0, TDX_LAB_NO_QUOTING }, { 0, TDX_LAB_UP } } },
	{ { RD(MAX_QUOTE_SIZE), 0 }, BOTH(0, TDX_LAB_NO_QUOTING),
	  { { 0, TDX_LAB_NO_QUOTING }, { 0, TDX_LAB_UP } } },
};

static bool fail_bring_up(u32 preset, u32 nth)
{
	bool failed;
	int ret;

	use_preset(preset);
	host_power_on();
	fail_call(nth, STATUS);
	ret = lab_bring_up();
	failed = call_failed();
	if (failed) {
		check_end(end_of(bring_up_rows, ARRAY_SIZE(bring_up_rows), preset, false), ret);
		check_leaks(0);
		check_end(end_of(bring_up_rows, ARRAY_SIZE(bring_up_rows), preset, true),
			  host_update());
		check_leaks(0);
	}
	create_td();
	expect_what_state_says(preset);
	stop();
	return failed;
}

static void calls_of_bring_up(void **state)
{
	u32 preset, nth;

	for (preset = POSTED; preset < NR_PRESETS; preset++)
		for (nth = 0; fail_bring_up(preset, nth); nth++)
			;
}

/* --- an update --- */

static const struct row update_rows[] = {
	/* The old module goes on. */
	{ { RD(MODULE_HV), 0 }, BOTH(-EIO, TDX_LAB_UP), BOTH(0, TDX_LAB_UP) },
	{ { TDH_SYS_SHUTDOWN, 0, 0 }, BOTH(-EIO, TDX_LAB_UP), BOTH(0, TDX_LAB_UP) },
	/* There is none, or extensions are not up. */
	{ { (u16)SEAMLDR_INSTALL, 0, EACH }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { TDH_SYS_INIT, 0, 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { TDH_SYS_LP_INIT, 0, EACH }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { TDH_SYS_UPDATE, 0, 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { RD(FEATURES0), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { RD(POOL_PAGES), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { RD(EXT_REQUIRED), 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	{ { TDH_EXT_INIT, 0, 0 }, BOTH(-EIO, TDX_LAB_FAILED), BOTH(0, TDX_LAB_UP) },
	/* There is no quoting, which as posted nobody notices. */
	{ { TDH_QUOTE_INIT, 0, 0 }, { { 0, TDX_LAB_UP }, { -EIO, TDX_LAB_NO_QUOTING } },
	  BOTH(0, TDX_LAB_UP) },
	{ { RD(MAX_QUOTE_SIZE), 0 }, BOTH(-EIO, TDX_LAB_NO_QUOTING), BOTH(0, TDX_LAB_UP) },
};

static bool fail_update(u32 preset, u32 nth)
{
	bool failed;
	int ret;

	start(preset);
	fail_call(nth, STATUS);
	ret = host_update();
	failed = call_failed();
	if (failed) {
		check_end(end_of(update_rows, ARRAY_SIZE(update_rows), preset, false), ret);
		check_leaks(1);
		if (preset == POSTED && failed_at.leaf == TDH_QUOTE_INIT)
			expect_no_quote(preset);
		else
			expect_what_state_says(preset);
		check_end(end_of(update_rows, ARRAY_SIZE(update_rows), preset, true),
			  host_update());
		check_leaks(1);
	}
	expect_what_state_says(preset);
	stop();
	return failed;
}

static void calls_of_update(void **state)
{
	u32 preset, nth;

	for (preset = POSTED; preset < NR_PRESETS; preset++)
		for (nth = 0; fail_update(preset, nth); nth++)
			;
}

/* --- a quote --- */

#define SLICES	4

/* By the profile: an entry that fails ends a call that the module has half done. */
static bool fail_quote(u32 preset, u32 nth)
{
	struct tdx_emu_leaf_count counts[TDX_EMU_NR_LEAVES];
	bool failed;

	use_preset(preset);
	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.quote_ns = SLICES * host_profile.slice_ns;
	host_profile.fault_leaf = TDX_EMU_FAULT_QUOTE_GET;
	host_profile.fault_status = TDX_EMU_STATUS_NOT_READY;
	host_profile.fault_after = nth;
	host_power_on();
	host_bring_up();
	create_td();

	assert_int_equal(td_getquote(&td), 0);
	tdx_emu_get_counts(counts);
	failed = counts[TDX_EMU_LEAF_QUOTE_GET].failed;
	points += failed;
	if (failed) {
		assert_int_equal(td.answer.ret, preset == BEST ? TDVMCALL_SUCCESS : INVALID);
		assert_int_equal(td_header(&td)->status, TDX_GETQUOTE_UNAVAILABLE);
		check_leaks(1);
		td_request(&td);
		expect_good_quote(&td);
	} else {
		assert_null(td_quote_wrong(&td));
	}
	assert_int_equal(tdx_quote_in_flight(), 0);
	stop();
	return failed;
}

static void calls_of_quote(void **state)
{
	u32 preset, nth;

	for (preset = POSTED; preset < NR_PRESETS; preset++) {
		for (nth = 0; fail_quote(preset, nth); nth++)
			;
		assert_int_equal(nth, SLICES);
	}
}

/* --- failures that pass --- */

static bool is_ext_call(u16 leaf)
{
	return leaf == TDH_EXT_INIT || leaf == TDH_EXT_MEM_ADD || leaf == TDH_QUOTE_INIT ||
	       leaf == TDH_QUOTE_GET;
}

/* Bring-up, quote, update, quote: at one point of it all the module is not ready once. */
static bool fail_for_now(u32 preset, u32 nth, u64 status)
{
	int ret, updated = 0;
	bool failed;

	use_preset(preset);
	host_power_on();
	fail_call(nth, status);
	ret = lab_bring_up();
	create_td();
	if (!ret && lab_state() == TDX_LAB_UP)
		ret = td_getquote(&td) ?: td.answer.ret;
	if (!ret)
		updated = host_update();
	failed = call_failed();

	/* Entropy is awaited everywhere, a free module by "default" in extension calls. */
	if (status == TDX_RND_NO_ENTROPY || (preset == BEST && is_ext_call(failed_at.leaf))) {
		assert_int_equal(ret, 0);
		assert_int_equal(updated, 0);
		assert_int_equal(lab_state(), TDX_LAB_UP);
		td_request(&td);
		expect_good_quote(&td);
	}
	check_leaks(1);
	stop();
	return failed;
}

static void module_is_not_ready_once(void **state)
{
	static const u64 statuses[] = { TDX_RND_NO_ENTROPY, TDX_OPERAND_BUSY };
	u32 preset, nth, i;

	for (preset = POSTED; preset < NR_PRESETS; preset++)
		for (i = 0; i < ARRAY_SIZE(statuses); i++)
			for (nth = 0; fail_for_now(preset, nth, statuses[i]); nth++)
				;
}

/* --- the nth allocation fails, and if @all all behind it too --- */

struct alloc_row {
	u32 preset;
	bool all;
	u32 ends[TDX_LAB_FAILED + 1];	/* how many points end in each state */
};

#define BUFFERS	12	/* three for each of four CPUs, of two allocations each */

/*
 * A list page, the pool (one piece, or pieces of 512, 64, 8 and 4 pages, which
 * may be smaller if they must), and the buffers, of which one will do.
 */
static const struct alloc_row bring_up_allocs[] = {
	{ POSTED, true, { [TDX_LAB_FAILED] = 2, [TDX_LAB_NO_QUOTING] = 2,
			  [TDX_LAB_UP] = 2 * (BUFFERS - 1) } },
	{ POSTED, false, { [TDX_LAB_FAILED] = 2, [TDX_LAB_NO_QUOTING] = 2,
			   [TDX_LAB_UP] = 2 * (BUFFERS - 1) } },
	{ BEST, true, { [TDX_LAB_FAILED] = 1 + 4, [TDX_LAB_NO_QUOTING] = 2,
			[TDX_LAB_UP] = 2 * (BUFFERS - 1) } },
	{ BEST, false, { [TDX_LAB_FAILED] = 1, [TDX_LAB_NO_QUOTING] = 2,
			 [TDX_LAB_UP] = 4 + 2 * (BUFFERS - 1) } },
};

static bool fail_bring_up_alloc(const struct alloc_row *row, u32 nth, u32 *ends)
{
	bool failed;
	int ret;

	use_preset(row->preset);
	host_power_on();
	kshim_fail_allocs(nth, row->all ? -1 : 1);
	ret = lab_bring_up();
	failed = kshim_alloc_failed();
	kshim_fail_alloc_after(-1);

	if (failed) {
		points++;
		ends[lab_state()]++;
		assert_int_equal(ret, lab_state() == TDX_LAB_FAILED ? -ENOMEM : 0);
		assert_int_equal(tdx_quote_nr_buffers() != 0, lab_state() == TDX_LAB_UP);
	}
	check_leaks(0);
	create_td();
	expect_what_state_says(row->preset);
	stop();
	return failed;
}

static void allocations_of_bring_up(void **state)
{
	u32 i, nth;

	for (i = 0; i < ARRAY_SIZE(bring_up_allocs); i++) {
		u32 ends[TDX_LAB_FAILED + 1] = {};

		for (nth = 0; fail_bring_up_alloc(&bring_up_allocs[i], nth, ends); nth++)
			;
		assert_memory_equal(ends, bring_up_allocs[i].ends, sizeof(ends));
	}
}

/* First the page to read into; then the copy that frees the buffer. */
static const struct {
	u32 preset, nth;
	u64 ret, status;
} quote_allocs[] = {
	{ POSTED, 0, INVALID, UNTOUCHED },
	{ POSTED, 1, INVALID, TDX_GETQUOTE_UNAVAILABLE },
	{ BEST, 0, TDVMCALL_RETRY, UNTOUCHED },
	{ BEST, 1, TDVMCALL_RETRY, UNTOUCHED },
};

static void allocations_of_quote(void **state)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(quote_allocs); i++) {
		start(quote_allocs[i].preset);
		kshim_fail_allocs(quote_allocs[i].nth, 1);
		expect_answer(&td, quote_allocs[i].ret, quote_allocs[i].status);
		points += kshim_alloc_failed();
		check_leaks(1);

		/* And nothing else is allocated. */
		kshim_fail_alloc_after(2);
		td_request(&td);
		expect_good_quote(&td);
		assert_false(kshim_alloc_failed());
		stop();
	}
}

static void update_allocates_nothing(void **state)
{
	u32 preset;

	for (preset = POSTED; preset < NR_PRESETS; preset++) {
		start(preset);
		kshim_fail_alloc_after(0);
		assert_int_equal(host_update(), 0);
		assert_false(kshim_alloc_failed());
		kshim_fail_alloc_after(-1);
		expect_what_state_says(preset);
		stop();
	}
}

/* But where quoting begins with an update: that makes the buffers, with the machine running. */
static bool fail_late_alloc(u32 nth)
{
	bool failed;

	use_preset(BEST);
	host_power_on();
	seam_refuse(TDH_QUOTE_INIT, 0, 1, STATUS);
	assert_int_equal(lab_bring_up(), 0);
	create_td();

	kshim_fail_alloc_after(nth);
	assert_int_equal(host_update(), nth < 2 ? -ENOMEM : 0);
	failed = kshim_alloc_failed();
	kshim_fail_alloc_after(-1);
	points += failed;
	assert_int_equal(lab_state(), nth < 2 ? TDX_LAB_NO_QUOTING : TDX_LAB_UP);
	check_leaks(1);
	expect_what_state_says(BEST);

	assert_int_equal(host_update(), 0);
	assert_int_equal(lab_state(), TDX_LAB_UP);
	expect_what_state_says(BEST);
	stop();
	return failed;
}

static void allocations_of_late_quoting(void **state)
{
	u32 nth;

	for (nth = 0; fail_late_alloc(nth); nth++)
		;
	assert_int_equal(nth, 2 * BUFFERS);
}

static int tell_points(void **state)
{
	print_message("# %u fault points\n", points);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_bring_up),
		cmocka_unit_test(calls_of_update),
		cmocka_unit_test(calls_of_quote),
		cmocka_unit_test(module_is_not_ready_once),
		cmocka_unit_test(allocations_of_bring_up),
		cmocka_unit_test(allocations_of_quote),
		cmocka_unit_test(update_allocates_nothing),
		cmocka_unit_test(allocations_of_late_quoting),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, tell_points);
}
