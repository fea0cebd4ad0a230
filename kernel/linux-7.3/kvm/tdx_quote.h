/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_VMX_TDX_QUOTE_H
#define __KVM_X86_VMX_TDX_QUOTE_H

#include "tdx.h"

void kvm_tdx_quote_init(struct kvm_tdx *kvm_tdx);
int kvm_tdx_get_quote(struct kvm_vcpu *vcpu);

#endif /* __KVM_X86_VMX_TDX_QUOTE_H */
