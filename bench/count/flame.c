// SPDX-License-Identifier: GPL-2.0
/*
 * Flame graphs. Sorted, stacks with the same first frames are neighbours, so one walk
 * over them that keeps the open frames sees every frame close when all of it is known:
 * no tree is ever built. The graph is drawn in a second walk, when its height is known.
 */
#include "count/flame.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count/flame.css.h"
#include "count/flame.js.h"
#include "count/profile_json.h"
#include "result/whole.h"

#define MAX_DEPTH	256	/* deeper frames count for the last one shown */
#define GONE_NAMED	4

/* Of the drawing, in pixels. */
#define WIDTH		1180
#define MARGIN		10
#define ROW		17
#define ABOVE		84	/* title, subtitle, legend */
#define BELOW		34
#define NARROWEST	0.25
#define TEXT_FROM	24

struct stack {
	const char *text;
	unsigned int part;	/* PART_NR: it does not say, and is its nearest frame's that tells */
	double head, base;
};

struct stacks {
	struct stack *list;
	size_t count;
	bool differential;
};

/* As people read them, and the class of their colours. */
static const struct {
	const char *name, *class;
} parts[PART_NR] = {
	[PART_PATH]	 = { "path", "p" },
	[PART_MODULE]	 = { "TDX module", "m" },
	[PART_INTERRUPT] = { "interrupts", "i" },
	[PART_SCHEDULE]	 = { "scheduling", "o" },
	[PART_COLLECT]	 = { "collectors", "c" },
	[PART_MEMORY]	 = { "allocators", "a" },
};

static const struct {
	const char *prefix;
	unsigned int part;
} part_rules[] = {
	{ "tdx_emu_", PART_MODULE },
	{ "asm_sysvec_", PART_INTERRUPT }, { "asm_common_interrupt", PART_INTERRUPT },
	{ "sysvec_", PART_INTERRUPT }, { "common_interrupt", PART_INTERRUPT },
	{ "__schedule", PART_SCHEDULE }, { "schedule", PART_SCHEDULE },
	{ "preempt_schedule", PART_SCHEDULE },
};

/**
 * struct frame - an open one
 * @name, @length: within its stack
 * @head, @base:   what had run before it; when it closes, what ran in and below it
 * @head_self, @base_self: of that, in no frame above it
 * @part_self: @head_self, by part
 * @from:  where it begins, in instructions
 */
struct frame {
	const char *name;
	size_t length, depth;
	unsigned int part;
	double head, base, head_self, base_self, part_self[PART_NR];
	double from;
};

typedef void visitor(const struct frame *frame, void *arg);

/* ---- Stacks from JSON ---- */

/* A frame's end sorts before all that can be in its name. */
static int by_frames(const void *a, const void *b)
{
	const unsigned char *x = (const void *)((const struct stack *)a)->text;
	const unsigned char *y = (const void *)((const struct stack *)b)->text;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return (*x == ';' ? 1 : *x) - (*y == ';' ? 1 : *y);
}

static unsigned int part_named(const char *word)
{
	unsigned int part = PART_PATH;

	while (part < PART_NR && (!word || strcmp(word, part_words[part])))
		part++;
	return part;
}

static bool take_stack(const json_t *entry, struct stack *stack, bool base)
{
	const json_t *count = json_array_get(entry, 1);
	double number = json_number_value(count);

	stack->text = json_string_value(json_array_get(entry, 0));
	stack->part = part_named(json_string_value(json_array_get(entry, 2)));
	*(base ? &stack->base : &stack->head) = number;
	return stack->text && json_is_number(count) && number >= 0 && number < 1e18;
}

/* These come and go with the phases of timers and with what memory is free, which is no difference to speak of. */
static bool depends_on_phases(const struct stack *stack)
{
	return stack->part == PART_INTERRUPT || stack->part == PART_SCHEDULE ||
	       stack->part == PART_MEMORY;
}

