#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tdxbench top in a VM (test_top.c), and its figures against the kernel's counters. With a
# DIRECTORY of scripts/kernel.sh, on the kernel there.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"
# shellcheck source=tests/vm/boot.sh
source tests/vm/boot.sh

seen=$work/seen
python='/usr/bin/python3 -B'

in_vm() {
	scripts/vm.sh "${lab[@]}" --cpus 4 --mem 768 --results "$seen" \
		--file "${BUILD:-build}/tests/vm/test_top:/bin/test_top:755" -- test_top
}

# Adds the intervals up: the first line is what the kernel has counted.
add_up() {
	$python - "$seen" <<'END'
import json, sys

lines = [json.loads(line) for line in open(sys.argv[1])]
kernel, seen = lines[0], lines[1:]
leaves = ["EXT.INIT", "EXT.MEM.ADD", "QUOTE.INIT", "QUOTE.GET"]

def same(what, a, b):
    assert a == b, f"{what}: {a}, not {b}"

for name, entries in zip(leaves, kernel["leaves"]):
    same(name, sum(o["leaves"][name]["iterations"] for o in seen), entries)
same("quotes", sum(o["all"]["quotes"] for o in seen), kernel["ok"])
same("errors", sum(o["all"]["errors"] for o in seen), kernel["failed"])
same("calls", sum(o["leaves"]["QUOTE.GET"]["calls"] for o in seen), kernel["ok"])
same("quotes of TDs", sum(t["quotes"] for o in seen for t in o["tds"]), kernel["ok"])
same("TDs", len({t["td"] for o in seen for t in o["tds"] if t["quotes"]}), kernel["guests"])
same("time", sum(o["interval_ns"] for o in seen), seen[-1]["up_ns"])
same("updates", seen[-1]["state"]["updates_since_start"], 1)
same("quoting", seen[-1]["state"]["quoting"], "available")
same("still waiting", seen[-1]["all"]["waiting_now"] + seen[-1]["all"]["in_flight_now"], 0)

for o in seen:
    same("lost", o["lost_events_since_start"], 0)
    seconds = o["interval_ns"] / 1e9
    rate = o["all"]["quotes_per_second"]
    assert abs(rate * seconds - o["all"]["quotes"]) < 1e-6
    # Nobody has more than one request under way, so none waits longer than there is time.
    for td in o["tds"]:
        assert td["waited_ns"] <= o["interval_ns"] + 5e6, td
        assert td["waiting_now"] <= 1 and td["in_flight_now"] <= 1, td
    if o["all"]["waited_ns"]:
        assert abs(sum(t["queue_share_percent"] for t in o["tds"]) - 100) < 1e-6
    spreads = [o["all"]["total"], *o["timers"].values(), *(t["total"] for t in o["tds"])]
    spreads += [l[k] for l in o["leaves"].values() for k in ("seam", "gap")]
    for s in spreads:
        assert not s["count"] or s["p50_ns"] <= s["p99_ns"] <= s["max_at_most_ns"], s

# One buffer for all: with 16 guests, one quote is made and up to 15 wait, all the time.
busy = max(seen, key=lambda o: o["all"]["quotes"])
waiting = busy["all"]["waited_ns"] / busy["interval_ns"]
assert 13 < waiting < 16, waiting
assert busy["timers"]["seam"]["count"] > 0
print(f"{kernel['ok']} quotes in {len(seen)} intervals; on average {waiting:.2f} waited")
END
}

check "test_top in the VM" in_vm 0 '^1\.\.6$' '!^not ok' '^ok 6 '
check "intervals add up to the kernel's counters" add_up 0 'quotes in [0-9]+ intervals'

checks_done
