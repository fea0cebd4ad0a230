#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 2 --quotes 20 quote_ns=5ms
#
# How long is a CPU away in the TDX module, with no tool at all? By the kernel itself,
# while COMMAND runs or for ten seconds: stays by leaf (60 EXT.INIT, 61 EXT.MEM.ADD,
# 98 QUOTE.GET, 100 QUOTE.INIT) and completion status, with their time in nanoseconds;
# and stays by leaf and powers of two of nanoseconds. In a trace instance of its own:
# what others trace is left alone.
#
# Usage: hist-stays.sh [COMMAND...]
# Cost: once for an iteration; nothing is written.
set -eu
[ $# -gt 0 ] || set -- sleep 10
[ -d /sys/kernel/tracing/events/tdx_ext ] || {
	echo "$0: no tdx_ext in /sys/kernel/tracing: takes root, tracefs, and the path or tdx_lab" >&2
	exit 77
}

me=/sys/kernel/tracing/instances/tdx_stays_$$
mkdir "$me"
trap 'rmdir "$me"' EXIT
event=$me/events/tdx_ext/seamcall_exit

echo 'hist:keys=leaf,status.hex:vals=duration_ns:sort=leaf' >>"$event/trigger"
echo 'hist:keys=leaf,duration_ns.log2:sort=leaf,duration_ns' >>"$event/trigger"

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

cat "$event/hist"
