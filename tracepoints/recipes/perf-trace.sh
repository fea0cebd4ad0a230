#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --guests 2 --quotes 6 quote_ns=5ms
#
# What is it doing right now? Each request and its quote live, while COMMAND runs or
# until Ctrl-C. Fields that are 0 are left out, numbers are decimal.
#
# Usage: perf-trace.sh [COMMAND...]
# Cost: like perf-record.sh, for three events of a quote.
set -eu
[ $# -gt 0 ] || set -- sleep infinity

perf trace -a -e tdx_ext:getquote_enter,tdx_ext:quote_end,tdx_ext:getquote_exit -- "$@" 2>&1
