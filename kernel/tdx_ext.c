// SPDX-License-Identifier: GPL-2.0
/*
 * TDX module extensions: find out whether the module requires them, give it
 * its memory pool and initialise them. The pool belongs to the module from
 * then on, for as long as the machine is up.
 */
#define pr_fmt(fmt) "tdx: " fmt

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/cacheflush.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/topology.h>
#include <linux/wait.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"

#define CREATE_TRACE_POINTS
#include <trace/events/tdx_ext.h>

/* 2 MiB: what one list page describes, and what the buddy allocator has. */
#define POOL_CHUNK_ORDER	9

/*
 * While the module is busy with somebody else's call: pauses double from the
 * first to the second, and after the third in all it is given up. The guest of a
 * Linux host waits for 30 s.
 */
#define BUSY_PAUSE_MIN_NS	(100 * NSEC_PER_USEC)
#define BUSY_PAUSE_MAX_NS	NSEC_PER_MSEC
#define BUSY_PATIENCE_NS	(10 * NSEC_PER_SEC)

/*
 * Who found the module busy. Those who wait stand in a line in the order in which
 * they came, and keep their places while they try again. A module may count its
 * slots for each TD: so where one has tried in vain it is the turn of the next one
 * of another TD, until a call ends or all have tried; then of the first again. The
 * line is no longer than there are buffers for quotes.
 */
struct busy_place {
	struct list_head node;
	struct wait_queue_head wake;
	u64 tdr;
	u64 round;	/* in which it, or another of its TD, has tried last */
	bool trying;
	bool ended;	/* tries for a call that has ended, not after a pause */
};

static DEFINE_SPINLOCK(busy_lock);
static LIST_HEAD(busy_line);
static struct busy_place *busy_turn;	/* NULL: nobody waits, but some may try */
static u64 busy_round = 1;
static unsigned int busy_ended;		/* calls, for each of which one more may try */

u64 tdx_clock_mult;

static enum tdx_ext_state ext_state;
static u64 boot_features0;
static u64 addon_features;

/* Ids are only handed out to traced calls, so the counter costs nothing else. */
u64 tdx_ext_call_id(void)
{
	static atomic64_t last_id;

	return atomic64_inc_return(&last_id);
}

static void set_ext_state(enum tdx_ext_state state, int error)
{
	trace_ext_state(ext_state, state, error);
	ext_state = state;
}

/* --- the line before a busy module; busy_lock held --- */

static struct busy_place *first_untried(void)
{
	struct busy_place *place;

	list_for_each_entry(place, &busy_line, node)
		if (!place->trying && place->round != busy_round)
			return place;
	return NULL;
}

/* After each change. If all have tried, the calls that have ended were of no use to them. */
static void pass_turn(void)
{
	struct busy_place *next = first_untried();

	if (!next) {
		busy_ended = 0;
		busy_round++;
		next = first_untried();
	}
	WRITE_ONCE(busy_turn, next);
	if (next)
		wake_up(&next->wake);
}

/* There may be room for one that waits: a new round, and who came first tries first. */
static void call_ended(void)
{
	busy_ended++;
	busy_round++;
	pass_turn();
}

/* Those of other TDs may have more luck, also with the room that an ended call has left. */
static void tried_in_vain(const struct busy_place *in_vain)
{
	struct busy_place *place;

	if (in_vain->round != busy_round)
		return;
	list_for_each_entry(place, &busy_line, node)
		if (place->tdr == in_vain->tdr)
			place->round = busy_round;
	if (in_vain->ended)
		busy_ended++;
}

/* --- a busy module --- */

static void tell_ended(void)
{
	if (!READ_ONCE(busy_turn))
		return;
	spin_lock(&busy_lock);
	call_ended();
	spin_unlock(&busy_lock);
}

/* At the end of the line; or still in front of all who came later. */
static void take_place(struct busy_place *place)
{
	spin_lock(&busy_lock);
	if (list_empty(&place->node))
		list_add_tail(&place->node, &busy_line);
	else
		tried_in_vain(place);
	place->trying = false;
	pass_turn();
	spin_unlock(&busy_lock);
}

