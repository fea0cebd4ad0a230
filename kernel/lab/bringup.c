// SPDX-License-Identifier: GPL-2.0
/*
 * The order in which a host starts the TDX module. What concerns neither
 * extensions nor quoting is left out.
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <asm/shared/tdx.h>

#include "../seamcall.h"
#include "../tdx_abi.h"
#include "../tdx_quote.h"
#include "lab.h"

static enum tdx_lab_state state;

enum tdx_lab_state lab_state(void)
{
	return READ_ONCE(state);
}

void lab_set_state(enum tdx_lab_state new)
{
	WRITE_ONCE(state, new);
}

/* A leaf that either does it or does not: 0 or -EIO. */
int lab_sys_call(u64 fn, struct tdx_module_args *args, const char *name)
{
	u64 r = seamcall_ret(fn, args);

	if (r == TDX_SUCCESS)
		return 0;
	pr_err("%s failed, status 0x%016llx\n", name, r);
	return -EIO;
}

static int sys_config(void)
{
	struct tdx_module_args args = {};
	u64 features0;
	int ret;

	ret = tdx_sys_rd(TDX_MD_FEATURES0, &features0);
	if (ret)
		return ret;

	args.r9 = tdx_ext_select(features0);
	return lab_sys_call(TDX_FN(TDH_SYS_CONFIG, args.r9 ? 1 : 0), &args, "TDH.SYS.CONFIG");
}

/* Without extensions or quoting the host is up all the same. */
static int start(enum tdx_lab_state *reached)
{
	int ret;

	*reached = TDX_LAB_FAILED;
	ret = sys_config();
	if (ret)
		return ret;

	ret = tdx_ext_init();
	if (ret && ret != -EOPNOTSUPP)
		return ret;

	if (!ret)
		ret = tdx_quote_init();
	*reached = ret ? TDX_LAB_NO_QUOTING : TDX_LAB_UP;
	return 0;
}

int lab_bring_up(void)
{
	enum tdx_lab_state reached;
	int ret;

	if (state != TDX_LAB_DOWN)
		return -EALREADY;

	ret = start(&reached);
	lab_set_state(reached);
	return ret;
}

void lab_shut_down(void)
{
	tdx_quote_exit();
}
