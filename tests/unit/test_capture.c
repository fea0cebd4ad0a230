// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: what is written is read, what was cut short is good up to there, and what
 * was made to do harm does none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <zstd.h>

#include "fake_events.h"
#include "trace/capture.h"
#include "trace/tally.h"

#define MAGIC	"TDXCAP 1\n"

static char dir[64], file[96], old[112], part[112];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tdxbench-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/a.cap", dir);
	snprintf(old, sizeof(old), "%s.old", file);
	snprintf(part, sizeof(part), "%s.part", file);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(file);
	unlink(old);
	unlink(part);
	return rmdir(dir);
}

/* --- writing --- */

static void write_event(const union event *event, void *arg)
{
	assert_int_equal(capture_write(arg, &event->head), 0);
}

static struct capture_writer *begin(void)
{
	json_t *about = json_pack("{ss}", "clock", "virtual");
	char error[CAPTURE_ERROR];
	struct capture_writer *writer = capture_create(file, about, error);

	json_decref(about);
	assert_non_null(writer);
	return writer;
}

static const struct capture_end the_end = { .lost = 3, .begin_ns = 1, .end_ns = 900000000 };

/* Quotes of three TDs; some events of all other kinds between them. */
static void write_quotes(struct capture_writer *writer, unsigned int quotes)
{
	union event event = fake_state(1000, EVENTS_EXT_STATE, 0, 1, 0);
	unsigned int i;

	write_event(&event, writer);
	event = fake_pool(2000, EVENTS_POOL_ALLOC, 512, 5000);
	write_event(&event, writer);
	event = fake_pool(3000, EVENTS_POOL_ADD, 512, 7000);
	write_event(&event, writer);
	for (i = 1; i <= quotes; i++)
		fake_quote(i * 10000000ULL, i % 4, i, 0x1000 * (1 + i % 3), 1 + i % 5, write_event,
			   writer);
	event = fake_update(i * 10000000ULL, EVENTS_UPDATE_BEGIN);
	write_event(&event, writer);
	event = fake_update(i * 10000000ULL + 1, EVENTS_UPDATE_CPU);
	write_event(&event, writer);
	event = fake_update(i * 10000000ULL + 2, EVENTS_UPDATE_END);
	write_event(&event, writer);
}

static void write_capture(unsigned int quotes, const struct capture_end *end)
{
	struct capture_writer *writer = begin();

	write_quotes(writer, quotes);
	assert_int_equal(capture_finish(writer, end), 0);
}

/* --- reading --- */

struct read {
	uint64_t records, quotes;
	bool opened, ended;
	char error[CAPTURE_ERROR];
};

static struct read read_capture(const char *path)
{
	struct read read = {};
	struct capture *capture = capture_open(path, read.error);
	const struct events_head *event;

	if (!capture) {
		assert_true(*read.error && !strchr(read.error, '\n'));
		return read;
	}
	read.opened = true;
	while ((event = capture_next(capture))) {
		assert_int_equal(event->size, event_size(event->kind));
		assert_null(event_fault((const union event *)event));
		read.records++;
		read.quotes += event->kind == EVENTS_QUOTE_END;
	}
	assert_null(capture_next(capture));
	read.ended = capture_end(capture);
	if (capture_error(capture))
		snprintf(read.error, sizeof(read.error), "%s", capture_error(capture));
	assert_false(read.ended && *read.error);
	capture_close(capture);
	return read;
}

static void expect_error(const char *text)
{
	struct read read = read_capture(file);

	assert_false(read.ended);
	if (!strstr(read.error, text))
		fail_msg("'%s' is not in '%s'", text, read.error);
	assert_non_null(strstr(read.error, file));
}

static char *slurp(size_t *size)
{
	FILE *in = fopen(file, "r");
	char *bytes = malloc(1 << 20);

	assert_non_null(in);
	*size = fread(bytes, 1, 1 << 20, in);
	fclose(in);
	return bytes;
}

static void spill(const char *bytes, size_t size)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(out);
}

/* --- what is as it should be --- */

