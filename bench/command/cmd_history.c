// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench history: results of many commits and machines in one file.
 */
#include <stdio.h>
#include <unistd.h>

#include "command/commands.h"
#include "history/history.h"
#include "run/interrupt.h"
#include "command/options.h"

static struct {
	const char *db, *machine;
} options;

static const struct option_row rows[] = {
	{ .long_name = "db", .value = "FILE", .type = OPTION_TEXT, .target = &options.db,
	  .help = "the history; default: " HISTORY_FILE },
	{ .long_name = "machine", .value = "NAME", .type = OPTION_TEXT, .target = &options.machine,
	  .help = "where the results were made; default: this host" },
	{ .long_name = NULL }
};

static bool is_machine(const char *name)
{
	size_t len = 0;

	for (; name[len]; len++)
		if (len == HISTORY_MACHINE_MAX || name[len] <= ' ' || name[len] > '~')
			return false;
	return len;
}

static int report(const char *db, const struct history_added *added)
{
	struct history *history = history_open(db);
	size_t count;

	if (!history)
		return EXIT_ERROR;
	if (!history_runs(history, &count)) {
		history_close(history);
		return EXIT_ERROR;
	}
	history_close(history);
	printf("%s: %zu %s added", db, added->runs, added->runs == 1 ? "run" : "runs");
	if (added->known)
		printf(", %zu there already", added->known);
	printf(", %zu in all\n", count);
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	const char *db = options.db ? options.db : HISTORY_FILE;
	struct history_added added;
	char host[HISTORY_MACHINE_MAX + 1] = "";

	if (!argc)
		return usage_error("history add", "say what to add: a result.json, a directory of runs, "
				   "another history");
	if (!options.machine) {
		gethostname(host, sizeof(host) - 1);
		options.machine = host;
	}
	if (!is_machine(options.machine))
		return usage_error("history add", "--machine is '%s', allowed are up to %d letters, digits "
				   "and signs without blanks", options.machine, HISTORY_MACHINE_MAX);
	interrupt_catch();
	if (history_add(db, options.machine, argv, (size_t)argc, &added))
		return interrupted() ? 128 + interrupt_signal() : EXIT_ERROR;
	return report(db, &added);
}

static const struct command cmd_history_add = {
	.name = "history add",
	.summary = "Add results, or all of another history.",
	.synopsis = "[OPTION...] RESULT.json | DIR | OTHER.db...",
	.text = "All that is named is added, or nothing where one of it is broken. A result that is there\n"
		"already is left as it is. Runs of another history keep their machine.\n\n"
		"examples:\n"
		"  tdxbench history add results/latest\n"
		"  tdxbench history add results                          every run in it\n"
		"  tdxbench history add --machine ci-3 --db ci.db r.json\n"
		"  tdxbench history add --db all.db ci.db lab.db         merge\n",
	.options = rows,
	.run = run,
};

static const struct command *const actions[] = {
	&cmd_history_add, &cmd_history_list, &cmd_history_show, NULL
};

const struct command cmd_history = {
	.name = "history",
	.summary = "Keep results of many commits and machines, and find where figures changed.",
	.actions = actions,
	.text = "results/README.md (History) tells what is kept and how steps are found.\n",
};
