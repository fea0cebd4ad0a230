// SPDX-License-Identifier: GPL-2.0
/*
 * The lab module in a real kernel: bring-up, quotes, every check of GetQuote,
 * wrong SEAMCALL operands, clients that die, many TDs, and what is left behind.
 *
 * Each test loads the module anew, so that none depends on another.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "labtest.h"

#define TRACING			"/sys/kernel/tracing"

/* What the guest's header holds before a call, to see whether it was written. */
#define STATUS_UNTOUCHED	0x1234

/* --- the device --- */

static void test_before_bring_up(void)
{
	struct tdx_lab_create_td create = { .shared_size = SHARED_SIZE };
	struct tdx_lab_update update = { .profile = profile };
	struct tdx_emu_profile wrong = profile;
	struct tdx_quote_policy policy = best;
	struct stat st;
	int fd;

	if (!load(&posted))
		goto out;
	EXPECT(!stat("/dev/tdx_lab", &st));
	EXPECT_EQUAL(st.st_mode & 07777, 0600);

	fd = raw_device();
	EXPECT(ioctl(fd, TDX_LAB_CREATE_TD, &create) == -1 && errno == ENODEV);
	EXPECT(ioctl(fd, TDX_LAB_UPDATE, &update) == -1 && errno == ENODEV);
	EXPECT(ioctl(fd, _IO(TDX_LAB_IOC, 0x7f)) == -1 && errno == ENOTTY);
	EXPECT(ioctl(fd, TDX_LAB_SET_POLICY, NULL) == -1 && errno == EFAULT);
	policy.recheck = 2;
	EXPECT(ioctl(fd, TDX_LAB_SET_POLICY, &policy) == -1 && errno == EINVAL);
	EXPECT(!ioctl(fd, TDX_LAB_GET_POLICY, &policy));
	EXPECT(!memcmp(&policy, &posted, sizeof(policy)));
	wrong.slice_ns = 1;
	EXPECT(ioctl(fd, TDX_LAB_SET_PROFILE, &wrong) == -1 && errno == ERANGE);
	wrong = profile;
	wrong.quote_size = wrong.max_quote_size;
	EXPECT(ioctl(fd, TDX_LAB_SET_PROFILE, &wrong) == -1 && errno == ERANGE);
	close(fd);
out:
	down();
}

/* Does @trace have these words, in this order? */
static void expect_in_order(char *trace, const char *const *words)
{
	for (; *words; words++) {
		char *found = strstr(trace, *words);

		if (!found) {
			ktap_fail(__FILE__, __LINE__, "trace lacks '%s' where it should come", *words);
			return;
		}
		trace = found + strlen(*words);
	}
}

static void test_bring_up_in_order(void)
{
	static const char *const order[] = {
		"pool_alloc: pages=512",
		"seamcall_enter: call=", " leaf=EXT.MEM.ADD version=0 iteration=0",
		"seamcall_exit: call=", " leaf=EXT.MEM.ADD",
		"pool_add: call=", " pages=512",
		"pool_add: call=", " pages=512",
		"pool_add: call=", " pages=76",
		"pool_total: required=1100 added=1100 error=0",
		"leaf=EXT.INIT",
		"ext_state: from=", " to=ready error=0",
		"leaf=QUOTE.INIT",
		"quote_state: from=unavailable to=available error=0",
		NULL
	};
	static char trace[1 << 20];
	struct tdx_lab_info info;
	int fd;

	if (!load(&best))
		goto out;
	write_file(TRACING "/trace", "");
	write_file(TRACING "/events/tdx_ext/enable", "1");
	EXPECT(!lab_bring_up());
	write_file(TRACING "/events/tdx_ext/enable", "0");

	read_file(TRACING "/trace", trace, sizeof(trace));
	expect_in_order(trace, order);

	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.state, TDX_LAB_UP);
	EXPECT_EQUAL(info.pool_pages, 1100);
	EXPECT_EQUAL(info.max_quote_size, profile.max_quote_size);
	EXPECT_EQUAL(info.key_epoch, 1);
	EXPECT(info.nr_buffers > 0);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_EXT_MEM_ADD).success, 3);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_EXT_INIT).success, 1);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_INIT).success, 1);

	fd = raw_device();
	EXPECT(ioctl(fd, TDX_LAB_BRING_UP) == -1 && errno == EALREADY);
	close(fd);
