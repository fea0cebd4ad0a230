#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench trace --slow: what it is told, and captures that were made up. What it finds
# out is checked by tests/unit/test_slow.c and tests/vm/slow.sh.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

make=${BUILD:-build}/tests/cli/make_capture
slow="$bench trace --slow"
usage=129

### Options

check "none" "$slow 0" $usage '^tdxbench trace: --slow is .0., allowed is a number from 1 to 1000$'
check "slow by what there is not" "$slow 3 --by colour" $usage \
	"^tdxbench trace: --by is 'colour', allowed is copy-in\|wait\|seam\|gap\|copy-out\|other\|total$"
check "--by alone" "$bench trace --by gap" $usage '^tdxbench trace: --by goes with --slow'
check "--by alone, even the default" "$bench trace --by total" $usage '^tdxbench trace: --by goes with --slow'
check "of iterations" "$slow 3 --iterations" $usage '^tdxbench trace: --slow is about quotes.*drop --iterations$'
check "of a leaf" "$slow 3 --leaf 61" $usage '^tdxbench trace: --slow is about quotes.*drop --leaf$'

### A capture

"$make" "$work/some" 40
"$make" "$work/none" 0
"$make" "$work/cut" 40 cut
"$make" "$work/lost" 40 lost
"$make" "$work/rude" 12 rude
"$make" "$work/fault" 12 fault

check "the slowest three" "$slow 3 --from $work/some" 0 '^the slowest 3 of 40 quotes by total, median ' \
	'^1\. quote ' '^3\. quote ' '!^4\. ' '^What else ran was not recorded' '^   unexplained: '
check "more than there are" "$slow 1000 --from $work/some | grep -c '^[0-9]*\. quote'" 0 '^40$'
check "by a part" "$slow 1 --by copy-out --from $work/some" 0 'of 40 quotes by copy out'
check "only failed ones" "$slow 100 --failed --from $work/some | grep -c 'quote.*: EBUSY$'" 0 '^8$'
check "all quotes say what is usual, also where few count" \
	"diff <($slow 1 --from $work/some | sed -n 1p) <($slow 1 --failed --from $work/some | sed -n 1p)" 0
check "no quote" "$slow 3 --from $work/none" 0 '^no quotes seen$'
check "lost events" "$slow 1 --from $work/lost" 0 '^7 events were lost: some of this may be incomplete' 'LOST 7 events'
check "a capture cut short" "$slow 1 --from $work/cut" 0 '^1\. quote' 'the capture was cut short'
check "a record that contradicts itself" "$slow 1 --from $work/fault" 1 "^tdxbench trace: $work/fault"
check "names that a terminal would obey" "$slow 12 --from $work/rude" 0 'rude' "!$(printf '\033')"
check "nobody reads it" "$slow 40 --from $work/some | sed -n 1q" 0
check "a full disk" "$slow 40 --from $work/some >/dev/full" 1 '^tdxbench trace: cannot write to standard output: No space left'

### JSON

json() { python3 -B -c "import json, sys
lines = [json.loads(line) for line in sys.stdin]
quotes = [line for line in lines if line['event'] == 'slow_quote']
$1"; }

check "an object a line, and one for the end" \
	"$slow 5 --json --from $work/some | json 'print(len(quotes), lines[-1][\"event\"], lines[-1][\"quotes\"])'" 0 '^5 end 41$'
check "the slowest first" \
	"$slow 40 --json --from $work/some | json 'print(all(a[\"total_ns\"] >= b[\"total_ns\"] for a, b in zip(quotes, quotes[1:])))'" 0 '^True$'
check "causes add up to parts, parts to the total" \
	"$slow 40 --json --from $work/some | json 'print(all(sum(c[\"ns\"] for c in p[\"causes\"]) == p[\"ns\"] for q in quotes for p in q[\"parts\"].values()), all(sum(p[\"ns\"] for p in q[\"parts\"].values()) == q[\"total_ns\"] for q in quotes))'" 0 '^True True$'
check "each has a verdict" \
	"$slow 40 --json --from $work/some | json 'print(all(q[\"verdict\"][\"text\"] and 0 <= q[\"verdict\"][\"share\"] <= 1 for q in quotes))'" 0 '^True$'
check "rude names are in quotes" "$slow 12 --json --from $work/rude | json 'print(len(quotes))'" 0 '^12$' "!$(printf '\033')"

checks_done
