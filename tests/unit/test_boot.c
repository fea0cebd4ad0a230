// SPDX-License-Identifier: GPL-2.0
/*
 * The software TDX module behind a kernel that boots: the order of bring-up, CPUs,
 * memory regions, what a page is; P-SEAMLDR and the images it is given; the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "emu/state.h"
#include "emu/tdx_emu_image.h"
#include "tdx_abi.h"

#define CPUS		2
#define POOL		4
#define KEYID		32
#define GIB		(1ULL << 30)
#define MIB		(1ULL << 20)
#define BASE		(4 * GIB)	/* of the shim's memory, which has 256 MiB */
#define RESERVED	(64 * MIB)	/* of that: PAMTs */
#define NOWHERE		(1ULL << 40)
#define VMFAIL_INVALID	0x8000FF00FFFF0000ULL
#define INVALID(reg)	(TDX_OPERAND_INVALID | TDX_OPERAND_##reg)
#define RANGE(reg)	(TDX_OPERAND_ADDR_RANGE_ERROR | TDX_OPERAND_##reg)

static struct tdx_emu_profile profile;
static size_t live_before;

/* --- the host --- */

static u64 call(u64 fn, struct tdx_module_args *args)
{
	u64 r;

	preempt_disable();
	r = tdx_emu_seamcall(fn, args);
	preempt_enable();
	return r;
}

static u64 call_rcx(u64 fn, u64 rcx)
{
	struct tdx_module_args args = { .rcx = rcx };

	return call(fn, &args);
}

static u64 call0(u64 fn)
{
	return call_rcx(fn, 0);
}

static u64 on_each_cpu(u64 fn, u64 rcx)
{
	u64 r = TDX_SUCCESS;

	for (kshim_cpu = 0; kshim_cpu < kshim_cpus && r == TDX_SUCCESS; kshim_cpu++)
		r = call_rcx(fn, rcx);
	kshim_cpu = 0;
	return r;
}

static u64 sys_rd(u64 field, u64 *value)
{
	struct tdx_module_args args = { .rdx = field };
	u64 r = call(TDH_SYS_RD, &args);

	*value = args.r8;
	return r;
}

static u64 metadata(u64 field)
{
	u64 value;

	assert_int_equal(sys_rd(field, &value), TDX_SUCCESS);
	return value;
}

/* --- what it tells the module of its memory --- */

/* Words of a TDMR_INFO. */
enum { AREA, SIZE, PAMT_1G, PAMT_1G_SIZE, PAMT_2M, PAMT_2M_SIZE, PAMT_4K, PAMT_4K_SIZE, OFFSET };

#define RSVD(n)		(OFFSET + 2 * (n))
#define RSVD_SIZE(n)	(OFFSET + 2 * (n) + 1)
#define MAX_TDMRS	64

static u64 *pointers, *tdmrs[MAX_TDMRS];
static u64 pamt_end;	/* where the next PAMT goes */

static void *new_page(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}

static u64 new_pamt(u64 size, u64 *base)
{
	size = DIV_ROUND_UP(size, PAGE_SIZE) * PAGE_SIZE;
	*base = pamt_end;
	pamt_end += size;
	return size;
}

static void describe(u32 i, u64 base, u64 size)
{
	u64 *tdmr = new_page();

	tdmr[AREA] = base;
	tdmr[SIZE] = size;
	tdmr[PAMT_4K_SIZE] = new_pamt(size / 4096 * 16, &tdmr[PAMT_4K]);
	tdmr[PAMT_2M_SIZE] = new_pamt(size / (2 * MIB) * 16, &tdmr[PAMT_2M]);
	tdmr[PAMT_1G_SIZE] = new_pamt(size / GIB * 16, &tdmr[PAMT_1G]);
	tdmrs[i] = tdmr;
	pointers[i] = virt_to_phys(tdmr);
}

/* Two: the shim's memory, with a hole besides PAMTs; and what is believed to be some. */
static void describe_memory(void)
{
	pointers = new_page();
	pamt_end = BASE;
	describe(0, BASE, GIB);
	describe(1, BASE + 2 * GIB, 3 * GIB);
	tdmrs[0][RSVD(0)] = 0;
	tdmrs[0][RSVD_SIZE(0)] = RESERVED;
	tdmrs[0][RSVD(1)] = 512 * MIB;
	tdmrs[0][RSVD_SIZE(1)] = 512 * MIB;
}

static void forget_memory(void)
{
	u32 i;

	for (i = 0; i < MAX_TDMRS; i++) {
		free_page((unsigned long)tdmrs[i]);
		tdmrs[i] = NULL;
	}
	free_page((unsigned long)pointers);
}

static u64 configure(u64 nr)
{
	struct tdx_module_args args = {
		.rcx = virt_to_phys(pointers), .rdx = nr, .r8 = KEYID, .r9 = TDX_FEATURES0_QUOTE,
	};

	return call(TDX_FN(TDH_SYS_CONFIG, 1), &args);
}

static u64 init_tdmr(u64 base, u64 *next)
{
	struct tdx_module_args args = { .rcx = base, .rdx = 0xbad };
	u64 r = call(TDH_SYS_TDMR_INIT, &args);

	*next = args.rdx;
	return r;
}

