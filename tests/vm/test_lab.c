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
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/clock.h"
#include "../../bench/lab.h"
#include "../../bench/param.h"
#include "ktap.h"

#define MODULE			"/lib/tdx_lab.ko"
#define TRACING			"/sys/kernel/tracing"
#define SHARED_SIZE		(33 * 4096)	/* default max_quote_size and header */

#define RET_SUCCESS		0ULL
#define RET_INVALID_OPERAND	0x8000000000000000ULL
#define RET_ALIGN_ERROR		0x8000000000000002ULL
#define STATUS_ERROR		0x8000000000000000ULL
#define STATUS_UNAVAILABLE	0x8000000000000001ULL

/* What the guest's header holds before a call, to see whether it was written. */
#define STATUS_UNTOUCHED	0x1234

struct header {
	uint64_t version, status;
	uint32_t in_len, out_len;
};

static struct tdx_emu_profile profile;
static struct quote_key key;

/* --- set-up --- */

static void default_profile(void)
{
	uint64_t *values = (uint64_t *)&profile;
	const struct param *param;

	for (param = profile_params; param->name; param++)
		values[param - profile_params] = param->def;
	profile.quote_ns = 1000000;
	profile.ext_init_ns = 100000;
	profile.quote_init_ns = 100000;
	profile.pool_pages = 1100;
}

static bool load(unsigned int buffers)
{
	return EXPECT(!lab_load(MODULE)) && EXPECT(!lab_open()) &&
	       EXPECT(!lab_configure(&profile, buffers));
}

static bool up(unsigned int buffers)
{
	return load(buffers) && EXPECT(!lab_bring_up()) && EXPECT(!lab_key(&profile, &key));
}

static void down(void)
{
	lab_unload();
	EXPECT(!lab_loaded());
}

static int raw_device(void)
{
	return open("/dev/tdx_lab", O_RDWR | O_CLOEXEC);
}

/* --- helpers --- */

static void make_nonce(uint8_t nonce[64], uint8_t first)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		nonce[i] = (uint8_t)(first + i);
}

static bool verify(const struct td *td, const uint8_t nonce[64], const struct quote_key *with)
{
	const struct quote_expect expect = { nonce, td->info.mrtd, with };
	struct verifier *verifier = verifier_new(with);
	const char *why = "no quote";
	const uint8_t *quote;
	uint64_t serial;
	uint32_t len;
	bool good;

	quote = td_quote(td, &len);
	good = quote && !quote_verify(verifier, quote, len, &expect, &serial, &why);
	if (!good)
		printf("# quote: %s\n", why);
	verifier_free(verifier);
	return good;
}

static bool quote_is_good(struct td *td, uint8_t first)
{
	uint8_t nonce[64];
	uint64_t ret;

	make_nonce(nonce, first);
	return EXPECT(!td_request(td, nonce)) && EXPECT(!td_getquote(td, &ret)) &&
	       EXPECT_EQUAL(ret, RET_SUCCESS) && EXPECT(verify(td, nonce, &key));
}

static uint64_t leaf_count(enum tdx_lab_leaf leaf, bool resumable)
{
	struct tdx_lab_counters counters;

	if (!EXPECT(!lab_counters(&counters)))
		return 0;
	return resumable ? counters.leaf[leaf].resumable : counters.leaf[leaf].success;
}

static uint64_t mem_available_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* --- the device --- */

