// SPDX-License-Identifier: GPL-2.0
/*
 * The software TDX module's front door: leaves are told apart and counted, TDs
 * come and go, power on and off.
 */
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

struct emu_state emu;

/* What SEAMCALL says on hardware where nobody has loaded a module. */
#define VMFAIL_INVALID		0x8000FF00FFFF0000ULL

static bool powered;
static DEFINE_PER_CPU(u32, null_left);

/* --- dispatch --- */

enum tdx_emu_leaf emu_leaf_slot(u16 leaf)
{
	switch (leaf) {
	case TDH_EXT_INIT:
		return TDX_EMU_LEAF_EXT_INIT;
	case TDH_EXT_MEM_ADD:
		return TDX_EMU_LEAF_EXT_MEM_ADD;
	case TDH_QUOTE_INIT:
		return TDX_EMU_LEAF_QUOTE_INIT;
	case TDH_QUOTE_GET:
		return TDX_EMU_LEAF_QUOTE_GET;
	default:
		return TDX_EMU_LEAF_OTHER;
	}
}

static u64 null_leaf(void)
{
	u32 left = this_cpu_read(null_left);

	if (left <= 1)
		return TDX_SUCCESS;
	this_cpu_write(null_left, left - 1);
	return TDX_INTERRUPTED_RESUMABLE;
}

void tdx_emu_arm_null(u32 iterations)
{
	this_cpu_write(null_left, iterations);
}

/* The highest version of a leaf that the module knows. */
static u8 leaf_version(u16 leaf)
{
	return leaf == TDH_SYS_CONFIG || leaf == TDH_SYS_UPDATE ? 1 : 0;
}

/* The features that a leaf comes with. */
static u64 leaf_features(u16 leaf)
{
	switch (leaf) {
	case TDH_EXT_INIT:
	case TDH_EXT_MEM_ADD:
		return TDX_FEATURES0_EXT;
	case TDH_QUOTE_INIT:
	case TDH_QUOTE_GET:
		return TDX_FEATURES0_QUOTE;
	default:
		return 0;
	}
}

static u64 dispatch(u16 leaf, u8 version, struct tdx_module_args *args)
{
	switch (leaf) {
	case TDH_PHYMEM_PAGE_RDMD:
		return emu_page_rdmd(args);
	case TDH_SYS_KEY_CONFIG:
		return emu_sys_key_config();
	case TDH_SYS_INIT:
		return emu_sys_init();
	case TDH_SYS_RD:
		return emu_sys_rd(args);
	case TDH_SYS_LP_INIT:
		return emu_sys_lp_init();
	case TDH_SYS_TDMR_INIT:
		return emu_sys_tdmr_init(args);
	case TDH_SYS_CONFIG:
		return emu_sys_config(version, args);
	case TDH_SYS_SHUTDOWN:
		return emu_sys_shutdown(args);
	case TDH_SYS_UPDATE:
		return emu_sys_update(version, args);
	case TDH_SYS_DISABLE:
		return emu_sys_disable();
	case TDH_EXT_MEM_ADD:
		return emu_ext_mem_add(args);
	case TDH_EXT_INIT:
		return emu_call_run(&emu_ext_init, leaf, args);
	case TDH_QUOTE_INIT:
		return emu_call_run(&emu_quote_init, leaf, args);
	case TDH_QUOTE_GET:
		return emu_call_run(&emu_quote_get, leaf, args);
	default:
		return TDX_OPERAND_INVALID | TDX_OPERAND_RAX;
	}
}

static u64 enter(u64 fn, struct tdx_module_args *args)
{
	u16 leaf = TDX_FN_LEAF(fn);
	u8 version = TDX_FN_VERSION(fn);
	u64 features = leaf_features(leaf);
	u64 r;

	if (fn == SEAMLDR_INFO)
		return emu_seamldr_info(args);
	if (fn == SEAMLDR_INSTALL)
		return emu_seamldr_install(args);
	if (fn >> 24 || version > leaf_version(leaf) || features & ~tdx_emu_features0())
		return TDX_OPERAND_INVALID | TDX_OPERAND_RAX;

	r = emu_lp_check(leaf);
	if (r != TDX_SUCCESS)
		return r;

	r = emu_fault(leaf);
	if (r != TDX_SUCCESS)
		r = emu_call_fail(leaf, args, r);
	else
		r = dispatch(leaf, version, args);

	/* Only extension SEAMCALLs come with features. */
	if (features && emu.profile.outputs != TDX_EMU_OUTPUTS_PRESERVE &&
	    (r == TDX_INTERRUPTED_RESUMABLE || r == TDX_RND_NO_ENTROPY))
		emu_spoil_outputs(leaf, args);
	return r;
}

u64 tdx_emu_seamcall(u64 fn, struct tdx_module_args *args)
{
	struct emu_counts *counts;
	u64 r;

	/* Not counted: it measures the loop around it, which counting would drown. */
	if (fn == TDX_EMU_NULL_LEAF)
		return null_leaf();
	if (!READ_ONCE(powered))
		return VMFAIL_INVALID;

	r = enter(fn, args);

	counts = &emu.counts[emu_leaf_slot(TDX_FN_LEAF(fn))];
	atomic64_inc(&counts->entries);
	if (r == TDX_SUCCESS)
		atomic64_inc(&counts->success);
	else if (r == TDX_INTERRUPTED_RESUMABLE)
		atomic64_inc(&counts->resumable);
	else
		atomic64_inc(&counts->failed);
	return r;
}

/* --- TDs --- */

