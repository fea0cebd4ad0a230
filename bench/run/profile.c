// SPDX-License-Identifier: GPL-2.0
/*
 * Profiles as files.
 */
#include "run/profile.h"

#include <dirent.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/keyfile.h"
#include "run/param.h"
#include "run/place.h"

#define DIRECTORY	"kernel/emu/profiles"
#define SUFFIX		".ini"

static bool has_suffix(const char *text)
{
	size_t len = strlen(text);

	return len > strlen(SUFFIX) && !strcmp(text + len - strlen(SUFFIX), SUFFIX);
}

static char *join(const char *dir, const char *file, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", dir, file, suffix) < 0)
		abort();
	return path;
}

char *profile_name(const char *text)
{
	const char *slash = strrchr(text, '/');
	char *name = strdup(slash ? slash + 1 : text);

	if (has_suffix(name))
		name[strlen(name) - strlen(SUFFIX)] = 0;
	return name;
}

char *profile_path(const char *text, const char *from, const char *dir)
{
	bool is_name = !strchr(text, '/') && !has_suffix(text);
	char *name = profile_name(text), *copy, *path;

	if (dir || is_name) {
		path = join(dir ? dir : place(DIRECTORY), name, SUFFIX);
	} else if (*text == '/') {
		path = strdup(text);
	} else {
		copy = strdup(from);
		dir = dirname(copy);
		path = strcmp(dir, ".") ? join(dir, text, "") : strdup(text);
		free(copy);
	}
	free(name);
	return path;
}

/* --- one file --- */

static int take_keys(const char *path, const struct section *section,
		     struct tdx_emu_profile *profile, char *error, size_t size)
{
	uint64_t *values = (uint64_t *)profile;
	char why[192];
	unsigned int i;

	for (i = 0; i < section->nr_keys; i++) {
		const struct key *key = &section->keys[i];
		const struct param *param = param_find(profile_params, key->name);

		if (!param) {
			snprintf(error, size, "%s: has no parameter '%s', see tdxbench list profile",
				 path, key->name);
			return -1;
		}
		if (param_parse(param, key->value, &values[param - profile_params], why,
				sizeof(why))) {
			snprintf(error, size, "%s: %s", path, why);
			return -1;
		}
	}
	return 0;
}

int profile_read(const char *path, struct tdx_emu_profile *profile, char *error, size_t size)
{
	struct keyfile *file = keyfile_read(path, "profile", true, error, size);
	int ret = -1;

	if (!file)
		return -1;
	if (file->nr_sections > 1)
		snprintf(error, size, "%s: [%s] is no section of a profile, allowed is [profile]",
			 path, file->sections[1].name);
	else
		ret = take_keys(path, &file->sections[0], profile, error, size);
	keyfile_free(file);
	return ret;
}

/* --- those of the project --- */

static int is_profile(const struct dirent *entry)
{
	return has_suffix(entry->d_name);
}

/* Text of the first line if that is a comment, else "". */
static void first_comment(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[256] = "";

	if (file) {
		if (!fgets(line, sizeof(line), file))
			*line = 0;
		fclose(file);
	}
	line[strcspn(line, "\n")] = 0;
	snprintf(text, size, "%s", strchr(";#", *line) ? line + strspn(line, ";# ") : "");
}

void profile_each(void (*visit)(const char *name, const char *comment, void *arg), void *arg)
{
	char *dir = strdup(place(DIRECTORY)), *path, *name;
	struct dirent **entries;
	char comment[256];
	int i, count;

	count = scandir(dir, &entries, is_profile, alphasort);
	for (i = 0; i < count; i++) {
		path = join(dir, entries[i]->d_name, "");
		name = profile_name(entries[i]->d_name);
		first_comment(path, comment, sizeof(comment));
		visit(name, comment, arg);
		free(name);
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(dir);
}
