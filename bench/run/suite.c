// SPDX-License-Identifier: GPL-2.0
/*
 * Suite files: checked against the tables, and spread out into points.
 */
#include "run/suite.h"

#include <assert.h>
#include <ctype.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/keyfile.h"
#include "run/place.h"
#include "measure/measurement.h"
#include "run/profile.h"

#define MAX_VALUES	64
#define MAX_POINTS	4096

const struct param suite_vm_params[] = {
	{ "cpus", 4, 1, 64, "CPUs", NULL, "CPUs of the VM" },
	{ "memory", 1024, 256, 65536, "MiB", NULL, "memory of the VM" },
	{}
};

/**
 * struct reader - a suite being read
 * @path:     of the suite
 * @profiles: see suite_read()
 * @file:     the first section is [global]
 * @names:    of @suite's profiles, the words of @profile
 * @profile:  the key "profile"
 */
struct reader {
	const char *path;
	const char *profiles;
	struct keyfile *file;
	struct suite *suite;
	const char *names[SUITE_PROFILES_MAX + 1];
	struct param profile;
	char error[1024];
};

static int fail(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error, sizeof(reader->error), format, args);
	va_end(args);
	return -1;
}

/* --- values --- */

/* Values of one parameter. */
struct axis {
	const struct param *param;
	uint64_t values[MAX_VALUES];
	unsigned int nr_values;	/* 0: nobody says, so it is as preset or profile have it */
	unsigned int at;
};

#define NR_KNOBS	(sizeof(struct tdx_quote_policy) / sizeof(uint32_t))
#define NR_PROFILE	(sizeof(struct tdx_emu_profile) / sizeof(uint64_t))

/* All that a section may set, in the order in which its points come. */
struct axes {
	struct axis params[SUITE_PARAMS_MAX];
	struct axis preset;
	struct axis knobs[NR_KNOBS];
	struct axis profile;
	struct axis rows[NR_PROFILE];
};

#define NR_AXES		(sizeof(struct axes) / sizeof(struct axis))

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
	return text;
}

/* --- the key "profile": its values are numbers of the suite's profiles --- */

static void add_name(const char *name, const char *comment, void *names)
{
	char *list = names;
	size_t used = strlen(list);

	(void)comment;
	if (used < 200)
		sprintf(list + used, "%s%.40s", used ? ", " : "", name);
}

static int refuse_profile(struct reader *reader, const char *section, const char *text)
{
	char names[256] = "";

	profile_each(add_name, names);
	return fail(reader, "[%s] profile is '%.200s', allowed is %s, or the path of a file", section,
		    text, names);
}

static int profile_number(const struct suite *suite, const char *path)
{
	unsigned int i;

	for (i = 0; i < suite->nr_profiles; i++)
		if (!strcmp(suite->profiles[i].path, path))
			return (int)i;
	return -1;
}

/* Takes over @path. */
static int add_profile(struct reader *reader, const char *section, const char *text, char *path)
{
	struct suite *suite = reader->suite;
	struct suite_profile *profile = &suite->profiles[suite->nr_profiles];
	char error[600];
	unsigned int i;

	*profile = (struct suite_profile){ .name = profile_name(text), .path = path };
	suite->nr_profiles++;
	reader->names[suite->nr_profiles - 1] = profile->name;

	for (i = 0; i + 1 < suite->nr_profiles; i++)
		if (!strcmp(suite->profiles[i].name, profile->name))
			return fail(reader, "[%s] two profiles are called '%s'", section,
				    profile->name);
	if (strpbrk(profile->name, " \t:"))
		return fail(reader, "[%s] a profile is called '%.60s', allowed is what has no blank and no colon",
			    section, profile->name);
	profile_defaults(&profile->values);
	if (access(path, F_OK))
		return refuse_profile(reader, section, text);
	if (profile_read(path, &profile->values, error, sizeof(error)))
		return fail(reader, "[%s] profile %s", section, error);
	return 0;
}

/* Each file is read once. */
static int profile_parse(struct reader *reader, const char *section, const char *text,
			 uint64_t *value)
{
	struct suite *suite = reader->suite;
	char *path = profile_path(text, reader->path, reader->profiles);
	int number = profile_number(suite, path);

	if (number >= 0) {
		free(path);
		*value = (uint64_t)number;
		return 0;
	}
	if (suite->nr_profiles == SUITE_PROFILES_MAX) {
		free(path);
		return fail(reader, "more than %d profiles", SUITE_PROFILES_MAX);
	}
	*value = suite->nr_profiles;
	return add_profile(reader, section, text, path);
}

/* --- axes --- */

