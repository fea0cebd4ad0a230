// SPDX-License-Identifier: GPL-2.0
/*
 * What a run ran on.
 */
#include "run/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "run/facts.h"
#include "run/kallsyms.h"
#include "result/result.h"

static json_t *line_of(const char *path)
{
	char line[4096];

	fact_line(path, line, sizeof(line));
	return json_text(line);
}

static json_t *cpu_model(void)
{
	char model[256];

	fact_value("/proc/cpuinfo", "model name", model, sizeof(model));
	return json_text(model);
}

/* On the kernel's command line vm.sh tells the guest. */
static json_t *argument(const char *key, const char *otherwise)
{
	char value[1024];

	return json_text(fact_argument(key, value, sizeof(value)) ? value : otherwise);
}

bool environment_virtual_clock(void)
{
	char value[32];

	return fact_argument("tdxbench.clock", value, sizeof(value)) && !strcmp(value, "virtual");
}

/* Of a host nobody but its TDX module knows how long what took; say which it was. */
static json_t *hardware(void)
{
	char version[64];

	fact_line("/sys/devices/faux/tdx_host/version", version, sizeof(version));
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

/* Where the quoting path is: in the kernel, or in a module that is there or will come. */
static const char *path_place(void)
{
	struct kallsym symbol;

	if (!fact_readable("/proc/kallsyms"))
		return NULL;
	return kallsyms_find(KALLSYMS_PATH, &symbol) && !*symbol.module ? "kernel" : "module";
}

static json_t *module_of(const char *target, const char *path)
{
	bool lab = strcmp(target, "host");

	/* A path that comes as a module brings its TDX module along. */
	if (lab || fact_emulated() || (path && !strcmp(path, "module")))
		return software(lab);
	return hardware();
}

/* How the kernel was built or booted, by its log: the word behind @before. */
static void add_logged(json_t *env, const char *name, const char *before)
{
	char message[256], *word;

	fact_log(before, message, sizeof(message));
	word = strstr(message, before);
	if (!word)
		return;
	word += strlen(before);
	word[strcspn(word, ", ")] = 0;
	json_object_set_new(env, name, json_text(word));
}

json_t *environment_here(const char *target)
{
	const char *path = path_place();
	struct utsname uts;
	struct sysinfo info;
	json_t *env = json_object();

	uname(&uts);
	sysinfo(&info);

	json_object_set_new(env, "tdxbench", json_text(TDXBENCH_VERSION));
	if (*TDXBENCH_COMMIT) {
		json_object_set_new(env, "commit", json_text(TDXBENCH_COMMIT));
		json_object_set_new(env, "commit_time", json_text(TDXBENCH_COMMIT_TIME));
	}
	json_object_set_new(env, "target", json_text(target));
	json_object_set_new(env, "clock",
			    json_text(environment_virtual_clock() ? "virtual" : "real"));
	json_object_set_new(env, "accel", argument("tdxbench.accel", "none"));
	json_object_set_new(env, "kernel", json_text(uts.release));
	json_object_set_new(env, "cmdline", line_of("/proc/cmdline"));
	json_object_set_new(env, "cpus", json_integer(get_nprocs()));
	json_object_set_new(env, "memory_mib",
			    json_integer((json_int_t)(info.totalram >> 10) * info.mem_unit >> 10));
	json_object_set_new(env, "cpu_model", cpu_model());
	json_object_set_new(env, "clocksource", line_of(
		"/sys/devices/system/clocksource/clocksource0/current_clocksource"));
	json_object_set_new(env, "fingerprint", line_of("/tdxbench.fingerprint"));
	if (path)
		json_object_set_new(env, "path", json_text(path));
	add_logged(env, "preemption", "Dynamic Preempt: ");
	add_logged(env, "heap_init", "heap alloc:");
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

/*
 * A build outside git knows neither version nor commit; who has made it, like
 * scripts/ab.sh, says them here: "VERSION COMMIT TIME".
 */
static void add_origin(json_t *env)
{
	const char *origin = getenv("TDXBENCH_ORIGIN");
	char version[128], commit[41], when[21];

	if (!origin || sscanf(origin, "%127s %40[0-9a-f] %20[0-9TZ:-]", version, commit, when) != 3 ||
	    strlen(commit) != 40 || strlen(when) != 20)
		return;
	json_object_set_new(env, "tdxbench", json_text(version));
	json_object_set_new(env, "commit", json_text(commit));
	json_object_set_new(env, "commit_time", json_text(when));
}

json_t *environment_host(void)
{
	char qemu[256];
	json_t *env = json_pack("{s:s, s:s}", "target", "vm", "qemu",
				qemu_version(qemu, sizeof(qemu)));

	add_origin(env);
	return env;
}
