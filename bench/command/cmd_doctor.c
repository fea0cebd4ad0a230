// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench doctor: what this machine can run, what is missing, how to get it.
 * Looks only; changes nothing.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "run/doctor_host.h"
#include "run/facts.h"
#include "run/place.h"
#include "result/result.h"

/* What a check is needed for. */
enum need { NEED_VM, NEED_LOCAL, NEED_REPORT, NR_NEEDS };

static const struct {
	const char *name;
	const char *what;
} needs[NR_NEEDS] = {
	[NEED_VM] = { "vm", "measure in a VM, software TDX module" },
	[NEED_LOCAL] = { "local", "measure on this kernel, software TDX module" },
	[NEED_REPORT] = { "plots", "draw plots and the report's pictures" },
};

/* The fourth, with steps instead of checks: doctor_host.c. */
static const char host_name[] = "host", host_what[] = "measure this TDX server, whatever its guests do";

static bool json;

/* --- single facts --- */

static bool readable(const char *path)
{
	return !access(path, R_OK);
}

static bool in_path(const char *program)
{
	char *copy = strdup(getenv("PATH") ? getenv("PATH") : ""), *rest = copy, *dir;
	char path[4096];
	bool found = false;

	while (!found && (dir = strsep(&rest, ":"))) {
		snprintf(path, sizeof(path), "%s/%s", dir, program);
		found = !access(path, X_OK);
	}
	free(copy);
	return found;
}

static bool has_qemu(void)
{
	return in_path("qemu-system-x86_64");
}

static bool has_busybox(void)
{
	return in_path("busybox");
}

static bool has_cpio(void)
{
	return in_path("cpio");
}

static bool has_gnuplot(void)
{
	return in_path("gnuplot");
}

static bool has_vm_kernel(void)
{
	return readable(place_kernel());
}

static bool has_module(void)
{
	return readable(place_module());
}

static bool is_root(void)
{
	return !geteuid();
}

static bool has_btf(void)
{
	return fact_readable("/sys/kernel/btf/vmlinux");
}

static bool kernel_is_new_enough(void)
{
	char release[128];
	int major, minor;

	fact_line("/proc/sys/kernel/osrelease", release, sizeof(release));
	if (sscanf(release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 12);
}

/* No such file: a kernel without loadable modules. */
static bool modules_load(void)
{
	char disabled[16];

	return fact_line("/proc/sys/kernel/modules_disabled", disabled, sizeof(disabled)) &&
	       !strcmp(disabled, "0");
}

/* --- the table --- */

struct check {
	enum need need;
	const char *what;
	bool (*test)(void);
	const char *remedy;
};

static const struct check checks[] = {
	{ NEED_VM, "qemu-system-x86_64", has_qemu, "tdxbench setup installs it" },
	{ NEED_VM, "busybox", has_busybox, "tdxbench setup installs it" },
	{ NEED_VM, "cpio", has_cpio, "tdxbench setup installs it" },
	{ NEED_VM, "kernel for the VM", has_vm_kernel, "tdxbench setup downloads it" },
	{ NEED_VM, "tdx_lab.ko built", has_module, "make builds it; where tdxbench is installed, tdxbench setup" },
	{ NEED_LOCAL, "tdx_lab.ko built", has_module,
	  "make KDIR=/lib/modules/$(uname -r)/build builds it for this kernel" },
	{ NEED_LOCAL, "root", is_root, "use sudo" },
	{ NEED_LOCAL, "Linux 6.12 or newer", kernel_is_new_enough, "boot a newer kernel" },
	{ NEED_LOCAL, "kernel with BTF", has_btf, "boot one with CONFIG_DEBUG_INFO_BTF" },
	{ NEED_LOCAL, "kernel loads modules", modules_load,
	  "boot one with CONFIG_MODULES and kernel.modules_disabled=0" },
	{ NEED_REPORT, "gnuplot", has_gnuplot, "tdxbench setup installs it" },
	{}
};

static bool print_need(enum need need)
{
	const struct check *check;
	bool able = true;

	for (check = checks; check->what; check++)
		if (check->need == need && !check->test())
			able = false;

	printf("%-6s %s: %s\n", needs[need].name, able ? "yes" : "no ", needs[need].what);
	for (check = checks; check->what; check++) {
		if (check->need != need)
			continue;
		if (check->test())
			printf("       ok       %s\n", check->what);
		else
			printf("       missing  %-24s %s\n", check->what, check->remedy);
	}
	return able;
}

static bool json_need(json_t *out, enum need need)
{
	json_t *list = json_array();
	const struct check *check;
	bool able = true;

	for (check = checks; check->what; check++) {
		if (check->need != need)
			continue;
		bool ok = check->test();

		able &= ok;
		json_array_append_new(list, json_pack("{s:s, s:b, s:s?}", "what", check->what, "ok",
						      ok, "remedy", ok ? NULL : check->remedy));
	}
	json_object_set_new(out, needs[need].name,
			    json_pack("{s:b, s:s, s:o}", "able", able, "for", needs[need].what,
				      "checks", list));
	return able;
}

/* --- steps of a TDX server --- */

static void print_lines(const char *head, const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("                       %-6s %.*s\n", head, (int)len, text);
		head = "";
	}
}

