/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KVM as kernel/linux-7.3/kvm wants. What a test looks at is plain
 * data, what it answers is the test's own.
 */
#ifndef _KSHIM_KVM_HOST_H
#define _KSHIM_KVM_HOST_H

typedef u64 gpa_t;
typedef u64 gfn_t;

#define gpa_to_gfn(gpa)		((gpa) >> PAGE_SHIFT)
#define gfn_to_gpa(gfn)		((gfn) << PAGE_SHIFT)

#define KVM_MEMORY_ATTRIBUTE_PRIVATE	(1 << 3)

struct srcu_struct {
	int readers;
};

static inline struct srcu_struct *srcu_lock(struct srcu_struct *srcu)
{
	srcu->readers++;
	return srcu;
}

static inline void srcu_unlock(struct srcu_struct **srcu)
{
	(*srcu)->readers--;
}

#define guard(lock)	struct lock##_struct *held __attribute__((cleanup(lock##_unlock))) = \
				lock##_lock

struct kvm {
	struct srcu_struct srcu;
	u32 dirty_ring_size;
	gfn_t gfn_direct_bits;
};

struct kvm_vcpu {
	struct kvm *kvm;
	int signal_exits;
};

static inline void kvm_vcpu_srcu_read_lock(struct kvm_vcpu *vcpu)
{
	vcpu->kvm->srcu.readers++;
}

static inline void kvm_vcpu_srcu_read_unlock(struct kvm_vcpu *vcpu)
{
	vcpu->kvm->srcu.readers--;
}

static inline void kvm_handle_signal_exit(struct kvm_vcpu *vcpu)
{
	vcpu->signal_exits++;
}

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len);
int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *data, unsigned long len);
bool kvm_range_has_memory_attributes(struct kvm *kvm, gfn_t start, gfn_t end,
				     unsigned long mask, unsigned long attrs);

#endif /* _KSHIM_KVM_HOST_H */
