#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench trace and record in a VM (trace-guest), and outside of it what they have
# recorded. With a DIRECTORY of scripts/kernel.sh, on the kernel there.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"
# shellcheck source=tests/vm/boot.sh
source tests/vm/boot.sh

cap=$work/a.cap

in_vm() {
	scripts/vm.sh "${lab[@]}" --cpus 4 --mem 768 --results "$cap" \
		--file tests/vm/trace-guest:/bin/trace-guest:755 \
		--file "${BUILD:-build}/tests/vm/update_lab:/bin/update_lab:755" -- trace-guest
}

check "trace and record in the VM" "in_vm | tee $work/said" 0 '^1\.\.[0-9]+$' '!^not ok' 'quote for each|line for each quote: 60'
sed -n 's/^/# /; /ok .*\|# /p' "$work/said"
check "a capture outside of the VM: quotes" "$bench trace --from $cap" 0 \
	'^tdxbench trace: 60 quotes; no event lost$' ' ok$' 'update: is over' 'quoting: available -> updating'
check "its report" "$bench report $cap" 0 '^virtual clock' 'software TDX module' ' 4      60 .*ok$' '!LOST|OPEN|INCOMPLETE'
check "its report has exact numbers" "$bench report --json $cap" 0 '"class": "exact"' '"target": "host"' \
	'"name": "seamcall.duration"' '"name": "update.irqs_off"'

checks_done
