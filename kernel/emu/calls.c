// SPDX-License-Identifier: GPL-2.0
/*
 * Extension SEAMCALLs. Such a call may be left half-way; it is then suspended in
 * a slot until the host comes back with the same key. Once inside, an entry that
 * fails ends its call.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/smp.h>
#include <asm/shared/tdx.h>

#include "../tdx_abi.h"
#include "state.h"

struct emu_call_key emu_call_key(u16 leaf, const struct tdx_module_args *args)
{
	struct emu_call_key key = { .leaf = leaf };

	if (leaf == TDH_QUOTE_GET) {
		key.tdr = args->rcx;
		key.input = args->r8;
		key.list = args->r10;
	} else if (leaf == TDH_EXT_MEM_ADD) {
		key.input = args->rcx;
	}
	return key;
}

bool emu_same_call(const struct emu_call_key *a, const struct emu_call_key *b)
{
	return a->leaf == b->leaf && a->tdr == b->tdr && a->input == b->input &&
	       a->list == b->list;
}

/* --- slots; emu.lock held --- */

#define for_each_call(call, left)						\
	for ((left) = emu.used;							\
	     (left) && ((call) = &emu.calls[__ffs64(left)], true);		\
	     (left) &= (left) - 1)

static void call_free(struct emu_call *call)
{
	emu.used &= ~BIT_ULL(call - emu.calls);
}

static struct emu_call *call_find(const struct emu_call_key *key)
{
	struct emu_call *call;
	u64 left;

	for_each_call(call, left)
		if (emu_same_call(&call->key, key))
			return call;
	return NULL;
}

bool emu_any_call(u16 leaf)
{
	struct emu_call *call;
	u64 left;

	for_each_call(call, left)
		if (call->key.leaf == leaf && !call->kept)
			return true;
	return false;
}

/*
 * Is there room for one more? An output list can belong to one call only: a
 * second one is an attempt to resume the first, with something else changed.
 */
static u64 call_room(const struct emu_call_key *key)
{
	bool global = emu.profile.slot_scope == TDX_EMU_SLOTS_GLOBAL;
	struct emu_call *call;
	u32 taken = 0;
	u64 left;

	for_each_call(call, left) {
		if (key->list && call->key.list == key->list)
			return TDX_INVALID_RESUMPTION;
		taken += global || call->key.tdr == key->tdr;
	}
	return taken >= emu.profile.slots || !~emu.used ? TDX_OPERAND_BUSY : TDX_SUCCESS;
}

static u64 call_new(const struct emu_call_key *key, struct emu_call **new)
{
	struct emu_call *call;
	u64 r;

	r = call_room(key);
	if (r == TDX_SUCCESS)
		r = emu_call_luck(key);
	if (r != TDX_SUCCESS)
		return r;

	call = &emu.calls[__ffs64(~emu.used)];
	emu.used |= BIT_ULL(call - emu.calls);
	call->key = *key;
	call->kept = false;
	call->cpu = smp_processor_id();
	call->left_ns = 0;
	*new = call;
	return TDX_SUCCESS;
}

static u64 call_may_resume(const struct emu_call *call)
{
	if (call->entered)
		return TDX_OPERAND_BUSY;
	if (emu.profile.resume_cpu == TDX_EMU_CPU_SAME && call->cpu != smp_processor_id())
		return TDX_INVALID_RESUMPTION;
	return TDX_SUCCESS;
}

/* --- one entry --- */

/* The suspended call that the host resumes, or a fresh one. */
static u64 call_enter(const struct emu_call_key *key, struct emu_call **entered, bool *fresh)
{
	struct emu_call *call;
	u64 r;

	raw_spin_lock(&emu.lock);
	r = emu_ready();
	if (r == TDX_SUCCESS) {
		call = call_find(key);
		*fresh = !call;
		r = call ? call_may_resume(call) : call_new(key, &call);
	}
	if (r == TDX_SUCCESS) {
		call->entered = true;
		*entered = call;
	}
	raw_spin_unlock(&emu.lock);
	return r;
}

static void call_leave(struct emu_call *call, bool done)
{
	raw_spin_lock(&emu.lock);
	call->entered = false;
	if (done)
		call_free(call);
	raw_spin_unlock(&emu.lock);
}

