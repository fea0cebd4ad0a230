// SPDX-License-Identifier: GPL-2.0
/*
 * kill: how long a client outlives SIGKILL, while it waits for a quote buffer,
 * while its call is in the module, and, to compare with, while it does nothing.
 *
 * Some clients take all buffers, others queue behind them: the kernel tells when
 * all are there. Those who queue are then killed, one after the other, and the
 * end of each is noticed as it comes. A client inside the module, or asleep, is
 * killed in a scene of its own, with nobody else there.
 *
 * Whoever dies needs a CPU for it. How long that takes on busy CPUs is the
 * scheduler's matter, so those who keep them busy give way to all others.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/books.h"
#include "measure/child.h"
#include "measure/clock.h"
#include "run/interrupt.h"
#include "measure/lab.h"
#include "measure/measurement.h"
#include "result/result.h"

#define LOOK_NS		100000ULL	/* between two looks whether all clients are there */
#define PRIORITY	1		/* of the killer, SCHED_FIFO */
#define MAX_CLIENTS	1024

static const struct param params[] = {
	{ "waiting", 16, 1, 512, "", NULL, "clients that wait for a buffer, all of them killed" },
	{ "calling", 4, 1, 512, "", NULL,
	  "clients killed during their call, one at a time; as many killed asleep" },
	{ "interval_ns", 2000000, 1000, 1000000000, "ns", NULL, "between two kills" },
	{}
};

/**
 * struct client - a process that asks for one quote
 * @td:     its TD
 * @buffer: in the TD's shared memory
 * @pid:    process, 0 when there is none
 * @fd:     that becomes readable as the process ends
 * @killed_ns: when SIGKILL was sent, 0 if it was not
 */
struct client {
	struct td td;
	struct td_buffer buffer;
	pid_t pid;
	int fd;
	uint64_t killed_ns;
};

/**
 * struct scene - clients of which some are killed
 * @clients:    in the order in which they ask
 * @nr_clients: of them
 * @asleep:     they do not ask
 * @first:      the first one to be killed; all behind it are, too
 * @delay:      from when all have asked until it is
 * @interval:   until the next one is
 * @outlived:   from SIGKILL to the end of the process, ns
 */
struct scene {
	struct client *clients;
	unsigned int nr_clients;
	bool asleep;
	unsigned int first;
	uint64_t delay;
	uint64_t interval;
	struct hist *outlived;
};

/* --- clients --- */

