/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software TDX module's memory: what it was configured to, what it owns,
 * and the calls it has left half-way.
 */
#ifndef _TDX_EMU_STATE_H
#define _TDX_EMU_STATE_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "emu.h"
#include "tdx_emu.h"
#include "tdx_emu_profile.h"

#define EMU_MAX_CALLS		64	/* whatever profile.slots says; bits of emu.used */
#define EMU_TD_HASH_BITS	10

/* In this order, see sys.c. */
enum emu_sys_state {
	EMU_SYS_LOADED,		/* nothing done yet */
	EMU_SYS_INITIALISED,	/* SYS.INIT done; CONFIG or UPDATE will be next */
	EMU_SYS_CONFIGURED,	/* keys are missing */
	EMU_SYS_READY,
	EMU_SYS_SHUTDOWN,	/* waits for another module */
	EMU_SYS_DISABLED,	/* for good */
};

struct emu_td {
	struct hlist_node node;
	u64 tdr;
	struct emu_identity who;
};

/**
 * struct emu_call_key - what a resume must repeat
 * @leaf:  the leaf
 * @tdr:   HPA of the TD's root page, 0 where no TD is concerned
 * @input: HPA of the input page; TDH.EXT.MEM.ADD: its HPA_LIST_INFO
 * @list:  HPA of the first node of the output list
 */
struct emu_call_key {
	u16 leaf;
	u64 tdr;
	u64 input;
	u64 list;
};

/**
 * struct emu_call - one extension SEAMCALL from first entry to last exit
 * @key:     whose it is
 * @entered: a CPU is inside; else the call is suspended
 * @kept:    has survived a shutdown of the module
 * @cpu:     that it began on
 * @left_ns: compute time that has still to pass
 * @work_state: how far the model's own work is, see work.c
 * @make:    what that work is
 * @made:    its completion status
 * @report:  TDH.QUOTE.GET: input as it was at the first entry
 * @out:     TDH.QUOTE.GET: where the quote goes
 * @epoch:   TDH.QUOTE.GET: of the key it is made with
 * @len:     TDH.QUOTE.GET: bytes of the quote
 * @scratch: for making the quote
 */
struct emu_call {
	struct emu_call_key key;
	bool entered;
	bool kept;
	u32 cpu;
	u64 left_ns;
	atomic_t work_state;
	u64 (*make)(struct emu_call *call);
	u64 made;
	u8 report[EMU_REPORT_SIZE];
	struct emu_out out;
	u64 epoch;
	u32 len;
	u8 scratch[4096];
};

/**
 * struct emu_burst - a call that fails for want of entropy, or of a free module
 * @used:   this is one
 * @key:    of the call
 * @left:   attempts that will fail yet; then one goes well
 * @status: what they fail with
 */
struct emu_burst {
	bool used;
	struct emu_call_key key;
	u32 left;
	u64 status;
};

#define EMU_MAX_BURSTS		64

/**
 * struct emu_faults - what has happened since the profile was set or installed
 * @entries: of the leaf that the profile has fail
 * @calls:   first entries, by leaf
 * @bursts:  going on
 */
struct emu_faults {
	atomic64_t entries;
	u64 calls[TDX_EMU_NR_LEAVES];
	struct emu_burst bursts[EMU_MAX_BURSTS];
};

struct emu_counts {
	atomic64_t entries;
	atomic64_t resumable;
	atomic64_t success;
	atomic64_t failed;
};

