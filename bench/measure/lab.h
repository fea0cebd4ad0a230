/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab module from user space: load it, bring the quoting path up, create
 * TDs, read counters. kernel/lab/uapi/tdx_lab.h is the reference.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "../../kernel/lab/uapi/tdx_lab.h"
#include "measure/verify.h"

/* Everything below returns 0, or -1 after one line on stderr. */

/* Loads the module; fails if one is loaded already, which is somebody else's. */
int lab_load(const char *module_path);
void lab_unload(void);
bool lab_loaded(void);

int lab_open(void);
void lab_close(void);

int lab_configure(const struct tdx_emu_profile *profile, const struct tdx_quote_policy *policy);
int lab_bring_up(void);
/* The same, but the result itself: 0 or a negative errno, and no line. */
int lab_try_bring_up(void);
/* As TDX_LAB_UPDATE; that the update itself failed is told by update->error only. */
int lab_update(const struct tdx_emu_profile *profile, struct tdx_lab_update *update);
/* Leave free memory in single pages, see TDX_LAB_FRAGMENT; 0 gives it back. */
int lab_fragment(unsigned int mib);
/* As configured, which is what the module is up with, or will be. */
int lab_profile(struct tdx_emu_profile *profile);
int lab_info(struct tdx_lab_info *info);
int lab_counters(struct tdx_lab_counters *counters);
int lab_key(const struct tdx_emu_profile *profile, struct quote_key *key);
/* Shared memory that a TD needs: the largest quote and its header, in pages. */
uint64_t lab_shared_size(const struct tdx_emu_profile *profile);
/* Address of the timer function that makes the module's time pass, 0 if unknown. */
uint64_t lab_timer_function(void);
int lab_loop(bool traced, uint32_t iterations, struct tdx_lab_loop *loop);
/* Interrupts on, @batch iterations every @period_ns; may end early, see loop->done. */
int lab_loop_paced(uint32_t iterations, uint32_t batch, uint32_t period_ns,
		   struct tdx_lab_loop *loop);

/**
 * struct td - one TD
 * @fd:     its descriptor
 * @shared: its shared memory
 * @size:   bytes of it
 * @info:   as created
 */
struct td {
	int fd;
	uint8_t *shared;
	uint64_t size;
	struct tdx_lab_create_td info;
};

int td_create(struct td *td, uint64_t shared_size);
void td_destroy(struct td *td);

/**
 * struct td_buffer - one GetQuote buffer in a TD's shared memory
 * @td:     whose
 * @gpa:    where it begins, without the shared bit
 * @size:   bytes of it, header included
 * @shared: the same memory, mapped here
 */
struct td_buffer {
	const struct td *td;
	uint64_t gpa;
	uint64_t size;
	uint8_t *shared;
};

/* The @index'th stretch of @size bytes; the TD's shared memory must have it. */
struct td_buffer td_buffer(const struct td *td, unsigned int index, uint64_t size);

/* Fills the buffer's request header with the TDREPORT over @nonce (64 bytes). */
int td_request(struct td_buffer *buffer, const uint8_t nonce[64]);

/*
 * GetQuote over the whole buffer: @call has all that came back. -1 without a
 * line on stderr when the caller was interrupted (errno EINTR).
 */
int td_getquote(const struct td_buffer *buffer, struct tdx_lab_getquote *call);

/* The quote in the buffer; NULL when its header makes no sense. */
const uint8_t *td_quote(const struct td_buffer *buffer, uint32_t *len);

#endif /* BENCH_LAB_H */
