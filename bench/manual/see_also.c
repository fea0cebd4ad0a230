// SPDX-License-Identifier: GPL-2.0
/*
 * The section SEE ALSO of a page.
 */
#include "manual/see_also.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "result/must.h"

struct reference {
	char *name;
	int section;
};

struct references {
	struct reference *list;
	uint32_t count;
};

static void add(const char *name, int section, void *arg)
{
	struct references *all = arg;

	all->list = must_grow(all->list, all->count, sizeof(*all->list));
	all->list[all->count++] = (struct reference){ must_copy(name), section };
}

/* "tdxbench NAME" stands in the text of the command or of one of its actions. */
static bool speaks_of(const struct command *command, const char *name)
{
	char *words = must_print("tdxbench %s", name);
	const char *at = command->text ? strstr(command->text, words) : NULL;
	bool found = at && !isalnum((unsigned char)at[strlen(words)]) && at[strlen(words)] != '-';

	for (const struct command *const *a = command->actions; !found && a && *a; a++)
		found = speaks_of(*a, name);
	free(words);
	return found;
}

static void add_commands(const struct command *program, const struct command *command,
			 struct references *all)
{
	for (const struct command *const *c = program->actions; *c; c++) {
		char *page = must_print("tdxbench-%s", (*c)->name);

		if (command == program || (*c != command && speaks_of(command, (*c)->name)))
			add(page, 1, all);
		free(page);
	}
	if (command != program)
		add("tdxbench", 1, all);
}

static int by_section_and_name(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;

	return x->section != y->section ? x->section - y->section : strcmp(x->name, y->name);
}

static void print_all(const struct references *all, const char *own, FILE *out)
{
	const struct reference *r, *before = NULL;

	for (r = all->list; r < all->list + all->count; r++) {
		if (!strcmp(r->name, own) || (before && !by_section_and_name(before, r)))
			continue;
		fprintf(out, "%s.Xr %s %d", before ? " ,\n" : "", r->name, r->section);
		before = r;
	}
	fputc('\n', out);
}

void see_also_print(const struct command *program, const struct command *command,
		    const struct prose *prose, FILE *out)
{
	char *own = command == program ? must_copy("tdxbench") :
					 must_print("tdxbench-%s", command->name);
	struct references all = {};

	add_commands(program, command, &all);
	prose_references(prose, add, &all);
	qsort(all.list, all.count, sizeof(*all.list), by_section_and_name);
	print_all(&all, own, out);
	while (all.count)
		free(all.list[--all.count].name);
	free(all.list);
	free(own);
}
