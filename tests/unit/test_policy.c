// SPDX-License-Identifier: GPL-2.0
/*
 * Every knob of the policy: what its first answer, that of "posted", does to the
 * module and to the guest, and what its second does. All other knobs are those of
 * "default" meanwhile, where a test does not say otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "guest.h"
#include "host.h"

#define SLICES	5

/* --- a host with one TD --- */

static struct td td;

static void start(void)
{
	host_power_on();
	host_bring_up();
	td_create(&td, 1, 4 * PAGE_SIZE);
	td_request(&td);
}

static void stop(void)
{
	td_destroy(&td);
	host_power_off();
}

static int defaults(void **state)
{
	host_profile_default();
	tdx_quote_policy = host_best;
	return 0;
}

/* Calls are left half-way, SLICES - 1 times each. */
static void in_slices(void)
{
	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.quote_ns = SLICES * host_profile.slice_ns;
	host_profile.ext_init_ns = host_profile.quote_ns;
	host_profile.quote_init_ns = host_profile.quote_ns;
}

/* --- what went through the seam, of one leaf --- */

#define MAX_SEEN	20000

static struct seen {
	struct tdx_module_args in, out;
	u64 at;
	bool stopped;		/* in stop_machine() */
} seen[MAX_SEEN];
static u32 nr_seen;
static u16 watched;
static seam_fn *behind;		/* who answers */

static u64 watching(u64 fn, struct tdx_module_args *args)
{
	struct seen now = { .in = *args, .at = ktime_get_ns(), .stopped = irqs_disabled() };
	u64 r = behind(fn, args);

	now.out = *args;
	if (TDX_FN_LEAF(fn) == watched && nr_seen < MAX_SEEN)
		seen[nr_seen++] = now;
	return r;
}

static void watch(u16 leaf, seam_fn *answers)
{
	watched = leaf;
	behind = answers;
	nr_seen = 0;
	seam = watching;
}

static bool same_args(const struct tdx_module_args *a, const struct tdx_module_args *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* --- resume_args --- */

static void resumed_with_outputs(void **state)
{
	in_slices();
	host_profile.outputs = TDX_EMU_OUTPUTS_POISON;
	tdx_quote_policy.resume_args = TDX_RESUME_CLOBBERED;
	start();
	watch(TDH_QUOTE_GET, seam_module);
	expect_answer(&td, TDVMCALL_SUCCESS, TDX_GETQUOTE_UNAVAILABLE);
	assert_int_equal(nr_seen, 2);
	assert_false(same_args(&seen[1].in, &seen[0].in));
	assert_true(same_args(&seen[1].in, &seen[0].out));
	stop();
}

static void resumed_with_inputs(void **state)
{
	u32 i;

	in_slices();
	host_profile.outputs = TDX_EMU_OUTPUTS_POISON;
	start();
	watch(TDH_QUOTE_GET, seam_module);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, SLICES);
	for (i = 1; i < SLICES; i++) {
		assert_true(same_args(&seen[i].in, &seen[0].in));
		assert_false(same_args(&seen[i].in, &seen[i - 1].out));
	}
	stop();
}

/* --- another CPU between two iterations --- */

static void move_on(void)
{
	kshim_cpu = (kshim_cpu + 1) % kshim_cpus;
}

static void moved(u64 resume_cpu, u32 resume_args)
{
	in_slices();
	host_profile.resume_cpu = resume_cpu;
	tdx_quote_policy.resume_args = resume_args;
	start();
	kshim_preempted = move_on;
}

static void resumed_on_any_cpu(void **state)
{
	moved(TDX_EMU_CPU_ANY, TDX_RESUME_SAVED);
	watch(TDH_QUOTE_GET, seam_module);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, SLICES);
	stop();
}

/* One entry more: that on the wrong CPU. And nothing stays suspended. */
static void resumed_where_it_was_left(void **state)
{
	moved(TDX_EMU_CPU_SAME, TDX_RESUME_SAVED);
	watch(TDH_QUOTE_GET, seam_module);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, SLICES + 1);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

static void given_up_on_the_wrong_cpu(void **state)
{
	moved(TDX_EMU_CPU_SAME, TDX_RESUME_CLOBBERED);
	expect_answer(&td, TDVMCALL_SUCCESS, TDX_GETQUOTE_UNAVAILABLE);
	stop();
}

static u16 no_entropy_leaf;
static u32 no_entropy_left;

static u64 spoils_without_entropy(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != no_entropy_leaf || !no_entropy_left)
		return seam_module(fn, args);
	no_entropy_left--;
	memset(args, 0xbb, sizeof(*args));
	return TDX_RND_NO_ENTROPY;
}

static void retry_without_entropy(u16 leaf, u32 resume_args)
{
	tdx_quote_policy.resume_args = resume_args;
	start();
	no_entropy_leaf = leaf;
	no_entropy_left = 1;
	watch(leaf, spoils_without_entropy);
	if (leaf == TDH_QUOTE_GET)
		assert_int_equal(td_getquote(&td), 0);
	else
		host_update();
	assert_true(nr_seen >= 2);
	assert_true(same_args(&seen[1].in, resume_args ? &seen[0].in : &seen[0].out));
	stop();
}

/* The same hazard in both retry loops: that of extension calls, and Linux's own. */
static void retried_with_outputs(void **state)
{
	retry_without_entropy(TDH_QUOTE_GET, TDX_RESUME_CLOBBERED);
	retry_without_entropy(TDH_SYS_UPDATE, TDX_RESUME_CLOBBERED);
}

static void retried_with_inputs(void **state)
{
	retry_without_entropy(TDH_QUOTE_GET, TDX_RESUME_SAVED);
	retry_without_entropy(TDH_SYS_UPDATE, TDX_RESUME_SAVED);
}

