#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The two properties, on every measurement at a small size: the books close,
# and a run repeats to the last digit, whatever else the machine does.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

suite=tests/vm/short.ini
points=26

run() { "$bench" run --results "$work/$1" "$suite"; }
digest() { "$bench" report --digest "$work/$1/latest"; }
canonical() { "$bench" report --canonical "$work/$1/latest"; }
lines() { grep -cE -- "$1" "$work/1/latest/result.json"; }

# Runs "$@" with every core busy with something else.
beside_load() {
	local spinners=() status=0 i

	for ((i = 0; i < $(nproc); i++)); do
		while :; do :; done &
		spinners+=($!)
	done
	"$@" || status=$?
	kill "${spinners[@]}"
	wait "${spinners[@]}" 2>/dev/null || :
	return "$status"
}

# Says which numbers differ.
same_numbers() { diff <(canonical 1) <(canonical "$1") && [[ $(digest 1) == "$(digest "$1")" ]]; }

### The books close

check "the short suite runs" "run 1" 0 "\[$points/$points\]" 'result: .*/result.json' '!WARNING'
check "all points are there" "lines '^   \"id\": '" 0 "^$points$"
check "the result is complete" "lines '^ \"complete\": true,'" 0 '^1$'
check "every check of the books is ok" "lines '\"ok\": false|\"closed\": false'" 1 '^0$'
check "there are such checks" "(($(lines '"ok": true') >= 5 * points))" 0
check "no event is lost" "lines '\"lost_events\": [^0]'" 1 '^0$'
check "and that is counted" "lines '^ \"lost_events\": 0,'" 0 '^1$'
check "instructions are counted" "lines '\"name\": \"path.instructions\"'" 0 '^1$'
check "plots and page are there" "ls $work/1/latest/ $work/1/latest/plots" 0 '^report.html$' '\.svg$'

### Reports of a real result

check "report: the table again" "$bench report $work/1/latest" 0 'Quote throughput' 'books' '!open: '
check "report --digest" "digest 1" 0 '^[0-9a-f]{64}$'
check "report --csv" "$bench report --csv $work/1/latest | sed -n 1p" 0 '^id,section,measurement,.*,p99,p99.9,max$'
check "report --json can be read again" \
	"[[ \$($bench report --json $work/1/latest | $bench report --digest /dev/stdin) == \$(digest 1) ]]" 0
check "report --html and --plots" \
	"$bench report --html $work/page.html --plots $work/plots $work/1/latest && ls $work/plots" 0 '\.svg$'
check "the page needs nothing else" \
	"grep -oE '(src|href)=\"[^#\"]{5}' $work/page.html | grep -v '=\"data:'" 1
check "report --html into a directory that is not there" \
	"$bench report --html /nonexistent/page.html $work/1/latest" 1 '/nonexistent/page.html: No such file'
check "without gnuplot: a warning, no failure" \
	"without gnuplot $bench report --html $work/plain.html --plots $work/noplots $work/1/latest" 0 'gnuplot'
check "and a page all the same" "grep -c '</html>' $work/plain.html" 0 '^1$'

### Exactly the same again

check "the short suite runs again" "run 2" 0
check "again: the same numbers" "same_numbers 2" 0
check "the short suite runs beside other load" "beside_load run 3" 0
check "beside other load: the same numbers" "same_numbers 3" 0

checks_done