static void reads_what_was_written(void **state)
{
	struct capture *capture;
	const struct events_head *event;
	char error[CAPTURE_ERROR];
	union event first = fake_state(1000, EVENTS_EXT_STATE, 0, 1, 0);
	struct read read;

	(void)state;
	write_capture(50, &the_end);
	assert_true(capture_recognise(file));
	capture = capture_open(file, error);
	assert_non_null(capture);
	assert_string_equal(json_string_value(json_object_get(capture_about(capture), "clock")),
			    "virtual");
	event = capture_next(capture);
	assert_memory_equal(event, &first, first.head.size);
	assert_null(capture_end(capture));
	while (capture_next(capture))
		;
	assert_null(capture_error(capture));
	assert_int_equal(capture_end(capture)->lost, 3);
	assert_int_equal(capture_end(capture)->begin_ns, 1);
	assert_int_equal(capture_end(capture)->end_ns, 900000000);
	capture_close(capture);

	read = read_capture(file);
	assert_true(read.ended);
	assert_int_equal(read.quotes, 50);
	/* begin, buffer, end, answer; iterations are 1 + i % 5 */
	assert_int_equal(read.records, 6 + 50 * 4 + 50 + 10 * (0 + 1 + 2 + 3 + 4));
}

static void keeps_the_earlier(void **state)
{
	(void)state;
	write_capture(1, &the_end);
	write_capture(2, &the_end);
	assert_int_equal(read_capture(file).quotes, 2);
	assert_int_equal(read_capture(old).quotes, 1);
	assert_int_not_equal(access(part, F_OK), 0);
}

/* What was flushed is there although nobody finished it. */
static void survives(void **state)
{
	struct capture_writer *writer = begin();
	struct read read;

	(void)state;
	write_quotes(writer, 20);
	assert_int_equal(capture_flush(writer), 0);
	read = read_capture(part);
	assert_int_equal(read.quotes, 20);
	assert_false(read.ended);
	assert_string_equal(read.error, "");
	assert_int_equal(capture_finish(writer, NULL), 0);
	read = read_capture(file);
	assert_int_equal(read.quotes, 20);
	assert_false(read.ended);
}

static void empty_leaves_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(capture_finish(begin(), NULL), 0);
	assert_int_not_equal(stat(part, &st), 0);
}

static void writer_says_why(void **state)
{
	json_t *about = json_object();
	char error[CAPTURE_ERROR] = "";
	struct capture_writer *writer;
	union event event = fake_begin(1, 0, 1, 1);
	int ret = 0;

	(void)state;
	assert_null(capture_create("/nonexistent/a.cap", about, error));
	assert_non_null(strstr(error, "/nonexistent/a.cap: No such file"));
	writer = capture_create("/dev/full", about, error);
	assert_null(writer);
	assert_non_null(strstr(error, "No space left"));
	writer = capture_create("/dev/null", about, error);
	assert_non_null(writer);
	for (int i = 0; i < 10000 && !ret; i++)
		ret = capture_write(writer, &event.head);
	assert_int_equal(ret, 0);
	assert_int_equal(capture_records(writer), 10000);
	assert_int_equal(capture_finish(writer, &the_end), 0);
	json_decref(about);
}

/* --- what is not --- */

static void cut_anywhere(void **state)
{
	size_t size, at;
	uint64_t before = 0;
	char *bytes;

	(void)state;
	write_capture(30, &the_end);
	bytes = slurp(&size);
	for (at = 0; at < size; at++) {
		struct read read;

		spill(bytes, at);
		read = read_capture(file);
		assert_false(read.ended);
		assert_true(read.opened ? !*read.error : !!*read.error);
		assert_true(read.records >= before);
		before = read.records;
	}
	assert_true(before > 100);
	free(bytes);
}

/* The checksum, or what is checked of records, notices; where nothing does, all is there. */
static void flipped_anywhere(void **state)
{
	struct read whole, read;
	size_t size, at;
	char *bytes;

	(void)state;
	write_capture(30, &the_end);
	whole = read_capture(file);
	bytes = slurp(&size);
	for (at = 0; at < size * 8; at++) {
		bytes[at / 8] ^= (char)(1 << at % 8);
		spill(bytes, size);
		read = read_capture(file);
		assert_true(read.ended ? read.records == whole.records : read.error[0] ||
			    read.records <= whole.records);
		bytes[at / 8] ^= (char)(1 << at % 8);
	}
	free(bytes);
}