/* Ten attempts for each entry, not for the call as a whole. */
static u64 rarely_has_entropy(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET || seam_attempts(TDH_QUOTE_GET) % 10 == 0)
		return seam_module(fn, args);
	return TDX_RND_NO_ENTROPY;
}

static void entropy_is_awaited_at_each_entry(void **state)
{
	in_slices();
	start();
	seam = rarely_has_entropy;
	expect_good_quote(&td);
	assert_int_equal(seam_attempts(TDH_QUOTE_GET), 10 * SLICES);
	stop();
}

/* TDH.EXT.MEM.ADD alone goes on with the RCX it got, whatever the policy. */
static void pool_goes_on_with_rcx(void **state)
{
	u32 answer, i;

	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 2000;
	host_profile.mem_add_ns = 1000;
	host_profile.pool_pages = 2 * SLICES;
	for (answer = TDX_RESUME_CLOBBERED; answer <= TDX_RESUME_SAVED; answer++) {
		tdx_quote_policy.resume_args = answer;
		host_power_on();
		watch(TDH_EXT_MEM_ADD, seam_module);
		host_bring_up();
		assert_int_equal(nr_seen, SLICES);
		for (i = 1; i < SLICES; i++)
			assert_int_equal(seen[i].in.rcx, seen[i - 1].out.rcx);
		host_power_off();
	}
}

/* --- input_page --- */

static const u64 *node_of(u64 hpa)
{
	return page_address(pfn_to_page(PHYS_PFN(hpa)));
}

static bool is_output(const struct tdx_module_args *args, u64 hpa)
{
	const u64 *node = node_of(args->r10);
	u32 i;

	for (i = 0; i < TDX_HPA_NODE_PAGES && node[i] != TDX_HPA_END; i++)
		if (node[i] == hpa)
			return true;
	return hpa == args->r10;
}

/* A module that streams its output, and looks at its input again. */
static void input_in_the_output(void **state)
{
	in_slices();
	host_profile.input_read = TDX_EMU_INPUT_REREAD;
	tdx_quote_policy.input_page = TDX_INPUT_ALIASED;
	start();
	watch(TDH_QUOTE_GET, seam_module);
	expect_answer(&td, TDVMCALL_SUCCESS, TDX_GETQUOTE_ERROR);
	assert_int_equal(seen[0].in.r8, node_of(seen[0].in.r10)[0]);
	stop();
}

static void input_in_its_own_page(void **state)
{
	in_slices();
	host_profile.input_read = TDX_EMU_INPUT_REREAD;
	start();
	watch(TDH_QUOTE_GET, seam_module);
	expect_good_quote(&td);
	assert_false(is_output(&seen[0].in, seen[0].in.r8));
	stop();
}

/* --- busy --- */

static void busy_is_final(void **state)
{
	tdx_quote_policy.busy = TDX_BUSY_FAIL;
	start();
	seam_refuse(TDH_QUOTE_GET, 0, 1, TDX_OPERAND_BUSY);
	expect_answer(&td, TDVMCALL_RETRY, UNTOUCHED);
	assert_int_equal(seam_attempts(TDH_QUOTE_GET), 1);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

static u32 busy_left;

static u64 is_busy(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != watched || !busy_left)
		return seam_module(fn, args);
	busy_left--;
	memset(args, 0xbb, sizeof(*args));
	return TDX_OPERAND_BUSY;
}

/* After 0.1 ms, then each time twice as long as before, up to 1 ms. */
static void busy_is_waited_for(void **state)
{
	u64 pause = 100000, waited;
	u32 i;

	start();
	busy_left = 12;
	watch(TDH_QUOTE_GET, is_busy);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, 13);
	for (i = 1; i < nr_seen; i++) {
		waited = seen[i].at - seen[i - 1].at;
		assert_in_range(waited, pause, pause + 1000);
		pause = min(2 * pause, 1000000ULL);
		assert_true(same_args(&seen[i].in, &seen[0].in));
	}
	stop();
}

static void busy_for_ever(void **state)
{
	start();
	busy_left = -1;
	watch(TDH_QUOTE_GET, is_busy);
	expect_answer(&td, TDVMCALL_RETRY, UNTOUCHED);
	assert_true(nr_seen < MAX_SEEN);
	assert_in_range(seen[nr_seen - 1].at - seen[0].at, 10000000000ULL, 10020000000ULL);

	kshim_killed = true;
	nr_seen = 0;
	td_request(&td);
	assert_int_equal(td_getquote(&td), -EINTR);
	assert_int_equal(nr_seen, 1);
	assert_int_equal(td_header(&td)->status, UNTOUCHED);
	stop();
}

/* Of every three attempts the first two fail, with registers that mean nothing. */
static u64 mostly_fails_with;

static u64 mostly_fails(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_EXT_MEM_ADD || seam_attempts(TDH_EXT_MEM_ADD) % 3 == 0)
		return seam_module(fn, args);
	memset(args, 0xbb, sizeof(*args));
	return mostly_fails_with;
}

/* Pages that the module has taken are not offered again. */
static void add_pages_in_vain(u64 status)
{
	u64 next = 0;
	u32 i;

	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 2000;
	host_profile.mem_add_ns = 1000;
	host_profile.pool_pages = 6;
	mostly_fails_with = status;
	host_power_on();
	watch(TDH_EXT_MEM_ADD, mostly_fails);
	host_bring_up();
	assert_int_equal(nr_seen, 9);
	for (i = 0; i < nr_seen; i++) {
		assert_int_equal(seen[i].in.rcx, next ?: seen[0].in.rcx);
		if (i % 3 == 2)
			next = seen[i].out.rcx;
	}
	assert_int_equal(tdx_emu_pool_pages(), 6);
	host_power_off();
}

static void pool_while_busy(void **state)
{
	add_pages_in_vain(TDX_OPERAND_BUSY);
}