/**
 * struct emu_state - all of it
 * @profile: changes only while no call is under way, or all CPUs are stopped
 * @counts:  by leaf
 * @stale:   quotes handed out though their key was renewed meanwhile
 * @lock:    protects all below; taken with preemption off
 * @sys:     how far it has come
 * @platform: cold boot: the order and the checks that a platform has, see sys.c
 * @nr_tdmrs: memory regions, in tdmr.c
 * @addon:   R9 of TDH.SYS.CONFIG
 * @ext_ready: TDH.EXT.INIT is done
 * @quote_ready: TDH.QUOTE.INIT is done
 * @pool:    HPAs of the pages it owns
 * @pool_pages: how many these are
 * @looked:  index of the pool page to be looked at next
 * @serial:  of the last quote
 * @td_serial: of the last TD
 * @quote_draws: times of quotes drawn, if they vary
 * @slice_draws: the same of slices
 * @key:     of this epoch
 * @calls:   slots
 * @used:    bit n: slot n holds a call
 * @faults:  what has happened of those that the profile wants
 * @staged:  there is a module to be installed, with profile @next
 * @next:    that profile
 * @params:  HPA of the SEAMLDR_PARAMS that it came with, 0: from tdx_emu_stage()
 * @installing: CPUs that have called SEAMLDR.INSTALL for it
 * @installs: modules installed since power came on; the first has CONFIG, others UPDATE
 * @tds:     by TDR
 */
struct emu_state {
	struct tdx_emu_profile profile;
	struct emu_counts counts[TDX_EMU_NR_LEAVES];
	atomic64_t stale;

	raw_spinlock_t lock;
	enum emu_sys_state sys;
	bool platform;
	u32 nr_tdmrs;
	u64 addon;
	bool ext_ready;
	bool quote_ready;
	u64 *pool;
	u32 pool_pages;
	u32 looked;
	u64 serial;
	u64 td_serial;
	atomic64_t quote_draws;
	atomic64_t slice_draws;
	struct emu_key key;
	struct emu_call *calls;
	u64 used;
	struct emu_faults faults;
	bool staged;
	struct tdx_emu_profile next;
	u64 params;
	u32 installing;
	u32 installs;
	DECLARE_HASHTABLE(tds, EMU_TD_HASH_BITS);
};

extern struct emu_state emu;

/* emu.c */
const struct emu_identity *emu_td_identity(u64 tdr);	/* NULL: no such TD; else while it lives */
enum tdx_emu_leaf emu_leaf_slot(u16 leaf);

/* profile.c */
void emu_profile_default(struct tdx_emu_profile *profile);
/* May it come with the next module? 0, or negative with a line in the log. */
int emu_profile_check_next(const struct tdx_emu_profile *profile);

/**
 * struct emu_ext_leaf - one leaf that can be suspended; emu.lock is not held
 * @check:  state and operands, at the first entry; sets the compute time
 * @resume: input_read=reread: at every other entry, or NULL
 * @make:   what there is to compute, or NULL; may run on another CPU
 * @finish: hands out the results once time has passed and all is made
 */
struct emu_ext_leaf {
	u64 (*check)(struct emu_call *call, const struct tdx_module_args *args);
	u64 (*resume)(struct emu_call *call);
	u64 (*make)(struct emu_call *call);
	u64 (*finish)(struct emu_call *call, struct tdx_module_args *args);
};

extern const struct emu_ext_leaf emu_ext_init;
extern const struct emu_ext_leaf emu_quote_init;
extern const struct emu_ext_leaf emu_quote_get;

/* calls.c */
u64 emu_call_run(const struct emu_ext_leaf *ops, u16 leaf, struct tdx_module_args *args);
struct emu_call_key emu_call_key(u16 leaf, const struct tdx_module_args *args);
bool emu_same_call(const struct emu_call_key *a, const struct emu_call_key *b);
bool emu_any_call(u16 leaf);	/* under way in this module; emu.lock held */
void emu_calls_forget(u64 tdr);	/* of a TD that is going; may sleep */
u64 emu_calls_shutdown(void);	/* TDX_SYS_BUSY, or done with them; emu.lock held */
/* An entry fails with @status before it has begun: so does the call it would resume. */
u64 emu_call_fail(u16 leaf, const struct tdx_module_args *args, u64 status);