static void test_before_bring_up(void)
{
	struct tdx_lab_create_td create = { .shared_size = SHARED_SIZE };
	struct tdx_lab_policy policy = { .buffers = 2 };
	struct tdx_emu_profile wrong = profile;
	struct stat st;
	int fd;

	if (!load(LAB_PER_CALL))
		goto out;
	EXPECT(!stat("/dev/tdx_lab", &st));
	EXPECT_EQUAL(st.st_mode & 07777, 0600);

	fd = raw_device();
	EXPECT(ioctl(fd, TDX_LAB_CREATE_TD, &create) == -1 && errno == ENODEV);
	EXPECT(ioctl(fd, TDX_LAB_REINIT) == -1 && errno == ENODEV);
	EXPECT(ioctl(fd, TDX_LAB_SET_POLICY, &policy) == -1 && errno == EINVAL);
	EXPECT(ioctl(fd, _IO(TDX_LAB_IOC, 0x7f)) == -1 && errno == ENOTTY);
	EXPECT(ioctl(fd, TDX_LAB_SET_POLICY, NULL) == -1 && errno == EFAULT);
	wrong.slice_ns = 1;
	EXPECT(ioctl(fd, TDX_LAB_SET_PROFILE, &wrong) == -1 && errno == ERANGE);
	wrong = profile;
	wrong.quote_size = wrong.max_quote_size;
	EXPECT(ioctl(fd, TDX_LAB_SET_PROFILE, &wrong) == -1 && errno == ERANGE);
	close(fd);
out:
	down();
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	EXPECT(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
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
		"seamcall_enter: call=1 leaf=EXT.MEM.ADD version=0 iteration=0",
		"seamcall_exit: call=1 leaf=EXT.MEM.ADD",
		"pool_add: call=1 pages=512",
		"pool_add: call=2 pages=512",
		"pool_add: call=3 pages=76",
		"pool_total: required=1100 added=1100 error=0",
		"leaf=EXT.INIT",
		"ext_state: from=absent to=ready error=0",
		"leaf=QUOTE.INIT",
		"quote_state: from=unavailable to=available error=0",
		NULL
	};
	static char trace[1 << 20];
	struct tdx_lab_info info;
	size_t got;
	FILE *file;
	int fd;

	if (!load(LAB_PER_CALL))
		goto out;
	write_file(TRACING "/trace", "");
	write_file(TRACING "/events/tdx_ext/enable", "1");
	EXPECT(!lab_bring_up());
	write_file(TRACING "/events/tdx_ext/enable", "0");

	file = fopen(TRACING "/trace", "re");
	got = fread(trace, 1, sizeof(trace) - 1, file);
	trace[got] = 0;
	fclose(file);
	expect_in_order(trace, order);

	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.state, TDX_LAB_UP);
	EXPECT_EQUAL(info.pool_pages, 1100);
	EXPECT_EQUAL(info.max_quote_size, profile.max_quote_size);
	EXPECT_EQUAL(info.key_epoch, 1);
	EXPECT(info.nr_buffers > 0);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_EXT_MEM_ADD, false), 3);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_EXT_INIT, false), 1);
	EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_INIT, false), 1);

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
	if (up(LAB_PER_CALL) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		for (i = 0; i < 5; i++)
			quote_is_good(&td, (uint8_t)i);
		EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_GET, false), 5);
		EXPECT((leaf_count(TDX_LAB_LEAF_QUOTE_GET, true) > 0) == resumes);
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
	uint8_t nonce[64], other[64];
	struct td td, another;

	if (up(LAB_PER_CALL) && EXPECT(!td_create(&td, SHARED_SIZE)) &&
	    EXPECT(!td_create(&another, SHARED_SIZE))) {
		make_nonce(nonce, 7);
		make_nonce(other, 8);
		quote_is_good(&td, 7);
		EXPECT(!verify(&td, other, &key));
		memcpy(another.shared, td.shared, SHARED_SIZE);
		EXPECT(!verify(&another, nonce, &key));
		td_destroy(&td);
		td_destroy(&another);
	}
	down();
}

/* --- GetQuote: every check --- */

