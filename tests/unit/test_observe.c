// SPDX-License-Identifier: GPL-2.0
/*
 * What tools say, read: as they said it, and as nobody would.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "observe/parse.h"

static FILE *file_of(const void *bytes, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	return file;
}

static FILE *text(const char *text)
{
	return file_of(text, strlen(text));
}

/* --- ftrace --- */

static int stats_of(const char *said, struct ring_stats *stats)
{
	FILE *file = text(said);
	int ret = parse_ring_stats(file, stats);

	fclose(file);
	return ret;
}

static void test_ring_stats(void **state)
{
	struct ring_stats stats = {};

	(void)state;
	assert_int_equal(stats_of("entries: 21220\noverrun: 48780\ncommit overrun: 1\nbytes: 1400520\n"
				  "oldest event ts:     9.1\nnow ts:     9.2\ndropped events: 2\n"
				  "read events: 7\n", &stats), 0);
	assert_int_equal(stats_of("entries: 3\noverrun: 0\n", &stats), 0);
	assert_int_equal(stats.kept, 21223);
	assert_int_equal(stats.lost, 48783);
	assert_int_equal(stats.read, 7);
	assert_int_equal(stats_of("", &stats), -1);
	assert_int_equal(stats_of("entries: many\n", &stats), -1);
	assert_int_equal(stats_of("entries: -3\n", &stats), -1);
	assert_int_equal(stats_of("entries: 99999999999999999999999\n", &stats), -1);
}

static int hist_of(const char *said, uint64_t *seen, uint64_t *lost)
{
	FILE *file = text(said);
	int ret = parse_hist_trigger(file, seen, lost);

	fclose(file);
	return ret;
}

static void test_hist_trigger(void **state)
{
	uint64_t seen = 0, lost = 0;

	(void)state;
	assert_int_equal(hist_of("# event histogram\n#\n# trigger info: hist:keys=leaf\n#\n\n"
				 "{ leaf:      65535, status: 0 } hitcount:          6  duration_ns: 9\n"
				 "\nTotals:\n    Hits: 5010\n    Entries: 2\n    Dropped: 4\n",
				 &seen, &lost), 0);
	assert_int_equal(seen, 5010);
	assert_int_equal(lost, 4);
	assert_int_equal(hist_of("{ leaf: 1 } hitcount: 5\n", &seen, &lost), -1);
}

/* --- perf --- */

static int perf_stat_of(const char *said, uint64_t *seen)
{
	FILE *file = text(said);
	int ret = parse_perf_stat(file, seen);

	fclose(file);
	return ret;
}

static void test_perf_stat(void **state)
{
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(perf_stat_of("# started on Thu Jan  1 00:00:11 2026\n\n"
				      "18,,tdx_ext:seamcall_exit,402983203,100.00,,\n"
				      "8,,tdx_ext:seamcall_enter,402981839,100.00,,\n", &seen), 0);
	assert_int_equal(seen, 26);
	assert_int_equal(perf_stat_of("<not counted>,,tdx_ext:seamcall_exit,0,100.00,,\n", &seen), -1);
	assert_int_equal(perf_stat_of("12 tdx_ext:seamcall_exit\n", &seen), -1);
	assert_int_equal(perf_stat_of("", &seen), -1);
}

/* A perf.data of records that a test puts behind each other. */
struct data {
	uint8_t bytes[512];
	size_t size;
};

static void put(struct data *data, const void *bytes, size_t size)
{
	assert_true(data->size + size <= sizeof(data->bytes));
	memcpy(data->bytes + data->size, bytes, size);
	data->size += size;
}

static void put_record(struct data *data, uint32_t type, uint16_t size, uint64_t first,
		       uint64_t second)
{
	const uint64_t numbers[2] = { first, second };
	const uint16_t rest[2] = { 0, size };

	put(data, &type, sizeof(type));
	put(data, rest, sizeof(rest));
	put(data, numbers, sizeof(numbers));
}

static void put_header(struct data *data, uint64_t offset, uint64_t size)
{
	const uint64_t numbers[] = { 104, 136, 0, 0, offset, size };

	*data = (struct data){};
	put(data, "PERFILE2", 8);
	put(data, numbers, sizeof(numbers));
}

static int data_of(const struct data *data, uint64_t *seen, uint64_t *lost)
{
	FILE *file = file_of(data->bytes, data->size);
	int ret = parse_perf_data(file, seen, lost);

	fclose(file);
	return ret;
}

#define HEADER	56
#define RECORD	24

