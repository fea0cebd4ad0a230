// SPDX-License-Identifier: GPL-2.0
/*
 * result.json from anybody: what `tdxbench report` does with a file. It is refused
 * with one line, or it loads and prints in every form; no form breaks its own syntax.
 * Inputs that are JSON are changed as trees, so that most of them stay JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/export.h"
#include "report/findings.h"
#include "report/html.h"
#include "report/plot.h"
#include "result/result.h"
#include "report/side.h"
#include "report/table.h"

#define CHECK(condition) do {							\
	if (!(condition)) {							\
		dprintf(STDOUT_FILENO, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
		abort();							\
	}									\
} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* ---- What report does ---- */

static char directory[4096], page[4096 + 16];

static void clean_up(void)
{
	unlink(page);
	rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = getenv("TMPDIR");

	(void)argc;
	(void)argv;
	snprintf(directory, sizeof(directory), "%s/tdxbench-fuzz.XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(directory));
	snprintf(page, sizeof(page), "%s/page.html", directory);
	atexit(clean_up);
	/* What is said of each result is much; libFuzzer and sanitizers keep theirs. */
	stderr = fopen("/dev/null", "w");
	CHECK(stderr);
	return 0;
}

static json_t *load(const uint8_t *data, size_t size)
{
	char path[32], error[RESULT_ERROR] = "";
	int fd = memfd_create("result", 0);
	json_t *result;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = result_load(path, error);
	close(fd);
	CHECK(result || (error[0] && !strchr(error, '\n')));
	return result;
}

/* JSON is JSON, with no key twice, and text is UTF-8. */
static void check_export(const struct export_format *format, const char *text, size_t size)
{
	static const char *const json[] = { "json", "kcidb", "bmf", "gha-smaller", "gha-bigger" };
	json_t *value = json_stringn(text, size);

	CHECK(value);
	json_decref(value);
	for (size_t i = 0; i < sizeof(json) / sizeof(*json); i++) {
		if (strcmp(format->name, json[i]))
			continue;
		value = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
		CHECK(value);
		json_decref(value);
	}
}

static void export(const json_t *result, const struct export_format *format)
{
	const struct export_options options = { .origin = "fuzz" };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	format->print(result, &options, out);
	fclose(out);
	check_export(format, text, size);
	free(text);
}

static void swallow(const char *sentence, void *arg)
{
	fputs(sentence, arg);
}

static void show(json_t *result)
{
	const struct side side = { 2, { "a", "b" }, { result, result } };
	FILE *null = fopen("/dev/null", "w");
	char hex[DIGEST_HEX];

	table_print(result, true, null);
	table_print_side(&side, true, null);
	findings(result, swallow, null);
	export_canonical(result, null);
	export_digest(result, hex);
	export_csv_side(&side, null);
	export_json_side(&side, null);
	for (const struct plot *plot = plot_table; plot->name; plot++)
		plot->data(json_object_get(result, "points"), null);
	fclose(null);
	CHECK(!html_write(result, directory, page));
	CHECK(!html_write_side(&side, page));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *result = load(data, size);

	if (!result)
		return 0;
	for (size_t i = 0; export_names[i]; i++)
		export(result, &export_formats[i]);
	show(result);
	json_decref(result);
	return 0;
}

/* ---- Changing trees ---- */

static unsigned int random_state;

static unsigned int below(size_t limit)
{
	random_state = random_state * 1103515245u + 12345u;
	return (random_state >> 8) % (unsigned int)limit;
}

/* Where a value stands: under a key, or at a place. */
struct place {
	json_t *parent;
	const char *key;
	size_t index;
};

/* The @skip-th value of all below @value, itself not counted; false when there are less. */
static bool find(json_t *value, size_t *skip, struct place *found)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(value, key, member) {
		*found = (struct place){ value, key, 0 };
		if (!(*skip)-- || find(member, skip, found))
			return true;
	}
	json_array_foreach(value, i, member) {
		*found = (struct place){ value, NULL, i };
		if (!(*skip)-- || find(member, skip, found))
			return true;
	}
	return false;
}

static size_t count(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t all = 1, i;

	json_object_foreach((json_t *)value, key, member)
		all += count(member);
	json_array_foreach(value, i, member)
		all += count(member);
	return all;
}

static bool anywhere(json_t *root, struct place *place)
{
	size_t all = count(root), skip = all > 1 ? below(all - 1) : 0;

	return find(root, &skip, place);
}

static json_t *at(const struct place *place)
{
	return place->key ? json_object_get(place->parent, place->key) :
			    json_array_get(place->parent, place->index);
}

