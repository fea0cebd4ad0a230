#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 3 --quotes 30 quote_ns=5ms
#
# How many quotes does each TD get, what does it wait and what is it told, with no tool
# at all? By the kernel itself, while COMMAND runs or for ten seconds: by TD (its TDR)
# quotes and their time and wait in nanoseconds; by TD, ret and status the answers. In a
# trace instance of its own: what others trace is left alone.
#
# Usage: hist-quotes.sh [COMMAND...]
# Cost: twice for a quote; nothing is written.
set -eu
[ $# -gt 0 ] || set -- sleep 10
[ -d /sys/kernel/tracing/events/tdx_ext ] || {
	echo "$0: no tdx_ext in /sys/kernel/tracing: takes root, tracefs, and the path or tdx_lab" >&2
	exit 77
}

me=/sys/kernel/tracing/instances/tdx_quotes_$$
mkdir "$me"
trap 'rmdir "$me"' EXIT
events=$me/events/tdx_ext

echo 'hist:keys=tdr.hex:vals=total_ns,wait_ns:sort=total_ns.descending' \
	>>"$events/quote_end/trigger"
echo 'hist:keys=tdr.hex,ret.hex,status.hex' >>"$events/getquote_exit/trigger"

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

cat "$events/quote_end/hist" "$events/getquote_exit/hist"
