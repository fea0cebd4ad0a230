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

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count/profile_json.h"
#include "count/symbols.h"
#include "result/must.h"
#include "result/result.h"
#include "tcg/mark.h"

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

/* How much there is of a point. */
struct extent {
	uint32_t nodes, runs, quotes;
	uint64_t lost;
};

/* What was counted between all "begin" and "end" of one point. */
struct stretch {
	char *id;
	struct node *nodes;
	struct run *runs;
	struct quote *quotes;
	struct function *functions;
	struct extent nr, before;	/* before: the last "begin" */
	unsigned int ends;
	uint32_t nr_functions;
	uint64_t parts[PART_NR];
	struct place places[MAX_SECTIONS];
	json_t *function_of;	/* "part file name": index */
};

struct reader {
	struct symbols *symbols;
	struct stretch *stretches;
	unsigned int nr;
	struct stretch *open;
	struct place places[MAX_SECTIONS];
};

bool count_own(const struct symbol *symbol)
{
	return !strncmp(symbol->file, "kernel/tdx_", strlen("kernel/tdx_"));
}

bool count_knows_own(const struct symbols *symbols)
{
	unsigned int nr, i;
	const struct symbol *list = symbols_all(symbols, &nr);

	for (i = 0; i < nr; i++)
		if (count_own(&list[i]))
			return true;
	return false;
}

/* --- reading --- */

static struct stretch *stretch_of(struct reader *reader, const char *id)
{
	struct stretch *stretch;
	unsigned int i;

