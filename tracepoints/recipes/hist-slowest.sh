#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 4 --quotes 40 --policy posted quote_ns=5ms
#
# Which was the slowest quote of each TD, and what went on before the slowest of all
# ended, with no tool at all? While COMMAND runs, or for ten seconds. The histogram keeps
# the parts of each TD's slowest quote in nanoseconds; at each new maximum of all the
# kernel takes a snapshot of the ring buffer, whose last LINES (default 20) are shown: events
# of this path, switches of the scheduler. In a trace instance of its own: what others
# trace is left alone.
#
# Usage: LINES=100 hist-slowest.sh [COMMAND...]
# Cost: every event of the path and of sched_switch is written to the ring buffer.
set -eu
[ $# -gt 0 ] || set -- sleep 10
[ -d /sys/kernel/tracing/events/tdx_ext ] || {
	echo "$0: no tdx_ext in /sys/kernel/tracing: takes root, tracefs, and the path or tdx_lab" >&2
	exit 77
}

me=/sys/kernel/tracing/instances/tdx_slowest_$$
events=$me/events/tdx_ext
slowest='hist:keys=tdr.hex:total=total_ns'
slowest=$slowest:'onmax($total).save(quote,wait_ns,seam_ns,gap_ns,iterations)'
slowest=$slowest:'onmax($total).snapshot()'

clean_up() {
	set +e			# some of it may not be there
	echo 0 >"$me/events/enable"
	echo "!$slowest" >>"$events/quote_end/trigger"
	rmdir "$me"
} 2>/dev/null

mkdir "$me"
trap clean_up EXIT
echo "$slowest" >>"$events/quote_end/trigger"
echo 1 >"$events/enable"
echo 1 >"$me/events/sched/sched_switch/enable"

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

cat "$events/quote_end/hist"
tail -n "${LINES:-20}" "$me/snapshot"
