// SPDX-License-Identifier: GPL-2.0
/*
 * Clients that mean harm, or die: garbage on every descriptor, memory that goes
 * away, TDs that come and go. Whatever they do, the kernel does not complain,
 * others get their quotes meanwhile, and nothing is left of them.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bench/measure/random.h"
#include "hostile.h"
#include "ktap.h"
#include "labtest.h"
#include "storm.h"

#define SEED	1

/* Everybody has gone: no TD, no request, and the next quote is a good one. */
static void expect_as_new(void)
{
	struct tdx_lab_info info;
	struct td td;

	EXPECT(!lab_info(&info));
	EXPECT_EQUAL(info.nr_tds, 0);
	EXPECT_EQUAL(info.in_flight, 0);
	EXPECT_EQUAL(info.state, TDX_LAB_UP);
	if (EXPECT(!td_create(&td, SHARED_SIZE))) {
		quote_is_good(&td, 99);
		td_destroy(&td);
	}
}

static void expect_only_good(const struct storm_counts *counts)
{
	char text[160];

	if (!EXPECT(counts->of[GOOD] > 0) || !EXPECT_EQUAL(counts->of[GOOD], storm_requests(counts)))
		printf("# others: %s\n", storm_text(counts, text));
}

/* --- garbage --- */

#define GARBAGE_THREADS	3
#define GARBAGE_ACTS	1500

static void *garbage_thread(void *seed)
{
	struct hostile *h = hostile_new((uintptr_t)seed);
	unsigned int i;

	if (!EXPECT(h))
		return NULL;
	for (i = 0; i < GARBAGE_ACTS; i++)
		hostile_act(h);
	hostile_free(h);
	return NULL;
}

static void test_garbage(void)
{
	pthread_t threads[GARBAGE_THREADS];
	struct storm_counts counts;
	uintptr_t i;

	profile.quote_ns = MSEC / 5;
	if (up(&best)) {
		storm_start(2);
		for (i = 0; i < GARBAGE_THREADS; i++)
			pthread_create(&threads[i], NULL, garbage_thread,
				       (void *)(uintptr_t)random_stream(SEED, i));
		for (i = 0; i < GARBAGE_THREADS; i++)
			pthread_join(threads[i], NULL);
		storm_stop(&counts);
		expect_only_good(&counts);
		expect_as_new();
	}
	down();
	default_profile();
}

/* The commands that work are refused by their range alone. */
static void test_ranges(void)
{
	struct tdx_lab_fragment fragment = { .mib = ~0U };
	uint32_t index = ~0U;
	int fd;

	if (up(&best)) {
		fd = raw_device();
		EXPECT(ioctl(fd, TDX_LAB_FRAGMENT, &fragment) == -1 && errno == ENOMEM);
		fragment = (struct tdx_lab_fragment){ .reserved = 1 };
		EXPECT(ioctl(fd, TDX_LAB_FRAGMENT, &fragment) == -1 && errno == EINVAL);
		EXPECT(ioctl(fd, TDX_LAB_TOUCH_POOL, &index) == -1 && errno == ERANGE);
		index = (uint32_t)profile.pool_pages;
		EXPECT(ioctl(fd, TDX_LAB_TOUCH_POOL, &index) == -1 && errno == ERANGE);
		close(fd);
		expect_as_new();
	}
	down();
}

/* --- a TD's memory and its descriptor, from beneath a request --- */

#define LONG_QUOTE	(20 * MSEC)

/* Only the descriptor and numbers: what @td->shared was may be gone. */
static void *request_thread(void *arg)
{
	const struct td *td = arg;
	struct tdx_lab_getquote call = { .gpa = td->info.shared_bit, .size = td->size };

	return (void *)(uintptr_t)(ioctl(td->fd, TDX_LAB_TD_GETQUOTE, &call) ? 1 : call.ret);
}

/* Does @harm to a TD in the middle of its request: what the request returns. */
static uint64_t harm_under_way(void (*harm)(struct td *td), struct td *td)
{
	struct td_buffer buffer = whole(td);
	pthread_t thread;
	uint8_t nonce[64];
	void *ret;

	make_nonce(nonce, 1);
	EXPECT(!td_request(&buffer, nonce));
	pthread_create(&thread, NULL, request_thread, td);
	usleep(LONG_QUOTE / 4 / 1000);
	harm(td);
	pthread_join(thread, &ret);
	return (uintptr_t)ret;
}

static void unmap(struct td *td)
{
	EXPECT(!munmap(td->shared, td->size));
	td->shared = NULL;
}

static void shrink(struct td *td)
{
	EXPECT(mremap(td->shared, td->size, 4096, 0) == td->shared);
	munmap(td->shared, 4096);
	td->shared = NULL;
}

static void grow(struct td *td)
{
	EXPECT(mremap(td->shared, td->size, 2 * td->size, MREMAP_MAYMOVE) == MAP_FAILED);
}

static void move(struct td *td)
{
	void *to = mremap(td->shared, td->size, td->size, MREMAP_MAYMOVE | MREMAP_FIXED,
			  td->shared + (64 << 20));

	if (EXPECT(to != MAP_FAILED))
		td->shared = to;
}

static void cover(struct td *td)
{
	EXPECT(mmap(td->shared, td->size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0) == td->shared);
}

static void scribble(struct td *td)
{
	memset(td->shared, 0xff, td->size);
}

