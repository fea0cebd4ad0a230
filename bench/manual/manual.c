// SPDX-License-Identifier: GPL-2.0
/*
 * A manual page: sections in the order that mdoc(7) wants, each made of the command's
 * table or help, of what people wrote, or of both.
 */
#include "manual/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manual/example.h"
#include "manual/exit_status.h"
#include "manual/help_text.h"
#include "manual/mdoc.h"
#include "manual/prose.h"
#include "manual/see_also.h"

struct page {
	const struct manual *manual;
	struct help_text help;
	struct prose prose;
	FILE *out;
};

static bool is_program(const struct page *page)
{
	return page->manual->command == page->manual->program;
}

/* --- NAME, SYNOPSIS --- */

static void print_name(struct page *page)
{
	const struct command *command = page->manual->command;
	const char *summary = command->summary;
	size_t len = strlen(summary);

	fprintf(page->out, ".Nm tdxbench%s%s\n.Nd ", is_program(page) ? "" : "-",
		is_program(page) ? "" : command->name);
	fputc(tolower((unsigned char)*summary), page->out);
	mdoc_text(page->out, summary + 1, len - 1 - (summary[len - 1] == '.'));
	fputc('\n', page->out);
}

/* Behind two blanks the synopsis has a remark: "[DIR]     (default: results)". */
static size_t synopsis_length(const char *synopsis)
{
	const char *remark = strstr(synopsis, "  ");

	return remark ? (size_t)(remark - synopsis) : strlen(synopsis);
}

static void print_usage(const struct command *command, FILE *out)
{
	fprintf(out, ".Nm \"tdxbench %s\"\n", command->name);
	mdoc_synopsis(out, command->synopsis, synopsis_length(command->synopsis));
}

static void print_synopsis(struct page *page)
{
	const struct command *const *a = page->manual->command->actions;

	if (is_program(page)) {
		fputs(".Nm tdxbench\n", page->out);
		mdoc_synopsis(page->out, page->manual->program->synopsis,
			      strlen(page->manual->program->synopsis));
		return;
	}
	if (!a)
		print_usage(page->manual->command, page->out);
	for (; a && *a; a++)
		print_usage(*a, page->out);
}

/* --- DESCRIPTION --- */

/* Paragraphs of the help are filled, indented lines stay as they are. */
static void print_about(const struct help_text *help, FILE *out)
{
	bool open = false, display = false;

	for (size_t i = 0; i < help->count; i++) {
		const struct help_line *line = &help->lines[i];
		bool text = line->part == HELP_ABOUT && line->len, typed = text && *line->text == ' ';

		if (display && !typed)
			fputs(".Ed\n", out);
		else if (!display && typed)
			fputs(".Bd -literal -offset indent\n", out);
		if (text && !typed && (!open || display))
			fputs(".Pp\n", out);
		if (typed)
			mdoc_literal(out, line->text + 2, line->len - 2);
		else if (text)
			mdoc_text(out, line->text, line->len);
		if (text)
			fputc('\n', out);
		open = text;
		display = typed;
	}
	if (display)
		fputs(".Ed\n", out);
}

static void print_default(const struct command *command, FILE *out)
{
	const char *synopsis = command->synopsis ? command->synopsis : "", *remark;
	size_t len;

	remark = synopsis + synopsis_length(synopsis);
	remark += strspn(remark, " (");
	len = strcspn(remark, ")");
	if (!len)
		return;
	fputs(".Pp\n", out);
	mdoc_sentence(out, remark, len, '.');
}

static void print_description(struct page *page)
{
	const struct command *command = page->manual->command;

	if (prose_has(&page->prose, "DESCRIPTION"))
		prose_print(&page->prose, "DESCRIPTION", page->out);
	else
		mdoc_sentence(page->out, command->summary, strlen(command->summary), '.');
	print_about(&page->help, page->out);
	print_default(command, page->out);
}

/* --- OPTIONS --- */

static void print_option_text(const struct option_row *row, FILE *out)
{
	mdoc_sentence(out, row->help, strlen(row->help), '.');
	if (row->type == OPTION_NUMBER || row->type == OPTION_REAL)
		fprintf(out, "Allowed is %llu to %llu.\n", (unsigned long long)row->min,
			(unsigned long long)row->max);
	if (row->type != OPTION_CHOICE)
		return;
	fputs("One of\n", out);
	for (const char *const *word = row->choices; *word; word++) {
		fputs(".Cm \\&", out);
		mdoc_literal(out, *word, strlen(*word));
		fprintf(out, "%s\n", !word[1] ? " ." : word[2] ? " ," : " or");
	}
}

/* The value is one word to troff, whatever is in it. */
static void print_option(const struct option_row *row, FILE *out)
{
	fputs(".It ", out);
	if (row->letter)
		fprintf(out, "Fl %c , ", row->letter);
	fputs("Fl \\-", out);
	mdoc_literal(out, row->long_name, strlen(row->long_name));
	if (row->value) {
		fputs(" Ar \"", out);
		mdoc_literal(out, row->value, strlen(row->value));
		fputc('"', out);
	}
	fputc('\n', out);
	print_option_text(row, out);
}

static void print_options_of(const struct command *command, FILE *out)
{
	static const struct option_row help = {
		.letter = 'h', .long_name = "help", .help = "print options and examples, and do nothing",
	};

	fputs(".Bl -tag -width Ds\n", out);
	for (const struct option_row *row = command->options; row->long_name; row++)
		print_option(row, out);
	print_option(&help, out);
	fputs(".El\n", out);
}

