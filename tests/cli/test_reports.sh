#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Files that are no results: one line, exit status 1. (Reports of a real result
# are in tests/vm/short.sh; tests/unit/test_result.c has every malformed field.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

# malformed NAME TEXT REGEX
malformed() {
	printf '%b' "$2" >"$work/result.json"
	check "$1" "$bench report $work/result.json" 1 "^tdxbench: cannot read $work/result.json: $3"
	check "$1, as digest" "$bench report --digest $work/result.json" 1 '!^[0-9a-f]{64}$'
}

malformed "empty file" '' 'line 1: .* expected'
malformed "no JSON" 'hello' "line 1: .* near 'hello'$"
malformed "half of a file" '{"schema": "tdxbench-result/1", "points": [' 'line 1: .* near end of file$'
malformed "a list" '[]' 'result: not a result of tdxbench: no "schema"$'
malformed "no schema" '{}' 'result: not a result of tdxbench: no "schema"$'
malformed "another schema" '{"schema": "tdxbench-result/99"}' \
	'result: schema is "tdxbench-result/99", this tdxbench reads tdxbench-result/1$'
malformed "fields are missing" '{"schema": "tdxbench-result/1", "complete": true}' 'result: "started" is missing$'
malformed "binary" '\0\1\2' 'line 1: '

check "missing file" "$bench report $work/none.json" 1 \
	"^tdxbench: cannot read $work/none.json: No such file or directory$"
check "directory without a result" "$bench report $TMPDIR" 1 "cannot read $TMPDIR/result.json: No such file"
check "two results" "$bench report a b" 129 "one result at a time, 'b' is one too many"
check "two forms" "$bench report --csv --json a" 129 'choose one of --digest, --canonical, --json and --csv'

checks_done
