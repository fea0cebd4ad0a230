// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of bpf/events.bpf.c.
 *
 * Events come through one ring buffer for all CPUs, in the order in which they took
 * their place. That is not quite the order of their time stamps, so each waits until
 * HOLD after its time stamp: what happened before has taken its place by then.
 */
#include "trace/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/collector.h"
#include "command/options.h"
#include "events.skel.h"
#include "measure/clock.h"
#include "result/must.h"
#include "run/run.h"

#define PERIOD_MS	100
#define HOLD		(20 * 1000000ULL)
#define ROOM		(1 << 16)	/* events that wait for earlier ones, 9 MiB */
#define BATCH		(1 << 15)	/* events read before some are handed over */
#define MAX_PROGRAMS	64

struct live {
	struct live_options options;
	struct events_bpf *skeleton;
	struct ring_buffer *ring;
	struct bpf_link *links[MAX_PROGRAMS];
	unsigned int nr_links;
	int epoll;
	uint64_t missed_before;
	struct order order;
	unsigned int batch;
	uint64_t newest_ns;
};

static int fail(const char *what, int error)
{
	fprintf(stderr, "tdxbench: cannot %s the programs that watch events: %s\n", what,
		programs_reason(error));
	return EXIT_ERROR;
}

/* --- what to watch --- */

static bool is_context(const struct bpf_program *program)
{
	static const char *const path[] = {
		"seamcall_exit", "quote_buffer", "quote_end", "quote_begin", "getquote_exit",
		"pool_alloc", "pool_add", "pool_total", "ext_state", "quote_state",
		"update_begin", "update_cpu", "update_end",
	};

	for (size_t i = 0; i < sizeof(path) / sizeof(*path); i++)
		if (!strcmp(bpf_program__name(program), path[i]))
			return false;
	return true;
}

static void choose(struct live *live)
{
	const struct live_options *options = &live->options;
	struct events_bpf *skeleton = live->skeleton;
	struct bpf_program *program;

	bpf_object__for_each_program(program, skeleton->obj)
		bpf_program__set_autoload(program, !is_context(program) || options->context);
	bpf_program__set_autoload(skeleton->progs.seamcall_exit, options->iterations);
	bpf_program__set_autoload(skeleton->progs.quote_buffer, options->parts);
	bpf_program__set_autoload(skeleton->progs.quote_begin, options->parts || options->context);
	bpf_program__set_autoload(skeleton->progs.quote_end, options->quotes || options->context);
	bpf_program__set_autoload(skeleton->progs.getquote_exit,
				  options->answers || options->refusals);
}

const struct param live_buffer_param = {
	"--buffer", 16 << 20, 64 << 10, 1 << 30, "bytes", NULL, ""
};

/* The kernel wants a power of two. */
static uint64_t buffer_size(uint64_t wanted)
{
	uint64_t size = live_buffer_param.min;

	while (size < (wanted ? wanted : live_buffer_param.def))
		size *= 2;
	return size;
}

static int load(struct live *live)
{
	const struct live_options *options = &live->options;
	uint64_t size = buffer_size(options->buffer);
	struct events_bpf *skeleton;

	live->skeleton = skeleton = events_bpf__open();
	if (!skeleton)
		return -errno;
	choose(live);
	skeleton->rodata->only_tdr = options->tdr;
	skeleton->rodata->only_leaf = options->leaf;
	skeleton->rodata->only_longer = options->longer_ns;
	skeleton->rodata->only_failed = options->failed;
	skeleton->rodata->only_refused = !options->answers;
	skeleton->rodata->want_iterations = options->iterations;
	skeleton->rodata->want_parts = options->parts;
	skeleton->rodata->want_context = options->context;
	skeleton->rodata->wake_at = size / 4;
	bpf_map__set_max_entries(skeleton->maps.ring, (uint32_t)size);
	return events_bpf__load(skeleton);
}

/* --- reading --- */

static int take(void *context, void *data, size_t size)
{
	struct live *live = context;

	const struct events_head *event = data;

	(void)size;
	order_add(&live->order, event);
	if (live->newest_ns < event->ns)
		live->newest_ns = event->ns;
	return ++live->batch < BATCH ? 0 : -ECANCELED;
}

/* Until there was nothing new. Behind a full batch there is more, about as old as its end. */
static int drain(struct live *live)
{
	uint64_t known;
	int ret;

	do {
		known = clock_now();
		live->batch = 0;
		ret = ring_buffer__consume(live->ring);
		if (ret == -ECANCELED && known > live->newest_ns)
			known = live->newest_ns;
		order_release(&live->order, known - HOLD);
	} while (ret == -ECANCELED);
	return ret < 0 ? -1 : 0;
}

