# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of one line each, sourced by test scripts:
#
#   check NAME COMMAND STATUS [REGEX]...
#
# runs COMMAND and passes when it exits with STATUS, each extended REGEX is
# found in what it prints (stdout and stderr), one starting with '!' is not,
# and nothing is left in $TMPDIR. "skip NAME REASON" says that a test cannot be
# made here; "checks_done" ends the script.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export bench=${BUILD:-build}/tdxbench
work=$(mktemp -d "${TMPDIR:-/tmp}/tdxbench-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
# What the tests themselves write is in $work; in $TMPDIR nothing may be left.
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

checks=0 checks_failed=0

check() {
	local name=$1 command=$2 wanted=$3 output status=0 why=''

	shift 3
	output=$(eval "$command" 2>&1) || status=$?
	((status == wanted)) || why="exit status is $status, not $wanted"
	[[ $why ]] || why=$(unmatched "$output" "$@")
	[[ $why || ! $(ls -A "$TMPDIR") ]] || why="left in TMPDIR: $(ls -A "$TMPDIR")"
	report "$name" "$why" "$command" "$output"
}

# A command with all programs of PATH but one.
without() {
	local program=$1 bin dir

	shift
	bin=$work/without-$program
	mkdir -p "$bin"
	while IFS= read -rd: dir; do
		find "$dir/" -maxdepth 1 ! -name "$program" ! -type d -exec ln -sft "$bin" {} + 2>/dev/null || :
	done <<<"$PATH:"
	PATH=$bin "$@"
}

unmatched() {
	local output=$1 regex

	shift
	for regex; do
		if [[ $regex == !* ]]; then
			! grep -qE -- "${regex#!}" <<<"$output" || echo "'${regex#!}' is in the output"
		else
			grep -qE -- "$regex" <<<"$output" || echo "'$regex' is not in the output"
		fi
	done | sed -n 1p
}

report() {
	checks=$((checks + 1))
	if [[ ! $2 ]]; then
		echo "ok $checks - $1"
		return
	fi
	checks_failed=$((checks_failed + 1))
	echo "not ok $checks - $1"
	printf '# %s\n' "$2" "$ $3"
	sed 's/^/# | /' <<<"$4"
}

skip() {
	checks=$((checks + 1))
	echo "ok $checks - $1 # SKIP $2"
}

checks_done() {
	echo "1..$checks"
	((!checks_failed)) || exit 1
}
