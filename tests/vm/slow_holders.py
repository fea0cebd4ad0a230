#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# slow_holders.py EVENTS SLOW: are the holders that tdxbench trace --slow --json names
# (SLOW) those that the events of the same capture tell of (EVENTS: trace --json, with and
# without --iterations)? All had one buffer: a quote has it at least from its first entry
# into the module to its last return, and at most from the return of the one before to the
# entry of the one behind.
import collections
import json
import sys

NEAR = 0.03     # of the wait, which is known by its quote's end only


def lines(path, event):
    with open(path) as file:
        return [line for line in map(json.loads, file) if line["event"] == event]


def begin(quote):
    return quote["time_ns"] - quote["total_ns"]


def wait_of(quote, held):
    """Until its own first entry: the rest of the wait is for giving the buffer back."""
    start = begin(quote) + quote["copy_in_ns"]
    own = [first for tdr, first, _ in held
           if tdr == quote["tdr"] and start <= first < quote["time_ns"]]
    return start, min(own + [start + quote["wait_ns"]])


def calls(path):
    """TD, first entry and last return of each call, one behind the other."""
    found = {}
    for left in lines(path, "seamcall_exit"):
        entry = left["time_ns"] - left["duration_ns"]
        if left["leaf_name"] == "QUOTE.GET":
            first = found.get(left["call"], (None, entry))[1]
            found[left["call"]] = (left["tdr"], first, left["time_ns"])
    return sorted(found.values(), key=lambda call: call[1])


def stretched(held):
    """The same from the last return before to the first entry behind."""
    before = [held[0][1]] + [last for _, _, last in held[:-1]]
    behind = [first for _, first, _ in held[1:]] + [held[-1][2]]
    return [(tdr, first, last) for (tdr, _, _), first, last in zip(held, before, behind)]


def overlaps(start, end, held_by):
    """ns of each TD's within the wait."""
    held = collections.Counter()
    for tdr, first, last in held_by:
        held[tdr] += max(min(end, last) - max(start, first), 0)
    return held


def check(slow, held_by):
    wait = slow["parts"]["wait"]
    named = collections.Counter()
    for cause in wait["causes"]:
        if cause["what"] == "holder":
            named[cause["tdr"]] += cause["ns"]
    start, end = wait_of(slow, held_by)
    least, most = overlaps(start, end, held_by), overlaps(start, end, stretched(held_by))
    near = NEAR * wait["ns"]
    for tdr in set(most) | set(named):
        if not least[tdr] - near <= named[tdr] <= most[tdr] + near:
            sys.exit(f"quote {slow['quote']}: {tdr} held it for {least[tdr]} to {most[tdr]} ns, "
                     f"named with {named[tdr]}")
    if slow["verdict"]["cause"]["tdr"] != max(named, key=named.get):
        sys.exit(f"quote {slow['quote']}: another one held it longest")
    if slow["verdict"]["part"] != "wait" or sum(named.values()) < 0.9 * wait["ns"]:
        sys.exit(f"quote {slow['quote']}: most of its wait is not explained")
    for name, part in slow["parts"].items():
        if sum(cause["ns"] for cause in part["causes"]) != part["ns"]:
            sys.exit(f"quote {slow['quote']}: {name} does not add up")
    return len(named)


def main():
    quotes, slow = lines(sys.argv[1], "quote_end"), lines(sys.argv[2], "slow_quote")
    worst = sorted((quote["total_ns"] for quote in quotes), reverse=True)
    if [quote["total_ns"] for quote in slow] != worst[:len(slow)]:
        sys.exit("these are not the slowest")
    held_by = calls(sys.argv[1])
    holders = sum(check(quote, held_by) for quote in slow)
    print(f"{len(slow)} slow quotes, {holders} holders: all as the other events have it")


main()
