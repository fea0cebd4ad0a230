// SPDX-License-Identifier: GPL-2.0
/*
 * The module's functions come from its symbol table, source lines from addr2line,
 * which knows how to read debug information that is not linked yet.
 */
#include "count/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "result/must.h"

/* A function that every lab module has, and its file: where its name begins, paths do. */
#define LANDMARK	"lab_ioctl"
#define LANDMARK_FILE	"lab/main.c"

/* Padding in front of functions, made by the compiler; nothing runs there. */
#define PADDING		"__pfx_"

#define MAX_SECTIONS	64

struct section {
	char name[64];
	uint64_t size;
	uint64_t address;	/* of the machine, 0 until it is told */
};

struct symbols {
	struct symbol *list;
	unsigned int nr;
	struct section sections[MAX_SECTIONS];
	char *debug;		/* NULL: there are no lines */
	char root[512];		/* what is cut off the names of files, "" if unknown */
};

static void add(struct symbols *symbols, const char *name, int section, uint64_t start,
		uint64_t end)
{
	if (!strncmp(name, PADDING, strlen(PADDING)))
		return;
	symbols->list = must_grow(symbols->list, symbols->nr, sizeof(*symbols->list));
	symbols->list[symbols->nr++] = (struct symbol){
		.start = start, .end = end, .section = section, .name = must_copy(name), .file = "",
	};
}

/* --- the kernel --- */

/* "ffffffff81000000 T name"; modules, which come behind, are read elsewhere. */
static int read_kernel(struct symbols *symbols, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long long address;
	char line[512], name[128], type;

	if (!file) {
		fprintf(stderr, "tdxbench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), file))
		if (!strchr(line, '[') && sscanf(line, "%llx %c %127s", &address, &type, name) == 3 &&
		    strchr("tTwW", type) && address)
			add(symbols, name, SYMBOL_KERNEL, address, 0);
	fclose(file);
	if (symbols->nr)
		return 0;
	fprintf(stderr, "tdxbench: %s names no function of a kernel\n", path);
	return -1;
}

/* --- the module --- */

static void take_symbols(struct symbols *symbols, Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t i, nr = data && shdr->sh_entsize ? shdr->sh_size / shdr->sh_entsize : 0;
	const char *name;
	GElf_Sym sym;

	for (i = 0; i < nr; i++) {
		if (!gelf_getsym(data, (int)i, &sym) || GELF_ST_TYPE(sym.st_info) != STT_FUNC ||
		    !sym.st_size || sym.st_shndx >= MAX_SECTIONS)
			continue;
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		if (name)
			add(symbols, name, sym.st_shndx, sym.st_value, sym.st_value + sym.st_size);
	}
}

static int read_symbols(struct symbols *symbols, Elf *elf)
{
	unsigned int before = symbols->nr;
	size_t names, number;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(elf, &names))
		return -1;
	while ((scn = elf_nextscn(elf, scn))) {
		number = elf_ndxscn(scn);
		if (!gelf_getshdr(scn, &shdr))
			return -1;
		if (number < MAX_SECTIONS && shdr.sh_flags & SHF_EXECINSTR) {
			struct section *section = &symbols->sections[number];
			const char *name = elf_strptr(elf, names, shdr.sh_name);

			snprintf(section->name, sizeof(section->name), "%s", name ? name : "");
			section->size = shdr.sh_size;
		}
		if (shdr.sh_type == SHT_SYMTAB)
			take_symbols(symbols, elf, scn, &shdr);
	}
	return symbols->nr > before ? 0 : -1;
}

static Elf *open_elf(const char *path, int *fd)
{
	Elf *elf;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = elf_begin(*fd, ELF_C_READ, NULL);
	if (!elf)
		close(*fd);
	return elf;
}

static void close_elf(Elf *elf, int fd)
{
	elf_end(elf);
	close(fd);
}

static int read_module(struct symbols *symbols, const char *path)
{
	int fd, ret = -1;
	Elf *elf = open_elf(path, &fd);

	if (fd < 0) {
		fprintf(stderr, "tdxbench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (elf) {
		ret = read_symbols(symbols, elf);
		close_elf(elf, fd);
	}
	if (ret)
		fprintf(stderr, "tdxbench: %s is not a module with a symbol table\n", path);
	return ret;
}

/* What the linker calls this build, in all its notes; stripping leaves them. */
static size_t read_notes(const char *path, char *notes, size_t size)
{
	Elf_Scn *scn = NULL;
	size_t used = 0;
	GElf_Shdr shdr;
	Elf_Data *data;
	int fd;
	Elf *elf = open_elf(path, &fd);

	while (elf && (scn = elf_nextscn(elf, scn))) {
		data = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE ? elf_getdata(scn, NULL) : NULL;
		if (!data || data->d_size > size - used)
			continue;
		memcpy(notes + used, data->d_buf, data->d_size);
		used += data->d_size;
	}
	if (elf)
		close_elf(elf, fd);
	return used;
}

/* Lines of another build would be wrong ones. */
static bool same_build(const char *module, const char *debug)
{
	char a[1024], b[1024];
	size_t len = read_notes(module, a, sizeof(a));

	return len && len == read_notes(debug, b, sizeof(b)) && !memcmp(a, b, len);
}

/* --- source lines --- */

/* Where the name of one of Linux's headers begins, below the top of its tree. */
static size_t from_tree(const char *file)
{
	const char *at = strstr(file, "/arch/");

	if (!at)
		at = strstr(file, "/include/");
	return at ? (size_t)(at + 1 - file) : 0;
}

/*
 * addr2line's "file:line", perhaps with " (discriminator 3)" behind it, "file:?" or "??:0".
 * Files of the module are below kernel/ here, those of Linux below its own top.
 */
static void parse_line(const char *root, char *text, struct source_line *line)
{
	char *colon = strrchr(text, ':');
	size_t cut = strlen(root);
	const char *below = "";

	*line = (struct source_line){};
	if (!colon || *text == '?' || colon[1] == '?')
		return;
	*colon = 0;
	if (!cut || strncmp(text, root, cut))
		cut = from_tree(text);
	else if (strncmp(text + cut, "include/", 8))
		below = "kernel/";
	/* A name that is cut off would be the name of something else. */
	if ((size_t)snprintf(line->file, sizeof(line->file), "%s%s", below, text + cut) <
	    sizeof(line->file))
		line->line = (unsigned int)strtoul(colon + 1, NULL, 10);
	else
		*line->file = 0;
}

/* addr2line, reading @input; what it says can be read from the stream. */
static FILE *start_addr2line(const char *file, const char *section, FILE *input, pid_t *pid)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC))
		return NULL;
	*pid = fork();
	if (!*pid) {
		dup2(fileno(input), STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execlp("addr2line", "addr2line", "-e", file, "-j", section, NULL);
		_exit(127);
	}
	close(out[1]);
	if (*pid > 0)
		return fdopen(out[0], "r");
	close(out[0]);
	return NULL;
}

