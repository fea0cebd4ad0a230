// SPDX-License-Identifier: GPL-2.0
/*
 * GetQuote from the guest's request to the quote in its memory: every check
 * with its answer, both buffer policies, resumption, time that adds up, and
 * callers that are killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include <trace/events/tdx_ext.h>

#include "guest.h"
#include "host.h"
#include "tdx_quote_buf.h"

/* --- a host with one TD --- */

static struct td td;
static struct tdx_quote ended;	/* as quote_end saw it */
static u32 nr_ended, nr_begun;
static u64 exit_ret, exit_status;
static int exit_error;

void on_quote_begin(u64 quote, u64 tdr)
{
	nr_begun++;
}

void on_quote_end(const struct tdx_quote *quote)
{
	nr_ended++;
	ended = *quote;
}

void on_getquote_exit(u64 tdr, u64 ret, u64 status, int error)
{
	exit_ret = ret;
	exit_status = status;
	exit_error = error;
}

static void start(enum tdx_quote_buffers buffers)
{
	tdx_quote_policy = host_best;
	tdx_quote_policy.errors = TDX_ERRORS_COLLAPSED;
	tdx_quote_policy.buffers = buffers;
	host_power_on();
	host_bring_up();
	td_create(&td, 1, 4 * PAGE_SIZE);
	td_request(&td);
	kshim_traced = true;
	nr_begun = nr_ended = 0;
}

static void stop(void)
{
	assert_int_equal(nr_begun, nr_ended);
	td_destroy(&td);
	host_power_off();
}

static int default_profile(void **state)
{
	host_profile_default();
	return 0;
}

/* --- quotes --- */

static void good_quotes(void **state)
{
	u32 buffers, token, yield;

	for (buffers = TDX_BUFFERS_SHARED; buffers <= TDX_BUFFERS_PER_CALL; buffers++) {
		for (token = TDX_EMU_TOKEN_MAC0; token <= TDX_EMU_TOKEN_SIGN1; token++) {
			for (yield = TDX_EMU_YIELD_PENDING; yield <= TDX_EMU_YIELD_NEVER; yield++) {
				host_profile.token = token;
				host_profile.yield = yield;
				start(buffers);
				expect_good_quote(&td);
				td_request(&td);
				expect_good_quote(&td);
				stop();
			}
		}
	}
}

/* The largest that fits to the byte, and one byte more. */
static void buffer_of_the_right_size(void **state)
{
	host_profile.quote_size = 3 * PAGE_SIZE - HDR;
	host_profile.max_quote_size = host_profile.quote_size + 1;
	start(TDX_BUFFERS_PER_CALL);
	td.size = 3 * PAGE_SIZE;
	expect_good_quote(&td);
	stop();

	host_profile.quote_size++;
	start(TDX_BUFFERS_PER_CALL);
	td.size = 3 * PAGE_SIZE;
	expect_answer(&td, INVALID, TDX_GETQUOTE_ERROR);
	assert_int_equal(td.nr_accesses, 3);	/* nothing of it was written */
	stop();
}

/* Quotes whose list takes one full node, one word more, and three nodes. */
static void lists_of_several_nodes(void **state)
{
	static const u32 sizes[] = { 511 * 4096, 511 * 4096 + 1, 1023 * 4096 };
	u32 i;

	kshim_cpus = 1;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		host_profile.quote_size = host_profile.max_quote_size = sizes[i];
		start(TDX_BUFFERS_PER_CALL);
		td_destroy(&td);
		td_create(&td, 1, 1024 * PAGE_SIZE);
		td_request(&td);
		expect_good_quote(&td);
		stop();
	}
	kshim_cpus = 4;
}

static bool same_access(const struct access *a, bool write, u64 at, u32 len)
{
	return a->write == write && a->at == at && a->len == len;
}

static void each_byte_once_and_status_last(void **state)
{
	u32 len = host_profile.quote_size, i;

	start(TDX_BUFFERS_PER_CALL);
	expect_good_quote(&td);
	assert_int_equal(td.nr_accesses, 5);
	for (i = 0; i < td.nr_accesses; i++)
		assert_int_equal(td.accesses[i].in_flight, 0);
	assert_true(same_access(&td.accesses[0], false, 0, HDR));
	assert_true(same_access(&td.accesses[1], false, HDR, REPORT));
	assert_true(same_access(&td.accesses[2], true, HDR, len));
	assert_true(same_access(&td.accesses[3], true, 20, 4));
	assert_true(same_access(&td.accesses[4], true, 8, 8));
	stop();
}