int tdx_emu_td_create(u64 tdr, u32 id, u8 mrtd[48])
{
	struct emu_td *td = kzalloc(sizeof(*td), GFP_KERNEL);
	u64 serial;
	int ret;

	if (!td)
		return -ENOMEM;

	raw_spin_lock(&emu.lock);
	serial = ++emu.td_serial;
	raw_spin_unlock(&emu.lock);

	td->tdr = tdr;
	ret = emu_identity_make(&td->who, emu.profile.seed, id, serial);
	if (ret) {
		kfree(td);
		return ret;
	}
	memcpy(mrtd, td->who.mrtd, sizeof(td->who.mrtd));

	raw_spin_lock(&emu.lock);
	hash_add(emu.tds, &td->node, td->tdr);
	raw_spin_unlock(&emu.lock);
	return 0;
}

/* emu.lock held */
static struct emu_td *td_find(u64 tdr)
{
	struct emu_td *td;

	hash_for_each_possible(emu.tds, td, node, tdr)
		if (td->tdr == tdr)
			return td;
	return NULL;
}

/* The host keeps a TD alive while a call for it is under way. */
const struct emu_identity *emu_td_identity(u64 tdr)
{
	struct emu_td *td;

	raw_spin_lock(&emu.lock);
	td = td_find(tdr);
	raw_spin_unlock(&emu.lock);
	return td ? &td->who : NULL;
}

void tdx_emu_td_destroy(u64 tdr)
{
	struct emu_td *td;

	emu_calls_forget(tdr);

	raw_spin_lock(&emu.lock);
	td = td_find(tdr);
	if (td)
		hash_del(&td->node);
	raw_spin_unlock(&emu.lock);
	kfree(td);
}

int tdx_emu_td_report(u64 tdr, const u8 data[64], u8 report[1024])
{
	const struct emu_identity *who = emu_td_identity(tdr);

	return who ? emu_report_make(who, data, report) : -ENODEV;
}

/* --- what others want to know --- */

void tdx_emu_get_counts(struct tdx_emu_leaf_count counts[TDX_EMU_NR_LEAVES])
{
	u32 i;

	for (i = 0; i < TDX_EMU_NR_LEAVES; i++) {
		counts[i].entries = atomic64_read(&emu.counts[i].entries);
		counts[i].resumable = atomic64_read(&emu.counts[i].resumable);
		counts[i].success = atomic64_read(&emu.counts[i].success);
		counts[i].failed = atomic64_read(&emu.counts[i].failed);
	}
}

u64 tdx_emu_features0(void)
{
	static const u64 addon[] = {
		[TDX_EMU_FEATURES_ALL] = TDX_FEATURES0_EXT | TDX_FEATURES0_QUOTE,
		[TDX_EMU_FEATURES_NOT_REQUIRED] = TDX_FEATURES0_EXT | TDX_FEATURES0_QUOTE,
		[TDX_EMU_FEATURES_NO_EXT] = TDX_FEATURES0_QUOTE,
		[TDX_EMU_FEATURES_NO_QUOTE] = TDX_FEATURES0_EXT,
		[TDX_EMU_FEATURES_NONE] = 0,
	};

	return TDX_FEATURES0_TD_PRESERVING | TDX_FEATURES0_NO_RBP_MOD | addon[emu.profile.features];
}

u32 tdx_emu_pool_pages(void)
{
	return READ_ONCE(emu.pool_pages);
}

u64 tdx_emu_stale_quotes(void)
{
	return atomic64_read(&emu.stale);
}

u64 tdx_emu_key_epoch(void)
{
	return READ_ONCE(emu.key.epoch);
}

u32 tdx_emu_key(u32 *token, u8 key[96])
{
	u32 len = 0;

	raw_spin_lock(&emu.lock);
	*token = emu.key.token;
	if (emu.key.epoch && emu.key.token == TDX_EMU_TOKEN_MAC0) {
		len = sizeof(emu.key.mac);
		memcpy(key, emu.key.mac, len);
	} else if (emu.key.epoch) {
		len = sizeof(emu.key.pub);
		memcpy(key, emu.key.pub, len);
	}
	raw_spin_unlock(&emu.lock);
	return len;
}

/* --- power --- */

int tdx_emu_init(void)
{
	int ret;

	memset(&emu, 0, sizeof(emu));
	emu_profile_default(&emu.profile);
	raw_spin_lock_init(&emu.lock);
	hash_init(emu.tds);

	emu.calls = vzalloc(array_size(EMU_MAX_CALLS, sizeof(*emu.calls)));
	emu.pool = emu_pool_alloc();
	ret = -ENOMEM;
	if (!emu.calls || !emu.pool)
		goto free_memory;

	ret = emu_hash_init();
	if (ret)
		goto free_memory;
	emu_p384_init();
	ret = emu_engine_init();
	if (ret)
		goto exit_hash;
	ret = emu_work_init();
	if (ret)
		goto exit_engine;

	emu_module_warm();
	WRITE_ONCE(powered, true);
	return 0;

exit_engine:
	emu_engine_exit();
exit_hash:
	emu_hash_exit();
free_memory:
	emu_pool_free();
	vfree(emu.calls);
	return ret;
}

void tdx_emu_cold(void)
{
	raw_spin_lock(&emu.lock);
	emu.platform = true;
	emu_module_loaded();
	raw_spin_unlock(&emu.lock);
}

void tdx_emu_exit(void)
{
	if (!powered)
		return;
	WRITE_ONCE(powered, false);
	synchronize_rcu();	/* no CPU is inside any more: preemption is off there */
	emu_work_exit();
	emu_engine_exit();
	emu_hash_exit();
	emu_pool_free();
	vfree(emu.calls);
}
