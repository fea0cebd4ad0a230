// SPDX-License-Identifier: GPL-2.0
/*
 * After a run: what was counted, by function, by source line and by stack, and of
 * each quote.
 *
 * A sum over a run has in it what befell it: an interrupt that made one quote take
 * another way, a page that had to be found. The median quote has not, so what
 * is called steady is always that of the median quote.
 */
#include "count/count_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count/count.h"
#include "result/result.h"
#include "count/symbols.h"
#include "tcg/mark.h"

/* As they stand in profile.json, by enum mark_kind. */
static const char *const part_names[PART_NR] = {
	[PART_PATH] = "path",
	[PART_MODULE] = "module",
	[PART_INTERRUPT] = "interrupts",
	[PART_SCHEDULE] = "scheduling",
	[PART_COLLECT] = "collectors",
	[PART_MEMORY] = "memory",
};

/* What nothing is known about, such as BPF programs and other modules. */
#define UNKNOWN	"[unknown]"

struct node {
	uint32_t parent;	/* index + 1, 0 for none */
	unsigned int part;
	uint64_t entry;
	uint32_t function;	/* index */
	char *path;		/* folded */
};

struct run {			/* of a block of instructions */
	uint32_t node;		/* index + 1 */
	uint64_t times;
	uint64_t from;
	uint8_t *sizes;
	unsigned int nr;
};

struct quote {
	uint64_t own;
	uint64_t parts[PART_NR];
	uint64_t entries[PART_NR];
};

struct function {
	const char *name;
	const char *file;
	unsigned int part;
	uint64_t self;
	uint64_t total;
};

#define MAX_SECTIONS	8

/* Where the module was: it may be elsewhere at each point. */
struct place {
	char section[64];
	uint64_t address;
};

/* What was counted between all "begin" and "end" of one point. */
struct stretch {
	char *id;
	struct node *nodes;
	struct run *runs;
	struct quote *quotes;
	struct function *functions;
	uint32_t nr_nodes, nr_runs, nr_quotes, nr_functions, first_node;
	uint64_t parts[PART_NR];
	uint64_t lost;
	struct place places[MAX_SECTIONS];
	json_t *function_of;	/* "part name": index */
};

struct reader {
	struct symbols *symbols;
	struct stretch *stretches;
	unsigned int nr;
	struct stretch *open;
	struct place places[MAX_SECTIONS];
};

/* Room for one more, in steps of powers of two. */
static void *grown(void *list, uint32_t nr, size_t size)
{
	if (nr & (nr - 1))
		return list;
	list = realloc(list, (nr ? 2 * (size_t)nr : 1) * size);
	if (!list)
		abort();
	return list;
}

bool count_own(const struct symbol *symbol)
{
	return !strncmp(symbol->file, "kernel/tdx_", strlen("kernel/tdx_"));
}

/* --- reading --- */

static struct stretch *stretch_of(struct reader *reader, const char *id)
{
	struct stretch *stretch;
	unsigned int i;

	for (i = 0; i < reader->nr; i++)
		if (!strcmp(reader->stretches[i].id, id))
			return &reader->stretches[i];
	reader->stretches = grown(reader->stretches, reader->nr, sizeof(*reader->stretches));
	stretch = &reader->stretches[reader->nr++];
	*stretch = (struct stretch){ .id = strdup(id), .function_of = json_object() };
	return stretch;
}

static bool take_section(struct reader *reader, const char *line)
{
	struct place place, *at = reader->places, *end = at + MAX_SECTIONS;

	if (sscanf(line, "section %" SCNx64 " %63s", &place.address, place.section) != 2)
		return false;
	while (at < end && *at->section && strcmp(at->section, place.section))
		at++;
	if (at < end)
		*at = place;
	return at < end;
}

static bool take_node(struct stretch *stretch, const char *line)
{
	struct node node = {};
	uint32_t number;

	if (sscanf(line, "node %" SCNu32 " %" SCNu32 " %u %" SCNx64, &number, &node.parent,
		   &node.part, &node.entry) != 4 || node.part >= PART_NR ||
	    number != stretch->nr_nodes - stretch->first_node + 1 || node.parent >= number)
		return false;
	if (node.parent)
		node.parent += stretch->first_node;
	stretch->nodes = grown(stretch->nodes, stretch->nr_nodes, sizeof(node));
	stretch->nodes[stretch->nr_nodes++] = node;
	return true;
}