static u64 page_type(u64 hpa, u64 *type)
{
	struct tdx_module_args args = { .rcx = hpa, .rdx = 0xbad };
	u64 r = call(TDH_PHYMEM_PAGE_RDMD, &args);

	*type = args.rcx;
	return r;
}

/* --- power, and how far bring-up is --- */

enum step { LOADED, INITIALISED, CONFIGURED, READY, SHUT_DOWN, DISABLED, NR_STEPS };

static int default_profile(void **state)
{
	emu_profile_default(&profile);
	profile.yield = TDX_EMU_YIELD_NEVER;
	profile.pool_pages = POOL;
	return 0;
}

static void power_on(void)
{
	live_before = kshim_live_allocs();
	kshim_cpus = CPUS;
	kshim_package_cpus = CPUS;
	kshim_cpu = 0;
	kshim_stopped = false;
	assert_int_equal(tdx_emu_init(), 0);
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	tdx_emu_cold();
	describe_memory();
}

static void power_off(void)
{
	forget_memory();
	tdx_emu_exit();
	assert_int_equal(kshim_live_allocs(), live_before);
	assert_int_equal(kshim_warnings(), 0);
}

static void reach(enum step step)
{
	u64 next;

	power_on();
	if (step >= INITIALISED) {
		assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
		assert_int_equal(on_each_cpu(TDH_SYS_LP_INIT, 0), TDX_SUCCESS);
	}
	if (step >= CONFIGURED)
		assert_int_equal(configure(2), TDX_SUCCESS);
	if (step >= READY) {
		assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
		assert_int_equal(init_tdmr(BASE, &next), TDX_SUCCESS);
	}
	if (step >= SHUT_DOWN)
		assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, 1), TDX_SUCCESS);
	if (step == DISABLED)
		assert_int_equal(call0(TDH_SYS_DISABLE), TDX_SUCCESS);
}

/* --- without power --- */

static void no_module(void **state)
{
	static const u64 fns[] = { TDH_SYS_INIT, TDH_SYS_RD, TDH_QUOTE_GET, SEAMLDR_INFO, 0 };
	u32 i, round;

	tdx_emu_exit();
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(fns); i++)
			assert_int_equal(call0(fns[i]), VMFAIL_INVALID);
		power_on();
		assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
		power_off();
		tdx_emu_exit();
	}

	/* What did not come on need not go off, but may. */
	kshim_fail_alloc_after(0);
	assert_int_equal(tdx_emu_init(), -ENOMEM);
	kshim_fail_alloc_after(-1);
	assert_int_equal(call0(TDH_SYS_INIT), VMFAIL_INVALID);
	tdx_emu_exit();
}

/* --- the order --- */

static void boot(void **state)
{
	u64 next, *list;
	u32 i, rounds = 0;

	reach(READY);
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 1);
	do {
		assert_int_equal(init_tdmr(BASE + 2 * GIB, &next), TDX_SUCCESS);
		assert_int_equal(next, BASE + 2 * GIB + ++rounds * GIB);
	} while (next < BASE + 5 * GIB);
	assert_int_equal(rounds, 3);

	list = new_page();
	for (i = 0; i < POOL; i++)
		list[i] = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(call_rcx(TDH_EXT_MEM_ADD, virt_to_phys(list) |
				  FIELD_PREP(TDX_HPA_LIST_LAST, POOL - 1)), TDX_SUCCESS);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_SUCCESS);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_MAX_QUOTE_SIZE), profile.max_quote_size);
	free_page((unsigned long)list);
	power_off();
}

