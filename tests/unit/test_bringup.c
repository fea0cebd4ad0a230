// SPDX-License-Identifier: GPL-2.0
/*
 * Bring-up of extensions and quoting: in which order, with which lists, and
 * what is left when any step fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include <trace/events/tdx_ext.h>

#include "host.h"
#include "tdx_abi.h"
#include "tdx_quote.h"
#include "tdx_quote_buf.h"

/* --- events, one line each --- */

static char events[8192];
static int last_ext_state = -1, last_quote_state = -1;
static u64 most_irqs_off_ns;

static void __attribute__((format(printf, 1, 2))) event(const char *format, ...)
{
	size_t used = strlen(events);
	va_list args;

	va_start(args, format);
	vsnprintf(events + used, sizeof(events) - used, format, args);
	va_end(args);
}

void on_pool_alloc(u32 pages, int node, u64 ns)
{
	event("alloc %u\n", pages);
}

void on_seamcall_enter(u64 fn, u64 call, u64 tdr, u32 iteration, u64 rcx)
{
	event("enter %u.%u\n", TDX_FN_LEAF(fn), iteration);
}

void on_seamcall_exit(u64 fn, u64 call, u64 tdr, u32 iteration, u64 rcx, u64 status,
		      u64 duration_ns, u64 gap_ns)
{
	event("exit %u.%u %llx\n", TDX_FN_LEAF(fn), iteration, status);
}

void on_pool_add(u64 call, u32 pages, u32 iterations, u64 status, u64 ns)
{
	event("add %u by %u\n", pages, iterations);
}

void on_pool_total(u32 required, u32 added, int error, u64 alloc_ns, u64 flush_ns, u64 add_ns)
{
	event("total %u of %u error %d\n", added, required, error);
}

void on_ext_state(u32 from, u32 to, int error)
{
	last_ext_state = to;
	event("ext %u error %d\n", to, error);
}

void on_quote_state(u32 from, u32 to, int error)
{
	last_quote_state = to;
	event("quote %u error %d\n", to, error);
}

void on_update_begin(u32 in_flight)
{
	event("update begin %u\n", in_flight);
}

void on_update_cpu(u32 cpu, u64 irqs_off_ns)
{
	assert_true(irqs_off_ns);
	most_irqs_off_ns = max(most_irqs_off_ns, irqs_off_ns);
	event("cpu %u\n", cpu);
}

void on_update_end(int error, u64 drain_ns, u64 stall_ns, u64 total_ns)
{
	assert_true(stall_ns > most_irqs_off_ns && total_ns > stall_ns + drain_ns);
	event("update end %d\n", error);
}

static void power_on_traced(void)
{
	host_power_on();
	*events = 0;
	last_ext_state = last_quote_state = -1;
	most_irqs_off_ns = 0;
	kshim_traced = true;
}

/* --- in order --- */

static void in_order(void **state)
{
	host_profile_default();
	host_profile.pool_pages = 588;
	power_on_traced();
	host_bring_up();
	assert_string_equal(events,
			    "alloc 512\n"
			    "enter 61.0\nexit 61.0 0\nadd 512 by 1\n"
			    "alloc 64\nalloc 8\nalloc 4\n"
			    "enter 61.0\nexit 61.0 0\nadd 76 by 1\n"
			    "total 588 of 588 error 0\n"
			    "enter 60.0\nexit 60.0 0\n"
			    "ext 1 error 0\n"
			    "enter 100.0\nexit 100.0 0\n"
			    "quote 1 error 0\n");
	assert_true(tdx_quote_available());
	assert_int_equal(tdx_quote_max_size(), host_profile.max_quote_size);
	assert_true(tdx_quote_nr_buffers() >= kshim_cpus);
	assert_int_equal(host_live_allocs(), 2 * tdx_quote_nr_buffers());
	host_power_off();
}

static void without_pool(void **state)
{
	host_profile_default();
	host_profile.pool_pages = 0;
	power_on_traced();
	host_bring_up();
	assert_string_equal(events, "enter 60.0\nexit 60.0 0\next 1 error 0\n"
				    "enter 100.0\nexit 100.0 0\nquote 1 error 0\n");
	host_power_off();
}

static void nobody_listens(void **state)
{
	u64 reads = kshim_tsc_reads();

	host_profile_default();
	host_power_on();
	*events = 0;
	host_bring_up();
	assert_string_equal(events, "");
	assert_int_equal(kshim_tsc_reads(), reads);
	host_power_off();
}