out:
	down();
}

/* --- quotes --- */

static void quotes_good_under(uint64_t token, uint64_t engine, uint64_t yield, bool resumes)
{
	struct td td;
	unsigned int i;

	default_profile();
	profile.token = token;
	profile.engine = engine;
	profile.yield = yield;
	profile.slice_ns = 100000;
	if (up(&best) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		for (i = 0; i < 5; i++)
			quote_is_good(&td, i);
		EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_GET).success, 5);
		EXPECT((leaf_count(TDX_LAB_LEAF_QUOTE_GET).resumable > 0) == resumes);
		td_destroy(&td);
	}
	down();
	default_profile();
}

static void test_quotes_mac(void)
{
	quotes_good_under(TDX_EMU_TOKEN_MAC0, TDX_EMU_HALT, TDX_EMU_YIELD_NEVER, false);
}

static void test_quotes_signed(void)
{
	quotes_good_under(TDX_EMU_TOKEN_SIGN1, TDX_EMU_HALT, TDX_EMU_YIELD_NEVER, false);
}

static void test_quotes_resumed_halt(void)
{
	quotes_good_under(TDX_EMU_TOKEN_MAC0, TDX_EMU_HALT, TDX_EMU_YIELD_SLICE, true);
}

static void test_quotes_resumed_burn(void)
{
	quotes_good_under(TDX_EMU_TOKEN_MAC0, TDX_EMU_BURN, TDX_EMU_YIELD_SLICE, true);
}

static void test_stale_quote_is_noticed(void)
{
	struct td_buffer buffer, another_buffer;
	uint8_t nonce[64], other[64];
	struct td td, another;

	if (up(&best) && EXPECT(!td_create(&td, SHARED_SIZE)) &&
	    EXPECT(!td_create(&another, SHARED_SIZE))) {
		make_nonce(nonce, 7);
		make_nonce(other, 8);
		buffer = whole(&td);
		another_buffer = whole(&another);
		quote_is_good(&td, 7);
		EXPECT(!verify(&buffer, other, &key));
		memcpy(another.shared, td.shared, SHARED_SIZE);
		EXPECT(!verify(&another_buffer, nonce, &key));
		td_destroy(&td);
		td_destroy(&another);
	}
	down();
}

/* --- GetQuote: every check --- */

/* How a policy tells failures that are in the header's status, too. */
struct told {
	uint64_t ret;		/* R10 */
	uint64_t bad_report;	/* status when the module refuses the report */
};

static void expect_refusal(struct td *td, uint64_t gpa, uint64_t size, uint64_t ret,
			   uint64_t status)
{
	struct header *header = (struct header *)td->shared;
	struct tdx_lab_getquote call = { .gpa = gpa, .size = size };

	header->status = STATUS_UNTOUCHED;
	EXPECT(!ioctl(td->fd, TDX_LAB_TD_GETQUOTE, &call));
	EXPECT_EQUAL(call.ret, ret);
	EXPECT_EQUAL(call.user, 0);
	EXPECT_EQUAL(header->status, status);
	EXPECT_EQUAL(call.status, status == STATUS_UNTOUCHED ? STATUS_NONE : status);
}

