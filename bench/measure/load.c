// SPDX-License-Identifier: GPL-2.0
/*
 * The load as a whole: TDs, and clients that ask for quotes in their name.
 */
#include "measure/load.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/child.h"
#include "measure/client.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "run/suite.h"
#include "measure/random.h"

#define CLIENT_STACK	(128 * 1024)
#define TD_MAX_SHARED	(8ULL << 20)
/* For all clients to get to the line. */
#define START_DELAY_NS	2000000
#define CLIENT_DELAY_NS	200000
#define ARRIVALS_STREAM	UINT32_MAX	/* of the seed; clients' nonces have the others */

struct load {
	struct load_options options;
	struct tdx_emu_profile profile;
	struct load_shared *shared;
	size_t shared_bytes;
	struct td *tds;
	unsigned int nr_tds;
	struct client *clients;
	unsigned int nr_clients;
	char *stacks;
	unsigned int nr_running;
	unsigned int nr_starts;
};

/* --- clients as threads and as processes --- */

static void *client_thread(void *arg)
{
	return (void *)(intptr_t)client_run(arg);
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

/* Stacks of our own: libc would keep its own, and the next point would count them. */
static int spawn_thread(struct load *load, struct client *client)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, load->stacks + client->number * (size_t)CLIENT_STACK,
			      CLIENT_STACK);
	ret = pin(&attr, client->options->cpu);
	if (!ret)
		ret = pthread_create(&client->thread, &attr, client_thread, client);
	pthread_attr_destroy(&attr);
	return ret;
}

