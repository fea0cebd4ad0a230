// SPDX-License-Identifier: GPL-2.0
/*
 * The software TDX module at its SEAMCALLs: what each parameter of a profile
 * does, calls suspended and resumed, and every leaf in every state of an update.
 * How real time passes (profile.engine) shows in the VM only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "emu/state.h"
#include "tdx_abi.h"
#include "measure/verify.h"

#define CPUS		2
#define POOL		16
#define SLICES		5
#define SLICE_NS	1000ULL
#define QUOTE_SIZE	9000
#define QUOTE_PAGES	5
#define BASE_FEATURES	(TDX_FEATURES0_TD_PRESERVING | TDX_FEATURES0_NO_RBP_MOD)
#define INVALID(reg)	(TDX_OPERAND_INVALID | TDX_OPERAND_##reg)

static struct tdx_emu_profile profile;
static size_t live_before;

/* --- the host --- */

static u64 call(u64 leaf, struct tdx_module_args *args)
{
	u64 fn = leaf == TDH_SYS_CONFIG || leaf == TDH_SYS_UPDATE ? TDX_FN(leaf, 1) : leaf;
	u64 r;

	preempt_disable();
	r = tdx_emu_seamcall(fn, args);
	preempt_enable();
	return r;
}

static u64 call0(u64 leaf)
{
	struct tdx_module_args args = {};

	return call(leaf, &args);
}

/* With the inputs saved, and RCX taken on where it must be; counts entries. */
static u64 finish(u64 leaf, struct tdx_module_args *args, u32 *entries)
{
	const struct tdx_module_args inputs = *args;
	u64 r;

	for (*entries = 1; ; ++*entries) {
		r = call(leaf, args);
		if (r != TDX_INTERRUPTED_RESUMABLE)
			return r;
		if (leaf == TDH_EXT_MEM_ADD)
			*args = (struct tdx_module_args){ .rcx = args->rcx };
		else
			*args = inputs;
	}
}

static u64 finish0(u64 leaf)
{
	struct tdx_module_args args = {};
	u32 entries;

	return finish(leaf, &args, &entries);
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

static u64 configure(u64 addon)
{
	struct tdx_module_args args = { .r9 = addon };

	return call(TDH_SYS_CONFIG, &args);
}

/* One batch of @pages pages; those that the module did not take are freed. */
static u64 add_pages(u32 pages, u32 *taken, u32 *entries)
{
	u64 *list = (u64 *)get_zeroed_page(GFP_KERNEL);
	struct tdx_module_args args = { .rcx = virt_to_phys(list) };
	u32 i;
	u64 r;

	for (i = 0; i < pages; i++)
		list[i] = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	args.rcx |= FIELD_PREP(TDX_HPA_LIST_LAST, pages - 1);
	r = finish(TDH_EXT_MEM_ADD, &args, entries);
	*taken = r == TDX_SUCCESS ? pages : FIELD_GET(TDX_HPA_LIST_FIRST, args.rcx);
	for (i = *taken; i < pages; i++)
		__free_page(pfn_to_page(PHYS_PFN(list[i])));
	free_page((unsigned long)list);
	return r;
}

static void fill_pool(void)
{
	u32 missing = metadata(TDX_MD_POOL_PAGES), taken, entries;

	assert_int_equal(add_pages(missing, &taken, &entries), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_POOL_PAGES), 0);
}

static void start_quoting(void)
{
	assert_int_equal(finish0(TDH_EXT_INIT), TDX_SUCCESS);
	assert_int_equal(finish0(TDH_QUOTE_INIT), TDX_SUCCESS);
}

static void power_on(void)
{
	live_before = kshim_live_allocs();
	kshim_cpus = CPUS;
	kshim_cpu = 0;
	kshim_stopped = false;
	kshim_interrupt = false;
	assert_int_equal(tdx_emu_init(), 0);
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
}

static void bring_up(void)
{
	power_on();
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	fill_pool();
	start_quoting();
}

static void power_off(void)
{
	tdx_emu_exit();
	assert_int_equal(kshim_live_allocs(), live_before);
	assert_int_equal(kshim_warnings(), 0);
}

/* Short calls in SLICES slices, a small pool, quotes of one size. */
static int default_profile(void **state)
{
	emu_profile_default(&profile);
	profile.yield = TDX_EMU_YIELD_SLICE;
	profile.slice_ns = SLICE_NS;
	profile.quote_ns = profile.ext_init_ns = profile.quote_init_ns = SLICES * SLICE_NS;
	profile.mem_add_ns = 0;
	profile.pool_pages = POOL;
	profile.max_quote_size = QUOTE_PAGES * PAGE_SIZE;
	profile.quote_size = QUOTE_SIZE;
	profile.quote_jitter = 0;
	return 0;
}

/* --- a TD that asks for quotes --- */

/**
 * struct td - a TD with one request
 * @tdr:   its root page
 * @mrtd:  its measurement
 * @nonce: its report data
 * @input: page with its report
 * @list:  the only node of its output list
 * @pages: what that names
 */
struct td {
	u64 tdr;
	u8 mrtd[48];
	u8 nonce[64];
	u8 *input;
	u64 *list;
	u8 *pages[QUOTE_PAGES];
};

static void *new_page(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}

/* Pages of its own for one more request of @td's TD. */
static void request_create(struct td *td)
{
	u32 i;

	td->input = new_page();
	td->list = new_page();
	memset(td->list, 0xff, PAGE_SIZE);
	for (i = 0; i < QUOTE_PAGES; i++) {
		td->pages[i] = new_page();
		td->list[i] = virt_to_phys(td->pages[i]);
	}
	assert_int_equal(tdx_emu_td_report(td->tdr, td->nonce, td->input), 0);
}

static void request_destroy(struct td *td)
{
	u32 i;

	free_page((unsigned long)td->input);
	free_page((unsigned long)td->list);
	for (i = 0; i < QUOTE_PAGES; i++)
		free_page((unsigned long)td->pages[i]);
}

static void td_create(struct td *td, u32 id)
{
	*td = (struct td){ .tdr = 0x200000000ULL + id * PAGE_SIZE };
	memset(td->nonce, id, sizeof(td->nonce));
	assert_int_equal(tdx_emu_td_create(td->tdr, id, td->mrtd), 0);
	request_create(td);
}

static void td_destroy(struct td *td)
{
	tdx_emu_td_destroy(td->tdr);
	request_destroy(td);
}

static struct tdx_module_args td_args(const struct td *td)
{
	return (struct tdx_module_args){
		.rcx = td->tdr, .rdx = TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT,
		.r8 = virt_to_phys(td->input), .r9 = EMU_REPORT_SIZE,
		.r10 = virt_to_phys(td->list), .r11 = QUOTE_PAGES * PAGE_SIZE,
	};
}

/* One entry with the original inputs. */
static u64 td_enter(const struct td *td)
{
	struct tdx_module_args args = td_args(td);

	return call(TDH_QUOTE_GET, &args);
}

static u64 td_quote(const struct td *td, u64 *len)
{
	struct tdx_module_args args = td_args(td);
	u32 entries;
	u64 r = finish(TDH_QUOTE_GET, &args, &entries);

	*len = args.rcx;
	return r;
}

static struct quote_key key_now(void)
{
	struct quote_key key = { .epoch = tdx_emu_key_epoch(), .seed = profile.seed };

