// SPDX-License-Identifier: GPL-2.0
/*
 * Telling a byte is one load. The table has a byte for each, and is touched
 * before, for a load that faults would run twice.
 */
#include "measure/stretch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/facts.h"
#include "tcg/mark.h"

/* Where Linux says where a module's sections are. */
#define SECTIONS	"/sys/module/tdx_lab/sections/"

static volatile uint8_t table[256] __attribute__((aligned(256)));

static const char *point = "";

static void tell(uint8_t byte)
{
#ifdef __x86_64__
	uintptr_t at = (uintptr_t)table + byte - MARK_DISPLACEMENT;

	asm volatile("movzbl %c1(%%rax), %%eax" : "+a"(at) : "i"(MARK_DISPLACEMENT) : "memory");
#else
	(void)byte;
#endif
}

static void tell_all(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;

	while (size--)
		tell(*byte++);
}

static void tell_section(const char *name)
{
	char path[128], line[64];
	uint64_t address;

	snprintf(path, sizeof(path), SECTIONS "%s", name);
	if (!fact_line(path, line, sizeof(line)))
		return;		/* the path is in the kernel itself */
	address = strtoull(line, NULL, 16);
	tell(MARK_SECTION);
	tell_all(&address, sizeof(address));
	tell_all(name, strlen(name) + 1);
}

void stretch_point(const char *id)
{
	static const char *const sections[] = { ".text", ".text.unlikely", ".static_call.text" };
	size_t i;

	table[0] = 0;
	point = id;
	for (i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		tell_section(sections[i]);
}

void stretch_begin(void)
{
	size_t len = strnlen(point, MARK_TEXT_MAX - 1);

	tell(MARK_BEGIN);
	tell_all(point, len);
	tell(0);
}

void stretch_end(void)
{
	tell(MARK_END);
}
