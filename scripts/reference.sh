#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make results/reference anew: the quick suite, run by what HEAD builds, with its report
# and the plots that README.md shows. What was there is replaced when all went well.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."
program=${BUILD:-build}/tdxbench
reference=results/reference

die() {
	echo "reference.sh: $*" >&2
	exit 1
}

# A result of what nobody else can build is no reference.
changes=$(git status --porcelain) || die "only a git checkout knows which commit a result is of"
[[ ! $changes ]] || die "commit first, there are changes: ${changes%%$'\n'*}"
[[ $("$program" --version) == "tdxbench $(git describe --always --dirty)" ]] ||
	die "$program is not of this commit, make builds it"

tmp=$(mktemp -d results/.reference.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
"$program" run --results "$tmp/run" || die "the run failed, $reference stays as it was"
mkdir "$tmp/new"
cp "$tmp"/run/latest/{result.json,report.html,plots/*.svg} "$tmp/new"
rm -rf "$reference"
mv -T "$tmp/new" "$reference"
echo "$reference is new: README.md shows its tables and plots, look whether it still does"