static void check_addresses(struct td *td)
{
	uint64_t shared = td->info.shared_bit, size = td->size;

	expect_refusal(td, 0, size, RET_INVALID_OPERAND, STATUS_UNTOUCHED);
	expect_refusal(td, shared, 0, RET_INVALID_OPERAND, STATUS_UNTOUCHED);
	expect_refusal(td, shared + 8, size, RET_ALIGN_ERROR, STATUS_UNTOUCHED);
	expect_refusal(td, shared, size - 8, RET_ALIGN_ERROR, STATUS_UNTOUCHED);
	expect_refusal(td, shared | (~0ULL << 12), 2 * 4096, RET_INVALID_OPERAND,
		       STATUS_UNTOUCHED);
	expect_refusal(td, shared, size + 4096, RET_INVALID_OPERAND, STATUS_UNTOUCHED);
	expect_refusal(td, shared + size, 4096, RET_INVALID_OPERAND, STATUS_UNTOUCHED);
}

static void check_header(struct td *td, const uint8_t nonce[64], const struct told *told)
{
	struct header *header = (struct header *)td->shared;
	uint64_t shared = td->info.shared_bit, size = td->size;
	struct td_buffer buffer = whole(td);

	EXPECT(!td_request(&buffer, nonce));
	header->version = 2;
	expect_refusal(td, shared, size, told->ret, STATUS_ERROR);
	header->version = 1;
	header->in_len = 4096 - 24 + 1;
	expect_refusal(td, shared, size, told->ret, STATUS_ERROR);
	header->in_len = ~0U;
	expect_refusal(td, shared, size, told->ret, STATUS_ERROR);
	header->in_len = 0;
	expect_refusal(td, shared, size, told->ret, told->bad_report);
	header->in_len = 1023;
	expect_refusal(td, shared, size, told->ret, told->bad_report);
	header->in_len = 1024;
	expect_refusal(td, shared, 4096, told->ret, STATUS_ERROR);
}

static void check_report(struct td *td, struct td *other, const uint8_t nonce[64],
			 const struct told *told)
{
	struct td_buffer buffer = whole(td), other_buffer = whole(other);
	uint64_t shared = td->info.shared_bit;
	unsigned int at;

	EXPECT(!td_request(&other_buffer, nonce));
	memcpy(td->shared, other->shared, 24 + 1024);
	expect_refusal(td, shared, td->size, told->ret, told->bad_report);

	/* One wrong byte: in REPORTDATA, the MAC, TEE_TCB_INFO, TDINFO. */
	for (at = 128; at < 1024; at += 160) {
		EXPECT(!td_request(&buffer, nonce));
		td->shared[24 + at] ^= 1;
		expect_refusal(td, shared, td->size, told->ret, told->bad_report);
	}
}

static void getquote_checks(const struct tdx_quote_policy *policy, const struct told *told)
{
	struct tdx_lab_counters counters;
	struct tdx_lab_getquote call = { .reserved = 1 };
	struct td td, other;
	uint8_t nonce[64];

	make_nonce(nonce, 1);
	if (up(policy) && EXPECT(!td_create(&td, SHARED_SIZE)) &&
	    EXPECT(!td_create(&other, SHARED_SIZE))) {
		EXPECT(ioctl(td.fd, TDX_LAB_TD_GETQUOTE, &call) == -1 && errno == EINVAL);
		check_addresses(&td);
		check_header(&td, nonce, told);
		check_report(&td, &other, nonce, told);
		EXPECT(!lab_counters(&counters));
		EXPECT_EQUAL(counters.getquote_ok, 0);
		EXPECT_EQUAL(counters.getquote_refused, 7 + 6 + 1 + 6);
		quote_is_good(&td, 9);
		td_destroy(&td);
		td_destroy(&other);
	}
	down();
}

static void test_getquote_checks_posted(void)
{
	static const struct told told = { RET_INVALID_OPERAND, STATUS_UNAVAILABLE };

	getquote_checks(&posted, &told);
}

static void test_getquote_checks_distinct(void)
{
	static const struct told told = { RET_SUCCESS, STATUS_ERROR };

	getquote_checks(&best, &told);
}

/* --- SEAMCALL operands --- */

