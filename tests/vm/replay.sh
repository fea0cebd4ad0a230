#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Record in a VM, calibrate, replay in another: the same medians. And with a profile
# that is wrong by 5 %, the replay says so.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

module=${BUILD:-build}/tdx_lab.ko
small="pool_pages=1100 mem_add_ns=0 ext_init_ns=1ms quote_init_ns=1ms"

# NAME, then what load is asked for.
record() {
	local name=$1

	shift
	scripts/vm.sh --cpus 2 --results "$work/$name.cap" --file "$bench:/bin/tdxbench:755" \
		--file "$module:/lib/tdx_lab.ko:644" -- sh -c \
		"insmod /lib/tdx_lab.ko && tdxbench record -o \$TDXBENCH_RESULTS -- tdxbench load $* $small"
}

replay() { "$bench" replay --results "$work" "$@"; }
profile() { cat "$work/$1.ini"; }

# quote_ns of a profile, 5 % more.
falsify() { awk '$1 == "quote_ns" { $3 = int($3 * 1.05) } 1' "$work/$1.ini" >"$work/false.ini"; }

check "quotes that vary are recorded, module left at interrupts" \
	"record vary --guests 2 --quotes 60 seed=5 quote_ns=9ms quote_p0=8000 quote_p10=8500 \
	quote_p25=9000 quote_p75=11000 quote_p90=12000 quote_p99=14000 quote_p100=15000" 0 'none lost'
check "calibrate" "$bench calibrate $work/vary.cap -o $work/vary.ini" 0 '!WARNING'
check "measured: times and their spread, pool, why it is left" "profile vary | sed '/assumed/,\$d'" 0 \
	'^quote_ns = ' '^quote_p90 = 1[12]' '^pool_pages = 1100$' '^yield = pending$' \
	'measured from vary.cap, 60 quotes' '!^slots' '!^seed'
check "assumed: what it does not tell" "profile vary | sed '1,/assumed/d'" 0 \
	'^seed = 1$' '^slots = 64$' '!quote_ns' '!quote_p90' '!pool_pages'
check "replay: the same medians" "replay $work/vary.cap" 0 'a model' \
	'^\* in SEAM.* [+-][01]\.[0-9]*%' '^\* slice' '^\* iterations' 'within 2 %' '!NOT'
check "what it leaves behind" "ls $work/replay-vary" 0 '^profile.ini$' '^suite.ini$' '^replay.cap$' '^replay.json$'
check "and says in JSON" "python3 -m json.tool $work/replay-vary/replay.json" 0 \
	'"schema": "tdxbench-replay/1"' '"within": true' '"name": "iterations"'
cp "$work/replay-vary/replay.cap" "$work/first.cap"
check "the same once more: to the last byte" \
	"replay $work/vary.cap >/dev/null && cmp $work/first.cap $work/replay-vary/replay.cap" 0
falsify vary
check "replay of a profile that is wrong by 5 %" "replay --profile $work/false.ini --json $work/vary.cap" 2 \
	'"within": false' '!"within": true'
check "a replay is a capture, too" "$bench calibrate $work/replay-vary/replay.cap" 0 'measured from replay.cap, 60 quotes'

### Mistakes

check "no capture" "$bench calibrate" 129 'one capture is needed'
check "a capture that is none" "$bench replay tests/vm/replay.sh" 1 'tests/vm/replay.sh: this is no capture'
check "a capture that is not there" "$bench calibrate $work/none.cap" 1 'none.cap: No such file'
head -c -40 "$work/vary.cap" >"$work/short.cap"
check "a capture that was cut short: whatever is left of it, that is said" \
	"$bench calibrate $work/short.cap || ((\$? == 1))" 0 'WARNING: .* was cut short'
check "a profile that cannot be written" "$bench calibrate -o /nonexistent/x.ini $work/vary.cap" 1 '/nonexistent/x.ini: No such file'
check "a module that is not there" "replay --module /nonexistent $work/vary.cap" 77 \
	'there is no lab module /nonexistent: No such file.* tdxbench setup, builds one; or give --module$'
check "a kernel argument of two lines" "replay --append \$'a\nb' $work/vary.cap" 129 \
	'^tdxbench replay: --append: allowed is one line of printable ASCII characters$'
check "a tolerance of nothing is not met" "replay --tolerance -1 $work/vary.cap" 129 'tolerance'

checks_done