static int take_stacks(const char *path, const json_t *from, bool base, struct stacks *stacks)
{
	size_t i;
	json_t *entry;

	json_array_foreach(from, i, entry) {
		struct stack *stack = &stacks->list[stacks->count];

		if (!take_stack(entry, stack, base)) {
			fprintf(stderr, "tdxbench: cannot write %s: stack %zu%s is not [\"a;b;c\", number]\n",
				path, i + 1, base ? " of base" : "");
			return -EINVAL;
		}
		if (stacks->differential && depends_on_phases(stack))
			*stack = (struct stack){};
		else
			stacks->count++;
	}
	return 0;
}

static int stacks_init(const char *path, const json_t *head, const json_t *base,
		       struct stacks *stacks)
{
	int ret;

	*stacks = (struct stacks){ .differential = base };
	stacks->list = calloc(json_array_size(head) + json_array_size(base) + 1,
			      sizeof(*stacks->list));
	if (!stacks->list)
		abort();
	ret = take_stacks(path, head, false, stacks);
	if (!ret)
		ret = take_stacks(path, base, true, stacks);
	if (ret) {
		free(stacks->list);
		return ret;
	}
	qsort(stacks->list, stacks->count, sizeof(*stacks->list), by_frames);
	return 0;
}

/* ---- The walk ---- */

struct walk {
	struct frame open[MAX_DEPTH];
	size_t depth;
	double head, base;	/* so far */
	visitor *visit;
	void *arg;
};

static unsigned int part_by_name(const char *name, size_t length, unsigned int below)
{
	for (size_t i = 0; i < sizeof(part_rules) / sizeof(*part_rules); i++) {
		size_t prefix = strlen(part_rules[i].prefix);

		if (length >= prefix && !memcmp(name, part_rules[i].prefix, prefix))
			return part_rules[i].part;
	}
	return below;
}

static void open_frame(struct walk *walk, const char *name, size_t length)
{
	unsigned int below = walk->depth ? walk->open[walk->depth - 1].part : PART_PATH;

	walk->open[walk->depth] = (struct frame){
		.name = name, .length = length, .depth = walk->depth,
		.part = part_by_name(name, length, below),
		.head = walk->head, .base = walk->base, .from = walk->head,
	};
	walk->depth++;
}

/* A frame is shown as what it did most of itself. */
static void settle_part(struct frame *frame)
{
	for (unsigned int part = PART_PATH; part < PART_NR; part++)
		if (frame->part_self[part] > frame->part_self[frame->part])
			frame->part = part;
}

static void close_to(struct walk *walk, size_t depth)
{
	while (walk->depth > depth) {
		struct frame *frame = &walk->open[--walk->depth];

		frame->head = walk->head - frame->head;
		frame->base = walk->base - frame->base;
		settle_part(frame);
		walk->visit(frame, walk->arg);
	}
}

/* Goes on with the open frames that the stack shares, and opens the rest of its. */
static void enter_stack(struct walk *walk, const char *text)
{
	bool shared = true;
	size_t depth = 1;

	for (; depth < MAX_DEPTH; depth++) {
		const struct frame *frame = &walk->open[depth];
		size_t length = strcspn(text, ";");

		shared = shared && depth < walk->depth && frame->length == length &&
			 !memcmp(frame->name, text, length);
		if (!shared) {
			close_to(walk, depth);
			open_frame(walk, text, length);
		}
		if (!text[length])
			break;
		text += length + 1;
	}
	close_to(walk, depth < MAX_DEPTH ? depth + 1 : depth);
}

/* Calls @visit for every frame, those on top first; the last is the root of all. */
static void walk_stacks(const struct stacks *stacks, visitor *visit, void *arg)
{
	struct walk walk = { .visit = visit, .arg = arg };

	open_frame(&walk, "all", strlen("all"));
	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *stack = &stacks->list[i];
		struct frame *top;

		enter_stack(&walk, stack->text);
		top = &walk.open[walk.depth - 1];
		top->head_self += stack->head;
		top->part_self[stack->part < PART_NR ? stack->part : top->part] += stack->head;
		top->base_self += stack->base;
		walk.head += stack->head;
		walk.base += stack->base;
	}
	close_to(&walk, 0);
}