static void expect_status(int fd, struct tdx_lab_seamcall call, uint64_t status)
{
	EXPECT(!ioctl(fd, TDX_LAB_SEAMCALL, &call));
	EXPECT_EQUAL(call.status, status);
}

static void expect_errno(int fd, struct tdx_lab_seamcall call, int error)
{
	EXPECT(ioctl(fd, TDX_LAB_SEAMCALL, &call) == -1 && errno == error);
}

#define FIXUP_R8	(1U << 2)

static void check_operands(int fd, const struct td *td)
{
	/* Valid but for R10, the list, which is checked after what comes before it. */
	const struct tdx_lab_seamcall get = {
		.fn = 98, .rdx = 0xFFFFULL << 32, .r8 = 0, .r9 = 1024, .r10 = 8, .r11 = 131072,
		.td = td->fd, .fixup = FIXUP_R8 | TDX_LAB_FIXUP_TDR,
	};
	struct tdx_lab_seamcall call;

	call = get; call.fn |= 1 << 16;
	expect_status(fd, call, 0xC000010000000000);
	call = get; call.fn |= 1ULL << 40;
	expect_status(fd, call, 0xC000010000000000);
	call = get; call.fn = 99;
	expect_status(fd, call, 0xC000010000000000);
	call = get; call.fixup = FIXUP_R8;
	expect_status(fd, call, 0xC000010000000001);
	call = get; call.rdx = 0;
	expect_status(fd, call, 0xC000010000000002);
	call = get; call.rdx |= 1;
	expect_status(fd, call, 0xC000010000000002);
	call = get; call.r8 = 24;
	expect_status(fd, call, 0xC000010000000008);
	call = get; call.fixup = TDX_LAB_FIXUP_TDR; call.r8 = 1ULL << 51;
	expect_status(fd, call, 0xC000010100000008);
	call = get; call.r9 = 0;
	expect_status(fd, call, 0xC000010000000009);
	call = get; call.r9 = 4097;
	expect_status(fd, call, 0xC000010000000009);
}

static void check_states(int fd)
{
	const struct tdx_lab_seamcall none = { .td = -1 };
	struct tdx_lab_seamcall call;

	call = none; call.fn = 60;	/* EXT.INIT once more */
	expect_status(fd, call, 0xC000050800000000);
	call = none; call.fn = 34; call.rdx = 0x1234;	/* no such field */
	expect_status(fd, call, 0xC0000C0000000000);
	call = none; call.fn = 34; call.rdx = 0x3100000200000000;	/* pool: nothing missing */
	EXPECT(!ioctl(fd, TDX_LAB_SEAMCALL, &call));
	EXPECT_EQUAL(call.status, 0);
	EXPECT_EQUAL(call.r8, 0);

	call = none; call.fn = 61;	/* EXT.MEM.ADD of no memory */
	expect_status(fd, call, 0xC000010000000001);
	call = none; call.fn = 45;	/* CONFIG, UPDATE out of turn */
	expect_status(fd, call, 0xC000050C00000000);
	call = none; call.fn = 53;
	expect_status(fd, call, 0xC000050800000000);
}

static void check_forbidden(int fd)
{
	const struct tdx_lab_seamcall none = { .td = -1 };
	static const uint64_t leaves[] = { 33, 35, 52, 0x8000000000000001, 0xFFFF };
	struct tdx_lab_seamcall call;
	unsigned int i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		call = none; call.fn = leaves[i];
		expect_errno(fd, call, EPERM);
	}
	call = none; call.fn = 61; call.rcx = 0x100000 | 1ULL << 55;
	expect_errno(fd, call, EPERM);
	call = none; call.fn = 98; call.r10 = 0x100000;	/* real memory, not the caller's */
	expect_errno(fd, call, EPERM);
	call = none; call.fn = 98; call.fixup = TDX_LAB_FIXUP_TDR;
	expect_errno(fd, call, EINVAL);
}

