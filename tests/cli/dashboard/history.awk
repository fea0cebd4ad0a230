# SPDX-License-Identifier: GPL-2.0
#
# A made-up history: awk -f history.awk -v out=DIR -v runs=N [-v name=value]...
# writes N results, one for each commit, to DIR/NNNNN/result.json. Levels change at
# known commits, so that what follows a history can be checked:
#
#   at 3/10 of the commits  path.instructions + 20 (code)
#   at 6/10                 path.instructions - 35, latency - 10 % (code)
#   at 8/10                 another kernel (environment): everything + 2 %
#
# suite=gate     the path's steady metrics
# suite=quick    steady, exact and histograms, `points` of them (8: 146 series)
# clock=real     sampled instead, with 2 % of noise
# cpus=4         of the machine; seed=1 what is drawn at random
# from=1         the first commit
# hostile=1      texts that are no HTML
function hex(n, digits,    text, i) {
	for (i = 0; i < digits; i++) {
		n = (n * 16807 + 12345) % 2147483647
		text = text sprintf("%x", int(n / 65536) % 16)
	}
	return text
}
function day(seconds) {
	return strftime("%Y-%m-%dT%H:%M:%SZ", 1767225600 + seconds, 1)
}
# What the level is multiplied by: noise of a real clock, the kernel of the last fifth.
function level(value) {
	return value * (new_kernel ? 1.02 : 1) * (clock == "real" ? 1 + (rand() - 0.5) * 0.04 : 1)
}
function metric(name, unit, better, steady, value) {
	printf "%s{\"name\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\",\"class\":\"%s\"%s,%s}", comma, name, unit, \
		better, clock == "real" ? "sampled" : "exact", steady ? ",\"steady\":true" : "", value >file
	comma = ","
}
function number(name, unit, better, value) {
	metric(name, unit, better, 0, sprintf("\"value\":%d", level(value)))
}
function steady(name, unit, value) {
	metric(name, unit, "lower", clock != "real", sprintf("\"value\":%d", clock == "real" ? level(value) : value))
}
function histogram(name, unit, p50,    p99, max) {
	p50 = int(level(p50)); p99 = int(p50 * 1.4); max = int(p50 * 2.1)
	metric(name, unit, "lower", 0, sprintf("\"histogram\":{\"count\":128,\"sum\":%d,\"min\":%d,\"max\":%d,\"p50\":%d,\"p90\":%d,\"p99\":%d,\"p99.9\":%d,\"buckets\":[[%d,%d,100],[%d,%d,28]]}", \
		p50 * 130, p50 * 0.8, max, p50, p50 * 1.2, p99, max, p50 * 0.8, p50, p50 + 1, max))
}
function point_begin(id, section, measurement, params) {
	printf "%s{\"id\":\"%s\",\"section\":\"%s\",\"measurement\":\"%s\",\"params\":{%s},\"policy\":{\"preset\":\"default\"},\"profile\":{\"name\":\"default\",\"quote_ns\":10000000},\"books\":{\"closed\":%s,\"checks\":[{\"name\":\"quotes: BPF = kernel\",\"expected\":128,\"seen\":%d,\"ok\":%s}]},\"lost_events\":%d,\"metrics\":[", \
		point, id, section, measurement, params, open ? "false" : "true", open ? 127 : 128, open ? "false" : "true", lost >file
	point = ","; comma = ""
}
function point_end() { printf "]}" >file }

function path_point() {
	point_begin("path", "path", "path", "\"quotes\":200")
	steady("path.instructions", "instructions", 48210 + (i >= runs * 0.3 ? 20 : 0) - (i >= runs * 0.6 ? 35 : 0))
	steady("path.per_iteration", "instructions", 402 + (i >= runs * 0.3 ? 20 : 0) - (i >= runs * 0.6 ? 35 : 0))
	steady("path.iterations", "", 4)
	point_end()
}
function load_point(guests,    faster) {
	faster = i >= runs * 0.6 ? 0.9 : 1
	point_begin("default/guests=" guests, "default", "throughput", "\"guests\":" guests (hostile ? ",\"__proto__\":\"</script><img src=x onerror=document.title=1>\"" : ""))
	number("quote.rate", "1/s", "higher", 98 * guests / faster)
	number("quote.errors", "", "lower", 0)
	number("quote.count", "", "none", 512)
	number("td.rate_min", "1/s", "higher", 97 * guests)
	number("td.p99_worst", "ns", "lower", 10116618 * guests)
	number("memory.per_td", "bytes", "lower", 133018)
	histogram("latency.actual", "ns", 10103712 * faster * guests)
	histogram("quote.seam", "ns", 10001250 * guests)
	histogram("seamcall.gap", "ns", 3506 + guests)
	point_end()
}
function result(    p) {
	file = sprintf("%s/%05d/result.json", out, i)
	system("mkdir -p '" out sprintf("/%05d'", i))
	new_kernel = i >= runs * 0.8
	open = i == int(runs * 0.5); lost = i == int(runs * 0.5) + 1 ? 3 : 0; cut = i == int(runs * 0.5) + 2
	printf "{\"schema\":\"tdxbench-result/1\",\"complete\":%s%s,\"started\":\"%s\",\"wall_s\":%.1f,\"environment\":{\"tdxbench\":\"%s\",\"commit\":\"%s\",\"commit_time\":\"%s\",", \
		cut ? "false" : "true", cut ? ",\"reason\":\"the VM went away\"" : "", day(i * 10800 + 3600), 20 + rand(), hex(i, 7), hex(i, 40), day(i * 10800) >file
	printf "\"target\":\"vm\",\"clock\":\"%s\",\"accel\":\"%s\",\"kernel\":\"6.12.11%d-amd64%s\",\"cpus\":%d,\"memory_mib\":966,\"cpu_model\":\"QEMU\",\"module\":{\"kind\":\"software\",\"note\":\"%s\"},\"compiler\":\"gcc 12.2.0\",\"fingerprint\":\"%s%s\"},", \
		clock, clock == "real" ? "kvm" : "tcg", 7 + new_kernel, hostile ? "<script>document.title=1</script>" : "", cpus, hostile ? "\\u2028</script><b id=hostile>\\\"'&" : "a model", hex(i + 7, 32), hex(cpus, 32) >file
	printf "\"suite\":{\"name\":\"%s\",\"text\":\"[path]\\nmeasure = path\\n\",\"sha256\":\"%s%s\"},\"lost_events\":%d,\"points\":[", \
		suite (hostile ? "<img src=x onerror=document.title=1>" : ""), hex(length(suite), 32), hex(3, 32), lost >file
	point = ""
	path_point()
	for (p = 1; suite != "gate" && p <= points; p++)
		load_point(2 ^ (p - 1))
	print "]}" >file
	close(file)
}
BEGIN {
	if (!suite) suite = "gate"
	if (!clock) clock = "virtual"
	if (!cpus) cpus = 4
	if (!points) points = 8
	srand(seed ? seed : 1)
	for (i = from ? from : 1; i <= runs; i++)
		result()
}
