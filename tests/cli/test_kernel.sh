#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run --kernel and --append: which image, module and kernel arguments the VM gets,
# and what is said of those it cannot have.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

suite=$PWD/bench/suites/quick.ini
run="$bench run --results $work/results"
current=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}/kernel/current

# A VM that says how it would have been started. All else is where it was.
mkdir -p "$work/share/scripts"
ln -s "$PWD/bench" "$PWD/kernel" "$PWD/build" "$work/share/"
cat >"$work/share/scripts/vm.sh" <<'END'
#!/bin/bash
echo "vm.sh: [${*@Q}]" >&2
exit 77
END
chmod +x "$work/share/scripts/vm.sh"
pretend="env TDXBENCH_SHARE=$work/share $run"

# An image and what may stand beside it.
kernel=$work/kernel
mkdir "$kernel" "$work/empty" "$work/bare"
touch "$kernel"/{bzImage,vmlinux,tdx_lab.ko} "$work/bare/vmlinuz"
echo 'tdx_emu=on loglevel=7' >"$kernel/cmdline"

check "a directory: vmlinux, its module, its arguments" "$pretend --kernel $kernel $suite" 77 \
	"'--kernel' '$kernel/vmlinux'" "'--append' 'tdx_emu=on loglevel=7'" "'$kernel/tdx_lab.ko:/lib/tdx_lab.ko:644'"
check "the image named" "$pretend --kernel $kernel/bzImage $suite" 77 \
	"'--kernel' '$kernel/bzImage'" "'--append' 'tdx_emu=on loglevel=7'" "'$kernel/tdx_lab.ko:"
check "nothing beside it" "$pretend --kernel $work/bare $suite" 77 \
	"'--kernel' '$work/bare/vmlinuz'" "'[^']*/build/tdx_lab.ko:" '!--append'
check "the usual kernel" "$pretend $suite" 77 "'--kernel' '$current/vmlinuz'" '/build/tdx_lab.ko:' '!--append'
check "another module" "$pretend --kernel $kernel --module $suite $suite" 77 "'$suite:/lib/tdx_lab.ko:644'"
check "more arguments, behind the kernel's own" "$pretend -k $kernel --append 'tdx_emu=off a=b' $suite" 77 \
	"'--append' 'tdx_emu=on loglevel=7 tdx_emu=off a=b'"
check "arguments for the usual kernel" "$pretend -a nosmt $suite" 77 "'--append' 'nosmt'"
check "nothing was left by these" "ls -A $work/results" 0 '!.'

no='^tdxbench: cannot run here: there is no kernel for the VM: '
check "no such image" "$run --kernel /nonexistent $suite" 77 "$no/nonexistent: No such file or directory$"
check "no such module" "$run --kernel $kernel --module /nonexistent $suite" 77 \
	'^tdxbench: cannot run here: there is no lab module /nonexistent: No such file or directory; make, or where tdxbench is installed tdxbench setup, builds one; or give --module$'
check "a directory without one" "$run --kernel $work/empty $suite" 77 \
	"$no$work/empty: neither vmlinux nor bzImage nor vmlinuz in this directory$"
check "an argument of two lines" "$run --append \$'a\nb' $suite" 129 \
	'^tdxbench run: --append: allowed is one line of printable ASCII characters$'
check "too many arguments" "$run --append $(printf 'a%.0s' {1..1024}) $suite" 129 \
	'^tdxbench run: --append: allowed are 1022 characters of kernel arguments in all$'
printf 'one\ntwo\n' >"$work/bare/cmdline"
check "a file cmdline of two lines" "$run --kernel $work/bare $suite" 129 \
	"^tdxbench run: $work/bare/cmdline: allowed is one line of printable ASCII characters$"
printf 'one\0two\n' >"$work/bare/cmdline"
check "with a zero byte" "$run --kernel $work/bare $suite" 129 "$work/bare/cmdline: allowed is one line"
rm "$work/bare/cmdline"
mkdir "$work/bare/cmdline"
check "one that cannot be read" "$run --kernel $work/bare $suite" 1 "^tdxbench: cannot read $work/bare/cmdline: Is a directory$"
rmdir "$work/bare/cmdline"
: >"$work/bare/cmdline"
check "an empty one" "$pretend --kernel $work/bare $suite" 77 '!--append'

# One point on a kernel that is found this way.
boots=$work/boots
mkdir "$boots"
ln -s "$current/vmlinux" "$boots/"
cp "${BUILD:-build}/tdx_lab.ko" "$boots/"
echo 'tdxtest.beside=1' >"$boots/cmdline"
results="'$work/one, two'"	# commas separate QEMU's options
check "it boots" "$bench run --results $results --kernel $boots --append tdxtest.more=2 --points 'probe*' $suite" 0 'result: '
check "with the arguments of both" "cat $results/latest/result.json" 0 \
	'"cmdline": ".* tdxtest.beside=1 tdxtest.more=2"' '"path": "module"'

checks_done
