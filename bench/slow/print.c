// SPDX-License-Identifier: GPL-2.0
/*
 * Slow quotes for people: 80 columns.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result/text.h"
#include "slow/say.h"
#include "slow/slow.h"
#include "trace/event.h"

#define WIDTH	79
/* Causes of a smaller share of the total are summed up. */
#define SHOWN	0.005

struct page {
	FILE *out;
	bool colour;
	const struct slow *slow;
};

static void style(const struct page *page, const char *code)
{
	if (page->colour)
		fprintf(page->out, "\033[%sm", code);
}

/* Broken between words, each line after the first behind @indent blanks; it is there already. */
static void put_wrapped(FILE *out, const char *text, int indent)
{
	int column = indent;
	char word[128];

	while (*text) {
		int length = (int)strcspn(text, " ");
		bool first = column == indent, fits = column + 1 + length <= WIDTH;

		snprintf(word, sizeof(word), "%.*s", length, text);
		if (!first && fits)
			putc(' ', out);
		else if (!first)
			fprintf(out, "\n%*s", indent, "");
		text_put(out, word);
		column = first || !fits ? indent + length : column + 1 + length;
		text += length;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

static void put_paragraph(FILE *out, const char *text)
{
	fputs("   ", out);
	put_wrapped(out, text, 3);
}

static double share(const struct slow_quote *quote, uint64_t ns)
{
	return quote->end.total_ns ? (double)ns / (double)quote->end.total_ns : 0;
}

/* "  3.1", or blanks where there is nothing to compare with. */
static void put_factor(FILE *out, uint64_t ns, uint64_t typical)
{
	double factor = typical ? (double)ns / (double)typical : 0;

	if (!typical)
		fprintf(out, "%9s", ns ? "-" : "");
	else if (factor < 99999)
		fprintf(out, "%9.1f", factor);
	else
		fprintf(out, "%9.3g", factor);
}

static void put_line(const struct page *page, const struct slow_quote *quote, uint64_t ns,
		     const char *text)
{
	char time[SAY_TIME];

	fprintf(page->out, "     %8s %5.1f%%  ", say_time(time, ns), 100 * share(quote, ns));
	put_wrapped(page->out, text, 21);
}

/* "once", "12 times" */
static const char *times(uint64_t count, char text[32])
{
	snprintf(text, 32, count == 1 ? "once" : "%" PRIu64 " times", count);
	return text;
}

/* --- a part --- */

static void put_causes(const struct page *page, const struct slow_quote *quote,
		       const struct slow_account *account)
{
	uint64_t rest = 0;
	char text[SAY_CAUSE];
	unsigned int i;

	for (i = 0; i < account->nr; i++) {
		const struct slow_cause *cause = &account->causes[i];

		if (slow_known(cause->what) && share(quote, cause->ns) < SHOWN)
			rest += cause->ns;
		else if (cause->what != SLOW_UNEXPLAINED || share(quote, cause->ns) >= SHOWN)
			put_line(page, quote, cause->ns, say_cause(text, cause));
	}
	if (rest && share(quote, account->ns) >= SHOWN)
		put_line(page, quote, rest, "less than half a percent each");
}

static void put_part(const struct page *page, const struct slow_quote *quote, enum slow_part part)
{
	uint64_t ns = slow_part_ns(&quote->end, part);
	char time[SAY_TIME];

	if (part == SLOW_TOTAL || share(quote, ns) >= SHOWN)
		style(page, "1");
	fprintf(page->out, "   %-10s %12s %6.1f%%", slow_part_titles[part], say_time(time, ns),
		100 * share(quote, ns));
	put_factor(page->out, ns, slow_typical(page->slow, part));
	fprintf(page->out, "%10s", say_time(time, slow_typical(page->slow, part)));
	style(page, "0");
	putc('\n', page->out);
	if (part < SLOW_PARTS)
		put_causes(page, quote, &quote->parts[part]);
}

/* "left 12 times: local timer 9, reschedule 2, no interrupt seen 1" */
static void put_left(const struct page *page, const struct slow_stays *stays)
{
	char text[SAY_VERDICT], name[SAY_CAUSE], count[32];
	unsigned int i;
	size_t at;

	at = (size_t)snprintf(text, sizeof(text), "left half-way %s, first served:",
			      times(stays->resumable, count));
	for (i = 0; i < stays->nr_left && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %s %" PRIu64 ",",
				       say_interrupt(name, &stays->left[i]), stays->left[i].count);
	if (at < sizeof(text) && stays->no_irq)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " no interrupt %" PRIu64 ",",
				       stays->no_irq);
	text[strlen(text) - 1] = '\0';
	put_paragraph(page->out, text);
}

static void put_stays(const struct page *page, const struct slow_quote *quote)
{
	const struct slow_stays *stays = &quote->stays;
	char time[SAY_TIME], count[32];

	if (!quote->end.iterations)
		return;
	fprintf(page->out, "   entered the module %s, longest stay %s (entry %u, CPU %u)\n",
		times(quote->end.iterations, count), say_time(time, stays->longest_ns), stays->longest + 1,
		stays->longest_cpu);
	if (stays->resumable && slow_has_context(page->slow))
		put_left(page, stays);
}

static uint64_t unexplained(const struct slow_quote *quote)
{
	uint64_t ns = 0;
	unsigned int part, i;

	for (part = 0; part < SLOW_PARTS; part++)
		for (i = 0; i < quote->parts[part].nr; i++)
			if (!slow_known(quote->parts[part].causes[i].what))
				ns += quote->parts[part].causes[i].ns;
	return ns;
}

/* --- a quote --- */

static void put_title(const struct page *page, const struct slow_quote *quote, unsigned int rank)
{
	const struct events_quote *end = &quote->end;
	char text[SAY_CAUSE], name[64];

	snprintf(text, sizeof(text), "%u. quote %llu of TD 0x%llx, %.*s/%u on CPU %u", rank,
		 end->quote, end->tdr, EVENTS_COMM - 1, end->comm, end->head.tid, end->head.cpu);
	style(page, "1");
	putc('\n', page->out);
	text_put(page->out, text);
	style(page, "0");
	if (quote->migrations)
		fprintf(page->out, ", moved %s", times(quote->migrations, name));
	if (end->error)
		fprintf(page->out, ": %s", error_name(end->error, name, sizeof(name)));
	putc('\n', page->out);
}

static void put_quote(const struct page *page, const struct slow_quote *quote, unsigned int rank)
{
	char text[SAY_VERDICT], time[SAY_TIME];
	uint64_t unknown = unexplained(quote);
	unsigned int part;

	put_title(page, quote, rank);
	style(page, "1;33");
	put_paragraph(page->out, say_verdict(text, page->slow, quote));
	style(page, "0");

	fprintf(page->out, "   %-10s %12s %7s%9s%10s\n", "part", "time", "%", "x median", "median");
	for (part = 0; part <= SLOW_TOTAL; part++)
		put_part(page, quote, part);
	put_stays(page, quote);
	if (!quote->whole)
		put_paragraph(page->out, "Not all of its events are there.");
	if (quote->dropped)
		fprintf(page->out, "   %" PRIu64 " of its entries were not kept.\n",
			quote->dropped);
	fprintf(page->out, "   unexplained: %s, %.1f%%\n", say_time(time, unknown),
		100 * share(quote, unknown));
}

/* --- all of them --- */

static void put_wants(const struct page *page)
{
	if (!slow_has_context(page->slow))
		put_wrapped(page->out, "What else ran was not recorded: who held the buffers is "
			    "told, what kept a quote off its CPU is not (tdxbench record "
			    "--context).", 0);
	if (slow_lost(page->slow))
		fprintf(page->out, "%" PRIu64 " events were lost: some of this may be incomplete.\n",
			slow_lost(page->slow));
}

void slow_print(const struct slow *slow, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const struct page page = {
		.out = out,
		.colour = isatty(fileno(out)) && !(no_color && *no_color),
		.slow = slow,
	};
	char time[SAY_TIME];
	unsigned int i;

	if (!slow_kept(slow)) {
		fputs("no quotes seen\n", out);
		put_wants(&page);
		return;
	}
	fprintf(out, "the slowest %u of %" PRIu64 " quotes by %s, median %s\n", slow_kept(slow),
		slow_seen(slow), slow_part_titles[slow_by(slow)],
		say_time(time, slow_typical(slow, slow_by(slow))));
	put_wants(&page);
	for (i = 0; i < slow_kept(slow); i++)
		put_quote(&page, slow_at(slow, i), i + 1);
}