	key.len = tdx_emu_key(&key.token, key.key);
	return key;
}

static void expect_right(const struct td *td, u32 len, const struct quote_key *key)
{
	const struct quote_expect expect = { td->nonce, td->mrtd, key };
	struct verifier *verifier = verifier_new(key);
	const char *why = "";
	uint64_t serial;
	u8 *quote = malloc(len);
	u32 i;

	for (i = 0; i * PAGE_SIZE < len; i++)
		memcpy(quote + i * PAGE_SIZE, td->pages[i], min(len - i * PAGE_SIZE, PAGE_SIZE));
	if (quote_verify(verifier, quote, len, &expect, &serial, &why))
		fail_msg("quote: %s", why);
	free(quote);
	verifier_free(verifier);
}

static void expect_quote(const struct td *td)
{
	struct quote_key key = key_now();
	u64 len;

	assert_int_equal(td_quote(td, &len), TDX_SUCCESS);
	assert_int_equal(len, profile.quote_size);
	expect_right(td, len, &key);
}

/* --- the module replaced --- */

static u64 on_each_cpu(u64 leaf)
{
	u64 r = TDX_SUCCESS;
	u32 cpu;

	for (cpu = 0; cpu < CPUS && r == TDX_SUCCESS; cpu++) {
		kshim_cpu = cpu;
		r = call0(leaf);
	}
	kshim_cpu = 0;
	return r;
}

static u64 shut_down(void)
{
	struct tdx_module_args args = { .rcx = metadata(TDX_MD_MODULE_HV) };

	return call(TDH_SYS_SHUTDOWN, &args);
}

static u64 update(u64 addon)
{
	struct tdx_module_args args = { .r9 = addon };

	return call(TDH_SYS_UPDATE, &args);
}

/* From a module that is shut down to where TDH.SYS.UPDATE is next. */
static void install(void)
{
	assert_int_equal(tdx_emu_stage(&profile), 0);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(on_each_cpu(TDH_SYS_LP_INIT), TDX_SUCCESS);
}

static void replace(void)
{
	assert_int_equal(shut_down(), TDX_SUCCESS);
	install();
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
}

/* --- profiles --- */

#define FIELD(name, def, min, max, unit, text)	{ #name, def, min, max },

static const struct {
	const char *name;
	u64 def, min, max;
} fields[] = { TDX_EMU_PROFILE(FIELD) };

static void refused(const char *name, u64 value, const struct tdx_emu_profile *wrong)
{
	char line[128];

	snprintf(line, sizeof(line), "%s is %llu, allowed is ", name, (unsigned long long)value);
	assert_int_equal(tdx_emu_set_profile(wrong), -ERANGE);
	assert_non_null(strstr(kshim_last_log(), line));
	assert_int_equal(tdx_emu_stage(wrong), -ERANGE);
}

static void out_of_range(void **state)
{
	struct tdx_emu_profile wrong, now;
	u32 i;

	power_on();
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 *value = (u64 *)&wrong + i;

		wrong = profile;
		*value = fields[i].max + 1;
		if (*value)
			refused(fields[i].name, *value, &wrong);
		*value = fields[i].min - 1;
		if (fields[i].min)
			refused(fields[i].name, *value, &wrong);
	}
	tdx_emu_get_profile(&now);
	assert_memory_equal(&now, &profile, sizeof(now));
	power_off();
}

static void bad_combinations(void **state)
{
	struct tdx_emu_profile wrong;

	power_on();
	wrong = profile;
	wrong.quote_jitter = QUOTE_SIZE - QUOTE_MIN_SIZE + 1;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.quote_size = wrong.max_quote_size + 1;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	assert_non_null(strstr(kshim_last_log(), "max_quote_size"));
	wrong = profile;
	wrong.yield = TDX_EMU_YIELD_NEVER;
	wrong.quote_init_ns = 5000000001ULL;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	assert_non_null(strstr(kshim_last_log(), "yield never"));

	/* A call that goes on for ever: only where that is what fails. */
	wrong = profile;
	wrong.fault_status = TDX_EMU_STATUS_RESUMABLE;
	wrong.fault_times = 100001;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	assert_non_null(strstr(kshim_last_log(), "fault_times is 100001"));
	wrong.fault_times = 100000;
	assert_int_equal(tdx_emu_set_profile(&wrong), 0);
	wrong.fault_status = TDX_EMU_STATUS_NO_ENTROPY;
	wrong.fault_times = 1000000000;
	assert_int_equal(tdx_emu_set_profile(&wrong), 0);
	power_off();
}

static void not_while_calls_are_under_way(void **state)
{
	struct td td;

	bring_up();
	td_create(&td, 1);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(tdx_emu_set_profile(&profile), -EBUSY);
	expect_quote(&td);
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	td_destroy(&td);
	power_off();
}

static void seed_makes_keys_and_identities(void **state)
{
	struct quote_key keys[3];
	struct td tds[3];
	u32 i;

	for (i = 0; i < 3; i++) {
		profile.seed = i == 1 ? 2 : 1;
		bring_up();
		td_create(&tds[i], 1);
		expect_quote(&tds[i]);
		keys[i] = key_now();
		td_destroy(&tds[i]);
		power_off();
	}
	assert_memory_equal(keys[0].key, keys[2].key, keys[0].len);
	assert_memory_equal(tds[0].mrtd, tds[2].mrtd, sizeof(tds[0].mrtd));
	assert_memory_not_equal(keys[0].key, keys[1].key, keys[0].len);
	assert_memory_not_equal(tds[0].mrtd, tds[1].mrtd, sizeof(tds[0].mrtd));
}

/* --- time --- */

/* Entries that one quote takes. */
static u32 quote_entries(const struct td *td)
{
	struct tdx_module_args args = td_args(td);
	u32 entries;

	assert_int_equal(finish(TDH_QUOTE_GET, &args, &entries), TDX_SUCCESS);
	return entries;
}

static void yield_rules(void **state)
{
	struct td td;

	bring_up();
	td_create(&td, 1);
	assert_int_equal(quote_entries(&td), SLICES);
	kshim_stopped = true;	/* honour interrupts disabled: not even then */
	assert_int_equal(quote_entries(&td), 1);
	kshim_stopped = false;

	profile.yield = TDX_EMU_YIELD_PENDING;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	assert_int_equal(quote_entries(&td), 1);
	kshim_interrupt = true;
	assert_int_equal(quote_entries(&td), SLICES);

	profile.yield = TDX_EMU_YIELD_NEVER;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	assert_int_equal(quote_entries(&td), 1);
	td_destroy(&td);
	power_off();
}

/* As with the machine stopped: an interrupt is pending that nobody will take. */
static void yield_with_interrupts_disabled(void **state)
{
	struct tdx_module_args args;
	u32 entries, rule;

	for (rule = TDX_EMU_IF_HONOUR; rule <= TDX_EMU_IF_IGNORE; rule++) {
		profile.yield = TDX_EMU_YIELD_PENDING;
		profile.yield_if = rule;
		power_on();
		assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
		fill_pool();
		kshim_interrupt = kshim_stopped = true;
		args = (struct tdx_module_args){};
		assert_int_equal(finish(TDH_EXT_INIT, &args, &entries), TDX_SUCCESS);
		assert_int_equal(entries, rule == TDX_EMU_IF_HONOUR ? 1 : SLICES);
		power_off();
	}
}

