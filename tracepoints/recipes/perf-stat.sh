#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 4 --quotes 80 quote_ns=50ms
#
# How often does each thing happen? Counts of every second while COMMAND runs, or for
# ten seconds, and of all of it.
#
# Usage: perf-stat.sh [COMMAND...]
# Cost: the cheapest that perf has; nothing is written, one counter per event and CPU.
set -eu
[ $# -gt 0 ] || set -- sleep 10

perf stat -a -I 1000 --summary \
	-e 'tdx_ext:getquote_exit,tdx_ext:quote_end,tdx_ext:seamcall_enter,tdx_ext:seamcall_exit' \
	-- "$@" 2>&1
