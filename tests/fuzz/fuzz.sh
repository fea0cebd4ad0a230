#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the fuzz targets one after the other from the committed corpus on. A target
# is one test: it passes when nothing is found. Without --keep the same inputs are
# tried each time, as far as time allows: a test should not fail by chance.
set -euo pipefail

cd "$(dirname "$0")/../.."
build=${BUILD:-build}
seconds=30
keep=
declare -A longest=([fuzz_result]=16384 [fuzz_capture]=8192)	# bytes of an input, others 1024
tests=0 failed=0

usage() {
	cat <<EOF
Usage: tests/fuzz/fuzz.sh [OPTION]

  --seconds N  to fuzz, all targets together (default $seconds)
  --keep       on all CPUs, and keep what is new in $build/fuzz/TARGET/corpus
  -h, --help   this text

What is found is kept in $build/fuzz/TARGET: $build/tests/fuzz/TARGET FILE runs
it again. Prints TAP. Exit status: 0 nothing was found, 1 something was, 129 usage.
EOF
}

main() {
	local targets=("$build"/tests/fuzz/fuzz_*) target

	while (($#)); do
		case $1 in
		--seconds) seconds=${2:-} && shift $(($# > 1)) ;;
		--keep) keep=1 ;;
		-h | --help) usage && return ;;
		*) die "unknown argument '$1', allowed are --seconds, --keep and --help" ;;
		esac
		shift
	done
	[[ $seconds =~ ^[1-9][0-9]{0,5}$ ]] || die "--seconds is '$seconds', allowed is 1 to 999999"
	[[ -x ${targets[0]} ]] || die "no targets in $build/tests/fuzz, run make"

	tmp=$(mktemp -d "${TMPDIR:-/tmp}/tdxbench-fuzz.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	for target in "${targets[@]}"; do
		fuzz "$(basename "$target")" "$(((seconds + ${#targets[@]} - 1) / ${#targets[@]}))"
	done
	echo "1..$tests"
	((!failed))
}

# fuzz TARGET SECONDS
fuzz() {
	local target=$1 found=$build/fuzz/$1 new=$tmp/$1 options=(-max_total_time="$2") status=0

	if [[ $keep ]]; then
		new=$found/corpus
		options+=(-fork="$(nproc)")
	else
		options+=(-seed=1)
	fi
	mkdir -p "$found" "$new"
	# What a target that dies leaves behind goes with the rest.
	TMPDIR=$tmp "$build/tests/fuzz/$target" -max_len="${longest[$target]:-1024}" -len_control=0 -timeout=20 -verbosity=1 \
		-artifact_prefix="$found/" "${options[@]}" "$new" "tests/fuzz/corpus/$target" \
		>"$tmp/log" 2>&1 || status=$?

	tests=$((tests + 1))
	tell "$target" "$2"
	if ((!status)); then
		echo "ok $tests - $target finds nothing"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $target finds nothing"
		tail -n 40 "$tmp/log" | sed 's/^/# | /'
	fi
}

# Executions, by the last line that has a count.
tell() {
	local count

	count=$(sed -n 's/^#\([0-9]\+\)[:\t].*/\1/p' "$tmp/log" | tail -n 1)
	echo "# $1: ${count:-0} executions in $2 s"
}

die() {
	echo "fuzz.sh: $*" >&2
	exit 129
}

main "$@"