/* With its call ended; or killed, and then what it was to try for is for the next. */
static void leave_line(struct busy_place *place)
{
	spin_lock(&busy_lock);
	list_del_init(&place->node);
	call_ended();
	spin_unlock(&busy_lock);
}

/* Whose turn it is may, for each call that has ended, and after a pause in any case. */
static bool may_try(struct busy_place *place, bool paused)
{
	bool may;

	spin_lock(&busy_lock);
	may = busy_turn == place && (busy_ended || paused);
	if (may) {
		place->ended = busy_ended;
		busy_ended -= place->ended;
		place->round = busy_round;
		place->trying = true;
		pass_turn();
	}
	spin_unlock(&busy_lock);
	return may;
}

/*
 * Until it is this one's turn and a call has ended, or for a pause: others than
 * these may keep the module busy. Or until killed.
 */
static void await_turn(struct busy_place *place, u64 pause)
{
	take_place(place);
	do {
		if (wait_event_killable(place->wake, READ_ONCE(busy_turn) == place))
			return;
	} while (wait_event_hrtimeout(place->wake, may_try(place, false), ns_to_ktime(pause)) &&
		 !may_try(place, true));
}

/* What those in the line wait for may be the end of this one, which has begun. */
static void pause_only(u64 pause)
{
	ktime_t timeout = ns_to_ktime(pause);

	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
}

static u64 try_again(u64 fn, const struct tdx_module_args *inputs, struct tdx_module_args *args,
		     struct tdx_ext_call *call)
{
	struct busy_place place = { .node = LIST_HEAD_INIT(place.node), .tdr = call->tdr };
	u64 pause = BUSY_PAUSE_MIN_NS, paused = 0, r = TDX_OPERAND_BUSY;

	init_waitqueue_head(&place.wake);
	/* A gap begins, also where nobody has entered yet; if somebody listens. */
	if (call->id && !call->left_ns)
		call->left_ns = tdx_clock();

	while (TDX_STATUS_CODE(r) == TDX_OPERAND_BUSY && paused < BUSY_PATIENCE_NS) {
		if (call->begun)
			pause_only(pause);
		else
			await_turn(&place, pause);
		if (!call->begun && fatal_signal_pending(current))
			break;
		/* Also where another call's end made it short: of those there may be no end. */
		paused += pause;
		pause = min_t(u64, 2 * pause, BUSY_PAUSE_MAX_NS);

		tdx_ext_call_inputs(call, inputs, args);
		r = tdx_ext_seamcall(fn, args, call);
	}
	leave_line(&place);
	return r;
}

/**
 * tdx_ext_seamcall_retry - as tdx_ext_seamcall(), again while the module is busy
 * @fn:   RAX of the SEAMCALL
 * @args: as for tdx_ext_seamcall()
 * @call: as for tdx_ext_seamcall(); the time between two tries counts as gap
 *
 * Whoever comes while others wait waits behind them, for it would take the
 * module's free slot away from those who have waited longer.
 *
 * Context: may sleep, unless interrupts are disabled; then it tries once.
 * Return: the raw completion status, TDX_OPERAND_BUSY when the module remained
 * busy, when the caller was killed before its call had begun, or when the policy
 * says not to wait. See tdx_ext_call_suspended() then.
 */
u64 tdx_ext_seamcall_retry(u64 fn, struct tdx_module_args *args, struct tdx_ext_call *call)
{
	const struct tdx_module_args inputs = *args;
	u64 r = TDX_OPERAND_BUSY;

	if (tdx_quote_policy.busy != TDX_BUSY_RETRY || irqs_disabled())
		return tdx_ext_seamcall(fn, args, call);

	if (!READ_ONCE(busy_turn))
		r = tdx_ext_seamcall(fn, args, call);
	if (TDX_STATUS_CODE(r) == TDX_OPERAND_BUSY)
		return try_again(fn, &inputs, args, call);
	tell_ended();
	return r;
}

