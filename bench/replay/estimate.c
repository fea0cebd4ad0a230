// SPDX-License-Identifier: GPL-2.0
/*
 * The estimators. Only records of events go into them.
 *
 * quote_ns: the median of the quotes' time in SEAM, with quantiles around it where
 * they are more than 1 % apart. With engine=burn interrupts handled meanwhile are taken
 * off, where the capture has them: that engine does not count them, the other one does.
 *
 * slice_ns: stays that the module itself ended. The rest at the end of a call, and a
 * stay that an interrupt ended, would have been longer: the quantiles are those of
 * Kaplan and Meier, which take such stays for what they are.
 *
 * yield: by what ended the stays. If interrupts were recorded, and tell, by whether there was one
 * in nearly each; else by whether stays end at a phase of the kernel's tick, and then by
 * how much their lengths vary. Between interrupts that come at random eight of ten are
 * spread over 3.2 times their median, slices over less.
 *
 * engine: burn, if the module leaves at once in nearly every quote, and never was on two
 * CPUs at a time; that is what the software module's burn engine does to make its quote.
 * Else halt, which overlaps under the virtual clock as CPUs do.
 *
 * slots: so many calls were suspended or inside when one was refused; if others were
 * accepted with as many, refusals have another reason and become busy_rate.
 */
#include "replay/estimate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "run/param.h"

#define ONE		TDX_EMU_SPREAD_ONE
#define NR_QUANTILES	TDX_EMU_NR_SPREAD
#define VARIES		100	/* 10,000ths between the 10th and the 90th percentile */
#define RANDOM		2	/* medians: what varies by less comes not at random */
#define MIN_QUOTE_SIZE	4096
#define RATE_MAX	10000

static const double quantiles[NR_QUANTILES] = { 0, 10, 25, 75, 90, 99, 100 };

/* --- rows --- */

static size_t row_of(const char *name)
{
	return (size_t)(param_find(profile_params, name) - profile_params);
}

static uint64_t *value_of(struct estimate *estimate, size_t row)
{
	return (uint64_t *)&estimate->profile + row;
}

__attribute__((format(printf, 4, 5)))
static void set(struct estimate *estimate, const char *name, uint64_t value,
		const char *format, ...)
{
	size_t row = row_of(name), used;
	const struct param *param = &profile_params[row];
	uint64_t clamped = value < param->min ? param->min : value > param->max ? param->max : value;
	char *why = estimate->why[row];
	va_list args;

	*value_of(estimate, row) = clamped;
	va_start(args, format);
	vsnprintf(why, sizeof(*estimate->why), format, args);
	va_end(args);
	used = strlen(why);
	if (clamped != value)
		snprintf(why + used, sizeof(*estimate->why) - used,
			 "; it is %" PRIu64 ", which the model does not do", value);
}

/* --- quantiles --- */

static uint64_t relative(uint64_t value, uint64_t median)
{
	double ratio = (double)value / (double)median * ONE;

	return ratio > 100 * ONE ? 100 * ONE : ratio < 1 ? 1 : (uint64_t)(ratio + 0.5);
}

/* In order, on their side of the median, and none beyond what the time itself may be. */
static void set_spread(struct estimate *estimate, const char *name, uint64_t median,
		       const uint64_t at[NR_QUANTILES])
{
	uint64_t ns = *value_of(estimate, row_of(name)), value, last = 1;
	uint64_t most = profile_params[row_of(name)].max;
	size_t first = row_of(name[0] == 'q' ? "quote_p0" : "slice_p0");
	unsigned int i;

	for (i = 0; i < NR_QUANTILES; i++) {
		value = relative(at[i], median);
		if (i <= 2 && value > ONE)
			value = ONE;
		if (i > 2 && value < ONE)
			value = ONE;
		if ((double)value * (double)ns / ONE > (double)most)
			value = (uint64_t)((double)most / (double)ns * ONE);
		last = value > last ? value : last;
		*value_of(estimate, first + i) = last;
		snprintf(estimate->why[first + i], sizeof(*estimate->why), "as %s", name);
	}
}

static bool varies(const uint64_t at[NR_QUANTILES], uint64_t median)
{
	return relative(at[4], median) >= relative(at[1], median) + VARIES;
}

/* --- time of a quote --- */

static void estimate_quote(struct estimate *estimate, struct observed *seen)
{
	bool deaf = estimate->profile.engine == TDX_EMU_BURN;
	struct sample *sample = deaf ? &seen->net : &seen->seam;
	uint64_t median = sample_quantile(sample, 50), at[NR_QUANTILES];
	unsigned int i;

	set(estimate, "quote_ns", median, "median time in SEAM%s",
	    deaf && seen->context ? ", without the interrupts handled meanwhile" : "");
	for (i = 0; i < NR_QUANTILES; i++)
		at[i] = sample_quantile(sample, quantiles[i]);
	if (median && varies(at, median))
		set_spread(estimate, "quote_ns", median, at);
}