static void every_leaf_at_every_step(void **state)
{
#define BAD_STATE	TDX_SYS_STATE_INCORRECT
#define NOT_READY	TDX_SYS_NOT_READY
#define NOT_PENDING	TDX_SYS_CONFIG_NOT_PENDING
#define NO_KEY		TDX_SYS_KEY_CONFIG_NOT_PENDING
#define DOWN		TDX_SYS_SHUTDOWN
	static const struct {
		const char *name;
		u64 fn;
		struct tdx_module_args args;
		u64 status[NR_STEPS];
	} rows[] = {
		{ "INIT", TDH_SYS_INIT, {},
		  { TDX_SUCCESS, BAD_STATE, BAD_STATE, BAD_STATE, DOWN, DOWN } },
		{ "LP.INIT", TDH_SYS_LP_INIT, {},
		  { BAD_STATE, BAD_STATE, BAD_STATE, BAD_STATE, DOWN, DOWN } },
		{ "RD", TDH_SYS_RD, { .rdx = TDX_MD_FEATURES0 },
		  { NOT_READY, TDX_SUCCESS, TDX_SUCCESS, TDX_SUCCESS, DOWN, DOWN } },
		{ "RD of pool", TDH_SYS_RD, { .rdx = TDX_MD_POOL_PAGES },
		  { NOT_READY, TDX_METADATA_FIELD_NOT_READABLE, TDX_SUCCESS, TDX_SUCCESS,
		    DOWN, DOWN } },
		/* Without operands, which are looked at only where it is its turn. */
		{ "CONFIG", TDH_SYS_CONFIG, {},
		  { NOT_PENDING, INVALID(R8), NOT_PENDING, NOT_PENDING, DOWN, DOWN } },
		{ "KEY.CONFIG", TDH_SYS_KEY_CONFIG, {},
		  { NO_KEY, NO_KEY, TDX_SUCCESS, NO_KEY, DOWN, DOWN } },
		{ "TDMR.INIT", TDH_SYS_TDMR_INIT, { .rcx = BASE + 2 * GIB },
		  { NOT_READY, NOT_READY, NOT_READY, TDX_SUCCESS, DOWN, DOWN } },
		{ "PAGE.RDMD", TDH_PHYMEM_PAGE_RDMD, { .rcx = BASE },
		  { NOT_READY, NOT_READY, NOT_READY, TDX_SUCCESS, DOWN, DOWN } },
		{ "SHUTDOWN", TDH_SYS_SHUTDOWN, { .rcx = EMU_HANDOFF_VERSION },
		  { NOT_READY, NOT_READY, NOT_READY, TDX_SUCCESS, DOWN, DOWN } },
		{ "UPDATE", TDH_SYS_UPDATE, {},
		  { BAD_STATE, BAD_STATE, BAD_STATE, BAD_STATE, DOWN, DOWN } },
		{ "EXT.INIT", TDH_EXT_INIT, {},
		  { NOT_READY, NOT_READY, NOT_READY, NOT_READY, DOWN, DOWN } },
		{ "QUOTE.INIT", TDH_QUOTE_INIT, {},
		  { NOT_READY, NOT_READY, NOT_READY, NOT_READY, DOWN, DOWN } },
		{ "QUOTE.GET", TDH_QUOTE_GET, {},
		  { NOT_READY, NOT_READY, NOT_READY, NOT_READY, DOWN, DOWN } },
		{ "DISABLE", TDH_SYS_DISABLE, {},
		  { TDX_SUCCESS, TDX_SUCCESS, TDX_SUCCESS, TDX_SUCCESS, TDX_SUCCESS, DOWN } },
		{ "INSTALL", SEAMLDR_INSTALL, {},
		  { BAD_STATE, BAD_STATE, BAD_STATE, BAD_STATE, INVALID(RCX), BAD_STATE } },
		{ "INFO", SEAMLDR_INFO, {},
		  { INVALID(RCX), INVALID(RCX), INVALID(RCX), INVALID(RCX), INVALID(RCX),
		    INVALID(RCX) } },
	};
	u32 i, s;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (s = 0; s < NR_STEPS; s++) {
			struct tdx_module_args args = rows[i].args;
			u64 r;

			reach(s);
			r = call(rows[i].fn, &args);
			if (r != rows[i].status[s])
				fail_msg("%s at step %u: %llx", rows[i].name, s,
					 (unsigned long long)r);
			power_off();
		}
	}
}

/* Pool pages cannot be had before the module may be given any. */
static void no_pool_before_keys(void **state)
{
	u64 *list;

	reach(CONFIGURED);
	list = new_page();
	list[0] = virt_to_phys(list);
	assert_int_equal(call_rcx(TDH_EXT_MEM_ADD, virt_to_phys(list)), TDX_SYS_NOT_READY);
	assert_int_equal(tdx_emu_pool_pages(), 0);
	free_page((unsigned long)list);
	power_off();
}

/* Once the platform is switched off and on, the lab has its own short order. */
static void the_lab_after_a_boot(void **state)
{
	struct tdx_module_args args = { .r9 = TDX_FEATURES0_QUOTE };
	u64 type;

	reach(READY);
	tdx_emu_exit();
	assert_int_equal(tdx_emu_init(), 0);
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call(TDX_FN(TDH_SYS_CONFIG, 1), &args), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SYS_KEY_CONFIG_NOT_PENDING);
	assert_int_equal(init_tdmr(BASE, &type), INVALID(RCX));
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 1);
	assert_int_equal(page_type(BASE, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_NDA);

	/* Nobody there tells of CPUs that come later, but may. */
	kshim_cpus = CPUS + 1;
	kshim_cpu = CPUS;
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 1);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	power_off();
}

/* --- CPUs and packages --- */

static void each_cpu(void **state)
{
	u64 value;

	power_on();
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(sys_rd(TDX_MD_FEATURES0, &value), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(sys_rd(TDX_MD_FEATURES0, &value), TDX_SUCCESS);
	assert_int_equal(configure(2), TDX_SYS_LP_INIT_NOT_DONE);
	kshim_cpu = 1;
	assert_int_equal(configure(2), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(configure(2), TDX_SUCCESS);
	power_off();
}

static void a_cpu_that_comes_later(void **state)
{
	u64 value;

	reach(READY);
	kshim_cpus = kshim_package_cpus = CPUS + 1;
	kshim_cpu = CPUS;
	assert_int_equal(sys_rd(TDX_MD_FEATURES0, &value), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(sys_rd(TDX_MD_FEATURES0, &value), TDX_SUCCESS);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_NOT_READY);
	power_off();
}

static void each_package(void **state)
{
	power_on();
	kshim_cpus = 4;
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(on_each_cpu(TDH_SYS_LP_INIT, 0), TDX_SUCCESS);
	assert_int_equal(configure(2), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
	kshim_cpu = 1;
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_KEY_CONFIGURED);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_NOT_READY);
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SYS_NOT_READY);
	kshim_cpu = 3;
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SUCCESS);
	power_off();
}

