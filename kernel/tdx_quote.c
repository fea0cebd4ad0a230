// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes made by the TDX module: initialise quoting, keep buffers that the
 * module can write to, and turn request data into a quote.
 */
#define pr_fmt(fmt) "tdx: " fmt

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/semaphore.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include <trace/events/tdx_ext.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"

/*
 * A call occupies a CPU while it runs. Spare buffers keep somebody ready to run
 * on every CPU: with one for each, a CPU falls idle between a buffer's return
 * and its next owner's wake-up (a seventh of the rate at 64 guests), with many
 * more, callers take turns instead of queueing and the tail grows.
 */
#define QUOTE_BUFFERS_PER_CPU	3U
#define QUOTE_MAX_BUFFERS	64U
#define QUOTE_MAX_SIZE		SZ_16M	/* of a configfs-tsm report */

/**
 * struct tdx_quote_buf - memory for one quote, with the list that describes it
 * @data:  virtually contiguous pages
 * @nodes: HPA_LINKED_LIST, virtually contiguous, node by node
 */
struct tdx_quote_buf {
	void *data;
	u64 *nodes;
};

static enum tdx_quote_state quote_state;
static struct tdx_quote_policy quote_policy = { .buffers = TDX_QUOTE_PER_CALL };
static u32 max_quote_size;

static struct tdx_quote_buf buffers[QUOTE_MAX_BUFFERS];
static unsigned int nr_buffers;

/* TDX_QUOTE_SHARED: buffer 0 and this. */
static DEFINE_MUTEX(shared_lock);

/* TDX_QUOTE_PER_CALL: first come, first served. */
static struct semaphore free_count;
static DEFINE_SPINLOCK(free_lock);
static DECLARE_BITMAP(free_map, QUOTE_MAX_BUFFERS);

/* --- buffers --- */

static void buf_destroy(struct tdx_quote_buf *buf)
{
	vfree(buf->nodes);
	vfree(buf->data);
	buf->nodes = NULL;
	buf->data = NULL;
}

static u64 hpa_of(const void *vmalloced)
{
	return PFN_PHYS(vmalloc_to_pfn(vmalloced));
}

static void buf_link(struct tdx_quote_buf *buf, u32 pages, u32 nr_nodes)
{
	u32 i;

	memset(buf->nodes, 0xff, nr_nodes * TDX_PAGE_SIZE);

	for (i = 0; i < pages; i++) {
		u64 *node = buf->nodes + i / TDX_HPA_NODE_PAGES * (TDX_HPA_NODE_LINK + 1);

		node[i % TDX_HPA_NODE_PAGES] = hpa_of(buf->data + i * TDX_PAGE_SIZE);
	}
	for (i = 0; i + 1 < nr_nodes; i++) {
		u64 *node = buf->nodes + i * (TDX_HPA_NODE_LINK + 1);

		node[TDX_HPA_NODE_LINK] = hpa_of(node + TDX_HPA_NODE_LINK + 1);
	}
}

static int buf_create(struct tdx_quote_buf *buf, u32 size)
{
	u32 pages = DIV_ROUND_UP(size, TDX_PAGE_SIZE);
	u32 nr_nodes = DIV_ROUND_UP(pages, TDX_HPA_NODE_PAGES);

	buf->data = vzalloc(pages * TDX_PAGE_SIZE);
	buf->nodes = vmalloc(nr_nodes * TDX_PAGE_SIZE);
	if (!buf->data || !buf->nodes) {
		buf_destroy(buf);
		return -ENOMEM;
	}

	buf_link(buf, pages, nr_nodes);
	return 0;
}

static void buffers_destroy(void)
{
	while (nr_buffers)
		buf_destroy(&buffers[--nr_buffers]);
}

/* Fewer than wanted will do as long as there is one. */
static int buffers_create(u32 size)
{
	unsigned int want = min(num_online_cpus() * QUOTE_BUFFERS_PER_CPU, QUOTE_MAX_BUFFERS);

	while (nr_buffers < want && !buf_create(&buffers[nr_buffers], size))
		nr_buffers++;
	if (!nr_buffers)
		return -ENOMEM;

	bitmap_fill(free_map, nr_buffers);
	sema_init(&free_count, nr_buffers);
	return 0;
}

