/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buffers that the module writes quotes to, made at bring-up. Between
 * tdx_quote.c, which uses them, and tdx_quote_buf.c.
 */
#ifndef _TDX_QUOTE_BUF_H
#define _TDX_QUOTE_BUF_H

#include <linux/types.h>

struct tdx_quote;

/**
 * struct tdx_quote_buf - memory for one quote, with the list that describes it
 * @data:  virtually contiguous pages
 * @nodes: HPA_LINKED_LIST, virtually contiguous, node by node
 */
struct tdx_quote_buf {
	void *data;
	u64 *nodes;
};

/* For quotes of up to @size bytes each. 0 or -ENOMEM. */
int tdx_quote_buffers_create(u32 size);
void tdx_quote_buffers_destroy(void);
u32 tdx_quote_buffers_size(void);	/* of each, bytes; 0 when there are none */

/* Waits until there is one, as the policy says, and times that. 0, -EINTR, or
 * -ENODEV when none can ever come back.
 */
int tdx_quote_buf_get(struct tdx_quote *quote);
void tdx_quote_buf_put(struct tdx_quote *quote);

u64 tdx_quote_buf_data_hpa(const struct tdx_quote_buf *buf);
u64 tdx_quote_buf_list_hpa(const struct tdx_quote_buf *buf);

#endif /* _TDX_QUOTE_BUF_H */
