// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes made by the TDX module: initialise quoting, turn request data into a
 * quote, and stand back while the module is being replaced.
 */
#define pr_fmt(fmt) "tdx: " fmt

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <asm/tdx_getquote.h>

#include <trace/events/tdx_ext.h>

#include "seamcall.h"
#include "tdx_abi.h"
#include "tdx_clock.h"
#include "tdx_quote.h"
#include "tdx_quote_buf.h"

#define QUOTE_MAX_SIZE		SZ_16M	/* of a configfs-tsm report */

static enum tdx_quote_state quote_state;
static u32 max_quote_size;

/* Quotes that wait for a buffer or have one. */
static atomic_t in_flight;
static DECLARE_WAIT_QUEUE_HEAD(all_ended);

static void set_quote_state(enum tdx_quote_state state, int error)
{
	trace_quote_state(quote_state, state, error);
	smp_store_release(&quote_state, state);	/* buffers before their use */
}

static int quote_state_error(void)
{
	switch (tdx_quote_get_state()) {
	case TDX_QUOTE_AVAILABLE:
		return 0;
	case TDX_QUOTE_UPDATING:
		return -EAGAIN;
	default:
		return -ENODEV;
	}
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

static void quote_leave(void)
{
	if (atomic_dec_and_test(&in_flight))
		wake_up_all(&all_ended);
}

/*
 * Counted first, then asked whether it may: tdx_quote_suspend() does it the
 * other way round, so that one of the two sees the other.
 */
static int quote_enter(void)
{
	int ret;

	atomic_inc(&in_flight);
	smp_mb__after_atomic();	/* pairs with tdx_quote_suspend() */

	ret = quote_state_error();
	if (ret)
		quote_leave();
	return ret;
}

/**
 * tdx_quote_begin - a quote for a TD begins
 * @quote: zeroed
 * @tdr:   HPA of the TD's root page
 *
 * tdx_quote_put() and tdx_quote_end() are due in any case.
 *
 * Return: 0; -ENODEV when quoting is not available; -EAGAIN while the module is
 * being updated.
 */
int tdx_quote_begin(struct tdx_quote *quote, u64 tdr)
{
	quote->call.tdr = tdr;
	if (trace_quote_end_enabled() || trace_quote_buffer_enabled())
		quote->times.begin = tdx_clock();
	if (quote->times.begin || trace_quote_begin_enabled())
		quote->call.id = tdx_ext_call_id();
	tdx_trace(quote_begin, quote->call.id, tdr);

	return quote_state_error();
}

/* HPA of the page that the module reads. */
static u64 quote_input(struct tdx_quote *quote)
{
	u64 start;

	if (tdx_quote_policy.input_page == TDX_INPUT_SEPARATE)
		return virt_to_phys(quote->in);

	start = tdx_quote_clock(quote);
	memcpy(quote->buf->data, quote->in, TDX_PAGE_SIZE);
	quote->times.copy_in += tdx_quote_clock(quote) - start;
	return tdx_quote_buf_data_hpa(quote->buf);
}

/* Whose fault it was, and whether another try may help. */
static int quote_error(u64 status)
{
	switch (TDX_STATUS_CODE(status)) {
	case TDX_SUCCESS:
		return 0;
	case TDX_OPERAND_BUSY:
		return fatal_signal_pending(current) ? -EINTR : -EBUSY;
	case TDX_RND_NO_ENTROPY:
		return -EBUSY;
	case TDX_INVALID_REPORTMACSTRUCT:
		return -EBADMSG;
	case TDX_OPERAND_INVALID:
		/* The length is the guest's, all other operands are ours. */
		return TDX_STATUS_DETAIL(status) == TDX_OPERAND_R9 ? -EBADMSG : -EIO;
	default:
		return -EIO;
	}
}

static int quote_get(struct tdx_quote *quote)
{
	const u32 size = READ_ONCE(max_quote_size);
	struct tdx_module_args args = {
		.rcx = quote->call.tdr,
		.rdx = TDX_QUOTE_ID_DEFAULT << TDX_QUOTE_ID_SHIFT,
		.r8 = quote_input(quote),
		.r9 = quote->in_len,
		.r10 = tdx_quote_buf_list_hpa(quote->buf),
		.r11 = size,
	};
	u64 r;

	r = tdx_ext_seamcall_retry(TDH_QUOTE_GET, &args, &quote->call);
	if (r != TDX_SUCCESS)
		return quote_error(r) ?: -EIO;

	/* Never believe a length: beyond the buffer lies somebody else's memory. */
	if (!args.rcx || args.rcx > size)
		return -EIO;

	quote->len = args.rcx;
	return 0;
}

/*
 * To memory of its own: guest memory can take for ever to write to, for all that
 * is known, and nobody else shall wait for that.
 */
static int quote_keep(struct tdx_quote *quote)
{
	u64 start = tdx_quote_clock(quote);

	quote->data = kvmemdup(quote->buf->data, quote->len, GFP_KERNEL_ACCOUNT);
	quote->times.copy_out += tdx_quote_clock(quote) - start;
	return quote->data ? 0 : -ENOMEM;
}

static int quote_with_buf(struct tdx_quote *quote)
{
	int ret;

	ret = tdx_quote_buf_get(quote);
	if (ret)
		return ret;

	/* An update that began while this one waited need not wait for it. */
	ret = quote_state_error();
	if (!ret)
		ret = quote_get(quote);
	if (!ret)
		ret = quote_keep(quote);

	tdx_quote_buf_put(quote);
	return ret;
}

/**
 * tdx_quote_generate - have the module make a quote
 * @quote: begun, with @in and @in_len set
 *
 * Waiting for a buffer can be killed if the policy says so; a call that the
 * module has begun is always run to its end, for there is no way to abort it.
 *
 * Return: 0 with @data and @len valid until tdx_quote_put(); -EINTR when
 * killed; -ENODEV, -EAGAIN as tdx_quote_begin(); -EBUSY when the module remained
 * busy or without entropy; -EBADMSG when it refused the input; -EIO for all else
 * it may say; -ENOMEM.
 */
int tdx_quote_generate(struct tdx_quote *quote)
{
	int ret;

	ret = quote_enter();
	if (ret)
		return ret;
	ret = quote_with_buf(quote);
	quote_leave();
	return ret;
}

/**
 * tdx_quote_put - done with the bytes of a quote
 * @quote: in any state after tdx_quote_begin()
 */
void tdx_quote_put(struct tdx_quote *quote)
{
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
	tdx_trace(quote_end, quote);
}

/* --- initialisation --- */

static int quote_module_init(void)
{
	struct tdx_module_args args = {};
	struct tdx_ext_call call = {};
	u64 r;

	r = tdx_ext_seamcall_retry(TDH_QUOTE_INIT, &args, &call);
	if (r == TDX_SUCCESS)
		return 0;
	pr_err("TDH.QUOTE.INIT failed, status 0x%016llx\n", r);
	return -EIO;
}

static int quote_read_size(u32 *size)
{
	u64 value;
	int ret;

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

	ret = quote_module_init();
	if (!ret)
		ret = quote_read_size(&size);
	if (!ret)
		ret = tdx_quote_buffers_create(size);
	if (!ret)
		max_quote_size = size;
	return ret;
}

/**
 * tdx_quote_init - initialise quoting after tdx_ext_init()
 *
 * Return: 0, -ENOMEM, or -EIO when the module refused. On failure quoting is
 * unavailable and guests fall back to user space.
 */
int tdx_quote_init(void)
{
	int ret = quote_bring_up();

	set_quote_state(ret ? TDX_QUOTE_UNAVAILABLE : TDX_QUOTE_AVAILABLE, ret);
	if (!ret)
		pr_info("quoting enabled, quotes of up to %u bytes, %u buffers\n",
			max_quote_size, tdx_quote_nr_buffers());
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
	tdx_quote_buffers_destroy();
	max_quote_size = 0;
}

/* --- a module update --- */

/**
 * tdx_quote_suspend - the TDX module is about to be replaced
 *
 * With update=excluded, from a successful return until tdx_quote_resume() the
 * module is not making quotes, and whoever asks for one is told to ask again.
 *
 * Return: 0, or -EINTR when killed while quotes were still being made; then
 * quoting goes on as before.
 */
int tdx_quote_suspend(void)
{
	if (tdx_quote_policy.update == TDX_UPDATE_RACING || !tdx_quote_available())
		return 0;

	set_quote_state(TDX_QUOTE_UPDATING, 0);
	smp_mb();	/* pairs with quote_enter() */
	if (!wait_event_killable(all_ended, !atomic_read(&in_flight)))
		return 0;

	set_quote_state(TDX_QUOTE_AVAILABLE, 0);
	return -EINTR;
}

/**
 * tdx_quote_reinit - initialise quoting in the new module, with new keys
 *
 * Call after tdx_ext_reinit(). Allocates nothing.
 *
 * Context: any, also stop_machine().
 * Return: 0; -EIO when the module refused; -ENOSPC when its quotes may be larger
 * than the buffers made at bring-up. With recheck=none always 0.
 */
int tdx_quote_reinit(void)
{
	int ret = quote_module_init();
	u32 size;

	if (tdx_quote_policy.recheck == TDX_RECHECK_NONE)
		return 0;

	if (!ret)
		ret = quote_read_size(&size);
	if (ret)
		return ret;
	if (tdx_quote_buffers_size() && size > tdx_quote_buffers_size()) {
		pr_err("the updated TDX module makes quotes of up to %u bytes, buffers have %u\n",
		       size, tdx_quote_buffers_size());
		return -ENOSPC;
	}

	WRITE_ONCE(max_quote_size, size);
	return 0;
}

/* Only where bring-up had no quoting, and so no buffers. */
static int quote_late_buffers(void)
{
	if (tdx_quote_buffers_size())
		return 0;
	if (tdx_quote_policy.recheck == TDX_RECHECK_NONE)
		return -ENODEV;
	return tdx_quote_buffers_create(max_quote_size);
}

/**
 * tdx_quote_resume - the update is over
 * @error: 0 when quotes can be made, else why not
 *
 * With recheck=none quoting counts as available once it ever was.
 *
 * Return: @error, or why there is no quoting all the same.
 */
int tdx_quote_resume(int error)
{
	int reason = error;

	if (tdx_quote_policy.recheck == TDX_RECHECK_NONE && tdx_quote_buffers_size())
		reason = 0;
	if (!reason)
		reason = quote_late_buffers();
	set_quote_state(reason ? TDX_QUOTE_UNAVAILABLE : TDX_QUOTE_AVAILABLE, reason);
	return error ?: reason;
}

/* --- state --- */

enum tdx_quote_state tdx_quote_get_state(void)
{
	return smp_load_acquire(&quote_state);	/* pairs with set_quote_state() */
}

/* With recheck=none this is no promise: see tdx_quote_resume(). */
bool tdx_quote_available(void)
{
	return tdx_quote_get_state() == TDX_QUOTE_AVAILABLE;
}

/**
 * tdx_quote_offered - may a new TD count on the kernel for its quotes?
 *
 * Return: true while quoting is available, and while the module is being replaced,
 * which passes.
 */
bool tdx_quote_offered(void)
{
	return tdx_quote_get_state() != TDX_QUOTE_UNAVAILABLE;
}
TDX_EXPORT_FOR_KVM(tdx_quote_offered);

/* Quotes under way. */
unsigned int tdx_quote_in_flight(void)
{
	return atomic_read(&in_flight);
}

/* Bytes; 0 unless quoting is available. */
u32 tdx_quote_max_size(void)
{
	return tdx_quote_available() ? READ_ONCE(max_quote_size) : 0;
}
