#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Files that are no results: one line, exit status 1; and results side by side.
# (Reports of one real result are in tests/vm/short.sh; tests/unit/test_result.c has
# every malformed field.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

# malformed NAME TEXT REGEX
malformed() {
	printf '%b' "$2" >"$work/result.json"
	check "$1" "$bench report $work/result.json" 1 "^tdxbench: cannot read $work/result.json: $3"
	check "$1, as digest" "$bench report --digest $work/result.json" 1 '!^[0-9a-f]{64}$'
}

malformed "empty file" '' 'it is empty'
malformed "no JSON" 'hello' "line 1: .* near 'hello'$"
malformed "half of a file" '{"schema": "tdxbench-result/1", "points": [' 'line 1: .* near end of file$'
malformed "a list" '[]' 'result: not a result of tdxbench: no "schema"$'
malformed "no schema" '{}' 'result: not a result of tdxbench: no "schema"$'
malformed "another schema" '{"schema": "tdxbench-result/99"}' \
	'result: schema is "tdxbench-result/99", this tdxbench reads tdxbench-result/1$'
malformed "fields are missing" '{"schema": "tdxbench-result/1", "complete": true}' 'result: "started" is missing$'
malformed "binary" '\0\1\2' 'line 1: '

check "missing file" "$bench report $work/none.json" 1 \
	"^tdxbench: cannot read $work/none.json: No such file or directory$"
check "directory without a result" "$bench report $TMPDIR" 1 "cannot read $TMPDIR/result.json: No such file"
check "every metric of one" "$bench report -m results/reference" 0 '^Quote throughput$' '^posted/guests=4$' '^seamcall.duration +ms +'
check "two forms" "$bench report --csv --json a" 129 'choose one of --digest, --canonical, --json, --csv and --format'

### Side by side: the reference run, and what it would be on other machines

a=$work/a.json b=$work/b.json c=$work/c.json
cp results/reference/result.json "$a"
sed -e 's/"kernel": "6[^"]*"/"kernel": "7.3.4-tdx"/' "$a" >"$b"

# changed NAME SED-PROGRAM: a result that is like the first but for that
changed() { sed -E "$2" "$a" >"$work/$1.json"; }

check "two results" "$bench report $a $b" 0 '^virtual clock: ' '^ +6\.12\.[^ ]+ +7\.3\.4-tdx *$' \
	'^result +[^ ]*/a.json +[^ ]*/b.json$' '^books closed +29 of 29 points +29 of 29 points$' \
	'^A  posted +4 +98\.[0-9]+ .*  ok$' '^B  posted +4 +98\.[0-9]+ .*  ok$' '^loop.nops +3 +3 +=$' \
	'^- [0-9]+ metrics in both, none in only one$' '!DIFFER' '!metrics? only in' '!quote.rate'
check "all their metrics" "$bench report --metrics $a $b" 0 \
	'^metric +unit +A vm/virtual +B vm/virtual +B/A$' '^quote.rate +1/s +(98\.[0-9]+) +\1 +=$' \
	'^latency.actual p99 +ms +([0-9.]+) +\1 +=$' '^books +ok +ok'
check "three results" "$bench report $a $b $a" 0 'A vm/virtual +B vm/virtual +C vm/virtual$' \
	'^- [0-9]+ metrics in all 3, none in only one$' '^C  posted ' '!B/A'
check "they have as many metrics as one" "$bench report $a $b | grep -oE '^- [0-9]+'" 0 \
	"^- $("$bench" report --csv "$a" | tail -n +2 | wc -l)\$"

changed clock 's/"clock": "virtual"/"clock": "real"/; s/"cpus": 4/"cpus": 8/'
check "other clock and CPUs" "$bench report $a $work/clock.json | sed -n 1,3p" 0 \
	'^ENVIRONMENTS DIFFER in clock, CPUs: figures are not comparable as such\.$' '^A: virtual clock: ' '^B: real clock; '
changed memory 's/"memory_mib": 966/"memory_mib": 970/'
check "a kernel that leaves a little more memory" "$bench report $a $work/memory.json" 0 '!DIFFER'
changed memory 's/"memory_mib": 966/"memory_mib": 1970/'
check "a machine with twice the memory" "$bench report $a $work/memory.json" 0 'DIFFER in memory, MiB:' '^memory, MiB +966 +1970$'
changed settings '0,/"quote_ns": 10000000/s//"quote_ns": 20000000/'
check "other settings of the same point" "$bench report $a $work/settings.json" 0 \
	'^SETTINGS DIFFER in 1 point: ' '^\(profile\) quote_ns +10000000 +20000000 *$'