/* --- the pool's lists --- */

#define MAX_POOL	1200

static u64 pool[MAX_POOL];	/* what the host offered */
static u32 pool_nr, batches;
static u64 list_page, expected_rcx;

/* A new list, or the rest of one that the module has not finished. */
static u64 check_list(u64 fn, struct tdx_module_args *args)
{
	u64 r, rcx = args->rcx;
	const u64 *list;
	u32 i, last;

	if (TDX_FN_LEAF(fn) != TDH_EXT_MEM_ADD)
		return seam_module(fn, args);

	if (expected_rcx) {
		assert_int_equal(rcx, expected_rcx);
	} else {
		assert_int_equal(rcx & (TDX_HPA_LIST_RESERVED | TDX_HPA_LIST_FIRST), 0);
		list_page = rcx & TDX_HPA_LIST_HPA;
		list = page_address(pfn_to_page(PHYS_PFN(list_page)));
		last = FIELD_GET(TDX_HPA_LIST_LAST, rcx);
		batches++;
		for (i = 0; i <= last; i++)
			pool[pool_nr++] = list[i];
	}

	r = seam_module(fn, args);
	expected_rcx = r == TDX_INTERRUPTED_RESUMABLE ? args->rcx : 0;
	if (expected_rcx)
		assert_true(FIELD_GET(TDX_HPA_LIST_FIRST, args->rcx) >
			    FIELD_GET(TDX_HPA_LIST_FIRST, rcx));
	return r;
}

