#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 4 --quotes 20 quote_ns=5ms
#
# How much time goes into each leaf, and how do its stays end? Stays, their sum,
# average and maximum in microseconds, by leaf and status; by perf script and awk, so
# that any other sum is a matter of changing a line.
#
# Usage: perf-sums.sh [COMMAND...]
# Cost: like perf-record.sh, for one event of an iteration.
set -eu
[ $# -gt 0 ] || set -- sleep 10

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap : INT TERM			# ends perf record, which keeps what there is

perf record -q -B -N -a -e tdx_ext:seamcall_exit -o "$data" -- "$@" || [ $? -gt 128 ]
perf script -i "$data" -F trace:trace | awk '
	{
		for (i = 1; i <= NF; i++) {
			split($i, pair, "=")
			field[pair[1]] = pair[2]
		}
		key = sprintf("%-12s %-20s", field["leaf"], field["status"])
		us = field["duration_ns"] / 1000
		stays[key]++
		sum[key] += us
		if (us > max[key])
			max[key] = us
	}
	END {
		printf "%-12s %-20s %8s %12s %10s %10s\n", "LEAF", "STATUS", "STAYS",
		       "SUM_US", "AVG_US", "MAX_US"
		for (key in stays)
			printf "%s %8d %12.0f %10.1f %10.1f\n", key, stays[key], sum[key],
			       sum[key] / stays[key], max[key]
	}'
perf report --stats -i "$data" | awk '
	/ LOST.* events:/ && !seen[$1]++ { lost += $3 }
	END { print "records of lost events: " lost + 0 }'