static void pool_without_entropy(void **state)
{
	add_pages_in_vain(TDX_RND_NO_ENTROPY);
}

/* --- busy, and first come, first served --- */

#define QUEUE	3

static struct td queue[QUEUE];
static pthread_t queue_threads[QUEUE];
static intptr_t queue_errors[QUEUE];
static u32 nr_served, tries[1 + QUEUE], order[1 + QUEUE];

static void *queued(void *arg)
{
	struct td *own = arg;

	queue_errors[own - queue] = td_getquote(own);
	return NULL;
}

/* The next one asks, until it waits for its turn. */
static void queue_up(u32 i)
{
	assert_int_equal(pthread_create(&queue_threads[i], NULL, queued, &queue[i]), 0);
	while (kshim_waiters() <= i && !READ_ONCE(tries[1 + i]))
		kshim_look_later();
}

static void start_queue(void)
{
	u32 i;

	start();
	for (i = 0; i < QUEUE; i++) {
		td_create(&queue[i], 2 + i, 4 * PAGE_SIZE);
		td_request(&queue[i]);
	}
	nr_served = 0;
	memset(tries, 0, sizeof(tries));
}

static void stop_queue(void)
{
	u32 i;

	for (i = 0; i < QUEUE; i++)
		td_destroy(&queue[i]);
	stop();
}

/* Who finds it busy pauses once, as only where nobody waits. */
static void expect_no_queue(void)
{
	busy_left = 1;
	watch(TDH_QUOTE_GET, is_busy);
	td_request(&td);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, 2);
	assert_in_range(seen[1].at - seen[0].at, 100000, 101000);
}

static u32 who_asks(const struct tdx_module_args *args)
{
	return (args->rcx - td.guest.tdr) / PAGE_SIZE;
}

static void expect_queue_served(void)
{
	u32 i;

	for (i = 0; i < QUEUE; i++) {
		pthread_join(queue_threads[i], NULL);
		assert_int_equal(queue_errors[i], 0);
		assert_null(td_quote_wrong(&queue[i]));
	}
	assert_int_equal(nr_served, 1 + QUEUE);
}

/* The others come while it is the first one's. */
static u64 one_slot(u64 fn, struct tdx_module_args *args)
{
	static bool taken;
	u32 who = who_asks(args), i;
	u64 r;

	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);
	if (__atomic_exchange_n(&taken, true, __ATOMIC_SEQ_CST))
		return TDX_OPERAND_BUSY;
	order[nr_served++] = who;
	for (i = 0; i < QUEUE && !who; i++)
		queue_up(i);
	r = seam_module(fn, args);
	__atomic_store_n(&taken, false, __ATOMIC_SEQ_CST);
	return r;
}

static void busy_first_come_first_served(void **state)
{
	u32 i;

	start_queue();
	kshim_pause_looks = 20000;
	seam = one_slot;
	expect_good_quote(&td);
	expect_queue_served();
	for (i = 0; i <= QUEUE; i++)
		assert_int_equal(order[i], i);
	kshim_pause_looks = 0;

	expect_no_queue();
	stop_queue();
}

/* There is room, for all but the first one, and for that when all others are served. */
static u64 busy_for_one(u64 fn, struct tdx_module_args *args)
{
	u32 who = who_asks(args);

	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);
	__atomic_add_fetch(&tries[who], 1, __ATOMIC_RELAXED);
	if (!who && READ_ONCE(nr_served) < QUEUE)
		return TDX_OPERAND_BUSY;
	__atomic_add_fetch(&nr_served, 1, __ATOMIC_RELAXED);
	return seam_module(fn, args);
}

/* While the first one pauses. */
static void others_come(void)
{
	u32 i;

	kshim_paused = NULL;
	for (i = 0; i < QUEUE; i++)
		queue_up(i);
}

static void busy_for_one_is_not_for_all(void **state)
{
	u32 i;

	start_queue();
	kshim_pause_looks = 3;
	seam = busy_for_one;
	kshim_paused = others_come;
	expect_good_quote(&td);
	expect_queue_served();
	kshim_pause_looks = 0;
	for (i = 0; i < QUEUE; i++)
		assert_int_equal(tries[1 + i], 1);	/* not before its turn */
	stop_queue();
}

static bool served_meanwhile;

static void another_comes(void)
{
	kshim_paused = NULL;
	queue_up(0);
}

/* During the first one's call the module has room for the next. */
static u64 busy_once(u64 fn, struct tdx_module_args *args)
{
	u32 i;

	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET || args->rcx != td.guest.tdr)
		return seam_module(fn, args);
	switch (++tries[0]) {
	case 1:
		return TDX_OPERAND_BUSY;
	case 2:
		for (i = 0; i < 2000000 && kshim_waiters() + tdx_quote_in_flight() > 1; i++)
			kshim_look_later();
		served_meanwhile = tdx_quote_in_flight() == 1;
	}
	return seam_module(fn, args);
}

static void busy_turn_is_passed_on(void **state)
{
	in_slices();
	start_queue();
	served_meanwhile = false;
	seam = busy_once;
	kshim_paused = another_comes;
	expect_good_quote(&td);
	pthread_join(queue_threads[0], NULL);
	assert_int_equal(queue_errors[0], 0);
	assert_null(td_quote_wrong(&queue[0]));
	assert_true(served_meanwhile);
	stop_queue();
}

static bool half_way_done;