static bool take_run(struct stretch *stretch, const char *line)
{
	struct run run = {};
	char *at;
	int len;

	if (sscanf(line, "count %" SCNu32 " %" SCNu64 " %" SCNx64 "%n", &run.node, &run.times,
		   &run.from, &len) != 3 || !run.node ||
	    run.node > stretch->nr_nodes - stretch->first_node)
		return false;
	run.node += stretch->first_node;
	for (at = (char *)line + len; *at == ' ';) {
		run.sizes = grown(run.sizes, run.nr, 1);
		run.sizes[run.nr++] = (uint8_t)strtoul(at, &at, 10);
	}
	stretch->runs = grown(stretch->runs, stretch->nr_runs, sizeof(run));
	stretch->runs[stretch->nr_runs++] = run;
	return run.nr;
}

static bool take_quote(struct stretch *stretch, const char *line)
{
	struct quote quote;
	unsigned int part;
	char *at;

	quote.own = strtoull(line + strlen("quote"), &at, 10);
	for (part = 0; part < PART_NR; part++) {
		quote.parts[part] = strtoull(at, &at, 10);
		quote.entries[part] = strtoull(at, &at, 10);
	}
	stretch->quotes = grown(stretch->quotes, stretch->nr_quotes, sizeof(quote));
	stretch->quotes[stretch->nr_quotes++] = quote;
	return !*at;
}

static bool begins(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word)) && line[strlen(word)] == ' ';
}

static bool take_line(struct reader *reader, const char *line)
{
	struct stretch *open = reader->open;

	if (begins(line, "section"))
		return take_section(reader, line);
	if (begins(line, "begin")) {
		reader->open = stretch_of(reader, line + strlen("begin "));
		reader->open->first_node = reader->open->nr_nodes;
		memcpy(reader->open->places, reader->places, sizeof(reader->places));
		return true;
	}
	if (!open)
		return false;
	if (begins(line, "node"))
		return take_node(open, line);
	if (begins(line, "count"))
		return take_run(open, line);
	if (begins(line, "quote"))
		return take_quote(open, line);
	if (begins(line, "lost")) {
		open->lost += strtoull(line + strlen("lost"), NULL, 10);
		return true;
	}
	reader->open = NULL;
	return !strcmp(line, "end");
}

/* --- functions and stacks --- */

static const struct symbol *symbol_at(const struct reader *reader, uint64_t address)
{
	static const struct symbol unknown = { .name = UNKNOWN, .file = "" };
	const struct symbol *symbol = symbols_find(reader->symbols, address);

	return symbol ? symbol : &unknown;
}

static uint32_t function_at(const struct reader *reader, struct stretch *stretch,
			    uint64_t address, unsigned int part)
{
	const struct symbol *symbol = symbol_at(reader, address);
	json_t *index;
	char key[256];

	snprintf(key, sizeof(key), "%u %s", part, symbol->name);
	index = json_object_get(stretch->function_of, key);
	if (index)
		return (uint32_t)json_integer_value(index);
	json_object_set_new(stretch->function_of, key, json_integer(stretch->nr_functions));
	stretch->functions = grown(stretch->functions, stretch->nr_functions,
				   sizeof(*stretch->functions));
	stretch->functions[stretch->nr_functions] = (struct function){
		.name = symbol->name, .file = symbol->file, .part = part,
	};
	return stretch->nr_functions++;
}

/* Mere ways to get somewhere else. */
static bool is_thunk(const char *name)
{
	return !strncmp(name, "__x86_indirect_", strlen("__x86_indirect_")) ||
	       !strncmp(name, "__SCT__", strlen("__SCT__"));
}

static char *joined(const char *path, const char *name)
{
	char *text;

	if (is_thunk(name))
		name = "";
	if (asprintf(&text, "%s%s%s", path, *path && *name ? ";" : "", name) < 0)
		abort();
	return text;
}

/* Parents come before their children. */
static void name_nodes(const struct reader *reader, struct stretch *stretch)
{
	uint32_t i;

	for (i = 0; i < stretch->nr_nodes; i++) {
		struct node *node = &stretch->nodes[i];
		const char *above = node->parent ? stretch->nodes[node->parent - 1].path : "";

		node->function = function_at(reader, stretch, node->entry, node->part);
		node->path = joined(above, stretch->functions[node->function].name);
	}
}

