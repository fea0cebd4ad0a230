#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# History: adding, merging, listing, showing; and files that are none, which get one
# line, exit status 1, and are left as they are. (Order and samples are in
# tests/unit/test_history.c, and so are thousands of broken files.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

history="$bench history"
db=$work/h.db

# a_run FILE COMMIT-DIGIT DAY INSTRUCTIONS [KERNEL [HOUR]]: a result of the path of that commit
a_run() {
	local commit

	commit=$(printf "%040d" 0 | tr 0 "$2")
	mkdir -p "${1%/*}"
	cat >"$1" <<-EOF
	{"schema": "tdxbench-result/1", "complete": true, "started": "2026-11-2$3T${6:-12}:00:00Z", "wall_s": 1.5,
	 "environment": {"tdxbench": "${commit:0:7}", "commit": "$commit", "commit_time": "2026-11-2$3T10:00:00Z",
	  "clock": "virtual", "kernel": "${5:-6.12.1}", "cpus": 4, "memory_mib": 966, "module": {"kind": "software"}},
	 "suite": {"name": "gate", "text": "[path]", "sha256": "$(printf "%064d" 7)"}, "lost_events": 0,
	 "points": [{"id": "path/slice=1", "section": "path", "measurement": "path", "params": {}, "policy":
	  {"preset": "default"}, "profile": {}, "books": {"closed": true, "checks": []}, "lost_events": 0, "metrics": [
	   {"name": "path.instructions", "unit": "instructions", "better": "lower", "class": "exact",
	    "steady": true, "value": $4},
	   {"name": "quote.total", "unit": "ns", "better": "lower", "class": "exact", "histogram": {"count": 2,
	    "sum": 30, "min": 10, "max": 20, "p50": 10, "p90": 20, "p99": 20, "p99.9": 20,
	    "buckets": [[10, 10, 1], [20, 20, 1]]}}]}]}
	EOF
}

a_run "$work/runs/1/result.json" a 1 41250
a_run "$work/runs/2/result.json" b 2 41250
a_run "$work/runs/3/result.json" c 3 41270
a_run "$work/runs/4/result.json" c 3 41270 6.12.2 13
a_run "$work/runs/5/result.json" d 4 41190 6.12.2
a_run "$work/runs/6/result.json" e 5 41195 6.12.3
ln -s 6 "$work/runs/latest"

### Adding

check "a directory of runs" "$history add --db $db --machine one $work/runs" 0 \
	"^$db: 6 runs added, 6 in all$"
check "again" "$history add --db $db --machine two $work/runs/1 $work/runs/2/result.json" 0 \
	"^$db: 0 runs added, 2 there already, 6 in all$"
check "the same result in another form" "tr -d '\n\t' <$work/runs/3/result.json >$work/flat.json
	$history add --db $db $work/flat.json" 0 '0 runs added, 1 there already, 6 in all'
check "another run of the same commit" "sed 's/1.5/1.6/' $work/runs/6/result.json >$work/other.json
	$history add --db $work/m.db --machine two $work/other.json" 0 'm.db: 1 run added, 1 in all'
check "another history" "$history add --db $db --machine three $work/m.db $work/runs/1" 0 \
	'1 run added, 1 there already, 7 in all'
check "and back" "$history add --db $work/m.db $db" 0 '6 runs added, 1 there already, 7 in all'
check "into itself" "$history add --db $db $db" 0 '0 runs added, 7 there already, 7 in all'
check "the host is the machine" "$history add --db $work/host.db $work/runs/1 && $history list --db $work/host.db" 0 \
	" $(uname -n) +aaaaaaaaaa "

### Listing

check "the newest first" "$history list --db $db | awk '/Z/ { printf \"%s %s \", \$3, \$4 }'" 0 \
	'^(one eeeeeeeeee two|two eeeeeeeeee one) eeeeeeeeee one dddddddddd one cccccccccc one cccccccccc one bbbbbbbbbb one aaaaaaaaaa'
check "machines survived both merges" "$history list --db $work/m.db --machine two" 0 ' two +eeeeeeeeee ' '^1 of 7 runs$'
check "none became another's" "$history list --db $db --machine three" 0 '^0 of 7 runs$'
check "by suite and metric" "$history list --db $db --suite gate --metric path.instructions" 0 '^7 of 7 runs$'
check "of another suite" "$history list --db $db --suite quick" 0 '^0 of 7 runs$' '!gate'
check "without the metric" "$history list --db $db --metric none" 0 '^0 of 7 runs$'
check "some" "$history list --db $db -n 2" 0 '^2 of 7 runs; -n 0 lists all$' '!dddd'
check "as JSON" "$history list --db $db --json -n 1" 0 '"commit": "e{40}"' '"machine": "(one|two)"' '"complete": true'
check "reading changes nothing" "cp $db $work/before; $history list --db $db && cmp $db $work/before" 0