static void other_files(void **state)
{
	(void)state;
	spill("", 0);
	expect_error("no capture");
	assert_false(capture_recognise(file));
	spill("{\"schema\":1}\n", 13);
	expect_error("no capture");
	assert_false(capture_recognise(file));
	spill("TDXCAP 2\nabc", 12);
	expect_error("version 2, this tdxbench reads version 1");
	assert_true(capture_recognise(file));
	spill("TDXCAP 1\n", 9);
	expect_error("ends before it has begun");
	spill("TDXCAP 1\nnothing of zstd", 24);
	expect_error("damaged");
	assert_false(read_capture("/nonexistent").opened);
	assert_false(read_capture("/").opened);
	assert_false(capture_recognise("/nonexistent"));
}

/* A file with these bytes in it, packed; with a window of 1 << @window_log. */
static void spill_packed(const void *bytes, size_t size, int window_log)
{
	static char packed[1 << 20];
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t length;

	memcpy(packed, MAGIC, strlen(MAGIC));
	if (window_log) {
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log);
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
		ZSTD_CCtx_setPledgedSrcSize(zstd, ZSTD_CONTENTSIZE_UNKNOWN);
	}
	ZSTD_outBuffer out = { packed + strlen(MAGIC), sizeof(packed) - strlen(MAGIC), 0 };
	ZSTD_inBuffer in = { bytes, size, 0 };

	if (window_log)
		ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush);
	length = ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end);
	assert_int_equal(length, 0);
	ZSTD_freeCCtx(zstd);
	spill(packed, strlen(MAGIC) + out.pos);
}

static void spill_about(const char *about, uint32_t length)
{
	char bytes[256];

	memcpy(bytes, &length, 4);
	memcpy(bytes + 4, about, strlen(about));
	spill_packed(bytes, 4 + strlen(about), 0);
}

static void hostile_about(void **state)
{
	(void)state;
	spill_about("{}", 3);
	expect_error("ends before it has begun");
	spill_about("[]", 2);
	expect_error("no JSON object");
	spill_about("{\"a\":1,\"a\":2}", 13);
	expect_error("no JSON object");
	spill_about("{}", UINT32_MAX);
	expect_error("4294967295 bytes about itself");
	spill_about("", 0);
	expect_error("no JSON object");
	spill_about("{}", 2);
	assert_string_equal(read_capture(file).error, "");
}

/* Small on disk, large in memory: not with us. */
static void large_window(void **state)
{
	static char bytes[300000] = "\2\0\0\0{}";

	(void)state;
	spill_packed(bytes, sizeof(bytes), 27);
	expect_error("damaged (Frame requires too much memory");
}

/* These bytes for records. */
static void spill_records(const void *records, size_t size)
{
	char bytes[256] = "\2\0\0\0{}";

	memcpy(bytes + 6, records, size);
	spill_packed(bytes, 6 + size, 0);
}

/* One good record, then this one. */
static void expect_fault(union event *event, const char *fault)
{
	struct capture_writer *writer = begin();
	union event good = fake_begin(1, 0, 1, 1);

	write_event(&good, writer);
	write_event(event, writer);
	assert_int_equal(capture_finish(writer, &the_end), 0);
	expect_error(fault);
	assert_int_equal(read_capture(file).records, 1);
}

static void hostile_records(void **state)
{
	union event event = fake_begin(1, 0, 1, 1);

	(void)state;
	event.head.kind = 60;
	expect_fault(&event, "record 2: an event of no known kind");
	event.head.kind = 65535;
	expect_fault(&event, "no known kind");
	spill_records((const uint8_t[24]){ [8] = 60 }, 24);	/* of size 0, as unknown ones have */
	expect_error("no known kind");
	event = fake_begin(1, 0, 1, 1);
	event.head.size -= 8;
	expect_fault(&event, "another size");
	event = fake_end(1, 0, 1, 1, 1, 1);
	memset(event.quote.comm, 'x', sizeof(event.quote.comm));
	expect_fault(&event, "a name without an end");
	event = (union event){ .switched = { .head = fake_head(EVENTS_SWITCH, 1, 0) } };
	memset(event.switched.next_comm, 'x', sizeof(event.switched.next_comm));
	expect_fault(&event, "a name without an end");
	event = (union event){ .irq = { .head = fake_head(EVENTS_IRQ_ENTER, 1, 0) } };
	event.irq.class = EVENTS_IRQ_NR_CLASSES;
	expect_fault(&event, "no known class");
	event.irq.class = EVENTS_IRQ_TIMER;
	memset(event.irq.name, 'x', sizeof(event.irq.name));
	expect_fault(&event, "a name without an end");
}