static int axis_add(struct reader *reader, const char *section, struct axis *axis, const char *text)
{
	uint64_t *value = &axis->values[axis->nr_values];
	char error[192];

	if (axis->nr_values == MAX_VALUES)
		return fail(reader, "[%s] %s has more than %d values", section, axis->param->name,
			    MAX_VALUES);
	if (axis->param == &reader->profile) {
		if (profile_parse(reader, section, text, value))
			return -1;
	} else if (param_parse(axis->param, text, value, error, sizeof(error))) {
		return fail(reader, "[%s] %s", section, error);
	}
	axis->nr_values++;
	return 0;
}

static int axis_fill(struct reader *reader, const char *section, struct axis *axis,
		     const char *list)
{
	char *copy = strdup(list), *rest = copy, *text;
	int ret = 0;

	while (!ret && (text = strsep(&rest, ",")))
		ret = axis_add(reader, section, axis, trim(text));
	free(copy);
	return ret;
}

/* The section's own value, or the default. */
static int axis_own(struct reader *reader, const struct section *section, struct axis *axis,
		    const struct param *param)
{
	const struct key *key = section_key(section, param->name);

	axis->param = param;
	if (key)
		return axis_fill(reader, section->name, axis, key->value);
	axis->values[0] = param->def;
	axis->nr_values = 1;
	return 0;
}

/* The section's own value, else [global]'s, else none. */
static int axis_shared(struct reader *reader, const struct section *section, struct axis *axis,
		       const struct param *param)
{
	const struct key *key = section_key(section, param->name);

	axis->param = param;
	if (!key)
		key = section_key(&reader->file->sections[0], param->name);
	return key ? axis_fill(reader, section->name, axis, key->value) : 0;
}

static int axes_fill(struct reader *reader, const struct section *section,
		     const struct measurement *m, struct axes *axes)
{
	const struct param *param;

	assert(param_count(m->params) <= SUITE_PARAMS_MAX);
	for (param = m->params; param->name; param++)
		if (axis_own(reader, section, &axes->params[param - m->params], param))
			return -1;
	if (axis_shared(reader, section, &axes->preset, &policy_preset_param))
		return -1;
	for (param = policy_params; param->name; param++)
		if (axis_shared(reader, section, &axes->knobs[param - policy_params], param))
			return -1;
	if (axis_shared(reader, section, &axes->profile, &reader->profile))
		return -1;
	for (param = profile_params; param->name; param++)
		if (axis_shared(reader, section, &axes->rows[param - profile_params], param))
			return -1;
	return 0;
}

static uint64_t axis_value(const struct axis *axis)
{
	return axis->values[axis->at];
}

/* Next combination of values, the last axis fastest; false after the last one. */
static bool axes_next(struct axes *axes)
{
	struct axis *first = (struct axis *)axes, *axis = first + NR_AXES;

	while (axis-- > first) {
		if (++axis->at < axis->nr_values)
			return true;
		axis->at = 0;
	}
	return false;
}

/* --- points --- */

static char *point_id(const struct section *section, const struct axes *axes)
{
	const struct axis *axis = (const struct axis *)axes;
	char id[512];
	size_t used;
	unsigned int i;

	used = (size_t)snprintf(id, sizeof(id), "%s", section->name);
	for (i = 0; i < NR_AXES && used < sizeof(id); i++, axis++) {
		const char *word;

		if (axis->nr_values < 2)
			continue;
		word = param_word(axis->param, axis_value(axis));
		if (word)
			used += (size_t)snprintf(id + used, sizeof(id) - used, "/%s=%s",
						 axis->param->name, word);
		else
			used += (size_t)snprintf(id + used, sizeof(id) - used, "/%s=%llu",
						 axis->param->name,
						 (unsigned long long)axis_value(axis));
	}
	return strdup(id);
}

static void set_policy(struct point *point, const struct axes *axes)
{
	const struct axis *knob;

	point->preset = axes->preset.nr_values ? axis_value(&axes->preset) : POLICY_DEFAULT;
	point->policy = policy_presets[point->preset];
	for (knob = axes->knobs; knob < axes->knobs + NR_KNOBS; knob++)
		if (knob->nr_values)
			*policy_knob(&point->policy, knob->param) = (uint32_t)axis_value(knob);
}

static void set_profile(const struct reader *reader, struct point *point, const struct axes *axes)
{
	uint64_t *values = (uint64_t *)&point->profile;
	unsigned int i;

	point->profile_name = PROFILE_DEFAULT;
	profile_defaults(&point->profile);
	if (axes->profile.nr_values) {
		const struct suite_profile *profile =
			&reader->suite->profiles[axis_value(&axes->profile)];

		point->profile_name = profile->name;
		point->profile = profile->values;
	}
	for (i = 0; i < NR_PROFILE; i++)
		if (axes->rows[i].nr_values)
			values[i] = axis_value(&axes->rows[i]);
}

