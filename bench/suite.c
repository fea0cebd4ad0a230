// SPDX-License-Identifier: GPL-2.0
/*
 * Suite files: read with libinih, checked against the tables, and spread out
 * into points.
 */
#include "suite.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measurement.h"

#define MAX_KEYS	48
#define MAX_VALUES	64
#define MAX_POINTS	4096
#define MAX_SUITE_SIZE	(1U << 20)
/* libinih cuts what is longer, and says nothing. */
#define MAX_LINE	198
#define MAX_SECTION	49

#define NO_SETTING	"not 'key = value' or '[section]'"

const struct param suite_vm_params[] = {
	{ "cpus", 4, 1, 64, "CPUs", NULL, "CPUs of the VM" },
	{ "memory", 1024, 256, 65536, "MiB", NULL, "memory of the VM" },
	{}
};

struct key {
	char *name;
	char *values;	/* as written, comma-separated */
};

struct section {
	char *name;
	int line;	/* of its header, 0 while none was seen */
	struct key keys[MAX_KEYS];
	unsigned int nr_keys;
};

struct reader {
	struct section *sections;	/* [0] is [global], also when the file has none */
	unsigned int nr_sections;
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

/* --- what the file says --- */

static struct section *section_named(struct reader *reader, const char *name)
{
	struct section *grown;
	unsigned int i;

	for (i = 0; i < reader->nr_sections; i++)
		if (!strcmp(reader->sections[i].name, name))
			return &reader->sections[i];

	grown = realloc(reader->sections, (reader->nr_sections + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	reader->sections = grown;
	grown[reader->nr_sections] = (struct section){ .name = strdup(name) };
	return &grown[reader->nr_sections++];
}

static struct key *key_named(struct section *section, const char *name)
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
	section = section_named(reader, name);
	if (!section)
		return fail(reader, "out of memory");
	if (section->line)
		return fail(reader, "[%s] is there twice", name);
	section->line = line;
	return 0;
}

static int check_line(struct reader *reader, const char *text, int line)
{
	if (strcspn(text, "\n") > MAX_LINE)
		return fail(reader, "the line has more than %d characters", MAX_LINE);

	text += strspn(text, " \t\r");
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
static int check_lines(struct reader *reader, const char *text)
{
	static const char bom[] = "\xef\xbb\xbf";
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

	if (!*section_name) {
		fail(reader, "'%s' stands before any [section]", name);
		return 0;
	}

	section = section_named(reader, section_name);
	if (!section || section->nr_keys == MAX_KEYS) {
		fail(reader, "[%s] has more than %d keys", section_name, MAX_KEYS);
		return 0;
	}
	if (key_named(section, name)) {
		fail(reader, "[%s] sets '%s' twice", section_name, name);
		return 0;
	}

	section->keys[section->nr_keys++] = (struct key){ strdup(name), strdup(value) };
	return 1;
}

/* --- values --- */

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
	return text;
}

/* Values of one parameter: all that a list names, or the default. */
struct axis {
	const struct param *param;
	uint64_t *target;	/* in the point being filled */
	uint64_t values[MAX_VALUES];
	unsigned int nr_values;
	unsigned int at;
};

static int axis_fill(struct reader *reader, const char *section, struct axis *axis,
		     const char *list)
{
	char *copy = strdup(list), *rest = copy, *text;
	char error[192];
	int ret = 0;

	while (!ret && (text = strsep(&rest, ","))) {
		if (axis->nr_values == MAX_VALUES)
			ret = fail(reader, "[%s] %s has more than %d values", section,
				   axis->param->name, MAX_VALUES);
		else if (param_parse(axis->param, trim(text), &axis->values[axis->nr_values],
				     error, sizeof(error)))
			ret = fail(reader, "[%s] %s", section, error);
		else
			axis->nr_values++;
	}
	free(copy);
	return ret;
}

/* The section's own value, else [global]'s, else the default. */
static int axis_set(struct reader *reader, struct section *section, struct axis *axis)
{
	struct key *key = key_named(section, axis->param->name);

	if (!key)
		key = key_named(&reader->sections[0], axis->param->name);
	if (key)
		return axis_fill(reader, section->name, axis, key->values);

	axis->values[0] = axis->param->def;
	axis->nr_values = 1;
	return 0;
}

/* --- points --- */

static char *point_id(const struct section *section, const struct axis *axes, unsigned int nr)
{
	char id[512];
	size_t used;
	unsigned int i;

	used = (size_t)snprintf(id, sizeof(id), "%s", section->name);
	for (i = 0; i < nr && used < sizeof(id); i++) {
		const struct axis *axis = &axes[i];
		const char *word = param_word(axis->param, *axis->target);

		if (axis->nr_values < 2)
			continue;
		if (word)
			used += (size_t)snprintf(id + used, sizeof(id) - used, "/%s=%s",
						 axis->param->name, word);
		else
			used += (size_t)snprintf(id + used, sizeof(id) - used, "/%s=%llu",
						 axis->param->name,
						 (unsigned long long)*axis->target);
	}
	return strdup(id);
}

static int add_point(struct reader *reader, struct suite *suite, const struct point *point)
{
	struct point *grown;
	unsigned int i;

	for (i = 0; i < suite->nr_points; i++)
		if (!strcmp(suite->points[i].id, point->id))
			return fail(reader, "two points are called '%.120s'", point->id);
	if (suite->nr_points == MAX_POINTS)
		return fail(reader, "more than %d points", MAX_POINTS);
	grown = realloc(suite->points, (suite->nr_points + 1) * sizeof(*grown));
	if (!grown)
		return fail(reader, "out of memory");

	suite->points = grown;
	grown[suite->nr_points++] = *point;
	return 0;
}

/* Next combination of values, the last axis fastest; false after the last one. */
static bool axes_next(struct axis *axes, unsigned int nr)
{
	while (nr--) {
		if (++axes[nr].at < axes[nr].nr_values)
			return true;
		axes[nr].at = 0;
	}
	return false;
}

static int spread(struct reader *reader, struct suite *suite, struct section *section,
		  struct point *point, struct axis *axes, unsigned int nr)
{
	unsigned int i;