static int compare(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

static void fill_pool(u32 pages, u64 yield, unsigned int max_order)
{
	u32 i;

	host_profile_default();
	host_profile.pool_pages = pages;
	host_profile.yield = yield;
	host_profile.slice_ns = 100000;
	host_profile.mem_add_ns = 1000;	/* 100 pages a slice */
	host_power_on();
	pool_nr = batches = expected_rcx = 0;
	seam = check_list;
	kshim_max_order = max_order;
	assert_int_equal(lab_bring_up(), 0);

	assert_int_equal(pool_nr, pages);
	assert_int_equal(batches, DIV_ROUND_UP(pages, TDX_HPA_LIST_MAX));
	assert_int_equal(tdx_emu_pool_pages(), pages);
	qsort(pool, pool_nr, sizeof(*pool), compare);
	for (i = 0; i < pool_nr; i++) {
		assert_int_equal(pool[i] % PAGE_SIZE, 0);
		assert_int_not_equal(pool[i], list_page);
		assert_true(!i || pool[i] != pool[i - 1]);
	}
	host_power_off();
}

static void pool_of_every_length(void **state)
{
	static const u32 lengths[] = { 1, 2, 511, 512, 513, 1023, 1024, 1025, 1100 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		fill_pool(lengths[i], TDX_EMU_YIELD_NEVER, 10);
		fill_pool(lengths[i], TDX_EMU_YIELD_SLICE, 10);
	}
}

static void pool_of_fragments(void **state)
{
	fill_pool(513, TDX_EMU_YIELD_NEVER, 0);
	fill_pool(1100, TDX_EMU_YIELD_SLICE, 3);
}

/* --- a pool half given --- */

#define POOL_CPU	3	/* on which it begins */

static u64 end_status, end_rcx;
static u32 spoilt_entries;

/* From another CPU nothing goes on; what comes of it is the test's. */
static u64 half_given(u64 fn, struct tdx_module_args *args)
{
	u64 r;

	if (TDX_FN_LEAF(fn) != TDH_EXT_MEM_ADD)
		return seam_module(fn, args);
	if (expected_rcx && kshim_cpu != POOL_CPU) {
		assert_int_equal(args->rcx, expected_rcx);
		spoilt_entries++;
		args->rcx = end_rcx ?: args->rcx;
		return end_status;
	}
	r = check_list(fn, args);
	end_rcx = end_rcx ? args->rcx & ~TDX_HPA_LIST_FIRST : 0;
	return r;
}

static void leave_cpu(void)
{
	if (expected_rcx)
		kshim_cpu = 0;
}

static void lose_cpu(void)
{
	leave_cpu();
	if (expected_rcx)
		kshim_cpus = POOL_CPU;
}

static void start_pool(void (*between)(void))
{
	host_profile_default();
	host_profile.pool_pages = 300;
	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 100000;
	host_profile.mem_add_ns = 1000;
	host_power_on();
	pool_nr = batches = expected_rcx = end_rcx = spoilt_entries = 0;
	seam = half_given;
	kshim_preempted = between;
	kshim_cpu = POOL_CPU;
}

/* No page that was offered went back to the host; those that the module has not do now. */
static void stop_half_given(u32 taken)
{
	u32 i;

	assert_int_equal(batches, 1);
	assert_int_equal(pool_nr, host_profile.pool_pages);
	assert_int_equal(tdx_emu_pool_pages(), taken);
	assert_int_equal(host_live_allocs(), host_profile.pool_pages - taken);
	for (i = taken; i < host_profile.pool_pages; i++)
		__free_page(pfn_to_page(PHYS_PFN(pool[i])));
	host_power_off();
	kshim_cpu = 0;
	kshim_cpus = 4;
}

/* Suspended in the module for ever, whatever FIRST_ENTRY says: no page is anybody else's. */
static void pool_suspended_for_ever(void **state)
{
	u32 answer;

	for (answer = TDX_RESUME_CLOBBERED; answer <= TDX_RESUME_SAVED; answer++) {
		tdx_quote_policy.resume_args = answer;
		end_status = TDX_INVALID_RESUMPTION;
		start_pool(lose_cpu);
		assert_int_equal(lab_bring_up(), -EIO);
		assert_int_equal(spoilt_entries, 1);
		stop_half_given(100);
	}
	tdx_quote_policy = host_best;
}

/* FIRST_ENTRY behind where it was is no count of pages. */
static void pool_first_entry_goes_back(void **state)
{
	end_status = TDX_SYS_STATE_INCORRECT;
	start_pool(leave_cpu);
	end_rcx = 1;
	assert_int_equal(lab_bring_up(), -EIO);
	assert_int_equal(spoilt_entries, 1);
	stop_half_given(100);
}

/* But where it is where it was, the pages behind it are the host's. */
static void pool_first_entry_stays(void **state)
{
	end_status = TDX_SYS_STATE_INCORRECT;
	start_pool(leave_cpu);
	assert_int_equal(lab_bring_up(), -EIO);
	assert_int_equal(spoilt_entries, 1);
	assert_int_equal(tdx_emu_pool_pages(), 100);
	assert_int_equal(host_live_allocs(), 0);
	host_power_off();
}

/* Back to the CPU where it was left, with the RCX that it was left with. */
static void pool_goes_back_to_its_cpu(void **state)
{
	end_status = TDX_INVALID_RESUMPTION;
	start_pool(leave_cpu);
	end_rcx = 1;
	host_bring_up();
	assert_int_equal(spoilt_entries, 1);
	assert_int_equal(tdx_emu_pool_pages(), 300);
	host_power_off();
}

/* --- buffers --- */

/* 64 MiB in all, but one at least. */
static void buffers_are_capped(void **state)
{
	static const struct {
		u32 size, nr;
	} cases[] = {
		{ 2 << 20, 24 },	/* three for each CPU */
		{ 4 << 20, 16 }, { (4 << 20) - 1, 16 },
		{ (64 << 20) + 1, 1 },
	};
	u32 i;

	kshim_cpus = 8;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(tdx_quote_buffers_create(cases[i].size), 0);
		assert_int_equal(tdx_quote_nr_buffers(), cases[i].nr);
		tdx_quote_buffers_destroy();
	}
	kshim_cpus = 4;
}

/* --- what the module may answer --- */

static u64 faulty_field, faulty_value, faulty_status;

static u64 faulty_metadata(u64 fn, struct tdx_module_args *args)
{
	if (TDX_FN_LEAF(fn) != TDH_SYS_RD || args->rdx != faulty_field)
		return seam_module(fn, args);
	args->r8 = faulty_value;
	return faulty_status;
}

static void read_fails(u64 field)
{
	faulty_field = field;
	faulty_status = TDX_METADATA_FIELD_ID_INCORRECT;
	seam = faulty_metadata;
}

static void read_says(u64 field, u64 value)
{
	faulty_field = field;
	faulty_value = value;
	faulty_status = TDX_SUCCESS;
	seam = faulty_metadata;
}