/**
 * tdx_ext_call_suspended - has the module been left half-way, for good?
 * @call: that has been made
 *
 * Return: true if it may not have ended: then its pages are the module's.
 */
bool tdx_ext_call_suspended(const struct tdx_ext_call *call)
{
	return call->status == TDX_INVALID_RESUMPTION ||
	       (call->begun && TDX_STATUS_CODE(call->status) == TDX_OPERAND_BUSY);
}

/**
 * tdx_sys_rd - read one metadata field of the TDX module
 * @field: TDX_MD_*
 * @value: what it holds
 *
 * Return: 0, or -EIO when the module refuses.
 */
int tdx_sys_rd(u64 field, u64 *value)
{
	struct tdx_module_args args = { .rdx = field };
	u64 r;

	r = seamcall_ret(TDH_SYS_RD, &args);
	if (r != TDX_SUCCESS) {
		pr_err("metadata field 0x%016llx: TDH.SYS.RD failed, status 0x%016llx\n",
		       field, r);
		return -EIO;
	}

	*value = args.r8;
	return 0;
}

/* --- features --- */

/**
 * tdx_ext_select - choose the features to ask for in R9 of TDH.SYS.CONFIG v1
 * @features0: TDX_FEATURES0 of the module
 *
 * Extensions come implicitly with a feature that needs them, so only quoting
 * is named. tdx_ext_init() goes by the same @features0, so that a module without
 * add-ons is asked nothing more.
 *
 * Return: the features; 0 means that version 0 of the call will do.
 */
u64 tdx_ext_select(u64 features0)
{
	boot_features0 = features0;
	addon_features = features0 & TDX_FEATURES0_QUOTE;
	return addon_features;
}

/**
 * tdx_ext_selected - what TDH.SYS.UPDATE v1 has to ask for: the same again
 *
 * Return: as tdx_ext_select() did.
 */
u64 tdx_ext_selected(void)
{
	return addon_features;
}

/* --- the memory pool --- */

struct pool {
	u32 required;		/* pages the module asks for */
	u32 added;		/* pages it has taken */
	u64 *list;		/* list page, reused by every batch */
	struct page *piece;	/* pool_alloc=contig: what is left of the one piece */
	u32 piece_pages;
	unsigned int order;	/* larger chunks were not to be had */
	bool timed;		/* somebody listens */
	u64 alloc_ns;
	u64 flush_ns;
	u64 add_ns;
};

/* Whether anybody listens is asked once, or two reads of one stretch might disagree. */
static u64 pool_clock(const struct pool *pool)
{
	return pool->timed ? tdx_clock() : 0;
}

/*
 * Up to @max pages, as many as can be had at once, split so that each stands for
 * itself: the module takes them one by one.
 */
static struct page *alloc_chunk(struct pool *pool, u32 max, u32 *nr)
{
	unsigned int order = min_t(unsigned int, pool->order, ilog2(max));
	struct page *page;

	for (;;) {
		/* At boot there is nothing to kill for memory: the kernel would panic. */
		gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
			    (order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL);

		page = alloc_pages(gfp, order);
		if (page || !order)
			break;
		pool->order = --order;
	}
	if (!page)
		return NULL;

	split_page(page, order);
	*nr = 1U << order;
	return page;
}

/* A chunk, or all that is required in one piece, with its time and its event. */
static struct page *pool_alloc_timed(struct pool *pool, u32 max, u32 *nr)
{
	u64 start = pool_clock(pool), ns;
	struct page *page;

	if (tdx_quote_policy.pool_alloc == TDX_POOL_CONTIG) {
		page = tdx_alloc_contig(pool->required, numa_mem_id());
		*nr = pool->required;
	} else {
		page = alloc_chunk(pool, max, nr);
	}

	ns = pool_clock(pool) - start;
	pool->alloc_ns += ns;
	if (page)
		trace_pool_alloc(*nr, page_to_nid(page), ns);
	return page;
}

/* The next pages for the list, at most @max of them. */
static struct page *pool_next_pages(struct pool *pool, u32 max, u32 *nr)
{
	struct page *page;