changed bad 's/"complete": true/"complete": false, "reason": "cut"/; 0,/"closed": true/s//"closed": false/'
sed 's/"preemption": "full"/"preemption": "lazy"/' "$a" >"$work/lazy.json"
check "a kernel that preempts otherwise" "$bench report $a $work/lazy.json" 0 'DIFFER in preemption:' '^preemption +full +lazy$'
check "a result not to be trusted" "$bench report $a $work/bad.json" 0 '^B: INCOMPLETE: cut\. BOOKS OPEN in 1 of 29 points\.$' \
	'^books closed +29 of 29 points +28 of 29 points$' '^A  posted .* ok$' '^B  posted .* OPEN$'

changed less '0,/"name": "quote.errors"/{/"name": "quote.errors"/d}'
check "a metric that one lacks" "$bench report -m $a $work/less.json" 0 '^quote.errors +0 +- +-$' \
	'^- [0-9]+ metrics in both$' '^- 1 metric only in A: posted/guests=1 quote.errors$'
changed renamed '0,/"id": "idle"/s//"id": "busy"/'
check "a point that one lacks" "$bench report -m $a $work/renamed.json" 0 '^idle$' '^busy$' '^- [0-9]+ metrics only in A: idle$' \
	'^- [0-9]+ metrics only in B: busy$'
check "of three, two have it" "$bench report $a $work/renamed.json $b" 0 '^- [0-9]+ metrics only in A, C: idle$'
changed half '0,/"value": 98\.2[0-9]*/s//"value": 49.14/'
check "how B is to A" "$bench report -m $a $work/half.json" 0 '^quote.rate +1/s +98\.[0-9]+ +49.14 +0\.500$'

check "CSV of two" "$bench report --csv $a $b" 0 '^result,id,section,' "^$a,posted/guests=1,posted,throughput," "^$b,posted/guests=1,"
check "is that of each" "diff <($bench report --csv $a $b | tail -n +2 | cut -d, -f2-) <($bench report --csv $a | tail -n +2; $bench report --csv $b | tail -n +2)" 0 '!.'
check "JSON of two is an array" "$bench report --json $a $b | sed -n -e '1p;\$p' -e '/^ \"schema\"/p' | uniq -c" 0 ' 1 \[$' ' 1 \]$'
check "of the results as they are" "diff <($bench report --json $a $b | sed '1d;\$d' | grep -vx ,) <($bench report --json $a; $bench report --json $b)" 0 '!.'
check "digest of two" "$bench report --digest $a $b" 0 "^[0-9a-f]{64}  $a$" "^[0-9a-f]{64}  $b$"
sed 's/"exact"/"sampled"/' "$a" >"$c"
check "digest of two, one without" "$bench report --digest $c $a" 1 "^tdxbench: $c has no exact metric" "^[0-9a-f]{64}  $a$"
check "page of two" "$bench report --html $work/side.html $work/clock.json $b && cat $work/side.html" 0 \
	'<p class="warning">ENVIRONMENTS DIFFER in clock, CPUs' '<td class="n">98\.[0-9]+</td>' '</html>' '!(src|href)='
check "nothing beside the page" "ls $work/side.html*" 0 '!part'
check "page that cannot be written" "$bench report --html /nonexistent/page.html $a $b" 1 '/nonexistent/page.html: No such file'

check "canonical of two" "$bench report --canonical $a $b" 129 \
	"^tdxbench report: --canonical is of one result, '$b' is one too many$"
check "plots of two" "$bench report --plots $work/plots $a $b" 129 "--plots is of one result, '$b' is one too many$"
check "too many" "$bench report $(printf "$a %.0s" {1..27})" 129 'up to 26 results side by side, got 27$'
check "as many as there are letters" "$bench report $(printf "$a %.0s" {1..26})" 0 ' Z vm/virtual$' '^- [0-9]+ metrics in all 26, none'
check "one of two is none" "$bench report $a $work/none.json" 1 "^tdxbench: cannot read $work/none.json: No such file" '!quote.rate'

checks_done
