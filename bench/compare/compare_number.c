// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers of a comparison as text.
 */
#include <math.h>
#include <stdio.h>

#include "compare/compare_view.h"

const char *figure_text(double value, double delta, char text[NUMBER_TEXT])
{
	int decimals = 0;

	/* Two digits of the difference, whole numbers as they are. */
	if (value != floor(value) || (delta && fabs(delta) < 10 && delta != floor(delta)))
		decimals = isfinite(delta) && delta ? 1 - (int)floor(log10(fabs(delta))) : 2;
	decimals = decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
	if (isnan(value))
		snprintf(text, NUMBER_TEXT, "-");
	else if (fabs(value) < 1e15)
		snprintf(text, NUMBER_TEXT, "%.*f", decimals, value);
	else
		snprintf(text, NUMBER_TEXT, "%.15g", value);
	return text;
}

const char *delta_text(const char *unit, double delta, char text[NUMBER_TEXT])
{
	double factor, scaled;
	const char *shown = human_unit(unit, fabs(delta), &factor);
	int decimals;

	scaled = fabs(delta) / factor;
	decimals = scaled >= 999.5 || scaled == floor(scaled) ? 0 : scaled >= 0.1 ? 2 : 4;
	if (isnan(delta))
		snprintf(text, NUMBER_TEXT, "-");
	else
		snprintf(text, NUMBER_TEXT, "%c%.*f%s%.12s", delta < 0 ? '-' : '+', decimals, scaled,
			 *shown ? " " : "", shown);
	return text;
}

const char *change_text(double change, char text[NUMBER_TEXT])
{
	double percent = 100 * change, magnitude = fabs(percent);

	if (isnan(change))
		snprintf(text, NUMBER_TEXT, "-");
	else if (isinf(change))
		snprintf(text, NUMBER_TEXT, "from 0");
	else if (!change)
		snprintf(text, NUMBER_TEXT, "=");
	else if (magnitude < 0.0005)
		snprintf(text, NUMBER_TEXT, "%c<0.001 %%", change < 0 ? '-' : '+');
	else if (percent >= 999.5)
		snprintf(text, NUMBER_TEXT, "×%.3g", 1 + change);
	else
		snprintf(text, NUMBER_TEXT, "%+.*f %%",
			 magnitude < 0.9995 ? 3 : magnitude < 9.995 ? 2 : magnitude < 99.95, percent);
	return text;
}
