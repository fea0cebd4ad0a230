/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger: every instruction of the quoting path, to whom it belongs.
 *
 * QEMU runs a guest in blocks, straight stretches of instructions. From the
 * blocks and the instruction that ends each, the ledger follows the calls and
 * returns of every task that is inside the path, through interrupts and from
 * task to task, so that what an interrupt or another task does is not taken for
 * the path's. Under the instruction-counting clock one vCPU runs at a time.
 */
#ifndef TCG_LEDGER_H
#define TCG_LEDGER_H

#include <stdint.h>
#include <stdio.h>

#include "mark.h"

/* How a block ends. */
enum ending { ENDS_PLAIN, ENDS_CALL, ENDS_RET, ENDS_IRET };

/* What is known about an address that a block begins at. */
struct place {
	uint64_t pc;
	uint8_t mark;		/* 1 + enum mark_kind, or PLACE_UNMARKED */
	uint8_t own;		/* within the path's own text */
};

#define PLACE_UNMARKED	0

/**
 * struct block - as translated; lives as long as QEMU
 * @place:        where it begins
 * @end:          address behind it
 * @instructions: of it
 * @number:       unlike that of any other block
 * @ending:       enum ending
 * @sizes:        of each instruction, bytes
 */
struct block {
	struct place *place;
	uint64_t end;
	uint32_t instructions;
	uint32_t number;
	uint8_t ending;
	uint8_t sizes[];
};

/* The block of these properties, always the same. */
struct block *ledger_block(uint64_t pc, const uint8_t *sizes, uint32_t instructions,
			   enum ending ending);

/* vCPU @cpu is about to run @block. */
void ledger_run(unsigned int cpu, const struct block *block);

/* vCPU @cpu leaves the stack of the task @from, or comes to that of @to. */
void ledger_leave(unsigned int cpu, uint64_t from);
void ledger_come(unsigned int cpu, uint64_t to);

/* Text from @start to @end, or a function at @start, is a @kind; nothing is any more. */
void ledger_mark(enum mark_kind kind, uint64_t start, uint64_t end);
void ledger_unmark(void);

void ledger_begin(void);
/* Writes what was counted since ledger_begin() to @out, see count.c. */
void ledger_end(FILE *out);

#endif /* TCG_LEDGER_H */
