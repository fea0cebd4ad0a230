// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that ask for quotes.
 *
 * All that guests tell lies in memory shared with them, so that a guest may be
 * a thread or a process. Latencies go to a log with a place for every request:
 * nothing is dropped and nothing is computed while the clock runs. Verifying a
 * quote is the guest's think time; it is not part of any latency.
 */
#include "load.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "interrupt.h"
#include "lab.h"
#include "random.h"
#include "verify.h"

#define GUEST_STACK	(128 * 1024)
#define LOG_SIZE	(1U << 20)	/* requests; untouched pages cost nothing */
/* For all guests to get to the line. */
#define START_DELAY_NS	2000000
#define GUEST_DELAY_NS	200000
#define TDVMCALL_SUCCESS	0
#define ARRIVALS_STREAM	UINT32_MAX	/* of the seed; guests' nonces have the others */

struct sample {
	uint64_t actual;
	uint64_t intended;
};

/* What one guest tells; a cache line of its own. */
struct guest_told {
	uint64_t quotes;
	uint64_t refused;
	uint64_t wrong;
	uint64_t last_ns;
} __attribute__((aligned(64)));

struct load_shared {
	uint64_t start_ns;
	int64_t tickets;	/* closed: requests left to make, for whoever comes */
	uint64_t arrivals;	/* open: requests of all guests together */
	int stop;
	int why_set;
	char why[96];
	uint64_t nr_samples;
	struct sample samples[LOG_SIZE];
	struct guest_told told[];
};

struct guest {
	struct load *load;
	unsigned int number;
	struct td td;
	struct verifier *verifier;
	uint64_t nonces;	/* random stream */
	pthread_t thread;
	pid_t pid;
};

struct load {
	struct load_options options;
	struct quote_key key;
	uint64_t seed;
	uint64_t shared_size;	/* of a TD's shared memory, bytes */
	struct load_shared *shared;
	size_t shared_bytes;
	struct guest *guests;
	unsigned int nr_created;
	unsigned int nr_running;
};

/* --- one request --- */

static struct guest_told *told(const struct guest *guest)
{
	return &guest->load->shared->told[guest->number];
}

static void tell_why(struct load_shared *shared, const char *why)
{
	if (!__atomic_exchange_n(&shared->why_set, 1, __ATOMIC_RELAXED))
		snprintf(shared->why, sizeof(shared->why), "%s", why);
}

static void record(struct load_shared *shared, uint64_t actual, uint64_t intended)
{
	uint64_t at = __atomic_fetch_add(&shared->nr_samples, 1, __ATOMIC_RELAXED);

	if (at < LOG_SIZE)
		shared->samples[at] = (struct sample){ actual, intended };
}

static void check(struct guest *guest, const uint8_t nonce[64])
{
	const struct quote_expect expect = {
		.nonce = nonce,
		.mrtd = guest->td.info.mrtd,
		.key = &guest->load->key,
	};
	const char *why = "header of the answer makes no sense";
	const uint8_t *quote;
	uint64_t serial;
	uint32_t len;

	quote = td_quote(&guest->td, &len);
	if (quote && !quote_verify(guest->verifier, quote, len, &expect, &serial, &why)) {
		told(guest)->quotes++;
	} else {
		told(guest)->wrong++;
		tell_why(guest->load->shared, why);
	}
}

