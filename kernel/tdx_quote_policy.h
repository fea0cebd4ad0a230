/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The designs under comparison, knob by knob: each is a question that was asked
 * in review, with two answers. One table makes the struct, the kernel's check,
 * the keys of a suite file and the help text.
 *
 * The first answer, 0, is that of the series of June 2026 (v2): all of them are
 * the preset "posted". The column "best" has the answers of the preset "default".
 *
 * X(name, best, first, second, text)
 */
#ifndef _TDX_QUOTE_POLICY_H
#define _TDX_QUOTE_POLICY_H

#include <linux/types.h>

#define TDX_QUOTE_POLICY(X)								\
	X(buffers,	1, "shared", "per-call",					\
	  "one quote buffer behind a host-wide mutex, or a free one of a set")		\
	X(wait,		1, "uninterruptible", "killable",				\
	  "how a request waits for its buffer")						\
	X(limit,	1, "none", "per-td",						\
	  "requests of one TD under way at once: any number, or 16")			\
	X(resched,	1, "none", "cond",						\
	  "offer to reschedule between iterations")					\
	X(resume_args,	1, "clobbered", "saved",					\
	  "inputs of a resume or a retry: the last outputs, or the original inputs")	\
	X(input_page,	1, "aliased", "separate",					\
	  "where the module reads: in page 0 of its output, or in a page of its own")	\
	X(busy,		1, "fail", "retry",						\
	  "OPERAND_BUSY: give up, or try again with growing pauses")			\
	X(clear,	1, "never", "always",						\
	  "clear a buffer before another TD can have it")				\
	X(errors,	1, "collapsed", "distinct",					\
	  "tell the guest one error for all, or what it can do about it")		\
	X(pool_alloc,	1, "contig", "batch",						\
	  "memory pool in one piece, or in pieces of up to 2 MiB")			\
	X(pool_flush,	0, "none", "clflush",						\
	  "flush pool pages from the caches before the module gets them")		\
	X(update,	1, "racing", "excluded",					\
	  "a module update while quotes are being made: goes ahead, or waits for them")	\
	X(reinit,	1, "stopped", "running",					\
	  "TDH.EXT.INIT and TDH.QUOTE.INIT of an update: with the machine stopped, or after")	\
	X(recheck,	1, "none", "metadata",						\
	  "after an update: believe what was read at boot, or read again and fall back")

enum tdx_quote_buffers { TDX_BUFFERS_SHARED, TDX_BUFFERS_PER_CALL };
enum tdx_quote_wait { TDX_WAIT_UNINTERRUPTIBLE, TDX_WAIT_KILLABLE };
enum tdx_quote_limit { TDX_LIMIT_NONE, TDX_LIMIT_PER_TD };
enum tdx_quote_resched { TDX_RESCHED_NONE, TDX_RESCHED_COND };
enum tdx_quote_resume_args { TDX_RESUME_CLOBBERED, TDX_RESUME_SAVED };
enum tdx_quote_input_page { TDX_INPUT_ALIASED, TDX_INPUT_SEPARATE };
enum tdx_quote_busy { TDX_BUSY_FAIL, TDX_BUSY_RETRY };
enum tdx_quote_clear { TDX_CLEAR_NEVER, TDX_CLEAR_ALWAYS };
enum tdx_quote_errors { TDX_ERRORS_COLLAPSED, TDX_ERRORS_DISTINCT };
enum tdx_quote_pool_alloc { TDX_POOL_CONTIG, TDX_POOL_BATCH };
enum tdx_quote_pool_flush { TDX_FLUSH_NONE, TDX_FLUSH_CLFLUSH };
enum tdx_quote_update { TDX_UPDATE_RACING, TDX_UPDATE_EXCLUDED };
enum tdx_quote_reinit { TDX_REINIT_STOPPED, TDX_REINIT_RUNNING };
enum tdx_quote_recheck { TDX_RECHECK_NONE, TDX_RECHECK_METADATA };

#define TDX_QUOTE_POLICY_MEMBER(name, best, first, second, text)	__u32 name;
#define TDX_QUOTE_POLICY_BEST(name, best, first, second, text)		.name = best,

struct tdx_quote_policy {
	TDX_QUOTE_POLICY(TDX_QUOTE_POLICY_MEMBER)
};

#define TDX_QUOTE_POLICY_POSTED		{ 0 }
#define TDX_QUOTE_POLICY_DEFAULT	{ TDX_QUOTE_POLICY(TDX_QUOTE_POLICY_BEST) }

#endif /* _TDX_QUOTE_POLICY_H */
