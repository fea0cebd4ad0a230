// SPDX-License-Identifier: GPL-2.0
/*
 * The steps from a fresh TDX server to figures. kernel/linux-7.3/SERVER.md walks
 * through them.
 */
#include "run/doctor_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/facts.h"
#include "run/kallsyms.h"

enum step_id {
	CPU, KERNEL, PATH, BTF, FIRMWARE, HIBERNATION, MODULE, KVM, EXTENSIONS, QUOTING,
	PRIVILEGE, TRACEFS, LOCKDOWN, GUESTS,
};
_Static_assert(GUESTS + 1 == DOCTOR_STEPS, "a report for each step");

#define AFTER(step)	(1u << (step))

/* Messages of Linux 7.3 and of the quoting path. */
#define LOG_KEYIDS	"BIOS enabled: private KeyID range"
#define LOG_NO_MODULE	"tdx: module not loaded"
#define LOG_POOL	"KB of memory given to the TDX module for extensions"
#define LOG_QUOTING	"quoting enabled"

#define VERSION_FILE	"/sys/devices/faux/tdx_host/version"

typedef enum step_state tester(char *seen, size_t size);

/* Says what was seen, and what that means. */
#define SAY(state, ...)	(snprintf(seen, size, __VA_ARGS__), (state))

const char *doctor_model(void)
{
	if (fact_emulated())
		return "tdx_emu= on the kernel's command line";
	return fact_readable("/sys/module/tdx_lab") ? "tdx_lab is loaded" : NULL;
}

/* ---- Machine and kernel ---- */

static enum step_state test_cpu(char *seen, size_t size)
{
	char vendor[64], model[100];

	fact_value("/proc/cpuinfo", "vendor_id", vendor, sizeof(vendor));
	fact_value("/proc/cpuinfo", "model name", model, sizeof(model));
	if (strcmp(vendor, "GenuineIntel"))
		return SAY(STEP_MISSING, "vendor is %s", *vendor ? vendor : "unknown");
	return SAY(STEP_OK, "%s; whether it has TDX shows below", model);
}

static enum step_state test_kernel(char *seen, size_t size)
{
	switch (fact_config("CONFIG_INTEL_TDX_HOST")) {
	case 'y':
		return STEP_OK;
	case '?':
		return SAY(STEP_UNKNOWN, "no configuration of this kernel in /proc, /boot or /lib/modules");
	default:
		return SAY(STEP_MISSING, "CONFIG_INTEL_TDX_HOST is not set");
	}
}

static enum step_state test_path(char *seen, size_t size)
{
	struct kallsym symbol;

	if (fact_readable("/sys/kernel/tracing/events/tdx_ext"))
		return SAY(STEP_OK, "tdx_ext events in tracefs");
	if (kallsyms_find(KALLSYMS_PATH, &symbol))
		return SAY(STEP_OK, "the events' functions in /proc/kallsyms");
	return SAY(STEP_MISSING, "neither tdx_ext events in tracefs nor their functions in /proc/kallsyms");
}

static enum step_state test_btf(char *seen, size_t size)
{
	(void)seen;
	(void)size;
	return fact_readable("/sys/kernel/btf/vmlinux") ? STEP_OK : STEP_MISSING;
}

/* ---- TDX ---- */

static bool may_hibernate(void)
{
	return fact_word("/sys/power/state", "disk");
}

static const char *why_no_log(void)
{
	return fact_log_readable() ? "the kernel's log has lost its beginning" :
	       "the kernel's log cannot be read, try as root";
}

/* Linux says so by a flag, unless it then found a reason to leave TDX alone. */
static enum step_state test_firmware(char *seen, size_t size)
{
	if (fact_word("/proc/cpuinfo", "tdx_host_platform"))
		return SAY(STEP_OK, "flag tdx_host_platform");
	if (fact_log(LOG_KEYIDS, seen, size))
		return STEP_OK;
	if (fact_word("/proc/cpuinfo", "hypervisor"))
		return SAY(STEP_MISSING, "this is a virtual machine, TDX is of the server itself");
	if (may_hibernate() && !fact_log_complete())
		return SAY(STEP_UNKNOWN, "hibernation hides it, and %s", why_no_log());
	return SAY(STEP_MISSING, "no flag tdx_host_platform");
}

