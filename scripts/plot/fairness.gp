# SPDX-License-Identifier: GPL-2.0
# How long guests wait beside one that has many requests under way: a row for each
# policy and number of requests. See style.gp for arguments.
heading = "One guest with many requests: p99 latency, guest by guest"
data = ARG1; out = ARG2; subtitle = ARG3
load "rows.gp"

unset logscale x
set xrange [0:*]
set offsets 0, graph 0.08, 0, 0

plot \
	data using (dot("median_p99_ms")):(at(0)):yticlabels(1) with points pt 7 ps 1.2 lc rgb blue title "median guest", \
	'' using (dot("worst_p99_ms")):(at(0)) with points pt 5 ps 1 lc rgb orange title "worst guest", \
	'' using (dot("hog_p99_ms")):(at(0.22)) with points pt 8 ps 1.1 lw 1.5 lc rgb green title "the one with many"
