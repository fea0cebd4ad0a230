// SPDX-License-Identifier: GPL-2.0
/*
 * BPF programs as one writes them for a quick look, one at a time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/observe.h"
#include "collect/collector.h"
#include "observe.skel.h"
#include "observe/kinds.h"

static int fail(const struct observe *observe, const char *what, int error)
{
	fprintf(stderr, "tdxbench: cannot %s program '%s': %s\n", what, observe->observer->what,
		strerror(-error));
	return -1;
}

static int start(struct observe *observe)
{
	struct bpf_program *program;
	struct observe_bpf *skeleton;
	int ret;

	libbpf_set_print(NULL);
	skeleton = observe_bpf__open();
	if (!skeleton)
		return fail(observe, "open", -errno);
	observe->state = skeleton;

	bpf_object__for_each_program(program, skeleton->obj)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program),
							   observe->observer->what));
	ret = observe_bpf__load(skeleton);
	if (ret)
		return fail(observe, "load", ret);
	ret = observe_bpf__attach(skeleton);
	return ret ? fail(observe, "attach", ret) : 0;
}

static uint64_t counted(const struct observe_bpf *skeleton)
{
	int map = bpf_map__fd(skeleton->maps.hists);
	uint64_t seen = skeleton->bss->count;
	struct observe_hist hist;
	__u32 *last = NULL, leaf;
	unsigned int i;

	while (!bpf_map_get_next_key(map, last, &leaf)) {
		last = &leaf;
		if (!bpf_map_lookup_elem(map, &leaf, &hist))
			for (i = 0; i < OBSERVE_SLOTS; i++)
				seen += hist.slots[i];
	}
	return seen;
}

static int stop(struct observe *observe)
{
	struct observe_bpf *skeleton = observe->state;
	int ret = 0;

	if (skeleton && observe->started) {
		observe_bpf__detach(skeleton);
		observe->seen = counted(skeleton);
		ret = programs_missed(skeleton->obj, &observe->lost);
	}
	observe_bpf__destroy(skeleton);
	observe->state = NULL;
	return ret ? fail(observe, "ask", ret) : 0;
}

const struct observer_kind kind_bpf = {
	.counts = true,
	.start = start,
	.stop = stop,
};

const struct observer_kind kind_bpf_empty = {
	.start = start,
	.stop = stop,
};
