#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run test jobs side by side and count. A job is a command that prints TAP: a
# line "ok 1 - name" or "not ok 1 - name" for each test, and how many there are
# ("1..N"). One line tells how a job ended; a failed one shows all it printed.
set -euo pipefail

limit=${TEST_TIMEOUT:-720}
width=${TEST_JOBS_AT_ONCE:-$(nproc)}
passed=0 failed=0 skipped=0
declare -A running=() started=()

main() {
	local job

	(($#)) || { echo "usage: tests/run.sh JOB..." >&2; exit 129; }
	# Jobs may write here; it is gone when the tests are done.
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/tdxbench-tests.XXXXXX")
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	tick
	for job; do
		while ((${#running[@]} >= width)); do await_one; done
		start "$job"
	done
	while ((${#running[@]})); do await_one; done
	kill "$ticker"
	close
}

start() {
	local at=$tmp/${#started[@]}

	mkdir -p "$at/tmp"
	# timeout leads a process group and ends all of it.
	# shellcheck disable=SC2086	# a job is a command with arguments
	CMOCKA_MESSAGE_OUTPUT=TAP TMPDIR=$at/tmp \
		timeout --kill-after=20 "$limit" $1 </dev/null >"$at/output" 2>&1 &
	running[$!]=$at
	started[$at]=$SECONDS
	echo "$1" >"$at/job"
}

await_one() {
	local pid status=0

	wait -n -p pid || status=$?
	if [[ $pid == "$ticker" ]]; then
		show_running
		tick
		return
	fi
	finish "${running[$pid]}" "$status"
	unset "running[$pid]"
}

# A sign of life every half a minute.
tick() {
	sleep 30 &
	ticker=$!
}

show_running() {
	local at

	for at in "${running[@]}"; do
		printf '...  %-32s %14d s\n' "$(basename "$(<"$at/job")")" "$((SECONDS - started[$at]))"
	done
}

### One job's end

# A job that did not run all its tests, or fails without saying which, counts as
# one more failure; so does one that leaves files behind.
finish() {
	local at=$1 status=$2 job ok not_ok skip planned why='' took

	job=$(<"$at/job")
	took=$((SECONDS - started[$at]))
	skip=$(count '^ok .*# SKIP' "$at/output")
	ok=$(($(count '^ok ' "$at/output") - skip))
	not_ok=$(count '^not ok ' "$at/output")
	planned=$(grep -oPm1 '^1\.\.\K[0-9]+' "$at/output" || echo none)

	if ((status == 124 || status == 137)); then
		why="was stopped after $limit s"
	elif ((status && !not_ok)); then
		why="ended with status $status"
	elif [[ $planned != $((ok + not_ok + skip)) ]]; then
		why="ran $((ok + not_ok + skip)) of $planned tests"
	elif [[ $(ls -A "$at/tmp") ]]; then
		why="left behind: $(ls -A "$at/tmp")"
	fi
	[[ ! $why ]] || not_ok=$((not_ok + 1))

	passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
	if ((not_ok)); then
		sed 's/^/    /' "$at/output"
		grep '^not ok ' "$at/output" | sed "s|^|$job: |" >>"$tmp/failures" || :
		[[ ! $why ]] || echo "$job: $why" >>"$tmp/failures"
	fi
	printf '%-4s %-32s %3d tests %4d s%s\n' "$( ((not_ok)) && echo FAIL || echo ok)" \
		"${job##*/}" "$((ok + not_ok + skip))" "$took" "${why:+  $why}"
}

count() { grep -c "$1" "$2" || :; }

### The end of all

close() {
	local summary="$passed passed, $failed failed"

	[[ ! -e $tmp/failures ]] || { echo && echo "Failed:" && sed 's/^/  /' "$tmp/failures"; }
	((!skipped)) || summary+=", $skipped skipped"
	echo
	echo "$summary"
	((!failed))
}

# shellcheck disable=SC2317	# called by trap
clean_up() {
	local pid

	for pid in "${!running[@]}" "${ticker:-}"; do kill "$pid" 2>/dev/null || :; done
	wait
	rm -rf "$tmp"
}

main "$@"
