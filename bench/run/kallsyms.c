// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/kallsyms: "ffffffff81000000 T name", and a tab and "[module]" behind it
 * for those of modules.
 */
#include "run/kallsyms.h"

#include <stdio.h>
#include <string.h>

#include "run/facts.h"

static bool parse(const char *line, const char *name, struct kallsym *symbol)
{
	unsigned long long address;
	char found[128];

	*symbol->module = 0;
	if (sscanf(line, "%llx %*c %127s [%63[^]]", &address, found, symbol->module) < 2)
		return false;
	symbol->address = address;
	return !strcmp(found, name);
}

bool kallsyms_find(const char *name, struct kallsym *symbol)
{
	FILE *file = fact_open("/proc/kallsyms");
	bool found = false;
	char line[512];

	while (!found && file && fgets(line, sizeof(line), file))
		found = parse(line, name, symbol);
	if (file)
		fclose(file);
	return found;
}