static void close_it(struct td *td)
{
	EXPECT(!close(td->fd));
	td->fd = -1;
}

static void fork_and_die(struct td *td)
{
	pid_t pid = fork();

	if (!pid) {
		memset(td->shared + 8192, 1, 4096);
		raise(SIGKILL);
	}
	EXPECT(waitpid(pid, NULL, 0) == pid);
}

static void test_harm_under_way(void)
{
	static void (*const harms[])(struct td *td) = {
		unmap, shrink, grow, move, cover, scribble, close_it, fork_and_die,
	};
	struct tdx_lab_info info;
	struct td td;
	unsigned int i;

	profile.quote_ns = LONG_QUOTE;
	if (up(&best)) {
		for (i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
			if (!EXPECT(!td_create(&td, SHARED_SIZE)))
				break;
			EXPECT_EQUAL(harm_under_way(harms[i], &td), RET_SUCCESS);
			td_destroy(&td);
			EXPECT(!lab_info(&info));
			EXPECT_EQUAL(info.nr_tds, 0);
		}
		expect_as_new();
	}
	down();
	default_profile();
}

static void *map(const struct td *td, size_t len, int flags, off_t offset)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, flags, td->fd, offset);
}

static void test_mappings(void)
{
	struct tdx_lab_info info;
	struct td td;

	if (up(&best) && EXPECT(!td_create(&td, SHARED_SIZE))) {
		EXPECT(map(&td, td.size, MAP_PRIVATE, 0) == MAP_FAILED && errno == EINVAL);
		EXPECT(map(&td, td.size + 4096, MAP_SHARED, 0) == MAP_FAILED && errno == EINVAL);
		EXPECT(map(&td, 4096, MAP_SHARED, (off_t)td.size) == MAP_FAILED && errno == EINVAL);
		EXPECT(map(&td, td.size, MAP_SHARED, 4096) == MAP_FAILED && errno == EINVAL);
		EXPECT(map(&td, 4096, MAP_SHARED, (off_t)(~0ULL << 12)) == MAP_FAILED);

		/* A mapping keeps the TD, also without its descriptor. */
		close(td.fd);
		td.fd = -1;
		memset(td.shared, 1, td.size);
		EXPECT(!lab_info(&info));
		EXPECT_EQUAL(info.nr_tds, 1);
		td_destroy(&td);
		expect_as_new();
	}
	down();
}

/* --- comings and goings --- */

static atomic_bool churn_stop;
static atomic_uint churned;

/* TDs that live for a request, or for none, or for one nobody waits for. */
static void *churn_thread(void *arg)
{
	uint64_t random = random_stream(SEED, (uintptr_t)arg);

	while (!atomic_load(&churn_stop)) {
		uint64_t kind = random_next(&random) % 3;
		struct td td;

		if (!EXPECT(!td_create(&td, SHARED_SIZE)))
			break;
		if (kind == 0)
			quote_is_good(&td, kind);
		if (kind == 1)
			harm_under_way(close_it, &td);
		td_destroy(&td);
		atomic_fetch_add(&churned, 1);
	}
	return NULL;
}

static void test_churn(void)
{
	struct storm_counts counts;
	pthread_t threads[2];
	uintptr_t i;

	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 5;
	if (up(&best)) {
		atomic_store(&churn_stop, false);
		atomic_store(&churned, 0);
		storm_start(4);
		for (i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, churn_thread, (void *)i);
		usleep(100000);
		atomic_store(&churn_stop, true);
		for (i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		storm_stop(&counts);
		printf("# %u TDs came and went\n", atomic_load(&churned));
		EXPECT(atomic_load(&churned) > 3);
		expect_only_good(&counts);
		expect_as_new();
	}
	down();
	default_profile();
}

#define KILLS	25

static pid_t short_life(void)
{
	struct tdx_lab_getquote call;
	struct td_buffer buffer;
	uint8_t nonce[64];
	pid_t pid = fork();
	struct td td;

	if (pid)
		return pid;
	make_nonce(nonce, 1);
	for (;;) {
		if (td_create(&td, SHARED_SIZE))
			_exit(1);
		buffer = whole(&td);
		if (td_request(&buffer, nonce) || td_getquote(&buffer, &call))
			_exit(1);
		td_destroy(&td);
	}
}

static void killed_at_any_moment(const struct tdx_quote_policy *policy)
{
	uint64_t random = SEED;
	unsigned int i;

	profile.quote_ns = MSEC / 2;
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = MSEC / 10;
	if (up(policy)) {
		for (i = 0; i < KILLS; i++) {
			pid_t a = short_life(), b = short_life();

			usleep(random_next(&random) % 2000);
			kill_and_wait(a);
			kill_and_wait(b);
		}
		expect_as_new();
	}
	down();
	default_profile();
}

static void test_killed(void)
{
	killed_at_any_moment(&best);
	killed_at_any_moment(&posted);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "garbage on every descriptor, while others quote", test_garbage, NULL },
		{ "commands that work keep within their range", test_ranges, NULL },
		{ "memory and descriptor go away under a request", test_harm_under_way, NULL },
		{ "mappings are shared, within the TD's memory, and keep it", test_mappings, NULL },
		{ "TDs come and go, while others quote", test_churn, NULL },
		{ "clients killed at any moment", test_killed, NULL },
		{}
	};

	default_profile();
	return ktap_run(tests);
}