/* @intended is when the call should be made; 0 is "as soon as it can". */
static int request(struct guest *guest, uint64_t intended)
{
	struct load_shared *shared = guest->load->shared;
	uint64_t start, end, ret, nonce[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		nonce[i] = random_next(&guest->nonces);
	if (td_request(&guest->td, (const uint8_t *)nonce))
		return -1;

	if (intended)
		clock_sleep_until(intended);
	start = clock_now();
	if (td_getquote(&guest->td, &ret))
		return -1;
	end = clock_now();

	record(shared, end - start, end - (intended ? intended : start));
	told(guest)->last_ns = end;
	if (ret == TDVMCALL_SUCCESS) {
		check(guest, (const uint8_t *)nonce);
	} else {
		told(guest)->refused++;
		tell_why(shared, "GetQuote was refused");
	}
	return 0;
}

/* --- the two loops --- */

static bool stopped(const struct load_shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

static int closed_loop(struct guest *guest)
{
	struct load_shared *shared = guest->load->shared;

	while (!stopped(shared) &&
	       __atomic_fetch_sub(&shared->tickets, 1, __ATOMIC_RELAXED) > 0)
		if (request(guest, 0))
			return -1;
	return 0;
}

static double next_interval(const struct load_options *options, uint64_t *state)
{
	double mean = (double)NSEC_PER_SEC / (double)options->rate;

	if (options->arrivals == ARRIVALS_FIXED)
		return mean;
	return random_exponential(state, mean);
}

/*
 * One stream of arrivals for all: every guest draws all of it from the seed and
 * takes each arrival whose turn is its own.
 */
static int open_loop(struct guest *guest)
{
	const struct load_options *options = &guest->load->options;
	const struct load_shared *shared = guest->load->shared;
	uint64_t state = random_stream(guest->load->seed, ARRIVALS_STREAM);
	double at = 0;
	uint64_t i;

	for (i = 0; i < shared->arrivals && !stopped(shared); i++) {
		if (i % options->guests == guest->number &&
		    request(guest, shared->start_ns + (uint64_t)at))
			return -1;
		at += next_interval(options, &state);
	}
	return 0;
}

static int guest_run(struct guest *guest)
{
	clock_sleep_until(guest->load->shared->start_ns);
	return guest->load->options.kind == LOAD_OPEN ? open_loop(guest) : closed_loop(guest);
}

/* --- guests as threads and as processes --- */

static void *guest_thread(void *arg)
{
	return (void *)(intptr_t)guest_run(arg);
}

static int pin(pthread_attr_t *attr, int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return pthread_attr_setaffinity_np(attr, sizeof(set), &set);
}

static int spawn_thread(struct guest *guest)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, GUEST_STACK);
	ret = pin(&attr, guest->load->options.cpu);
	if (!ret)
		ret = pthread_create(&guest->thread, &attr, guest_thread, guest);
	pthread_attr_destroy(&attr);
	return ret;
}

static int spawn_process(struct guest *guest)
{
	pid_t parent = getpid();
	cpu_set_t set;

	guest->pid = fork();
	if (guest->pid < 0)
		return errno;
	if (guest->pid)
		return 0;

	/* A child must not outlive a killed parent, nor answer Ctrl-C on its own. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (guest->load->options.cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(guest->load->options.cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	_exit(guest_run(guest) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/*
 * A dot for every second that a guest is waited for: whoever watches, a person
 * or vm.sh, must be able to tell a long point from a hang.
 */
static int join_thread(struct guest *guest)
{
	struct timespec when;
	void *value = NULL;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &when);
		when.tv_sec++;
		if (pthread_timedjoin_np(guest->thread, &value, &when) != ETIMEDOUT)
			return value ? -1 : 0;
		fputc('.', stderr);
	}
}

static int join_process(struct guest *guest)
{
	int status, rounds = 0;
	pid_t pid;

	while (!(pid = waitpid(guest->pid, &status, WNOHANG))) {
		usleep(10000);
		if (++rounds % 100 == 0)
			fputc('.', stderr);
	}
	return pid == guest->pid && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int join(struct guest *guest)
{
	return guest->load->options.run_as == RUN_AS_THREADS ? join_thread(guest)
							     : join_process(guest);
}

/* --- the load as a whole --- */

/* Guests that are processes do not see our signals: they are told by memory. */
static struct load_shared *active;

static void stop_active(void)
{
	__atomic_store_n(&active->stop, 1, __ATOMIC_RELAXED);
}

/* Each TD is a descriptor, and the usual limit is 1024. */
static void raise_descriptor_limit(uint64_t guests)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= guests + 64)
		return;
	limit.rlim_cur = guests + 64;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int guest_create(struct load *load, unsigned int number)
{
	struct guest *guest = &load->guests[number];

	*guest = (struct guest){
		.load = load,
		.number = number,
		.nonces = random_stream(load->seed, number),
	};
	if (td_create(&guest->td, load->shared_size)) {
		td_destroy(&guest->td);
		return -1;
	}
	load->nr_created++;

	guest->verifier = verifier_new(&load->key);
	if (!guest->verifier) {
		fprintf(stderr, "tdxbench: no memory for guest %u\n", number);
		return -1;
	}
	return 0;
}

struct load *load_new(const struct tdx_emu_profile *profile, const struct load_options *options)
{
	struct load *load = calloc(1, sizeof(*load));
	unsigned int i;