/* --- memory --- */

static void config_operands(void **state)
{
	struct tdx_module_args good, args;
	u32 i;

	reach(INITIALISED);
	good = (struct tdx_module_args){ .rcx = virt_to_phys(pointers), .rdx = 2, .r8 = KEYID };
	const struct {
		struct tdx_module_args args;
		u64 status;
	} rows[] = {
		{ { good.rcx + 8, good.rdx, good.r8 }, INVALID(RCX) },
		{ { good.rcx + 256, good.rdx, good.r8 }, INVALID(RCX) },
		{ { NOWHERE, good.rdx, good.r8 }, INVALID(RCX) },
		{ { 0, good.rdx, good.r8 }, INVALID(RCX) },
		{ { ~511ULL, good.rdx, good.r8 }, INVALID(RCX) },
		{ { good.rcx, 0, good.r8 }, INVALID(RDX) },
		{ { good.rcx, 65, good.r8 }, INVALID(RDX) },
		{ { good.rcx, ~0ULL, good.r8 }, INVALID(RDX) },
		{ { good.rcx, 3, good.r8 }, INVALID(RCX) },	/* the third is no TDMR_INFO */
		{ { good.rcx, good.rdx, 0 }, INVALID(R8) },
		{ { good.rcx, good.rdx, 0x10000 }, INVALID(R8) },
	};

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		args = rows[i].args;
		assert_int_equal(call(TDH_SYS_CONFIG, &args), rows[i].status);
	}
	args = good;
	assert_int_equal(call(TDH_SYS_CONFIG, &args), TDX_SUCCESS);	/* version 0 */
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 0);
	power_off();
}

static void bad_tdmrs(void **state)
{
	static const struct {
		u32 tdmr, word;
		u64 value;
		u64 status;
	} rows[] = {
		{ 0, AREA, BASE + 2 * MIB, TDX_INVALID_TDMR },
		{ 0, SIZE, 0, TDX_INVALID_TDMR },
		{ 0, SIZE, GIB + PAGE_SIZE, TDX_INVALID_TDMR },
		{ 1, SIZE, 1ULL << 52, TDX_INVALID_TDMR },
		{ 1, SIZE, -GIB, TDX_INVALID_TDMR },
		{ 1, AREA, -GIB, TDX_INVALID_TDMR },
		{ 1, AREA, 0, TDX_NON_ORDERED_TDMR },
		{ 1, AREA, BASE, TDX_NON_ORDERED_TDMR },
		{ 0, AREA, BASE + 2 * GIB, TDX_NON_ORDERED_TDMR | 1 },
		{ 0, SIZE, 3 * GIB, TDX_INVALID_PAMT },

		{ 0, RSVD(0), 1, TDX_INVALID_RESERVED_IN_TDMR },
		{ 0, RSVD_SIZE(0), RESERVED + 512, TDX_INVALID_RESERVED_IN_TDMR },
		{ 0, RSVD(1), 513 * MIB, TDX_INVALID_RESERVED_IN_TDMR },
		{ 0, RSVD(1), -PAGE_SIZE, TDX_INVALID_RESERVED_IN_TDMR },
		{ 0, RSVD_SIZE(1), -PAGE_SIZE, TDX_INVALID_RESERVED_IN_TDMR },
		{ 0, RSVD(1), RESERVED - PAGE_SIZE, TDX_NON_ORDERED_RESERVED_IN_TDMR },
		{ 0, RSVD(0), 512 * MIB, TDX_NON_ORDERED_RESERVED_IN_TDMR },
		{ 0, RSVD_SIZE(3), PAGE_SIZE, TDX_NON_ORDERED_RESERVED_IN_TDMR },

		{ 0, PAMT_4K, BASE + 8, TDX_INVALID_PAMT },
		{ 0, PAMT_4K_SIZE, 4 * MIB - PAGE_SIZE, TDX_INVALID_PAMT },
		{ 0, PAMT_4K_SIZE, 4 * MIB + 8, TDX_INVALID_PAMT },
		{ 1, PAMT_2M_SIZE, 5 * PAGE_SIZE, TDX_INVALID_PAMT },
		{ 1, PAMT_1G_SIZE, 0, TDX_INVALID_PAMT },
		{ 1, PAMT_1G, -PAGE_SIZE, TDX_INVALID_PAMT },
		{ 1, PAMT_4K_SIZE, -PAGE_SIZE, TDX_INVALID_PAMT },
		{ 0, PAMT_4K, BASE - PAGE_SIZE, TDX_PAMT_OUTSIDE_CMRS },
		{ 0, PAMT_2M, NOWHERE, TDX_PAMT_OUTSIDE_CMRS },
		{ 1, PAMT_4K, BASE + 250 * MIB, TDX_PAMT_OUTSIDE_CMRS },

		{ 0, PAMT_2M, BASE + 4 * MIB - PAGE_SIZE, TDX_PAMT_OVERLAP },
		{ 1, PAMT_1G, BASE, TDX_PAMT_OVERLAP },
		{ 0, PAMT_4K, BASE + RESERVED - PAGE_SIZE, TDX_PAMT_OVERLAP },
		{ 1, PAMT_4K, BASE + 128 * MIB, TDX_PAMT_OVERLAP },
		{ 0, RSVD(0), PAGE_SIZE, TDX_PAMT_OVERLAP },
		{ 0, RSVD_SIZE(1), 0, TDX_SUCCESS },
		{ 0, PAMT_4K, BASE + RESERVED - 4 * MIB, TDX_SUCCESS },
		{ 1, PAMT_1G_SIZE, 2 * PAGE_SIZE, TDX_SUCCESS },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 next, r;

		reach(INITIALISED);
		tdmrs[rows[i].tdmr][rows[i].word] = rows[i].value;
		r = configure(2);
		/* The detail is the TDMR's number; overlaps have two. */
		if (r != rows[i].status && r != (rows[i].status | rows[i].tdmr) &&
		    TDX_STATUS_CODE(r) != TDX_PAMT_OVERLAP)
			fail_msg("row %u: %llx", i, (unsigned long long)r);
		assert_int_equal(TDX_STATUS_CODE(r), TDX_STATUS_CODE(rows[i].status));
		if (r != TDX_SUCCESS) {
			/* Nothing is left of it, and it may be tried again. */
			assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SYS_KEY_CONFIG_NOT_PENDING);
			assert_int_equal(configure(0), INVALID(RDX));
			forget_memory();
			describe_memory();
			assert_int_equal(configure(2), TDX_SUCCESS);
			assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
			assert_int_equal(init_tdmr(BASE, &next), TDX_SUCCESS);
		}
		power_off();
	}
}