/* It has room for one call only, and is busy once when that goes on. */
static u64 busy_half_way(u64 fn, struct tdx_module_args *args)
{
	u64 r;

	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);
	if (args->rcx != td.guest.tdr) {
		WRITE_ONCE(tries[1], tries[1] + 1);
		kshim_look_later();
		return READ_ONCE(half_way_done) ? seam_module(fn, args) : TDX_OPERAND_BUSY;
	}
	if (++tries[0] == 2) {
		pthread_create(&queue_threads[0], NULL, queued, &queue[0]);
		while (READ_ONCE(tries[1]) < 2)
			kshim_look_later();
		return TDX_OPERAND_BUSY;
	}
	r = seam_module(fn, args);
	WRITE_ONCE(half_way_done, r == TDX_SUCCESS);
	return r;
}

static void busy_half_way_waits_for_nobody(void **state)
{
	in_slices();
	start_queue();
	half_way_done = false;
	seam = busy_half_way;
	expect_good_quote(&td);
	pthread_join(queue_threads[0], NULL);
	assert_int_equal(tries[0], SLICES + 1);
	assert_int_equal(queue_errors[0], 0);
	assert_int_equal(queue[0].answer.ret, TDVMCALL_SUCCESS);
	assert_null(td_quote_wrong(&queue[0]));
	stop_queue();
}

static u32 busy_behind;

/* It has begun, and cannot go on so often. */
static u64 stays_half_way(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET || nr_seen < 2 || !busy_behind)
		return seam_module(fn, args);
	busy_behind--;
	return TDX_OPERAND_BUSY;
}

/* There is no way to abort it. */
static void busy_half_way_is_not_killed(void **state)
{
	in_slices();
	start();
	busy_behind = 3;
	watch(TDH_QUOTE_GET, stays_half_way);
	kshim_killed = true;
	expect_good_quote(&td);
	assert_int_equal(nr_seen, SLICES + 3);
	kshim_killed = false;
	stop();
}

/* What the module may still write to is nobody else's. */
static void busy_half_way_for_ever(void **state)
{
	u64 list;

	in_slices();
	start();
	busy_behind = -1;
	watch(TDH_QUOTE_GET, stays_half_way);
	expect_answer(&td, TDVMCALL_RETRY, UNTOUCHED);
	list = seen[0].in.r10;

	busy_behind = 0;
	nr_seen = 0;
	td_request(&td);
	expect_good_quote(&td);
	assert_int_equal(nr_seen, SLICES);
	assert_int_not_equal(seen[0].in.r10, list);
	stop();
}

static u64 busy_for_all(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);
	tries[0]++;
	return TDX_OPERAND_BUSY;
}

static void two_come_and_all_are_killed(void)
{
	kshim_paused = NULL;
	queue_up(0);
	queue_up(1);
	WRITE_ONCE(kshim_killed, true);
}

static void busy_queue_is_killed(void **state)
{
	u32 i;

	start_queue();
	seam = busy_for_all;
	kshim_paused = two_come_and_all_are_killed;
	assert_int_equal(td_getquote(&td), -EINTR);
	assert_int_equal(tries[0], 1);
	for (i = 0; i < 2; i++) {
		pthread_join(queue_threads[i], NULL);
		assert_int_equal(queue_errors[i], -EINTR);
		assert_int_equal(td_header(&queue[i])->status, UNTOUCHED);
	}
	kshim_killed = false;

	expect_no_queue();	/* the turn is not lost with them */
	stop_queue();
}

/* With the machine stopped there is no waiting. */
static void busy_while_stopped(void **state)
{
	tdx_quote_policy.reinit = TDX_REINIT_STOPPED;
	start();
	busy_left = 1;
	watch(TDH_QUOTE_INIT, is_busy);
	assert_int_equal(host_update(), -EIO);
	assert_int_equal(nr_seen, 1);
	assert_int_equal(host_update(), 0);
	expect_good_quote(&td);
	stop();
}

/* --- clear --- */

/* Says that it made a quote, as long as the last one, and has written nothing. */
static u64 writes_nothing(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);
	args->rcx = host_profile.quote_size;
	return TDX_SUCCESS;
}

/* Of the first TD's quote, how many bytes does the next one get to see? */
static u32 bytes_that_leak(u32 buffers, u32 clear)
{
	u32 size = host_profile.quote_size, leaked = 0, i;
	struct td other;

	tdx_quote_policy.buffers = buffers;
	tdx_quote_policy.clear = clear;
	start();
	expect_good_quote(&td);
	seam = writes_nothing;
	td_create(&other, 2, 4 * PAGE_SIZE);
	td_request(&other);
	assert_int_equal(td_getquote(&other), 0);
	assert_int_equal(other.answer.status, TDX_GETQUOTE_SUCCESS);
	assert_int_equal(td_header(&other)->out_len, size);
	for (i = 0; i < size; i++) {
		u8 byte = other.memory[HDR + i];

		leaked += byte && byte == td.memory[HDR + i];
	}
	td_destroy(&other);
	stop();
	return leaked;
}

static void never_cleared(void **state)
{
	assert_true(bytes_that_leak(TDX_BUFFERS_SHARED, TDX_CLEAR_NEVER) > 8000);
	assert_true(bytes_that_leak(TDX_BUFFERS_PER_CALL, TDX_CLEAR_NEVER) > 8000);
}

static void always_cleared(void **state)
{
	assert_int_equal(bytes_that_leak(TDX_BUFFERS_SHARED, TDX_CLEAR_ALWAYS), 0);
	assert_int_equal(bytes_that_leak(TDX_BUFFERS_PER_CALL, TDX_CLEAR_ALWAYS), 0);
}

/* --- wait --- */

static int waiter_error;
static bool waiter_done;

static void *waiter(void *unused)
{
	waiter_error = td_getquote(&td);
	WRITE_ONCE(waiter_done, true);
	return NULL;
}