static u64 time_of(u64 leaf)
{
	u64 start = ktime_get_ns();

	assert_int_equal(finish0(leaf), TDX_SUCCESS);
	return ktime_get_ns() - start;
}

static void expect_time(u64 ns, u64 expect)
{
	assert_in_range(ns, expect, expect + 20);	/* the shim's clock goes on by looks */
}

static void compute_times(void **state)
{
	u32 taken, entries;
	u64 start, len;
	struct td td;

	profile.mem_add_ns = 700;
	profile.ext_init_ns = 11000;
	profile.quote_init_ns = 13000;
	profile.quote_ns = 17000;
	profile.slice_ns = 5600;	/* 8 pages */
	power_on();
	td_create(&td, 1);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	start = ktime_get_ns();
	assert_int_equal(add_pages(POOL, &taken, &entries), TDX_SUCCESS);
	expect_time(ktime_get_ns() - start, POOL * 700);
	assert_int_equal(entries, 2);
	expect_time(time_of(TDH_EXT_INIT), 11000);
	expect_time(time_of(TDH_QUOTE_INIT), 13000);
	start = ktime_get_ns();
	assert_int_equal(td_quote(&td, &len), TDX_SUCCESS);
	expect_time(ktime_get_ns() - start, 17000);
	td_destroy(&td);
	power_off();
}

/* --- pool and quotes --- */

static void pool_of_the_size_asked_for(void **state)
{
	u32 taken, entries;

	power_on();
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 1);
	assert_int_equal(metadata(TDX_MD_POOL_PAGES), POOL);
	assert_int_equal(add_pages(POOL - 1, &taken, &entries), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_POOL_PAGES), 1);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_SYS_NOT_READY);
	assert_int_equal(add_pages(2, &taken, &entries), TDX_EXT_MEMORY_POOL_FULL);
	assert_int_equal(taken, 1);
	assert_int_equal(tdx_emu_pool_pages(), POOL);
	assert_int_not_equal(tdx_emu_pool_page(POOL - 1), 0);
	assert_int_equal(tdx_emu_pool_page(POOL), 0);
	start_quoting();
	power_off();
}

static u64 *pool_page(u32 index)
{
	return emu_page(tdx_emu_pool_page(index));
}

/* Wherever the page is in the pool, and whichever of the marks is hit. */
static void touched_pool(void **state)
{
	static const u32 words[] = { 0, PAGE_SIZE / sizeof(u64) - 1 };
	u32 index, word, quotes;
	struct td td;
	u64 len;

	bring_up();
	td_create(&td, 1);
	for (index = 0; index < POOL; index++) {
		for (word = 0; word < ARRAY_SIZE(words); word++) {
			pool_page(index)[words[word]] ^= 1;
			for (quotes = 0; td_quote(&td, &len) == TDX_SUCCESS; quotes++)
				assert_true(quotes < POOL);
			assert_int_equal(td_enter(&td), TDX_PAGE_METADATA_INCORRECT);
			assert_int_equal(call0(TDH_QUOTE_INIT), TDX_PAGE_METADATA_INCORRECT);
			pool_page(index)[words[word]] ^= 1;
			expect_quote(&td);
		}
	}
	replace();
	pool_page(POOL - 1)[0] ^= 1;
	assert_int_equal(call0(TDH_EXT_INIT), TDX_PAGE_METADATA_INCORRECT);
	td_destroy(&td);
	power_off();
}

/* A word of a page that is nobody's, as it was left. */
static u64 __attribute__((no_sanitize_address)) left_in(u64 hpa, u32 word)
{
	return ((const volatile u64 *)phys_to_virt(hpa))[word];
}

/* Or the next module would find pages that it owns already. */
static void pool_comes_back_unmarked(void **state)
{
	u64 hpas[POOL];
	u32 i;

	bring_up();
	for (i = 0; i < POOL; i++) {
		hpas[i] = tdx_emu_pool_page(i);
		assert_int_not_equal(left_in(hpas[i], 0), 0);
	}
	power_off();
	for (i = 0; i < POOL; i++) {
		assert_int_equal(left_in(hpas[i], 0), 0);
		assert_int_equal(left_in(hpas[i], PAGE_SIZE / sizeof(u64) - 1), 0);
	}
}

static void quotes_of_the_size_asked_for(void **state)
{
	bool shorter = false, longer = false;
	struct td td;
	u64 len;
	u32 i;

	profile.quote_jitter = 50;
	bring_up();
	assert_int_equal(metadata(TDX_MD_MAX_QUOTE_SIZE), profile.max_quote_size);
	td_create(&td, 1);
	for (i = 0; i < 40; i++) {
		assert_int_equal(td_quote(&td, &len), TDX_SUCCESS);
		assert_in_range(len, QUOTE_SIZE - 50, QUOTE_SIZE + 50);
		shorter |= len < QUOTE_SIZE - 25;
		longer |= len > QUOTE_SIZE + 25;
	}
	assert_true(shorter && longer);
	td_destroy(&td);
	power_off();
}

/* --- times that vary --- */

#define DRAWS		64

