// SPDX-License-Identifier: GPL-2.0
/*
 * What people wrote for a page.
 */
#include "manual/prose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result/must.h"

#define HEADING	"\n.Sh "

/* With a newline in front, so that each heading has one. */
bool prose_read(struct prose *prose, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	char *text = NULL;

	prose->text = must_copy("");
	if (!file && errno == ENOENT)
		return true;
	if (!file || (getdelim(&text, &size, 0, file) < 0 && ferror(file))) {
		fprintf(stderr, "tdxbench: cannot read %s: %s\n", path, strerror(errno));
		if (file)
			fclose(file);
		free(text);
		return false;
	}
	fclose(file);
	free(prose->text);
	prose->text = must_print("\n%s", text ? text : "");
	free(text);
	return true;
}

void prose_free(struct prose *prose)
{
	free(prose->text);
	prose->text = NULL;
}

static const char *next_heading(const char *text)
{
	const char *heading = strstr(text, HEADING);

	return heading ? heading + strlen(HEADING) : NULL;
}

/* From behind the heading's line to the next one. */
static void print_body(const char *heading, FILE *out)
{
	const char *body = strchrnul(heading, '\n'), *end = strstr(body, HEADING);

	if (!end)
		end = body + strlen(body) - 1;
	if (end > body)
		fprintf(out, "%.*s\n", (int)(end - body - 1), body + 1);
}

static const char *find(const struct prose *prose, const char *section)
{
	size_t len = strlen(section);
	const char *h;

	for (h = next_heading(prose->text); h; h = next_heading(h))
		if (!strncmp(h, section, len) && h[len] == '\n')
			return h;
	return NULL;
}

bool prose_has(const struct prose *prose, const char *section)
{
	return find(prose, section);
}

void prose_print(const struct prose *prose, const char *section, FILE *out)
{
	const char *heading = find(prose, section);

	if (heading)
		print_body(heading, out);
}

void prose_print_others(const struct prose *prose, bool (*known)(const char *section), FILE *out)
{
	const char *h;

	for (h = next_heading(prose->text); h; h = next_heading(h)) {
		char *section = must_print("%.*s", (int)strcspn(h, "\n"), h);

		if (!known(section)) {
			fprintf(out, ".Sh %s\n", section);
			print_body(h, out);
		}
		free(section);
	}
}

void prose_references(const struct prose *prose,
		      void (*visit)(const char *name, int section, void *arg), void *arg)
{
	const char *at = prose->text;
	char name[64];
	int section;

	while ((at = strstr(at, "Xr "))) {
		at += strlen("Xr ");
		if (sscanf(at, "%63s %d", name, &section) == 2)
			visit(name, section, arg);
	}
}
