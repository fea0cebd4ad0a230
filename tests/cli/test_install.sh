#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An installed tdxbench finds what it needs wherever it is, writes nothing there, and goes
# without a trace; the Debian package has the same files.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

build=${BUILD:-build}
kernels=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}/kernel
prefix=$work/prefix
tdxbench=$prefix/bin/tdxbench
lib=$prefix/lib/tdxbench

# What is built is installed as it is: other tests use it meanwhile.
make_install() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory BUILD="$build" \
		-o "$build/tdxbench" -o "$build/count.so" -o man -o completion "$@"
}
# As it is called where nobody knows of the source tree.
installed() { (mkdir -p "$work/empty" && cd "$work/empty" && "$tdxbench" "$@"); }
files() { (cd "$1" && find . ! -type d | sort); }
sums() { (cd "$prefix" && find . -type f -exec sha256sum {} + | sort); }

mkdir -p "$lib/bench/suites"
touch "$lib/bench/suites/of-another-version.ini"
check "make install PREFIX" "make_install install PREFIX=$prefix" 0
check "make install DESTDIR" "make_install install DESTDIR=$work/dest" 0
check "below /usr/local without PREFIX" "find $work/dest -maxdepth 3 -mindepth 3" 0 '/usr/local/bin$' '/usr/local/lib$' '/usr/local/share$'
check "the same files with either" "diff <(files $prefix) <(files $work/dest/usr/local)" 0 '!.'
check "no path of this machine in scripts" "grep -rlF -e '$PWD' -e '$work' $prefix --include=*.sh --include=*.1 --include=tdxbench.id" 1
check "pages" "diff <(ls $prefix/share/man/man1) <($bench --man | sed 's/\$/.1/' | sort)" 0 '!.'
check "the page of the events" "ls $prefix/share/man/man7" 0 '^tdx_ext.7$'
# Documents that pages and messages send people to.
named() { grep -rhoE '\b(bench|kernel|results|tracepoints)(/[A-Za-z0-9._-]+)*/[A-Z]+\.md\b' bench --include='*.[ch]' --include='*.mdoc' | sort -u; }
unread() { named | while read -r file; do [[ -e $prefix/share/doc/tdxbench/$file ]] || echo "$file"; done; }
check "documents that are named" "named" 0 '^bench/top/README.md$' '^kernel/linux-7.3/SERVER.md$'
check "are there" "unread" 0 '!.'
check "completion" "files $prefix" 0 'bash-completion/completions/tdxbench$' 'zsh/site-functions/_tdxbench$'
check "modes" "find $prefix -type f ! -perm 644 ! -perm 755" 0 '!.'

# What the program asks place() for; tdx_lab.ko is in the cache.
asked_for() {
	grep -rhoP '(place\(|define \w+\s+)"\K(scripts|bench|kernel|build|tracepoints)/[^"%]+' bench --include='*.c' --include='*.h' |
		grep -v tdx_lab.ko | sort -u
}
lacking() { asked_for | while read -r file; do [[ -e $lib/$file ]] || echo "$file"; done; }
check "what the program asks for" "asked_for" 0 '^scripts/vm.sh$' '^bench/suites/quick.ini$' '^build/count.so$'
check "is there" "lacking" 0 '!.'
# shellcheck disable=SC2016
check "so is what its scripts call" "cd $lib/scripts && grep -hoP '\\\$here/\K[a-z-]+(\.sh)?(?=[\" ])' *.sh | sort -u | xargs ls" 0

check "--version" "installed --version" 0 "^$("$bench" --version)\$"
check "list" "installed list" 0 '^measurements' '^profiles that come with tdxbench' '^  hostile '
check "doctor" "installed doctor; (($? <= 77))" 0 '^vm ' '^host '
check "man" "MANPATH=$prefix/share/man MANWIDTH=80 man tdxbench-run" 0 'NAME' 'tdxbench-run '
check "--man" "installed --man trace | diff - ${BUILD:-build}/man/tdxbench-trace.1" 0
check "a suite by its name" "installed run --points nothing pool" 129 "no point of suite pool matches 'nothing'"
check "a suite that there is not" "installed run wind" 129 'suite wind: No such file'
check "setup: what is missing" "TDXBENCH_CACHE=$work/none installed setup --check" 77 \
	'^kernel .* tdxbench setup, which gets it' '^tdx_lab.ko: tdxbench setup, which builds it$' '!clang|libcmocka'
check "setup --help" "installed setup --help" 0 'usage: tdxbench setup'
check "ab wants a clone" "installed ab" 77 '^tdxbench ab: it builds from a clone of tdxbench, and here is none: .*$'
mv "$prefix" "$work/moved"
tdxbench=$work/moved/bin/tdxbench
check "moved elsewhere" "installed list" 0 '^  hostile '
mv "$work/moved" "$prefix"
tdxbench=$prefix/bin/tdxbench

