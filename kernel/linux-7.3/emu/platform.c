// SPDX-License-Identifier: GPL-2.0
/*
 * The software TDX module as the platform's own: switched on by the kernel
 * command line before the first SEAMCALL, and said aloud.
 */
#define pr_fmt(fmt) "tdx_emu: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/seamldr.h>
#include <asm/tdx.h>

#include "../tdx_quote.h"
#include "platform.h"
#include "state.h"
#include "tdx_emu.h"

DEFINE_STATIC_KEY_FALSE(tdx_emu_on);

/* The lab compares designs; the kernel itself has decided. */
struct tdx_quote_policy tdx_quote_policy = TDX_QUOTE_POLICY_DEFAULT;

/* Of the module that the kernel boots with. */
static struct tdx_emu_profile profile __initdata;

/* --- tdx_emu=on, or tdx_emu=NAME=NUMBER[,NAME=NUMBER]... --- */

#define ROW_NAME(name, ...)	#name,

static const char *const rows[] __initconst = { TDX_EMU_PROFILE(ROW_NAME) };

static int __init set_row(char *setting)
{
	const char *name = strsep(&setting, "=");
	int row = match_string(rows, ARRAY_SIZE(rows), name);

	if (row < 0 || !setting || kstrtou64(setting, 0, (u64 *)&profile + row)) {
		pr_err("tdx_emu=: '%s%s%s' is neither on nor a row of the profile and its number\n",
		       name, setting ? "=" : "", setting ?: "");
		return -EINVAL;
	}
	return 0;
}

static int __init set_rows(char *settings)
{
	int ret = 0;

	while (!ret && settings)
		ret = set_row(strsep(&settings, ","));
	return ret;
}

/* Whoever mistypes a row gets no module: figures of another one would mislead. */
static int __init parse(char *settings)
{
	/* Of several the last one counts. */
	static_branch_disable(&tdx_emu_on);
	emu_profile_default(&profile);
	if (!settings || (strcmp(settings, "on") && set_rows(settings)))
		return -EINVAL;

	static_branch_enable(&tdx_emu_on);
	return 0;
}
early_param("tdx_emu", parse);

/* --- power --- */

static int __init power_on(void)
{
	int ret;

	if (!tdx_emu_enabled())
		return 0;

	pr_warn("**********************************************************\n");
	pr_warn("** The TDX module of this machine is SOFTWARE: a model. **\n");
	pr_warn("** It protects nothing, and its quotes prove nothing.   **\n");
	pr_warn("**********************************************************\n");
	add_taint(TAINT_TEST, LOCKDEP_STILL_OK);

	ret = tdx_emu_init();
	if (!ret)
		ret = tdx_emu_set_profile(&profile);
	if (ret) {
		pr_err("no module to initialise (%d)\n", ret);
		tdx_emu_exit();
		return ret;
	}
	tdx_emu_cold();
	return 0;
}

/* The kernel initialises the module at subsys_initcall. */
arch_initcall(power_on);

int tdx_emu_power_cycle(void)
{
	if (!tdx_emu_enabled())
		return -ENODEV;

	tdx_quote_exit();
	tdx_emu_exit();
	tdx_quote_policy = (struct tdx_quote_policy)TDX_QUOTE_POLICY_DEFAULT;
	return tdx_emu_init();
}

int tdx_emu_update(const void *image, u32 size)
{
	return tdx_emu_enabled() ? seamldr_install_module(image, size) : -ENODEV;
}

/* --- SEAMCALL --- */

/*
 * A machine check asks whose a page is. It may have interrupted anything, so the
 * model's lock cannot be taken; and there is no private memory to be found.
 */
noinstr u64 tdx_emu_answer(u64 fn, struct tdx_module_args *args)
{
	u64 r = TDX_SEAMCALL_VMFAILINVALID;

	instrumentation_begin();
	if (!in_nmi())
		r = tdx_emu_seamcall(fn, args);
	instrumentation_end();
	return r;
}
