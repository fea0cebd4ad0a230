// SPDX-License-Identifier: GPL-2.0
/*
 * Were two results measured alike?
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/alike.h"
#include "result/result.h"

const json_t *json_get_fact(const json_t *object, const char *key)
{
	const char *dot = strchr(key, '.');
	char outer[32];

	if (!dot)
		return json_object_get(object, key);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
	return json_object_get(json_object_get(object, outer), dot + 1);
}

bool memory_alike(const json_t *one, const json_t *other)
{
	double x = json_number_value(one), y = json_number_value(other);

	return one && other && fabs(x - y) <= 0.05 * fmax(x, y);
}

/* Strings as they are, everything else as JSON has it. */
static void value_text(const json_t *value, char text[ALIKE_TEXT])
{
	char *json = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	snprintf(text, ALIKE_TEXT, "%s", !value ? "unknown" :
		 json_is_string(value) ? json_string_value(value) : json ? json : "?");
	free(json);
}

/* ---- Results ---- */

/* The compiler made the code whose instructions are counted. */
static const char *const facts[] = {
	"clock", "target", "accel", "module.kind", "kernel", "path", "preemption", "heap_init",
	"cpus", "memory_mib", "cpu_model", "clocksource", "qemu", "compiler", NULL
};

static bool fact_alike(const char *name, const json_t *one, const json_t *other)
{
	if (!strcmp(name, "memory_mib") && one && other)
		return memory_alike(one, other);
	return one == other || json_equal(one, other);
}

/* Without the arguments that tell tdxbench in a VM about its host. */
static void command_line(const json_t *environment, char text[ALIKE_TEXT])
{
	const char *word = json_get_text(environment, "cmdline");
	size_t used = 0;

	text[0] = '\0';
	for (size_t length; used < ALIKE_TEXT; word += length) {
		word += strspn(word, " ");
		length = strcspn(word, " ");
		if (!length)
			break;
		if (strncmp(word, "tdxbench.", strlen("tdxbench.")))
			used += (size_t)snprintf(text + used, ALIKE_TEXT - used, "%s%.*s",
						 used ? " " : "", (int)length, word);
	}
}

static size_t command_lines_unlike(const json_t *one, const json_t *other, unlike_teller *tell,
				   void *arg)
{
	char lines[2][ALIKE_TEXT];

	command_line(one, lines[0]);
	command_line(other, lines[1]);
	if (!strcmp(lines[0], lines[1]))
		return 0;
	tell("cmdline", lines[0], lines[1], arg);
	return 1;
}

/* "quick (0b7e1b26a443)" */
static void suite_text(const json_t *result, char text[ALIKE_TEXT])
{
	const json_t *suite = json_object_get(result, "suite");

	snprintf(text, ALIKE_TEXT, "%.200s (%.12s)", json_get_text(suite, "name"),
		 json_get_text(suite, "sha256"));
}

static size_t suites_unlike(const json_t *one, const json_t *other, unlike_teller *tell, void *arg)
{
	char suites[2][ALIKE_TEXT];

	if (!strcmp(json_get_text(json_object_get(one, "suite"), "sha256"),
		    json_get_text(json_object_get(other, "suite"), "sha256")))
		return 0;
	suite_text(one, suites[0]);
	suite_text(other, suites[1]);
	tell("suite", suites[0], suites[1], arg);
	return 1;
}

size_t results_unlike(const json_t *one, const json_t *other, unlike_teller *tell, void *arg)
{
	const json_t *here = json_object_get(one, "environment");
	const json_t *there = json_object_get(other, "environment");
	char values[2][ALIKE_TEXT];
	size_t unlike = suites_unlike(one, other, tell, arg);

	for (const char *const *name = facts; *name; name++) {
		const json_t *a = json_get_fact(here, *name), *b = json_get_fact(there, *name);

		if (fact_alike(*name, a, b))
			continue;
		value_text(a, values[0]);
		value_text(b, values[1]);
		tell(*name, values[0], values[1], arg);
		unlike++;
	}
	return unlike + command_lines_unlike(here, there, tell, arg);
}

static json_t *rounded_memory(const json_t *mib)
{
	json_int_t value = json_integer_value(mib);

	/* What no machine has stays as it is. */
	return json_integer(value < 0 || value >> 40 ? value : (value + 32) / 64 * 64);
}

json_t *environment_facts(const json_t *environment)
{
	json_t *kept = json_object();
	char line[ALIKE_TEXT];

	for (const char *const *name = facts; *name; name++) {
		json_t *value = (json_t *)json_get_fact(environment, *name);

		if (json_is_integer(value) && !strcmp(*name, "memory_mib"))
			json_object_set_new(kept, *name, rounded_memory(value));
		else if (value)
			json_object_set(kept, *name, value);
	}
	command_line(environment, line);
	json_object_set_new(kept, "cmdline", json_text(line));
	return kept;
}

/* ---- Points ---- */

static size_t settings_unlike(const json_t *one, const json_t *other, const char *which,
			      unlike_teller *tell, void *arg)
{
	const json_t *here = json_object_get(one, which), *there = json_object_get(other, which);
	char values[2][ALIKE_TEXT], what[128];
	json_t *names = json_object(), *value;
	const char *name;
	size_t unlike = 0;

	json_object_update(names, (json_t *)here);
	json_object_update_missing(names, (json_t *)there);
	json_object_foreach(names, name, value) {
		const json_t *a = json_object_get(here, name), *b = json_object_get(there, name);

		if (json_equal(a, b))
			continue;
		value_text(a, values[0]);
		value_text(b, values[1]);
		snprintf(what, sizeof(what), "%s %.100s", which, name);
		tell(what, values[0], values[1], arg);
		unlike++;
	}
	json_decref(names);
	return unlike;
}

size_t points_unlike(const json_t *one, const json_t *other, unlike_teller *tell, void *arg)
{
	return settings_unlike(one, other, "params", tell, arg) +
	       settings_unlike(one, other, "policy", tell, arg) +
	       settings_unlike(one, other, "profile", tell, arg);
}
