// SPDX-License-Identifier: GPL-2.0
/*
 * An estimate as a profile: first what was measured, and how; then what was not.
 */
#include "replay/estimate.h"

#include <inttypes.h>
#include <string.h>

#include "run/param.h"

static void print_row(FILE *out, const struct estimate *estimate, size_t row)
{
	const struct param *param = &profile_params[row];
	uint64_t value = ((const uint64_t *)&estimate->profile)[row];
	const char *word = param_word(param, value);

	if (word)
		fprintf(out, "%s = %s\n", param->name, word);
	else
		fprintf(out, "%s = %" PRIu64 "\n", param->name, value);
}

static void print_rows(FILE *out, const struct estimate *estimate, bool measured)
{
	size_t i;

	for (i = 0; profile_params[i].name; i++) {
		const char *why = estimate->why[i];

		if (!*why == measured)
			continue;
		if (measured && strncmp(why, "as ", 3))
			fprintf(out, "\n; %s: %s.\n", profile_params[i].name, why);
		print_row(out, estimate, i);
	}
}

void estimate_print(FILE *out, const void *of)
{
	const struct estimate *estimate = of;
	const struct observed *seen = estimate->seen;

	if (estimate->given) {
		fprintf(out, "; As %s says; not calibrated.\n\n", estimate->given);
		print_rows(out, estimate, false);
		return;
	}
	fprintf(out, "; Calibrated from %s, %" PRIu64 " quotes: a model of what was recorded there.\n"
		";\n; %" PRIu64 " quotes failed, %" PRIu64 " are not in the capture from beginning to end%s.\n",
		estimate->from, seen->seam.seen, seen->failed, seen->broken,
		seen->lost || seen->cut_short ? ", and events are missing" : "");
	fprintf(out, "\n; --- measured from %s, %" PRIu64 " quotes ---\n", estimate->from,
		seen->seam.seen);
	print_rows(out, estimate, true);
	fputs("\n; --- assumed: the capture does not tell ---\n\n", out);
	print_rows(out, estimate, false);
}
