// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU that counts every instruction of the quoting path where it
 * is executed. It changes nothing in the guest: no clock, no figure.
 *
 *	qemu-system-x86_64 ... -plugin build/count.so,marks=FILE,out=FILE
 *
 * mark.h says what it is told. It writes a line for each fact, addresses in
 * hexadecimal, all else decimal, in no particular order between "begin" and "end":
 *
 *	section ADDRESS NAME		of the lab module
 *	begin ID			a point
 *	node N PARENT PART ENTRY	function at ENTRY called by node PARENT, 0 is nobody
 *	count NODE TIMES FROM SIZE...	instructions of SIZE bytes at FROM, run as NODE
 *	quote OWN [N ENTRIES]...	of a quote, instructions in the path's own text, and
 *					of each part, and how often the path went there
 *	lost N				stretches given up half-way
 *	end
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "map.h"
#include "mark.h"
#include "qemu_plugin.h"

#define EXPORT	__attribute__((visibility("default")))

#define KERNEL_TEXT	0xffffffff80000000
#define GUEST_PAGE	4096
#define MAX_INSN	15	/* bytes */
#define MAX_BLOCK	512	/* instructions of one of QEMU's blocks, at most */

EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
			       char **argv);

static FILE *out;

/* --- what instructions are --- */

struct insn {
	uint8_t bytes[MAX_INSN];
	size_t size;
};

static struct insn insn_of(const struct qemu_plugin_insn *from)
{
	struct insn insn = { .size = qemu_plugin_insn_size(from) };

	if (insn.size > MAX_INSN)
		insn.size = MAX_INSN;
#if QEMU_PLUGIN_VERSION < 3
	memcpy(insn.bytes, qemu_plugin_insn_data(from), insn.size);
#else
	qemu_plugin_insn_data(from, insn.bytes, insn.size);
#endif
	return insn;
}

/* Those that the compiler and Linux put before a call or return: rep, bnd, segments, REX. */
static bool is_prefix(uint8_t byte)
{
	return byte == 0xf3 || byte == 0xf2 || byte == 0x66 || byte == 0x2e || byte == 0x3e ||
	       byte == 0x64 || byte == 0x65 || (byte & 0xf0) == 0x40;
}

static enum ending ending_of(const struct insn *insn)
{
	const uint8_t *byte = insn->bytes;

	while (byte < insn->bytes + MAX_INSN - 1 && is_prefix(*byte))
		byte++;
	switch (*byte) {
	case 0xe8:
		return ENDS_CALL;
	case 0xff:
		return (byte[1] >> 3 & 7) == 2 ? ENDS_CALL : ENDS_PLAIN;
	case 0xc2:
	case 0xc3:
		return ENDS_RET;
	case 0xcf:
		return ENDS_IRET;
	default:
		return ENDS_PLAIN;
	}
}

static bool is_mark(const struct insn *insn)
{
	static const uint8_t opcode[] = MARK_OPCODE;
	const uint32_t displacement = MARK_DISPLACEMENT;

	return insn->size == MARK_OPCODE_SIZE + sizeof(displacement) &&
	       !memcmp(insn->bytes, opcode, MARK_OPCODE_SIZE) &&
	       !memcmp(insn->bytes + MARK_OPCODE_SIZE, &displacement, sizeof(displacement));
}

/*
 * __switch_to_asm() alone has movq %rsp, N(%rdi) and movq N(%rsi), %rsp: from
 * task %rdi to task %rsi.
 */
static bool leaves_stack(const struct insn *insn)
{
	return insn->size == 7 && !memcmp(insn->bytes, "\x48\x89\xa7", 3);
}

static bool comes_to_stack(const struct insn *insn)
{
	return insn->size == 7 && !memcmp(insn->bytes, "\x48\x8b\xa6", 3);
}

/* --- what the file says --- */

/* A line of it, see mark.h. */
struct mark_line {
	unsigned int kind;
	char section[64];
	uint64_t start;
	uint64_t end;
};

static struct mark_line *lines;
static size_t nr_lines;

static bool read_marks(const char *path)
{
	struct mark_line line;
	FILE *file = fopen(path, "re");
	int fields;

	if (!file)
		return false;
	while ((fields = fscanf(file, "%u %63s %" SCNx64 " %" SCNx64, &line.kind, line.section,
				&line.start, &line.end)) == 4 && line.kind < MARK_NR) {
		lines = need_more(lines, (nr_lines + 1) * sizeof(*lines));
		lines[nr_lines++] = line;
	}
	fclose(file);
	return fields == EOF;
}

/* --- what the guest says --- */

#define MAX_SECTIONS	16

#define MAX_MESSAGE	(1 + sizeof(uint64_t) + MARK_TEXT_MAX)

static struct {
	uint64_t address;
	char name[MAX_MESSAGE];
} sections[MAX_SECTIONS];
static unsigned int nr_sections;

static struct {
	uint8_t bytes[MAX_MESSAGE];
	size_t size;
} message;

/* False for a section that the guest does not have. */
static bool section_address(const char *name, uint64_t *address)
{
	unsigned int i;

	*address = 0;
	if (!strcmp(name, "-"))
		return true;
	for (i = 0; i < nr_sections; i++) {
		if (!strcmp(sections[i].name, name)) {
			*address = sections[i].address;
			return true;
		}
	}
	return false;
}