static int shared_get(struct tdx_quote *quote)
{
	mutex_lock(&shared_lock);
	quote->buf = &buffers[0];
	return 0;
}

static int per_call_get(struct tdx_quote *quote)
{
	unsigned int i;

	if (down_killable(&free_count))
		return -EINTR;

	spin_lock(&free_lock);
	i = find_first_bit(free_map, nr_buffers);
	__clear_bit(i, free_map);
	spin_unlock(&free_lock);

	quote->buf = &buffers[i];
	return 0;
}

static int quote_get_buf(struct tdx_quote *quote)
{
	u64 start = tdx_quote_clock(quote);
	int ret;

	if (quote_policy.buffers == TDX_QUOTE_SHARED)
		ret = shared_get(quote);
	else
		ret = per_call_get(quote);
	if (ret)
		return ret;

	quote->times.wait = tdx_quote_clock(quote) - start;
	trace_quote_buffer(quote->call.id, quote->call.tdr, quote->buf - buffers,
			   quote->times.wait);
	return 0;
}

static void per_call_put(struct tdx_quote_buf *buf)
{
	spin_lock(&free_lock);
	__set_bit(buf - buffers, free_map);
	spin_unlock(&free_lock);

	up(&free_count);
}

/*
 * Whoever is woken may run before this returns: handing the buffer on is as
 * much a part of waiting for buffers as getting one is, and is timed as such.
 */
static void quote_put_buf(struct tdx_quote *quote)
{
	struct tdx_quote_buf *buf = quote->buf;
	u64 start = tdx_quote_clock(quote);

	quote->buf = NULL;
	if (quote_policy.buffers == TDX_QUOTE_SHARED)
		mutex_unlock(&shared_lock);
	else
		per_call_put(buf);
	quote->times.wait += tdx_quote_clock(quote) - start;
}

/*
 * The shared buffer goes back before the slow copy to the guest, as posted, so
 * the quote moves to memory of its own first.
 */
static int shared_keep(struct tdx_quote *quote)
{
	u64 start = tdx_quote_clock(quote);

	quote->data = kvmemdup(quote->buf->data, quote->len, GFP_KERNEL_ACCOUNT);
	quote->times.copy_out = tdx_quote_clock(quote) - start;
	quote_put_buf(quote);

	return quote->data ? 0 : -ENOMEM;
}

/* --- one quote --- */

/**
 * tdx_quote_clock - now, for a quote's decomposition
 * @quote: begun
 *
 * Return: tdx_clock(), or 0 without reading a clock when nobody listened as the
 * quote began. Asked again later, two reads of one stretch might disagree.
 */
u64 tdx_quote_clock(const struct tdx_quote *quote)
{
	return quote->times.begin ? tdx_clock() : 0;
}

/**
 * tdx_quote_begin - a quote for a TD begins
 * @quote: zeroed
 * @tdr:   HPA of the TD's root page
 */
void tdx_quote_begin(struct tdx_quote *quote, u64 tdr)
{
	quote->call.tdr = tdr;
	if (trace_quote_end_enabled() || trace_quote_buffer_enabled())
		quote->times.begin = tdx_clock();
	if (quote->times.begin || trace_quote_begin_enabled())
		quote->call.id = tdx_ext_call_id();
	trace_quote_begin(quote->call.id, tdr);
}

static int quote_get(struct tdx_quote *quote)
{
	struct tdx_module_args args = {
		.rcx = quote->call.tdr,
		.rdx = TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT,
		.r8 = virt_to_phys(quote->in),
		.r9 = quote->in_len,
		.r10 = hpa_of(quote->buf->nodes),
		.r11 = max_quote_size,
	};
	u64 r;

	r = tdx_ext_seamcall(TDX_FN(TDH_QUOTE_GET, 0), &args, &quote->call);
	if (r != TDX_SUCCESS)
		return -EIO;

	/* Never believe a length: beyond the buffer lies somebody else's memory. */
	if (!args.rcx || args.rcx > max_quote_size)
		return -EIO;

	quote->len = args.rcx;
	return 0;
}

