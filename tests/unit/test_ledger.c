// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger of instructions: calls, returns, interrupts, tasks.
 *
 * The code that "runs" here has instructions of one byte, so a block of N at PC
 * ends, and its call returns to, PC + N.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../bench/tcg/ledger.h"

#define KERNEL	0xffffffff81000000

enum {
	CALLER	= KERNEL + 0x000,
	ROOT	= KERNEL + 0x100,	/* a quote, the path's own */
	CALLEE	= KERNEL + 0x200,
	MODULE	= KERNEL + 0x300,
	IRQ	= KERNEL + 0x400,
	SWITCH	= KERNEL + 0x500,	/* schedule() */
	ALLOC	= KERNEL + 0x600,
	STUBS	= KERNEL + 0x700,	/* to + 0x80 */
	SYSCALL	= KERNEL + 0x800,
	ELSE	= KERNEL + 0x900,
};

enum { TASK_A = 0x1000, TASK_B = 0x2000 };

static void run_on(unsigned int cpu, uint64_t pc, uint32_t n, enum ending ending)
{
	uint8_t sizes[128];

	memset(sizes, 1, sizeof(sizes));
	ledger_run(cpu, ledger_block(pc, sizes, n, ending));
}

static void run(uint64_t pc, uint32_t n, enum ending ending)
{
	run_on(0, pc, n, ending);
}

static void switch_to(unsigned int cpu, uint64_t from, uint64_t to)
{
	ledger_leave(cpu, from);
	ledger_come(cpu, to);
}

static int begin(void **state)
{
	(void)state;
	ledger_unmark();
	ledger_mark(MARK_QUOTE, ROOT, ROOT + 0x100);
	ledger_mark(MARK_OWN, ROOT, ROOT + 0x100);
	ledger_mark(PART_MODULE, MODULE, MODULE + 0x100);
	ledger_mark(PART_INTERRUPT, IRQ, IRQ + 0x100);
	ledger_mark(MARK_STUBS, STUBS, STUBS + 0x80);
	ledger_mark(PART_SCHEDULE, SWITCH, SWITCH + 0x100);
	ledger_mark(PART_MEMORY, ALLOC, ALLOC + 0x100);
	ledger_mark(MARK_FRESH, SYSCALL, SYSCALL + 0x100);
	ledger_begin();
	switch_to(0, TASK_B, TASK_A);
	return 0;
}

/* --- what came of it --- */

struct seen {
	unsigned int quotes;
	uint64_t lost;
	uint64_t own;				/* of the last quote */
	uint64_t parts[PART_NR], entries[PART_NR];
	uint64_t counted;			/* of all */
};

static void see_count(const char *line, struct seen *seen)
{
	uint64_t times;
	char *at;

	strtoull(line + strlen("count "), &at, 10);
	times = strtoull(at, &at, 10);
	strtoull(at, &at, 16);
	for (; *at == ' '; seen->counted += times)
		strtoull(at, &at, 10);
}

static void see_quote(const char *line, struct seen *seen)
{
	char *at;
	int part;

	seen->quotes++;
	seen->own = strtoull(line + strlen("quote "), &at, 10);
	for (part = 0; part < PART_NR; part++) {
		seen->parts[part] = strtoull(at, &at, 10);
		seen->entries[part] = strtoull(at, &at, 10);
	}
}

static struct seen end(void)
{
	FILE *file = tmpfile();
	struct seen seen = {};
	char line[1024];

	assert_non_null(file);
	ledger_end(file);
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "count ", 6))
			see_count(line, &seen);
		else if (!strncmp(line, "quote ", 6))
			see_quote(line, &seen);
		else if (!strncmp(line, "lost ", 5))
			seen.lost = strtoull(line + 5, NULL, 10);
	}
	fclose(file);
	return seen;
}

/* --- */

static void calls_and_returns(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(CALLEE, 7, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.own, 13);
	assert_int_equal(seen.parts[PART_PATH], 20);
	assert_int_equal(seen.counted, 20);
	assert_int_equal(seen.lost, 0);
}

static void nothing_counts_outside(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(CALLEE, 7, ENDS_RET);
	/* Code that is jumped to has not been called. */
	run(CALLER + 5, 5, ENDS_PLAIN);
	run(ROOT, 10, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.counted, 0);
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_RET);
	assert_int_equal(end().counted, 0);	/* not begun */
}

