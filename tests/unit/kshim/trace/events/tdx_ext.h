/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The path's trace events as calls of functions on_<event>(), for those that a
 * test defines, while kshim_traced says that somebody listens.
 */
#ifndef KSHIM_TRACE_TDX_EXT_H
#define KSHIM_TRACE_TDX_EXT_H

#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)		__VA_ARGS__

#define TRACE_EVENT(name, proto, args, ...)				\
	void on_##name(proto) __attribute__((weak));			\
	static inline bool trace_##name##_enabled(void)			\
	{								\
		return kshim_traced;					\
	}								\
	static inline void trace_##name(proto)				\
	{								\
		if (kshim_traced && on_##name)				\
			on_##name(args);				\
	}
#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, name, proto, args)	TRACE_EVENT(name, TP_PROTO(proto), TP_ARGS(args))
#define DEFINE_EVENT_PRINT(class, name, proto, args, print)	\
	TRACE_EVENT(name, TP_PROTO(proto), TP_ARGS(args))

#include "../../../../../tracepoints/tdx_ext.h"

#endif /* KSHIM_TRACE_TDX_EXT_H */