static u64 call_begin(const struct emu_ext_leaf *ops, struct emu_call *call,
		      const struct tdx_module_args *args)
{
	bool leave = false;
	u64 r;

	call->made = TDX_SUCCESS;
	r = ops->check(call, args);
	if (r != TDX_SUCCESS)
		return r;
	if (ops->make)
		leave = emu_work_begin(call, ops->make);

	/* Only here: a host that does not reschedule must get on too. */
	return leave || emu_interrupt_taken() ? TDX_INTERRUPTED_RESUMABLE : TDX_SUCCESS;
}

static bool rereads(const struct emu_ext_leaf *ops)
{
	return ops->resume && emu.profile.input_read == TDX_EMU_INPUT_REREAD;
}

static u64 call_go_on(const struct emu_ext_leaf *ops, struct emu_call *call)
{
	if (ops->make && !emu_work_await(call))
		return TDX_INTERRUPTED_RESUMABLE;
	return rereads(ops) ? ops->resume(call) : TDX_SUCCESS;
}

/* Before time passes. What this takes is part of the module's time. */
static u64 call_prepare(const struct emu_ext_leaf *ops, struct emu_call *call,
			const struct tdx_module_args *args, bool fresh)
{
	u64 start, spent, r;

	if (!fresh && !rereads(ops) && !(ops->make && emu_work_pending(call)))
		return TDX_SUCCESS;

	start = ktime_get_ns();
	r = fresh ? call_begin(ops, call, args) : call_go_on(ops, call);
	spent = ktime_get_ns() - start;
	call->left_ns -= min(call->left_ns, spent);
	return r;
}

static u64 call_compute(const struct emu_ext_leaf *ops, struct emu_call *call,
			struct tdx_module_args *args)
{
	u64 r = emu_compute(&call->left_ns);

	if (r != TDX_SUCCESS)
		return r;
	return call->made == TDX_SUCCESS ? ops->finish(call, args) : call->made;
}

u64 emu_call_run(const struct emu_ext_leaf *ops, u16 leaf, struct tdx_module_args *args)
{
	struct emu_call_key key = emu_call_key(leaf, args);
	struct emu_call *call;
	bool fresh;
	u64 r;

	r = call_enter(&key, &call, &fresh);
	if (r != TDX_SUCCESS)
		return r;

	r = call_prepare(ops, call, args, fresh);
	if (r == TDX_SUCCESS)
		r = call_compute(ops, call, args);

	call_leave(call, r != TDX_INTERRUPTED_RESUMABLE);
	return r;
}

/* --- calls that end otherwise --- */

/*
 * Not while the model's own work for it is under way, which writes to the host's
 * pages: then the host must come back.
 */
u64 emu_call_fail(u16 leaf, const struct tdx_module_args *args, u64 status)
{
	struct emu_call_key key = emu_call_key(leaf, args);
	struct emu_call *call;

	if (status == TDX_INTERRUPTED_RESUMABLE)
		return status;

	raw_spin_lock(&emu.lock);
	call = call_find(&key);
	if (call && emu_work_pending(call))
		status = TDX_INTERRUPTED_RESUMABLE;
	else if (call && !call->entered)
		call_free(call);
	raw_spin_unlock(&emu.lock);
	return status;
}

static struct emu_call *call_of_td(u64 tdr)
{
	struct emu_call *call;
	u64 left;

	for_each_call(call, left)
		if (call->key.tdr == tdr)
			return call;
	return NULL;
}

/* The host has no call for the TD under way any more, but the model may have. */
void emu_calls_forget(u64 tdr)
{
	struct emu_call *call;

	raw_spin_lock(&emu.lock);
	while ((call = call_of_td(tdr))) {
		if (!emu_work_pending(call)) {
			call_free(call);
			continue;
		}
		raw_spin_unlock(&emu.lock);
		emu_work_wait(call);
		raw_spin_lock(&emu.lock);
	}
	raw_spin_unlock(&emu.lock);
}

static bool calls_can_stop(void)
{
	struct emu_call *call;
	u64 left;

	for_each_call(call, left)
		if (call->entered || emu_work_pending(call) ||
		    emu.profile.update_calls == TDX_EMU_CALLS_REFUSE)
			return false;
	return true;
}

/* Calls that only make this module ready mean nothing to the next one. */
u64 emu_calls_shutdown(void)
{
	bool keep = emu.profile.update_calls == TDX_EMU_CALLS_SURVIVE;
	struct emu_call *call;
	u64 left;

	if (!calls_can_stop())
		return TDX_SYS_BUSY;

	for_each_call(call, left) {
		call->kept = keep && call->key.leaf == TDH_QUOTE_GET;
		if (!call->kept)
			call_free(call);
	}
	return TDX_SUCCESS;
}
