#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench profile: usage, a profile shown in every form, and files that are none.
# (That the right instructions are counted in a VM is in tests/vm/gate.sh.)
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

profile="$bench profile"

### Usage

check "help" "$profile --help" 0 '^usage: tdxbench profile ' '--flames DIR'
check "a base without flames" "$profile --from a --base b" 129 '^tdxbench profile: --base goes with --flames; '
check "flames and JSON" "$profile --from a --flames b --json" 129 '^tdxbench profile: choose one of --flames and --json$'
check "--from measures nothing" "$profile --from a 'quote*'" 129 "'quote\*' would measure$"
for option in --results --kernel --module; do
	check "--from has no use for $option" "$profile --from a $option b" 129 'are for measuring$'
done
check "one argument too many" "$profile a b c" 129 "got 'c' too$"
check "no lines to show" "$profile --top 0 --from a" 129 '--top'
check "a point that is in no suite" "$profile --results $work/results none" 129 "no point of suite gate matches 'none'"
check "nothing was made for these" "ls -A $work/results" 2

### A profile

mkdir "$work/head" "$work/base"
cat >"$work/head/profile.json" <<'END'
{"schema": "tdxbench-profile/1", "tdxbench": "v", "kernel": "k", "points": [
 {"id": "quote/policy=default", "measurement": "path", "quotes": 10, "lost": 2,
  "parts": {"path": 4000, "module": 1000, "interrupts": 5},
  "functions": [
   {"name": "tdx_getquote", "file": "kernel/tdx_getquote.c", "part": "path", "self": 1000, "total": 5000},
   {"name": "memcpy", "file": "", "part": "path", "self": 3000, "total": 3000},
   {"name": "emu_compute", "file": "", "part": "module", "self": 1000, "total": 1000}],
  "lines": [{"file": "kernel/tdx_getquote.c", "line": 77, "function": "tdx_getquote", "part": "path", "count": 400}],
  "stacks": [["tdx_getquote;memcpy", 3000, "path"], ["tdx_getquote", 1000, "path"], ["tdx_getquote;emu_compute", 1000, "module"]]},
 {"id": "pool", "measurement": "pool", "quotes": 0, "parts": {"path": 7}, "functions": [], "lines": [], "stacks": [["tdx_ext_init", 7, "path"]]}]}
END
sed -e 's/\[\["tdx_getquote;memcpy", 3000/[["tdx_getquote;memcpy", 2000/' "$work/head/profile.json" >"$work/base/profile.json"

check "functions and lines, per quote" "$profile --from $work/head" 0 \
	'^quote/policy=default: 10 quotes; instructions of each: path 400.0 module 100.0 interrupts 0.5 scheduling 0.0' \
	'^2 quotes were given up half-way' '^ +100\.0 +500\.0 +25\.00  tdx_getquote  kernel/tdx_getquote\.c$' \
	'^ +300\.0 +300\.0 +75\.00  memcpy$' '^ +40\.0 +10\.00  kernel/tdx_getquote\.c:77  tdx_getquote$' '!emu_compute' \
	'^virtual clock: .*software TDX module: a model$'
check "without quotes, of all" "$profile --from $work/head/profile.json" 0 '^pool: 0 quotes; instructions: path 7\.0' \
	'no lines: the module has no debug information$'
check "the first of them" "$profile --from $work/head --top 1" 0 '1 more, see --top$' '!memcpy'
check "as JSON" "$profile --from $work/head --json | python3 -c 'import json, sys; p = json.load(sys.stdin); print(p[\"tdxbench\"], p[\"points\"][0][\"parts\"][\"path\"])'" 0 '^v 4000$'
check "flame graphs" "$profile --from $work/head --flames $work/flames" 0 \
	"^flame graph: $work/flames/quote-policy=default.svg$" "^flame graph: $work/flames/pool.svg$"
check "folded stacks" "cat $work/flames/quote-policy=default.folded" 0 '^tdx_getquote;memcpy 3000$' '^tdx_getquote;emu_compute 1000$'
check "drawn per quote" "xmllint --noout $work/flames/quote-policy=default.svg && cat $work/flames/quote-policy=default.svg" 0 \
	'instructions per quote' '^300 instructions, 60\.00 %$'
