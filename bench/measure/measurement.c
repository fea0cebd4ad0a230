// SPDX-License-Identifier: GPL-2.0
/*
 * The list of measurements.
 */
#include "measure/measurement.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MEASUREMENT(name)	extern const struct measurement measurement_##name;
#include "measure/measurements.list"
#undef MEASUREMENT

#define MEASUREMENT(name)	&measurement_##name,
const struct measurement *const measurements[] = {
#include "measure/measurements.list"
	NULL
};

const struct measurement *measurement_find(const char *name)
{
	const struct measurement *const *m;

	for (m = measurements; *m; m++)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

void point_headline(json_t *out, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_set_new(out, "headline", json_string(text));
}
