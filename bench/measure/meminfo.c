// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/meminfo, /proc/vmstat, and this process in /proc/self.
 */
#include "measure/meminfo.h"

#include <stdio.h>
#include <string.h>

/* Fields in kB of a file in /proc, added up, as bytes. */
static uint64_t sum_fields(const char *path, const char *const *fields)
{
	FILE *file = fopen(path, "re");
	unsigned long long kib;
	char line[128], name[64];
	uint64_t sum = 0;
	size_t i;

	while (file && fgets(line, sizeof(line), file))
		for (i = 0; fields[i]; i++)
			if (sscanf(line, "%63[^:]: %llu kB", name, &kib) == 2 &&
			    !strcmp(name, fields[i]))
				sum += kib * 1024;
	if (file)
		fclose(file);
	return sum;
}

uint64_t meminfo(const char *const *fields)
{
	return sum_fields("/proc/meminfo", fields);
}

uint64_t meminfo_available(void)
{
	return meminfo((const char *const[]){ "MemAvailable", NULL });
}

struct vmstat vmstat_now(void)
{
	FILE *file = fopen("/proc/vmstat", "re");
	struct vmstat now = {};
	unsigned long long value;
	char name[64];

	while (file && fscanf(file, "%63s %llu", name, &value) == 2) {
		if (!strcmp(name, "compact_stall"))
			now.compact_stall = value;
		else if (!strcmp(name, "compact_success"))
			now.compact_success = value;
		else if (!strcmp(name, "pgmigrate_success"))
			now.migrated = value;
	}
	if (file)
		fclose(file);
	return now;
}

void own_peak_reset(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "we");

	if (!file)
		return;
	fputs("5", file);
	fclose(file);
}

uint64_t own_peak(void)
{
	return sum_fields("/proc/self/status", (const char *const[]){ "VmHWM", NULL });
}