/* No file in a directory: there need not be one that can be written to. */
static FILE *addresses_file(const uint64_t *offsets, unsigned int nr)
{
	FILE *file = fdopen(memfd_create("addresses", MFD_CLOEXEC), "w+");
	unsigned int i;

	for (i = 0; file && i < nr; i++)
		fprintf(file, "%#llx\n", (unsigned long long)offsets[i]);
	if (file && (fflush(file) || lseek(fileno(file), 0, SEEK_SET))) {
		fclose(file);
		return NULL;
	}
	return file;
}

/* Of offsets in one section; @lines in their order. */
static int ask(const struct symbols *symbols, int section, const uint64_t *offsets,
	       unsigned int nr, struct source_line *lines)
{
	FILE *to = addresses_file(offsets, nr), *from = NULL;
	unsigned int i = 0;
	int status = -1;
	char text[PATH_MAX + 64];
	pid_t pid;

	if (to)
		from = start_addr2line(symbols->debug, symbols->sections[section].name, to, &pid);
	if (from) {
		for (; i < nr && fgets(text, sizeof(text), from); i++)
			parse_line(symbols->root, text, &lines[i]);
		fclose(from);
		if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
			status = -1;
	}
	if (to)
		fclose(to);
	if (i == nr && !status)
		return 0;
	fprintf(stderr, "tdxbench: addr2line (Debian: binutils) does not tell the lines of %s\n",
		symbols->debug);
	return -1;
}

static const struct section *section_of(const struct symbols *symbols, uint64_t address)
{
	const struct section *section;

	for (section = symbols->sections; section < symbols->sections + MAX_SECTIONS; section++)
		if (section->address && address >= section->address &&
		    address - section->address < section->size)
			return section;
	return NULL;
}

int symbols_lines(const struct symbols *symbols, const uint64_t *addresses, unsigned int nr,
		  struct source_line *lines)
{
	uint64_t *offsets = must_calloc(nr, sizeof(*offsets));
	struct source_line *found = must_calloc(nr, sizeof(*found));
	unsigned int *places = must_calloc(nr, sizeof(*places)), i, count;
	int section, ret = 0;

	memset(lines, 0, nr * sizeof(*lines));
	for (section = 0; section < MAX_SECTIONS && symbols->debug && !ret; section++) {
		const struct section *wanted = &symbols->sections[section];

		for (i = count = 0; i < nr; i++) {
			if (section_of(symbols, addresses[i]) != wanted)
				continue;
			places[count] = i;
			offsets[count++] = addresses[i] - wanted->address;
		}
		if (count)
			ret = ask(symbols, section, offsets, count, found);
		for (i = 0; i < count && !ret; i++)
			lines[places[i]] = found[i];
	}
	free(offsets);
	free(found);
	free(places);
	return ret;
}

