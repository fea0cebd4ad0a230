// SPDX-License-Identifier: GPL-2.0
/*
 * A runtime update of the TDX module: whether it may be asked for, and what is
 * left of the host when it is over.
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/time64.h>
#include <asm/tdx_getquote.h>

#include "../emu/tdx_emu.h"
#include "../tdx_quote.h"
#include "lab.h"

/* With the machine stopped for longer, watchdogs bark. */
#define STOPPED_MAX_NS	(5ULL * NSEC_PER_SEC)

static int check_stop(const struct tdx_emu_profile *profile)
{
	if (tdx_quote_policy.reinit == TDX_REINIT_RUNNING ||
	    profile->ext_init_ns + profile->quote_init_ns <= STOPPED_MAX_NS)
		return 0;
	pr_err("profile: with reinit stopped ext_init_ns and quote_init_ns together are %llu, allowed is up to %llu\n",
	       profile->ext_init_ns + profile->quote_init_ns, STOPPED_MAX_NS);
	return -ERANGE;
}

/* The old module has gone. */
static enum tdx_lab_state new_state(void)
{
	if (!tdx_module_up() || tdx_ext_get_state() == TDX_EXT_FAILED)
		return TDX_LAB_FAILED;
	return tdx_quote_available() ? TDX_LAB_UP : TDX_LAB_NO_QUOTING;
}

int lab_update(struct tdx_lab_update *update)
{
	const struct tdx_update_report *last = tdx_update_last();
	const u32 updates = last->nr;
	int ret;

	if (update->reserved)
		return -EINVAL;
	if (lab_state() == TDX_LAB_DOWN)
		return -ENODEV;
	ret = check_stop(&update->profile);
	if (ret)
		return ret;
	ret = tdx_emu_stage(&update->profile);
	if (ret)
		return ret;

	ret = lab_replace_module(&update->profile);
	if (last->nr == updates)
		return ret;

	if (!last->kept)
		lab_set_state(new_state());
	*update = (struct tdx_lab_update){
		.profile = update->profile,
		.error = ret,
		.drain_ns = last->drain_ns,
		.stall_ns = last->stall_ns,
		.total_ns = last->total_ns,
	};
	return 0;
}
