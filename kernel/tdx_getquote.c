// SPDX-License-Identifier: GPL-2.0
/*
 * TDG.VP.VMCALL<GetQuote>: a guest hands over a shared buffer with a 24-byte
 * header and request data, and finds a quote behind the header when the call
 * returns. Nothing that comes from the guest is trusted, and every byte of it
 * is read once.
 */
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <asm/shared/tdx_getquote.h>
#include <asm/tdx_getquote.h>

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
	quote->in = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	ret = quote->in ? copy_in(req) : -ENOMEM;
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

/* --- what the guest is told --- */

/* As posted: one return code for all failures, and mostly one status. */
static u64 answer_collapsed(struct request *req, int error)
{
	switch (error) {
	case -EINVAL:
	case -ENOSPC:
		write_status(req, TDX_GETQUOTE_ERROR);
		break;
	case -EFAULT:
		/* A page that could not be read gets no answer there. */
		if (req->quote.len)
			write_status(req, TDX_GETQUOTE_ERROR);
		break;
	default:
		write_status(req, TDX_GETQUOTE_UNAVAILABLE);
	}
	return TDVMCALL_INVALID_OPERAND;
}

/* So large a buffer would do. */
static void write_needed(struct request *req)
{
	__le32 len = cpu_to_le32(req->quote.len);

	req->guest->ops->write(req->guest,
			       req->gpa + offsetof(struct tdx_getquote_hdr, out_len),
			       &len, sizeof(len));
}

/*
 * ERROR is the guest's own doing, UNAVAILABLE the module's or the host's, and
 * RETRY, with the buffer as it was, passes. Where there is a status to read the
 * call itself has succeeded, as QEMU has it.
 */
static u64 answer_distinct(struct request *req, int error)
{
	u64 status = TDX_GETQUOTE_UNAVAILABLE;

	switch (error) {
	case -EAGAIN:
	case -EBUSY:
	case -ENOMEM:
		return TDVMCALL_RETRY;
	case -EFAULT:
		return TDVMCALL_INVALID_OPERAND;
	case -ENOSPC:
		write_needed(req);
		fallthrough;
	case -EINVAL:
	case -EBADMSG:
		status = TDX_GETQUOTE_ERROR;
	}
	return write_status(req, status) ? TDVMCALL_INVALID_OPERAND : TDVMCALL_SUCCESS;
}

static u64 answer(struct request *req, int error)
{
	if (!error)
		return TDVMCALL_SUCCESS;
	if (tdx_quote_policy.errors == TDX_ERRORS_DISTINCT)
		return answer_distinct(req, error);
	/* Without a page to read into, the guest's header stays as it is, as posted. */
	if (error == -ENOMEM && !req->quote.in)
		return TDVMCALL_INVALID_OPERAND;
	return answer_collapsed(req, error);
}

/*
 * Is somebody else to answer, or nobody at all? With recheck=none quoting is
 * unavailable only where bring-up had none, and then user space answers too.
 */
static bool unanswered(int error)
{
	return error == -EINTR || error == -ENODEV;
}

/* --- one request --- */

static int serve(struct request *req, u64 *ret)
{
	struct tdx_quote *quote = &req->quote;
	int error;

	error = tdx_quote_begin(quote, req->guest->tdr);
	if (!error)
		error = make_quote(req);
	if (!unanswered(error))
		*ret = answer(req, error);

	tdx_quote_put(quote);
	free_page((unsigned long)quote->in);
	quote->error = error;
	tdx_quote_end(quote);
	return unanswered(error) ? error : 0;
}

/* A TD may keep every vCPU in here, and must not fill the queue with them. */
static int serve_within_limit(struct request *req, u64 *ret)
{
	struct tdx_guest *guest = req->guest;
	int error = 0;

	if (atomic_inc_return(&guest->in_flight) > TDX_GUEST_MAX_IN_FLIGHT &&
	    tdx_quote_policy.limit == TDX_LIMIT_PER_TD)
		*ret = TDVMCALL_RETRY;
	else
		error = serve(req, ret);
	atomic_dec(&guest->in_flight);
	return error;
}

/**
 * tdx_getquote - answer a guest's GetQuote with a quote of the TDX module
 * @guest:  the TD
 * @gpa:    R12, shared bit and all
 * @size:   R13, bytes of the shared buffer, header included
 * @answer: for the guest
 *
 * Return: 0 when there is an answer; -ENODEV when user space has to give it, for
 * quoting is not available, and the buffer is as it was; -EINTR when the caller
 * was killed while it waited.
 */
int tdx_getquote(struct tdx_guest *guest, u64 gpa, u64 size, struct tdx_getquote_answer *answer)
{
	struct request req = {
		.guest = guest,
		.gpa = gpa,
		.size = size,
		.status = TDX_GETQUOTE_IN_FLIGHT,
	};
	int error = 0;

	tdx_trace(getquote_enter, guest->tdr, gpa, size);

	answer->ret = check_address(&req);
	if (answer->ret == TDVMCALL_SUCCESS)
		error = serve_within_limit(&req, &answer->ret);
	if (error)
		answer->ret = TDVMCALL_SUBFUNC_UNSUPPORTED;
	answer->status = req.status;

	tdx_trace(getquote_exit, guest->tdr, answer->ret, answer->status, error);
	return error;
}
TDX_EXPORT_FOR_KVM(tdx_getquote);