static int by_value(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void draw_times(u64 (*draw)(void), u64 times[DRAWS])
{
	u32 i;

	power_on();
	for (i = 0; i < DRAWS; i++)
		times[i] = draw();
	power_off();
}

static void spread_out(u64 *spread)
{
	static const u64 wide[] = { 5000, 8000, 9000, 11000, 13000, 20000, 30000 };

	memcpy(spread, wide, sizeof(wide));
}

static void constant_times_are_constant(void **state)
{
	u64 times[DRAWS];
	u32 i;

	draw_times(emu_quote_ns, times);
	for (i = 0; i < DRAWS; i++)
		assert_int_equal(times[i], profile.quote_ns);
	draw_times(emu_slice_ns, times);
	for (i = 0; i < DRAWS; i++)
		assert_int_equal(times[i], profile.slice_ns);
}

static void expect_spread(const u64 drawn[DRAWS], u64 median)
{
	u64 times[DRAWS];

	memcpy(times, drawn, sizeof(times));
	qsort(times, DRAWS, sizeof(*times), by_value);
	assert_in_range(times[0], median / 2, median * 7 / 10);
	assert_in_range(times[DRAWS / 10], median * 78 / 100, median * 82 / 100);
	assert_in_range(times[DRAWS / 2], median * 99 / 100, median * 101 / 100);
	assert_in_range(times[DRAWS * 9 / 10], median * 120 / 100, median * 140 / 100);
	assert_in_range(times[DRAWS - 1], median * 15 / 10, median * 3);
}

/* As the profile has them already after some dozens, and the same from the same seed. */
static void times_vary_as_the_profile_says(void **state)
{
	u64 first[DRAWS], second[DRAWS];

	profile.quote_ns = 1000000;
	spread_out(TDX_EMU_SPREAD_OF(&profile, quote));
	draw_times(emu_quote_ns, first);
	draw_times(emu_quote_ns, second);
	assert_memory_equal(first, second, sizeof(first));
	expect_spread(first, profile.quote_ns);

	profile.seed++;
	draw_times(emu_quote_ns, second);
	assert_memory_not_equal(first, second, sizeof(first));
	expect_spread(second, profile.quote_ns);

	profile.slice_ns = 50000;
	spread_out(TDX_EMU_SPREAD_OF(&profile, slice));
	draw_times(emu_slice_ns, first);
	expect_spread(first, profile.slice_ns);
}

/* The longest that ranges allow, times the widest. */
static void times_at_their_ends(void **state)
{
	u64 times[DRAWS];
	u32 i;

	profile.slice_ns = 100;
	profile.slice_p0 = profile.slice_p10 = profile.slice_p25 = 1;
	profile.quote_ns = 300000000;
	profile.quote_p100 = 1000000;
	draw_times(emu_slice_ns, times);
	for (i = 0; i < DRAWS; i++)
		assert_int_equal(times[i], 100);
	draw_times(emu_quote_ns, times);
	for (i = 0; i < DRAWS; i++)
		assert_in_range(times[i], 300000000, 30000000000ULL);
}

static void spreads_that_are_refused(void **state)
{
	struct tdx_emu_profile wrong;

	power_on();
	wrong = profile;
	wrong.quote_p0 = 9000;
	wrong.quote_p10 = 8000;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.slice_p99 = 12000;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.slice_ns = 10000000;
	wrong.slice_p100 = 10001;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.quote_ns = 30000000000ULL;
	wrong.quote_p100 = 10001;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.quote_p75 = 9999;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	wrong = profile;
	wrong.quote_ns = 1000000000;
	wrong.quote_p100 = 60000;
	wrong.yield = TDX_EMU_YIELD_NEVER;
	assert_int_equal(tdx_emu_set_profile(&wrong), -ERANGE);
	power_off();
}

static void lengths_that_lie(void **state)
{
	struct td td;
	u64 len;

	profile.overlong = 123456;
	bring_up();
	td_create(&td, 1);
	assert_int_equal(td_quote(&td, &len), TDX_SUCCESS);
	assert_int_equal(len, QUOTE_SIZE + 123456);
	td_destroy(&td);
	power_off();
}

static void tokens(void **state)
{
	struct td td;

	for (profile.token = TDX_EMU_TOKEN_MAC0; profile.token <= TDX_EMU_TOKEN_SIGN1;
	     profile.token++) {
		bring_up();
		td_create(&td, 1);
		assert_int_equal(key_now().len, profile.token == TDX_EMU_TOKEN_MAC0 ? 48 : 96);
		expect_quote(&td);
		td_destroy(&td);
		power_off();
	}
}

/* --- calls suspended and resumed --- */

static void expect_slots(u32 scope, u64 of_other_td)
{
	struct td td[3], other;
	u32 i;

	profile.slots = 2;
	profile.slot_scope = scope;
	bring_up();
	td_create(&other, 9);
	td_create(&td[0], 1);
	for (i = 1; i < 3; i++) {
		td[i] = td[0];
		request_create(&td[i]);
	}
	assert_int_equal(td_enter(&td[0]), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(td_enter(&td[1]), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(td_enter(&td[2]), TDX_OPERAND_BUSY);
	assert_int_equal(td_enter(&other), of_other_td);
	expect_quote(&td[0]);	/* makes room */
	assert_int_equal(td_enter(&td[2]), TDX_INTERRUPTED_RESUMABLE);
	request_destroy(&td[1]);
	request_destroy(&td[2]);
	td_destroy(&td[0]);
	td_destroy(&other);
	power_off();
}

static void slots(void **state)
{
	expect_slots(TDX_EMU_SLOTS_GLOBAL, TDX_OPERAND_BUSY);
	expect_slots(TDX_EMU_SLOTS_PER_TD, TDX_INTERRUPTED_RESUMABLE);
}

/* However many slots there are for each TD, the module has an end. */
static void no_more_room_at_all(void **state)
{
	static struct td tds[EMU_MAX_CALLS + 1];
	u32 i;

	profile.slot_scope = TDX_EMU_SLOTS_PER_TD;
	bring_up();
	for (i = 0; i <= EMU_MAX_CALLS; i++) {
		td_create(&tds[i], i);
		assert_int_equal(td_enter(&tds[i]), i < EMU_MAX_CALLS ?
				 TDX_INTERRUPTED_RESUMABLE : TDX_OPERAND_BUSY);
	}
	for (i = 0; i < EMU_MAX_CALLS; i++)
		expect_quote(&tds[i]);
	for (i = 0; i <= EMU_MAX_CALLS; i++)
		td_destroy(&tds[i]);
	power_off();
}

/* The list is of a suspended call, the rest is not what that began with. */
static void resumed_with_other_operands(void **state)
{
	struct tdx_module_args args;
	struct td td, other;

	bring_up();
	td_create(&td, 1);
	td_create(&other, 2);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);

	args = td_args(&td);
	args.r8 = virt_to_phys(other.input);
	assert_int_equal(call(TDH_QUOTE_GET, &args), TDX_INVALID_RESUMPTION);
	args = td_args(&td);
	args.rcx = other.tdr;
	assert_int_equal(call(TDH_QUOTE_GET, &args), TDX_INVALID_RESUMPTION);

	/* Another list is another call, and this one is where it was. */
	args = td_args(&other);
	args.rcx = td.tdr;
	args.r8 = virt_to_phys(td.input);
	assert_int_equal(call(TDH_QUOTE_GET, &args), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(quote_entries(&td), SLICES - 1);
	td_destroy(&td);
	td_destroy(&other);
	power_off();
}

static void two_cpus_in_one_call(void **state)
{
	struct td td;

	bring_up();
	td_create(&td, 1);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	emu.calls[0].entered = true;
	assert_int_equal(td_enter(&td), TDX_OPERAND_BUSY);
	assert_int_equal(shut_down(), TDX_SYS_BUSY);
	emu.calls[0].entered = false;
	expect_quote(&td);
	td_destroy(&td);
	power_off();
}

/* Nothing is left of it: neither slot nor list, for whoever comes next. */
static void td_goes_with_a_call_suspended(void **state)
{
	struct td td, next;

	profile.slots = 1;
	bring_up();
	td_create(&td, 1);
	td_create(&next, 2);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_OPERAND_BUSY);
	tdx_emu_td_destroy(td.tdr);
	assert_int_equal(tdx_emu_td_create(td.tdr, 1, td.mrtd), 0);
	assert_int_equal(finish0(TDH_QUOTE_INIT), TDX_SUCCESS);
	assert_int_equal(tdx_emu_td_report(td.tdr, td.nonce, td.input), 0);
	expect_quote(&next);
	assert_int_equal(quote_entries(&td), SLICES);
	td_destroy(&td);
	td_destroy(&next);
	power_off();
}

static void resume_on_another_cpu(void **state)
{
	struct td td;

	for (profile.resume_cpu = TDX_EMU_CPU_ANY; profile.resume_cpu <= TDX_EMU_CPU_SAME;
	     profile.resume_cpu++) {
		bring_up();
		td_create(&td, 1);
		assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
		kshim_cpu = 1;
		assert_int_equal(td_enter(&td), profile.resume_cpu == TDX_EMU_CPU_ANY ?
				 TDX_INTERRUPTED_RESUMABLE : TDX_INVALID_RESUMPTION);
		kshim_cpu = 0;
		expect_quote(&td);	/* it still is suspended */
		assert_int_equal(emu.used, 0);
		td_destroy(&td);
		power_off();
	}
}

/* --- outputs and inputs --- */

static void expect_spoilt(const struct tdx_module_args *args, const struct tdx_module_args *before)
{
	const u64 *out = &args->rcx, *in = &before->rcx;
	u32 i, j;

	for (i = 0; i < 6; i++) {
		if (profile.outputs == TDX_EMU_OUTPUTS_PRESERVE) {
			assert_int_equal(out[i], in[i]);
		} else if (profile.outputs == TDX_EMU_OUTPUTS_ZERO) {
			assert_int_equal(out[i], 0);
		} else {
			assert_int_equal(out[i] >> 16, 0xbad0bad0bad0ULL);
			for (j = 0; j < i; j++)
				assert_int_not_equal(out[i], out[j]);
		}
	}
}

static void expect_outputs(void)
{
	static const u64 leaves[] = { TDH_EXT_INIT, TDH_QUOTE_INIT };
	struct tdx_module_args before, args;
	struct td td;
	u32 i;

	power_on();
	td_create(&td, 1);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	fill_pool();	/* RCX is right, or this would fail */
	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		before = args = (struct tdx_module_args){ 1, 2, 3, 4, 5, 6 };
		assert_int_equal(call(leaves[i], &args), TDX_INTERRUPTED_RESUMABLE);
		expect_spoilt(&args, &before);
		assert_int_equal(finish0(leaves[i]), TDX_SUCCESS);
	}
	before = args = td_args(&td);
	assert_int_equal(call(TDH_QUOTE_GET, &args), TDX_INTERRUPTED_RESUMABLE);
	expect_spoilt(&args, &before);
	expect_quote(&td);

	/* Also where there is no entropy. */
	profile.entropy_rate = 10000;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	before = args = td_args(&td);
	assert_int_equal(call(TDH_QUOTE_GET, &args), TDX_RND_NO_ENTROPY);
	expect_spoilt(&args, &before);
	profile.entropy_rate = 0;

	/* Not where the call is over. */
	before = args = td_args(&td);
	args.r9 = before.r9 = 0;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	assert_int_equal(call(TDH_QUOTE_GET, &args), INVALID(R9));
	assert_memory_equal(&args, &before, sizeof(args));
	td_destroy(&td);
	power_off();
}

static void outputs_on_interruption(void **state)
{
	profile.mem_add_ns = SLICE_NS;	/* one page each time */
	for (profile.outputs = TDX_EMU_OUTPUTS_PRESERVE; profile.outputs <= TDX_EMU_OUTPUTS_POISON;
	     profile.outputs++)
		expect_outputs();
}

/* All registers of TDH.EXT.MEM.ADD but RCX. */
static void outputs_of_mem_add(void **state)
{
	struct tdx_module_args args = { .rdx = 1, .r11 = 2 };
	u64 *list, info;

	profile.outputs = TDX_EMU_OUTPUTS_ZERO;
	profile.mem_add_ns = SLICE_NS;
	power_on();
	list = new_page();
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	list[0] = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	list[1] = page_to_phys(alloc_pages(GFP_KERNEL, 0));
	info = virt_to_phys(list) | FIELD_PREP(TDX_HPA_LIST_LAST, 1);
	args.rcx = info;
	assert_int_equal(call(TDH_EXT_MEM_ADD, &args), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(args.rcx, info | FIELD_PREP(TDX_HPA_LIST_FIRST, 1));
	assert_int_equal(args.rdx | args.r11, 0);
	assert_int_equal(call(TDH_EXT_MEM_ADD, &args), TDX_SUCCESS);
	free_page((unsigned long)list);
	power_off();
}

static void input_changed(void (*change)(struct td *td), u64 read_once, u64 read_again)
{
	struct td td;
	u64 len;

	for (profile.input_read = TDX_EMU_INPUT_SNAPSHOT;
	     profile.input_read <= TDX_EMU_INPUT_REREAD; profile.input_read++) {
		bring_up();
		td_create(&td, 1);
		assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
		change(&td);
		assert_int_equal(td_quote(&td, &len),
				 profile.input_read == TDX_EMU_INPUT_SNAPSHOT ? read_once : read_again);
		assert_int_equal(emu.used, 0);
		td_destroy(&td);
		power_off();
	}
}

static void change_nothing(struct td *td)
{
}

static void spoil_input(struct td *td)
{
	td->input[200] ^= 1;
}

/* Another report of the same TD is as good. */
static void renew_input(struct td *td)
{
	static const u8 nonce[64];

	assert_int_equal(tdx_emu_td_report(td->tdr, nonce, td->input), 0);
}

static void input_read_once_or_again(void **state)
{
	input_changed(change_nothing, TDX_SUCCESS, TDX_SUCCESS);
	input_changed(spoil_input, TDX_SUCCESS, TDX_INVALID_REPORTMACSTRUCT);
	input_changed(renew_input, TDX_SUCCESS, TDX_SUCCESS);
}

/* --- what a module offers --- */

static void features_not_required(void **state)
{
	struct td td;

	profile.features = TDX_EMU_FEATURES_NOT_REQUIRED;
	power_on();
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 0);
	assert_int_equal(metadata(TDX_MD_POOL_PAGES), 0);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(finish0(TDH_QUOTE_INIT), TDX_SUCCESS);
	td_create(&td, 1);
	expect_quote(&td);
	td_destroy(&td);
	power_off();
}

static void features_without_extensions(void **state)
{
	u64 value;

	profile.features = TDX_EMU_FEATURES_NO_EXT;
	power_on();
	assert_int_equal(metadata(TDX_MD_FEATURES0), BASE_FEATURES | TDX_FEATURES0_QUOTE);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE | 1), INVALID(R9));
	assert_int_equal(configure(TDX_FEATURES0_QUOTE | TDX_FEATURES0_TD_PRESERVING), INVALID(R9));
	/* To select extensions has no effect, not even where there are none. */
	assert_int_equal(configure(TDX_FEATURES0_QUOTE | TDX_FEATURES0_EXT), TDX_SUCCESS);
	assert_int_equal(sys_rd(TDX_MD_EXT_REQUIRED, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(sys_rd(TDX_MD_POOL_PAGES, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(call0(TDH_EXT_INIT), INVALID(RAX));
	assert_int_equal(call0(TDH_EXT_MEM_ADD), INVALID(RAX));
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_NOT_READY);
	power_off();
}

static void features_without_quoting(void **state)
{
	u64 value;

	profile.features = TDX_EMU_FEATURES_NO_QUOTE;
	power_on();
	assert_int_equal(metadata(TDX_MD_FEATURES0), BASE_FEATURES | TDX_FEATURES0_EXT);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), INVALID(R9));
	assert_int_equal(configure(0), TDX_SUCCESS);
	assert_int_equal(metadata(TDX_MD_EXT_REQUIRED), 0);
	assert_int_equal(sys_rd(TDX_MD_MAX_QUOTE_SIZE, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call0(TDH_QUOTE_INIT), INVALID(RAX));
	assert_int_equal(call0(TDH_QUOTE_GET), INVALID(RAX));
	power_off();
}

/* As modules are that have been released. */
static void features_none(void **state)
{
	u64 value;

	profile.features = TDX_EMU_FEATURES_NONE;
	power_on();
	assert_int_equal(metadata(TDX_MD_FEATURES0), BASE_FEATURES);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), INVALID(R9));
	assert_int_equal(configure(TDX_FEATURES0_NO_RBP_MOD), INVALID(R9));
	assert_int_equal(configure(0), TDX_SUCCESS);
	assert_int_equal(sys_rd(TDX_MD_EXT_REQUIRED, &value), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(call0(TDH_EXT_INIT), INVALID(RAX));
	assert_int_equal(call0(TDH_QUOTE_INIT), INVALID(RAX));
	power_off();
}