/* How to get it is said of steps that can be taken now. */
static void print_step(size_t number, const struct step_report *step)
{
	printf("       %-11s  %2zu %-*s%s\n", step_state_name(step->state), number,
	       *step->seen ? 36 : 0, step->what, step->seen);
	if (step->state == STEP_MISSING || step->state == STEP_UNKNOWN) {
		print_lines("check", step->check);
		print_lines("get", step->remedy);
	}
}

static bool print_host(void)
{
	struct step_report report[DOCTOR_STEPS];
	bool able = doctor_host(report);
	const char *model = doctor_model();

	printf("%-6s %s: %s\n", host_name, able ? "yes" : "no ", host_what);
	if (model)
		printf("       software TDX module, a model: figures are not hardware's (%s)\n", model);
	for (size_t i = 0; i < DOCTOR_STEPS; i++)
		print_step(i + 1, &report[i]);
	return able;
}

static bool json_host(json_t *out)
{
	struct step_report report[DOCTOR_STEPS];
	bool able = doctor_host(report);
	json_t *list = json_array();

	for (size_t i = 0; i < DOCTOR_STEPS; i++) {
		const struct step_report *step = &report[i];
		bool ok = step->state == STEP_OK || step->state == STEP_NOT_NEEDED;

		json_array_append_new(list, json_pack("{s:s, s:b, s:s?, s:s, s:o, s:s}",
			"what", step->what, "ok", ok, "remedy", ok ? NULL : step->remedy,
			"state", step_state_name(step->state), "seen", json_text(step->seen),
			"check", step->check));
	}
	json_object_set_new(out, host_name, json_pack("{s:b, s:s, s:s?, s:o}", "able", able,
		"for", host_what, "model", doctor_model(), "checks", list));
	return able;
}

static int doctor_run(int argc, char **argv)
{
	json_t *out = json_object();
	bool able[NR_NEEDS], host;
	unsigned int need;

	if (argc)
		return usage_error("doctor", "takes no arguments, got '%s'", argv[0]);

	for (need = 0; need < NR_NEEDS; need++)
		able[need] = json ? json_need(out, need) : print_need(need);
	host = json ? json_host(out) : print_host();
	if (json) {
		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(out);
	return able[NEED_VM] || able[NEED_LOCAL] || host ? EXIT_DONE : EXIT_CANNOT_RUN;
}

static const struct option_row rows[] = {
	{ 'j', "json", NULL, OPTION_FLAG, &json, 0, 0, NULL, "as JSON" },
	{}
};

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "Say what this machine can run, what is missing and how to get it.",
	.synopsis = "[OPTION...]",
	.text = "exit codes: 0 something can be measured here, 77 nothing can\n",
	.options = rows,
	.run = doctor_run,
};
