/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Profile of the software TDX module: what the public documents leave unknown,
 * as numbers. One table makes the struct, the kernel's range check, the keys
 * of a suite file and the help text.
 *
 * X(name, default, min, max, unit, text)
 *
 * NAME_ns is a constant time, or the median of one that varies: then its quantiles are
 * NAME_p0 to NAME_p100, 10,000 for the median itself, and straight lines between them.
 */
#ifndef _TDX_EMU_PROFILE_H
#define _TDX_EMU_PROFILE_H

#include <linux/types.h>

#define TDX_EMU_SPREAD_ONE	10000

#define TDX_EMU_SPREAD(X, name)							\
	X(name##_p0,		10000, 1, 10000, "",				\
	  "shortest " #name "_ns, in 10,000ths of it")				\
	X(name##_p10,		10000, 1, 10000, "",				\
	  "1 of 10 is no longer than this")					\
	X(name##_p25,		10000, 1, 10000, "",				\
	  "1 of 4 is no longer than this")					\
	X(name##_p75,		10000, 10000, 1000000, "",			\
	  "3 of 4 are no longer than this")					\
	X(name##_p90,		10000, 10000, 1000000, "",			\
	  "9 of 10 are no longer than this")					\
	X(name##_p99,		10000, 10000, 1000000, "",			\
	  "99 of 100 are no longer than this")					\
	X(name##_p100,		10000, 10000, 1000000, "",			\
	  "longest " #name "_ns")

#define TDX_EMU_PROFILE(X)							\
	X(seed,			1, 0, ~0ULL, "",				\
	  "seed of keys, identities and quote sizes")				\
	X(engine,		0, 0, 1, "",					\
	  "how time passes: with the CPU halted, or by burning instructions")	\
	X(yield,		0, 0, 2, "",					\
	  "leave a call when an interrupt is pending, also at each slice's end, or never") \
	X(slice_ns,		1000000, 100, 10000000, "ns",			\
	  "burn: between two looks for interrupts; yield=slice: longest stay")	\
	X(quote_ns,		200000000, 1000, 30000000000ULL, "ns",		\
	  "compute time of TDH.QUOTE.GET")					\
	X(ext_init_ns,		50000000, 1000, 30000000000ULL, "ns",		\
	  "compute time of TDH.EXT.INIT")					\
	X(quote_init_ns,	500000000, 1000, 30000000000ULL, "ns",		\
	  "compute time of TDH.QUOTE.INIT")					\
	X(mem_add_ns,		1000, 0, 1000000, "ns",				\
	  "compute time of TDH.EXT.MEM.ADD per page")				\
	TDX_EMU_SPREAD(X, quote)						\
	TDX_EMU_SPREAD(X, slice)						\
	X(pool_pages,		12800, 0, 26880, "pages",			\
	  "4 KiB pages the module asks for")					\
	X(max_quote_size,	131048, 8192, 4194304, "bytes",			\
	  "max_quote_size metadata")						\
	X(quote_size,		102400, 4096, 4194304, "bytes",			\
	  "size of a quote")							\
	X(quote_jitter,		4096, 0, 65536, "bytes",			\
	  "quotes are quote_size plus or minus up to this")			\
	X(slots,		64, 1, 64, "calls",				\
	  "extension calls the module can keep suspended; more get OPERAND_BUSY") \
	X(token,		0, 0, 1, "",					\
	  "protection of a quote: COSE_Mac0 HMAC-SHA-384, or COSE_Sign1 ES384")	\
	X(slot_scope,		0, 0, 1, "",					\
	  "slots are counted for the whole module, or for each TD")		\
	X(yield_if,		0, 0, 1, "",					\
	  "called with interrupts disabled: honour that and never leave, or ignore it") \
	X(outputs,		0, 0, 2, "",					\
	  "output registers of an interrupted call: preserved, zeroed, or poisoned") \
	X(input_read,		0, 0, 1, "",					\
	  "read the input page once, or again at every entry")			\
	X(resume_cpu,		0, 0, 1, "",					\
	  "a call may be resumed on any CPU, or on the one it began on only")	\
	X(features,		0, 0, 4, "",					\
	  "add-ons: all, quoting that requires no extensions, no extensions, no quoting, none") \
	X(update_calls,		0, 0, 2, "",					\
	  "suspended calls when the module is shut down: cancelled, kept, or a reason to refuse") \
	X(entropy_rate,		0, 0, 10000, "",				\
	  "of 10,000 calls, how many find no entropy")				\
	X(entropy_burst,	1, 1, 1000, "",					\
	  "attempts of such a call that fail")					\
	X(busy_rate,		0, 0, 10000, "",				\
	  "of 10,000 calls, how many find the module busy")			\
	X(busy_burst,		1, 1, 1000, "",					\
	  "attempts of such a call that fail")					\
	X(overlong,		0, 0, 4194304, "bytes",				\
	  "a quote's length is reported as this much more than was written")	\
	X(fault_leaf,		0, 0, 8, "",					\
	  "leaf that fails, see fault_*")					\
	X(fault_after,		0, 0, 1000000000, "",				\
	  "entries of that leaf that go well before")				\
	X(fault_times,		1, 1, 1000000000, "",				\
	  "entries of it that fail then")					\
	X(fault_status,		0, 0, 7, "",					\
	  "completion status of those")

/* Values of the fields that are choices. */
enum tdx_emu_engine { TDX_EMU_HALT, TDX_EMU_BURN };
enum tdx_emu_yield { TDX_EMU_YIELD_PENDING, TDX_EMU_YIELD_SLICE, TDX_EMU_YIELD_NEVER };
enum tdx_emu_token { TDX_EMU_TOKEN_MAC0, TDX_EMU_TOKEN_SIGN1 };
enum tdx_emu_slot_scope { TDX_EMU_SLOTS_GLOBAL, TDX_EMU_SLOTS_PER_TD };
enum tdx_emu_yield_if { TDX_EMU_IF_HONOUR, TDX_EMU_IF_IGNORE };
enum tdx_emu_outputs { TDX_EMU_OUTPUTS_PRESERVE, TDX_EMU_OUTPUTS_ZERO, TDX_EMU_OUTPUTS_POISON };
enum tdx_emu_input_read { TDX_EMU_INPUT_SNAPSHOT, TDX_EMU_INPUT_REREAD };
enum tdx_emu_resume_cpu { TDX_EMU_CPU_ANY, TDX_EMU_CPU_SAME };
enum tdx_emu_features {
	TDX_EMU_FEATURES_ALL,
	TDX_EMU_FEATURES_NOT_REQUIRED,	/* ext_required reads 0 */
	TDX_EMU_FEATURES_NO_EXT,	/* bit 39 clear */
	TDX_EMU_FEATURES_NO_QUOTE,	/* bit 50 clear */
	TDX_EMU_FEATURES_NONE,		/* both clear: a module as released */
};
enum tdx_emu_update_calls { TDX_EMU_CALLS_CANCEL, TDX_EMU_CALLS_SURVIVE, TDX_EMU_CALLS_REFUSE };
enum tdx_emu_fault_leaf {
	TDX_EMU_FAULT_NONE,
	TDX_EMU_FAULT_SYS_RD,
	TDX_EMU_FAULT_SYS_CONFIG,
	TDX_EMU_FAULT_SYS_SHUTDOWN,
	TDX_EMU_FAULT_SYS_UPDATE,
	TDX_EMU_FAULT_EXT_MEM_ADD,
	TDX_EMU_FAULT_EXT_INIT,
	TDX_EMU_FAULT_QUOTE_INIT,
	TDX_EMU_FAULT_QUOTE_GET,
};
enum tdx_emu_fault_status {
	TDX_EMU_STATUS_OPERAND_INVALID,
	TDX_EMU_STATUS_OPERAND_BUSY,
	TDX_EMU_STATUS_SYS_BUSY,
	TDX_EMU_STATUS_NO_ENTROPY,
	TDX_EMU_STATUS_NOT_READY,
	TDX_EMU_STATUS_RESUMABLE,
	TDX_EMU_STATUS_PAGE_METADATA,
	TDX_EMU_STATUS_FATAL,
};

#define TDX_EMU_PROFILE_MEMBER(name, def, min, max, unit, text) __u64 name;

struct tdx_emu_profile {
	TDX_EMU_PROFILE(TDX_EMU_PROFILE_MEMBER)
};

/* The rows of one TDX_EMU_SPREAD. */
#define TDX_EMU_NR_SPREAD	7
#define TDX_EMU_SPREAD_OF(profile, name)					\
	((__u64 *)(profile) +							\
	 __builtin_offsetof(struct tdx_emu_profile, name##_p0) / sizeof(__u64))

#endif /* _TDX_EMU_PROFILE_H */