static void set(const struct place *place, json_t *value)
{
	if (place->key)
		json_object_set_new(place->parent, place->key, value);
	else
		json_array_set_new(place->parent, place->index, value);
}

static json_t *nasty_text(void)
{
	static const char *const texts[] = {
		"", " ", "#", " # SKIP", "\n", "\r", "\t", "\x01", "\x7f", "\\", "\"", "<&>'",
		"]]>", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbf\xbe", "\xf0\x9f\x98\x80", "%s%n", "..",
		"/", "a.b", "a_b", "ns", "%", "1/s", "bytes", "bytes*s", "exact", "sampled",
		"lower", "higher", "none", "virtual", "real", "tdx", "posted", "default",
		"throughput", "preempt", "pool", "update", "kill", "memory", "host", "2026-11-22T02:05:03Z", "9999-12-31T23:59:60Z",
	};

	return json_string(texts[below(sizeof(texts) / sizeof(*texts))]);
}

static json_t *nasty_number(void)
{
	static const json_int_t whole[] = {
		0, 1, -1, 2, 100, 1 << 20, 1LL << 32, 1LL << 53, INT64_MAX, INT64_MIN,
		INT64_MAX - 1,
	};
	static const double reals[] = { 0.0, -0.0, 0.1, 1e-320, 1e308, -1e308, 1e15, 1.5e19, 1e-9 };

	return below(2) ? json_integer(whole[below(sizeof(whole) / sizeof(*whole))]) :
			  json_real(reals[below(sizeof(reals) / sizeof(*reals))]);
}

static json_t *deep(json_t *value)
{
	for (unsigned int levels = below(60); levels; levels--) {
		json_t *outer = below(2) ? json_array() : json_object();

		if (json_is_array(outer))
			json_array_append_new(outer, value);
		else
			json_object_set_new(outer, "deep", value);
		value = outer;
	}
	return value;
}

static json_t *long_text(void)
{
	char text[1500];
	size_t length = below(sizeof(text) - 4);
	const char *piece = below(2) ? "x" : "\xe2\x82\xac";

	text[0] = '\0';
	for (size_t at = 0; at < length; at += strlen(piece))
		strcpy(text + at, piece);
	return json_string(text);
}

/* Of a point or a metric one more, with another name; of others one more as it is. */
static void one_more(const struct place *place)
{
	json_t *copy = json_deep_copy(at(place));
	char name[32];

	snprintf(name, sizeof(name), "%s%u", below(2) ? "a.b" : "a_", below(9));
	if (json_object_get(copy, "id"))
		json_object_set_new(copy, "id", json_string(name));
	else if (json_object_get(copy, "name"))
		json_object_set_new(copy, "name", json_string(name));
	if (place->key)
		json_object_set_new(place->parent, name, copy);
	else
		json_array_insert_new(place->parent, place->index, copy);
}

static void take_away(const struct place *place)
{
	if (place->key)
		json_object_del(place->parent, place->key);
	else
		json_array_remove(place->parent, place->index);
}

static void change(json_t *root)
{
	struct place place, other;

	if (!anywhere(root, &place))
		return;
	switch (below(8)) {
	case 0: set(&place, nasty_text()); break;
	case 1: set(&place, nasty_number()); break;
	case 2: set(&place, below(2) ? json_boolean(below(2)) : json_null()); break;
	case 3: set(&place, deep(json_deep_copy(at(&place)))); break;
	case 4: set(&place, long_text()); break;
	case 5: take_away(&place); break;
	case 6: one_more(&place); break;
	case 7:
		if (anywhere(root, &other))
			set(&place, json_deep_copy(at(&other)));
	}
}

/* The same kind for the same kind, so that what loads goes on loading. */
static void change_kindly(json_t *root)
{
	struct place place;
	json_t *value;

	if (!anywhere(root, &place))
		return;
	value = at(&place);
	if (json_is_string(value))
		set(&place, below(4) ? nasty_text() : long_text());
	else if (json_is_number(value))
		set(&place, nasty_number());
	else if (json_is_boolean(value))
		set(&place, json_boolean(!json_is_true(value)));
	else
		one_more(&place);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	json_t *root = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	size_t length;
	char *text;

	random_state = seed;
	if (!root || !below(16)) {
		json_decref(root);
		return LLVMFuzzerMutate(data, size, max_size);
	}
	for (unsigned int i = below(4) + 1; i; i--)
		below(4) ? change_kindly(root) : change(root);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	length = text ? strlen(text) : max_size + 1;
	if (length <= max_size)
		memcpy(data, text, length);
	free(text);
	return length <= max_size ? length : LLVMFuzzerMutate(data, size, max_size);
}