static void test_wrong_operands(void)
{
	struct td_buffer buffer;
	struct td td;
	uint8_t nonce[64];
	int fd;

	make_nonce(nonce, 3);
	if (up(&best) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		fd = raw_device();
		buffer = whole(&td);
		EXPECT(!td_request(&buffer, nonce));
		check_operands(fd, &td);
		check_states(fd);
		check_forbidden(fd);
		close(fd);
		quote_is_good(&td, 4);
		td_destroy(&td);
	}
	down();
}

/* --- clients that die --- */

/*
 * More clients than buffers: the last one waits for a buffer and can be killed
 * there at once; one whose quote is being made ends when that is done.
 */
static void test_killed_clients(void)
{
	struct tdx_lab_counters counters;
	struct tdx_lab_info info;
	struct td_buffer buffer;
	struct td tds[65];
	pid_t pids[65];
	uint8_t nonce[64];
	unsigned int i, nr;

	make_nonce(nonce, 5);
	profile.quote_ns = 2000 * MSEC;
	if (!up(&best) || !EXPECT(!lab_info(&info)))
		goto out;

	nr = info.nr_buffers + 1;
	for (i = 0; i < nr; i++) {
		EXPECT(!td_create(&tds[i], SHARED_SIZE));
		buffer = whole(&tds[i]);
		EXPECT(!td_request(&buffer, nonce));
		pids[i] = quoting_child(&buffer);
		usleep(10000);
	}
	/* A debug kernel takes its time, but not as long as the quotes do. */
	for (i = 0; i < 1000 && !in_getquote(pids[nr - 1]); i++)
		usleep(1000);
	EXPECT(in_getquote(pids[nr - 1]));
	EXPECT(kill_and_wait(pids[nr - 1]) < profile.quote_ns / 4);
	kill_and_wait(pids[0]);
	for (i = 1; i + 1 < nr; i++)
		waitpid(pids[i], NULL, 0);

	EXPECT(!lab_counters(&counters));
	EXPECT_EQUAL(counters.getquote_killed, 1);
	EXPECT_EQUAL(counters.getquote_ok, nr - 1);
	quote_is_good(&tds[0], 6);
	for (i = 0; i < nr; i++)
		td_destroy(&tds[i]);
out:
	down();
	default_profile();
}

/* --- many --- */

static void test_256_tds(void)
{
	static struct td tds[256];
	struct tdx_lab_info info;
	unsigned int i, k;

	if (!up(&best))
		goto out;
	for (i = 0; i < 256; i++)
		if (!EXPECT(!td_create(&tds[i], SHARED_SIZE)))
			goto out;
	for (i = 0; i < 256; i++)
		quote_is_good(&tds[i], i);
	for (i = 1; i < 256; i++)
		for (k = 0; k < i; k++)
			if (!memcmp(tds[i].info.mrtd, tds[k].info.mrtd, 48))
				ktap_fail(__FILE__, __LINE__, "TDs %u and %u look alike", i, k);

	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.nr_tds, 256);
	for (i = 0; i < 256; i++)
		td_destroy(&tds[i]);
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.nr_tds, 0);
out:
	down();
}

#define STORM_THREADS	8
#define STORM_QUOTES	10

static void *storm_thread(void *arg)
{
	struct td *td = arg;
	unsigned int i;

	for (i = 0; i < STORM_QUOTES; i++)
		quote_is_good(td, td->info.id * STORM_QUOTES + i);
	return NULL;
}

static void storm(__u32 buffers)
{
	pthread_t threads[STORM_THREADS];
	struct tdx_quote_policy policy = best;
	struct td tds[STORM_THREADS];
	unsigned int i;

	policy.buffers = buffers;
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = 100000;
	if (up(&policy)) {
		for (i = 0; i < STORM_THREADS; i++) {
			EXPECT(!td_create(&tds[i], SHARED_SIZE));
			pthread_create(&threads[i], NULL, storm_thread, &tds[i]);
		}
		for (i = 0; i < STORM_THREADS; i++) {
			pthread_join(threads[i], NULL);
			td_destroy(&tds[i]);
		}
		EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_GET).success,
			     STORM_THREADS * STORM_QUOTES);
	}
	down();
	default_profile();
}

