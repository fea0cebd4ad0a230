// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile guests: two TDs ask for quotes with headers, addresses and reports that
 * may be anything, and change their memory while it is read; the host kills them,
 * runs out of memory and replaces the module meanwhile, under any policy and on
 * any profile.
 */
#include <asm/shared/tdx_getquote.h>
#include <asm/tdx_getquote.h>

#include "emu/tdx_emu.h"
#include "fuzz.h"
#include "host.h"
#include "tdx_abi.h"
#include "tdx_quote.h"

#define SHARED_BIT	(1ULL << 51)
#define HDR		sizeof(struct tdx_getquote_hdr)
#define REPORT		1024
#define MAX_PAGES	5
#define NR_TDS		2

/**
 * struct td - one guest
 * @base:   GPA of its first shared page
 * @pages:  how many are shared; @memory has no more
 * @nonce:  of its last report
 */
struct td {
	struct tdx_guest guest;
	u64 base;
	u32 pages;
	u8 *memory;
	u8 mrtd[48];
	u8 nonce[64];
	u32 serial;
};

/**
 * struct call - what one request does to its guest's memory
 * @from, @to: GPAs it may touch
 * @fail_in:   accesses until one fails
 * @read:      bytes read so far, each of which must be read once
 * @writes:    accesses that wrote
 * @last:      GPA of the last of these
 * @report:    what the path has read behind the header
 * @key:       in force when it began
 * @overlong:  likewise what the module adds to lengths
 */
struct call {
	u64 from, to;
	u32 fail_in;
	bool read[TDX_PAGE_SIZE];
	u32 writes;
	u64 last;
	u8 report[TDX_PAGE_SIZE];
	u32 report_len;
	struct quote_key key;
	u64 overlong;
};

static struct bytes in;
static struct td tds[NR_TDS];
static struct call call;
static bool may_abandon;	/* see check_quote() */
/* Calls that nobody can end: their pages remain the module's, as far as the host knows. */
struct suspension {
	bool begun, for_good;
};

static struct suspension last_quote;	/* in the last request */
static struct suspension last_add;
static u32 buffers_lost;
static u64 offered[TDX_HPA_LIST_MAX];	/* by the last TDH.EXT.MEM.ADD */
static u32 nr_offered, pool_before;

static void note(struct suspension *call, u64 status)
{
	call->for_good = status == TDX_INVALID_RESUMPTION ||
			 (call->begun && TDX_STATUS_CODE(status) == TDX_OPERAND_BUSY);
	call->begun = status == TDX_INTERRUPTED_RESUMABLE || call->for_good;
}

static void note_offer(u64 rcx)
{
	pool_before = tdx_emu_pool_pages();
	nr_offered = 1 + FIELD_GET(TDX_HPA_LIST_LAST, rcx);
	memcpy(offered, phys_to_virt(rcx & TDX_HPA_LIST_HPA),
	       nr_offered * sizeof(*offered));
}

static u64 watch_calls(u64 fn, struct tdx_module_args *args)
{
	u64 status;

	if (TDX_FN_LEAF(fn) == TDH_EXT_MEM_ADD && !last_add.begun)
		note_offer(args->rcx);
	status = seam_module(fn, args);
	if (TDX_FN_LEAF(fn) == TDH_EXT_MEM_ADD)
		note(&last_add, status);
	if (TDX_FN_LEAF(fn) == TDH_QUOTE_GET)
		note(&last_quote, status);
	return status;
}

/* What a suspended call was to add, the module has not, and the host has given up. */
static void free_offered(void)
{
	u32 i;

	for (i = tdx_emu_pool_pages() - pool_before; last_add.for_good && i < nr_offered; i++)
		__free_page(pfn_to_page(PHYS_PFN(offered[i])));
}

/* --- guest memory --- */

static struct td *td_of(struct tdx_guest *guest)
{
	return container_of(guest, struct td, guest);
}

static bool access_fails(u64 gpa, u32 len)
{
	CHECK(gpa >= call.from && gpa + len <= call.to);
	CHECK(!tdx_quote_in_flight());
	return !call.fail_in--;
}

/* The guest writes to what has been read: a second read would not be the same. */
static void change_behind_back(struct td *td, u64 gpa, u32 len)
{
	u32 i;

	for (i = 0; i < len; i += 1 + take_byte(&in))
		td->memory[gpa - td->base + i] ^= 1 + take_byte(&in);
}