/* --- faults --- */

static const struct {
	u16 leaf;
	u32 fault;
} fault_leaves[] = {
	{ TDH_SYS_RD, TDX_EMU_FAULT_SYS_RD },
	{ TDH_SYS_CONFIG, TDX_EMU_FAULT_SYS_CONFIG },
	{ TDH_SYS_SHUTDOWN, TDX_EMU_FAULT_SYS_SHUTDOWN },
	{ TDH_SYS_UPDATE, TDX_EMU_FAULT_SYS_UPDATE },
	{ TDH_EXT_MEM_ADD, TDX_EMU_FAULT_EXT_MEM_ADD },
	{ TDH_EXT_INIT, TDX_EMU_FAULT_EXT_INIT },
	{ TDH_QUOTE_INIT, TDX_EMU_FAULT_QUOTE_INIT },
	{ TDH_QUOTE_GET, TDX_EMU_FAULT_QUOTE_GET },
};

static const u64 fault_statuses[] = {
	[TDX_EMU_STATUS_OPERAND_INVALID] = TDX_OPERAND_INVALID,
	[TDX_EMU_STATUS_OPERAND_BUSY] = TDX_OPERAND_BUSY,
	[TDX_EMU_STATUS_SYS_BUSY] = TDX_SYS_BUSY,
	[TDX_EMU_STATUS_NO_ENTROPY] = TDX_RND_NO_ENTROPY,
	[TDX_EMU_STATUS_NOT_READY] = TDX_SYS_NOT_READY,
	[TDX_EMU_STATUS_RESUMABLE] = TDX_INTERRUPTED_RESUMABLE,
	[TDX_EMU_STATUS_PAGE_METADATA] = TDX_PAGE_METADATA_INCORRECT,
	[TDX_EMU_STATUS_FATAL] = TDX_TD_FATAL,
};

