#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Commands and options: help, and what is said to those who err.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

usage=129

check "no command" "$bench" $usage '^usage: tdxbench COMMAND' '^  run ' '^  report ' '^  list ' '^  doctor '
check "--help" "$bench --help" 0 '^usage: tdxbench COMMAND' 'exit codes:'
check "-h" "$bench -h" 0 '^usage: tdxbench COMMAND'
check "--version" "$bench --version" 0 '^tdxbench [^ ]+$'
check "unknown command" "$bench fly" $usage "^tdxbench: 'fly' is no command, there are: run .*setup$"
check "unknown first option" "$bench --fly" $usage "'--fly' is no command"

for command in run report compare ab profile top trace record replay calibrate probe-cost load list doctor setup; do
	check "$command --help" "$bench $command --help" 0 "^usage: tdxbench $command" '^  -h, --help'
	check "$command: unknown option" "$bench $command --fly" $usage \
		"^tdxbench $command: unknown option '--fly', see tdxbench $command --help$"
	check "$command: unknown letter" "$bench $command -Z" $usage "unknown option '-Z'"
	check "$command: unknown letter first of several" "$bench $command -Zh" $usage "unknown option '-Z'"
done

check "every option is in run's help" "$bench run --help" 0 -- \
	--target --clock --points --results --kernel --append --module --duration --yes --stream
check "run --help has examples" "$bench run --help" 0 '^examples:' 'vm\|local\|host' 'virtual\|real'

check "option without its value" "$bench run --points" $usage '^tdxbench run: --points needs a value$'
check "letter without its value" "$bench run -p" $usage '^tdxbench run: -p needs a value$'
check "value for a flag" "$bench run --yes=no" $usage '^tdxbench run: --yes takes no value$'
check "bad choice: target" "$bench run --target moon" $usage \
	"^tdxbench run: --target is 'moon', allowed is vm\|local\|host$"
check "bad choice: clock" "$bench run -c wall" $usage "^tdxbench run: --clock is 'wall', allowed is virtual\|real$"
check "two suites" "$bench run a.ini b.ini" $usage "one suite at a time, got 'b.ini' too"

check "list" "$bench list" 0 '^measurements' '^  throughput ' '^  preempt ' '^  pool ' 'quote_ns' '\[global\]'
for measurement in throughput preempt pool probe memory; do
	check "list $measurement" "$bench list $measurement" 0 "^$measurement: "
done
check "list shows ranges" "$bench list throughput" 0 'default closed, closed\|open' '1 to 4096'
check "list of what there is not" "$bench list wind" $usage "no measurement 'wind', see tdxbench list"
check "list of two" "$bench list pool probe" $usage "one measurement at a time, got 'probe' too"

check "doctor" "$bench doctor" 0 '^vm +yes' '^local ' '^plots ' '^host ' 'qemu-system-x86_64'
check "doctor --json" "$bench doctor --json" 0 '^\{$' '^\}$' '"vm": \{' '"able": true'
check "doctor with an argument" "$bench doctor now" $usage "takes no arguments, got 'now'"
check "doctor says what is missing" "env PATH=/nonexistent TDXBENCH_CACHE=/nonexistent $bench doctor" 77 \
	'missing +qemu-system-x86_64 .*tdxbench setup' 'missing +kernel for the VM .*tdxbench setup' \
	'^vm +no' '^plots +no'

### README shows the help as it is

help_in_readme() { sed -n '/^## Commands$/,/^#/p' README.md | sed -n '1,/^```$/d; /^```$/q; p'; }
check "README has tdxbench --help" "diff <(help_in_readme) <($bench --help)" 0 '!.'

checks_done
