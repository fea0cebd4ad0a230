#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ways of looking, with the tools of this machine: what each costs, who loses events
# and says so, that all of it repeats, and that nothing is left behind.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

suite=tests/vm/probe-cost.ini
again='loss/observer=perf-record'

run() { "$bench" run --results "$work/$1" "${@:2}" "$suite"; }
digest() { "$bench" report --digest "$work/$1/latest"; }
# The value of a point's metric
value() {
	"$bench" report --csv "$work/1/latest" |
		awk -F, -v id="$1" -v name="$2" '$1 == id { for (i = 2; i <= NF; i++) if ($i == name) print $(i + 4) }'
}
# holds EXPRESSION of numbers
holds() { awk "BEGIN { exit !($1) }" || { echo "does not hold: $1"; return 1; }; }

cost() { value "$1/observer=$2" price.cost; }
lost() { value "loss/observer=$1" loss.missing; }

all_cost() {
	local observer

	for observer in nothing iterations preemption quotes throughput stream {raw,btf,tp}-{empty,count,hist}; do
		holds "$(cost price "$observer") > 0" || { echo "$observer"; return 1; }
	done
	for observer in ftrace perf-stat bpftrace-same; do
		holds "$(cost tools "$observer") > 0" || { echo "$observer"; return 1; }
	done
	for observer in ftrace-hist trace-cmd perf-record bpftrace-hist; do
		holds "$(cost both "$observer") > 0" || { echo "$observer"; return 1; }
	done
}

# What it says it lost, and what is missing, and that it is not nothing.
owns_up() { holds "$(lost "$1") > 0 && $(lost "$1") == $(value "loss/observer=$1" loss.said)"; }

check "a run with every way of looking" "run 1" 0 '\[32/32\]' 'Price of looking, per iteration' \
	'Events lost at rising rates' '!WARNING|INCOMPLETE|LOST|OPEN|left out'
check "every way costs something" all_cost 0
check "our collectors: at most 250 an iteration" \
	"holds '$(cost price iterations) <= 250 && $(cost price preemption) <= 250 && $(cost price throughput) <= 250'" 0
check "the same with bpftrace: at least 6 times as much" \
	"holds '$(cost tools bpftrace-same) >= 6 * $(cost price iterations)'" 0
check "perf record of an iteration's events: at least 10 times" \
	"holds '$(cost both perf-record) >= 10 * $(cost price iterations)'" 0
check "our collectors lose nothing flat out" \
	"holds '$(lost iterations) == 0 && $(lost preemption) == 0'" 0
check "and that is more than a million iterations a second" \
	"holds '$(value loss/observer=iterations loss.rate) > 1e6'" 0
check "ftrace without a reader loses events and says so" "owns_up ftrace" 0
check "who else loses events says so" \
	"$bench report --csv $work/1/latest | grep -c ',loss.unsaid,,lower,exact,0,'" 0 '^10$'
check "no table is wider than 80 columns" \
	"sed -n '/Price of/,/^\$/p; /Events lost/,/^\$/p' <($bench report $work/1/latest) | awk 'length > 80'" 0 '!.'
check "page and plots" "ls $work/1/latest/plots && cat $work/1/latest/report.html" 0 '^price.svg$' '^loss.svg$' \
	'Price of looking, per iteration'

check "one of them" "run 2 --points '$again'" 0 '\[ 1/1\]'
check "and again" "run 3 --points '$again'" 0 '\[ 1/1\]'
check "a digest" "digest 2" 0 '^[0-9a-f]{64}$'
check "the same numbers" "[[ $(digest 2) == $(digest 3) ]]" 0

### What is not there, what hangs, what is interrupted

check "a tool that is not installed" \
	"without bpftrace $bench probe-cost --results $work/4 --observers bpftrace-count" 77 \
	'^tdxbench: points of bpftrace are left out: it is not installed \(apt-get install bpftrace\)$'
check "an observer that there is not" "$bench probe-cost --observers iterations,strace" 129 \
	"^tdxbench probe-cost: --observers is 'strace', allowed is nothing, iterations, .*, bpftrace-same$"
check "--json" "$bench probe-cost --json --results $work/5 --observers nothing,ftrace --points x" 129 \
	'choose one of --observers and --points'

# A signal while trace-cmd has an instance, then one that fails, and a perf that hangs.
cat >"$work/in-vm" <<'END'
run="tdxbench run --target local --yes --module /lib/tdx_lab.ko --stream /tmp/stream --points"
left() { ls /sys/kernel/tracing/instances; ls /tmp; ps | grep -E 'perf|trace-cmd' | grep -v grep; lsmod | grep tdx; cat /sys/kernel/tracing/set_event; }
(trap - INT; exec $run 'loss/observer=trace-cmd' /long.ini) & pid=$!
for _ in $(seq 300); do
	grep -qs 1 /sys/kernel/tracing/instances/*/events/tdx_ext/seamcall_exit/enable && break
	sleep 0.1
done
kill -TERM $pid; wait $pid; echo "interrupted: $?"
printf '#!/bin/sh\nwhile :; do sleep 1; done\n' >/bin/perf
printf '#!/bin/sh\necho no such thing as tracing; exit 3\n' >/bin/trace-cmd
chmod +x /bin/perf /bin/trace-cmd
export PATH=/bin:$PATH
$run 'tools/observer=perf-stat' /suite.ini; echo "perf: $?"
$run 'both/observer=trace-cmd' /suite.ini; echo "trace-cmd: $?"
rm /tmp/stream
echo "left: $(left)"
END
sed 's/30ms/900ms/' "$suite" >"$work/long.ini"
in_vm() {
	scripts/vm.sh --cpus 2 --mem 768 --tool trace-cmd --file "$bench:/bin/tdxbench:755" \
		--file "${BUILD:-build}/tdx_lab.ko:/lib/tdx_lab.ko:644" --file "$suite:/suite.ini" \
		--file "$work/long.ini:/long.ini" --file "$work/in-vm:/in-vm" -- sh /in-vm
}
check "tools that hang or fail, and a signal: one line each, and nothing is left" in_vm 0 \
	'tdxbench: perf is not ready after 60 s: it said nothing$' '^perf: 1$' \
	'tdxbench: trace-cmd ended before it was ready: no such thing as tracing$' '^trace-cmd: 1$' \
	'interrupted$' '^interrupted: 1$' '^left: $'

checks_done
