/* SPDX-License-Identifier: GPL-2.0 */
/* What a function prints, for tests: one stream at a time, into a buffer. */
#ifndef TESTS_UNIT_CAPTURE_H
#define TESTS_UNIT_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
	FILE *stream;
	int saved, memory;
	char text[8192];
};

static inline void capture_start(struct capture *capture, FILE *stream)
{
	fflush(stream);
	capture->stream = stream;
	capture->saved = dup(fileno(stream));
	capture->memory = memfd_create("capture", MFD_CLOEXEC);
	if (capture->saved < 0 || capture->memory < 0 || dup2(capture->memory, fileno(stream)) < 0)
		abort();
}

static inline const char *capture_stop(struct capture *capture)
{
	ssize_t got;

	fflush(capture->stream);
	got = pread(capture->memory, capture->text, sizeof(capture->text) - 1, 0);
	capture->text[got > 0 ? got : 0] = 0;
	dup2(capture->saved, fileno(capture->stream));
	close(capture->saved);
	close(capture->memory);
	return capture->text;
}

#endif /* TESTS_UNIT_CAPTURE_H */