/* --- slices --- */

/*
 * Do recorded interrupts tell why a stay ended? Not those of a module that needs one
 * itself to make time pass, as the software module's halt engine: then the last stays,
 * in which a quote was done, have one as well.
 */
static bool interrupts_tell(const struct observed *seen)
{
	return seen->context && 2 * seen->done_cut < seen->done;
}

/*
 * The length that @percent of slices do not exceed; 0 if too few were seen to their end.
 * @all is sorted by length, those seen to their end first. @cut_short: STAY_* of those
 * that were not.
 */
static uint64_t slice_quantile(struct sample *all, uint64_t cut_short, double percent)
{
	double survive = 1;
	size_t i;

	sample_quantile(all, 0);	/* sorts */
	for (i = 0; i < all->nr; i++) {
		if (!(all->values[i] & cut_short))
			survive *= 1 - 1 / (double)(all->nr - i);
		if (1 - survive >= percent / 100 - 1e-9 && survive < 1)
			return STAY_NS(all->values[i]);
	}
	return 0;
}

static uint64_t longest(const struct sample *all)
{
	return all->nr ? STAY_NS(all->values[all->nr - 1]) : 0;
}

static void estimate_slice(struct estimate *estimate, struct observed *seen)
{
	struct sample *all = &seen->later.all;
	uint64_t cut_short = STAY_DONE | (interrupts_tell(seen) ? STAY_CUT : 0);
	uint64_t median, at[NR_QUANTILES];
	unsigned int i;

	if (!seen->later.left)
		all = &seen->first.all;
	median = slice_quantile(all, cut_short, 50);
	/* More than half were cut short: then those that were not are all there is to go by. */
	if (!median)
		median = longest(all);
	set(estimate, "slice_ns", median, "median stay that the module ended, of %" PRIu64,
	    seen->later.left + seen->first.left);
	for (i = 0; i < NR_QUANTILES; i++) {
		at[i] = slice_quantile(all, cut_short, quantiles[i]);
		if (!at[i])
			at[i] = longest(all) > median ? longest(all) : median;
	}
	if (median && varies(at, median))
		set_spread(estimate, "slice_ns", median, at);
}

/* --- when and how the module is left --- */

static uint64_t left(const struct observed *seen, bool leaves_at_once)
{
	return seen->later.left + (leaves_at_once ? 0 : seen->first.left);
}

static bool leaves_at_once(const struct observed *seen)
{
	return seen->at_once && (double)seen->at_once >= 0.95 * (double)seen->seam.seen;
}

static void estimate_engine(struct estimate *estimate, const struct observed *seen)
{
	if (seen->overlaps)
		set(estimate, "engine", TDX_EMU_HALT,
		    "%" PRIu64 " of %" PRIu64 " stays overlap with one on another CPU",
		    seen->overlaps, seen->stays);
	else if (leaves_at_once(seen))
		set(estimate, "engine", TDX_EMU_BURN,
		    "one CPU at a time, and a short first stay in %" PRIu64 " quotes",
		    seen->at_once);
}

static bool at_tick(const struct observed *seen, uint64_t *tick)
{
	unsigned int i;

	/* What ends at a phase of 4 ms does so at one of 2 ms, too. */
	for (i = OBSERVE_NR_TICKS; i-- > 0;) {
		if (seen->coherence[i] < 0.8)
			continue;
		*tick = observe_ticks[i];
		return true;
	}
	return false;
}

/* Of stays that were left: from the 10th to the 90th percentile, over the median. */
static double variation(const struct observed *seen, bool without_first)
{
	const struct observed_stays *both[] = { &seen->later, &seen->first };
	struct sample lengths = {};
	unsigned int i;
	double value;
	size_t j;

	for (i = 0; i < (without_first ? 1 : 2); i++)
		for (j = 0; j < both[i]->all.nr; j++)
			if (!(both[i]->all.values[j] & STAY_DONE))
				sample_add(&lengths, STAY_NS(both[i]->all.values[j]));
	value = (double)(sample_quantile(&lengths, 90) - sample_quantile(&lengths, 10)) /
		((double)sample_quantile(&lengths, 50) + 1);
	sample_free(&lengths);
	return value;
}