static int guest_read(struct tdx_guest *guest, u64 gpa, void *to, u32 len)
{
	struct td *td = td_of(guest);
	u64 at = gpa - call.from;
	u32 i;

	if (access_fails(gpa, len))
		return -EFAULT;
	for (i = 0; i < len; i++) {
		CHECK(!call.read[at + i]);
		call.read[at + i] = true;
	}
	memcpy(to, td->memory + gpa - td->base, len);
	if (at == HDR) {
		memcpy(call.report, to, len);
		call.report_len = len;
	}
	if (take_rarely(&in))
		change_behind_back(td, gpa, len);
	return 0;
}

/* Never the version, the length of the input, or what was not asked for. */
static int guest_write(struct tdx_guest *guest, u64 gpa, const void *from, u32 len)
{
	struct td *td = td_of(guest);
	u64 at = gpa - call.from;

	if (access_fails(gpa, len))
		return -EFAULT;
	CHECK((at == 8 && len == 8) || (at == 20 && len == 4) || at == HDR);
	memcpy(td->memory + gpa - td->base, from, len);
	call.writes++;
	call.last = at;
	return 0;
}

static bool guest_shared(struct tdx_guest *guest, u64 gpa, u64 size)
{
	const struct td *td = td_of(guest);

	return gpa >= td->base && gpa - td->base <= td->pages * TDX_PAGE_SIZE &&
	       size <= td->pages * TDX_PAGE_SIZE - (gpa - td->base);
}

static const struct tdx_guest_ops ops = { guest_read, guest_write, guest_shared };

static void td_start(struct td *td, u32 id)
{
	*td = (struct td){
		.guest = {
			.ops = &ops,
			.tdr = 0x200000000ULL + id * TDX_PAGE_SIZE,
			.shared_bit = SHARED_BIT,
		},
		.base = id * 0x40000ULL,
		.pages = 1 + take_below(&in, MAX_PAGES),
	};
	td->memory = malloc(td->pages * TDX_PAGE_SIZE);
	CHECK(!tdx_emu_td_create(td->guest.tdr, id, td->mrtd));
}

static void td_end(struct td *td)
{
	tdx_emu_td_destroy(td->guest.tdr);
	free(td->memory);
}

/* --- a request --- */

static u64 take_gpa(const struct td *td)
{
	switch (take_below(&in, 12)) {
	case 0: return take_word(&in);
	case 1: return td->base;
	case 2: return SHARED_BIT | (td->base + TDX_PAGE_SIZE * take_below(&in, 8));
	case 3: return SHARED_BIT | (td->base + take_byte(&in));
	case 4: return SHARED_BIT | tds[take_below(&in, NR_TDS)].base;
	case 5: return ~0ULL << 12;
	default: return SHARED_BIT | td->base;
	}
}

static u64 take_size(const struct td *td)
{
	switch (take_below(&in, 12)) {
	case 0: return take_word(&in);
	case 1: return TDX_PAGE_SIZE * take_below(&in, 8);
	case 2: return take_byte(&in);
	case 3: return -TDX_PAGE_SIZE * take_below(&in, 8);
	default: return td->pages * TDX_PAGE_SIZE;
	}
}

static void write_request(struct td *td)
{
	struct tdx_getquote_hdr hdr = {
		.version = take_rarely(&in) ? take_word(&in) : TDX_GETQUOTE_VERSION,
		.status = take_byte(&in),
		.in_len = take_rarely(&in) ? take_word(&in) : REPORT,
		.out_len = take_byte(&in),
	};
	const struct td *whose = take_rarely(&in) ? &tds[take_below(&in, NR_TDS)] : td;
	u8 report[REPORT];

	memset(td->memory, 0xee, td->pages * TDX_PAGE_SIZE);
	memset(td->nonce, 0x80 + 8 * (td - tds) + ++td->serial % 8, sizeof(td->nonce));
	CHECK(!tdx_emu_td_report(whose->guest.tdr, td->nonce, report));
	if (take_rarely(&in))
		report[take_word(&in) % REPORT] ^= 1 + take_byte(&in);
	memcpy(td->memory, &hdr, sizeof(hdr));
	memcpy(td->memory + HDR, report, REPORT);
}

/* --- what must hold --- */

