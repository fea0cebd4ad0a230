/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software TDX module's memory: what it was configured to, what it owns,
 * and the calls it has left half-way.
 */
#ifndef _TDX_EMU_STATE_H
#define _TDX_EMU_STATE_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "emu.h"
#include "tdx_emu.h"
#include "tdx_emu_profile.h"

#define EMU_MAX_CALLS		64	/* as many as profile.slots may ask for */
#define EMU_TD_HASH_BITS	10

enum emu_sys_state {
	EMU_SYS_UNCONFIGURED,
	EMU_SYS_CONFIGURED,
	EMU_SYS_SHUTDOWN,
};

struct emu_td {
	struct hlist_node node;
	u64 tdr;
	struct emu_identity who;
};

/**
 * struct emu_call - one extension SEAMCALL from first entry to last exit
 * @used:    the slot is taken
 * @entered: a CPU is inside; else the call is suspended
 * @leaf:    with the next three the key, which a resume must repeat
 * @tdr:     HPA of the TD's root page, 0 where no TD is concerned
 * @input:   HPA of the input page
 * @list:    HPA of the first node of the output list
 * @left_ns: compute time that has still to pass
 * @work_state: how far the model's own work is, see work.c
 * @make:    what that work is
 * @made:    its completion status
 * @report:  TDH.QUOTE.GET: input as it was at the first entry
 * @out:     TDH.QUOTE.GET: where the quote goes
 * @len:     TDH.QUOTE.GET: bytes of the quote
 * @scratch: for making the quote
 */
struct emu_call {
	bool used;
	bool entered;
	u16 leaf;
	u64 tdr;
	u64 input;
	u64 list;
	u64 left_ns;
	atomic_t work_state;
	u64 (*make)(struct emu_call *call);
	u64 made;
	u8 report[EMU_REPORT_SIZE];
	struct emu_out out;
	u32 len;
	u8 scratch[4096];
};

struct emu_counts {
	atomic64_t entries;
	atomic64_t resumable;
	atomic64_t success;
	atomic64_t failed;
};

struct emu_state {
	struct tdx_emu_profile profile;
	struct emu_counts counts[TDX_EMU_NR_LEAVES];

	raw_spinlock_t lock;	/* protects all below; taken with preemption off */
	enum emu_sys_state sys;
	u64 addon;		/* R9 of TDH.SYS.CONFIG */
	bool ext_ready;
	bool quote_ready;
	u64 *pool;		/* HPAs of the pages it owns */
	u32 pool_pages;
	u64 serial;		/* of the last quote */
	u64 td_serial;		/* of the last TD */
	struct emu_key key;	/* of this epoch */
	struct emu_call *calls;
	DECLARE_HASHTABLE(tds, EMU_TD_HASH_BITS);
};

extern struct emu_state emu;

/* emu.c */
const struct emu_identity *emu_td_identity(u64 tdr);	/* NULL: no such TD; else while it lives */
bool emu_any_call(u16 leaf);	/* begun and not ended; 0 is any leaf; emu.lock held */
u64 emu_ready(void);	/* TDX_SUCCESS once configured and not shut down; emu.lock held */

/**
 * struct emu_ext_leaf - one leaf that can be suspended; emu.lock is not held
 * @check:  state and operands, at the first entry; sets the compute time
 * @make:   what there is to compute, or NULL; may run on another CPU
 * @finish: hands out the results once time has passed and all is made
 */
struct emu_ext_leaf {
	u64 (*check)(struct emu_call *call, const struct tdx_module_args *args);
	u64 (*make)(struct emu_call *call);
	u64 (*finish)(struct emu_call *call, struct tdx_module_args *args);
};

extern const struct emu_ext_leaf emu_ext_init;
extern const struct emu_ext_leaf emu_quote_init;
extern const struct emu_ext_leaf emu_quote_get;

u64 emu_sys_rd(struct tdx_module_args *args);
u64 emu_sys_config(u8 version, const struct tdx_module_args *args);
u64 emu_sys_shutdown(const struct tdx_module_args *args);
u64 emu_sys_update(u8 version, const struct tdx_module_args *args);
u64 emu_ext_mem_add(struct tdx_module_args *args);
u32 emu_pool_missing(void);	/* emu.lock held */
u64 *emu_pool_alloc(void);
void emu_pool_free(void);

/* work.c */
int emu_work_init(void);
void emu_work_exit(void);
/* True when the host must be left so that it can be done. */
bool emu_work_begin(struct emu_call *call, u64 (*make)(struct emu_call *call));
bool emu_work_done(struct emu_call *call);

/* engine.c: TDX_SUCCESS when *left_ns has passed, else TDX_INTERRUPTED_RESUMABLE */
int emu_engine_init(void);
void emu_engine_exit(void);
u64 emu_compute(u64 *left_ns);
bool emu_interrupt_taken(void);	/* while the model worked, by a yield rule that minds */

#endif /* _TDX_EMU_STATE_H */
