#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# perf: record, filter and count. tdx_lab is loaded.
set -e

ask 1 quote_ns=5ms		# brings the module up, which is not recorded

echo '### perf record, every event of one quote'
perf record -q -e 'tdx_ext:*' -a -o all.data -- ask 1
perf script -i all.data

echo '### perf record --filter, only quotes of more than 3 ms'
perf record -q -e tdx_ext:quote_end --filter 'total_ns > 3000000' -a -o slow.data -- ask 3
perf script -i slow.data

echo '### perf trace, as it happens'
perf trace -e tdx_ext:quote_end -- ask 3 2>&1

echo '### perf stat, how often'
perf stat -e 'tdx_ext:seamcall_exit,tdx_ext:quote_end' -a -- ask 20 2>&1
