// SPDX-License-Identifier: GPL-2.0
/*
 * tdx_update() as a Linux tree uses it: what replaces the module is not the lab's.
 * What the calls of an update may answer is tested in test_faults.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "guest.h"
#include "host.h"
#include "tdx_quote_policy.h"

static struct td td;
static u32 asked;		/* CPUs that were asked to replace the module */
static int stopped_ret;		/* of tdx_update_stopped() */

static void start(const struct tdx_quote_policy *policy)
{
	tdx_quote_policy = *policy;
	host_profile_default();
	host_power_on();
	host_bring_up();
	td_create(&td, 0, 4 * PAGE_SIZE);
	td_request(&td);
	asked = 0;
}

static void stop(void)
{
	td_destroy(&td);
	host_power_off();
}

/* Initialising the same module once more is as good as initialising another. */
static u64 initialises_again(u64 fn, struct tdx_module_args *args)
{
	if (fn == TDH_EXT_INIT || fn == TDH_QUOTE_INIT)
		return TDX_SUCCESS;
	return seam_module(fn, args);
}

/* As if an interrupt had come. */
static u64 left_half_way_once(u64 fn, struct tdx_module_args *args)
{
	if (fn == TDH_QUOTE_GET && seam_attempts(TDH_QUOTE_GET) == 1)
		return TDX_INTERRUPTED_RESUMABLE;
	return seam_module(fn, args);
}

static int replace(void *data)
{
	assert_true(irqs_disabled());
	asked++;
	if (smp_processor_id())
		return 0;
	stopped_ret = tdx_update_stopped();
	return stopped_ret;
}

static int refuse(void *data)
{
	asked++;
	return smp_processor_id() ? 0 : -EIO;
}

/* One more update, whose parts are not longer than all of it. */
static void expect_report(u32 nr, bool kept)
{
	const struct tdx_update_report *last = tdx_update_last();

	assert_int_equal(last->nr, nr);
	assert_int_equal(last->kept, kept);
	assert_true(last->total_ns > last->drain_ns + last->stall_ns);
}

static void replaced(void **state)
{
	const struct tdx_quote_policy *policies[] = { &host_posted, &host_best };
	u32 nr, i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		start(policies[i]);
		nr = tdx_update_last()->nr;
		seam = initialises_again;
		assert_int_equal(tdx_update(replace, NULL), 0);
		assert_int_equal(asked, kshim_cpus);
		expect_report(nr + 1, false);
		assert_true(tdx_update_last()->stall_ns);
		assert_int_equal(tdx_update_last()->drain_ns != 0, policies[i] == &host_best);
		assert_int_equal(seam_attempts(TDH_QUOTE_INIT), 2);
		expect_good_quote(&td);
		stop();
	}
}

/* The tree knows one error for it, and neither module nor quoting is the worse for it. */
static void refused(void **state)
{
	u32 nr;

	start(&host_best);
	nr = tdx_update_last()->nr;
	assert_int_equal(tdx_update(refuse, NULL), -EIO);
	assert_int_equal(asked, kshim_cpus);
	expect_report(nr + 1, true);
	assert_int_equal(seam_attempts(TDH_EXT_INIT), 1);
	expect_good_quote(&td);
	stop();
}

/* The old module has gone, and the new one has not come. */
static void none_left(void **state)
{
	u32 nr;

	start(&host_best);
	nr = tdx_update_last()->nr;
	seam_refuse((u16)SEAMLDR_INSTALL, 0, 1, TDX_SYS_STATE_INCORRECT);
	assert_int_equal(host_update(), -EIO);
	expect_report(nr + 1, false);
	assert_false(tdx_module_up());
	assert_false(tdx_quote_available());
	stop();
}

static void killed_while_a_quote_is_made(void)
{
	if (!tdx_quote_in_flight())
		return;
	kshim_preempted = NULL;
	kshim_killed = true;
	assert_int_equal(tdx_update(replace, NULL), -EINTR);
	kshim_killed = false;
}

/* Nobody waits for the quote any more, and nobody has asked the module. */
static void killed(void **state)
{
	u32 nr;

	start(&host_best);
	nr = tdx_update_last()->nr;
	seam = left_half_way_once;
	kshim_preempted = killed_while_a_quote_is_made;
	expect_good_quote(&td);
	assert_int_equal(asked, 0);
	expect_report(nr + 1, true);
	assert_int_equal(tdx_update_last()->stall_ns, 0);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

static u64 without_extensions(u64 fn, struct tdx_module_args *args)
{
	u64 r = initialises_again(fn, args);

	if (fn == TDH_SYS_RD && args->rdx == TDX_MD_EXT_REQUIRED)
		args->r8 = 0;
	return r;
}

/**
 * struct stopped_row - quoting started again with the machine stopped
 * @recheck: policy
 * @refuse:  the leaf that the new module refuses, if any
 * @seam:    what it answers else
 * @stopped: what whoever replaces the module is told: is it fit for use?
 * @updated: what the update comes to
 * @quoting: is available, as far as anybody knows
 */
static const struct stopped_row {
	enum tdx_quote_recheck recheck;
	u16 refuse;
	seam_fn *seam;
	int stopped, updated;
	bool quoting;
} stopped_rows[] = {
	{ TDX_RECHECK_NONE, 0, initialises_again, 0, 0, true },
	{ TDX_RECHECK_NONE, TDH_EXT_INIT, initialises_again, -EIO, -EIO, true },
	{ TDX_RECHECK_NONE, TDH_QUOTE_INIT, initialises_again, 0, 0, true },
	{ TDX_RECHECK_NONE, 0, without_extensions, 0, 0, true },
	{ TDX_RECHECK_METADATA, 0, initialises_again, 0, 0, true },
	{ TDX_RECHECK_METADATA, TDH_EXT_INIT, initialises_again, -EIO, -EIO, false },
	{ TDX_RECHECK_METADATA, TDH_QUOTE_INIT, initialises_again, 0, -EIO, false },
	{ TDX_RECHECK_METADATA, 0, without_extensions, 0, -EOPNOTSUPP, false },
};

static void with_the_machine_stopped(void **state)
{
	struct tdx_quote_policy policy = host_best;
	u32 nr, i;

	policy.reinit = TDX_REINIT_STOPPED;
	for (i = 0; i < ARRAY_SIZE(stopped_rows); i++) {
		const struct stopped_row *row = &stopped_rows[i];

		policy.recheck = row->recheck;
		start(&policy);
		nr = tdx_update_last()->nr;
		seam = row->seam;
		seam_refuse(row->refuse, 1, 1, TDX_SYS_STATE_INCORRECT);
		assert_int_equal(tdx_update(replace, NULL), row->updated);
		assert_int_equal(stopped_ret, row->stopped);
		assert_int_equal(tdx_quote_available(), row->quoting);
		expect_report(nr + 1, false);
		stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaced),
		cmocka_unit_test(refused),
		cmocka_unit_test(none_left),
		cmocka_unit_test(killed),
		cmocka_unit_test(with_the_machine_stopped),
	};

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