static enum step_state test_hibernation(char *seen, size_t size)
{
	if (may_hibernate())
		return SAY(STEP_MISSING, "/sys/power/state offers \"disk\": Linux then leaves TDX off");
	return STEP_OK;
}

static bool kvm_has_tdx(void)
{
	return fact_word("/sys/module/kvm_intel/parameters/tdx", "Y");
}

/* Where the driver that tells the version is not loaded, KVM or the log knows. */
static enum step_state test_module(char *seen, size_t size)
{
	char version[64];

	if (fact_line(VERSION_FILE, version, sizeof(version)))
		return SAY(STEP_OK, "version %s", version);
	if (kvm_has_tdx())
		return SAY(STEP_OK, "in use by KVM; modprobe tdx_host tells its version");
	if (fact_log("odule initialized", seen, size) && strstr(seen, "tdx"))
		return STEP_OK;
	if (fact_log(LOG_NO_MODULE, seen, size))
		return STEP_MISSING;
	if (!fact_log_complete())
		return SAY(STEP_UNKNOWN, "no driver tdx_host, and %s", why_no_log());
	return SAY(STEP_MISSING, "no driver tdx_host, nothing in the kernel's log");
}

static enum step_state test_kvm(char *seen, size_t size)
{
	if (!fact_readable("/sys/module/kvm_intel/parameters/tdx"))
		return SAY(STEP_MISSING, "kvm_intel is not loaded, or knows no TDX");
	return kvm_has_tdx() ? SAY(STEP_OK, "kvm_intel.tdx=Y") : SAY(STEP_MISSING, "kvm_intel.tdx=N");
}

static enum step_state log_step(const char *part, char *seen, size_t size)
{
	if (fact_log(part, seen, size))
		return STEP_OK;
	if (!fact_log_complete())
		return SAY(STEP_UNKNOWN, "%s", why_no_log());
	return SAY(STEP_MISSING, "the kernel's log does not say \"%s\"", part);
}

/* Quoting needs extensions; they may need no memory. */
static enum step_state test_extensions(char *seen, size_t size)
{
	if (fact_log(LOG_QUOTING, seen, size))
		return STEP_OK;
	return log_step(LOG_POOL, seen, size);
}

/* Where quoting came back with a later update the log does not tell. */
static enum step_state test_quoting(char *seen, size_t size)
{
	static const char *const failures[] = { "TDH.EXT.INIT failed", "TDH.QUOTE.INIT failed" };

	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (fact_log_after(LOG_QUOTING, failures[i]))
			return SAY(STEP_UNKNOWN, "it was; since then: %s", failures[i]);
	return log_step(LOG_QUOTING, seen, size);
}

/* ---- What tdxbench may do here ---- */

static enum step_state test_privilege(char *seen, size_t size)
{
	if (fact_capable(FACT_SYS_ADMIN))
		return SAY(STEP_OK, "CAP_SYS_ADMIN");
	if (!fact_capable(FACT_BPF) || !fact_capable(FACT_PERFMON))
		return SAY(STEP_MISSING, "no CAP_BPF with CAP_PERFMON");
	return SAY(STEP_OK, "CAP_BPF and CAP_PERFMON");
}

static enum step_state test_tracefs(char *seen, size_t size)
{
	return fact_word("/proc/mounts", "tracefs") ? STEP_OK :
	       SAY(STEP_MISSING, "none in /proc/mounts");
}

static enum step_state test_lockdown(char *seen, size_t size)
{
	char paranoid[16], lockdown[80];