static void print_options(struct page *page)
{
	if (page->manual->command->options)
		print_options_of(page->manual->command, page->out);
}

static bool has_options(const struct page *page)
{
	return page->manual->command->options;
}

/* --- COMMANDS of tdxbench, ACTIONS of a command --- */

static bool has_commands(const struct page *page)
{
	return is_program(page);
}

static void print_commands(struct page *page)
{
	fputs(".Bl -tag -width Ds\n", page->out);
	for (const struct command *const *c = page->manual->program->actions; *c; c++) {
		fprintf(page->out, ".It Xr tdxbench-%s 1\n", (*c)->name);
		mdoc_sentence(page->out, (*c)->summary, strlen((*c)->summary), '.');
	}
	fputs(".El\n", page->out);
}

static bool has_actions(const struct page *page)
{
	return !is_program(page) && page->manual->command->actions;
}

static void print_actions(struct page *page)
{
	for (const struct command *const *a = page->manual->command->actions; *a; a++) {
		struct help_text help = help_text_read((*a)->text);

		fprintf(page->out, ".Ss %s\n", command_word(*a));
		mdoc_sentence(page->out, (*a)->summary, strlen((*a)->summary), '.');
		print_about(&help, page->out);
		print_options_of(*a, page->out);
		help_text_free(&help);
	}
}

/* --- EXAMPLES, EXIT STATUS, SEE ALSO: rooms of their own --- */

static bool has_examples(const struct page *page)
{
	const struct command *const *a = is_program(page) ? NULL : page->manual->command->actions;
	bool any = help_text_has(&page->help, HELP_EXAMPLES);

	for (; !any && a && *a; a++) {
		struct help_text help = help_text_read((*a)->text);

		any = help_text_has(&help, HELP_EXAMPLES);
		help_text_free(&help);
	}
	return any;
}

static void print_examples(struct page *page)
{
	const struct command *const *a = is_program(page) ? NULL : page->manual->command->actions;

	bool first = true;

	examples_print(&page->help, &first, page->out);
	for (; a && *a; a++) {
		struct help_text help = help_text_read((*a)->text);

		examples_print(&help, &first, page->out);
		help_text_free(&help);
	}
}

static void print_exit_status(struct page *page)
{
	exit_status_print(&page->help, page->out);
}

static void print_see_also(struct page *page)
{
	see_also_print(page->manual->program, page->manual->command, &page->prose, page->out);
}

/* --- the page --- */

static const struct section {
	const char *name;
	bool (*has)(const struct page *page);	/* NULL: always */
	void (*print)(struct page *page);	/* NULL: all of it is prose */
	bool whole;				/* takes care of the prose itself */
} sections[] = {
	{ "NAME", NULL, print_name, false },
	{ "SYNOPSIS", NULL, print_synopsis, false },
	{ "DESCRIPTION", NULL, print_description, true },
	{ "COMMANDS", has_commands, print_commands, false },
	{ "ACTIONS", has_actions, print_actions, false },
	{ "OPTIONS", has_options, print_options, false },
	{ NULL, NULL, NULL, false },		/* what else people wrote */
	{ "ENVIRONMENT", NULL, NULL, false },
	{ "FILES", NULL, NULL, false },
	{ "EXIT STATUS", NULL, print_exit_status, false },
	{ "EXAMPLES", has_examples, print_examples, false },
	{ "SEE ALSO", NULL, print_see_also, true },
	{ "CAVEATS", NULL, NULL, false },
	{ "BUGS", NULL, NULL, false },
};

static bool is_known(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (sections[i].name && !strcmp(sections[i].name, name))
			return true;
	return false;
}

static void print_section(struct page *page, const struct section *section)
{
	bool made = section->print && (!section->has || section->has(page));

	if (!section->name) {
		prose_print_others(&page->prose, is_known, page->out);
		return;
	}
	if (!made && !prose_has(&page->prose, section->name))
		return;
	fprintf(page->out, ".Sh %s\n", section->name);
	if (made)
		section->print(page);
	if (!section->whole)
		prose_print(&page->prose, section->name, page->out);
}

/* "November 22, 2026", as .Dd wants it. */
static void print_date(const char *iso, FILE *out)
{
	time_t now = time(NULL);
	struct tm tm = {};
	char text[64];

	if (!strptime(iso, "%Y-%m-%d", &tm))
		gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%B %e, %Y", &tm);
	fprintf(out, ".Dd %s\n", text);
}

static void print_title(const struct page *page)
{
	const struct manual *manual = page->manual;

	print_date(manual->date, page->out);
	fputs(".Dt TDXBENCH", page->out);
	for (const char *c = is_program(page) ? "" : manual->command->name; *c; c++)
		fprintf(page->out, "%s%c", c == manual->command->name ? "-" : "",
			toupper((unsigned char)*c));
	fprintf(page->out, " 1\n.Os tdxbench %s\n", manual->version);
}

int manual_print(const struct manual *manual, FILE *out)
{
	struct page page = { .manual = manual, .out = out };
	bool ok = prose_read(&page.prose, manual->prose);

	page.help = help_text_read(manual->command->text);
	if (ok) {
		print_title(&page);
		for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
			print_section(&page, &sections[i]);
		ok = !fflush(out) && !ferror(out);
	}
	help_text_free(&page.help);
	prose_free(&page.prose);
	return ok ? 0 : -1;
}
