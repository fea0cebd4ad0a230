#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel/linux-7.3 without a kernel: the map is complete, the patches are mails that
# fit the interfaces of kernel/ and, if the sources are in the cache, the sources;
# and what kernel.sh says to those who err.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

port=kernel/linux-7.3
usage=129
unset KDIR KCONFIG

### kernel.sh: what it says

kernel=scripts/kernel.sh
check "--help" "$kernel --help" 0 '^Usage: scripts/kernel.sh VERB' '^Examples:' '^Exit status:'
check "no verb" "$kernel" $usage '^kernel.sh: no verb given, see --help$'
check "unknown verb" "$kernel fly" $usage \
	"^kernel.sh: unknown verb 'fly', there are: source tree build files check test map apply$"
check "unknown option" "$kernel --fly" $usage "unknown option '--fly', see --help$"
check "argument too many" "$kernel build now" $usage "build takes no argument, got 'now'"
check "bad flavour" "$kernel build --flavour sour" $usage "--flavour is 'sour', allowed are vm, debug and server"
check "flavour without value" "$kernel build --flavour" $usage '--flavour needs a value'
check "test of a server's kernel" "$kernel test --flavour server" $usage 'test is for --flavour vm or debug'
check "apply to nothing" "$kernel apply" $usage 'apply takes one directory'
check "apply's option elsewhere" "$kernel tree --am" $usage '--am is for apply only'
check "KDIR that is no tree" "KDIR=$work $kernel source" 1 "KDIR: '$work' is not a Linux source tree"
check "no sources, and Debian cannot be asked" \
	"TDXBENCH_CACHE=/proc/tdxbench $kernel source" 1 'cannot write to /proc/tdxbench'
check "files without a tree" "BUILD=$work $kernel files" 1 "there is no $work/kernel/tree: run scripts/kernel.sh tree"
check "apply to what is no tree" "$kernel apply $work" 1 "'$work' is not a Linux source tree"

### The map

map() { "$kernel" map; }
# A copy of the repository with another map.
with_map() {
	copy
	printf '%b\n' "$1" >"$work/copy/$port/map"
	"$work/copy/$kernel" map
}

copy() {
	rm -rf "$work/copy"
	mkdir "$work/copy"
	cp -r scripts kernel tracepoints "$work/copy"
}

everything() {
	find kernel -name '*.[chS]' ! -path "$port/*"
	find "$port" -mindepth 2 -type f ! -path "$port/patches/*"
	find "$port" -maxdepth 1 -name '*.[chS]'
	echo tracepoints/tdx_ext.h
}

check "the map is fine" "map" 0 '	arch/x86/virt/vmx/tdx/tdx_quote.c$'
check "every file is in it, once" "diff <(map | cut -f1 | sort) <(everything | sort)" 0
check "a file that is not there" "with_map 'kernel/x.c\\tarch/'" 1 'map line 1: there is no file kernel/x.c$'
check "a glob for nothing" "with_map 'kernel/*.x\\tarch/'" 1 'map line 1: there is no file kernel/\*.x$'
check "no target" "with_map '#\\nkernel/tdx_abi.h'" 1 "map line 2: 'kernel/tdx_abi.h' has no target"
check "two for one target" "with_map 'kernel/tdx_abi.h\\ta/x.h\\nkernel/tdx_clock.h\\ta/x.h'" 1 \
	'map line 2: both kernel/tdx_abi.h and kernel/tdx_clock.h go to a/x.h$'
check "one for two targets" "with_map 'kernel/tdx_abi.h\\ta/\\nkernel/tdx_abi.h\\tb/'" 1 \
	'map line 2: kernel/tdx_abi.h is in it twice$'
check "a target outside" "with_map 'kernel/tdx_abi.h\\ta/../../x.h'" 1 "map line 1: target 'a/../../x.h' is not inside a tree$"
check "staying without a reason" "with_map 'kernel/tdx_abi.h\\t-'" 1 'map line 1: no reason why kernel/tdx_abi.h stays$'

### The patches