check "with differences" "$profile --from $work/head --flames $work/diff --base $work/base && cat $work/diff/quote-policy=default.svg" 0 \
	'200 → 300 \(\+100\) instructions'
check "nothing else is left" "ls -A $work/flames" 0 '^pool.folded$' '^pool.svg$' '!part'
check "flames nowhere" "$profile --from $work/head --flames /proc/x" 1 'cannot write /proc/x'
check "a base that is not there" "$profile --from $work/head --flames $work/none --base $work/none" 1 \
	"^tdxbench profile: cannot read $work/none: No such file or directory$"
check "nor was anything drawn" "ls $work/none" 2

### Files that are no profile

# hostile NAME TEXT REGEX
hostile() {
	printf '%b' "$2" >"$work/profile.json"
	check "$1" "$profile --from $work/profile.json" 1 "^tdxbench profile: cannot read $work/profile.json: $3" '!\x1b'
	check "$1, drawn" "$profile --from $work/profile.json --flames $work/hostile" 1 "cannot read $work/profile.json: "
}

# point MEMBER VALUE: a profile of one point that is right but for that
point() {
	python3 - "$@" <<'END'
import json, sys
p = json.load(open(sys.argv[1]))["points"][0]
at, keys = p, sys.argv[2].split(".")
for key in keys[:-1]:
    at = at[int(key) if key.isdigit() else key]
last = int(keys[-1]) if keys[-1].isdigit() else keys[-1]
if sys.argv[3] == "gone":
    del at[last]
else:
    at[last] = json.loads(sys.argv[3])
print(json.dumps({"schema": "tdxbench-profile/1", "points": [p]}))
END
}

check "missing file" "$profile --from $work/nothing" 1 "^tdxbench profile: cannot read $work/nothing: No such file"
check "a directory without one" "$profile --from $TMPDIR" 1 "cannot read $TMPDIR/profile.json: No such file"
hostile "empty file" '' 'it is empty'
hostile "half of a file" '{"schema": "tdxbench-profile/1", "points": [' 'line 1: .* near end of file$'
hostile "a result" '{"schema": "tdxbench-result/1"}' 'schema is "tdxbench-result/1", this tdxbench reads tdxbench-profile/1$'
hostile "no points" '{"schema": "tdxbench-profile/1"}' '"points" must be an array$'
hostile "not a number" '{"schema": "tdxbench-profile/1", "points": [NaN]}' 'line 1: '
for damage in 'id 7' 'id gone' 'quotes "x"' 'quotes -1' 'quotes gone' 'parts []' 'parts.path "x"' 'functions {}' \
	'functions.0 7' 'functions.0.name gone' 'functions.0.self null' 'lines 3' 'lines.0.line "x"' 'lines.0.count -5' 'lines gone' \
	'functions.0.name "\u001b[31m"' 'id "a\nb"'; do
	read -r member value <<<"$damage"
	hostile "$damage" "$(point "$work/head/profile.json" "$member" "$value" | sed 's/\\/\\\\/g')" '.*must (have|be) '
done
for damage in 'stacks 7' 'stacks [7]' 'stacks [[1,2]]' 'stacks [["a",-1]]' 'stacks gone' 'functions.0.total "x"' 'lost []' 'measurement 7'; do
	read -r member value <<<"$damage"
	point "$work/head/profile.json" "$member" "$value" >"$work/profile.json"
	check "$damage: what is right is shown" "$profile --from $work/profile.json" 0 'memcpy'
done
for damage in 'stacks [7]' 'stacks [[1, 2]]' 'stacks [["a", -1]]' 'stacks [["a", "b"]]'; do
	read -r member value <<<"$damage"
	point "$work/head/profile.json" "$member" "$value" >"$work/profile.json"
	check "$damage cannot be drawn" "$profile --from $work/profile.json --flames $work/bent" 1 'stack 1 is not \["a;b;c", number\]$'
done
check "nothing is left of that" "ls -A $work/bent" 0 '!.'
check "nothing was drawn of these" "ls $work/hostile" 2

checks_done
