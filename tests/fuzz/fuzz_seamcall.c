// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile host: SEAMCALLs in any order, with operands that may be anything and
 * lists that overlap, go round in circles and change while a call is suspended;
 * TDs that come and go, new modules and images of them, CPUs, interrupts and faults of
 * the profile; as the lab powers it on, or a platform that boots.
 *
 * The module believes the addresses that it is given, as it must. So all memory
 * that an input can name is that of the arena's pages below, or none at all.
 */
#include "emu/tdx_emu.h"
#include "emu/tdx_emu_image.h"
#include "fuzz.h"
#include "host.h"
#include "tdx_abi.h"

#define REPORT		1024
#define PAGES		20
#define QUOTE_PAGES	3	/* of the largest quote that fuzz.c makes a profile for */
#define NR_TDS		3
#define CPUS		2
#define ARENA		0x100000000ULL	/* its HPA; a TDMR of 1 GiB begins there, and its PAMTs */
#define PAMT_4K_SIZE	0x400000ULL

struct td {
	u64 tdr;
	bool alive;
	u8 mrtd[48];
};

/**
 * struct memory - a page of the host's, until the module takes it
 * @owned:   it has
 * @marks:   what it wrote at the page's ends then
 */
struct memory {
	struct page *page;
	u64 hpa;
	u64 *words;
	bool owned;
	u64 marks[2];
};

/* A call with pages of its own, that nobody spoils: what comes of it must be right. */
struct honest {
	u64 report, node;
	u8 *data[QUOTE_PAGES];
	bool pending;
	u32 td;
	u8 nonce[64];
	struct quote_key key;
};

static struct bytes in;
static struct td tds[NR_TDS];
static struct memory pages[PAGES];
/* Pointers to TDMR_INFOs, one of those, SEAMLDR_PARAMS; none that an operand names. */
static struct page *config_pages[3];
static struct page *honest_pages[2 + QUOTE_PAGES];
static struct honest honest;
static u32 pool_pages;
static bool half_done[256];	/* leaves of which a call may be suspended */

#define LAST_WORD	(TDX_PAGE_SIZE / sizeof(u64) - 1)

/* --- operands --- */

static u64 take_page(void)
{
	return pages[take_below(&in, PAGES)].hpa;
}

/* Anything but an address of the arena's other pages. */
static u64 take_any(void)
{
	u64 word = take_word(&in);

	return pfn_to_online_page(PHYS_PFN(word)) ? take_page() : word;
}

static u64 take_operand(void)
{
	switch (take_below(&in, 10)) {
	case 0: return take_any();
	case 1: return take_page() + take_byte(&in);
	case 2: return tds[take_below(&in, NR_TDS)].tdr;
	case 3: return take_byte(&in);
	case 4: return 1ULL << take_below(&in, 64);
	case 5: return TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT;
	case 6: return REPORT;
	case 7: return TDX_HPA_END;
	default: return take_page();
	}
}

static u64 take_fn(void)
{
	static const u64 fns[] = {
		TDH_SYS_INIT, TDH_SYS_RD, TDH_SYS_LP_INIT, TDH_SYS_CONFIG, TDX_FN(TDH_SYS_CONFIG, 1),
		TDH_SYS_SHUTDOWN, TDH_SYS_UPDATE, TDX_FN(TDH_SYS_UPDATE, 1), TDH_EXT_INIT,
		TDH_EXT_MEM_ADD, TDH_QUOTE_GET, TDH_QUOTE_INIT, SEAMLDR_INSTALL, TDX_EMU_NULL_LEAF,
		SEAMLDR_INFO, TDH_SYS_KEY_CONFIG, TDH_SYS_TDMR_INIT, TDH_PHYMEM_PAGE_RDMD,
		TDH_SYS_DISABLE,
	};

	return take_rarely(&in) ? take_word(&in) : fns[take_below(&in, ARRAY_SIZE(fns))];
}

/* --- the module's pool --- */