static void expect_ext(int error, int state)
{
	assert_int_equal(lab_bring_up(), error);
	assert_int_equal(lab_state(), error ? TDX_LAB_FAILED : TDX_LAB_NO_QUOTING);
	assert_int_equal(last_ext_state, state);
	assert_int_equal(seam_attempts(TDH_QUOTE_INIT), 0);
	assert_int_equal(host_live_allocs(), 0);
	host_power_off();
}

static void no_extensions(void **state)
{
	host_profile_default();
	power_on_traced();
	read_says(TDX_MD_FEATURES0, TDX_FEATURES0_QUOTE);
	expect_ext(0, TDX_EXT_ABSENT);

	power_on_traced();
	read_says(TDX_MD_EXT_REQUIRED, 0);
	expect_ext(0, TDX_EXT_ABSENT);
	assert_int_equal(seam_attempts(TDH_EXT_MEM_ADD), 0);
	assert_int_equal(seam_attempts(TDH_EXT_INIT), 0);
}

static void unreadable_metadata(void **state)
{
	static const struct {
		u64 field;
		int ext_state;
	} cases[] = {
		{ TDX_MD_FEATURES0, -1 },	/* which TDH.SYS.CONFIG wants already */
		{ TDX_MD_POOL_PAGES, TDX_EXT_FAILED },
		{ TDX_MD_EXT_REQUIRED, TDX_EXT_FAILED },
	};
	char number[20];
	u32 i;

	host_profile_default();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		power_on_traced();
		read_fails(cases[i].field);
		expect_ext(-EIO, cases[i].ext_state);
		assert_int_equal(seam_attempts(TDH_EXT_INIT), 0);
		snprintf(number, sizeof(number), "%016llx", cases[i].field);
		assert_non_null(strstr(kshim_last_log(), number));
	}
}

/* More than there is: the module is given nothing, for it would keep that. */
static void pool_too_large(void **state)
{
	host_profile_default();
	power_on_traced();
	kshim_available = host_profile.pool_pages;
	expect_ext(-ENOMEM, TDX_EXT_FAILED);
	assert_int_equal(seam_attempts(TDH_EXT_MEM_ADD), 0);
	assert_non_null(strstr(kshim_last_log(), "pages for extensions, available are"));
}

/* TDH.SYS.CONFIG has been told what it offers; a module without add-ons is asked no more. */
static void features_are_read_once(void **state)
{
	host_profile_default();
	power_on_traced();
	read_says(TDX_MD_FEATURES0, 0);
	expect_ext(0, TDX_EXT_ABSENT);
	assert_int_equal(seam_attempts(TDH_SYS_RD), 1);
}

static void ext_init_refused(void **state)
{
	host_profile_default();
	power_on_traced();
	seam_refuse(TDH_EXT_INIT, 0, 1, TDX_SYS_NOT_READY);
	expect_ext(-EIO, TDX_EXT_FAILED);
}

/* The second of three batches is refused; then one that is half taken. */
static void pool_refused(void **state)
{
	host_profile_default();
	host_profile.pool_pages = 1100;
	power_on_traced();
	seam_refuse(TDH_EXT_MEM_ADD, 1, 1, TDX_OPERAND_INVALID | TDX_OPERAND_RCX);
	assert_int_equal(lab_bring_up(), -EIO);
	assert_int_equal(tdx_emu_pool_pages(), 512);
	assert_int_equal(host_live_allocs(), 0);
	assert_non_null(strstr(events, "total 512 of 1100 error -5\n"));
	host_power_off();

	host_profile.yield = TDX_EMU_YIELD_SLICE;
	host_profile.slice_ns = 100000;
	host_profile.mem_add_ns = 1000;
	power_on_traced();
	seam_refuse(TDH_EXT_MEM_ADD, 1, 1, TDX_EXT_MEMORY_POOL_FULL);
	assert_int_equal(lab_bring_up(), -EIO);
	assert_int_equal(tdx_emu_pool_pages(), 100);
	assert_int_equal(host_live_allocs(), 0);
	host_power_off();
}

/* The host is up without it. */
static void expect_no_quoting(void)
{
	assert_int_equal(lab_bring_up(), 0);
	assert_int_equal(lab_state(), TDX_LAB_NO_QUOTING);
	assert_int_equal(last_ext_state, TDX_EXT_READY);
	assert_false(tdx_quote_available());
	assert_int_equal(last_quote_state, TDX_QUOTE_UNAVAILABLE);
	assert_int_equal(host_live_allocs(), 0);
	host_power_off();
}

