// SPDX-License-Identifier: GPL-2.0
/*
 * What tools say about events, read. The texts are theirs and differ by version: what is
 * not known is left alone, what must be there and is not is an error.
 */
#include "observe/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "KEY: number"; false for any other line. */
static bool line_value(const char *line, const char *key, uint64_t *value)
{
	size_t len = strlen(key);
	char *end;

	if (strncmp(line, key, len) || line[len] != ':')
		return false;
	line += len + 1;
	line += strspn(line, " \t");
	errno = 0;
	*value = strtoull(line, &end, 10);
	return isdigit((unsigned char)*line) && !errno && isspace((unsigned char)*end);
}

/* --- ftrace --- */

int parse_ring_stats(FILE *file, struct ring_stats *stats)
{
	bool complete = false;
	char line[256];
	uint64_t value;

	while (fgets(line, sizeof(line), file)) {
		if (line_value(line, "entries", &value)) {
			stats->kept += value;
			complete = true;
		} else if (line_value(line, "read events", &value)) {
			stats->read += value;
		} else if (line_value(line, "overrun", &value) ||
			   line_value(line, "commit overrun", &value) ||
			   line_value(line, "dropped events", &value)) {
			stats->lost += value;
		}
	}
	return complete ? 0 : -1;
}

int parse_hist_trigger(FILE *file, uint64_t *seen, uint64_t *lost)
{
	bool complete = false;
	char line[512];
	uint64_t value;

	while (fgets(line, sizeof(line), file)) {
		const char *text = line + strspn(line, " \t");

		if (line_value(text, "Hits", &value)) {
			*seen += value;
			complete = true;
		} else if (line_value(text, "Dropped", &value)) {
			*lost += value;
		}
	}
	return complete ? 0 : -1;
}

/* --- perf --- */

/* "1234,,tdx_ext:seamcall_exit,…"; "<not counted>" is what an event says that had no chance. */
int parse_perf_stat(FILE *file, uint64_t *seen)
{
	bool any = false;
	char line[512], *end;

	while (fgets(line, sizeof(line), file)) {
		unsigned long long value;

		if (!isdigit((unsigned char)*line))
			continue;
		errno = 0;
		value = strtoull(line, &end, 10);
		if (errno || *end != ',')
			return -1;
		*seen += value;
		any = true;
	}
	return any ? 0 : -1;
}

/* From tools/perf/util/header.h and include/uapi/linux/perf_event.h, which promise both. */
struct perf_file_header {
	char magic[8];
	uint64_t size;
	uint64_t attr_size;
	uint64_t attrs[2];
	uint64_t data_offset;
	uint64_t data_size;
};

struct perf_record_header {
	uint32_t type;
	uint16_t misc;
	uint16_t size;
};

#define PERF_LOST		2
#define PERF_SAMPLE		9
#define PERF_LOST_SAMPLES	13
#define PERF_COMPRESSED		81

/* A record's @nr'th number; false where it is too short for that. */
static bool record_number(FILE *file, const struct perf_record_header *header, unsigned int nr,
			  uint64_t *value)
{
	if (header->size < sizeof(*header) + (nr + 1) * sizeof(*value))
		return false;
	return !fseeko(file, (off_t)(nr * sizeof(*value)), SEEK_CUR) &&
	       fread(value, sizeof(*value), 1, file) == 1;
}

/**
 * struct perf_sums - of the records of a file
 * @samples: kept
 * @lost:    by the records that tell so in between
 * @counted: by the kernel's counters, as read at the end
 */
struct perf_sums {
	uint64_t samples, lost, counted;
};

static int add_record(FILE *file, const struct perf_record_header *header, struct perf_sums *sums)
{
	uint64_t value;

	switch (header->type) {
	case PERF_SAMPLE:
		sums->samples++;
		return 0;
	case PERF_LOST:
		if (!record_number(file, header, 1, &value))
			return -1;
		sums->lost += value;
		return 0;
	case PERF_LOST_SAMPLES:
		if (!record_number(file, header, 0, &value))
			return -1;
		sums->counted += value;
		return 0;
	case PERF_COMPRESSED:
		return -1;
	default:
		return 0;
	}
}

int parse_perf_data(FILE *file, uint64_t *seen, uint64_t *lost)
{
	struct perf_file_header head;
	struct perf_record_header header;
	struct perf_sums sums = {};
	uint64_t at, end;

	if (fread(&head, sizeof(head), 1, file) != 1 || memcmp(head.magic, "PERFILE2", 8) ||
	    head.data_offset > INT64_MAX - head.data_size || head.data_size > INT64_MAX)
		return -1;
	end = head.data_offset + head.data_size;
	for (at = head.data_offset; at < end; at += header.size) {
		if (fseeko(file, (off_t)at, SEEK_SET) ||
		    fread(&header, sizeof(header), 1, file) != 1 ||
		    header.size < sizeof(header) || add_record(file, &header, &sums))
			return -1;
	}
	*seen += sums.samples;
	*lost += sums.lost > sums.counted ? sums.lost : sums.counted;
	return 0;
}

/* --- trace-cmd --- */

int parse_trace_report(FILE *file, uint64_t *seen)
{
	bool any = false;
	char line[1024];

	while (fgets(line, sizeof(line), file)) {
		any |= !strncmp(line, "cpus=", 5);
		*seen += strstr(line, ": seamcall_exit:") || strstr(line, ": seamcall_enter:");
	}
	return any ? 0 : -1;
}

/* --- bpftrace --- */

/* A number, or histograms, or either by a key. */
static uint64_t sum_of(const json_t *value)
{
	const json_t *count = json_object_get(value, "count");
	const char *key;
	uint64_t sum = 0;
	json_t *part;
	size_t i;

	if (json_is_integer(value))
		return (uint64_t)json_integer_value(value);
	if (json_is_integer(count))
		return (uint64_t)json_integer_value(count);
	json_array_foreach(value, i, part)
		sum += sum_of(part);
	json_object_foreach((json_t *)value, key, part)
		sum += sum_of(part);
	return sum;
}

int parse_bpftrace(FILE *file, const char *name, uint64_t *seen, uint64_t *lost)
{
	static char line[1 << 18];
	bool any = false;

	while (fgets(line, sizeof(line), file)) {
		json_t *said = json_loads(line, 0, NULL);
		const char *type = json_string_value(json_object_get(said, "type"));
		const json_t *data = json_object_get(said, "data");

		if (type && !strcmp(type, "lost_events"))
			*lost += sum_of(json_object_get(data, "events"));
		if (json_object_get(data, name)) {
			*seen += sum_of(json_object_get(data, name));
			any = true;
		}
		json_decref(said);
	}
	return any ? 0 : -1;
}
