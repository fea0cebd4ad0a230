#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench trace and report of captures, and record where there is nothing to record:
# captures are made up by make_capture.c, which says what is in them.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

make=${BUILD:-build}/tests/cli/make_capture
cap=$work/a.cap
$make "$cap"
trace="$bench trace --from $cap"

### Lines

check "trace: a line for each quote" "$trace" 0 \
	'^ +TIME +TD CPU +TID THREAD +QUOTE  BYTES  ITER   TOTAL    WAIT    SEAM     GAP    COPY   OTHER RESULT$' \
	'^     1\.000000 +0x2000   1     101 guest-1 +1   5000     2  2\.02ms   500ns  2\.00ms  10\.0us  7\.00us   500ns ok$' \
	'^     1\.020000 .* 0  .* EBUSY OPERAND_BUSY$' \
	'^tdxbench trace: 13 quotes; 1 began before and have no times; no event lost$'
check "trace: what is rare has its line" "$trace" 0 \
	'0\.000001 - pool: 512 pages of node 0 allocated in 52\.0us$' \
	'0\.000002 - pool: 512 pages added in 1\.50ms, 1 iterations, success$' \
	'0\.000003 - pool: 512 of 512 pages: allocated in 52\.0us, flushed in 0ns, added in 1\.50ms$' \
	'0\.000004 - extensions: absent -> ready$' '0\.000005 - quoting: unavailable -> available$' \
	'1\.060000 - update: begins, 2 quotes under way$' \
	'- update: CPU 1 had interrupts off for 70\.0us$' \
	'- update: is over: drain 1\.00ms, stall 200us, total 3\.00ms, ok$' \
	'1\.065000 - request: td 0x2000 was told ALIGN_ERROR, status unchanged$'
check "trace: a quote that began before has no times" "$trace" 0 \
	'1\.064000 .* 5000     1       -       -       -       -       -       - ok$'
check "trace --iterations" "$trace -i" 0 \
	'^ +TIME +TD CPU +TID +CALL LEAF +ITER TIME IN     GAP STATUS$' \
	' 1 QUOTE\.GET +0  1\.00ms       - resumable$' ' 1 QUOTE\.GET +1  1\.00ms  10\.0us success$' \
	' 5 QUOTE\.GET +1  1\.00ms  10\.0us OPERAND_BUSY$' '^tdxbench trace: 30 iterations; no event lost$' \
	'!guest-' '!request:'

### Filters

check "trace --td" "$trace --td 0x3000" 0 '4 quotes' '!0x[12]000'
check "trace --td takes decimal numbers, too" "$trace --td 4096" 0 '5 quotes' '!0x[23]000'
check "trace --longer" "$trace --longer 3ms" 0 '6 quotes' '3\.03ms' '4\.04ms' '!2\.02ms' '!request:'
check "trace --longer: what took just as long" "$trace --longer 4038000" 0 '3 quotes'
check "trace --failed" "$trace --failed" 0 '2 quotes' 'EBUSY' '!guest.* ok$' 'told RETRY'
check "trace --leaf" "$trace --leaf QUOTE.GET" 0 '30 iterations'
check "trace --leaf by other names" "$trace --leaf tdh.quote.get && $trace -l 98" 0 '30 iterations'
check "trace --leaf: none of these" "$trace --leaf EXT.INIT" 0 '^tdxbench trace: 0 iterations'
check "trace --iterations --failed" "$trace -i --failed" 0 '2 iterations' '!resumable' '!QUOTE.GET.*success$'
check "trace --iterations --longer" "$trace -i --longer 1.1ms" 0 '^tdxbench trace: 0 iterations'
check "trace --count" "$trace --count 3" 0 '^tdxbench trace: 3 quotes$' '1\.010000' '!1\.015000'
check "trace --duration: of the capture" "$trace --duration 1.02s" 0 '1\.010000' '!1\.025000'

### JSON

check "trace --json" "$trace --json 2>/dev/null | head -n 6 | tail -n 1" 0 \
	'^\{"event":"quote_end","time_ns":1000000000,"cpu":1,"tid":101,"thread":"guest-1","quote":1,"tdr":"0x2000","error":0,"status":"0x0","bytes":5000,"iterations":2,"total_ns":2018000,"copy_in_ns":3000,"wait_ns":500,"seam_ns":2000000,"gap_ns":10000,"copy_out_ns":4000,"other_ns":500\}$'
