// SPDX-License-Identifier: GPL-2.0
/*
 * Calls are followed by their return addresses: a "ret" that goes to the return
 * address of a frame ends that frame and all above it, and one that goes
 * elsewhere is a jump. An interrupt is a frame that an "iret" ends.
 */
#include "ledger.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "map.h"

#define MAX_CPUS	64

/* A function as called from there: what a stack is made of. Node 0 calls roots. */
struct node {
	uint32_t parent;
	uint64_t entry;
	uint8_t part;
};

struct frame {
	uint64_t back;			/* its return address; of an interrupt unknown */
	uint32_t node;
	uint8_t part;
	bool interrupt;
	const struct block *before;	/* an interrupt: what had run when it came */
};

/* Instructions since a root began: in the path's own text, and of each part. */
struct tally {
	uint64_t own;
	uint64_t parts[PART_NR];
	uint64_t entries[PART_NR];	/* from the path into another part */
};

struct task {
	struct frame *frames;
	unsigned int depth;
	unsigned int room;
	const struct block *last;	/* that ran; NULL: how one came here is unknown */
	unsigned int nested;		/* interrupts, where nothing is counted */
	const struct block *before;	/* the first of these */
	bool quote;			/* what began with frame 0 */
	struct tally tally;
};

struct ranges {
	struct range {
		uint64_t start;
		uint64_t end;
	} *list;
	uint32_t nr;
};

static struct map places, blocks, tasks, nodes_by_call, counts;
static struct block **block_list;
static struct node *nodes;
static struct tally *quotes;
static struct ranges stubs, own;
static uint32_t nr_blocks, nr_nodes, nr_quotes, nr_lost;
static bool counting;

/* Whose stack a vCPU is on; NULL until it first switches. */
static struct task *current[MAX_CPUS];

/* --- places and blocks --- */

static bool within(const struct ranges *ranges, uint64_t pc)
{
	uint32_t i;

	for (i = 0; i < ranges->nr; i++)
		if (pc >= ranges->list[i].start && pc < ranges->list[i].end)
			return true;
	return false;
}

static void judge(struct place *place)
{
	if (within(&stubs, place->pc))
		place->mark = 1 + PART_INTERRUPT;
	place->own = within(&own, place->pc);
}

static struct place *place_of(uint64_t pc)
{
	uint64_t *value = map_value(&places, pc);
	struct place *place = (struct place *)*value;

	if (!place) {
		place = need(sizeof(*place));
		place->pc = pc;
		judge(place);
		*value = (uint64_t)place;
	}
	return place;
}

/*
 * A block that is cut short begins where the whole one does. Text may change: a
 * module is loaded where another one was. Blocks of the old text are kept, for they
 * have counts.
 */
struct block *ledger_block(uint64_t pc, const uint8_t *sizes, uint32_t instructions,
			   enum ending ending)
{
	uint64_t *value = map_value(&blocks, pc ^ (uint64_t)instructions << 48 ^
					     (uint64_t)ending << 60);
	struct block *block = (struct block *)*value;
	uint32_t i;

	if (block && !memcmp(block->sizes, sizes, instructions))
		return block;
	block = need(sizeof(*block) + instructions);
	*block = (struct block){ place_of(pc), pc, instructions, nr_blocks + 1, ending };
	memcpy(block->sizes, sizes, instructions);
	for (i = 0; i < instructions; i++)
		block->end += sizes[i];
	block_list = need_more(block_list, (nr_blocks + 1) * sizeof(*block_list));
	block_list[nr_blocks++] = block;
	*value = (uint64_t)block;
	return block;
}

static void add_range(struct ranges *ranges, uint64_t start, uint64_t end)
{
	ranges->list = need_more(ranges->list, (ranges->nr + 1) * sizeof(*ranges->list));
	ranges->list[ranges->nr++] = (struct range){ start, end };
}

void ledger_mark(enum mark_kind kind, uint64_t start, uint64_t end)
{
	if (kind == MARK_STUBS)
		add_range(&stubs, start, end);
	else if (kind == MARK_OWN)
		add_range(&own, start, end);
	else
		place_of(start)->mark = (uint8_t)(1 + kind);
}

void ledger_unmark(void)
{
	size_t i;

	stubs.nr = own.nr = 0;
	for (i = 0; i < places.size; i++)
		if (places.entries[i].key)
			((struct place *)places.entries[i].value)->mark = PLACE_UNMARKED;
}

/* --- tasks --- */

static struct task *task_of(uint64_t id)
{
	uint64_t *value = map_value(&tasks, id);