	if (!pool->piece_pages) {
		pool->piece = pool_alloc_timed(pool, max, &pool->piece_pages);
		if (!pool->piece) {
			pool->piece_pages = 0;
			return NULL;
		}
	}

	page = pool->piece;
	*nr = min(max, pool->piece_pages);
	pool->piece += *nr;
	pool->piece_pages -= *nr;
	return page;
}

/* What the module writes must not be overwritten by lines that the host has dirty. */
static void pool_flush(struct pool *pool, u32 nr)
{
	u64 start = pool_clock(pool);
	u32 i;

	if (tdx_quote_policy.pool_flush == TDX_FLUSH_NONE)
		return;
	for (i = 0; i < nr; i++)
		clflush_cache_range(phys_to_virt(pool->list[i]), TDX_PAGE_SIZE);
	pool->flush_ns += pool_clock(pool) - start;
}

/*
 * How many of @nr pages a failed TDH.EXT.MEM.ADD has taken: as FIRST_ENTRY says,
 * provided RCX still is the HPA_LIST_INFO that went in, and is not behind where it
 * was; it wraps behind entry 511. Else, or with the call still suspended in the
 * module, none may be freed.
 */
static u32 pool_taken(const struct tdx_ext_call *call, u64 info, u64 rcx, u32 nr)
{
	u32 first = FIELD_GET(TDX_HPA_LIST_FIRST, rcx);

	if (tdx_ext_call_suspended(call) || (rcx ^ info) & ~TDX_HPA_LIST_FIRST ||
	    first < FIELD_GET(TDX_HPA_LIST_FIRST, call->rcx))
		return nr;
	return min(first, nr);
}

/*
 * Give the first @nr pages of the list to the module. @taken is how many it
 * took, which on failure may be fewer; those are lost to the host all the same.
 */
static int pool_add_batch(struct pool *pool, u32 nr, u32 *taken)
{
	u64 info = page_to_phys(virt_to_page(pool->list)) | FIELD_PREP(TDX_HPA_LIST_LAST, nr - 1);
	struct tdx_module_args args = { .rcx = info };
	struct tdx_ext_call call = {};
	u64 start = pool_clock(pool);
	u64 r, ns;

	r = tdx_ext_seamcall_retry(TDH_EXT_MEM_ADD, &args, &call);

	*taken = r == TDX_SUCCESS ? nr : pool_taken(&call, info, args.rcx, nr);
	pool->added += *taken;

	ns = pool_clock(pool) - start;
	pool->add_ns += ns;
	trace_pool_add(call.id, *taken, call.iterations, r, ns);

	if (r != TDX_SUCCESS) {
		pr_err("TDH.EXT.MEM.ADD failed, status 0x%016llx\n", r);
		return -EIO;
	}
	return 0;
}

/* One list page's worth: allocate it, then hand it over. */
static int pool_grow(struct pool *pool)
{
	u32 want = min_t(u32, pool->required - pool->added, TDX_HPA_LIST_MAX);
	u32 have = 0, taken = 0, nr, i;
	struct page *pages;
	int ret = 0;

	while (have < want) {
		pages = pool_next_pages(pool, want - have, &nr);
		if (!pages) {
			ret = -ENOMEM;
			break;
		}
		for (i = 0; i < nr; i++)
			pool->list[have++] = page_to_phys(pages + i);
	}

	if (!ret) {
		pool_flush(pool, have);
		ret = pool_add_batch(pool, have, &taken);
	}

	for (i = taken; i < have; i++)
		__free_page(pfn_to_page(PHYS_PFN(pool->list[i])));
	return ret;
}

/* What the module has taken never comes back: not even begun where it cannot end well. */
static bool pool_can_be_had(u32 required)
{
	u64 available = si_mem_available();

	if (required < available)
		return true;
	pr_err("the TDX module wants %u pages for extensions, available are %llu\n",
	       required, available);
	return false;
}