/* --- what is refused --- */

static void wrong_addresses(void **state)
{
	static const struct {
		u64 gpa, size, ret;
	} cases[] = {
		{ GPA, 4 * PAGE_SIZE, INVALID },			/* not marked shared */
		{ GPA | SHARED_BIT, 0, INVALID },
		{ (GPA + 8) | SHARED_BIT, 0, INVALID },			/* size before alignment */
		{ (GPA + 8) | SHARED_BIT, PAGE_SIZE, TDVMCALL_ALIGN_ERROR },
		{ GPA | SHARED_BIT, PAGE_SIZE - 8, TDVMCALL_ALIGN_ERROR },
		{ GPA | SHARED_BIT, PAGE_SIZE + 1, TDVMCALL_ALIGN_ERROR },
		{ ~0ULL << 12, 1ULL << 52, INVALID },			/* wraps */
		{ GPA | SHARED_BIT, -GPA, INVALID },
		{ GPA | SHARED_BIT, 5 * PAGE_SIZE, INVALID },		/* one page is private */
		{ (GPA - PAGE_SIZE) | SHARED_BIT, PAGE_SIZE, INVALID },
	};
	struct tdx_getquote_answer answer;
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(tdx_getquote(&td.guest, cases[i].gpa, cases[i].size, &answer), 0);
		assert_int_equal(answer.ret, cases[i].ret);
		assert_int_equal(answer.status, TDX_GETQUOTE_IN_FLIGHT);
		assert_int_equal(exit_ret, cases[i].ret);
		assert_int_equal(exit_status, TDX_GETQUOTE_IN_FLIGHT);
	}
	assert_int_equal(td.nr_accesses, 0);
	assert_int_equal(nr_begun, 0);
	expect_good_quote(&td);
	stop();
}

static void wrong_headers(void **state)
{
	static const struct {
		u64 version;
		u32 in_len;
		u64 status;
	} cases[] = {
		{ 0, REPORT, TDX_GETQUOTE_ERROR },
		{ 2, REPORT, TDX_GETQUOTE_ERROR },
		{ 1ULL << 32 | 1, REPORT, TDX_GETQUOTE_ERROR },
		{ 1, 4096 - 24 + 1, TDX_GETQUOTE_ERROR },
		{ 1, -23, TDX_GETQUOTE_ERROR },			/* + 24 wraps to 1 */
		{ 1, -1, TDX_GETQUOTE_ERROR },
		/* Right by the header, but no report: the module says so. */
		{ 1, 4096 - 24, TDX_GETQUOTE_UNAVAILABLE },
		{ 1, 0, TDX_GETQUOTE_UNAVAILABLE },
		{ 1, REPORT - 1, TDX_GETQUOTE_UNAVAILABLE },
		{ 1, REPORT + 1, TDX_GETQUOTE_UNAVAILABLE },
	};
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		td_request(&td);
		td_header(&td)->version = cases[i].version;
		td_header(&td)->in_len = cases[i].in_len;
		expect_answer(&td, INVALID, cases[i].status);
		assert_int_equal(exit_ret, INVALID);
		assert_int_equal(exit_status, cases[i].status);
		assert_int_equal(exit_error, 0);
	}
	stop();
}

static void anothers_report(void **state)
{
	struct td other;

	start(TDX_BUFFERS_SHARED);
	td_create(&other, 2, 4 * PAGE_SIZE);
	td_request(&other);
	memcpy(td.memory + HDR, other.memory + HDR, REPORT);
	expect_answer(&td, INVALID, TDX_GETQUOTE_UNAVAILABLE);
	td_destroy(&other);
	stop();
}

static void unreadable_memory(void **state)
{
	start(TDX_BUFFERS_PER_CALL);
	td.fail_at = 0;
	expect_answer(&td, INVALID, UNTOUCHED);
	td.fail_at = HDR;
	expect_answer(&td, INVALID, UNTOUCHED);
	assert_int_equal(seam_attempts(TDH_QUOTE_GET), 0);
	stop();
}

static u64 fail_at_when_made;

