// SPDX-License-Identifier: GPL-2.0
/*
 * The software TDX module's front door: leaves are told apart here, counted,
 * and, where they can be suspended, kept until the host comes back for them.
 */
#define pr_fmt(fmt) "tdx_emu: " fmt

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/vmalloc.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

struct emu_state emu;

static DEFINE_PER_CPU(u32, null_left);

/* --- calls that may be suspended --- */

static u64 call_input(u16 leaf, const struct tdx_module_args *args)
{
	return leaf == TDH_QUOTE_GET ? args->r8 : 0;
}

static struct emu_call *call_find(u16 leaf, const struct tdx_module_args *args)
{
	u64 tdr = leaf == TDH_QUOTE_GET ? args->rcx : 0;
	u64 list = leaf == TDH_QUOTE_GET ? args->r10 : 0;
	u32 i;

	for (i = 0; i < EMU_MAX_CALLS; i++) {
		struct emu_call *call = &emu.calls[i];

		if (call->used && call->leaf == leaf && call->tdr == tdr &&
		    call->input == call_input(leaf, args) && call->list == list)
			return call;
	}
	return NULL;
}

static struct emu_call *call_new(u16 leaf, const struct tdx_module_args *args)
{
	u32 i;

	for (i = 0; i < emu.profile.slots; i++) {
		struct emu_call *call = &emu.calls[i];

		if (call->used)
			continue;
		call->used = true;
		call->leaf = leaf;
		call->tdr = leaf == TDH_QUOTE_GET ? args->rcx : 0;
		call->input = call_input(leaf, args);
		call->list = leaf == TDH_QUOTE_GET ? args->r10 : 0;
		call->left_ns = 0;
		return call;
	}
	return NULL;
}

/*
 * The suspended call that @args resume, or a fresh one. NULL when all slots
 * are taken, or when another CPU is inside this very call.
 */
static struct emu_call *call_enter(u16 leaf, const struct tdx_module_args *args, bool *fresh)
{
	struct emu_call *call;

	raw_spin_lock(&emu.lock);
	call = call_find(leaf, args);
	*fresh = !call;
	if (!call)
		call = call_new(leaf, args);
	else if (call->entered)
		call = NULL;
	if (call)
		call->entered = true;
	raw_spin_unlock(&emu.lock);
	return call;
}

static void call_leave(struct emu_call *call, bool done)
{
	raw_spin_lock(&emu.lock);
	call->entered = false;
	call->used = !done;
	raw_spin_unlock(&emu.lock);
}

bool emu_any_call(u16 leaf)
{
	u32 i;

	for (i = 0; i < EMU_MAX_CALLS; i++)
		if (emu.calls[i].used && (!leaf || emu.calls[i].leaf == leaf))
			return true;
	return false;
}

static u64 ready_unlocked(void)
{
	u64 r;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	raw_spin_unlock(&emu.lock);
	return r;
}

/* At the first entry. The time that this takes is part of the module's. */
static u64 call_begin(const struct emu_ext_leaf *ops, struct emu_call *call,
		      const struct tdx_module_args *args)
{
	u64 start = ktime_get_ns(), spent, r;
	bool leave = false;

	call->made = TDX_SUCCESS;
	r = ops->check(call, args);
	if (r != TDX_SUCCESS)
		return r;
	if (ops->make)
		leave = emu_work_begin(call, ops->make);

	spent = ktime_get_ns() - start;
	call->left_ns -= min(call->left_ns, spent);

	/* Only here: a host that does not reschedule must get on too. */
	return leave || emu_interrupt_taken() ? TDX_INTERRUPTED_RESUMABLE : TDX_SUCCESS;
}

static u64 call_compute(const struct emu_ext_leaf *ops, struct emu_call *call,
			struct tdx_module_args *args)
{
	u64 r = emu_compute(&call->left_ns);

	if (r != TDX_SUCCESS)
		return r;
	if (ops->make && !emu_work_done(call))
		return TDX_INTERRUPTED_RESUMABLE;
	return call->made == TDX_SUCCESS ? ops->finish(call, args) : call->made;
}

static u64 run_ext_leaf(const struct emu_ext_leaf *ops, u16 leaf, struct tdx_module_args *args)
{
	struct emu_call *call;
	bool fresh;
	u64 r;

	r = ready_unlocked();
	if (r != TDX_SUCCESS)
		return r;

	call = call_enter(leaf, args, &fresh);
	if (!call)
		return TDX_OPERAND_BUSY;

	r = fresh ? call_begin(ops, call, args) : TDX_SUCCESS;
	if (r == TDX_SUCCESS)
		r = call_compute(ops, call, args);

	call_leave(call, r != TDX_INTERRUPTED_RESUMABLE);
	return r;
}

/* --- dispatch --- */

u64 emu_ready(void)
{
	switch (emu.sys) {
	case EMU_SYS_CONFIGURED:
		return TDX_SUCCESS;
	case EMU_SYS_SHUTDOWN:
		return TDX_SYS_SHUTDOWN;
	default:
		return TDX_SYS_NOT_READY;
	}
}

static enum tdx_emu_leaf leaf_slot(u16 leaf)
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