static void many_tdmrs(void **state)
{
	u64 next;
	u32 i;

	reach(INITIALISED);
	for (i = 2; i < MAX_TDMRS; i++) {
		describe(i, BASE + 4 * GIB + i * GIB, GIB);
		/* The same PAMTs would overlap, and others do not fit. */
		if (pamt_end + 5 * MIB > BASE + RESERVED)
			break;
	}
	assert_int_equal(configure(i), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
	assert_int_equal(init_tdmr(BASE + 4 * GIB + 2 * GIB, &next), TDX_SUCCESS);
	power_off();
}

static void tdmr_by_tdmr(void **state)
{
	u64 next, type;

	reach(READY);
	assert_int_equal(init_tdmr(BASE, &next), TDX_TDMR_ALREADY_INITIALIZED);
	assert_int_equal(next, 0);
	assert_int_equal(init_tdmr(BASE + GIB, &next), INVALID(RCX));
	assert_int_equal(init_tdmr(BASE + 3 * GIB, &next), INVALID(RCX));
	assert_int_equal(init_tdmr(~0ULL, &next), INVALID(RCX));

	/* Only what is initialised is known. */
	assert_int_equal(page_type(BASE + 2 * GIB, &type), RANGE(RCX));
	assert_int_equal(init_tdmr(BASE + 2 * GIB, &next), TDX_SUCCESS);
	assert_int_equal(page_type(BASE + 2 * GIB, &type), TDX_SUCCESS);
	assert_int_equal(page_type(BASE + 3 * GIB - PAGE_SIZE, &type), TDX_SUCCESS);
	assert_int_equal(page_type(BASE + 3 * GIB, &type), RANGE(RCX));
	power_off();
}

/* One page as the pool, which need not be the host's to give. */
static u64 add_page(u64 hpa)
{
	u64 *list = new_page(), r;

	list[0] = hpa;
	r = call_rcx(TDH_EXT_MEM_ADD, virt_to_phys(list));
	free_page((unsigned long)list);
	return r;
}

static void types_of_pages(void **state)
{
	u64 pool, type;

	reach(READY);
	assert_int_equal(page_type(BASE, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_RSVD);
	assert_int_equal(page_type(BASE + RESERVED - PAGE_SIZE, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_RSVD);
	assert_int_equal(page_type(BASE + RESERVED, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_NDA);
	assert_int_equal(page_type(BASE + 512 * MIB, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_RSVD);
	assert_int_equal(page_type(BASE - PAGE_SIZE, &type), RANGE(RCX));
	assert_int_equal(page_type(BASE + GIB, &type), RANGE(RCX));
	assert_int_equal(page_type(BASE + 8, &type), INVALID(RCX));
	assert_int_equal(page_type(1ULL << 52, &type), INVALID(RCX));

	assert_int_equal(add_page(BASE), TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_RCX);
	assert_int_equal(tdx_emu_pool_pages(), 0);
	pool = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(page_type(pool, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_NDA);
	assert_int_equal(add_page(pool), TDX_SUCCESS);
	assert_int_equal(page_type(pool, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_EXT_POOL);
	power_off();
}

/* Linux has memory that it has not told the module of. */
static void pool_outside_of_tdmrs(void **state)
{
	u64 pool;

	reach(INITIALISED);
	pool = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	pointers[0] = pointers[1];
	assert_int_equal(configure(1), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
	assert_int_equal(add_page(pool), RANGE(RCX));
	__free_page(pfn_to_page(PHYS_PFN(pool)));
	power_off();
}

/* --- metadata --- */

#define MD_MINOR	0x0800000100000003ULL
#define MD_MAJOR	0x0800000100000004ULL
#define MD_UPDATE	0x0800000100000005ULL

static void all_that_a_host_reads(void **state)
{
	static const struct {
		u64 id, min, max;
	} fields[] = {
		{ MD_MINOR, 5, 5 }, { MD_MAJOR, 1, 1 }, { MD_UPDATE, 900, 900 },
		{ 0x9100000100000008ULL, 64, 64 },	/* max_tdmrs */
		{ 0x9100000100000009ULL, 16, 16 },	/* max_reserved_per_tdmr */
		{ 0x9100000100000010ULL, 16, 16 },	/* pamt_*_entry_size */
		{ 0x9100000100000011ULL, 16, 16 },
		{ 0x9100000100000012ULL, 16, 16 },
		{ 0x9800000100000000ULL, 4096, 4096 },	/* tdr, tdcs, tdvps base_size */
		{ 0x9800000100000100ULL, 4096, 65536 },
		{ 0x9800000100000200ULL, 4096, 65536 },
		{ 0x1900000300000000ULL, 0, 0 },	/* attributes, xfam: fixed0, fixed1 */
		{ 0x1900000300000001ULL, 0, 0 },
		{ 0x1900000300000002ULL, 0, 0 },
		{ 0x1900000300000003ULL, 0, 0 },
		{ 0x9900000100000004ULL, 0, 0 },	/* num_cpuid_config */
		{ 0x9900000100000008ULL, 576, 576 },	/* max_vcpus_per_td */
		{ TDX_MD_MODULE_HV, 1, 1 },
	};
	u64 value;
	u32 i;

	reach(INITIALISED);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		assert_in_range(metadata(fields[i].id), fields[i].min, fields[i].max);
	assert_int_equal(sys_rd(0x9900000300000400ULL, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(sys_rd(0x9100000100000007ULL, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(value, 0);
	power_off();
}

/* --- P-SEAMLDR --- */

/* Words of SEAMLDR_PARAMS; the first has version and scenario. */
enum { VERSION, SIGSTRUCT, UNUSED, NR_PAGES = UNUSED + 13, PAGE_0 };

static struct tdx_emu_blob *blob;
static u64 *params;

static u64 blob_hpa(u32 page)
{
	return PFN_PHYS(vmalloc_to_pfn((u8 *)blob + page * PAGE_SIZE));
}

/* As Linux makes it of a file. */
static void make_image(void)
{
	blob = vmalloc(sizeof(*blob));
	tdx_emu_blob_fill(blob, &profile);
	params = new_page();
	params[VERSION] = 1ULL << 32;
	params[SIGSTRUCT] = blob_hpa(1);
	params[NR_PAGES] = blob->module_nr_pages;
	params[PAGE_0] = blob_hpa(2);
}

static void drop_image(void)
{
	vfree(blob);
	free_page((unsigned long)params);
}

static u64 install_here(void)
{
	return call_rcx(SEAMLDR_INSTALL, virt_to_phys(params));
}

static void start_again(void)
{
	struct tdx_module_args args = { .r9 = TDX_FEATURES0_QUOTE };

	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(on_each_cpu(TDH_SYS_LP_INIT, 0), TDX_SUCCESS);
	assert_int_equal(call(TDX_FN(TDH_SYS_UPDATE, 1), &args), TDX_SUCCESS);
}

static void expect_profile(void)
{
	struct tdx_emu_profile now;

	tdx_emu_get_profile(&now);
	assert_memory_equal(&now, &profile, sizeof(now));
}

static void blob_as_linux_wants_it(void **state)
{
	const u8 *bytes;
	u32 i;

	make_image();
	bytes = (const u8 *)blob;
	assert_int_equal(sizeof(*blob), 3 * 4096);
	assert_memory_equal(bytes, "\x00\x02\x00\x00TDX-BLOB\x01\x00\x00\x00\x01\x00\x00\x00", 20);
	for (i = 20; i < 4096; i++)
		assert_int_equal(bytes[i], 0);
	assert_memory_equal(bytes + 8192, "TDXEMU\0\1", 8);
	assert_memory_equal(bytes + 8192 + 16, &profile, sizeof(profile));
	drop_image();
}

static u32 remaining_updates(void)
{
	u8 *page = new_page();
	u32 value;

	assert_int_equal(call_rcx(SEAMLDR_INFO, virt_to_phys(page) + 256), TDX_SUCCESS);
	memcpy(&value, page + 256 + 28, sizeof(value));
	assert_int_equal(page[256 + 8] | page[256 + 9] << 8, 0x8086);
	assert_int_equal(page[256 + 160], 1);	/* seam_ready */
	assert_int_equal(page[255] | page[512], 0);
	free_page((unsigned long)page);
	return value;
}

static void loader_info(void **state)
{
	u8 *page;

	reach(LOADED);
	assert_int_equal(remaining_updates(), EMU_MAX_INSTALLS);
	page = new_page();
	memset(page, 0xa5, PAGE_SIZE);
	assert_int_equal(call_rcx(SEAMLDR_INFO, virt_to_phys(page) + 128), INVALID(RCX));
	assert_int_equal(call_rcx(SEAMLDR_INFO, NOWHERE), INVALID(RCX));
	assert_int_equal(call_rcx(SEAMLDR_INFO, ~255ULL), INVALID(RCX));
	assert_int_equal(page[0], 0xa5);
	assert_int_equal(call_rcx(SEAMLDR_INFO, virt_to_phys(page) + PAGE_SIZE - 256), TDX_SUCCESS);
	assert_int_equal(page[PAGE_SIZE - 257], 0xa5);
	assert_int_equal(page[PAGE_SIZE - 1], 0);
	free_page((unsigned long)page);
	power_off();
}

static void installed_from_an_image(void **state)
{
	u64 next, type, value;

	reach(READY);
	profile.quote_size += 1000;
	profile.features = TDX_EMU_FEATURES_NOT_REQUIRED;
	make_image();
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)),
			 TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SUCCESS);
	assert_int_equal(install_here(), TDX_SUCCESS);
	assert_int_equal(install_here(), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(remaining_updates(), EMU_MAX_INSTALLS);
	kshim_cpu = 1;
	assert_int_equal(install_here(), TDX_SUCCESS);
	kshim_cpu = 0;
	expect_profile();
	assert_int_equal(remaining_updates(), EMU_MAX_INSTALLS - 1);
	assert_int_equal(sys_rd(MD_UPDATE, &value), TDX_SYS_NOT_READY);
	start_again();
	assert_int_equal(install_here(), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(metadata(MD_UPDATE), 901);
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 0);

	/* Memory and keys are still known. */
	assert_int_equal(call0(TDH_SYS_KEY_CONFIG), TDX_SYS_KEY_CONFIG_NOT_PENDING);
	assert_int_equal(init_tdmr(BASE, &next), TDX_TDMR_ALREADY_INITIALIZED);
	assert_int_equal(page_type(BASE, &type), TDX_SUCCESS);
	assert_int_equal(type, PT_RSVD);

	/* And again, by the same pages. */
	profile.quote_size += 1000;
	tdx_emu_blob_fill(blob, &profile);
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SUCCESS);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)), TDX_SUCCESS);
	expect_profile();
	start_again();
	assert_int_equal(metadata(MD_UPDATE), 902);
	drop_image();
	power_off();
}

/* A CPU that was away during an update has to be told of the new module. */
static void a_cpu_that_missed_an_update(void **state)
{
	u64 value;

	reach(READY);
	make_image();
	kshim_cpus = 1;
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SUCCESS);
	assert_int_equal(install_here(), TDX_SUCCESS);
	start_again();
	kshim_cpus = CPUS;
	kshim_cpu = 1;
	assert_int_equal(sys_rd(MD_UPDATE, &value), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(sys_rd(MD_UPDATE, &value), TDX_SUCCESS);
	drop_image();
	power_off();
}

static void bad_params(void **state)
{
	static const struct {
		u32 word;
		u64 value;
		const char *why;
	} rows[] = {
		{ VERSION, 0, "scenario" }, { VERSION, 1ULL << 32 | 1, "version" },
		{ VERSION, 2ULL << 32, "scenario" }, { UNUSED, 1, "reserved" },
		{ NR_PAGES - 1, 1ULL << 63, "reserved" }, { SIGSTRUCT, 0, "SIGSTRUCT" },
		{ SIGSTRUCT, NOWHERE, "SIGSTRUCT" }, { SIGSTRUCT, BASE + 8, "SIGSTRUCT" },
		{ NR_PAGES, 0, "1 to 496" }, { NR_PAGES, 497, "1 to 496" },
		{ NR_PAGES, ~0ULL, "1 to 496" }, { PAGE_0, 0, "module page" },
		{ PAGE_0, NOWHERE, "module page" }, { PAGE_0, BASE + 64, "module page" },
		{ NR_PAGES, 2, "module page" },
	};
	u64 good;
	u32 i;

	reach(SHUT_DOWN);
	profile.quote_size += 1000;
	make_image();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		good = params[rows[i].word];
		params[rows[i].word] = rows[i].value;
		assert_int_equal(install_here(), INVALID(RCX));
		assert_non_null(strstr(kshim_last_log(), rows[i].why));
		params[rows[i].word] = good;
	}
	params[PAGE_0] = blob_hpa(1);
	assert_int_equal(install_here(), INVALID(RCX));
	assert_non_null(strstr(kshim_last_log(), "image"));
	params[PAGE_0] = blob_hpa(2);
	assert_int_equal(call_rcx(SEAMLDR_INSTALL, virt_to_phys(params) + 8), INVALID(RCX));
	assert_int_equal(call_rcx(SEAMLDR_INSTALL, NOWHERE), INVALID(RCX));
	assert_int_equal(call_rcx(SEAMLDR_INSTALL, 0), INVALID(RCX));	/* nothing is staged */

	/* More pages than are looked at. */
	params[NR_PAGES] = 3;
	params[PAGE_0 + 1] = params[PAGE_0 + 2] = blob_hpa(1);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)), TDX_SUCCESS);
	expect_profile();
	drop_image();
	power_off();
}

static void bad_images(void **state)
{
	static const char *const why[] = { "image", "image", "image", "seed", "slots" };
	struct tdx_emu_profile before;
	u32 i;

	reach(SHUT_DOWN);
	tdx_emu_get_profile(&before);
	make_image();
	for (i = 0; i < ARRAY_SIZE(why); i++) {
		tdx_emu_blob_fill(blob, &profile);
		switch (i) {
		case 0: blob->image.magic[7]++; break;
		case 1: blob->image.size -= 8; break;
		case 2: blob->image.reserved = 1; break;
		case 3: blob->image.profile.seed++; break;
		case 4: blob->image.profile.slots = 65; break;
		}
		assert_int_equal(install_here(), INVALID(RCX));
		assert_non_null(strstr(kshim_last_log(), why[i]));
	}
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SYS_SHUTDOWN);
	tdx_emu_get_profile(&profile);
	assert_memory_equal(&profile, &before, sizeof(before));
	assert_int_equal(emu.installs, 0);
	drop_image();
	power_off();
}

/* Changed behind one CPU's back: all have to name the same. */
static void image_that_changes(void **state)
{
	reach(SHUT_DOWN);
	make_image();
	assert_int_equal(install_here(), TDX_SUCCESS);
	profile.quote_size += 1000;
	tdx_emu_blob_fill(blob, &profile);
	kshim_cpu = 1;
	assert_int_equal(install_here(), TDX_SUCCESS);
	assert_int_equal(install_here(), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SYS_SHUTDOWN);
	kshim_cpu = 0;
	assert_int_equal(install_here(), TDX_SUCCESS);
	expect_profile();

	/* Installed as often as one likes, until it is said to go on. */
	profile.quote_size -= 1000;
	tdx_emu_blob_fill(blob, &profile);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)), TDX_SUCCESS);
	expect_profile();
	start_again();
	drop_image();
	power_off();
}