/* A waiter gets a signal while all buffers are held: does it go on waiting? */
static void kill_waiter(u32 buffers, u32 wait)
{
	pthread_t thread;
	u32 i;

	tdx_quote_policy.buffers = buffers;
	tdx_quote_policy.wait = wait;
	start();
	hold_buffers(0);
	waiter_done = false;
	assert_int_equal(pthread_create(&thread, NULL, waiter, NULL), 0);
	while (!tdx_quote_in_flight())
		kshim_look_later();
	assert_false(READ_ONCE(waiter_done));
	WRITE_ONCE(kshim_killed, true);
	for (i = 0; i < 100; i++)
		kshim_look_later();

	if (wait == TDX_WAIT_UNINTERRUPTIBLE) {
		assert_false(READ_ONCE(waiter_done));
		release_buffers();
		pthread_join(thread, NULL);
		assert_int_equal(waiter_error, 0);
		assert_null(td_quote_wrong(&td));
	} else {
		pthread_join(thread, NULL);
		assert_int_equal(waiter_error, -EINTR);
		assert_int_equal(td_header(&td)->status, UNTOUCHED);
		release_buffers();
	}
	kshim_killed = false;
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

static void waits_whatever_happens(void **state)
{
	kill_waiter(TDX_BUFFERS_SHARED, TDX_WAIT_UNINTERRUPTIBLE);
	kill_waiter(TDX_BUFFERS_PER_CALL, TDX_WAIT_UNINTERRUPTIBLE);
}

static void waits_until_killed(void **state)
{
	kill_waiter(TDX_BUFFERS_SHARED, TDX_WAIT_KILLABLE);
	kill_waiter(TDX_BUFFERS_PER_CALL, TDX_WAIT_KILLABLE);
}

/* --- limit --- */

static void *requester(void *arg)
{
	struct td *own = arg;

	assert_int_equal(td_getquote(own), 0);
	return NULL;
}

/* @nr requests of one TD wait for a buffer, then all are served. */
static void many_requests(u32 limit, u32 nr, bool full)
{
	pthread_t threads[TDX_GUEST_MAX_IN_FLIGHT + 1];
	u32 i;

	tdx_quote_policy.limit = limit;
	start();
	hold_buffers(0);
	for (i = 0; i < nr; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, requester, &td), 0);
	while (tdx_quote_in_flight() < nr)
		kshim_look_later();
	assert_int_equal(atomic_read(&td.guest.in_flight), nr);
	if (full)
		expect_answer(&td, TDVMCALL_RETRY, UNTOUCHED);
	release_buffers();
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(td_header(&td)->status, TDX_GETQUOTE_SUCCESS);
	assert_null(td_quote_wrong(&td));
	stop();
}

static void any_number_of_requests(void **state)
{
	many_requests(TDX_LIMIT_NONE, TDX_GUEST_MAX_IN_FLIGHT + 1, false);
}

static void so_many_requests(void **state)
{
	many_requests(TDX_LIMIT_PER_TD, TDX_GUEST_MAX_IN_FLIGHT, true);
}

/* --- resched --- */

static u64 offers_of_a_quote(u32 resched)
{
	u64 before;

	in_slices();
	tdx_quote_policy.resched = resched;
	start();
	before = kshim_resched_offers();
	expect_good_quote(&td);
	before = kshim_resched_offers() - before;
	stop();
	return before;
}

static void never_offers_to_reschedule(void **state)
{
	assert_int_equal(offers_of_a_quote(TDX_RESCHED_NONE), 0);
}

static void offers_between_iterations(void **state)
{
	assert_int_equal(offers_of_a_quote(TDX_RESCHED_COND), SLICES - 1);
}

/* --- errors --- */

struct cause {
	const char *name;
	void (*arrange)(void);
	struct {
		u64 ret, status;
	} collapsed, distinct;
	enum { LEN_KEPT, LEN_TOLD, LEN_TOLD_IF_DISTINCT } out_len;
};

static void wrong_version(void) { td_header(&td)->version = 2; }
static void long_input(void) { td_header(&td)->in_len = 4096 - 24 + 1; }
static void short_input(void) { td_header(&td)->in_len = REPORT - 1; }
static void forged_report(void) { td.memory[HDR + 600] ^= 1; }
static void small_buffer(void) { td.size = PAGE_SIZE; }
static void unreadable_header(void) { td.fail_at = 0; }
static void unreadable_report(void) { td.fail_at = HDR; }
static void unwritable_length(void) { td.fail_at = 20; }
static void unwritable_status(void) { td.fail_at = 8; }
static void no_memory(void) { kshim_fail_alloc_after(0); }
static void always_busy(void) { seam_refuse(TDH_QUOTE_GET, 0, -1, TDX_OPERAND_BUSY); }
static void never_entropy(void) { seam_refuse(TDH_QUOTE_GET, 0, -1, TDX_RND_NO_ENTROPY); }
static void module_fails(void) { seam_refuse(TDH_QUOTE_GET, 0, 1, TDX_TD_FATAL); }

static void no_memory_to_keep_it(void)
{
	tdx_quote_policy.buffers = TDX_BUFFERS_SHARED;
	kshim_fail_alloc_after(1);
}

static void unwritable_quote(void)
{
	td.fail_at = HDR;
	td.readable = true;
}

static u64 says_too_much(u64 fn, struct tdx_module_args *args)
{
	u64 r = seam_module(fn, args);

	args->rcx = TDX_FN_LEAF(fn) == TDH_QUOTE_GET ? host_profile.max_quote_size + 1 : args->rcx;
	return r;
}

static void module_lies(void) { seam = says_too_much; }

#define ERROR		TDX_GETQUOTE_ERROR
#define UNAVAILABLE	TDX_GETQUOTE_UNAVAILABLE
#define OK		TDVMCALL_SUCCESS
#define RETRY		TDVMCALL_RETRY

