// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are there whole or not at all.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result/whole.h"

#define PATH_SIZE	4096

static int print_to(const char *path, whole_printer *print, const void *of)
{
	FILE *out = fopen(path, "we");
	int error = 0;

	if (!out)
		return -1;
	errno = 0;
	print(out, of);
	if (fflush(out) || ferror(out))
		error = errno ? errno : EIO;
	else if (fsync(fileno(out)) && errno != EINVAL)	/* a pipe has no disk to reach */
		error = errno;
	fclose(out);
	errno = error;
	return error ? -1 : 0;
}

int write_whole(const char *path, whole_printer *print, const void *of)
{
	char temp[PATH_SIZE];
	struct stat st;
	int error;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return print_to(path, print, of);
	if (snprintf(temp, sizeof(temp), "%s.part", path) >= PATH_SIZE) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!print_to(temp, print, of) && !rename(temp, path))
		return 0;
	error = errno;
	unlink(temp);
	errno = error;
	return -1;
}
