// SPDX-License-Identifier: GPL-2.0
/*
 * KTAP output.
 */
#include "ktap.h"

#include <stdarg.h>
#include <stdio.h>

static bool failed;
static const char *skipped;
static unsigned int ended, failures;

void ktap_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	failed = true;
	flockfile(stdout);
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	funlockfile(stdout);
}

void ktap_begin(unsigned int count)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", count);
}

void ktap_skip(const char *why)
{
	skipped = why;
}

bool ktap_failed(void)
{
	return failed;
}

void ktap_end(const char *format, ...)
{
	va_list args;

	failures += failed;
	printf("%s %u ", failed ? "not ok" : "ok", ++ended);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	failed = false;
}

int ktap_status(void)
{
	return failures ? 1 : 0;
}

int ktap_run(const struct ktap_test *tests)
{
	unsigned int count = 0, i;

	while (tests[count].name)
		count++;

	ktap_begin(count);
	for (i = 0; i < count; i++) {
		if (tests[i].skip) {
			ktap_end("%s # SKIP %s", tests[i].name, tests[i].skip);
			continue;
		}
		skipped = NULL;
		tests[i].run();
		if (skipped)
			ktap_end("%s # SKIP %s", tests[i].name, skipped);
		else
			ktap_end("%s", tests[i].name);
	}
	return ktap_status();
}