/* ---- What is to know before drawing ---- */

/**
 * struct graph - @depth rows; of the instructions of all and of each part
 * @largest: change of a frame itself
 * @gone:    the largest of @nr_gone frames that only base has
 * @narrow:  frames too narrow to be drawn
 */
struct graph {
	FILE *out;
	bool differential;
	size_t depth, narrow, nr_gone;
	double head, base, part[PART_NR], largest;
	struct frame gone[GONE_NAMED];
};

static double width_of(const struct graph *graph, const struct frame *frame)
{
	return WIDTH * frame->head / graph->head;
}

static bool is_drawn(const struct graph *graph, const struct frame *frame)
{
	return frame->head > 0 && width_of(graph, frame) >= NARROWEST;
}

static double change(const struct frame *frame)
{
	return frame->head_self - frame->base_self;
}

static void note_gone(struct graph *graph, struct frame frame)
{
	graph->nr_gone++;
	for (size_t i = 0; i < GONE_NAMED; i++) {
		struct frame other = graph->gone[i];

		if (frame.base_self <= other.base_self)
			continue;
		graph->gone[i] = frame;
		frame = other;
	}
}

static void survey_frame(const struct frame *frame, void *arg)
{
	struct graph *graph = arg;

	if (is_drawn(graph, frame) && frame->depth >= graph->depth)
		graph->depth = frame->depth + 1;
	for (unsigned int part = PART_PATH; part < PART_NR; part++)
		graph->part[part] += frame->part_self[part];
	graph->largest = fmax(graph->largest, fabs(change(frame)));
	if (!(frame->head > 0) && frame->base_self > 0)
		note_gone(graph, *frame);
}

static struct graph survey(const struct stacks *stacks, FILE *out)
{
	struct graph graph = { .out = out, .differential = stacks->differential, .depth = 1 };

	for (size_t i = 0; i < stacks->count; i++) {
		graph.head += stacks->list[i].head;
		graph.base += stacks->list[i].base;
	}
	walk_stacks(stacks, survey_frame, &graph);
	return graph;
}

/* ---- Writing ---- */

/* The length of the UTF-8 character there. */
static size_t character(const char *text, size_t length)
{
	size_t i = 1;

	while (i < length && ((unsigned char)text[i] & 0xc0) == 0x80)
		i++;
	return i;
}

/* Text for XML, which has no way to write most control characters, U+FFFE and U+FFFF. */
static void put_text(FILE *out, const char *text, size_t length)
{
	size_t i, n;

	for (i = 0; i < length; i += n) {
		n = character(text + i, length - i);
		if (text[i] == '&')
			fputs("&amp;", out);
		else if (text[i] == '<')
			fputs("&lt;", out);
		else if (text[i] == '>')
			fputs("&gt;", out);
		else if ((unsigned char)text[i] < ' ' || text[i] == 0x7f ||
			 (n == 3 && !memcmp(text + i, "\xef\xbf", 2) && (unsigned char)text[i + 2] >= 0xbe))
			fputc('?', out);
		else
			fwrite(text + i, 1, n, out);
	}
}

/* 1,234,567 or 1,234.5 */
static void put_number(FILE *out, double number)
{
	char digits[40];
	size_t whole, i;

	snprintf(digits, sizeof(digits), "%.*f", number != floor(number), number);
	whole = strcspn(digits, ".");
	for (i = 0; i < whole; i++) {
		if (i && !((whole - i) % 3))
			fputc(',', out);
		fputc(digits[i], out);
	}
	fputs(digits + whole, out);
}

static void put_change(FILE *out, double base, double head)
{
	put_number(out, base);
	fputs(" → ", out);
	put_number(out, head);
	if (head != base) {
		fputs(head > base ? " (+" : " (−", out);
		put_number(out, fabs(head - base));
		fputc(')', out);
	}
}