static void by_interrupts(struct estimate *estimate, const struct observed *seen, bool at_once)
{
	uint64_t cut = seen->later.cut + (at_once ? 0 : seen->first.cut);
	uint64_t all = left(seen, at_once);

	set(estimate, "yield", (double)cut >= 0.9 * (double)all ? TDX_EMU_YIELD_PENDING :
			       TDX_EMU_YIELD_SLICE,
	    "an interrupt in %" PRIu64 " of %" PRIu64 " stays that were left", cut, all);
}

static void by_times(struct estimate *estimate, const struct observed *seen, bool at_once)
{
	double varied = variation(seen, at_once);
	uint64_t tick;

	if (at_tick(seen, &tick))
		set(estimate, "yield", TDX_EMU_YIELD_PENDING,
		    "stays end at a phase of a tick of %.1f ms", (double)tick / 1e6);
	else
		set(estimate, "yield", varied < RANDOM ? TDX_EMU_YIELD_SLICE : TDX_EMU_YIELD_PENDING,
		    "8 of 10 stays that were left are spread over %.2f times their median", varied);
}

static void estimate_yield(struct estimate *estimate, const struct observed *seen)
{
	bool at_once = leaves_at_once(seen);

	/* Shorter ones may have met no interrupt: no kernel ticks every 20 ms or less often. */
	if (!left(seen, at_once)) {
		if (seen->longest > 20000000 && seen->longest < 5000000000)
			set(estimate, "yield", TDX_EMU_YIELD_NEVER,
			    "no stay was left, the longest is %.1f ms",
			    (double)seen->longest / 1e6);
	} else if (interrupts_tell(seen)) {
		by_interrupts(estimate, seen, at_once);
	} else {
		by_times(estimate, seen, at_once);
	}
}

/* Where there are no slices, the burn engine still looks for interrupts now and then. */
static void estimate_look(struct estimate *estimate, struct observed *seen)
{
	uint64_t stay = sample_quantile(&seen->left, 50) / 100;
	uint64_t *ns = value_of(estimate, row_of("slice_ns"));

	if (estimate->profile.engine == TDX_EMU_BURN && stay && stay < *ns)
		*ns = stay > 1000 ? stay : 1000;
}

/* --- quotes as such --- */

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void estimate_size(struct estimate *estimate, struct observed *seen)
{
	const uint64_t most = profile_params[row_of("max_quote_size")].max;
	uint64_t low = sample_quantile(&seen->bytes, 0), high = sample_quantile(&seen->bytes, 100);
	uint64_t size = low + (high - low) / 2, jitter = high - size;

	set(estimate, "quote_size", size, "the middle of %" PRIu64 " to %" PRIu64 " bytes", low,
	    high);
	size = estimate->profile.quote_size;
	jitter = least(jitter, least(size - MIN_QUOTE_SIZE, most - size));
	set(estimate, "quote_jitter", jitter, "as quote_size");
	jitter = estimate->profile.quote_jitter;
	if (size + jitter > estimate->profile.max_quote_size)
		set(estimate, "max_quote_size", least(round_up(size + jitter, MIN_QUOTE_SIZE), most),
		    "the largest quote, in whole pages");
}

/* --- bring-up, if there was one --- */

static void estimate_bring_up(struct estimate *estimate, struct observed *seen)
{
	if (seen->ext_init.seen)
		set(estimate, "ext_init_ns", sample_quantile(&seen->ext_init, 50),
		    "median of %" PRIu64 " calls", seen->ext_init.seen);
	if (seen->quote_init.seen)
		set(estimate, "quote_init_ns", sample_quantile(&seen->quote_init, 50),
		    "median of %" PRIu64 " calls", seen->quote_init.seen);
	if (seen->mem_add_pages && seen->mem_add_ns)
		set(estimate, "mem_add_ns", seen->mem_add_ns / seen->mem_add_pages,
		    "mean of %" PRIu64 " pages", seen->mem_add_pages);
	if (seen->pool)
		set(estimate, "pool_pages", seen->pool_pages, "what the module asked for");
}

