#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load: --quotes 10 quote_ns=5ms
#
# Which stays in the module are long? Those for a quote (leaf 98) of more than
# LIMIT_NS (default 2000000), while COMMAND runs or for ten seconds; filtered by the
# kernel.
#
# Usage: LIMIT_NS=1000000 trace-cmd-slow.sh [COMMAND...]
# Cost: once for an iteration; what the filter drops is cheap.
set -eu
[ $# -gt 0 ] || set -- sleep 10

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap : INT TERM			# ends trace-cmd record, which keeps what there is

trace-cmd record -q -e tdx_ext:seamcall_exit \
	-f "leaf == 98 && duration_ns > ${LIMIT_NS:-2000000}" -o "$data" "$@"
trace-cmd report -i "$data"
