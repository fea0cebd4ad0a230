#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Broken suites: one line that names the file and what is wrong with it, exit
# status 129, and no VM is started. (tests/unit/test_suite.c has them all.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

# broken NAME TEXT REGEX
broken() {
	printf '%b' "$2" >"$work/suite.ini"
	check "$1" "$bench run --results $work/results $work/suite.ini" 129 \
		"^tdxbench: suite $work/suite.ini(:[0-9]+)?: $3" '!\[ *1/'
}

broken "empty file" '' 'no section that measures anything$'
broken "only [global]" '[global]\ncpus = 2\n' 'no section that measures anything$'
broken "text that is no INI" 'hello\n' "not 'key = value' or '\[section\]'$"
broken "key before any section" 'guests = 1\n' "'guests' stands before any \[section\]$"
broken "unknown measurement" '[fly]\nquote_ns = 1ms\n' "\[fly\] measure is 'fly', see tdxbench list"
broken "unknown parameter" '[pool]\nguests = 1\n' "\[pool\] has no parameter 'guests', see tdxbench list pool$"
broken "unknown global parameter" '[global]\ncores = 1\n[pool]\nseed = 1\n' "\[global\] has no parameter 'cores', see tdxbench list$"
broken "number out of range" '[throughput]\nguests = 0\n' "\[throughput\] guests is '0', allowed is 1 to 4096"
broken "number too large for 64 bits" '[pool]\nseed = 18446744073709551616\n' ".*seed is '18446744073709551616'"
broken "no number" '[throughput]\nguests = many\n' ".*guests is 'many', allowed is 1 to"
broken "unknown unit" '[throughput]\nquote_ns = 1min\n' ".*quote_ns is '1min', allowed is .*us, ms, s"
broken "unknown word" '[throughput]\nbuffers = both\n' ".*buffers is 'both', allowed is shared, per-call$"
broken "unknown knob" '[pool]\nspeed = 1\n' "\[pool\] has no parameter 'speed', see tdxbench list pool$"
broken "unknown answer to a knob" '[global]\nwait = long\n[pool]\nseed = 1\n' ".*wait is 'long', allowed is uninterruptible, killable$"
broken "unknown preset" '[throughput]\npolicy = best\n' ".*policy is 'best', allowed is posted, default$"
broken "unknown profile" '[pool]\nprofile = warm\n' "\[pool\] profile is 'warm', allowed is default, .*hostile.*, or the path of a file$"
broken "kinds of memory" '[pool]\nmemory = old\n' ".*memory is 'old', allowed is fresh, fragmented, pinned$"
broken "a value that is cut short" "[pool]\nfault_leaf = $(printf 'x%.0s' {1..150})\n" \
	".*fault_leaf is 'x{40}', allowed is none, .*, quote-get$"
broken "half a guest" '[throughput]\nguests = 1.5\n' ".*guests is '1.5', allowed is 1 to 4096.*, whole numbers$"
broken "indented key" '[pool]\nseed = 1\n  slots = 2\n' 'the line is indented, it must start with its key'
broken "indented section" ' [pool]\nseed = 1\n' 'the line is indented'
broken "profile with a blank" '[pool]\nprofile = ./my own.ini\n' "\[pool\] a profile is called 'my own', allowed is "
broken "profile with a colon" '[pool]\nprofile = ./my:own.ini\n' "\[pool\] a profile is called 'my:own', allowed is "
broken "hole in a list" '[throughput]\nguests = 1,,4\n' ".*guests is '', allowed"
broken "key twice" '[pool]\nseed = 1\nseed = 2\n' "\[pool\] sets 'seed' twice$"
broken "section twice" '[pool]\nseed = 1\n[pool]\nslots = 2\n' '\[pool\] is there twice$'
broken "section without keys" '[throughput]\nguests = 1\n[pool]\n' '\[pool\] is empty$'
broken "header that is not closed" '[pool\nseed = 1\n' "not 'key = value' or '\[section\]'$"
broken "several values for the VM" '[global]\ncpus = 1, 2\n[pool]\nseed = 1\n' '\[global\] cpus takes one value$'
broken "binary" '[pool]\nseed = 1\n\0\0' 'is no text'

broken "two points of one name" '[throughput]\nguests = 1, 1\n' "two points are called 'throughput/guests=1'$"

printf 'slots = 0\n' >"$work/mine.ini"
broken "a value of a profile that is out of range" '[pool]\nprofile = ./mine.ini\n' \
	"\[pool\] profile $work/\./mine.ini: slots is '0', allowed is 1 to 64 calls$"
printf 'slots = 1\nspeed = 1\n' >"$work/mine.ini"
broken "an unknown parameter of a profile" '[pool]\nprofile = ./mine.ini\n' \
	"\[pool\] profile $work/\./mine.ini: has no parameter 'speed', see tdxbench list profile$"

printf '[preempt]\ncpu = 40\n' >"$work/suite.ini"
check "a CPU that the VM has not" "$bench run --results $work/results $work/suite.ini" 129 \
	'^tdxbench run: point preempt is for CPU 40, the VM has 4 of them$'

check "no results directory was made" "ls $work/results" 2
check "missing suite" "$bench run --results $work/results $work/none.ini" 129 \
	"^tdxbench: suite $work/none.ini: No such file or directory$"
check "a directory as suite" "$bench run --results $work/results $work" 129 \
	"^tdxbench: suite $work: Is a directory$"
check "no point of that name" "$bench run --results $work/results --points 'fly*' tests/vm/short.ini" 129 \
	"^tdxbench run: no point of suite short matches 'fly\*'; the first is 'closed/policy=posted'$" '!\[ *1/'

# Those that come with the project must be read; a point that is in none ends it.
for suite in bench/suites/*.ini tests/vm/short.ini; do
	check "$suite is good" "$bench run --results $work/results --points none $suite" 129 'no point of suite'
done

### Lists, and that no two of them share a name

names() { "$bench" list "$1" | grep -oE '^  [a-z_]+ ' | tr -d ' ' | grep -vx knob | sort -u; }

check "list policy" "$bench list policy" 0 '^  buffers +shared +per-call' '^  wait +uninterruptible +killable' \
	'^  pool_flush +none +none' 'none\|clflush'
check "list profile" "$bench list profile" 0 '^  profile ' 'default default$' '^  fault_status ' 'preserve\|zero\|poison'
check "list profiles" "$bench list profiles" 0 '^  default +[A-Z]' '^  hostile +[A-Z]'
for measurement in $("$bench" list | sed -n '2,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	check "no parameter of $measurement is one of policy or profile too" \
		"comm -12 <(names $measurement) <({ names policy; names profile; } | sort -u)" 0 '!.'
done

checks_done
