#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
Read exports of a result the way their consumers do, and hold what comes out of
it against result.json: every number, every verdict, every unit.

  check.py RESULT.json FORMAT=FILE...

Exit status: 0 all is right, 1 one line says what is not.
"""
import csv
import datetime
import hashlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STATS = ("mean", "p50", "p99", "max")


class Wrong(Exception):
    """Something that an export says is not so."""


def need(so, what):
    if not so:
        raise Wrong(what)


def same(said, true, what):
    need(said == true, f"{what} is {str(said)[:200]!r}, must be {str(true)[:200]!r}")


# ---- What the result says ----

def stat(metric, name):
    """A number of a metric; None when it has none, as of a histogram of nothing."""
    histogram = metric.get("histogram")
    if not histogram:
        return metric["value"] if name == "value" else None
    if name == "value" or (not histogram["count"] and name != "count"):
        return None
    if name == "mean":
        return float(histogram["sum"]) / float(histogram["count"])
    return histogram[name]


def numbers(point):
    """(metric, stat, value) of all that formats of plain numbers have."""
    for metric in point["metrics"]:
        for name in ("value",) + STATS:
            value = stat(metric, name)
            if value is not None:
                yield metric, name, value


def number_name(metric, name):
    return metric["name"] if name == "value" else f"{metric['name']} {name}"


def checks(point):
    """(name, ok, check or None) with what speaks against a point beside its checks."""
    books = point["books"]
    result = [(c["name"], c["ok"], c) for c in books["checks"]]
    all_ok = all(ok for _, ok, _ in result)
    if point["lost_events"]:
        result.append(("no events lost", False, None))
    if all_ok and not books["closed"]:
        result.append(("books closed", False, None))
    return result


def trust(point):
    """True, False, or None when nothing was checked."""
    oks = [ok for _, ok, _ in checks(point)]
    return all(oks) if oks else None


def is_virtual(result):
    return result["environment"]["clock"] == "virtual"


def is_machine(result):
    return result["environment"]["module"]["kind"] == "tdx"


def short_nature(result):
    return (("virtual" if is_virtual(result) else "real") + " clock, " +
            ("TDX module of the machine" if is_machine(result) else "software TDX module"))


def tells_nature(text, result):
    need(("virtual clock" if is_virtual(result) else "real clock") in text and
         ("TDX module of the machine" if is_machine(result) else "software TDX module") in text,
         f"the nature of the numbers is not in {text[:200]!r}")


def started(result):
    try:
        return datetime.datetime.strptime(result["started"], "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def fit(text, limit):
    data = text.encode()
    if len(data) <= limit:
        return text
    cut = data[:limit - 17].decode(errors="ignore")
    return cut + "~" + hashlib.sha256(data).hexdigest()[:16]


def once(pairs):
    """For JSON: no key twice."""
    keys = [key for key, _ in pairs]
    need(len(keys) == len(set(keys)), "an object has a key twice")
    return dict(pairs)


def load(file, schema):
    import jsonschema
    with open(file, encoding="utf-8") as stream:
        data = json.load(stream, object_pairs_hook=once)
    with open(os.path.join(HERE, schema), encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(data):
        raise Wrong(f"schema: {'/'.join(map(str, error.path))}: {error.message[:300]}")
    return data


# ---- CSV ----

CSV_STATS = ("value", "count", "mean", "min", "p50", "p90", "p99", "p99.9", "max")


def csv_params(point):
    return "".join(f"{k}={v if isinstance(v, str) else json.dumps(v)} " for k, v in point["params"].items())


def check_csv(result, file):
    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    metrics = [(p, m) for p in result["points"] for m in p["metrics"]]
    same(len(rows), len(metrics), "number of rows")
    for row, (point, metric) in zip(rows, metrics):
        need(None not in row and None not in row.values(), "a row has not as many fields as the head")
        for column in ("id", "section", "measurement"):
            same(row[column], point[column], column)
        for column, key in ("metric", "name"), ("unit", "unit"), ("better", "better"), ("class", "class"):
            same(row[column], metric[key], column)
        same(row["parameters"].partition("policy=")[0], csv_params(point), "parameters")
        need(f"policy={point['policy']['preset']}" in row["parameters"], "policy")
        for name in CSV_STATS:
            value = stat(metric, name)
            same(row[name] if value is None else type(value)(row[name]),
                 "" if value is None else value, f"{name} of {metric['name']}")
    return len(rows)


# ---- KTAP ----

KTAP_NAME = re.compile(r"^(?P<indent> *)(?P<ok>ok|not ok) (?P<number>[0-9]+) - (?P<name>[^#]+?)"
                       r"(?P<skip> # SKIP .*)?$")


def ktap_name(name):
    name = name.strip(" ") or "(no name)"
    return re.sub("[\0-\x1f\x7f-\x9f\u2028\u2029]", "?", name.replace("#", "_"))


class Ktap:
    """Lines that are not diagnostics; each is asked for in turn."""

    def __init__(self, file):
        with open(file, encoding="utf-8", newline="\n") as stream:
            lines = stream.read().split("\n")
        same(lines.pop(), "", "what is behind the last line")
        for line in lines:
            same(line.splitlines(), [line], "a line")
        self.lines, self.seen = lines, None

    def line(self):
        while self.lines:
            line = self.lines.pop(0)
            if not re.match(" *# ", line):
                return line
            self.seen = line
        raise Wrong("it ends too early")

    def expect(self, text):
        same(self.line(), text, "a line")

    def verdict(self, indent, number, name, ok):
        line = self.line()
        match = KTAP_NAME.match(line)
        need(match, f"no verdict: {line!r}")
        same(match["indent"], indent, "the indent")
        same(int(match["number"]), number, "the number of a test")
        same(match["name"], ktap_name(name), "the name of a test")
        same(match["ok"], "ok" if ok else "not ok", f"the verdict of {name!r}")
        return bool(match["skip"])


def check_ktap(result, file):
    ktap, points = Ktap(file), result["points"]
    tells_nature("\n".join(ktap.lines[:5]), result)
    ktap.expect("KTAP version 1")
    ktap.expect(f"1..{len(points) + 1}")
    for number, point in enumerate(points, 1):
        subtests = checks(point)
        if subtests:
            ktap.expect("  KTAP version 1")
            ktap.expect(f"  1..{len(subtests)}")
        for sub, (name, ok, check) in enumerate(subtests, 1):
            ktap.verdict("  ", sub, name, ok)
            if check:
                seen = re.match(r"  # seen (\S+?)(?:, (?:expected|allowed up to) (\S+))?$", ktap.seen)
                need(seen, f"nothing was seen: {ktap.seen!r}")
                same(None if seen[1] == "nothing" else float(seen[1]), check["seen"], "seen")
                same(float(seen[2]), check.get("expected", check.get("limit")), "expected")
        same(ktap.verdict("", number, point["id"], trust(point) is not False), trust(point) is None, "SKIP")
    ktap.verdict("", len(points) + 1, "run complete", result["complete"])
    if not result["complete"]:
        need(ktap.line().startswith("Bail out! "), "no Bail out!")
    same(ktap.lines, [], "what is behind the end")
    return len(points)


# As the kernel's own tool sees it; its modules are where KUNIT_PARSER says.
def check_kunit(result, file):
    sys.path.insert(0, os.environ["KUNIT_PARSER"])
    import kunit_parser
    import kunit_printer
    printer = getattr(kunit_printer, "null_printer", None) or kunit_printer.Printer(print=False)
    with open(file, encoding="utf-8", newline="\n") as stream:
        test = kunit_parser.parse_run_tests(stream.read().split("\n"), printer)
    status = kunit_parser.TestStatus
    points = result["points"]
    same(test.counts.errors, 0, "errors")
    same([t.name for t in test.subtests], [ktap_name(p["id"]) for p in points] + ["run complete"], "tests")
    for sub, point in zip(test.subtests, points):
        same(sub.status, {True: status.SUCCESS, False: status.FAILURE, None: status.SKIPPED}[trust(point)],
             f"status of {point['id']}")
        same([t.status == status.SUCCESS for t in sub.subtests], [ok for _, ok, _ in checks(point)],
             f"checks of {point['id']}")
    same(test.subtests[-1].status == status.SUCCESS, result["complete"], "run complete")
    return test.counts.total()


# ---- JUnit ----

def xml_text(text):
    return re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def check_junit(result, file):
    import junitparser
    report = junitparser.JUnitXml.fromfile(file)
    suites = list(report)
    same(len(suites), 1, "number of suites")
    suite, points = suites[0], result["points"]
    trusts = [trust(p) for p in points]
    for of in report, suite:
        same(of.tests, len(points) + 1, "tests")
        same(of.failures, trusts.count(False), "failures")
        same(of.skipped, trusts.count(None), "skipped")
        same(of.errors, int(not result["complete"]), "errors")
    same(suite.name, xml_text(result["suite"]["name"]), "name of the suite")
    tells_nature({p.name: p.value for p in suite.properties()}["nature"], result)
    when = started(result)
    same(suite.timestamp, when and when.strftime("%Y-%m-%dT%H:%M:%S"), "timestamp")
    cases = list(suite)
    same([c.name for c in cases], [xml_text(p["id"]) for p in points] + ["run complete"], "names of cases")
    for case, point in zip(cases, points):
        check_case(case, point)
    same([type(r).__name__ for r in cases[-1].result], [] if result["complete"] else ["Error"], "run complete")
    return len(cases)


def check_case(case, point):
    kinds = {True: [], False: ["Failure"], None: ["Skipped"]}
    same([type(r).__name__ for r in case.result], kinds[trust(point)], f"verdict of {point['id']}")
    if trust(point) is False:
        for name, ok, _ in checks(point):
            need(ok or xml_text(name) + ": " in case.result[0].text, f"{name!r} is not told of")


# ---- Bencher ----

def check_bmf(result, file):
    data, count = load(file, "bmf.schema.json"), 0
    points = [p for p in result["points"] if trust(p) is not False]
    same(list(data), [fit(f"{result['suite']['name']}/{p['id']} ({short_nature(result)})", 1024)
                      for p in points], "benchmarks")
    for measures, point in zip(data.values(), points):
        found = list(numbers(point))
        same(len(measures), len(found), f"number of measures of {point['id']}")
        for (name, said), (metric, stat_name, value) in zip(measures.items(), found):
            unit = f" ({metric['unit']})" if metric["unit"] else ""
            same(name, fit(number_name(metric, stat_name) + unit, 64), "measure")
            same(said["value"], value, name)
            if stat_name == "mean":
                same((said["lower_value"], said["upper_value"]),
                     (stat(metric, "min"), stat(metric, "max")), f"bounds of {name}")
            else:
                same(list(said), ["value"], name)
            count += 1
    return count


# ---- github-action-benchmark ----

def check_gha(result, file, better):
    data = load(file, "gha.schema.json")
    true = [(p, m, s, v) for p in result["points"] if trust(p) is not False
            for m, s, v in numbers(p) if m["better"] == better]
    same(len(data), len(true), "number of entries")
    same(len({e["name"] for e in data}), len(data), "number of names")
    for entry, (point, metric, stat_name, value) in zip(data, true):
        same(entry["name"], f"{result['suite']['name']}/{point['id']} {number_name(metric, stat_name)} "
             f"({short_nature(result)})", "name")
        same(entry["value"], value, entry["name"])
        same(entry["unit"], metric["unit"], "unit")
        same(entry.get("range"), f"{stat(metric, 'min')} … {stat(metric, 'max')}"
             if stat_name == "mean" else None, "range")
        need(entry["extra"].startswith(f"{metric['class']}, {better} is better\n"), "extra")
        tells_nature(entry["extra"], result)
    return len(data)


# ---- KCIDB ----

def check_kcidb(result, file):
    data = load(file, "kcidb-5.3.schema.json")
    ids = {kind: [o["id"] for o in data.get(kind, [])] for kind in ("checkouts", "builds", "tests")}
    for kind, of_kind in ids.items():
        same(len(of_kind), len(set(of_kind)), f"number of ids of {kind}")
    for build in data.get("builds", []):
        need(build["checkout_id"] in ids["checkouts"], "a build of no checkout")
    for thing in data.get("checkouts", []) + data.get("builds", []) + data["tests"]:
        need(thing["id"].startswith(thing["origin"] + ":"), f"{thing['id']!r} is not of its origin")
    for test in data["tests"]:
        need(not ids["builds"] or test["build_id"] in ids["builds"], "a test of no build")
        tells_nature(test["environment"]["comment"], result)
    check_kcidb_verdicts(result, data["tests"])
    return check_kcidb_numbers(result, [t for t in data["tests"] if "number" in t])


def check_kcidb_verdicts(result, tests):
    tests = [t for t in tests if "number" not in t]
    points = result["points"]
    same([t["status"] for t in tests[1:]],
         [{True: "PASS", False: "FAIL", None: "DONE"}[trust(p)] for p in points], "verdicts")
    same([t["misc"]["id"] for t in tests[1:]], [p["id"] for p in points], "points")
    failed = any(trust(p) is False for p in points)
    same(tests[0]["status"], "FAIL" if failed else "PASS" if result["complete"] else "ERROR", "the run")
    when = started(result)
    same(tests[0].get("start_time"), when and when.strftime("%Y-%m-%dT%H:%M:%SZ"), "start_time")
    same(tests[0]["misc"]["environment"], result["environment"], "environment")


def check_kcidb_numbers(result, tests):
    true = [(p, m, s, v) for p in result["points"] for m, s, v in numbers(p)]
    same(len(tests), len(true), "number of numbers")
    for test, (point, metric, stat_name, value) in zip(tests, true):
        misc = test["misc"]
        same((misc["point"], misc["metric"], misc["stat"]), (point["id"], metric["name"], stat_name), "misc")
        same((misc["better"], misc["class"]), (metric["better"], metric["class"]), "misc")
        same(test["number"]["value"], value, test["id"])
        same(test["number"].get("unit", ""), metric["unit"], "unit")
        same(test["status"], "ERROR" if trust(point) is False else "DONE", "status")
    return len(tests)


# ---- OpenMetrics ----

OM_UNITS = {"": ("", 1), "ns": ("seconds", 10**9), "%": ("ratio", 100), "1/s": ("per_second", 1),
            "bytes*s": ("byte_seconds", 1)}


def om_unit(unit):
    return OM_UNITS.get(unit, (re.sub("[^a-zA-Z0-9_]", "_", unit.encode().decode("latin-1")), 1))


def om_same(said, true, unit, what):
    """To the last digit where both are whole, else as near as doubles come."""
    scale = om_unit(unit)[1]
    if isinstance(true, int) and abs(true) < 2**53:
        same(round(said * scale), true, what)
    need(abs(said * scale - true) <= max(abs(true) * 4e-15, 1e-300), f"{what} is {said!r}, must be {true!r} / {scale}")


def check_openmetrics(result, file):
    from prometheus_client.openmetrics.parser import text_fd_to_metric_families
    with open(file, encoding="utf-8", newline="\n") as stream:
        families = {f.name: f for f in text_fd_to_metric_families(stream)}
    run = families.pop("tdxbench_run").samples[0]
    tells_nature(run.labels["nature"], result)
    same(families.pop("tdxbench_run_complete").samples[0].value, int(result["complete"]), "complete")
    same(families.pop("tdxbench_run_wall_seconds").samples[0].value, result["wall_s"], "wall_s")
    for name, true in (("trusted", lambda p: int(trust(p) is not False)),
                       ("lost_events", lambda p: p["lost_events"])):
        same([(s.labels["point"], s.value) for s in families.pop(f"tdxbench_point_{name}").samples],
             [(p["id"], true(p)) for p in result["points"]], name)
    left = {(p["id"], m["name"], kind): (p, m) for p in result["points"] for m in p["metrics"]
            for kind in om_kinds(m)}
    count = len(left)
    for family in families.values():
        check_family(result, family, left)
    need(not left, f"nothing tells of {list(left)[:1]}")
    return count


def om_kinds(metric):
    if "histogram" not in metric:
        return ("value",)
    return ("histogram", "min", "max") if metric["histogram"]["count"] else ("histogram",)


def check_family(result, family, left):
    head, _, nature = family.documentation.partition("; ")
    tells_nature(nature, result)
    name = head.rpartition(" ")[2]
    kind = {"": family.type, "the least": "min", "the largest": "max"}[head.rpartition(" ")[0]]
    kind = "value" if kind == "gauge" else kind
    points = {}
    for sample in family.samples:
        check_labels(result, sample)
        points.setdefault(sample.labels["point"], []).append(sample)
    for point_id, samples in points.items():
        point, metric = left.pop((point_id, name, kind))
        what = f"{name} ({kind}) of {point_id}"
        same(family.unit, om_unit(metric["unit"])[0], f"unit of {what}")
        for label in ("better", "class"):
            same({s.labels[label] for s in samples}, {metric[label]}, f"{label} of {what}")
        same({s.labels["measurement"] for s in samples}, {point["measurement"]}, f"measurement of {what}")
        if kind == "histogram":
            check_histogram(family, samples, metric, what)
        else:
            same(len(samples), 1, f"samples of {what}")
            om_same(samples[0].value, stat(metric, kind), metric["unit"], what)


def check_labels(result, sample):
    same(sample.labels["suite"], result["suite"]["name"], "suite")
    same(sample.labels["clock"], result["environment"]["clock"], "clock")
    same(sample.labels["module"], result["environment"]["module"]["kind"], "module")
    when = started(result)
    same(sample.timestamp and float(sample.timestamp), when and when.timestamp(), "timestamp")


def check_histogram(family, samples, metric, what):
    histogram, unit = metric["histogram"], metric["unit"]
    by = {}
    for sample in samples:
        by.setdefault(sample.name[len(family.name):], []).append(sample)
    same(by["_count"][0].value, histogram["count"], f"count of {what}")
    om_same(by["_sum"][0].value, histogram["sum"], unit, f"sum of {what}")
    buckets, below = by["_bucket"], 0
    same(len(buckets), len(histogram["buckets"]) + 1, f"buckets of {what}")
    for sample, (_, upper, count) in zip(buckets, histogram["buckets"]):
        below += count
        om_same(float(sample.labels["le"]), upper, unit, f"le of {what}")
        same(sample.value, below, f"bucket of {what}")
    same((buckets[-1].labels["le"], buckets[-1].value), ("+Inf", histogram["count"]), f"+Inf of {what}")


CHECKS = {
    "csv": check_csv, "ktap": check_ktap, "kunit": check_kunit, "junit": check_junit,
    "bmf": check_bmf, "kcidb": check_kcidb, "openmetrics": check_openmetrics,
    "gha-smaller": lambda result, file: check_gha(result, file, "lower"),
    "gha-bigger": lambda result, file: check_gha(result, file, "higher"),
}


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        result = json.load(stream)
    status = 0
    for argument in sys.argv[2:]:
        name, _, file = argument.partition("=")
        try:
            print(f"{name}: {CHECKS[name](result, file)} checked")
        except Exception as error:      # whatever a consumer thinks of it
            print(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:500]}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