static void put_tooltip(const struct graph *graph, const struct frame *frame)
{
	FILE *out = graph->out;

	put_text(out, frame->name, frame->length);
	fputc('\n', out);
	if (graph->differential) {
		put_change(out, frame->base, frame->head);
		fputs(" instructions\nitself ", out);
		put_change(out, frame->base_self, frame->head_self);
		return;
	}
	put_number(out, frame->head);
	fprintf(out, " instructions, %.2f %%\nitself ", 100 * frame->head / graph->head);
	put_number(out, frame->head_self);
	fprintf(out, ", %s", parts[frame->part].name);
}

/* The same name has the same shade, in every graph. */
static unsigned int shade_of(const struct frame *frame)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < frame->length; i++)
		hash = (hash ^ (unsigned char)frame->name[i]) * 16777619;
	return (hash ^ hash >> 15) % 4;
}

static void put_class(const struct graph *graph, const struct frame *frame)
{
	double part = graph->largest > 0 ? fabs(change(frame)) / graph->largest : 0;

	if (!graph->differential)
		fprintf(graph->out, "%s%u", parts[frame->part].class, shade_of(frame));
	else if (!(part > 0))
		fputs("same", graph->out);
	else
		fprintf(graph->out, "%c%d", change(frame) > 0 ? 'g' : 's', (int)ceil(4 * sqrt(part)) - 1);
}

static void draw_frame(const struct frame *frame, void *arg)
{
	struct graph *graph = arg;
	double width = width_of(graph, frame);

	if (!is_drawn(graph, frame)) {
		graph->narrow += frame->head > 0;
		return;
	}
	fputs("<svg class=\"f ", graph->out);
	put_class(graph, frame);
	fprintf(graph->out, "\" x=\"%.3f\" y=\"%zu\" width=\"%.3f\" height=\"%d\"><title>",
		MARGIN + WIDTH * frame->from / graph->head,
		ABOVE + (graph->depth - 1 - frame->depth) * ROW, width, ROW - 1);
	put_tooltip(graph, frame);
	fputs("</title><rect width=\"100%\" height=\"100%\" rx=\"2\"/><text x=\"4\" y=\"12\">", graph->out);
	if (width > TEXT_FROM)
		put_text(graph->out, frame->name, frame->length);
	fputs("</text></svg>\n", graph->out);
}

/* ---- Around the frames ---- */

static void put_line(FILE *out, const char *class, int y, const char *text)
{
	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, MARGIN, y);
	put_text(out, text, strlen(text));
	fputs("</text>\n", out);
}

/* Widths of letters are the browser's own business: what is said is short enough. */
static void put_key(FILE *out, int *x, const char *class, int width)
{
	fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"58\" width=\"12\" height=\"12\" rx=\"2\"/>"
		     "<text class=\"soft\" x=\"%d\" y=\"69\">", class, *x, *x + 18);
	*x += width;
}

static void put_part_keys(const struct graph *graph)
{
	char class[4];
	int x = MARGIN;

	for (unsigned int part = 0; part < PART_NR; part++) {
		snprintf(class, sizeof(class), "%s1", parts[part].class);
		put_key(graph->out, &x, class, 170);
		fprintf(graph->out, "%s %.1f %%</text>\n", parts[part].name,
			100 * graph->part[part] / graph->head);
	}
}

static void put_change_keys(const struct graph *graph)
{
	int x = MARGIN;

	put_key(graph->out, &x, "g3", 120);
	fputs("itself more</text>\n", graph->out);
	put_key(graph->out, &x, "s3", 120);
	fputs("itself less</text>\n", graph->out);
	put_key(graph->out, &x, "same", 120);
	fputs("the same</text>\n", graph->out);
	fprintf(graph->out, "<text class=\"soft\" x=\"%d\" y=\"69\">all: ", x);
	put_change(graph->out, graph->base, graph->head);
	fputs(" instructions, without interrupts, scheduling and allocators</text>\n", graph->out);
}