static u64 fail_when_made(u64 fn, struct tdx_module_args *args)
{
	u64 r = seam_module(fn, args);

	if (TDX_FN_LEAF(fn) == TDH_QUOTE_GET && r == TDX_SUCCESS)
		td.fail_at = fail_at_when_made;
	return r;
}

static void unwritable_memory(void **state)
{
	start(TDX_BUFFERS_PER_CALL);
	seam = fail_when_made;
	fail_at_when_made = HDR;	/* the quote */
	expect_answer(&td, INVALID, TDX_GETQUOTE_ERROR);

	td.fail_at = -1;
	td_request(&td);
	fail_at_when_made = 20;		/* its length */
	expect_answer(&td, INVALID, TDX_GETQUOTE_ERROR);

	td.fail_at = -1;
	td_request(&td);
	fail_at_when_made = 8;		/* the status: there is no way to tell */
	expect_answer(&td, INVALID, UNTOUCHED);
	assert_int_equal(exit_status, TDX_GETQUOTE_IN_FLIGHT);
	stop();
}

static void module_refuses(void **state)
{
	static const struct {
		u64 status;
		int error;
	} cases[] = {
		{ TDX_OPERAND_BUSY, -EBUSY },
		{ TDX_RND_NO_ENTROPY, -EBUSY },
		{ TDX_OPERAND_INVALID | TDX_OPERAND_R9, -EBADMSG },
		{ TDX_INVALID_REPORTMACSTRUCT, -EBADMSG },
		{ TDX_OPERAND_INVALID | TDX_OPERAND_R10, -EIO },
		{ TDX_SYS_SHUTDOWN, -EIO },
		{ 1, -EIO },
	};
	u32 i, buffers;

	for (buffers = TDX_BUFFERS_SHARED; buffers <= TDX_BUFFERS_PER_CALL; buffers++) {
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			start(buffers);
			seam_refuse(TDH_QUOTE_GET, 0, -1, cases[i].status);
			expect_answer(&td, INVALID, TDX_GETQUOTE_UNAVAILABLE);
			assert_int_equal(ended.call.status, cases[i].status);
			assert_int_equal(ended.error, cases[i].error);
			seam_refuse(0, 0, 0, 0);
			td_request(&td);
			expect_good_quote(&td);
			stop();
		}
	}
}

static u64 length_told;

static u64 tell_length(u64 fn, struct tdx_module_args *args)
{
	u64 r = seam_module(fn, args);

	if (TDX_FN_LEAF(fn) == TDH_QUOTE_GET)
		args->rcx = length_told;
	return r;
}

/* A length that nobody should believe. */
static void module_lies(void **state)
{
	const u64 lengths[] = { 0, host_profile.max_quote_size + 1, 1ULL << 32, 1ULL << 32 | 9000, -1 };
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	seam = tell_length;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		length_told = lengths[i];
		td_request(&td);
		expect_answer(&td, INVALID, TDX_GETQUOTE_UNAVAILABLE);
	}
	length_told = host_profile.max_quote_size;
	assert_int_equal(td_getquote(&td), 0);
	assert_int_equal(td.answer.ret, TDVMCALL_SUCCESS);
	assert_int_equal(td_header(&td)->out_len, host_profile.max_quote_size);
	stop();
}

/*
 * First the input page, without which the guest's header is left alone; then
 * the copy that frees the buffer.
 */
static void no_memory(void **state)
{
	u32 buffers, after;

	for (buffers = TDX_BUFFERS_SHARED; buffers <= TDX_BUFFERS_PER_CALL; buffers++) {
		start(buffers);
		for (after = 0; ; after++) {
			td_request(&td);
			kshim_fail_alloc_after(after);
			assert_int_equal(td_getquote(&td), 0);
			if (td.answer.ret == TDVMCALL_SUCCESS)
				break;
			assert_int_equal(td_header(&td)->status,
					 after ? TDX_GETQUOTE_UNAVAILABLE : UNTOUCHED);
			assert_int_equal(host_live_allocs(), 2 * tdx_quote_nr_buffers() + 1);
		}
		assert_int_equal(after, 2);
		kshim_fail_alloc_after(-1);
		stop();
	}
}

/* --- guest memory that takes for ever --- */

static struct td other;

/* Who waited for this guest would be killed. */
static void others_go_on(void)
{
	td.on_quote = NULL;
	kshim_killed = true;
	td_request(&other);
	expect_good_quote(&other);
	assert_int_equal(host_update(), 0);
	td_request(&other);
	expect_good_quote(&other);
	kshim_killed = false;
}

