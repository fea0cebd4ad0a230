#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every form of a result, read by what people read it with: all numbers, units and
# verdicts come out as they stand in result.json, of the reference run and of results
# made to be unpleasant. And each reader refuses what is broken, else it proves nothing.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

python='/usr/bin/python3 -B'	# Debian's: it has the packages
formats='csv ktap junit kcidb bmf gha-smaller gha-bigger openmetrics'
kunit=${TDXBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxbench}/linux/current/source/tools/testing/kunit

$python tests/export/nasty.py results/reference/result.json "$work" >"$work/names"
cp results/reference/result.json "$work/reference.json"
points=$(grep -c '^   "id": ' "$work/reference.json")
open=$(((points + 1) / 2))	# of open_books

# export_as NAME FORMAT...: into $work/NAME.FORMAT
export_as() {
	local name=$1 format

	shift
	for format; do
		"$bench" report --format "$format" "$work/$name.json" >"$work/$name.$format"
	done
}

# read_back NAME FORMAT...: what must be true of all forms, whatever the result
read_back() {
	local name=$1 format files=()

	shift
	export_as "$name" "$@" 2>/dev/null
	for format; do files+=("$format=$work/$name.$format"); done
	check "$name: all that it says comes out as it is" \
		"$python tests/export/check.py $work/$name.json ${files[*]}" 0 "${@/%/: [0-9]+ checked\$}"
	check "$name: XML of the kind" "xmllint --noout --schema tests/export/junit.xsd $work/$name.junit" 0
}

# The verdict of TAP's own harness: 0 all is well, 1 open books, 255 bailed out.
harness() { check "$1: prove" "prove -e cat $work/$1.ktap" "${@:2}"; }

# shellcheck disable=SC2086	# a list of words
for name in reference hostile open_books incomplete real numbers; do
	read_back "$name" $formats
done
read_back clashes ${formats/gha-bigger/}
read_back nothing ${formats/gha-smaller gha-bigger/}

harness reference 0 "^Files=1, Tests=$((points + 1))," '^Result: PASS'
harness hostile 0 "^Files=1, Tests=$((points + 1))," '^Result: PASS'
harness open_books 1 "Failed $open/$((points + 1)) subtests"
harness incomplete 255 'FAILED--Further testing stopped: TODO: kernel panic'
harness nothing 255 'Further testing stopped: no point'

### Heavy readers, where they are

for name in reference hostile open_books incomplete nothing real numbers clashes; do
	if [[ -e $kunit/kunit_parser.py ]]; then
		check "$name: the kernel's own reader of KTAP" \
			"KUNIT_PARSER=$kunit $python tests/export/check.py $work/$name.json kunit=$work/$name.ktap" 0 'checked$'
	else
		skip "$name: the kernel's own reader of KTAP" "no Linux sources: scripts/kernel.sh source"
	fi
done
# Backfilling a database wants times, which "real" and its like do not have.
for name in reference hostile open_books incomplete numbers clashes; do
	if command -v promtool >/dev/null; then
		check "$name: Prometheus takes it" \
			"promtool tsdb create-blocks-from openmetrics $work/$name.openmetrics $work/tsdb.$name" 0 \
			" $(grep -vc '^#' "$work/$name.openmetrics") +[0-9]+ +[0-9]+\$"
	else
		skip "$name: Prometheus takes it" "no promtool: Debian's prometheus"
	fi
done

### What is said besides

check "what is left out is said" "$bench report -f bmf $work/open_books.json >/dev/null" 0 \
	"^tdxbench: left out $open of $points points: their books are open or events were lost\$"