static void take_section(const char *name)
{
	uint64_t address;
	unsigned int i;

	memcpy(&address, message.bytes + 1, sizeof(address));
	fprintf(out, "section %" PRIx64 " %s\n", address, name);
	for (i = 0; i < nr_sections && strcmp(sections[i].name, name); i++)
		;
	if (i == MAX_SECTIONS)
		return;
	sections[i].address = address;
	snprintf(sections[i].name, sizeof(sections[i].name), "%.*s", MARK_TEXT_MAX,
		 name);
	if (i == nr_sections)
		nr_sections++;
}

/* A module that was loaded again may be elsewhere. */
static void begin(const char *id)
{
	uint64_t base;
	size_t i;

	ledger_unmark();
	for (i = 0; i < nr_lines; i++)
		if (section_address(lines[i].section, &base))
			ledger_mark(lines[i].kind, base + lines[i].start, base + lines[i].end);
	fprintf(out, "begin %s\n", id);
	ledger_begin();
}

static void end(void)
{
	ledger_end(out);
	fputs("end\n", out);
	if (!fflush(out) && !ferror(out))
		return;
	fprintf(stderr, "count.so: cannot write what was counted: %s\n", strerror(errno));
	exit(1);
}

/* The string at @at, NULL while its end is to come. */
static const char *text(size_t at)
{
	if (message.size <= at || message.bytes[message.size - 1])
		return NULL;
	return (const char *)message.bytes + at;
}

/* True when the message is complete and done with, or none that is known. */
static bool take(void)
{
	const size_t payload = 1 + sizeof(uint64_t);

	switch (message.bytes[0]) {
	case MARK_SECTION:
		if (!text(payload))
			return false;
		take_section(text(payload));
		return true;
	case MARK_BEGIN:
		if (!text(1))
			return false;
		begin(text(1));
		return true;
	case MARK_END:
		end();
		return true;
	default:
		return true;
	}
}

static void hear(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	(void)cpu, (void)info, (void)data;
	if (message.size == sizeof(message.bytes))
		message.size = 0;
	message.bytes[message.size++] = (uint8_t)address;
	if (take())
		message.size = 0;
}

/* --- QEMU's calls --- */

static void run(unsigned int cpu, void *block)
{
	ledger_run(cpu, block);
}

static void leave(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	(void)info, (void)data;
	ledger_leave(cpu, address);
}

static void come(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	(void)info, (void)data;
	ledger_come(cpu, address);
}

static void watch(struct qemu_plugin_insn *insn, qemu_plugin_mem_cb cb)
{
	qemu_plugin_register_vcpu_mem_cb(insn, cb, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
					 NULL);
}

static void translate_user(const struct qemu_plugin_tb *tb, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(tb, i);
		const struct insn insn = insn_of(at);

		if (is_mark(&insn))
			watch(at, hear);
	}
}

static bool reaches_page_end(const struct qemu_plugin_insn *insn)
{
	uint64_t at = qemu_plugin_insn_vaddr(insn);

	return at / GUEST_PAGE != (at + qemu_plugin_insn_size(insn)) / GUEST_PAGE;
}

/*
 * An instruction that crosses into the next page begins a block, and QEMU 7.2 has what
 * it had read of it in the list of the block before as well, where it does not run. So
 * the last instruction of a page is a block of its own, which counts if it is run.
 */
static void translate_kernel(struct qemu_plugin_tb *tb, size_t n)
{
	struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, n - 1);
	bool alone = n > 1 && reaches_page_end(last);
	uint8_t sizes[MAX_BLOCK];
	struct insn insn;
	size_t i;

	if (n > MAX_BLOCK) {
		fprintf(stderr, "count.so: QEMU has blocks of %zu instructions\n", n);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(tb, i);

		insn = insn_of(at);
		sizes[i] = (uint8_t)insn.size;
		if (leaves_stack(&insn))
			watch(at, leave);
		else if (comes_to_stack(&insn))
			watch(at, come);
	}
	if (alone)
		qemu_plugin_register_vcpu_insn_exec_cb(last, run, QEMU_PLUGIN_CB_NO_REGS,
			ledger_block(qemu_plugin_insn_vaddr(last), &sizes[n - 1], 1,
				     ending_of(&insn)));
	qemu_plugin_register_vcpu_tb_exec_cb(tb, run, QEMU_PLUGIN_CB_NO_REGS,
		ledger_block(qemu_plugin_tb_vaddr(tb), sizes, (uint32_t)(n - alone),
			     alone ? ENDS_PLAIN : ending_of(&insn)));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	if (!n)
		return;
	if (qemu_plugin_tb_vaddr(tb) >= KERNEL_TEXT)
		translate_kernel(tb, n);
	else
		translate_user(tb, n);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
			       char **argv)
{
	if (argc != 2 || strncmp(argv[0], "marks=", 6) || strncmp(argv[1], "out=", 4) ||
	    !info->system_emulation) {
		fputs("count.so: needs marks=FILE, out=FILE and a whole machine\n", stderr);
		return -1;
	}
	if (!read_marks(argv[0] + 6)) {
		fprintf(stderr, "count.so: cannot read '%s'\n", argv[0] + 6);
		return -1;
	}
	out = fopen(argv[1] + 4, "we");
	if (!out) {
		fprintf(stderr, "count.so: cannot write to '%s'\n", argv[1] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