static int add_point(struct reader *reader, const struct point *point)
{
	struct suite *suite = reader->suite;
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

static int spread(struct reader *reader, const struct section *section,
		  const struct measurement *m, struct axes *axes)
{
	struct point point = { .measurement = m };
	unsigned int i;

	do {
		for (i = 0; m->params[i].name; i++)
			point.values[i] = axis_value(&axes->params[i]);
		set_policy(&point, axes);
		set_profile(reader, &point, axes);
		point.section = strdup(section->name);
		point.id = point_id(section, axes);
		if (add_point(reader, &point)) {
			free(point.section);
			free(point.id);
			return -1;
		}
	} while (axes_next(axes));
	return 0;
}

/* --- sections --- */

/* Policy and profile are everybody's. */
static bool is_shared(const struct reader *reader, const char *name)
{
	return !strcmp(name, policy_preset_param.name) || param_find(policy_params, name) ||
	       !strcmp(name, reader->profile.name) || param_find(profile_params, name);
}

static int check_keys(struct reader *reader, const struct section *section,
		      const struct measurement *m)
{
	unsigned int i;

	for (i = 0; i < section->nr_keys; i++) {
		const char *name = section->keys[i].name;

		if (strcmp(name, "measure") && !param_find(m->params, name) &&
		    !is_shared(reader, name))
			return fail(reader, "[%s] has no parameter '%s', see tdxbench list %s",
				    section->name, name, m->name);
	}
	return 0;
}

static int read_section(struct reader *reader, const struct section *section)
{
	const struct key *measure = section_key(section, "measure");
	const char *name = measure ? measure->value : section->name;
	const struct measurement *m = measurement_find(name);
	struct axes axes = {};

	if (!m)
		return fail(reader, "[%s] measure is '%s', see tdxbench list for what there is",
			    section->name, name);
	if (check_keys(reader, section, m) || axes_fill(reader, section, m, &axes))
		return -1;
	return spread(reader, section, m, &axes);
}

static int read_global(struct reader *reader)
{
	struct suite_vm *vm = &reader->suite->vm;
	uint64_t *targets[] = { &vm->cpus, &vm->memory_mib };
	const struct section *global = &reader->file->sections[0];
	unsigned int i;

	for (i = 0; suite_vm_params[i].name; i++) {
		struct axis axis = {};

		if (axis_own(reader, global, &axis, &suite_vm_params[i]))
			return -1;
		if (axis.nr_values != 1)
			return fail(reader, "[global] %s takes one value", axis.param->name);
		*targets[i] = axis.values[0];
	}

	for (i = 0; i < global->nr_keys; i++)
		if (!param_find(suite_vm_params, global->keys[i].name) &&
		    !is_shared(reader, global->keys[i].name))
			return fail(reader, "[global] has no parameter '%s', see tdxbench list",
				    global->keys[i].name);
	return 0;
}

static int read_sections(struct reader *reader)
{
	const struct keyfile *file = reader->file;
	unsigned int i;

	for (i = 0; i < file->nr_sections; i++)
		if (file->sections[i].line && !file->sections[i].nr_keys)
			return fail(reader, "[%s] is empty", file->sections[i].name);
	if (read_global(reader))
		return -1;
	for (i = 1; i < file->nr_sections; i++)
		if (read_section(reader, &file->sections[i]))
			return -1;
	return reader->suite->nr_points ? 0 : fail(reader, "no section that measures anything");
}

/* --- the file --- */

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

const char *suite_file(const char *text)
{
	char name[NAME_MAX + sizeof("bench/suites/.ini")];
	const char *file;

	if (strpbrk(text, "/.") || strlen(text) > NAME_MAX || !access(text, F_OK))
		return text;
	snprintf(name, sizeof(name), "bench/suites/%s.ini", text);
	file = place(name);
	return access(file, R_OK) ? text : file;
}

struct suite *suite_read(const char *path, const char *profiles)
{
	struct reader reader = {
		.path = path,
		.profiles = profiles,
		.suite = calloc(1, sizeof(struct suite)),
		.profile = { .name = "profile", .choices = reader.names },
	};
	struct suite *suite = reader.suite;
	int ret = -1;

	reader.file = keyfile_read(path, "global", false, reader.error, sizeof(reader.error));
	if (!reader.file) {
		fprintf(stderr, "tdxbench: suite %s\n", reader.error);
	} else {
		suite->name = suite_name(path);
		suite->text = strdup(reader.file->text);
		ret = read_sections(&reader);
		if (ret)
			fprintf(stderr, "tdxbench: suite %s: %s\n", path, reader.error);
		keyfile_free(reader.file);
	}
	if (!ret)
		return suite;
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
	for (i = 0; i < suite->nr_profiles; i++) {
		free(suite->profiles[i].name);
		free(suite->profiles[i].path);
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