static void test_storm_shared(void)
{
	storm(TDX_BUFFERS_SHARED);
}

static void test_storm_per_call(void)
{
	storm(TDX_BUFFERS_PER_CALL);
}

/* --- the module replaced --- */

static void test_update(void)
{
	struct tdx_lab_update update;
	struct td_buffer buffer;
	struct quote_key old;
	uint8_t nonce[64];
	struct td td;

	if (!up(&best))
		goto out;
	EXPECT(!td_create(&td, SHARED_SIZE));
	quote_is_good(&td, 10);

	old = key;
	EXPECT(!lab_update(&profile, &update));
	EXPECT_EQUAL(update.error, 0);
	EXPECT(update.stall_ns && update.stall_ns <= update.total_ns);
	EXPECT(!lab_key(&profile, &key));
	EXPECT_EQUAL(key.epoch, old.epoch + 1);
	learn_key();

	quote_is_good(&td, 11);
	make_nonce(nonce, 11);
	buffer = whole(&td);
	EXPECT(!verify(&buffer, nonce, &old));
	td_destroy(&td);
out:
	down();
}

static void test_update_may_not_grow_the_pool(void)
{
	struct tdx_emu_profile larger = profile;
	struct tdx_lab_update update;
	struct tdx_lab_info info;

	if (!up(&best))
		goto out;
	larger.pool_pages += 1;
	EXPECT(!lab_update(&larger, &update));
	EXPECT_EQUAL(update.error, -ENOMEM);
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.state, TDX_LAB_FAILED);
	EXPECT_EQUAL(info.quoting, 0);
	EXPECT_EQUAL(info.pool_pages, profile.pool_pages);

	EXPECT(!lab_update(&profile, &update));
	EXPECT_EQUAL(update.error, 0);
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.state, TDX_LAB_UP);
out:
	down();
}

static void test_update_of_another_platform(void)
{
	struct tdx_emu_profile other = profile;
	struct tdx_lab_update update;
	struct td td;
	int fd;

	if (!up(&best) || !EXPECT(!td_create(&td, SHARED_SIZE)))
		goto out;
	fd = raw_device();
	other.seed++;
	update = (struct tdx_lab_update){ .profile = other };
	EXPECT(ioctl(fd, TDX_LAB_UPDATE, &update) == -1 && errno == EINVAL);
	other = profile;
	other.slots = 0;
	update = (struct tdx_lab_update){ .profile = other };
	EXPECT(ioctl(fd, TDX_LAB_UPDATE, &update) == -1 && errno == ERANGE);
	close(fd);
	quote_is_good(&td, 12);
	td_destroy(&td);
out:
	down();
}

/* --- the loop --- */

static bool loop_is_refused(int fd, struct tdx_lab_loop loop)
{
	return ioctl(fd, TDX_LAB_LOOP, &loop) == -1 && errno == EINVAL;
}

static void test_loop_is_checked(void)
{
	struct tdx_lab_loop loop = { .iterations = 100, .traced = 1 };
	int fd;

	if (!load(&best))
		goto out;
	fd = raw_device();
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 0 }));
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 100001 }));
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 1, .traced = 2 }));
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 1, .done = 1 }));
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 1, .period_ns = 1 }));
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 1, .batch = 1,
							  .period_ns = 1000000001 }));
	/* 11 calls, a second each */
	EXPECT(loop_is_refused(fd, (struct tdx_lab_loop){ .iterations = 101, .batch = 10,
							  .period_ns = 1000000000 }));
	EXPECT(!ioctl(fd, TDX_LAB_LOOP, &loop));
	EXPECT_EQUAL(loop.done, 100);
	EXPECT_EQUAL(loop.nops, 3);
	EXPECT(loop.ns > 0);
	close(fd);