static void slow_guest_delays_nobody(void **state)
{
	u32 buffers;

	for (buffers = TDX_BUFFERS_SHARED; buffers <= TDX_BUFFERS_PER_CALL; buffers++) {
		kshim_cpus = 1;
		start(buffers);
		hold_buffers(1);
		td_create(&other, 2, 4 * PAGE_SIZE);
		td.on_quote = others_go_on;
		assert_int_equal(td_getquote(&td), 0);
		assert_null(td.on_quote);
		assert_int_equal(td.answer.status, TDX_GETQUOTE_SUCCESS);
		assert_int_equal(tdx_emu_stale_quotes(), 0);
		assert_int_equal(tdx_emu_key_epoch(), 2);
		release_buffers();
		td_destroy(&other);
		stop();
		kshim_cpus = 4;
	}
}

/* --- buffers that the module may still write to --- */

static u32 last_buffer;

void on_quote_buffer(u64 quote, u64 tdr, u32 buffer, u64 wait_ns)
{
	last_buffer = buffer;
}

/* A call that cannot be resumed, nor aborted. Its buffer goes with it. */
static void lose_buffer(void)
{
	seam_refuse(TDH_QUOTE_GET, seam_attempts(TDH_QUOTE_GET), 1, TDX_INVALID_RESUMPTION);
	td_request(&td);
	expect_answer(&td, INVALID, TDX_GETQUOTE_UNAVAILABLE);
	assert_int_equal(ended.error, -EIO);
}

static void *ask(void *arg)
{
	struct td *own = arg;

	return (void *)(intptr_t)td_getquote(own);
}

static intptr_t join(pthread_t thread)
{
	void *ret;

	assert_int_equal(pthread_join(thread, &ret), 0);
	return (intptr_t)ret;
}

static void start_waiters(pthread_t *threads, struct td *tds, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		td_create(&tds[i], 10 + i, 4 * PAGE_SIZE);
		td_request(&tds[i]);
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &tds[i]), 0);
	}
	while (kshim_waiters() < nr)
		kshim_look_later();
}

static void buffer_lost(void **state)
{
	struct tdx_quote_buf *lost;
	struct tdx_quote probe = {};
	pthread_t thread;
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	assert_int_equal(tdx_quote_buf_get(&probe), 0);
	lost = probe.buf;
	tdx_quote_buf_put(&probe);
	lose_buffer();
	for (i = 0; i < 2 * tdx_quote_nr_buffers(); i++) {
		td_request(&td);
		expect_good_quote(&td);
		assert_int_not_equal(last_buffer, 0);
	}

	/* All others can be had, and that is all. */
	hold_buffers(1);
	for (i = 0; i < nr_holders; i++)
		assert_ptr_not_equal(holders[i].buf, lost);
	nr_begun = nr_ended = 0;
	kshim_traced = false;
	start_waiters(&thread, &other, 1);
	release_buffers();
	assert_int_equal(join(thread), 0);
	assert_null(td_quote_wrong(&other));
	td_destroy(&other);
	stop();
}

static void all_buffers_lost(void **state)
{
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	for (i = 0; i < tdx_quote_nr_buffers(); i++)
		lose_buffer();
	for (i = 0; i < 3; i++) {
		td_request(&td);
		assert_int_equal(td_getquote(&td), -ENODEV);
		assert_int_equal(td_header(&td)->status, UNTOUCHED);
		assert_int_equal(exit_error, -ENODEV);
		assert_int_equal(ended.error, -ENODEV);
	}
	assert_int_equal(seam_attempts(TDH_QUOTE_GET), tdx_quote_nr_buffers());
	assert_int_equal(tdx_quote_in_flight(), 0);
	stop();

	/* With the module's power they come back. */
	start(TDX_BUFFERS_PER_CALL);
	hold_buffers(0);
	release_buffers();
	expect_good_quote(&td);
	stop();
}

#define WAITERS	3