static void staged_or_given(void **state)
{
	reach(SHUT_DOWN);
	make_image();
	assert_int_equal(tdx_emu_stage(&profile), 0);

	/* An image is what the host wants; without one it is what was staged. */
	profile.quote_size += 1000;
	tdx_emu_blob_fill(blob, &profile);
	assert_int_equal(install_here(), TDX_SUCCESS);
	assert_int_equal(call0(SEAMLDR_INSTALL), INVALID(RCX));
	kshim_cpu = 1;
	assert_int_equal(install_here(), TDX_SUCCESS);
	kshim_cpu = 0;
	expect_profile();

	profile.quote_size += 1000;
	assert_int_equal(tdx_emu_stage(&profile), 0);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, 0), TDX_SUCCESS);
	expect_profile();

	/* Both the same, as who has it checked first would do. */
	assert_int_equal(tdx_emu_stage(&profile), 0);
	tdx_emu_blob_fill(blob, &profile);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)), TDX_SUCCESS);
	start_again();
	drop_image();
	power_off();
}

static void no_updates_left(void **state)
{
	reach(SHUT_DOWN);
	make_image();
	emu.installs = EMU_MAX_INSTALLS - 1;
	assert_int_equal(remaining_updates(), 1);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL, virt_to_phys(params)), TDX_SUCCESS);
	assert_int_equal(remaining_updates(), 0);
	assert_int_equal(install_here(), TDX_SYS_STATE_INCORRECT);
	start_again();
	assert_int_equal(call_rcx(TDH_SYS_SHUTDOWN, EMU_HANDOFF_VERSION), TDX_SUCCESS);
	assert_int_equal(install_here(), TDX_SYS_STATE_INCORRECT);
	drop_image();
	power_off();
}

