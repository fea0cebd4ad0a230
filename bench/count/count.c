// SPDX-License-Identifier: GPL-2.0
/*
 * Before a run: which functions begin and end what, told to the plugin.
 */
#include "count/count.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/child.h"
#include "count/count_read.h"
#include "command/options.h"
#include "run/place.h"
#include "count/symbols.h"
#include "tcg/mark.h"

#define QUOTE	"tdx_getquote"	/* one call of it is one quote */

struct count {
	struct symbols *symbols;
	char dir[PATH_MAX];
	char plugin[PATH_MAX];
	char marks[PATH_MAX + 16];	/* options of the plugin */
	char out[PATH_MAX + 16];
	const char *arguments[7];
};

static const char *path_of(const char *option)
{
	return strchr(option, '=') + 1;
}

/*
 * Functions by name, or by its beginning where a '*' ends it. What an interrupt's
 * stub jumps to is no entry of its own; exceptions and APIC vectors have no stubs.
 */
static const struct {
	const char *name;
	enum mark_kind kind;
} functions[] = {
	{ QUOTE, MARK_QUOTE },
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
	const char *path = path_of(count->marks);
	FILE *out = fopen(path, "we");
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
	fprintf(stderr, "tdxbench: cannot write to %s: %s\n", path, strerror(errno));
	return -1;
}

/* kallsyms.sh, which prints the path of the file. */
static pid_t ask_for_kallsyms(const char *kernel, int *answer)
{
	const char *script = place("scripts/kallsyms.sh");
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return -1;
	*answer = out[0];
	pid = fork();
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		execl(script, script, kernel, NULL);
		fprintf(stderr, "tdxbench: %s: %s\n", script, strerror(errno));
		_exit(EXIT_CANNOT_RUN);
	}
	close(out[1]);
	if (pid < 0)
		close(out[0]);
	return pid;
}

/* Path of the file in the cache; an exit code, where the script has said why. */
static int find_kallsyms(const char *kernel, char path[PATH_MAX])
{
	int answer, status;
	pid_t pid = ask_for_kallsyms(kernel, &answer);
	ssize_t len;

	if (pid < 0) {
		fprintf(stderr, "tdxbench: cannot start kallsyms.sh: %s\n", strerror(errno));
		return EXIT_ERROR;
	}
	len = read(answer, path, PATH_MAX);	/* one line, written at once */
	status = child_wait(pid);
	close(answer);
	if (status || len < 2 || path[len - 1] != '\n')
		return status > 0 ? status : EXIT_ERROR;
	path[len - 1] = 0;
	return EXIT_DONE;
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
	snprintf(count->plugin, sizeof(count->plugin), "%s", place(COUNT_PLUGIN));
	snprintf(count->marks, sizeof(count->marks), "marks=%s/marks", count->dir);
	snprintf(count->out, sizeof(count->out), "out=%s/counts", count->dir);
	return write_marks(count);
}

static void say_what_is_unknown(const struct symbols *symbols, const char *debug)
{
	unsigned int nr, i;
	const struct symbol *list = symbols_all(symbols, &nr);

	if (count_knows_own(symbols))
		return;
	for (i = 0; i < nr && strcmp(list[i].name, QUOTE); i++)
		;
	if (i == nr)
		fputs("tdxbench: neither the kernel nor the module has " QUOTE "(): no quote can be counted\n",
		      stderr);
	else if (list[i].section == SYMBOL_KERNEL)
		fputs("tdxbench: the path is in the kernel itself: counted without source lines and path.own\n",
		      stderr);
	else
		fprintf(stderr, "tdxbench: %s is not the module with debug information: counted without "
			"source lines and path.own\n", debug);
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
	say_what_is_unknown(count->symbols, debug);
	*status = EXIT_DONE;
	return count;
}

const char *const *count_arguments(struct count *count)
{
	unsigned int i = 0;

	count->arguments[i++] = "--plugin";
	count->arguments[i++] = count->plugin;
	count->arguments[i++] = "--plugin-option";
	count->arguments[i++] = count->marks;
	count->arguments[i++] = "--plugin-option";
	count->arguments[i++] = count->out;
	return count->arguments;
}

json_t *count_take(struct count *count, json_t *result)
{
	return count_read(path_of(count->out), count->symbols, result);
}

void count_free(struct count *count)
{
	if (!count)
		return;
	if (*count->dir) {
		unlink(path_of(count->marks));
		unlink(path_of(count->out));
		rmdir(count->dir);
	}
	symbols_free(count->symbols);
	free(count);
}
