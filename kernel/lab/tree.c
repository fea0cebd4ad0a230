// SPDX-License-Identifier: GPL-2.0
/*
 * The lab on a kernel that has path and software TDX module built in, and has used
 * them before tdx_lab.ko was loaded: whatever it did is undone for the lab, which
 * does it its own way. Unloading leaves the machine with a module that nobody has
 * initialised.
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include <emu/platform.h>	/* the kernel's */

#include "../emu/tdx_emu.h"
#include "../emu/tdx_emu_image.h"
#include "../tdx_quote.h"
#include "lab.h"

int lab_power_on(void)
{
	int ret = tdx_emu_power_cycle();

	if (ret == -ENODEV)
		pr_err("the software TDX module is not there: boot with tdx_emu=on\n");
	return ret;
}

void lab_power_off(void)
{
	tdx_emu_power_cycle();
}

/* By the kernel's own code, which knows but one error. */
int lab_replace_module(const struct tdx_emu_profile *profile)
{
	struct tdx_emu_blob *blob = vzalloc(sizeof(*blob));
	int ret;

	if (!blob)
		return -ENOMEM;

	tdx_emu_blob_fill(blob, profile);
	ret = tdx_emu_update(blob, sizeof(*blob));
	vfree(blob);

	return ret == -EIO && tdx_update_last()->kept ? -EBUSY : ret;
}
