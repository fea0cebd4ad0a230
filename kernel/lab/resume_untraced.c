// SPDX-License-Identifier: GPL-2.0
/*
 * The resume loop, the same source, built as if there were no tracepoints: the
 * yardstick for what they cost while nobody listens.
 */
#define NOTRACE
#define tdx_ext_seamcall tdx_ext_seamcall_untraced

#include "../tdx_resume.c"
