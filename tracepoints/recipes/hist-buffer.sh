#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 4 --quotes 40 --policy posted quote_ns=5ms
#
# Who waits for a quote buffer and who has it, with no tool at all? By the kernel
# itself, while COMMAND runs or for ten seconds, by TD (its TDR) and in microseconds:
# tdx_waited from quote_begin to quote_buffer, tdx_held from there to quote_end. These
# are synthetic events: the kernel makes them of two real ones, and counts them by TD.
# In a trace instance of its own; the two are taken away in the end.
#
# Usage: hist-buffer.sh [COMMAND...]
# Cost: three times for a quote, five with the synthetic ones; nothing is written.
set -eu
[ $# -gt 0 ] || set -- sleep 10
[ -d /sys/kernel/tracing/events/tdx_ext ] || {
	echo "$0: no tdx_ext in /sys/kernel/tracing: takes root, tracefs, and the path or tdx_lab" >&2
	exit 77
}

tracing=/sys/kernel/tracing
me=$tracing/instances/tdx_buffer_$$
events=$me/events/tdx_ext
began='hist:keys=quote:began=common_timestamp.usecs'
got='hist:keys=quote:got=common_timestamp.usecs,us=common_timestamp.usecs-$began'
got=$got:'onmatch(tdx_ext.quote_begin).trace(tdx_waited,tdr,$us)'
ended='hist:keys=quote:us=common_timestamp.usecs-$got'
ended=$ended:'onmatch(tdx_ext.quote_buffer).trace(tdx_held,tdr,$us)'
by_td='hist:keys=tdr.hex:vals=us:sort=us.descending'

# What refers to something goes before it.
clean_up() {
	set +e			# some of it may not be there
	for event in tdx_waited tdx_held; do
		echo "!$by_td" >>"$me/events/synthetic/$event/trigger"
	done
	echo "!$ended" >>"$events/quote_end/trigger"
	echo "!$got" >>"$events/quote_buffer/trigger"
	echo "!$began" >>"$events/quote_begin/trigger"
	rmdir "$me"
	echo '!tdx_waited' >>$tracing/synthetic_events
	echo '!tdx_held' >>$tracing/synthetic_events
} 2>/dev/null

mkdir "$me"
trap clean_up EXIT
trap 'exit 141' PIPE		# nobody reads: clean up all the same
echo 'tdx_waited u64 tdr; u64 us' >>$tracing/synthetic_events
echo 'tdx_held u64 tdr; u64 us' >>$tracing/synthetic_events
echo "$began" >>"$events/quote_begin/trigger"
echo "$got" >>"$events/quote_buffer/trigger"
echo "$ended" >>"$events/quote_end/trigger"
for event in tdx_waited tdx_held; do
	echo "$by_td" >>"$me/events/synthetic/$event/trigger"
done

"$@" &
trap 'kill $!' INT TERM		# ends COMMAND; what there is is shown
wait $! || wait $! || :	# again, if it was interrupted

for event in tdx_waited tdx_held; do
	echo "### $event"
	cat "$me/events/synthetic/$event/hist"
done