static const struct cause causes[] = {
	{ "wrong version", wrong_version, { INVALID, ERROR }, { OK, ERROR } },
	{ "input too long", long_input, { INVALID, ERROR }, { OK, ERROR } },
	{ "input too short", short_input, { INVALID, UNAVAILABLE }, { OK, ERROR } },
	{ "forged report", forged_report, { INVALID, UNAVAILABLE }, { OK, ERROR } },
	{ "buffer too small", small_buffer, { INVALID, ERROR }, { OK, ERROR },
	  LEN_TOLD_IF_DISTINCT },
	{ "header unreadable", unreadable_header, { INVALID, UNTOUCHED }, { INVALID, UNTOUCHED } },
	{ "report unreadable", unreadable_report, { INVALID, UNTOUCHED }, { INVALID, UNTOUCHED } },
	{ "quote unwritable", unwritable_quote, { INVALID, ERROR }, { INVALID, UNTOUCHED } },
	{ "length unwritable", unwritable_length, { INVALID, ERROR }, { INVALID, UNTOUCHED } },
	{ "status unwritable", unwritable_status, { INVALID, UNTOUCHED }, { INVALID, UNTOUCHED },
	  LEN_TOLD },
	{ "no memory", no_memory, { INVALID, UNTOUCHED }, { RETRY, UNTOUCHED } },
	{ "no memory to keep it", no_memory_to_keep_it, { INVALID, UNAVAILABLE },
	  { RETRY, UNTOUCHED } },
	{ "module busy", always_busy, { INVALID, UNAVAILABLE }, { RETRY, UNTOUCHED } },
	{ "no entropy", never_entropy, { INVALID, UNAVAILABLE }, { RETRY, UNTOUCHED } },
	{ "module fails", module_fails, { INVALID, UNAVAILABLE }, { OK, UNAVAILABLE } },
	{ "module lies", module_lies, { INVALID, UNAVAILABLE }, { OK, UNAVAILABLE } },
};

static void show_error(const struct cause *cause, u32 errors)
{
	bool distinct = errors == TDX_ERRORS_DISTINCT;
	u32 out_len;

	tdx_quote_policy.errors = errors;
	start();
	out_len = td_header(&td)->out_len;
	cause->arrange();
	expect_answer(&td, distinct ? cause->distinct.ret : cause->collapsed.ret,
		      distinct ? cause->distinct.status : cause->collapsed.status);
	if (cause->out_len == LEN_TOLD || (cause->out_len == LEN_TOLD_IF_DISTINCT && distinct))
		out_len = host_profile.quote_size;
	assert_int_equal(td_header(&td)->out_len, out_len);
	tdx_quote_policy.buffers = host_best.buffers;
	stop();
}

static void every_cause(u32 errors)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		print_message("# %s\n", causes[i].name);
		show_error(&causes[i], errors);
	}
}

static void errors_are_collapsed(void **state)
{
	every_cause(TDX_ERRORS_COLLAPSED);
}

static void errors_are_distinct(void **state)
{
	every_cause(TDX_ERRORS_DISTINCT);
}

/* --- pool_alloc, pool_flush --- */

static bool one_piece(void)
{
	const u64 *list = node_of(seen[0].in.rcx & TDX_HPA_LIST_HPA);
	u32 i;

	for (i = 1; i < host_profile.pool_pages; i++)
		if (list[i] != list[i - 1] + PAGE_SIZE)
			return false;
	return true;
}

static u64 looks_at_list(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) == TDH_EXT_MEM_ADD) {
		seen[0].in = *args;
		assert_int_equal(one_piece(), tdx_quote_policy.pool_alloc == TDX_POOL_CONTIG);
	}
	return seam_module(fn, args);
}

static void pool_in_one_piece(void **state)
{
	host_profile.pool_pages = 300;	/* no power of two */
	tdx_quote_policy.pool_alloc = TDX_POOL_CONTIG;
	host_power_on();
	seam = looks_at_list;
	host_bring_up();
	host_power_off();

	host_power_on();
	kshim_max_contig = 299;
	assert_int_equal(lab_bring_up(), -ENOMEM);
	assert_int_equal(lab_state(), TDX_LAB_FAILED);
	assert_int_equal(seam_attempts(TDH_EXT_MEM_ADD), 0);
	host_power_off();
}

static void pool_in_pieces(void **state)
{
	host_profile.pool_pages = 300;
	host_power_on();
	kshim_max_contig = 0;
	kshim_max_order = 0;
	seam = looks_at_list;
	host_bring_up();
	host_power_off();
}

static u64 flushed_by(u32 flush)
{
	u64 before = kshim_flushed();

	host_profile.pool_pages = 600;
	tdx_quote_policy.pool_flush = flush;
	host_power_on();
	host_bring_up();
	host_power_off();
	return kshim_flushed() - before;
}

static void pool_not_flushed(void **state)
{
	assert_int_equal(flushed_by(TDX_FLUSH_NONE), 0);
}

static void pool_flushed(void **state)
{
	assert_int_equal(flushed_by(TDX_FLUSH_CLFLUSH), 600 * PAGE_SIZE);
}

/* --- update --- */

static int update_error;

/* An update between two iterations of a quote. */
static void update_now(void)
{
	if (!tdx_quote_in_flight())
		return;
	kshim_preempted = NULL;
	update_error = host_update();
}

static void racing(u64 calls)
{
	in_slices();
	host_profile.update_calls = calls;
	tdx_quote_policy = host_posted;
	start();
	kshim_preempted = update_now;
	assert_int_equal(td_getquote(&td), 0);
	kshim_preempted = NULL;
}

static void update_cancels_quotes(void **state)
{
	racing(TDX_EMU_CALLS_CANCEL);
	assert_int_equal(update_error, 0);
	assert_int_equal(td.answer.ret, INVALID);	/* its input page was overwritten */
	stop();
}