static int ask_once(struct client *client)
{
	static const uint8_t nonce[64] = { 1 };
	struct tdx_lab_getquote answer;

	if (td_request(&client->buffer, nonce) || td_getquote(&client->buffer, &answer))
		return EXIT_FAILURE;
	return answer.ret || answer.status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int client_run(const struct scene *scene, struct client *client)
{
	static const struct sched_param none;
	bool will_be_killed = client >= scene->clients + scene->first;

	if (!will_be_killed && sched_setscheduler(0, SCHED_IDLE, &none))
		return EXIT_FAILURE;
	return scene->asleep ? pause() : ask_once(client);
}

static int client_start(const struct scene *scene, struct client *client)
{
	client->pid = child_fork();
	if (!client->pid)
		_exit(client_run(scene, client));
	if (client->pid > 0) {
		client->fd = (int)syscall(SYS_pidfd_open, client->pid, 0);
		if (client->fd >= 0)
			return 0;
		kill(client->pid, SIGKILL);
		waitpid(client->pid, NULL, 0);
	}
	client->pid = 0;
	fprintf(stderr, "tdxbench: cannot start a client: %s\n", strerror(errno));
	return -1;
}

/* Gone for good; whoever was not killed must have got a quote. */
static int client_end(struct client *client)
{
	int status;

	close(client->fd);
	if (waitpid(client->pid, &status, 0) != client->pid)
		status = -1;
	client->pid = 0;
	if (client->killed_ns || interrupted() || !status)
		return 0;
	fputs("tdxbench: a client that nobody killed got no quote\n", stderr);
	return -1;
}

static void clients_free(struct client *clients, unsigned int count)
{
	while (count--)
		td_destroy(&clients[count].td);
	free(clients);
}

static struct client *clients_new(const struct tdx_emu_profile *profile, unsigned int count)
{
	struct client *clients = calloc(count, sizeof(*clients));
	uint64_t size = lab_shared_size(profile);
	unsigned int i;

	if (!clients) {
		fprintf(stderr, "tdxbench: no memory for %u clients\n", count);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		if (td_create(&clients[i].td, size)) {
			td_destroy(&clients[i].td);
			clients_free(clients, i);
			return NULL;
		}
		clients[i].buffer = td_buffer(&clients[i].td, 0, size);
	}
	return clients;
}

/* --- a scene --- */

static void kill_client(struct client *client)
{
	if (!client->pid)
		return;
	client->killed_ns = clock_now();
	kill(client->pid, SIGKILL);
}

/* Waits until @deadline, or until a process ends: 0 when none does. */
static int wait_for_ends(const struct scene *scene, struct pollfd *fds, uint64_t deadline)
{
	uint64_t now = clock_now();
	struct timespec left = {};
	unsigned int i;

	for (i = 0; i < scene->nr_clients; i++)
		fds[i] = (struct pollfd){
			.fd = scene->clients[i].pid ? scene->clients[i].fd : -1,
			.events = POLLIN,
		};
	if (deadline > now) {
		left.tv_sec = (time_t)((deadline - now) / NSEC_PER_SEC);
		left.tv_nsec = (long)((deadline - now) % NSEC_PER_SEC);
	}
	return ppoll(fds, scene->nr_clients, &left, NULL);
}

/* Processes that have ended by now, or -1. */
static int note_ends(const struct scene *scene, const struct pollfd *fds)
{
	uint64_t now = clock_now();
	unsigned int i;
	int ended = 0;

	for (i = 0; i < scene->nr_clients; i++) {
		struct client *client = &scene->clients[i];

		if (!client->pid || !fds[i].revents)
			continue;
		if (client->killed_ns)
			hist_add(scene->outlived, now - client->killed_ns);
		if (client_end(client))
			return -1;
		ended++;
	}
	return ended;
}

/*
 * Kills as each one's time comes, from @at on, and sees all of them end. A dot for
 * every second of mere waiting, as a sign of life.
 */
static int kill_and_watch(const struct scene *scene, uint64_t at)
{
	struct pollfd fds[MAX_CLIENTS];
	unsigned int next = scene->first, left = scene->nr_clients;
	int ended;

	while (left) {
		bool more = next < scene->nr_clients;

		if (more && clock_now() >= at) {
			kill_client(&scene->clients[next++]);
			at += scene->interval;
			continue;
		}
		if (!wait_for_ends(scene, fds, more ? at : clock_now() + NSEC_PER_SEC) && !more)
			fputc('.', stderr);
		ended = note_ends(scene, fds);
		if (ended < 0)
			return -1;
		left -= (unsigned int)ended;
	}
	return 0;
}

static void kill_the_rest(const struct scene *scene)
{
	unsigned int i;

	for (i = 0; i < scene->nr_clients; i++) {
		if (!scene->clients[i].pid)
			continue;
		kill_client(&scene->clients[i]);
		client_end(&scene->clients[i]);
	}
}

/* Waits until so many quotes are under way. */
static int wait_for_clients(unsigned int count, uint64_t patience)
{
	uint64_t give_up = clock_now() + patience;
	struct tdx_lab_info info;

	do {
		if (lab_info(&info))
			return -1;
		if (info.in_flight == count)
			return 0;
		clock_sleep_until(clock_now() + LOOK_NS);
	} while (clock_now() < give_up);

	fprintf(stderr, "tdxbench: quote_ns is %llu, too short: %u clients should be asking at once, %u are\n",
		(unsigned long long)patience, count, info.in_flight);
	return -1;
}

static int start(const struct scene *scene, unsigned int from, unsigned int to, uint64_t patience)
{
	for (; from < to; from++)
		if (client_start(scene, &scene->clients[from]))
			return -1;
	return wait_for_clients(scene->asleep ? 0 : to, patience);
}

/* Those who will not be killed are there before the others come. */
static int play(const struct scene *scene, uint64_t patience)
{
	int ret = start(scene, 0, scene->first, patience);

	if (!ret)
		ret = start(scene, scene->first, scene->nr_clients, patience);
	if (!ret)
		ret = kill_and_watch(scene, clock_now() + scene->delay);
	kill_the_rest(scene);
	return ret;
}

/* --- the scenes --- */

/* Whoever comes when these have theirs must wait. */
static unsigned int count_buffers(const struct point *point, const struct tdx_lab_info *info)
{
	return point->policy.buffers == TDX_BUFFERS_SHARED ? 1 : info->nr_buffers;
}

static int play_with(const struct point *point, struct scene *scene)
{
	int ret;

	scene->clients = clients_new(&point->profile, scene->nr_clients);
	if (!scene->clients)
		return -1;
	ret = play(scene, point->profile.quote_ns);
	clients_free(scene->clients, scene->nr_clients);
	return ret;
}

static int kill_waiting(const struct point *point, unsigned int buffers, struct hist *outlived)
{
	return play_with(point, &(struct scene){
		.nr_clients = buffers + (unsigned int)point_value(point, "waiting"),
		.first = buffers,
		.interval = point_value(point, "interval_ns"),
		.outlived = outlived,
	});
}

/* One by itself, when half of a quote's time is over. */
static int kill_one(const struct point *point, bool asleep, struct hist *outlived)
{
	return play_with(point, &(struct scene){
		.nr_clients = 1,
		.asleep = asleep,
		.delay = point->profile.quote_ns / 2,
		.outlived = outlived,
	});
}

static int check_count(const struct point *point, unsigned int buffers)
{
	uint64_t waiting = point_value(point, "waiting");

	if (buffers + waiting <= MAX_CLIENTS)
		return 0;
	fprintf(stderr, "tdxbench: waiting is %llu, allowed with %u buffers is at most %u\n",
		(unsigned long long)waiting, buffers, MAX_CLIENTS - buffers);
	return -1;
}

/* Who is killed when the first quotes are ready may have one by then, and waits no more. */
static int check_time(const struct point *point)
{
	uint64_t waiting = point_value(point, "waiting");
	uint64_t interval = point_value(point, "interval_ns");

	if (waiting * interval < point->profile.quote_ns)
		return 0;
	fprintf(stderr, "tdxbench: interval_ns is %llu, allowed with %llu waiting and quote_ns %llu is less than %llu\n",
		(unsigned long long)interval, (unsigned long long)waiting,
		(unsigned long long)point->profile.quote_ns,
		(unsigned long long)((point->profile.quote_ns + waiting - 1) / waiting));
	return -1;
}

/* The killer must not wait for a CPU that clients are on; they do not inherit this. */
static int take_priority(bool take)
{
	struct sched_param param = { .sched_priority = take ? PRIORITY : 0 };

	if (!sched_setscheduler(0, take ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER, &param))
		return 0;
	fprintf(stderr, "tdxbench: cannot change the killer's priority: %s\n", strerror(errno));
	return -1;
}

/* --- what came of it --- */

/**
 * struct ends - from SIGKILL to the end of the process, ns
 * @waiting: for a buffer
 * @calling: inside the module
 * @asleep:  doing nothing
 */
struct ends {
	struct hist waiting;
	struct hist calling;
	struct hist asleep;
};

static void report(const struct point *point, const struct books *books, unsigned int buffers,
		   const struct ends *ends, json_t *out)
{
	uint64_t waiting = ends->waiting.count, given_up = books->kernel.getquote_killed;

	metric_hist(out, "kill.waiting", "ns", BETTER_LOWER, &ends->waiting);
	metric_hist(out, "kill.calling", "ns", BETTER_LOWER, &ends->calling);
	metric_hist(out, "kill.asleep", "ns", BETTER_NONE, &ends->asleep);
	metric_u64(out, "kill.in_vain", "", BETTER_LOWER, waiting - given_up);
	books_add_iterations(books, out);
	books_add_requests(books, out);
	/* So nobody was killed before the request, and nobody whose call had begun gave up. */
	books_check_equal(out, "clients killed while waiting", point_value(point, "waiting"),
			  waiting);
	books_check_equal(out, "requests given up or ended",
			  buffers + waiting + ends->calling.count,
			  given_up + books->kernel.getquote_ok);
	/* All that waited can be killed while they do, or none; those inside never. */
	books_check_equal(out, "requests given up",
			  point->policy.wait == TDX_WAIT_KILLABLE ? waiting : 0, given_up);

	point_headline(out, "gone after %9.3f ms when waiting, %8.3f when calling, %6.3f when asleep",
		       (double)hist_percentile(&ends->waiting, 50) / 1e6,
		       (double)hist_percentile(&ends->calling, 50) / 1e6,
		       (double)hist_percentile(&ends->asleep, 50) / 1e6);
}

static int play_all(const struct point *point, unsigned int buffers, struct ends *ends)
{
	uint64_t left = point_value(point, "calling");
	int ret;

	hist_init(&ends->waiting);
	hist_init(&ends->calling);
	hist_init(&ends->asleep);

	if (take_priority(true))
		return -1;
	ret = kill_waiting(point, buffers, &ends->waiting);
	for (; !ret && left && !interrupted(); left--) {
		ret = kill_one(point, false, &ends->calling);
		if (!ret)
			ret = kill_one(point, true, &ends->asleep);
	}
	return take_priority(false) ? -1 : ret;
}

static int run(const struct point *point, json_t *out)
{
	struct tdx_lab_info info;
	unsigned int buffers;
	struct books books;
	struct ends ends;
	int ret = -1;

	if (lab_info(&info))
		return -1;
	buffers = count_buffers(point, &info);
	if (check_count(point, buffers) || check_time(point))
		return -1;

	if (books_open(&books, COLLECT_ITERATIONS | COLLECT_QUOTES, NULL))
		return -1;
	if (!play_all(point, buffers, &ends) && !books_balance(&books)) {
		report(point, &books, buffers, &ends, out);
		ret = interrupted();
	}
	books_close(&books);
	return ret;
}

const struct measurement measurement_kill = {
	.name = "kill",
	.summary = "how long clients outlive SIGKILL, waiting or during their call",
	.params = params,
	.run = run,
};
