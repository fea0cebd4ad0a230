// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's part of a GetQuote that the kernel answers, over as much of KVM as it
 * touches: who answers, what is locked when, and what the vCPU is left with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "linux-7.3/kvm/tdx_quote.h"

#define SHARED_BIT	(1ULL << 47)
#define GPA		0x123000ULL
#define SIZE		(3 * PAGE_SIZE)
#define R10_AT_EXIT	0xdeadULL	/* 0 in fact, but that is an answer, too */

static struct kvm_tdx kvm_tdx;
static struct vcpu_tdx tdx;
static char memory[16];		/* of the guest, at GPA */
static gfn_t private_gfn;

static int asked;		/* times that tdx_getquote() was */
static int (*getquote)(struct tdx_guest *guest, struct tdx_getquote_answer *answer);

/* --- what stands around it --- */

static void *guest_memory(struct kvm *kvm, gpa_t gpa, unsigned long len)
{
	assert_ptr_equal(kvm, &kvm_tdx.kvm);
	assert_int_equal(kvm->srcu.readers, 1);
	if (gpa < GPA || gpa + len > GPA + sizeof(memory))
		return NULL;
	return memory + (gpa - GPA);
}

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len)
{
	const void *from = guest_memory(kvm, gpa, len);

	if (from)
		memcpy(data, from, len);
	return from ? 0 : -EFAULT;
}

int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *data, unsigned long len)
{
	void *to = guest_memory(kvm, gpa, len);

	if (to)
		memcpy(to, data, len);
	return to ? 0 : -EFAULT;
}

bool kvm_range_has_memory_attributes(struct kvm *kvm, gfn_t start, gfn_t end,
				     unsigned long mask, unsigned long attrs)
{
	assert_ptr_equal(kvm, &kvm_tdx.kvm);
	assert_int_equal(mask, KVM_MEMORY_ATTRIBUTE_PRIVATE);
	assert_int_equal(attrs, 0);
	return private_gfn < start || private_gfn >= end;
}

int tdx_getquote(struct tdx_guest *guest, u64 gpa, u64 size, struct tdx_getquote_answer *answer)
{
	assert_ptr_equal(guest, &kvm_tdx.guest);
	assert_int_equal(gpa, GPA | SHARED_BIT);
	assert_int_equal(size, SIZE);
	/* Whoever wants to change a memslot need not wait for the quote. */
	assert_int_equal(kvm_tdx.kvm.srcu.readers, 0);
	asked++;
	return getquote(guest, answer);
}

static int start(void **state)
{
	kvm_tdx = (struct kvm_tdx){
		.kvm.gfn_direct_bits = gpa_to_gfn(SHARED_BIT),
		.td.tdr_page = alloc_pages(0, 0),
		.quote_in_kernel = true,
	};
	tdx = (struct vcpu_tdx){
		.vcpu.kvm = &kvm_tdx.kvm,
		.vp_enter_args = { .r10 = R10_AT_EXIT, .r12 = GPA | SHARED_BIT, .r13 = SIZE },
	};
	memset(memory, 0, sizeof(memory));
	private_gfn = 0;
	asked = 0;
	kvm_tdx_quote_init(&kvm_tdx);
	kvm_vcpu_srcu_read_lock(&tdx.vcpu);
	return 0;
}

static int stop(void **state)
{
	const int readers = kvm_tdx.kvm.srcu.readers;

	__free_page(kvm_tdx.td.tdr_page);
	return readers == 1 ? 0 : -1;
}

/* --- who answers --- */

static int answers_align_error(struct tdx_guest *guest, struct tdx_getquote_answer *answer)
{
	answer->ret = 0x8000000000000002ULL;
	return 0;
}

static int is_gone(struct tdx_guest *guest, struct tdx_getquote_answer *answer)
{
	answer->ret = 0x8000000000000003ULL;
	return -ENODEV;
}

static int is_killed(struct tdx_guest *guest, struct tdx_getquote_answer *answer)
{
	answer->ret = 0x8000000000000003ULL;
	return -EINTR;
}