static void update_makes_quotes_stale(void **state)
{
	racing(TDX_EMU_CALLS_SURVIVE);
	assert_int_equal(update_error, 0);
	assert_int_equal(td.answer.status, TDX_GETQUOTE_SUCCESS);
	assert_non_null(td_quote_wrong(&td));
	assert_int_equal(tdx_emu_stale_quotes(), 1);
	stop();
}

static void quotes_defer_the_update(void **state)
{
	racing(TDX_EMU_CALLS_REFUSE);
	assert_int_equal(update_error, -EBUSY);
	assert_int_equal(td.answer.status, TDX_GETQUOTE_SUCCESS);
	assert_null(td_quote_wrong(&td));
	stop();
}

static pthread_t updater;

static void *update_in_thread(void *unused)
{
	update_error = host_update();
	return NULL;
}

/* The update waits; who asks now is told to ask again. */
static void begin_update(void)
{
	struct td other;

	if (!tdx_quote_in_flight())
		return;
	kshim_preempted = NULL;
	assert_int_equal(pthread_create(&updater, NULL, update_in_thread, NULL), 0);
	while (tdx_quote_get_state() != TDX_QUOTE_UPDATING)
		kshim_look_later();
	td_create(&other, 2, 4 * PAGE_SIZE);
	td_request(&other);
	expect_answer(&other, RETRY, UNTOUCHED);
	assert_int_equal(other.nr_accesses, 0);
	assert_int_equal(tdx_quote_in_flight(), 1);
	td_destroy(&other);
	assert_int_equal(seam_attempts(TDH_SYS_SHUTDOWN), 0);
}

static void update_waits_for_quotes(void **state)
{
	in_slices();
	host_profile.update_calls = TDX_EMU_CALLS_SURVIVE;
	start();
	kshim_preempted = begin_update;
	assert_int_equal(td_getquote(&td), 0);
	pthread_join(updater, NULL);
	assert_int_equal(td.answer.status, TDX_GETQUOTE_SUCCESS);
	assert_int_equal(update_error, 0);
	assert_int_equal(tdx_emu_stale_quotes(), 0);
	assert_int_equal(tdx_emu_key_epoch(), 2);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

static void killed_while_quotes_are_made(void)
{
	if (!tdx_quote_in_flight())
		return;
	kshim_preempted = NULL;
	kshim_killed = true;
	update_error = host_update();
	kshim_killed = false;
}

static void waiting_update_is_killed(void **state)
{
	in_slices();
	start();
	kshim_preempted = killed_while_quotes_are_made;
	expect_good_quote(&td);
	assert_int_equal(update_error, -EINTR);
	assert_int_equal(seam_attempts(TDH_SYS_SHUTDOWN), 0);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

/* --- reinit --- */

static void reinit_where(u32 reinit)
{
	u16 leaf;

	tdx_quote_policy.reinit = reinit;
	for (leaf = TDH_EXT_INIT; ; leaf = TDH_QUOTE_INIT) {
		start();
		watch(leaf, seam_module);
		assert_int_equal(host_update(), 0);
		assert_int_equal(nr_seen, 1);
		assert_int_equal(seen[0].stopped, reinit == TDX_REINIT_STOPPED);
		expect_good_quote(&td);
		stop();
		if (leaf == TDH_QUOTE_INIT)
			break;
	}
}

static void reinit_with_machine_stopped(void **state)
{
	reinit_where(TDX_REINIT_STOPPED);
}

static void reinit_with_machine_running(void **state)
{
	reinit_where(TDX_REINIT_RUNNING);
}

/* Watchdogs bark where the machine is stopped for long: so such a profile is refused. */
static void machine_stopped_for_long(void **state)
{
	struct tdx_lab_update update;
	u32 reinit;

	for (reinit = TDX_REINIT_STOPPED; reinit <= TDX_REINIT_RUNNING; reinit++) {
		bool refused = reinit == TDX_REINIT_STOPPED;

		host_profile_default();
		tdx_quote_policy.reinit = reinit;
		start();
		host_profile.ext_init_ns = 2500000000ULL;
		host_profile.quote_init_ns = 2500000001ULL;
		update = (struct tdx_lab_update){ .profile = host_profile };
		assert_int_equal(lab_update(&update), refused ? -ERANGE : 0);
		assert_int_equal(seam_attempts(TDH_SYS_SHUTDOWN), !refused);
		if (refused)
			assert_non_null(strstr(kshim_last_log(), "reinit stopped"));
		td_request(&td);
		expect_good_quote(&td);

		host_profile.quote_init_ns--;
		assert_int_equal(host_update(), 0);
		td_request(&td);
		expect_good_quote(&td);
		stop();
	}
}

/* --- recheck --- */

static void no_ext(void) { host_profile.features = TDX_EMU_FEATURES_NO_EXT; }
static void no_quote(void) { host_profile.features = TDX_EMU_FEATURES_NO_QUOTE; }
static void not_required(void) { host_profile.features = TDX_EMU_FEATURES_NOT_REQUIRED; }
static void larger_pool(void) { host_profile.pool_pages++; }

static void larger_quotes(void)
{
	host_profile.max_quote_size = host_profile.quote_size = 12000;
}

static void fails(u64 leaf)
{
	host_profile.fault_leaf = leaf;
	host_profile.fault_status = TDX_EMU_STATUS_NOT_READY;
	host_profile.fault_times = 1000;
}

static void ext_init_fails(void) { fails(TDX_EMU_FAULT_EXT_INIT); }
static void quote_init_fails(void) { fails(TDX_EMU_FAULT_QUOTE_INIT); }
static void update_fails(void) { fails(TDX_EMU_FAULT_SYS_UPDATE); }

/* A new module that quoting cannot go on with: what the two policies' updates say. */
static const struct {
	const char *name;
	void (*change)(void);
	int posted, best;
} changes[] = {
	{ "extensions dropped", no_ext, -EIO, -EOPNOTSUPP },
	{ "quoting dropped", no_quote, -EIO, -EIO },
	{ "extensions not required", not_required, 0, -EOPNOTSUPP },
	{ "pool grown", larger_pool, -ENOMEM, -ENOMEM },
	{ "quotes grown", larger_quotes, 0, -ENOSPC },
	{ "TDH.EXT.INIT fails", ext_init_fails, -EIO, -EIO },
	{ "TDH.QUOTE.INIT fails", quote_init_fails, 0, -EIO },
	{ "TDH.SYS.UPDATE fails", update_fails, -EIO, -EIO },
};

/* The guest is told, for ever, that quoting is unavailable, and nobody else may answer. */
static void nothing_is_rechecked(void **state)
{
	u32 i;

	tdx_quote_policy = host_posted;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		print_message("# %s\n", changes[i].name);
		host_profile_default();
		start();
		changes[i].change();
		assert_int_equal(host_update(), changes[i].posted);
		assert_true(tdx_quote_available());
		expect_answer(&td, INVALID, UNAVAILABLE);
		stop();
	}
}

/* User space is to answer until a good update comes. */
static void all_is_rechecked(void **state)
{
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		print_message("# %s\n", changes[i].name);
		host_profile_default();
		start();
		changes[i].change();
		assert_int_equal(host_update(), changes[i].best);
		assert_false(tdx_quote_available());
		assert_int_equal(td_getquote(&td), -ENODEV);
		assert_int_equal(td.answer.ret, TDVMCALL_SUBFUNC_UNSUPPORTED);
		assert_int_equal(td_header(&td)->status, UNTOUCHED);
		for (k = 0; k < td.nr_accesses; k++)
			assert_false(td.accesses[k].write);
		assert_int_equal(seam_attempts(TDH_QUOTE_GET), 0);

		host_profile_default();
		kshim_fail_alloc_after(0);	/* it needs no memory */
		assert_int_equal(host_update(), 0);
		kshim_fail_alloc_after(-1);
		assert_int_equal(lab_state(), TDX_LAB_UP);
		expect_good_quote(&td);
		stop();
	}
}

