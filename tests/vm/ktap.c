// SPDX-License-Identifier: GPL-2.0
/*
 * KTAP output.
 */
#include "ktap.h"

#include <stdarg.h>
#include <stdio.h>

static bool failed;

void ktap_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	failed = true;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

int ktap_run(const struct ktap_test *tests)
{
	unsigned int count = 0, failures = 0, i;

	while (tests[count].name)
		count++;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", count);
	for (i = 0; i < count; i++) {
		failed = false;
		tests[i].run();
		failures += failed;
		printf("%s %u %s\n", failed ? "not ok" : "ok", i + 1, tests[i].name);
	}
	return failures ? 1 : 0;
}
