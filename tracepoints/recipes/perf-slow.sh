#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 4 --quotes 20 --policy posted quote_ns=5ms
#
# Which quotes are slow? Those that took longer than LIMIT_NS (default 10000000),
# while COMMAND runs or for ten seconds: filtered by the kernel, so that the others
# are not even written.
#
# Usage: LIMIT_NS=20000000 perf-slow.sh [COMMAND...]
# Cost: once for a quote; what the filter drops is cheap.
set -eu
[ $# -gt 0 ] || set -- sleep 10

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap : INT TERM			# ends perf record, which keeps what there is

perf record -q -B -N -a -e tdx_ext:quote_end --filter "total_ns > ${LIMIT_NS:-10000000}" \
	-o "$data" -- "$@" || [ $? -gt 128 ]
perf script -i "$data"
perf report --stats -i "$data" | awk '
	/ LOST.* events:/ && !seen[$1]++ { lost += $3 }
	END { print "records of lost events: " lost + 0 }'