/**
 * tdx_quote_generate - have the module make a quote
 * @quote: begun, with @in and @in_len set
 *
 * Waiting for a buffer can be killed with the per-call policy; a call that the
 * module has begun is always run to its end, for there is no way to abort it.
 *
 * Return: 0 with @data and @len valid until tdx_quote_put(); -EINTR when
 * killed, -ENODEV when quoting is not available, -ENOMEM, -EIO.
 */
int tdx_quote_generate(struct tdx_quote *quote)
{
	int ret;

	if (!tdx_quote_available())
		return -ENODEV;

	ret = quote_get_buf(quote);
	if (ret)
		return ret;

	ret = quote_get(quote);
	if (ret)
		goto put;

	if (quote_policy.buffers == TDX_QUOTE_SHARED)
		return shared_keep(quote);

	quote->data = quote->buf->data;
	return 0;

put:
	quote_put_buf(quote);
	return ret;
}

/**
 * tdx_quote_put - done with the bytes of a quote
 * @quote: in any state after tdx_quote_begin()
 */
void tdx_quote_put(struct tdx_quote *quote)
{
	if (quote->buf)
		quote_put_buf(quote);
	else
		kvfree(quote->data);
	quote->data = NULL;
}

/**
 * tdx_quote_end - the quote has reached the guest or failed
 * @quote: with @error set
 */
void tdx_quote_end(struct tdx_quote *quote)
{
	quote->times.total = tdx_quote_clock(quote) - quote->times.begin;
	trace_quote_end(quote);
}

/* --- initialisation --- */

static void set_quote_state(enum tdx_quote_state state, int error)
{
	trace_quote_state(quote_state, state, error);
	WRITE_ONCE(quote_state, state);
}

static int quote_module_init(u32 *size)
{
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};
	u64 r, value;
	int ret;

	r = tdx_ext_seamcall(TDX_FN(TDH_QUOTE_INIT, 0), &args, &call);
	if (r != TDX_SUCCESS) {
		pr_err("TDH.QUOTE.INIT failed, status 0x%016llx\n", r);
		return -EIO;
	}

	ret = tdx_sys_rd(TDX_MD_MAX_QUOTE_SIZE, &value);
	if (ret)
		return ret;
	/* What guests may ask for ends there, and so does belief in the module. */
	if (!value || value > QUOTE_MAX_SIZE)
		return -EIO;

	*size = value;
	return 0;
}

static int quote_bring_up(void)
{
	u32 size;
	int ret;

	ret = quote_module_init(&size);
	if (ret)
		return ret;

	/* Buffers of the same size survive, so an update need not allocate. */
	if (nr_buffers && size == max_quote_size)
		return 0;

	buffers_destroy();
	max_quote_size = size;
	return buffers_create(size);
}

/**
 * tdx_quote_init - initialise quoting, first or again after an update
 *
 * Makes new keys in the module. Nothing may be quoting meanwhile.
 *
 * Return: 0, -ENOMEM, or -EIO when the module refused. On failure quoting is
 * unavailable and guests fall back to user space.
 */
int tdx_quote_init(void)
{
	int ret = quote_bring_up();

	if (ret) {
		buffers_destroy();
		max_quote_size = 0;
	}
	set_quote_state(ret ? TDX_QUOTE_UNAVAILABLE : TDX_QUOTE_AVAILABLE, ret);
	if (!ret)
		pr_info("quoting enabled, quotes of up to %u bytes, %u buffers\n",
			max_quote_size, nr_buffers);
	return ret;
}

/**
 * tdx_quote_exit - quoting is not available any more; frees the buffers
 *
 * Nothing may be quoting meanwhile.
 */
void tdx_quote_exit(void)
{
	set_quote_state(TDX_QUOTE_UNAVAILABLE, 0);
	buffers_destroy();
	max_quote_size = 0;
}

bool tdx_quote_available(void)
{
	return READ_ONCE(quote_state) == TDX_QUOTE_AVAILABLE;
}

/* Bytes; 0 before tdx_quote_init(). */
u32 tdx_quote_max_size(void)
{
	return max_quote_size;
}

unsigned int tdx_quote_nr_buffers(void)
{
	return nr_buffers;
}

/* Nothing may be quoting meanwhile. */
void tdx_quote_set_policy(const struct tdx_quote_policy *policy)
{
	quote_policy = *policy;
}