	for (i = 0; i < reader->nr; i++)
		if (!strcmp(reader->stretches[i].id, id))
			return &reader->stretches[i];
	reader->stretches = must_grow(reader->stretches, reader->nr, sizeof(*reader->stretches));
	stretch = &reader->stretches[reader->nr++];
	*stretch = (struct stretch){ .id = must_copy(id), .function_of = must(json_object()) };
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

static void begin(struct reader *reader, const char *id)
{
	reader->open = stretch_of(reader, id);
	reader->open->before = reader->open->nr;
	memcpy(reader->open->places, reader->places, sizeof(reader->places));
}

static bool end(struct reader *reader)
{
	reader->open->ends++;
	reader->open = NULL;
	return true;
}

/* The run was cut short: what is there of a stretch is not all of it. */
static void drop_open(struct reader *reader)
{
	struct stretch *open = reader->open;

	if (!open)
		return;
	while (open->nr.runs > open->before.runs)
		free(open->runs[--open->nr.runs].sizes);
	open->nr = open->before;
}

/* One more number of the line; @largest is allowed. */
static bool take_number(char **at, int base, uint64_t largest, uint64_t *number)
{
	char *digits = *at + 1;

	if (**at != ' ' || !isxdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*number = strtoull(digits, at, base);
	return *at > digits && !errno && *number <= largest;
}

static bool take_node(struct stretch *stretch, char *at)
{
	const uint32_t before = stretch->before.nodes, expected = stretch->nr.nodes - before + 1;
	uint64_t number, parent, part, entry;

	if (!take_number(&at, 10, UINT32_MAX, &number) || number != expected ||
	    !take_number(&at, 10, number - 1, &parent) ||
	    !take_number(&at, 10, PART_NR - 1, &part) ||
	    !take_number(&at, 16, UINT64_MAX, &entry) || *at)
		return false;
	stretch->nodes = must_grow(stretch->nodes, stretch->nr.nodes, sizeof(*stretch->nodes));
	stretch->nodes[stretch->nr.nodes++] = (struct node){
		.parent = parent ? before + (uint32_t)parent : 0,
		.part = (unsigned int)part, .entry = entry,
	};
	return true;
}

static bool take_sizes(struct run *run, char *at)
{
	uint64_t size;

	while (take_number(&at, 10, UINT8_MAX, &size)) {
		run->sizes = must_grow(run->sizes, run->nr, sizeof(*run->sizes));
		run->sizes[run->nr++] = (uint8_t)size;
	}
	return run->nr && !*at;
}

static bool take_run(struct stretch *stretch, char *at)
{
	const uint32_t before = stretch->before.nodes;
	struct run *run;
	uint64_t node, times, from;

	if (!take_number(&at, 10, stretch->nr.nodes - before, &node) || !node ||
	    !take_number(&at, 10, INT64_MAX, &times) || !take_number(&at, 16, UINT64_MAX, &from))
		return false;
	stretch->runs = must_grow(stretch->runs, stretch->nr.runs, sizeof(*run));
	run = &stretch->runs[stretch->nr.runs++];
	*run = (struct run){ .node = before + (uint32_t)node, .times = times, .from = from };
	return take_sizes(run, at);
}

static bool take_quote(struct stretch *stretch, char *at)
{
	struct quote quote;
	unsigned int part;

	if (!take_number(&at, 10, INT64_MAX, &quote.own))
		return false;
	for (part = 0; part < PART_NR; part++)
		if (!take_number(&at, 10, INT64_MAX, &quote.parts[part]) ||
		    !take_number(&at, 10, INT64_MAX, &quote.entries[part]))
			return false;
	stretch->quotes = must_grow(stretch->quotes, stretch->nr.quotes, sizeof(quote));
	stretch->quotes[stretch->nr.quotes++] = quote;
	return !*at;
}

static bool take_lost(struct stretch *stretch, char *at)
{
	uint64_t lost;

	if (!take_number(&at, 10, UINT32_MAX, &lost))
		return false;
	stretch->nr.lost += lost;
	return !*at;
}

/* What follows the line's first word, from the blank on, or NULL if that is another. */
static char *behind(char *line, const char *word)
{
	const size_t len = strlen(word);

	return !strncmp(line, word, len) && line[len] == ' ' ? line + len : NULL;
}

static bool take_line(struct reader *reader, char *line)
{
	struct stretch *open = reader->open;
	char *at;

	if (behind(line, "section"))
		return take_section(reader, line);
	if ((at = behind(line, "begin"))) {
		if (!open)
			begin(reader, at + 1);
		return !open;
	}
	if (!open)
		return false;
	if ((at = behind(line, "node")))
		return take_node(open, at);
	if ((at = behind(line, "count")))
		return take_run(open, at);
	if ((at = behind(line, "quote")))
		return take_quote(open, at);
	if ((at = behind(line, "lost")))
		return take_lost(open, at);
	return !strcmp(line, "end") && end(reader);
}

/* --- functions and stacks --- */

static const struct symbol *symbol_at(const struct reader *reader, uint64_t address)
{
	static const struct symbol unknown = { .name = UNKNOWN, .file = "" };
	const struct symbol *symbol = symbols_find(reader->symbols, address);

	return symbol ? symbol : &unknown;
}

/* Static functions of two files may have one name. */
static uint32_t function_at(const struct reader *reader, struct stretch *stretch,
			    uint64_t address, unsigned int part)
{
	const struct symbol *symbol = symbol_at(reader, address);
	char *key = must_print("%u %s %s", part, symbol->file, symbol->name);
	const json_t *index = json_object_get(stretch->function_of, key);

	if (!index)
		json_object_set_new(stretch->function_of, key, json_integer(stretch->nr_functions));
	free(key);
	if (index)
		return (uint32_t)json_integer_value(index);
	stretch->functions = must_grow(stretch->functions, stretch->nr_functions,
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
	if (is_thunk(name))
		name = "";
	return must_print("%s%s%s", path, *path && *name ? ";" : "", name);
}

/* Parents come before their children. */
static void name_nodes(const struct reader *reader, struct stretch *stretch)
{
	uint32_t i;

	for (i = 0; i < stretch->nr.nodes; i++) {
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
	key = must_print("%u %s", node->part, path);
	stretch->functions[leaf].self += count;
	add_totals(stretch, run->node, leaf, count);
	stretch->parts[node->part] += count;
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

	for (i = 0; i < stretch->nr.runs; i++) {
		const struct run *run = &stretch->runs[i];
		uint64_t address = run->from;

		if (stretch->nodes[run->node - 1].part != PART_PATH ||
		    !*symbol_at(reader, run->from)->file)
			continue;
		for (k = 0; k < run->nr; address += run->sizes[k++]) {
			list = must_grow(list, count, sizeof(*list));
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
	uint64_t *addresses = must_calloc(nr, sizeof(*addresses));
	struct source_line *lines = must_calloc(nr, sizeof(*lines));
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
	struct counted *list = must_calloc(nr, sizeof(*list));
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
	return json_pack("[s, I, s]", key + 2, count, part_words[*key - '0']);
}

/* "FILE\nLINE\nFUNCTION" */
static json_t *make_line(const char *key, json_int_t count)
{
	const char *line = strchr(key, '\n') + 1, *function = strchr(line, '\n') + 1;

	return json_pack("{s:s%, s:i, s:s, s:s, s:I}", "file", key, (size_t)(line - 1 - key),
			 "line", atoi(line), "function", function, "part", part_words[PART_PATH],
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
			"part", part_words[function->part], "self", (json_int_t)function->self,
			"total", (json_int_t)function->total));
	}
	return array;
}

static json_t *parts_of(const struct stretch *stretch)
{
	json_t *parts = json_object();
	unsigned int part;

	for (part = 0; part < PART_NR; part++)
		json_object_set_new(parts, part_words[part],
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
	for (i = 0; i < stretch->nr.runs; i++)
		add_run(reader, stretch, &stretch->runs[i], stacks);
	lines = lines_of(reader, stretch);
	return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "id", stretch->id,
			 "measurement", json_get_text(point, "measurement"),
			 "quotes", (json_int_t)stretch->nr.quotes,
			 "lost", (json_int_t)stretch->nr.lost, "parts", parts_of(stretch),
			 "functions", functions_of(stretch), "lines", sorted(lines, make_line),
			 "stacks", sorted(stacks, make_stack));
}

/* --- metrics --- */

static int by_u64(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Of one number of each quote, @offset bytes into it. */
static uint64_t median(const struct stretch *stretch, size_t offset)
{
	uint64_t *values = must_calloc(stretch->nr.quotes, sizeof(*values)), middle;
	uint32_t i;

	for (i = 0; i < stretch->nr.quotes; i++)
		memcpy(&values[i], (const char *)&stretch->quotes[i] + offset, sizeof(*values));
	qsort(values, stretch->nr.quotes, sizeof(*values), by_u64);
	middle = values[stretch->nr.quotes / 2];
	free(values);
	return middle;
}

#define MEDIAN(stretch, member)	median(stretch, offsetof(struct quote, member))

/* Quotes that took another way than most. */
static uint64_t quotes_apart(const struct stretch *stretch, uint64_t path)
{
	uint64_t apart = 0;
	uint32_t i;

	for (i = 0; i < stretch->nr.quotes; i++)
		apart += stretch->quotes[i].parts[PART_PATH] != path;
	return apart;
}

static void add_steady(json_t *point, const char *name, const char *unit, uint64_t value)
{
	metric_u64(point, name, unit, BETTER_LOWER, value);
	metric_is_steady(point);
}

/* What all quotes took of a part, and so what befell some of them, by quote. */
static void add_mean(const struct stretch *stretch, json_t *point, const char *name,
		     enum mark_kind part)
{
	metric_double(point, name, "instructions", BETTER_NONE,
		      (double)stretch->parts[part] / stretch->nr.quotes);
}

static void add_steady_ones(const struct stretch *stretch, bool knows_own, json_t *point)
{
	const uint64_t path = MEDIAN(stretch, parts[PART_PATH]);
	const uint64_t entries = MEDIAN(stretch, entries[PART_MODULE]);

	add_steady(point, "path.instructions", "instructions", path);
	if (knows_own)
		add_steady(point, "path.own", "instructions", MEDIAN(stretch, own));
	add_steady(point, "path.entries", "", entries);
	if (entries) {
		metric_double(point, "path.per_entry", "instructions", BETTER_LOWER,
			      (double)path / (double)entries);
		metric_is_steady(point);
	}
	add_steady(point, "path.allocations", "", MEDIAN(stretch, entries[PART_MEMORY]));
	if (stretch->parts[PART_COLLECT])
		add_steady(point, "path.collectors", "instructions",
			   MEDIAN(stretch, parts[PART_COLLECT]));
	metric_u64(point, "path.apart", "", BETTER_NONE, quotes_apart(stretch, path));
}

/* Of a point that measures the path; @stretch is NULL where nothing was counted. */
static void add_metrics(const struct stretch *stretch, bool knows_own, json_t *point)
{
	double asked = 0;

	point_stat(point, "quote.count", "value", &asked);
	books_check_equal(point, "quotes: instructions counted = client", (uint64_t)asked,
			  stretch ? stretch->nr.quotes : 0);
	if (!stretch || !stretch->nr.quotes)
		return;
	add_steady_ones(stretch, knows_own, point);
	add_mean(stretch, point, "path.mean", PART_PATH);
	add_mean(stretch, point, "path.memory", PART_MEMORY);
	add_mean(stretch, point, "path.interrupts", PART_INTERRUPT);
	add_mean(stretch, point, "path.scheduling", PART_SCHEDULE);
}

/* --- the whole --- */

static void free_stretch(struct stretch *stretch)
{
	uint32_t i;

	for (i = 0; i < stretch->nr.nodes; i++)
		free(stretch->nodes[i].path);
	for (i = 0; i < stretch->nr.runs; i++)
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
	ssize_t len;
	int ret = 0;

	if (!file) {
		fprintf(stderr, "tdxbench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	/* A last line that was cut off is none. */
	while (!ret && (len = getline(&line, &size, file)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = 0;
		number++;
		if (strlen(line) != (size_t)len - 1 || !take_line(reader, line))
			ret = -1;
	}
	if (ret)
		fprintf(stderr, "tdxbench: %s: line %u is not what the plugin writes\n", path, number);
	drop_open(reader);
	free(line);
	fclose(file);
	return ret;
}

/* Complete, or NULL. */
static struct stretch *stretch_of_point(const struct reader *reader, const json_t *point)
{
	unsigned int i;

	for (i = 0; i < reader->nr; i++)
		if (!strcmp(reader->stretches[i].id, json_get_text(point, "id")))
			return reader->stretches[i].ends ? &reader->stretches[i] : NULL;
	return NULL;
}

static json_t *points_of(const struct reader *reader, const json_t *result)
{
	const bool knows_own = count_knows_own(reader->symbols);
	json_t *points = json_array(), *point;
	size_t i;

	result_set_clock(true);
	json_array_foreach(json_object_get(result, "points"), i, point) {
		struct stretch *stretch = stretch_of_point(reader, point);

		if (stretch)
			json_array_append_new(points, stretch_json(reader, stretch, point));
		if (point_measures(point, "path"))
			add_metrics(stretch, knows_own, point);
	}
	return points;
}

json_t *count_read(const char *path, struct symbols *symbols, json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	struct reader reader = { .symbols = symbols };
	json_t *profile = NULL;
	unsigned int i;

	if (!read_lines(&reader, path))
		profile = json_pack("{s:s, s:s, s:s, s:o}", "schema", PROFILE_SCHEMA,
				    "tdxbench", json_get_text(environment, "tdxbench"),
				    "kernel", json_get_text(environment, "kernel"),
				    "points", points_of(&reader, result));
	for (i = 0; i < reader.nr; i++)
		free_stretch(&reader.stretches[i]);
	free(reader.stretches);
	return profile;
}