check "trace --json: every line is an object, parts add up" "$trace --json | python3 -c '
import json, sys
parts = [\"copy_in_ns\", \"wait_ns\", \"seam_ns\", \"gap_ns\", \"copy_out_ns\", \"other_ns\"]
lines = [json.loads(line) for line in sys.stdin]
quotes = [l for l in lines if l[\"event\"] == \"quote_end\"]
assert len(quotes) == 13 and len([q for q in quotes if q[\"error\"] == -16]) == 2
assert all(sum(q[p] for p in parts) == q[\"total_ns\"] for q in quotes if q[\"total_ns\"])
assert lines[-1] == {\"event\": \"end\", \"events\": 24, \"quotes\": 13, \"untimed\": 1, \"lost\": 0, \"cut_short\": False}, lines[-1]
'" 0
check "trace --json --iterations" "$trace --json -i" 0 \
	'"event":"seamcall_exit",.*"call":1,"tdr":"0x2000","leaf":98,"leaf_name":"QUOTE.GET","version":0,"iteration":1,"status":"0x0","status_name":"success","rcx":"0x0","duration_ns":1000000,"gap_ns":10000\}$'
check "trace --json --count does not know what was lost" "$trace --json -n 1" 0 '"lost":null,"cut_short":false'

### Terminals

for width in 120 80 60 40 20; do
	check "trace: fits $width columns" "COLUMNS=$width $trace 2>/dev/null | wc -L | xargs -I% test % -le $width" 0
done
check "trace: 120 columns have all but the thread's name" "COLUMNS=120 $trace" 0 \
	'TID +QUOTE  BYTES  ITER   TOTAL    WAIT    SEAM     GAP    COPY   OTHER RESULT$'
check "trace: what 80 columns have" "COLUMNS=80 $trace" 0 \
	'^ +TIME +TD    QUOTE  ITER   TOTAL    WAIT    SEAM     GAP RESULT$'
check "trace: what 40 columns have" "COLUMNS=40 $trace" 0 '^ +QUOTE   TOTAL    WAIT    SEAM RESULT$'

$make "$work/rude.cap" 5 rude
check "trace: names that a terminal would obey" "$bench trace --from $work/rude.cap | cat -v" 0 \
	' \?\[31m\?rude"' '!\^\['
check "trace --json: the same" "$bench trace --json --from $work/rude.cap | python3 -c '
import json, sys
assert json.loads(sys.stdin.readlines()[5])[\"thread\"] == \"\33[31m\nrude\\\"\\\\\"'" 0

$make "$work/many.cap" 20000
check "trace: a pipe that is closed" \
	"set +o pipefail; $bench trace --from $work/many.cap | head -n 2; echo \${PIPESTATUS[0]}" 0 '^0$' '!tdxbench' '!rror'
check "trace: a disk that is full" "$bench trace --from $work/many.cap >/dev/full" 1 \
	'^tdxbench trace: cannot write to standard output: No space left on device$'

### What was lost, cut short or broken

$make "$work/lost.cap" 12 lost
$make "$work/cut.cap" 12 cut
$make "$work/fault.cap" 12 fault
head -c 700 "$cap" >"$work/half.cap"
printf 'TDXCAP 9\nx' >"$work/later.cap"
check "trace: lost events are told" "$bench trace --from $work/lost.cap" 0 '; LOST 7 events$'
check "trace: lost events in JSON" "$bench trace --json --from $work/lost.cap" 0 '"lost":7,'
check "trace: cut short" "$bench trace --from $work/cut.cap" 0 \
	'13 quotes' 'the capture was cut short, what was lost is not known$'
check "trace: cut in the middle" "$bench trace --json --from $work/half.cap" 0 '"lost":null,"cut_short":true'
check "trace: a record that contradicts itself" "$bench trace --from $work/fault.cap" 1 \
	"^tdxbench trace: $work/fault.cap: record [0-9]+: an event of no known kind$" '13|1\.055000'
check "trace: another version" "$bench trace --from $work/later.cap" 1 \
	': a capture of version 9, this tdxbench reads version 1$'
check "trace: no capture" "$bench trace --from README.md" 1 '^tdxbench trace: README.md: this is no capture of tdxbench record$'
check "trace: no file" "$bench trace --from $work/none" 1 ': No such file or directory$'

### Report

check "report of a capture" "$bench report $cap" 0 '^real clock; TDX module of the machine$' \
	'Linux 7\.3\.0 · 4 CPUs · 2026-11-22T12:00:00Z' ' 3      11 .* 2 .* ok$' '!LOST|INCOMPLETE|OPEN'
check "report of a capture has the metrics of a host" "$bench report --csv $cap" 0 \
	'quote.count,,none,sampled,11,' 'quote.failed,,lower,sampled,2,' 'quote.untimed,,none,sampled,1,' \
	'quote.retries,,lower,sampled,2,' 'quote.refused,,lower,sampled,1,' 'td.count,,none,sampled,3,' \
	'pool.pages,pages,none,sampled,512,' 'update.count,,none,sampled,1,' \
	'seamcall.duration,ns,lower,sampled,,30,' 'quote.total,ns,lower,sampled,,10,2523000,' '!timer\.'
check "report of a capture: other forms" \
	"$bench report --json $cap && $bench report --format openmetrics $cap && $bench report --html $work/page.html $cap && cat $work/page.html" 0 \
	'"target": "host"' 'quote_count|quote_total' '</html>' '!"context"'
check "report: captures side by side" "$bench report $cap $work/lost.cap" 0 '^A +3 +11' '^B +3 +11' 'LOST|lost'
check "report: lost events" "$bench report $work/lost.cap" 0 '^EVENTS LOST: 7'
# Reads from a pipe in which nothing more comes; a signal ends that.
silent_pipe() {
	local writer status=0

	mkfifo "$work/pipe"
	{ head -c 300 "$cap"; exec sleep 20; } >"$work/pipe" &
	writer=$!
	timeout --preserve-status -k 5 -s INT 1 "$bench" trace --from "$work/pipe" || status=$?
	kill $writer
	return $status
}
check "trace: of a pipe, interrupted" silent_pipe 130 'the capture was cut short'
check "report: cut short" "$bench report $work/cut.cap" 0 '^INCOMPLETE: the capture was cut short'
check "report: a record that contradicts itself" "$bench report $work/fault.cap" 1 'no known kind$'
$make "$work/about.cap" 12 about
check "report: a capture that does not say where from" "$bench report $work/about.cap" 1 \
	"^tdxbench: $work/about.cap: .*missing$"

### Here

if grep -q ' __traceiter_quote_end' /proc/kallsyms; then
	skip "trace and record say what is missing" "this kernel has the path"
else
	check "trace says what is missing" "$bench trace" 77 '^tdxbench: cannot run here: .*no tdx_ext trace events'
	check "record says what is missing, and makes no file" \
		"$bench record -o $work/new.cap -- true; echo \$?; ls $work" 0 '^77$' '^tdxbench: cannot run here' '!new.cap'
fi

### Usage

check "trace: arguments" "$bench trace $cap" 129 "takes no arguments, got .*; a capture is --from FILE"
check "trace: --td" "$trace --td x" 129 "^tdxbench trace: --td is 'x', allowed is"
check "trace: --leaf" "$trace --leaf QUOTE" 129 "^tdxbench trace: --leaf is 'QUOTE', allowed are EXT.INIT"
check "trace: --longer" "$trace --longer 5x" 129 "^tdxbench trace: --longer is '5x', allowed is"
check "trace: --buffer goes with this kernel" "$trace --buffer 1M" 129 '^tdxbench trace: --buffer is for'
check "trace --help" "$bench trace --help" 0 '^usage: tdxbench trace' '--longer 50ms'
check "record: --duration and COMMAND" "$bench record -d 1s -- true" 129 'not both$'
check "record: --buffer" "$bench record -b 1k" 129 "^tdxbench record: --buffer is '1k', allowed is"
check "record --help" "$bench record --help" 0 '^usage: tdxbench record' 'FILE.part'
check "tdxbench --help has both" "$bench --help" 0 '^  trace ' '^  record '

checks_done