static void a_return_elsewhere_is_a_jump(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(CALLEE, 7, ENDS_RET);
	run(ELSE, 4, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.parts[PART_PATH], 24);
}

static void parts_are_apart(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(MODULE, 7, ENDS_CALL);
	run(ALLOC, 20, ENDS_RET);	/* the module's, who calls it */
	run(MODULE + 7, 1, ENDS_RET);
	run(ROOT + 10, 3, ENDS_CALL);
	run(ALLOC, 20, ENDS_RET);
	run(ROOT + 13, 2, ENDS_CALL);
	run(CALLEE, 6, ENDS_PLAIN);	/* which ends with a jump */
	run(ALLOC, 20, ENDS_RET);
	run(ROOT + 15, 1, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.parts[PART_PATH], 22);
	assert_int_equal(seen.own, 16);
	assert_int_equal(seen.parts[PART_MODULE], 28);
	assert_int_equal(seen.entries[PART_MODULE], 1);
	assert_int_equal(seen.parts[PART_MEMORY], 40);
	assert_int_equal(seen.entries[PART_MEMORY], 2);
}

/* Between any two blocks: after a plain one, a call, a return. */
static void interrupts_come_anywhere(void **state)
{
	const uint64_t entries[] = { IRQ, STUBS, STUBS + 0x20 };
	struct seen seen;
	size_t i;

	for (i = 0; i < 3; i++) {
		begin(state);
		run(CALLER, 5, ENDS_CALL);
		run(ROOT, 10, ENDS_CALL);
		run(entries[i], 1, ENDS_PLAIN);		/* before the callee */
		run(ELSE, 3, ENDS_CALL);
		run(ALLOC, 30, ENDS_RET);
		run(ELSE + 3, 1, ENDS_IRET);
		run(CALLEE, 7, ENDS_PLAIN);
		run(IRQ, 4, ENDS_IRET);
		run(CALLEE + 7, 2, ENDS_RET);
		run(IRQ, 4, ENDS_PLAIN);		/* one inside of another */
		run(IRQ, 4, ENDS_IRET);
		run(IRQ + 4, 1, ENDS_IRET);
		run(ROOT + 10, 3, ENDS_RET);
		run(IRQ, 4, ENDS_IRET);			/* before the caller */
		run(CALLER + 5, 50, ENDS_PLAIN);
		seen = end();
		assert_int_equal(seen.quotes, 1);
		assert_int_equal(seen.parts[PART_PATH], 22);
		assert_int_equal(seen.own, 13);
		assert_int_equal(seen.parts[PART_INTERRUPT], 35 + 4 + 9 + 4);
	}
}

static void interrupts_of_the_module_are_interrupts(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(MODULE, 7, ENDS_PLAIN);
	run(IRQ, 4, ENDS_IRET);
	run(MODULE + 7, 1, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.parts[PART_MODULE], 8);
	assert_int_equal(seen.parts[PART_INTERRUPT], 4);
	assert_int_equal(seen.entries[PART_MODULE], 1);
}

/* A waits and B runs: a quote of its own, an interrupt that B alone sees. */
static void tasks_have_stacks_of_their_own(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(SWITCH, 8, ENDS_PLAIN);
	switch_to(0, TASK_A, TASK_B);
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(CALLEE, 100, ENDS_PLAIN);
	run(IRQ, 4, ENDS_CALL);
	run(SWITCH, 8, ENDS_PLAIN);
	switch_to(0, TASK_B, TASK_A);
	run(SWITCH + 8, 2, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);	/* B's is not done */
	assert_int_equal(seen.own, 13);
	assert_int_equal(seen.parts[PART_PATH], 13);
	assert_int_equal(seen.parts[PART_SCHEDULE], 10);
	assert_int_equal(seen.counted, 23 + 122);
}

static void a_task_goes_to_another_cpu(void **state)
{
	struct seen seen;

	(void)state;
	switch_to(1, TASK_A, TASK_B);
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(SWITCH, 8, ENDS_PLAIN);
	switch_to(0, TASK_A, TASK_B);
	switch_to(1, TASK_B, TASK_A);
	run_on(1, SWITCH + 8, 2, ENDS_RET);
	run_on(0, CALLEE, 40, ENDS_RET);
	run_on(1, ROOT + 10, 3, ENDS_RET);
	run_on(1, CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.parts[PART_PATH], 13);
	assert_int_equal(seen.counted, 23);
}