# Says what is wrong with the mail $1.
complaints() {
	local header

	header=$(sed '/^$/q' "$1" | sed -z 's/\n[ \t]/ /g')	# long ones are folded
	grep -q '^From: .* <.*@.*>$' <<<"$header" || echo "$1: no From: NAME <ADDRESS>"
	grep -q '^Date: ' <<<"$header" || echo "$1: no Date:"
	grep -q '^Subject: \[PATCH' <<<"$header" || echo "$1: no Subject: [PATCH ...]"
	sed '1,/^$/d; /^---$/q' "$1" | grep -qv -e '^$' -e '^---$' -e '^[A-Z][a-z-]*-by: ' || echo "$1: no body"
	sed '/^---$/q' "$1" | grep -q '^Signed-off-by: ' || echo "$1: no Signed-off-by: before ---"
	sed '1,/^---$/d; /^diff --git/q' "$1" | grep -qE '^ [0-9]+ files? changed' || echo "$1: no diffstat"
	git apply --numstat "$1" >/dev/null || echo "$1: not a patch"
}

all_complaints() {
	local patch

	for patch in "$port"/patches/*.patch; do complaints "$patch"; done
}

check "the patches are mails" "all_complaints" 0 '!.'
check "numbered in order" "ls $port/patches | grep -vE '^[0-9]{4}-.*\.patch$'" 1
check "the README names each" \
	"ls $port/patches | while read -r p; do grep -qF \"\$p\" $port/README.md || echo \"\$p\"; done" 0 '!.'

# What patches call of ours has to be declared in what a tree gets: by the map, or
# by the patches.
ours='\<tdx_(ext|quote|getquote|update|emu)[a-z_0-9]*\('
called() { cat "$port"/patches/*.patch | sed -n '/^+++/d; s/^+//p' | grep -oE "$ours" | sort -u; }
declared() {
	map | awk -F '\t' '$2 ~ /\.h$/ { print $1 }' | xargs grep -hoE "$ours"
	cat "$port"/patches/*.patch | sed -nE 's/^\+[a-z].*[ *](tdx_[a-z_0-9]+\().*/\1/p'
}
check "the patches call us" "called" 0 'tdx_quote'
check "what they call is declared" "comm -23 <(called) <(declared | sort -u)" 0 '!.'

### The configurations

twice() { sed -nE 's/^(# )?(CONFIG_[A-Za-z0-9_]+)[= ].*/\2/p' "$1" | sort | uniq -d; }
for flavour in vm debug server; do
	check "$flavour.config names each symbol once" "twice $port/$flavour.config" 0 '!.'
	check "$flavour.config has nothing else" \
		"grep -vE '^(CONFIG_[A-Za-z0-9_]+=.+|# CONFIG_[A-Za-z0-9_]+ is not set|#( .*)?|)$' $port/$flavour.config" 1
done

### On the sources

cache=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}/linux/current/source
tree=$work/linux

