#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# slow_holders.py EVENTS SLOW: are the holders that tdxbench trace --slow --json names
# (SLOW) those that the events of the same capture tell of (EVENTS: trace --json, with and
# without --iterations)? All had one buffer: a quote has it at least from its first entry
# into the module to its last return, and not much longer.
import collections
import json
import sys

# Of the wait. Who has the buffer may lose the CPU before the first entry, or before it is
# given back; and a wait is known by its quote's end only.
LESS, MORE = 0.03, 0.10


def lines(path, event):
    with open(path) as file:
        return [line for line in map(json.loads, file) if line["event"] == event]


def begin(quote):
    return quote["time_ns"] - quote["total_ns"]


def wait_of(quote):
    start = begin(quote) + quote["copy_in_ns"]
    return start, start + quote["wait_ns"]


def calls(path):
    """TD, first entry and last return of each call."""
    found = {}
    for left in lines(path, "seamcall_exit"):
        entry = left["time_ns"] - left["duration_ns"]
        if left["leaf_name"] == "QUOTE.GET":
            first = found.get(left["call"], (None, entry))[1]
            found[left["call"]] = (left["tdr"], first, left["time_ns"])
    return list(found.values())


def expected(slow, held_by):
    """ns that each TD had the buffer, at least, while this quote waited."""
    start, end = wait_of(slow)
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
    held = expected(slow, held_by)
    for tdr in set(held) | set(named):
        if not -LESS <= (named[tdr] - held[tdr]) / wait["ns"] <= MORE:
            sys.exit(f"quote {slow['quote']}: {tdr} held it {held[tdr]} ns, named with {named[tdr]}")
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