### Showing

check "a run, by commit" "$history show --db $db aaaa" 0 '^virtual clock: ' '^suite gate · Linux 6.12.1 '
check "a run as report has it" "diff <($history show --db $db aaaaaaaa --metrics) <($bench report -m $work/runs/1)" 0
check "its JSON" "diff <($history show --db $db aaaaaaaa --json) <($bench report --json $work/runs/1)" 0
check "a commit of several runs" "$history show --db $db eeee" 1 \
	"^tdxbench history show: 'eeee' is more than one run: [0-9a-f]{12} \((one|two)\), [0-9a-f]{12} \((one|two)\)$"
check "no such run" "$history show --db $db 77777" 1 "no run or commit begins with '77777'"
check "steps, and what made them" "$history show --db $db --metric path.instructions --machine one" 0 \
	'^gate path/slice=1 path.instructions on one$' '^3 steps in 6 runs$' \
	'^bbbbbbbbbb .* 41250 *$' \
	'^cccccccccc .* 41270 +\+20 \(\+0.0485 %\)  code change bbbbbbbbbb..cccccccccc$' \
	'^dddddddddd .* 41190 +-80 \(-0.194 %\)  code change cccccccccc..dddddddddd$' \
	'^eeeeeeeeee .* 41195 +\+5 .*environment change: kernel 6.12.2 -> 6.12.3$'
check "only steps" "$history show --db $db --metric 'path.*' --machine one --steps" 0 '^cccc' '!^bbbb' '^3 steps in 6 runs$'
check "machines apart" "$history show --db $db --metric path.instructions" 0 ' on one$' ' on two$' '^0 steps in 1 run$'
check "of a histogram" "$history show --db $db --metric quote.total --stat p99 --machine one" 0 'quote.total p99 on one' '!p50'
check "a point" "$history show --db $db --metric 'quote*' --point 'path/*' --json" 0 '"stat": "mean"' '"value": 15'
check "no such series" "$history show --db $db --metric none" 1 '^tdxbench history show: there is no such series'

### Wrong usage

check "no action" "$history" 129 '^tdxbench history: say what to do, there are: add list show$'
check "another action" "$history drop" 129 "^tdxbench history: 'drop' is no action, there are: add list show$"
check "nothing to add" "$history add" 129 '^tdxbench history add: say what to add'
check "a machine with a blank" "$history add --machine 'a b' $work/runs" 129 "^tdxbench history add: --machine is 'a b'"
check "nothing to show" "$history show" 129 '^tdxbench history show: show either RUN'
check "both to show" "$history show --metric a abcd" 129 '^tdxbench history show: show either RUN'
check "too little of a run" "$history show abc" 129 "'abc' is too short"

### What cannot be added: all or nothing

sum=$(sha256sum <"$db")
unchanged() { [[ $(sha256sum <"$db") == "$sum" ]] && [[ ! $(find "$work" -name '*.part-*' -o -name '*-journal') ]]; }
# broken NAME FILE REGEX
broken() {
	check "$1" "$history add --db $db $work/new.json $2" 1 "^tdxbench: .*$3" '!added'
	check "$1: nothing was added" unchanged 0
	check "$1: to a new history" "$history add --db $work/new.db $work/new.json $2; s=\$?; [[ ! -e $work/new.db ]] && exit \$s" 1
	check "$1: nothing is left" unchanged 0
}
a_run "$work/new.json" f 6 41190
sed 's/"clock": "virtual"/"clock": "sun"/' "$work/new.json" >"$work/bad.json"
broken "a broken result" "$work/bad.json" "cannot read $work/bad.json: environment: \"clock\" must be virtual or real"
sed 's/"commit": "f*"/"commit": "HEAD"/' "$work/new.json" >"$work/bad.json"
broken "a commit that is none" "$work/bad.json" "cannot add $work/bad.json: \"commit\" is 'HEAD', allowed are 40 hex digits$"
sed 's/"started": "[^"]*"/"started": "today"/' "$work/new.json" >"$work/bad.json"
broken "a time that is none" "$work/bad.json" "\"started\" is 'today', allowed is as 2026-11-21T20:00:00Z$"
head -c 17M /dev/zero | tr '\0' ' ' >"$work/huge.json"
broken "a huge file" "$work/huge.json" "cannot read $work/huge.json: larger than 16 MiB$"
mkfifo "$work/fifo"
broken "a FIFO" "$work/fifo" "cannot add $work/fifo: it is no regular file$"
mkdir "$work/empty"
broken "an empty directory" "$work/empty" "cannot add $work/empty: there is no result.json in it"
broken "nothing there" "$work/none" "cannot add $work/none: No such file or directory$"

