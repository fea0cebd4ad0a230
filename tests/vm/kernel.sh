#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A kernel that scripts/kernel.sh has built, booted: with the software TDX module
# the real bring-up at boot and then quotes and updates; without the module, or with
# one that cannot quote, nothing. The live tools see all of it there. A debug kernel must
# find nothing to complain of.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

kernel=${1:?usage: tests/vm/kernel.sh DIRECTORY of scripts/kernel.sh}
build=${BUILD:-build}
emulated=$(<"$kernel/cmdline")
vm=(scripts/vm.sh --kernel "$kernel/vmlinux" --file tests/vm/kernel-guest:/bin/kernel-guest:755)
quotes=1000 updates=10
if grep -qx CONFIG_KASAN=y "$kernel/obj/.config"; then
	vm+=(--mem 3072 --idle-timeout 600)
	quotes=10000 updates=100 debug=1
fi

# What the guest prints of PART after it was booted with these arguments.
guest() {
	local arguments=$1

	shift
	"${vm[@]}" --append "$arguments" -- kernel-guest "$@"
}

ask() { guest "$1" "$2" >"$work/$2$3" && echo "$(wc -l <"$work/$2$3") lines"; }
entries() {
	local in out

	in=$(grep -c "seamcall_enter: .* leaf=$1 " "$work/events") || :
	out=$(grep -c "seamcall_exit: .* leaf=$1 " "$work/events") || :
	echo "$in and $out"
	((in == out))
}

### The bring-up at boot

events='trace_event=tdx_ext:* trace_buf_size=4M'
check "boots with the software module" "ask '$emulated' log '' && cat $work/log" 0 \
	'tdx_emu: .*SOFTWARE' 'tdx: [1-9][0-9]* KB of memory given to the TDX module for extensions' \
	'tdx: quoting enabled, quotes of up to [1-9][0-9]* bytes' 'TDX-Module initialized' '!initialization failed'
check "and says so by its taint" "guest '$emulated' tainted" 0 '^[1-9][0-9]*$'
check "its bring-up is traced from boot" "ask '$emulated $events' events '' && cat $work/events" 0 \
	'pool_add: ' 'pool_total: ' 'ext_state: ' 'quote_state: '
for leaf in EXT.MEM.ADD EXT.INIT QUOTE.INIT; do
	check "$leaf is, each entry with its exit" "entries $leaf" 0 '^[1-9][0-9]* and [1-9][0-9]*$'
done

### As if it were not there

check "boots without the module" "ask '$events' log .off && cat $work/log.off" 0 \
	'!tdx_emu' '!TDX-Module initialized' '!quoting' '!for extensions'
check "nothing is traced then" "guest '$events' events | grep -vE '^ *#'" 1
check "not tainted then" "guest '' tainted" 0 '^0$'
check "boots with a module that cannot quote" \
	"ask '${emulated/tdx_emu=on/tdx_emu=features=4}' log .none && cat $work/log.none" 0 \
	'TDX-Module initialized' '!for extensions' '!quoting enabled' '!initialization failed'

### Faults of its bring-up

# Leaf by its number in the profile, see `tdxbench list profile`.
fails() { ask "${emulated/tdx_emu=on/tdx_emu=fault_leaf=$1,fault_status=4}" log ".fault$1" && cat "$work/log.fault$1"; }

check "the module refuses memory" "fails 5" 0 'TDH.EXT.MEM.ADD failed' 'TDX-Module initialization failed'
check "its extensions do not start" "fails 6" 0 'TDH.EXT.INIT failed' 'TDX-Module initialization failed'
check "quoting does not start: TDX goes on" "fails 7" 0 \
	'TDH.QUOTE.INIT failed' 'TDX-Module initialized' '!quoting enabled'

### Quotes and updates

for module in "$kernel"/*.ko; do vm+=(--module "$module"); done
for program in test_kernel test_lab test_defects test_hostile test_host; do
	vm+=(--file "$build/tests/vm/$program:/bin/$program:755")
done
vm+=(--file "$bench:/bin/tdxbench:755")
no_trouble=('^ok ' '!^not ok ' '!# leak: ' '!# trouble: ')
check "bring-up, $quotes quotes, $updates updates" \
	"guest '$emulated $events' run test_kernel $quotes $updates" 0 "${no_trouble[@]}"
for program in test_lab test_hostile; do
	check "$program on this kernel" "guest '$emulated' run $program" 0 "${no_trouble[@]}"
done

if [[ ${debug-} ]]; then
	skip "test_defects" "it tells designs apart by times that a debug kernel cannot keep"
	skip "test_host" "likewise"
	skip "the quick suite" "a debug kernel is not for measuring"
else
	check "test_defects on this kernel" "guest '$emulated' run test_defects" 0 "${no_trouble[@]}"
	check "test_host on this kernel" "guest '$emulated' run test_host" 0 "${no_trouble[@]}"
	check "the quick suite" "$bench run --kernel $kernel/vmlinux --results $work/results" 0 \
		'^result: ' ' ok$' '!BOOKS OPEN' '!WARNING'
fi

### Looking at it live

# What tests/vm/NAME.sh holds against the kernel's counters elsewhere, here.
live() {
	if [[ ${debug-} ]]; then
		skip "$1 on this kernel" "a debug kernel is too slow for the times that it looks at"
	else
		check "$1 on this kernel" "tests/vm/$1.sh $kernel" 0 '^1\.\.[0-9]+$' '!^not ok ' "${@:2}"
	fi
}

live trace "the events are the kernel's: a lab can go while they are watched" \
	'a line for each quote: 60$' 'iterations of QUOTE.GET, update not counted: [1-9]' \
	'iterations recorded and lost are all there were: [1-9]'
live top "intervals add up to the kernel's counters"
live slow "waits are put down to who held the buffer" 'the interrupt is named'
live recipes 'stays\.bt: what the kernel counted$' 'trace-cmd-record\.sh: what the kernel counted$'

checks_done
