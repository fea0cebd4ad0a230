/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel for the VM, and what belongs to it.
 */
#ifndef BENCH_IMAGE_H
#define BENCH_IMAGE_H

#include <limits.h>

#define IMAGE_APPEND	1024	/* the kernel takes 2047, and vm.sh needs some */

/**
 * struct image - a kernel to boot
 * @kernel: bzImage or vmlinux
 * @module: tdx_lab.ko beside it, or the one that was built here
 * @append: arguments that it wants on its command line, the line in the file
 *          "cmdline" beside it; "" for none
 */
struct image {
	char kernel[PATH_MAX];
	char module[PATH_MAX];
	char append[IMAGE_APPEND];
};

/*
 * @path is the image or a directory that has one; NULL: the kernel that setup.sh
 * keeps. 0, or an exit code after one line on stderr, in @command's name.
 */
int image_find(const char *command, const char *path, struct image *image);

/*
 * The same, for what options change of it: @append is put behind its arguments, @module
 * is taken instead of its own; NULL where that was not given.
 */
int image_change(const char *command, const char *append, const char *module,
		 struct image *image);

#endif /* BENCH_IMAGE_H */