static bool called_by(const struct stretch *stretch, uint32_t number, uint32_t function)
{
	for (; number; number = stretch->nodes[number - 1].parent)
		if (stretch->nodes[number - 1].function == function)
			return true;
	return false;
}

/* Each function of a stack once, however often it is in there. */
static void add_totals(struct stretch *stretch, uint32_t number, uint32_t leaf, uint64_t count)
{
	stretch->functions[leaf].total += count;
	for (; number; number = stretch->nodes[number - 1].parent) {
		const struct node *node = &stretch->nodes[number - 1];

		if (node->function != leaf && !called_by(stretch, node->parent, node->function))
			stretch->functions[node->function].total += count;
	}
}

static void add_to(json_t *map, const char *key, uint64_t count)
{
	json_int_t before = json_integer_value(json_object_get(map, key));

	json_object_set_new(map, key, json_integer(before + (json_int_t)count));
}

static void add_run(const struct reader *reader, struct stretch *stretch, const struct run *run,
		    json_t *stacks)
{
	const struct node *node = &stretch->nodes[run->node - 1];
	uint32_t leaf = function_at(reader, stretch, run->from, node->part);
	uint64_t count = run->times * run->nr;
	char *path, *key;

	/* A jump from one function to another leaves no frame. */
	path = joined(node->path, leaf == node->function ? "" : stretch->functions[leaf].name);
	key = joined("", path);
	stretch->functions[leaf].self += count;
	add_totals(stretch, run->node, leaf, count);
	stretch->parts[node->part] += count;
	free(key);
	if (asprintf(&key, "%u %s", node->part, path) < 0)
		abort();
	add_to(stacks, key, count);
	free(path);
	free(key);
}

/* --- lines --- */

struct address {
	uint64_t address;
	uint64_t count;
};

static int by_value(const void *left, const void *right)
{
	const struct address *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* Instructions of the path that belong to a source file of the module. */
static struct address *path_addresses(const struct reader *reader, const struct stretch *stretch,
				      uint32_t *nr)
{
	struct address *list = NULL;
	uint32_t i, count = 0, at;
	unsigned int k;

	for (i = 0; i < stretch->nr_runs; i++) {
		const struct run *run = &stretch->runs[i];
		uint64_t address = run->from;

		if (stretch->nodes[run->node - 1].part != PART_PATH ||
		    !*symbol_at(reader, run->from)->file)
			continue;
		for (k = 0; k < run->nr; address += run->sizes[k++]) {
			list = grown(list, count, sizeof(*list));
			list[count++] = (struct address){ address, run->times };
		}
	}
	if (count)
		qsort(list, count, sizeof(*list), by_value);
	for (i = at = 0; i < count; i++) {
		if (at && list[at - 1].address == list[i].address)
			list[at - 1].count += list[i].count;
		else
			list[at++] = list[i];
	}
	*nr = at;
	return list;
}

static json_t *lines_of(const struct reader *reader, const struct stretch *stretch)
{
	uint32_t nr, i;
	struct address *list = path_addresses(reader, stretch, &nr);
	uint64_t *addresses = calloc(nr + 1, sizeof(*addresses));
	struct source_line *lines = calloc(nr + 1, sizeof(*lines));
	json_t *map = json_object();
	char key[1024];

	for (i = 0; i < nr; i++)
		addresses[i] = list[i].address;
	if (symbols_lines(reader->symbols, addresses, nr, lines))
		nr = 0;		/* said already; functions are known without */
	for (i = 0; i < nr; i++) {
		if (!lines[i].line)
			continue;
		snprintf(key, sizeof(key), "%s\n%u\n%s", lines[i].file, lines[i].line,
			 symbol_at(reader, list[i].address)->name);
		add_to(map, key, list[i].count);
	}
	free(list);
	free(addresses);
	free(lines);
	return map;
}

/* --- profile.json --- */

struct counted {
	const char *key;
	json_int_t count;
};

static int by_count(const void *left, const void *right)
{
	const struct counted *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->key, b->key);
}