/* Operands that the leaf itself would refuse: so it is the fault that answers. */
static void fault_points(void **state)
{
	struct tdx_module_args wrong = { 1, 1, 1, 1, 1, 1 };
	u32 i, status, other;

	for (i = 0; i < ARRAY_SIZE(fault_leaves); i++) {
		for (status = 0; status < ARRAY_SIZE(fault_statuses); status++) {
			struct tdx_module_args args = wrong;
			u64 without;

			power_on();
			without = call(fault_leaves[i].leaf, &args);
			profile.fault_leaf = fault_leaves[i].fault;
			profile.fault_status = status;
			profile.fault_after = 2;
			profile.fault_times = 3;
			assert_int_equal(tdx_emu_set_profile(&profile), 0);
			for (other = 0; other < 7; other++) {
				args = wrong;
				assert_int_equal(call(fault_leaves[i].leaf, &args),
						 other >= 2 && other < 5 ? fault_statuses[status] : without);
				call0(fault_leaves[(i + 1) % ARRAY_SIZE(fault_leaves)].leaf);
			}
			power_off();
		}
	}
}

/* In the middle of a call: it is over, and its buffer free for the next. */
static void fault_in_a_suspended_call(void **state)
{
	struct td td, next;

	profile.fault_leaf = TDX_EMU_FAULT_QUOTE_GET;
	profile.fault_after = 1;
	profile.fault_status = TDX_EMU_STATUS_PAGE_METADATA;
	bring_up();
	td_create(&td, 1);
	td_create(&next, 2);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(td_enter(&td), TDX_PAGE_METADATA_INCORRECT);
	assert_int_equal(emu.used, 0);
	memcpy(next.list, td.list, PAGE_SIZE);
	assert_int_equal(quote_entries(&next), SLICES);
	assert_int_equal(quote_entries(&td), SLICES);

	/* That it goes on is no failure. */
	profile.fault_status = TDX_EMU_STATUS_RESUMABLE;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	assert_int_equal(quote_entries(&td), SLICES + 1);
	td_destroy(&td);
	td_destroy(&next);
	power_off();
}

/* Of @calls quotes, those that fail with @status, each for @burst attempts. */
static u32 unlucky_quotes(const struct td *td, u32 calls, u64 status, u32 burst)
{
	u32 unlucky = 0, attempts, i;
	u64 len, r;

	for (i = 0; i < calls; i++) {
		for (attempts = 0; (r = td_quote(td, &len)) == status; attempts++)
			;
		assert_int_equal(r, TDX_SUCCESS);
		assert_true(!attempts || attempts == burst);
		unlucky += !!attempts;
	}
	return unlucky;
}

static void entropy_and_busy(void **state)
{
	struct td td;
	u32 first;

	bring_up();
	td_create(&td, 1);
	assert_int_equal(unlucky_quotes(&td, 50, TDX_RND_NO_ENTROPY, 0), 0);

	profile.entropy_rate = 2500;
	profile.entropy_burst = 3;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	first = unlucky_quotes(&td, 400, TDX_RND_NO_ENTROPY, 3);
	assert_in_range(first, 70, 130);
	assert_int_equal(tdx_emu_set_profile(&profile), 0);	/* the same again */
	assert_int_equal(unlucky_quotes(&td, 400, TDX_RND_NO_ENTROPY, 3), first);

	profile.entropy_rate = 0;
	profile.busy_rate = 10000;
	profile.busy_burst = 2;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	assert_int_equal(unlucky_quotes(&td, 20, TDX_OPERAND_BUSY, 2), 20);
	td_destroy(&td);
	power_off();
}