out:
	down();
}

static unsigned int count_words(const char *text, const char *word)
{
	unsigned int count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

/* 10 calls of 5 iterations, a millisecond apart, and the last one of 3. */
static void test_loop_at_a_rate(void)
{
	struct tdx_lab_loop loop;
	static char trace[1 << 20];

	if (!load(&best))
		goto out;
	write_file(TRACING "/trace", "");
	write_file(TRACING "/events/tdx_ext/seamcall_exit/enable", "1");
	EXPECT(!lab_loop_paced(53, 5, 1000000, &loop));
	write_file(TRACING "/events/tdx_ext/seamcall_exit/enable", "0");

	EXPECT_EQUAL(loop.done, 53);
	EXPECT(loop.ns >= 11000000);
	printf("# 11 calls took %llu ns\n", (unsigned long long)loop.ns);
	read_file(TRACING "/trace", trace, sizeof(trace));
	EXPECT_EQUAL(count_words(trace, " seamcall_exit: "), 53);
	EXPECT_EQUAL(count_words(trace, " iteration=0 "), 11);
	EXPECT_EQUAL(count_words(trace, " iteration=4 "), 10);
	EXPECT_EQUAL(count_words(trace, " status=0x0 "), 11);

	EXPECT(!lab_loop_paced(1000, 1000, 0, &loop));
	EXPECT_EQUAL(loop.done, 1000);
out:
	down();
}

static void ignore_alarm(int signal)
{
	(void)signal;
}

static void test_loop_ends_by_a_signal(void)
{
	const struct itimerval soon = { .it_value.tv_usec = 5000 };
	struct sigaction action = { .sa_handler = ignore_alarm };
	struct tdx_lab_loop loop;

	if (!load(&best))
		goto out;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT(!lab_loop_paced(9000, 1, 1000000, &loop));
	EXPECT(loop.done > 0 && loop.done < 100);
	printf("# %u of 9000 iterations were made\n", loop.done);
out:
	down();
}

/* --- a host's memory --- */

static void test_fragments(void)
{
	struct tdx_lab_fragment fragment = { .mib = 64 };
	struct tdx_lab_info info;
	int fd;

	if (!load(&best))
		goto out;
	fd = raw_device();
	EXPECT(!ioctl(fd, TDX_LAB_FRAGMENT, &fragment));
	EXPECT(!lab_info(&info));
	/* About half of it: physical neighbours come in pairs, but for a few. */
	EXPECT(info.fragments > 64 * 256 * 45 / 100 && info.fragments < 64 * 256 * 55 / 100);
	printf("# %u of %u pages held\n", info.fragments, 64 * 256);

	fragment.mib = ~0U;
	EXPECT(ioctl(fd, TDX_LAB_FRAGMENT, &fragment) == -1 && errno == ENOMEM);
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.fragments, 0);

	EXPECT(!lab_fragment(16));
	EXPECT(!lab_fragment(0));
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.fragments, 0);
	EXPECT(!lab_fragment(16));	/* for unloading to give back */
	close(fd);
out:
	down();
}

static void test_touched_pool(void)
{
	uint32_t index = profile.pool_pages;
	struct tdx_lab_update update;
	int fd;

	if (!up(&best))
		goto out;
	fd = raw_device();
	EXPECT(ioctl(fd, TDX_LAB_TOUCH_POOL, &index) == -1 && errno == ERANGE);
	index--;
	EXPECT(!ioctl(fd, TDX_LAB_TOUCH_POOL, &index));
	EXPECT(!lab_update(&profile, &update));
	EXPECT_EQUAL(update.error, -EIO);
	close(fd);
out:
	down();
}

/* --- the end --- */