/* libbpf would wait until there is anything; we wait until we are woken. */
static int make_epoll(struct live *live)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	live->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (live->epoll < 0 || epoll_ctl(live->epoll, EPOLL_CTL_ADD,
					 bpf_map__fd(live->skeleton->maps.ring), &event))
		return -errno;
	return 0;
}

/* --- its life --- */

static int set_up(struct live *live)
{
	int ret = load(live);

	if (ret)
		return ret;
	live->ring = ring_buffer__new(bpf_map__fd(live->skeleton->maps.ring), take, live, NULL);
	if (!live->ring)
		return -errno;
	ret = make_epoll(live);
	return ret ? ret : programs_missed(live->skeleton->obj, &live->missed_before);
}

int live_open(struct live **opened, const struct live_options *options, event_visitor *visit,
	      void *arg)
{
	int ret = run_check_events();
	struct live *live;

	if (ret)
		return ret;
	libbpf_set_print(NULL);	/* what matters is said in one line of ours */
	live = must_calloc(1, sizeof(*live));
	live->options = *options;
	live->epoll = -1;
	order_init(&live->order, ROOM, visit, arg);
	ret = set_up(live);
	if (ret) {
		live_close(live);
		return fail("load", ret);
	}
	*opened = live;
	return EXIT_DONE;
}

static int attach(struct live *live, const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (link) {
		live->links[live->nr_links++] = link;
		return 0;
	}
	/* Not every kernel has an event for every vector. */
	return is_context(program) && (errno == ENOENT || errno == ESRCH) ? 0 : -errno;
}

/*
 * What else runs is watched before any quote is and until none is, so that no quote
 * lacks it; and ends are seen before begins are.
 */
static int attach_rank(const struct bpf_program *program)
{
	if (is_context(program))
		return 0;
	return strcmp(bpf_program__name(program), "quote_begin") ? 1 : 2;
}

int live_start(struct live *live)
{
	struct bpf_program *program;
	int rank, ret;

	for (rank = 0; rank < 3; rank++) {
		bpf_object__for_each_program(program, live->skeleton->obj) {
			if (!bpf_program__autoload(program) || attach_rank(program) != rank)
				continue;
			ret = live->nr_links < MAX_PROGRAMS ? attach(live, program) : -E2BIG;
			if (ret)
				return fail("attach", ret);
		}
	}
	return EXIT_DONE;
}

int live_poll(struct live *live)
{
	struct epoll_event event;

	if (epoll_wait(live->epoll, &event, 1, PERIOD_MS) < 0 && errno != EINTR) {
		fprintf(stderr, "tdxbench: cannot wait for events: %m\n");
		return -1;
	}
	if (!drain(live))
		return 0;
	fputs("tdxbench: cannot read events\n", stderr);
	return -1;
}

static void detach(struct live *live)
{
	while (live->nr_links)
		bpf_link__destroy(live->links[--live->nr_links]);
}

int live_stop(struct live *live)
{
	int ret;

	detach(live);
	ret = drain(live);
	order_release(&live->order, UINT64_MAX);
	return ret;
}

/* --- what was lost --- */

static void add_count(void *into, const void *value)
{
	*(uint64_t *)into += *(const uint64_t *)value;
}

static uint64_t lost_of(const struct live *live, uint32_t kind)
{
	uint64_t lost = 0;

	percpu_read(live->skeleton->maps.lost, kind, add_count, &lost);
	return lost;
}

static uint64_t missed(const struct live *live)
{
	uint64_t now = live->missed_before;

	programs_missed(live->skeleton->obj, &now);
	return now - live->missed_before;
}

uint64_t live_lost(const struct live *live)
{
	uint64_t sum = missed(live);

	for (uint32_t kind = 0; kind < EVENTS_NR_KINDS; kind++)
		if (event_size((uint16_t)kind))
			sum += lost_of(live, kind);
	return sum;
}

static void say(char *text, size_t size, uint64_t count, const char *what)
{
	size_t at = strlen(text);

	if (count)
		snprintf(text + at, size - at, "%s%llu %s", at ? ", " : "",
			 (unsigned long long)count, what);
}

const char *live_lost_text(const struct live *live, char *text, size_t size)
{
	*text = 0;
	for (uint16_t kind = 0; kind < EVENTS_NR_KINDS; kind++)
		if (event_size(kind))
			say(text, size, lost_of(live, kind), event_name(kind));
	say(text, size, missed(live), "with their program at work");
	return text;
}

void live_close(struct live *live)
{
	detach(live);
	if (live->epoll >= 0)
		close(live->epoll);
	ring_buffer__free(live->ring);
	events_bpf__destroy(live->skeleton);
	order_free(&live->order);
	free(live);
}
