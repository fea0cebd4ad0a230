#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --quotes 2 quote_ns=5ms
#
# What happens, event by event? All events while COMMAND runs, or for ten seconds,
# decoded, and for each CPU how many were lost: overrun and dropped.
#
# Usage: trace-cmd-record.sh [COMMAND...]
# Cost: every event is written to the ring buffer and read out, page by page.
set -eu
[ $# -gt 0 ] || set -- sleep 10

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap : INT TERM			# ends trace-cmd record, which keeps what there is

trace-cmd record -q -e tdx_ext -o "$data" "$@"
trace-cmd report -i "$data"
trace-cmd report --stat -i "$data" | grep -E '^CPU: |entries|overrun|dropped'
