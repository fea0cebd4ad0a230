// SPDX-License-Identifier: GPL-2.0
/*
 * The lab on a kernel that knows nothing of quoting: path and software TDX module
 * are in tdx_lab.ko, and nobody else has a use for them.
 */
#include "../emu/tdx_emu.h"
#include "../tdx_platform.h"
#include "lab.h"

struct tdx_quote_policy tdx_quote_policy = TDX_QUOTE_POLICY_DEFAULT;

int lab_power_on(void)
{
	return tdx_emu_init();
}

void lab_power_off(void)
{
	tdx_emu_exit();
}
