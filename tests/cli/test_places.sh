#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Places where nothing can be measured, and what may not be touched: said
# before a VM is booted or a module loaded.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

run="$bench run --results $work/results"
suite=bench/suites/pool.ini

check "no kernel in the cache" "TDXBENCH_CACHE=/nonexistent $run $suite" 77 \
	'^tdxbench: cannot run here: there is no kernel for the VM; run tdxbench setup$'
check "--kernel that is not there" "$run --kernel /nonexistent $suite" 77 'there is no kernel for the VM'
check "--module that is not there" "$run --module /nonexistent $suite" 77 'there is no lab module /nonexistent: No such file'
check "no QEMU" "without qemu-system-x86_64 $run $suite" 77 'qemu-system-x86_64 is missing: run tdxbench setup' '!\[ *1/'
check "no busybox" "without busybox $run $suite" 77 'busybox is missing: run tdxbench setup' '!\[ *1/'
check "nothing was left by these" "ls -A $work/results" 0 '!.'

### What counting needs

gate=bench/suites/gate.ini
mkdir -p "$work"/share/{scripts,build} "$work/cache" "$work/bin"
ln -s "$PWD"/{bench,kernel} "$work/share/"
ln -s "$PWD/${BUILD:-build}/tdx_lab.ko" "$work/share/build/"
ln -s "${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}/kernel" "$work/cache/"
cp scripts/kallsyms.sh "$work/share/scripts/"
# A VM that does not end by itself, and a QEMU that has no plugins.
cat >"$work/share/scripts/vm.sh" <<'END'
#!/bin/bash
trap 'kill "$!"; exit 143' TERM
sleep 60 &
wait
END
cat >"$work/bin/qemu-system-x86_64" <<'END'
#!/bin/bash
[[ $1 == -help ]] && echo '-name string' && exit
eval "$DO"
END
chmod +x "$work/share/scripts/vm.sh" "$work/bin/qemu-system-x86_64"
pretend="env TDXBENCH_SHARE=$work/share TDXBENCH_CACHE=$work/cache"

check "no plugin" "$pretend $run $gate" 77 \
	"^tdxbench: cannot run here: there is no plugin $work/share/build/count.so to count with: No such file .*; make builds one$"
touch "$work/share/build/count.so"
check "SIGTERM while a kernel is asked" "timeout --foreground --preserve-status 1 $pretend $run $gate" 143 \
	'^asking the kernel where its functions are'
check "of which nothing is left" "ls -A $work/cache/symbols $work/results" 0 '!new' '!stream'
check "QEMU without plugins" "PATH=$work/bin:\$PATH scripts/vm.sh --plugin $work/share/build/count.so -- true" 77 \
	'^vm.sh: this qemu-system-x86_64 was built without plugins'
check "a salt that is none" "TDXBENCH_VM_SALT=-3 scripts/vm.sh -- true" 129 "^vm.sh: TDXBENCH_VM_SALT: '-3' is not .*1 to 99999"
check "an option of a plugin that is none" "scripts/vm.sh --plugin-option x -- true" 129 "'x' is not KEY=VALUE$"

### What hangs

silent() { DO=$2 PATH=$work/bin:$PATH scripts/vm.sh --clock "$1" --cpus 1 --mem 256 --idle-timeout 1 -- true; }
check "a guest that computes and says nothing" "silent virtual 'while :; do :; done'" 1 \
	'^vm.sh: the guest hangs: no output, result or console line for [0-9]+ seconds$'
check "one that gets no CPU does not hang" "silent virtual 'exec sleep 3'" 1 '!hangs' \
	'^vm.sh: the guest went down before its command ended$'
check "but nobody waits for ever" "silent virtual 'exec sleep 60'" 1 'hangs: .* for [5-9] seconds$'
check "one that sleeps, with the real clock" "silent real 'exec sleep 60'" 1 'hangs: .* for [1-3] seconds$'

check "results in /proc" "$bench run --results /proc/tdxbench $suite" 1 \
	'^tdxbench: cannot write /proc/tdxbench: No such file or directory$' '!\[ *1/'
check "results below a file" "$bench run --results $suite/x $suite" 1 "cannot write $suite/x: Not a directory" '!\[ *1/'
check "results on a file" "$bench run --results $suite $suite" 1 "cannot write $suite" '!\[ *1/'
check "a path that is too long" "$bench run --results $(printf '%05000d' 0) $suite" 1 'File name too long' '!\[ *1/'

check "--target local asks, and there is nobody" "$run --target local $suite" 129 \
	'^tdxbench run: it loads a module into the running kernel; say --yes if that is fine$'
check "a stream is for a local run" "$bench run --stream $work/stream $suite" 129 \
	'^tdxbench run: --stream goes with --target local$'
check "a stream to nowhere" "env -u TDXBENCH_RESULTS $bench run --target local --stream env $suite" 129 \
	'^tdxbench run: --stream env: TDXBENCH_RESULTS is not set$'
check "no module was loaded" "ls /sys/module/tdx_lab" 2
# Nobody may be unable to reach the program, for example below /root.
nobody=(setpriv --reuid 65534 --clear-groups)
((EUID == 0)) || nobody=()
if "${nobody[@]}" test -x "$bench" -a -r "$suite" 2>/dev/null; then
	check "nor without root" "${nobody[*]} $bench run --yes --target local $suite" 77 \
		'loading modules and BPF programs needs root; use sudo$' '!\[ *1/'
else
	skip "nor without root" "user 65534 cannot get to $bench"
fi

checks_done
