# SPDX-License-Identifier: GPL-2.0
# How long clients outlive SIGKILL: a row for each policy and number of clients
# that wait. See style.gp for arguments.
heading = "From SIGKILL to the end of the process"
data = ARG1; out = ARG2; subtitle = ARG3
load "rows.gp"

plot \
	data using (dot("waiting_p50_ms")):(at(0)):yticlabels(1) with points pt 7 ps 1.2 lc rgb blue title "waiting, p50", \
	'' using (dot("waiting_max_ms")):(at(0)) with points pt 5 ps 1 lc rgb orange title "waiting, max", \
	'' using (dot("calling_p50_ms")):(at(0)) with points pt 9 ps 1.1 lc rgb pink title "in the module, p50", \
	'' using (dot("asleep_p50_ms")):(at(0.22)) with points pt 8 ps 1.1 lw 1.5 lc rgb grey title "asleep, p50"