static void expect_end_fault(struct capture_end end, const void *behind, size_t size,
			     const char *fault)
{
	char bytes[128];

	end.head.kind = 0;
	memcpy(bytes, &end, sizeof(end));
	memcpy(bytes + sizeof(end), behind, size);
	spill_records(bytes, sizeof(end) + size);
	expect_error(fault);
}

static void hostile_ends(void **state)
{
	struct capture_end end = { .head.size = sizeof(end) };
	char *bytes;
	size_t size;

	(void)state;
	end.records = 5;
	expect_end_fault(end, "", 0, "0 records, but its end says 5");
	end.records = 0;
	expect_end_fault(end, "x", 1, "something behind the end");
	end.begin_ns = 2;
	end.end_ns = 1;
	expect_end_fault(end, "", 0, "ended before it began");
	end.head.size = 24;
	expect_end_fault(end, "", 0, "an end of another size");

	write_capture(1, &the_end);
	bytes = slurp(&size);
	bytes[size] = 'x';
	spill(bytes, size + 1);
	expect_error("something behind the end");
	free(bytes);
}

/* --- counted as collectors count --- */

static void count(const union event *event, void *arg)
{
	tally_event(arg, event);
}

static void tallies(void **state)
{
	static struct collect seen;
	const struct collect_leaf *get = &seen.iterations.leaf[ITERATIONS_QUOTE_GET];
	union event event;

	(void)state;
	tally_begin(&seen);
	for (unsigned int i = 1; i <= 30; i++)
		fake_quote(i * 10000000ULL, 0, i, 0x1000 * (1 + i % 3), 4, count, &seen);
	event = fake_end(400000000, 0, 31, 0x1000, 1, 0);
	event.quote.error = -16;
	count(&event, &seen);
	event = fake_end(400000001, 0, 0, 0x5000, 1, 0);
	event.quote.total_ns = 0;
	count(&event, &seen);
	event = fake_iteration(400000002, 0, 31, 0x1000, 0, 0x8000020000000000);
	count(&event, &seen);
	event = fake_iteration(400000003, 0, 31, 0x1000, 1, 0xC000010000000000);
	count(&event, &seen);
	event = fake_answer(400000004, 0, 0x1000, 1, UINT64_MAX, 0);
	count(&event, &seen);
	event = fake_answer(400000005, 0, 0x1000, 0, 0, -4);
	count(&event, &seen);
	tally_end(&seen);

	assert_int_equal(seen.quotes.count, 32);
	assert_int_equal(seen.quotes.errors, 1);
	assert_int_equal(seen.quotes.untimed, 1);
	assert_int_equal(seen.quotes.part[QUOTES_TOTAL].count, 30);
	assert_int_equal(seen.quotes.nr_tds, 4);
	for (size_t i = 1; i < seen.quotes.nr_tds; i++)
		assert_true(seen.quotes.tds[i - 1].tdr < seen.quotes.tds[i].tdr);
	assert_int_equal(seen.quotes.answers[QUOTES_OK], 30);
	assert_int_equal(seen.quotes.answers[QUOTES_RETRY], 1);
	assert_int_equal(seen.quotes.answers[QUOTES_KILLED], 1);
	assert_int_equal(get->entries, 30 * 4 + 2);
	assert_int_equal(get->resumable, 30 * 3);
	assert_int_equal(get->success, 30);
	assert_int_equal(get->again, 1);
	assert_int_equal(get->failed, 2);
	assert_int_equal(get->iterations.count, 31);
	assert_int_equal(get->gap.count, 30 * 3 + 1);
	free(seen.quotes.tds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(keeps_the_earlier),
		cmocka_unit_test(survives),
		cmocka_unit_test(empty_leaves_nothing),
		cmocka_unit_test(writer_says_why),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(flipped_anywhere),
		cmocka_unit_test(other_files),
		cmocka_unit_test(hostile_about),
		cmocka_unit_test(large_window),
		cmocka_unit_test(hostile_records),
		cmocka_unit_test(hostile_ends),
		cmocka_unit_test(tallies),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
