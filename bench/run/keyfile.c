// SPDX-License-Identifier: GPL-2.0
/*
 * Files of "key = value" lines: libinih, and the checks that it leaves out.
 */
#include "run/keyfile.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE	(1U << 20)
/* libinih cuts what is longer, and says nothing. */
#define MAX_LINE	198
#define MAX_SECTION	49

#define NO_SETTING	"not 'key = value' or '[section]'"

struct reader {
	struct keyfile *file;
	bool headless;
	char error[256];
};

static int fail(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	if (*reader->error)	/* the first one is the cause */
		return -1;
	va_start(args, format);
	vsnprintf(reader->error, sizeof(reader->error), format, args);
	va_end(args);
	return -1;
}

/* --- sections and keys --- */

static struct section *section_named(struct keyfile *file, const char *name)
{
	struct section *grown;
	unsigned int i;

	for (i = 0; i < file->nr_sections; i++)
		if (!strcmp(file->sections[i].name, name))
			return &file->sections[i];

	grown = realloc(file->sections, (file->nr_sections + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	file->sections = grown;
	grown[file->nr_sections] = (struct section){ .name = strdup(name) };
	return &grown[file->nr_sections++];
}

const struct key *section_key(const struct section *section, const char *name)
{
	unsigned int i;

	for (i = 0; i < section->nr_keys; i++)
		if (!strcmp(section->keys[i].name, name))
			return &section->keys[i];
	return NULL;
}

static int take_header(struct reader *reader, const char *header, int line)
{
	size_t len = strcspn(header + 1, "]\n");
	char name[MAX_SECTION + 1];
	struct section *section;

	if (header[1 + len] != ']')
		return fail(reader, NO_SETTING);
	if (len > MAX_SECTION)
		return fail(reader, "[%.20s... has more than %d characters", header + 1, MAX_SECTION);

	snprintf(name, sizeof(name), "%.*s", (int)len, header + 1);
	section = section_named(reader->file, name);
	if (!section)
		return fail(reader, "out of memory");
	if (section->line)
		return fail(reader, "[%s] is there twice", name);
	section->line = line;
	return 0;
}

/* To libinih an indented line goes on with the value above it. */
static int check_line(struct reader *reader, const char *text, int line)
{
	size_t indent;

	if (strcspn(text, "\n") > MAX_LINE)
		return fail(reader, "the line has more than %d characters", MAX_LINE);

	indent = strspn(text, " \t\r");
	text += indent;
	if (indent && *text && !strchr("\n;#", *text))
		return fail(reader, "the line is indented, it must start with its key or '['");
	if (*text == '[')
		return take_header(reader, text, line);
	if (!*text || strchr("\n;#", *text))
		return 0;
	text += strcspn(text, "=:\n");
	return *text && *text != '\n' ? 0 : fail(reader, NO_SETTING);
}

/*
 * Before libinih, which tells of keys only: a section that has none, or comes
 * twice, would go unnoticed. Returns the number of a wrong line, or 0.
 */
static int check_lines(struct reader *reader)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *text = reader->file->text;
	int line;

	if (!strncmp(text, bom, strlen(bom)))
		text += strlen(bom);
	for (line = 1; *text; line++) {
		if (check_line(reader, text, line))
			return line;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

/* libinih's handler: 1 is "go on". */
static int take_key(void *user, const char *section_name, const char *name, const char *value)
{
	struct reader *reader = user;
	struct section *section;

	if (!*section_name && !reader->headless) {
		fail(reader, "'%s' stands before any [section]", name);
		return 0;
	}

	section = *section_name ? section_named(reader->file, section_name)
				: &reader->file->sections[0];
	if (!section || section->nr_keys == KEYFILE_MAX_KEYS) {
		fail(reader, "[%s] has more than %d keys", section_name, KEYFILE_MAX_KEYS);
		return 0;
	}
	if (section_key(section, name)) {
		fail(reader, "[%s] sets '%s' twice", section->name, name);
		return 0;
	}

	section->keys[section->nr_keys++] = (struct key){ strdup(name), strdup(value) };
	return 1;
}

/* --- the file --- */

static char *read_text(struct reader *reader, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, MAX_SIZE + 1);
	size_t size;

	if (!file || !text) {
		fail(reader, "%s", strerror(errno));
		goto out;
	}
	size = fread(text, 1, MAX_SIZE + 1, file);
	if (ferror(file))
		fail(reader, "%s", strerror(errno));
	else if (size > MAX_SIZE)
		fail(reader, "larger than 1 MiB");
	else if (strlen(text) < size)
		fail(reader, "is no text, there is a NUL in it");
out:
	if (file)
		fclose(file);
	if (!*reader->error)
		return text;
	free(text);
	return NULL;
}

struct keyfile *keyfile_read(const char *path, const char *first, bool headless, char *error,
			     size_t size)
{
	struct keyfile *file = calloc(1, sizeof(*file));
	struct reader reader = { .file = file, .headless = headless };
	int line = 0;

	file->text = read_text(&reader, path);
	if (!file->text) {
		snprintf(error, size, "%s: %s", path, reader.error);
		goto fail;
	}

	section_named(file, first);
	line = check_lines(&reader);
	if (!line)
		line = ini_parse_string(file->text, take_key, &reader);
	if (!line)
		return file;
	snprintf(error, size, "%s:%d: %s", path, line, *reader.error ? reader.error : NO_SETTING);
fail:
	keyfile_free(file);
	return NULL;
}

void keyfile_free(struct keyfile *file)
{
	unsigned int i, k;

	for (i = 0; i < file->nr_sections; i++) {
		for (k = 0; k < file->sections[i].nr_keys; k++) {
			free(file->sections[i].keys[k].name);
			free(file->sections[i].keys[k].value);
		}
		free(file->sections[i].name);
	}
	free(file->sections);
	free(file->text);
	free(file);
}