static void expect_refusal(struct td *td, uint64_t gpa, uint64_t size, uint64_t ret,
			   uint64_t status)
{
	struct header *header = (struct header *)td->shared;
	struct tdx_lab_getquote call = { .gpa = gpa, .size = size };

	header->status = STATUS_UNTOUCHED;
	EXPECT(!ioctl(td->fd, TDX_LAB_TD_GETQUOTE, &call));
	EXPECT_EQUAL(call.ret, ret);
	EXPECT_EQUAL(header->status, status);
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

static void check_header(struct td *td, const uint8_t nonce[64])
{
	struct header *header = (struct header *)td->shared;
	uint64_t shared = td->info.shared_bit, size = td->size;

	EXPECT(!td_request(td, nonce));
	header->version = 2;
	expect_refusal(td, shared, size, RET_INVALID_OPERAND, STATUS_ERROR);
	header->version = 1;
	header->in_len = 4096 - 24 + 1;
	expect_refusal(td, shared, size, RET_INVALID_OPERAND, STATUS_ERROR);
	header->in_len = ~0U;
	expect_refusal(td, shared, size, RET_INVALID_OPERAND, STATUS_ERROR);
	header->in_len = 0;
	expect_refusal(td, shared, size, RET_INVALID_OPERAND, STATUS_UNAVAILABLE);
	header->in_len = 1023;
	expect_refusal(td, shared, size, RET_INVALID_OPERAND, STATUS_UNAVAILABLE);
	header->in_len = 1024;
	expect_refusal(td, shared, 4096, RET_INVALID_OPERAND, STATUS_ERROR);
}

static void check_report(struct td *td, struct td *other, const uint8_t nonce[64])
{
	unsigned int at;

	EXPECT(!td_request(other, nonce));
	memcpy(td->shared, other->shared, 24 + 1024);
	expect_refusal(td, td->info.shared_bit, td->size, RET_INVALID_OPERAND,
		       STATUS_UNAVAILABLE);

	/* One wrong byte: in REPORTDATA, the MAC, TEE_TCB_INFO, TDINFO. */
	for (at = 128; at < 1024; at += 160) {
		EXPECT(!td_request(td, nonce));
		td->shared[24 + at] ^= 1;
		expect_refusal(td, td->info.shared_bit, td->size, RET_INVALID_OPERAND,
			       STATUS_UNAVAILABLE);
	}
}

static void test_getquote_checks(void)
{
	struct tdx_lab_counters counters;
	struct td td, other;
	uint8_t nonce[64];

	make_nonce(nonce, 1);
	if (up(LAB_PER_CALL) && EXPECT(!td_create(&td, SHARED_SIZE)) &&
	    EXPECT(!td_create(&other, SHARED_SIZE))) {
		EXPECT(!td_request(&td, nonce));
		check_addresses(&td);
		check_header(&td, nonce);
		check_report(&td, &other, nonce);
		EXPECT(!lab_counters(&counters));
		EXPECT_EQUAL(counters.getquote_ok, 0);
		EXPECT(quote_is_good(&td, 9));
		td_destroy(&td);
		td_destroy(&other);
	}
	down();
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

	call = none; call.fn = 61;
	expect_errno(fd, call, EPERM);
	call = none; call.fn = 52;
	expect_errno(fd, call, EPERM);
	call = none; call.fn = 98; call.r10 = 0x100000;	/* real memory, not the caller's */
	expect_errno(fd, call, EPERM);
	call = none; call.fn = 98; call.fixup = TDX_LAB_FIXUP_TDR;
	expect_errno(fd, call, EINVAL);
}

static void test_wrong_operands(void)
{
	struct td td;
	uint8_t nonce[64];
	int fd;

	make_nonce(nonce, 3);
	if (up(LAB_PER_CALL) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		fd = raw_device();
		EXPECT(!td_request(&td, nonce));
		check_operands(fd, &td);
		check_states(fd);
		close(fd);
		EXPECT(quote_is_good(&td, 4));
		td_destroy(&td);
	}
	down();
}

/* --- clients that die --- */

static pid_t quoting_child(struct td *td)
{
	pid_t pid = fork();
	uint64_t ret;

	if (pid)
		return pid;
	td_getquote(td, &ret);
	_exit(0);
}

static bool in_getquote(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state == 'D';
}

/* ns from SIGKILL until the child is gone. */
static uint64_t kill_and_wait(pid_t pid)
{
	uint64_t start = clock_now();
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return clock_now() - start;
}

/*
 * More clients than buffers: the last one waits for a buffer and can be killed
 * there at once; one whose quote is being made ends when that is done.
 */
static void test_killed_clients(void)
{
	struct tdx_lab_counters counters;
	struct tdx_lab_info info;
	struct td tds[65];
	pid_t pids[65];
	uint8_t nonce[64];
	unsigned int i, nr;

	make_nonce(nonce, 5);
	profile.quote_ns = 300000000;
	if (!up(LAB_PER_CALL) || !EXPECT(!lab_info(&info)))
		goto out;

	nr = info.nr_buffers + 1;
	for (i = 0; i < nr; i++) {
		EXPECT(!td_create(&tds[i], SHARED_SIZE));
		EXPECT(!td_request(&tds[i], nonce));
		pids[i] = quoting_child(&tds[i]);
		usleep(10000);
	}
	EXPECT(in_getquote(pids[nr - 1]));
	EXPECT(kill_and_wait(pids[nr - 1]) < 50000000);
	kill_and_wait(pids[0]);
	for (i = 1; i + 1 < nr; i++)
		waitpid(pids[i], NULL, 0);

	EXPECT(!lab_counters(&counters));
	EXPECT_EQUAL(counters.getquote_killed, 1);
	EXPECT_EQUAL(counters.getquote_ok, nr - 1);
	EXPECT(quote_is_good(&tds[0], 6));
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

	if (!up(LAB_PER_CALL))
		goto out;
	for (i = 0; i < 256; i++)
		if (!EXPECT(!td_create(&tds[i], SHARED_SIZE)))
			goto out;
	for (i = 0; i < 256; i++)
		quote_is_good(&tds[i], (uint8_t)i);
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
		quote_is_good(td, (uint8_t)(td->info.id * STORM_QUOTES + i));
	return NULL;
}

static void storm(unsigned int buffers)
{
	pthread_t threads[STORM_THREADS];
	struct td tds[STORM_THREADS];
	unsigned int i;

	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = 100000;
	if (up(buffers)) {
		for (i = 0; i < STORM_THREADS; i++) {
			EXPECT(!td_create(&tds[i], SHARED_SIZE));
			pthread_create(&threads[i], NULL, storm_thread, &tds[i]);
		}
		for (i = 0; i < STORM_THREADS; i++) {
			pthread_join(threads[i], NULL);
			td_destroy(&tds[i]);
		}
		EXPECT_EQUAL(leaf_count(TDX_LAB_LEAF_QUOTE_GET, false),
			     STORM_THREADS * STORM_QUOTES);
	}
	down();
	default_profile();
}

static void test_storm_shared(void)
{
	storm(LAB_SHARED);
}

static void test_storm_per_call(void)
{
	storm(LAB_PER_CALL);
}

/* --- again, and the end --- */

static void test_reinit(void)
{
	struct quote_key old;
	uint8_t nonce[64];
	struct td td;
	int fd;

	if (!up(LAB_PER_CALL))
		goto out;
	fd = raw_device();
	EXPECT(!td_create(&td, SHARED_SIZE));
	EXPECT(ioctl(fd, TDX_LAB_REINIT) == -1 && errno == EBUSY);
	td_destroy(&td);

	old = key;
	EXPECT(!ioctl(fd, TDX_LAB_REINIT));
	EXPECT(!lab_key(&profile, &key));
	EXPECT_EQUAL(key.epoch, old.epoch + 1);

	EXPECT(!td_create(&td, SHARED_SIZE));
	EXPECT(quote_is_good(&td, 11));
	make_nonce(nonce, 11);
	EXPECT(!verify(&td, nonce, &old));
	td_destroy(&td);
	close(fd);
out:
	down();
}

static void test_reinit_may_not_grow_the_pool(void)
{
	struct tdx_lab_info info;
	int fd;

	if (!up(LAB_PER_CALL))
		goto out;
	profile.pool_pages += 1;
	EXPECT(!lab_configure(&profile, LAB_PER_CALL));
	fd = raw_device();
	EXPECT(ioctl(fd, TDX_LAB_REINIT) == -1 && errno == ENOMEM);
	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.state, TDX_LAB_FAILED);
	EXPECT_EQUAL(info.pool_pages, profile.pool_pages - 1);
	close(fd);
out:
	down();
	default_profile();
}