check "nothing is left out, nothing is said" "$bench report -f bmf $work/reference.json >/dev/null" 0 '!.'
check "nothing to be bigger" "$bench report -f gha-bigger $work/nothing.json" 1 'nothing in this result is better when it is higher'
check "--csv is --format csv" "diff <($bench report --csv $work/reference.json) $work/reference.csv" 0 '!.'
check "--json is --format json" "diff <($bench report -j $work/reference.json) <($bench report -f json $work/reference.json)" 0 '!.'
$python -c 'import json, sys; json.dump(json.load(sys.stdin), sys.stdout, sort_keys=True)' \
	<"$work/reference.json" >"$work/sorted.json"
ids_of() { grep -oE '"(build_|checkout_)?id":"[^"]*"' "$1"; }
check "the same result laid out otherwise has the same ids" \
	"diff <($bench report -f kcidb $work/sorted.json | ids_of -) <(ids_of $work/reference.kcidb)" 0 '!.'
check "another result has others" \
	"comm -12 <(ids_of $work/real.kcidb | sort) <(ids_of $work/reference.kcidb | sort) | grep tdxbench:.*/" 1 '!.'
check "of a build that KCIDB knows" "$bench report -f kcidb --origin my_ci --build my_ci:build/7 $work/reference.json |
	tee $work/mine.kcidb; $python tests/export/check.py $work/reference.json kcidb=$work/mine.kcidb" 0 \
	'"build_id":"my_ci:build/7","id":"my_ci:' '!"(checkouts|builds)"' '^kcidb: [0-9]+ checked$'
check "unknown format" "$bench report -f yaml" 129 "^tdxbench report: --format is 'yaml', allowed is json\|csv\|ktap\|"
check "two forms" "$bench report -f bmf --csv" 129 'choose one of --digest, --canonical, --json, --csv and --format$'
check "format of two" "$bench report -f bmf $work/reference.json $work/real.json" 129 '^tdxbench report: bmf is of one result'
check "CSV of two as a format" "$bench report -f csv $work/reference.json $work/real.json" 0 '^result,id,section,'
check "bad origin" "$bench report -f kcidb --origin My-CI" 129 "^tdxbench report: --origin is 'My-CI', allowed are a to z, 0 to 9 and _$"
check "bad build" "$bench report -f kcidb --build 7" 129 "^tdxbench report: --build is '7', allowed is ORIGIN:ID$"

### The readers can say no

# refused FORMAT WHAT SED REGEX: the reference run, changed
refused() {
	sed -E "$3" "$work/reference.$1" >"$work/broken.$1"
	! cmp -s "$work/reference.$1" "$work/broken.$1" || echo "nothing is broken" >"$work/broken.$1"
	check "$1 refused: $2" "$python tests/export/check.py $work/reference.json $1=$work/broken.$1" 1 "^$1: $4"
}

