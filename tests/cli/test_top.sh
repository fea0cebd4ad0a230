#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench top where there is nothing to look at, and its options. What it shows is
# tested in tests/vm/top.sh, how in tests/unit/test_top_view.c, and the terminal in
# tests/unit/test_screen.c.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

top="$bench top"

check "help" "$top --help" 0 '^usage: tdxbench top' '^examples:' '^Keys: q quit' 'exit codes: 0 done' \
	'^  -i, --interval TIME' '^  -n, --count N' '^      --td LIST' '\(rate\|p99\|waiting\|share\|td\)'
check "an argument" "$top now" 129 "^tdxbench top: takes no arguments, got 'now'$"
check "JSON is a batch" "$top --json --batch" 129 '^tdxbench top: --json is a batch already'
check "unknown order" "$top --sort size" 129 "^tdxbench top: --sort is 'size', allowed is rate\|p99\|waiting\|share\|td$"

range='allowed is 100ms to 3600s \(in ns, or with us, ms, s\)'
for time in 2 99ms 2h 3601s '' soon -1s; do
	check "--interval '$time'" "$top --interval '$time'" 129 "^tdxbench top: --interval is '$time', $range$"
done
for count in 0 -1 x; do
	check "--count $count" "$top --count $count" 129 '^tdxbench top: --count is .*from 1 to 1000000000$'
done
check "--tds 9000" "$top --tds 9000" 129 '^tdxbench top: --tds is .9000., allowed is a number from 0 to 8192$'

for td in '' zz 0x1000,zz '0x1000,' -1; do
	check "--td '$td'" "$top --td '$td'" 129 "^tdxbench top: --td is '.*', allowed is a TD as it is shown"
done
check "--td with too many" "$top --td $(seq -s , 100 165)" 129 '^tdxbench top: --td takes up to 64 TDs$'
for leaf in '' QUOTE QUOTE.GET,X; do
	check "--leaf '$leaf'" "$top --leaf '$leaf'" 129 \
		"^tdxbench top: --leaf is '.*', allowed is EXT.INIT\|EXT.MEM.ADD\|QUOTE.INIT\|QUOTE.GET\|other, or several"
done

if grep -q ' __traceiter_quote_end' /proc/kallsyms; then
	skip "no trace events" "this kernel has them"
else
	missing='^tdxbench: cannot run here: this kernel has no tdx_ext trace events; tdxbench doctor explains what is missing$'
	check "no trace events" "$top" 77 "$missing"
	check "whatever is wanted" "$top --json --td 0x1000,4096 --leaf quote.get,OTHER -n 1 -i 100ms" 77 "$missing"
	# A terminal is not touched before it is clear that there is something to show.
	check "on a terminal" "TERM=xterm script -qec '$top' /dev/null </dev/null" 77 'cannot run here' '!1049'
fi

checks_done
