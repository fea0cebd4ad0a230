#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# trace-cmd: record all events, or long stays in SEAM only. tdx_lab is loaded.
set -e

ask 1 quote_ns=5ms		# brings the module up, which is not recorded

echo '### trace-cmd record, every event of one quote'
trace-cmd record -q -e tdx_ext -o all.dat ask 1
trace-cmd report -i all.dat

echo '### trace-cmd record -f, stays in SEAM of more than 2 ms for a quote'
trace-cmd record -q -e tdx_ext:seamcall_exit -f 'leaf == 98 && duration_ns > 2000000' -o long.dat ask 3
trace-cmd report -i long.dat
