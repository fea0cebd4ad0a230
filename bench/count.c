// SPDX-License-Identifier: GPL-2.0
/*
 * Before a run: which functions begin and end what, told to the plugin.
 */
#include "count.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count_read.h"
#include "options.h"
#include "place.h"
#include "symbols.h"
#include "tcg/mark.h"

struct count {
	struct symbols *symbols;
	char dir[PATH_MAX];
	char marks[PATH_MAX + 16];
	char out[PATH_MAX + 16];
	char plugin[3 * PATH_MAX];
};

/*
 * Functions by name, or by its beginning where a '*' ends it. What an interrupt's
 * stub jumps to is no entry of its own; exceptions and APIC vectors have no stubs.
 */
static const struct {
	const char *name;
	enum mark_kind kind;
} functions[] = {
	{ "tdx_getquote", MARK_QUOTE },
	{ "tdx_ext_init", MARK_ROOT },
	{ "tdx_quote_init", MARK_ROOT },
	{ "tdx_update", MARK_ROOT },
	{ "tdx_seamcall_once", PART_MODULE },
	{ "seamcall_ret", PART_MODULE },
	{ "tdx_emu_seamcall", PART_MODULE },
	{ "asm_exc_*", PART_INTERRUPT },
	{ "asm_sysvec_*", PART_INTERRUPT },
	{ "irq_entries_start", MARK_STUBS },
	{ "spurious_entries_start", MARK_STUBS },
	{ "schedule", PART_SCHEDULE },
	{ "__schedule", PART_SCHEDULE },
	{ "preempt_schedule", PART_SCHEDULE },
	{ "preempt_schedule_notrace", PART_SCHEDULE },
	{ "preempt_schedule_thunk", PART_SCHEDULE },
	{ "preempt_schedule_notrace_thunk", PART_SCHEDULE },
	{ "preempt_schedule_common", PART_SCHEDULE },
	{ "__traceiter_*", PART_COLLECT },
	{ "__bpf_trace_*", PART_COLLECT },
	{ "bpf_trace_run*", PART_COLLECT },
	{ "kmalloc*", PART_MEMORY },
	{ "__kmalloc*", PART_MEMORY },
	{ "__kvmalloc*", PART_MEMORY },
	{ "__vmalloc*", PART_MEMORY },
	{ "vmalloc_noprof", PART_MEMORY },
	{ "kmem_cache_*", PART_MEMORY },
	{ "kfree*", PART_MEMORY },
	{ "kvfree*", PART_MEMORY },
	{ "vfree*", PART_MEMORY },
	{ "alloc_pages*", PART_MEMORY },
	{ "__alloc_pages*", PART_MEMORY },
	{ "get_free_pages*", PART_MEMORY },
	{ "get_zeroed_page*", PART_MEMORY },
	{ "free_pages*", PART_MEMORY },
	{ "__free_pages*", PART_MEMORY },
	{ "entry_SYSCALL_64", MARK_FRESH },
	{ "ret_from_fork_asm", MARK_FRESH },
};

static bool named(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strcmp(name, pattern);
}

static void mark(const struct count *count, FILE *out, enum mark_kind kind,
		 const struct symbol *symbol)
{
	fprintf(out, "%u %s %llx %llx\n", kind, symbols_section_name(count->symbols,
		symbol->section), (unsigned long long)symbol->start,
		(unsigned long long)symbol->end);
}

static int write_marks(const struct count *count)
{
	FILE *out = fopen(count->marks, "we");
	unsigned int nr, i, f;
	const struct symbol *symbols = symbols_all(count->symbols, &nr);

	for (i = 0; out && i < nr; i++) {
		for (f = 0; f < sizeof(functions) / sizeof(*functions); f++)
			if (named(symbols[i].name, functions[f].name))
				mark(count, out, functions[f].kind, &symbols[i]);
		if (count_own(&symbols[i]))
			mark(count, out, MARK_OWN, &symbols[i]);
	}
	if (out && !fclose(out))
		return 0;
	fprintf(stderr, "tdxbench: cannot write to %s: %s\n", count->marks, strerror(errno));
	return -1;
}

/* Path of the file in the cache; an exit code. */
static int find_kallsyms(const char *kernel, char path[PATH_MAX])
{
	int out[2], status;
	FILE *from;
	pid_t pid;

	*path = 0;
	if (pipe2(out, O_CLOEXEC))
		return EXIT_ERROR;
	pid = fork();
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		execl(place("scripts/kallsyms.sh"), "kallsyms.sh", kernel, NULL);
		_exit(EXIT_CANNOT_RUN);
	}
	close(out[1]);
	from = fdopen(out[0], "r");
	if (from && fgets(path, PATH_MAX, from))
		path[strcspn(path, "\n")] = 0;
	if (from)
		fclose(from);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && (!WEXITSTATUS(status) == !!*path))
		return WEXITSTATUS(status);
	return EXIT_ERROR;
}

/* Where the build leaves the module before it strips it. */
static void debug_module(const char *module, char *path, size_t size)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", module);
	snprintf(path, size, "%s/lab/tdx_lab.ko", dirname(copy));
}

static int make_room(struct count *count)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(count->dir, sizeof(count->dir), "%s/tdxbench-count-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(count->dir)) {
		fprintf(stderr, "tdxbench: cannot make a directory like %s: %s\n", count->dir,
			strerror(errno));
		*count->dir = 0;
		return -1;
	}
	snprintf(count->marks, sizeof(count->marks), "%s/marks", count->dir);
	snprintf(count->out, sizeof(count->out), "%s/counts", count->dir);
	snprintf(count->plugin, sizeof(count->plugin), "%s,marks=%s,out=%s",
		 place("build/count.so"), count->marks, count->out);
	return write_marks(count);
}

struct count *count_new(const struct image *image, int *status)
{
	char kallsyms[PATH_MAX], debug[PATH_MAX + 32];
	struct count *count;

	*status = find_kallsyms(image->kernel, kallsyms);
	if (*status)
		return NULL;
	*status = EXIT_ERROR;
	count = calloc(1, sizeof(*count));
	if (!count)
		return NULL;
	debug_module(image->module, debug, sizeof(debug));
	count->symbols = symbols_read(kallsyms, image->module, debug);
	if (!count->symbols || make_room(count)) {
		count_free(count);
		return NULL;
	}
	*status = EXIT_DONE;
	return count;
}

const char *count_plugin(const struct count *count)
{
	return count->plugin;
}

json_t *count_take(struct count *count, json_t *result)
{
	return count_read(count->out, count->symbols, result);
}

void count_free(struct count *count)
{
	if (!count)
		return;
	if (*count->dir) {
		unlink(count->marks);
		unlink(count->out);
		rmdir(count->dir);
	}
	symbols_free(count->symbols);
	free(count);
}
