#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ctrl-C in the middle of a run in the VM: what was measured is kept and marked,
# and nothing else is left of the run.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

suite=tests/vm/short.ini
log=$work/log

# A session of its own stands for a terminal's foreground processes: Ctrl-C goes
# to all of them. Jobs of a script ignore SIGINT; these must not.
start_run() {
	setsid env --default-signal=INT,QUIT "$bench" run --results "$work/results" "$suite" \
		>"$log" 2>&1 </dev/null &
	run=$!
}

# Until the second point is under way.
await_point() {
	local i

	for ((i = 0; i < 1500; i++)); do
		! grep -q '^\[ 2/' "$log" || return 0
		kill -0 "$run" || return 1
		sleep 0.1
	done
	return 1
}

# Names of the session's processes that live.
processes() {
	local stat name state session

	for stat in /proc/[0-9]*/stat; do
		read -r _ name state _ _ session _ <"$stat" || continue
		[[ $session != "$run" || $state == Z ]] || echo "$name"
	done 2>/dev/null
}

latest() { grep -cE -- "$1" "$work/results/latest/result.json"; }

start_run
await_point || :
processes >"$work/before"
kill -INT -- "-$run"
status=0
wait "$run" || status=$?
processes >"$work/after"

check "a run in the VM was under way" "cat $log" 0 '^\[ 2/'
check "QEMU was part of it" "cat $work/before" 0 '^\(qemu-system'
check "Ctrl-C ended it with status 130" "echo $status" 0 '^130$'
check "no process is left" "cat $work/after" 0 '!.'
check "nothing but the result is left" "ls -A $work/results" 0 '^latest$' '-short$' '!stream'
check "what was measured is kept" "latest '\"id\": '" 0 '^[1-9]'
check "and marked incomplete" "latest '^ \"complete\": false,'" 0 '^1$'
check "the result says why" "latest '\"reason\": \"interrupted\"'" 0 '^1$'
check "the run said so" "cat $log" 0 '^INCOMPLETE'
check "a report of it says so" "$bench report $work/results/latest" 0 '^INCOMPLETE'

checks_done
