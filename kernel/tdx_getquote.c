// SPDX-License-Identifier: GPL-2.0
/*
 * TDG.VP.VMCALL<GetQuote>: a guest hands over a shared buffer with a 24-byte
 * header and request data, and finds a quote behind the header when the call
 * returns. Nothing that comes from the guest is trusted, and every byte of it
 * is read once.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/stddef.h>

#include <trace/events/tdx_ext.h>

#include "tdx_abi.h"
#include "tdx_quote.h"

static_assert(sizeof(struct tdx_getquote_hdr) == 24);

/**
 * struct request - one GetQuote on its way through
 * @guest:  who asks
 * @gpa:    of the shared buffer, without the shared bit
 * @size:   bytes of it
 * @status: what the guest's header says, IN_FLIGHT while nothing was written
 * @quote:  the quote being made
 */
struct request {
	struct tdx_guest *guest;
	u64 gpa;
	u64 size;
	u64 status;
	struct tdx_quote quote;
};

/* The checks that need no guest memory. Strips the shared bit. */
static u64 check_address(struct request *req)
{
	struct tdx_guest *guest = req->guest;
	u64 end;

	if (!(req->gpa & guest->shared_bit))
		return TDVMCALL_INVALID_OPERAND;
	req->gpa &= ~guest->shared_bit;

	if (!req->size)
		return TDVMCALL_INVALID_OPERAND;
	if (!IS_ALIGNED(req->gpa, TDX_PAGE_SIZE) || !IS_ALIGNED(req->size, TDX_PAGE_SIZE))
		return TDVMCALL_ALIGN_ERROR;
	if (check_add_overflow(req->gpa, req->size, &end))
		return TDVMCALL_INVALID_OPERAND;
	if (!guest->ops->shared(guest, req->gpa, req->size))
		return TDVMCALL_INVALID_OPERAND;

	return TDVMCALL_SUCCESS;
}

static int write_status(struct request *req, u64 status)
{
	__le64 word = cpu_to_le64(status);
	int ret;

	ret = req->guest->ops->write(req->guest,
				     req->gpa + offsetof(struct tdx_getquote_hdr, status),
				     &word, sizeof(word));
	if (!ret)
		req->status = status;
	return ret;
}

/*
 * The header, then as much data as it announces, each read once: what is
 * checked is what the module gets.
 */
static int copy_in(struct request *req)
{
	struct tdx_guest *guest = req->guest;
	struct tdx_quote *quote = &req->quote;
	struct tdx_getquote_hdr hdr;
	u32 len;

	if (guest->ops->read(guest, req->gpa, &hdr, sizeof(hdr)))
		return -EFAULT;

	len = le32_to_cpu(hdr.in_len);
	if (le64_to_cpu(hdr.version) != TDX_GETQUOTE_VERSION ||
	    len > TDX_QUOTE_MAX_INPUT - sizeof(hdr))
		return -EINVAL;

	if (guest->ops->read(guest, req->gpa + sizeof(hdr), quote->in, len))
		return -EFAULT;

	quote->in_len = len;
	return 0;
}

/*
 * The quote, its length, and the status last: the guest may be polling it from
 * another CPU and must find the rest in place.
 */
static int copy_out(struct request *req)
{
	const struct tdx_quote *quote = &req->quote;
	struct tdx_guest *guest = req->guest;
	__le32 len = cpu_to_le32(quote->len);

	if (quote->len > req->size - sizeof(struct tdx_getquote_hdr))
		return -ENOSPC;

	if (guest->ops->write(guest, req->gpa + sizeof(struct tdx_getquote_hdr),
			      quote->data, quote->len) ||
	    guest->ops->write(guest, req->gpa + offsetof(struct tdx_getquote_hdr, out_len),
			      &len, sizeof(len)))
		return -EFAULT;

	smp_wmb();	/* pairs with the guest's read of the status before the rest */
	return write_status(req, TDX_GETQUOTE_SUCCESS) ? -EFAULT : 0;
}

static int make_quote(struct request *req)
{
	struct tdx_quote *quote = &req->quote;
	u64 start;
	int ret;

	start = tdx_quote_clock(quote);
	ret = copy_in(req);
	quote->times.copy_in = tdx_quote_clock(quote) - start;
	if (ret)
		return ret;

	ret = tdx_quote_generate(quote);
	if (ret)
		return ret;

	start = tdx_quote_clock(quote);
	ret = copy_out(req);
	quote->times.copy_out += tdx_quote_clock(quote) - start;
	return ret;
}

/*
 * What the guest is told in its header. A page that could not be read gets no
 * answer there, as posted, and neither does a caller who is dying.
 */
static void report_failure(struct request *req, int error)
{
	switch (error) {
	case -EINTR:
		break;
	case -EINVAL:
	case -ENOSPC:
		write_status(req, TDX_GETQUOTE_ERROR);
		break;
	case -EFAULT:
		if (req->quote.len)
			write_status(req, TDX_GETQUOTE_ERROR);
		break;
	default:
		write_status(req, TDX_GETQUOTE_UNAVAILABLE);
	}
}

static int serve(struct request *req)
{
	struct tdx_quote *quote = &req->quote;
	int ret = -ENOMEM;

	tdx_quote_begin(quote, req->guest->tdr);

	/* Without a page to read into, the guest's header stays as it is, as posted. */
	quote->in = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (quote->in) {
		ret = make_quote(req);
		if (ret)
			report_failure(req, ret);
	}

	tdx_quote_put(quote);
	free_page((unsigned long)quote->in);
	quote->error = ret;
	tdx_quote_end(quote);
	return ret;
}

/**
 * tdx_getquote - answer a guest's GetQuote with a quote of the TDX module
 * @guest: the TD
 * @gpa:   R12, shared bit and all
 * @size:  R13, bytes of the shared buffer, header included
 * @ret:   R10 for the guest: TDVMCALL_SUCCESS only when a quote and status
 *         SUCCESS are in the buffer; else why not, as the posted series does
 *
 * Return: 0 when *@ret is to be given to the guest, -EINTR when the caller was
 * killed while it waited.
 */
int tdx_getquote(struct tdx_guest *guest, u64 gpa, u64 size, u64 *ret)
{
	struct request req = {
		.guest = guest,
		.gpa = gpa,
		.size = size,
		.status = TDX_GETQUOTE_IN_FLIGHT,
	};
	int error = 0;

	trace_getquote_enter(guest->tdr, gpa, size);

	*ret = check_address(&req);
	if (*ret == TDVMCALL_SUCCESS) {
		error = serve(&req);
		if (error)
			*ret = TDVMCALL_INVALID_OPERAND;
	}

	if (error != -EINTR)
		error = 0;
	trace_getquote_exit(guest->tdr, *ret, req.status, error);
	return error;
}
