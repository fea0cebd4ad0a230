#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
Results that are valid and unpleasant, made from a good one.

  nasty.py RESULT.json DIR      writes DIR/NAME.json for each
"""
import copy
import json
import os
import sys

TEXTS = [
    "a#b", " # SKIP all is well", "TODO # TODO", "1..7", "ok 1 - no", "Bail out! no",
    "line\nnot ok 2 - two\r\nthree", "tab\there", "\x01\x1b[31mred\x7f", "next\u0085line\u2028and\u2029more",
    "\ufffe and \uffff", "\U0001f600 é", "]]> & <b> \"quoted\" 'single'", "\\", "back\\slash\\n \\\" end\\",
    "{le=\"1\"} 5", "a,b;c\td", "=1+1", "..", "/", " ", "  blanks  ", "long " + "x€" * 2000, "$(id) `id` %s %n",
]
UNITS = ["", "ns", "%", "1/s", "bytes", "bytes*s", "pages", "é\"\n\\", "a b", "µs", "_", "total", "count"]
BIG = 2**63 - 1


def hostile(result):
    """Every text that may be anything is something of the worst kind."""
    texts = TEXTS * (2 + len(result["points"]) // len(TEXTS))
    result["suite"]["name"] = "s#u\"i\nt\\e <é>/" + "x" * 900
    for i, point in enumerate(result["points"]):
        point["id"] = texts[i] if i < len(TEXTS) else f"{i} {texts[i]}"
        point["section"], point["measurement"] = texts[i + 1], texts[i + 2]
        point["params"] = {texts[i]: texts[i + 1], "n": 1.5, "b": True}
        point["policy"] = {"preset": "x€" * 400 + texts[i], "wait": texts[i]}
        for check in point["books"]["checks"]:
            check["name"] = texts[i]
        for j, metric in enumerate(point["metrics"]):
            metric["unit"] = UNITS[(i + j) % len(UNITS)]
    for key in ("tdxbench", "kernel", "compiler", "cmdline"):
        result["environment"][key] = TEXTS[6] + TEXTS[8] + TEXTS[12] + TEXTS[14]
    result["environment"]["commit"] = "no commit"


def open_books(result):
    """Books open in every way that there is, every other point."""
    for i, point in enumerate(result["points"][::2]):
        if i % 4 == 0:
            point["books"]["closed"] = False
        elif i % 4 == 1:
            point["lost_events"] = 3
        elif i % 4 == 2 and point["books"]["checks"]:
            point["books"]["closed"] = False
            point["books"]["checks"][0].update(seen=None, ok=False)
        else:
            point["books"] = {"closed": False, "checks": [
                {"name": f"{TEXTS[i % len(TEXTS)]}", "limit": 0.1, "seen": 1e300, "ok": False}] * 3000}


def incomplete(result):
    result["complete"], result["reason"] = False, "TODO: kernel panic # SKIP\n\"<&>\x02"
    del result["points"][5:]


def nothing(result):
    result["complete"], result["reason"] = False, "no point"
    result["points"] = []


def real(result):
    result["environment"]["clock"] = "real"
    result["environment"]["module"]["kind"] = "tdx"
    result["started"] = "yesterday <\">"
    for point in result["points"]:
        for metric in point["metrics"]:
            metric["class"] = "sampled"
            metric.pop("steady", None)


def numbers(result):
    """Numbers at the ends of what JSON and 64 bits can hold."""
    values = [BIG, -BIG - 1, 0, -1, 1e308, -1e-308, 5e-324, 0.1, 1 / 3, 2**53 + 1, 123456789012345678]
    for point in result["points"]:
        for i, metric in enumerate(point["metrics"]):
            if "value" in metric:
                metric["value"] = values[i % len(values)]
            elif i % 3 == 0:
                metric["histogram"] = {k: 0 for k in
                                       ("count", "sum", "min", "max", "p50", "p90", "p99", "p99.9")}
                metric["histogram"]["buckets"] = []
            else:
                metric["histogram"].update(count=BIG, sum=BIG, max=BIG)
                metric["histogram"]["buckets"] = [[0, 0, 1], [7, BIG, BIG - 1]]


def clashes(result):
    """Names that are different here and would be the same in OpenMetrics."""
    for point in result["points"]:
        value = {"unit": "ns", "better": "lower", "class": "exact"}
        histogram = {"count": 1, "sum": 5, "min": 5, "max": 5, "p50": 5, "p90": 5, "p99": 5, "p99.9": 5,
                     "buckets": [[5, 5, 1]]}
        names = ["a.b", "a_b", "a.b_ns", "a.b_time", "a_b.min", "a.b.max", "a_b.max", "run.wall", "point.trusted"]
        point["metrics"] = [dict(value, name=name, value=i) for i, name in enumerate(names)]
        point["metrics"] += [dict(value, name=name, histogram=histogram)
                             for name in ("h", "h.h", "h.h_ns", "h.min")]
        point["metrics"] += [dict(value, name=name, unit=unit, value=7) for name, unit in
                             (("h_count", ""), ("h.sum", "seconds"), ("h_seconds.sum", ""), ("run", ""),
                              ("run.complete", ""), ("x" * 300, "s"), ("x" * 299 + "y", "s"))]


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        good = json.load(stream)
    for make in hostile, open_books, incomplete, nothing, real, numbers, clashes:
        result = copy.deepcopy(good)
        make(result)
        with open(os.path.join(sys.argv[2], make.__name__ + ".json"), "w", encoding="utf-8") as stream:
            json.dump(result, stream, ensure_ascii=False)
        print(make.__name__)


if __name__ == "__main__":
    main()