	do {
		for (i = 0; i < nr; i++)
			*axes[i].target = axes[i].values[axes[i].at];
		point->section = strdup(section->name);
		point->id = point_id(section, axes, nr);
		if (add_point(reader, suite, point)) {
			free(point->section);
			free(point->id);
			return -1;
		}
	} while (axes_next(axes, nr));
	return 0;
}

static int check_keys(struct reader *reader, const struct section *section,
		      const struct measurement *m)
{
	unsigned int i;

	for (i = 0; i < section->nr_keys; i++) {
		const char *name = section->keys[i].name;

		if (strcmp(name, "measure") && !param_find(m->params, name) &&
		    !param_find(profile_params, name))
			return fail(reader, "[%s] has no parameter '%s', see tdxbench list %s",
				    section->name, name, m->name);
	}
	return 0;
}

static int read_section(struct reader *reader, struct suite *suite, struct section *section)
{
	struct axis axes[SUITE_PARAMS_MAX + SUITE_PROFILE_MAX] = {};
	const struct key *measure = key_named(section, "measure");
	const char *name = measure ? measure->values : section->name;
	const struct measurement *m = measurement_find(name);
	struct point point = { .measurement = m };
	const struct param *param;
	unsigned int i, nr = 0;

	if (!m)
		return fail(reader, "[%s] measure is '%s', see tdxbench list for what there is",
			    section->name, name);
	if (check_keys(reader, section, m))
		return -1;

	for (param = m->params; param->name; param++, nr++)
		axes[nr] = (struct axis){ .param = param, .target = &point.values[nr] };
	for (param = profile_params; param->name; param++, nr++)
		axes[nr] = (struct axis){
			.param = param,
			.target = (uint64_t *)&point.profile + (param - profile_params),
		};

	for (i = 0; i < nr; i++)
		if (axis_set(reader, section, &axes[i]))
			return -1;
	return spread(reader, suite, section, &point, axes, nr);
}

static int read_global(struct reader *reader, struct suite *suite)
{
	uint64_t *targets[] = { &suite->vm.cpus, &suite->vm.memory_mib };
	struct section *global = &reader->sections[0];
	unsigned int i;

	for (i = 0; suite_vm_params[i].name; i++) {
		struct axis axis = { .param = &suite_vm_params[i] };

		if (axis_set(reader, global, &axis))
			return -1;
		if (axis.nr_values != 1)
			return fail(reader, "[global] %s takes one value", axis.param->name);
		*targets[i] = axis.values[0];
	}

	for (i = 0; i < global->nr_keys; i++)
		if (!param_find(suite_vm_params, global->keys[i].name) &&
		    !param_find(profile_params, global->keys[i].name))
			return fail(reader, "[global] has no parameter '%s'",
				    global->keys[i].name);
	return 0;
}

static int read_sections(struct reader *reader, struct suite *suite)
{
	unsigned int i;

	for (i = 0; i < reader->nr_sections; i++)
		if (reader->sections[i].line && !reader->sections[i].nr_keys)
			return fail(reader, "[%s] is empty", reader->sections[i].name);
	if (read_global(reader, suite))
		return -1;
	for (i = 1; i < reader->nr_sections; i++)
		if (read_section(reader, suite, &reader->sections[i]))
			return -1;
	return suite->nr_points ? 0 : fail(reader, "no section that measures anything");
}

/* --- the file --- */

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, MAX_SUITE_SIZE + 1);
	size_t size;

