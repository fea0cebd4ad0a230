// SPDX-License-Identifier: GPL-2.0
/*
 * The section EXAMPLES of a page.
 */
#include "manual/example.h"

#include <string.h>

#include "manual/mdoc.h"

/* 80 columns but for the margins of page and display. */
#define WIDTH	64

/* Where a shell lets a line that is too long go on: behind a pipe, else at a blank. */
static size_t break_at(const char *text, size_t len)
{
	size_t pipe = 0, blank = 0;
	char quote = 0;

	for (size_t i = 0; i < len && i < WIDTH; i++) {
		if (quote)
			quote = text[i] == quote ? 0 : quote;
		else if (strchr("'\"", text[i]))
			quote = text[i];
		else if (text[i] == ' ')
			*(i && strchr("|&", text[i - 1]) ? &pipe : &blank) = i;
	}
	return pipe ? pipe : blank;
}

static void print_line(const char *text, size_t len, FILE *out)
{
	size_t at = len > WIDTH ? break_at(text, len) : 0;

	mdoc_literal(out, text, at ? at : len);
	if (!at) {
		fputc('\n', out);
		return;
	}
	fputs(strchr("|&", text[at - 1]) ? "\n    " : " \\e\n    ", out);
	print_line(text + at + 1, len - at - 1, out);
}

static void print_example(const char *text, size_t len, bool first, FILE *out)
{
	const char *remark = memmem(text, len, "  ", 2);
	size_t command = remark ? (size_t)(remark - text) : len;

	if (!first)
		fputs(".Pp\n", out);
	while (remark && remark < text + len && *remark == ' ')
		remark++;
	if (remark)
		mdoc_sentence(out, remark, (size_t)(text + len - remark), ':');
	fputs(".Bd -literal -offset indent -compact\n", out);
	print_line(text, command, out);
	fputs(".Ed\n", out);
}

void examples_print(const struct help_text *help, bool *first, FILE *out)
{
	for (size_t i = 0; i < help->count; i++) {
		const struct help_line *line = &help->lines[i];
		size_t indent = strspn(line->text, " ");

		if (line->part != HELP_EXAMPLES || line->len <= indent)
			continue;
		print_example(line->text + indent, line->len - indent, *first, out);
		*first = false;
	}
}
