// SPDX-License-Identifier: GPL-2.0
/*
 * The order in which a host starts the TDX module and, after a runtime update,
 * starts it again. What concerns neither extensions nor quoting is left out.
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
	return state;
}

static int sys_call(u64 fn, struct tdx_module_args *args, const char *name)
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

	args.r9 = tdx_ext_addon_features(features0);
	return sys_call(TDX_FN(TDH_SYS_CONFIG, args.r9 ? 1 : 0), &args, "TDH.SYS.CONFIG");
}

static int sys_update(void)
{
	struct tdx_module_args args = {};
	u64 features0, handoff;
	int ret;

	ret = tdx_sys_rd(TDX_MD_FEATURES0, &features0);
	if (!ret)
		ret = tdx_sys_rd(TDX_MD_MODULE_HV, &handoff);
	if (ret)
		return ret;

	args.rcx = handoff;
	ret = sys_call(TDX_FN(TDH_SYS_SHUTDOWN, 0), &args, "TDH.SYS.SHUTDOWN");
	if (ret)
		return ret;

	args = (struct tdx_module_args){ .r9 = tdx_ext_addon_features(features0) };
	return sys_call(TDX_FN(TDH_SYS_UPDATE, args.r9 ? 1 : 0), &args, "TDH.SYS.UPDATE");
}

/* Without extensions or quoting the host is up all the same. */
static int start_quoting(int ext)
{
	if (ext == -EOPNOTSUPP) {
		state = TDX_LAB_NO_QUOTING;
		return 0;
	}
	if (ext) {
		state = TDX_LAB_FAILED;
		return ext;
	}
	state = tdx_quote_init() ? TDX_LAB_NO_QUOTING : TDX_LAB_UP;
	return 0;
}

int lab_bring_up(void)
{
	int ret;

	if (state != TDX_LAB_DOWN)
		return -EALREADY;

	ret = sys_config();
	if (ret) {
		state = TDX_LAB_FAILED;
		return ret;
	}
	return start_quoting(tdx_ext_init());
}

int lab_reinit(void)
{
	int ret;

	if (state == TDX_LAB_DOWN || state == TDX_LAB_FAILED)
		return -ENODEV;

	ret = sys_update();
	if (ret) {
		tdx_quote_exit();
		state = TDX_LAB_FAILED;
		return ret;
	}

	ret = tdx_ext_reinit();
	if (ret)
		tdx_quote_exit();
	return start_quoting(ret);
}

void lab_shut_down(void)
{
	tdx_quote_exit();
}