/* faults.c: TDX_SUCCESS, or how the profile wants it to fail */
u64 emu_fault(u16 leaf);				/* any leaf, each entry */
u64 emu_call_luck(const struct emu_call_key *key);	/* first entries; emu.lock held */
void emu_faults_reset(void);				/* emu.lock held */
void emu_spoil_outputs(u16 leaf, struct tdx_module_args *args);

/* sys.c */
#define EMU_HANDOFF_VERSION	1

void emu_module_loaded(void);	/* no CPU knows it yet; emu.lock held */
void emu_module_warm(void);	/* all CPUs know it; may sleep */
u64 emu_ready(void);		/* TDX_SUCCESS once all is done; emu.lock held */
u64 emu_lp_check(u16 leaf);	/* may this CPU make the call? */
u64 emu_sys_init(void);
u64 emu_sys_lp_init(void);
u64 emu_sys_config(u8 version, const struct tdx_module_args *args);
u64 emu_sys_key_config(void);
u64 emu_sys_shutdown(const struct tdx_module_args *args);
u64 emu_sys_update(u8 version, const struct tdx_module_args *args);
u64 emu_sys_disable(void);

/* metadata.c */
u64 emu_sys_rd(struct tdx_module_args *args);

/* tdmr.c */
#define EMU_MAX_TDMRS		64
#define EMU_MAX_RESERVED	16	/* areas of one */
#define EMU_PAMT_ENTRY		16	/* bytes, for a page of any size */

u64 emu_tdmrs_set(u64 array, u64 nr);	/* operands RCX and RDX; emu.lock held */
u64 emu_sys_tdmr_init(struct tdx_module_args *args);
u64 emu_page_rdmd(struct tdx_module_args *args);
u64 emu_page_usable(u64 hpa);		/* by the module: status for RCX; emu.lock held */

/* seamldr.c */
#define EMU_MAX_INSTALLS	1000000

void emu_stage(const struct tdx_emu_profile *profile, u64 params);	/* checked; emu.lock held */
u64 emu_seamldr_info(const struct tdx_module_args *args);
u64 emu_seamldr_install(const struct tdx_module_args *args);

/* ext.c; emu.lock held but for emu_ext_mem_add() */
u64 emu_ext_mem_add(struct tdx_module_args *args);
bool emu_ext_required(void);
u32 emu_pool_missing(void);
bool emu_pool_intact(void);
bool emu_pool_look(void);	/* as above, at a few pages, others each time */
bool emu_pool_has(u64 hpa);
u64 *emu_pool_alloc(void);
void emu_pool_free(void);

/* work.c */
int emu_work_init(void);
void emu_work_exit(void);
/* True when the host must be left so that it can be done. */
bool emu_work_begin(struct emu_call *call, u64 (*make)(struct emu_call *call));
bool emu_work_await(struct emu_call *call);	/* false: the host must be left once more */
bool emu_work_pending(const struct emu_call *call);	/* some thread will do it, or is at it */
void emu_work_wait(const struct emu_call *call);	/* until it is not; may sleep */

/* spread.c: the next of what the profile has for them */
#define EMU_MIN_SLICE_NS	100ULL
#define EMU_MAX_SLICE_NS	10000000ULL
#define EMU_MAX_QUOTE_NS	30000000000ULL

u64 emu_quote_ns(void);
u64 emu_slice_ns(void);
bool emu_spread_valid(u64 median_ns, const u64 *spread, u64 max_ns);

/* engine.c: TDX_SUCCESS when *left_ns has passed, else TDX_INTERRUPTED_RESUMABLE */
int emu_engine_init(void);
void emu_engine_exit(void);
u64 emu_compute(u64 *left_ns);
bool emu_interrupt_taken(void);	/* while the model worked, by a yield rule that minds */

/* May a call be left before its end? */
static inline bool emu_may_leave(void)
{
	return emu.profile.yield != TDX_EMU_YIELD_NEVER &&
	       (emu.profile.yield_if == TDX_EMU_IF_IGNORE || !irqs_disabled());
}

#endif /* _TDX_EMU_STATE_H */
