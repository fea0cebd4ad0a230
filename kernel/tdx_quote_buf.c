// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers for quotes: made once, at bring-up, so that neither a quote nor a
 * module update needs memory, and lent to one quote at a time.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <trace/events/tdx_ext.h>

#include "tdx_abi.h"
#include "tdx_quote.h"
#include "tdx_quote_buf.h"

/*
 * A call occupies a CPU while it runs. Spare buffers keep somebody ready to run
 * on every CPU: with one for each, a CPU falls idle between a buffer's return
 * and its next owner's wake-up (a seventh of the rate at 64 guests), with many
 * more, callers take turns instead of queueing and the tail grows.
 */
#define BUFFERS_PER_CPU		3U
#define MAX_BUFFERS		64U
#define MAX_BYTES		SZ_64M	/* of all buffers, but for the first */

static struct tdx_quote_buf buffers[MAX_BUFFERS];
static unsigned int nr_buffers;
static u32 buffer_size;

/* buffers=shared: buffer 0 and this. */
static DEFINE_MUTEX(shared_lock);

/* buffers=per-call: first come, first served. */
static struct semaphore free_count;
static DEFINE_SPINLOCK(free_lock);
static DECLARE_BITMAP(free_map, MAX_BUFFERS);
static unsigned int nr_lost;

/* --- made and unmade --- */

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

	buf->data = __vmalloc(pages * TDX_PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	buf->nodes = __vmalloc(nr_nodes * TDX_PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	if (!buf->data || !buf->nodes) {
		buf_destroy(buf);
		return -ENOMEM;
	}

	buf_link(buf, pages, nr_nodes);
	return 0;
}

/* Fewer than wanted will do as long as there is one. */
int tdx_quote_buffers_create(u32 size)
{
	unsigned int want = min3(num_online_cpus() * BUFFERS_PER_CPU, MAX_BUFFERS,
				 max(MAX_BYTES / size, 1U));

	while (nr_buffers < want && !buf_create(&buffers[nr_buffers], size))
		nr_buffers++;
	if (!nr_buffers)
		return -ENOMEM;

	buffer_size = size;
	nr_lost = 0;
	bitmap_fill(free_map, nr_buffers);
	sema_init(&free_count, nr_buffers);
	return 0;
}

void tdx_quote_buffers_destroy(void)
{
	while (nr_buffers)
		buf_destroy(&buffers[--nr_buffers]);
	buffer_size = 0;
}

u32 tdx_quote_buffers_size(void)
{
	return buffer_size;
}

unsigned int tdx_quote_nr_buffers(void)
{
	return nr_buffers;
}

u64 tdx_quote_buf_data_hpa(const struct tdx_quote_buf *buf)
{
	return hpa_of(buf->data);
}

u64 tdx_quote_buf_list_hpa(const struct tdx_quote_buf *buf)
{
	return hpa_of(buf->nodes);
}

/* --- lent and returned --- */

static int shared_wait(void)
{
	if (tdx_quote_policy.wait == TDX_WAIT_KILLABLE)
		return mutex_lock_killable(&shared_lock);
	mutex_lock(&shared_lock);
	return 0;
}

static int per_call_wait(void)
{
	if (tdx_quote_policy.wait == TDX_WAIT_KILLABLE)
		return down_killable(&free_count);
	down(&free_count);
	return 0;
}

/* NULL when all are lost. */
static struct tdx_quote_buf *per_call_take(void)
{
	unsigned int i;

	spin_lock(&free_lock);
	i = find_first_bit(free_map, nr_buffers);
	if (i < nr_buffers)
		__clear_bit(i, free_map);
	spin_unlock(&free_lock);

	if (i < nr_buffers)
		return &buffers[i];
	up(&free_count);	/* for the next one to see it too */
	return NULL;
}

/*
 * A call that the module still holds, suspended, may write to its buffer at any
 * time: that one is nobody's any more. With the last one, waiters are let go.
 */
static void per_call_return(struct tdx_quote_buf *buf, bool lost)
{
	bool none;

	spin_lock(&free_lock);
	if (lost)
		nr_lost++;
	else
		__set_bit(buf - buffers, free_map);
	none = nr_lost == nr_buffers;
	spin_unlock(&free_lock);

	if (!lost || none)
		up(&free_count);
}

int tdx_quote_buf_get(struct tdx_quote *quote)
{
	const bool shared = tdx_quote_policy.buffers == TDX_BUFFERS_SHARED;
	u64 start = tdx_quote_clock(quote);

	if (shared ? shared_wait() : per_call_wait())
		return -EINTR;

	quote->buf = shared ? &buffers[0] : per_call_take();
	if (!quote->buf)
		return -ENODEV;
	quote->times.wait = tdx_quote_clock(quote) - start;
	tdx_trace(quote_buffer, quote->call.id, quote->call.tdr, quote->buf - buffers,
		  quote->times.wait);
	return 0;
}

/*
 * All of it, not just the quote: how much the module has written is known from
 * the module only.
 */
static void buf_clear(struct tdx_quote *quote)
{
	u64 start = tdx_quote_clock(quote);

	memset(quote->buf->data, 0, buffer_size);
	quote->times.copy_out += tdx_quote_clock(quote) - start;
}

/*
 * Whoever is woken may run before this returns: handing the buffer on is as
 * much a part of waiting for buffers as getting one is, and is timed as such.
 */
void tdx_quote_buf_put(struct tdx_quote *quote)
{
	struct tdx_quote_buf *buf = quote->buf;
	u64 start;

	if (tdx_quote_policy.clear == TDX_CLEAR_ALWAYS)
		buf_clear(quote);

	start = tdx_quote_clock(quote);
	quote->buf = NULL;
	if (tdx_quote_policy.buffers == TDX_BUFFERS_SHARED)
		mutex_unlock(&shared_lock);
	else
		per_call_return(buf, tdx_ext_call_suspended(&quote->call));
	quote->times.wait += tdx_quote_clock(quote) - start;
}
