// SPDX-License-Identifier: GPL-2.0
/*
 * Events: sizes, faults and names.
 */
#include "trace/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	uint16_t size;
	const char *name;
} kinds[EVENTS_NR_KINDS] = {
	[EVENTS_ITERATION]	= { sizeof(struct events_iteration), "seamcall_exit" },
	[EVENTS_QUOTE_BEGIN]	= { sizeof(struct events_begin), "quote_begin" },
	[EVENTS_QUOTE_BUFFER]	= { sizeof(struct events_buffer), "quote_buffer" },
	[EVENTS_QUOTE_END]	= { sizeof(struct events_quote), "quote_end" },
	[EVENTS_ANSWER]		= { sizeof(struct events_answer), "getquote_exit" },
	[EVENTS_POOL_ALLOC]	= { sizeof(struct events_pool), "pool_alloc" },
	[EVENTS_POOL_ADD]	= { sizeof(struct events_pool), "pool_add" },
	[EVENTS_POOL_TOTAL]	= { sizeof(struct events_pool_total), "pool_total" },
	[EVENTS_EXT_STATE]	= { sizeof(struct events_state), "ext_state" },
	[EVENTS_QUOTE_STATE]	= { sizeof(struct events_state), "quote_state" },
	[EVENTS_UPDATE_BEGIN]	= { sizeof(struct events_update), "update_begin" },
	[EVENTS_UPDATE_CPU]	= { sizeof(struct events_update), "update_cpu" },
	[EVENTS_UPDATE_END]	= { sizeof(struct events_update), "update_end" },
	[EVENTS_SWITCH]		= { sizeof(struct events_switch), "sched_switch" },
	[EVENTS_IRQ_ENTER]	= { sizeof(struct events_irq), "irq_entry" },
	[EVENTS_IRQ_EXIT]	= { sizeof(struct events_irq), "irq_exit" },
	[EVENTS_SOFTIRQ_ENTER]	= { sizeof(struct events_irq), "softirq_entry" },
	[EVENTS_SOFTIRQ_EXIT]	= { sizeof(struct events_irq), "softirq_exit" },
};

size_t event_size(uint16_t kind)
{
	return kind < EVENTS_NR_KINDS ? kinds[kind].size : 0;
}

const char *event_name(uint16_t kind)
{
	return event_size(kind) ? kinds[kind].name : "unknown";
}

static bool ends(const char name[EVENTS_COMM])
{
	return memchr(name, 0, EVENTS_COMM);
}

static const char *irq_fault(const struct events_irq *irq)
{
	if (irq->class >= EVENTS_IRQ_NR_CLASSES)
		return "an interrupt of no known class";
	return ends(irq->name) ? NULL : "a name without an end";
}

const char *event_fault(const union event *event)
{
	if (!event_size(event->head.kind))
		return "an event of no known kind";
	if (event->head.size != event_size(event->head.kind))
		return "an event of another size than its kind has";

	switch (event->head.kind) {
	case EVENTS_QUOTE_END:
		return ends(event->quote.comm) ? NULL : "a name without an end";
	case EVENTS_SWITCH:
		return ends(event->switched.prev_comm) && ends(event->switched.next_comm) ?
			NULL : "a name without an end";
	case EVENTS_IRQ_ENTER:
	case EVENTS_IRQ_EXIT:
	case EVENTS_SOFTIRQ_ENTER:
	case EVENTS_SOFTIRQ_EXIT:
		return irq_fault(&event->irq);
	default:
		return NULL;
	}
}

/* --- names --- */

static const struct {
	uint16_t leaf;
	const char *name;
} leaves[] = {
	{ 60, "EXT.INIT" }, { 61, "EXT.MEM.ADD" }, { 98, "QUOTE.GET" }, { 100, "QUOTE.INIT" },
};

#define NR_LEAVES	(sizeof(leaves) / sizeof(*leaves))

const char *leaf_name(uint16_t leaf, char *text, size_t size)
{
	for (size_t i = 0; i < NR_LEAVES; i++)
		if (leaves[i].leaf == leaf)
			return leaves[i].name;
	snprintf(text, size, "leaf %u", leaf);
	return text;
}

bool leaf_parse(const char *text, uint16_t *leaf)
{
	unsigned long number;
	char *end;

	if (!strncasecmp(text, "TDH.", 4))
		text += 4;
	for (size_t i = 0; i < NR_LEAVES; i++) {
		if (!strcasecmp(text, leaves[i].name)) {
			*leaf = leaves[i].leaf;
			return true;
		}
	}
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || number > UINT16_MAX)
		return false;
	*leaf = (uint16_t)number;
	return true;
}

/* By bits 63:32; the others are details, such as which operand. */
static const struct {
	uint32_t code;
	const char *name;
} statuses[] = {
	{ 0x00000000, "success" },
	{ 0x80000003, "resumable" },
	{ 0x80000200, "OPERAND_BUSY" },
	{ 0x80000202, "SYS_BUSY" },
	{ 0x80000203, "RND_NO_ENTROPY" },
	{ 0xC0000006, "INVALID_RESUMPTION" },
	{ 0xC0000100, "OPERAND_INVALID" },
	{ 0xC0000505, "SYS_NOT_READY" },
	{ 0xC0000506, "SYS_SHUTDOWN" },
	{ 0xC0001001, "INVALID_REPORTMACSTRUCT" },
};

const char *status_name(uint64_t status, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].code == status >> 32 && (statuses[i].code || !status))
			return statuses[i].name;
	snprintf(text, size, "0x%llx", (unsigned long long)status);
	return text;
}

const char *error_name(int error, char *text, size_t size)
{
	const char *name = error > INT32_MIN ? strerrorname_np(-error) : NULL;

	if (name)
		return name;
	snprintf(text, size, "error %d", error);
	return text;
}

const char *state_name(uint16_t kind, uint32_t state)
{
	static const char *const extensions[] = { "absent", "ready", "failed" };
	static const char *const quoting[] = { "unavailable", "available", "updating" };

	if (state >= 3)
		return "unknown";
	return kind == EVENTS_EXT_STATE ? extensions[state] : quoting[state];
}
