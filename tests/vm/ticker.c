// SPDX-License-Identifier: GPL-2.0
/*
 * ticker CPU PERIOD_NS MS: makes a CPU take a timer interrupt every so many nanoseconds,
 * for so many milliseconds, and runs nothing there: perf's clock samples nobody reads.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	if (argc != 4) {
		fputs("usage: ticker CPU PERIOD_NS MS\n", stderr);
		return 129;
	}
	attr.sample_period = strtoull(argv[2], NULL, 10);
	if (syscall(SYS_perf_event_open, &attr, -1, atoi(argv[1]), -1, 0) < 0) {
		fprintf(stderr, "ticker: perf_event_open: %s\n", strerror(errno));
		return 1;
	}
	usleep((useconds_t)strtoul(argv[3], NULL, 10) * 1000);
	return 0;
}
