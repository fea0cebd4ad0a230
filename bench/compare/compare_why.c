// SPDX-License-Identifier: GPL-2.0
/*
 * What a difference means: which part of the whole it is in, and whether there are
 * more iterations or longer ones. One phrase per point.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/compare_view.h"
#include "result/result.h"
#include "compare/runs.h"

/* A point on both sides, and the phrase on it as far as it goes. */
struct why {
	const json_t *base, *new;
	char *text;
	size_t size, used;
};

static void say(struct why *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct why *w, const char *format, ...)
{
	va_list args;
	int length;

	if (w->used >= w->size)
		return;
	va_start(args, format);
	length = vsnprintf(w->text + w->used, w->size - w->used, format, args);
	va_end(args);
	w->used += length > 0 ? (size_t)length : 0;
}

/* A metric's mean or value on both sides. */
struct both {
	double base, new;
	const char *unit;
};

static double number(const json_t *point, const char *metric)
{
	double value = NAN;

	if (!point_stat(point, metric, "mean", &value))
		point_stat(point, metric, "value", &value);
	return value;
}

static struct both both(const struct why *w, const char *metric)
{
	return (struct both){
		number(w->base, metric), number(w->new, metric),
		json_get_text(point_metric(w->base, metric), "unit"),
	};
}

static bool known(struct both b)
{
	return !isnan(b.base) && !isnan(b.new);
}

static double grew(struct both b)
{
	return b.new - b.base;
}

static bool differs(struct both b)
{
	return known(b) && b.base != b.new;
}

struct text {
	char s[NUMBER_TEXT];
};

static struct text delta(struct both b)
{
	struct text t;

	delta_text(b.unit, grew(b), t.s);
	return t;
}

static struct text figure(double value, struct both b)
{
	struct text t;

	figure_text(value, grew(b), t.s);
	return t;
}

/* ---- Parts of a whole ---- */

#define MAX_PARTS	6

/* Parts are those that add up to it. */
static const struct whole {
	const char *name, *parts[MAX_PARTS + 1];
} wholes[] = {
	{ "quote.total", { "quote.copy_in", "quote.wait", "quote.seam", "quote.gap", "quote.copy_out",
			   "quote.other" } },
	{ "pool.total_ns", { "pool.alloc_ns", "pool.flush_ns", "pool.add_ns" } },
};

struct part {
	const char *name;
	struct both both;
};

static int by_growth(const void *a, const void *b)
{
	double x = fabs(grew(((const struct part *)a)->both));
	double y = fabs(grew(((const struct part *)b)->both));

	return (x < y) - (x > y);
}

/* The two parts that moved most, as shares where they go the way of the whole. */
static void explain_whole(struct why *w, const struct whole *whole)
{
	struct both total = both(w, whole->name);
	struct part part[MAX_PARTS];
	size_t parts = 0;

	for (size_t i = 0; whole->parts[i]; i++) {
		struct both b = both(w, whole->parts[i]);

		if (differs(b))
			part[parts++] = (struct part){ whole->parts[i], b };
	}
	if (!differs(total) || !parts)
		return;
	qsort(part, parts, sizeof(*part), by_growth);
	say(w, "%s%s %s:", w->used ? "; " : "", whole->name, delta(total).s);
	for (size_t i = 0; i < parts && i < 2; i++) {
		double share = grew(part[i].both) / grew(total);

		say(w, "%s %s %s", i ? "," : "", part[i].name, delta(part[i].both).s);
		if (share > 0 && share < 9.995)
			say(w, " (%.*f %%)", share > 0.01 ? 0 : 1, 100 * share);
	}
}

/* ---- Iterations ---- */

static void explain_count(struct why *w, struct both count, const char *noun)
{
	if (differs(count))
		say(w, "%s -> %s %s", figure(count.base, count).s, figure(count.new, count).s, noun);
	else
		say(w, "%s %s as before", figure(count.base, count).s, noun);
}

/* The path's own functions, or those of the kernel that they call? */
static void explain_owner(struct why *w, struct both total, struct both own)
{
	struct both called = { total.base - own.base, total.new - own.new, total.unit };

	if (!differs(called))
		say(w, " in functions of its own");
	else if (!differs(own))
		say(w, " in functions that it calls");
	else
		say(w, ", %s in functions of its own and %s in those that it calls",
		    delta(own).s, delta(called).s);
}

static void explain_path(struct why *w)
{
	struct both total = both(w, "path.instructions"), own = both(w, "path.own");
	struct both entries = both(w, "path.entries"), each = both(w, "path.per_entry");

	if (!differs(total))
		return;
	say(w, "path.instructions %s", delta(total).s);
	if (known(own))
		explain_owner(w, total, own);
	if (!known(entries) || !known(each))
		return;
	say(w, "; ");
	explain_count(w, entries, "entries into the module");
	say(w, differs(each) ? ", %s for each" : ", each as long", delta(each).s);
}

/* What is counted apart from the path's instructions. */
static void explain_apart(struct why *w)
{
	static const char *const names[] = { "path.allocations", "path.collectors" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct both b = both(w, names[i]);

		if (differs(b))
			say(w, "%s%s %s", w->used ? "; " : "", names[i], delta(b).s);
	}
}

static void explain_seamcalls(struct why *w)
{
	struct both iterations = both(w, "seamcall.iterations");
	struct both stay = both(w, "seamcall.duration"), gap = both(w, "seamcall.gap");

	if (!known(iterations) || (!differs(iterations) && !differs(stay) && !differs(gap)))
		return;
	say(w, "%s", w->used ? "; " : "");
	explain_count(w, iterations, "iterations");
	if (differs(stay))
		say(w, ", each stay in SEAM %s", delta(stay).s);
	if (differs(gap))
		say(w, ", each gap %s", delta(gap).s);
}

bool compare_why(const struct comparison *c, const char *point, char *text, size_t size)
{
	struct why w = {
		.base = run_point(&c->base->run[0], point), .new = run_point(&c->new->run[0], point),
		.text = text, .size = size,
	};

	text[0] = '\0';
	explain_path(&w);
	explain_apart(&w);
	if (c->steady)
		return w.used;	/* the other metrics moved for reasons of their own */
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++)
		explain_whole(&w, &wholes[i]);
	explain_seamcalls(&w);
	return w.used;
}