/* --- files of functions --- */

static int find_root(struct symbols *symbols)
{
	const size_t tail = strlen(LANDMARK_FILE);
	struct source_line line;
	unsigned int i;
	size_t len;

	for (i = 0; i < symbols->nr; i++) {
		const struct symbol *symbol = &symbols->list[i];

		if (symbol->section == SYMBOL_KERNEL || strcmp(symbol->name, LANDMARK))
			continue;
		if (ask(symbols, symbol->section, &symbol->start, 1, &line))
			return -1;
		len = strlen(line.file);
		if (len > tail && !strcmp(line.file + len - tail, LANDMARK_FILE))
			snprintf(symbols->root, sizeof(symbols->root), "%.*s", (int)(len - tail),
				 line.file);
	}
	return 0;
}

static const char *known(const struct source_line *line)
{
	return *line->file ? must_copy(line->file) : "";
}

static int find_files_of(struct symbols *symbols, int section)
{
	uint64_t *offsets = must_calloc(symbols->nr, sizeof(*offsets));
	struct source_line *lines = must_calloc(symbols->nr, sizeof(*lines));
	unsigned int i, count = 0;
	int ret = 0;

	for (i = 0; i < symbols->nr; i++)
		if (symbols->list[i].section == section)
			offsets[count++] = symbols->list[i].start;
	if (count)
		ret = ask(symbols, section, offsets, count, lines);
	for (i = count = 0; i < symbols->nr && !ret; i++)
		if (symbols->list[i].section == section)
			symbols->list[i].file = known(&lines[count++]);
	free(offsets);
	free(lines);
	return ret;
}

static int find_files(struct symbols *symbols)
{
	int section, ret = symbols->debug ? find_root(symbols) : 0;

	for (section = 0; section < MAX_SECTIONS && symbols->debug && !ret; section++)
		ret = find_files_of(symbols, section);
	return ret;
}

/* --- all together --- */

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The kernel's list has no sizes: a function ends where the next one begins. */
static void find_ends(struct symbols *symbols)
{
	unsigned int i, next;

	for (i = 0; i < symbols->nr; i++) {
		struct symbol *symbol = &symbols->list[i];

		for (next = i + 1; next < symbols->nr && !symbol->end &&
				   symbols->list[next].section == symbol->section; next++)
			if (symbols->list[next].start > symbol->start)
				symbol->end = symbols->list[next].start;
		if (!symbol->end)
			symbol->end = symbol->start + 1;
	}
}

struct symbols *symbols_read(const char *kallsyms, const char *module, const char *debug)
{
	struct symbols *symbols = must_calloc(1, sizeof(*symbols));

	if (same_build(module, debug))
		symbols->debug = must_copy(debug);
	if (read_kernel(symbols, kallsyms) || read_module(symbols, module) || find_files(symbols)) {
		symbols_free(symbols);
		return NULL;
	}
	qsort(symbols->list, symbols->nr, sizeof(*symbols->list), by_address);
	find_ends(symbols);
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	unsigned int i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->nr; i++) {
		free((char *)symbols->list[i].name);
		if (*symbols->list[i].file)
			free((char *)symbols->list[i].file);
	}
	free(symbols->list);
	free(symbols->debug);
	free(symbols);
}

const struct symbol *symbols_all(const struct symbols *symbols, unsigned int *nr)
{
	*nr = symbols->nr;
	return symbols->list;
}

const char *symbols_section_name(const struct symbols *symbols, int section)
{
	return section == SYMBOL_KERNEL ? "-" : symbols->sections[section].name;
}

void symbols_section_at(struct symbols *symbols, const char *name, uint64_t address)
{
	int i;

	for (i = 0; i < MAX_SECTIONS; i++)
		if (*name && !strcmp(symbols->sections[i].name, name))
			symbols->sections[i].address = address;
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address)
{
	const struct section *in = section_of(symbols, address);
	const int section = in ? (int)(in - symbols->sections) : SYMBOL_KERNEL;
	const uint64_t at = in ? address - in->address : address;
	unsigned int low = 0, high = symbols->nr, middle;

	/* The last one that does not begin behind the address, of equals the first. */
	while (low < high) {
		const struct symbol *symbol = &symbols->list[middle = (low + high) / 2];

		if (symbol->section < section || (symbol->section == section && symbol->start <= at))
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 1 && symbols->list[low - 2].section == section &&
	       symbols->list[low - 2].start == symbols->list[low - 1].start)
		low--;
	if (!low || symbols->list[low - 1].section != section || at >= symbols->list[low - 1].end)
		return NULL;
	return &symbols->list[low - 1];
}
