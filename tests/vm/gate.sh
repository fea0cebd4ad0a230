#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The gate: a few instructions more in the resume loop are found, counted and named,
# and what is no change to the path moves nothing. Built and run as users do it.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

bench=$PWD/$bench
clone=$work/clone

# New commits of HEAD, in a clone so that nobody's repository gets them.
make_commits() {
	git clone -q --shared . "$clone"
	cd "$clone"
	git config user.name tests
	git config user.email tests@invalid
	git config advice.detachedHead false
	commit slower 's|^\t\tcall->iterations++;|&\n\t\tasm volatile(".rept 20; nop; .endr");|' \
		kernel/tdx_resume.c
	commit other 's| \* One extension SEAMCALL,| * A comment.\n *\n&|' kernel/tdx_resume.c \
		'$a void tdx_elsewhere(void);\nvoid tdx_elsewhere(void) { asm(".skip 1000"); }' \
		kernel/tdx_ext.c \
		's|"%llu quotes", (unsigned|"%llu quotes, counted", (unsigned|' bench/measure/path.c
}

# commit BRANCH SCRIPT FILE [SCRIPT FILE]...
commit() {
	local branch=$1

	shift
	git checkout -q -B "$branch" origin/HEAD
	while (($#)); do
		sed -i "$1" "$2"
		! git diff --quiet -- "$2" || { echo "nothing to edit in $2"; exit 1; }
		shift 2
	done
	git commit -qam "tests: $branch"
}

ab() { "$bench" ab --base origin/HEAD --head "$1" --results "$work/$1"; }

if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	skip "the gate" "this is no git repository"
	checks_done
	exit
fi
make_commits

check "twenty instructions more in the loop" "ab slower" 2 '^REGRESSION: ' \
	'path.per_entry .* \+20 instructions' '^tdx_ext_seamcall +kernel/tdx_resume.c .*\+' \
	'^ +kernel/tdx_resume.c:[0-9]+ +0 ' 'comparison: '
check "the comparison is kept" "ls $work/slower/*/" 0 '^comparison.md$' '^comparison.json$' '^flames$' '^base$' '^head$'
check "and as a flame graph" "grep -l tdx_ext_seamcall $work/slower/*/flames/*.svg" 0 '\.svg$'
check "a comment, a message, and all else at other addresses" "ab other" 0 '^identical: [0-9]+ steady metrics'
check "of the same tree twice" "ab origin/HEAD 2>&1" 0 '^identical: '

checks_done
