// SPDX-License-Identifier: GPL-2.0
/*
 * bpftrace, with scripts as one types them. "same" keeps what our collector of
 * iterations keeps: by leaf, histograms of time in the module, of gaps and of iterations
 * per call, and how calls ended.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "observe/kinds.h"
#include "observe/parse.h"
#include "observe/tool.h"

#define ON_EXIT		"tracepoint:tdx_ext:seamcall_exit "
#define ON_ENTER	"tracepoint:tdx_ext:seamcall_enter "

/* The first map counts every event; it is what is asked for at the end. */
static const struct script {
	const char *what, *map, *exit, *both;
} scripts[] = {
	{ "count", "@seen", ON_EXIT "{ @seen = count(); }",
	  ON_EXIT "{ @seen = count(); } " ON_ENTER "{ @seen = count(); }" },
	{ "hist", "@stay_ns", ON_EXIT "{ @stay_ns[args->leaf] = hist(args->duration_ns); }",
	  ON_EXIT "{ @stay_ns[args->leaf] = hist(args->duration_ns); } "
	  ON_ENTER "{ @enter = count(); }" },
	{ "same", "@stay_ns",
	  ON_EXIT "{ @stay_ns[args->leaf] = hist(args->duration_ns); "
	  "if (args->gap_ns) { @gap_ns[args->leaf] = hist(args->gap_ns); } "
	  "if (args->status >> 32 != 0x80000003) { "
	  "@iterations[args->leaf] = hist(args->iteration + 1); "
	  "if (args->status == 0) { @success[args->leaf] = count(); } } }", NULL },
};

static const struct script *script_of(const struct observe *observe)
{
	const struct script *script = scripts;

	while (strcmp(script->what, observe->observer->what))
		script++;
	return script;
}

/* --- is it attached? --- */

/* Has this descriptor a program attached, to a tracepoint of ours? */
static bool is_attached(pid_t pid, int fd)
{
	__u32 len, program, type;
	char name[128] = "";
	__u64 offset, address;

	len = sizeof(name);
	return !bpf_task_fd_query(pid, fd, 0, name, &len, &program, &type, &offset, &address) &&
	       strstr(name, "seamcall_");
}

static unsigned int count_attached(pid_t pid)
{
	unsigned int count = 0;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			count += is_attached(pid, atoi(entry->d_name));
	if (dir)
		closedir(dir);
	return count;
}

static bool is_ready(void *arg)
{
	const struct observe *observe = arg;
	const struct tool *tool = observe->state;

	return count_attached(tool->pid) >= (observe->both ? 2 : 1);
}

/* --- its life --- */

static int start(struct observe *observe)
{
	const struct script *script = script_of(observe);
	const char *text = observe->both ? script->both : script->exit;
	char *argv[] = { "bpftrace", "-f", "json", "-e", (char *)text, NULL };

	if (!text) {
		fprintf(stderr, "tdxbench: observer %s watches seamcall_exit alone: events = exit\n",
			observe->observer->name);
		return -1;
	}
	return tool_attach(observe, argv, is_ready);
}

static int read_output(struct observe *observe)
{
	const struct script *script = script_of(observe);
	struct tool *tool = observe->state;
	FILE *said = fopen(tool->output, "re");
	int ret = said ? parse_bpftrace(said, script->map, &observe->seen, &observe->lost) : -1;

	if (!ret && observe->both && strcmp(script->what, "count")) {
		rewind(said);
		ret = parse_bpftrace(said, "@enter", &observe->seen, &observe->lost);
	}
	if (ret)
		fprintf(stderr, "tdxbench: bpftrace: what it said is not understood\n");
	if (said)
		fclose(said);
	return ret;
}

static int end_and_read(struct observe *observe)
{
	struct tool *tool = observe->state;

	/* 0.17 looks for Ctrl-C only when that comes while it sleeps. */
	tool->forgets = true;
	return tool_end(tool) ? -1 : read_output(observe);
}

static int stop(struct observe *observe)
{
	return tool_detach(observe, end_and_read);
}

const struct observer_kind kind_bpftrace = {
	.tool = "bpftrace",
	.package = "bpftrace",
	.both = true,
	.counts = true,
	.start = start,
	.stop = stop,
};
