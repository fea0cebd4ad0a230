/* SPDX-License-Identifier: GPL-2.0 */
/* KVM's arch/x86/kvm/mmu.h, see linux/kvm_host.h. */
#ifndef _KSHIM_MMU_H
#define _KSHIM_MMU_H

#include <linux/kvm_host.h>

static inline gfn_t kvm_gfn_direct_bits(const struct kvm *kvm)
{
	return kvm->gfn_direct_bits;
}

#endif /* _KSHIM_MMU_H */