/* Where there never was any quoting user space is to answer, whatever the policy. */
static void no_quoting_at_boot(void **state)
{
	u32 recheck;

	for (recheck = TDX_RECHECK_NONE; recheck <= TDX_RECHECK_METADATA; recheck++) {
		tdx_quote_policy.recheck = recheck;
		host_profile_default();
		quote_init_fails();
		host_power_on();
		assert_int_equal(lab_bring_up(), 0);
		assert_int_equal(lab_state(), TDX_LAB_NO_QUOTING);
		td_create(&td, 1, 4 * PAGE_SIZE);
		td_request(&td);
		assert_int_equal(td_getquote(&td), -ENODEV);
		assert_int_equal(td.answer.ret, TDVMCALL_SUBFUNC_UNSUPPORTED);
		assert_int_equal(td.answer.status, TDX_GETQUOTE_IN_FLIGHT);
		assert_int_equal(td.nr_accesses, 0);
		stop();
	}
}

/* Where there was no quoting at boot an update may bring it, and makes the buffers. */
static void update_brings_quoting(void **state)
{
	host_profile.fault_leaf = TDX_EMU_FAULT_QUOTE_INIT;
	host_power_on();
	assert_int_equal(lab_bring_up(), 0);
	assert_int_equal(lab_state(), TDX_LAB_NO_QUOTING);
	host_profile_default();
	assert_int_equal(host_update(), 0);
	assert_int_equal(lab_state(), TDX_LAB_UP);
	td_create(&td, 1, 4 * PAGE_SIZE);
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

#define TEST(name)	cmocka_unit_test_setup(name, defaults)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resumed_with_outputs),
		TEST(resumed_with_inputs),
		TEST(resumed_on_any_cpu),
		TEST(resumed_where_it_was_left),
		TEST(given_up_on_the_wrong_cpu),
		TEST(retried_with_outputs),
		TEST(retried_with_inputs),
		TEST(entropy_is_awaited_at_each_entry),
		TEST(pool_goes_on_with_rcx),
		TEST(input_in_the_output),
		TEST(input_in_its_own_page),
		TEST(busy_is_final),
		TEST(busy_is_waited_for),
		TEST(busy_for_ever),
		TEST(pool_while_busy),
		TEST(pool_without_entropy),
		TEST(busy_first_come_first_served),
		TEST(busy_for_one_is_not_for_all),
		TEST(busy_turn_is_passed_on),
		TEST(busy_half_way_waits_for_nobody),
		TEST(busy_half_way_is_not_killed),
		TEST(busy_half_way_for_ever),
		TEST(busy_queue_is_killed),
		TEST(busy_while_stopped),
		TEST(never_cleared),
		TEST(always_cleared),
		TEST(waits_whatever_happens),
		TEST(waits_until_killed),
		TEST(any_number_of_requests),
		TEST(so_many_requests),
		TEST(never_offers_to_reschedule),
		TEST(offers_between_iterations),
		TEST(errors_are_collapsed),
		TEST(errors_are_distinct),
		TEST(pool_in_one_piece),
		TEST(pool_in_pieces),
		TEST(pool_not_flushed),
		TEST(pool_flushed),
		TEST(update_cancels_quotes),
		TEST(update_makes_quotes_stale),
		TEST(quotes_defer_the_update),
		TEST(update_waits_for_quotes),
		TEST(waiting_update_is_killed),
		TEST(reinit_with_machine_stopped),
		TEST(reinit_with_machine_running),
		TEST(machine_stopped_for_long),
		TEST(nothing_is_rechecked),
		TEST(all_is_rechecked),
		TEST(no_quoting_at_boot),
		TEST(update_brings_quoting),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