static u64 dispatch(u64 fn, struct tdx_module_args *args)
{
	u16 leaf = TDX_FN_LEAF(fn);
	u8 version = TDX_FN_VERSION(fn);

	if (fn >> 24 || version > leaf_version(leaf))
		return TDX_OPERAND_INVALID | TDX_OPERAND_RAX;

	switch (leaf) {
	case TDH_SYS_RD:
		return emu_sys_rd(args);
	case TDH_SYS_CONFIG:
		return emu_sys_config(version, args);
	case TDH_SYS_SHUTDOWN:
		return emu_sys_shutdown(args);
	case TDH_SYS_UPDATE:
		return emu_sys_update(version, args);
	case TDH_EXT_MEM_ADD:
		return emu_ext_mem_add(args);
	case TDH_EXT_INIT:
		return run_ext_leaf(&emu_ext_init, leaf, args);
	case TDH_QUOTE_INIT:
		return run_ext_leaf(&emu_quote_init, leaf, args);
	case TDH_QUOTE_GET:
		return run_ext_leaf(&emu_quote_get, leaf, args);
	default:
		return TDX_OPERAND_INVALID | TDX_OPERAND_RAX;
	}
}

u64 tdx_emu_seamcall(u64 fn, struct tdx_module_args *args)
{
	struct emu_counts *counts;
	u64 r;

	/* Not counted: it measures the loop around it, which counting would drown. */
	if (fn == TDX_EMU_NULL_LEAF)
		return null_leaf();

	r = dispatch(fn, args);

	counts = &emu.counts[leaf_slot(TDX_FN_LEAF(fn))];
	atomic64_inc(&counts->entries);
	if (r == TDX_SUCCESS)
		atomic64_inc(&counts->success);
	else if (r == TDX_INTERRUPTED_RESUMABLE)
		atomic64_inc(&counts->resumable);
	else
		atomic64_inc(&counts->failed);
	return r;
}

/* --- the world outside --- */

struct profile_field {
	const char *name;
	u64 min, max;
};

#define PROFILE_FIELD(name, def, min, max, unit, text)	{ #name, min, max },
#define PROFILE_DEFAULT(name, def, min, max, unit, text)	.name = def,

static const struct profile_field profile_fields[] = { TDX_EMU_PROFILE(PROFILE_FIELD) };

/* Longer without a look at interrupts, and watchdogs bark. */
#define NEVER_MAX_NS	(5ULL * NSEC_PER_SEC)

static u64 longest_call(const struct tdx_emu_profile *profile)
{
	return max3(profile->quote_ns, profile->ext_init_ns, profile->quote_init_ns);
}

int tdx_emu_set_profile(const struct tdx_emu_profile *profile)
{
	const u64 *values = (const u64 *)profile;
	u32 i;

	BUILD_BUG_ON(sizeof(*profile) != ARRAY_SIZE(profile_fields) * sizeof(u64));

	for (i = 0; i < ARRAY_SIZE(profile_fields); i++) {
		const struct profile_field *field = &profile_fields[i];

		if (values[i] < field->min || values[i] > field->max) {
			pr_err("profile: %s is %llu, allowed is %llu to %llu\n",
			       field->name, values[i], field->min, field->max);
			return -ERANGE;
		}
	}
	if (profile->quote_size + profile->quote_jitter > profile->max_quote_size ||
	    profile->quote_size < profile->quote_jitter + QUOTE_MIN_SIZE) {
		pr_err("profile: quote_size %llu +- %llu is not within %u to max_quote_size %llu\n",
		       profile->quote_size, profile->quote_jitter, QUOTE_MIN_SIZE,
		       profile->max_quote_size);
		return -ERANGE;
	}

	if (profile->yield == TDX_EMU_YIELD_NEVER && longest_call(profile) > NEVER_MAX_NS) {
		pr_err("profile: with yield never no call may take longer than %llu ns\n",
		       NEVER_MAX_NS);
		return -ERANGE;
	}

	emu.profile = *profile;
	return 0;
}

void tdx_emu_get_profile(struct tdx_emu_profile *profile)
{
	*profile = emu.profile;
}

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
	return TDX_FEATURES0_EXT | TDX_FEATURES0_QUOTE;
}

u32 tdx_emu_pool_pages(void)
{
	return READ_ONCE(emu.pool_pages);
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

int tdx_emu_init(void)
{
	int ret;

	emu = (struct emu_state){ .profile = { TDX_EMU_PROFILE(PROFILE_DEFAULT) } };
	raw_spin_lock_init(&emu.lock);
	hash_init(emu.tds);

	emu.calls = vzalloc(array_size(EMU_MAX_CALLS, sizeof(*emu.calls)));
	emu.pool = emu_pool_alloc();
	ret = -ENOMEM;
	if (!emu.calls || !emu.pool)
		goto free_memory;

	ret = emu_crypto_init();
	if (ret)
		goto free_memory;
	ret = emu_engine_init();
	if (ret)
		goto exit_crypto;
	ret = emu_work_init();
	if (ret)
		goto exit_engine;
	return 0;

exit_engine:
	emu_engine_exit();
exit_crypto:
	emu_crypto_exit();
free_memory:
	emu_pool_free();
	vfree(emu.calls);
	return ret;
}

void tdx_emu_exit(void)
{
	emu_work_exit();
	emu_engine_exit();
	emu_crypto_exit();
	emu_pool_free();
	vfree(emu.calls);
}
