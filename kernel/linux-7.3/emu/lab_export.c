// SPDX-License-Identifier: GPL-2.0
/*
 * What the lab, module tdx_lab, uses of the kernel: the path, and the software TDX
 * module. Only in kernels that have the latter.
 */
#include <linux/export.h>

#include "../lab/lab.h"
#include "../tdx_quote.h"
#include "platform.h"
#include "tdx_emu.h"

#define EXPORT_FOR_LAB(symbol)	EXPORT_SYMBOL_FOR_MODULES(symbol, "tdx_lab")

/* The path. */
EXPORT_FOR_LAB(tdx_ext_get_state);
EXPORT_FOR_LAB(tdx_ext_init);
EXPORT_FOR_LAB(tdx_ext_seamcall);
EXPORT_FOR_LAB(tdx_ext_select);
EXPORT_FOR_LAB(tdx_module_up);
EXPORT_FOR_LAB(tdx_quote_available);
EXPORT_FOR_LAB(tdx_quote_exit);
EXPORT_FOR_LAB(tdx_quote_get_state);
EXPORT_FOR_LAB(tdx_quote_in_flight);
EXPORT_FOR_LAB(tdx_quote_init);
EXPORT_FOR_LAB(tdx_quote_max_size);
EXPORT_FOR_LAB(tdx_quote_nr_buffers);
EXPORT_FOR_LAB(tdx_quote_policy);
EXPORT_FOR_LAB(tdx_sys_rd);
EXPORT_FOR_LAB(tdx_update_last);

/* The cost of its resume loop. */
EXPORT_FOR_LAB(lab_loop);

/* The software TDX module. */
EXPORT_FOR_LAB(tdx_emu_features0);
EXPORT_FOR_LAB(tdx_emu_get_counts);
EXPORT_FOR_LAB(tdx_emu_get_profile);
EXPORT_FOR_LAB(tdx_emu_key);
EXPORT_FOR_LAB(tdx_emu_key_epoch);
EXPORT_FOR_LAB(tdx_emu_pool_page);
EXPORT_FOR_LAB(tdx_emu_pool_pages);
EXPORT_FOR_LAB(tdx_emu_power_cycle);
EXPORT_FOR_LAB(tdx_emu_seamcall);
EXPORT_FOR_LAB(tdx_emu_set_profile);
EXPORT_FOR_LAB(tdx_emu_stage);
EXPORT_FOR_LAB(tdx_emu_stale_quotes);
EXPORT_FOR_LAB(tdx_emu_td_create);
EXPORT_FOR_LAB(tdx_emu_td_destroy);
EXPORT_FOR_LAB(tdx_emu_td_report);
EXPORT_FOR_LAB(tdx_emu_update);