/* The map's members, the largest first, each made into JSON by @make. */
static json_t *sorted(json_t *map, json_t *(*make)(const char *key, json_int_t count))
{
	size_t nr = json_object_size(map), i = 0;
	struct counted *list = calloc(nr + 1, sizeof(*list));
	json_t *array = json_array(), *value;
	const char *key;

	json_object_foreach(map, key, value)
		list[i++] = (struct counted){ key, json_integer_value(value) };
	qsort(list, nr, sizeof(*list), by_count);
	for (i = 0; i < nr; i++)
		json_array_append_new(array, make(list[i].key, list[i].count));
	free(list);
	json_decref(map);
	return array;
}

/* "PART a;b;c" */
static json_t *make_stack(const char *key, json_int_t count)
{
	return json_pack("[s, I, s]", key + 2, count, part_names[*key - '0']);
}

/* "FILE\nLINE\nFUNCTION" */
static json_t *make_line(const char *key, json_int_t count)
{
	const char *line = strchr(key, '\n') + 1, *function = strchr(line, '\n') + 1;

	return json_pack("{s:s%, s:i, s:s, s:s, s:I}", "file", key, (size_t)(line - 1 - key),
			 "line", atoi(line), "function", function, "part", part_names[PART_PATH],
			 "count", count);
}

static int by_self(const void *left, const void *right)
{
	const struct function *a = left, *b = right;

	if (a->self != b->self)
		return a->self > b->self ? -1 : 1;
	return a->part != b->part ? (a->part < b->part ? -1 : 1) : strcmp(a->name, b->name);
}

static json_t *functions_of(struct stretch *stretch)
{
	json_t *array = json_array();
	uint32_t i;

	/* Nodes name functions by their place in the list: it is the last that needs it. */
	if (stretch->nr_functions)
		qsort(stretch->functions, stretch->nr_functions, sizeof(*stretch->functions),
		      by_self);
	for (i = 0; i < stretch->nr_functions; i++) {
		const struct function *function = &stretch->functions[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I, s:I}",
			"name", function->name, "file", function->file,
			"part", part_names[function->part], "self", (json_int_t)function->self,
			"total", (json_int_t)function->total));
	}
	return array;
}

static json_t *parts_of(const struct stretch *stretch)
{
	json_t *parts = json_object();
	unsigned int part;

	for (part = 0; part < PART_NR; part++)
		json_object_set_new(parts, part_names[part],
				    json_integer((json_int_t)stretch->parts[part]));
	return parts;
}

static json_t *stretch_json(const struct reader *reader, struct stretch *stretch,
			    const json_t *point)
{
	json_t *stacks = json_object(), *lines;
	uint32_t i;

	for (i = 0; i < MAX_SECTIONS; i++)
		symbols_section_at(reader->symbols, stretch->places[i].section,
				   stretch->places[i].address);
	name_nodes(reader, stretch);
	for (i = 0; i < stretch->nr_runs; i++)
		add_run(reader, stretch, &stretch->runs[i], stacks);
	lines = lines_of(reader, stretch);
	return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "id", stretch->id,
			 "measurement", json_get_text(point, "measurement"),
			 "quotes", (json_int_t)stretch->nr_quotes,
			 "lost", (json_int_t)stretch->lost, "parts", parts_of(stretch),
			 "functions", functions_of(stretch), "lines", sorted(lines, make_line),
			 "stacks", sorted(stacks, make_stack));
}

/* --- metrics --- */

