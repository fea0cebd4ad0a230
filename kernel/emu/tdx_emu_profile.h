/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Profile of the software TDX module: what the public documents leave unknown,
 * as numbers. One table makes the struct, the kernel's range check, the keys
 * of a suite file and the help text.
 *
 * X(name, default, min, max, unit, text)
 */
#ifndef _TDX_EMU_PROFILE_H
#define _TDX_EMU_PROFILE_H

#include <linux/types.h>

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
	  "protection of a quote: COSE_Mac0 HMAC-SHA-384, or COSE_Sign1 ES384")

/* Values of the fields that are choices. */
enum tdx_emu_engine { TDX_EMU_HALT, TDX_EMU_BURN };
enum tdx_emu_yield { TDX_EMU_YIELD_PENDING, TDX_EMU_YIELD_SLICE, TDX_EMU_YIELD_NEVER };
enum tdx_emu_token { TDX_EMU_TOKEN_MAC0, TDX_EMU_TOKEN_SIGN1 };

#define TDX_EMU_PROFILE_MEMBER(name, def, min, max, unit, text) __u64 name;

struct tdx_emu_profile {
	TDX_EMU_PROFILE(TDX_EMU_PROFILE_MEMBER)
};

#endif /* _TDX_EMU_PROFILE_H */