	if (!fact_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)))
		snprintf(lockdown, sizeof(lockdown), "none");
	fact_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	if (strstr(lockdown, "[confidentiality]"))
		return SAY(STEP_MISSING, "lockdown is confidentiality, BPF may not read kernel memory");
	return SAY(STEP_OK, "lockdown: %s; perf_event_paranoid %s binds only users without privilege",
		   lockdown, *paranoid ? paranoid : "unknown");
}

/* Every TD holds a private key id, which the misc cgroup counts. */
static enum step_state test_guests(char *seen, size_t size)
{
	char running[32];

	if (!fact_value("/sys/fs/cgroup/misc.current", "tdx", running, sizeof(running)))
		return SAY(STEP_UNKNOWN, "no \"tdx\" in /sys/fs/cgroup/misc.current");
	return SAY(strtoul(running, NULL, 10) ? STEP_OK : STEP_MISSING, "%s running", running);
}

/* ---- The steps ---- */

/**
 * struct step - one thing to have
 * @after:    steps without which it need not be looked for
 * @hardware: a software TDX module in the kernel does without
 * @optional: without it one can measure, there may be nothing to be seen
 */
struct step {
	const char *what;
	tester *test;
	unsigned int after;
	bool hardware, optional;
	const char *check, *remedy;
};

static const struct step steps[DOCTOR_STEPS] = {
	[CPU] = { "CPU made by Intel", test_cpu, .hardware = true,
		.check = "grep -m1 -e vendor_id -e 'model name' /proc/cpuinfo",
		.remedy = "a server with TDX: Xeon of the 5th generation (some of the 4th), Xeon 6 or newer" },
	[KERNEL] = { "kernel built with TDX host support", test_kernel, .hardware = true,
		.check = "zgrep CONFIG_INTEL_TDX_HOST /proc/config.gz /boot/config-$(uname -r)",
		.remedy = "scripts/kernel.sh build --flavour server builds one from this kernel's configuration;\n"
			  "of your own: what kernel/linux-7.3/server.config says" },
	[PATH] = { "kernel with the quoting path", test_path,
		.check = "sudo ls /sys/kernel/tracing/events/tdx_ext",
		.remedy = "no released kernel has it: scripts/kernel.sh build --flavour server, or\n"
			  "scripts/kernel.sh apply DIR for a Linux 7.3 tree of yours" },
	[BTF] = { "kernel with BTF", test_btf,
		.check = "ls /sys/kernel/btf/vmlinux",
		.remedy = "CONFIG_DEBUG_INFO_BTF=y; building needs pahole" },
	[FIRMWARE] = { "TDX on in firmware", test_firmware, .after = AFTER(CPU) | AFTER(KERNEL),
		.hardware = true,
		.check = "grep -m1 -ow tdx_host_platform /proc/cpuinfo; dmesg | grep virt/tdx",
		.remedy = "firmware setup, often under Processor: Memory Encryption (TME) on, TME-MT on,\n"
			  "its memory integrity off, TDX on, TDX SEAM Loader on, \"TME-MT/TDX key split\"\n"
			  "above 0, SGX on. Where TDX cannot be chosen: how memory modules are placed" },
	[HIBERNATION] = { "hibernation off", test_hibernation, .hardware = true,
		.check = "cat /sys/power/state   (no \"disk\" in it)",
		.remedy = "nohibernate on the kernel's command line" },
	[MODULE] = { "TDX module initialised", test_module,
		.after = AFTER(FIRMWARE) | AFTER(HIBERNATION),
		.check = "cat " VERSION_FILE "; dmesg | grep virt/tdx",
		.remedy = "the kernel's log says why not; \"module not loaded\": firmware has not loaded one,\n"
			  "look for TDX SEAM Loader in its setup, or for an update of it" },
	[KVM] = { "KVM with TDX", test_kvm, .after = AFTER(MODULE), .hardware = true,
		.check = "cat /sys/module/kvm_intel/parameters/tdx   (Y)",
		.remedy = "kvm_intel.tdx=1 on the kernel's command line; N in spite of it: dmesg | grep -i tdx" },
	[EXTENSIONS] = { "TDX module with extensions", test_extensions,
		.after = AFTER(PATH) | AFTER(MODULE),
		.check = "dmesg | grep -i tdx   (bit 39 of TDX_FEATURES0)",
		.remedy = "no TDX module released so far has them; tdx_emu=on on a kernel with\n"
			  "CONFIG_INTEL_TDX_MODULE_EMU brings up a model in its place" },
	[QUOTING] = { "quoting enabled", test_quoting, .after = AFTER(EXTENSIONS),
		.check = "dmesg | grep 'quoting enabled'   (bit 50 of TDX_FEATURES0)",
		.remedy = "no TDX module released so far has it; where one does, the log has the status of\n"
			  "TDH.QUOTE.INIT. Guests are answered by user space (QGS) meanwhile" },
	[PRIVILEGE] = { "root, or CAP_BPF and CAP_PERFMON", test_privilege,
		.check = "grep CapEff /proc/self/status",
		.remedy = "use sudo" },
	[TRACEFS] = { "tracefs mounted", test_tracefs,
		.check = "grep tracefs /proc/mounts",
		.remedy = "mount -t tracefs tracefs /sys/kernel/tracing" },
	[LOCKDOWN] = { "BPF may trace the kernel", test_lockdown,
		.check = "cat /sys/kernel/security/lockdown",
		.remedy = "lockdown=integrity, or none, on the kernel's command line" },
	[GUESTS] = { "a TD is running", test_guests, .after = AFTER(KVM), .hardware = true,
		.optional = true,
		.check = "grep tdx /sys/fs/cgroup/misc.current",
		.remedy = "kernel/linux-7.3/SERVER.md starts one and makes it ask for quotes" },
};

