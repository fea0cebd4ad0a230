#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run --target host where there is no such host, and options that go with another
# target. What it measures is tested in tests/vm/host.sh.
# shellcheck source=tests/check.sh
source "$(dirname "$0")/../check.sh"

suite=tests/vm/short.ini
host="$bench run --results $work/results --target host"
goes='goes with --target'

if grep -q ' __traceiter_quote_end' /proc/kallsyms; then
	skip "no trace events" "this kernel has them"
else
	check "no trace events" "$host" 77 \
		'^tdxbench: cannot run here: this kernel has no tdx_ext trace events; tdxbench doctor explains what is missing$'
	check "for any time" "$host --duration 2s" 77 'no tdx_ext trace events'
	check "nothing was left by these" "ls $work/results" 2
fi

check "host: no kernel to boot" "$host --kernel bzImage" 129 "^tdxbench run: --kernel $goes vm$"
check "host: nor arguments for it" "$host --append nosmt" 129 "^tdxbench run: --append $goes vm$"
check "host: no clock to choose" "$host --clock virtual" 129 "^tdxbench run: --clock $goes vm$"
check "host: no module" "$host --module tdx_lab.ko" 129 "^tdxbench run: --module $goes vm or local$"
check "host: no points" "$host --points '*'" 129 "^tdxbench run: --points $goes vm or local$"
check "host: no profiles" "$host --profiles ." 129 "^tdxbench run: --profiles $goes vm or local$"
check "host: no stream" "$host --stream $work/stream" 129 "^tdxbench run: --stream $goes local$"
check "host: no suite" "$host $suite" 129 "^tdxbench run: a suite $goes vm or local$"
check "local: no kernel to boot" "$bench run --target local --kernel bzImage $suite" 129 "^tdxbench run: --kernel $goes vm$"
check "local: no clock to choose" "$bench run --target local --clock real $suite" 129 "^tdxbench run: --clock $goes vm$"
check "a suite takes its own time" "$bench run --duration 1s $suite" 129 "^tdxbench run: --duration $goes host$"

range='allowed is 100ms to 604800s \(in ns, or with us, ms, s\)'
for time in 2 99ms 8d -1s '' 604801s soon; do
	check "--duration '$time'" "$host --duration '$time'" 129 "^tdxbench run: --duration is '$time', $range$"
done

checks_done
