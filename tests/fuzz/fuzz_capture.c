// SPDX-License-Identifier: GPL-2.0
/*
 * Captures by anybody: each input is taken for a file, and for what is packed in one.
 * What can be read is printed, put together to quotes, and counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "trace/capture.h"
#include "trace/capture_file.h"
#include "trace/print.h"
#include "trace/quotes.h"
#include "trace/tally.h"

#define CHECK(condition)							\
do {										\
	if (!(condition)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
		abort();							\
	}									\
} while (0)

static struct collect seen;
static FILE *null;

/* What slower readers than these would touch. */
static void visit(const struct trace_quote *quote, void *arg)
{
	uint64_t *sum = arg;

	CHECK(!quote->whole || quote->nr_iterations + quote->dropped == quote->end.iterations);
	CHECK(quote->nr_iterations <= TRACE_ITERATIONS_MAX);
	for (size_t i = 0; i < quote->nr_iterations; i++)
		*sum += quote->iterations[i].duration_ns;
}

static void check_json(const union event *event)
{
	json_t *value = event_json(event), *again;
	char *text = json_dumps(value, JSON_COMPACT);

	CHECK(text);
	again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CHECK(again && json_equal(value, again));
	json_decref(again);
	json_decref(value);
	free(text);
}

static void read_all(struct capture *capture)
{
	const struct print_options quote = { .width = 80, .rows = 25 }, iteration = { .iterations = true };
	struct printer *quotes = printer_new(null, &quote), *iterations = printer_new(null, &iteration);
	struct trace_quotes *together;
	const union event *event;
	uint64_t sum = 0;

	together = trace_quotes_new(4, visit, &sum);
	tally_begin(&seen);
	while ((event = (const union event *)capture_next(capture))) {
		print_event(quotes, event);
		print_event(iterations, event);
		check_json(event);
		trace_quotes_add(together, &event->head);
		tally_event(&seen, event);
	}
	tally_end(&seen);
	trace_quotes_free(together);
	printer_free(quotes);
	printer_free(iterations);
}

static void read_file(const void *data, size_t size)
{
	char path[32], error[CAPTURE_ERROR] = "";
	int fd = memfd_create("capture", 0);
	struct capture *capture;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = capture_open(path, error);
	CHECK(capture || (*error && !strchr(error, '\n')));
	if (capture) {
		read_all(capture);
		CHECK(!capture_error(capture) || !capture_end(capture));
		capture_close(capture);
	}
	close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	null = fopen("/dev/null", "w");
	CHECK(null);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char file[65536];
	size_t head = strlen(CAPTURE_MAGIC), length;

	read_file(data, size);
	memcpy(file, CAPTURE_MAGIC, head);
	length = ZSTD_compress(file + head, sizeof(file) - head, data, size, 1);
	CHECK(!ZSTD_isError(length));
	read_file(file, head + length);
	return 0;
}
