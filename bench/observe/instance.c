// SPDX-License-Identifier: GPL-2.0
/*
 * An instance of ftrace, by its files.
 */
#include "observe/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/parse.h"

#define INSTANCE	"/sys/kernel/tracing/instances/" INSTANCE_NAME

static int fail(const char *path)
{
	fprintf(stderr, "tdxbench: %s: %s\n", path, strerror(errno));
	return -1;
}

const char *instance_path(const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", INSTANCE, file);
	return path;
}

int instance_make(void)
{
	return mkdir(INSTANCE, 0700) ? fail(INSTANCE) : 0;
}

void instance_remove(void)
{
	rmdir(INSTANCE);
}

bool instance_exists(void)
{
	return !access(INSTANCE, F_OK);
}

int instance_write(const char *file, const char *text)
{
	char path[PATH_MAX];
	ssize_t written;
	int fd = open(instance_path(file, path), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(path);
	written = write(fd, text, strlen(text));
	if (written < 0)
		fail(path);
	close(fd);
	return written < 0 ? -1 : 0;
}

bool instance_says(const char *file, const char *text)
{
	char path[PATH_MAX], line[64] = "";
	FILE *in = fopen(instance_path(file, path), "re");

	if (in && !fgets(line, sizeof(line), in))
		line[0] = 0;
	if (in)
		fclose(in);
	return !strncmp(line, text, strlen(text));
}

int instance_stats(struct ring_stats *stats)
{
	long cpu, cpus = sysconf(_SC_NPROCESSORS_CONF);
	char file[64], path[PATH_MAX];
	int ret = 0;

	*stats = (struct ring_stats){};
	for (cpu = 0; cpu < cpus && !ret; cpu++) {
		FILE *in;

		snprintf(file, sizeof(file), "per_cpu/cpu%ld/stats", cpu);
		in = fopen(instance_path(file, path), "re");
		if (!in)
			return fail(path);
		ret = parse_ring_stats(in, stats);
		fclose(in);
		if (ret)
			fprintf(stderr, "tdxbench: %s: no counts of a ring buffer\n", path);
	}
	return ret;
}