static struct memory *memory_at(u64 hpa)
{
	u32 i;

	for (i = 0; i < PAGES; i++)
		if (pages[i].hpa == hpa)
			return &pages[i];
	return NULL;
}

/* Each page that it took was the host's until then, and stays where it is. */
static void check_pool(void)
{
	u32 now = tdx_emu_pool_pages();

	CHECK(now >= pool_pages && now <= PAGES);
	CHECK(!tdx_emu_pool_page(now));
	for (; pool_pages < now; pool_pages++) {
		struct memory *memory = memory_at(tdx_emu_pool_page(pool_pages));

		CHECK(memory && !memory->owned);
		memory->owned = true;
		memory->marks[0] = memory->words[0];
		memory->marks[1] = memory->words[LAST_WORD];
	}
}

static bool pool_is_whole(void)
{
	u32 i;

	for (i = 0; i < PAGES; i++)
		if (pages[i].owned && (pages[i].words[0] != pages[i].marks[0] ||
				       pages[i].words[LAST_WORD] != pages[i].marks[1]))
			return false;
	return true;
}

/* --- calls --- */

/* Bits that mean something, and a class and a code that the module has. */
static void check_status(u64 status)
{
	static const u64 known[] = {
		TDX_SUCCESS, TDX_INTERRUPTED_RESUMABLE, TDX_INVALID_RESUMPTION, TDX_OPERAND_INVALID,
		TDX_OPERAND_ADDR_RANGE_ERROR, TDX_OPERAND_BUSY, TDX_SYS_BUSY, TDX_RND_NO_ENTROPY,
		TDX_PAGE_METADATA_INCORRECT, TDX_SYS_LP_INIT_NOT_DONE, TDX_SYS_NOT_READY,
		TDX_SYS_SHUTDOWN, TDX_SYS_STATE_INCORRECT, TDX_SYS_CONFIG_NOT_PENDING, TDX_TD_FATAL,
		TDX_METADATA_FIELD_ID_INCORRECT, TDX_METADATA_FIELD_NOT_READABLE,
		TDX_INVALID_REPORTMACSTRUCT, TDX_EXT_MEMORY_POOL_FULL,
		TDX_SYS_KEY_CONFIG_NOT_PENDING, TDX_KEY_CONFIGURED, TDX_INVALID_TDMR,
		TDX_NON_ORDERED_TDMR, TDX_TDMR_ALREADY_INITIALIZED, TDX_INVALID_PAMT,
		TDX_PAMT_OUTSIDE_CMRS, TDX_PAMT_OVERLAP, TDX_INVALID_RESERVED_IN_TDMR,
		TDX_NON_ORDERED_RESERVED_IN_TDMR,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (TDX_STATUS_CODE(status) == known[i])
			return;
	CHECK(!"a known status");
}

static u64 seamcall(u64 fn, struct tdx_module_args *args)
{
	u16 leaf = TDX_FN_LEAF(fn);
	bool fresh = leaf >= ARRAY_SIZE(half_done) || !half_done[leaf], whole = pool_is_whole();
	u64 status;

	/* It tells its pages by their marks: without them it cannot but take one twice. */
	if (leaf == TDH_EXT_MEM_ADD && !whole)
		return TDX_PAGE_METADATA_INCORRECT;
	preempt_disable();
	status = tdx_emu_seamcall(fn, args);
	preempt_enable();
	check_status(status);
	check_pool();

	if (leaf < ARRAY_SIZE(half_done))
		half_done[leaf] |= status == TDX_INTERRUPTED_RESUMABLE;
	/* Extensions and quoting do not start over a pool that is not whole. */
	if (!whole && fresh && (leaf == TDH_EXT_INIT || leaf == TDH_QUOTE_INIT))
		CHECK(status != TDX_SUCCESS);
	return status;
}

static void call_raw(void)
{
	u64 fn = take_fn();
	struct tdx_module_args args = {
		.rcx = take_operand(), .rdx = take_operand(), .r8 = take_operand(),
		.r9 = take_operand(), .r10 = take_operand(), .r11 = take_operand(),
	};

	seamcall(fn, &args);
}

/* Lists are written by the other operations, or not at all. */
static void call_mem_add(void)
{
	u64 first = take_rarely(&in) ? take_byte(&in) * 2 : 0, last = first + take_below(&in, 12);
	struct tdx_module_args args = {
		.rcx = take_page() | FIELD_PREP(TDX_HPA_LIST_FIRST, first) |
		       FIELD_PREP(TDX_HPA_LIST_LAST, last),
	};
	u32 before = tdx_emu_pool_pages(), tries = 8;
	u64 status, rcx;

	do {
		rcx = args.rcx;
		status = seamcall(TDH_EXT_MEM_ADD, &args);
	} while (status == TDX_INTERRUPTED_RESUMABLE && args.rcx != rcx && tries--);
	if (status == TDX_SUCCESS)
		CHECK(tdx_emu_pool_pages() - before <= last - first + 1);
}

static void call_plain(u64 fn)
{
	struct tdx_module_args args = {};
	u32 tries = take_below(&in, 8);

	while (seamcall(fn, &args) == TDX_INTERRUPTED_RESUMABLE && tries--)
		;
}

/* The pool's pages, and only those, are said to be so. */
static void call_rdmd(void)
{
	struct tdx_module_args args = { .rcx = take_rarely(&in) ? take_any() : take_page() };
	struct memory *memory = memory_at(args.rcx);

	if (seamcall(TDH_PHYMEM_PAGE_RDMD, &args) == TDX_SUCCESS)
		CHECK((args.rcx == PT_EXT_POOL) == (memory && memory->owned));
}

static bool report_is_right(u64 hpa, u64 tdr)
{
	u8 given[REPORT], right[REPORT];

	if (!memory_at(hpa))
		return false;
	memcpy(given, memory_at(hpa)->words, REPORT);
	return !tdx_emu_td_report(tdr, given + 128, right) && !memcmp(given, right, REPORT);
}

/* Where it is done at once, the report that was there was right. */
static void call_quote_get(void)
{
	struct tdx_module_args args = {
		.rcx = tds[take_below(&in, NR_TDS)].tdr,
		.rdx = TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT,
		.r8 = take_page(),
		.r9 = take_rarely(&in) ? take_operand() : REPORT,
		.r10 = take_page(),
		.r11 = take_rarely(&in) ? take_operand() : TDX_PAGE_SIZE * QUOTE_PAGES,
	};
	bool fresh = !half_done[TDH_QUOTE_GET], right = report_is_right(args.r8, args.rcx);
	u64 size = args.r11, status;

	status = seamcall(TDH_QUOTE_GET, &args);
	if (status != TDX_SUCCESS)
		return;
	CHECK(args.rcx && (args.rcx <= size + host_profile.overlong || !fresh));
	if (fresh)
		CHECK(right);
}

/* --- a call that is made as it should be --- */

static void honest_setup(void)
{
	u64 *node;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(honest_pages); i++)
		honest_pages[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	honest = (struct honest){
		.report = page_to_phys(honest_pages[0]), .node = page_to_phys(honest_pages[1]),
	};
	node = page_address(honest_pages[1]);
	memset(node, 0xff, TDX_PAGE_SIZE);
	for (i = 0; i < QUOTE_PAGES; i++) {
		node[i] = page_to_phys(honest_pages[2 + i]);
		honest.data[i] = page_address(honest_pages[2 + i]);
	}
}

static void honest_begin(void)
{
	u8 *report = page_address(honest_pages[0]);

	honest.td = take_below(&in, NR_TDS);
	memset(honest.nonce, take_byte(&in), sizeof(honest.nonce));
	if (tds[honest.td].alive)
		CHECK(!tdx_emu_td_report(tds[honest.td].tdr, honest.nonce, report));
	else
		memset(report, 0, REPORT);
	honest.key = key_in_force(host_profile.seed);
}

static void honest_check(u64 len)
{
	struct quote_key now = key_in_force(host_profile.seed);
	u8 quote[QUOTE_PAGES * TDX_PAGE_SIZE];
	u32 i;

	CHECK(tds[honest.td].alive && len);
	if (host_profile.overlong)
		return;
	CHECK(len <= sizeof(quote));
	for (i = 0; i < QUOTE_PAGES; i++)
		memcpy(quote + i * TDX_PAGE_SIZE, honest.data[i], TDX_PAGE_SIZE);
	CHECK(quote_is_good(quote, len, honest.nonce, tds[honest.td].mrtd, &honest.key) ||
	      quote_is_good(quote, len, honest.nonce, tds[honest.td].mrtd, &now));
}

/* Goes on with the last one where that was left half-way. */
static void call_honestly(void)
{
	struct tdx_module_args args;
	u32 tries = take_below(&in, 8);
	u64 status;

	if (!honest.pending)
		honest_begin();
	do {
		args = (struct tdx_module_args){
			.rcx = tds[honest.td].tdr,
			.rdx = TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT,
			.r8 = honest.report,
			.r9 = REPORT,
			.r10 = honest.node,
			.r11 = QUOTE_PAGES * TDX_PAGE_SIZE,
		};
		status = seamcall(TDH_QUOTE_GET, &args);
	} while (status == TDX_INTERRUPTED_RESUMABLE && tries--);

	if (status == TDX_SUCCESS)
		honest_check(args.rcx);
	/* Where the module refuses to go on, or not yet, the call is still there. */
	honest.pending = status == TDX_INTERRUPTED_RESUMABLE || (honest.pending && status != TDX_SUCCESS);
	honest.pending &= tds[honest.td].alive;
}

/* --- memory changes --- */

static void write_word(void)
{
	pages[take_below(&in, PAGES)].words[take_rarely(&in) ? TDX_HPA_NODE_LINK : take_byte(&in)] =
		take_operand();
}

static void write_list(void)
{
	u64 *words = pages[take_below(&in, PAGES)].words;
	u32 first = take_below(&in, PAGES), nr = take_below(&in, PAGES), i;

	for (i = 0; i < nr; i++)
		words[i] = pages[(first + i) % PAGES].hpa;
	words[nr] = take_operand();
}

static void write_report(void)
{
	struct memory *memory = &pages[take_below(&in, PAGES)];
	u8 nonce[64];

	memset(nonce, take_byte(&in) | 1, sizeof(nonce));	/* no page's address */
	tdx_emu_td_report(tds[take_below(&in, NR_TDS)].tdr, nonce, (u8 *)memory->words);
	if (take_rarely(&in))
		memory->words[take_below(&in, REPORT / 8)] ^= 1ULL << take_below(&in, 64);
}

/* Good, but for a word now and then. The PAMTs are where nothing else is. */
static void write_tdmr(void)
{
	u64 *words = page_address(config_pages[1]);

	memset(words, 0, 320);
	words[0] = ARENA;
	words[1] = SZ_1G;
	words[6] = ARENA;
	words[7] = PAMT_4K_SIZE;
	words[4] = words[6] + words[7];
	words[5] = 2 * TDX_PAGE_SIZE;
	words[2] = words[4] + words[5];
	words[3] = TDX_PAGE_SIZE;
	words[9] = words[2] + words[3] - ARENA;		/* reserved from offset 0 on */
	if (take_rarely(&in))
		words[take_below(&in, 40)] = take_word(&in);
	if (take_rarely(&in))
		words[take_below(&in, 40)] ^= 1ULL << take_below(&in, 64);
	*(u64 *)page_address(config_pages[0]) = page_to_phys(config_pages[1]);
}

static void call_config(void)
{
	struct tdx_module_args args = {
		.rcx = page_to_phys(config_pages[0]),
		.rdx = take_rarely(&in) ? take_operand() : 1,
		.r8 = take_rarely(&in) ? take_operand() : 1,
		.r9 = TDX_FEATURES0_QUOTE,
	};

	write_tdmr();
	seamcall(TDX_FN(TDH_SYS_CONFIG, 1), &args);
	call_plain(TDH_SYS_KEY_CONFIG);
	args.rcx = ARENA;
	seamcall(TDH_SYS_TDMR_INIT, &args);
}

/* SEAMLDR_PARAMS, and an image of a new module. */
static void write_image(void)
{
	u64 *params = page_address(config_pages[2]);
	struct memory *image = &pages[take_below(&in, PAGES)];
	struct tdx_emu_profile next = host_profile;
	static struct tdx_emu_blob blob;

	take_profile(&in, &next, true);
	tdx_emu_blob_fill(&blob, &next);
	memcpy(image->words, &blob.image, sizeof(blob.image));
	memset(params, 0, TDX_PAGE_SIZE);
	params[0] = 1ULL << 32;
	params[1] = take_page();
	params[15] = 1 + take_below(&in, 3);
	params[16] = image->hpa;
	params[17] = params[18] = take_page();
	if (take_rarely(&in))
		params[take_below(&in, 20)] = take_any();
	if (take_rarely(&in))
		image->words[take_below(&in, sizeof(blob.image) / 8)] = take_any();
}

/* --- the world changes --- */

static void change_td(void)
{
	u32 i = take_below(&in, NR_TDS);

	if (tds[i].alive)
		tdx_emu_td_destroy(tds[i].tdr);
	else
		CHECK(!tdx_emu_td_create(tds[i].tdr, i, tds[i].mrtd));
	tds[i].alive = !tds[i].alive;
	honest.pending &= i != honest.td;
}

static void new_module(void)
{
	static const u64 fns[] = {
		SEAMLDR_INSTALL, TDH_SYS_INIT, TDH_SYS_LP_INIT, TDX_FN(TDH_SYS_UPDATE, 1),
	};
	struct tdx_emu_profile next = host_profile;
	struct tdx_module_args args = { .rcx = 1 };
	u64 params = take_rarely(&in) ? page_to_phys(config_pages[2]) : 0;
	u32 i;

	if (take_byte(&in) % 2)
		take_profile(&in, &next, true);
	CHECK(!tdx_emu_stage(&next));
	if (take_rarely(&in))
		return;
	seamcall(TDH_SYS_SHUTDOWN, &args);
	for (i = 0; i < ARRAY_SIZE(fns); i++) {
		for (kshim_cpu = 0; kshim_cpu < CPUS; kshim_cpu++) {
			args = (struct tdx_module_args){ .r9 = TDX_FEATURES0_QUOTE };
			if (fns[i] == SEAMLDR_INSTALL)
				args.rcx = params;
			if (!take_rarely(&in))
				seamcall(fns[i], &args);
		}
	}
	kshim_cpu = 0;
}

/* Any 64-bit numbers: refused, or good; what is refused changes nothing. */
static void wild_profile(void)
{
	struct tdx_emu_profile profile, before, after;
	u64 *values = (u64 *)&profile;
	u32 changes = take_below(&in, 4);

	tdx_emu_get_profile(&before);
	profile = before;
	while (changes--)
		values[take_byte(&in) % (sizeof(profile) / sizeof(*values))] = take_word(&in);
	profile.seed = before.seed;	/* there are keys and TDs of this platform */
	profile.pool_pages = min(profile.pool_pages, 8ULL);
	profile.max_quote_size = min(profile.max_quote_size, QUOTE_PAGES * TDX_PAGE_SIZE);
	if (tdx_emu_set_profile(&profile))
		profile = before;
	tdx_emu_get_profile(&after);
	CHECK(!memcmp(&after, &profile, sizeof(after)));
}

static void touch_pool(void)
{
	u64 hpa = pool_pages ? tdx_emu_pool_page(take_byte(&in) % pool_pages) : 0;

	if (hpa)
		*(u64 *)phys_to_virt(hpa) ^= 1 + take_byte(&in);
}

static void anything(void)
{
	switch (take_below(&in, 24)) {
	case 0: call_raw(); break;
	case 1: call_mem_add(); break;
	case 2: call_plain(TDH_EXT_INIT); break;
	case 3: call_plain(TDH_QUOTE_INIT); break;
	case 4:
	case 5: call_quote_get(); break;
	case 6:
	case 7:
	case 8: call_honestly(); break;
	case 9: write_word(); break;
	case 10: write_list(); break;
	case 11:
	case 12: write_report(); break;
	case 13: change_td(); break;
	case 14: new_module(); break;
	case 15: wild_profile(); break;
	case 16: kshim_cpu = take_below(&in, CPUS); break;
	case 17: kshim_interrupt = !kshim_interrupt; break;
	case 18: touch_pool(); break;
	case 19: call_config(); break;
	case 20: write_image(); break;
	case 21: call_rdmd(); break;
	default: call_raw();
	}
	tdx_emu_get_profile(&host_profile);
	check_pool();
}

/* --- a world for each input --- */

static void begin(void)
{
	u32 i;

	kshim_cpus = CPUS;
	pool_pages = 0;
	memset(half_done, 0, sizeof(half_done));
	take_profile(&in, &host_profile, false);
	host_power_on();
	for (i = 0; i < PAGES; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 0);

		pages[i] = (struct memory){ page, page_to_phys(page), page_address(page) };
	}
	for (i = 0; i < NR_TDS; i++) {
		tds[i] = (struct td){ .tdr = 0x200000000ULL + i * TDX_PAGE_SIZE, .alive = true };
		CHECK(!tdx_emu_td_create(tds[i].tdr, i, tds[i].mrtd));
	}
	for (i = 0; i < ARRAY_SIZE(config_pages); i++)
		config_pages[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	honest_setup();
}

/* As a kernel does when it boots. */
static void boot(void)
{
	struct tdx_module_args args = {};

	tdx_emu_cold();
	seamcall(TDH_SYS_INIT, &args);
	for (kshim_cpu = 0; kshim_cpu < CPUS; kshim_cpu++)
		seamcall(TDH_SYS_LP_INIT, &args);
	kshim_cpu = 0;
	call_config();
}

/* Mostly to where there is quoting, or nothing else would be seen. */
static void configure(void)
{
	struct tdx_module_args args = { .r9 = TDX_FEATURES0_QUOTE };
	u32 i, nr = host_profile.pool_pages;

	if (take_rarely(&in))
		return;
	if (take_byte(&in) % 4)
		seamcall(TDX_FN(TDH_SYS_CONFIG, 1), &args);
	else
		boot();
	for (i = 0; i < nr; i++)
		pages[0].words[i] = pages[1 + i].hpa;
	args.rcx = pages[0].hpa | FIELD_PREP(TDX_HPA_LIST_LAST, nr - 1);
	for (i = 0; nr && i < 16; i++)
		if (seamcall(TDH_EXT_MEM_ADD, &args) != TDX_INTERRUPTED_RESUMABLE)
			break;
	call_plain(TDH_EXT_INIT);
	call_plain(TDH_QUOTE_INIT);
}

/* The pool's pages go with the module's power, all others are still the host's. */
static void end(void)
{
	u32 i;

	for (i = 0; i < NR_TDS; i++)
		if (tds[i].alive)
			tdx_emu_td_destroy(tds[i].tdr);
	for (i = 0; i < PAGES; i++)
		if (!pages[i].owned)
			__free_page(pages[i].page);
	for (i = 0; i < ARRAY_SIZE(config_pages); i++)
		__free_page(config_pages[i]);
	for (i = 0; i < ARRAY_SIZE(honest_pages); i++)
		__free_page(honest_pages[i]);
	host_power_off();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	in = (struct bytes){ data, size };
	begin();
	configure();
	while (in.left)
		anything();
	end();
	return 0;
}