### Files that are no history, or no longer

# spoilt NAME FILE REGEX: neither read, nor written to, nor merged
spoilt() {
	local before

	before=$(sha256sum <"$2")
	check "$1: list" "$history list --db $2" 1 "^tdxbench: $2: $3"
	check "$1: add" "$history add --db $2 $work/new.json" 1 "^tdxbench: $2: $3"
	check "$1: is as it was" "[[ \$(sha256sum <$2) == '$before' ]]" 0
	head -c 15 "$2" | cmp -s - <(printf 'SQLite format 3') || return 0
	check "$1: merge" "$history add --db $db $2" 1 "^tdxbench: $2: $3"
	check "$1: nothing was merged" unchanged 0
}
# patched FILE OFFSET BYTES: the history with other bytes there
patched() {
	cp "$db" "$1"
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
echo '{"schema": "tdxbench-result/1"}' >"$work/text.db"
spoilt "a text" "$work/text.db" "is no history of tdxbench$"
: >"$work/zero.db"
spoilt "an empty file" "$work/zero.db" "is no history of tdxbench$"
patched "$work/foreign.db" 68 'ABCD'
spoilt "a database of another program" "$work/foreign.db" "is no history of tdxbench, but a database of another program$"
patched "$work/version.db" 60 '\0\0\0\02'
spoilt "a later version" "$work/version.db" "is a history of version 2, this tdxbench knows version 1$"
head -c 20000 "$db" >"$work/cut.db"
spoilt "a history cut off" "$work/cut.db" "is damaged: "
patched "$work/torn.db" 8192 'garbage garbage garbage garbage garbage garbage'
spoilt "a page overwritten" "$work/torn.db" "is damaged: "
at=$(grep -abom1 'key TEXT NOT NULL' "$db" | cut -d: -f1)
patched "$work/schema.db" "$at" 'kex'
spoilt "other tables" "$work/schema.db" "is damaged"
check "no file" "$history list --db $work/none.db" 1 "^tdxbench: $work/none.db: No such file or directory$"
check "a directory" "$history list --db $work" 1 "^tdxbench: $work: is not a regular file$"
check "a FIFO for a history" "$history list --db $work/fifo" 1 "^tdxbench: $work/fifo: is not a regular file$"
check "a place that cannot be written to" "$history add --db /proc/h.db $work/new.json" 1 '^tdxbench: cannot write /proc'

# An own mount namespace has the history on a read-only file system.
if unshare -rm true 2>/dev/null; then
	mkdir "$work/ro"
	cp "$db" "$work/ro/h.db"
	read_only() { unshare -rm sh -c "mount --bind $work/ro $work/ro && mount -o remount,bind,ro $work/ro && $*"; }
	check "read-only: list" "read_only $history list --db $work/ro/h.db" 0 '^7 of 7 runs$'
	check "read-only: add" "read_only $history add --db $work/ro/h.db $work/new.json" 1 "h.db: cannot be written to$"
else
	skip "read-only" "no namespaces"
fi

### Runs that are not to be trusted

a_run "$work/trust/1/result.json" a 1 41250
a_run "$work/trust/2/result.json" b 2 50000
a_run "$work/trust/3/result.json" c 3 41250
a_run "$work/trust/4/result.json" d 4 41270
sed -i '0,/"lost_events": 0/s//"lost_events": 7/' "$work/trust/2/result.json"
check "they make no step" "$history add --db $work/trust.db $work/trust && $history show --db $work/trust.db --metric path.instructions" 0 \
	'^bbbbbbbbbb .* 50000 *$' '\+20 \(\+0.0485 %\) +code change cccccccccc..dddddddddd$' '^1 step in 4 runs$'

### Names of any kind

a_run "$work/wide.json" f 6 1 "$(printf '\303\251%.0s' {1..60})"
check "a step's reason is cut between characters" "$history add --db $work/wide.db --machine m $work/runs/1 $work/wide.json &&
	$history show --db $work/wide.db --metric path.instructions --json" 0 '"kind": "environment"' '"why": "environment change: kernel 6.12.1 -> '
sed 's,"path/slice=1","\\u001b[31m",' "$work/wide.json" >"$work/evil.json"
check "a terminal does not obey a title" "$history add --db $work/evil.db $work/evil.json &&
	$history show --db $work/evil.db --metric path.instructions --steps | cat -v" 0 'gate \?\[31m path' '!\^\['
sed 's/"2026-11-26T12:00:00Z"/"\\u001b[31m"/' "$work/evil.json" >"$work/when.json"
check "nor an error" "$history add --db $work/evil.db $work/when.json 2>&1 | cat -v" 1 "is '\?\[31m'" '!\^\['

checks_done
