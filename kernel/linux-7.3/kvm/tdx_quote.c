// SPDX-License-Identifier: GPL-2.0
/*
 * A GetQuote that the kernel answers, KVM's part of it: the guest's memory, and
 * how a vCPU waits for its quote.
 */
#include <linux/kvm_host.h>

#include <asm/shared/tdx.h>
#include <asm/tdx_getquote.h>

#include "mmu.h"
#include "tdx_quote.h"

/* --- the guest's memory --- */

static struct kvm *guest_kvm(struct tdx_guest *guest)
{
	return &container_of(guest, struct kvm_tdx, guest)->kvm;
}

static int read_guest(struct tdx_guest *guest, u64 gpa, void *to, u32 len)
{
	struct kvm *kvm = guest_kvm(guest);

	guard(srcu)(&kvm->srcu);
	return kvm_read_guest(kvm, gpa, to, len);
}

static int write_guest(struct tdx_guest *guest, u64 gpa, const void *from, u32 len)
{
	struct kvm *kvm = guest_kvm(guest);

	guard(srcu)(&kvm->srcu);
	return kvm_write_guest(kvm, gpa, from, len);
}

/* However large the size that the guest gives: ends at the first private page. */
static bool shared_with_host(struct tdx_guest *guest, u64 gpa, u64 size)
{
	return kvm_range_has_memory_attributes(guest_kvm(guest), gpa_to_gfn(gpa),
					       gpa_to_gfn(gpa + size),
					       KVM_MEMORY_ATTRIBUTE_PRIVATE, 0);
}

static const struct tdx_guest_ops guest_ops = {
	.read	= read_guest,
	.write	= write_guest,
	.shared	= shared_with_host,
};

/* --- its requests --- */

/* Once the TD has its root page and its shared bit, before it has a vCPU. */
void kvm_tdx_quote_init(struct kvm_tdx *kvm_tdx)
{
	kvm_tdx->guest = (struct tdx_guest) {
		.ops = &guest_ops,
		.tdr = page_to_phys(kvm_tdx->td.tdr_page),
		.shared_bit = gfn_to_gpa(kvm_gfn_direct_bits(&kvm_tdx->kvm)),
	};
}

/*
 * A quote may make many pages dirty at once, for which the vCPU's dirty ring need
 * not have room, and a full ring cannot be emptied from here.
 */
static bool answered_in_kernel(struct kvm_tdx *kvm_tdx)
{
	return kvm_tdx->quote_in_kernel && !kvm_tdx->kvm.dirty_ring_size;
}

/*
 * A vCPU that waits for its quote holds up nobody who changes the VM's memory: each
 * access to it takes the lock anew, and finds the memslots as they are then.
 */
static int get_quote_unlocked(struct kvm_vcpu *vcpu, struct tdx_guest *guest,
			      struct tdx_module_args *args,
			      struct tdx_getquote_answer *answer)
{
	int ret;

	kvm_vcpu_srcu_read_unlock(vcpu);
	ret = tdx_getquote(guest, args->r12, args->r13, answer);
	kvm_vcpu_srcu_read_lock(vcpu);
	return ret;
}

/**
 * kvm_tdx_get_quote - answer a GetQuote, if that is for the kernel to do
 * @vcpu: has just left the guest with it
 *
 * Return: 1 when the guest has its answer; -EINTR when killed while it waited;
 * -ENODEV when user space has to answer, and nothing has happened.
 */
int kvm_tdx_get_quote(struct kvm_vcpu *vcpu)
{
	struct kvm_tdx *kvm_tdx = container_of(vcpu->kvm, struct kvm_tdx, kvm);
	struct vcpu_tdx *tdx = container_of(vcpu, struct vcpu_tdx, vcpu);
	struct tdx_getquote_answer answer;
	int ret;

	if (!answered_in_kernel(kvm_tdx))
		return -ENODEV;

	ret = get_quote_unlocked(vcpu, &kvm_tdx->guest, &tdx->vp_enter_args, &answer);
	switch (ret) {
	case 0:
		tdx->vp_enter_args.r10 = answer.ret;
		return 1;
	case -EINTR:
		/*
		 * The exit has left R10 as 0, success, and another thread may yet
		 * run this vCPU: its guest shall find that there is no quote.
		 */
		tdx->vp_enter_args.r10 = TDVMCALL_STATUS_RETRY;
		kvm_handle_signal_exit(vcpu);
		return -EINTR;
	default:
		return ret;
	}
}
