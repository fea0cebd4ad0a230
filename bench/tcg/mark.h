/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugin in QEMU (count.c) is told: by the guest, where its module is and
 * when to count; by a file, where functions are that begin or end something.
 *
 * The guest tells a byte by loading from a table + byte with an instruction that
 * has MARK_DISPLACEMENT in it: the plugin sees the instruction when it is
 * translated and the address when it runs. To everybody else it is a load like
 * any other, so the same program runs without the plugin, and takes as many
 * instructions. A message is an enum mark and its payload: strings end with a zero
 * byte, numbers are 8 bytes, least significant first.
 *
 * A line of the file is "KIND SECTION START END": enum mark_kind, a section of the
 * module or "-" for the kernel itself, and hexadecimal addresses, in that section
 * or absolute.
 */
#ifndef TCG_MARK_H
#define TCG_MARK_H

/* movzbl MARK_DISPLACEMENT(%rax), %eax; nothing else in the guest has it. */
#define MARK_DISPLACEMENT	0x5d7b10e5
#define MARK_OPCODE		{ 0x0f, 0xb6, 0x80 }
#define MARK_OPCODE_SIZE	3

#define MARK_TEXT_MAX		256	/* bytes of a string, zero included */

enum mark {
	MARK_SECTION = 1,	/* address, name */
	MARK_BEGIN,		/* point's id */
	MARK_END,
};

/*
 * Whose the instructions of a function are, and of all that it calls. The first
 * that says so decides, but for interrupts, which come whenever they like.
 */
enum mark_kind {
	PART_PATH,		/* the quoting path's and of the kernel functions it calls */
	PART_MODULE,		/* behind the SEAMCALL: the software TDX module's */
	PART_INTERRUPT,		/* interrupts and exceptions, whatever they do */
	PART_SCHEDULE,		/* finding the next task and switching to it */
	PART_COLLECT,		/* whoever listens to trace events */
	PART_MEMORY,		/* the kernel's allocators: it depends on what is free */
	PART_NR,
	/* These are no parts but say what a function is. */
	MARK_QUOTE = PART_NR,	/* one quote, from call to return */
	MARK_ROOT,		/* counting begins here, too */
	MARK_FRESH,		/* the task begins anew: nothing called it */
	MARK_STUBS,		/* interrupts enter anywhere between START and END */
	MARK_OWN,		/* START to END is text of the path itself */
	MARK_NR,
};

#endif /* TCG_MARK_H */