static int pool_fill(u32 required)
{
	struct pool pool = {
		.required = required,
		.order = POOL_CHUNK_ORDER,
		.timed = trace_pool_alloc_enabled() || trace_pool_add_enabled() ||
			 trace_pool_total_enabled(),
	};
	int ret = 0;

	if (!pool_can_be_had(required))
		return -ENOMEM;
	pool.list = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!pool.list)
		return -ENOMEM;

	while (!ret && pool.added < pool.required)
		ret = pool_grow(&pool);

	/* After a failure, for here the module has all of it otherwise. */
	while (pool.piece_pages--)
		__free_page(pool.piece++);
	free_page((unsigned long)pool.list);
	trace_pool_total(pool.required, pool.added, ret, pool.alloc_ns, pool.flush_ns,
			 pool.add_ns);
	if (pool.added)
		pr_info("%u KB of memory given to the TDX module for extensions\n",
			pool.added * (u32)(TDX_PAGE_SIZE / 1024));
	return ret;
}

/* --- initialisation --- */

static int ext_module_init(void)
{
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};
	u64 r;

	r = tdx_ext_seamcall_retry(TDH_EXT_INIT, &args, &call);
	if (r != TDX_SUCCESS) {
		pr_err("TDH.EXT.INIT failed, status 0x%016llx\n", r);
		return -EIO;
	}
	return 0;
}

/*
 * Pool pages that the module still misses, and whether it requires extensions
 * at all. Both are meaningful only after TDH.SYS.CONFIG or TDH.SYS.UPDATE.
 */
static int ext_read_metadata(u64 *pages, u64 *required)
{
	int ret;

	ret = tdx_sys_rd(TDX_MD_POOL_PAGES, pages);
	if (ret)
		return ret;
	return tdx_sys_rd(TDX_MD_EXT_REQUIRED, required);
}

/* The module's features: as it says now, or as it said at boot. */
static int ext_features0(bool first, u64 *features0)
{
	if (first || tdx_quote_policy.recheck == TDX_RECHECK_NONE) {
		*features0 = boot_features0;
		return 0;
	}
	return tdx_sys_rd(TDX_MD_FEATURES0, features0);
}

static int ext_bring_up(bool first)
{
	u64 features0, pages, required;
	int ret;

	ret = ext_features0(first, &features0);
	if (ret)
		return ret;
	if (!(features0 & TDX_FEATURES0_EXT))
		return -EOPNOTSUPP;

	ret = ext_read_metadata(&pages, &required);
	if (ret)
		return ret;
	if (!required)
		return -EOPNOTSUPP;

	if (pages > U32_MAX)
		return -EIO;
	if (pages && !first) {
		pr_err("the updated TDX module wants %llu more pages, an update cannot give any\n",
		       pages);
		return -ENOMEM;
	}
	if (pages) {
		ret = pool_fill(pages);
		if (ret)
			return ret;
	}

	return ext_module_init();
}

static int ext_start(bool first)
{
	int ret = ext_bring_up(first);

	/* A module without extensions is as good as it was before there were any. */
	if (ret == -EOPNOTSUPP) {
		set_ext_state(TDX_EXT_ABSENT, 0);
		return ret;
	}

	set_ext_state(ret ? TDX_EXT_FAILED : TDX_EXT_READY, ret);
	return ret;
}

/**
 * tdx_ext_init - detect extensions, build the memory pool, initialise them
 *
 * Call after TDH.SYS.CONFIG, key configuration and TDMR initialisation.
 *
 * Return: 0 when extensions are ready; -EOPNOTSUPP when the module has or
 * requires none, which is no failure; -ENOMEM; -EIO when the module refused.
 * Pages that the module took before a failure stay with it.
 */
int tdx_ext_init(void)
{
	tdx_clock_init();
	return ext_start(true);
}

/**
 * tdx_ext_reinit - initialise extensions again after TDH.SYS.UPDATE
 *
 * The pool survives an update and must not grow by it. Allocates nothing.
 *
 * Context: any, also stop_machine().
 * Return: as tdx_ext_init(); -ENOMEM when the new module wants more memory.
 */
int tdx_ext_reinit(void)
{
	return ext_start(false);
}

enum tdx_ext_state tdx_ext_get_state(void)
{
	return ext_state;
}