static void quote_init_refused(void **state)
{
	host_profile_default();
	power_on_traced();
	seam_refuse(TDH_QUOTE_INIT, 0, 1, TDX_SYS_STATE_INCORRECT);
	expect_no_quoting();

	power_on_traced();
	read_fails(TDX_MD_MAX_QUOTE_SIZE);
	expect_no_quoting();

	power_on_traced();
	read_says(TDX_MD_MAX_QUOTE_SIZE, 0);
	expect_no_quoting();

	power_on_traced();
	read_says(TDX_MD_MAX_QUOTE_SIZE, 1ULL << 32);
	expect_no_quoting();
}

static void entropy_is_awaited(void **state)
{
	host_profile_default();
	power_on_traced();
	seam_refuse(TDH_QUOTE_INIT, 0, 9, TDX_RND_NO_ENTROPY);
	host_bring_up();
	assert_int_equal(seam_attempts(TDH_QUOTE_INIT), 10);
	host_power_off();

	power_on_traced();
	seam_refuse(TDH_QUOTE_INIT, 0, 1000, TDX_RND_NO_ENTROPY);
	expect_no_quoting();
	assert_int_equal(seam_attempts(TDH_QUOTE_INIT), 10);
}

/* --- an update --- */

/* Old and new module, on each CPU as it has to be. */
static void update_in_order(void **state)
{
	u64 epoch;

	host_profile_default();
	power_on_traced();
	host_bring_up();
	epoch = tdx_emu_key_epoch();
	*events = 0;
	kshim_fail_alloc_after(0);	/* an update cannot allocate */
	assert_int_equal(host_update(), 0);
	assert_string_equal(events, "update begin 0\n"
				    "quote 2 error 0\n"
				    "cpu 0\ncpu 1\ncpu 2\ncpu 3\n"
				    "enter 60.0\nexit 60.0 0\next 1 error 0\n"
				    "enter 100.0\nexit 100.0 0\nquote 1 error 0\n"
				    "update end 0\n");
	assert_int_equal(lab_state(), TDX_LAB_UP);
	assert_int_equal(tdx_emu_key_epoch(), epoch + 1);
	assert_int_equal(seam_attempts(TDH_EXT_MEM_ADD), 1);
	assert_int_equal(seam_attempts(TDH_SYS_SHUTDOWN), 1);
	assert_int_equal(seam_attempts(TDX_FN_LEAF(SEAMLDR_INSTALL)), kshim_cpus);
	assert_int_equal(seam_attempts(TDH_SYS_INIT), 1);
	assert_int_equal(seam_attempts(TDH_SYS_LP_INIT), kshim_cpus);
	assert_int_equal(seam_attempts(TDH_SYS_UPDATE), 1);
	host_power_off();
}

/* Smaller quotes fit the buffers that there are, and then as large ones as before. */
static void update_may_shrink_quotes(void **state)
{
	host_profile_default();
	host_profile.quote_size = 8192;
	host_power_on();
	host_bring_up();
	kshim_fail_alloc_after(0);
	host_profile.max_quote_size = 8192;
	assert_int_equal(host_update(), 0);
	assert_int_equal(tdx_quote_max_size(), 8192);
	host_profile.max_quote_size = 10000;
	assert_int_equal(host_update(), 0);
	assert_int_equal(tdx_quote_max_size(), 10000);
	host_power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(without_pool),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(pool_of_every_length),
		cmocka_unit_test(pool_of_fragments),
		cmocka_unit_test(pool_suspended_for_ever),
		cmocka_unit_test(pool_first_entry_goes_back),
		cmocka_unit_test(pool_first_entry_stays),
		cmocka_unit_test(pool_goes_back_to_its_cpu),
		cmocka_unit_test(buffers_are_capped),
		cmocka_unit_test(no_extensions),
		cmocka_unit_test(unreadable_metadata),
		cmocka_unit_test(features_are_read_once),
		cmocka_unit_test(pool_too_large),
		cmocka_unit_test(ext_init_refused),
		cmocka_unit_test(pool_refused),
		cmocka_unit_test(quote_init_refused),
		cmocka_unit_test(entropy_is_awaited),
		cmocka_unit_test(update_in_order),
		cmocka_unit_test(update_may_shrink_quotes),
	};

	return cmocka_run_group_tests_name("bringup", tests, NULL, NULL);
}