/* The last one is lost while they wait for it. */
static void waiters_are_let_go(void **state)
{
	static struct td tds[WAITERS];
	pthread_t threads[WAITERS];
	u32 i;

	start(TDX_BUFFERS_PER_CALL);
	for (i = 1; i < tdx_quote_nr_buffers(); i++)
		lose_buffer();
	kshim_traced = false;
	nr_begun = nr_ended;
	hold_buffers(tdx_quote_nr_buffers() - 1);
	start_waiters(threads, tds, WAITERS);
	holders[0].call.status = TDX_INVALID_RESUMPTION;
	release_buffers();
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(join(threads[i]), -ENODEV);
		assert_int_equal(td_header(&tds[i])->status, UNTOUCHED);
		td_destroy(&tds[i]);
	}
	stop();
}

/* As posted, the module's grip on the buffer keeps nobody from it. */
static void shared_buffer_is_never_lost(void **state)
{
	start(TDX_BUFFERS_SHARED);
	lose_buffer();
	td_request(&td);
	expect_good_quote(&td);
	stop();
}

/* --- resumption --- */

#define SLICES	7

static struct tdx_module_args first_inputs;
static u32 entries;

/* Also spoils the outputs: a host that uses them as inputs is found out. */
static u64 same_inputs(u64 fn, struct tdx_module_args *args)
{
	u64 r;

	if (TDX_FN_LEAF(fn) != TDH_QUOTE_GET)
		return seam_module(fn, args);

	if (!entries++)
		first_inputs = *args;
	assert_memory_equal(args, &first_inputs, sizeof(*args));
	r = seam_module(fn, args);
	if (r == TDX_INTERRUPTED_RESUMABLE)
		memset(args, 0xbb, sizeof(*args));
	return r;
}

static void resumed_with_original_inputs(void **state)
{
	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 1000000;
	host_profile.quote_ns = SLICES * host_profile.slice_ns;
	start(TDX_BUFFERS_PER_CALL);
	entries = 0;
	seam = same_inputs;
	expect_good_quote(&td);
	assert_int_equal(entries, SLICES);
	assert_int_equal(ended.call.iterations, SLICES);
	assert_int_equal(ended.call.status, TDX_SUCCESS);
	stop();
}

/* --- time --- */

static u64 parts(const struct tdx_quote *quote)
{
	return quote->times.copy_in + quote->times.wait + quote->call.seam_ns +
	       quote->call.gap_ns + quote->times.copy_out;
}

static void parts_add_up(void **state)
{
	u32 buffers;

	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 1000000;
	host_profile.quote_ns = SLICES * host_profile.slice_ns;
	for (buffers = TDX_BUFFERS_SHARED; buffers <= TDX_BUFFERS_PER_CALL; buffers++) {
		start(buffers);
		expect_good_quote(&td);
		assert_int_equal(nr_ended, 1);
		assert_int_equal(ended.error, 0);
		assert_int_equal(ended.len, host_profile.quote_size);
		assert_int_not_equal(ended.call.id, 0);
		assert_int_equal(ended.call.tdr, td.guest.tdr);
		/* The clock goes on by 1 ns a look and by the module's time. */
		assert_in_range(ended.call.seam_ns, host_profile.quote_ns - 100,
				host_profile.quote_ns + 100);
		assert_in_range(ended.call.gap_ns, SLICES - 1, 100);
		assert_true(ended.times.total >= parts(&ended));
		assert_in_range(ended.times.total - parts(&ended), 0, 20);
		stop();
	}
}

static void nobody_listens(void **state)
{
	u64 reads;

	start(TDX_BUFFERS_SHARED);
	kshim_traced = false;
	reads = kshim_tsc_reads();
	expect_good_quote(&td);
	assert_int_equal(kshim_tsc_reads(), reads);
	assert_int_equal(nr_ended, 0);
	stop();
}

static u64 listen_in_module(u64 fn, struct tdx_module_args *args)
{
	kshim_traced = true;
	return seam_module(fn, args);
}

static u64 deaf_in_module(u64 fn, struct tdx_module_args *args)
{
	kshim_traced = false;
	return seam_module(fn, args);
}

/* Whoever comes or goes in the middle gets no times that cannot be. */
static void listener_comes_and_goes(void **state)
{
	start(TDX_BUFFERS_PER_CALL);
	kshim_traced = false;
	seam = listen_in_module;
	expect_good_quote(&td);
	assert_int_equal(nr_ended, 1);
	assert_int_equal(ended.times.begin, 0);
	assert_int_equal(ended.times.copy_in, 0);
	assert_int_equal(ended.times.wait, 0);
	assert_int_equal(ended.times.copy_out, 0);
	assert_int_equal(ended.times.total, 0);

	seam = deaf_in_module;
	td_request(&td);
	expect_good_quote(&td);
	assert_int_equal(nr_ended, 1);
	nr_begun = nr_ended;	/* one was missed at its begin, one at its end */
	stop();
}

