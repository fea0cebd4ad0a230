// SPDX-License-Identifier: GPL-2.0
/*
 * Where things are.
 */
#include "run/place.h"

#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFERS	4

static char *next_buffer(void)
{
	static char buffers[BUFFERS][PATH_MAX];
	static unsigned int next;

	return buffers[next++ % BUFFERS];
}

const char *place_program(void)
{
	static char program[PATH_MAX];
	ssize_t len = 0;

	if (!*program)
		len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (len > 0)
		program[len] = 0;
	return program;
}

/*
 * The program is build/tdxbench, the project lies above it: in a source tree, and where
 * it is installed, to which PREFIX/bin/tdxbench is a link.
 */
static const char *project(void)
{
	static char path[PATH_MAX];
	const char *share = getenv("TDXBENCH_SHARE");

	if (share)
		return share;
	snprintf(path, sizeof(path), "%s", place_program());
	return dirname(dirname(path));
}

const char *place(const char *file)
{
	char *path = next_buffer();

	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", project(), file) >= PATH_MAX)
		*path = 0;
	return path;
}

/* @file of the kernel that setup.sh keeps. */
static char *place_cached(const char *file)
{
	const char *cache = getenv("TDXBENCH_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *path = next_buffer();

	if (cache)
		snprintf(path, PATH_MAX, "%s/kernel/current/%s", cache, file);
	else if (xdg)
		snprintf(path, PATH_MAX, "%s/tdxbench/kernel/current/%s", xdg, file);
	else
		snprintf(path, PATH_MAX, "%s/.cache/tdxbench/kernel/current/%s",
			 home ? home : "", file);
	return path;
}

const char *place_kernel(void)
{
	return place_cached("vmlinuz");
}

/* The name of the sources that are installed (scripts/module.sh); false in a source tree. */
static bool read_id(char id[64])
{
	FILE *file = fopen(place("build/tdx_lab.id"), "re");
	bool ok = file && fscanf(file, "%63[0-9a-f]", id) == 1;

	if (file)
		fclose(file);
	return ok;
}

const char *place_module(void)
{
	char id[64], file[128];

	if (!read_id(id))
		return place("build/tdx_lab.ko");
	snprintf(file, sizeof(file), "module/%s/tdx_lab.ko", id);
	return place_cached(file);
}