refused csv "a digit" '2s/,([0-9]+\.)/,1\1/' 'Wrong: value of quote.rate'
refused csv "a row less" 3d 'Wrong: number of rows is '
refused csv "a field more" '5s/$/,/' 'Wrong: a row has not as many fields'
refused ktap "a test less" '/^ok 7 /d' 'Wrong: no verdict'
refused ktap "a verdict" 's/^ok 7 /not ok 7 /' 'Wrong: the verdict of'
refused ktap "a directive" '/^ok 7 /s/$/ # SKIP why/' 'Wrong: SKIP'
refused ktap "a number" 's/^ok 7 /ok 8 /' 'Wrong: the number of a test'
refused ktap "a plan" 's/^1\.\./1..1/' "Wrong: a line is '1\.\.1"
refused ktap "a name with #" '/^ok 7 /s/ - /&#/' 'Wrong: no verdict'
refused ktap "what was seen" '0,/# seen /s//&1/' 'Wrong: seen is '
refused junit "a bare &" '0,/classname="/s//&\&/' '(ParseError|XMLSyntaxError): '
refused junit "a total" 's/tests="/&1/' 'Wrong: tests is '
refused junit "a failure" '0,/<testcase ([^\/]*)\/>/s//<testcase \1><failure message="x"\/><\/testcase>/' 'Wrong: verdict of'
refused bmf "a digit" '0,/"value":/s//&1/' 'Wrong: quote.rate \(1/s\) is '
refused bmf "text for a number" '0,/"value":([0-9.]+)/s//"value":"\1"/' 'Wrong: schema: .* is not of type .number.'
refused bmf "a measure that is too long" "0,/quote.rate \(/s//&$(printf 'x%.0s' {1..60})/" 'Wrong: schema: .* is too long'
refused bmf "no value" '0,/"value":[0-9.]+/s//"lower_value":1/' "Wrong: schema: .*'value' is a required"
refused bmf "a key twice" '0,/"quote.count"/s//"quote.errors"/' 'Wrong: an object has a key twice'
refused gha-smaller "no unit" '0,/"unit":"",/s///' "Wrong: schema: .*'unit' is a required"
refused gha-smaller "another unit" '0,/"unit":"ns"/s//"unit":"us"/' 'Wrong: unit is'
refused gha-bigger "a number" '0,/"value":/s//&1/' 'Wrong: quick/'
refused kcidb "another version" 's/"minor": 3/"minor": 4/' 'Wrong: schema: version/minor'
refused kcidb "a null" '0,/"status":"PASS"/s//"status":null/' 'Wrong: schema: .*status'
refused kcidb "an id of nobody" '0,/"id":"tdxbench:/s//"id":"Tdx:/' 'Wrong: schema: .*/id'
refused kcidb "a path with a slash" '0,/"path":"tdxbench\./s//"path":"tdxbench\//' 'Wrong: schema: .*/path'
refused kcidb "a number" '0,/"number":\{"value":/s//&1/' 'Wrong: tdxbench:'
refused kcidb "a verdict" '0,/"status":"PASS","misc":\{"id"/s//"status":"FAIL","misc":{"id"/' 'Wrong: verdicts'
refused kcidb "a build that is not there" '0,/"build_id":"tdxbench:/s//&0/' 'Wrong: a test of no build'
refused openmetrics "no end" '/^# EOF/d' 'ValueError: '
refused openmetrics "a bucket that shrinks" '0,/(_bucket.*\} )([0-9]+)( [0-9]+)$/s//\199999999\3/' '(ValueError|Wrong)'
refused openmetrics "a unit that the name has not" 's/^# UNIT tdxbench_quote_total_seconds .*/# UNIT tdxbench_quote_total_seconds ms/' 'ValueError: '
refused openmetrics "a quote that does not end" '0,/(point="[^"]*)"/s//\1/' 'ValueError: '
refused openmetrics "another time" '/^tdxbench_quote_count/s/ [0-9]+$/ 7/' 'Wrong: timestamp is '
refused openmetrics "a digit" '/^tdxbench_quote_rate_per_second/s/\} /} 1/' 'Wrong: quote.rate'
refused openmetrics "a sum" '0,/_seconds_sum(.*\}) ([0-9.]+) /s//_seconds_sum\1 1 /' 'Wrong: sum of'
sed 's/^ok 7 /not ok 7 /' "$work/reference.ktap" >"$work/broken.ktap"
check "prove refuses: a verdict" "prove -e cat $work/broken.ktap" 1 "Failed 1/$((points + 1))"
sed '/^ok 7 /d' "$work/reference.ktap" >"$work/broken.ktap"
check "prove refuses: a test less" "prove -e cat $work/broken.ktap" 1 'Parse errors'
printf '<testsuites name="x"><testsuite name="y"/></testsuites>' >"$work/broken.junit"
check "xmllint refuses: what is not there" "xmllint --noout --schema tests/export/junit.xsd $work/broken.junit" 3 'fails to validate'
sed 's/<testcase/<testcase\x01/' "$work/reference.junit" >"$work/broken.junit"
check "xmllint refuses: a control character" "xmllint --noout --schema tests/export/junit.xsd $work/broken.junit" 1 'parser error'

checks_done