static void put_gone(const struct graph *graph)
{
	const char *before = "gone: ";

	for (size_t i = 0; i < GONE_NAMED && i < graph->nr_gone; i++) {
		const struct frame *frame = &graph->gone[i];
		size_t length = frame->length < 40 ? frame->length : 40;

		fputs(before, graph->out);
		put_text(graph->out, frame->name, length);
		fputs(length < frame->length ? "… −" : " −", graph->out);
		put_number(graph->out, frame->base_self);
		before = ", ";
	}
	if (graph->nr_gone > GONE_NAMED)
		fprintf(graph->out, " and %zu more", graph->nr_gone - GONE_NAMED);
}

static void put_notes(const struct graph *graph, int height)
{
	fprintf(graph->out, "<text class=\"soft\" x=\"%d\" y=\"%d\">", MARGIN, height - 12);
	put_gone(graph);
	if (graph->narrow)
		fprintf(graph->out, "%s%zu frames are too narrow to be drawn",
			graph->nr_gone ? "; " : "", graph->narrow);
	fprintf(graph->out, "</text>\n<text class=\"soft found\" x=\"%d\" y=\"69\" text-anchor=\"end\"></text>\n",
		MARGIN + WIDTH);
}

static void draw(const struct stacks *stacks, const char *title, const char *subtitle, FILE *out)
{
	struct graph graph = survey(stacks, out);
	int height = ABOVE + (int)graph.depth * ROW + BELOW;

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flame\" width=\"%d\" height=\"%d\" "
		     "viewBox=\"0 0 %d %d\" data-width=\"%d\" data-margin=\"%d\">\n<style>\n%s</style>\n",
		WIDTH + 2 * MARGIN, height, WIDTH + 2 * MARGIN, height, WIDTH, MARGIN, flame_css);
	put_line(out, "title", 28, title);
	put_line(out, "soft", 48, subtitle);
	if (!(graph.head > 0)) {
		put_line(out, "soft", 69, "no instructions");
	} else if (graph.differential) {
		put_change_keys(&graph);
	} else {
		put_part_keys(&graph);
	}
	walk_stacks(stacks, draw_frame, &graph);
	put_notes(&graph, height);
	fprintf(out, "<script>%s</script>\n</svg>\n", graph.head > 0 ? flame_js : "");
}

/* ---- Files ---- */

struct picture {
	const struct stacks *stacks;
	const char *title, *subtitle;
};

static void print_picture(FILE *out, const void *of)
{
	const struct picture *picture = of;

	draw(picture->stacks, picture->title, picture->subtitle, out);
}

/* What would end a line, or its number, may not be in a name. */
static void put_folded(FILE *out, const struct stack *stack)
{
	for (const char *c = stack->text; *c; c++)
		fputc((unsigned char)*c <= ' ' ? '?' : *c, out);
	fprintf(out, " %.15g\n", stack->head);
}

static void print_folded(FILE *out, const void *of)
{
	const struct stacks *stacks = of;

	for (size_t i = 0; i < stacks->count; i++)
		put_folded(out, &stacks->list[i]);
}

static int write_file(const char *path, whole_printer *print, const void *of)
{
	int error;

	if (!write_whole(path, print, of))
		return 0;
	error = errno;
	fprintf(stderr, "tdxbench: cannot write %s: %s\n", path, strerror(error));
	return -error;
}

int flame_write(const char *path, const json_t *stacks, const json_t *base,
		const char *title, const char *subtitle)
{
	struct stacks all;
	const struct picture picture = { &all, title, subtitle };
	int ret = stacks_init(path, stacks, base, &all);

	if (ret)
		return ret;
	ret = write_file(path, print_picture, &picture);
	free(all.list);
	return ret;
}

int folded_write(const char *path, const json_t *stacks)
{
	struct stacks all;
	int ret = stacks_init(path, stacks, NULL, &all);

	if (ret)
		return ret;
	ret = write_file(path, print_folded, &all);
	free(all.list);
	return ret;
}
