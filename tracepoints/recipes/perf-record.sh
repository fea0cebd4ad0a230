#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --quotes 2 quote_ns=5ms
#
# What happens, event by event? All events while COMMAND runs, or for ten seconds,
# decoded; in the end how many times events were lost.
#
# Usage: perf-record.sh [COMMAND...]
# Cost: the dearest way to look; every event is written to a buffer, and from there to a file.
set -eu
[ $# -gt 0 ] || set -- sleep 10

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap : INT TERM			# ends perf record, which keeps what there is

perf record -q -B -N -a -e 'tdx_ext:*' -o "$data" -- "$@" || [ $? -gt 128 ]
perf script -i "$data"
perf report --stats -i "$data" | awk '
	/ LOST.* events:/ && !seen[$1]++ { lost += $3 }
	END { print "records of lost events: " lost + 0 }'