/* --- many at once --- */

static void killed_waiter(void **state)
{
	start(TDX_BUFFERS_PER_CALL);
	hold_buffers(0);
	kshim_killed = true;
	assert_int_equal(td_getquote(&td), -EINTR);
	assert_int_equal(td_header(&td)->status, UNTOUCHED);
	assert_int_equal(exit_error, -EINTR);
	assert_int_equal(ended.error, -EINTR);
	assert_int_equal(ended.call.iterations, 0);
	kshim_killed = false;
	release_buffers();

	td_request(&td);
	expect_good_quote(&td);
	stop();
}

#define THREADS	6
#define QUOTES	40

static void *client(void *arg)
{
	struct td *own = arg;
	u32 i;

	for (i = 0; i < QUOTES; i++) {
		own->nonce[0] = i;
		td_request(own);
		expect_good_quote(own);
	}
	return NULL;
}

static void clients_at_once(enum tdx_quote_buffers buffers, unsigned int cpus)
{
	static struct td tds[THREADS];
	struct tdx_emu_leaf_count counts[TDX_EMU_NR_LEAVES];
	pthread_t threads[THREADS];
	u32 i;

	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.quote_ns = 3 * host_profile.slice_ns;
	kshim_cpus = cpus;
	start(buffers);
	kshim_traced = false;
	for (i = 0; i < THREADS; i++) {
		td_create(&tds[i], 10 + i, 4 * PAGE_SIZE);
		assert_int_equal(pthread_create(&threads[i], NULL, client, &tds[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		td_destroy(&tds[i]);
	}
	tdx_emu_get_counts(counts);
	assert_int_equal(counts[TDX_EMU_LEAF_QUOTE_GET].success, THREADS * QUOTES);
	assert_true(counts[TDX_EMU_LEAF_QUOTE_GET].resumable > 0);
	assert_int_equal(counts[TDX_EMU_LEAF_QUOTE_GET].failed, 0);
	stop();
	kshim_cpus = 4;
}

static void clients_share_a_buffer(void **state)
{
	clients_at_once(TDX_BUFFERS_SHARED, 4);
}

static void clients_wait_for_buffers(void **state)
{
	clients_at_once(TDX_BUFFERS_PER_CALL, 1);	/* fewer buffers than clients */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_quotes, default_profile),
		cmocka_unit_test_setup(buffer_of_the_right_size, default_profile),
		cmocka_unit_test_setup(lists_of_several_nodes, default_profile),
		cmocka_unit_test_setup(each_byte_once_and_status_last, default_profile),
		cmocka_unit_test_setup(wrong_addresses, default_profile),
		cmocka_unit_test_setup(wrong_headers, default_profile),
		cmocka_unit_test_setup(anothers_report, default_profile),
		cmocka_unit_test_setup(unreadable_memory, default_profile),
		cmocka_unit_test_setup(unwritable_memory, default_profile),
		cmocka_unit_test_setup(module_refuses, default_profile),
		cmocka_unit_test_setup(module_lies, default_profile),
		cmocka_unit_test_setup(no_memory, default_profile),
		cmocka_unit_test_setup(slow_guest_delays_nobody, default_profile),
		cmocka_unit_test_setup(buffer_lost, default_profile),
		cmocka_unit_test_setup(all_buffers_lost, default_profile),
		cmocka_unit_test_setup(waiters_are_let_go, default_profile),
		cmocka_unit_test_setup(shared_buffer_is_never_lost, default_profile),
		cmocka_unit_test_setup(resumed_with_original_inputs, default_profile),
		cmocka_unit_test_setup(parts_add_up, default_profile),
		cmocka_unit_test_setup(nobody_listens, default_profile),
		cmocka_unit_test_setup(listener_comes_and_goes, default_profile),
		cmocka_unit_test_setup(killed_waiter, default_profile),
		cmocka_unit_test_setup(clients_share_a_buffer, default_profile),
		cmocka_unit_test_setup(clients_wait_for_buffers, default_profile),
	};

	return cmocka_run_group_tests_name("getquote", tests, NULL, NULL);
}