/* Descriptors closed: all gone but the pool, which the module keeps. */
static void make_quotes_and_leave(uint64_t before, uint64_t pool_kib)
{
	struct tdx_lab_info info;
	struct td tds[16];
	unsigned int i;

	if (up(LAB_PER_CALL)) {
		for (i = 0; i < 16; i++) {
			EXPECT(!td_create(&tds[i], SHARED_SIZE));
			quote_is_good(&tds[i], (uint8_t)i);
			td_destroy(&tds[i]);
		}
		lab_close();
		EXPECT(!lab_open() && !lab_info(&info));
		EXPECT_EQUAL(info.pool_pages, profile.pool_pages);
		EXPECT_EQUAL(info.nr_tds, 0);
		EXPECT(mem_available_kib() + pool_kib / 2 < before);
	}
	down();
}

/*
 * Unloaded: the pool is back too. Free pages that a CPU keeps for itself do not
 * count as available, so look at what three rounds take, not at one.
 */
static void test_nothing_is_left_behind(void)
{
	uint64_t before = mem_available_kib(), pool_kib, after;
	unsigned int round;

	profile.pool_pages = 12800;
	pool_kib = profile.pool_pages * 4;
	for (round = 0; round < 3; round++)
		make_quotes_and_leave(before, pool_kib);

	after = mem_available_kib();
	printf("# %llu KiB available before, %llu after three rounds\n",
	       (unsigned long long)before, (unsigned long long)after);
	EXPECT(after + pool_kib > before);
	default_profile();
}