static int spawn_process(struct client *client)
{
	cpu_set_t set;

	client->pid = child_fork();
	if (client->pid < 0)
		return errno;
	if (client->pid)
		return 0;

	if (client->options->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(client->options->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	_exit(client_run(client) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/*
 * A dot for every second that a client is waited for: whoever watches, a person
 * or vm.sh, must be able to tell a long point from a hang.
 */
static bool dots;	/* on the line that stderr is at */

static void put_dot(void)
{
	fputc('.', stderr);
	dots = true;
}

void load_end_dots(void)
{
	if (dots)
		fputc('\n', stderr);
	dots = false;
}

static int join_thread(struct client *client)
{
	struct timespec when;
	void *value = NULL;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &when);
		when.tv_sec++;
		if (pthread_timedjoin_np(client->thread, &value, &when) != ETIMEDOUT)
			return value ? -1 : 0;
		put_dot();
	}
}

static int join_process(struct client *client)
{
	int status, rounds = 0;
	pid_t pid;

	while (!(pid = waitpid(client->pid, &status, WNOHANG))) {
		usleep(10000);
		if (++rounds % 100 == 0)
			put_dot();
	}
	return pid == client->pid && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int join(struct client *client)
{
	return client->options->run_as == RUN_AS_THREADS ? join_thread(client) :
							   join_process(client);
}

/* --- the load as a whole --- */

/* Clients that are processes do not see our signals: they are told by memory. */
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

/* Clients of a TD, each with a buffer of its own. */
static unsigned int depth_of(const struct load *load, unsigned int td)
{
	return td || !load->options.hog ? 1 : (unsigned int)load->options.hog;
}

static unsigned int count_clients(const struct load *load)
{
	return (unsigned int)load->options.guests - 1 + depth_of(load, 0);
}

static int td_add(struct load *load, uint64_t buffer_size)
{
	struct td *td = &load->tds[load->nr_tds];

	if (td_create(td, buffer_size * depth_of(load, load->nr_tds))) {
		td_destroy(td);
		return -1;
	}
	load->nr_tds++;
	return 0;
}

static int client_add(struct load *load, unsigned int td, struct td_buffer buffer)
{
	unsigned int number = load->nr_clients;
	struct client *client = &load->clients[number];

	*client = (struct client){
		.options = &load->options,
		.shared = load->shared,
		.number = number,
		.nr_clients = count_clients(load),
		.td = td,
		.mrtd = load->tds[td].info.mrtd,
		.buffer = buffer,
		.verifier = verifier_new(load_newest_key(load->shared)),
		.arrivals = random_stream(load->profile.seed, ARRIVALS_STREAM),
	};
	if (!client->verifier) {
		fprintf(stderr, "tdxbench: no memory for client %u\n", number);
		return -1;
	}
	load->nr_clients++;
	return 0;
}

static int guest_add(struct load *load, uint64_t buffer_size)
{
	unsigned int td = load->nr_tds, i;

	if (td_add(load, buffer_size))
		return -1;
	for (i = 0; i < depth_of(load, td); i++)
		if (client_add(load, td, td_buffer(&load->tds[td], i, buffer_size)))
			return -1;
	return 0;
}

static int check_depth(const struct load *load, uint64_t buffer_size)
{
	uint64_t most = TD_MAX_SHARED / buffer_size;

	if (depth_of(load, 0) <= most)
		return 0;
	fprintf(stderr, "tdxbench: hog is %u, allowed with max_quote_size %llu is at most %llu: a TD has %llu bytes of shared memory\n",
		depth_of(load, 0), (unsigned long long)load->profile.max_quote_size,
		(unsigned long long)most, TD_MAX_SHARED);
	return -1;
}

/* Memory of which only pages that are touched cost something, or NULL. No huge ones: MAP_STACK. */
static void *map(size_t bytes, int how)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			how | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int allocate(struct load *load)
{
	unsigned int clients = count_clients(load);

	load->tds = calloc(load->options.guests, sizeof(*load->tds));
	load->clients = calloc(clients, sizeof(*load->clients));
	load->shared_bytes = sizeof(struct load_shared) + clients * sizeof(struct load_told);
	load->shared = map(load->shared_bytes, MAP_SHARED);
	load->stacks = map(clients * (size_t)CLIENT_STACK, MAP_PRIVATE | MAP_STACK);
	if (load->tds && load->clients && load->shared && load->stacks)
		return 0;

	fprintf(stderr, "tdxbench: no memory for %u clients\n", clients);
	return -1;
}

static int create_guests(struct load *load)
{
	uint64_t buffer_size = lab_shared_size(&load->profile);
	unsigned int i;

	if (check_depth(load, buffer_size) || allocate(load) || load_take_key(load))
		return -1;
	raise_descriptor_limit(load->options.guests);
	for (i = 0; i < load->options.guests; i++)
		if (guest_add(load, buffer_size))
			return -1;
	return 0;
}

struct load *load_new(const struct tdx_emu_profile *profile, const struct load_options *options)
{
	struct load *load = calloc(1, sizeof(*load));

	load->options = *options;
	load->profile = *profile;
	if (!create_guests(load))
		return load;
	load_free(load);
	return NULL;
}

int load_take_key(struct load *load)
{
	struct load_shared *shared = load->shared;
	unsigned int nr = shared->nr_keys;
	struct quote_key key;

	if (lab_key(&load->profile, &key))
		return -1;
	if (nr && key.epoch == shared->keys[nr - 1].epoch)
		return 0;
	if (nr == LOAD_MAX_KEYS) {
		fprintf(stderr, "tdxbench: more than %u keys in one point\n", LOAD_MAX_KEYS);
		return -1;
	}
	shared->keys[nr] = key;
	__atomic_store_n(&shared->nr_keys, nr + 1, __ATOMIC_RELEASE);
	return 0;
}

static void forget(struct load_shared *shared, unsigned int clients)
{
	memset(shared->told, 0, clients * sizeof(*shared->told));
	shared->nr_samples = 0;
	shared->stop = 0;
	shared->why_set = 0;
	shared->why[0] = 0;
}

/* Other ones each time: what a process has drawn of its stream, we do not know. */
static void renew_nonces(struct load *load)
{
	uint64_t first = (uint64_t)load->nr_starts++ << 32;
	unsigned int i;

	for (i = 0; i < load->nr_clients; i++)
		load->clients[i].nonces = random_stream(load->profile.seed, first + i);
}

int load_start(struct load *load, uint64_t quotes)
{
	struct load_shared *shared = load->shared;
	unsigned int i;
	int ret = 0;

	forget(shared, load->nr_clients);
	renew_nonces(load);
	shared->tickets = quotes ? (int64_t)quotes : INT64_MAX;
	shared->arrivals = quotes ? quotes : UINT64_MAX;
	shared->start_ns = clock_now() + START_DELAY_NS + load->nr_clients * CLIENT_DELAY_NS;

	active = shared;
	interrupt_notify(stop_active);
	if (interrupted())
		load_stop(load);

	for (i = 0; i < load->nr_clients && !ret; i++) {
		if (load->options.run_as == RUN_AS_THREADS)
			ret = spawn_thread(load, &load->clients[i]);
		else
			ret = spawn_process(&load->clients[i]);
		load->nr_running += !ret;
	}
	if (!ret)
		return 0;

	fprintf(stderr, "tdxbench: cannot start client %u: %s\n", i - 1, strerror(ret));
	load_stop(load);
	return -1;
}

uint64_t load_wait_begun(const struct load *load)
{
	clock_sleep_until(load->shared->start_ns);
	return load->shared->start_ns;
}

void load_stop(struct load *load)
{
	__atomic_store_n(&load->shared->stop, 1, __ATOMIC_RELAXED);
}

/* --- what came of it --- */

static void add_told(const struct load_told *told, struct load_result *result)
{
	unsigned int verdict;

	for (verdict = 0; verdict < QUOTE_NR_VERDICTS; verdict++)
		result->verdicts[verdict] += told->verdicts[verdict];
	result->refused += told->refused;
	result->retries += told->retries;
	result->abandoned += told->abandoned;
	result->fell_back += told->fell_back;
	if (told->last_ns > result->last_ns)
		result->last_ns = told->last_ns;
}

/* Quotes of one guest; its clients stand side by side, from @client on. */
static uint64_t quotes_of(const struct load *load, unsigned int client)
{
	const struct client *clients = load->clients;
	unsigned int td = clients[client].td;
	uint64_t quotes = 0;

	for (; client < load->nr_clients && clients[client].td == td; client++)
		quotes += load->shared->told[client].verdicts[QUOTE_RIGHT];
	return quotes;
}

static void compare_guests(const struct load *load, struct load_result *result)
{
	unsigned int td, client = 0;

	result->guest_min = UINT64_MAX;
	for (td = 0; td < load->nr_tds; td++) {
		uint64_t quotes = quotes_of(load, client);

		if (quotes < result->guest_min)
			result->guest_min = quotes;
		if (quotes > result->guest_max)
			result->guest_max = quotes;
		client += depth_of(load, td);
	}
}

static int add_up(const struct load *load, struct load_result *result)
{
	struct load_shared *shared = load->shared;
	uint64_t i, nr = shared->nr_samples < LOAD_LOG_SIZE ? shared->nr_samples : LOAD_LOG_SIZE;

	*result = (struct load_result){ .first_ns = shared->start_ns };
	snprintf(result->why, sizeof(result->why), "%s", shared->why);

	for (i = 0; i < load->nr_clients; i++)
		add_told(&shared->told[i], result);
	result->quotes = result->verdicts[QUOTE_RIGHT];
	for (i = QUOTE_RIGHT + 1; i < QUOTE_NR_VERDICTS; i++)
		result->wrong += result->verdicts[i];
	compare_guests(load, result);

	hist_init(&result->actual);
	hist_init(&result->intended);
	for (i = 0; i < nr; i++) {
		hist_add(&result->actual, shared->samples[i].actual);
		hist_add(&result->intended, shared->samples[i].intended);
	}
	return tails_find(shared->samples, nr, &result->tails);
}

static int join_all(struct load *load)
{
	int ret = 0;

	while (load->nr_running)
		if (join(&load->clients[--load->nr_running]))
			ret = -1;
	interrupt_notify(NULL);
	return ret;
}

int load_wait(struct load *load, struct load_result *result)
{
	int ret = join_all(load);

	if (add_up(load, result))
		return -1;
	if (load->shared->nr_samples > LOAD_LOG_SIZE) {
		fprintf(stderr, "tdxbench: more than %u quotes in one point\n", LOAD_LOG_SIZE);
		return -1;
	}
	return ret;
}

void load_free(struct load *load)
{
	if (load->shared) {
		load_stop(load);
		join_all(load);
	}
	while (load->nr_clients)
		verifier_free(load->clients[--load->nr_clients].verifier);
	while (load->nr_tds)
		td_destroy(&load->tds[--load->nr_tds]);
	if (load->shared)
		munmap(load->shared, load->shared_bytes);
	if (load->stacks)
		munmap(load->stacks, count_clients(load) * (size_t)CLIENT_STACK);
	free(load->clients);
	free(load->tds);
	free(load);
}

int load_measure(const struct point *point, const struct load_options *options,
		 load_measurer *measure, json_t *out)
{
	struct load *load = load_new(&point->profile, options);
	int ret;

	if (!load)
		return -1;
	ret = measure(point, load, out);
	load_free(load);
	return ret;
}