/* --- refusals --- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of sorted @values, those less than @limit. */
static uint32_t below(const uint64_t *values, uint32_t nr, uint64_t limit)
{
	uint32_t low = 0, high = nr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (values[middle] < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * struct occupancy - calls in the module over time
 * @from, @to: their beginnings and ends, each sorted
 */
struct occupancy {
	uint64_t *from, *to;
	uint32_t nr;
};

static uint32_t inside(const struct occupancy *occupancy, uint64_t when)
{
	return below(occupancy->from, occupancy->nr, when) -
	       below(occupancy->to, occupancy->nr, when);
}

static bool occupancy_make(struct occupancy *occupancy, const struct observed *seen)
{
	uint32_t i, nr = seen->nr_calls;

	*occupancy = (struct occupancy){
		calloc(nr + 1, sizeof(uint64_t)), calloc(nr + 1, sizeof(uint64_t)), nr,
	};
	if (!occupancy->from || !occupancy->to)
		return false;
	for (i = 0; i < nr; i++) {
		occupancy->from[i] = seen->calls[i].from;
		occupancy->to[i] = seen->calls[i].to;
	}
	qsort(occupancy->from, nr, sizeof(uint64_t), by_number);
	qsort(occupancy->to, nr, sizeof(uint64_t), by_number);
	return true;
}

/* Calls that were in the module as others were refused, and as others were accepted. */
static void compare_with_refusals(const struct observed *seen, const struct occupancy *occupancy,
				  struct sample *refused, struct sample *accepted)
{
	uint32_t i;

	for (i = 0; i < seen->nr_busies; i++)
		sample_add(refused, inside(occupancy, seen->busies[i].from));
	for (i = 0; i < seen->nr_calls; i++)
		sample_add(accepted, inside(occupancy, seen->calls[i].from));
}

static void set_rate(struct estimate *estimate, const char *rate, const char *burst,
		     uint64_t calls, uint64_t times, uint64_t all)
{
	set(estimate, rate, (calls * RATE_MAX + all / 2) / all,
	    "%" PRIu64 " of %" PRIu64 " calls", calls, all);
	set(estimate, burst, (times + calls / 2) / calls, "mean of %" PRIu64 " calls", calls);
}

static void estimate_slots(struct estimate *estimate, const struct observed *seen)
{
	struct sample refused = {}, accepted = {};
	struct occupancy occupancy;
	uint64_t slots = 0;

	/* Of a call that is still under way, no end was seen: the few that there are do not count. */
	if (occupancy_make(&occupancy, seen)) {
		compare_with_refusals(seen, &occupancy, &refused, &accepted);
		slots = sample_quantile(&refused, 5);
		if (sample_quantile(&accepted, 95) >= slots)
			slots = 0;
	}
	if (slots) {
		set(estimate, "slots", slots, "so many calls were inside when %" PRIu64
		    " entries found the module busy", seen->busy_times);
		set(estimate, "slot_scope", TDX_EMU_SLOTS_GLOBAL, "calls of all TDs count");
	} else {
		set_rate(estimate, "busy_rate", "busy_burst", seen->busy_calls, seen->busy_times,
			 seen->entered);
	}
	free(occupancy.from);
	free(occupancy.to);
	sample_free(&refused);
	sample_free(&accepted);
}

static void estimate_refusals(struct estimate *estimate, const struct observed *seen)
{
	if (seen->entropy_calls)
		set_rate(estimate, "entropy_rate", "entropy_burst", seen->entropy_calls,
			 seen->entropy_times, seen->entered);
	if (seen->busy_calls)
		estimate_slots(estimate, seen);
}

/* --- all --- */

/* Of a path the last part, as a comment can have it: lines of INI files are short. */
static void take_name(struct estimate *estimate, const char *from)
{
	const char *slash = strrchr(from, '/');
	char *at;

	snprintf(estimate->from, sizeof(estimate->from), "%s", slash ? slash + 1 : from);
	for (at = estimate->from; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			*at = '?';
}

static void estimate_times(struct estimate *estimate, struct observed *seen)
{
	estimate_quote(estimate, seen);
	if (estimate->profile.yield == TDX_EMU_YIELD_SLICE)
		estimate_slice(estimate, seen);
}

void estimate_times_of(struct tdx_emu_profile *times, const struct tdx_emu_profile *ran,
		       struct observed *seen)
{
	struct estimate estimate = { .seen = seen };

	profile_defaults(&estimate.profile);
	estimate.profile.engine = ran->engine;
	estimate.profile.yield = ran->yield;
	estimate_times(&estimate, seen);
	*times = estimate.profile;
}

int estimate_make(struct estimate *estimate, struct observed *seen, const char *from,
		  char *error, size_t size)
{
	if (!seen->seam.seen) {
		snprintf(error, size, "%.200s has no quote that was made while it was recorded (%"
			 PRIu64 " failed, %" PRIu64 " not from beginning to end)", from,
			 seen->failed, seen->broken);
		return -1;
	}
	*estimate = (struct estimate){ .seen = seen };
	take_name(estimate, from);
	profile_defaults(&estimate->profile);
	estimate_engine(estimate, seen);
	estimate_yield(estimate, seen);
	estimate_times(estimate, seen);
	if (estimate->profile.yield != TDX_EMU_YIELD_SLICE)
		estimate_look(estimate, seen);
	estimate_size(estimate, seen);
	estimate_bring_up(estimate, seen);
	estimate_refusals(estimate, seen);
	return 0;
}