	if (!*value)
		*value = (uint64_t)need(sizeof(struct task));
	return (struct task *)*value;
}

void ledger_leave(unsigned int cpu, uint64_t from)
{
	/* What ran before its first switch gets its name only now. */
	if (cpu < MAX_CPUS && !current[cpu])
		current[cpu] = task_of(from);
}

void ledger_come(unsigned int cpu, uint64_t to)
{
	if (cpu < MAX_CPUS)
		current[cpu] = task_of(to);
}

/* --- stacks --- */

static uint32_t node_of(uint32_t parent, uint64_t entry, uint8_t part)
{
	/* Kernel text is within 2 GiB, so its low half says it all. */
	uint64_t *value = map_value(&nodes_by_call, (uint64_t)parent << 36 ^
						    (uint64_t)part << 32 ^ (uint32_t)entry);

	if (!*value) {
		nodes = need_more(nodes, (nr_nodes + 1) * sizeof(*nodes));
		nodes[nr_nodes++] = (struct node){ parent, entry, part };
		*value = nr_nodes;	/* numbers begin with 1 */
	}
	return (uint32_t)*value;
}

/* The first mark decides, but for interrupts, which come whenever they like. */
static uint8_t part_of(struct task *task, const struct place *place, uint8_t below)
{
	const uint8_t part = place->mark - 1;

	if (place->mark == PLACE_UNMARKED || part >= PART_NR)
		return below;
	if (part != PART_INTERRUPT && below != PART_PATH)
		return below;
	task->tally.entries[part]++;
	return part;
}

static struct frame *push(struct task *task, const struct place *place, uint64_t back)
{
	const struct frame *below = task->depth ? &task->frames[task->depth - 1] : NULL;
	uint8_t part = below ? below->part : PART_PATH;
	uint32_t parent = below ? below->node : 0;
	struct frame *frame;

	if (task->depth == task->room) {
		task->room = task->room ? 2 * task->room : 32;
		task->frames = need_more(task->frames, task->room * sizeof(*task->frames));
	}
	part = part_of(task, place, part);
	frame = &task->frames[task->depth++];
	*frame = (struct frame){ .back = back, .part = part };
	frame->node = node_of(parent, place->pc, part);
	return frame;
}

/* The frames from @depth on are done. */
static void pop(struct task *task, unsigned int depth)
{
	task->depth = depth;
	if (depth || !task->quote)
		return;
	quotes = need_more(quotes, (nr_quotes + 1) * sizeof(*quotes));
	quotes[nr_quotes++] = task->tally;
}

/* Never beyond an interrupt: that ends in its own way. */
static void come_back(struct task *task, uint64_t to)
{
	unsigned int i;

	for (i = task->depth; i-- && !task->frames[i].interrupt;) {
		if (task->frames[i].back == to) {
			pop(task, i);
			return;
		}
	}
}

static bool is_interrupt(const struct place *place)
{
	return place->mark == 1 + PART_INTERRUPT;
}

static void interrupt(struct task *task, const struct place *place)
{
	struct frame *frame = push(task, place, 0);

	frame->interrupt = true;
	frame->before = task->last;
}

/* What the interrupt had come in between of happens now. */
static void interrupt_ends(struct task *task)
{
	unsigned int i;

	task->last = NULL;
	for (i = task->depth; i--;) {
		if (task->frames[i].interrupt) {
			task->last = task->frames[i].before;
			task->depth = i;
			return;
		}
	}
}

/* A function that ends with a jump to another one leaves its frame to it. */
static void jump(struct task *task, const struct place *place)
{
	struct frame *top = &task->frames[task->depth - 1];
	const uint8_t part = part_of(task, place, top->part);

	if (part == top->part)
		return;
	top->part = part;
	top->node = node_of(nodes[top->node - 1].parent, place->pc, part);
}

static enum ending ending_of(const struct block *block)
{
	return block ? block->ending : ENDS_PLAIN;
}

/*
 * QEMU leaves a block in the middle when an instruction faults or reaches a device,
 * and goes on with what is left of it, which has been counted with the whole. That
 * no call and no return leads into the block that it ends is how one can tell;
 * where a block ends otherwise, its last instruction may well have been a jump there.
 */
static bool is_rest(const struct block *last, const struct place *place)
{
	return (ending_of(last) == ENDS_CALL || ending_of(last) == ENDS_RET) &&
	       place->pc > last->place->pc && place->pc < last->end;
}