/* Each call has its own burst, and all extension leaves can be hit. */
static void bursts_are_of_calls(void **state)
{
	u32 taken, entries, i;
	struct td a, b;

	profile.entropy_rate = 10000;
	profile.entropy_burst = 2;
	power_on();
	td_create(&a, 1);
	td_create(&b, 2);
	assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	assert_int_equal(add_pages(POOL, &taken, &entries), TDX_RND_NO_ENTROPY);
	assert_int_equal(taken, 0);
	profile.entropy_rate = 0;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	fill_pool();
	profile.entropy_rate = 10000;
	assert_int_equal(tdx_emu_set_profile(&profile), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(call0(TDH_EXT_INIT), TDX_RND_NO_ENTROPY);
	assert_int_equal(finish0(TDH_EXT_INIT), TDX_SUCCESS);
	for (i = 0; i < 2; i++)
		assert_int_equal(call0(TDH_QUOTE_INIT), TDX_RND_NO_ENTROPY);
	assert_int_equal(finish0(TDH_QUOTE_INIT), TDX_SUCCESS);
	for (i = 0; i < 2; i++) {
		assert_int_equal(td_enter(&a), TDX_RND_NO_ENTROPY);
		assert_int_equal(td_enter(&b), TDX_RND_NO_ENTROPY);
	}
	expect_quote(&a);
	expect_quote(&b);
	td_destroy(&a);
	td_destroy(&b);
	power_off();
}

/* --- update --- */

enum state { UNCONFIGURED, CONFIGURED, SHUT_DOWN, INSTALLED, INITIALISED, NR_STATES };

static void reach(enum state state)
{
	power_on();
	if (state >= CONFIGURED)
		assert_int_equal(configure(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	if (state >= SHUT_DOWN)
		assert_int_equal(shut_down(), TDX_SUCCESS);
	assert_int_equal(tdx_emu_stage(&profile), 0);
	if (state >= INSTALLED)
		assert_int_equal(on_each_cpu(SEAMLDR_INSTALL), TDX_SUCCESS);
	if (state >= INITIALISED) {
		assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
		assert_int_equal(on_each_cpu(TDH_SYS_LP_INIT), TDX_SUCCESS);
	}
	if (state >= INSTALLED)
		assert_int_equal(tdx_emu_stage(&profile), 0);
}

static void every_leaf_in_every_state(void **state)
{
	static const struct {
		const char *name;
		u64 leaf;
		struct tdx_module_args args;
		u64 status[NR_STATES];
	} rows[] = {
#define BAD_STATE	TDX_SYS_STATE_INCORRECT
#define NOT_READY	TDX_SYS_NOT_READY
#define NOT_PENDING	TDX_SYS_CONFIG_NOT_PENDING
#define DOWN		TDX_SYS_SHUTDOWN
		{ "RD", TDH_SYS_RD, { .rdx = TDX_MD_MODULE_HV },
		  { TDX_SUCCESS, TDX_SUCCESS, DOWN, NOT_READY, TDX_SUCCESS } },
		{ "RD of pool", TDH_SYS_RD, { .rdx = TDX_MD_POOL_PAGES },
		  { TDX_METADATA_FIELD_NOT_READABLE, TDX_SUCCESS, DOWN, NOT_READY,
		    TDX_METADATA_FIELD_NOT_READABLE } },
		{ "RD of size", TDH_SYS_RD, { .rdx = TDX_MD_MAX_QUOTE_SIZE },
		  { TDX_METADATA_FIELD_NOT_READABLE, TDX_METADATA_FIELD_NOT_READABLE, DOWN,
		    NOT_READY, TDX_METADATA_FIELD_NOT_READABLE } },
		{ "CONFIG", TDH_SYS_CONFIG, {},
		  { TDX_SUCCESS, NOT_PENDING, DOWN, NOT_PENDING, NOT_PENDING } },
		{ "SHUTDOWN", TDH_SYS_SHUTDOWN, { .rcx = EMU_HANDOFF_VERSION },
		  { NOT_READY, TDX_SUCCESS, DOWN, NOT_READY, NOT_READY } },
		{ "INSTALL", SEAMLDR_INSTALL, {},
		  { BAD_STATE, BAD_STATE, TDX_SUCCESS, TDX_SUCCESS, TDX_SUCCESS } },
		{ "INIT", TDH_SYS_INIT, {},
		  { BAD_STATE, BAD_STATE, DOWN, TDX_SUCCESS, BAD_STATE } },
		{ "LP.INIT", TDH_SYS_LP_INIT, {},
		  { BAD_STATE, BAD_STATE, DOWN, BAD_STATE, BAD_STATE } },
		{ "UPDATE", TDH_SYS_UPDATE, { .r9 = TDX_FEATURES0_QUOTE },
		  { BAD_STATE, BAD_STATE, DOWN, BAD_STATE, TDX_SUCCESS } },
		{ "EXT.MEM.ADD", TDH_EXT_MEM_ADD, { .rcx = 1 },
		  { INVALID(RCX), INVALID(RCX), INVALID(RCX), INVALID(RCX), INVALID(RCX) } },
		{ "EXT.INIT", TDH_EXT_INIT, {},
		  { NOT_READY, NOT_READY, DOWN, NOT_READY, NOT_READY } },
		{ "QUOTE.INIT", TDH_QUOTE_INIT, {},
		  { NOT_READY, NOT_READY, DOWN, NOT_READY, NOT_READY } },
		{ "QUOTE.GET", TDH_QUOTE_GET, {},
		  { NOT_READY, NOT_READY, DOWN, NOT_READY, NOT_READY } },
	};
	u32 i, s;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (s = 0; s < NR_STATES; s++) {
			struct tdx_module_args args = rows[i].args;
			u64 r;

			reach(s);
			r = call(rows[i].leaf, &args);
			if (r != rows[i].status[s])
				fail_msg("%s in state %u: %llx", rows[i].name, s,
					 (unsigned long long)r);
			power_off();
		}
	}
}

static void each_cpu_has_its_part(void **state)
{
	reach(SHUT_DOWN);
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SUCCESS);
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SYS_SHUTDOWN);
	kshim_cpu = 1;
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SUCCESS);
	assert_int_equal(call0(SEAMLDR_INSTALL), INVALID(RCX));	/* nothing is staged */

	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SYS_LP_INIT_NOT_DONE);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SYS_LP_INIT_NOT_DONE);
	kshim_cpu = 0;
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);

	assert_int_equal(update(0), INVALID(R9));
	assert_int_equal(update(TDX_FEATURES0_QUOTE | 1), INVALID(R9));
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	power_off();
}

/* Half-done, begun anew, and gone through. */
static void installed_again(void **state)
{
	reach(SHUT_DOWN);
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SUCCESS);
	install();
	assert_int_equal(update(0), INVALID(R9));

	/* All is to be done again, on each CPU. */
	assert_int_equal(tdx_emu_stage(&profile), 0);
	assert_int_equal(on_each_cpu(SEAMLDR_INSTALL), TDX_SUCCESS);
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SYS_STATE_INCORRECT);
	assert_int_equal(call0(TDH_SYS_INIT), TDX_SUCCESS);
	assert_int_equal(call0(TDH_SYS_LP_INIT), TDX_SUCCESS);
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SYS_LP_INIT_NOT_DONE);

	install();
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	power_off();
}

static void staging_changes_nothing_yet(void **state)
{
	struct tdx_emu_profile now, other = profile;

	bring_up();
	other.seed++;
	assert_int_equal(tdx_emu_stage(&other), -EINVAL);
	assert_non_null(strstr(kshim_last_log(), "seed"));
	profile.max_quote_size += 1000;
	assert_int_equal(tdx_emu_stage(&profile), 0);
	tdx_emu_get_profile(&now);
	assert_int_not_equal(now.max_quote_size, profile.max_quote_size);

	assert_int_equal(shut_down(), TDX_SUCCESS);
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SUCCESS);
	tdx_emu_get_profile(&now);
	assert_int_not_equal(now.max_quote_size, profile.max_quote_size);
	kshim_cpu = 1;
	assert_int_equal(call0(SEAMLDR_INSTALL), TDX_SUCCESS);
	tdx_emu_get_profile(&now);
	assert_memory_equal(&now, &profile, sizeof(now));
	power_off();
}

static void update_renews_keys(void **state)
{
	struct quote_key old, new;
	struct td td;

	bring_up();
	td_create(&td, 1);
	old = key_now();
	replace();
	assert_int_equal(td_enter(&td), TDX_SYS_NOT_READY);
	assert_int_equal(tdx_emu_pool_pages(), POOL);
	start_quoting();
	new = key_now();
	assert_int_equal(new.epoch, old.epoch + 1);
	assert_memory_not_equal(old.key, new.key, old.len);
	expect_quote(&td);	/* its report, made before, still is good */
	assert_int_equal(tdx_emu_stale_quotes(), 0);
	td_destroy(&td);
	power_off();
}

