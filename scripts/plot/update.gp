# SPDX-License-Identifier: GPL-2.0
# For how long an update of the module stops all CPUs, and for how long there are
# no quotes: a row for each policy and rule of the module. See style.gp for arguments.
heading = "Update of the module: longest stall and time without quotes"
data = ARG1; out = ARG2; subtitle = ARG3
load "rows.gp"

plot \
	data using (dot("stall_ms")):(at(-0.15)):yticlabels(1) with points pt 7 ps 1.2 lc rgb orange title "machine stopped", \
	'' using (dot("drain_ms")):(at(0)) with points pt 9 ps 1.1 lc rgb green title "waiting for quotes", \
	'' using (dot("total_ms")):(at(0.15)) with points pt 5 ps 1 lc rgb blue title "until quotes again"
