#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# slow_holders.py QUOTES SLOW: are the holders that tdxbench trace --slow --json names
# (SLOW) those that the quotes of the same capture tell of (QUOTES, trace --json)? All had
# one buffer: a quote has it from the end of its wait until its own end.
import collections
import json
import sys

NEAR = 0.03     # of the wait: who has it ends a little before his quote does


def lines(path, event):
    with open(path) as file:
        return [line for line in map(json.loads, file) if line["event"] == event]


def begin(quote):
    return quote["time_ns"] - quote["total_ns"]


def wait_of(quote):
    start = begin(quote) + quote["copy_in_ns"]
    return start, start + quote["wait_ns"]


def expected(slow, quotes):
    """ns that each TD had the buffer while this quote waited."""
    start, end = wait_of(slow)
    held = collections.Counter()
    for quote in quotes:
        if quote["quote"] != slow["quote"] and not quote["error"]:
            overlap = min(end, quote["time_ns"]) - max(start, wait_of(quote)[1])
            held[quote["tdr"]] += max(overlap, 0)
    return held


def check(slow, quotes):
    wait = slow["parts"]["wait"]
    named = collections.Counter()
    for cause in wait["causes"]:
        if cause["what"] == "holder":
            named[cause["tdr"]] += cause["ns"]
    held = expected(slow, quotes)
    for tdr in set(held) | set(named):
        if abs(held[tdr] - named[tdr]) > NEAR * wait["ns"]:
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
    holders = sum(check(quote, quotes) for quote in slow)
    print(f"{len(slow)} slow quotes, {holders} holders: all as the other quotes have it")


main()