if [[ -e $kernels/current/release ]]; then
	# A cache of our own with the same kernel, and no part of the user's that is written to.
	mkdir -p "$work/cache/kernel/current"
	find "$(readlink -f "$kernels/current")" -mindepth 1 -maxdepth 1 ! -name module \
		-exec ln -st "$work/cache/kernel/current" {} +
	export TDXBENCH_CACHE=$work/cache
	before=$(sums)

	check "no module: who builds it" "installed run quick" 77 'no lab module .*tdxbench setup, builds one; or give --module$'
	if [[ -z $(cd "$work" && "$tdxbench" setup --check | grep -v '^tdx_lab.ko: ') ]]; then
		check "setup builds the module" "installed setup" 0 '^tdxbench setup: building tdx_lab.ko for '
		check "once" "installed setup" 0 '!.'
		check "with its debug data beside it" "find $work/cache/kernel/current/module/ -type f" 0 \
			'/[0-9a-f]{16}/tdx_lab.ko$' '/lab/tdx_lab.ko$'
		check "the same module as make's" "cmp $work/cache/kernel/current/module/*/tdx_lab.ko $build/tdx_lab.ko" 0
		printf '%s\n' '[global]' cpus=1 memory=512 quote_ns=1ms ext_init_ns=1ms quote_init_ns=1ms \
			pool_pages=1100 '[one]' measure=throughput guests=2 quotes=12 >"$work/empty/small.ini"
		check "run in the VM" "installed run small.ini" 0 '^posted|^default' 'result: results/[^/]*-small/result.json$'
		check "report" "installed report" 0 '^virtual clock'
		check "setup: nothing is missing" "installed setup --check" 0 '!.'
		rm "$work"/cache/kernel/current/module/*/tdx_lab.ko
		check "setup: a module that has gone" "installed setup --check" 77 '^tdx_lab.ko: '
	else
		skip "setup and run" "packages are missing, see tdxbench setup --check"
	fi
	check "nothing was written below the prefix" "diff <(echo '$before') <(sums)" 0 '!.'
	unset TDXBENCH_CACHE
else
	skip "setup and run" "there is no kernel for the VM in $kernels"
fi

blank="$work/a prefix"
check "a prefix with a blank" "make_install install PREFIX='$blank' && '$blank/bin/tdxbench' list" 0 '^  hostile '
check "its uninstall" "make_install uninstall PREFIX='$blank' && find '$blank' -mindepth 1" 0 '!.'
touch "$prefix/share/man/man1/other.1"
check "make uninstall" "make_install uninstall PREFIX=$prefix && files $prefix" 0 '^./share/man/man1/other.1$' '!tdx'
check "uninstall leaves nothing" "make_install uninstall DESTDIR=$work/dest && find $work/dest -mindepth 3" 0 '!.'
check "uninstall of nothing" "make_install uninstall PREFIX=$work/nothing" 0 '!.'

### The package

check "versions sort" "dpkg --compare-versions 0+20261122091531.g8 lt 0+20261123091531.g1 &&
	dpkg --compare-versions 0+20261122091531.g8 lt 1.0~rc1 && dpkg --compare-versions 1.0~rc1 lt 1.0 &&
	dpkg --compare-versions 1.0 lt 1.0+5.gabc && dpkg --compare-versions 1.0+5.gabc lt 1.0+5.gabc+dirty &&
	dpkg --compare-versions 1.0+5.gabc+dirty lt 1.0+12.g1" 0
if ! dpkg-query -W -f '${Status}' debhelper 2>/dev/null | grep -q ' installed$'; then
	skip "make deb" "debhelper is not installed; make deb installs it"
else
	check "make deb" "BUILD=$work/deb scripts/deb.sh" 0 '^deb.sh: .*/tdxbench_.*_amd64.deb$'
	check "one package and nothing else" "ls $work/deb" 0 '^tdxbench_[^ ]*_amd64.deb$' '!^deb$'
	package=$(find "$work/deb" -name '*.deb')
	check "what it says" "dpkg-deb -I $package" 0 'Depends: .*libbpf1.*libc6 ' 'Recommends: .*qemu-system-x86' '!dbgsym'
	dpkg-deb -x "$package" "$work/unpacked"
	check "lib: what is installed elsewhere" \
		"diff <(make_install install DESTDIR=$work/again >/dev/null; files $work/again/usr/local/lib/tdxbench) <(files $work/unpacked/usr/lib/tdxbench)" 0 '!.'
	check "pages, completion, licence" "dpkg-deb -c $package" 0 'man1/tdxbench-run.1.gz' 'man7/tdx_ext.7.gz' \
		'bash-completion/completions/tdxbench$' 'zsh/vendor-completions/_tdxbench$' 'doc/tdxbench/copyright$'
	check "the program in it" "cd $work && unpacked/usr/bin/tdxbench list" 0 '^  hostile '
	# It leaves a file behind in TMPDIR, which is not ours.
	if command -v lintian >/dev/null; then
		check "lintian" "TMPDIR=$work lintian --fail-on error,warning $package" 0 '!^[EW]:'
	else
		skip "lintian" "lintian is not installed"
	fi
fi

checks_done
