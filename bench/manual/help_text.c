// SPDX-License-Identifier: GPL-2.0
/*
 * The free text of a command's help, taken apart.
 */
#include "manual/help_text.h"

#include <stdlib.h>
#include <string.h>

#include "result/must.h"

static const char examples[] = "examples:", exit_codes[] = "exit codes:";

static bool begins(const struct help_line *line, const char *with)
{
	return line->len >= strlen(with) && !strncmp(line->text, with, strlen(with));
}

/* Examples go on over blank lines, exit codes end there. */
static enum help_part part_of(const struct help_line *line, enum help_part before)
{
	bool blank = !line->len, indented = !blank && *line->text == ' ';

	if (begins(line, exit_codes))
		return HELP_EXIT;
	if (before == HELP_EXAMPLES && (blank || indented))
		return HELP_EXAMPLES;
	if (before == HELP_EXIT && !blank)
		return HELP_EXIT;
	return HELP_ABOUT;
}

static void take_heading(struct help_line *line)
{
	size_t heading = line->part == HELP_EXIT && begins(line, exit_codes) ? strlen(exit_codes) : 0;

	line->text += heading;
	line->len -= heading;
}

struct help_text help_text_read(const char *text)
{
	enum help_part part = HELP_ABOUT;
	struct help_text help = {};
	struct help_line *line;

	for (; text && *text; text += text[line->len] == '\n' ? line->len + 1 : line->len) {
		help.lines = must_grow(help.lines, (uint32_t)help.count, sizeof(*help.lines));
		line = &help.lines[help.count++];
		*line = (struct help_line){ .text = text, .len = strcspn(text, "\n") };
		if (begins(line, examples)) {
			line->part = HELP_HEADING;
			part = HELP_EXAMPLES;
		} else {
			line->part = part = part_of(line, part);
		}
	}
	for (size_t i = 0; i < help.count; i++)
		take_heading(&help.lines[i]);
	return help;
}

void help_text_free(struct help_text *help)
{
	free(help->lines);
	*help = (struct help_text){};
}

bool help_text_has(const struct help_text *help, enum help_part part)
{
	for (size_t i = 0; i < help->count; i++)
		if (help->lines[i].part == part && help->lines[i].len)
			return true;
	return false;
}

char *help_text_exit(const struct help_text *help)
{
	char *all = NULL, *longer;

	for (size_t i = 0; i < help->count; i++) {
		const struct help_line *line = &help->lines[i];
		size_t blanks = strspn(line->text, " ");

		if (line->part != HELP_EXIT || !line->len)
			continue;
		longer = must_print("%s%s%.*s", all ? all : "", all ? " " : "",
				    (int)(line->len - blanks), line->text + blanks);
		free(all);
		all = longer;
	}
	return all;
}
