#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The files for CI: they call commands and options that there are, and are YAML where
# yamllint is there to tell.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

# Each call as a line "COMMAND [OPTION]...", where "history add" is one.
calls() {
	grep -oE 'build/tdxbench [^|]*' "$1" |
		sed -E 's,build/tdxbench ([a-z]+( add)?),\1,; s/ [^ -][^ ]*//2g' |
		grep -oE '^[a-z]+( add)?|--[a-z-]+' | sed -z 's/\n--/ --/g'
}

for file in scripts/ci/*.yml; do
	while read -r call; do
		read -ra options < <(grep -oE -- '--.*' <<<"$call" || echo)
		check "$file: $call" "$bench ${call%% --*} --help" 0 '^usage' "${options[@]}"
	done < <(calls "$file")
	if command -v yamllint >/dev/null; then
		check "$file is YAML" "yamllint -s -d '{extends: default, rules: {line-length: {max: 120}, document-start: disable, truthy: disable}}' $file" 0
	fi
done

checks_done