	load->options = *options;
	load->seed = profile->seed;
	load->shared_size = lab_shared_size(profile);
	if (lab_key(profile, &load->key)) {
		free(load);
		return NULL;
	}
	load->guests = calloc(options->guests, sizeof(*load->guests));
	load->shared_bytes = sizeof(struct load_shared) +
			     options->guests * sizeof(struct guest_told);
	load->shared = mmap(NULL, load->shared_bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!load->guests || load->shared == MAP_FAILED) {
		fprintf(stderr, "tdxbench: no memory for %llu guests\n",
			(unsigned long long)options->guests);
		load->shared = NULL;
		load_free(load);
		return NULL;
	}

	raise_descriptor_limit(options->guests);
	for (i = 0; i < options->guests; i++) {
		if (guest_create(load, i)) {
			load_free(load);
			return NULL;
		}
	}
	return load;
}

static void forget(struct load_shared *shared, uint64_t guests)
{
	memset(shared->told, 0, guests * sizeof(*shared->told));
	shared->nr_samples = 0;
	shared->stop = 0;
	shared->why_set = 0;
	shared->why[0] = 0;
}

int load_start(struct load *load, uint64_t quotes)
{
	struct load_shared *shared = load->shared;
	uint64_t guests = load->options.guests;
	unsigned int i;
	int ret = 0;

	forget(shared, guests);
	shared->tickets = quotes ? (int64_t)quotes : INT64_MAX;
	shared->arrivals = quotes ? quotes : UINT64_MAX;
	shared->start_ns = clock_now() + START_DELAY_NS + guests * GUEST_DELAY_NS;

	active = shared;
	interrupt_notify(stop_active);
	if (interrupted())
		load_stop(load);

	for (i = 0; i < guests && !ret; i++) {
		if (load->options.run_as == RUN_AS_THREADS)
			ret = spawn_thread(&load->guests[i]);
		else
			ret = spawn_process(&load->guests[i]);
		load->nr_running += !ret;
	}
	if (!ret)
		return 0;

	fprintf(stderr, "tdxbench: cannot start guest %u: %s\n", i - 1, strerror(ret));
	load_stop(load);
	return -1;
}

void load_wait_begun(const struct load *load)
{
	clock_sleep_until(load->shared->start_ns);
}

void load_stop(struct load *load)
{
	__atomic_store_n(&load->shared->stop, 1, __ATOMIC_RELAXED);
}

static void add_up(const struct load *load, struct load_result *result)
{
	const struct load_shared *shared = load->shared;
	uint64_t i, nr = shared->nr_samples;

	*result = (struct load_result){ .first_ns = shared->start_ns, .guest_min = UINT64_MAX };
	snprintf(result->why, sizeof(result->why), "%s", shared->why);

	for (i = 0; i < load->options.guests; i++) {
		const struct guest_told *t = &shared->told[i];

		result->quotes += t->quotes;
		result->refused += t->refused;
		result->wrong += t->wrong;
		if (t->last_ns > result->last_ns)
			result->last_ns = t->last_ns;
		if (t->quotes < result->guest_min)
			result->guest_min = t->quotes;
		if (t->quotes > result->guest_max)
			result->guest_max = t->quotes;
	}

	hist_init(&result->actual);
	hist_init(&result->intended);
	for (i = 0; i < nr && i < LOG_SIZE; i++) {
		hist_add(&result->actual, shared->samples[i].actual);
		hist_add(&result->intended, shared->samples[i].intended);
	}
}

int load_wait(struct load *load, struct load_result *result)
{
	int ret = 0;

	while (load->nr_running)
		if (join(&load->guests[--load->nr_running]))
			ret = -1;
	interrupt_notify(NULL);
	add_up(load, result);

	if (load->shared->nr_samples > LOG_SIZE) {
		fprintf(stderr, "tdxbench: more than %u requests in one point\n", LOG_SIZE);
		ret = -1;
	}
	return ret;
}

void load_free(struct load *load)
{
	struct load_result ignored;

	if (load->shared) {
		load_stop(load);
		if (load->nr_running)
			load_wait(load, &ignored);
		munmap(load->shared, load->shared_bytes);
	}
	while (load->nr_created--) {
		verifier_free(load->guests[load->nr_created].verifier);
		td_destroy(&load->guests[load->nr_created].td);
	}
	free(load->guests);
	free(load);
}