/* A killed task leaves no return; the next one at its address begins anew. */
static void what_is_given_up_is_said(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(CALLEE, 7, ENDS_PLAIN);
	run(SYSCALL, 9, ENDS_CALL);
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.parts[PART_PATH], 10);
}

/* The clock may end a block early; what is left of it is a block of its own. */
static void blocks_may_be_cut_short(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 4, ENDS_PLAIN);
	run(ROOT + 4, 6, ENDS_CALL);
	run(CALLEE, 7, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.own, 13);
	assert_int_equal(seen.parts[PART_PATH], 20);
}

/* By a device and by faults; what is left is no new call, and not run twice. */
static void blocks_may_be_left_in_the_middle(void **state)
{
	struct seen seen;

	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_CALL);
	run(IRQ, 4, ENDS_IRET);
	run(ROOT + 4, 6, ENDS_CALL);
	run(CALLEE, 7, ENDS_RET);
	run(CALLEE + 3, 4, ENDS_RET);
	run(IRQ, 4, ENDS_IRET);
	run(CALLEE + 5, 2, ENDS_RET);
	run(ROOT + 10, 3, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.own, 13);
	assert_int_equal(seen.parts[PART_PATH], 20);
	assert_int_equal(seen.parts[PART_INTERRUPT], 8);
	assert_int_equal(seen.counted, 28);
}

/* Whoever loops into a block from behind runs it again. */
static void loops_are_counted(void **state)
{
	(void)state;
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_PLAIN);
	run(ROOT + 4, 6, ENDS_PLAIN);
	run(IRQ, 4, ENDS_IRET);
	run(ROOT + 4, 6, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	assert_int_equal(end().own, 22);
}

static void interrupts_come_before_a_root(void **state)
{
	struct seen seen;

	(void)state;
	run(IRQ, 4, ENDS_IRET);			/* from user mode: nothing is seen behind */
	run(IRQ, 4, ENDS_IRET);
	run(CALLER, 5, ENDS_CALL);
	run(IRQ, 4, ENDS_CALL);
	run(IRQ, 4, ENDS_IRET);			/* one inside of another */
	run(CALLEE, 7, ENDS_RET);
	run(IRQ + 4, 1, ENDS_IRET);
	run(ROOT, 10, ENDS_RET);
	run(CALLER + 5, 50, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.counted, 10);
}

/* Another module where one was: as many instructions, of other sizes. */
static void text_may_change(void **state)
{
	const uint8_t before[] = { 1, 2, 5 }, after[] = { 1, 3, 5 };
	struct block *old = ledger_block(ELSE, before, 3, ENDS_CALL);
	struct block *new = ledger_block(ELSE, after, 3, ENDS_CALL);

	(void)state;
	assert_ptr_equal(new, ledger_block(ELSE, after, 3, ENDS_CALL));
	assert_int_equal(old->end, ELSE + 8);
	assert_int_equal(new->end, ELSE + 9);
	assert_int_not_equal(old->number, new->number);
}

static void marks_move_with_the_module(void **state)
{
	struct seen seen;

	begin(state);
	ledger_unmark();
	ledger_mark(MARK_QUOTE, ELSE, ELSE + 0x10);
	ledger_begin();
	run(CALLER, 5, ENDS_CALL);
	run(ROOT, 10, ENDS_RET);
	run(CALLER + 5, 5, ENDS_CALL);
	run(ELSE, 3, ENDS_RET);
	run(CALLER + 10, 5, ENDS_PLAIN);
	seen = end();
	assert_int_equal(seen.quotes, 1);
	assert_int_equal(seen.own, 0);
	assert_int_equal(seen.counted, 3);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(calls_and_returns), TEST(nothing_counts_outside),
		TEST(a_return_elsewhere_is_a_jump), TEST(parts_are_apart),
		TEST(interrupts_come_anywhere), TEST(interrupts_of_the_module_are_interrupts),
		TEST(tasks_have_stacks_of_their_own), TEST(a_task_goes_to_another_cpu),
		TEST(what_is_given_up_is_said), TEST(blocks_may_be_cut_short),
		TEST(blocks_may_be_left_in_the_middle), TEST(loops_are_counted),
		TEST(interrupts_come_before_a_root), TEST(text_may_change),
		TEST(marks_move_with_the_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
