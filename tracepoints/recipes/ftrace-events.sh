#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --quotes 2 quote_ns=5ms
#
# What happens, event by event, with no tool at all? Requests, quotes, and stays in the
# module of more than LIMIT_NS (default 0: all), live, while COMMAND runs or for ten
# seconds. In the end, for each CPU, events that were lost: overrun and dropped. In a
# trace instance of its own: what others trace is left alone.
#
# Usage: LIMIT_NS=1000000 ftrace-events.sh [COMMAND...]
# Cost: every event that passes the filter is written to the ring buffer, as text later.
set -eu
[ $# -gt 0 ] || set -- sleep 10
[ -d /sys/kernel/tracing/events/tdx_ext ] || {
	echo "$0: no tdx_ext in /sys/kernel/tracing: takes root, tracefs, and the path or tdx_lab" >&2
	exit 77
}

me=/sys/kernel/tracing/instances/tdx_events_$$
mkdir "$me"
trap 'rmdir "$me"' EXIT
trap 'exit 141' PIPE		# nobody reads: clean up all the same
events=$me/events/tdx_ext

echo "duration_ns > ${LIMIT_NS:-0}" >"$events/seamcall_exit/filter"
for event in getquote_enter seamcall_exit quote_end getquote_exit; do
	echo 1 >"$events/$event/enable"
done
# Not cat: one that splices keeps a pipe locked for as long as it waits for events.
dd if="$me/trace_pipe" bs=64k status=none &
reader=$!

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

echo 0 >"$events/enable"
trap : INT TERM
while kill -0 $reader && grep -q '^entries: [1-9]' "$me"/per_cpu/cpu*/stats; do
	sleep 0.1		# until all is read, or nobody reads
done 2>/dev/null
{ kill $reader || :; wait $reader || :; } 2>/dev/null
for cpu in "$me"/per_cpu/cpu*; do
	echo "${cpu##*/}: $(grep -E '^(overrun|dropped)' "$cpu/stats" | tr '\n' ' ')"
done