/* --- the end --- */

/* In the middle of a call too, which nobody can go on with. */
static void disabled_for_good(void **state)
{
	enum step step;

	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.features = TDX_EMU_FEATURES_NOT_REQUIRED;
	reach(READY);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(call0(TDH_SYS_DISABLE), TDX_SUCCESS);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_SHUTDOWN);
	power_off();

	for (step = LOADED; step < NR_STEPS; step++) {
		reach(step);
		if (step != DISABLED)
			assert_int_equal(call0(TDH_SYS_DISABLE), TDX_SUCCESS);
		assert_int_equal(call0(TDH_SYS_INIT), TDX_SYS_SHUTDOWN);
		assert_int_equal(remaining_updates(), EMU_MAX_INSTALLS);
		assert_int_equal(tdx_emu_stage(&profile), 0);
		assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SYS_STATE_INCORRECT);
		power_off();
	}
}

#define TEST(name)	cmocka_unit_test_setup(name, default_profile)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_module),
		TEST(boot),
		TEST(every_leaf_at_every_step),
		TEST(no_pool_before_keys),
		TEST(the_lab_after_a_boot),
		TEST(each_cpu),
		TEST(a_cpu_that_comes_later),
		TEST(each_package),
		TEST(config_operands),
		TEST(bad_tdmrs),
		TEST(many_tdmrs),
		TEST(tdmr_by_tdmr),
		TEST(types_of_pages),
		TEST(pool_outside_of_tdmrs),
		TEST(all_that_a_host_reads),
		TEST(blob_as_linux_wants_it),
		TEST(loader_info),
		TEST(installed_from_an_image),
		TEST(a_cpu_that_missed_an_update),
		TEST(bad_params),
		TEST(bad_images),
		TEST(image_that_changes),
		TEST(staged_or_given),
		TEST(no_updates_left),
		TEST(disabled_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
