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
 * keeps. 0, or an exit code after one line on stderr.
 */
int image_find(const char *path, struct image *image);

/*
 * Adds to the kernel's command line; @from says where the arguments were, for the
 * line on stderr when they are none. 0 or an exit code.
 */
int image_append(struct image *image, const char *from, const char *arguments);

#endif /* BENCH_IMAGE_H */
