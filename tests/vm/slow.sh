#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench trace --slow in VMs (slow-guest): quotes that are slow for a reason that is
# known, because it was made here. Who held the buffer is checked against the quotes of
# the same capture. With a DIRECTORY of scripts/kernel.sh, on the kernel there.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"
# shellcheck source=tests/vm/boot.sh
source tests/vm/boot.sh

in_vm() {
	scripts/vm.sh "${lab[@]}" --cpus "$1" --mem 768 \
		--file tests/vm/slow-guest:/bin/slow-guest:755 \
		--file "${BUILD:-build}/tests/vm/ticker:/bin/ticker:755" -- slow-guest "${@:2}"
}

part() { sed -n "/^== $1\$/,/^== end\$/{/^==/d;p}" "$work/$2"; }
# The slowest alone, on one line.
worst() { part "$1" "$2" | sed '/^2\. /,$d' | tr -s '\n ' ' '; }
holders() { python3 -B tests/vm/slow_holders.py "$work/quotes" "$work/$1"; }

check "eight guests with one buffer" "in_vm 4 queue bare | tee $work/4" 0 '^tdxbench record: 160 quotes.* none lost' \
	'^tdxbench trace: 160 quotes; no event lost'
for name in quotes queue.json bare_quotes bare.json; do
	part "$name" 4 >"$work/$name"
done
check "waits are put down to who held the buffer" \
	"holders queue.json" 0 '^5 slow quotes, [0-9]+ holders: all as the other events have it'
check "also where nothing else was recorded" "cp $work/bare_quotes $work/quotes; holders bare.json" 0 \
	'^1 slow quotes, [0-9]+ holders: all as the other events have it'
check "for people" "worst queue 4" 0 'the slowest 2 of 160 quotes by total, median' \
	'Waited [0-9.]+ms of [0-9.]+ms for buffer 0, which TD 0x[0-9a-f]+ \(tdxbench/[0-9]+\) held for [0-9.]+ms, [0-9]+ times, and [0-9] others for' \
	'unexplained: [0-9.]+(ns|us), 0\.[0-9]%'
check "at most 80 columns" "part queue 4 | awk 'length > 80'" 0 '!.'
check "without context it says so" "worst bare 4" 0 'What else ran was not recorded' 'Waited'
check "filters say which, not what is looked at" "part nobody 4" 0 '^no quotes seen$'

check "one CPU, shared with a thread, and with interrupts" "in_vm 1 hog late storm | tee $work/1" 0 \
	'^tdxbench trace: 40 quotes; no event lost' '^tdxbench trace: 150 quotes; no event lost'
check "the thread is named" "worst hog 1" 0 'by gap, median' \
	'Thread yes/[0-9]+ had its CPU for [0-9.]+ms of [0-9.]+ms, [0-9]+ times(, and [0-9]+ others? for [0-9.]+[um]s)?, between two stays in SEAM\.' \
	'gap +[0-9.]+ms +[0-9.]+% +[0-9]{2,}\.[0-9]'
check "and how much is unexplained" "worst hog 1" 0 'unexplained: [0-9.]+(ns|us), 0\.0%'
check "also among quotes that were under way before" "worst late 1" 0 'by gap, median' \
	'Thread yes/[0-9]+ had its CPU for [0-9.]+ms of [0-9.]+ms'
check "the interrupt is named" "worst storm 1" 0 'by in SEAM, median' \
	'Interrupt local timer took [0-9.]+ms of [0-9.]+ms, [0-9]{3} times, during its stays in SEAM\.' \
	'left half-way [0-9]{3} times, first served: local timer [0-9]{3}'

checks_done
