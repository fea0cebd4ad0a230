/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab around the quoting path: what a host with KVM would be.
 *
 *   main.c            /dev/tdx_lab and its ioctls
 *   bringup.c         the order in which a host starts the module
 *   update.c          a runtime update of the module, as the lab tells of it
 *   td.c              TDs: memory, GetQuote
 *   seamcall.c        the seam: leads to the software TDX module
 *   raw.c             raw calls, for tests of the module's checks
 *   fragment.c        a load that leaves free memory in single pages
 *
 * On a kernel without path and software TDX module, which then are in tdx_lab.ko:
 *   alone.c           power, policy
 *   replace.c         the order in which a host replaces the module while running
 *   contig.c          physically contiguous pages
 *
 * On a kernel that has both built in:
 *   tree.c            power, and the kernel's own way of replacing the module
 *
 * Always beside the path, in the same image:
 *   loop.c            cost of the resume loop itself
 *   resume_untraced.c the resume loop built without tracepoints
 */
#ifndef _TDX_LAB_H
#define _TDX_LAB_H

#include <linux/types.h>

#include "uapi/tdx_lab.h"

struct file;
struct tdx_module_args;
struct tdx_ext_call;

/* alone.c or tree.c. 0 or negative errno. */
int lab_power_on(void);
void lab_power_off(void);

/* replace.c or tree.c: by the one that is staged, of @profile. As tdx_update(). */
int lab_replace_module(const struct tdx_emu_profile *profile);

/* bringup.c; the caller serialises. 0 or negative errno. */
int lab_bring_up(void);
void lab_shut_down(void);
enum tdx_lab_state lab_state(void);
void lab_set_state(enum tdx_lab_state state);
int lab_sys_call(u64 fn, struct tdx_module_args *args, const char *name);

/* update.c; the caller serialises. 0 with @update->error set, or negative errno. */
int lab_update(struct tdx_lab_update *update);

/* fragment.c; the caller serialises. 0 or negative errno. */
int lab_fragment(u32 mib);
u32 lab_fragments(void);	/* pages held */

/* td.c */
int lab_td_create(struct tdx_lab_create_td __user *arg);	/* descriptor or negative errno */
u32 lab_nr_tds(void);
void lab_td_counters(struct tdx_lab_counters *counters);
u64 lab_td_tdr(struct file *file);			/* 0: not a TD */
u64 lab_td_hpa(struct file *file, u64 offset);		/* 0: not a TD, or beyond its memory */

/* raw.c, loop.c */
int lab_raw_seamcall(struct tdx_lab_seamcall *call);
int lab_loop(struct tdx_lab_loop *loop);
u64 tdx_ext_seamcall_untraced(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call);

#endif /* _TDX_LAB_H */
