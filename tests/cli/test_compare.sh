#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench compare: verdicts, exit codes and forms. (tests/unit/test_compare.c has the
# verdicts one by one, test_stats.c and test_blame.c what stands behind them.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

zeros=$(printf '0%.0s' {1..63})

# result DIR [NAME=VALUE]...: a run of one point. The defaults are the base of all.
result() {
	local dir=$work/$1 clock=virtual class=exact kernel=6.12 cpus=4 suite=1 build=1 args='' \
		point=loop complete=true reason='' lost=0 closed=true steady=', "steady": true' \
		path=1000 each=200 entries=5 total=5000 gap=700 rate=98.5 late=100 rss=4096 more='' params=''

	shift
	(($# == 0)) || local "$@"
	mkdir -p "$dir"
	[[ ! $reason ]] || reason="\"reason\": \"$reason\","
	cat >"$dir/result.json" <<-END
	{"schema": "tdxbench-result/1", "complete": $complete, $reason "started": "2026-11-22T02:05:03Z", "wall_s": 1.5,
	 "environment": {"clock": "$clock", "target": "vm", "kernel": "$kernel", "cpus": $cpus, "tdxbench": "v$build",
	  "cmdline": "quiet tdxbench.x=$build $args", "fingerprint": "$build$zeros", "module": {"kind": "software"}},
	 "suite": {"name": "gate", "text": "", "sha256": "$suite$zeros"}, "lost_events": $lost,
	 "points": [{"id": "$point", "section": "loop", "measurement": "path", "params": {$params}, "policy": {"preset": "default"},
	  "profile": {}, "books": {"closed": $closed, "checks": []}, "lost_events": 0, "metrics": [
	   {"name": "path.instructions", "unit": "instructions", "better": "lower", "class": "$class"$steady, "value": $path},
	   {"name": "path.per_entry", "unit": "instructions", "better": "lower", "class": "$class"$steady, "value": $each},
	   {"name": "path.entries", "unit": "", "better": "none", "class": "$class"$steady, "value": $entries}, $more
	   {"name": "quote.rate", "unit": "1/s", "better": "higher", "class": "$class", "value": $rate},
	   {"name": "quote.total", "unit": "ns", "better": "lower", "class": "$class", "value": $total},
	   {"name": "quote.gap", "unit": "ns", "better": "lower", "class": "$class", "value": $gap},
	   {"name": "timer.lateness", "unit": "ns", "better": "lower", "class": "$class", "histogram": {"count": 2, "sum": $((2 * late)),
	    "min": $late, "max": $late, "p50": $late, "p90": $late, "p99": $late, "p99.9": $late, "buckets": [[$late, $late, 2]]}},
	   {"name": "tdxbench.max_rss", "unit": "bytes", "better": "lower", "class": "sampled", "value": $rss}]}]}
	END
}

# profile DIR COUNT LINE [MORE]: what the loop runs per 10 quotes, and a function after it
profile() {
	cat >"$work/$1/profile.json" <<-END
	{"schema": "tdxbench-profile/1", "tdxbench": "v", "kernel": "6.12", "points": [{"id": "loop", "measurement": "path",
	 "quotes": 10, "parts": {"path": $(($2 + 3700)), "module": 5, "interrupts": $3, "other": 0}, "functions": [
	  {"name": "resume", "file": "kernel/tdx_resume.c", "part": "path", "self": $2, "total": 1},
	  {"name": "tdx_getquote", "file": "kernel/tdx_getquote.c", "part": "path", "self": 3700, "total": 1},
	  {"name": "irq_enter", "file": "", "part": "interrupts", "self": $3, "total": 1}], "lines": [
	  {"file": "kernel/tdx_resume.c", "line": $3, "function": "resume", "part": "path", "count": $2},
	  {"file": "kernel/tdx_getquote.c", "line": 9$3, "function": "tdx_getquote", "part": "path", "count": 3700}],
	 "stacks": [["tdx_getquote;resume", $2]]}]}
	END
}

# compare NAME STATUS BASE NEW [REGEX]...; OPTIONS may be set
compare() { check "$1" "$bench compare ${OPTIONS:-} $work/$3 $work/$4" "$2" "${@:5}"; }

### Exact and steady

result base
result same args= build=1
compare "the same" 0 base same '^identical: 3 steady metrics of 1 point$' '!not judged.*moved' '!Worse'
result shifted build=2 total=5001 rate=98.4 late=150
compare "another build: only other metrics moved" 0 base shifted '^identical: 3 steady metrics of 1 point$' \
	'^- 3 of 4 other exact metrics moved with the phases of timers, or with the change: not judged \(--all' '!quote\.total'
OPTIONS=--all compare "all of them" 0 base shifted '^identical: 3 ' '^Moved with the phases' '^quote.total +loop +ns +5000 +5001 +\+1 ns +\+0.020 %' \
	'^timer.lateness mean +loop +ns +100 +150 .* p50 100 -> 150 \(\+50.0 %\)'
result slow build=3 path=1100 each=220
compare "20 instructions more in the loop" 2 base slow '^REGRESSION: 2 metrics worse, most of all path.instructions of loop: \+10\.0 %$' \
	'^path.instructions +loop +instructions +1000 +1100 +\+100 instructions +\+10\.0 %' \
	'^- loop: path.instructions \+100 instructions; 5 entries into the module as before, \+20 instructions$' '!improved'
compare "and the other way round" 0 slow base '^improved: 2 metrics better, .*: -9\.09 %\. Well done!$' '^Improved$' '!REGRESSION'
result mixed build=3 path=1100 each=183 entries=6
compare "better and worse" 2 base mixed '^REGRESSION: 1 metric worse, path.instructions of loop: \+10.0 %$' \
	'^improved: 1 metric better, path.per_entry of loop: -8.50 %$' '^Changed, which is neither' '5 -> 6 entries into the module, -17'
result longer build=3 entries=6
compare "neither better nor worse" 0 base longer '^no regression: 1 metric changed$' '!identical'
result budgeted build=3 path=1100 each=210
OPTIONS='--budget 9' compare "a budget too small" 2 base budgeted '^REGRESSION: 1 metric worse, path.instructions of loop: \+10.0 % \(allowed is 9 %\)$' '^Worse, within the budget$'
OPTIONS='--budget 10' compare "the budget itself is allowed" 0 base budgeted '^no regression: 2 metrics worse, most of all path.instructions of loop: \+10.0 % \(allowed is 10 %\)$'
result zero build=3 each=0
compare "from 0" 2 zero base '^REGRESSION: 1 metric worse, path.per_entry of loop: from 0$'

### Exact without steady

result old steady=''
compare "one side without steady metrics: all are judged" 2 old shifted '^REGRESSION: 3 metrics worse' 'builds differ: exact metrics may have moved'
result same-build steady='' total=5001
compare "one build, two results" 2 old same-build '^- Both are of one build \(same fingerprint\), and yet exact metrics differ'
compare "equal to the last digit" 0 old old '^identical: 7 metrics of 1 point$'

### Settings, which a commit may change

result set params='"guests": 2' build=4
compare "settings that differ" 0 base set '^identical: 3' '^- SETTINGS DIFFER: params guests of loop is unknown in BASE, 2 in NEW\.$'

### What is missing

result gone build=2 more='' steady=', "steady": true'
sed -i '/path.per_entry/d' "$work/gone/result.json"
compare "a metric that vanished" 2 base gone '^REGRESSION: 1 missing in NEW, as path.per_entry of loop$' '^path.per_entry +loop +not in NEW$'
OPTIONS=--allow-missing compare "allowed to" 0 base gone '^no regression: 1 missing in NEW' '!identical'
compare "a new metric" 0 gone base '^no regression: 1 only in NEW$' '!identical'
result renamed point=other
compare "a point that vanished" 2 base renamed '^REGRESSION: 1 missing in NEW, as all of loop$' '^\(all\) +loop +the point is not in NEW$' '^\(all\) +other +the point is not in BASE$'
OPTIONS=--allow-missing compare "nothing in common" 1 base renamed '^nothing to compare: BASE and NEW have no metric in common$'

### Unlike, and not to be trusted

result other kernel=7.3 cpus=8 suite=2 args=nosmt build=9
compare "unlike environments" 1 base other "^tdxbench compare: unlike environments, .*--unlike" "^  kernel: '6.12' in BASE, '7.3' in NEW$" \
	"^  cpus: '4' in BASE, '8' in NEW$" "^  suite: 'gate \(100000000000\)' in BASE, 'gate \(200000000000\)' in NEW$" \
	"^  cmdline: 'quiet' in BASE, 'quiet nosmt' in NEW$" '!fingerprint' '!identical'
result obeyed kernel='\u001b[31mred'
compare "what a terminal would obey" 1 base obeyed "'6.12' in BASE, '\?\[31mred' in NEW$"
OPTIONS=--unlike compare "compared all the same" 0 base other '^UNLIKE in suite .*kernel \(6.12, 7.3\), cpus \(4, 8\), cmdline' '^identical: 3'
check "that is the first line" "$bench compare --unlike $work/base $work/other | sed -n 1p" 0 '^UNLIKE in '
for why in "complete=false reason=cut|INCOMPLETE: cut\." "lost=3|EVENTS LOST: 3\." "closed=false|BOOKS OPEN in 1 of 1 points\."; do
	# shellcheck disable=SC2086
	result bad ${why%|*}
	check "not to be trusted: ${why%|*}" "$bench compare $work/base $work/bad | sed -n 1p; exit \${PIPESTATUS[0]}" 1 "^NOT TO BE TRUSTED: NEW: ${why#*|}$"
	compare "in BASE: ${why%|*}" 1 bad base "^NOT TO BE TRUSTED: BASE: ${why#*|}$" '^no verdict: ' '!identical'
	OPTIONS=--untrusted compare "judged all the same: ${why%|*}" 0 bad base "^NOT TO BE TRUSTED: " '^no difference found: 3 steady' '!identical'
done
OPTIONS=--untrusted compare "with a regression" 2 bad slow '^NOT TO BE TRUSTED: ' '^REGRESSION: '

### Sampled: runs are the sample

for run in 1 2 3 4 5; do
	sampled=(clock=real class=sampled steady='')
	result real/$run "${sampled[@]}" rate=$((1000 + run)) total=$((5000 + 7 * run)) late=$((100 + run)) gap=$((700 + run)) build=$run
	result slower/$run "${sampled[@]}" rate=$((900 + run)) total=$((5010 + 5 * run)) late=$((190 + run)) gap=$((702 + run)) build=$run
	((run == 5)) || result few/$run "${sampled[@]}" rate=$((900 + run)) late=$((190 + run))
done
ln -s 1 "$work/real/latest"
compare "five runs against five" 2 real slower '^REGRESSION: 3 figures worse, most of all timer.lateness p(50|99) of loop: \+87\.4 %$' \
	'^quote.rate +loop +1/s +1003 +903 +-9.97 % +5\+5 +0.008$' '^timer.lateness p50 +loop +ns +103 +193 +\+87.4 % +5\+5 +0.008$' \
	'judged by Mann–Whitney' '!^quote.total' '!^quote.gap'
OPTIONS=--all compare "what cannot be told from luck" 2 real slower '^No difference that can be told' '^quote.total +loop +ns +5021 +5025 .*5\+5'
compare "better" 0 slower real '^improved: 3 figures better'
OPTIONS='--min-effect 50' compare "only large effects" 2 real slower '^REGRESSION: 2 figures worse' '!^quote.rate'
OPTIONS='--budget 20' compare "within a budget" 2 real slower '^REGRESSION: 2 figures worse' '^Worse, within the budget$'
compare "four against five cannot tell" 0 real few '^n too small to tell: 9 sampled figures, 5 runs against 4$' '!REGRESSION'
OPTIONS='--alpha 0.001' compare "five are too few for a smaller alpha" 0 real slower '^n too small to tell: ' '!REGRESSION'
compare "one against one" 0 real/1 slower/1 '^n too small to tell: 9 sampled figures, 1 run against 1$' '!Worse'
OPTIONS=--all compare "shown, not judged" 0 real/1 slower/1 '^n too small to tell: not judged$' '^quote.rate +loop +1/s +1001 +901 +-9.99 % +1\+1 +1.000$'
compare "a side against itself" 0 real real '^no difference found: 9 sampled figures$'
result two/1 total=5000
result two/2 path=1001
compare "runs of one side that are not of one build" 1 two base '^NOT TO BE TRUSTED: BASE: RUNS DISAGREE in 1 exact metric, as in path.instructions of loop: ' '^no verdict'
result two/2 suite=3
compare "runs of several suites" 1 two two "^  suite: 'gate \(1.* in BASE, 'gate \(3.* in BASE $work/two/2$"

### Where it went

cp -r "$work/base" "$work/profiled"
cp -r "$work/slow" "$work/blamed"
profile profiled 6300 30
profile blamed 7300 37
compare "functions and lines" 2 profiled blamed '^Where it went: loop$' '^resume +kernel/tdx_resume.c +630 +730 +\+100$' \
	'^ +kernel/tdx_resume.c:37 +630 +730 +\+100$' '^all of the path +1000 +1100 +\+100$' '!tdx_getquote' '!irq_enter'
compare "not without both profiles" 2 base blamed '^REGRESSION' '!Where it went'
profile shifted 6300 37
compare "nothing where nothing changed" 0 profiled shifted '^identical' '!Where it went'
echo '{"schema": "tdxbench-profile/1", "points": [{"id": 7}]}' >"$work/blamed/profile.json"
compare "a profile that is none" 1 profiled blamed "^tdxbench: cannot read $work/blamed/profile.json: a point must have"
profile blamed 7300 37

### Forms

OPTIONS=--markdown compare "Markdown" 2 profiled blamed '^### ❌ tdxbench: REGRESSION: 2 metrics worse' '^\| <code>path.instructions</code> \| <code>loop</code> \|' \
	'^<details><summary>Where it went: loop</summary>$' '^\| <code>resume</code> \|' '^</details>$'
OPTIONS=--markdown compare "Markdown of the same" 0 base same '^### ✅ tdxbench: identical: 3 steady metrics of 1 point$' '!<details>'
OPTIONS=--markdown compare "Markdown of better" 0 slow base '^### 🎉 tdxbench: improved: '
result evil point='@x | <img> `y` [z](u)' build=4
result evil-slow point='@x | <img> `y` [z](u)' build=5 path=1100
OPTIONS=--markdown compare "names are no mark-up" 2 evil evil-slow '&#64;&#8203;x &#124; &#60;img&#62; &#96;y&#96; &#91;z&#93;\(u\)' '!<img' '![^;]@x' '!\[z'
result wide point="$(printf '\\u001b[31m')$(printf '\303\251%.0s' {1..400})" build=4
result wide-slow point="$(printf '\\u001b[31m')$(printf '\303\251%.0s' {1..400})" build=5 path=1100
for form in '' --markdown; do
	check "long names are cut between characters ${form:-on a terminal}" \
		"$bench compare $form $work/wide $work/wide-slow | iconv -f UTF-8 -t UTF-8 | cat -v; exit \${PIPESTATUS[0]}" \
		2 '^(### M.* tdxbench: )?REGRESSION: ' '!\^\[' '!cannot convert|illegal'
done
check "two forms at once" "$bench compare --json --markdown a b" 129 'choose one of --markdown and --json'

json() { check "JSON: $1" "$bench compare --json ${OPTIONS:-} $work/$3 $work/$4 >$work/out.json; s=\$?; cat $work/out.json; exit \$s" "$2" "${@:5}"; }
valid() {
	check "JSON keeps to its schema: $1" "python3 -c 'import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))' results/compare.schema.json $work/out.json" 0
}
python3 -c 'import jsonschema' 2>/dev/null || valid() { skip "JSON keeps to its schema: $1" "no python3-jsonschema"; }
json "a regression" 2 profiled blamed '"schema": "tdxbench-compare/1"' '"outcome": "regression"' '"exit": 2' '"name": "resume"'
valid "a regression"
json "identical" 0 base shifted '"outcome": "identical"' '"verdict": "not_judged"'
valid "identical"
json "sampled" 2 real slower '"outcome": "regression"' '"n_base": 5, "n_new": 5, "p": 0.0079'
valid "sampled"
json "missing" 2 base renamed '"verdict": "missing"'
valid "missing"
OPTIONS=--unlike json "unlike" 0 base other '"field": "kernel"'
valid "unlike"
json "from 0" 2 zero base '"change_percent": null'
valid "from 0"
json "open books" 1 bad base '"outcome": "untrusted"'
valid "open books"

check "a file, and the verdict" "$bench compare -m -o $work/comment.md $work/base $work/slow" 2 '^REGRESSION: 2 metrics' '!###'
check "a file, and what must be known" "$bench compare -o $work/comment.txt $work/base $work/bad" 1 '^NOT TO BE TRUSTED: NEW: BOOKS OPEN' '^no verdict'
check "the file has it all" "cat $work/comment.md; ls $work/comment.md*" 0 '^### ❌' '!part'
check "a file that cannot be written" "$bench compare -o /nonexistent/c.md $work/base $work/same" 1 '^tdxbench compare: cannot write /nonexistent/c.md: No such file' '!identical'
mkfifo "$work/pipe"
check "a pipe is written to, and stays one" "timeout 10 cat $work/pipe & timeout 10 $bench compare -m -o $work/pipe $work/base $work/slow; s=\$?; wait; test -p $work/pipe && exit \$s" 2 '^### ❌'
check "nobody reads it" "$bench compare $work/base $work/same >/dev/full" 1 'cannot write to standard output: No space left'

### What is no comparison

check "one result" "$bench compare $work/base" 129 '^tdxbench compare: needs two results or directories, BASE and NEW, got 1$'
check "no such result" "$bench compare $work/base $work/none" 1 "^tdxbench: cannot read $work/none: No such file"
check "a directory without runs" "$bench compare $TMPDIR $work/base" 1 "^tdxbench: $TMPDIR has no result.json, nor directories that have one$"
check "alpha of 0" "$bench compare --alpha 0 $work/base $work/same" 129 'alpha is 0'
check "a budget that is none" "$bench compare --budget -1 $work/base $work/same" 129 "budget is '-1', allowed is a number from 0"
echo '{' >"$work/two/2/result.json"
check "a broken run among several" "$bench compare $work/two $work/base" 1 "^tdxbench: cannot read $work/two/2/result.json: line 2" '!identical'
check "help" "$bench compare --help" 0 '^usage: tdxbench compare' '--budget PCT' 'exit codes: 0 no regression'

### A real result

check "the reference with itself" "$bench compare results/reference results/reference" 0 "^identical: $(grep -c '"class": "exact"' results/reference/result.json) metrics of 29 points$"
sed '0,/"value": 98\.2[0-9]*/s//"value": 49.14/' results/reference/result.json >"$work/half.json"
check "half the rate" "$bench compare results/reference $work/half.json" 2 '^REGRESSION: 1 metric worse, quote.rate of posted/guests=1: -50.0 %$'

checks_done
