#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# --target host in a VM (test_host.c), and reports of the result that it leaves.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

result=$work/result.json

in_vm() {
	scripts/vm.sh --cpus 4 --mem 768 --results "$result" \
		--file "${BUILD:-build}/tests/vm/test_host:/bin/test_host:755" \
		--file "$bench:/bin/tdxbench:755" \
		--file "${BUILD:-build}/tdx_lab.ko:/lib/tdx_lab.ko:644" -- test_host
}

check "test_host in the VM" in_vm 0 '^1\.\.4$' '!^not ok' '^ok 4 '
check "report: table" "$bench report $result" 0 '^virtual clock' 'suite host' 'Quotes that the guests of this host' \
	'ok$' '!BOOKS OPEN|LOST|INCOMPLETE'
check "report: page and CSV have what the table has not room for" \
	"$bench report --html $work/page.html $result && cat $work/page.html" 0 \
	'quote.rate' 'seamcall.duration' 'timer.lateness_seam' '!quote.wrong' '!quote.errors'
check "report --json is what the schema says" "$bench report --json $result" 0 \
	'"target": "host"' '"path": "module"' '"kind": "software"' 'quotes are not verified'
check "report --csv" "$bench report --csv $result" 0 '^host,host,host,.*quote.rate,1/s,higher'
check "report --html and --plots" \
	"$bench report --html $work/page.html --plots $work/plots $result && cat $work/page.html" 0 \
	'</html>' 'quote.rate'

checks_done
