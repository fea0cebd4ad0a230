#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 2 --quotes 20 quote_ns=5ms
#
# How long are stays in the module? A histogram that the kernel makes itself, while
# COMMAND runs or for ten seconds, by leaf (60 EXT.INIT, 61 EXT.MEM.ADD, 98 QUOTE.GET,
# 100 QUOTE.INIT) and powers of two of nanoseconds. trace-cmd sets it, in a trace instance
# of its own, and takes it away; trace-cmd 3.1 cannot show it.
#
# Usage: trace-cmd-hist.sh [COMMAND...]
# Cost: once for an iteration, which is written to the ring buffer as well.
set -eu
[ $# -gt 0 ] || set -- sleep 10

me=tdx_hist_$$
trap 'trace-cmd reset -B $me -d' EXIT

trace-cmd start -B $me -e tdx_ext:seamcall_exit \
	-R 'hist:keys=leaf,duration_ns.log2:sort=leaf,duration_ns'

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

cat /sys/kernel/tracing/instances/$me/events/tdx_ext/seamcall_exit/hist