static void test_busy_module_stays(void)
{
	struct td td;

	if (up(LAB_PER_CALL) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		lab_close();
		EXPECT(syscall(SYS_delete_module, "tdx_lab", O_NONBLOCK) == -1 &&
		       errno == EWOULDBLOCK);
		EXPECT(lab_loaded());
		EXPECT(quote_is_good(&td, 2));
		td_destroy(&td);
	}
	down();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "before bring-up the device refuses what it must", test_before_bring_up },
		{ "bring-up goes in order, as trace events tell", test_bring_up_in_order },
		{ "quotes are good: COSE_Mac0", test_quotes_mac },
		{ "quotes are good: COSE_Sign1", test_quotes_signed },
		{ "quotes are good: resumed, halt engine", test_quotes_resumed_halt },
		{ "quotes are good: resumed, burn engine", test_quotes_resumed_burn },
		{ "a stale quote and another TD's are noticed", test_stale_quote_is_noticed },
		{ "GetQuote: every check", test_getquote_checks },
		{ "SEAMCALL: wrong operands get the documented status", test_wrong_operands },
		{ "killed clients", test_killed_clients },
		{ "256 TDs", test_256_tds },
		{ "8 clients at once, shared buffer", test_storm_shared },
		{ "8 clients at once, buffer per call", test_storm_per_call },
		{ "re-initialisation renews the key", test_reinit },
		{ "re-initialisation may not grow the pool", test_reinit_may_not_grow_the_pool },
		{ "nothing is left behind", test_nothing_is_left_behind },
		{ "a busy module cannot be unloaded", test_busy_module_stays },
		{}
	};

	default_profile();
	return ktap_run(tests);
}
