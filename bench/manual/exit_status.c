// SPDX-License-Identifier: GPL-2.0
/*
 * The section EXIT STATUS of a page, from "0 done, 1 error, 130 or 143 interrupted".
 */
#include "manual/exit_status.h"

#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "manual/mdoc.h"

/* A number elsewhere in the text is not taken for a code. */
static const int codes[] = { EXIT_DONE, EXIT_ERROR, EXIT_REGRESSION, EXIT_CANNOT_RUN, EXIT_USAGE,
			     130, 143 };

static const struct { int code; const char *text; } usual[] = {
	{ EXIT_DONE, "done" }, { EXIT_ERROR, "error" }, { EXIT_USAGE, "wrong usage" },
};

/* Length of the code that @text begins with, 0 if there is none. */
static size_t code_length(const char *text, int *code)
{
	char *end;
	long number = strtol(text, &end, 10);

	for (size_t i = 0; end != text && *end == ' ' && i < sizeof(codes) / sizeof(*codes); i++) {
		if (codes[i] == number) {
			*code = codes[i];
			return (size_t)(end - text);
		}
	}
	return 0;
}

/* "130 or 143": codes of one meaning. */
static size_t codes_length(const char *text)
{
	int code;
	size_t len = code_length(text, &code), more;

	while (len && !strncmp(text + len, " or ", 4)) {
		more = code_length(text + len + 4, &code);
		if (!more)
			break;
		len += 4 + more;
	}
	return len;
}

/* The next ", CODE " or the end. */
static size_t item_length(const char *text)
{
	const char *comma;

	for (comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
		if (comma[1] == ' ' && codes_length(comma + 2))
			return (size_t)(comma - text);
	return strlen(text);
}

static void print_item(const char *tag, size_t tag_len, const char *text, size_t len, FILE *out)
{
	fprintf(out, ".It %.*s\n", (int)tag_len, tag);
	mdoc_sentence(out, text, len, '.');
}

static bool names(const char *all, int wanted)
{
	size_t len;
	int code;

	for (; *all; all += len) {
		len = codes_length(all);
		if (len && code_length(all, &code) && code == wanted)
			return true;
		len = item_length(all);
		len += strspn(all + len, ", ");
	}
	return false;
}

static void print_codes(const char *all, FILE *out)
{
	const char *rest;
	size_t len, tag;

	fputs(".Bl -tag -width Ds\n", out);
	for (rest = all; *rest; rest += len, rest += strspn(rest, ", ")) {
		len = item_length(rest);
		tag = codes_length(rest);
		if (tag)
			print_item(rest, tag, rest + tag + 1, len - tag - 1, out);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		char number[16];

		snprintf(number, sizeof(number), "%d", usual[i].code);
		if (!names(all, usual[i].code))
			print_item(number, strlen(number), usual[i].text, strlen(usual[i].text), out);
	}
	fputs(".El\n", out);
}

void exit_status_print(const struct help_text *help, FILE *out)
{
	char *all = help_text_exit(help);

	if (all && !strncmp(all, "as of ", 6))
		fprintf(out, "That of\n.Xr tdxbench-%s 1 .\n", all + 6);
	else
		print_codes(all ? all : "", out);
	free(all);
}
