// SPDX-License-Identifier: GPL-2.0
/*
 * What a run ran on.
 */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kallsyms.h"
#include "result.h"

/* First line of a file without its newline; "" when there is none. */
static const char *first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	*line = 0;
	if (file) {
		if (fgets(line, (int)size, file))
			line[strcspn(line, "\n")] = 0;
		fclose(file);
	}
	return line;
}

static const char *cpu_model(char *model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	*model = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "model name", 10))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(model, size, "%s", strchr(line, ':') + 2);
		break;
	}
	if (file)
		fclose(file);
	return model;
}

/* Value of KEY=value on the kernel's command line, where vm.sh tells the guest. */
static const char *cmdline_value(const char *key, char *value, size_t size)
{
	char line[2048], *word, *rest = line;
	size_t len = strlen(key);

	*value = 0;
	first_line("/proc/cmdline", line, sizeof(line));
	while ((word = strsep(&rest, " ")))
		if (!strncmp(word, key, len) && word[len] == '=')
			snprintf(value, size, "%s", word + len + 1);
	return value;
}

bool environment_virtual_clock(void)
{
	char value[32];

	return !strcmp(cmdline_value("tdxbench.clock", value, sizeof(value)), "virtual");
}

/* Of a host nobody but its TDX module knows how long what took; say which it was. */
static json_t *hardware(void)
{
	char version[64];

	first_line("/sys/devices/faux/tdx_host/version", version, sizeof(version));
	return json_pack("{s:s, s:o}", "kind", "tdx", "note", json_sprintf(
			 "TDX module%s%s; quotes are not verified, and events not checked against counters of the kernel",
			 *version ? " " : "", version));
}

static json_t *software(bool lab)
{
	return json_pack("{s:s, s:s}", "kind", "software", "note", lab ?
			 "kernel/emu: a model; compute times are the profile's, not a TDX module's" :
			 "kernel/emu: a model, with a load that tdxbench did not make; quotes are not verified, and events not checked against counters of the kernel");
}

/* The software module comes with the lab, or is asked for as the kernel boots. */
static bool is_software(const char *path)
{
	char value[512];

	if (path && !strcmp(path, "module"))
		return true;
	cmdline_value("tdx_emu", value, sizeof(value));
	return *value && strcmp(value, "off") && strcmp(value, "0");
}

/* Where the quoting path is: in the kernel, or in a module that is there or will come. */
static const char *path_place(void)
{
	struct kallsym symbol;

	if (access("/proc/kallsyms", R_OK))
		return NULL;
	return kallsyms_find(KALLSYMS_PATH, &symbol) && !*symbol.module ? "kernel" : "module";
}

static json_t *module_of(const char *target, const char *path)
{
	bool lab = strcmp(target, "host");

	return lab || is_software(path) ? software(lab) : hardware();
}

json_t *environment_here(const char *target)
{
	char line[2048], accel[32];
	const char *path = path_place();
	struct utsname uts;
	struct sysinfo info;
	json_t *env = json_object();

	uname(&uts);
	sysinfo(&info);
	cmdline_value("tdxbench.accel", accel, sizeof(accel));

	json_object_set_new(env, "tdxbench", json_text(TDXBENCH_VERSION));
	json_object_set_new(env, "target", json_text(target));
	json_object_set_new(env, "clock",
			    json_text(environment_virtual_clock() ? "virtual" : "real"));
	json_object_set_new(env, "accel", json_text(*accel ? accel : "none"));
	json_object_set_new(env, "kernel", json_text(uts.release));
	json_object_set_new(env, "cmdline",
			    json_text(first_line("/proc/cmdline", line, sizeof(line))));
	json_object_set_new(env, "cpus", json_integer(get_nprocs()));
	json_object_set_new(env, "memory_mib",
			    json_integer((json_int_t)(info.totalram >> 10) * info.mem_unit >> 10));
	json_object_set_new(env, "cpu_model", json_text(cpu_model(line, sizeof(line))));
	json_object_set_new(env, "clocksource", json_text(first_line(
		"/sys/devices/system/clocksource/clocksource0/current_clocksource",
		line, sizeof(line))));
	json_object_set_new(env, "fingerprint", json_text(
		cmdline_value("tdxbench.fingerprint", line, sizeof(line))));
	if (path)
		json_object_set_new(env, "path", json_text(path));
	json_object_set_new(env, "module", module_of(target, path));
	json_object_set_new(env, "compiler", json_text(TDXBENCH_COMPILER));
	return env;
}

static const char *qemu_version(char *line, size_t size)
{
	FILE *pipe = popen("qemu-system-x86_64 --version 2>/dev/null", "re");

	*line = 0;
	if (pipe) {
		if (fgets(line, (int)size, pipe))
			line[strcspn(line, "\n")] = 0;
		pclose(pipe);
	}
	return line;
}

json_t *environment_host(void)
{
	char qemu[256];

	return json_pack("{s:s, s:s}", "target", "vm", "qemu", qemu_version(qemu, sizeof(qemu)));
}