static void the_answer_goes_to_r10(void **state)
{
	getquote = answers_align_error;
	assert_int_equal(kvm_tdx_get_quote(&tdx.vcpu), 1);
	assert_int_equal(tdx.vp_enter_args.r10, 0x8000000000000002ULL);
	assert_int_equal(tdx.vcpu.signal_exits, 0);
	assert_int_equal(asked, 1);
}

static void left_to_user_space(int times_asked)
{
	getquote = is_gone;
	assert_int_equal(kvm_tdx_get_quote(&tdx.vcpu), -ENODEV);
	assert_int_equal(tdx.vp_enter_args.r10, R10_AT_EXIT);
	assert_int_equal(asked, times_asked);
}

static void user_space_answers_when_quoting_is_gone(void **state)
{
	left_to_user_space(1);
}

static void user_space_answers_for_vms_of_its_own(void **state)
{
	kvm_tdx.quote_in_kernel = false;
	left_to_user_space(0);
}

static void user_space_answers_with_dirty_rings(void **state)
{
	kvm_tdx.kvm.dirty_ring_size = 65536;
	left_to_user_space(0);
}

static void a_killed_vcpu_does_not_tell_of_success(void **state)
{
	getquote = is_killed;
	assert_int_equal(kvm_tdx_get_quote(&tdx.vcpu), -EINTR);
	assert_int_equal(tdx.vp_enter_args.r10, TDVMCALL_STATUS_RETRY);
	assert_int_equal(tdx.vcpu.signal_exits, 1);
}

/* --- the guest --- */

static void the_guest_is_the_td(void **state)
{
	assert_int_equal(kvm_tdx.guest.tdr, page_to_phys(kvm_tdx.td.tdr_page));
	assert_int_equal(kvm_tdx.guest.shared_bit, SHARED_BIT);
	assert_int_equal(atomic_read(&kvm_tdx.guest.in_flight), 0);
}

static int copies(struct tdx_guest *guest, struct tdx_getquote_answer *answer)
{
	char word[8] = "";

	answer->ret = 0;
	assert_int_equal(guest->ops->write(guest, GPA + 8, "written", 8), 0);
	assert_int_equal(guest->ops->read(guest, GPA + 8, word, 8), 0);
	assert_string_equal(word, "written");

	assert_int_equal(guest->ops->write(guest, GPA + 9, "written", 8), -EFAULT);
	assert_int_equal(guest->ops->read(guest, GPA + 9, word, 8), -EFAULT);
	assert_int_equal(kvm_tdx.kvm.srcu.readers, 0);
	return 0;
}

static void memory_is_locked_for_each_access(void **state)
{
	getquote = copies;
	assert_int_equal(kvm_tdx_get_quote(&tdx.vcpu), 1);
	assert_string_equal(memory + 8, "written");
}

static bool shared(u64 gpa, u64 size)
{
	return kvm_tdx.guest.ops->shared(&kvm_tdx.guest, gpa, size);
}

static void one_private_page_is_one_too_many(void **state)
{
	private_gfn = gpa_to_gfn(GPA);
	assert_false(shared(GPA, SIZE));
	assert_false(shared(GPA - 2 * PAGE_SIZE, SIZE));
	assert_true(shared(GPA - 3 * PAGE_SIZE, SIZE));
	assert_true(shared(GPA + PAGE_SIZE, SIZE));
	assert_false(shared(0, 1ULL << 51));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_goes_to_r10, start, stop),
		cmocka_unit_test_setup_teardown(user_space_answers_when_quoting_is_gone,
						start, stop),
		cmocka_unit_test_setup_teardown(user_space_answers_for_vms_of_its_own,
						start, stop),
		cmocka_unit_test_setup_teardown(user_space_answers_with_dirty_rings,
						start, stop),
		cmocka_unit_test_setup_teardown(a_killed_vcpu_does_not_tell_of_success,
						start, stop),
		cmocka_unit_test_setup_teardown(the_guest_is_the_td, start, stop),
		cmocka_unit_test_setup_teardown(memory_is_locked_for_each_access, start, stop),
		cmocka_unit_test_setup_teardown(one_private_page_is_one_too_many, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