const char *step_state_name(enum step_state state)
{
	static const char *const names[] = {
		[STEP_OK] = "ok", [STEP_MISSING] = "missing", [STEP_UNKNOWN] = "unknown",
		[STEP_NOT_CHECKED] = "not checked", [STEP_NOT_NEEDED] = "not needed",
	};

	return names[state];
}

/* The first of the steps that has to be taken before, or -1. */
static int blocked_by(const struct step *step, const struct step_report *report)
{
	for (int i = 0; i < DOCTOR_STEPS; i++)
		if (step->after & AFTER(i) && (report[i].state == STEP_MISSING ||
					       report[i].state == STEP_NOT_CHECKED))
			return i;
	return -1;
}

/* tdx_lab is a TDX module and a bring-up of its own, whatever the kernel's say. */
static bool is_needed(enum step_id id, const char *model)
{
	bool lab = model && !strncmp(model, "tdx_lab", 7);

	return !(model && steps[id].hardware) &&
	       !(lab && (id == MODULE || id == EXTENSIONS || id == QUOTING));
}

static void take(enum step_id id, const char *model, struct step_report *report)
{
	const struct step *step = &steps[id];
	struct step_report *here = &report[id];
	int blocked = blocked_by(step, report);

	*here = (struct step_report){
		.what = step->what, .check = step->check, .remedy = step->remedy,
	};
	if (!is_needed(id, model)) {
		here->state = STEP_NOT_NEEDED;
		snprintf(here->seen, sizeof(here->seen), "by the software TDX module");
	} else if (blocked >= 0) {
		here->state = STEP_NOT_CHECKED;
		snprintf(here->seen, sizeof(here->seen), "step %d comes first", blocked + 1);
	} else {
		here->state = step->test(here->seen, sizeof(here->seen));
	}
}

bool doctor_host(struct step_report report[DOCTOR_STEPS])
{
	const char *model = doctor_model();
	bool able = true;

	for (enum step_id id = 0; id < DOCTOR_STEPS; id++) {
		take(id, model, report);
		if (!steps[id].optional && (report[id].state == STEP_MISSING ||
					    report[id].state == STEP_NOT_CHECKED))
			able = false;
	}
	return able;
}
