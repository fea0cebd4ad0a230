// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel for the VM: `make kernel` leaves one with its tdx_lab.ko and the
 * arguments that it wants beside it; of any other the image alone is enough.
 */
#include "run/image.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/options.h"
#include "run/place.h"

#define ALLOWED	"allowed is one line of printable ASCII characters"

/* Of a directory: without decompression a boot is quicker. */
static const char *const image_names[] = { "vmlinux", "bzImage", "vmlinuz", NULL };

static int no_kernel(const char *path, const char *why)
{
	if (path)
		fprintf(stderr, "tdxbench: cannot run here: there is no kernel for the VM: %s: %s\n",
			path, why);
	else
		fputs("tdxbench: cannot run here: there is no kernel for the VM; run tdxbench setup\n",
		      stderr);
	return EXIT_CANNOT_RUN;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* false: the path is too long, and there can be no such file. */
static bool join(char path[PATH_MAX], const char *dir, const char *name)
{
	return (size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

static int find_kernel(const char *path, char kernel[PATH_MAX])
{
	const char *const *name;

	if (!is_directory(path)) {
		if (access(path, R_OK))
			return no_kernel(path, strerror(errno));
		snprintf(kernel, PATH_MAX, "%s", path);
		return EXIT_DONE;
	}
	for (name = image_names; *name; name++)
		if (join(kernel, path, *name) && !access(kernel, R_OK))
			return EXIT_DONE;
	return no_kernel(path, "neither vmlinux nor bzImage nor vmlinuz in this directory");
}

static int own_kernel(char kernel[PATH_MAX])
{
	snprintf(kernel, PATH_MAX, "%s", place_kernel());
	return access(kernel, R_OK) ? no_kernel(NULL, NULL) : EXIT_DONE;
}

static bool printable(const char *text)
{
	while (isprint((unsigned char)*text))
		text++;
	return !*text;
}

/* @from says where they were. */
static int add_arguments(const char *command, const char *from, const char *arguments,
			 struct image *image)
{
	size_t used = strlen(image->append);

	if (!printable(arguments))
		return usage_error(command, "%s: " ALLOWED, from);
	if (used + 1 + strlen(arguments) >= sizeof(image->append))
		return usage_error(command, "%s: allowed are %zu characters of kernel arguments in all",
				   from, sizeof(image->append) - 2);
	if (*arguments)
		snprintf(image->append + used, sizeof(image->append) - used, "%s%s",
			 used ? " " : "", arguments);
	return EXIT_DONE;
}

/* Without its arguments the kernel would be another one. */
static int unreadable(const char *path)
{
	fprintf(stderr, "tdxbench: cannot read %s: %s\n", path, strerror(errno));
	return EXIT_ERROR;
}

static int take_cmdline(const char *command, const char *path, FILE *file, struct image *image)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, file);
	int ret = EXIT_DONE;

	if (len > 0 && line[len - 1] == '\n')
		line[--len] = 0;
	if (len < 0 && ferror(file))
		ret = unreadable(path);
	else if (len > 0 && (strlen(line) != (size_t)len || fgetc(file) != EOF))
		ret = usage_error(command, "%s: " ALLOWED, path);
	else if (len > 0)
		ret = add_arguments(command, path, line, image);
	free(line);
	return ret;
}

static int read_cmdline(const char *command, const char *dir, struct image *image)
{
	char path[PATH_MAX];
	FILE *file;
	int ret;

	if (!join(path, dir, "cmdline"))
		return EXIT_DONE;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? EXIT_DONE : unreadable(path);
	ret = take_cmdline(command, path, file, image);
	fclose(file);
	return ret;
}

int image_find(const char *command, const char *path, struct image *image)
{
	char copy[PATH_MAX];
	const char *dir;
	int ret;

	*image = (struct image){};
	ret = path ? find_kernel(path, image->kernel) : own_kernel(image->kernel);
	if (ret)
		return ret;

	snprintf(copy, sizeof(copy), "%s", image->kernel);
	dir = dirname(copy);
	if (!join(image->module, dir, "tdx_lab.ko") || access(image->module, R_OK))
		snprintf(image->module, sizeof(image->module), "%s", place_module());
	return read_cmdline(command, dir, image);
}

int image_change(const char *command, const char *append, const char *module,
		 struct image *image)
{
	int ret = append ? add_arguments(command, "--append", append, image) : EXIT_DONE;

	if (!ret && module &&
	    (size_t)snprintf(image->module, sizeof(image->module), "%s", module) >=
	    sizeof(image->module))
		ret = usage_error(command, "--module: the path is too long");
	return ret;
}
