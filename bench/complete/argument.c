// SPDX-License-Identifier: GPL-2.0
/*
 * What the placeholders in tables and synopses stand for.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "complete/complete.h"
#include "measure/measurement.h"
#include "run/place.h"

static const struct {
	const char *word;
	enum argument_kind kind;
} words[] = {
	{ "DIR", ARGUMENT_DIR },
	{ "MEASUREMENT", ARGUMENT_MEASUREMENT },
	{ "FILE", ARGUMENT_FILE }, { "PATH", ARGUMENT_FILE }, { "PROGRAM", ARGUMENT_FILE },
	{ "BASE", ARGUMENT_FILE }, { "NEW", ARGUMENT_FILE }, { "CAPTURE", ARGUMENT_FILE },
	{ "RESULT", ARGUMENT_FILE }, { "PROFILE", ARGUMENT_FILE },
};

/* "SUITE.ini" is a suite, "RESULT.json" any file with that suffix. */
struct argument argument_of(const char *word, size_t len)
{
	const char *dot = memchr(word, '.', len);

	if (len >= 5 && !strncmp(word, "SUITE", 5))
		return (struct argument){ ARGUMENT_SUITE, ".ini", 4 };
	if (islower((unsigned char)*word))
		return (struct argument){ ARGUMENT_WORD, "", 0 };
	if (dot && dot > word)
		return (struct argument){ ARGUMENT_FILE, dot, (size_t)(word + len - dot) };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].word) == len && !strncmp(words[i].word, word, len))
			return (struct argument){ words[i].kind, "", 0 };
	return (struct argument){ ARGUMENT_FREE, "", 0 };
}

/* An option's word and its value are no operand. */
void argument_each(const char *synopsis, void (*visit)(const char *word, size_t len, void *arg),
		   void *arg)
{
	const char *end = strstr(synopsis, "  "), *c = synopsis;
	bool option = false;
	size_t len;

	if (!end)
		end = synopsis + strlen(synopsis);
	for (; c < end; c += len ? len : 1) {
		len = strcspn(c, " []|");
		if (c + len > end)
			len = (size_t)(end - c);
		while (len > 3 && !strncmp(c + len - 3, "...", 3))
			len -= 3;
		if (*c == '[' || *c == '|')
			option = false;
		if (!len || *c == '.')
			continue;
		if (!option && *c != '-' && strncmp(c, "OPTION", 6))
			visit(c, len, arg);
		option = *c == '-';
	}
}

static int is_suite(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot > entry->d_name && !strcmp(dot, ".ini");
}

void suite_names_each(void (*visit)(const char *name, void *arg), void *arg)
{
	struct dirent **entries;
	int count = scandir(place("bench/suites"), &entries, is_suite, alphasort);

	for (int i = 0; i < count; i++) {
		*strrchr(entries[i]->d_name, '.') = 0;
		visit(entries[i]->d_name, arg);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void measurement_names_each(void (*visit)(const char *name, void *arg), void *arg)
{
	const struct measurement *const *m;

	for (m = measurements; *m; m++)
		visit((*m)->name, arg);
}