/* Is what the path has read this TD's report over its last nonce? */
static bool report_was_right(struct td *td)
{
	u8 report[REPORT];

	CHECK(!tdx_emu_td_report(td->guest.tdr, td->nonce, report));
	return call.report_len == REPORT && !memcmp(report, call.report, REPORT);
}

/*
 * Made for this report, of this TD, by a key that was in force. Not so where the
 * module says more than it wrote; and not where the host loses calls half-way, so
 * that the next request may get the quote of the one before: because it resumes
 * them with what the module left in the registers, shares the buffer of one that
 * it does not go back to the right CPU for, or lets an update come between whose
 * module keeps them.
 */
static void check_quote(struct td *td, const u8 *buffer, u64 size)
{
	struct quote_key now = key_in_force(host_profile.seed);
	struct tdx_getquote_hdr hdr;

	memcpy(&hdr, buffer, sizeof(hdr));
	CHECK(hdr.out_len && hdr.out_len <= size - HDR);
	CHECK(call.last == offsetof(struct tdx_getquote_hdr, status));
	if (may_abandon)
		return;
	CHECK(report_was_right(td));
	if (!host_profile.overlong && !call.overlong)
		CHECK(quote_is_good(buffer + HDR, hdr.out_len, td->nonce, td->mrtd, &call.key) ||
		      quote_is_good(buffer + HDR, hdr.out_len, td->nonce, td->mrtd, &now));
}

/* No byte of what the other TD was given. */
static void check_secrecy(const struct td *td, const u8 *buffer, u64 size)
{
	const struct td *other = &tds[1 - (td - tds)];

	if (tdx_quote_policy.clear == TDX_CLEAR_ALWAYS && other->serial)
		CHECK(!memmem(buffer, size, other->nonce, sizeof(other->nonce)));
}

static void check_answer(struct td *td, u64 size, int error,
			 const struct tdx_getquote_answer *answer)
{
	const u8 *buffer = td->memory + call.from - td->base;

	CHECK(!error || error == -EINTR || error == -ENODEV);
	CHECK(error != -EINTR || kshim_killed);
	/* Nobody has it, or the module has kept all buffers. */
	if (error == -ENODEV && tdx_quote_available())
		CHECK(tdx_quote_policy.buffers == TDX_BUFFERS_PER_CALL &&
		      buffers_lost == tdx_quote_nr_buffers());
	CHECK(answer->ret == TDVMCALL_SUCCESS || answer->ret == TDVMCALL_RETRY ||
	      answer->ret == TDVMCALL_INVALID_OPERAND || answer->ret == TDVMCALL_ALIGN_ERROR ||
	      answer->ret == TDVMCALL_SUBFUNC_UNSUPPORTED);
	CHECK((answer->ret == TDVMCALL_SUBFUNC_UNSUPPORTED) == !!error);
	if (error || answer->ret == TDVMCALL_RETRY || answer->ret == TDVMCALL_ALIGN_ERROR)
		CHECK(!call.writes && answer->status == TDX_GETQUOTE_IN_FLIGHT);
	if (answer->status != TDX_GETQUOTE_IN_FLIGHT) {
		CHECK(call.last == offsetof(struct tdx_getquote_hdr, status));
		CHECK(!memcmp(buffer + call.last, &answer->status, sizeof(answer->status)));
	}
	if (answer->ret == TDVMCALL_SUCCESS && tdx_quote_policy.errors == TDX_ERRORS_COLLAPSED)
		CHECK(answer->status == TDX_GETQUOTE_SUCCESS);
	if (answer->status == TDX_GETQUOTE_SUCCESS)
		check_quote(td, buffer, size);
	if (call.writes)
		check_secrecy(td, buffer, size);
}

static void check_host(u32 pool_before)
{
	CHECK(!tdx_quote_in_flight());
	CHECK(!kshim_warnings());
	CHECK(tdx_emu_pool_pages() >= pool_before);
	CHECK(host_live_allocs() == 2 * tdx_quote_nr_buffers() + NR_TDS);
	CHECK(lab_state() != TDX_LAB_UP || tdx_quote_available());
}

/* --- what happens --- */

static void look_at_profile(void)
{
	may_abandon |= tdx_quote_policy.resume_args == TDX_RESUME_CLOBBERED &&
		       (host_profile.outputs != TDX_EMU_OUTPUTS_PRESERVE ||
			(host_profile.resume_cpu == TDX_EMU_CPU_SAME &&
			 tdx_quote_policy.buffers == TDX_BUFFERS_SHARED));
	may_abandon |= tdx_quote_policy.update == TDX_UPDATE_RACING &&
		       host_profile.update_calls == TDX_EMU_CALLS_SURVIVE;
}