	if (!file || !text) {
		fprintf(stderr, "tdxbench: suite %s: %s\n", path, strerror(errno));
		goto fail;
	}
	size = fread(text, 1, MAX_SUITE_SIZE + 1, file);
	if (ferror(file) || size > MAX_SUITE_SIZE) {
		fprintf(stderr, "tdxbench: suite %s: %s\n", path,
			ferror(file) ? strerror(errno) : "larger than 1 MiB");
		goto fail;
	}
	if (strlen(text) < size) {
		fprintf(stderr, "tdxbench: suite %s: is no text, there is a NUL in it\n", path);
		goto fail;
	}
	fclose(file);
	return text;
fail:
	if (file)
		fclose(file);
	free(text);
	return NULL;
}

static char *suite_name(const char *path)
{
	char *copy = strdup(path);
	char *name = strdup(basename(copy));
	char *dot = strrchr(name, '.');

	if (dot && !strcmp(dot, ".ini"))
		*dot = 0;
	free(copy);
	return name;
}

static void reader_free(struct reader *reader)
{
	unsigned int i, k;

	for (i = 0; i < reader->nr_sections; i++) {
		for (k = 0; k < reader->sections[i].nr_keys; k++) {
			free(reader->sections[i].keys[k].name);
			free(reader->sections[i].keys[k].values);
		}
		free(reader->sections[i].name);
	}
	free(reader->sections);
}

struct suite *suite_read(const char *path)
{
	struct reader reader = {};
	struct suite *suite = calloc(1, sizeof(*suite));
	int line;

	suite->text = read_text(path);
	if (!suite->text)
		goto fail;
	suite->name = suite_name(path);

	section_named(&reader, "global");
	line = check_lines(&reader, suite->text);
	if (!line)
		line = ini_parse_string(suite->text, take_key, &reader);
	if (line) {
		fprintf(stderr, "tdxbench: suite %s:%d: %s\n", path, line,
			*reader.error ? reader.error : NO_SETTING);
		goto fail;
	}
	if (read_sections(&reader, suite)) {
		fprintf(stderr, "tdxbench: suite %s: %s\n", path, reader.error);
		goto fail;
	}
	reader_free(&reader);
	return suite;
fail:
	reader_free(&reader);
	suite_free(suite);
	return NULL;
}

void suite_free(struct suite *suite)
{
	unsigned int i;

	for (i = 0; i < suite->nr_points; i++) {
		free(suite->points[i].section);
		free(suite->points[i].id);
	}
	free(suite->points);
	free(suite->text);
	free(suite->name);
	free(suite);
}

uint64_t point_value(const struct point *point, const char *name)
{
	const struct param *params = point->measurement->params;

	return point->values[param_find(params, name) - params];
}
