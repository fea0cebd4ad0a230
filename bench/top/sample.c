// SPDX-License-Identifier: GPL-2.0
/*
 * Samples of the machine that this runs on. While the collectors are attached the
 * kernel lets nobody unload the module whose events they watch; the device is not
 * held open between two looks.
 */
#include "top/sample.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../kernel/lab/uapi/tdx_lab.h"
#include "measure/clock.h"
#include "measure/lab.h"

#define WATCHED	(COLLECT_ITERATIONS | COLLECT_PREEMPTION | COLLECT_TDS | COLLECT_STATE)

static struct collect seen;

int sample_open(void)
{
	const struct collect_opts opts = { .ignore_timer_function = lab_timer_function() };

	if (collect_open(&seen, WATCHED, &opts))
		return -1;
	if (!collect_start(&seen))
		return 0;
	collect_close(&seen);
	return -1;
}

void sample_close(void)
{
	collect_close(&seen);
}

/* Most machines have none, which is no error. */
static void ask_lab(struct top_lab *lab)
{
	int fd = open("/dev/tdx_lab", O_RDONLY | O_CLOEXEC);
	struct tdx_lab_info info;

	*lab = (struct top_lab){};
	if (fd < 0)
		return;
	if (!ioctl(fd, TDX_LAB_GET_INFO, &info) && info.version == TDX_LAB_VERSION)
		*lab = (struct top_lab){
			.there = true,
			.up = info.state != TDX_LAB_DOWN,
			.failed = info.state == TDX_LAB_FAILED,
			.ready = info.state == TDX_LAB_UP,
			.quoting = info.quoting,
			.in_flight = info.in_flight,
			.pool_pages = info.pool_pages,
		};
	close(fd);
}

static uint64_t own_cpu_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NSEC_PER_SEC +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

int sample_take(struct top_sample *sample, bool last)
{
	uint64_t now = clock_now();

	if (last ? collect_stop(&seen) : collect_peek(&seen, WATCHED))
		return -1;
	*sample = (struct top_sample){
		.ns = now,
		.cpu_ns = own_cpu_time(),
		.lost = seen.lost,
		.iterations = seen.iterations,
		.seam = seen.preemption.seam,
		.outside = seen.preemption.other,
		.tds = seen.tds,
		.state = seen.state,
	};
	seen.tds = (struct collect_tds){};	/* the sample's from now on */
	ask_lab(&sample->lab);
	return 0;
}