static void update(void)
{
	struct tdx_lab_update update = { .profile = host_profile };
	u64 seed = host_profile.seed;
	bool same = take_byte(&in) % 2;

	if (!same)
		take_profile(&in, &update.profile, true);
	if (take_rarely(&in))
		update.profile.pool_pages = tdx_emu_pool_pages();
	if (lab_update(&update))
		return;
	/* Installed or not, which the host does not know. */
	tdx_emu_get_profile(&host_profile);
	CHECK(host_profile.seed == seed);
	look_at_profile();
}

/*
 * Between two iterations the task may find itself on another CPU, or behind an
 * update; one that waits for the quote would wait for ever.
 */
static void something_in_between(void)
{
	kshim_preempted = NULL;
	kshim_cpu = take_below(&in, kshim_cpus);
	if (take_byte(&in) % 2)
		return;
	if (tdx_quote_policy.update == TDX_UPDATE_EXCLUDED && tdx_quote_in_flight())
		return;
	update();
}

static void ask(void)
{
	struct td *td = &tds[take_below(&in, NR_TDS)];
	struct tdx_getquote_answer answer;
	u64 gpa, size;
	int error;

	write_request(td);
	gpa = take_gpa(td);
	size = take_size(td);
	call = (struct call){
		.from = gpa & ~SHARED_BIT,
		.to = (gpa & ~SHARED_BIT) + size,
		.fail_in = take_rarely(&in) ? take_below(&in, 6) : -1,
		.key = key_in_force(host_profile.seed),
		.overlong = host_profile.overlong,
	};
	kshim_killed = take_rarely(&in);
	kshim_interrupt = take_byte(&in) % 2;
	if (take_rarely(&in))
		kshim_preempted = something_in_between;
	if (take_rarely(&in))
		kshim_fail_allocs(take_below(&in, 4), 1 + take_below(&in, 4));

	last_quote = (struct suspension){};
	error = tdx_getquote(&td->guest, gpa, size, &answer);

	kshim_preempted = NULL;
	kshim_fail_alloc_after(-1);
	CHECK(!atomic_read(&td->guest.in_flight));
	check_answer(td, size, error, &answer);
	kshim_killed = false;
	buffers_lost += last_quote.for_good;
}

/* What a host must never do: it must cost no more than quoting. */
static void touch_pool(void)
{
	u32 pages = tdx_emu_pool_pages();

	if (pages)
		*(u64 *)phys_to_virt(tdx_emu_pool_page(take_byte(&in) % pages)) = take_byte(&in);
}

static void anything(void)
{
	u32 pool = tdx_emu_pool_pages();

	switch (take_below(&in, 16)) {
	case 0:
		if (take_rarely(&in))
			kshim_fail_allocs(take_below(&in, 8), 1 + take_below(&in, 8));
		update();
		kshim_fail_alloc_after(-1);
		break;
	case 1:
		if (take_rarely(&in))
			touch_pool();
		break;
	default:
		ask();
	}
	check_host(pool);
}

static void take_policy(void)
{
	u32 *knobs = (u32 *)&tdx_quote_policy;
	u32 i, bits = take_byte(&in) << 8 | take_byte(&in);

	for (i = 0; i < sizeof(tdx_quote_policy) / sizeof(*knobs); i++)
		knobs[i] = bits >> i & 1;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 i;

	in = (struct bytes){ data, size };
	take_policy();
	kshim_cpus = 1 + take_below(&in, 2);
	take_profile(&in, &host_profile, false);
	may_abandon = false;
	buffers_lost = 0;
	look_at_profile();
	host_power_on();
	seam = watch_calls;
	last_add = (struct suspension){};
	if (take_rarely(&in))
		kshim_fail_allocs(take_below(&in, 16), 1 + take_below(&in, 8));
	lab_bring_up();
	free_offered();
	kshim_fail_alloc_after(-1);
	for (i = 0; i < NR_TDS; i++)
		td_start(&tds[i], i + 1);

	while (in.left)
		anything();

	for (i = 0; i < NR_TDS; i++)
		td_end(&tds[i]);
	host_power_off();
	return 0;
}
