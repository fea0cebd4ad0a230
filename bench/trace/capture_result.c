// SPDX-License-Identifier: GPL-2.0
/*
 * A capture as a result: its events counted as collectors count them, assembled as a
 * run's stream is.
 */
#include "trace/capture_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result/must.h"
#include "run/host_point.h"
#include "trace/capture.h"
#include "trace/tally.h"

static struct collect seen;

/* From the first event to the last, for want of anything better. */
struct span {
	uint64_t first, last;
};

static void tally(struct capture *capture, struct span *span)
{
	const struct events_head *event;

	tally_begin(&seen);
	*span = (struct span){ UINT64_MAX, 0 };
	while ((event = capture_next(capture))) {
		tally_event(&seen, (const union event *)event);
		if (span->first > event->ns)
			span->first = event->ns;
		if (span->last < event->ns)
			span->last = event->ns;
	}
	tally_end(&seen);
}

static uint64_t window_of(const struct capture *capture, const struct span *span)
{
	const struct capture_end *end = capture_end(capture);

	if (end)
		return end->end_ns - end->begin_ns;
	return span->last > span->first ? span->last - span->first : 0;
}

static void put_line(FILE *stream, const char *type, json_t *object)
{
	json_object_set_new(object, "type", json_string(type));
	json_dumpf(object, stream, JSON_COMPACT);
	fputc('\n', stream);
	json_decref(object);
}

/* What a capture knows of itself is an environment, but for what only captures have. */
static json_t *environment_of(const struct capture *capture)
{
	json_t *environment = json_deep_copy(capture_about(capture));

	json_object_del(environment, "started");
	json_object_del(environment, "context");
	return environment;
}

static char *make_stream(const struct capture *capture, const struct span *span, size_t *size)
{
	const struct capture_end *end = capture_end(capture);
	const char *clock = json_get_text(capture_about(capture), "clock");
	char *text = NULL;
	FILE *stream = must(open_memstream(&text, size));

	if (end)
		seen.lost += end->lost;
	result_set_clock(!strcmp(clock, "virtual"));
	put_line(stream, "environment", environment_of(capture));
	put_line(stream, "point", host_point(&seen, 0, window_of(capture, span)));
	put_line(stream, "end", end ? json_object() :
		 json_pack("{ss}", "reason", "the capture was cut short"));
	fclose(stream);
	return text;
}

static json_t *assemble(const struct capture *capture, const struct span *span)
{
	const struct run_facts facts = {
		.started = json_get_text(capture_about(capture), "started"),
		.wall_s = (double)window_of(capture, span) / 1e9,
		.suite_name = "host",
	};
	json_t *result;
	char *text;
	size_t size;
	FILE *in;

	text = make_stream(capture, span, &size);
	in = must(fmemopen(text, size, "r"));
	result = result_assemble(in, &facts);
	fclose(in);
	free(text);
	return result;
}

/* Anybody may have written what it says about itself: read it as any result is. */
static json_t *check(json_t *result, const char *path, char error[RESULT_ERROR])
{
	char *text = must(json_dumps(result, JSON_COMPACT)), why[RESULT_ERROR];

	json_decref(result);
	result = result_parse(text, strlen(text), why);
	if (!result)
		snprintf(error, RESULT_ERROR, "%.150s: %.350s", path, why);
	free(text);
	return result;
}

static json_t *capture_load(const char *path, char error[RESULT_ERROR])
{
	struct capture *capture = capture_open(path, error);
	json_t *result = NULL;
	struct span span;

	if (!capture)
		return NULL;
	tally(capture, &span);
	if (capture_error(capture))
		snprintf(error, RESULT_ERROR, "%s", capture_error(capture));
	else
		result = check(assemble(capture, &span), path, error);
	collect_clear(&seen);
	capture_close(capture);
	return result;
}

json_t *result_or_capture_load(const char *path, char error[RESULT_ERROR])
{
	_Static_assert(CAPTURE_ERROR <= RESULT_ERROR, "a capture's error has no room");

	return capture_recognise(path) ? capture_load(path, error) : result_load(path, error);
}