static int by_u64(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Of one number of each quote, @offset bytes into it. @apart: quotes that have another. */
static uint64_t median(const struct stretch *stretch, size_t offset, uint64_t *apart)
{
	uint64_t *values = calloc(stretch->nr_quotes + 1, sizeof(*values)), middle;
	uint32_t i;

	for (i = 0; i < stretch->nr_quotes; i++)
		memcpy(&values[i], (const char *)&stretch->quotes[i] + offset, sizeof(*values));
	qsort(values, stretch->nr_quotes, sizeof(*values), by_u64);
	middle = values[stretch->nr_quotes / 2];
	for (i = *apart = 0; i < stretch->nr_quotes; i++)
		*apart += values[i] != middle;
	free(values);
	return middle;
}

static void add_steady(json_t *point, const char *name, const char *unit, uint64_t value)
{
	metric_u64(point, name, unit, BETTER_LOWER, value);
	metric_is_steady(point);
}

#define MEDIAN(stretch, member, apart)	median(stretch, offsetof(struct quote, member), apart)

/* What all quotes took of a part, and so what befell some of them, by quote. */
static void add_mean(const struct stretch *stretch, json_t *point, const char *name,
		     enum mark_kind part)
{
	metric_double(point, name, "instructions", BETTER_NONE,
		      (double)stretch->parts[part] / stretch->nr_quotes);
}

static void add_metrics(const struct stretch *stretch, json_t *point)
{
	uint64_t path, entries, apart, ignored;
	double asked = 0;

	point_stat(point, "quote.count", "value", &asked);
	books_check_equal(point, "quotes: instructions counted = client", (uint64_t)asked,
			  stretch->nr_quotes);
	if (!stretch->nr_quotes)
		return;
	path = MEDIAN(stretch, parts[PART_PATH], &apart);
	entries = MEDIAN(stretch, entries[PART_MODULE], &ignored);

	add_steady(point, "path.instructions", "instructions", path);
	add_steady(point, "path.own", "instructions", MEDIAN(stretch, own, &ignored));
	add_steady(point, "path.entries", "", entries);
	if (entries) {
		metric_double(point, "path.per_entry", "instructions", BETTER_LOWER,
			      (double)path / (double)entries);
		metric_is_steady(point);
	}
	add_steady(point, "path.allocations", "", MEDIAN(stretch, entries[PART_MEMORY], &ignored));
	if (stretch->parts[PART_COLLECT])
		add_steady(point, "path.collectors", "instructions",
			   MEDIAN(stretch, parts[PART_COLLECT], &ignored));
	metric_u64(point, "path.apart", "", BETTER_NONE, apart);
	add_mean(stretch, point, "path.mean", PART_PATH);
	add_mean(stretch, point, "path.memory", PART_MEMORY);
	add_mean(stretch, point, "path.interrupts", PART_INTERRUPT);
	add_mean(stretch, point, "path.scheduling", PART_SCHEDULE);
}

/* --- the whole --- */

static void free_stretch(struct stretch *stretch)
{
	uint32_t i;

	for (i = 0; i < stretch->nr_nodes; i++)
		free(stretch->nodes[i].path);
	for (i = 0; i < stretch->nr_runs; i++)
		free(stretch->runs[i].sizes);
	free(stretch->nodes);
	free(stretch->runs);
	free(stretch->quotes);
	free(stretch->functions);
	free(stretch->id);
	json_decref(stretch->function_of);
}

static int read_lines(struct reader *reader, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!file) {
		fprintf(stderr, "tdxbench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (!ret && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		number++;
		if (!take_line(reader, line))
			ret = -1;
	}
	if (ret)
		fprintf(stderr, "tdxbench: %s:%u: not what the plugin writes: %.60s\n", path,
			number, line);
	free(line);
	fclose(file);
	return ret;
}

static json_t *point_of(const json_t *result, const char *id)
{
	json_t *point;
	size_t i;

	json_array_foreach(json_object_get(result, "points"), i, point)
		if (!strcmp(json_get_text(point, "id"), id))
			return point;
	return NULL;
}

json_t *count_read(const char *path, struct symbols *symbols, json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	struct reader reader = { .symbols = symbols };
	json_t *points = json_array(), *profile = NULL;
	unsigned int i;

	if (!read_lines(&reader, path)) {
		result_set_clock(true);
		for (i = 0; i < reader.nr; i++) {
			json_t *point = point_of(result, reader.stretches[i].id);

			if (!point)
				continue;
			json_array_append_new(points, stretch_json(&reader, &reader.stretches[i],
								   point));
			if (point_measures(point, "path"))
				add_metrics(&reader.stretches[i], point);
		}
		profile = json_pack("{s:s, s:s, s:s, s:O}", "schema", PROFILE_SCHEMA,
				    "tdxbench", json_get_text(environment, "tdxbench"),
				    "kernel", json_get_text(environment, "kernel"),
				    "points", points);
	}
	for (i = 0; i < reader.nr; i++)
		free_stretch(&reader.stretches[i]);
	free(reader.stretches);
	json_decref(points);
	return profile;
}
