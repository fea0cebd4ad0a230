// SPDX-License-Identifier: GPL-2.0
/*
 * tdxbench doctor: what this machine can run, what is missing, how to get it.
 * Looks only; changes nothing.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands.h"
#include "place.h"

/* What a check is needed for. */
enum need { NEED_VM, NEED_LOCAL, NEED_REPORT, NEED_HOST, NR_NEEDS };

static const struct {
	const char *name;
	const char *what;
} needs[NR_NEEDS] = {
	[NEED_VM] = { "vm", "measure in a VM, software TDX module" },
	[NEED_LOCAL] = { "local", "measure on this kernel, software TDX module" },
	[NEED_REPORT] = { "plots", "draw plots and the report's pictures" },
	[NEED_HOST] = { "tdx", "hardware: a TDX host whose kernel has the quoting path" },
};

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
	return readable(place("build/tdx_lab.ko"));
}

static bool is_root(void)
{
	return !geteuid();
}

static bool has_btf(void)
{
	return readable("/sys/kernel/btf/vmlinux");
}

static bool kernel_is_new_enough(void)
{
	struct utsname uts;
	int major, minor;

	uname(&uts);
	if (sscanf(uts.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 12);
}

static bool modules_load(void)
{
	FILE *file = fopen("/proc/sys/kernel/modules_disabled", "re");
	int disabled = 1;

	/* No such file: a kernel without loadable modules. */
	if (file) {
		if (fscanf(file, "%d", &disabled) != 1)
			disabled = 1;
		fclose(file);
	}
	return !disabled;
}

static bool has_tdx(void)
{
	FILE *file = fopen("/sys/module/kvm_intel/parameters/tdx", "re");
	bool on = file && fgetc(file) == 'Y';

	if (file)
		fclose(file);
	return on;
}

static bool has_events(void)
{
	return readable("/sys/kernel/tracing/events/tdx_ext");
}

/* --- the table --- */

struct check {
	enum need need;
	const char *what;
	bool (*test)(void);
	const char *remedy;
};

static const struct check checks[] = {
	{ NEED_VM, "qemu-system-x86_64", has_qemu, "scripts/setup.sh installs it" },
	{ NEED_VM, "busybox", has_busybox, "scripts/setup.sh installs it" },
	{ NEED_VM, "cpio", has_cpio, "scripts/setup.sh installs it" },
	{ NEED_VM, "kernel for the VM", has_vm_kernel, "scripts/setup.sh downloads it" },
	{ NEED_VM, "tdx_lab.ko built", has_module, "make builds it" },
	{ NEED_LOCAL, "tdx_lab.ko built", has_module,
	  "make KDIR=/lib/modules/$(uname -r)/build builds it for this kernel" },
	{ NEED_LOCAL, "root", is_root, "use sudo" },
	{ NEED_LOCAL, "Linux 6.12 or newer", kernel_is_new_enough, "boot a newer kernel" },
	{ NEED_LOCAL, "kernel with BTF", has_btf, "boot one with CONFIG_DEBUG_INFO_BTF" },
	{ NEED_LOCAL, "kernel loads modules", modules_load,
	  "boot one with CONFIG_MODULES and kernel.modules_disabled=0" },
	{ NEED_REPORT, "gnuplot", has_gnuplot, "scripts/setup.sh installs it" },
	{ NEED_HOST, "KVM with TDX", has_tdx, "a TDX server, TDX on in firmware, kvm_intel.tdx=1" },
	{ NEED_HOST, "tdx_ext trace events", has_events,
	  "a kernel with the quoting path; no released one has it" },
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

static int doctor_run(int argc, char **argv)
{
	json_t *out = json_object();
	bool able[NR_NEEDS];
	unsigned int need;

	if (argc)
		return usage_error("doctor", "takes no arguments, got '%s'", argv[0]);

	for (need = 0; need < NR_NEEDS; need++)
		able[need] = json ? json_need(out, need) : print_need(need);
	if (json) {
		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(out);
	return able[NEED_VM] || able[NEED_LOCAL] ? EXIT_DONE : EXIT_CANNOT_RUN;
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