/* Descriptors closed: all gone but the pool, which the module keeps. */
static void make_quotes_and_leave(uint64_t before, uint64_t pool_kib)
{
	struct tdx_lab_info info;
	struct td tds[16];
	unsigned int i;

	if (up(&best)) {
		for (i = 0; i < 16; i++) {
			EXPECT(!td_create(&tds[i], SHARED_SIZE));
			quote_is_good(&tds[i], i);
			td_destroy(&tds[i]);
		}
		lab_close();
		EXPECT(!lab_open() && !lab_info(&info));
		EXPECT_EQUAL(info.pool_pages, profile.pool_pages);
		EXPECT_EQUAL(info.nr_tds, 0);
		EXPECT(meminfo_kib("MemAvailable") + pool_kib / 2 < before);
	}
	down();
}

/*
 * Unloaded: the pool is back too. Free pages that a CPU keeps for itself do not
 * count as available, so look at what three rounds take, not at one.
 */
static void test_nothing_is_left_behind(void)
{
	uint64_t before = meminfo_kib("MemAvailable"), pool_kib, after;
	unsigned int round;

	profile.pool_pages = 12800;
	pool_kib = profile.pool_pages * 4;
	for (round = 0; round < 3; round++)
		make_quotes_and_leave(before, pool_kib);

	after = meminfo_kib("MemAvailable");
	printf("# %llu KiB available before, %llu after three rounds\n",
	       (unsigned long long)before, (unsigned long long)after);
	EXPECT(after + pool_kib > before);
	default_profile();
}

static void test_busy_module_stays(void)
{
	struct td td;

	if (up(&best) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		lab_close();
		EXPECT(syscall(SYS_delete_module, "tdx_lab", O_NONBLOCK) == -1 &&
		       errno == EWOULDBLOCK);
		EXPECT(lab_loaded());
		quote_is_good(&td, 2);
		td_destroy(&td);
	}
	down();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "before bring-up the device refuses what it must", test_before_bring_up, NULL },
		{ "bring-up goes in order, as trace events tell", test_bring_up_in_order, NULL },
		{ "quotes are good: COSE_Mac0", test_quotes_mac, NULL },
		{ "quotes are good: COSE_Sign1", test_quotes_signed, NULL },
		{ "quotes are good: resumed, halt engine", test_quotes_resumed_halt, NULL },
		{ "quotes are good: resumed, burn engine", test_quotes_resumed_burn, NULL },
		{ "a stale quote and another TD's are noticed", test_stale_quote_is_noticed, NULL },
		{ "GetQuote: every check, errors as posted", test_getquote_checks_posted, NULL },
		{ "GetQuote: every check, distinct errors", test_getquote_checks_distinct, NULL },
		{ "SEAMCALL: wrong operands get the documented status", test_wrong_operands, NULL },
		{ "killed clients", test_killed_clients, NULL },
		{ "256 TDs", test_256_tds, NULL },
		{ "8 clients at once, shared buffer", test_storm_shared, NULL },
		{ "8 clients at once, buffer per call", test_storm_per_call, NULL },
		{ "an update renews the key", test_update, NULL },
		{ "an update may not grow the pool, a good one repairs",
		  test_update_may_not_grow_the_pool, NULL },
		{ "an update to another platform's module is refused",
		  test_update_of_another_platform, NULL },
		{ "the loop takes what it should", test_loop_is_checked, NULL },
		{ "the loop makes iterations at a rate", test_loop_at_a_rate, NULL },
		{ "the loop ends by a signal", test_loop_ends_by_a_signal, NULL },
		{ "fragments are held and given back", test_fragments, NULL },
		{ "the module notices a host that touches its pool", test_touched_pool, NULL },
		{ "nothing is left behind", test_nothing_is_left_behind, NULL },
		{ "a busy module cannot be unloaded", test_busy_module_stays, NULL },
		{}
	};

	default_profile();
	return ktap_run(tests);
}
