// SPDX-License-Identifier: GPL-2.0
/*
 * Recorded beside replayed, by the same arithmetic on the same kind of records.
 */
#include "replay/compare_captures.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static double difference(uint64_t recorded, uint64_t replayed)
{
	if (recorded == replayed)
		return 0;
	return recorded ? 100 * ((double)replayed / (double)recorded - 1) : NAN;
}

static void take(struct compared *row, unsigned int side, struct sample *sample)
{
	row->count[side] = sample->seen;
	row->p50[side] = sample_quantile(sample, 50);
	row->p99[side] = sample_quantile(sample, 99);
	row->fine[side] = *row->unit ? 0 : sample_count_median(sample);
}

/* By the order of values alone: 1.96 standard deviations of a fair coin, in percent. */
static void bound_median(struct compared *row, struct sample *recorded)
{
	double off = recorded->nr ? 98 / sqrt((double)recorded->nr) : 50;

	row->low = sample_quantile(recorded, off < 50 ? 50 - off : 0);
	row->high = sample_quantile(recorded, off < 50 ? 50 + off : 100);
}

/* Of counts that are a step apart, where that is more than the tolerance. */
static bool near_within_step(const struct compared *row, double tolerance)
{
	uint64_t low = row->p50[0] < row->p50[1] ? row->p50[0] : row->p50[1];

	return !*row->unit && low && row->p50[0] + row->p50[1] == 2 * low + 1 &&
	       fabs(row->fine[1] / row->fine[0] - 1) * 100 <= tolerance;
}

/* Slices that only one of the two has are no small difference. */
static bool near(const struct compared *row, double tolerance)
{
	return !row->count[0] == !row->count[1] &&
	       (fabs(row->diff50) <= tolerance || near_within_step(row, tolerance));
}

void compare_captures(struct comparison *comparison, struct observed *recorded,
		      struct observed *replayed, double tolerance)
{
	static const struct compared rows[COMPARED] = {
		{ .name = "seam", .unit = "ns", .what = "in SEAM", .judged = true },
		{ .name = "slice", .unit = "ns", .what = "slice", .judged = true },
		{ .name = "iterations", .unit = "", .what = "iterations", .judged = true },
		{ .name = "total", .unit = "ns", .what = "total" },
		{ .name = "gap", .unit = "ns", .what = "gap" },
		{ .name = "wait", .unit = "ns", .what = "wait" },
	};
	struct sample *samples[COMPARED][2] = {
		{ &recorded->seam, &replayed->seam },
		{ &recorded->left, &replayed->left },
		{ &recorded->iterations, &replayed->iterations },
		{ &recorded->total, &replayed->total },
		{ &recorded->gap, &replayed->gap },
		{ &recorded->wait, &replayed->wait },
	};
	unsigned int i, side;

	comparison->tolerance = tolerance;
	comparison->within = recorded->seam.seen && replayed->seam.seen;
	memcpy(comparison->rows, rows, sizeof(rows));
	for (i = 0; i < COMPARED; i++) {
		struct compared *row = &comparison->rows[i];

		for (side = 0; side < 2; side++)
			take(row, side, samples[i][side]);
		bound_median(row, samples[i][0]);
		row->diff50 = difference(row->p50[0], row->p50[1]);
		row->diff99 = difference(row->p99[0], row->p99[1]);
		if (row->judged && !near(row, tolerance))
			comparison->within = false;
	}
}

/* --- for people --- */

static void put_value(FILE *out, const struct compared *row, uint64_t value)
{
	if (*row->unit)
		fprintf(out, " %12.3f", (double)value / 1e3);
	else
		fprintf(out, " %12" PRIu64, value);
}

static void put_difference(FILE *out, double difference)
{
	if (isnan(difference))
		fprintf(out, " %8s", "from 0");
	else
		fprintf(out, " %+7.2f%%", difference);
}

static void say_step(FILE *out, const struct compared *row, double tolerance)
{
	if (row->judged && fabs(row->diff50) > tolerance && near_within_step(row, tolerance))
		fprintf(out, "%s: are counts; finer than these their medians are %.2f and %.2f, %+.2f%%\n",
			row->what, row->fine[0], row->fine[1],
			100 * (row->fine[1] / row->fine[0] - 1));
}

/* Then being near, or not, may be nothing but chance. */
static bool is_vague(const struct compared *row, double tolerance)
{
	return row->p50[0] && (-difference(row->p50[0], row->low) > tolerance ||
			       difference(row->p50[0], row->high) > tolerance);
}

static void say_noise(FILE *out, const struct compared *row, double tolerance)
{
	if (row->judged && is_vague(row, tolerance))
		fprintf(out, "%s: of %" PRIu64 " values, the recording's own median is known to %+.1f%% and %+.1f%% only\n",
			row->what, row->count[0], difference(row->p50[0], row->low),
			difference(row->p50[0], row->high));
}

void comparison_print(FILE *out, const struct comparison *comparison)
{
	unsigned int i;

	fprintf(out, "%-16s %12s %12s %8s %12s %12s %8s\n", "", "recorded", "replayed", "",
		"recorded", "replayed", "");
	fprintf(out, "%-16s %12s %12s %8s %12s %12s %8s\n", "", "p50", "p50", "", "p99", "p99", "");
	for (i = 0; i < COMPARED; i++) {
		const struct compared *row = &comparison->rows[i];
		char name[32];

		snprintf(name, sizeof(name), "%s%s%s", row->judged ? "* " : "  ", row->what,
			 *row->unit ? ", us" : "");
		fprintf(out, "%-16s", name);
		put_value(out, row, row->p50[0]);
		put_value(out, row, row->p50[1]);
		put_difference(out, row->diff50);
		put_value(out, row, row->p99[0]);
		put_value(out, row, row->p99[1]);
		put_difference(out, row->diff99);
		fputc('\n', out);
	}
	for (i = 0; i < COMPARED; i++) {
		say_step(out, &comparison->rows[i], comparison->tolerance);
		say_noise(out, &comparison->rows[i], comparison->tolerance);
	}
	fprintf(out, "medians of * are %s%g %% of the recording's\n",
		comparison->within ? "within " : "NOT all within ", comparison->tolerance);
}

/* --- for programs --- */

static json_t *percent(double difference)
{
	return isnan(difference) ? json_null() : json_real(difference);
}

/* Beyond the recording's own median. */
static json_t *median_json(const struct compared *row)
{
	return json_pack("[o, o]", percent(difference(row->p50[0], row->low)),
			 percent(difference(row->p50[0], row->high)));
}

static json_t *side_json(const struct compared *row, unsigned int side)
{
	json_t *json = json_pack("{sI sI sI}", "count", (json_int_t)row->count[side], "p50",
				 (json_int_t)row->p50[side], "p99", (json_int_t)row->p99[side]);

	if (!*row->unit)
		json_object_set_new(json, "fine_p50", json_real(row->fine[side]));
	return json;
}

json_t *comparison_json(const struct comparison *comparison)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < COMPARED; i++) {
		const struct compared *row = &comparison->rows[i];

		json_array_append_new(list, json_pack("{ss ss sb so so so so so}",
			"name", row->name, "unit", row->unit, "judged", row->judged,
			"recorded", side_json(row, 0), "replayed", side_json(row, 1),
			"recorded_p50_known_to_percent", median_json(row),
			"difference_p50_percent", percent(row->diff50),
			"difference_p99_percent", percent(row->diff99)));
	}
	return list;
}
