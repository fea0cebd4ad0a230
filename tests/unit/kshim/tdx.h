/* SPDX-License-Identifier: GPL-2.0 */
/* KVM's arch/x86/kvm/vmx/tdx.h, see linux/kvm_host.h. */
#ifndef _KSHIM_TDX_H
#define _KSHIM_TDX_H

#include <linux/kvm_host.h>
#include <asm/tdx_getquote.h>

#define TDVMCALL_STATUS_RETRY	1ULL	/* <asm/shared/tdx.h> */

struct tdx_td {
	struct page *tdr_page;
};

struct kvm_tdx {
	struct kvm kvm;
	struct tdx_td td;
	bool quote_in_kernel;
	struct tdx_guest guest;
};

struct vcpu_tdx {
	struct kvm_vcpu vcpu;
	struct tdx_module_args vp_enter_args;
};

#endif /* _KSHIM_TDX_H */