# As much of a Linux tree as the patches need.
cut_out() {
	local file

	mkdir -p "$tree"
	{
		echo Makefile
		echo arch/x86/virt/vmx/tdx/tdx.c
		cat "$port"/patches/*.patch | git apply --numstat | cut -f 3
	} | sort -u | while read -r file; do
		[[ -e $cache/$file ]] || continue
		mkdir -p "$(dirname "$tree/$file")"
		cp "$cache/$file" "$tree/$file"
	done
}
sums() { (cd "$tree" && find . -type f ! -path './.git/*' -exec sha256sum {} + | sort -k 2); }
as_before() { diff "$work/before" <(sums); }
repository() {
	git -C "$tree" init --quiet
	git -C "$tree" config user.name test && git -C "$tree" config user.email test@localhost
	git -C "$tree" add -A && git -C "$tree" commit --quiet -m pristine
}
apply() { BUILD=$work/build "$kernel" apply "$@" "$tree"; }
spoil() { printf 'x\n%s' "$(cat "$tree/$1")" | sed 's/(/( /' >"$tree/.new" && mv "$tree/.new" "$tree/$1"; }
view() { KDIR=$tree BUILD=$work/build "$@"; }
viewed=$work/build/kernel/tree
last_patch() { printf '%s\n' "$port"/patches/*.patch | tail -n 1; }
last_patched() { git apply --numstat "$(last_patch)" | cut -f 3 | tail -n 1; }

if [[ -e $cache ]]; then
	cut_out
	sums >"$work/before"
	check "apply" "apply" 0 'files added, [0-9]+ patches applied'
	check "our files are in it" "cmp kernel/tdx_quote.c $tree/arch/x86/virt/vmx/tdx/tdx_quote.c" 0
	check "apply again" "apply" 0 'nothing to do: .* has it all already'
	check "apply --reverse" "apply --reverse" 0 'patches taken back'
	check "all is as before" "as_before" 0
	check "apply --reverse again" "apply --reverse" 1 'does not have it: there is no '
	check "half of it there already" \
		"touch $tree/arch/x86/virt/vmx/tdx/tdx_ext.c && apply" 1 'has .*/tdx_ext.c already, but not all of it'
	rm -f "$tree/arch/x86/virt/vmx/tdx/tdx_ext.c"
	touch "$tree/.config"
	check "a tree that was built in" "view $kernel tree" 1 "KDIR: '$tree' has been built in; run make mrproper"
	rm "$tree/.config"
	check "apply --am without git" "apply --am" 1 'is not the top of a git work tree'
	repository
	check "apply --am" "apply --am" 0 '[0-9]+ commits on top of'
	check "as many commits" "git -C $tree rev-list --count HEAD" 0 "^$((2 + $(find "$port/patches" -name '*.patch' | wc -l)))\$"
	check "it is clean" "git -C $tree status --porcelain" 0 '!.'
	check "the same as without git" "apply" 0 'nothing to do'
	git -C "$tree" reset --quiet --hard "$(git -C "$tree" rev-list --max-parents=0 HEAD)"
	printf '%s\n' '*.o' .config >"$tree/.git/info/exclude"
	touch "$tree/.config" "$tree/arch/x86/virt/vmx/tdx/tdx.o"
	check "tree" "view $kernel tree" 0 ' [1-9][0-9]* files are new$'
	check "nothing that was built is in it" "find $viewed -name '*.o' -o -name .config" 0 '!.'
	check "build from a configuration that is not there" "KCONFIG=$work/nothing view $kernel build" 1 \
		"there is no configuration '$work/nothing' to start from"
	check "tree again" "view $kernel tree" 0 ' 0 files are new$'
	check "files" "view $kernel files" 0 'byte for byte' 'sha256 of all [0-9]+: [0-9a-f]{64}$'
	copy
	rm "$work/copy/$(last_patch)"
	check "tree with a patch less" "view $work/copy/$kernel tree" 0 ' [1-9][0-9]* files are new$'
	check "what it touched is as it was" "cmp $tree/$(last_patched) $viewed/$(last_patched)" 0
	check "and newer than what was built of it" "[[ -f $viewed/$(last_patched) && ! -L $viewed/$(last_patched) ]]" 0
	check "files says so" "view $kernel files" 1 " is not what sources and patches make$"
	check "tree as it should be" "view $kernel tree" 0 ' [1-9][0-9]* files are new$'
	echo >>"$viewed/arch/x86/virt/vmx/tdx/tdx_quote.c"
	check "a file of ours that is another" "view $kernel files" 1 "/tdx_quote.c is not kernel/tdx_quote.c"
	rm -f "$tree/.config" "$tree/arch/x86/virt/vmx/tdx/tdx.o"
	echo "// changed" >>"$tree/arch/x86/virt/vmx/tdx/tdx.c"
	check "apply --am to changes" "apply --am" 1 'has changes that are not committed'
	git -C "$tree" checkout --quiet .
	spoil "$(last_patched)"
	sums >"$work/before"
	check "a patch that does not apply" "apply" 1 "^kernel.sh: $port/patches/.*\.patch does not apply to $tree: .*patch does not apply$"
	check "and nothing was touched" "as_before" 0
else
	skip "apply" "no sources in the cache: scripts/kernel.sh source"
fi

checks_done
