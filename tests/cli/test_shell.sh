#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make shell, and vm.sh --interactive below it, at a terminal: the shell, the ways out of
# it, and that whatever ends it the terminal is as it was and nothing is left.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

usage=129
shell="scripts/shell.sh"
vm="scripts/vm.sh --interactive --clock real --cpus 1 --mem 512"
prompt='tdxbench:/tmp# '

# on_terminal COMMAND, steps on stdin: see drive.py
on_terminal() { TERM=xterm-256color python3 tests/cli/shell/drive.py "$@"; }

### Without a terminal

check "no terminal" "$shell </dev/null" 77 "^shell.sh: a shell needs a terminal; without one: make shell CMD='...'$"
check "no terminal for the VM" "$vm -- sh </dev/null" 77 '^vm.sh: --interactive needs a terminal'
check "output that is none" "on_terminal bash -c '$shell | cat; exit \${PIPESTATUS[0]}' <<<'end 20'" 0 \
	'^shell.sh: a shell needs a terminal' '^status 77$'
check "guests that are no number" "$shell --guests many" $usage "^shell.sh: --guests: 'many' is not a number from 0 to 4096$"
check "a policy that there is not" "$shell --policy best" $usage "'best' is neither posted nor default$"
check "an option that there is not" "$shell --fly" $usage "^shell.sh: unknown option '--fly', see --help$"
check "a command in words" "$shell -- echo hello" $usage "^shell.sh: COMMAND is one argument, got 2$"
check "--help" "$shell --help" 0 '^Usage: scripts/shell.sh' '^examples:' 'Ctrl-\]'
check "nothing built" "BUILD=/nonexistent $shell -- true" 77 '^shell.sh: /nonexistent/tdxbench is not there: run make$'

### One command

check "a command has the lab, a load and its own status" \
	"$shell --guests 2 -- 'load; echo \"\$((6 * 7)) \$PWD\"; wc -l </sys/kernel/tracing/events/tdx_ext/enable; ls /tracepoints/recipes/quotes.bt; load stop; exit 3'" 3 \
	'^2 guests ask for quotes$' '^42 /tmp$' '^1$' '^kernel: [1-9][0-9]* quotes' '!Ctrl-D'

# What reads the ring buffer must not hold up who else writes to the pipe, nor wait for a
# reader who has gone.
recipe='sh /tracepoints/recipes/ftrace-events.sh'
check "a recipe and a pipe" \
	"$shell --guests 0 -- '$recipe tdxbench load -n 3 | tail -n 4; $recipe tdxbench load -n 3 | head -n 1; ls /sys/kernel/tracing/instances'" 0 \
	'^guests: 1 of them, 3 quotes' '^cpu0: overrun: 0 ' 'getquote_enter: ' '!^tdx_events'

### A session

# What is not on this machine is said: here bpftrace, which is also most of the megabytes.
session() {
	without bpftrace on_terminal "$shell" --guests 3 <<-END
		expect 150 Linux .* 2 CPUs, real clock
		expect 20 3 guests ask for quotes
		expect 20 Not on your machine, so not here: .*bpftrace .apt-get install bpftrace
		expect 20 Ctrl-D switches this VM off
		expect 20 $prompt
		type stty size; echo \$TERM is \$(tput colors 2>/dev/null || echo there)\r
		expect 20 24 80\r\nxterm-256color is .*\n.*$prompt
		size 44 111
		expect 20 $prompt|.
		type sleep 0.5; stty size\r
		expect 20 44 111\r\n.*$prompt
		type sh -c 'echo go\$((1)); sleep 1000'\r
		expect 20 go1\r\n
		type \x03
		expect 20 $prompt
		type load\r
		expect 20 3 guests ask for quotes\r\n.*$prompt
		$perf_steps
		type load stop\r
		expect 40 kernel: [1-9][0-9]* quotes
		expect 20 $prompt
		type sh -c 'echo go\$((1)); sleep 1000'\r
		expect 20 go1\r\n
		type \x1a
		expect 20 Stopped
		expect 20 $prompt
		type kill %1; sleep 1; false\r
		expect 20 $prompt
		type \x04
		end 40
	END
}

# Debian's perf of any version lists them one a line.
perf_steps=
if type -P perf >/dev/null; then
	perf_steps="type perf list 'tdx_ext:*' | grep -c tdx_ext:; perf stat -a -e tdx_ext:quote_end sleep 1\r
		expect 60 15\r\n
		expect 60 [1-9][0-9]* +tdx_ext:quote_end
		expect 20 $prompt"
	perf_steps=${perf_steps//$'\n\t\t'/$'\n'}
else
	skip "perf in a session" "there is no perf: apt-get install linux-perf"
fi
check "a session, left by Ctrl-D" session 0 '^status 0$' '^settings as before$' '^left: $'

### Other ways out

# way_out STEP: with a shell in the smallest VM, which ends by that
way_out() {
	on_terminal $vm -- sh <<-END
		expect 100 / #
		$1
		end 30
	END
}

check "Ctrl-] x" "way_out 'type \\x1dx'" 0 '^status 0$' '^settings as before$' '^left: $'
check "exit has a status" "way_out 'type exit 7\\r'" 0 '^status 7$' '^settings as before$' '^left: $'
for signal in HUP:129 INT:130 TERM:143; do
	check "SIG${signal%:*}" "way_out 'signal ${signal%:*} vm.sh'" 0 \
		"^status ${signal#*:}$" '^settings as before$' '^left: $'
done
check "QEMU is killed" "way_out 'signal KILL qemu-system-x86'" 0 \
	'^vm.sh: QEMU ended with status 137' '^status 1$' '^settings as before$' '^left: $'
check "trouble in the guest" "way_out 'type echo c >/proc/sysrq-trigger\\r'" 0 \
	"^vm.sh: trouble in the guest's kernel: .*Kernel panic" '^status 1$' '^settings as before$' '^left: $'

# Nobody can clean up then, but for the terminal and QEMU.
killed() {
	way_out 'signal KILL vm.sh'
	rm -rf "$TMPDIR"/tdxbench-vm.*
}
check "SIGKILL" killed 0 '^status -9$' '^settings as before$' '^left: $'

checks_done