static void test_perf_data(void **state)
{
	uint64_t seen = 0, lost = 0;
	struct data data;

	(void)state;
	put_header(&data, HEADER, 5 * RECORD);
	put_record(&data, 9, RECORD, 1, 2);	/* samples */
	put_record(&data, 9, RECORD, 1, 2);
	put_record(&data, 2, RECORD, 77, 30);	/* lost: id, count */
	put_record(&data, 3, RECORD, 0, 0);	/* a name */
	put_record(&data, 13, RECORD, 50, 0);	/* what the kernel counted */
	assert_int_equal(data_of(&data, &seen, &lost), 0);
	assert_int_equal(seen, 2);
	assert_int_equal(lost, 50);
}

static void test_broken_perf_data(void **state)
{
	static const struct { uint64_t offset, size; } lies[] = {
		{ HEADER, 2 * RECORD }, { HEADER, UINT64_MAX }, { UINT64_MAX, RECORD },
		{ INT64_MAX, INT64_MAX }, { 1 << 20, RECORD },
	};
	uint64_t seen = 0, lost = 0;
	struct data data;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		put_header(&data, lies[i].offset, lies[i].size);
		put_record(&data, 9, RECORD, 0, 0);
		assert_int_equal(data_of(&data, &seen, &lost), -1);
	}
	put_header(&data, HEADER, RECORD);
	put_record(&data, 9, 0, 0, 0);		/* would go on for ever */
	assert_int_equal(data_of(&data, &seen, &lost), -1);
	put_header(&data, HEADER, RECORD);
	put_record(&data, 2, 16, 0, 0);		/* too short for its count */
	assert_int_equal(data_of(&data, &seen, &lost), -1);
	put_header(&data, HEADER, RECORD);
	put_record(&data, 81, RECORD, 0, 0);	/* compressed: not to be counted */
	assert_int_equal(data_of(&data, &seen, &lost), -1);
	data.size = 20;
	assert_int_equal(data_of(&data, &seen, &lost), -1);
	data = (struct data){ .bytes = "no data", .size = 100 };
	assert_int_equal(data_of(&data, &seen, &lost), -1);
}

/* --- trace-cmd, bpftrace --- */

static void test_trace_report(void **state)
{
	FILE *file = text("cpus=2\n"
		"tdxbench:  tdxbench-155   [001]     4.158: seamcall_enter:       call=1 leaf=65535\n"
		"tdxbench:  tdxbench-155   [001]     4.159: seamcall_exit:        call=1 leaf=65535\n"
		"CPU:1 [7920 EVENTS DROPPED]\n"
		"tdxbench:  tdxbench-155   [001]     4.160: sched_switch:         prev_comm=x\n");
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(parse_trace_report(file, &seen), 0);
	assert_int_equal(seen, 2);
	fclose(file);
	file = text("trace-cmd: No such file or directory\n");
	assert_int_equal(parse_trace_report(file, &seen), -1);
	fclose(file);
}

static int bpftrace_of(const char *said, const char *map, uint64_t *seen, uint64_t *lost)
{
	FILE *file = text(said);
	int ret = parse_bpftrace(file, map, seen, lost);

	fclose(file);
	return ret;
}

static void test_bpftrace(void **state)
{
	static const char said[] =
		"{\"type\": \"attached_probes\", \"data\": {\"probes\": 1}}\n"
		"{\"type\": \"lost_events\", \"data\": {\"events\": 9}}\n"
		"{\"type\": \"hist\", \"data\": {\"@stay_ns\": {\"98\": [{\"min\": 64, \"max\": 127, "
		"\"count\": 9}, {\"min\": 128, \"max\": 255, \"count\": 2}], \"60\": [{\"min\": 0, "
		"\"max\": 0, \"count\": 105}]}}}\n"
		"{\"type\": \"map\", \"data\": {\"@seen\": 116}}\n";
	uint64_t seen = 0, lost = 0;

	(void)state;
	assert_int_equal(bpftrace_of(said, "@stay_ns", &seen, &lost), 0);
	assert_int_equal(seen, 116);
	assert_int_equal(lost, 9);
	seen = 0;
	assert_int_equal(bpftrace_of(said, "@seen", &seen, &lost), 0);
	assert_int_equal(seen, 116);
	assert_int_equal(bpftrace_of(said, "@other", &seen, &lost), -1);
	assert_int_equal(bpftrace_of("stdin:1: ERROR\n[1, 2]\n7\n{\"data\": 5}\n{{{{\n", "@seen", &seen,
				     &lost), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_stats),
		cmocka_unit_test(test_hist_trigger),
		cmocka_unit_test(test_perf_stat),
		cmocka_unit_test(test_perf_data),
		cmocka_unit_test(test_broken_perf_data),
		cmocka_unit_test(test_trace_report),
		cmocka_unit_test(test_bpftrace),
	};

	return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}