static void update_wants_more_memory(void **state)
{
	bring_up();
	profile.pool_pages += 2;
	replace();
	assert_int_equal(metadata(TDX_MD_POOL_PAGES), 2);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_SYS_NOT_READY);
	profile.pool_pages -= 2;
	replace();
	start_quoting();
	power_off();
}

static void update_drops_features(void **state)
{
	bring_up();
	profile.features = TDX_EMU_FEATURES_NO_QUOTE;
	assert_int_equal(shut_down(), TDX_SUCCESS);
	install();
	assert_int_equal(update(TDX_FEATURES0_QUOTE), INVALID(R9));
	assert_int_equal(update(0), INVALID(R9));
	profile.features = TDX_EMU_FEATURES_NO_EXT;
	install();
	assert_int_equal(update(TDX_FEATURES0_QUOTE), TDX_SUCCESS);
	assert_int_equal(tdx_emu_features0(), BASE_FEATURES | TDX_FEATURES0_QUOTE);
	assert_int_equal(call0(TDH_EXT_INIT), INVALID(RAX));
	power_off();
}

static void update_brings_faults(void **state)
{
	profile.fault_leaf = TDX_EMU_FAULT_EXT_INIT;
	profile.fault_after = SLICES;	/* all that bring-up needs */
	profile.fault_status = TDX_EMU_STATUS_FATAL;
	bring_up();
	profile.fault_after = 1;
	replace();			/* counted from here on */
	assert_int_equal(call0(TDH_EXT_INIT), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(call0(TDH_EXT_INIT), TDX_TD_FATAL);
	start_quoting();
	power_off();
}

static void update_cancels_calls(void **state)
{
	struct td td;

	profile.update_calls = TDX_EMU_CALLS_CANCEL;
	bring_up();
	td_create(&td, 1);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	replace();
	assert_int_equal(emu.used, 0);
	start_quoting();
	assert_int_equal(quote_entries(&td), SLICES);	/* a fresh call */
	assert_int_equal(tdx_emu_stale_quotes(), 0);
	td_destroy(&td);
	power_off();
}

static void update_keeps_calls(void **state)
{
	struct quote_key old;
	struct td td;
	u64 len;

	profile.update_calls = TDX_EMU_CALLS_SURVIVE;
	bring_up();
	td_create(&td, 1);
	old = key_now();
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	replace();
	start_quoting();
	assert_int_equal(td_quote(&td, &len), TDX_SUCCESS);
	expect_right(&td, len, &old);
	assert_int_equal(tdx_emu_stale_quotes(), 1);
	expect_quote(&td);
	assert_int_equal(tdx_emu_stale_quotes(), 1);

	/* Finished before the key is renewed, it is as good as any. */
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	replace();
	assert_int_equal(td_quote(&td, &len), TDX_SUCCESS);
	assert_int_equal(tdx_emu_stale_quotes(), 1);
	td_destroy(&td);
	power_off();
}

/* What only made the old module ready does not make the new one so. */
static void update_keeps_no_initialisation(void **state)
{
	profile.update_calls = TDX_EMU_CALLS_SURVIVE;
	bring_up();
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_INTERRUPTED_RESUMABLE);
	replace();
	assert_int_equal(call0(TDH_QUOTE_INIT), TDX_SYS_NOT_READY);
	power_off();
}

static void update_waits_for_calls(void **state)
{
	struct td td;

	profile.update_calls = TDX_EMU_CALLS_REFUSE;
	bring_up();
	td_create(&td, 1);
	assert_int_equal(td_enter(&td), TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(shut_down(), TDX_SYS_BUSY);
	expect_quote(&td);
	replace();
	td_destroy(&td);
	power_off();
}

/* --- the front door --- */

static void unknown_leaves(void **state)
{
	static const u64 fns[] = {
		0, 1, 0x1000, TDX_FN(TDH_QUOTE_GET, 1), TDX_FN(TDH_SYS_CONFIG, 2),
		TDX_FN(TDH_SYS_INIT, 1), TDH_SYS_RD | 1ULL << 24, TDH_SYS_RD | 1ULL << 63,
		SEAMLDR_INSTALL + 1, SEAMLDR_INSTALL | 1 << 16, TDX_FN(TDH_SYS_TDMR_INIT, 1),
	};
	struct tdx_module_args args = {};
	u32 i;

	bring_up();
	for (i = 0; i < ARRAY_SIZE(fns); i++)
		assert_int_equal(tdx_emu_seamcall(fns[i], &args), INVALID(RAX));
	power_off();
}

static void leaves_are_counted(void **state)
{
	struct tdx_emu_leaf_count before[TDX_EMU_NR_LEAVES], after[TDX_EMU_NR_LEAVES];
	const struct tdx_emu_leaf_count *get = &after[TDX_EMU_LEAF_QUOTE_GET];
	struct td td;

	bring_up();
	td_create(&td, 1);
	expect_quote(&td);
	tdx_emu_get_counts(before);
	replace();
	tdx_emu_get_counts(after);
	assert_int_equal(get->entries, SLICES);
	assert_int_equal(get->resumable, SLICES - 1);
	assert_int_equal(get->success, 1);
	assert_int_equal(get->failed, 0);
	/* RD, SHUTDOWN, INIT and UPDATE once, the other two on each CPU. */
	assert_int_equal(after[TDX_EMU_LEAF_OTHER].success - before[TDX_EMU_LEAF_OTHER].success,
			 4 + 2 * CPUS);
	td_destroy(&td);
	power_off();
}

#define TEST(name)	cmocka_unit_test_setup(name, default_profile)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(out_of_range),
		TEST(bad_combinations),
		TEST(not_while_calls_are_under_way),
		TEST(seed_makes_keys_and_identities),
		TEST(yield_rules),
		TEST(yield_with_interrupts_disabled),
		TEST(compute_times),
		TEST(pool_of_the_size_asked_for),
		TEST(touched_pool),
		TEST(pool_comes_back_unmarked),
		TEST(quotes_of_the_size_asked_for),
		TEST(constant_times_are_constant),
		TEST(times_vary_as_the_profile_says),
		TEST(times_at_their_ends),
		TEST(spreads_that_are_refused),
		TEST(lengths_that_lie),
		TEST(tokens),
		TEST(slots),
		TEST(no_more_room_at_all),
		TEST(resumed_with_other_operands),
		TEST(two_cpus_in_one_call),
		TEST(td_goes_with_a_call_suspended),
		TEST(resume_on_another_cpu),
		TEST(outputs_on_interruption),
		TEST(outputs_of_mem_add),
		TEST(input_read_once_or_again),
		TEST(features_not_required),
		TEST(features_without_extensions),
		TEST(features_without_quoting),
		TEST(features_none),
		TEST(fault_points),
		TEST(fault_in_a_suspended_call),
		TEST(entropy_and_busy),
		TEST(bursts_are_of_calls),
		TEST(every_leaf_in_every_state),
		TEST(each_cpu_has_its_part),
		TEST(installed_again),
		TEST(staging_changes_nothing_yet),
		TEST(update_renews_keys),
		TEST(update_wants_more_memory),
		TEST(update_drops_features),
		TEST(update_brings_faults),
		TEST(update_cancels_calls),
		TEST(update_keeps_calls),
		TEST(update_keeps_no_initialisation),
		TEST(update_waits_for_calls),
		TEST(unknown_leaves),
		TEST(leaves_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