/* How did the task get from the block before to this one? */
static void follow(struct task *task, const struct place *place)
{
	if (is_interrupt(place))
		interrupt(task, place);
	else if (ending_of(task->last) == ENDS_CALL)
		push(task, place, task->last->end);
	else if (ending_of(task->last) == ENDS_RET)
		come_back(task, place->pc);
	else
		jump(task, place);
}

/*
 * Where nothing is counted, interrupts matter only for what they come in between,
 * such as a call and the root that it calls. One that came in user mode is ended by
 * whatever enters the kernel next.
 */
static void follow_outside(struct task *task, const struct place *place)
{
	if (ending_of(task->last) == ENDS_IRET && task->nested && !--task->nested)
		task->last = task->before;
	if (is_interrupt(place) && !task->nested++)
		task->before = task->last;
}

/* --- counting --- */

static void begin_root(struct task *task, const struct place *place)
{
	task->quote = place->mark == 1 + MARK_QUOTE;
	task->tally = (struct tally){};
	push(task, place, task->last->end);
}

static void count(struct task *task, const struct block *block)
{
	struct frame *top = &task->frames[task->depth - 1];

	++*map_value(&counts, (uint64_t)top->node << 32 | block->number);
	task->tally.parts[top->part] += block->instructions;
	if (block->place->own && top->part == PART_PATH)
		task->tally.own += block->instructions;
}

static bool is_root(const struct place *place)
{
	return place->mark == 1 + MARK_QUOTE || place->mark == 1 + MARK_ROOT;
}

/* Calls and interrupts that are under way end unseen, or were not seen to begin. */
static void forget(struct task *task)
{
	task->depth = task->nested = 0;
	task->last = NULL;
}

/* Inside of a root: whose is the block? */
static void run_inside(struct task *task, const struct block *block)
{
	if (ending_of(task->last) == ENDS_IRET)
		interrupt_ends(task);
	if (is_rest(task->last, block->place))
		return;
	follow(task, block->place);
	if (task->depth)
		count(task, block);
}

static void run_outside(struct task *task, const struct block *block)
{
	follow_outside(task, block->place);
	if (!is_root(block->place) || ending_of(task->last) != ENDS_CALL)
		return;
	begin_root(task, block->place);
	count(task, block);
}

void ledger_run(unsigned int cpu, const struct block *block)
{
	struct task *task = cpu < MAX_CPUS ? current[cpu] : NULL;

	if (!counting || !task)
		return;
	if (block->place->mark == 1 + MARK_FRESH) {
		nr_lost += task->depth > 0;
		forget(task);
	}
	if (task->depth)
		run_inside(task, block);
	else
		run_outside(task, block);
	task->last = block;
}

void ledger_begin(void)
{
	size_t i;

	for (i = 0; i < tasks.size; i++)
		if (tasks.entries[i].key)
			forget((struct task *)tasks.entries[i].value);
	for (i = 0; i < places.size; i++)
		if (places.entries[i].key)
			judge((struct place *)places.entries[i].value);
	map_clear(&nodes_by_call);
	map_clear(&counts);
	nr_nodes = nr_quotes = nr_lost = 0;
	counting = true;
}

static void write_node(FILE *out, uint32_t number)
{
	const struct node *node = &nodes[number - 1];

	fprintf(out, "node %" PRIu32 " %" PRIu32 " %d %" PRIx64 "\n", number, node->parent,
		node->part, node->entry);
}

static void write_count(FILE *out, const struct map_entry *entry)
{
	const struct block *block = block_list[(uint32_t)entry->key - 1];
	uint32_t i;

	fprintf(out, "count %" PRIu64 " %" PRIu64 " %" PRIx64, entry->key >> 32, entry->value,
		block->place->pc);
	for (i = 0; i < block->instructions; i++)
		fprintf(out, " %u", block->sizes[i]);
	fputc('\n', out);
}

static void write_quote(FILE *out, const struct tally *quote)
{
	int part;

	fprintf(out, "quote %" PRIu64, quote->own);
	for (part = 0; part < PART_NR; part++)
		fprintf(out, " %" PRIu64 " %" PRIu64, quote->parts[part], quote->entries[part]);
	fputc('\n', out);
}

void ledger_end(FILE *out)
{
	uint32_t i;
	size_t at;

	counting = false;
	for (i = 0; i < nr_nodes; i++)
		write_node(out, i + 1);
	for (at = 0; at < counts.size; at++)
		if (counts.entries[at].key)
			write_count(out, &counts.entries[at]);
	for (i = 0; i < nr_quotes; i++)
		write_quote(out, &quotes[i]);
	fprintf(out, "lost %" PRIu32 "\n", nr_lost);
}
